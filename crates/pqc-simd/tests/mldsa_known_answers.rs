//! 10,000 deterministic cases of ML-DSA for each set and backend, hashed into one digest.
//!
//! The digests below are from libcrux; `QYNAUTH_PQC_ACCUMULATE_LIBCRUX=1` computes them again.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mldsa;

use libcrux_sha3::{sha256, shake256};
use mldsa::{Peers, keygen, mu, sign, signing_key, sized, verifying_key};
use pqc_simd::Backend;
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87};

const CASES: u32 = 10_000;

/// The seed of a case, which is also its message.
fn seed(case: u32) -> [u8; 32] {
    shake256(&case.to_le_bytes())
}

/// Hashes the private key, public key and deterministic signature of every case.
fn accumulate(make: impl Fn(&[u8; 32]) -> [Vec<u8>; 3]) -> String {
    let digest =
        (0..CASES).fold([0; 32], |digest, case| sha256(&[digest.to_vec(), make(&seed(case)).concat()].concat()));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check<P: Peers>(expected: &str) {
    for backend in Backend::available() {
        let digest = accumulate(|seed| {
            let (private_key, public_key) = keygen::<P>(backend, seed);
            let mu = mu(backend, &public_key, b"accumulated", seed);
            let signature = sign(backend, &signing_key::<P>(backend, &private_key), &mu, &[0; 32]);
            assert!(verifying_key::<P>(backend, &public_key).verify_mu(backend, &mu, sized(&signature)));
            [private_key, public_key, signature]
        });
        assert_eq!(digest, expected, "{} {}", P::NAME, backend.name());
    }
    if std::env::var_os("QYNAUTH_PQC_ACCUMULATE_LIBCRUX").is_some() {
        let digest = accumulate(|seed| {
            let (private_key, public_key) = P::libcrux_keygen(seed);
            let signature = P::libcrux_sign(&private_key, seed, b"accumulated", &[0; 32]);
            [private_key, public_key, signature]
        });
        assert_eq!(digest, expected, "{} libcrux", P::NAME);
    }
}

#[test]
fn mldsa44_accumulates_to_its_digest() {
    check::<MlDsa44>("d018326380162994034e7195b1277103cd105102b17502e56969372e2b6fb768");
}

#[test]
fn mldsa65_accumulates_to_its_digest() {
    check::<MlDsa65>("3c784fa7a64d20d782e6fbd14264240659898b448af06d32a086b166617ccd16");
}

#[test]
fn mldsa87_accumulates_to_its_digest() {
    check::<MlDsa87>("ff2bc21705e8a615858644d61c5027bea74a82d370eff9a45b5856d93f15cb17");
}
