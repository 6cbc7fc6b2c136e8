//! ML-KEM on each backend, libcrux with its unpacked keys, and aws-lc in one run: `cargo bench --bench mlkem`.
//!
//! Hot: one expanded key, used again and again. Cold: 3,000 expanded keys in turn, more than the caches next to a core hold. Fresh: an
//! encoded key, used once.
#![allow(clippy::unwrap_used, reason = "a benchmark may stop")]

use aws_lc_rs::kem;
use divan::{Bencher, black_box};
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, Key};
use pqc_simd::mlkem::{MlKem512, MlKem768, MlKem1024, ParameterSet};
use pqc_simd::{Backend, Bytes};

const SEED: [u8; 64] = [7; 64];
const M: [u8; 32] = [9; 32];
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

fn private_key<P: ParameterSet>(backend: Backend, number: u16) -> P::PrivateKey {
    let (mut seed, mut key) = (SEED, P::PrivateKey::ZERO);
    seed[..2].copy_from_slice(&number.to_le_bytes());
    mlkem::keygen::<P>(backend, &seed, &mut key);
    key
}

fn expanded<P: ParameterSet>(backend: Backend, number: u16) -> ExpandedPrivateKey<P> {
    let mut key = ExpandedPrivateKey::default();
    key.expand(backend, &private_key::<P>(backend, number));
    key
}

fn ciphertext<P: ParameterSet>(backend: Backend, key: &ExpandedPublicKey<P>) -> P::Ciphertext {
    let mut ciphertext = P::Ciphertext::ZERO;
    key.encapsulate(backend, &M, &mut ciphertext, &mut [0; 32]);
    ciphertext
}

#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn keygen<P: ParameterSet>(bencher: Bencher, name: &str) {
    let mut key = P::PrivateKey::ZERO;
    bencher.bench_local(|| mlkem::keygen::<P>(backend(name), black_box(&SEED), &mut key));
}

#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn keygen_without_hash<P: ParameterSet>(bencher: Bencher, name: &str) {
    let mut key = P::PrivateKey::ZERO;
    bencher.bench_local(|| mlkem::keygen_without_hash::<P>(backend(name), black_box(&SEED), &mut key));
}

/// The time is for eight keys.
#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn keygen_batch_of_eight<P: ParameterSet>(bencher: Bencher, name: &str) {
    let (backend, mut keys) = (backend(name), [P::PrivateKey::ZERO; 8]);
    let mut items = keys.each_mut().map(|private_key| mlkem::Generation { seed: &SEED, private_key });
    bencher.bench_local(|| mlkem::keygen_batch::<P>(backend, black_box(&mut items)));
}

#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn encapsulate_hot<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let key = expanded::<P>(backend, 0);
    let (mut ciphertext, mut secret) = (P::Ciphertext::ZERO, [0; 32]);
    bencher.bench_local(|| key.public_key().encapsulate(backend, black_box(&M), &mut ciphertext, &mut secret));
}

#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn decapsulate_hot<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let key = expanded::<P>(backend, 0);
    let ciphertext = ciphertext::<P>(backend, key.public_key());
    let mut secret = [0; 32];
    bencher.bench_local(|| key.decapsulate(backend, black_box(&ciphertext), &mut secret));
}

#[divan::bench(types = [MlKem768], args = backends())]
fn encapsulate_cold<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let keys: Vec<_> = (0..COLD_KEYS).map(|number| expanded::<P>(backend, number)).collect();
    let (mut ciphertext, mut secret) = (P::Ciphertext::ZERO, [0; 32]);
    let mut turn = keys.iter().cycle();
    bencher.bench_local(|| {
        turn.next().unwrap().public_key().encapsulate(backend, black_box(&M), &mut ciphertext, &mut secret);
    });
}

#[divan::bench(types = [MlKem768], args = backends())]
fn decapsulate_cold<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let keys: Vec<_> = (0..COLD_KEYS)
        .map(|number| {
            let key = expanded::<P>(backend, number);
            let ciphertext = ciphertext::<P>(backend, key.public_key());
            (key, ciphertext)
        })
        .collect();
    let mut secret = [0; 32];
    let mut turn = keys.iter().cycle();
    bencher.bench_local(|| {
        let (key, ciphertext) = turn.next().unwrap();
        key.decapsulate(backend, black_box(ciphertext), &mut secret);
    });
}

#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn encapsulate_fresh<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let private_key = private_key::<P>(backend, 0);
    let public_key = P::PublicKey::from_slice(&private_key.as_ref()[384 * P::K..][..P::PUBLIC_KEY_BYTES]).unwrap();
    let (mut ciphertext, mut secret) = (P::Ciphertext::ZERO, [0; 32]);
    bencher.bench_local(|| mlkem::encapsulate::<P>(backend, black_box(public_key), &M, &mut ciphertext, &mut secret));
}

