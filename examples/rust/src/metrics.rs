//! The counts of the library.

use std::mem::MaybeUninit;

use crate::error::check_abi;
use crate::ffi::{FFIMetrics, FFIOperationMetrics, ffi_metrics_report};
use crate::{Algorithm, Buffer, Result};

/// The counts of the library since the start of the process.
pub struct Metrics {
    /// The figures of the process.
    pub process: FFIMetrics,
    /// The counts of every action and algorithm that was called.
    pub called: Vec<FFIOperationMetrics>,
}

/// Takes a snapshot.
///
/// # Errors
/// Only [`crate::Error::ABI_MISMATCH`].
pub fn metrics() -> Result<Metrics> {
    check_abi()?;
    let mut process = MaybeUninit::<FFIMetrics>::zeroed();
    let [counts] = Buffer::fill(|[counts]| {
        // SAFETY: the memory has this size, and the alignment of its type.
        unsafe { ffi_metrics_report(process.as_mut_ptr(), size_of::<FFIMetrics>(), counts) }
    })?;
    let counts = counts.chunks_exact(size_of::<FFIOperationMetrics>());
    // SAFETY: the library has filled all fields, which are numbers, and the buffer with such structs.
    unsafe {
        let called = counts.map(|bytes| bytes.as_ptr().cast::<FFIOperationMetrics>().read_unaligned()).collect();
        Ok(Metrics { process: process.assume_init(), called })
    }
}

/// An action of the library with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Action {
    Generate = 0,
    Import = 1,
    Encapsulate = 2,
    Decapsulate = 3,
    Sign = 4,
    Verify = 5,
}

impl Metrics {
    /// Returns the counts of an action with an algorithm, if it was called.
    pub fn of(&self, action: Action, algorithm: Algorithm) -> Option<&FFIOperationMetrics> {
        self.called.iter().find(|counts| (counts.action, counts.algorithm) == (action as u32, algorithm as u32))
    }
}
