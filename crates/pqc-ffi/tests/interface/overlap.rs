//! Arguments with overlapping memory, and numbers of items that no batch has.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

use crate::common;
use common::api::*;
use common::batch::{NONE, one, sign};
use common::call::Mode;
use common::fixture::Fixture;
use common::functions::{FUNCTIONS, Function, functions_with};
use common::keys::Algorithm;
use common::memory::{How, Placing};
use common::{SENTINEL, ffi};
use core::ptr;

/// Lets every output of a function overlap every other argument, and returns how many pairs there are.
fn overlap_every_pair(function: &Function, fixture: &Fixture, is_in_slices: bool) -> usize {
    let place = |pair: (usize, usize), how| {
        // `call` checks that an overlap is a status, and that nothing is written then.
        function.call(fixture, Mode::Placed(Placing::Pair(pair.0, pair.1, how)), is_in_slices)
    };
    let right = place((usize::MAX, usize::MAX), How::SameStart);
    assert_eq!(right.status, PqcStatus::Ok, "{}", function.name);
    let count = right.memory.regions.len();
    let mut pairs = 0;
    for pair in (0..count).flat_map(|second| (0..second).map(move |first| (first, second))) {
        let refused = How::ALL.into_iter().filter(|how| place(pair, *how).status == PqcStatus::Overlap).count();
        let is_overlap = right.memory.regions[pair.0].is_output || right.memory.regions[pair.1].is_output;
        assert_eq!(refused, if is_overlap { 3 } else { 0 }, "{}: {pair:?}", function.name);
        pairs += usize::from(is_overlap);
    }
    pairs
}

#[test]
fn an_output_that_overlaps_another_argument_is_refused_and_nothing_is_written() -> Result<(), PqcStatus> {
    let (fixtures, mut pairs) = (Fixture::all()?, 0);
    for function in FUNCTIONS {
        let mut fixtures = fixtures.iter().filter(|fixture| function.is_for(fixture));
        let fixture = fixtures.next().expect("an algorithm");
        let of_function = overlap_every_pair(function, fixture, true).max(overlap_every_pair(function, fixture, false));
        println!("{} {of_function} pairs", function.name);
        pairs += of_function;
    }
    println!("{pairs} pairs of arguments");
    assert!(pairs > 190, "{pairs} pairs of arguments were tried");
    // The fixtures' handles still work, though outputs were at their addresses.
    functions_with(&fixtures).for_each(|(function, fixture)| drop(function.call(fixture, Mode::Right, false)));
    Ok(())
}

#[test]
fn a_message_is_not_signed_in_place() -> Result<(), PqcStatus> {
    let algorithm = Algorithm::signers()[0];
    let (pair, mut memory, mut len) = (algorithm.generate()?, vec![7; algorithm.signature + 1], SENTINEL);
    let (start, before) = (memory.as_mut_ptr(), memory.clone());
    let mut sign = |message: usize, message_len| {
        let (pair, message, len) = (pair.as_ptr(), start.wrapping_add(message), &raw mut len);
        ffi!(pqc_sign_into(pair, message, message_len, ptr::null(), 0, 0, start, algorithm.signature, len))
    };
    for (message, message_len) in [(0, algorithm.signature + 1), (0, 1), (algorithm.signature - 1, 2)] {
        assert_eq!(sign(message, message_len), PqcStatus::Overlap);
    }
    // Adjacent memory, and an empty message.
    assert_eq!([sign(algorithm.signature, 1), sign(5, 0)], [PqcStatus::Ok; 2]);
    assert_ne!(memory, before);
    Ok(())
}

/// Slots of equal size that fill the memory, in another order than their addresses.
fn shuffled_slots(memory: &mut [u8], len: usize) -> Vec<PqcMutSlice> {
    let slots: Vec<_> = memory.chunks_exact_mut(len).map(|slot| PqcMutSlice { data: slot.as_mut_ptr(), len }).collect();
    // 7,919 is a prime that divides no number of slots here.
    (0..slots.len()).map(|number| slots[number * 7919 % slots.len()]).collect()
}

