//! What an operator can see: every operation counted and timed, what is alive, and the settings of the process.
#![allow(unsafe_code, reason = "snapshots are written into structs of the caller")]

use crate::boundary::{arguments, c_string, check_flags, guard, sized_output, slot};
use crate::counters::{self, BUCKETS, ENTRIES, STATUSES, Sums, lower_bound};
use crate::key_flags::{ENGINES, PATHS, engine_flag, engine_of, path_flag, path_of};
use crate::memory::{FFIBuffer, filled};
use crate::status::PqcStatus;
use core::cell::Cell;
use core::ffi::c_char;
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use pqc_core::{CodePath, Engine, KeyOptions, Memory};
use std::env;
use std::sync::OnceLock;
use std::time::Instant;

/// What is counted. An operation keeps its number in every later version.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PqcOperation {
    /// Making an ML-KEM key pair from the system's randomness.
    MlkemKeygen = 0,
    /// Encapsulation.
    MlkemEncapsulate = 1,
    /// Decapsulation. One that ended in implicit rejection is a success like any other.
    MlkemDecapsulate = 2,
    /// Loading an ML-KEM key: a seed, a private or a public key.
    MlkemImport = 3,
    /// Making an ML-DSA key pair from the system's randomness.
    MldsaKeygen = 4,
    /// Signing.
    MldsaSign = 5,
    /// Verification. A bad signature counts as the error PQC_STATUS_INVALID_SIGNATURE.
    MldsaVerify = 6,
    /// Loading an ML-DSA key: a seed, a private or a public key.
    MldsaImport = 7,
    /// Making an X-Wing key pair from the system's randomness.
    XwingKeygen = 8,
    /// Encapsulation of X-Wing; that of ML-KEM inside it is not counted again.
    XwingEncapsulate = 9,
    /// Decapsulation of X-Wing.
    XwingDecapsulate = 10,
    /// Loading an X-Wing key: a seed or a public key.
    XwingImport = 11,
}

impl PqcOperation {
    /// Every operation, in the order of the numbers.
    const ALL: [Self; 12] = [
        Self::MlkemKeygen,
        Self::MlkemEncapsulate,
        Self::MlkemDecapsulate,
        Self::MlkemImport,
        Self::MldsaKeygen,
        Self::MldsaSign,
        Self::MldsaVerify,
        Self::MldsaImport,
        Self::XwingKeygen,
        Self::XwingEncapsulate,
        Self::XwingDecapsulate,
        Self::XwingImport,
    ];

    /// Where the entries of each operation begin, and where those of all end.
    const FIRST_ENTRIES: [usize; Self::ALL.len() + 1] = {
        let mut first = [0; Self::ALL.len() + 1];
        let mut number = 0;
        while number < Self::ALL.len() {
            first[number + 1] = first[number] + Self::ALL[number].sets().len();
            number += 1;
        }
        first
    };

    fn from_number(number: u32) -> Result<Self, PqcStatus> {
        Self::ALL.into_iter().find(|known| *known as u32 == number).ok_or(PqcStatus::UnknownOperation)
    }

    /// The parameter sets that its calls are counted by. Where they name one, the first is 0, for those that named none.
    const fn sets(self) -> &'static [u32] {
        match self {
            Self::MlkemKeygen | Self::MlkemEncapsulate | Self::MlkemDecapsulate | Self::MlkemImport => {
                &[0, 512, 768, 1024]
            }
            Self::MldsaKeygen | Self::MldsaSign | Self::MldsaVerify | Self::MldsaImport => &[0, 44, 65, 87],
            Self::XwingKeygen | Self::XwingEncapsulate | Self::XwingDecapsulate | Self::XwingImport => &[768],
        }
    }

    /// The entry of a parameter set, given by its place among those of the operation.
    fn entry(self, set: usize) -> usize {
        Self::FIRST_ENTRIES[self as usize] + set
    }
}

/// Whether calls of an entry are ever timed: not those that failed before they named a parameter set.
pub(crate) fn is_timed(entry: usize) -> bool {
    !PqcOperation::ALL.into_iter().any(|operation| operation.sets()[0] == 0 && operation.entry(0) == entry)
}

