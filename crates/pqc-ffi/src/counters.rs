//! Counting without locks: the outcomes and times of operations, and the sums of a snapshot.
//!
//! Each thread adds to one of [`SHARDS`] copies of the counters, by atomic additions that order nothing, so that threads
//! do not wait for each other's cache lines. A reader adds the copies up. Counters only grow.
#![allow(unsafe_code, reason = "counters may lie in memory that the caller shares between processes")]

use crate::operation::{ENTRIES, TABLE};
use crate::status::PqcStatus;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Above the highest number of a status.
pub(crate) const STATUSES: usize = 100;
const SHARDS: usize = 32;

/// Buckets of a histogram for each power of two: half the width of a bucket is at most 1/32 of the value.
const STEPS: u64 = 16;
/// Exponent of the last power of two with buckets of its own: 2^36 ns are 69 s.
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

/// The times of an entry.
#[repr(C)]
struct Times {
    total: AtomicU64,
    /// All bits of the shortest time inverted, so that zero means that there is none.
    shortest_inverted: AtomicU64,
    longest: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

/// What no counter reaches: a million calls a second take 35 years.
const TOO_MANY: u64 = 1 << 50;
/// What no time reaches, in nanoseconds: 292 years.
const TOO_LONG: u64 = 1 << 63;

impl Times {
    /// Adds the same time `times` times.
    fn add(&self, ns: u64, times: u64) {
        self.total.fetch_add(ns.wrapping_mul(times), Relaxed);
        if let Some(bucket) = self.buckets.get(bucket_of(ns)) {
            bucket.fetch_add(times, Relaxed);
        }
        // New extremes are rare, and a look is cheaper than an atomic maximum.
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

/// One copy of the counters, on cache lines of its own.
#[repr(C, align(128))]
struct Shard {
    /// A bit for each entry with a count here: readers leave the memory of the others untouched.
    used: AtomicU64,
    statuses: [[AtomicU64; STATUSES]; ENTRIES],
    times: [Times; ENTRIES],
}

impl Shard {
    /// Whether only entries that there are have their bits.
    fn has_known_entries(&self) -> bool {
        (u64::BITS - self.used.load(Relaxed).leading_zeros()) as usize <= ENTRIES
    }

    /// Whether counting can lead to what is in an entry. No look at two counters together: others may count meanwhile.
    fn is_possible(&self, entry: usize) -> bool {
        let times = &self.times[entry];
        are_possible(&self.statuses[entry])
            && times.are_possible()
            && (TABLE[entry].algorithm.is_some() || times.are_none())
    }
}

/// All counters of operations. Zeros are a valid value, in static memory as in a fresh mapping.
#[repr(C)]
pub(crate) struct Region {
    /// [`Region::LAYOUT`], or 0 before the first use.
    layout: AtomicU64,
    shards: [Shard; SHARDS],
}

impl Region {
    /// Marks the memory of this version: a fixed word and the size. Raise the word when the meaning changes and the size does
    /// not.
    const LAYOUT: u64 = (0x7071_6302 << 32) + size_of::<Self>() as u64;

    /// Whether counting can lead to what is in it.
    fn is_possible(&self) -> bool {
        self.shards.iter().all(|shard| shard.has_known_entries() && (0..ENTRIES).all(|entry| shard.is_possible(entry)))
    }

    const fn new() -> Self {
        // SAFETY: the struct consists of atomic integers, for which zeros are valid.
        unsafe { core::mem::zeroed() }
    }
}

/// The counters of this process, unless [`SHARED`] points elsewhere.
static OWN: Region = Region::new();
static SHARED: AtomicPtr<Region> = AtomicPtr::new(core::ptr::null_mut());

fn region() -> &'static Region {
    // SAFETY: NULL, or what `share` was promised to be valid from then on.
    unsafe { SHARED.load(core::sync::atomic::Ordering::Acquire).as_ref() }.unwrap_or(&OWN)
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
    let order = core::sync::atomic::Ordering::AcqRel;
    match SHARED.compare_exchange(core::ptr::null_mut(), shared, order, Relaxed) {
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
        static SHARD: Cell<usize> = const { Cell::new(SHARDS) };
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
pub(crate) fn record(entry: usize, status: PqcStatus, count: u64, ns: Option<u64>) {
    let Some(shard) = region().shards.get(shard()) else { return };
    let bit = 1 << entry;
    if shard.used.load(Relaxed) & bit == 0 {
        shard.used.fetch_or(bit, Relaxed);
    }
    shard.statuses[entry][status as usize].fetch_add(count, Relaxed);
    if let Some(ns) = ns {
        shard.times[entry].add(ns, count);
    }
}

/// What was counted in an entry.
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

    /// The sums of one entry.
    ///
    /// # Errors
    /// [`PqcStatus::SharedMemory`] if they hold values that no counting produces.
    pub(crate) fn of(entry: usize) -> Result<Self, PqcStatus> {
        let mut sums = Self::NONE;
        for shard in &region().shards {
            if shard.used.load(Relaxed) & (1 << entry) != 0 {
                if !shard.is_possible(entry) {
                    return Err(PqcStatus::SharedMemory);
                }
                sums.add(&shard.statuses[entry], &shard.times[entry]);
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
