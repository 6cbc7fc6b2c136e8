//! Counted objects with a fallible allocation: `Arc` aborts the process instead.

use crate::Error;
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::alloc::{Layout, alloc, dealloc};
use zeroize::optimization_barrier;

/// `value` comes first, so that a pointer to the allocation is a pointer to the value.
#[repr(C)]
struct Counted<T> {
    value: T,
    references: AtomicUsize,
}

/// One reference to a `T` on the heap; the last one drops it.
pub struct Shared<T>(NonNull<Counted<T>>);

// SAFETY: like Arc: every thread with a Shared has a `&T`, and any of them may drop the `T`.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    const LAYOUT: Layout = Layout::new::<Counted<T>>();

    /// Moves `value` to the heap, with one reference.
    pub fn try_new(value: T) -> Result<Self, Error> {
        // SAFETY: the layout is not empty: it has a counter.
        let memory = unsafe { alloc(Self::LAYOUT) }.cast::<Counted<T>>();
        let memory = NonNull::new(memory).ok_or(Error::OutOfMemory)?;
        // SAFETY: freshly allocated with the layout of Counted<T>.
        unsafe { memory.write(Counted { value, references: AtomicUsize::new(1) }) };
        Ok(Self(memory))
    }

    /// Passes this reference to the caller, who returns it with [`Shared::from_raw`].
    pub fn into_raw(self) -> NonNull<T> {
        let raw = self.0.cast();
        core::mem::forget(self);
        raw
    }

    /// Takes a reference back.
    ///
    /// # Safety
    /// `raw` came from [`Shared::into_raw`] and is not used again.
    pub unsafe fn from_raw(raw: NonNull<T>) -> Self {
        Self(raw.cast())
    }

    fn references(&self) -> &AtomicUsize {
        // SAFETY: the allocation lives as long as a Shared points to it.
        unsafe { &self.0.as_ref().references }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the allocation lives as long as a Shared points to it, and is only read.
        unsafe { &self.0.as_ref().value }
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        // Relaxed: a new reference is made from an existing one of this thread.
        if self.references().fetch_add(1, Ordering::Relaxed) > isize::MAX.unsigned_abs() {
            // Only a leak of 2^63 handles gets here, and wrapping around would free memory in use.
            std::process::abort();
        }
        Self(self.0)
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // Release and then acquire: every use on another thread happens before the value is dropped. The second is a load
        // and not a fence, since ThreadSanitizer does not know fences.
        if self.references().fetch_sub(1, Ordering::Release) == 1 {
            self.references().load(Ordering::Acquire);
            let memory = self.0.as_ptr().cast::<u8>();
            // SAFETY: that was the last reference, and the memory came from `alloc` with this layout. After the value
            // is dropped, zeros overwrite leftovers of the stack that a move may have copied: between its fields, and
            // in place of fields that a variant lacks.
            unsafe {
                self.0.drop_in_place();
                memory.write_bytes(0, Self::LAYOUT.size());
                optimization_barrier(&*memory);
                dealloc(memory, Self::LAYOUT);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter<'a>(&'a AtomicUsize);

    impl Drop for Counter<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_last_reference_drops_the_value() {
        let drops = AtomicUsize::new(0);
        let first = Shared::try_new(Counter(&drops)).expect("memory");
        let raw = first.clone().into_raw();
        drop(first);
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        // SAFETY: the reference was passed on above and is not used again.
        drop(unsafe { Shared::from_raw(raw) });
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }
}
