//! Running out of memory is a status, wherever in a function it happens; nothing is leaked and every key still works.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the allocator of this test is a global one; tests assert")]

mod common;

use common::SENTINEL_BYTE;
use common::allocator::{TestAllocator, live_bytes, with_failing_allocations};
use common::api::*;
use common::batch::{OK, Slots, one};
use common::call::Mode;
use common::ffi;
use common::fixture::Fixture;
use common::functions::{FUNCTIONS, Function};
use common::keys::Algorithm;

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

/// Fails each allocation of a function in turn, alone or with all that follow, checks the status and the memory, and
/// counts the allocations.
fn allocations(function: &Function, fixture: &Fixture, alone: bool, is_in_slices: bool) -> Result<usize, PqcStatus> {
    for n in 0.. {
        let mut call = function.prepare(fixture, Mode::NoMemory, is_in_slices);
        let (before, kept) = (live_bytes(), fixture.keys.private.resident_bytes()?);
        let failing = n..if alone { n + 1 } else { usize::MAX };
        with_failing_allocations(failing, || function.run(&mut call));
        let is_ok = call.status == PqcStatus::Ok;
        // A composite has signed, and its key has grown, when it needs memory as long as its signature.
        let has_grown = fixture.keys.private.resident_bytes()? > kept;
        assert!(is_ok || has_grown || live_bytes() == before, "{} leaks at allocation {n}", function.name);
        // The outputs are zeroed, or filled.
        call.check(function.name);
        if is_ok {
            return Ok(n);
        }
    }
    unreachable!("the loop has no end");
}

/// Functions that return a number or nothing, or write into the caller's memory, need no memory, nor do functions that
/// inspect DER.
fn needs_memory(function: &Function, algorithm: Algorithm, is_in_slices: bool) -> bool {
    const WITHOUT: &str = "_verify _algorithm _options _resident_bytes _equal _update _into ffi_key_ ffi_get_p \
                           ffi_metrics_at ffi_share ffi_enable ffi_fips";
    if algorithm.is_slhdsa() && ["pqc_sign_into", "pqc_sign_batch"].contains(&function.name) {
        return true; // until a signature has passed its check, it is in memory of the library
    }
    if function.name.ends_with("_batch") {
        // X-Wing makes a key of each encoding first.
        let makes_keys = is_in_slices && algorithm.is_hybrid();
        return match function.name {
            "pqc_private_key_generate_batch" => true,
            "pqc_verify_batch" | "pqc_encapsulate_batch" => makes_keys,
            _ => false,
        };
    }
    !WITHOUT.split(' ').any(|word| function.name.contains(word))
}

#[test]
fn every_failed_allocation_becomes_a_status() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::quick() {
        let known = Fixture::new(algorithm)?;
        for function in FUNCTIONS.iter().filter(|function| function.is_for(&known)) {
            for (alone, is_in_slices) in [(true, true), (true, false), (false, true), (false, false)] {
                // A key that has not yet made its kept forms.
                let fixture = Fixture::new(algorithm)?;
                let count = allocations(function, &fixture, alone, is_in_slices)?;
                allocations(function, &fixture, alone, is_in_slices)?;
                let name = function.name;
                assert_eq!(count > 0, needs_memory(function, algorithm, is_in_slices), "{name}: {count} allocations");
            }
        }
    }
    Ok(())
}

#[test]
fn everything_that_is_made_is_freed() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::quick() {
        let known = Fixture::new(algorithm)?;
        for function in FUNCTIONS.iter().filter(|function| function.is_for(&known)) {
            let before = live_bytes();
            drop(function.call(&Fixture::new(algorithm)?, Mode::Right, true));
            assert_eq!(live_bytes(), before, "{}", function.name);
        }
    }
    Ok(())
}

#[test]
fn slots_that_cannot_be_sorted_are_not_written_to() -> Result<(), PqcStatus> {
    let (algorithm, slots, mut statuses) = (Algorithm::kems()[0], Slots::of(32, 20), [-1; 20]);
    let (pair, ciphertext, to_fill) = (algorithm.generate()?, vec![7; algorithm.ciphertext], slots.column());
    let (keys, column, out) = ([pair.as_ptr()], one(&ciphertext), statuses.as_mut_ptr());
    let call = || ffi!(pqc_decapsulate_batch(keys.as_ptr(), 1, &raw const column, 20, 1, &raw const to_fill, out));
    assert_eq!(with_failing_allocations(0..1, call), PqcStatus::OutOfMemory);
    assert!((0..20).all(|number| slots.slot(number) == [SENTINEL_BYTE; 32]));
    assert_eq!(statuses, [-1; 20]);
    assert_eq!(call(), PqcStatus::Ok);
    assert_eq!(statuses, [OK; 20]);
    Ok(())
}
