//! Safe wrappers of the functions about metrics.

use super::api::*;
use super::{bytes_of, check, ffi};
use core::cell::UnsafeCell;
use core::mem::zeroed;

/// More bytes than shared metrics need.
const MEMORY_BYTES: usize = 16 << 20;

/// Memory for shared metrics, of zeros.
#[repr(C, align(128))]
pub(crate) struct Memory(pub(crate) UnsafeCell<[u8; MEMORY_BYTES]>);

// SAFETY: only the library touches the memory, by atomic operations.
unsafe impl Sync for Memory {}

pub(crate) static MEMORY: Memory = Memory(UnsafeCell::new([0; MEMORY_BYTES]));

pub(crate) fn empty() -> FFIMetrics {
    // SAFETY: the struct has numbers only, for which zeros are valid.
    unsafe { zeroed() }
}

/// A snapshot.
pub(crate) fn metrics() -> Result<Box<FFIMetrics>, PqcStatus> {
    let mut out = Box::new(empty());
    check(ffi!(ffi_get_performance_metrics(&raw mut *out, size_of::<FFIMetrics>())))?;
    Ok(out)
}

/// The entry of an operation with an algorithm in a snapshot; 0 is the entry for calls that named none.
pub(crate) fn entry(metrics: &FFIMetrics, operation: PqcOperation, algorithm: u32) -> &FFIOperationMetrics {
    let found = |entry: &&FFIOperationMetrics| entry.operation == operation as u32 && entry.parameter_set == algorithm;
    metrics.operations.iter().find(found).unwrap_or_else(|| panic!("no entry for {operation:?} {algorithm}"))
}

/// A histogram as (lower, upper, count).
pub(crate) fn histogram(operation: u32, algorithm: u32) -> Result<Vec<[u64; 3]>, PqcStatus> {
    let bytes = bytes_of(|out| ffi!(ffi_get_latency_histogram(operation, algorithm, out)))?;
    let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_ne_bytes);
    let numbers: Vec<_> = bytes.chunks_exact(8).map(number).collect();
    Ok(numbers.chunks_exact(3).map(|bucket| [bucket[0], bucket[1], bucket[2]]).collect())
}
