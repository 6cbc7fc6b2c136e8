//! What the library hands over, in values that give it back.

use std::fmt;
use std::ops::Deref;
use std::ptr::{NonNull, null_mut};

use crate::ffi::{Export, FFIBuffer, ffi_buffer_free};
use crate::{Result, check};

/// Bytes that the library made. They are wiped when they are dropped, and shown to nobody who formats them.
///
/// Two buffers are compared in a time that does not depend on their bytes.
pub struct Buffer(FFIBuffer);

// SAFETY: the bytes belong to this value alone, and nothing changes them.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    pub(crate) fn empty() -> Self {
        Buffer(FFIBuffer { data: null_mut(), len: 0, reserved: 0 })
    }

    /// Returns where a function of the library puts the bytes.
    pub(crate) fn out(&mut self) -> *mut FFIBuffer {
        &raw mut self.0
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
        // SAFETY: the library says that `len` bytes are at `data`, until the buffer is freed.
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

/// A handle that is freed when it is dropped.
pub(crate) struct Handle<T> {
    pointer: NonNull<T>,
    free: unsafe extern "C" fn(*mut T),
}

// SAFETY: the header says that any number of threads may use a handle, and any one of them free it.
unsafe impl<T> Send for Handle<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Handle<T> {}

impl<T> Handle<T> {
    /// Calls a function that makes a handle.
    ///
    /// # Safety
    /// `make` fills its argument with a handle that nobody else has and that `free` takes, or returns an error.
    pub(crate) unsafe fn new(
        free: unsafe extern "C" fn(*mut T),
        make: impl FnOnce(*mut *mut T) -> i32,
    ) -> Result<Self> {
        let mut pointer = null_mut();
        check(make(&raw mut pointer))?;
        let pointer = NonNull::new(pointer).expect("a handle comes with PQC_STATUS_OK");
        Ok(Handle { pointer, free })
    }

    pub(crate) fn get(&self) -> *const T {
        self.pointer.as_ptr()
    }

    /// Calls a function that only copies bytes out of the handle.
    pub(crate) fn export(&self, function: Export<T>) -> Result<Buffer> {
        let mut bytes = Buffer::empty();
        // SAFETY: the handle is live, and the buffer is empty.
        check(unsafe { function(self.get(), bytes.out()) })?;
        Ok(bytes)
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: this value is the handle's only owner.
        unsafe { (self.free)(self.pointer.as_ptr()) }
    }
}
