//! Batches compared with single operations: inputs and outputs of every shape, keys of several algorithms, and the metrics.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

mod common;

use common::api::*;
use common::batch::*;
use common::keys::Algorithm;
use common::metrics::{entry, metrics};
use common::{Owned, SENTINEL_BYTE};
use core::ptr;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

const DETERMINISTIC: (u32, u32) = (PQC_SIGN_DETERMINISTIC, 2);

/// Keeps the tests of this file apart from the one that counts for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers of items around the size of a chunk, each with several numbers of threads.
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
    for algorithm in Algorithm::quick_signers() {
        let (pair, messages) = (algorithm.generate()?, messages(130));
        let (key, slices) = (pair.public_key()?, slices(&messages));
        // SLH-DSA signs slowly, and its signatures share no lanes.
        for (count, threads) in sizes().filter(|(count, _)| *count <= 17 || !algorithm.is_slhdsa()) {
            let (slots, how) = (Slots::of(algorithm.signature + 2, count), (PQC_SIGN_DETERMINISTIC, threads));
            let columns = [column(&slices), one(b"c")];
            assert_eq!(sign(&[pair.as_ptr()], columns, count, how, &slots.column()), all_ok(count));
            let signatures = slots.results();
            for (signature, message) in signatures.iter().zip(messages.iter().flatten()) {
                assert_eq!(**signature, *pair.sign(message, b"c", PQC_SIGN_DETERMINISTIC)?);
            }
            let signatures = common::batch::slices(&signatures.iter().map(|s| Some(*s)).collect::<Vec<_>>());
            let columns = [column(&slices), one(b"c"), column(&signatures)];
            assert_eq!(verify(&keys_by_handle(&[key.as_ptr()]), columns, count, threads), all_ok(count));
        }
    }
    Ok(())
}

#[test]
fn results_go_into_the_rows_of_a_table_and_not_between_them() -> Result<(), PqcStatus> {
    let _alone = alone();
    for (algorithm, count) in Algorithm::quick_signers().into_iter().flat_map(|signer| [(signer, 1), (signer, 33)]) {
        let (pair, row) = (algorithm.generate()?, algorithm.signature + 2);
        let mut memory = vec![SENTINEL_BYTE; count * (row + 3)];
        let slots = rows(&mut memory, row, 3);
        assert_eq!(sign(&[pair.as_ptr()], [one(b"m"), NONE], count, DETERMINISTIC, &slots), all_ok(count));
        let mut expected = pair.sign(b"m", b"", PQC_SIGN_DETERMINISTIC)?.to_vec();
        expected.resize(row, 0);
        expected.extend([SENTINEL_BYTE; 3]);
        assert!(memory.chunks(row + 3).all(|filled| filled == expected));
    }
    Ok(())
}

#[test]
fn hedged_signatures_differ_and_verify() -> Result<(), PqcStatus> {
    let _alone = alone();
    let algorithm = Algorithm::signers()[0];
    let (pair, mut memory) = (algorithm.generate()?, vec![0; 40 * algorithm.signature]);
    let slots = rows(&mut memory, algorithm.signature, 0);
    assert_eq!(sign(&[pair.as_ptr()], [one(b"m"), NONE], 40, (0, 2), &slots), all_ok(40));
    let different: HashSet<_> = memory.chunks(algorithm.signature).collect();
    assert_eq!(different.len(), 40);
    let (key, columns) = (pair.public_key()?, [one(b"m"), NONE, table(&memory, algorithm.signature)]);
    assert_eq!(verify(&keys_by_handle(&[key.as_ptr()]), columns, 40, 2), all_ok(40));
    Ok(())
}