/// Decapsulates one ciphertext into each of the slots.
fn decapsulate_to(slots: &[PqcMutSlice], ciphertext: &PqcColumn, statuses: &mut [i32]) -> Result<PqcStatus, PqcStatus> {
    let pair = Algorithm::kems()[0].load_seed(&[7; 64])?;
    let none = ptr::null_mut();
    let column = PqcMutColumn { slices: slots.as_ptr(), data: none, len: 0, stride: 0, lens: none.cast() };
    let (keys, count, out) = ([pair.as_ptr()], slots.len(), statuses.as_mut_ptr());
    Ok(ffi!(pqc_decapsulate_batch(keys.as_ptr(), 1, ciphertext, count, 1, &raw const column, out)))
}

#[test]
fn one_overlap_among_ten_thousand_slots_is_found() -> Result<(), PqcStatus> {
    let (count, ciphertext) = (10_000, vec![9; Algorithm::kems()[0].ciphertext]);
    let (mut memory, mut statuses) = (vec![7; count * 32], vec![-1; count]);
    let slots = shuffled_slots(&mut memory, 32);
    for place in [0, 1, 4999, count - 1] {
        for overlapping in [slots[(place + 1) % count].data.wrapping_add(31), ciphertext.as_ptr().cast_mut()] {
            let mut slots = slots.clone();
            slots[place] = PqcMutSlice { data: overlapping, len: 1 };
            assert_eq!(decapsulate_to(&slots, &one(&ciphertext), &mut statuses)?, PqcStatus::Overlap, "{place}");
        }
        let over_statuses = PqcMutSlice { data: statuses.as_mut_ptr().cast(), len: 32 };
        let slots_over_statuses = [&slots[..place], &[over_statuses]].concat();
        assert_eq!(decapsulate_to(&slots_over_statuses, &one(&ciphertext), &mut statuses)?, PqcStatus::Overlap);
    }
    assert!(memory.iter().all(|byte| *byte == 7) && statuses.iter().all(|status| *status == -1));
    assert_eq!(decapsulate_to(&slots, &one(&ciphertext), &mut statuses)?, PqcStatus::Ok);
    Ok(())
}

#[test]
fn rows_may_lie_in_the_gaps_of_a_table_but_not_on_its_rows() -> Result<(), PqcStatus> {
    let (algorithm, count) = (Algorithm::signers()[0], 40);
    let (pair, row) = (algorithm.generate()?, algorithm.signature + 8);
    let mut memory = vec![7; count * row];
    // Each row of the table: a message of eight bytes, and where its signature goes.
    let message = || PqcColumn { slices: ptr::null(), data: memory.as_ptr(), len: 8, stride: row };
    let (message, start) = ([message(), message()], memory.as_mut_ptr());
    let [first, second] = message;
    let signed = |message, offset, len| {
        let data = start.wrapping_add(offset);
        let slots = PqcMutColumn { slices: ptr::null(), data, len, stride: row, lens: ptr::null_mut() };
        sign(&[pair.as_ptr()], [message, NONE], count - 1, (PQC_SIGN_DETERMINISTIC, 1), &slots).0
    };
    assert_eq!(signed(first, 7, algorithm.signature), PqcStatus::Overlap);
    assert_eq!(signed(second, 8, algorithm.signature), PqcStatus::Ok);
    let expected = pair.sign(&[7; 8], b"", PQC_SIGN_DETERMINISTIC)?;
    assert!(memory.chunks(row).take(count - 1).all(|row| row[..8] == [7; 8] && row[8..] == *expected));
    Ok(())
}

/// A batch with nothing but a number of items: the error is known without a loop over them.
#[test]
fn a_number_of_items_without_memory_is_refused_at_once() -> Result<(), PqcStatus> {
    let fixtures = Fixture::all()?;
    for (function, fixture) in functions_with(&fixtures) {
        if !function.call(fixture, Mode::Right, false).is_batch {
            continue;
        }
        for count in [3, 4, 16, 24].map(|bits| usize::MAX >> bits) {
            let mut call = function.prepare(fixture, Mode::Nothing(count), false);
            function.run(&mut call);
            let is_known = [PqcStatus::NullPointer, PqcStatus::InputTooLong].contains(&call.status);
            assert!(is_known, "{} {count}: {:?}", function.name, call.status);
        }
    }
    Ok(())
}
