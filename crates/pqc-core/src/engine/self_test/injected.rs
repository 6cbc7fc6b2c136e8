//! Faults for tests: an engine with wrong answers, and an engine with a self test that does not end. No release has
//! them.

use super::Digest;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

static IS_BROKEN: AtomicBool = AtomicBool::new(false);
static ARE_HELD: AtomicBool = AtomicBool::new(false);
static IS_ONE_HELD: AtomicBool = AtomicBool::new(false);

/// Makes the self tests that are run from now on fail, or not.
pub fn break_self_tests(is_broken: bool) {
    IS_BROKEN.store(is_broken, SeqCst);
}

/// Keeps the self tests that are run from now on from ending, or lets them end.
pub fn hold_self_tests(are_held: bool) {
    ARE_HELD.store(are_held, SeqCst);
}

/// Whether a self test is held.
pub fn is_self_test_held() -> bool {
    IS_ONE_HELD.load(SeqCst)
}

pub(super) fn fault(mut answers: Digest) -> Digest {
    while ARE_HELD.load(SeqCst) {
        IS_ONE_HELD.store(true, SeqCst);
        thread::yield_now();
    }
    answers[0] ^= u8::from(IS_BROKEN.load(SeqCst));
    answers
}
