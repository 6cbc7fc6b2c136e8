//! What the metrics say, compared with what was done.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

mod common;

use common::api::*;
use common::ffi;
use common::keys::Algorithm;
use common::metrics::{empty, entry, histogram, metrics};
use core::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Keeps the tests of this file, which count for the whole process, apart.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many calls of an operation with a parameter set ended with each status while `work` ran.
fn counted(
    operation: PqcOperation,
    parameter_set: u32,
    work: impl FnOnce() -> Result<(), PqcStatus>,
) -> Result<Vec<(usize, u64)>, PqcStatus> {
    let before = metrics()?;
    work()?;
    let after = metrics()?;
    let (before, after) = (entry(&before, operation, parameter_set), entry(&after, operation, parameter_set));
    let by_status = after.by_status.iter().zip(before.by_status).map(|(after, before)| after - before);
    let changed: Vec<_> = by_status.enumerate().filter(|(_, count)| *count > 0).collect();
    assert_eq!(after.calls - before.calls, changed.iter().map(|(_, count)| count).sum::<u64>());
    let errors = changed.iter().filter(|(status, _)| *status != PqcStatus::Ok as usize);
    assert_eq!(after.errors - before.errors, errors.map(|(_, count)| count).sum::<u64>());
    Ok(changed)
}

const OK: usize = PqcStatus::Ok as usize;

/// The operations that make and read keys of a family, and use private and public keys.
fn operations(algorithm: Algorithm) -> [PqcOperation; 4] {
    use PqcOperation::*;
    match algorithm {
        _ if algorithm.is_mlkem() => [MlkemKeygen, MlkemImport, MlkemDecapsulate, MlkemEncapsulate],
        _ if algorithm.is_mldsa() => [MldsaKeygen, MldsaImport, MldsaSign, MldsaVerify],
        _ if algorithm.is_composite() => [CompositeKeygen, CompositeImport, CompositeSign, CompositeVerify],
        _ => [XwingKeygen, XwingImport, XwingDecapsulate, XwingEncapsulate],
    }
}

/// The metrics name X-Wing by the number of its ML-KEM.
fn entry_of(algorithm: Algorithm) -> u32 {
    if algorithm.name == "X-Wing" { 768 } else { algorithm.id }
}

