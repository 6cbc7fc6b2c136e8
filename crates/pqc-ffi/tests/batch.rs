//! Batches compared with the single operations: inputs of every shape, bad items among good ones, and what is counted.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::batch::*;
use common::metrics::{entry, metrics};
use common::mldsa::DSA_SETS;
use common::mlkem::{KEM_SETS, KemSet};
use common::{Owned, rubbish_buffer};
use core::ptr;
use pqc_ffi::columns::PqcColumn;
use pqc_ffi::key_flags::{PQC_KEY_LOCKED_MEMORY, PQC_KEY_PORTABLE};
use pqc_ffi::mldsa_batch::*;
use pqc_ffi::mldsa_ffi::MLDSA_SIGN_DETERMINISTIC;
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::monitoring::PqcOperation;
use pqc_ffi::status::PqcStatus;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

const DETERMINISTIC: u32 = MLDSA_SIGN_DETERMINISTIC;
const NO_CONTEXT: PqcColumn = PqcColumn { slices: ptr::null(), data: ptr::null(), len: 0, stride: 0 };

/// Keeps the tests of this file apart from the one that counts for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers of items around those of a piece, each with several numbers of threads.
fn sizes() -> impl Iterator<Item = (usize, u32)> {
    [0, 1, 15, 16, 17, 65, 130].into_iter().flat_map(|count| [0, 1, 3].map(|threads| (count, threads)))
}

/// Messages of different lengths, the empty one among them.
fn messages(count: usize) -> Vec<Option<Vec<u8>>> {
    (0..count).map(|number| Some(format!("message {number}").repeat(number % 3).into_bytes())).collect()
}

#[test]
fn signatures_are_those_of_single_calls() -> Result<(), PqcStatus> {
    let _alone = alone();
    for set in DSA_SETS {
        let (pair, messages) = (set.generate()?, messages(130));
        let (key, slices) = (pair.public_key()?, slices(&messages));
        for (count, threads) in sizes() {
            let (verdict, _, [rows]) = sign(&[pair.as_ptr()], column(&slices), b"c", count, (DETERMINISTIC, threads));
            assert_eq!((verdict, rows.is_some()), (PqcStatus::Ok, count > 0));
            let rows = rows.map_or(vec![], |rows| rows.to_vec());
            assert_eq!(rows.len(), count * set.signature);
            for (row, message) in rows.chunks(set.signature).zip(messages.iter().flatten()) {
                assert_eq!(row, &*pair.sign(message, b"c", DETERMINISTIC)?);
            }
            let inputs = [column(&slices), one(b"c"), table(&rows, set.signature)];
            assert_eq!(verify(&[key.as_ptr()], inputs, count, threads).0, PqcStatus::Ok);
        }
    }
    Ok(())
}

#[test]
fn hedged_signatures_differ_and_verify() -> Result<(), PqcStatus> {
    let _alone = alone();
    let pair = DSA_SETS[0].generate()?;
    let (_, _, [rows]) = sign(&[pair.as_ptr()], one(b"m"), b"", 40, (0, 2));
    let rows = rows.map_or(vec![], |rows| rows.to_vec());
    let different: HashSet<_> = rows.chunks(DSA_SETS[0].signature).collect();
    assert_eq!(different.len(), 40);
    let key = pair.public_key()?;
    let inputs = [one(b"m"), NO_CONTEXT, table(&rows, DSA_SETS[0].signature)];
    assert_eq!(verify(&[key.as_ptr()], inputs, 40, 2).0, PqcStatus::Ok);
    Ok(())
}

