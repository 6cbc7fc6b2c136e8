//! Safe wrappers of the exported functions, so that tests read plainly.
//!
//! Each wrapper passes outputs that hold sentinels, and checks that a call that fails has zeroed them.
//!
//! **The wrappers' invariant**, to which the `SAFETY` lines refer: handles come from [`Owned`] and are alive, inputs are slices,
//! and outputs are writable for the whole call.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
#![allow(clippy::expect_used, reason = "a fixture that cannot be made is the failure of a test")]
#![allow(dead_code, reason = "no test file uses all of this module")]

pub(crate) mod allocator;
pub(crate) mod batch;
pub(crate) mod bytes;
pub(crate) mod call;
pub(crate) mod composite;
pub(crate) mod data;
pub(crate) mod fixture;
pub(crate) mod functions;
pub(crate) mod keys;
pub(crate) mod memory;
pub(crate) mod metrics;
pub(crate) mod outputs;
pub(crate) mod role;

/// The interface under test, without the modules that it is written in.
pub(crate) mod api {
    pub(crate) use pqc_ffi::algorithm_ffi::*;
    pub(crate) use pqc_ffi::batch_ffi::*;
    pub(crate) use pqc_ffi::buffer_ffi::*;
    pub(crate) use pqc_ffi::exchange_ffi::*;
    pub(crate) use pqc_ffi::fips_ffi::*;
    pub(crate) use pqc_ffi::formats::*;
    pub(crate) use pqc_ffi::inputs::*;
    pub(crate) use pqc_ffi::kem_ffi::*;
    pub(crate) use pqc_ffi::key_ffi::*;
    pub(crate) use pqc_ffi::known_answer_ffi::*;
    pub(crate) use pqc_ffi::memory::*;
    pub(crate) use pqc_ffi::mldsa_ffi::*;
    pub(crate) use pqc_ffi::mlkem_ffi::*;
    pub(crate) use pqc_ffi::monitoring::*;
    pub(crate) use pqc_ffi::operation::*;
    pub(crate) use pqc_ffi::outputs::*;
    pub(crate) use pqc_ffi::public_key_ffi::*;
    pub(crate) use pqc_ffi::settings::*;
    pub(crate) use pqc_ffi::signature_ffi::*;
    pub(crate) use pqc_ffi::status::*;
    #[allow(unused_imports, reason = "one test only asks for the version")]
    pub(crate) use pqc_ffi::version::*;
}

use api::*;
use core::ffi::{CStr, c_char};
use core::ops::Deref;
use core::ptr;
use core::slice;
use pqc_core::CodePath;
use std::path::PathBuf;

/// A call of the C interface.
macro_rules! ffi {
    ($call:expr) => {
        // SAFETY: the wrappers' invariant.
        unsafe { $call }
    };
}
pub(crate) use ffi;

/// The contents of an output before a call: a value that the library would never leave there.
pub(crate) const SENTINEL: usize = 0xa5a5_a5a0;
pub(crate) const SENTINEL_BYTE: u8 = 0xa5;

pub(crate) fn sentinel_buffer() -> FFIBuffer {
    FFIBuffer { data: sentinel_handle(), len: SENTINEL, reserved: SENTINEL }
}

pub(crate) fn sentinel_handle<T>() -> *mut T {
    ptr::without_provenance_mut(SENTINEL)
}

pub(crate) fn is_empty(buffer: &FFIBuffer) -> bool {
    buffer.data.is_null() && buffer.len == 0 && buffer.reserved == 0
}

/// A status as a result, for `?`.
pub(crate) fn check(status: PqcStatus) -> Result<(), PqcStatus> {
    if status == PqcStatus::Ok { Ok(()) } else { Err(status) }
}

/// The bytes that a call returns.
pub(crate) fn bytes_of(call: impl FnOnce(*mut FFIBuffer) -> PqcStatus) -> Result<Bytes, PqcStatus> {
    let mut out = sentinel_buffer();
    let outcome = check(call(&raw mut out));
    assert!(outcome.is_ok() || is_empty(&out), "the output is zeroed on failure");
    outcome.map(|()| Bytes(out))
}

