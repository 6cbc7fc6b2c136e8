//! The counts of an operation, as sums over its cells.

use super::counters;
use super::histogram::{BUCKETS, lower_bound};
use super::region::{STATUSES, Times};
use crate::operation::Operation;
use crate::status::PqcStatus;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

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
        for cell in counters().0.cells_in_use() {
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

#[cfg(test)]
mod tests {
    use super::super::histogram::bucket_of;
    use super::*;

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