#[test]
fn secrets_are_those_of_single_calls() -> Result<(), PqcStatus> {
    let _alone = alone();
    for set in KEM_SETS {
        let pair = set.generate()?;
        let key = pair.public_key()?;
        for (count, threads) in sizes() {
            let (verdict, _, [ciphertexts, sent]) = encapsulate(&[key.as_ptr()], count, threads);
            assert_eq!((verdict, sent.is_some()), (PqcStatus::Ok, count > 0));
            let (Some(ciphertexts), Some(sent)) = (ciphertexts, sent) else { continue };
            for (ciphertext, secret) in ciphertexts.chunks(set.ciphertext).zip(sent.chunks(32)) {
                assert_eq!(secret, &*pair.decapsulate(ciphertext)?);
            }
            assert_eq!(sent.chunks(32).collect::<HashSet<_>>().len(), count);
            let column = table(&ciphertexts, set.ciphertext);
            let (verdict, _, [received]) = decapsulate(&[pair.as_ptr()], column, count, threads);
            assert_eq!((verdict, received.as_deref()), (PqcStatus::Ok, Some(&*sent)));
        }
    }
    Ok(())
}

#[test]
fn generated_pairs_are_new_and_work() -> Result<(), PqcStatus> {
    let _alone = alone();
    for ((count, threads), set) in sizes().flat_map(|size| DSA_SETS.map(|set| (size, set))) {
        let (verdict, _, pairs) = generate(mldsa_keypair_generate_batch, set.id, PQC_KEY_PORTABLE, count, threads);
        let pairs: Vec<_> = pairs.into_iter().flatten().collect();
        assert_eq!((verdict, pairs.len()), (PqcStatus::Ok, count));
        let seeds: HashSet<_> = pairs.iter().filter_map(|pair| Some(pair.seed_bytes().ok()?.to_vec())).collect();
        assert_eq!(seeds.len(), count);
        for pair in pairs.iter().take(2) {
            pair.public_key()?.verify(b"m", b"", &pair.sign(b"m", b"", 0)?)?;
        }
    }
    for ((count, threads), set) in sizes().flat_map(|size| KEM_SETS.map(|set| (size, set))) {
        let (verdict, _, pairs) = generate(mlkem_keypair_generate_batch, set.id, PQC_KEY_PORTABLE, count, threads);
        let seeds: HashSet<_> =
            pairs.iter().flatten().filter_map(|pair| Some(pair.seed_bytes().ok()?.to_vec())).collect();
        assert_eq!((verdict, seeds.len()), (PqcStatus::Ok, count));
    }
    Ok(())
}

#[test]
fn a_bad_signature_at_any_place_spoils_no_other() -> Result<(), PqcStatus> {
    use PqcStatus::{ContextLength, InvalidSignature, NullPointer};
    let _alone = alone();
    let (set, count) = (DSA_SETS[0], 34);
    let pair = set.generate()?;
    let (key, good) = (pair.public_key()?, pair.sign(b"m", b"c", 0)?);
    let (forged, long) = (vec![7; set.signature], vec![1; 256]);
    for place in 0..count {
        for (kind, status) in
            [InvalidSignature, InvalidSignature, ContextLength, NullPointer, NullPointer].into_iter().enumerate()
        {
            let mut keys = vec![Some(&key); count];
            let mut columns = [vec![Some(b"m".as_slice()); count], vec![Some(b"c"); count], vec![Some(&*good); count]];
            match kind {
                0 => columns[2][place] = Some(&forged),
                1 => columns[2][place] = Some(&good[1..]),
                2 => columns[1][place] = Some(&long),
                3 => columns[0][place] = None,
                _ => keys[place] = None,
            }
            let slices = columns.each_ref().map(|items| slices(items));
            let inputs = slices.each_ref().map(|slices| column(slices));
            let (verdict, statuses, []) = verify(&handles(&keys), inputs, count, 2);
            let mut expected = vec![OK; count];
            expected[place] = status as i32;
            assert_eq!((verdict, statuses), (PqcStatus::BatchItems, expected), "{kind} at {place}");
        }
    }
    Ok(())
}

