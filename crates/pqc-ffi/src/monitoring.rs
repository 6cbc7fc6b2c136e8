//! Metrics for operators: snapshots of the counts and times of operations, and of live handles and buffers.
#![allow(unsafe_code, reason = "snapshots are written into structs of the caller")]

use crate::boundary::{SizedOutput, arguments, guard, sized_slot, slot};
use crate::counters::{self, BUCKETS, STATUSES, Sums, lower_bound};
use crate::memory::{FFIBuffer, filled};
use crate::operation::{Operation, PqcAction};
use crate::status::PqcStatus;
use core::ffi::c_char;
use core::mem::offset_of;
use pqc_core::{Algorithm, Memory};

/// Returns the name of an action, such as "encapsulate": a constant string, never freed.
///
/// @param action  PQC_ACTION_*; the name of another number is "unknown action"
#[unsafe(no_mangle)]
pub extern "C" fn ffi_action_name(action: u32) -> *const c_char {
    PqcAction::name(action).unwrap_or(c"unknown action").as_ptr()
}

/// Entries of `by_status`, more than the number of any status.
pub const FFI_METRICS_STATUSES: usize = 100;
/// Entries of `buckets`.
pub const FFI_METRICS_BUCKETS: usize = 528;

const _: () = assert!(FFI_METRICS_STATUSES == STATUSES && FFI_METRICS_BUCKETS == BUCKETS);
// Every status has a counter.
const _: () = assert!((PqcStatus::Panic as usize) < STATUSES);

/// The counts of an operation: an action with an algorithm. Times are in nanoseconds and of successful calls.
#[repr(C)]
pub struct FFIOperationMetrics {
    /// PQC_ACTION_*.
    pub action: u32,
    /// PQC_ALGORITHM_*, or 0 for calls that failed before they named one.
    pub algorithm: u32,
    /// Calls.
    pub calls: u64,
    /// Calls with another status than PQC_STATUS_OK.
    pub errors: u64,
    /// Calls that were timed.
    pub timed: u64,
    /// Sum of the times.
    pub total_ns: u64,
    /// Shortest time, 0 if nothing was timed.
    pub min_ns: u64,
    /// Longest time.
    pub max_ns: u64,
    /// Time that half of the calls did not exceed. The percentiles are within 5 %.
    pub p50_ns: u64,
    /// Time that 90 % of the calls did not exceed.
    pub p90_ns: u64,
    /// Time that 99 % of the calls did not exceed.
    pub p99_ns: u64,
    /// Time that 99.9 % of the calls did not exceed.
    pub p999_ns: u64,
    /// Calls by the number of their status, PQC_STATUS_*.
    pub by_status: [u64; FFI_METRICS_STATUSES],
    /// How many calls took how long: counts by the buckets of `ffi_metrics_bucket_ns`.
    pub buckets: [u64; FFI_METRICS_BUCKETS],
}

/// A snapshot of the metrics. Later versions add fields to the end only.
///
/// Counts only grow; for an interval, subtract two snapshots. A call that runs while a snapshot is taken may be in it
/// or not.
#[repr(C)]
pub struct FFIMetrics {
    /// How many bytes of the struct the library filled.
    pub size: usize,
    /// Handles that this process has not freed.
    pub live_handles: u64,
    /// Buffers that this process has not freed.
    pub live_buffers: u64,
    /// Bytes of buffers and private keys that this process has wiped.
    pub bytes_wiped: u64,
    /// Calls of all operations.
    pub calls: u64,
    /// Calls with another status than PQC_STATUS_OK.
    pub errors: u64,
    /// Self tests that this process has run: one for each parameter set and code path, before its first use.
    pub self_tests: u64,
    /// Sum of the times of the self tests in nanoseconds. No time of an operation includes them.
    pub self_test_ns: u64,
}

/// The size of the smallest struct that a caller may have.
const LEAST_METRICS: usize = offset_of!(FFIMetrics, calls);

impl FFIMetrics {
    fn put(out: SizedOutput<Self>, [calls, errors]: [u64; 2]) {
        let [live_handles, live_buffers, bytes_wiped] = counters::alive();
        let (self_tests, self_test_ns) = (pqc_core::self_tests(), pqc_core::self_test_ns());
        let size = out.size();
        out.put(Self { size, live_handles, live_buffers, bytes_wiped, calls, errors, self_tests, self_test_ns });
    }
}

impl FFIOperationMetrics {
    fn of(operation: Operation) -> Result<Self, PqcStatus> {
        let sums = Sums::of(operation)?;
        let (calls, timed) = (sums.calls(), sums.timed());
        let [p50_ns, p90_ns, p99_ns, p999_ns] = [500, 900, 990, 999].map(|share| sums.per_mille(share));
        Ok(Self {
            action: operation.action as u32,
            algorithm: operation.algorithm.map_or(0, Algorithm::id),
            calls,
            errors: calls.wrapping_sub(sums.by_status[PqcStatus::Ok as usize]),
            timed,
            total_ns: sums.total,
            min_ns: if timed == 0 { 0 } else { sums.shortest },
            max_ns: sums.longest,
            p50_ns,
            p90_ns,
            p99_ns,
            p999_ns,
            by_status: sums.by_status,
            buckets: sums.buckets,
        })
    }
}

