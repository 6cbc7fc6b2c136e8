//! Safe wrappers of the exported functions, so that tests read plainly.
//!
//! Each wrapper hands over outputs that hold rubbish, and checks that a call that fails has emptied them.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
#![allow(dead_code, reason = "each test file uses its own part of this module")]

pub(crate) mod allocator;
pub(crate) mod arena;
pub(crate) mod batch;
pub(crate) mod call;
pub(crate) mod formats;
pub(crate) mod functions;
pub(crate) mod metrics;
pub(crate) mod mldsa;
pub(crate) mod mlkem;
pub(crate) mod xwing;

use core::ffi::{CStr, c_char};
use core::ops::Deref;
use core::ptr;
use core::slice;
use pqc_core::{CodePath, Engine};
use pqc_ffi::key_flags::*;
use pqc_ffi::memory::{FFIBuffer, ffi_buffer_free};
use pqc_ffi::status::PqcStatus;

/// What an output holds before a call: nothing that the library would leave there.
pub(crate) const RUBBISH: usize = 0xa5a5_a5a0;

pub(crate) fn rubbish_buffer() -> FFIBuffer {
    FFIBuffer { data: rubbish_handle(), len: RUBBISH, reserved: RUBBISH }
}

pub(crate) fn rubbish_handle<T>() -> *mut T {
    ptr::without_provenance_mut(RUBBISH)
}

pub(crate) fn is_empty(buffer: &FFIBuffer) -> bool {
    buffer.data.is_null() && buffer.len == 0 && buffer.reserved == 0
}

/// A status as a result, for `?`.
pub(crate) fn check(status: PqcStatus) -> Result<(), PqcStatus> {
    if status == PqcStatus::Ok { Ok(()) } else { Err(status) }
}

/// The bytes that a call gives.
pub(crate) fn bytes_of(call: impl FnOnce(*mut FFIBuffer) -> PqcStatus) -> Result<Bytes, PqcStatus> {
    let mut out = rubbish_buffer();
    let outcome = check(call(&raw mut out));
    assert!(outcome.is_ok() || is_empty(&out), "the output is emptied on failure");
    outcome.map(|()| Bytes(out))
}

/// What a call writes into memory of the caller with room for `size` bytes.
pub(crate) fn written(
    size: usize,
    call: impl FnOnce(*mut u8, usize, *mut usize) -> PqcStatus,
) -> Result<Vec<u8>, PqcStatus> {
    let (mut bytes, mut len) = (vec![0xa5; size], RUBBISH);
    let outcome = check(call(bytes.as_mut_ptr(), size, &raw mut len));
    let is_emptied = len == 0 && bytes.iter().all(|byte| *byte == 0);
    assert!(if outcome.is_ok() { len == size } else { is_emptied }, "filled on success and emptied on failure");
    outcome.map(|()| bytes)
}

/// The two buffers of bytes that a call gives.
pub(crate) fn two_bytes_of(
    call: impl FnOnce(*mut FFIBuffer, *mut FFIBuffer) -> PqcStatus,
) -> Result<(Bytes, Bytes), PqcStatus> {
    let (mut first, mut second) = (rubbish_buffer(), rubbish_buffer());
    let outcome = check(call(&raw mut first, &raw mut second));
    assert!(outcome.is_ok() || is_empty(&first) && is_empty(&second), "both outputs are emptied on failure");
    outcome.map(|()| (Bytes(first), Bytes(second)))
}

/// The handle that a call gives.
pub(crate) fn handle_of<T: Handle>(call: impl FnOnce(*mut *mut T) -> PqcStatus) -> Result<Owned<T>, PqcStatus> {
    let mut out = rubbish_handle();
    let outcome = check(call(&raw mut out));
    assert!(outcome.is_ok() || out.is_null(), "the output is emptied on failure");
    outcome.map(|()| Owned(out))
}

/// The number that a call gives.
pub(crate) fn number_of(call: impl FnOnce(*mut u32) -> PqcStatus) -> Result<u32, PqcStatus> {
    let mut out = u32::MAX;
    let outcome = check(call(&raw mut out));
    assert!(outcome.is_ok() || out == 0, "the output is emptied on failure");
    outcome.map(|()| out)
}

/// The size that a call gives.
pub(crate) fn size_of_call(call: impl FnOnce(*mut usize) -> PqcStatus) -> Result<usize, PqcStatus> {
    let mut out = RUBBISH;
    let outcome = check(call(&raw mut out));
    assert!(outcome.is_ok() || out == 0, "the output is emptied on failure");
    outcome.map(|()| out)
}

/// A constant string of the library.
pub(crate) fn text(string: *const c_char) -> &'static CStr {
    // SAFETY: the library's strings are never NULL and never freed.
    unsafe { CStr::from_ptr(string) }
}

/// Each engine on each of its code paths on this processor, as a name and the flags of a key.
pub(crate) fn engines_and_paths() -> Vec<(String, u32)> {
    let mut all = Vec::new();
    for (engine, flag) in [(Engine::Libcrux, PQC_KEY_LIBCRUX), (Engine::Simd, PQC_KEY_SIMD)] {
        for path in engine.paths() {
            let path_flag = match path {
                CodePath::Portable => PQC_KEY_PORTABLE,
                CodePath::Avx2 => PQC_KEY_AVX2,
                CodePath::Avx512 => PQC_KEY_AVX512,
            };
            all.push((format!("{} {}", engine.name(), path.name()), flag | path_flag));
        }
    }
    all
}

/// A buffer that the library filled.
pub(crate) struct Bytes(FFIBuffer);

impl Bytes {
    /// Takes over a buffer that the library filled.
    pub(crate) fn new(buffer: FFIBuffer) -> Self {
        Self(buffer)
    }

    /// What the library notes about how it allocated the bytes.
    pub(crate) fn reserved(&self) -> usize {
        self.0.reserved
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the library filled the buffer, and it is freed in `drop` only.
        unsafe { slice::from_raw_parts(self.0.data, self.0.len) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: the library filled the buffer, which is not used again.
        unsafe { ffi_buffer_free(&raw mut self.0) }
    }
}

/// A type that C knows by pointer.
pub(crate) trait Handle: Sized {
    /// The exported function that ends a handle.
    const FREE: unsafe extern "C" fn(*mut Self);
}

/// A handle that is ended when it goes out of scope.
pub(crate) struct Owned<T: Handle>(*mut T);

impl<T: Handle> Owned<T> {
    /// Takes over a handle that the library gave.
    pub(crate) fn new(handle: *mut T) -> Self {
        Self(handle)
    }

    pub(crate) fn as_ptr(&self) -> *const T {
        self.0
    }
}

impl<T: Handle> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the handle came from the library and is not used again.
        unsafe { T::FREE(self.0) }
    }
}

// SAFETY: the contract says that any number of threads may use a handle at once. That is what threads.rs tests.
unsafe impl<T: Handle + Sync> Sync for Owned<T> {}
// SAFETY: as above; a handle may be freed by another thread than the one that made it.
unsafe impl<T: Handle + Send> Send for Owned<T> {}