/// The two buffers that a call returns.
pub(crate) fn two_bytes_of(
    call: impl FnOnce(*mut FFIBuffer, *mut FFIBuffer) -> PqcStatus,
) -> Result<(Bytes, Bytes), PqcStatus> {
    let mut second = Err(PqcStatus::Internal);
    let first = bytes_of(|first| {
        let mut status = PqcStatus::Internal;
        second = bytes_of(|second| {
            status = call(first, second);
            status
        });
        status
    })?;
    Ok((first, second?))
}

/// The handle that a call returns.
pub(crate) fn handle_of<T: Handle>(call: impl FnOnce(*mut *mut T) -> PqcStatus) -> Result<Owned<T>, PqcStatus> {
    let mut out = sentinel_handle();
    let outcome = check(call(&raw mut out));
    assert!(outcome.is_ok() || out.is_null(), "the output is zeroed on failure");
    outcome.map(|()| Owned(out))
}

/// The number that a call returns.
pub(crate) fn number_of<T: From<u8> + PartialEq>(call: impl FnOnce(*mut T) -> PqcStatus) -> Result<T, PqcStatus> {
    let mut out = T::from(SENTINEL_BYTE);
    let outcome = check(call(&raw mut out));
    assert!(outcome.is_ok() || out == T::from(0), "the output is zeroed on failure");
    outcome.map(|()| out)
}

/// A constant string of the library.
pub(crate) fn text(string: *const c_char) -> &'static CStr {
    // SAFETY: the library's strings are never NULL and never freed.
    unsafe { CStr::from_ptr(string) }
}

/// The folder of the published test vectors; where there is none, the calling test does nothing.
pub(crate) fn vectors() -> Option<PathBuf> {
    let folder = std::env::var_os("QYNAUTH_PQC_VECTORS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: the published test vectors are not here: set QYNAUTH_PQC_VECTORS to their folder");
    }
    folder
}

/// The bytes of a hexadecimal text.
pub(crate) fn decode(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "half a byte");
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or_else(|_| panic!("not hexadecimal: {hex}"));
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// The bytes of a text in base64 (RFC 4648, 4).
pub(crate) fn decode_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=').bytes();
    let values = digits.map(|digit| DIGITS.iter().position(|known| *known == digit).expect("a digit of base64"));
    let bits: Vec<_> = values.flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1)).collect();
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::try_from(*bit).unwrap_or_default());
    bits.chunks_exact(8).map(byte).collect()
}

/// Each code path of this processor, as a name and the flags of a key.
pub(crate) fn code_paths() -> Vec<(String, u32)> {
    let flag_of = |path| match path {
        CodePath::Portable => PQC_KEY_PORTABLE,
        CodePath::Avx2 => PQC_KEY_AVX2,
        CodePath::Avx512 => PQC_KEY_AVX512,
        CodePath::Neon => PQC_KEY_NEON,
        CodePath::NeonSha3 => PQC_KEY_NEON_SHA3,
    };
    CodePath::available().map(|path| (path.name().to_owned(), flag_of(path))).collect()
}

/// A buffer that the library filled.
pub(crate) struct Bytes(FFIBuffer);

impl Bytes {
    /// How the library allocated the bytes.
    pub(crate) fn reserved(&self) -> usize {
        self.0.reserved
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.0.data.is_null() {
            return &[];
        }
        // SAFETY: the library filled the buffer, and it is freed in `drop` only.
        unsafe { slice::from_raw_parts(self.0.data, self.0.len) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        ffi!(ffi_buffer_free(&raw mut self.0));
    }
}

/// A type that C knows by pointer.
pub(crate) trait Handle: Sized {
    /// The exported function that frees a handle.
    const FREE: unsafe extern "C" fn(*mut Self);
    const KIND: outputs::Kind;
}

/// A handle that is freed when it goes out of scope.
pub(crate) struct Owned<T: Handle>(*mut T);

impl<T: Handle> Owned<T> {
    /// Takes over a handle that the library returned.
    pub(crate) fn new(handle: *mut T) -> Self {
        Self(handle)
    }

    pub(crate) fn as_ptr(&self) -> *const T {
        self.0
    }
}

impl<T: Handle> Drop for Owned<T> {
    fn drop(&mut self) {
        ffi!(T::FREE(self.0));
    }
}

// SAFETY: by contract any number of threads may use a handle at once, which threads.rs tests.
unsafe impl<T: Handle + Sync> Sync for Owned<T> {}
// SAFETY: as above; a handle may be freed by another thread than the one that made it.
unsafe impl<T: Handle + Send> Send for Owned<T> {}