// Every status has a counter.
const _: () = assert!((PqcStatus::Panic as usize) < STATUSES);

/// Whether calls are timed. They are counted in any case.
static TIMING: AtomicBool = AtomicBool::new(true);

/// A counted call while it runs: it learns the parameter set on the way, unless its operation has only one, and may learn the
/// operation so too.
pub(crate) struct Call {
    operation: Cell<Option<PqcOperation>>,
    set: Cell<usize>,
}

impl Call {
    /// Says which parameter set the call is for.
    pub(crate) fn on(&self, parameter_set: u32) {
        self.set.set(place_of(parameter_set));
    }

    /// Says which operation the call is, and for which parameter set.
    pub(crate) fn is(&self, operation: PqcOperation, parameter_set: u32) {
        self.operation.set(Some(operation));
        self.on(parameter_set);
    }
}

/// The place of a parameter set among those of an operation that names one.
fn place_of(parameter_set: u32) -> usize {
    match parameter_set {
        512 | 44 => 1,
        768 | 65 => 2,
        1024 | 87 => 3,
        _ => 0,
    }
}

/// [`guard`] for the body of an operation: counts its outcome, and times it if it succeeds. Refusals are left out of the
/// times, since those of wrong arguments take none and would hide what the operation costs.
pub(crate) fn counted(operation: PqcOperation, body: impl FnOnce(&Call) -> Result<(), PqcStatus>) -> PqcStatus {
    count(Call { operation: Cell::new(Some(operation)), set: Cell::new(0) }, body)
}

/// [`counted`] for a body that finds out the operation. A call that fails before that is not counted.
pub(crate) fn counted_when_known(body: impl FnOnce(&Call) -> Result<(), PqcStatus>) -> PqcStatus {
    count(Call { operation: Cell::new(None), set: Cell::new(0) }, body)
}

fn count(call: Call, body: impl FnOnce(&Call) -> Result<(), PqcStatus>) -> PqcStatus {
    let start = TIMING.load(Relaxed).then(Instant::now);
    let status = guard(|| body(&call));
    if let Some(operation) = call.operation.get() {
        let time = start.filter(|_| status == PqcStatus::Ok).map(|start| start.elapsed());
        counters::record(operation.entry(call.set.get()), status, time);
    }
    status
}

/// When a piece of a batch begins, if times are taken.
pub(crate) fn start_of_times() -> Option<Instant> {
    TIMING.load(Relaxed).then(Instant::now)
}

/// Counts items of a batch that ended alike, as that many calls; those that succeeded with the nanoseconds of each.
pub(crate) fn count_items(
    operation: PqcOperation,
    parameter_set: u32,
    status: PqcStatus,
    items: usize,
    ns: Option<u64>,
) {
    let ns = ns.filter(|_| status == PqcStatus::Ok);
    counters::record_many(operation.entry(place_of(parameter_set)), status, items as u64, ns);
}

/// Returns the name of an operation, such as "mlkem_keygen": a constant string that is never freed.
///
/// Takes the number of an operation, PQC_OPERATION_*; a number that is none gives "unknown operation".
#[unsafe(no_mangle)]
pub extern "C" fn ffi_operation_name(operation: u32) -> *const c_char {
    c_string(match PqcOperation::from_number(operation) {
        Ok(PqcOperation::MlkemKeygen) => c"mlkem_keygen",
        Ok(PqcOperation::MlkemEncapsulate) => c"mlkem_encapsulate",
        Ok(PqcOperation::MlkemDecapsulate) => c"mlkem_decapsulate",
        Ok(PqcOperation::MlkemImport) => c"mlkem_import",
        Ok(PqcOperation::MldsaKeygen) => c"mldsa_keygen",
        Ok(PqcOperation::MldsaSign) => c"mldsa_sign",
        Ok(PqcOperation::MldsaVerify) => c"mldsa_verify",
        Ok(PqcOperation::MldsaImport) => c"mldsa_import",
        Ok(PqcOperation::XwingKeygen) => c"xwing_keygen",
        Ok(PqcOperation::XwingEncapsulate) => c"xwing_encapsulate",
        Ok(PqcOperation::XwingDecapsulate) => c"xwing_decapsulate",
        Ok(PqcOperation::XwingImport) => c"xwing_import",
        Err(_) => c"unknown operation",
    })
}

