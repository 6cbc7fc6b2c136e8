//! 10,000 key pairs, ciphertexts and secrets of each parameter set, hashed into one digest: the same on every backend, and with
//! libcrux.
//!
//! The inputs are one stream, SHAKE128 of the empty string: for each case a seed, m, and a random ciphertext. The digest is
//! SHAKE128 of the public key, the private key, the ciphertext, its secret and the secret of the random ciphertext of each
//! case. These are the accumulated vectors of C2SP/CCTV.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mlkem;

use mlkem::{Libcrux512, Libcrux768, Libcrux1024, Reference, keygen, public_key, sized};
use pqc_simd::mlkem::{ExpandedPrivateKey, MlKem512, MlKem768, MlKem1024, ParameterSet};
use pqc_simd::{Backend, Bytes};
use shake::Shake128;
use shake::digest::{ExtendableOutput, Update, XofReader};

const CASES: usize = 10_000;

/// The operations of a library: the private key from a seed; from it and m, the ciphertext, its secret, and the secret of
/// the other ciphertext.
type Operations<'a> =
    (&'a dyn Fn(&[u8; 64]) -> Vec<u8>, &'a dyn Fn(&[u8], &[u8; 32], &[u8]) -> (Vec<u8>, [u8; 32], [u8; 32]));

fn digest<P: ParameterSet>((generate, use_key): Operations<'_>) -> String {
    let (mut input, mut digest) = (Shake128::default().finalize_xof(), Shake128::default());
    for _ in 0..CASES {
        let (mut seed, mut m, mut other) = ([0; 64], [0; 32], vec![0; P::CIPHERTEXT_BYTES]);
        input.read(&mut seed);
        input.read(&mut m);
        input.read(&mut other);
        let private_key = generate(&seed);
        let (ciphertext, secret, rejected) = use_key(&private_key, &m, &other);
        for bytes in [public_key::<P>(&private_key), &private_key, &ciphertext, &secret, &rejected] {
            digest.update(bytes);
        }
    }
    let mut out = [0; 32];
    digest.finalize_xof().read(&mut out);
    out.map(|byte| format!("{byte:02x}")).concat()
}

fn digest_on<P: ParameterSet>(backend: Backend) -> String {
    let use_key = |private_key: &[u8], m: &[u8; 32], other: &[u8]| {
        let mut key = ExpandedPrivateKey::<P>::default();
        key.expand(backend, sized(private_key));
        let (mut ciphertext, mut secrets) = (P::Ciphertext::ZERO, [[0; 32]; 3]);
        key.public_key().encapsulate(backend, m, &mut ciphertext, &mut secrets[0]);
        key.decapsulate(backend, &ciphertext, &mut secrets[1]);
        key.decapsulate(backend, sized(other), &mut secrets[2]);
        assert_eq!(secrets[0], secrets[1]);
        (ciphertext.as_ref().to_vec(), secrets[0], secrets[2])
    };
    digest::<P>((&|seed| keygen::<P>(backend, seed), &use_key))
}

fn digest_of<P: ParameterSet, R: Reference>() -> String {
    let use_key = |private_key: &[u8], m: &[u8; 32], other: &[u8]| {
        let (ciphertext, secret) = R::encapsulate(public_key::<P>(private_key), m);
        (ciphertext, secret, R::decapsulate(private_key, other))
    };
    digest::<P>((&R::keygen, &use_key))
}

fn check<P: ParameterSet, R: Reference>(expected: &str) {
    assert_eq!(digest_of::<P, R>(), expected, "{}", R::NAME);
    for backend in Backend::available() {
        assert_eq!(digest_on::<P>(backend), expected, "{}", backend.name());
    }
}

#[test]
fn test_mlkem512_has_the_known_digest() {
    check::<MlKem512, Libcrux512>("705dcffc87f4e67e35a09dcaa31772e86f3341bd3ccf1e78a5fef99ae6a35a13");
}

#[test]
fn test_mlkem768_has_the_known_digest() {
    check::<MlKem768, Libcrux768>("f959d18d3d1180121433bf0e05f11e7908cf9d03edc150b2b07cb90bef5bc1c1");
}

#[test]
fn test_mlkem1024_has_the_known_digest() {
    check::<MlKem1024, Libcrux1024>("e3bf82b013307b2e9d47dde791ff6dfc82e694e6382404abdb948b908b75bad5");
}
