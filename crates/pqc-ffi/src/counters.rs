//! Counting without locks: the outcomes and times of operations, and the sums of a snapshot.
//!
//! Each thread belongs to one of [`SHARDS`] shards, and a shard has a cell for each operation that its threads call. They add
//! to it by atomic additions that order nothing, so that threads do not wait for each other's cache lines. A reader adds the
//! cells of an operation up. Counters only grow. A shard gets a cell when it first counts an operation, and an operation that is
//! never called takes no memory.
#![allow(unsafe_code, reason = "counters may lie in memory that the caller shares between processes")]

use crate::operation::Operation;
use crate::status::PqcStatus;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize};
use pqc_core::Algorithm;

/// Above the highest number of a status.
pub(crate) const STATUSES: usize = 100;
const SHARDS: usize = 32;

/// Buckets of a histogram for each power of two: half the width of a bucket is at most 1/32 of the value.
const STEPS: u64 = 16;
/// Exponent of the last power of two with its own buckets: 2^36 ns are 69 s.
const LAST_EXPONENT: u32 = 35;
pub(crate) const BUCKETS: usize = 528;

const _: () = assert!(bucket_of(u64::MAX) == BUCKETS - 1 && lower_bound(BUCKETS - 1) < 1 << (LAST_EXPONENT + 1));

/// The bucket that counts a time in nanoseconds.
#[allow(clippy::cast_possible_truncation, reason = "the result is below BUCKETS")]
const fn bucket_of(ns: u64) -> usize {
    if ns < STEPS {
        return ns as usize;
    }
    let exponent = 63 - ns.leading_zeros();
    if exponent > LAST_EXPONENT {
        return BUCKETS - 1;
    }
    let step = (ns >> (exponent - 4)) % STEPS;
    ((exponent - 3) as u64 * STEPS + step) as usize
}

/// The least time in nanoseconds that a bucket counts.
pub(crate) const fn lower_bound(bucket: usize) -> u64 {
    let (power, step) = (bucket as u64 / STEPS, bucket as u64 % STEPS);
    if power == 0 { step } else { (STEPS + step) << (power - 1) }
}

/// The times of an operation.
#[repr(C)]
struct Times {
    total: AtomicU64,
    /// All bits of the shortest time inverted, so that zero means that there is none.
    shortest_inverted: AtomicU64,
    longest: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

/// A count that no counter reaches: a million calls a second take 35 years.
const TOO_MANY: u64 = 1 << 50;
/// A time that no call reaches, in nanoseconds: 292 years.
const TOO_LONG: u64 = 1 << 63;

impl Times {
    /// Adds the same time `times` times.
    fn add(&self, ns: u64, times: u64) {
        self.total.fetch_add(ns.wrapping_mul(times), Relaxed);
        if let Some(bucket) = self.buckets.get(bucket_of(ns)) {
            bucket.fetch_add(times, Relaxed);
        }
        // New extremes are rare, and a read is cheaper than an atomic maximum.
        if !ns > self.shortest_inverted.load(Relaxed) {
            self.shortest_inverted.fetch_max(!ns, Relaxed);
        }
        if ns > self.longest.load(Relaxed) {
            self.longest.fetch_max(ns, Relaxed);
        }
    }

    /// Whether counting can lead here. Memory that is shared may hold anything.
    fn are_possible(&self) -> bool {
        let shortest_inverted = self.shortest_inverted.load(Relaxed);
        let times = [self.total.load(Relaxed), self.longest.load(Relaxed)];
        times.iter().all(|ns| *ns < TOO_LONG)
            && (shortest_inverted == 0 || !shortest_inverted < TOO_LONG)
            && are_possible(&self.buckets)
    }

    fn are_none(&self) -> bool {
        self.total.load(Relaxed) == 0 && self.buckets.iter().all(|count| count.load(Relaxed) == 0)
    }
}

fn are_possible(counts: &[AtomicU64]) -> bool {
    counts.iter().all(|count| count.load(Relaxed) < TOO_MANY)
}

/// The counts of an operation in a shard, on separate cache lines.
#[repr(C, align(128))]
struct Cell {
    statuses: [AtomicU64; STATUSES],
    times: Times,
}

impl Cell {
    /// Whether counting can lead to this state. Two counters are never compared: others may count at the same time.
    fn is_possible(&self) -> bool {
        are_possible(&self.statuses) && self.times.are_possible()
    }