#[test]
fn a_bad_item_to_sign_leaves_zeros_in_its_row_only() -> Result<(), PqcStatus> {
    let _alone = alone();
    let (set, count) = (DSA_SETS[0], 34);
    let pair = set.generate()?;
    for place in 0..count {
        let mut inputs = vec![Some(b"m".as_slice()); count];
        inputs[place] = None;
        let slices = slices(&inputs);
        let (verdict, statuses, [rows]) = sign(&[pair.as_ptr()], column(&slices), b"", count, (DETERMINISTIC, 2));
        let (rows, good) = (rows.map_or(vec![], |rows| rows.to_vec()), pair.sign(b"m", b"", DETERMINISTIC)?);
        for (number, row) in rows.chunks(set.signature).enumerate() {
            let expected = if number == place { vec![0; set.signature] } else { good.to_vec() };
            assert!(row == expected, "row {number} with {place}");
        }
        assert_eq!((verdict, statuses[place]), (PqcStatus::BatchItems, PqcStatus::NullPointer as i32));
    }
    Ok(())
}

#[test]
fn a_bad_ciphertext_at_any_place_spoils_no_other() -> Result<(), PqcStatus> {
    let _alone = alone();
    let (set, count) = (KEM_SETS[0], 130);
    let pair = set.generate()?;
    let (ciphertext, secret) = pair.public_key()?.encapsulate()?;
    for place in [0, 1, 63, 64, 65, 127, 128, 129] {
        for bad in [Some(&ciphertext[1..]), Some(&[]), None] {
            let mut inputs = vec![Some(&*ciphertext); count];
            inputs[place] = bad;
            let slices = slices(&inputs);
            let (_, statuses, [rows]) = decapsulate(&[pair.as_ptr()], column(&slices), count, 2);
            let expected = if bad.is_none() { PqcStatus::NullPointer } else { PqcStatus::CiphertextLength };
            assert_eq!(statuses[place], expected as i32);
            for (number, row) in rows.iter().flat_map(|rows| rows.chunks(32)).enumerate() {
                assert_eq!(row, if number == place { &[0; 32] } else { &*secret });
            }
        }
    }
    Ok(())
}

#[test]
fn encoded_keys_of_any_set_serve_and_bad_ones_say_why() -> Result<(), PqcStatus> {
    use PqcStatus::{PublicKeyLength, PublicKeyModulus};
    let _alone = alone();
    let pairs = [KEM_SETS[2].generate()?, KEM_SETS[0].generate()?, KEM_SETS[1].generate()?];
    let encoded = [pairs[0].public_key_bytes()?, pairs[1].public_key_bytes()?, pairs[2].public_key_bytes()?];
    let (mut above, short) = (encoded[0].to_vec(), &encoded[1][1..]);
    above[..3].fill(0xff);
    let [first, second, third] = encoded.each_ref().map(|key| Some(&**key));
    let slices = slices(&[first, Some(&above), second, Some(short), third]);
    let (verdict, statuses, [rows, secrets]) = encapsulate_encoded(column(&slices), 5, (0, 1));
    let expected = [OK, PublicKeyModulus as i32, OK, PublicKeyLength as i32, OK];
    assert_eq!((verdict, statuses.as_slice()), (PqcStatus::BatchItems, expected.as_slice()));
    let (rows, secrets) = (rows.map_or(vec![], |rows| rows.to_vec()), secrets.map_or(vec![], |rows| rows.to_vec()));
    assert_eq!(rows.len(), 5 * KEM_SETS[2].ciphertext);
    for (pair, (set, place)) in pairs.iter().zip([(KEM_SETS[2], 0), (KEM_SETS[0], 2), (KEM_SETS[1], 4)]) {
        let ciphertext = &rows[place * KEM_SETS[2].ciphertext..][..set.ciphertext];
        assert_eq!(*pair.decapsulate(ciphertext)?, secrets[place * 32..][..32]);
    }
    assert!([1, 3].iter().all(|place| secrets[place * 32..][..32] == [0; 32]));
    Ok(())
}

