//! Changed private keys, and refused signatures.

use super::Operations;
use super::engine::{Engine, sized};
use crate::glue::Random;
use core::convert::Infallible;
use pqc_simd::mldsa::{
    ExpandedSigningKey, InvalidPrivateKey, Key, ParameterSet, Verification, public_key_from_private, public_key_hash,
    verify_batch, verify_first, verify_mu,
};
use pqc_simd::proofs::claim;
use pqc_simd::{Backend, Bytes};

pub(super) fn check_import<P: ParameterSet>() {
    for backend in Backend::available() {
        let operations: &dyn Operations<P> = &Engine(backend);
        let mut random = Random::new(P::K, 1000);
        let (private_key, public_key) = operations.keygen(&random.bytes());
        let derive = |private_key: &[u8]| {
            let (mut key, mut imported) = (Box::<ExpandedSigningKey<P>>::default(), P::PublicKey::ZERO);
            let mut public_key = P::PublicKey::ZERO;
            let outcome = public_key_from_private::<P>(backend, sized(private_key), &mut public_key);
            let is_same = key.import(backend, sized(private_key), &mut imported) == outcome && imported == public_key;
            claim(is_same, || format!("the import of a key on {backend:?}"));
            outcome.map(|()| public_key)
        };
        claim(derive(&private_key) == Ok(*sized(&public_key)), || format!("the public key on {backend:?}"));
        let t0 = 128 + (P::K + P::L) * P::ETA_BYTES;
        for byte in
            (0..32).chain(64..128).chain((t0..P::PRIVATE_KEY_BYTES).step_by(11)).chain([P::PRIVATE_KEY_BYTES - 1])
        {
            let altered = random.flip(&private_key, byte..byte + 1);
            claim(derive(&altered) == Err(InvalidPrivateKey::Mismatch), || format!("byte {byte} on {backend:?}"));
        }
        // K can be any string.
        let altered = random.flip(&private_key, 32..64);
        claim(derive(&altered) == Ok(*sized(&public_key)), || format!("K on {backend:?}"));
        // Every coefficient: the first number that encodes no coefficient, and another number that does.
        let first_invalid = 2 * P::ETA.unsigned_abs() as usize + 1;
        for i in 0..256 * (P::K + P::L) {
            let set = |number: usize| {
                let mut key = private_key.clone();
                let bits = P::ETA_BITS * i..P::ETA_BITS * (i + 1);
                let packed =
                    |key: &[u8]| bits.clone().rev().fold(0, |n, bit| 2 * n + (key[128 + bit / 8] >> (bit % 8) & 1));
                let number = if packed(&key) == u8::try_from(number).expect("four bits") { number + 1 } else { number };
                for (place, bit) in bits.enumerate() {
                    let byte = &mut key[128 + bit / 8];
                    *byte = *byte & !(1 << (bit % 8)) | u8::from(number >> place & 1 == 1) << (bit % 8);
                }
                key
            };
            claim(derive(&set(first_invalid)) == Err(InvalidPrivateKey::Range), || {
                format!("coefficient {i} on {backend:?}")
            });
            if i % 16 == i / 256 % 16 {
                claim(derive(&set(1)) == Err(InvalidPrivateKey::Mismatch), || {
                    format!("coefficient {i} on {backend:?}")
                });
            }
        }
    }
}

/// A signature that is refused is not evaluated, so its high bits may be taken for zeros: c~ is their hash.
pub(super) fn check_refusal<P: ParameterSet>() {
    for backend in Backend::available() {
        let mut random = Random::new(P::K, 1001);
        let (_, public_key) = Operations::<P>::keygen(&Engine(backend), &random.bytes());
        let (public_key, mu) = (sized::<P::PublicKey>(&public_key), random.bytes::<64>());
        let zeros = vec![0; P::K * P::W1_BYTES];
        let hash = public_key_hash(backend, &[&mu[..], &zeros].concat());
        let with = |z: u8, hints: u8| {
            let mut signature = P::Signature::ZERO;
            let (commitment, rest) = signature.as_mut().split_at_mut(P::COMMITMENT_BYTES);
            commitment.copy_from_slice(&hash[..P::COMMITMENT_BYTES]);
            rest[..P::L * P::Z_BYTES].fill(z);
            rest[P::L * P::Z_BYTES..].fill(hints);
            signature
        };
        // Neither norm nor hints, one of them alone, and as the last of eight.
        let refused = [with(0xff, 0xff), with(0xff, 0), with(0, 0), with(0x55, 0xff)];
        for signature in &refused {
            claim(!verify_mu::<P>(backend, public_key, &mu, signature), || format!("a signature on {backend:?}"));
            let first = verify_first::<P, Infallible>(backend, public_key, |_| Ok(mu), signature);
            claim(first.1 == Ok(false), || format!("a first signature on {backend:?}"));
        }
        for count in [1, 4, 8, 9] {
            let signatures = refused.iter().cycle().take(count);
            let items = signatures.map(|signature| {
                let key: Key<'_, P> = Key::Encoded(public_key);
                Verification { key, mu, signature, is_valid: true }
            });
            let mut items: Vec<_> = items.collect();
            verify_batch(backend, &mut items);
            claim(items.iter().all(|item| !item.is_valid), || format!("{count} signatures on {backend:?}"));
        }
    }
}
