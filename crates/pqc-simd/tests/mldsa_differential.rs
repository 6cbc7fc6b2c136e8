//! ML-DSA on every backend against libcrux, aws-lc and RustCrypto, on random and on tampered inputs.
//!
//! `QYNAUTH_PQC_CASES` is the number of cases of each parameter set; `make differential CASES=100000` sets it. RustCrypto and
//! aws-lc get one in eight of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mldsa;

use core::convert::Infallible;
use libcrux_sha3::shake256;
use mldsa::{Peers, generated_key, imported_key, keygen, mu, sign, signing_key, sized, verifying_key};
use pqc_simd::mldsa::{
    InvalidPrivateKey, MlDsa44, MlDsa65, MlDsa87, MuHasher, public_key_from_private, public_key_hash, sign_mu,
    verify_first, verify_mu,
};
use pqc_simd::{Backend, Bytes};

/// The number of cases of each parameter set.
fn cases() -> u32 {
    std::env::var("QYNAUTH_PQC_CASES").map_or(2_000, |cases| cases.parse().expect("QYNAUTH_PQC_CASES is a number"))
}

/// The inputs of a case, which depend on its number alone. One case in three is deterministic.
struct Inputs {
    seed: [u8; 32],
    rnd: [u8; 32],
    context: Vec<u8>,
    message: Vec<u8>,
    tampering: [u8; 4],
}

impl Inputs {
    fn new<P: Peers>(case: u32) -> Self {
        let bytes: [u8; 2048] = shake256(&[P::NAME.as_bytes(), &case.to_le_bytes()].concat());
        let (seed, rest) = bytes.split_first_chunk().unwrap();
        let (rnd, rest) = rest.split_first_chunk().unwrap();
        let (tampering, rest) = rest.split_first_chunk().unwrap();
        let (context, message) = rest.split_at(255);
        // Lengths at both ends, and otherwise random ones.
        let context = match case % 8 {
            0 => &[],
            1 => context,
            _ => &context[..usize::from(context[0])],
        };
        let message = if case % 16 == 2 { &[] } else { &message[..usize::from(message[0]) * 6] };
        let rnd = if case.is_multiple_of(3) { [0; 32] } else { *rnd };
        Self { seed: *seed, rnd, context: context.to_vec(), message: message.to_vec(), tampering: *tampering }
    }

    /// The bytes with one bit flipped.
    fn tamper(&self, bytes: &[u8]) -> Vec<u8> {
        let mut tampered = bytes.to_vec();
        let [low, high, bit, _] = self.tampering;
        tampered[usize::from(u16::from_le_bytes([low, high])) % bytes.len()] ^= 1 << (bit % 8);
        tampered
    }
}

/// Every operation of a case, on all backends and libcrux.
fn check_case<P: Peers>(case: u32) {
    let inputs = Inputs::new::<P>(case);
    let (message, context) = (inputs.message.as_slice(), inputs.context.as_slice());
    let pair = P::libcrux_keygen(&inputs.seed);
    let (private_key, public_key) = &pair;
    let signature = P::libcrux_sign(private_key, message, context, &inputs.rnd);
    let (bad_signature, bad_key) = (inputs.tamper(&signature), inputs.tamper(public_key));
    let expected = [
        P::libcrux_verify(public_key, message, context, &bad_signature),
        P::libcrux_verify(&bad_key, message, context, &signature),
    ];
    for backend in Backend::available() {
        let name = format!("{} {} {case}", P::NAME, backend.name());
        assert_eq!(keygen::<P>(backend, &inputs.seed), pair, "{name}");
        let mu = mu(backend, public_key, context, message);
        let signed = |key: &_| sign::<P>(backend, key, &mu, &inputs.rnd);
        let made = match case % 4 {
            0 => {
                let mut made = P::Signature::ZERO;
                assert!(sign_mu::<P>(backend, sized(private_key), &mu, &inputs.rnd, &mut made), "{name}");
                made.as_ref().to_vec()
            }
            1 => {
                let (generated, key) = generated_key(backend, &inputs.seed);
                assert_eq!(generated, pair, "{name}");
                signed(&key)
            }
            2 => {
                let (derived, key) = imported_key(backend, private_key).unwrap();
                assert_eq!(derived, *public_key, "{name}");
                signed(&key)
            }
            _ => signed(&signing_key(backend, private_key)),
        };
        assert_eq!(made, signature, "{name}");
        let key = verifying_key::<P>(backend, public_key);
        assert!(key.verify_mu(backend, &mu, sized(&signature)), "{name}");
        let actual = [
            key.verify_mu(backend, &mu, sized(&bad_signature)),
            verify_mu::<P>(
                backend,
                sized(&bad_key),
                &mldsa::mu(backend, &bad_key, context, message),
                sized(&signature),
            ),
        ];
        assert_eq!(actual, expected, "{name}");
        let tr = public_key_hash(backend, public_key);
        for (signature, is_valid) in [(&signature, true), (&bad_signature, expected[0])] {
            let found = verify_first::<P, Infallible>(backend, sized(public_key), |_| Ok(mu), sized(signature));
            assert_eq!(found, (tr, Ok(is_valid)), "{name}");
        }
        let refused = verify_first::<P, _>(backend, sized(public_key), |tr| Err(*tr), sized(&signature));
        assert_eq!(refused, (tr, Err(tr)), "{name}");
    }
}