    /// The same for a cell of an operation: calls that named no algorithm failed, and were not timed.
    fn is_possible_for(&self, operation: Operation) -> bool {
        self.is_possible() && (operation.algorithm.is_some() || self.times.are_none())
    }
}

/// Cells that shards claim, in the order of their need.
const POOL: usize = 512;
/// Behind them, one cell for each operation, which the shards that find the pool exhausted share.
const CELLS: usize = POOL + Operation::NUMBERS;

/// All counters of operations. Zeros are a valid value, in static memory as in a fresh mapping.
#[repr(C)]
pub(crate) struct Region {
    /// [`Region::LAYOUT`], or 0 before the first use.
    layout: AtomicU64,
    /// The owner of each cell, which stays, or 0 without one.
    owners: [AtomicU32; CELLS],
    cells: [Cell; CELLS],
}

const _: () = assert!(size_of::<Region>() <= 4_000_000, "docs/monitoring.md limits the file of shared metrics");

/// The owner of a cell: a shard with an operation, or [`SHARDS`] with the operation of a cell behind the pool.
#[allow(clippy::cast_possible_truncation, reason = "the greatest owner fits")]
const fn owner(shard: usize, operation: Operation) -> u32 {
    (1 + shard * Operation::NUMBERS + operation.number()) as u32
}

impl Region {
    /// Marks memory of this version: a fixed word, the size, and the algorithms in their order. Change the word when the meaning
    /// changes and nothing else.
    const LAYOUT: u64 = {
        let (mut layout, mut row) = (0x7071_6303 ^ ((size_of::<Self>() as u64) << 32), 0);
        while row < Algorithm::ALL.len() {
            layout = layout.wrapping_mul(0x0100_0000_01b3) ^ Algorithm::ALL[row].id() as u64;
            row += 1;
        }
        layout
    };

    const fn new() -> Self {
        // SAFETY: the struct consists of atomic integers, for which zeros are valid.
        unsafe { core::mem::zeroed() }
    }

    /// The operation of a cell with an owner.
    ///
    /// # Errors
    /// [`PqcStatus::SharedMemory`] if nothing owns this cell by that number.
    fn operation(place: usize, owner: usize) -> Result<Operation, PqcStatus> {
        let (shard, number) = ((owner - 1) / Operation::NUMBERS, (owner - 1) % Operation::NUMBERS);
        let is_right = if place < POOL { shard < SHARDS } else { shard == SHARDS && place == POOL + number };
        Operation::from_number(number).filter(|_| is_right).ok_or(PqcStatus::SharedMemory)
    }

    /// The cells that count, each with its operation.
    fn used(&self) -> impl Iterator<Item = Result<(Operation, &Cell), PqcStatus>> {
        self.owners.iter().zip(&self.cells).enumerate().filter_map(|(place, (owner, cell))| {
            let owner = owner.load(Relaxed) as usize;
            (owner != 0).then(|| Ok((Self::operation(place, owner)?, cell)))
        })
    }

    /// Whether counting can lead to its contents.
    fn is_possible(&self) -> bool {
        let mut used = self.used();
        self.cells.iter().all(Cell::is_possible)
            && used.all(|used| used.is_ok_and(|(operation, cell)| cell.is_possible_for(operation)))
    }

    /// Makes a cell the owner's if it is free, and returns whether it is the owner's.
    fn claim(&self, place: usize, owner: u32) -> bool {
        let cell = &self.owners[place];
        let found = match cell.load(Relaxed) {
            0 => cell.compare_exchange(0, owner, Relaxed, Relaxed).map_or_else(|found| found, |_| owner),
            found => found,
        };
        found == owner
    }

