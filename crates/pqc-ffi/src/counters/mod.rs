//! Counting without locks: the outcomes and times of operations, and the sums of a snapshot.
//!
//! Each thread belongs to one of [`SHARDS`] shards, and a shard has a cell for each operation that its threads call. They add
//! to it by atomic additions that order nothing, so that threads do not wait for each other's cache lines. A reader adds the
//! cells of an operation up. Counters only grow. A shard gets a cell when it first counts an operation, and an operation that is
//! never called takes no memory.
#![allow(unsafe_code, reason = "counters may lie in memory that the caller shares between processes")]

mod alive;
mod histogram;
mod region;
mod sums;

use crate::operation::Operation;
use crate::status::PqcStatus;
pub(crate) use alive::{add_buffers, add_handles, add_wiped, alive};
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicUsize};
pub(crate) use histogram::{BUCKETS, lower_bound};
pub(crate) use region::STATUSES;
use region::{CELLS, Region, SHARDS, are_possible};
pub(crate) use sums::Sums;

/// The places of the cells of each shard in a region, from 1 on, or 0 if this process has not searched yet.
type Places = [[AtomicU16; Operation::NUMBERS]; SHARDS];

const _: () = assert!(CELLS < u16::MAX as usize);

const fn unknown_places() -> Places {
    [const { [const { AtomicU16::new(0) }; Operation::NUMBERS] }; SHARDS]
}

/// The counters of this process, unless [`SHARED`] points elsewhere.
static OWN: Region = Region::new();
static OWN_PLACES: Places = unknown_places();
static SHARED: AtomicPtr<Region> = AtomicPtr::new(core::ptr::null_mut());
static SHARED_PLACES: Places = unknown_places();

/// The counters to use. The places are this process's own, so that nothing in shared memory leads beyond it.
fn counters() -> (&'static Region, &'static Places) {
    // SAFETY: NULL, or memory that the caller of `share` promised to be valid from then on.
    let shared = unsafe { SHARED.load(Acquire).as_ref() };
    shared.map_or((&OWN, &OWN_PLACES), |shared| (shared, &SHARED_PLACES))
}

/// Counts in `memory` from now on.
///
/// # Safety
/// `memory` is valid for a `Region` and written by this library only, from now until the process ends.
pub(crate) unsafe fn share(memory: *mut u8, len: usize) -> Result<(), PqcStatus> {
    let shared = memory.cast::<Region>();
    if len < size_of::<Region>() || !shared.is_aligned() {
        return Err(PqcStatus::SharedMemory);
    }
    // SAFETY: aligned and long enough, and valid by the caller's promise; any bytes are valid atomic integers.
    let region = unsafe { &*shared };
    let found = region.layout.load(Relaxed);
    if (found != 0 && found != Region::LAYOUT) || !region.is_possible() {
        return Err(PqcStatus::SharedMemory);
    }
    region.layout.store(Region::LAYOUT, Relaxed);
    match SHARED.compare_exchange(core::ptr::null_mut(), shared, AcqRel, Relaxed) {
        Err(before) if before != shared => Err(PqcStatus::SharedMemory),
        _ => Ok(()),
    }
}

/// Bytes of memory that [`share`] needs.
pub(crate) const SHARED_BYTES: usize = size_of::<Region>();

/// The number of this thread's shard.
fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARD: core::cell::Cell<usize> = const { core::cell::Cell::new(SHARDS) };
    }
    SHARD.with(|shard| {
        if shard.get() == SHARDS {
            shard.set(NEXT.fetch_add(1, Relaxed) % SHARDS);
        }
        shard.get()
    })
}

/// Whether calls are timed. They are counted in any case.
static TIMING: AtomicBool = AtomicBool::new(true);

pub(crate) fn is_timing() -> bool {
    TIMING.load(Relaxed)
}

pub(crate) fn set_timing(timing: bool) {
    TIMING.store(timing, Relaxed);
}

/// Counts operations with the same outcome, and the nanoseconds of each if they are known.
pub(crate) fn record(operation: Operation, status: PqcStatus, count: u64, ns: Option<u64>) {
    let ((region, places), shard) = (counters(), shard());
    let Some(known) = places.get(shard).and_then(|places| places.get(operation.number())) else { return };
    let place = match known.load(Relaxed) {
        0 => {
            let place = region.find(shard, operation);
            known.store(u16::try_from(place + 1).unwrap_or(0), Relaxed);
            place
        }
        known => usize::from(known) - 1,
    };
    let Some(cell) = region.cells.get(place) else { return };
    cell.statuses[status as usize].fetch_add(count, Relaxed);
    if let Some(ns) = ns {
        cell.times.add(ns, count);
    }
}

/// The operations that were counted, each by its place in [`Operation::ALL`].
///
/// # Errors
/// [`PqcStatus::SharedMemory`] if a cell has an owner that does not exist.
pub(crate) fn recorded_operations() -> Result<[bool; Operation::ALL.len()], PqcStatus> {
    let mut found = [false; Operation::NUMBERS];
    for cell in counters().0.cells_in_use() {
        found[cell?.0.number()] = true;
    }
    Ok(Operation::ALL.map(|operation| found[operation.number()]))
}

/// Calls and errors of all operations.
///
/// # Errors
/// As for [`Sums::of`].
pub(crate) fn totals() -> Result<[u64; 2], PqcStatus> {
    let mut totals = [0_u64; 2];
    for cell in counters().0.cells_in_use() {
        let (_, cell) = cell?;
        if !are_possible(&cell.statuses) {
            return Err(PqcStatus::SharedMemory);
        }
        for (status, count) in cell.statuses.iter().enumerate() {
            let count = count.load(Relaxed);
            totals[0] = totals[0].wrapping_add(count);
            totals[1] = totals[1].wrapping_add(if status == PqcStatus::Ok as usize { 0 } else { count });
        }
    }
    Ok(totals)
}
