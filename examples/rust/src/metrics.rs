//! What the library counts.

use std::mem::MaybeUninit;

use crate::Result;
use crate::error::{check, check_abi};
use crate::ffi::{FFIMetrics, FFIOperationMetrics, ffi_get_performance_metrics};

/// Takes a snapshot of what the library has counted since the start of the process.
///
/// # Errors
/// Only [`crate::Error::ABI_MISMATCH`].
pub fn metrics() -> Result<Box<FFIMetrics>> {
    check_abi()?;
    let mut metrics = Box::new(MaybeUninit::<FFIMetrics>::zeroed());
    // SAFETY: the memory has this size, and the alignment of its type.
    check(unsafe { ffi_get_performance_metrics(metrics.as_mut_ptr(), size_of::<FFIMetrics>()) })?;
    // SAFETY: all fields are numbers, for which zero is a value, and the library has filled them.
    Ok(unsafe { metrics.assume_init() })
}

/// An operation that the library counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operation {
    MlKemKeygen = 0,
    MlKemEncapsulate = 1,
    MlKemDecapsulate = 2,
    MlKemImport = 3,
    MlDsaKeygen = 4,
    MlDsaSign = 5,
    MlDsaVerify = 6,
    MlDsaImport = 7,
    XWingKeygen = 8,
    XWingEncapsulate = 9,
    XWingDecapsulate = 10,
    XWingImport = 11,
    CompositeKeygen = 12,
    CompositeSign = 13,
    CompositeVerify = 14,
    CompositeImport = 15,
}

impl FFIMetrics {
    /// Returns the counts of an operation with a parameter set, if it has that set. The set of X-Wing is 768.
    pub fn of(&self, operation: Operation, set: u32) -> Option<&FFIOperationMetrics> {
        self.operations.iter().find(|entry| (entry.operation, entry.parameter_set) == (operation as u32, set))
    }
}
