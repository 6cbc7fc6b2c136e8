//! Objects that C holds by pointer, counted for the metrics.
#![allow(unsafe_code, reason = "a handle's pointer comes back from C")]

use crate::counters::add_handles;
use core::ptr::NonNull;
pub(crate) use pqc_memory::Shared;

pub(crate) fn into_handle<T>(shared: Shared<T>) -> *mut T {
    add_handles(1);
    shared.into_raw().as_ptr()
}

/// Takes a reference back from C; nothing for NULL.
///
/// # Safety
/// `handle` is NULL, or came from `into_handle` and is not used again.
pub(crate) unsafe fn from_handle<T>(handle: *mut T) -> Option<Shared<T>> {
    let raw = NonNull::new(handle)?;
    add_handles(-1);
    // SAFETY: by the caller's promise.
    Some(unsafe { Shared::from_raw(raw) })
}
