//! ML-KEM on every backend against libcrux, RustCrypto and aws-lc, on random and on tampered inputs.
//!
//! `QYNAUTH_PQC_CASES` says how many cases each parameter set gets; `make differential CASES=100000` sets it.

mod mlkem;

use libcrux_sha3::shake256;
use mlkem::{Libcrux512, Libcrux768, Libcrux1024, Reference, backends, decapsulate, encapsulate, keygen, public_key};
use pqc_simd::mlkem::{MlKem512, MlKem768, MlKem1024, ParameterSet};

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
