//! A thread with the default stack of musl, 128 KiB, is enough for every operation of ML-KEM, and no thread needs the stack of a
//! self test.
//!
//! One test for each family, since the first use of a parameter set in the process is the one that takes the most.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::api::*;
use common::batch::{Slots, all_ok, column, decapsulate, encapsulate, generate, keys_by_handle, slices};
use common::keys::Algorithm;
use std::thread;

const MUSL_STACK_BYTES: usize = 128 << 10;
/// Items of a batch.
const ITEMS: usize = 9;

/// Makes, encodes, loads and uses keys, alone and in a batch.
fn use_all(algorithm: Algorithm) -> Result<(), PqcStatus> {
    let pair = algorithm.generate()?;
    assert_eq!(*algorithm.load_seed(&pair.seed()?)?.bytes()?, *pair.bytes()?);
    let public = pair.public_key()?;
    for (pair, public) in
        [(algorithm.load_private_key(&pair.bytes()?)?, algorithm.load_public_key(&public.bytes()?)?), (pair, public)]
    {
        for _ in 0..3 {
            let (ciphertext, secret) = public.encapsulate()?;
            assert_eq!(*pair.decapsulate(&ciphertext)?, *secret, "{algorithm:?}");
        }
        let ciphertexts = Slots::of(algorithm.ciphertext, ITEMS);
        let [sent, received] = [(); 2].map(|()| Slots::of(algorithm.shared_secret, ITEMS));
        let keys = [public.as_ptr()];
        let outcome = encapsulate(&keys_by_handle(&keys), ITEMS, 1, [&ciphertexts.column(), &sent.column()]);
        assert_eq!(outcome, all_ok(ITEMS), "{algorithm:?}");
        let inputs = slices(&ciphertexts.results().into_iter().map(Some).collect::<Vec<_>>());
        let outcome = decapsulate(&[pair.as_ptr()], column(&inputs), ITEMS, 1, &received.column());
        assert_eq!((outcome, received.results()), (all_ok(ITEMS), sent.results()), "{algorithm:?}");
    }
    assert_eq!(generate(algorithm, ITEMS, 1).0, all_ok(ITEMS), "{algorithm:?}");
    Ok(())
}

#[test]
fn mlkem_works_in_a_thread_of_128_kib_from_its_first_use_on() {
    let work = || {
        for flags in
            [PQC_KEY_PORTABLE, PQC_KEY_AVX2, PQC_KEY_AVX512, PQC_KEY_NEON, PQC_KEY_NEON_SHA3, PQC_KEY_PRECOMPUTE]
        {
            for algorithm in Algorithm::kems() {
                match use_all(algorithm.with(flags)) {
                    Err(PqcStatus::CodePathUnavailable) => {}
                    outcome => assert_eq!(outcome, Ok(()), "{algorithm:?}"),
                }
            }
        }
    };
    let thread = thread::Builder::new().stack_size(MUSL_STACK_BYTES).spawn(work);
    assert!(thread.expect("a thread").join().is_ok());
}

/// Enough to verify a signature, and too little for the self test, which makes some.
const VERIFIER_STACK_BYTES: usize = 192 << 10;

#[test]
fn signatures_are_verified_in_a_thread_that_is_too_small_for_the_self_test() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::signers() {
        // Made on another path where there is one, so that the first use of the best one is in the thread.
        let pair = algorithm.with(PQC_KEY_PORTABLE).generate()?;
        let (public, signature) = (pair.public_key()?.bytes()?.to_vec(), pair.sign(b"message", b"", 0)?.to_vec());
        let work = move || algorithm.load_public_key(&public)?.verify(b"message", b"", &signature);
        let thread = thread::Builder::new().stack_size(VERIFIER_STACK_BYTES).spawn(work);
        assert_eq!(thread.expect("a thread").join().expect("no panic"), Ok(()), "{algorithm:?}");
    }
    Ok(())
}
