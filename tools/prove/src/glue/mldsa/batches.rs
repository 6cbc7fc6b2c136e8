//! Batches against single operations.

use super::Operations;
use super::engine::{Engine, signing_key, sized, verifying_key};
use crate::glue::Random;
use pqc_simd::mldsa::{
    ExpandedSigningKey, ExpandedVerifyingKey, Generation, Key, ParameterSet, Signing, Verification, keygen_batch,
    sign_batch, verify_batch,
};
use pqc_simd::proofs::{checked, claim};
use pqc_simd::{Backend, Bytes};

/// The keys and messages of an item of a batch, with the results of single operations.
struct Item<P: ParameterSet> {
    seed: [u8; 32],
    private_key: P::PrivateKey,
    signing: Box<ExpandedSigningKey<P>>,
    verifying: Box<ExpandedVerifyingKey<P>>,
    public_key: P::PublicKey,
    mu: [u8; 64],
    rnd: [u8; 32],
    signature: Option<P::Signature>,
    received: P::Signature,
    received_mu: [u8; 64],
    is_valid: bool,
}

impl<P: ParameterSet> Item<P> {
    /// `number` selects the key, `case` the rest.
    fn new(backend: Backend, number: usize, case: usize, cannot_sign: bool) -> Self {
        let mut random = Random::new(P::K, 2000 + number);
        let operations: &dyn Operations<P> = &Engine(backend);
        let seed = random.bytes();
        let (mut private_key, public_key) = operations.keygen(&seed);
        let generated = *sized(&private_key);
        if cannot_sign {
            // Every coefficient of t0 is extreme.
            let t0 = 128 + (P::K + P::L) * P::ETA_BYTES;
            private_key[t0..]
                .iter_mut()
                .enumerate()
                .for_each(|(i, byte)| *byte = if i / 13 % 3 == 0 { 0 } else { 0xff });
        }
        let mut random = Random::new(P::K, 3000 + case);
        let (mu, rnd, signing) = (random.bytes(), random.bytes(), signing_key::<P>(backend, &private_key));
        let mut signature = P::Signature::ZERO;
        let signature = signing.sign_mu(backend, &mu, &rnd, &mut signature).then_some(signature);
        let valid = signature.unwrap_or(P::Signature::ZERO);
        let (mut received, mut received_mu) = (valid, mu);
        match case % 8 {
            1 => received = *sized(&random.flip(valid.as_ref(), 0..P::COMMITMENT_BYTES)),
            3 => received = *sized(&random.flip(valid.as_ref(), P::COMMITMENT_BYTES..P::SIGNATURE_BYTES)),
            5 => received_mu[63] ^= 0x80,
            6 => received = *sized(&vec![0xff; P::SIGNATURE_BYTES]),
            _ => {}
        }
        let verifying = verifying_key::<P>(backend, &public_key);
        let is_valid = verifying.verify_mu(backend, &received_mu, &received);
        Self {
            seed,
            private_key: generated,
            signing,
            verifying,
            public_key: *sized(&public_key),
            mu,
            rnd,
            signature,
            received,
            received_mu,
            is_valid,
        }
    }
}

pub(super) fn check_batches<P: ParameterSet>() {
    for backend in Backend::available() {
        // A key for each item, or one for three.
        for shared in [1, 3] {
            let item = |case: usize| Item::<P>::new(backend, case / shared, case, shared == 1 && case == 4);
            let mut items: Vec<_> = (0..17).map(item).collect();
            for _ in 0..2 {
                for count in (0..=9).chain([17]) {
                    check_key_generation(backend, &items[..count]);
                    check_signing(backend, &items[..count]);
                    for is_encoded in [|_| false, |_| true, |number| number % 5 < 3] {
                        check_verification(backend, &items[..count], is_encoded);
                    }
                }
                items.reverse();
            }
        }
    }
}

fn check_key_generation<P: ParameterSet>(backend: Backend, items: &[Item<P>]) {
    let mut keys = vec![(P::PrivateKey::ZERO, P::PublicKey::ZERO); items.len()];
    let batch = items.iter().zip(&mut keys).map(|(item, (private_key, public_key))| Generation::<P> {
        seed: &item.seed,
        private_key,
        public_key,
    });
    keygen_batch(backend, &mut batch.collect::<Vec<_>>());
    checked(1);
    for (number, (key, item)) in keys.iter().zip(items).enumerate() {
        claim(*key == (item.private_key, item.public_key), || {
            format!("key {number} of {} on {backend:?}", items.len())
        });
    }
}

fn check_signing<P: ParameterSet>(backend: Backend, items: &[Item<P>]) {
    let mut signatures = vec![P::Signature::ZERO; items.len()];
    let batch = items.iter().zip(&mut signatures);
    let mut batch: Vec<_> = batch
        .map(|(item, signature)| {
            let is_signed = item.signature.is_none();
            Signing { key: &*item.signing, mu: item.mu, rnd: &item.rnd, signature, is_signed }
        })
        .collect();
    sign_batch(backend, &mut batch);
    checked(1);
    let found: Vec<_> = batch.iter().map(|item| item.is_signed.then_some(*item.signature)).collect();
    for (number, (found, item)) in found.into_iter().zip(items).enumerate() {
        claim(found == item.signature, || format!("signature {number} of {} on {backend:?}", items.len()));
    }
}

fn check_verification<P: ParameterSet>(backend: Backend, items: &[Item<P>], is_encoded: fn(usize) -> bool) {
    let batch = items.iter().enumerate().map(|(number, item)| {
        let key = if is_encoded(number) { Key::Encoded(&item.public_key) } else { Key::Expanded(&*item.verifying) };
        Verification { key, mu: item.received_mu, signature: &item.received, is_valid: !item.is_valid }
    });
    let mut batch: Vec<_> = batch.collect();
    verify_batch(backend, &mut batch);
    checked(1);
    for (number, (found, item)) in batch.iter().zip(items).enumerate() {
        claim(found.is_valid == item.is_valid, || format!("verdict {number} of {} on {backend:?}", items.len()));
    }
}