#[test]
fn every_operation_is_counted_where_it_belongs_and_nowhere_else() -> Result<(), PqcStatus> {
    let _alone = alone();
    for algorithm in Algorithm::all() {
        let before = metrics()?;
        let pair = algorithm.generate()?;
        drop((algorithm.reload(&pair)?, algorithm.load_private_key(&pair.bytes()?)?));
        let key = algorithm.load_public_key(&pair.public_key()?.bytes()?)?;
        for _ in 0..3 {
            if algorithm.is_kem() {
                let ciphertext = key.encapsulate()?.0;
                drop(pair.decapsulate(&ciphertext)?);
            } else {
                key.verify(b"m", b"", &pair.sign(b"m", b"", 0)?)?;
            }
        }
        assert_eq!(algorithm.with(1 << 31).generate().err(), Some(PqcStatus::UnknownFlags));
        let (after, id) = (metrics()?, entry_of(algorithm));
        for (operation, expected) in operations(algorithm).into_iter().zip([(2, 1), (3, 0), (3, 0), (3, 0)]) {
            let (after, before) = (entry(&after, operation, id), entry(&before, operation, id));
            let change = (after.calls - before.calls, after.errors - before.errors);
            assert_eq!(change, expected, "{operation:?} {algorithm:?}");
            let buckets = histogram(operation as u32, id)?;
            assert_eq!(buckets.iter().map(|bucket| bucket[2]).sum::<u64>(), after.timed, "{operation:?}");
            assert_eq!(histogram(operation as u32, 0).err(), Some(PqcStatus::UnknownAlgorithm), "{operation:?}");
        }
        let total = |metrics: &FFIMetrics| metrics.operations.iter().map(|entry| entry.calls).sum::<u64>();
        assert_eq!(total(&after) - total(&before), 11, "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn every_entry_belongs_to_an_operation_and_an_algorithm() -> Result<(), PqcStatus> {
    let metrics = metrics()?;
    let entries: Vec<_> = metrics.operations.iter().map(|entry| (entry.operation, entry.parameter_set)).collect();
    let composites: Vec<_> = Algorithm::composites().iter().map(|algorithm| algorithm.id).collect();
    let sets = |operation| match operation {
        0..4 => vec![0, 512, 768, 1024],
        4..8 => vec![0, 44, 65, 87],
        8..12 => vec![768],
        _ => [&[0], &composites[..]].concat(),
    };
    let expected: Vec<_> = (0..16).flat_map(|number| sets(number).into_iter().map(move |set| (number, set))).collect();
    assert_eq!(entries, expected);
    Ok(())
}

#[test]
fn errors_are_counted_by_status() -> Result<(), PqcStatus> {
    let _alone = alone();
    let key = Algorithm::of(65).generate()?.public_key()?;
    let bad = vec![0; MLDSA65_SIGNATUREBYTES];
    let changed = counted(PqcOperation::MldsaVerify, 65, || {
        for _ in 0..5 {
            assert_eq!(key.verify(b"m", b"", &bad), Err(PqcStatus::InvalidSignature));
        }
        assert_eq!(key.verify(b"m", &[0; 256], &bad), Err(PqcStatus::ContextLength));
        Ok(())
    })?;
    assert_eq!(changed, [(PqcStatus::ContextLength as usize, 1), (PqcStatus::InvalidSignature as usize, 5)]);
    Ok(())
}

#[test]
fn calls_that_name_no_algorithm_have_an_entry_of_their_own() -> Result<(), PqcStatus> {
    let _alone = alone();
    let changed = counted(PqcOperation::MlkemKeygen, 0, || {
        let mut pair = ptr::null_mut();
        let unknown = ffi!(mlkem_keypair_generate(65, 0, &raw mut pair));
        let null = ffi!(mlkem_keypair_generate(768, 0, ptr::null_mut()));
        assert_eq!((unknown, null), (PqcStatus::UnknownAlgorithm, PqcStatus::NullPointer));
        Ok(())
    })?;
    assert_eq!(changed, [(PqcStatus::NullPointer as usize, 1), (PqcStatus::UnknownAlgorithm as usize, 1)]);
    Ok(())
}

#[test]
fn an_implicit_rejection_is_counted_as_any_success() -> Result<(), PqcStatus> {
    let _alone = alone();
    let pair = Algorithm::of(768).generate()?;
    let mut ciphertext = pair.public_key()?.encapsulate()?.0.to_vec();
    let good = counted(PqcOperation::MlkemDecapsulate, 768, || pair.decapsulate(&ciphertext).map(drop))?;
    ciphertext[0] ^= 1;
    let rejected = counted(PqcOperation::MlkemDecapsulate, 768, || pair.decapsulate(&ciphertext).map(drop))?;
    assert_eq!((good, rejected), (vec![(OK, 1)], vec![(OK, 1)]));
    Ok(())
}

#[test]
fn counts_are_exact_with_more_threads_than_shards() -> Result<(), PqcStatus> {
    const THREADS: u64 = 40;
    const CALLS: u64 = 50;
    let _alone = alone();
    let pair = Algorithm::of(512).generate()?;
    let ciphertext = pair.public_key()?.encapsulate()?.0.to_vec();
    let buckets = |set| Ok::<_, PqcStatus>(histogram(2, set)?.iter().map(|bucket| bucket[2]).sum::<u64>());
    let before = buckets(512)?;
    let changed = counted(PqcOperation::MlkemDecapsulate, 512, || {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for number in 0..CALLS {
                        let short = usize::from(number % 5 == 0);
                        let outcome = pair.decapsulate(&ciphertext[short..]);
                        assert_eq!(outcome.is_ok(), short == 0);
                    }
                });
            }
        });
        Ok(())
    })?;
    let errors = THREADS * CALLS / 5;
    assert_eq!(changed, [(OK, THREADS * CALLS - errors), (PqcStatus::CiphertextLength as usize, errors)]);
    assert_eq!(buckets(512)? - before, THREADS * CALLS - errors);
    Ok(())
}

#[test]
fn times_of_an_entry_agree_with_its_histogram() -> Result<(), PqcStatus> {
    let _alone = alone();
    for _ in 0..200 {
        drop(Algorithm::of(1024).generate()?);
    }
    let metrics = metrics()?;
    let entry = entry(&metrics, PqcOperation::MlkemKeygen, 1024);
    let buckets = histogram(entry.operation, entry.parameter_set)?;
    assert_eq!(entry.timed, buckets.iter().map(|bucket| bucket[2]).sum::<u64>());
    let used: Vec<_> = buckets.iter().filter(|bucket| bucket[2] > 0).collect();
    let (first, last) = (used[0], used[used.len() - 1]);
    assert!((first[0]..first[1]).contains(&entry.min_ns) && (last[0]..last[1]).contains(&entry.max_ns));
    let percentiles = [entry.min_ns, entry.p50_ns, entry.p90_ns, entry.p99_ns, entry.p999_ns, entry.max_ns];
    assert!(percentiles.is_sorted(), "{percentiles:?}");
    let range = entry.timed * entry.min_ns..=entry.timed * entry.max_ns;
    assert!(range.contains(&entry.total_ns));
    Ok(())
}

#[test]
fn buckets_of_a_histogram_follow_each_other_without_a_gap() -> Result<(), PqcStatus> {
    let _alone = alone();
    let buckets = histogram(PqcOperation::MldsaSign as u32, 87)?;
    assert_eq!((buckets[0][0], buckets[buckets.len() - 1][1]), (0, u64::MAX));
    assert!(buckets.windows(2).all(|pair| pair[0][1] == pair[1][0] && pair[0][0] < pair[0][1]));
    Ok(())
}

