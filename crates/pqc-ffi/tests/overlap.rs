//! Arguments whose memory overlaps, and numbers of items that no batch has.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::arena::{Arena, How};
use common::batch::*;
use common::call::Fault;
use common::functions::{FUNCTIONS, Fixture, Function};
use common::mldsa::DSA_SETS;
use common::mlkem::KEM_SETS;
use core::ptr;
use pqc_ffi::columns::PqcColumn;
use pqc_ffi::mldsa_ffi::{MLDSA_SIGN_DETERMINISTIC, mldsa_sign_into};
use pqc_ffi::mlkem_batch::mlkem_decapsulate_batch_into;
use pqc_ffi::monitoring::ffi_get_performance_metrics;
use pqc_ffi::rooms::{PqcRoom, PqcRooms};
use pqc_ffi::status::PqcStatus;

/// Lets every two arguments of a function overlap, of which one at least is an output, and returns how many pairs there are.
fn overlap_every_pair(function: &Function, fixture: &Fixture) -> usize {
    let arguments = |call: &common::call::Call| call.arena.as_ref().map_or(0, Arena::arguments);
    let count = arguments(&function.call(fixture, Fault::Overlap(usize::MAX, usize::MAX, How::SameStart)));
    let mut pairs = 0;
    for (first, second) in (0..count).flat_map(|second| (0..second).map(move |first| (first, second))) {
        for how in How::ALL {
            // `call` checks that nothing is written.
            let call = function.call(fixture, Fault::Overlap(first, second, how));
            let is_overlap = call.arena.as_ref().is_some_and(Arena::has_overlap);
            let expected = if is_overlap { PqcStatus::Overlap } else { PqcStatus::Ok };
            assert_eq!(call.status, expected, "{}: argument {second} overlaps {first}, {how:?}", function.0);
            pairs += usize::from(is_overlap);
        }
    }
    pairs
}

#[test]
fn an_output_that_overlaps_another_argument_is_refused_and_nothing_is_written() -> Result<(), PqcStatus> {
    let fixture = Fixture::new(0)?;
    let pairs: usize = FUNCTIONS.iter().map(|function| overlap_every_pair(function, &fixture)).sum();
    assert!(pairs > 700, "{pairs} pairs of arguments were tried");
    // The fixture's handles, of which some were said to be outputs, still work.
    FUNCTIONS.iter().for_each(|function| assert_eq!(function.call(&fixture, Fault::None).status, PqcStatus::Ok));
    Ok(())
}

#[test]
fn a_message_is_not_signed_in_place() -> Result<(), PqcStatus> {
    let set = DSA_SETS[0];
    let (pair, mut memory, mut len) = (set.generate()?, vec![7; set.signature + 1], common::RUBBISH);
    let (start, before) = (memory.as_mut_ptr(), memory.clone());
    let mut sign = |message: usize, message_len| {
        let (pair, message, len) = (pair.as_ptr(), start.wrapping_add(message), &raw mut len);
        // SAFETY: the handle is alive, and all of the memory is readable and writable.
        unsafe { mldsa_sign_into(pair, message, message_len, ptr::null(), 0, 0, start, set.signature, len) }
    };
    for (message, message_len) in [(0, set.signature + 1), (0, 1), (set.signature - 1, 2)] {
        assert_eq!(sign(message, message_len), PqcStatus::Overlap);
    }
    // Next to each other, and an empty message.
    assert_eq!([sign(set.signature, 1), sign(5, 0)], [PqcStatus::Ok; 2]);
    assert_ne!(memory, before);
    Ok(())
}

/// Slots of equal size that fill the memory, in an order that is not that of their addresses.
fn shuffled_slots(memory: &mut [u8], len: usize) -> Vec<PqcRoom> {
    let slots: Vec<_> = memory.chunks_exact_mut(len).map(|slot| PqcRoom { data: slot.as_mut_ptr(), len }).collect();
    // 7,919 is a prime that divides no number of slots here.
    (0..slots.len()).map(|number| slots[number * 7919 % slots.len()]).collect()
}

/// Decapsulates one ciphertext into each of the slots.
fn decapsulate_to(slots: &[PqcRoom], ciphertext: &PqcColumn, statuses: &mut [i32]) -> Result<PqcStatus, PqcStatus> {
    let pair = KEM_SETS[0].load_seed(&[7; 64])?;
    let rooms = PqcRooms { rooms: slots.as_ptr(), data: ptr::null_mut(), len: 0, stride: 0 };
    let (keys, count) = ([pair.as_ptr()], slots.len());
    // SAFETY: the key is alive, the inputs are readable and the outputs writable.
    Ok(unsafe { mlkem_decapsulate_batch_into(keys.as_ptr(), 1, ciphertext, count, 1, &rooms, statuses.as_mut_ptr()) })
}

