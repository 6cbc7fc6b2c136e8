//! A panic inside each exported function becomes a status, with nothing left in the outputs and nothing leaked.
#![cfg(feature = "inject-panic")]
#![allow(unsafe_code, reason = "the allocator and the interface under test take raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::allocator::{TestAllocator, live_bytes};
use common::call::Fault;
use common::functions::{FUNCTIONS, Fixture};
use common::mldsa::DSA_SETS;
use common::mlkem::KEM_SETS;
use common::xwing::XWING;
use common::{Handle, Owned, is_empty};
use pqc_ffi::inject_panic::ffi_inject_panic;
use pqc_ffi::memory::ffi_buffer_free;
use pqc_ffi::mlkem_ffi::mlkem_keypair_seed_bytes;
use pqc_ffi::status::PqcStatus;
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

#[test]
fn a_panic_becomes_a_status_and_the_next_call_works() -> Result<(), PqcStatus> {
    silence();
    for fixture in Fixture::all()? {
        for function in FUNCTIONS {
            ffi_inject_panic();
            // `call` checks that the outputs are emptied.
            let status = function.call(&fixture, Fault::None).status;
            assert_eq!(status, PqcStatus::Panic, "{}", function.0);
            let status = function.call(&fixture, Fault::None).status;
            assert_eq!(status, PqcStatus::Ok, "{}", function.0);
        }
    }
    Ok(())
}

#[test]
fn a_panic_leaks_nothing() -> Result<(), PqcStatus> {
    silence();
    let fixture = Fixture::new(0)?;
    for function in FUNCTIONS {
        // What a pair makes once and keeps is made here.
        drop(function.call(&fixture, Fault::None));
        let before = live_bytes();
        ffi_inject_panic();
        drop(function.call(&fixture, Fault::None));
        assert_eq!(live_bytes(), before, "{}", function.0);
    }
    Ok(())
}

/// Ends a handle while a panic is armed, and then makes sure that the panic was spent there.
fn free_with_a_panic<T: Handle>(handle: Owned<T>) -> Result<(), PqcStatus> {
    ffi_inject_panic();
    drop(handle);
    KEM_SETS[0].generate().map(drop)
}

#[test]
fn the_frees_survive_a_panic_and_still_free() -> Result<(), PqcStatus> {
    silence();
    let before = live_bytes();
    free_with_a_panic(KEM_SETS[0].generate()?)?;
    free_with_a_panic(KEM_SETS[0].generate()?.public_key()?)?;
    free_with_a_panic(DSA_SETS[0].generate()?)?;
    free_with_a_panic(DSA_SETS[0].generate()?.public_key()?)?;
    free_with_a_panic(DSA_SETS[0].generate()?.public_key()?.mu_hasher(b"")?)?;
    free_with_a_panic(XWING.generate()?)?;
    free_with_a_panic(XWING.generate()?.public_key()?)?;
    assert_eq!(live_bytes(), before);
    Ok(())
}

#[test]
fn freeing_a_buffer_survives_a_panic_and_still_frees() -> Result<(), PqcStatus> {
    silence();
    let before = live_bytes();
    let pair = KEM_SETS[0].generate()?;
    let mut seed = common::rubbish_buffer();
    // SAFETY: the handle is alive and the output writable.
    common::check(unsafe { mlkem_keypair_seed_bytes(pair.as_ptr(), &raw mut seed) })?;
    ffi_inject_panic();
    // SAFETY: the library filled the buffer.
    unsafe { ffi_buffer_free(&raw mut seed) }
    assert!(is_empty(&seed));
    drop(pair);
    assert_eq!(live_bytes(), before);
    Ok(())
}
