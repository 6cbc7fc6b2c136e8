//! Batches whose outputs go into memory of the caller.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::Owned;
use common::batch::*;
use common::mldsa::DSA_SETS;
use common::mlkem::KEM_SETS;
use core::iter::repeat_n;
use core::ptr;
use pqc_ffi::mldsa_ffi::MLDSA_SIGN_DETERMINISTIC;
use pqc_ffi::rooms::PqcRooms;
use pqc_ffi::status::PqcStatus;
use std::collections::HashSet;

const DETERMINISTIC: (u32, u32) = (MLDSA_SIGN_DETERMINISTIC, 2);

#[test]
fn signatures_go_into_the_rows_of_a_table_and_into_rooms() -> Result<(), PqcStatus> {
    for (set, count) in DSA_SETS.into_iter().flat_map(|set| [(set, 0), (set, 1), (set, 33)]) {
        let (pair, messages) = (set.generate()?, (0..count).map(|number| Some(vec![7; number])).collect::<Vec<_>>());
        let slices = slices(&messages);
        let (keys, row) = ([pair.as_ptr()], set.signature + 2);
        let (rooms, mut table) = (Rooms::new(repeat_n(row, count)), vec![Rooms::RUBBISH; count * (row + 3)]);
        let rows = table_to_fill(&mut table, row, 3);
        for to_fill in [rooms.to_fill(), rows] {
            assert_eq!(sign_into(&keys, column(&slices), count, DETERMINISTIC, &to_fill).0, PqcStatus::Ok);
        }
        for (number, (message, filled)) in messages.iter().flatten().zip(table.chunks(row + 3)).enumerate() {
            let expected = [&*pair.sign(message, b"", MLDSA_SIGN_DETERMINISTIC)?, &[0; 2]].concat();
            assert!(rooms.room(number) == expected && filled[..row] == expected, "{number}");
            assert_eq!(filled[row..], [Rooms::RUBBISH; 3]);
        }
    }
    Ok(())
}

#[test]
fn secrets_and_ciphertexts_go_into_rooms_and_tables() -> Result<(), PqcStatus> {
    for (set, count) in KEM_SETS.into_iter().flat_map(|set| [(set, 0), (set, 1), (set, 130)]) {
        let pair = set.generate()?;
        let (key, encoded) = (pair.public_key()?, pair.public_key_bytes()?);
        for from_bytes in [false, true] {
            let (ciphertexts, mut sent) = (Rooms::new(repeat_n(set.ciphertext, count)), vec![1; count * 32]);
            let outputs = [&ciphertexts.to_fill(), &table_to_fill(&mut sent, 32, 0)];
            let (verdict, _) = if from_bytes {
                encapsulate_encoded_into(one(&encoded), count, outputs)
            } else {
                encapsulate_into(&[key.as_ptr()], count, 2, outputs)
            };
            assert_eq!(verdict, PqcStatus::Ok);
            assert_eq!(sent.chunks(32).collect::<HashSet<_>>().len(), count);
            let items: Vec<_> = (0..count).map(|number| Some(ciphertexts.room(number))).collect();
            let (slices, received) = (slices(&items), Rooms::new(repeat_n(40, count)));
            let opened = decapsulate_into(&[pair.as_ptr()], column(&slices), count, 2, &received.to_fill());
            assert_eq!(opened.0, PqcStatus::Ok);
            for (number, secret) in sent.chunks(32).enumerate() {
                assert_eq!(*received.room(number), [secret, &[0; 8]].concat());
            }
        }
    }
    Ok(())
}

#[test]
fn a_room_that_is_missing_or_too_small_spoils_no_other() -> Result<(), PqcStatus> {
    let (set, kem, count) = (DSA_SETS[0], KEM_SETS[0], 34);
    let (signer, pair) = (set.generate()?, kem.generate()?);
    let (good, (ciphertext, secret)) =
        (signer.sign(b"m", b"", MLDSA_SIGN_DETERMINISTIC)?, pair.public_key()?.encapsulate()?);
    for (place, missing) in (0..count).flat_map(|place| [(place, false), (place, true)]) {
        let size_of = |size| (0..count).map(move |number| size - usize::from(number == place && !missing));
        let (mut signatures, mut secrets) = (Rooms::new(size_of(set.signature)), Rooms::new(size_of(32)));
        if missing {
            signatures.remove(place);
            secrets.remove(place);
        }
        let status = if missing { PqcStatus::NullPointer } else { PqcStatus::OutputLength };
        let mut expected = vec![OK; count];
        expected[place] = status as i32;
        let signed = sign_into(&[signer.as_ptr()], one(b"m"), count, DETERMINISTIC, &signatures.to_fill());
        assert_eq!(signed, (PqcStatus::BatchItems, expected.clone()));
        let opened = decapsulate_into(&[pair.as_ptr()], one(&ciphertext), count, 2, &secrets.to_fill());
        assert_eq!(opened, (PqcStatus::BatchItems, expected));
        let untouched = if missing { Rooms::RUBBISH } else { 0 };
        for number in 0..count {
            let right = if number == place { &vec![untouched; signatures.room(number).len()] } else { &*good };
            assert!(signatures.room(number) == right, "room {number} with {place}");
            let right = if number == place { &vec![untouched; secrets.room(number).len()] } else { &*secret };
            assert!(secrets.room(number) == right, "room {number} with {place}");
        }
    }
    Ok(())
}