    /// Finds the cell of a shard for an operation, and claims one if there is none.
    ///
    /// Threads and processes that search for the same cell try the same places in the same order and take the first
    /// free one, so that they agree. A process that is killed here loses no cell.
    #[cold]
    #[inline(never)]
    fn find(&self, shard: usize, operation: Operation) -> usize {
        let own = owner(shard, operation);
        (0..POOL).find(|place| self.claim(*place, own)).unwrap_or_else(|| {
            let shared = POOL + operation.number();
            self.claim(shared, owner(SHARDS, operation));
            shared
        })
    }
}

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
    // SAFETY: NULL, or what `share` was promised to be valid from then on.
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
/// [`PqcStatus::SharedMemory`] if a cell has an owner that there is not.
pub(crate) fn used() -> Result<[bool; Operation::ALL.len()], PqcStatus> {
    let mut found = [false; Operation::NUMBERS];
    for cell in counters().0.used() {
        found[cell?.0.number()] = true;
    }
    Ok(Operation::ALL.map(|operation| found[operation.number()]))
}

/// Calls and errors of all operations.
///
/// # Errors
/// As of [`Sums::of`].
pub(crate) fn totals() -> Result<[u64; 2], PqcStatus> {
    let mut totals = [0_u64; 2];
    for cell in counters().0.used() {
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

/// The counts of an operation.
pub(crate) struct Sums {
    pub(crate) by_status: [u64; STATUSES],
    pub(crate) total: u64,
    /// `u64::MAX` if nothing was timed.
    pub(crate) shortest: u64,
    pub(crate) longest: u64,
    pub(crate) buckets: [u64; BUCKETS],
}

impl Sums {
    const NONE: Self =
        Self { by_status: [0; STATUSES], total: 0, shortest: u64::MAX, longest: 0, buckets: [0; BUCKETS] };

    /// The sums of one operation.
    ///
    /// # Errors
    /// [`PqcStatus::SharedMemory`] if they hold values that no counting produces.
    pub(crate) fn of(operation: Operation) -> Result<Self, PqcStatus> {
        let mut sums = Self::NONE;
        for cell in counters().0.used() {
            let (found, cell) = cell?;
            if found == operation {
                if !cell.is_possible_for(operation) {
                    return Err(PqcStatus::SharedMemory);
                }
                sums.add(&cell.statuses, &cell.times);
            }
        }
        Ok(sums)
    }

    fn add(&mut self, statuses: &[AtomicU64; STATUSES], times: &Times) {
        for (sum, count) in self.by_status.iter_mut().zip(statuses) {
            *sum = sum.wrapping_add(count.load(Relaxed));
        }
        for (sum, count) in self.buckets.iter_mut().zip(&times.buckets) {
            *sum = sum.wrapping_add(count.load(Relaxed));
        }
        self.total = self.total.wrapping_add(times.total.load(Relaxed));
        self.shortest = self.shortest.min(!times.shortest_inverted.load(Relaxed));
        self.longest = self.longest.max(times.longest.load(Relaxed));
    }

    pub(crate) fn calls(&self) -> u64 {
        self.by_status.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }

    pub(crate) fn timed(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }

    /// The time in nanoseconds that `numerator / 1000` of the timed calls did not exceed, or 0 without any: the middle
    /// of its bucket, and so within 1/32 of the exact one.
    pub(crate) fn per_mille(&self, numerator: u64) -> u64 {
        let rank = u128::from(self.timed()) * u128::from(numerator);
        let mut passed = 0_u128;
        for (bucket, count) in self.buckets.iter().enumerate() {
            passed += u128::from(*count) * 1000;
            if *count > 0 && passed >= rank {
                let (lower, next) = (lower_bound(bucket), lower_bound(bucket + 1));
                return ((lower + next - 1) / 2).clamp(self.shortest.min(self.longest), self.longest);
            }
        }
        0
    }
}

/// Live handles and buffers, and wiped bytes, of this process. A handle may be freed on another thread than it was made on, so
/// one copy alone may be below zero.
#[repr(align(128))]
struct Alive {
    handles: AtomicI64,
    buffers: AtomicI64,
    bytes_wiped: AtomicU64,
}

static ALIVE: [Alive; SHARDS] =
    [const { Alive { handles: AtomicI64::new(0), buffers: AtomicI64::new(0), bytes_wiped: AtomicU64::new(0) } };
        SHARDS];

/// Counts handles passed to the caller (1) or taken back (-1).
pub(crate) fn add_handles(change: i64) {
    ALIVE[shard()].handles.fetch_add(change, Relaxed);
}

/// Counts buffers passed to the caller (1) or taken back (-1).
pub(crate) fn add_buffers(change: i64) {
    ALIVE[shard()].buffers.fetch_add(change, Relaxed);
}

/// Counts bytes of buffers and private keys that were overwritten.
pub(crate) fn add_wiped(bytes: usize) {
    ALIVE[shard()].bytes_wiped.fetch_add(bytes as u64, Relaxed);
}

/// How many handles and buffers the caller has, and how many bytes were wiped.
pub(crate) fn alive() -> [u64; 3] {
    let sum = |of: fn(&Alive) -> &AtomicI64| ALIVE.iter().map(|alive| of(alive).load(Relaxed)).sum::<i64>();
    [
        u64::try_from(sum(|alive| &alive.handles)).unwrap_or(0),
        u64::try_from(sum(|alive| &alive.buffers)).unwrap_or(0),
        ALIVE.iter().map(|alive| alive.bytes_wiped.load(Relaxed)).sum(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_within_the_bounds_of_its_bucket() {
        let powers = (0..64).map(|exponent| 1_u64 << exponent);
        let near = powers.flat_map(|power| [power - 1, power, power + 1, power + power / 3, power + power / 16 * 15]);
        for ns in near.chain(0..5000).chain([u64::MAX]) {
            let bucket = bucket_of(ns);
            assert!(lower_bound(bucket) <= ns, "{ns}");
            assert!(bucket == BUCKETS - 1 || ns < lower_bound(bucket + 1), "{ns}");
        }
    }

    #[test]
    fn buckets_are_narrow_enough_for_an_error_of_five_per_cent() {
        for bucket in 0..BUCKETS - 1 {
            let (lower, next) = (lower_bound(bucket), lower_bound(bucket + 1));
            let middle = (lower + next - 1) / 2;
            assert!((middle - lower).max(next - 1 - middle) * 20 <= lower, "{bucket}");
        }
    }

    /// Every operation in every shard, which are more than there are cells.
    fn pairs() -> impl Iterator<Item = (usize, Operation)> {
        (0..SHARDS).flat_map(|shard| Operation::ALL.map(|operation| (shard, operation)))
    }

    #[test]
    fn shards_that_find_the_pool_exhausted_share_a_cell_of_the_operation() {
        static REGION: Region = Region::new();
        for (number, (shard, operation)) in pairs().enumerate() {
            let expected = if number < POOL { number } else { POOL + operation.number() };
            assert_eq!([REGION.find(shard, operation), REGION.find(shard, operation)], [expected; 2]);
        }
        assert!(pairs().count() > POOL + Operation::NUMBERS);
        assert_eq!(REGION.used().filter(Result::is_err).count(), 0);
        let counted = |operation| REGION.used().flatten().filter(|(found, _)| *found == operation).count();
        assert!(Operation::ALL.into_iter().all(|operation| counted(operation) > 1));
    }

    #[test]
    fn threads_that_look_for_a_cell_at_once_find_the_same() {
        static REGION: Region = Region::new();
        let barrier = std::sync::Barrier::new(8);
        let find_all = || {
            pairs()
                .map(|(shard, operation)| {
                    barrier.wait();
                    REGION.find(shard, operation)
                })
                .collect::<Vec<_>>()
        };
        let found = std::thread::scope(|scope| {
            let threads = [(); 8].map(|()| scope.spawn(find_all));
            threads.map(|thread| thread.join().expect("no panic"))
        });
        assert!(found.iter().all(|places| *places == found[0]));
        assert!(found[0][..POOL].iter().copied().eq(0..POOL), "no cell is lost");
    }

    #[test]
    fn a_cell_with_an_owner_that_there_is_not_is_damaged() {
        let is_damaged = |place, owner| Region::operation(place, owner).is_err();
        let owner = |shard, operation| owner(shard, operation) as usize;
        let operation = Operation::ALL[0];
        assert!(!is_damaged(0, owner(0, operation)) && !is_damaged(POOL, owner(SHARDS, operation)));
        assert!(is_damaged(0, owner(SHARDS, operation)) && is_damaged(POOL, owner(0, operation)));
        assert!(is_damaged(POOL + 1, owner(SHARDS, operation)) && is_damaged(0, u32::MAX as usize));
        let none = (0..Operation::NUMBERS).find(|number| Operation::from_number(*number).is_none()).expect("a gap");
        assert!(is_damaged(0, 1 + none));
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let mut sums = Sums::NONE;
        assert_eq!(sums.per_mille(500), 0);
        for ns in (1..=1000).map(|number| number * 100) {
            sums.buckets[bucket_of(ns)] += 1;
            (sums.shortest, sums.longest) = (sums.shortest.min(ns), sums.longest.max(ns));
        }
        for (numerator, exact) in
            [(1, 100), (500, 50_000), (900, 90_000), (990, 99_000), (999, 99_900), (1000, 100_000)]
        {
            assert!(sums.per_mille(numerator).abs_diff(exact) * 20 <= exact, "{numerator}");
        }
    }
}
