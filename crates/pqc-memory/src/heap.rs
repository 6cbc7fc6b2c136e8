//! Bytes on the heap, wiped before they are freed.

use crate::Error;
use core::ptr::NonNull;
use core::slice;
use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Bytes on the heap that may be passed as a pointer and a length, aligned for a `u64`.
pub struct HeapBytes {
    data: NonNull<u8>,
    layout: Layout,
}

impl HeapBytes {
    /// `len` zero bytes, at least one.
    pub fn zeroed(len: usize) -> Result<Self, Error> {
        let layout = layout(len).filter(|layout| layout.size() > 0).ok_or(Error::OutOfMemory)?;
        // SAFETY: the layout is not empty.
        let data = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(Error::OutOfMemory)?;
        Ok(Self { data, layout })
    }

    /// The bytes.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: allocated with this size, initialised to zeros and owned by `self`.
        unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.layout.size()) }
    }

    /// Passes ownership of the memory to the caller, who returns it with [`HeapBytes::from_raw`].
    pub fn into_raw(self) -> (NonNull<u8>, usize) {
        let raw = (self.data, self.layout.size());
        core::mem::forget(self);
        raw
    }

    /// Takes memory back.
    ///
    /// # Safety
    /// `data` and `len` came from [`HeapBytes::into_raw`] and are not used again.
    pub unsafe fn from_raw(data: NonNull<u8>, len: usize) -> Option<Self> {
        Some(Self { data, layout: layout(len)? })
    }
}

fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len, align_of::<u64>()).ok()
}

impl Drop for HeapBytes {
    fn drop(&mut self) {
        zeroize::zeroize_bytes(self.as_mut_slice());
        // SAFETY: allocated in `zeroed` with this layout and not used again.
        unsafe { dealloc(self.data.as_ptr(), self.layout) }
    }
}
