//! Memory for secrets: locked, so that it is never swapped out; kept out of core dumps; between two guard pages, so that an
//! access outside ends the process; and wiped before it is freed. And boxes, counted objects and bytes on the heap with
//! fallible allocation, values that are set once, stacks for single operations, a number that tells a child of `fork` from its
//! parent, and bytes of a caller, which are copied once.
//!
//! A value lies at the end of its pages, so that an access past its end hits the guard page. A child of
//! `fork` gets a copy that is not locked: the system does not inherit locks. On Windows a dump of the process has the pages, too.
#![allow(unsafe_code, reason = "pages come from the system as raw addresses; only this crate dereferences them")]

mod boxed;
mod caller_bytes;
mod heap;
#[cfg(feature = "inject-write")]
pub mod inject_write;
mod own_stack;
mod process;
mod region;
mod set_once;
mod shared;

pub use boxed::try_box;
pub use caller_bytes::CallerBytes;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
pub use heap::HeapBytes;
pub use own_stack::{ALTERNATE_STACK_BYTES, on_own_stack, with_alternate_stack, with_signals_blocked};
pub use process::process_number;
use region::Region;
pub use set_once::SetOnce;
pub use shared::Shared;

/// Why memory is unavailable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The process has no address space or memory left.
    OutOfMemory,
    /// The process may not lock that much memory: see `ulimit -l`, or on Windows its minimum working set.
    Limit,
    /// This crate does not support locked memory on the platform.
    Unsupported,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfMemory => "memory could not be allocated",
            Self::Limit => "the limit on locked memory is reached",
            Self::Unsupported => "locked memory is unavailable on this platform",
        })
    }
}

impl std::error::Error for Error {}

/// A value in locked memory. Its bytes are wiped after its own `Drop`.
pub struct Locked<T> {
    value: NonNull<T>,
    /// The region of the value; dropped, and so wiped, after the value itself.
    _region: Region,
}

// SAFETY: a Locked owns its value like a Box does.
unsafe impl<T: Send> Send for Locked<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Locked<T> {}

impl<T> Locked<T> {
    /// Moves `value` to locked memory. A secret is written through the result afterwards; `value` holds none yet.
    pub fn try_new(value: T) -> Result<Self, Error> {
        let region = Region::new(size_of::<T>(), align_of::<T>())?;
        let place = region.data().cast::<T>();
        // SAFETY: the region is writable, large enough and aligned for a T, and nothing else points to it.
        unsafe { place.write(value) };
        Ok(Self { value: place, _region: region })
    }
}

impl<T> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: written in `try_new`, and alive as long as `self`.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for Locked<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T> Drop for Locked<T> {
    fn drop(&mut self) {
        // SAFETY: written in `try_new`, and not used again: the region goes with `self`.
        unsafe { self.value.drop_in_place() };
    }
}

/// Checks that the system has `bytes` bytes of memory left, more than 0, for code that would end the process if it had not. Memory that
/// the allocator keeps does not count: another thread may not get it.
///
/// # Errors
/// [`Error::OutOfMemory`] if it has not.
pub fn probe_memory(bytes: usize) -> Result<(), Error> {
    Region::probe(bytes, true)
}

/// Checks that the process has `bytes` bytes of address space left, more than 0, whether or not there is memory for them.
///
/// # Errors
/// [`Error::OutOfMemory`] if it has not.
pub fn probe_address_space(bytes: usize) -> Result<(), Error> {
    Region::probe(bytes, false)
}

/// Bytes in locked memory that may be passed as a pointer and a length.
pub struct LockedBytes(Region);

// SAFETY: a LockedBytes owns its bytes like a Vec does.
unsafe impl Send for LockedBytes {}
// SAFETY: as above.
unsafe impl Sync for LockedBytes {}

impl LockedBytes {
    /// `len` zero bytes, at least one.
    pub fn zeroed(len: usize) -> Result<Self, Error> {
        Region::new(len, 1).map(Self)
    }

    /// The bytes, to be read.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the region is readable, zeroed by the system when it was made, and owned by `self`.
        unsafe { core::slice::from_raw_parts(self.0.data().as_ptr(), self.0.size()) }
    }

    /// The bytes.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the region is writable, zeroed by the system when it was made, and owned by `self`.
        unsafe { core::slice::from_raw_parts_mut(self.0.data().as_ptr(), self.0.size()) }
    }

    /// Passes ownership of the memory to the caller, who returns it with [`LockedBytes::from_raw`].
    pub fn into_raw(self) -> (NonNull<u8>, usize) {
        let raw = (self.0.data(), self.0.size());
        core::mem::forget(self);
        raw
    }

    /// Takes memory back.
    ///
    /// # Safety
    /// `data` and `len` came from [`LockedBytes::into_raw`] and are not used again.
    pub unsafe fn from_raw(data: NonNull<u8>, len: usize) -> Self {
        // SAFETY: by the caller's promise; bytes are aligned to 1.
        Self(unsafe { Region::from_raw(data, len) })
    }
}
