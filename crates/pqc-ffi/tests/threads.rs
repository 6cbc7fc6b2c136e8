//! Many threads on the same handles.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mldsa::DSA_SETS;
use common::mlkem::KEM_SETS;
use common::xwing::XWING;
use pqc_ffi::mldsa_ffi::MLDSA_SIGN_DETERMINISTIC;
use pqc_ffi::status::PqcStatus;
use std::sync::Barrier;
use std::thread;

const THREADS: usize = 8;
const ROUNDS: usize = 25;

/// Runs `body` on all threads, which start it together, and gives the first failure or every result.
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
fn mlkem_handles_work_on_many_threads_at_once() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let key = pair.public_key()?;
        let (ciphertext, secret) = key.encapsulate()?;
        let (ciphertext, secret) = (ciphertext.to_vec(), secret.to_vec());
        on_all_threads(|_| {
            for _ in 0..ROUNDS {
                let (fresh, sent) = key.encapsulate()?;
                assert_eq!(*pair.decapsulate(&fresh)?, *sent, "{set:?}");
                assert_eq!(*pair.decapsulate(&ciphertext)?, *secret, "{set:?}");
            }
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn xwing_handles_work_on_many_threads_at_once() -> Result<(), PqcStatus> {
    let pair = XWING.generate()?;
    let keys = on_all_threads(|_| pair.public_key())?;
    assert!(keys.iter().all(|key| key.as_ptr() == keys[0].as_ptr()), "one counted object");
    on_all_threads(|thread| {
        for _ in 0..ROUNDS {
            let (ciphertext, sent) = keys[thread].encapsulate()?;
            assert_eq!(*pair.decapsulate(&ciphertext)?, *sent);
        }
        Ok(())
    })?;
    Ok(())
}

#[test]
fn mldsa_handles_work_on_many_threads_at_once() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.generate()?;
        let key = pair.public_key()?;
        let fixed = pair.sign(b"m", b"c", MLDSA_SIGN_DETERMINISTIC)?.to_vec();
        on_all_threads(|thread| {
            for round in 0..ROUNDS {
                let message = [thread.to_le_bytes(), round.to_le_bytes()].concat();
                let signature = pair.sign(&message, b"c", 0)?;
                key.verify(&message, b"c", &signature)?;
                assert_eq!(key.verify(&message, b"d", &signature), Err(PqcStatus::InvalidSignature), "{set:?}");
                assert_eq!(*pair.sign(b"m", b"c", MLDSA_SIGN_DETERMINISTIC)?, *fixed, "{set:?}");
            }
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn mlkem_threads_that_race_for_the_public_key_get_the_same_one() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        for _ in 0..ROUNDS {
            let pair = set.generate()?;
            let public = pair.public_key_bytes()?.to_vec();
            let keys = on_all_threads(|_| pair.public_key())?;
            assert!(keys.iter().all(|key| key.as_ptr() == keys[0].as_ptr()), "{set:?}: one counted object");
            for key in keys {
                assert_eq!(*key.bytes()?, *public, "{set:?}");
                let (ciphertext, secret) = key.encapsulate()?;
                assert_eq!(*pair.decapsulate(&ciphertext)?, *secret, "{set:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn mldsa_threads_that_race_for_the_public_key_get_the_same_one() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        for _ in 0..ROUNDS {
            let pair = set.generate()?;
            let public = pair.public_key_bytes()?.to_vec();
            let signature = pair.sign(b"m", b"c", 0)?;
            let keys = on_all_threads(|_| pair.public_key())?;
            assert!(keys.iter().all(|key| key.as_ptr() == keys[0].as_ptr()), "{set:?}: one counted object");
            for key in keys {
                assert_eq!(*key.bytes()?, *public, "{set:?}");
                key.verify(b"m", b"c", &signature)?;
            }
        }
    }
    Ok(())
}

#[test]
fn handles_of_one_public_key_may_be_freed_on_any_thread() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let public = pair.public_key_bytes()?.to_vec();
        on_all_threads(|_| {
            for _ in 0..ROUNDS {
                assert_eq!(*pair.public_key()?.bytes()?, *public, "{set:?}");
            }
            Ok(())
        })?;
        let last = pair.public_key()?;
        let freed = on_all_threads(|_| pair.public_key())?;
        drop(pair);
        thread::scope(|scope| freed.into_iter().for_each(|key| drop(scope.spawn(move || drop(key)))));
        assert_eq!(*last.bytes()?, *public, "{set:?}");
    }
    Ok(())
}
