//! A child of `fork` waits for no thread of its parent.
//!
//! One test, since the self test that it holds is the first of the process.
#![cfg(all(feature = "inject-panic", unix))]
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "processes come from the system; tests assert")]

mod common;

use common::api::*;
use common::batch;
use common::keys::Algorithm;
use pqc_core::{hold_self_tests, is_self_test_held};
use std::thread;

/// The time after which a child that hangs is killed, in seconds.
const LIMIT: u32 = 120;

/// What makes a child: `fork`, which alone calls the functions of `pthread_atfork`, `_Fork`, or the system call.
#[derive(Clone, Copy, Debug)]
enum Maker {
    Fork,
    #[cfg(target_os = "linux")]
    AsyncSignalSafeFork,
    #[cfg(target_os = "linux")]
    Clone,
}

impl Maker {
    const ALL: &[Self] = &[
        Self::Fork,
        #[cfg(target_os = "linux")]
        Self::AsyncSignalSafeFork,
        #[cfg(target_os = "linux")]
        Self::Clone,
    ];

    /// # Safety
    /// As for `fork`.
    unsafe fn child(self) -> libc::pid_t {
        #[cfg(target_os = "linux")]
        unsafe extern "C" {
            fn _Fork() -> libc::pid_t;
        }
        // SAFETY: by the caller's promise.
        unsafe {
            match self {
                Self::Fork => libc::fork(),
                #[cfg(target_os = "linux")]
                Self::AsyncSignalSafeFork => _Fork(),
                #[cfg(target_os = "linux")]
                Self::Clone => {
                    let (signal, none): (libc::c_long, libc::c_long) = (libc::SIGCHLD.into(), 0);
                    let (first, second) = if cfg!(target_arch = "s390x") { (none, signal) } else { (signal, none) };
                    let child = libc::syscall(libc::SYS_clone, first, second, none, none, none);
                    libc::pid_t::try_from(child).unwrap_or(-1)
                }
            }
        }
    }
}

/// Runs `work` in a child, and returns the status of the child: 0 if the result was `true`.
fn in_child(maker: Maker, work: impl FnOnce() -> bool) -> i32 {
    // SAFETY: the child has the memory of this process and one thread, and ends without running any destructor.
    unsafe {
        let child = maker.child();
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
fn both_receive(algorithm: Algorithm, maker: Maker) -> Result<bool, PqcStatus> {
    let pair = algorithm.generate()?;
    let (ciphertext, secret) = pair.public_key()?.encapsulate()?;
    let (ciphertext, secret) = (&*ciphertext, &*secret);
    let receives = || pair.decapsulate(ciphertext).is_ok_and(|received| *received == *secret);
    Ok(thread::scope(|scope| {
        let here = scope.spawn(receives);
        in_child(maker, receives) == 0 && here.join().is_ok_and(|is_received| is_received)
    }))
}

/// Whether a batch on two threads makes its keys, and a signature that may use several is made.
fn is_divided_work_done() -> bool {
    let signers = Algorithm::quick().into_iter().filter(|algorithm| algorithm.is_slhdsa());
    let mut signers = signers.map(|algorithm| Algorithm { flags: PQC_KEY_PARALLEL, ..algorithm });
    let has_signed = |signer: Algorithm| signer.generate().and_then(|pair| pair.sign(b"message", b"", 0)).is_ok();
    batch::generate(Algorithm::kems()[0], 200, 2).0 == batch::all_ok(200) && signers.all(has_signed)
}

#[test]
fn a_child_that_is_forked_during_a_self_test_runs_its_own_and_one_during_a_first_use_too() {
    let uses_all = || Algorithm::all().iter().all(|algorithm| algorithm.generate().is_ok());
    hold_self_tests(true);
    let held = thread::spawn(uses_all);
    while !is_self_test_held() {
        thread::yield_now();
    }
    let in_children = |work: &dyn Fn() -> bool| Maker::ALL.iter().all(|maker| in_child(*maker, work) == 0);
    let are_tested = in_children(&|| {
        hold_self_tests(false);
        uses_all()
    });
    hold_self_tests(false);
    assert!(are_tested, "the status of each child");
    assert!(held.join().is_ok_and(|is_ok| is_ok), "the thread whose self test was held");
    for algorithm in Algorithm::kems() {
        for maker in Maker::ALL.iter().cycle().take(21) {
            assert_eq!(both_receive(algorithm, *maker), Ok(true), "{algorithm:?}, {maker:?}");
        }
    }
    assert!(is_divided_work_done(), "the threads of this process");
    assert!(in_children(&|| is_divided_work_done() && in_children(&is_divided_work_done)));
}