#[test]
fn secrets_are_those_of_single_calls() -> Result<(), PqcStatus> {
    let _alone = alone();
    for algorithm in Algorithm::kems() {
        let pair = algorithm.generate()?;
        let (handle, encoding) = (pair.public_key()?, pair.public_key()?.bytes()?);
        for ((count, threads), by_handle) in sizes().flat_map(|size| [(size, true), (size, false)]) {
            let (handles, ids) = ([handle.as_ptr()], [algorithm.id]);
            let (ciphertexts, mut sent) = (Slots::of(algorithm.ciphertext, count), vec![1; count * 32]);
            let keys = if by_handle { keys_by_handle(&handles) } else { keys_by_encoding(one(&encoding), &ids) };
            let secrets = rows(&mut sent, 32, 0);
            assert_eq!(encapsulate(&keys, count, threads, [&ciphertexts.column(), &secrets]), all_ok(count));
            let ciphertexts = ciphertexts.results();
            for (ciphertext, secret) in ciphertexts.iter().zip(sent.chunks(32)) {
                assert_eq!(secret, &*pair.decapsulate(ciphertext)?);
            }
            assert_eq!(sent.chunks(32).collect::<HashSet<_>>().len(), count);
            let (column_of, received) = (ciphertexts.concat(), Slots::of(40, count));
            let column = table(&column_of, algorithm.ciphertext);
            assert_eq!(decapsulate(&[pair.as_ptr()], column, count, threads, &received.column()), all_ok(count));
            assert_eq!(received.results().concat(), sent);
        }
    }
    Ok(())
}

#[test]
fn generated_keys_are_new_and_work() -> Result<(), PqcStatus> {
    let _alone = alone();
    for ((count, threads), algorithm) in sizes().flat_map(|size| Algorithm::quick().into_iter().map(move |a| (size, a)))
    {
        let (outcome, pairs) = generate(algorithm.with(PQC_KEY_PORTABLE), count, threads);
        let pairs: Vec<_> = pairs.into_iter().flatten().collect();
        assert_eq!((outcome, pairs.len()), (all_ok(count), count));
        let seeds: HashSet<_> = pairs.iter().filter_map(|pair| Some(pair.bytes().ok()?.to_vec())).collect();
        assert_eq!(seeds.len(), count);
        for pair in pairs.iter().take(2) {
            if algorithm.is_kem() {
                let (ciphertext, secret) = pair.public_key()?.encapsulate()?;
                assert_eq!(*pair.decapsulate(&ciphertext)?, *secret);
            } else {
                pair.public_key()?.verify(b"m", b"", &pair.sign(b"m", b"", 0)?)?;
            }
        }
    }
    Ok(())
}

#[test]
fn encoded_keys_of_any_algorithm_serve_and_bad_ones_say_why() -> Result<(), PqcStatus> {
    use PqcStatus::{PublicKeyLength, PublicKeyModulus};
    let _alone = alone();
    let algorithms = Algorithm::kems();
    let pairs = algorithms.iter().map(|algorithm| algorithm.generate()).collect::<Result<Vec<_>, _>>()?;
    let mut encodings = Vec::new();
    for pair in &pairs {
        encodings.push(pair.public_key()?.bytes()?.to_vec());
    }
    let mut above = encodings[0].clone();
    above[..3].fill(0xff);
    encodings.extend([above, encodings[1][1..].to_vec()]);
    let (slices, count) = (slices(&encodings.iter().map(Some).collect::<Vec<_>>()), encodings.len());
    let (ciphertexts, secrets) = (Slots::of(2000, count), Slots::of(32, count));
    let ids: Vec<_> = [0, 1, 2, 3, 4, 5, 0, 1].map(|number| algorithms[number].id).to_vec();
    let keys = keys_by_encoding(column(&slices), &ids);
    let (verdict, statuses) = encapsulate(&keys, count, 1, [&ciphertexts.column(), &secrets.column()]);
    let expected = [vec![OK; pairs.len()], vec![PublicKeyModulus as i32, PublicKeyLength as i32]].concat();
    assert_eq!((verdict, statuses), (PqcStatus::BatchItems, expected));
    for (number, pair) in pairs.iter().enumerate() {
        assert_eq!(*pair.decapsulate(ciphertexts.result(number))?, *secrets.result(number));
    }
    assert_eq!(ciphertexts.empty(), [pairs.len(), pairs.len() + 1]);
    Ok(())
}

