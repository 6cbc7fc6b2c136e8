//! A panic inside each exported function becomes a status, with nothing left in the outputs and nothing leaked.
#![cfg(feature = "inject-panic")]
#![allow(
    unsafe_code,
    clippy::panic_in_result_fn,
    reason = "the allocator and the interface under test take raw pointers, and assert"
)]

mod common;

use common::allocator::{TestAllocator, live_bytes};
use common::api::*;
use common::call::{Call, Mode};
use common::fixture::Fixture;
use common::functions::{Function, functions_with};
use common::keys::Algorithm;
use common::{Handle, Owned, check, ffi, is_empty, sentinel_buffer};
use pqc_ffi::inject_panic::ffi_inject_panic;
use std::sync::Once;

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

/// Keeps the injected panics out of the output: they are many, and the memory of their reports is not the library's.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref() != Some(&"injected panic") {
                report(panic);
            }
        }));
    });
}

/// Calls a function that panics.
fn call_with_a_panic<'a>(function: &Function, fixture: &'a Fixture, is_in_slices: bool) -> Call<'a> {
    silence();
    let mut call = function.prepare(fixture, Mode::Panic, is_in_slices);
    ffi_inject_panic();
    function.run(&mut call);
    call
}

#[test]
fn a_panic_becomes_a_status_and_the_next_call_works() -> Result<(), PqcStatus> {
    let fixtures = Fixture::all()?;
    for (function, fixture) in functions_with(&fixtures) {
        for is_in_slices in [false, true] {
            let call = call_with_a_panic(function, fixture, is_in_slices);
            assert_eq!(call.status, PqcStatus::Panic, "{}", function.name);
            // The outputs are zeroed.
            call.check(function.name);
            assert_eq!(function.call(fixture, Mode::Right, is_in_slices).status, PqcStatus::Ok, "{}", function.name);
        }
    }
    Ok(())
}

#[test]
fn a_panic_leaks_nothing() -> Result<(), PqcStatus> {
    silence();
    let fixtures = Fixture::all()?;
    for (function, fixture) in functions_with(&fixtures) {
        // The forms that a key makes once and keeps are made here.
        drop(function.call(fixture, Mode::Right, false));
        let before = live_bytes();
        drop(call_with_a_panic(function, fixture, false));
        assert_eq!(live_bytes(), before, "{}", function.name);
    }
    Ok(())
}

/// Frees a handle while a panic is armed, and then makes sure that the panic was spent there.
fn free_with_a_panic<T: Handle>(handle: Owned<T>) -> Result<(), PqcStatus> {
    silence();
    ffi_inject_panic();
    drop(handle);
    Algorithm::all()[0].generate().map(drop)
}

#[test]
fn the_frees_survive_a_panic_and_still_free() -> Result<(), PqcStatus> {
    let algorithms = Algorithm::all();
    let signer = algorithms.iter().find(|algorithm| !algorithm.is_kem()).expect("a signature algorithm");
    let before = live_bytes();
    for algorithm in &algorithms {
        free_with_a_panic(algorithm.generate()?)?;
        free_with_a_panic(algorithm.generate()?.public_key()?)?;
    }
    free_with_a_panic(signer.generate()?.public_key()?.mu_hasher(b"")?)?;
    assert_eq!(live_bytes(), before);
    Ok(())
}

#[test]
fn freeing_a_buffer_survives_a_panic_and_still_frees() -> Result<(), PqcStatus> {
    silence();
    let before = live_bytes();
    let pair = Algorithm::all()[0].generate()?;
    let mut seed = sentinel_buffer();
    check(ffi!(pqc_private_key_seed(pair.as_ptr(), &raw mut seed)))?;
    ffi_inject_panic();
    ffi!(ffi_buffer_free(&raw mut seed));
    assert!(is_empty(&seed));
    drop(pair);
    assert_eq!(live_bytes(), before);
    Ok(())
}
