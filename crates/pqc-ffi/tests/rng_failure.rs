//! Without randomness nothing is made: a status, empty outputs, no trace and no leak. Functions that need no randomness
//! continue to work.
#![cfg(target_os = "linux")]
#![allow(
    unsafe_code,
    clippy::panic_in_result_fn,
    reason = "the allocator of this test is a global one, and it stands before libc's getrandom, and assert"
)]

mod common;

use common::allocator::{Secrets, TestAllocator, live_bytes};
use common::api::*;
use common::batch::{NONE, Slots, all_ok, encapsulate, generate, keys_by_handle, one, rows, sign};
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

thread_local! {
    /// How many bytes the system still has, on this thread; `None` if it has plenty.
    static AVAILABLE: Cell<Option<usize>> = const { Cell::new(None) };
    /// How often this thread has asked for some.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// Replaces libc's function of this name: writes all bytes if there are plenty, or else half of them as long as they last, and
/// then fails with an errno that has no second source.
///
/// # Safety
/// As for `getrandom(2)`.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(out: *mut c_void, len: usize, _flags: c_uint) -> isize {
    let given = AVAILABLE.get().map_or(len, |available| len.div_ceil(2).min(available));
    if len > 0 && given == 0 {
        // A read of a folder sets errno to EISDIR.
        let folder = File::open("/").and_then(|mut folder| folder.read(&mut [0; 1]));
        return if folder.is_err() { -1 } else { unreachable!("a folder cannot be read") };
    }
    AVAILABLE.set(AVAILABLE.get().map(|available| available - given));
    // The source of randomness looks once whether there is such a function.
    CALLS.set(CALLS.get() + usize::from(len > 0));
    // SAFETY: writable for `len` bytes by the caller's promise.
    unsafe { out.cast::<u8>().write_bytes(BYTE, given) };
    isize::try_from(given).unwrap_or(-1)
}

/// The sources of this system's randomness.
const BYTE: u8 = 0x5e;

/// Runs `body` while the system has this many bytes only.
fn with_available<T>(bytes: usize, body: impl FnOnce() -> T) -> T {
    AVAILABLE.set(Some(bytes));
    let outcome = body();
    AVAILABLE.set(None);
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
        let Some(too_few) = drawn(function.name, &fixture.algorithm).checked_sub(1) else { continue };
        let mut call = function.prepare(fixture, Mode::NoRandomness, false);
        let before = live_bytes();
        let unwiped = drawn_bytes.unwiped_during(|| with_available(too_few, || function.run(&mut call)));
        assert_eq!(call.reason(), PqcStatus::Randomness as i32, "{}", function.name);
        assert_eq!(unwiped, 0, "{} leaves the bytes that it drew", function.name);
        assert_eq!(live_bytes(), before, "{} leaks", function.name);
    }
    Ok(())
}

#[test]
fn an_operation_asks_for_randomness_once() -> Result<(), PqcStatus> {
    let fixtures = Fixture::all()?;
    for (function, fixture) in functions_with(&fixtures) {
        let mut call = function.prepare(fixture, Mode::Right, false);
        let before = CALLS.get();
        function.run(&mut call);
        let expected = usize::from(drawn(function.name, &fixture.algorithm) > 0);
        assert_eq!(call.reason(), PqcStatus::Ok as i32, "{}", function.name);
        assert_eq!(CALLS.get() - before, expected, "{} of {}", function.name, fixture.algorithm.id);
    }
    Ok(())
}

#[test]
fn a_batch_asks_for_randomness_once_for_a_chunk() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let key = algorithm.generate()?.public_key()?;
        let (ciphertexts, mut secrets) = (Slots::of(algorithm.ciphertext, 130), [0; 130 * 32]);
        let (before, slots) = (CALLS.get(), [&ciphertexts.column(), &rows(&mut secrets, 32, 0)]);
        assert_eq!(encapsulate(&keys_by_handle(&[key.as_ptr()]), 130, 1, slots), all_ok(130));
        assert_eq!(CALLS.get() - before, 3, "chunks of 64 items");
        let before = CALLS.get();
        assert_eq!(generate(algorithm, 130, 1).0, all_ok(130));
        assert_eq!(CALLS.get() - before, 3, "chunks of 64 keys");
    }
    for algorithm in Algorithm::signers() {
        let (pair, slots) = (algorithm.generate()?, Slots::of(algorithm.signature, 33));
        let before = CALLS.get();
        assert_eq!(sign(&[pair.as_ptr()], [one(b"m"), NONE], 33, (0, 1), &slots.column()), all_ok(33));
        let chunks = if algorithm.is_slhdsa() { 33 } else { 3 };
        assert_eq!(CALLS.get() - before, chunks, "chunks of 16 items, or of one that signs slowly");
    }
    for algorithm in Algorithm::signers().into_iter().filter(|algorithm| algorithm.is_mldsa()) {
        let before = CALLS.get();
        assert_eq!(generate(algorithm, 33, 1).0, all_ok(33));
        assert_eq!(CALLS.get() - before, 3, "chunks of 16 keys");
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
