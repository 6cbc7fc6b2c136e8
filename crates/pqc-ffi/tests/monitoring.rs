//! The metrics, compared with the calls that were made.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

mod common;

use common::api::*;
use common::ffi;
use common::keys::Algorithm;
use common::metrics::{Metrics, counts_at, entry, metrics, report};
use core::ptr;
use pqc_core::CodePath;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// Keeps the tests of this file, which count for the whole process, apart.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many calls of an action with an algorithm ended with each status while `work` ran.
fn counts_during(
    action: PqcAction,
    algorithm: u32,
    work: impl FnOnce() -> Result<(), PqcStatus>,
) -> Result<Vec<(usize, u64)>, PqcStatus> {
    let before = metrics()?;
    work()?;
    let after = metrics()?;
    let (before, after) = (entry(&before, action, algorithm), entry(&after, action, algorithm));
    let by_status = after.by_status.iter().zip(before.by_status).map(|(after, before)| after - before);
    let changed: Vec<_> = by_status.enumerate().filter(|(_, count)| *count > 0).collect();
    assert_eq!(after.calls - before.calls, changed.iter().map(|(_, count)| count).sum::<u64>());
    let errors = changed.iter().filter(|(status, _)| *status != PqcStatus::Ok as usize);
    assert_eq!(after.errors - before.errors, errors.map(|(_, count)| count).sum::<u64>());
    Ok(changed)
}

const OK: usize = PqcStatus::Ok as usize;

