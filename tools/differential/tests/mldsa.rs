//! ML-DSA on every backend against libcrux, aws-lc and RustCrypto, on random and on tampered inputs.
//!
//! `QYNAUTH_PQC_CASES` is the number of cases of each parameter set; `make differential CASES=100000` sets it. RustCrypto and
//! aws-lc get one in eight of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

#[path = "../../../crates/pqc-simd/tests/mldsa/mod.rs"]
mod mldsa;

use libcrux_sha3::shake256;
use mldsa::accumulated::{DIGESTS, accumulate};
use mldsa::{keygen, mu, sign, sign_in_turn, signing_key, sized, verify_first_use, verifying_key};
use pqc_differential::cases;
use pqc_differential::mldsa::Peers;
use pqc_simd::Backend;
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87, verify_mu};

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
        let made = sign_in_turn::<P>(backend, case, (&inputs.seed, &pair), &mu, &inputs.rnd);
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
        verify_first_use::<P>(backend, public_key, &mu, [(&signature, true), (&bad_signature, expected[0])]);
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

/// The digests of the known answers of pqc-simd.
fn check_accumulated<P: Peers>(digests: [&str; 3]) {
    let found = accumulate(10_000, |seed| {
        let (private_key, public_key) = P::libcrux_keygen(seed);
        let signature = P::libcrux_sign(&private_key, seed, b"accumulated", &[0; 32]);
        [private_key, public_key, signature]
    });
    assert!(found.iter().zip(digests).all(|(found, expected)| found == expected), "{}: {found:?}", P::NAME);
}

#[test]
fn libcrux_accumulates_to_the_known_digests() {
    check_accumulated::<MlDsa44>(DIGESTS[0]);
    check_accumulated::<MlDsa65>(DIGESTS[1]);
    check_accumulated::<MlDsa87>(DIGESTS[2]);
}
