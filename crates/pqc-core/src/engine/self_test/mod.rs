//! Known answers that the engine must compute on this machine before it is used: every operation of a parameter set on a code
//! path, once in a process. If one is wrong, the engine is refused from then on. `make table` writes the answers of new sets.
//! tools/differential compares the answers of ML-KEM and ML-DSA with libcrux. The answers of SLH-DSA, which libcrux
//! lacks, come from this engine, which computes the vectors of ACVP.

mod answers;
#[cfg(feature = "inject-fault")]
pub(super) mod injected;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use super::{KemEngine, SignatureEngine};
use crate::algorithm::SelfTest;
use crate::{Algorithm, CodePath, Error};
use answers::{Digest, kem_answers, signature_answers};
use core::cell::Cell;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use pqc_memory::on_own_stack;
use std::time::Instant;

static RUNS: AtomicU64 = AtomicU64::new(0);
static NANOSECONDS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The number and the nanoseconds of the last self tests that this thread has run: more than one operation needs.
    static LAST: Cell<[(u64, u64); 8]> = const { Cell::new([(0, 0); 8]) };
}

/// How many self tests the process has run.
#[inline]
pub fn self_tests() -> u64 {
    RUNS.load(Relaxed)
}

/// The nanoseconds that they took.
pub fn self_test_ns() -> u64 {
    NANOSECONDS.load(Relaxed)
}

/// The nanoseconds of the self tests that this thread has run since the process had run `since` of them.
#[cold]
pub fn self_test_ns_here(since: u64) -> u64 {
    LAST.get().iter().filter(|(number, _)| *number >= since).map(|(_, ns)| ns).sum()
}

/// Runs a self test, and counts it.
fn counted<T>(test: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let outcome = test();
    let ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    NANOSECONDS.fetch_add(ns, Relaxed);
    let mut last = LAST.get();
    last.rotate_right(1);
    last[0] = (RUNS.fetch_add(1, Relaxed), ns);
    LAST.set(last);
    outcome
}

/// Checks a KEM.
pub(super) fn check_kem(engine: &dyn KemEngine, algorithm: Algorithm, path: CodePath) -> Result<(), Error> {
    check_once(algorithm, path, |test| kem_answers(engine, test, algorithm, path))
}

/// Checks a signature algorithm.
pub(super) fn check_signature(engine: &dyn SignatureEngine, algorithm: Algorithm, path: CodePath) -> Result<(), Error> {
    check_once(algorithm, path, |test| signature_answers(engine, test, algorithm, path))
}

/// Checks an algorithm on a code path, unless the outcome is known.
fn check_once(
    algorithm: Algorithm,
    path: CodePath,
    answers: impl FnOnce(&SelfTest) -> Result<Digest, Error> + Send,
) -> Result<(), Error> {
    static OUTCOMES: [[Outcome; CodePath::ALL.len()]; Algorithm::ALL.len()] =
        [const { [const { Outcome::unknown() }; CodePath::ALL.len()] }; Algorithm::ALL.len()];
    let test = algorithm.self_test().ok_or(Error::Internal)?;
    OUTCOMES[algorithm as usize][path as usize].check(algorithm.self_test_answers(), || answers(test))
}

/// More than a self test needs, even if a sanitizer enlarges its frames: the system does not allocate unused pages. It
/// signs a batch, and a thread that uses a KEM may have too small a stack for that. It has no secrets, so its stack is
/// not wiped.
const STACK_BYTES: usize = 4 << 20;

/// The outcome of a self test. Threads that need it at once each run the test: none waits for another, which could last
/// for ever in a child of `fork`.
struct Outcome(AtomicU8);

impl Outcome {
    const UNKNOWN: u8 = 0;
    const PASSED: u8 = 1;
    const FAILED: u8 = 2;

    const fn unknown() -> Self {
        Self(AtomicU8::new(Self::UNKNOWN))
    }

    /// The outcome, after a test if there is none yet. A test that ran out of memory has no outcome.
    fn check(&self, known: &Digest, answers: impl FnOnce() -> Result<Digest, Error> + Send) -> Result<(), Error> {
        let mut outcome = self.0.load(Relaxed);
        if outcome == Self::UNKNOWN {
            let passed = match counted(|| on_own_stack(STACK_BYTES, answers))? {
                Err(Error::OutOfMemory) => return Err(Error::OutOfMemory),
                answers => answers.is_ok_and(|answers| fault(answers) == *known),
            };
            let own = if passed { Self::PASSED } else { Self::FAILED };
            // One failure counts more than any number of passes.
            outcome = self.0.fetch_max(own, Relaxed).max(own);
        }
        if outcome == Self::PASSED { Ok(()) } else { Err(Error::SelfTest) }
    }
}

/// The answers, unless a test injects a fault.
#[cfg(not(feature = "inject-fault"))]
fn fault(answers: Digest) -> Digest {
    answers
}

#[cfg(feature = "inject-fault")]
use injected::fault;
