//! A child of `fork` waits for no thread of its parent.
//!
//! One test, since the self test that it holds is the first of the process.
#![cfg(all(feature = "inject-panic", unix))]
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "processes come from the system; tests assert")]

mod common;

use common::api::*;
use common::keys::Algorithm;
use pqc_core::{hold_self_tests, is_self_test_held};
use std::thread;

/// The time after which a child that hangs is killed, in seconds.
const LIMIT: u32 = 120;

/// Runs `work` in a child, and returns the status of the child: 0 if the result was `true`.
fn in_child(work: impl FnOnce() -> bool) -> i32 {
    // SAFETY: the child has the memory of this process and one thread, and ends without running any destructor.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::alarm(LIMIT);
            libc::_exit(i32::from(!work()));
        }
        let mut status = -1;
        assert!(child > 0 && libc::waitpid(child, &raw mut status, 0) == child);
        status
    }
}

/// Whether a child and this process, which race for the first use of a key, both receive what was sent.
fn both_receive(algorithm: Algorithm) -> Result<bool, PqcStatus> {
    let pair = algorithm.generate()?;
    let (ciphertext, secret) = pair.public_key()?.encapsulate()?;
    let (ciphertext, secret) = (&*ciphertext, &*secret);
    let receives = || pair.decapsulate(ciphertext).is_ok_and(|received| *received == *secret);
    Ok(thread::scope(|scope| {
        let here = scope.spawn(receives);
        in_child(receives) == 0 && here.join().is_ok_and(|is_received| is_received)
    }))
}

#[test]
fn a_child_that_is_forked_during_a_self_test_runs_its_own_and_one_during_a_first_use_too() {
    let uses_all = || Algorithm::all().iter().all(|algorithm| algorithm.generate().is_ok());
    hold_self_tests(true);
    let held = thread::spawn(uses_all);
    while !is_self_test_held() {
        thread::yield_now();
    }
    let status = in_child(|| {
        hold_self_tests(false);
        uses_all()
    });
    hold_self_tests(false);
    assert_eq!(status, 0, "the status of the child");
    assert!(held.join().is_ok_and(|is_ok| is_ok), "the thread whose self test was held");
    for algorithm in Algorithm::kems().into_iter().flat_map(|algorithm| [algorithm; 20]) {
        assert_eq!(both_receive(algorithm), Ok(true), "{algorithm:?}");
    }
}