#[test]
fn live_handles_and_buffers_come_and_go() -> Result<(), PqcStatus> {
    let _alone = alone();
    let live = || metrics().map(|metrics| (metrics.live_handles, metrics.live_buffers));
    let (handles, buffers) = live()?;
    let pair = Algorithm::of(512).generate()?;
    let key = pair.public_key()?;
    let (ciphertext, secret) = key.encapsulate()?;
    assert_eq!(live()?, (handles + 2, buffers + 2));
    drop(secret);
    drop(thread::spawn(move || drop(pair)).join());
    assert_eq!(live()?, (handles + 1, buffers + 1));
    drop((key, ciphertext));
    assert_eq!(live()?, (handles, buffers));
    Ok(())
}

#[test]
fn wiped_bytes_are_those_of_buffers_and_private_keys() -> Result<(), PqcStatus> {
    let _alone = alone();
    let wiped = |work: &dyn Fn() -> Result<(), PqcStatus>| {
        let before = metrics()?.bytes_wiped;
        work()?;
        Ok::<_, PqcStatus>(metrics()?.bytes_wiped - before)
    };
    let pair = Algorithm::of(44).generate()?;
    assert_eq!(wiped(&|| pair.sign(b"", b"", 0).map(drop))?, 2420);
    assert_eq!(wiped(&|| pair.public_key().map(drop))?, 0);
    assert_eq!(wiped(&|| Algorithm::of(44).generate().map(drop))?, 2560 + 32);
    let of_ml_kem = wiped(&|| Algorithm::of(768).generate().map(drop))?;
    assert_eq!(wiped(&|| Algorithm::of(PqcAlgorithm::Xwing as u32).generate().map(drop))?, of_ml_kem - 64 + 32 + 32);
    Ok(())
}

#[test]
fn a_struct_of_another_size_is_filled_as_far_as_it_goes_or_refused() {
    let size = size_of::<FFIMetrics>();
    let mut larger = (empty(), [u64::MAX; 4]);
    let status = ffi!(ffi_get_performance_metrics((&raw mut larger).cast(), size_of_val(&larger)));
    assert_eq!((status, larger.0.size, larger.1), (PqcStatus::Ok, size, [0; 4]));
    let entry = size_of::<FFIOperationMetrics>();
    let first = size - 32 * entry;
    for (smaller, filled) in
        [(first, first), (first + 1, first), (size - entry, size - entry), (size - 1, size - entry)]
    {
        larger.0.operations[63].calls = u64::MAX;
        let status = ffi!(ffi_get_performance_metrics(&raw mut larger.0, smaller));
        assert_eq!((status, larger.0.size), (PqcStatus::Ok, filled), "{smaller}");
        let last = (filled - (size - 64 * entry)) / entry - 1;
        assert_eq!(larger.0.operations[last].operation, if last == 31 { 7 } else { 15 });
        assert_eq!(larger.0.operations[63].calls, if smaller == size - 1 { 0 } else { u64::MAX }, "nothing beyond it");
    }
    for smaller in [0, 1, 8, first - 1] {
        larger.0.live_handles = u64::MAX;
        let status = ffi!(ffi_get_performance_metrics(&raw mut larger.0, smaller));
        assert_eq!(status, PqcStatus::OutputLength);
        assert_eq!(larger.0.live_handles == 0, smaller > 8, "{smaller}: its beginning is zeroed");
    }
}

#[test]
fn every_operation_has_a_name() {
    let name = |number| common::text(ffi_operation_name(number)).to_string_lossy();
    assert_eq!(name(PqcOperation::MlkemEncapsulate as u32), "mlkem_encapsulate");
    assert_eq!(name(PqcOperation::MldsaVerify as u32), "mldsa_verify");
    assert_eq!(name(PqcOperation::XwingImport as u32), "xwing_import");
    assert_eq!(name(PqcOperation::CompositeImport as u32), "composite_import");
    let known: std::collections::HashSet<_> = (0..16).map(name).collect();
    assert_eq!(known.len(), 16);
    assert!([16, 100, u32::MAX].into_iter().all(|number| name(number) == "unknown operation"));
}

#[test]
fn frees_of_nothing_count_nothing() -> Result<(), PqcStatus> {
    let _alone = alone();
    let before = metrics()?;
    let mut buffer = FFIBuffer { data: ptr::null_mut(), len: 0, reserved: 0 };
    ffi!(pqc_private_key_free(ptr::null_mut()));
    ffi!(ffi_buffer_free(&raw mut buffer));
    assert_eq!(ffi!(pqc_decapsulate(ptr::null(), ptr::null(), 0, &raw mut buffer)), PqcStatus::NullPointer);
    let after = metrics()?;
    assert_eq!((after.live_handles, after.live_buffers), (before.live_handles, before.live_buffers));
    Ok(())
}
