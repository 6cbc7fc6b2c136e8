//! ML-KEM and ML-DSA in safe Rust over the installed C library.
//!
//! Keys and buffers are owned values that free themselves; sharing them between threads is allowed, as the header does.
//! Errors carry the status and its text, and no byte of an input.

mod ffi;
mod mldsa;
mod mlkem;
mod owned;

use std::ffi::CStr;
use std::fmt;

pub use ffi::{FFIMetrics, FFIOperationMetrics};
pub use mldsa::{DsaKeyPair, DsaPublicKey, DsaSet};
pub use mlkem::{KemKeyPair, KemPublicKey, KemSet};
pub use owned::Buffer;

/// Why a call failed: a status of `pqc_ffi.h`, whose text it shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error {
    status: i32,
}

impl Error {
    /// Returns the number of the status, `PQC_STATUS_*`.
    pub fn status(self) -> i32 {
        self.status
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: the text of every number is a constant string.
        let text = unsafe { CStr::from_ptr(ffi::ffi_status_message(self.status)) };
        f.write_str(&text.to_string_lossy())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.status)
    }
}

impl std::error::Error for Error {}

/// What every call of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

fn check(status: i32) -> Result<()> {
    if status == ffi::OK { Ok(()) } else { Err(Error { status }) }
}

/// Tells whether the library at hand has the interface that this crate was written for.
pub fn abi_matches() -> bool {
    // SAFETY: the function takes nothing.
    unsafe { ffi::ffi_abi_version() == ffi::ABI_VERSION }
}

/// Takes a snapshot of what the library counted since the start of the process.
///
/// # Errors
/// None that a library with a matching interface gives.
pub fn metrics() -> Result<Box<FFIMetrics>> {
    let mut metrics = Box::new(std::mem::MaybeUninit::<FFIMetrics>::zeroed());
    // SAFETY: the memory has the size that is given with it, and the alignment of its type.
    check(unsafe { ffi::ffi_get_performance_metrics(metrics.as_mut_ptr(), size_of::<FFIMetrics>()) })?;
    // SAFETY: numbers alone, for which zero is a value, and which the library has filled.
    Ok(unsafe { metrics.assume_init() })
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operation {
    KemKeygen = 0,
    KemEncapsulate = 1,
    KemDecapsulate = 2,
    KemImport = 3,
    DsaKeygen = 4,
    DsaSign = 5,
    DsaVerify = 6,
    DsaImport = 7,
}

impl FFIMetrics {
    /// Returns what was counted of an operation with the number of a parameter set, if the operation has that set.
    pub fn of(&self, operation: Operation, set: u32) -> Option<&FFIOperationMetrics> {
        self.operations.iter().find(|entry| (entry.operation, entry.parameter_set) == (operation as u32, set))
    }
}
