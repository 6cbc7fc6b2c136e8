//! Deterministic cases of ML-DSA for each set, with keys in every form, hashed into one digest: 10,000 on the best backend, and 1,000
//! on the others.

use crate::mldsa::accumulated::{DIGESTS, accumulate};
use crate::mldsa::{keygen, mu, sign_in_turn, sized, verify_first_use, verifying_key};
use pqc_simd::Backend;
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87, ParameterSet, verify_mu};

fn check<P: ParameterSet>(digests: [&str; 3]) {
    for backend in Backend::available() {
        let mut number = 0;
        let found = accumulate(if backend == Backend::best() { 10_000 } else { 1_000 }, |seed| {
            let pair = keygen::<P>(backend, seed);
            let mu = mu(backend, &pair.1, b"accumulated", seed);
            let signature = sign_in_turn::<P>(backend, number, (seed, &pair), &mu, &[0; 32]);
            if number < 10 || number.is_multiple_of(7) {
                check_verdicts::<P>(backend, number, &pair.1, &mu, &signature);
            }
            number += 1;
            [pair.0, pair.1, signature]
        });
        assert!(found.iter().zip(digests).all(|(found, expected)| found == expected), "{}: {found:?}", backend.name());
    }
}

/// With the key in one form, the signature is valid, and with one bit changed, it is not.
fn check_verdicts<P: ParameterSet>(backend: Backend, number: u32, public_key: &[u8], mu: &[u8; 64], signature: &[u8]) {
    let mut bad = signature.to_vec();
    let place = usize::try_from(number).unwrap() * 61 % signature.len();
    bad[place] ^= 1 << (number % 8);
    match number % 3 {
        0 => {
            let key = verifying_key::<P>(backend, public_key);
            let verdicts = [signature, &bad].map(|signature| key.verify_mu(backend, mu, sized(signature)));
            assert_eq!(verdicts, [true, false]);
        }
        1 => {
            let verify = |signature: &[u8]| verify_mu::<P>(backend, sized(public_key), mu, sized(signature));
            assert_eq!([signature, &bad].map(verify), [true, false]);
        }
        _ => verify_first_use::<P>(backend, public_key, mu, [(signature, true), (&bad, false)]),
    }
}

#[test]
fn mldsa44_accumulates_to_its_digest() {
    check::<MlDsa44>(DIGESTS[0]);
}

#[test]
fn mldsa65_accumulates_to_its_digest() {
    check::<MlDsa65>(DIGESTS[1]);
}

#[test]
fn mldsa87_accumulates_to_its_digest() {
    check::<MlDsa87>(DIGESTS[2]);
}