#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn decapsulate_fresh<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let private_key = private_key::<P>(backend, 0);
    let ciphertext = ciphertext::<P>(backend, expanded::<P>(backend, 0).public_key());
    let mut secret = [0; 32];
    bencher.bench_local(|| mlkem::decapsulate::<P>(backend, black_box(&private_key), &ciphertext, &mut secret));
}

/// H(ek) is computed as well.
#[divan::bench(types = [MlKem512, MlKem768, MlKem1024], args = backends())]
fn decapsulate_first<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let private_key = private_key::<P>(backend, 0);
    let ciphertext = ciphertext::<P>(backend, expanded::<P>(backend, 0).public_key());
    let mut secret = [0; 32];
    bencher.bench_local(|| {
        mlkem::decapsulate_with_hash::<P>(backend, black_box(&private_key), &mut None, &ciphertext, &mut secret);
    });
}

/// The time is for eight items.
#[divan::bench(types = [MlKem768], args = backends())]
fn encapsulate_batch_of_eight<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let key = expanded::<P>(backend, 0);
    let mut made = [(P::Ciphertext::ZERO, [0; 32]); 8];
    let mut items = made.each_mut().map(|(ciphertext, shared_secret)| mlkem::Encapsulation {
        key: Key::Expanded(key.public_key()),
        m: &M,
        ciphertext,
        shared_secret,
    });
    bencher.bench_local(|| mlkem::encapsulate_batch(backend, black_box(&mut items)));
}

#[divan::bench(types = [MlKem768], args = backends())]
fn decapsulate_batch_of_eight<P: ParameterSet>(bencher: Bencher, name: &str) {
    let backend = backend(name);
    let key = expanded::<P>(backend, 0);
    let (ciphertexts, mut secrets) = ([ciphertext::<P>(backend, key.public_key()); 8], [[0; 32]; 8]);
    let items = secrets.iter_mut().zip(&ciphertexts).map(|(shared_secret, ciphertext)| mlkem::Decapsulation {
        key: Key::Expanded(&key),
        ciphertext,
        shared_secret,
    });
    let mut items: Vec<_> = items.collect();
    bencher.bench_local(|| mlkem::decapsulate_batch(backend, black_box(&mut items)));
}

/// libcrux with AVX2 and its expanded keys.
macro_rules! libcrux {
    ($name:ident, $set:ident, $key_pair:ident) => {
        mod $name {
            use super::*;
            use libcrux_ml_kem::$set::avx2::unpacked::{self, $key_pair};

            fn key_pair() -> $key_pair {
                let mut pair = Default::default();
                unpacked::generate_key_pair_mut(SEED, &mut pair);
                pair
            }

            #[divan::bench]
            fn keygen(bencher: Bencher) {
                let mut pair = key_pair();
                bencher.bench_local(|| unpacked::generate_key_pair_mut(black_box(SEED), &mut pair));
            }

            #[divan::bench]
            fn encapsulate(bencher: Bencher) {
                let pair = key_pair();
                bencher.bench_local(|| unpacked::encapsulate(&pair.public_key, black_box(M)));
            }

            #[divan::bench]
            fn decapsulate(bencher: Bencher) {
                let pair = key_pair();
                let (ciphertext, _) = unpacked::encapsulate(&pair.public_key, M);
                bencher.bench_local(|| unpacked::decapsulate(&pair, black_box(&ciphertext)));
            }
        }
    };
}

libcrux!(libcrux_512, mlkem512, MlKem512KeyPairUnpacked);
libcrux!(libcrux_768, mlkem768, MlKem768KeyPairUnpacked);
libcrux!(libcrux_1024, mlkem1024, MlKem1024KeyPairUnpacked);

/// aws-lc, which draws its own randomness and expands the matrix in each call.
macro_rules! aws_lc {
    ($name:ident, $algorithm:ident) => {
        mod $name {
            use super::*;

            #[divan::bench]
            fn keygen() -> kem::DecapsulationKey {
                kem::DecapsulationKey::generate(&kem::$algorithm).unwrap()
            }

            #[divan::bench]
            fn encapsulate(bencher: Bencher) {
                let key = keygen().encapsulation_key().unwrap();
                bencher.bench_local(|| key.encapsulate().unwrap());
            }

            #[divan::bench]
            fn decapsulate(bencher: Bencher) {
                let key = keygen();
                let (ciphertext, _) = key.encapsulation_key().unwrap().encapsulate().unwrap();
                bencher.bench_local(|| key.decapsulate(black_box(ciphertext.as_ref().into())).unwrap());
            }
        }
    };
}

aws_lc!(aws_lc_512, ML_KEM_512);
aws_lc!(aws_lc_768, ML_KEM_768);
aws_lc!(aws_lc_1024, ML_KEM_1024);
