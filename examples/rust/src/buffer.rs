//! Bytes that the library allocated.

use std::fmt;
use std::ops::Deref;
use std::ptr::null_mut;

use crate::error::{Result, check};
use crate::ffi::{FFIBuffer, ffi_buffer_free};

/// Bytes that the library allocated. They are wiped when they are dropped, and no format shows them.
///
/// The time that a comparison of two buffers takes does not depend on their bytes.
pub struct Buffer(FFIBuffer);

// SAFETY: the bytes belong to this value alone, and nothing changes them.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// Returns the buffers that a function has filled, unless it failed.
    pub(crate) fn fill<const N: usize>(function: impl FnOnce([&mut FFIBuffer; N]) -> i32) -> Result<[Self; N]> {
        let mut buffers = [const { Self(FFIBuffer { data: null_mut(), len: 0, reserved: 0 }) }; N];
        check(function(buffers.each_mut().map(|buffer| &mut buffer.0)))?;
        Ok(buffers)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the struct is empty or as the library filled it.
        unsafe { ffi_buffer_free(&raw mut self.0) }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.0.data.is_null() {
            return &[];
        }
        // SAFETY: the library has `len` bytes at `data`, until the buffer is freed.
        unsafe { std::slice::from_raw_parts(self.0.data, self.0.len) }
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        let difference = self.iter().zip(other.iter()).fold(0, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
        self.len() == other.len() && difference == 0
    }
}

impl Eq for Buffer {}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len())
    }
}
