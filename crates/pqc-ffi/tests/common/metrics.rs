//! Safe wrappers of the functions about metrics.

use super::api::*;
use super::{bytes_of, check, ffi};
use core::cell::UnsafeCell;
use core::mem::{MaybeUninit, zeroed};
use core::ops::Deref;

/// More bytes than shared metrics need.
const MEMORY_BYTES: usize = 4 << 20;

/// Memory for shared metrics, of zeros.
#[repr(C, align(128))]
pub(crate) struct Memory(pub(crate) UnsafeCell<[u8; MEMORY_BYTES]>);

// SAFETY: only the library touches the memory, by atomic operations.
unsafe impl Sync for Memory {}

pub(crate) static MEMORY: Memory = Memory(UnsafeCell::new([0; MEMORY_BYTES]));

/// A snapshot, with the counts of all operations.
pub(crate) struct Metrics {
    process: FFIMetrics,
    pub(crate) operations: Vec<FFIOperationMetrics>,
}

impl Deref for Metrics {
    type Target = FFIMetrics;

    fn deref(&self) -> &FFIMetrics {
        &self.process
    }
}

pub(crate) fn empty() -> FFIMetrics {
    // SAFETY: the struct has numbers only, for which zeros are valid.
    unsafe { zeroed() }
}

/// A snapshot.
pub(crate) fn metrics() -> Result<Metrics, PqcStatus> {
    let mut process = empty();
    check(ffi!(ffi_get_performance_metrics(&raw mut process, size_of::<FFIMetrics>())))?;
    Ok(Metrics { process, operations: (0..ffi_metrics_count()).map(counts_at).collect::<Result<_, _>>()? })
}

/// The counts of the operation with an index.
pub(crate) fn counts_at(index: usize) -> Result<FFIOperationMetrics, PqcStatus> {
    let mut counts = MaybeUninit::zeroed();
    check(ffi!(ffi_metrics_at(index, counts.as_mut_ptr())))?;
    // SAFETY: a successful call fills the struct.
    Ok(unsafe { counts.assume_init() })
}

/// The operations that were called, in one call of the library, after its report on the process.
pub(crate) fn report() -> Result<Metrics, PqcStatus> {
    let mut process = empty();
    let bytes = bytes_of(|out| ffi!(ffi_metrics_report(&raw mut process, size_of::<FFIMetrics>(), out)))?;
    let whole = bytes.chunks_exact(size_of::<FFIOperationMetrics>());
    assert!(whole.remainder().is_empty());
    // SAFETY: the bytes are of such structs, which have numbers only.
    let operations = whole.map(|counts| unsafe { counts.as_ptr().cast::<FFIOperationMetrics>().read_unaligned() });
    Ok(Metrics { operations: operations.collect(), process })
}

/// The counts of an action with an algorithm in a snapshot; 0 is the algorithm of calls that named none.
pub(crate) fn entry(metrics: &Metrics, action: PqcAction, algorithm: u32) -> &FFIOperationMetrics {
    let found = |counts: &&FFIOperationMetrics| counts.action == action as u32 && counts.algorithm == algorithm;
    metrics.operations.iter().find(found).unwrap_or_else(|| panic!("no counts of {action:?} {algorithm}"))
}
