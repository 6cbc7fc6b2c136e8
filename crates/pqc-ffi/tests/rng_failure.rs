//! Without randomness nothing is made: a status, empty outputs, no trace and no leak. What needs none goes on working.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "the allocator of this test is a global one, and it stands before libc's getrandom")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::allocator::{Secrets, TestAllocator, live_bytes};
use common::call::Fault;
use common::formats::PASSWORD;
use common::functions::{FUNCTIONS, Fixture};
use common::mldsa::DSA_SETS;
use core::cell::Cell;
use core::ffi::{c_uint, c_void};
use pqc_ffi::formats::*;
use pqc_ffi::status::PqcStatus;
use std::fs::File;
use std::io::Read;

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

/// How many bytes the system still gives, on this thread.
const PLENTY: usize = usize::MAX;

thread_local! {
    static AVAILABLE: Cell<usize> = const { Cell::new(PLENTY) };
}

/// Stands before libc's function of this name: gives what is available, in two parts, and then fails with an errno that
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

/// Runs `body` while the system gives this many bytes only.
fn with_available<T>(bytes: usize, body: impl FnOnce() -> T) -> T {
    AVAILABLE.set(bytes);
    let outcome = body();
    AVAILABLE.set(PLENTY);
    outcome
}

/// The functions that draw randomness, and how much.
fn drawn(name: &str) -> usize {
    match name {
        "mlkem_keypair_generate" | "xwing_encapsulate" => 64,
        "mldsa_keypair_generate" | "mldsa_sign" | "mldsa_sign_prehashed" | "mldsa_sign_into" | "mldsa_sign_mu" => 32,
        "mlkem_encapsulate" | "mlkem_encapsulate_into" | "xwing_keypair_generate" => 32,
        "mlkem_keypair_generate_batch" => 64,
        "mldsa_keypair_generate_batch" | "mldsa_sign_batch" | "mldsa_sign_batch_into" => 32,
        "mlkem_encapsulate_batch" | "mlkem_encapsulate_batch_into" => 32,
        "mlkem_encapsulate_encoded_batch" | "mlkem_encapsulate_encoded_batch_into" => 32,
        _ => 0,
    }
}

#[test]
fn functions_fail_without_all_of_the_randomness_that_they_draw() -> Result<(), PqcStatus> {
    for fixture in Fixture::all()? {
        for function in FUNCTIONS {
            let needed = drawn(function.0);
            for available in [0, needed / 2, needed.saturating_sub(1), needed] {
                // `call` checks that the outputs are emptied or filled.
                let status = with_available(available, || function.call(&fixture, Fault::None).reason());
                let expected = if available < needed { PqcStatus::Randomness } else { PqcStatus::Ok };
                assert_eq!(status, expected as i32, "{} with {available} bytes", function.0);
            }
        }
    }
    Ok(())
}

#[test]
fn failed_functions_leak_nothing_and_leave_no_trace() -> Result<(), PqcStatus> {
    let part = Secrets::new(&[&[BYTE; 16]]);
    for fixture in Fixture::all()? {
        for function in FUNCTIONS.iter().filter(|function| drawn(function.0) > 0) {
            let before = live_bytes();
            let unwiped = part.unwiped_during(|| {
                let status = with_available(31, || function.call(&fixture, Fault::None).reason());
                assert_eq!(status, PqcStatus::Randomness as i32, "{}", function.0);
            });
            assert_eq!(unwiped, 0, "{} leaves the part that it got", function.0);
            assert_eq!(live_bytes(), before, "{} leaks", function.0);
        }
    }
    Ok(())
}

#[test]
fn keys_are_not_encrypted_without_a_whole_salt_and_vector() -> Result<(), PqcStatus> {
    let pair = DSA_SETS[0].load_seed(&Fixture::DSA_SEED)?;
    for available in [0, 16, 31, 32] {
        let write = || pair.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, PASSWORD).err();
        let expected = if available < 32 { Some(PqcStatus::Randomness) } else { None };
        assert_eq!(with_available(available, write), expected, "{available} bytes");
    }
    Ok(())
}
