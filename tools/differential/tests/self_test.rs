//! libcrux computes the answers of the self test (`engine::self_test` of pqc-core) from the functions of the standards alone: no
//! answer depends on the form of a key, or on the number of items that share lanes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use libcrux_sha3::sha256;
use pqc_core::{Algorithm, Family, SelfTest};
use pqc_differential::mldsa::Peers;
use pqc_differential::mlkem::{Libcrux512, Libcrux768, Libcrux1024, Reference};
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87};

/// The item of a batch that is bad, the item with another key, and the first of the batch of three.
const BAD: usize = 5;
const OTHER: usize = 1;
const LAST_THREE: usize = 6;
const CONTEXT: &[u8] = b"context";
const RND: [u8; 32] = [2; 32];

/// A chain of SHA3-256 over the outputs so far.
#[derive(Default)]
struct Transcript([u8; 32]);

impl Transcript {
    fn add(&mut self, output: &[u8]) {
        self.0 = sha256(&[self.0, sha256(output)].concat());
    }

    fn add_verdict(&mut self, is_valid: bool) {
        self.add(&[u8::from(is_valid)]);
    }
}

fn bytes(number: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn kem_answers<R: Reference>(algorithm: Algorithm, test: &SelfTest) -> [u8; 32] {
    let mut transcript = Transcript::default();
    let pairs = [test.seed, test.seed + 1].map(|number| {
        let seed = [bytes(number), bytes(!number)].concat();
        let private_key = R::keygen(&seed.try_into().unwrap());
        let start = algorithm.public_key_bytes() - 32;
        let public_key = private_key[start..][..algorithm.public_key_bytes()].to_vec();
        transcript.add(&public_key);
        transcript.add(&private_key);
        (public_key, private_key)
    });
    // Each form of the keys.
    for _ in 0..2 {
        let (mut ciphertext, secret) = R::encapsulate(&pairs[0].0, &bytes(test.messages[0]));
        transcript.add(&ciphertext);
        transcript.add(&secret);
        for bit in [0, 1] {
            ciphertext[0] ^= bit;
            transcript.add(&R::decapsulate(&pairs[0].1, &ciphertext));
        }
    }
    let items = || test.messages.iter().enumerate().map(|(number, message)| (&pairs[number % 2], message));
    let made: Vec<_> = items().map(|(pair, message)| R::encapsulate(&pair.0, &bytes(*message))).collect();
    // With loaded and with encoded keys.
    for _ in 0..2 {
        made.iter().for_each(|(ciphertext, _)| transcript.add(ciphertext));
        made.iter().for_each(|(_, secret)| transcript.add(secret));
    }
    for (number, ((pair, _), (ciphertext, _))) in items().zip(&made).enumerate() {
        let mut ciphertext = ciphertext.clone();
        let middle = ciphertext.len() / 2;
        ciphertext[middle] ^= u8::from(number == BAD);
        transcript.add(&R::decapsulate(&pair.1, &ciphertext));
    }
    transcript.0
}

fn signature_answers<P: Peers>(test: &SelfTest) -> [u8; 32] {
    let mut transcript = Transcript::default();
    let (private_key, public_key) = P::libcrux_keygen(&bytes(test.seed));
    transcript.add(&public_key);
    transcript.add(&private_key);
    // libcrux cannot check a private key: one with another t0 is refused, the whole one has its public key.
    transcript.add_verdict(false);
    transcript.add_verdict(true);
    transcript.add(&public_key);

    let messages: Vec<_> = test.messages.iter().map(|message| message.to_le_bytes()).collect();
    let sign = |message: &[u8; 4]| P::libcrux_sign(&private_key, message, CONTEXT, &RND);
    let first = sign(&messages[0]);
    transcript.add(&first);
    // Each form of the public key.
    for _ in 0..2 {
        for bit in [0, 1] {
            let mut signature = first.clone();
            signature[0] ^= bit;
            transcript.add_verdict(P::libcrux_verify(&public_key, &messages[0], CONTEXT, &signature));
        }
    }
    // The other form of the private key.
    transcript.add(&first);
    let mut signatures = messages.iter().map(sign).collect::<Vec<_>>();
    signatures.iter().for_each(|signature| transcript.add(signature));
    let middle = signatures[BAD].len() / 2;
    signatures[BAD][middle] ^= 1;
    let mut other = public_key.clone();
    other[public_key.len() / 2] ^= 1;
    for first in [0, LAST_THREE] {
        for (number, (message, signature)) in messages.iter().zip(&signatures).enumerate().skip(first) {
            let key = if number == OTHER { &other } else { &public_key };
            transcript.add_verdict(P::libcrux_verify(key, message, CONTEXT, signature));
        }
    }
    transcript.0
}

#[test]
fn libcrux_computes_the_known_answers() {
    let mut others = Vec::new();
    for algorithm in Algorithm::ALL {
        let Some(test) = algorithm.self_test() else { continue };
        let answers = match algorithm {
            Algorithm::MlKem512 => kem_answers::<Libcrux512>(algorithm, test),
            Algorithm::MlKem768 => kem_answers::<Libcrux768>(algorithm, test),
            Algorithm::MlKem1024 => kem_answers::<Libcrux1024>(algorithm, test),
            Algorithm::MlDsa44 => signature_answers::<MlDsa44>(test),
            Algorithm::MlDsa65 => signature_answers::<MlDsa65>(test),
            Algorithm::MlDsa87 => signature_answers::<MlDsa87>(test),
            // libcrux has no SLH-DSA: the vectors of ACVP cover the operations of its self test.
            _ if algorithm.family() == Family::SlhDsa => continue,
            _ => panic!("libcrux has no {}", algorithm.name()),
        };
        if answers != *algorithm.self_test_answers() {
            others.push(algorithm.name());
        }
    }
    assert!(others.is_empty(), "{}", others.join(", "));
}