#[test]
fn keys_of_several_algorithms_serve_one_batch() -> Result<(), PqcStatus> {
    let _alone = alone();
    let signers = Algorithm::signers();
    let pairs = [signers[1].generate()?, signers[0].generate()?, signers[2].generate()?];
    let slots = Slots::new([signers[1], signers[0], signers[2]].map(|signer| signer.signature));
    let outcome = sign(&pairs.each_ref().map(Owned::as_ptr), [one(b"m"), NONE], 3, DETERMINISTIC, &slots.column());
    assert_eq!(outcome, all_ok(3));
    for (number, pair) in pairs.iter().enumerate() {
        assert!(slots.result(number) == &*pair.sign(b"m", b"", PQC_SIGN_DETERMINISTIC)?);
    }
    let signatures = slices(&slots.results().into_iter().map(Some).collect::<Vec<_>>());
    let columns = || [one(b"m"), NONE, column(&signatures)];
    let keys = [pairs[0].public_key()?, pairs[1].public_key()?, pairs[2].public_key()?];
    assert_eq!(verify(&keys_by_handle(&keys.each_ref().map(Owned::as_ptr)), columns(), 3, 1), all_ok(3));
    let encodings = [keys[0].bytes()?, keys[1].bytes()?, keys[2].bytes()?];
    let encodings = slices(&encodings.each_ref().map(|key| Some(&**key)));
    let ids = [signers[1], signers[0], signers[2]].map(|signer| signer.id);
    assert_eq!(verify(&keys_by_encoding(column(&encodings), &ids), columns(), 3, 1), all_ok(3));
    let (_, statuses) = verify(&keys_by_encoding(one(b"no key"), &ids), columns(), 3, 1);
    assert_eq!(statuses, [PqcStatus::PublicKeyLength as i32; 3]);
    Ok(())
}

#[test]
fn alternating_signers_sign_and_verify_in_their_places() -> Result<(), PqcStatus> {
    let _alone = alone();
    let signers = Algorithm::signers();
    let pairs = signers.iter().map(|signer| signer.generate()).collect::<Result<Vec<_>, _>>()?;
    let mut keys: Vec<_> = pairs.iter().cycle().take(65).map(Some).collect();
    keys[7] = None;
    let longest = signers.iter().map(|signer| signer.signature).max().unwrap_or_default();
    let (messages, slots) = (messages(65), Slots::of(longest, 65));
    let messages = slices(&messages);
    let messages = [column(&messages), NONE];
    let expected = |bad: &[(usize, PqcStatus)]| {
        let mut statuses = vec![OK; 65];
        bad.iter().for_each(|(number, status)| statuses[*number] = *status as i32);
        (PqcStatus::BatchItems, statuses)
    };
    let outcome = sign(&handles(&keys), messages, 65, DETERMINISTIC, &slots.column());
    assert_eq!(outcome, expected(&[(7, PqcStatus::NullPointer)]));
    let public = pairs.iter().map(|pair| pair.public_key()).collect::<Result<Vec<_>, _>>()?;
    let keys: Vec<_> = public.iter().cycle().take(65).map(Some).collect();
    let mut signatures: Vec<_> = slots.results().into_iter().map(<[u8]>::to_vec).map(Some).collect();
    signatures[7] = None;
    signatures.iter_mut().flatten().nth(10).ok_or(PqcStatus::Internal)?[40] ^= 1;
    let signatures = slices(&signatures);
    let columns = [messages[0], NONE, column(&signatures)];
    let bad = [(7, PqcStatus::NullPointer), (11, PqcStatus::InvalidSignature)];
    assert_eq!(verify(&keys_by_handle(&handles(&keys)), columns, 65, 2), expected(&bad));
    Ok(())
}