#[test]
fn keys_of_several_sets_serve_one_batch() -> Result<(), PqcStatus> {
    let _alone = alone();
    let pairs = [DSA_SETS[1].generate()?, DSA_SETS[0].generate()?, DSA_SETS[2].generate()?];
    let row = DSA_SETS[2].signature;
    let (verdict, _, [rows]) = sign(&pairs.each_ref().map(Owned::as_ptr), one(b"m"), b"", 3, (0, 1));
    let rows = rows.map_or(vec![], |rows| rows.to_vec());
    assert_eq!((verdict, rows.len()), (PqcStatus::Ok, 3 * row));
    let signatures =
        [(1, 0), (0, 1), (2, 2)].map(|(set, place): (usize, usize)| &rows[place * row..][..DSA_SETS[set].signature]);
    let keys = [pairs[0].public_key_bytes()?, pairs[1].public_key_bytes()?, pairs[2].public_key_bytes()?];
    let (keys, signatures) = (slices(&keys.each_ref().map(|key| Some(&**key))), slices(&signatures.map(Some)));
    let inputs = || [one(b"m"), NO_CONTEXT, column(&signatures)];
    assert_eq!(verify_encoded(column(&keys), inputs(), 3, (0, 1)).0, PqcStatus::Ok);
    let loaded = [pairs[0].public_key()?, pairs[1].public_key()?, pairs[2].public_key()?];
    assert_eq!(verify(&loaded.each_ref().map(Owned::as_ptr), inputs(), 3, 1).0, PqcStatus::Ok);
    let (_, statuses, []) = verify_encoded(one(b"no key"), inputs(), 3, (0, 1));
    assert_eq!(statuses, [PqcStatus::PublicKeyLength as i32; 3]);
    Ok(())
}

#[test]
fn a_batch_that_cannot_be_one_is_refused() -> Result<(), PqcStatus> {
    use PqcStatus::{BatchCount, BatchItems, InputTooLong, NullPointer, ThreadCount};
    let _alone = alone();
    let (pair, set) = (KEM_SETS[0].generate()?, DSA_SETS[0]);
    let (signer, key) = (set.generate()?, pair.public_key()?);
    for keys in [0, 2, 4] {
        assert_eq!(encapsulate(&vec![key.as_ptr(); keys], 3, 1).0, BatchCount);
        assert_eq!(decapsulate(&vec![pair.as_ptr(); keys], one(b""), 3, 1).0, BatchCount);
        assert_eq!(sign(&vec![signer.as_ptr(); keys], one(b""), b"", 3, (0, 1)).0, BatchCount);
    }
    for threads in [257, u32::MAX] {
        assert_eq!(encapsulate(&[key.as_ptr()], 3, threads).0, ThreadCount);
        assert_eq!(generate(mlkem_keypair_generate_batch, 512, 0, 3, threads).0, ThreadCount);
    }
    let inputs = |stride| [PqcColumn { slices: ptr::null(), data: b"m".as_ptr(), len: 1, stride }, one(b""), one(b"")];
    let verifier = signer.public_key()?;
    for stride in [usize::MAX, usize::MAX / 2, usize::MAX / 4 + 1] {
        assert_eq!(verify(&[verifier.as_ptr()], inputs(stride), 3, 1).0, InputTooLong);
    }
    assert_eq!(
        verify(&[verifier.as_ptr()], [PqcColumn { data: ptr::null(), ..one(b"m") }, one(b""), one(b"")], 1, 1).0,
        NullPointer
    );
    assert_eq!(encapsulate(&[ptr::null()], 3, 1).1, [NullPointer as i32; 3]);
    assert_eq!(sign(&[ptr::null()], one(b"m"), b"", 3, (0, 1)).0, BatchItems);
    Ok(())
}

#[test]
fn more_items_than_memory_can_hold_are_refused() -> Result<(), PqcStatus> {
    let _alone = alone();
    let pair = KEM_SETS[0].generate()?;
    let (key, mut status) = (pair.public_key()?, 0);
    for count in [usize::MAX, usize::MAX / 4, usize::MAX / 8 + 1] {
        let (mut ciphertexts, mut secrets) = (rubbish_buffer(), rubbish_buffer());
        let keys = [key.as_ptr()];
        // SAFETY: no array has so many items, so none of them is touched.
        let verdict = unsafe {
            let (ciphertexts, secrets) = (&raw mut ciphertexts, &raw mut secrets);
            mlkem_encapsulate_batch(keys.as_ptr(), 1, count, 1, ciphertexts, secrets, &raw mut status)
        };
        assert_eq!(verdict, PqcStatus::InputTooLong);
        assert!(common::is_empty(&ciphertexts) && common::is_empty(&secrets));
    }
    Ok(())
}