#[test]
fn a_bad_item_leaves_zeros_in_its_room_only() -> Result<(), PqcStatus> {
    let (kem, count) = (KEM_SETS[0], 130);
    let pair = kem.generate()?;
    let (key, encoded) = (pair.public_key()?, pair.public_key_bytes()?);
    let (ciphertext, secret) = key.encapsulate()?;
    for place in [0, 63, 64, 129] {
        let (mut inputs, mut keys) = (vec![Some(&*ciphertext); count], vec![Some(&key); count]);
        (inputs[place], keys[place]) = (Some(b"short".as_slice()), None);
        let (slices_of_inputs, rooms) = (slices(&inputs), Rooms::new(repeat_n(32, count)));
        let opened = decapsulate_into(&[pair.as_ptr()], column(&slices_of_inputs), count, 2, &rooms.to_fill());
        assert_eq!((opened.0, opened.1[place]), (PqcStatus::BatchItems, PqcStatus::CiphertextLength as i32));
        let empty = (0..count).filter(|number| *rooms.room(*number) == [0; 32]).collect::<Vec<_>>();
        assert_eq!(empty, [place]);
        assert!((0..count).all(|number| number == place || *rooms.room(number) == *secret));

        let mut encoded = vec![Some(&*encoded); count];
        encoded[place] = Some(b"short");
        let encoded = slices(&encoded);
        for from_bytes in [false, true] {
            let (ciphertexts, secrets) = (Rooms::new(repeat_n(kem.ciphertext, count)), Rooms::new(repeat_n(32, count)));
            let outputs = [&ciphertexts.to_fill(), &secrets.to_fill()];
            let (verdict, statuses) = if from_bytes {
                encapsulate_encoded_into(column(&encoded), count, outputs)
            } else {
                encapsulate_into(&handles(&keys), count, 2, outputs)
            };
            let expected = if from_bytes { PqcStatus::PublicKeyLength } else { PqcStatus::NullPointer };
            assert_eq!((verdict, statuses[place]), (PqcStatus::BatchItems, expected as i32));
            for rooms in [&ciphertexts, &secrets] {
                let empty = (0..count).filter(|number| rooms.room(*number).iter().all(|byte| *byte == 0));
                assert_eq!(empty.collect::<Vec<_>>(), [place]);
            }
        }
    }
    Ok(())
}

#[test]
fn keys_of_several_sets_fill_rooms_of_several_sizes() -> Result<(), PqcStatus> {
    let pairs = [DSA_SETS[1].generate()?, DSA_SETS[0].generate()?, DSA_SETS[2].generate()?];
    let rooms = Rooms::new([DSA_SETS[1], DSA_SETS[0], DSA_SETS[2]].map(|set| set.signature));
    let keys = pairs.each_ref().map(Owned::as_ptr);
    assert_eq!(sign_into(&keys, one(b"m"), 3, DETERMINISTIC, &rooms.to_fill()).0, PqcStatus::Ok);
    for (number, pair) in pairs.iter().enumerate() {
        assert!(rooms.room(number) == &*pair.sign(b"m", b"", MLDSA_SIGN_DETERMINISTIC)?);
    }
    Ok(())
}

#[test]
fn a_batch_that_is_refused_empties_all_rooms() -> Result<(), PqcStatus> {
    let (signer, pair) = (DSA_SETS[0].generate()?, KEM_SETS[0].generate()?);
    let (key, encoded) = (pair.public_key()?, pair.public_key_bytes()?);
    let new = || Rooms::new(repeat_n(5000, 40));
    let is_empty = |rooms: &Rooms| (0..40).all(|number| rooms.room(number).iter().all(|byte| *byte == 0));
    let (signatures, ciphertexts, secrets, received) = (new(), new(), new(), new());
    let two_keys = sign_into(&[signer.as_ptr(); 2], one(b"m"), 40, (0, 1), &signatures.to_fill()).0;
    assert_eq!((two_keys, is_empty(&signatures)), (PqcStatus::BatchCount, true));
    let outputs = [&ciphertexts.to_fill(), &secrets.to_fill()];
    let threads = encapsulate_into(&[key.as_ptr()], 40, 257, outputs).0;
    assert_eq!((threads, is_empty(&ciphertexts), is_empty(&secrets)), (PqcStatus::ThreadCount, true, true));
    let threads = decapsulate_into(&[pair.as_ptr()], one(b""), 40, 257, &received.to_fill()).0;
    assert_eq!((threads, is_empty(&received)), (PqcStatus::ThreadCount, true));

    // One output is emptied even if the other one is no memory.
    let (first, second) = (new(), new());
    let nothing = PqcRooms { rooms: ptr::null(), data: ptr::null_mut(), len: 32, stride: 32 };
    assert_eq!(encapsulate_into(&[key.as_ptr()], 40, 1, [&first.to_fill(), &nothing]).0, PqcStatus::NullPointer);
    let verdict = encapsulate_encoded_into(one(&encoded), 40, [&nothing, &second.to_fill()]).0;
    assert_eq!((verdict, is_empty(&first), is_empty(&second)), (PqcStatus::NullPointer, true, true));
    Ok(())
}

#[test]
fn rooms_that_no_memory_can_be_are_refused() -> Result<(), PqcStatus> {
    let signer = DSA_SETS[0].generate()?;
    let (mut memory, keys) = (vec![1; 3 * 2420], [signer.as_ptr()]);
    let data = memory.as_mut_ptr();
    for (len, stride) in [(2420, 0), (2420, 2419), (1, usize::MAX), (usize::MAX, usize::MAX), (1, usize::MAX / 4 + 1)] {
        let rooms = PqcRooms { rooms: ptr::null(), data, len, stride };
        let (verdict, _) = sign_into(&keys, one(b"m"), 3, (0, 1), &rooms);
        assert_eq!(verdict, PqcStatus::OutputLength, "{len} {stride}");
    }
    let one_room = PqcRooms { rooms: ptr::null(), data, len: 2420, stride: 0 };
    assert_eq!(sign_into(&keys, one(b"m"), 1, (0, 1), &one_room).0, PqcStatus::Ok);
    Ok(())
}