#[test]
fn alternating_kems_agree_on_secrets_in_their_places() -> Result<(), PqcStatus> {
    let _alone = alone();
    let kems = Algorithm::kems();
    let pairs = kems.iter().map(|kem| kem.generate()).collect::<Result<Vec<_>, _>>()?;
    let public = pairs.iter().map(|pair| pair.public_key()).collect::<Result<Vec<_>, _>>()?;
    let keys: Vec<_> = public.iter().cycle().take(65).map(Some).collect();
    let (ciphertexts, sent, received) = (Slots::of(2000, 65), Slots::of(32, 65), Slots::of(32, 65));
    let slots = [&ciphertexts.column(), &sent.column()];
    assert_eq!(encapsulate(&keys_by_handle(&handles(&keys)), 65, 2, slots), all_ok(65));
    let mut inputs: Vec<_> = ciphertexts.results().into_iter().map(Some).collect();
    inputs[20] = Some(b"short");
    let keys: Vec<_> = pairs.iter().cycle().take(65).map(Some).collect();
    let inputs = slices(&inputs);
    let column = column(&inputs);
    let (verdict, statuses) = decapsulate(&handles(&keys), column, 65, 2, &received.column());
    let bad = statuses.iter().enumerate().filter(|(_, status)| **status != OK);
    assert_eq!(
        (verdict, bad.collect::<Vec<_>>()),
        (PqcStatus::BatchItems, vec![(20, &(PqcStatus::CiphertextLength as i32))])
    );
    assert_eq!(received.empty(), [20]);
    for number in (0..65).filter(|number| *number != 20) {
        assert_eq!(received.result(number), sent.result(number), "{number}");
    }
    Ok(())
}

#[test]
fn columns_that_no_memory_can_be_are_refused() -> Result<(), PqcStatus> {
    let _alone = alone();
    let algorithm = Algorithm::signers()[0];
    let (signer, size) = (algorithm.generate()?, algorithm.signature);
    let (key, mut memory) = (signer.public_key()?, vec![1; 3 * size]);
    for stride in [usize::MAX, usize::MAX / 2, usize::MAX / 4 + 1] {
        let message = PqcColumn { slices: ptr::null(), data: b"m".as_ptr(), len: 1, stride };
        let outcome = verify(&keys_by_handle(&[key.as_ptr()]), [message, NONE, one(b"")], 3, 1);
        assert_eq!(outcome.0, PqcStatus::InputTooLong);
    }
    for (len, stride) in
        [(size, 0), (size, size - 1), (1, usize::MAX), (usize::MAX, usize::MAX), (1, usize::MAX / 4 + 1)]
    {
        let slots = PqcMutColumn { len, stride, ..rows(&mut memory, 0, 0) };
        let (verdict, _) = sign(&[signer.as_ptr()], [one(b"m"), NONE], 3, (0, 1), &slots);
        assert_eq!(verdict, PqcStatus::OutputLength, "{len} {stride}");
    }
    let slots = PqcMutColumn { len: size, stride: 0, ..rows(&mut memory, 0, 0) };
    assert_eq!(sign(&[signer.as_ptr()], [one(b"m"), NONE], 1, (0, 1), &slots), all_ok(1));
    Ok(())
}

#[test]
fn handles_and_encodings_are_not_mixed() -> Result<(), PqcStatus> {
    let _alone = alone();
    let key = Algorithm::kems()[0].generate()?.public_key()?;
    let handles = [key.as_ptr()];
    let slots = [Slots::of(2000, 1), Slots::of(32, 1)];
    let [ciphertexts, secrets] = slots.each_ref().map(Slots::column);
    for (keys, status) in [
        (PqcPublicKeys { flags: PQC_KEY_PORTABLE, ..keys_by_handle(&handles) }, PqcStatus::UnknownFlags),
        (PqcPublicKeys { handles: ptr::null(), ..keys_by_handle(&handles) }, PqcStatus::NullPointer),
        (PqcPublicKeys { flags: 1 << 31, ..keys_by_encoding(one(&key.bytes()?), &[512]) }, PqcStatus::UnknownFlags),
        (PqcPublicKeys { algorithm_count: 1, ..keys_by_handle(&handles) }, PqcStatus::BatchCount),
        (keys_by_encoding(one(&key.bytes()?), &[]), PqcStatus::BatchCount),
        (keys_by_encoding(one(&key.bytes()?), &[512, 512]), PqcStatus::BatchCount),
    ] {
        assert_eq!(encapsulate(&keys, 1, 1, [&ciphertexts, &secrets]).0, status);
    }
    Ok(())
}