#[test]
fn secrets_of_locked_keys_are_in_locked_memory() -> Result<(), PqcStatus> {
    let _alone = alone();
    let (locked, plain) = (KemSet { flags: PQC_KEY_LOCKED_MEMORY, ..KEM_SETS[0] }.generate()?, KEM_SETS[0].generate()?);
    let (locked_key, key) = (locked.public_key()?, plain.public_key()?);
    let (_, _, [ciphertexts, secrets]) = encapsulate(&[key.as_ptr(), locked_key.as_ptr()], 2, 1);
    let reserved = |rows: &Option<common::Bytes>| rows.as_ref().map(common::Bytes::reserved);
    assert_eq!((reserved(&ciphertexts), reserved(&secrets)), (Some(0), Some(1)));
    let column = table(ciphertexts.as_deref().unwrap_or_default(), KEM_SETS[0].ciphertext);
    let (_, _, [received]) = decapsulate(&[plain.as_ptr(), locked.as_ptr()], column, 2, 1);
    assert_eq!((reserved(&received), received.as_deref()), (Some(1), secrets.as_deref()));
    let (_, _, pairs) = generate(mlkem_keypair_generate_batch, 512, PQC_KEY_LOCKED_MEMORY, 2, 1);
    assert!(pairs.iter().flatten().all(|pair| pair.seed_bytes().is_ok_and(|seed| seed.reserved() == 1)));
    Ok(())
}

#[test]
fn every_item_is_counted_where_it_belongs() -> Result<(), PqcStatus> {
    let _alone = alone();
    let set = DSA_SETS[1];
    let pair = set.generate()?;
    let (key, good) = (pair.public_key()?, pair.sign(b"m", b"", 0)?);
    let mut signatures = vec![Some(&*good); 100];
    signatures[3] = Some(b"short");
    signatures[50] = None;
    let mut keys = vec![Some(&key); 100];
    keys[99] = None;
    let slices = slices(&signatures);
    let before = metrics()?;
    let verdict = verify(&handles(&keys), [one(b"m"), NO_CONTEXT, column(&slices)], 100, 3).0;
    let after = metrics()?;
    assert_eq!(verdict, PqcStatus::BatchItems);
    let change = |set, status| {
        let [before, after] =
            [&before, &after].map(|each| entry(each, PqcOperation::MldsaVerify, set).by_status[status as usize]);
        after - before
    };
    assert_eq!(change(set.id, PqcStatus::Ok), 97);
    assert_eq!((change(set.id, PqcStatus::InvalidSignature), change(set.id, PqcStatus::NullPointer)), (1, 1));
    assert_eq!(change(0, PqcStatus::NullPointer), 1);
    let [before, after] = [&before, &after].map(|each| entry(each, PqcOperation::MldsaVerify, set.id));
    assert_eq!(after.timed - before.timed, 97);
    assert!(after.total_ns > before.total_ns);
    Ok(())
}

#[test]
fn batches_on_many_threads_at_once_do_not_disturb_each_other() -> Result<(), PqcStatus> {
    let _alone = alone();
    let pair = KEM_SETS[1].generate()?;
    let key = pair.public_key()?;
    thread::scope(|scope| {
        for threads in [1, 2, 3, 4, 5, 2, 3, 4] {
            let (pair, key) = (&pair, &key);
            scope.spawn(move || {
                for count in [64, 65, 500] {
                    let (_, _, [ciphertexts, sent]) = encapsulate(&[key.as_ptr()], count, threads);
                    let column = table(ciphertexts.as_deref().unwrap_or_default(), KEM_SETS[1].ciphertext);
                    let (verdict, _, [received]) = decapsulate(&[pair.as_ptr()], column, count, threads);
                    assert_eq!((verdict, received.as_deref()), (PqcStatus::Ok, sent.as_deref()));
                }
            });
        }
    });
    Ok(())
}