#[test]
fn one_overlap_among_ten_thousand_slots_is_found() -> Result<(), PqcStatus> {
    let (count, ciphertext) = (10_000, vec![9; KEM_SETS[0].ciphertext]);
    let (mut memory, mut statuses) = (vec![7; count * 32], vec![-1; count]);
    let slots = shuffled_slots(&mut memory, 32);
    for place in [0, 1, 4999, count - 1] {
        for overlapping in [slots[(place + 1) % count].data.wrapping_add(31), ciphertext.as_ptr().cast_mut()] {
            let mut slots = slots.clone();
            slots[place] = PqcRoom { data: overlapping, len: 1 };
            assert_eq!(decapsulate_to(&slots, &one(&ciphertext), &mut statuses)?, PqcStatus::Overlap, "{place}");
        }
        let slots_over_statuses =
            [&slots[..place], &[PqcRoom { data: statuses.as_mut_ptr().cast(), len: 32 }]].concat();
        assert_eq!(decapsulate_to(&slots_over_statuses, &one(&ciphertext), &mut statuses)?, PqcStatus::Overlap);
    }
    assert!(memory.iter().all(|byte| *byte == 7) && statuses.iter().all(|status| *status == -1));
    assert_eq!(decapsulate_to(&slots, &one(&ciphertext), &mut statuses)?, PqcStatus::Ok);
    Ok(())
}

#[test]
fn rows_may_lie_in_the_gaps_of_a_table_but_not_on_its_rows() -> Result<(), PqcStatus> {
    let (set, count) = (DSA_SETS[0], 40);
    let (pair, row) = (set.generate()?, set.signature + 8);
    let mut memory = vec![7; count * row];
    // Each row of the table: a message of eight bytes, and where its signature goes.
    let message = PqcColumn { slices: ptr::null(), data: memory.as_ptr(), len: 8, stride: row };
    let start = memory.as_mut_ptr();
    let sign = |offset, len| {
        let rooms = PqcRooms { rooms: ptr::null(), data: start.wrapping_add(offset), len, stride: row };
        sign_into(&[pair.as_ptr()], message, count - 1, (MLDSA_SIGN_DETERMINISTIC, 1), &rooms).0
    };
    assert_eq!([sign(7, set.signature), sign(9, set.signature)], [PqcStatus::Overlap; 2]);
    assert_eq!(sign(8, set.signature), PqcStatus::Ok);
    let expected = pair.sign(&[7; 8], b"", MLDSA_SIGN_DETERMINISTIC)?;
    assert!(memory.chunks(row).take(count - 1).all(|row| row[..8] == [7; 8] && row[8..] == *expected));
    Ok(())
}

#[test]
fn a_struct_of_a_size_that_no_object_has_is_refused() {
    let mut metrics = Box::new(common::metrics::empty());
    metrics.size = common::RUBBISH;
    for size in [usize::MAX, usize::MAX / 2 + 1] {
        // SAFETY: no object has this size, so the struct is not touched.
        assert_eq!(unsafe { ffi_get_performance_metrics(&raw mut *metrics, size) }, PqcStatus::OutputLength);
    }
    assert_eq!(metrics.size, common::RUBBISH);
}

#[test]
fn a_number_of_items_that_no_array_has_is_refused_at_once() -> Result<(), PqcStatus> {
    let fixture = Fixture::new(0)?;
    let batches = FUNCTIONS.iter().filter(|function| function.call(&fixture, Fault::None).is_batch);
    for function in batches {
        for count in [usize::MAX, usize::MAX - 1, usize::MAX / 2 + 1, usize::MAX / 2, usize::MAX / 4, 1 << 61] {
            assert_eq!(function.call(&fixture, Fault::Count(count)).status, PqcStatus::InputTooLong, "{}", function.0);
        }
        // Nothing to loop over, but one number: that there is an error is known without the loop.
        for count in [usize::MAX / 8, 1 << 60, 1 << 48, 1 << 40] {
            let call = function.call(&fixture, Fault::CountOfNothing(count));
            let is_known = [PqcStatus::NullPointer, PqcStatus::InputTooLong].contains(&call.status);
            assert!(is_known, "{} {count}: {:?}", function.0, call.status);
        }
    }
    Ok(())
}
