//! A value that is set once, for code that must not wait.

use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A boxed value that is absent until a thread sets it. The first one is kept.
///
/// `OnceLock` is locked while its value is stored. A child of `fork` that inherits the lock waits for a thread that it does not
/// have. Here the value appears in one step, so there is nothing to wait for.
pub struct SetOnce<T> {
    value: AtomicPtr<T>,
    owned: PhantomData<*mut T>,
}

// SAFETY: it owns its value like a Box does.
unsafe impl<T: Send> Send for SetOnce<T> {}
// SAFETY: a thread with a `&SetOnce` has a `&T`, and may set a `T` that another one drops.
unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}

impl<T> SetOnce<T> {
    /// No value.
    pub const fn new() -> Self {
        Self { value: AtomicPtr::new(ptr::null_mut()), owned: PhantomData }
    }

    /// The value, if it has been set.
    pub fn get(&self) -> Option<&T> {
        // SAFETY: null, or from the box in `get_or_set`, which is freed with `self`.
        unsafe { self.value.load(Ordering::Acquire).as_ref() }
    }

    /// The value: this one, unless another was set before.
    pub fn get_or_set(&self, value: Box<T>) -> &T {
        let new = Box::into_raw(value);
        match self.value.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: from the box above, which is freed with `self`.
            Ok(_) => unsafe { &*new },
            Err(first) => {
                // SAFETY: from the box above, and nothing else has the pointer.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: not null, and from the box of the call that was first.
                unsafe { &*first }
            }
        }
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        let value = *self.value.get_mut();
        if !value.is_null() {
            // SAFETY: from the box in `get_or_set`, and not used again.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}
