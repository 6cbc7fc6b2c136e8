//! ML-KEM on every backend against libcrux, RustCrypto and aws-lc, on random and on tampered inputs.
//!
//! `QYNAUTH_PQC_CASES` says how many cases each parameter set gets; `make differential CASES=100000` sets it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mlkem;

use aws_lc_rs::kem;
use libcrux_sha3::shake256;
use mlkem::{
    Libcrux512, Libcrux768, Libcrux1024, Reference, RustCrypto512, RustCrypto768, RustCrypto1024, aws_lc, backends,
    decapsulate, encapsulate, keygen, public_key,
};
use pqc_simd::Backend;
use pqc_simd::mlkem::{
    ExpandedPrivateKey, ExpandedPublicKey, Keys, MlKem512, MlKem768, MlKem1024, ParameterSet, decapsulate_batch,
    encapsulate_batch, public_key_hash,
};

/// The number of cases of each parameter set.
fn cases() -> u32 {
    std::env::var("QYNAUTH_PQC_CASES").map_or(2_000, |cases| cases.parse().expect("QYNAUTH_PQC_CASES is a number"))
}

/// The inputs of a case: they depend on nothing but its number.
struct Inputs {
    seed: [u8; 64],
    m: [u8; 32],
    tampering: [u8; 32],
}

impl Inputs {
    fn new(set: usize, case: u32) -> Self {
        let bytes: [u8; 128] = shake256(&[&set.to_le_bytes()[..], &case.to_le_bytes()].concat());
        let part = |from: usize| bytes[from..from + 32].try_into().unwrap();
        Self { seed: bytes[..64].try_into().unwrap(), m: part(64), tampering: part(96) }
    }

    /// Flips one bit, or for some cases changes the last byte or everything.
    fn tamper(&self, ciphertext: &[u8]) -> Vec<u8> {
        let mut tampered = ciphertext.to_vec();
        let at = usize::from(u16::from_le_bytes([self.tampering[0], self.tampering[1]])) % tampered.len();
        match self.tampering[2] % 8 {
            0 => *tampered.last_mut().unwrap() ^= 0x80,
            1 => tampered.iter_mut().zip(self.tampering.iter().cycle()).for_each(|(byte, change)| *byte ^= change | 1),
            bit => tampered[at] ^= 1 << bit,
        }
        tampered
    }
}

/// Every operation of a case, on all backends and the reference.
fn check_case<P: ParameterSet, R: Reference>(inputs: &Inputs) {
    let private_key = R::keygen(&inputs.seed);
    let public_key = public_key::<P>(&private_key);
    let (ciphertext, secret) = R::encapsulate(public_key, &inputs.m);
    let tampered = inputs.tamper(&ciphertext);
    let rejected = R::decapsulate(&private_key, &tampered);
    assert_ne!(secret, rejected, "{} accepts a tampered ciphertext", R::NAME);
    for backend in backends() {
        let name = (P::K, backend.name());
        assert_eq!(keygen::<P>(backend, &inputs.seed), private_key, "{name:?}");
        assert_eq!(public_key_hash(backend, public_key), private_key[private_key.len() - 64..][..32], "{name:?}");
        assert_eq!(encapsulate::<P>(backend, public_key, &inputs.m), (ciphertext.clone(), secret), "{name:?}");
        assert_eq!(decapsulate::<P>(backend, &private_key, &ciphertext), secret, "{name:?}");
        assert_eq!(decapsulate::<P>(backend, &private_key, &tampered), rejected, "{name:?}");
    }
}

fn check<P: ParameterSet, R: Reference>() {
    for case in 0..cases() {
        check_case::<P, R>(&Inputs::new(P::K, case));
    }
}

#[test]
fn test_mlkem512_agrees_with_libcrux() {
    check::<MlKem512, Libcrux512>();
}

#[test]
fn test_mlkem768_agrees_with_libcrux() {
    check::<MlKem768, Libcrux768>();
}

#[test]
fn test_mlkem1024_agrees_with_libcrux() {
    check::<MlKem1024, Libcrux1024>();
}

/// What RustCrypto makes of a tenth of the cases.
fn check_slowly<P: ParameterSet, R: Reference>() {
    for case in (0..cases()).step_by(10) {
        check_case::<P, R>(&Inputs::new(P::K, case));
    }
}

#[test]
fn test_every_set_agrees_with_rustcrypto() {
    check_slowly::<MlKem512, RustCrypto512>();
    check_slowly::<MlKem768, RustCrypto768>();
    check_slowly::<MlKem1024, RustCrypto1024>();
}

/// aws-lc draws its own randomness, so each side decapsulates what the other has made; both reject the same.
fn check_aws_lc<P: ParameterSet>() {
    for case in (0..cases()).step_by(10) {
        let inputs = Inputs::new(P::K, case);
        for backend in backends() {
            let private_key = keygen::<P>(backend, &inputs.seed);
            let theirs = kem::DecapsulationKey::new(aws_lc::<P>(), &private_key).unwrap();
            let public_key = public_key::<P>(&private_key);
            let (ciphertext, secret) = encapsulate::<P>(backend, public_key, &inputs.m);
            assert_eq!(theirs.decapsulate(ciphertext[..].into()).unwrap().as_ref(), secret);
            let tampered = inputs.tamper(&ciphertext);
            let rejected = decapsulate::<P>(backend, &private_key, &tampered);
            assert_eq!(theirs.decapsulate(tampered[..].into()).unwrap().as_ref(), rejected);
            let key = kem::EncapsulationKey::new(aws_lc::<P>(), public_key).unwrap();
            let (ciphertext, secret) = key.encapsulate().unwrap();
            assert_eq!(decapsulate::<P>(backend, &private_key, ciphertext.as_ref()), secret.as_ref());
        }
    }
}

