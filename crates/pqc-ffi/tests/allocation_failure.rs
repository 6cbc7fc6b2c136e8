//! Running out of memory is a status, wherever in a function it happens; nothing is leaked and nothing is spoilt.
#![allow(unsafe_code, reason = "the allocator of this test is a global one")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::allocator::{TestAllocator, live_bytes, with_failing_allocations};
use common::batch::{OK, Rooms, one};
use common::call::Fault;
use common::functions::{FUNCTIONS, Fixture, Function};
use common::mlkem::KEM_SETS;
use core::iter::repeat_n;
use pqc_ffi::mlkem_batch::mlkem_decapsulate_batch_into;
use pqc_ffi::status::PqcStatus;
use std::env;

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

/// Fails each allocation of a function in turn, alone or with all that follow, checks the status and the memory, and
/// counts the allocations.
fn allocations(function: &Function, fixture: &Fixture, alone: bool) -> usize {
    for n in 0.. {
        let before = live_bytes();
        let failing = n..if alone { n + 1 } else { usize::MAX };
        // `call` checks that the outputs are emptied.
        let call = with_failing_allocations(failing, || function.call(fixture, Fault::None));
        if call.status == PqcStatus::Ok {
            return n;
        }
        assert_eq!(call.reason(), PqcStatus::OutOfMemory as i32, "{} at allocation {n}", function.0);
        drop(call);
        assert_eq!(live_bytes(), before, "{} leaks at allocation {n}", function.0);
    }
    unreachable!("the loop has no end");
}

/// Functions that give a number or nothing, or write into the caller's memory, need none; what looks at DER neither.
fn needs_memory(function: &Function) -> bool {
    let without = [
        "_verify",
        "_parameter_set",
        "_options",
        "_resident_bytes",
        "_update",
        "_into",
        "ffi_key_",
        "ffi_get_performance",
        "ffi_share",
        "ffi_enable",
    ];
    if ["mldsa_verify_encoded_batch", "mlkem_encapsulate_encoded_batch_into"].contains(&function.0) {
        // libcrux makes a key of each encoding first.
        return env::var("QYNAUTH_PQC_ENGINE").as_deref() != Ok("simd");
    }
    !without.iter().any(|part| function.0.contains(part))
}

#[test]
fn every_failed_allocation_becomes_a_status() -> Result<(), PqcStatus> {
    for level in 0..3 {
        for (function, alone) in FUNCTIONS.iter().flat_map(|function| [(function, true), (function, false)]) {
            let count = allocations(function, &Fixture::new(level)?, alone);
            assert_eq!(count > 0, needs_memory(function), "{}: {count} allocations", function.0);
        }
    }
    Ok(())
}

#[test]
fn everything_that_is_made_is_freed() -> Result<(), PqcStatus> {
    for level in 0..3 {
        for function in FUNCTIONS {
            let before = live_bytes();
            drop(function.call(&Fixture::new(level)?, Fault::None));
            assert_eq!(live_bytes(), before, "{}", function.0);
        }
    }
    Ok(())
}

#[test]
fn slots_that_cannot_be_sorted_are_not_written_to() -> Result<(), PqcStatus> {
    let (set, slots, mut statuses) = (KEM_SETS[0], Rooms::new(repeat_n(32, 20)), [-1; 20]);
    let (pair, ciphertext, to_fill) = (set.generate()?, vec![7; set.ciphertext], slots.to_fill());
    let (keys, column, out) = ([pair.as_ptr()], one(&ciphertext), statuses.as_mut_ptr());
    // SAFETY: the handle is alive, the column is readable and the outputs are writable.
    let call = || unsafe { mlkem_decapsulate_batch_into(keys.as_ptr(), 1, &column, 20, 1, &to_fill, out) };
    assert_eq!(with_failing_allocations(0..1, call), PqcStatus::OutOfMemory);
    assert!((0..20).all(|number| slots.room(number) == [Rooms::RUBBISH; 32]));
    assert_eq!(statuses, [-1; 20]);
    assert_eq!(call(), PqcStatus::Ok);
    assert_eq!(statuses, [OK; 20]);
    Ok(())
}
