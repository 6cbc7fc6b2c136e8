//! Bytes of a caller, which are copied once.

use core::hint::black_box;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

/// Bytes in memory that other threads of the caller, or other processes, may write at any time.
///
/// A check must hold for the bytes that are used, so they can be copied, once, and not read: an operation checks and
/// uses its copy.
#[derive(Debug)]
pub struct CallerBytes<'a> {
    data: NonNull<u8>,
    len: usize,
    lifetime: PhantomData<&'a [u8]>,
}

// SAFETY: like `&[u8]`. The type exists for writes by other threads.
unsafe impl Send for CallerBytes<'_> {}

impl Default for CallerBytes<'_> {
    fn default() -> Self {
        Self { data: NonNull::dangling(), len: 0, lifetime: PhantomData }
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for CallerBytes<'a> {
    fn from(bytes: &'a T) -> Self {
        let bytes = bytes.as_ref();
        Self { data: NonNull::from(bytes).cast(), len: bytes.len(), lifetime: PhantomData }
    }
}

impl<'a> CallerBytes<'a> {
    /// The `len` bytes at `data`.
    ///
    /// # Safety
    /// They are readable during `'a`, and `len` fits an isize.
    pub unsafe fn new(data: NonNull<u8>, len: usize) -> Self {
        Self { data, len, lifetime: PhantomData }
    }

    /// Their number, which nobody can change.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes themselves.
    ///
    /// # Safety
    /// Nobody writes to them during `'a`.
    pub unsafe fn as_slice(self) -> &'a [u8] {
        // SAFETY: by the promises to `new` and to this function.
        unsafe { core::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    /// Copies the bytes to the beginning of memory that need not be initialised, and returns the copy; `None` if the memory is too
    /// short.
    pub fn copy_into(self, memory: &mut [MaybeUninit<u8>]) -> Option<&mut [u8]> {
        let copy = memory.get_mut(..self.len)?;
        self.copy_once(copy.as_mut_ptr().cast());
        // SAFETY: every byte was written just now.
        Some(unsafe { core::slice::from_raw_parts_mut(copy.as_mut_ptr().cast(), copy.len()) })
    }

    /// Copies the bytes to the beginning of `memory`, which is long enough, and returns the copy; `None` if it is not.
    pub fn copy_to(self, memory: &mut [u8]) -> Option<&mut [u8]> {
        let copy = memory.get_mut(..self.len)?;
        self.copy_once(copy.as_mut_ptr());
        Some(copy)
    }

    /// Copies the bytes to `copy`, which is writable for as many.
    #[inline]
    fn copy_once(self, copy: *mut u8) {
        #[cfg(feature = "inject-write")]
        crate::inject_write::write(crate::inject_write::Moment::BeforeCopy, self.data, self.len);
        // SAFETY: readable by the promise to `new`, and writable; memory that is written is not also the caller's.
        unsafe { ptr::copy_nonoverlapping(self.data.as_ptr(), copy, self.len) };
        // Later code could read the original instead of an equal copy, unless either may have been written in between.
        black_box((self.data.as_ptr(), copy));
        #[cfg(feature = "inject-write")]
        crate::inject_write::write(crate::inject_write::Moment::AfterCopy, self.data, self.len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_as_long_as_the_bytes_and_leaves_the_rest() {
        let mut memory = [9; 4];
        assert_eq!(CallerBytes::from(b"abc").copy_to(&mut memory).map(|copy| copy.len()), Some(3));
        assert_eq!(memory, *b"abc\x09");
        assert!(CallerBytes::from(b"abcde").copy_to(&mut memory).is_none());
        assert_eq!(memory, *b"abc\x09");
    }

    #[test]
    fn a_copy_into_memory_without_a_value_has_one() {
        let mut memory = [MaybeUninit::uninit(); 4];
        assert_eq!(CallerBytes::from(b"abc").copy_into(&mut memory).map(|copy| copy.to_vec()), Some(b"abc".to_vec()));
        assert!(CallerBytes::from(b"abcde").copy_into(&mut memory).is_none());
        assert_eq!(CallerBytes::default().copy_into(&mut memory).map(|copy| copy.len()), Some(0));
    }
}
