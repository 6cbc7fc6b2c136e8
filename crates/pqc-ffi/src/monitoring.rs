//! Metrics for operators: snapshots of the counts and times of operations, and what is alive.
#![allow(unsafe_code, reason = "snapshots are written into structs of the caller")]

use crate::boundary::{arguments, guard, sized_output, slot};
use crate::counters::{self, BUCKETS, STATUSES, Sums, lower_bound};
use crate::memory::{FFIBuffer, filled};
use crate::operation::{Entry, PqcOperation, TABLE};
use crate::status::PqcStatus;
use core::ffi::c_char;
use core::mem::offset_of;
use pqc_core::Memory;

pub use crate::operation::FFI_METRICS_OPERATIONS;

/// Returns the name of an operation, such as "mlkem_keygen": a constant string, never freed.
///
/// @param operation  PQC_OPERATION_*; the name of another number is "unknown operation"
#[unsafe(no_mangle)]
pub extern "C" fn ffi_operation_name(operation: u32) -> *const c_char {
    PqcOperation::from_number(operation).map_or(c"unknown operation", |(_, name)| name).as_ptr()
}

/// Entries of `by_status`, more than the number of any status.
pub const FFI_METRICS_STATUSES: usize = 100;

const _: () = assert!(FFI_METRICS_STATUSES == STATUSES);
// Every status has a counter.
const _: () = assert!((PqcStatus::Panic as usize) < STATUSES);

/// The counts of one operation with one parameter set. Times are in nanoseconds and of successful calls.
#[repr(C)]
pub struct FFIOperationMetrics {
    /// PQC_OPERATION_*.
    pub operation: u32,
    /// 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), 768 (X-Wing), PQC_ALGORITHM_* (a composite), or 0 for calls that failed
    /// before they named one.
    pub parameter_set: u32,
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
}

/// A snapshot of the metrics. Later versions add to the end only: entries of `operations`, and fields.
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
    /// The counts of each operation and parameter set.
    pub operations: [FFIOperationMetrics; FFI_METRICS_OPERATIONS],
}

/// Bytes of a snapshot with this many entries.
const fn size_with(entries: usize) -> usize {
    offset_of!(FFIMetrics, operations) + entries * size_of::<FFIOperationMetrics>()
}

/// The entries of the first version of the struct, without the operations of X-Wing.
const FIRST_METRICS_OPERATIONS: usize = 32;

const _: () = assert!(size_with(FFI_METRICS_OPERATIONS) == size_of::<FFIMetrics>());

impl FFIOperationMetrics {
    fn fill(&mut self, number: usize, entry: Entry) -> Result<(), PqcStatus> {
        let sums = Sums::of(number)?;
        self.operation = entry.operation as u32;
        self.parameter_set = entry.parameter_set();
        self.calls = sums.by_status.iter().fold(0, |sum, count| sum.wrapping_add(*count));
        self.errors = self.calls.wrapping_sub(sums.by_status[PqcStatus::Ok as usize]);
        self.timed = sums.timed();
        self.total_ns = sums.total;
        self.min_ns = if self.timed == 0 { 0 } else { sums.shortest };
        self.max_ns = sums.longest;
        self.p50_ns = sums.per_mille(500);
        self.p90_ns = sums.per_mille(900);
        self.p99_ns = sums.per_mille(990);
        self.p999_ns = sums.per_mille(999);
        self.by_status = sums.by_status;
        Ok(())
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
        let out = sized_output(out, out_size, size_with(FIRST_METRICS_OPERATIONS))?.as_ptr();
        let entries_that_fit = (out_size - size_with(0)) / size_of::<FFIOperationMetrics>();
        (*out).size = size_with(entries_that_fit.min(FFI_METRICS_OPERATIONS));
        [(*out).live_handles, (*out).live_buffers, (*out).bytes_wiped] = counters::alive();
        let entries = (&raw mut (*out).operations).cast::<FFIOperationMetrics>();
        for (number, entry) in TABLE.into_iter().enumerate().take(entries_that_fit) {
            let metrics = &mut *entries.add(number);
            if let Err(status) = metrics.fill(number, entry) {
                out.cast::<u8>().write_bytes(0, out_size);
                return Err(status);
            }
        }
        Ok(())
    })
}

/// One bucket of a latency histogram.
#[repr(C)]
pub struct FFIHistogramBucket {
    /// Least time in nanoseconds that is counted here.
    pub lower_ns: u64,
    /// Least time that is counted in the next bucket; UINT64_MAX for the last.
    pub upper_ns: u64,
    /// Number of calls.
    pub count: u64,
}

/// Returns the latency histogram of an operation: how many of the successful calls took how long.
///
/// @param operation      PQC_OPERATION_*
/// @param parameter_set  512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), 768 (X-Wing), PQC_ALGORITHM_* (a composite)
/// @param out            receives an array of FFIHistogramBucket, always the same buckets from the shortest times to
///                       the longest
/// @return PQC_STATUS_UNKNOWN_ALGORITHM  the operation has no such parameter set
/// @return PQC_STATUS_SHARED_MEMORY      the shared memory is damaged: it holds values that no counting produces
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_get_latency_histogram(
    operation: u32,
    parameter_set: u32,
    out: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((), out) = arguments((), slot(out))?;
        let (operation, _) = PqcOperation::from_number(operation)?;
        let is_meant = |entry: &Entry| entry.operation == operation && entry.parameter_set() == parameter_set;
        let entry = TABLE.iter().position(is_meant).filter(|_| parameter_set > 0);
        let sums = Sums::of(entry.ok_or(PqcStatus::UnknownAlgorithm)?)?;
        let made = filled(Memory::Heap, size_of::<[FFIHistogramBucket; BUCKETS]>(), |bytes| {
            let entries = bytes.chunks_exact_mut(size_of::<FFIHistogramBucket>());
            for (bucket, (entry, count)) in entries.zip(sums.buckets).enumerate() {
                let upper = if bucket + 1 == BUCKETS { u64::MAX } else { lower_bound(bucket + 1) };
                for (field, value) in entry.chunks_exact_mut(8).zip([lower_bound(bucket), upper, count]) {
                    field.copy_from_slice(&value.to_ne_bytes());
                }
            }
            Ok::<_, PqcStatus>(())
        })?;
        out.put(made.into_ffi());
        Ok(())
    })
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
