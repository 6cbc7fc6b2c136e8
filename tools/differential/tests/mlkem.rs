//! ML-KEM on every backend against libcrux, RustCrypto and aws-lc, on random and on tampered inputs.
//!
//! `QYNAUTH_PQC_CASES` is the number of cases of each parameter set; `make differential CASES=100000` sets it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

#[path = "../../../crates/pqc-simd/tests/mlkem/mod.rs"]
mod mlkem;

use aws_lc_rs::kem;
use libcrux_sha3::shake256;
use mlkem::{check_without_hash, decapsulate, encapsulate, keygen, public_key};
use pqc_differential::cases;
use pqc_differential::mlkem::{
    Libcrux512, Libcrux768, Libcrux1024, Reference, RustCrypto512, RustCrypto768, RustCrypto1024, aws_lc,
};
use pqc_simd::Backend;
use pqc_simd::mlkem::{MlKem512, MlKem768, MlKem1024, ParameterSet, public_key_hash};

/// The inputs of a case, which depend on its number alone.
struct Inputs {
    seed: [u8; 64],
    m: [u8; 32],
    tampering: [u8; 32],
}

impl Inputs {
    fn new(set: usize, case: u32) -> Self {
        let bytes: [u8; 128] = shake256(&[&set.to_le_bytes()[..], &case.to_le_bytes()].concat());
        let input = |from: usize| bytes[from..from + 32].try_into().unwrap();
        Self { seed: bytes[..64].try_into().unwrap(), m: input(64), tampering: input(96) }
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
    for backend in Backend::available() {
        let name = (P::K, backend.name());
        assert_eq!(keygen::<P>(backend, &inputs.seed), private_key, "{name:?}");
        assert_eq!(public_key_hash(backend, public_key), private_key[private_key.len() - 64..][..32], "{name:?}");
        assert_eq!(encapsulate::<P>(backend, public_key, &inputs.m), (ciphertext.clone(), secret), "{name:?}");
        assert_eq!(decapsulate::<P>(backend, &private_key, &ciphertext), secret, "{name:?}");
        assert_eq!(decapsulate::<P>(backend, &private_key, &tampered), rejected, "{name:?}");
        for (ciphertext, secret) in [(&ciphertext, secret), (&tampered, rejected)] {
            check_without_hash::<P>(backend, &private_key, ciphertext, secret);
        }
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

/// RustCrypto on a tenth of the cases.
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

/// aws-lc draws its own randomness, so each side decapsulates the ciphertexts of the other; both reject alike.
fn check_aws_lc<P: ParameterSet>() {
    for case in (0..cases()).step_by(10) {
        let inputs = Inputs::new(P::K, case);
        for backend in Backend::available() {
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

/// One changed bit in any byte of the ciphertext causes implicit rejection.
fn check_every_byte<P: ParameterSet, R: Reference>() {
    let inputs = Inputs::new(P::K, 0);
    let private_key = R::keygen(&inputs.seed);
    let (ciphertext, secret) = R::encapsulate(public_key::<P>(&private_key), &inputs.m);
    for at in 0..ciphertext.len() {
        let mut tampered = ciphertext.clone();
        tampered[at] ^= 1 << (at % 8);
        let rejected = R::decapsulate(&private_key, &tampered);
        assert_ne!(rejected, secret, "byte {at}");
        for backend in Backend::available() {
            assert_eq!(decapsulate::<P>(backend, &private_key, &tampered), rejected, "{} byte {at}", backend.name());
        }
    }
}

#[test]
fn test_a_changed_bit_in_any_byte_is_rejected_as_libcrux_does() {
    check_every_byte::<MlKem512, Libcrux512>();
    check_every_byte::<MlKem768, Libcrux768>();
    check_every_byte::<MlKem1024, Libcrux1024>();
}