/// Takes a snapshot of the metrics: of this process, or of all that share them (`ffi_share_metrics`).
///
/// @param out       receives the snapshot
/// @param out_size  sizeof(FFIMetrics), from which the library knows the version of the struct
/// @return PQC_STATUS_OUTPUT_LENGTH  out_size is below the size of the first version of the struct
/// @return PQC_STATUS_SHARED_MEMORY  the shared memory is damaged: it holds values that no counting produces
///
/// # Safety
/// The pointer contract; `out` is writable for `out_size` bytes.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_get_performance_metrics(out: *mut FFIMetrics, out_size: usize) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((), out) = arguments((), sized_slot(out, out_size, LEAST_METRICS))?;
        FFIMetrics::put(out, counters::totals()?);
        Ok(())
    })
}

/// Takes the snapshot of `ffi_get_performance_metrics`, and with it the counts of every operation that was called.
///
/// @param out         receives the snapshot
/// @param out_size    sizeof(FFIMetrics)
/// @param operations  receives an array of FFIOperationMetrics in the order of `ffi_metrics_at`, empty if nothing was called
/// @return PQC_STATUS_OUTPUT_LENGTH, PQC_STATUS_SHARED_MEMORY  as for that function
///
/// # Safety
/// The pointer contract; `out` is writable for `out_size` bytes.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_metrics_report(
    out: *mut FFIMetrics,
    out_size: usize,
    operations: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((), (out, operations)) = arguments((), (sized_slot(out, out_size, LEAST_METRICS), slot(operations)))?;
        let recorded = counters::recorded_operations()?;
        let called = || {
            Operation::ALL
                .into_iter()
                .zip(recorded)
                .filter_map(|(operation, is_recorded)| is_recorded.then_some(operation))
        };
        let size = size_of::<FFIOperationMetrics>();
        let mut totals = [0_u64; 2];
        let fill = |bytes: &mut [u8]| {
            for (operation, bytes) in called().zip(bytes.chunks_exact_mut(size)) {
                let metrics = FFIOperationMetrics::of(operation)?;
                totals = [totals[0].wrapping_add(metrics.calls), totals[1].wrapping_add(metrics.errors)];
                bytes.as_mut_ptr().cast::<FFIOperationMetrics>().write_unaligned(metrics);
            }
            Ok::<_, PqcStatus>(())
        };
        let report = match called().count() {
            0 => None,
            count => Some(filled(Memory::Heap, count * size, fill)?),
        };
        FFIMetrics::put(out, totals);
        if let Some(report) = report {
            operations.put(report.into_ffi());
        }
        Ok(())
    })
}

/// Returns the number of operations that are counted: each action with each algorithm that has it, and with none.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_metrics_count() -> usize {
    Operation::ALL.len()
}

/// Reports the counts of one operation.
///
/// @param index  0 for the first operation, below `ffi_metrics_count`; a version with more algorithms has other numbers
/// @param out    receives the counts, zeros if the operation was not called
/// @return PQC_STATUS_UNKNOWN_OPERATION  there is no operation with this index
/// @return PQC_STATUS_SHARED_MEMORY      as for `ffi_get_performance_metrics`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_metrics_at(index: usize, out: *mut FFIOperationMetrics) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((), out) = arguments((), slot(out))?;
        let operation = Operation::ALL.get(index).ok_or(PqcStatus::UnknownOperation)?;
        out.put(FFIOperationMetrics::of(*operation)?);
        Ok(())
    })
}

/// Returns the least time in nanoseconds that a bucket counts, which is where the bucket before it ends; UINT64_MAX behind the
/// last bucket.
///
/// @param bucket  an index of `buckets`
#[unsafe(no_mangle)]
pub extern "C" fn ffi_metrics_bucket_ns(bucket: usize) -> u64 {
    if bucket < BUCKETS { lower_bound(bucket) } else { u64::MAX }
}

/// Returns how many bytes of memory `ffi_share_metrics` needs.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_shared_metrics_bytes() -> usize {
    counters::SHARED_BYTES
}

/// Counts operations in memory of the caller from now on, so that processes which map the same memory share one set of
/// counts: the workers of a server, for example, where a scrape reaches any worker.
///
/// The memory comes from a shared mapping, of zeros when the first process uses it. A forked process shares it too; any other
/// process calls this itself. Call it before the first operation: earlier counts are not in the shared memory. Live handles,
/// live buffers and wiped bytes stay counts of each process.
///
/// @param memory  the memory, aligned to 128 bytes
/// @param size    its size, at least ffi_shared_metrics_bytes()
/// @return PQC_STATUS_SHARED_MEMORY  the memory is not as described, damaged or laid out by another version of the library; or
///                                   this process shares other memory already
///
/// # Safety
/// The pointer contract; the memory is valid until the process ends, and written by this library only.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_share_metrics(memory: *mut u8, size: usize) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        if memory.is_null() {
            return Err(PqcStatus::NullPointer);
        }
        counters::share(memory, size)
    })
}
