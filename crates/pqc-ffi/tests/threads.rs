//! Many threads on the same handles.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::Owned;
use common::api::*;
use common::keys::Algorithm;
use std::sync::Barrier;
use std::thread;

const THREADS: usize = 8;
const ROUNDS: usize = 25;

/// Runs `body` on all threads, which start it together, and returns the first failure or every result.
fn on_all_threads<T: Send>(body: impl Fn(usize) -> Result<T, PqcStatus> + Sync) -> Result<Vec<T>, PqcStatus> {
    let start = Barrier::new(THREADS);
    let run = |thread| {
        start.wait();
        body(thread)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || run(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err(PqcStatus::Panic))).collect()
    })
}

#[test]
fn kem_handles_work_on_many_threads_at_once() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        let (ciphertext, secret) = key.encapsulate()?;
        let (ciphertext, secret) = (ciphertext.to_vec(), secret.to_vec());
        on_all_threads(|_| {
            for _ in 0..ROUNDS {
                let (fresh, sent) = key.encapsulate()?;
                assert_eq!(*pair.decapsulate(&fresh)?, *sent, "{algorithm:?}");
                assert_eq!(*pair.decapsulate(&ciphertext)?, *secret, "{algorithm:?}");
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The first use of a generated key computes the hash of its public key.
#[test]
fn threads_that_race_for_the_first_use_of_a_key_agree() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems().into_iter().flat_map(|algorithm| [algorithm; ROUNDS]) {
        for flags in [0, PQC_KEY_NO_PRECOMPUTE] {
            let algorithm = algorithm.with(flags);
            let pair = algorithm.generate()?;
            let (ciphertext, secret) = pair.public_key()?.encapsulate()?;
            let (ciphertext, secret) = (ciphertext.to_vec(), secret.to_vec());
            let expected = algorithm.load_seed(&pair.seed()?)?.bytes()?.to_vec();
            on_all_threads(|thread| {
                if thread % 2 == 0 {
                    assert_eq!(*pair.decapsulate(&ciphertext)?, *secret, "{algorithm:?}");
                } else {
                    assert_eq!(*pair.bytes()?, *expected, "{algorithm:?}");
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn signature_handles_work_on_many_threads_at_once() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::quick_signers() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        let fixed = pair.sign(b"m", b"c", PQC_SIGN_DETERMINISTIC)?.to_vec();
        on_all_threads(|thread| {
            for round in 0..ROUNDS {
                let message = [thread.to_le_bytes(), round.to_le_bytes()].concat();
                let signature = pair.sign(&message, b"c", 0)?;
                key.verify(&message, b"c", &signature)?;
                assert_eq!(key.verify(&message, b"d", &signature), Err(PqcStatus::InvalidSignature), "{algorithm:?}");
                assert_eq!(*pair.sign(b"m", b"c", PQC_SIGN_DETERMINISTIC)?, *fixed, "{algorithm:?}");
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Whether a public key works with its private key.
fn works(pair: &Owned<PqcPrivateKey>, key: &Owned<PqcPublicKey>, is_kem: bool) -> Result<bool, PqcStatus> {
    if !is_kem {
        return Ok(key.verify(b"m", b"c", &pair.sign(b"m", b"c", 0)?).is_ok());
    }
    let (ciphertext, secret) = key.encapsulate()?;
    Ok(*pair.decapsulate(&ciphertext)? == *secret)
}

#[test]
fn threads_that_race_for_the_public_key_get_the_same_one() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::quick().into_iter().flat_map(|algorithm| [algorithm; ROUNDS]) {
        let first = algorithm.generate()?;
        let public = first.public_key()?.bytes()?.to_vec();
        let pair = algorithm.reload(&first)?;
        let keys = on_all_threads(|_| pair.public_key())?;
        assert!(keys.iter().all(|key| key.as_ptr() == keys[0].as_ptr()), "{algorithm:?}: one counted object");
        for key in keys {
            assert_eq!(*key.bytes()?, *public, "{algorithm:?}");
            assert!(works(&pair, &key, algorithm.is_kem())?, "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn handles_of_one_public_key_may_be_freed_on_any_thread() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::quick() {
        let pair = algorithm.generate()?;
        let public = pair.public_key()?.bytes()?.to_vec();
        on_all_threads(|_| {
            for _ in 0..ROUNDS {
                assert_eq!(*pair.public_key()?.bytes()?, *public, "{algorithm:?}");
            }
            Ok(())
        })?;
        let last = pair.public_key()?;
        let freed = on_all_threads(|_| pair.public_key())?;
        drop(pair);
        thread::scope(|scope| freed.into_iter().for_each(|key| drop(scope.spawn(move || drop(key)))));
        assert_eq!(*last.bytes()?, *public, "{algorithm:?}");
    }
    Ok(())
}