#[test]
fn keys_of_a_batch_may_be_in_locked_memory() -> Result<(), PqcStatus> {
    let _alone = alone();
    for algorithm in Algorithm::all() {
        let (outcome, pairs) = generate(algorithm.with(PQC_KEY_LOCKED_MEMORY), 2, 1);
        assert_eq!(outcome, all_ok(2));
        assert!(pairs.iter().flatten().all(|pair| pair.bytes().is_ok_and(|key| key.reserved() == 1)));
    }
    Ok(())
}

#[test]
fn every_item_is_counted_where_it_belongs() -> Result<(), PqcStatus> {
    let _alone = alone();
    let algorithm = Algorithm::signers()[1];
    let pair = algorithm.generate()?;
    let (key, good) = (pair.public_key()?, pair.sign(b"m", b"", 0)?);
    let (mut signatures, mut keys) = (vec![Some(&*good); 100], vec![Some(&key); 100]);
    (signatures[3], signatures[50], keys[99]) = (Some(b"short".as_slice()), None, None);
    let slices = slices(&signatures);
    let before = metrics()?;
    let (verdict, _) = verify(&keys_by_handle(&handles(&keys)), [one(b"m"), NONE, column(&slices)], 100, 3);
    let after = metrics()?;
    assert_eq!(verdict, PqcStatus::BatchItems);
    let change = |id, status| {
        let [before, after] =
            [&before, &after].map(|each| entry(each, PqcAction::Verify, id).by_status[status as usize]);
        after - before
    };
    assert_eq!(change(algorithm.id, PqcStatus::Ok), 97);
    assert_eq!(change(algorithm.id, PqcStatus::InvalidSignature), 1);
    assert_eq!((change(algorithm.id, PqcStatus::NullPointer), change(0, PqcStatus::NullPointer)), (1, 1));
    let [before, after] = [&before, &after].map(|each| entry(each, PqcAction::Verify, algorithm.id));
    assert_eq!(after.timed - before.timed, 97);
    assert!(after.total_ns > before.total_ns);
    Ok(())
}

#[test]
fn batches_on_many_threads_at_once_do_not_disturb_each_other() -> Result<(), PqcStatus> {
    let _alone = alone();
    let algorithm = Algorithm::kems()[1];
    let pair = algorithm.generate()?;
    let key = pair.public_key()?;
    thread::scope(|scope| {
        for threads in [1, 2, 3, 4, 5, 2, 3, 4] {
            let (pair, key) = (&pair, &key);
            scope.spawn(move || {
                for count in [64, 65, 500] {
                    let [ciphertexts, sent, received] =
                        [algorithm.ciphertext, 32, 32].map(|size| Slots::of(size, count));
                    let slots = [&ciphertexts.column(), &sent.column()];
                    assert_eq!(encapsulate(&keys_by_handle(&[key.as_ptr()]), count, threads, slots), all_ok(count));
                    let (memory, keys) = (ciphertexts.results().concat(), [pair.as_ptr()]);
                    let column = table(&memory, algorithm.ciphertext);
                    assert_eq!(decapsulate(&keys, column, count, threads, &received.column()), all_ok(count));
                    assert_eq!(received.results(), sent.results());
                }
            });
        }
    });
    Ok(())
}