/// The same key and messages in aws-lc and RustCrypto.
fn check_slow_peers<P: Peers>(case: u32) {
    let inputs = Inputs::new::<P>(case);
    let (message, context) = (inputs.message.as_slice(), inputs.context.as_slice());
    let theirs = P::rustcrypto_sign(&inputs.seed, message, context);
    for backend in Backend::available() {
        let (private_key, public_key) = keygen::<P>(backend, &inputs.seed);
        let signature = sign(
            backend,
            &signing_key::<P>(backend, &private_key),
            &mu(backend, &public_key, context, message),
            &[0; 32],
        );
        assert_eq!(signature, theirs, "{} {} {case}", P::NAME, backend.name());
        let bad = inputs.tamper(&signature);
        assert!(P::rustcrypto_verify(&public_key, message, context, &signature));
        assert!(!P::rustcrypto_verify(&public_key, message, context, &bad));
        let hedged = P::aws_lc_sign(&inputs.seed, &public_key, message);
        let mu = mu(backend, &public_key, b"", message);
        assert!(
            verify_mu::<P>(backend, sized(&public_key), &mu, sized(&hedged)),
            "{} {} {case}",
            P::NAME,
            backend.name()
        );
        let ours = sign(backend, &signing_key::<P>(backend, &private_key), &mu, &inputs.rnd);
        assert!(P::aws_lc_verify(&public_key, message, &ours));
        assert!(!P::aws_lc_verify(&public_key, message, &inputs.tamper(&ours)));
    }
}

fn check_set<P: Peers>() {
    (0..cases()).for_each(check_case::<P>);
    (0..cases()).step_by(8).for_each(check_slow_peers::<P>);
}

#[test]
fn mldsa44_agrees_with_others() {
    check_set::<MlDsa44>();
}

#[test]
fn mldsa65_agrees_with_others() {
    check_set::<MlDsa65>();
}

#[test]
fn mldsa87_agrees_with_others() {
    check_set::<MlDsa87>();
}

/// Every derived field of a private key is checked, and every generated key passes.
fn check_import<P: Peers>() {
    for backend in Backend::available() {
        for case in 0..20_usize {
            let (private_key, public_key) = keygen::<P>(backend, &[u8::try_from(case).unwrap(); 32]);
            let derive = |private_key: &[u8]| {
                let mut derived = P::PublicKey::ZERO;
                let outcome = public_key_from_private::<P>(backend, sized(private_key), &mut derived);
                let outcome = outcome.map(|()| derived.as_ref().to_vec());
                assert_eq!(imported_key::<P>(backend, private_key).map(|(derived, _)| derived), outcome);
                outcome
            };
            assert_eq!(derive(&private_key), Ok(public_key));
            let secret_bytes = (P::K + P::L) * P::ETA_BYTES;
            // rho, tr, and t0 from its first to its last byte.
            for at in [case, 64 + case, 128 + secret_bytes + case, P::PRIVATE_KEY_BYTES - 1 - case] {
                let mut bad = private_key.clone();
                bad[at] ^= 1 << (case % 8);
                assert_eq!(derive(&bad), Err(InvalidPrivateKey::Mismatch), "{} byte {at}", P::NAME);
            }
            // The same bit of two bytes of t0: one must not undo the other.
            let mut bad = private_key.clone();
            bad[128 + secret_bytes..][case..case + 2].iter_mut().for_each(|byte| *byte ^= 1 << (case % 8));
            assert_eq!(derive(&bad), Err(InvalidPrivateKey::Mismatch), "{}", P::NAME);
            let mut bad = private_key.clone();
            bad[128 + case * 11] = 0xff;
            assert_eq!(derive(&bad), Err(InvalidPrivateKey::Range), "{}", P::NAME);
        }
    }
}

#[test]
fn imported_private_keys_are_checked() {
    check_import::<MlDsa44>();
    check_import::<MlDsa65>();
    check_import::<MlDsa87>();
}

#[test]
fn contexts_that_are_too_long_are_refused() {
    for backend in Backend::available() {
        for (length, is_right) in [(0, true), (255, true), (256, false), (511, false)] {
            assert_eq!(MuHasher::new(backend, &[0; 64], &vec![0; length]).is_some(), is_right);
            assert_eq!(MuHasher::new_prehashed(backend, &[0; 64], &vec![0; length]).is_some(), is_right);
        }
    }
}
