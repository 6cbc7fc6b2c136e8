//! The memory of the counters, which processes may share: the cells, and the shard and the operation that own each.

use super::histogram::{BUCKETS, bucket_of};
use crate::operation::Operation;
use crate::status::PqcStatus;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicU32, AtomicU64};
use pqc_core::Algorithm;

/// Above the highest number of a status.
pub(crate) const STATUSES: usize = 100;
pub(super) const SHARDS: usize = 32;

/// The times of an operation.
#[repr(C)]
pub(super) struct Times {
    pub(super) total: AtomicU64,
    /// All bits of the shortest time inverted, so that zero means that there is none.
    pub(super) shortest_inverted: AtomicU64,
    pub(super) longest: AtomicU64,
    pub(super) buckets: [AtomicU64; BUCKETS],
}

/// A count that no counter reaches: a million calls a second take 35 years.
const TOO_MANY: u64 = 1 << 50;
/// A time that no call reaches, in nanoseconds: 292 years.
const TOO_LONG: u64 = 1 << 63;

impl Times {
    /// Adds the same time `times` times.
    pub(super) fn add(&self, ns: u64, times: u64) {
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

pub(super) fn are_possible(counts: &[AtomicU64]) -> bool {
    counts.iter().all(|count| count.load(Relaxed) < TOO_MANY)
}

/// The counts of an operation in a shard, on separate cache lines.
#[repr(C, align(128))]
pub(super) struct Cell {
    pub(super) statuses: [AtomicU64; STATUSES],
    pub(super) times: Times,
}

impl Cell {
    /// Whether counting can lead to this state. Two counters are never compared: others may count at the same time.
    fn is_possible(&self) -> bool {
        are_possible(&self.statuses) && self.times.are_possible()
    }

    /// The same for a cell of an operation: calls that named no algorithm failed, and were not timed.
    pub(super) fn is_possible_for(&self, operation: Operation) -> bool {
        self.is_possible() && (operation.algorithm.is_some() || self.times.are_none())
    }
}

/// Cells that shards claim, in the order of their need.
const POOL: usize = 512;
/// Behind them, one cell for each operation, which the shards that find the pool exhausted share.
pub(super) const CELLS: usize = POOL + Operation::NUMBERS;

/// All counters of operations. Zeros are a valid value, in static memory as in a fresh mapping.
#[repr(C)]
pub(crate) struct Region {
    /// [`Region::LAYOUT`], or 0 before the first use.
    pub(super) layout: AtomicU64,
    /// The owner of each cell, which stays, or 0 without one.
    owners: [AtomicU32; CELLS],
    pub(super) cells: [Cell; CELLS],
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
    pub(super) const LAYOUT: u64 = {
        let (mut layout, mut row) = (0x7071_6303 ^ ((size_of::<Self>() as u64) << 32), 0);
        while row < Algorithm::ALL.len() {
            layout = layout.wrapping_mul(0x0100_0000_01b3) ^ Algorithm::ALL[row].id() as u64;
            row += 1;
        }
        layout
    };

    pub(super) const fn new() -> Self {
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
    pub(super) fn cells_in_use(&self) -> impl Iterator<Item = Result<(Operation, &Cell), PqcStatus>> {
        self.owners.iter().zip(&self.cells).enumerate().filter_map(|(place, (owner, cell))| {
            let owner = owner.load(Relaxed) as usize;
            (owner != 0).then(|| Ok((Self::operation(place, owner)?, cell)))
        })
    }

    /// Whether counting can lead to its contents.
    pub(super) fn is_possible(&self) -> bool {
        let mut cells = self.cells_in_use();
        self.cells.iter().all(Cell::is_possible)
            && cells.all(|cell| cell.is_ok_and(|(operation, cell)| cell.is_possible_for(operation)))
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
    pub(super) fn find(&self, shard: usize, operation: Operation) -> usize {
        let own = owner(shard, operation);
        (0..POOL).find(|place| self.claim(*place, own)).unwrap_or_else(|| {
            let shared = POOL + operation.number();
            self.claim(shared, owner(SHARDS, operation));
            shared
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(REGION.cells_in_use().filter(Result::is_err).count(), 0);
        let counted = |operation| REGION.cells_in_use().flatten().filter(|(found, _)| *found == operation).count();
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
}
