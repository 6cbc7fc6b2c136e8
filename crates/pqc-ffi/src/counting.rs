//! Counting calls: every operation by its algorithm and its outcome, and timed if it succeeds.

use crate::boundary::guard;
use crate::counters::{self, is_timing};
use crate::operation::{Action, Operation};
use crate::status::PqcStatus;
use core::cell::Cell;
use pqc_core::{Algorithm, Family, self_test_ns_here, self_tests};
use std::time::{Duration, Instant};

/// A counted call while it runs.
pub(crate) struct Call {
    action: Action,
    /// The family that the name of the function demands.
    family: Option<Family>,
    algorithm: Cell<Option<Algorithm>>,
}

impl Call {
    /// Names the algorithm of the call, and refuses an algorithm that lacks the action or is not of the family.
    #[inline(always)]
    pub(crate) fn on(&self, algorithm: Algorithm) -> Result<Algorithm, PqcStatus> {
        if !self.action.is_of(algorithm) || !self.accepts(algorithm) {
            return Err(PqcStatus::WrongAlgorithm);
        }
        self.algorithm.set(Some(algorithm));
        Ok(algorithm)
    }

    pub(crate) fn on_id(&self, id: u32) -> Result<Algorithm, PqcStatus> {
        let found = Algorithm::from_id(id).filter(|algorithm| self.accepts(*algorithm));
        self.on(found.ok_or(PqcStatus::UnknownAlgorithm)?)
    }

    fn accepts(&self, algorithm: Algorithm) -> bool {
        self.family.is_none_or(|family| family == algorithm.family())
    }
}

/// [`guard`] for the body of an operation: counts its outcome, and times it if it succeeds. Refusals are not timed,
/// since they would distort the time of the operation. The time of a self test is not part of an operation's.
#[inline(always)]
pub(crate) fn counted(
    action: Action,
    family: Option<Family>,
    body: impl FnOnce(&Call) -> Result<(), PqcStatus>,
) -> PqcStatus {
    let call = Call { action, family, algorithm: Cell::new(None) };
    let start = Start::of_times();
    let status = guard(|| body(&call));
    // By reference: a copy would pass through a vector register, which a test expects to be as `guard` has cleared it.
    let ns = start.as_ref().filter(|_| status == PqcStatus::Ok).map(|start| start.until(&Start::now()));
    counters::record(Operation { action, algorithm: call.algorithm.get() }, status, 1, ns);
    status
}

/// When a call or a chunk of a batch begins, and how many self tests the process had run by then.
struct Start(Instant, u64);

impl Start {
    fn now() -> Self {
        Self(Instant::now(), self_tests())
    }

    /// Now, if times are taken.
    fn of_times() -> Option<Self> {
        is_timing().then(Self::now)
    }

    /// The nanoseconds until an end, which is now, without self tests.
    fn until(&self, end: &Self) -> u64 {
        let ns = nanoseconds(end.0 - self.0);
        if end.1 == self.1 { ns } else { ns.saturating_sub(self_test_ns_here(self.1)) }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The clock of a thread of a batch, if times are taken: the reading that ends a chunk begins the next one.
pub(crate) struct Clock(Option<Start>);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Start::of_times())
    }

    /// Begins again, so that nothing before counts.
    pub(crate) fn restart(&mut self) {
        self.0 = self.0.take().map(|_| Start::now());
    }

    /// The mean time of the items of a chunk in nanoseconds: an engine may work on several at once.
    pub(crate) fn time_each(&mut self, items: usize) -> Option<u64> {
        let now = Start::now();
        let time = self.0.as_ref()?.until(&now);
        self.0 = Some(now);
        time.checked_div(items as u64)
    }
}

/// Counts items of a batch with the same outcome, each as a call; successes with the nanoseconds of each.
pub(crate) fn count_items(
    action: Action,
    algorithm: Option<Algorithm>,
    status: PqcStatus,
    items: usize,
    ns: Option<u64>,
) {
    let operation = Operation { action, algorithm: algorithm.filter(|algorithm| action.is_of(*algorithm)) };
    counters::record(operation, status, items as u64, ns.filter(|_| status == PqcStatus::Ok));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_of_a_batch_take_all_of_its_time() {
        let start = Instant::now();
        let mut clock = Clock(Some(Start(start, self_tests())));
        let sum: u64 = (0..100).filter_map(|_| clock.time_each(1)).sum();
        assert_eq!(clock.0.map(|end| nanoseconds(end.0 - start)), Some(sum));
    }

    #[test]
    fn what_was_before_a_restart_counts_for_no_item() {
        let long_ago = Instant::now().checked_sub(Duration::from_secs(1)).expect("the machine is older");
        let mut clock = Clock(Some(Start(long_ago, self_tests())));
        clock.restart();
        assert!(clock.0.is_some_and(|start| start.0.duration_since(long_ago) >= Duration::from_secs(1)));
        let mut none = Clock(None);
        none.restart();
        assert_eq!(none.time_each(1), None);
    }

    #[test]
    fn a_chunk_without_items_and_a_batch_that_began_without_times_have_no_time() {
        assert_eq!([Clock(Some(Start::now())).time_each(0), Clock(None).time_each(1)], [None; 2]);
    }
}
