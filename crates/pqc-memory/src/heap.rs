//! Bytes on the heap, wiped before they are freed.

use crate::{CallerBytes, Error};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::slice;
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};

/// Bytes on the heap that may be passed as a pointer and a length, aligned for a `u64`.
pub struct HeapBytes {
    data: NonNull<u8>,
    len: usize,
}

// SAFETY: a HeapBytes owns its bytes like a Vec does.
unsafe impl Send for HeapBytes {}
// SAFETY: as above.
unsafe impl Sync for HeapBytes {}

impl HeapBytes {
    /// No bytes, and no memory.
    pub const fn empty() -> Self {
        Self { data: NonNull::<u64>::dangling().cast(), len: 0 }
    }

    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Result<Self, Error> {
        // SAFETY: the layout is not empty.
        Self::allocated(len, |layout| unsafe { alloc_zeroed(layout) })
    }

    /// The one copy of bytes of a caller.
    pub fn copied_once(bytes: CallerBytes<'_>) -> Result<Self, Error> {
        // SAFETY: the layout is not empty.
        let copy = Self::allocated(bytes.len(), |layout| unsafe { alloc(layout) })?;
        // SAFETY: allocated with this size, and owned by `copy`. `copy_into` writes every byte before anybody reads one.
        let memory = unsafe { slice::from_raw_parts_mut(copy.data.as_ptr().cast::<MaybeUninit<u8>>(), copy.len) };
        bytes.copy_into(memory).ok_or(Error::OutOfMemory)?;
        Ok(copy)
    }

    /// Memory from a function that is called with the layout of at least one byte.
    fn allocated(len: usize, allocate: impl FnOnce(Layout) -> *mut u8) -> Result<Self, Error> {
        if len == 0 {
            return Ok(Self::empty());
        }
        let data = NonNull::new(allocate(layout(len).ok_or(Error::OutOfMemory)?)).ok_or(Error::OutOfMemory)?;
        Ok(Self { data, len })
    }

    /// The bytes, to be read.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: allocated with this size, initialised and owned by `self`; or none.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }

    /// The bytes.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.len) }
    }

    /// Passes ownership of the memory to the caller, who returns it with [`HeapBytes::from_raw`].
    pub fn into_raw(self) -> (NonNull<u8>, usize) {
        let raw = (self.data, self.len);
        core::mem::forget(self);
        raw
    }

    /// Takes memory back.
    ///
    /// # Safety
    /// `data` and `len` came from [`HeapBytes::into_raw`] and are not used again.
    pub unsafe fn from_raw(data: NonNull<u8>, len: usize) -> Self {
        Self { data, len }
    }
}

fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len, align_of::<u64>()).ok()
}

impl Drop for HeapBytes {
    fn drop(&mut self) {
        if let (1.., Some(layout)) = (self.len, layout(self.len)) {
            zeroize::zeroize_bytes(self.as_mut_slice());
            // SAFETY: allocated with this layout and not used again.
            unsafe { dealloc(self.data.as_ptr(), layout) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_zeros_or_copies_and_pass_through_a_pointer_and_a_length() {
        for bytes in [&b""[..], b"a", b"some bytes"] {
            let (data, len) = HeapBytes::copied_once(bytes.into()).expect("memory").into_raw();
            // SAFETY: they came from `into_raw` just now.
            let mut copy = unsafe { HeapBytes::from_raw(data, len) };
            assert_eq!((copy.as_slice(), data.cast::<u64>().is_aligned()), (bytes, true));
            copy.as_mut_slice().fill(0);
            assert_eq!(copy.as_slice(), HeapBytes::zeroed(len).expect("memory").as_slice());
        }
        assert!(HeapBytes::empty().as_slice().is_empty());
        assert!(HeapBytes::zeroed(usize::MAX).is_err());
    }
}
