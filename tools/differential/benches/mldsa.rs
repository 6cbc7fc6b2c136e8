//! ML-DSA on each backend, libcrux and aws-lc in one run: `cargo bench --bench mldsa`.
//!
//! Hot: one expanded key, used again and again. Cold: 3,000 expanded keys in turn, more than the caches next to a core hold.
//! Fresh: an encoded key, used once. The time of a signature depends on its message, so `sign` signs 4,000 messages in
//! each round, with a mean within two percent of the true mean; its times are for 4,000 signatures. The batches verify eight
//! signatures a round, or create 96, 16 at once.
#![allow(clippy::unwrap_used, reason = "a benchmark may stop")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use pqc_simd::mldsa::{
    self, ExpandedSigningKey, ExpandedVerifyingKey, Key, MlDsa44, MlDsa65, MlDsa87, ParameterSet, Signing,
    Verification, sign_batch, verify_batch,
};
use pqc_simd::{Backend, Bytes};

const SEED: [u8; 32] = [7; 32];
const RND: [u8; 32] = [0; 32];
const MESSAGES: u16 = 4_000;
const COLD_KEYS: u16 = 3_000;

fn main() {
    divan::main();
}

/// The backends of this processor, by name.
fn backends() -> impl Iterator<Item = &'static str> {
    Backend::available().rev().map(Backend::name)
}

fn backend(name: &str) -> Backend {
    Backend::ALL.into_iter().find(|backend| backend.name() == name).unwrap()
}

/// A private key and its public key.
fn key_pair<P: ParameterSet>(number: u16) -> (P::PrivateKey, P::PublicKey) {
    let mut seed = SEED;
    seed[..2].copy_from_slice(&number.to_le_bytes());
    let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
    mldsa::keygen::<P>(Backend::best(), &seed, &mut private_key, &mut public_key);
    (private_key, public_key)
}

fn signing_key<P: ParameterSet>(number: u16) -> Box<ExpandedSigningKey<P>> {
    let mut key = Box::<ExpandedSigningKey<P>>::default();
    key.expand(Backend::best(), &key_pair::<P>(number).0);
    key
}

fn verifying_key<P: ParameterSet>(number: u16) -> Box<ExpandedVerifyingKey<P>> {
    let mut key = Box::<ExpandedVerifyingKey<P>>::default();
    key.expand(Backend::best(), &key_pair::<P>(number).1);
    key
}

/// An arbitrary mu for a message.
fn mu(message: u16) -> [u8; 64] {
    let mut mu = [0; 64];
    mu[..2].copy_from_slice(&message.to_le_bytes());
    mu
}

fn signature<P: ParameterSet>(number: u16, message: u16) -> P::Signature {
    let mut signature = P::Signature::ZERO;
    assert!(signing_key::<P>(number).sign_mu(Backend::best(), &mu(message), &RND, &mut signature));
    signature
}

#[divan::bench(types = [MlDsa44, MlDsa65, MlDsa87], args = backends())]
fn keygen<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (mut private_key, mut public_key) = key_pair::<P>(0);
    bencher.bench_local(|| {
        mldsa::keygen::<P>(backend(name), black_box(&SEED), &mut private_key, &mut public_key);
    });
}

#[divan::bench(types = [MlDsa44, MlDsa65, MlDsa87], args = backends())]
fn sign_hot<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (backend, key, mut signature) = (backend(name), signing_key::<P>(0), P::Signature::ZERO);
    bencher.counter(ItemsCount::new(MESSAGES)).bench_local(|| {
        (0..MESSAGES).for_each(|message| assert!(key.sign_mu(backend, black_box(&mu(message)), &RND, &mut signature)));
    });
}

#[divan::bench(types = [MlDsa44, MlDsa65, MlDsa87], args = backends())]
fn verify_hot<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (backend, key, signature) = (backend(name), verifying_key::<P>(0), signature::<P>(0, 0));
    bencher.bench_local(|| key.verify_mu(backend, black_box(&mu(0)), &signature));
}

#[divan::bench(types = [MlDsa44, MlDsa65, MlDsa87], args = backends())]
fn verify_batch_of_eight<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (backend, key) = (backend(name), verifying_key::<P>(0));
    let signatures: Vec<_> = (0..8).map(|message| (mu(message), signature::<P>(0, message))).collect();
    let key = || Key::Expanded(&*key);
    let items = signatures.iter();
    let items = items.map(|(mu, signature)| Verification { key: key(), mu: *mu, signature, is_valid: false });
    let mut items: Vec<_> = items.collect();
    bencher.counter(ItemsCount::new(8_u8)).bench_local(|| {
        verify_batch(backend, black_box(&mut items));
        assert!(items.iter().all(|item| item.is_valid));
    });
}

#[divan::bench(types = [MlDsa44, MlDsa65, MlDsa87], args = backends())]
fn sign_batches_of_sixteen<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (backend, key) = (backend(name), signing_key::<P>(0));
    let mut signatures = [P::Signature::ZERO; 96];
    let items = signatures.iter_mut().zip(0..);
    let item = |(signature, message)| Signing { key: &*key, mu: mu(message), rnd: &RND, signature, is_signed: false };
    let mut items: Vec<_> = items.map(item).collect();
    bencher.counter(ItemsCount::new(96_u8)).bench_local(|| {
        black_box(&mut items).chunks_mut(16).for_each(|items| sign_batch(backend, items));
    });
}