/// Entries of `by_status`, which is above the number of every status.
pub const FFI_METRICS_STATUSES: usize = 100;
/// Entries of `operations`: for each operation of ML-KEM and ML-DSA one for calls that named no parameter set and three
/// for those of a set; then one for each operation of X-Wing.
pub const FFI_METRICS_OPERATIONS: usize = 36;

const _: () = assert!(FFI_METRICS_STATUSES == STATUSES && FFI_METRICS_OPERATIONS == ENTRIES);
const _: () = assert!(PqcOperation::FIRST_ENTRIES[PqcOperation::ALL.len()] == ENTRIES && ENTRIES <= u64::BITS as usize);

/// What was counted of one operation with one parameter set. Times are in nanoseconds, those of calls that succeeded.
#[repr(C)]
pub struct FFIOperationMetrics {
    /// PQC_OPERATION_*.
    pub operation: u32,
    /// 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), or 0 for calls that failed before they named one; always 768
    /// for X-Wing.
    pub parameter_set: u32,
    /// Calls that have ended.
    pub calls: u64,
    /// How many of them ended with another status than PQC_STATUS_OK.
    pub errors: u64,
    /// How many of them were timed.
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
/// Counts only grow; for an interval, subtract two snapshots. Calls that are under way while a snapshot is taken may be
/// in it or not.
#[repr(C)]
pub struct FFIMetrics {
    /// How many bytes of the struct the library filled.
    pub size: usize,
    /// Handles that this process was given and has not freed.
    pub live_handles: u64,
    /// Buffers that this process was given and has not freed.
    pub live_buffers: u64,
    /// Bytes of buffers and private keys that this process has wiped.
    pub bytes_wiped: u64,
    /// What was counted of each operation and parameter set.
    pub operations: [FFIOperationMetrics; FFI_METRICS_OPERATIONS],
}

/// Bytes of a snapshot with this many entries.
const fn size_with(entries: usize) -> usize {
    offset_of!(FFIMetrics, operations) + entries * size_of::<FFIOperationMetrics>()
}

/// The entries of the first version of the struct: those before the operations of X-Wing.
const FIRST_METRICS_OPERATIONS: usize = 32;

const _: () = assert!(size_with(FFI_METRICS_OPERATIONS) == size_of::<FFIMetrics>());

impl FFIOperationMetrics {
    fn fill(&mut self, operation: PqcOperation, set: usize) -> Result<(), PqcStatus> {
        let sums = Sums::of(operation.entry(set))?;
        self.operation = operation as u32;
        self.parameter_set = operation.sets()[set];
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
/// @param out_size  sizeof(FFIMetrics), by which the library knows the version of the struct
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   out is NULL
/// @return PQC_STATUS_OUTPUT_LENGTH  out_size is below that of the first version of the struct
/// @return PQC_STATUS_SHARED_MEMORY  the shared memory is damaged: it holds values that no counting produces
///
/// # Safety
/// `out` is NULL or writable for `out_size` bytes during the call, and aligned for its type.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_get_performance_metrics(out: *mut FFIMetrics, out_size: usize) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let out = sized_output(out, out_size, size_with(FIRST_METRICS_OPERATIONS))?.as_ptr();
        let entries_that_fit = (out_size - size_with(0)) / size_of::<FFIOperationMetrics>();
        (*out).size = size_with(entries_that_fit.min(FFI_METRICS_OPERATIONS));
        [(*out).live_handles, (*out).live_buffers, (*out).bytes_wiped] = counters::alive();
        let room = (&raw mut (*out).operations).cast::<FFIOperationMetrics>();
        let sets = |operation: PqcOperation| (0..operation.sets().len()).map(move |set| (operation, set));
        let entries = PqcOperation::ALL.into_iter().flat_map(sets);
        for (place, (operation, set)) in entries.enumerate().take(entries_that_fit) {
            let metrics = &mut *room.add(place);
            if let Err(status) = metrics.fill(operation, set) {
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
    /// How many calls took so long.
    pub count: u64,
}

/// Gives the latency histogram of an operation: how many of the calls that succeeded took how long.
///
/// @param operation      PQC_OPERATION_*
/// @param parameter_set  512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), 768 (X-Wing)
/// @param out            receives an array of FFIHistogramBucket, always the same buckets from the shortest times to
///                       the longest; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           out is NULL
/// @return PQC_STATUS_UNKNOWN_OPERATION      operation is none
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is not one of the operation's
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory
/// @return PQC_STATUS_SHARED_MEMORY          the shared memory is damaged: it holds values that no counting produces
///
/// # Safety
/// `out` is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_get_latency_histogram(
    operation: u32,
    parameter_set: u32,
    out: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let ((), out) = arguments((), slot(out))?;
        let operation = PqcOperation::from_number(operation)?;
        let set = operation.sets().iter().position(|known| *known == parameter_set && parameter_set > 0);
        let sums = Sums::of(operation.entry(set.ok_or(PqcStatus::UnknownParameterSet)?))?;
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
/// counts: the workers of a server, for example, where a scrape reaches any one of them.
///
/// The memory comes from a shared mapping, of zeros when the first process uses it. A process that forks hands it on; one
/// that does not, calls this itself. Do so before the first operation: what was counted before is not in the shared
/// counts. Live handles, live buffers and wiped bytes stay those of each process.
///
/// @param memory  the memory, aligned to 128 bytes
/// @param size    its size, at least ffi_shared_metrics_bytes()
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   memory is NULL
/// @return PQC_STATUS_SHARED_MEMORY  it is too small, not aligned, laid out by another version of the library, or holds
///                                   values that no counting produces; or this process shares other memory already
///
/// # Safety
/// `memory` is NULL, or valid for `size` bytes until the process ends, and written by this library only.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_share_metrics(memory: *mut u8, size: usize) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        if memory.is_null() {
            return Err(PqcStatus::NullPointer);
        }
        counters::share(memory, size)
    })
}

