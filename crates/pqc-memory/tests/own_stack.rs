//! Operations on a separate stack.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "signal masks come from the system; tests assert")]

use pqc_memory::{Error, on_own_stack};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// More than the calling thread of the test has.
const BYTES: usize = 4 << 20;

/// Uses about three quarters of [`BYTES`].
#[inline(never)]
fn sum(number: u8) -> usize {
    let array = [number; BYTES / 4 * 3];
    black_box(&array).iter().map(|byte| usize::from(*byte)).sum()
}

#[test]
fn a_small_thread_runs_an_operation_that_needs_a_large_stack() -> Result<(), Error> {
    let small = thread::Builder::new().stack_size(64 << 10).spawn(|| {
        let number = 2;
        on_own_stack(BYTES, || sum(number))
    });
    let found = small.map_err(|_| Error::OutOfMemory)?.join().expect("no panic")?;
    assert_eq!(found, BYTES / 4 * 6);
    Ok(())
}

#[test]
fn a_panic_continues_on_the_calling_thread() {
    let panicked = catch_unwind(AssertUnwindSafe(|| on_own_stack(BYTES, || panic!("on purpose"))));
    assert_eq!(panicked.expect_err("panics").downcast_ref(), Some(&"on purpose"));
}

#[test]
fn a_stack_that_the_system_does_not_have_is_an_error() {
    assert_eq!(on_own_stack(usize::MAX / 4 * 3, || ()), Err(Error::OutOfMemory));
}

/// The signals that are blocked on this thread.
#[cfg(unix)]
fn blocked() -> Vec<i32> {
    let mut set = core::mem::MaybeUninit::uninit();
    // SAFETY: the first call writes the set that the others read.
    unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, core::ptr::null(), set.as_mut_ptr());
        (1..=31).filter(|signal| libc::sigismember(set.as_ptr(), *signal) == 1).collect()
    }
}

#[test]
#[cfg(unix)]
fn the_new_thread_blocks_signals_and_the_calling_one_keeps_its_own() -> Result<(), Error> {
    let before = blocked();
    let inside = on_own_stack(BYTES, blocked)?;
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGALRM, libc::SIGCHLD, libc::SIGUSR1] {
        assert!(inside.contains(&signal) && !before.contains(&signal), "{signal}");
    }
    for signal in [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS, libc::SIGTRAP]
    {
        assert!(!inside.contains(&signal), "{signal}");
    }
    assert_eq!(blocked(), before);
    Ok(())
}

#[cfg(unix)]
fn has_alternate_stack() -> bool {
    let mut stack = core::mem::MaybeUninit::<libc::stack_t>::uninit();
    // SAFETY: the call writes the stack that is read if it succeeds.
    unsafe {
        libc::sigaltstack(core::ptr::null(), stack.as_mut_ptr()) == 0
            && stack.assume_init().ss_flags & libc::SS_DISABLE == 0
    }
}

#[test]
#[cfg(unix)]
fn the_new_thread_has_an_alternate_stack_and_the_calling_one_keeps_its_own() -> Result<(), Error> {
    let before = has_alternate_stack();
    assert!(on_own_stack(BYTES, has_alternate_stack)?);
    assert_eq!(has_alternate_stack(), before);
    Ok(())
}