#[divan::bench(types = [MlDsa65], args = backends())]
fn sign_cold<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let keys: Vec<_> = (0..COLD_KEYS).map(signing_key::<P>).collect();
    let (mut turn, mut signature) = (keys.iter().cycle(), P::Signature::ZERO);
    bencher.counter(ItemsCount::new(MESSAGES)).bench_local(|| {
        for message in 0..MESSAGES {
            assert!(turn.next().unwrap().sign_mu(backend, black_box(&mu(message)), &RND, &mut signature));
        }
    });
}

#[divan::bench(types = [MlDsa65], args = backends())]
fn verify_cold<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let keys: Vec<_> = (0..COLD_KEYS).map(|number| (verifying_key::<P>(number), signature::<P>(number, 0))).collect();
    let mut turn = keys.iter().cycle();
    bencher.bench_local(|| {
        let (key, signature) = turn.next().unwrap();
        assert!(key.verify_mu(backend, black_box(&mu(0)), signature));
    });
}

#[divan::bench(types = [MlDsa65], args = backends())]
fn sign_fresh<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (backend, (private_key, _), mut signature) = (backend(name), key_pair::<P>(0), P::Signature::ZERO);
    bencher.counter(ItemsCount::new(MESSAGES)).bench_local(|| {
        for message in 0..MESSAGES {
            assert!(mldsa::sign_mu::<P>(backend, black_box(&private_key), &mu(message), &RND, &mut signature));
        }
    });
}

#[divan::bench(types = [MlDsa65], args = backends())]
fn verify_fresh<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (backend, (_, public_key), signature) = (backend(name), key_pair::<P>(0), signature::<P>(0, 0));
    bencher.bench_local(|| mldsa::verify_mu::<P>(backend, black_box(&public_key), &mu(0), &signature));
}

/// libcrux with AVX2, which has no expanded keys for ML-DSA.
macro_rules! libcrux {
    ($name:ident, $set:ident) => {
        mod $name {
            use super::*;
            use libcrux_ml_dsa::$set::avx2 as library;

            #[divan::bench]
            fn keygen(bencher: Bencher) {
                bencher.bench_local(|| library::generate_key_pair(black_box(SEED)));
            }

            #[divan::bench]
            fn sign(bencher: Bencher) {
                let pair = library::generate_key_pair(SEED);
                bencher.counter(ItemsCount::new(MESSAGES)).bench_local(|| {
                    (0..MESSAGES).for_each(|message| {
                        black_box(library::sign(&pair.signing_key, &message.to_le_bytes(), b"", RND).unwrap());
                    });
                });
            }

            #[divan::bench]
            fn verify(bencher: Bencher) {
                let pair = library::generate_key_pair(SEED);
                let signature = library::sign(&pair.signing_key, b"m", b"", RND).unwrap();
                bencher.bench_local(|| library::verify(&pair.verification_key, black_box(b"m"), b"", &signature));
            }
        }
    };
}

libcrux!(libcrux_44, ml_dsa_44);
libcrux!(libcrux_65, ml_dsa_65);
libcrux!(libcrux_87, ml_dsa_87);

/// aws-lc, which signs hedged only.
macro_rules! aws_lc {
    ($name:ident, $signing:ident, $verifying:ident) => {
        mod $name {
            use super::*;
            use aws_lc_rs::signature::{self, KeyPair, PqdsaKeyPair, UnparsedPublicKey};

            fn key_pair() -> PqdsaKeyPair {
                PqdsaKeyPair::from_seed(&signature::$signing, &SEED).unwrap()
            }

            #[divan::bench]
            fn keygen(bencher: Bencher) {
                bencher.bench_local(key_pair);
            }

            #[divan::bench]
            fn sign(bencher: Bencher) {
                let (pair, mut out) = (key_pair(), [0; 4627]);
                bencher.counter(ItemsCount::new(MESSAGES)).bench_local(|| {
                    (0..MESSAGES).for_each(|message| {
                        black_box(pair.sign(&message.to_le_bytes(), &mut out).unwrap());
                    });
                });
            }

            #[divan::bench]
            fn verify(bencher: Bencher) {
                let (pair, mut out) = (key_pair(), [0; 4627]);
                let length = pair.sign(b"m", &mut out).unwrap();
                let key = UnparsedPublicKey::new(&signature::$verifying, pair.public_key().as_ref());
                bencher.bench_local(|| key.verify(black_box(b"m"), &out[..length]).unwrap());
            }
        }
    };
}

aws_lc!(aws_lc_44, ML_DSA_44_SIGNING, ML_DSA_44);
aws_lc!(aws_lc_65, ML_DSA_65_SIGNING, ML_DSA_65);
aws_lc!(aws_lc_87, ML_DSA_87_SIGNING, ML_DSA_87);