/// Setting: keys made from now on take the portable code path.
pub const PQC_OPTIMIZE_PORTABLE: u32 = 1;
/// Setting: keys made from now on take the AVX2 code path.
pub const PQC_OPTIMIZE_AVX2: u32 = 2;
/// Setting: keys made from now on take the NEON code path. No build has it yet.
pub const PQC_OPTIMIZE_NEON: u32 = 4;
/// Setting: keys made from now on take the best code path that their engine has on this processor.
pub const PQC_OPTIMIZE_BEST: u32 = 8;
/// Setting: keys made from now on take the AVX-512 code path, which the engine simd has only.
pub const PQC_OPTIMIZE_AVX512: u32 = 16;
/// Setting: libcrux does the arithmetic of keys made from now on.
pub const PQC_OPTIMIZE_LIBCRUX: u32 = 32;
/// Setting: our own engine, simd, does the arithmetic of keys made from now on.
pub const PQC_OPTIMIZE_SIMD: u32 = 64;
/// Do now, once, what the first use of every operation would do: detect the processor's instructions, load the code.
pub const PQC_OPTIMIZE_WARM_UP: u32 = 256;
/// Setting: operations are timed, which costs two readings of the clock each.
pub const PQC_OPTIMIZE_TIMING_ON: u32 = 512;
/// Setting: operations are counted and not timed.
pub const PQC_OPTIMIZE_TIMING_OFF: u32 = 1024;

const TIMINGS: u32 = PQC_OPTIMIZE_TIMING_ON | PQC_OPTIMIZE_TIMING_OFF;

/// The flag of the code path of keys that ask for none.
static DEFAULT_PATH: AtomicU32 = AtomicU32::new(PQC_OPTIMIZE_BEST);
/// The flag of the engine of keys that ask for none, or 0 until one is set.
static DEFAULT_ENGINE: AtomicU32 = AtomicU32::new(0);

/// The environment variable that names the engine of a process that sets none, read when it is first needed.
const ENGINE_VARIABLE: &str = "QYNAUTH_PQC_ENGINE";