#[test]
fn test_every_set_agrees_with_aws_lc() {
    check_aws_lc::<MlKem512>();
    check_aws_lc::<MlKem768>();
    check_aws_lc::<MlKem1024>();
}

/// Batches of every length around eight, with keys of every kind, against one call for each.
fn check_batches<P: ParameterSet>() {
    for backend in backends() {
        let inputs: Vec<Inputs> = (0..17).map(|case| Inputs::new(P::K, case)).collect();
        let private: Vec<Vec<u8>> = inputs.iter().map(|inputs| keygen::<P>(backend, &inputs.seed)).collect();
        let m: Vec<[u8; 32]> = inputs.iter().map(|inputs| inputs.m).collect();
        let expected: Vec<_> =
            private.iter().zip(&m).map(|(key, m)| encapsulate::<P>(backend, public_key::<P>(key), m)).collect();
        for count in [0, 1, 2, 7, 8, 9, 16, 17] {
            check_batch::<P>(backend, &private[..count], &m[..count], &expected[..count], &inputs);
        }
        check_batch_of_one_key::<P>(backend, &private[0], &m);
    }
}

fn check_batch<P: ParameterSet>(
    backend: Backend,
    private: &[Vec<u8>],
    m: &[[u8; 32]],
    expected: &[(Vec<u8>, [u8; 32])],
    inputs: &[Inputs],
) {
    let expanded: Vec<_> = private.iter().map(|key| expand::<P>(backend, key)).collect();
    let keys: Vec<_> = expanded.iter().collect();
    let public_keys: Vec<_> = expanded.iter().map(ExpandedPrivateKey::public_key).collect();
    let encoded: Vec<&[u8]> = private.iter().map(Vec::as_slice).collect();
    let encoded_public: Vec<_> = private.iter().map(|key| public_key::<P>(key)).collect();
    let all: Vec<u8> = expected.iter().flat_map(|(ciphertext, _)| ciphertext.clone()).collect();
    let secrets: Vec<[u8; 32]> = expected.iter().map(|(_, secret)| *secret).collect();
    for keys in [Keys::Each(&public_keys), Keys::Encoded(&encoded_public)] {
        assert_eq!(encapsulate_all::<P>(backend, keys, m), (all.clone(), secrets.clone()));
    }
    let tampered = expected.iter().zip(inputs).map(|((ciphertext, _), inputs)| inputs.tamper(ciphertext));
    let tampered: Vec<Vec<u8>> = tampered.collect();
    let rejected = private.iter().zip(&tampered).map(|(key, bytes)| decapsulate::<P>(backend, key, bytes));
    let rejected: Vec<[u8; 32]> = rejected.collect();
    for keys in [Keys::Each(&keys), Keys::Encoded(&encoded)] {
        assert_eq!(decapsulate_all::<P>(backend, keys, &all), secrets);
        assert_eq!(decapsulate_all::<P>(backend, keys, &tampered.concat()), rejected);
    }
}

fn check_batch_of_one_key<P: ParameterSet>(backend: Backend, private_key: &[u8], m: &[[u8; 32]]) {
    let key = expand::<P>(backend, private_key);
    let (ciphertexts, secrets) = encapsulate_all::<P>(backend, Keys::One(key.public_key()), m);
    let expected = m.iter().map(|m| encapsulate::<P>(backend, public_key::<P>(private_key), m));
    let (expected, expected_secrets): (Vec<_>, Vec<_>) = expected.unzip();
    assert_eq!((&ciphertexts, &secrets), (&expected.concat(), &expected_secrets));
    assert_eq!(decapsulate_all::<P>(backend, Keys::One(&key), &ciphertexts), secrets);
}

fn expand<P: ParameterSet>(backend: Backend, private_key: &[u8]) -> ExpandedPrivateKey<P> {
    let mut key = ExpandedPrivateKey::default();
    key.expand(backend, private_key);
    key
}

fn encapsulate_all<P: ParameterSet>(
    backend: Backend,
    keys: Keys<'_, ExpandedPublicKey<P>>,
    m: &[[u8; 32]],
) -> (Vec<u8>, Vec<[u8; 32]>) {
    let (mut ciphertexts, mut secrets) = (vec![0; m.len() * P::CIPHERTEXT_BYTES], vec![[0; 32]; m.len()]);
    encapsulate_batch(backend, keys, m, &mut ciphertexts, &mut secrets);
    (ciphertexts, secrets)
}

fn decapsulate_all<P: ParameterSet>(
    backend: Backend,
    keys: Keys<'_, ExpandedPrivateKey<P>>,
    ciphertexts: &[u8],
) -> Vec<[u8; 32]> {
    let mut secrets = vec![[0; 32]; ciphertexts.len() / P::CIPHERTEXT_BYTES];
    decapsulate_batch(backend, keys, ciphertexts, &mut secrets);
    secrets
}

#[test]
fn test_batches_give_what_single_calls_give() {
    check_batches::<MlKem512>();
    check_batches::<MlKem768>();
    check_batches::<MlKem1024>();
}