/// The actions that make and read keys of an algorithm, and use private and public keys.
fn actions(algorithm: Algorithm) -> [PqcAction; 4] {
    use PqcAction::*;
    if algorithm.is_kem() { [Generate, Import, Decapsulate, Encapsulate] } else { [Generate, Import, Sign, Verify] }
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
        let after = metrics()?;
        for (action, expected) in actions(algorithm).into_iter().zip([(2, 1), (3, 0), (3, 0), (3, 0)]) {
            let (after, before) = (entry(&after, action, algorithm.id), entry(&before, action, algorithm.id));
            let change = (after.calls - before.calls, after.errors - before.errors);
            assert_eq!(change, expected, "{action:?} {algorithm:?}");
            assert_eq!(after.buckets.iter().sum::<u64>(), after.timed, "{action:?}");
        }
        let of_each = |metrics: &Metrics| metrics.operations.iter().map(|counts| counts.calls).sum::<u64>();
        assert_eq!([of_each(&after) - of_each(&before), after.calls - before.calls], [11; 2], "{algorithm:?}");
        assert_eq!(after.errors - before.errors, 1, "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn operations_are_the_actions_of_every_algorithm_and_of_none() -> Result<(), PqcStatus> {
    let found: Vec<_> = metrics()?.operations.iter().map(|counts| (counts.action, counts.algorithm)).collect();
    let expected = (0..6).flat_map(|action| {
        let has = move |algorithm: &Algorithm| actions(*algorithm).iter().any(|known| *known as u32 == action);
        let ids = Algorithm::rows().into_iter().filter(has).map(|algorithm| algorithm.id);
        [0].into_iter().chain(ids).map(move |id| (action, id))
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
    for index in [found.len(), found.len() + 1, usize::MAX] {
        assert_eq!(counts_at(index).err(), Some(PqcStatus::UnknownOperation));
    }
    Ok(())
}

/// The bytes of a struct without padding.
fn bytes(counts: &FFIOperationMetrics) -> &[u8] {
    // SAFETY: the struct has numbers only.
    unsafe { core::slice::from_raw_parts((&raw const *counts).cast(), size_of::<FFIOperationMetrics>()) }
}

#[test]
fn a_report_has_the_operations_that_were_called() -> Result<(), PqcStatus> {
    let _alone = alone();
    drop(Algorithm::of(65).generate()?);
    let (report, metrics) = (report()?, metrics()?);
    let called = |counts: &&FFIOperationMetrics| counts.calls > 0;
    let reported: Vec<_> = report.operations.iter().map(bytes).collect();
    assert_eq!(reported, metrics.operations.iter().filter(called).map(bytes).collect::<Vec<_>>());
    assert!(reported.len() < metrics.operations.len());
    assert_eq!((report.size, report.calls, report.errors), (metrics.size, metrics.calls, metrics.errors));
    assert_eq!((report.live_handles, report.live_buffers), (metrics.live_handles, metrics.live_buffers));
    Ok(())
}

/// The arithmetic decides, not the speed of the machine: a part of the call takes no longer than the call.
#[test]
fn self_tests_are_counted_apart_from_the_operation_that_runs_them() -> Result<(), PqcStatus> {
    let _alone = alone();
    let algorithm = Algorithm::of(87).with(PQC_KEY_PORTABLE);
    let figures = || {
        let metrics = metrics()?;
        let generated = entry(&metrics, PqcAction::Generate, 87).total_ns;
        Ok::<_, PqcStatus>((metrics.self_tests, u128::from(metrics.self_test_ns), u128::from(generated)))
    };
    let (before, start) = (figures()?, Instant::now());
    drop(algorithm.generate()?);
    let (spent, first) = (start.elapsed().as_nanos(), figures()?);
    assert_eq!(first.0 - before.0, u64::from(CodePath::best() != CodePath::Portable));
    assert!((first.1 - before.1) + (first.2 - before.2) <= spent);
    drop(algorithm.generate()?);
    assert_eq!(figures()?.0, first.0);
    Ok(())
}

#[test]
fn errors_are_counted_by_status() -> Result<(), PqcStatus> {
    let _alone = alone();
    let key = Algorithm::of(65).generate()?.public_key()?;
    let bad = vec![0; MLDSA65_SIGNATUREBYTES];
    let changed = counts_during(PqcAction::Verify, 65, || {
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
fn calls_that_name_no_algorithm_of_the_action_are_counted_without_one() -> Result<(), PqcStatus> {
    let _alone = alone();
    let changed = counts_during(PqcAction::Generate, 0, || {
        let mut pair = ptr::null_mut();
        let unknown = ffi!(mlkem_keypair_generate(65, 0, &raw mut pair));
        let of_none = ffi!(pqc_private_key_generate(1, 0, &raw mut pair));
        let null = ffi!(mlkem_keypair_generate(768, 0, ptr::null_mut()));
        assert_eq!((unknown, of_none, null), (PqcStatus::UnknownAlgorithm, unknown, PqcStatus::NullPointer));
        Ok(())
    })?;
    assert_eq!(changed, [(PqcStatus::NullPointer as usize, 1), (PqcStatus::UnknownAlgorithm as usize, 2)]);
    let key = Algorithm::of(44).generate()?;
    let changed = counts_during(PqcAction::Decapsulate, 0, || {
        assert_eq!(key.decapsulate(b"").err(), Some(PqcStatus::WrongAlgorithm));
        Ok(())
    })?;
    assert_eq!(changed, [(PqcStatus::WrongAlgorithm as usize, 1)]);
    Ok(())
}

#[test]
fn an_implicit_rejection_is_counted_as_any_success() -> Result<(), PqcStatus> {
    let _alone = alone();
    let pair = Algorithm::of(768).generate()?;
    let mut ciphertext = pair.public_key()?.encapsulate()?.0.to_vec();
    let good = counts_during(PqcAction::Decapsulate, 768, || pair.decapsulate(&ciphertext).map(drop))?;
    ciphertext[0] ^= 1;
    let rejected = counts_during(PqcAction::Decapsulate, 768, || pair.decapsulate(&ciphertext).map(drop))?;
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
    let timed = || Ok::<_, PqcStatus>(entry(&metrics()?, PqcAction::Decapsulate, 512).buckets.iter().sum::<u64>());
    let before = timed()?;
    let changed = counts_during(PqcAction::Decapsulate, 512, || {
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
    assert_eq!(timed()? - before, THREADS * CALLS - errors);
    Ok(())
}

#[test]
fn times_of_an_entry_agree_with_its_histogram() -> Result<(), PqcStatus> {
    let _alone = alone();
    for _ in 0..200 {
        drop(Algorithm::of(1024).generate()?);
    }
    let metrics = metrics()?;
    let entry = entry(&metrics, PqcAction::Generate, 1024);
    assert_eq!(entry.timed, entry.buckets.iter().sum::<u64>());
    let used: Vec<_> = (0..FFI_METRICS_BUCKETS).filter(|bucket| entry.buckets[*bucket] > 0).collect();
    let times = |bucket: usize| ffi_metrics_bucket_ns(bucket)..ffi_metrics_bucket_ns(bucket + 1);
    assert!(times(used[0]).contains(&entry.min_ns) && times(used[used.len() - 1]).contains(&entry.max_ns));
    let percentiles = [entry.min_ns, entry.p50_ns, entry.p90_ns, entry.p99_ns, entry.p999_ns, entry.max_ns];
    assert!(percentiles.is_sorted(), "{percentiles:?}");
    let range = entry.timed * entry.min_ns..=entry.timed * entry.max_ns;
    assert!(range.contains(&entry.total_ns));
    Ok(())
}

#[test]
fn buckets_begin_at_zero_and_follow_each_other() {
    let starts: Vec<_> = (0..=FFI_METRICS_BUCKETS).map(|bucket| ffi_metrics_bucket_ns(bucket)).collect();
    assert!(starts[0] == 0 && starts.is_sorted_by(|one, next| one < next));
    assert_eq!([starts[FFI_METRICS_BUCKETS], ffi_metrics_bucket_ns(usize::MAX)], [u64::MAX; 2]);
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

/// The struct of a program that was built for the first version, for this one and for a later one.
#[test]
fn a_struct_of_another_size_is_filled_as_far_as_it_goes_or_refused() {
    let _alone = alone();
    let (size, word) = (size_of::<FFIMetrics>(), size_of::<u64>());
    let first = core::mem::offset_of!(FFIMetrics, calls);
    drop((Algorithm::of(512).generate(), Algorithm::of(512).with(1 << 31).generate()));
    let known = |known: usize| {
        let mut memory = [u64::MAX; 16];
        let status = ffi!(ffi_get_performance_metrics(memory.as_mut_ptr().cast(), known));
        (status, memory)
    };
    for (known_bytes, filled) in [(first, first), (first + 1, first), (size - 1, size - word), (size, size), (96, size)]
    {
        let (status, memory) = known(known_bytes);
        assert_eq!((status, memory[0]), (PqcStatus::Ok, filled as u64), "{known_bytes}");
        assert!(memory[3..filled / word].iter().all(|field| ![0, u64::MAX].contains(field)), "{known_bytes}");
        assert!(memory[filled / word..known_bytes / word].iter().all(|field| *field == 0), "{known_bytes}");
        assert!(memory[known_bytes.div_ceil(word)..].iter().all(|field| *field == u64::MAX), "{known_bytes}");
    }
    for known_bytes in [0, 1, 8, first - 1] {
        let (status, memory) = known(known_bytes);
        assert_eq!(status, PqcStatus::OutputLength);
        assert!(memory[..known_bytes / word].iter().all(|field| *field == 0), "{known_bytes}: its beginning is zeroed");
    }
}

#[test]
fn every_action_has_a_name() {
    let name = |number| common::text(ffi_action_name(number)).to_string_lossy();
    let names = ["generate", "import", "encapsulate", "decapsulate", "sign", "verify"];
    assert!((0..6).map(name).eq(names));
    assert_eq!(name(PqcAction::Verify as u32), "verify");
    assert!([6, 100, u32::MAX].into_iter().all(|number| name(number) == "unknown action"));
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
