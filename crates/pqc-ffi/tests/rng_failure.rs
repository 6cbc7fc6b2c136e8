//! Without randomness nothing is made: a status, empty outputs, no trace and no leak. What needs none goes on working.
#![cfg(target_os = "linux")]
#![allow(
    unsafe_code,
    clippy::panic_in_result_fn,
    reason = "the allocator of this test is a global one, and it stands before libc's getrandom, and assert"
)]

mod common;

use common::allocator::{Secrets, TestAllocator, live_bytes};
use common::api::*;
use common::call::{Call, Mode};
use common::fixture::{Fixture, PASSWORD};
use common::functions::{Function, drawn, functions_with};
use common::keys::Algorithm;
use core::cell::Cell;
use core::ffi::{c_uint, c_void};
use std::fs::File;
use std::io::Read;

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

/// How many bytes the system still has, on this thread.
const PLENTY: usize = usize::MAX;

thread_local! {
    static AVAILABLE: Cell<usize> = const { Cell::new(PLENTY) };
}

/// Stands before libc's function of this name: writes what is available, in two calls, and then fails with an errno that
/// has no second source.
///
/// # Safety
/// As for `getrandom(2)`.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(out: *mut c_void, len: usize, _flags: c_uint) -> isize {
    let given = len.div_ceil(2).min(AVAILABLE.get());
    if len > 0 && given == 0 {
        // A read of a folder sets errno to EISDIR.
        let folder = File::open("/").and_then(|mut folder| folder.read(&mut [0; 1]));
        return if folder.is_err() { -1 } else { unreachable!("a folder cannot be read") };
    }
    AVAILABLE.set(AVAILABLE.get() - given);
    // SAFETY: writable for `len` bytes by the caller's promise.
    unsafe { out.cast::<u8>().write_bytes(BYTE, given) };
    isize::try_from(given).unwrap_or(-1)
}

/// What this system's randomness consists of.
const BYTE: u8 = 0x5e;

/// Runs `body` while the system has this many bytes only.
fn with_available<T>(bytes: usize, body: impl FnOnce() -> T) -> T {
    AVAILABLE.set(bytes);
    let outcome = body();
    AVAILABLE.set(PLENTY);
    outcome
}

/// Calls a function while the system has this many bytes only.
fn call<'a>(function: &Function, fixture: &'a Fixture, is_in_slices: bool, bytes: usize) -> Call<'a> {
    let mut call = function.prepare(fixture, Mode::NoRandomness, is_in_slices);
    with_available(bytes, || function.run(&mut call));
    // The outputs are zeroed, or filled.
    call.check(function.name);
    call
}

#[test]
fn functions_fail_without_all_of_the_randomness_that_they_draw() -> Result<(), PqcStatus> {
    let fixtures = Fixture::all()?;
    for (function, fixture) in functions_with(&fixtures) {
        let needed = drawn(function.name, &fixture.algorithm);
        for available in [0, needed / 2, needed.saturating_sub(1), needed] {
            let expected = if available < needed { PqcStatus::Randomness } else { PqcStatus::Ok };
            for is_in_slices in [false, true] {
                let status = call(function, fixture, is_in_slices, available).reason();
                assert_eq!(status, expected as i32, "{} with {available} bytes", function.name);
            }
        }
    }
    Ok(())
}

#[test]
fn failed_functions_leak_nothing_and_leave_no_trace() -> Result<(), PqcStatus> {
    let (fixtures, drawn_bytes) = (Fixture::all()?, Secrets::new(&[&[BYTE; 16]]));
    for (function, fixture) in functions_with(&fixtures) {
        if drawn(function.name, &fixture.algorithm) == 0 {
            continue;
        }
        let mut call = function.prepare(fixture, Mode::NoRandomness, false);
        let before = live_bytes();
        let unwiped = drawn_bytes.unwiped_during(|| with_available(31, || function.run(&mut call)));
        assert_eq!(call.reason(), PqcStatus::Randomness as i32, "{}", function.name);
        assert_eq!(unwiped, 0, "{} leaves the bytes that it drew", function.name);
        assert_eq!(live_bytes(), before, "{} leaks", function.name);
    }
    Ok(())
}

#[test]
fn keys_are_not_encrypted_without_a_whole_salt_and_vector() -> Result<(), PqcStatus> {
    let pair = Algorithm::all()[0].generate()?;
    for available in [0, 16, 31, 32] {
        let write = || pair.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, PASSWORD).err();
        let expected = if available < 32 { Some(PqcStatus::Randomness) } else { None };
        assert_eq!(with_available(available, write), expected, "{available} bytes");
    }
    Ok(())
}