/// The code path of keys of an engine that ask for none.
pub(crate) fn default_path(engine: Engine) -> CodePath {
    path_of(DEFAULT_PATH.load(Relaxed), engine).ok().flatten().unwrap_or_else(|| engine.best_path())
}

/// The engine of keys that ask for none: what was set, or else what the environment says, or else libcrux.
pub(crate) fn default_engine() -> Result<Engine, PqcStatus> {
    static FROM_ENVIRONMENT: OnceLock<Result<Engine, PqcStatus>> = OnceLock::new();
    if let Ok(Some(engine)) = engine_of(DEFAULT_ENGINE.load(Relaxed)) {
        return Ok(engine);
    }
    *FROM_ENVIRONMENT.get_or_init(|| match env::var_os(ENGINE_VARIABLE) {
        None => Ok(Engine::default()),
        Some(value) => value.to_str().and_then(Engine::from_name).ok_or(PqcStatus::EngineSetting),
    })
}

/// Changes the settings of the process: engine and code path of keys made from now on that ask for none, and whether
/// operations are timed. It may also warm up.
///
/// From the start, the engine is that of the environment variable QYNAUTH_PQC_ENGINE, "libcrux" or "simd", and libcrux
/// without it; the code path is the engine's best one, and operations are timed. Keys keep what they were made with.
///
/// @param flags  PQC_OPTIMIZE_*: at most one engine, one code path and one of the timings; what is not named stays as it is
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, two engines, two code paths or both timings
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor, the engine or this build lacks the code path; nothing was
///                                           changed
/// @return PQC_STATUS_ENGINE_SETTING         QYNAUTH_PQC_ENGINE has another value, and no engine is named or set; nothing
///                                           was changed
/// @return PQC_STATUS_SELF_TEST              the engine failed its self test in warming up; the settings were changed
/// @return PQC_STATUS_RANDOMNESS             the system gave no randomness to warm up with; the settings were changed
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory to warm up with; the settings were changed
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn ffi_enable_optimizations(flags: u32) -> PqcStatus {
    guard(|| {
        check_flags(flags, PATHS | ENGINES | PQC_OPTIMIZE_WARM_UP | TIMINGS)?;
        if flags & TIMINGS == TIMINGS {
            return Err(PqcStatus::UnknownFlags);
        }
        if flags & (PATHS | ENGINES) != 0 {
            choose(flags & PATHS, flags & ENGINES)?;
        }
        if flags & TIMINGS != 0 {
            TIMING.store(flags & PQC_OPTIMIZE_TIMING_ON != 0, Relaxed);
        }
        if flags & PQC_OPTIMIZE_WARM_UP != 0 {
            let engine = default_engine()?;
            pqc_core::warm_up(KeyOptions::from((engine, default_path(engine))))?;
        }
        Ok(())
    })
}

/// Sets code path and engine, unless they are 0, after checking that they go together.
fn choose(path: u32, engine: u32) -> Result<(), PqcStatus> {
    let chosen = match engine_of(engine)? {
        Some(engine) => engine,
        None => default_engine()?,
    };
    if !chosen.has(path_of(path, chosen)?.unwrap_or_else(|| default_path(chosen))) {
        return Err(PqcStatus::CodePathUnavailable);
    }
    if path != 0 {
        DEFAULT_PATH.store(path, Relaxed);
    }
    if engine != 0 {
        DEFAULT_ENGINE.store(engine, Relaxed);
    }
    Ok(())
}

/// Returns the settings of the process as flags of `ffi_enable_optimizations`: one engine, unless QYNAUTH_PQC_ENGINE names
/// none; one code path, as a name and not as PQC_OPTIMIZE_BEST; and one timing.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_get_optimizations() -> u32 {
    let engine = default_engine();
    let path = path_flag(default_path(engine.unwrap_or_default()));
    let timing = if TIMING.load(Relaxed) { PQC_OPTIMIZE_TIMING_ON } else { PQC_OPTIMIZE_TIMING_OFF };
    engine.map_or(0, engine_flag) | path | timing
}
