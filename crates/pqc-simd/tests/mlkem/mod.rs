//! ML-KEM on a backend for the tests, and the libraries that it is compared with.
#![allow(dead_code, reason = "no test uses every helper")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use aws_lc_rs::kem;
#[allow(deprecated, reason = "the form that is compared")]
use ml_kem::ExpandedKeyEncoding;
use ml_kem::kem::Decapsulate;
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, Generation, ParameterSet};
use pqc_simd::{Backend, Bytes};

/// Bytes of the right length.
pub(crate) fn sized<B: Bytes>(bytes: &[u8]) -> &B {
    B::from_slice(bytes).unwrap()
}

/// The decapsulation key from a seed.
pub(crate) fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 64]) -> Vec<u8> {
    let mut private_key = P::PrivateKey::ZERO;
    mlkem::keygen::<P>(backend, seed, &mut private_key);
    private_key.as_ref().to_vec()
}

/// The encapsulation key inside a decapsulation key.
pub(crate) fn public_key<P: ParameterSet>(private_key: &[u8]) -> &[u8] {
    &private_key[384 * P::K..][..P::PUBLIC_KEY_BYTES]
}

/// A ciphertext and its secret, with the encoded key and with the expanded one, which must agree.
pub(crate) fn encapsulate<P: ParameterSet>(backend: Backend, public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
    let (public_key, mut ciphertext, mut secret) = (sized(public_key), P::Ciphertext::ZERO, [0; 32]);
    mlkem::encapsulate::<P>(backend, public_key, m, &mut ciphertext, &mut secret);
    let mut expanded = ExpandedPublicKey::<P>::default();
    expanded.expand(backend, public_key);
    let (mut again, mut secret_again) = (P::Ciphertext::ZERO, [0; 32]);
    expanded.encapsulate(backend, m, &mut again, &mut secret_again);
    assert_eq!((ciphertext.as_ref(), secret), (again.as_ref(), secret_again));
    (ciphertext.as_ref().to_vec(), secret)
}

/// The decapsulation keys of seeds, made together, with their H(ek), whose place must be left alone.
pub(crate) fn keygen_batch<P: ParameterSet>(backend: Backend, seeds: &[[u8; 64]]) -> Vec<Vec<u8>> {
    let mut keys = vec![sized::<P::PrivateKey>(&vec![0x5a; P::PRIVATE_KEY_BYTES]).to_owned(); seeds.len()];
    let items = seeds.iter().zip(&mut keys).map(|(seed, private_key)| Generation { seed, private_key });
    mlkem::keygen_batch::<P>(backend, &mut items.collect::<Vec<_>>());
    let with_hash = keys.iter().map(|key| {
        let (mut key, place) = (key.as_ref().to_vec(), P::PRIVATE_KEY_BYTES - 64..P::PRIVATE_KEY_BYTES - 32);
        assert_eq!(key[place.clone()], [0x5a; 32]);
        let hash = mlkem::public_key_hash(backend, public_key::<P>(&key));
        key[place].copy_from_slice(&hash);
        key
    });
    with_hash.collect()
}

/// A secret, with the encoded key and with the expanded one, which must agree.
pub(crate) fn decapsulate<P: ParameterSet>(backend: Backend, private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
    let (private_key, ciphertext, mut secret, mut again) = (sized(private_key), sized(ciphertext), [0; 32], [0; 32]);
    mlkem::decapsulate::<P>(backend, private_key, ciphertext, &mut secret);
    let mut expanded = ExpandedPrivateKey::<P>::default();
    expanded.expand(backend, private_key);
    expanded.decapsulate(backend, ciphertext, &mut again);
    assert_eq!(secret, again);
    secret
}

/// Another library: key generation from a seed, encapsulation with given randomness, decapsulation.
pub(crate) trait Reference {
    const NAME: &str;
    fn keygen(seed: &[u8; 64]) -> Vec<u8>;
    fn encapsulate(public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]);
    fn decapsulate(private_key: &[u8], ciphertext: &[u8]) -> [u8; 32];
}

macro_rules! libcrux {
    ($name:ident, $module:ident) => {
        pub(crate) struct $name;

        impl Reference for $name {
            const NAME: &str = "libcrux";

            fn keygen(seed: &[u8; 64]) -> Vec<u8> {
                libcrux_ml_kem::$module::generate_key_pair(*seed).private_key().as_slice().to_vec()
            }
            fn encapsulate(public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
                let key = public_key.try_into().unwrap();
                let (ciphertext, secret) = libcrux_ml_kem::$module::encapsulate(&key, *m);
                (ciphertext.as_slice().to_vec(), secret)
            }
            fn decapsulate(private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
                let (key, ciphertext) = (private_key.try_into().unwrap(), ciphertext.try_into().unwrap());
                libcrux_ml_kem::$module::decapsulate(&key, &ciphertext)
            }
        }
    };
}

libcrux!(Libcrux512, mlkem512);
libcrux!(Libcrux768, mlkem768);
libcrux!(Libcrux1024, mlkem1024);

macro_rules! rustcrypto {
    ($name:ident, $set:ident) => {
        pub(crate) struct $name;

        impl Reference for $name {
            const NAME: &str = "RustCrypto";

            #[allow(deprecated, reason = "the form that is compared")]
            fn keygen(seed: &[u8; 64]) -> Vec<u8> {
                let key = ml_kem::DecapsulationKey::<ml_kem::$set>::from_seed((*seed).into());
                key.to_expanded_bytes().to_vec()
            }
            fn encapsulate(public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
                let key = ml_kem::EncapsulationKey::<ml_kem::$set>::new(public_key.try_into().unwrap()).unwrap();
                let (ciphertext, secret) = key.encapsulate_deterministic(&(*m).into());
                (ciphertext.to_vec(), secret.into())
            }
            #[allow(deprecated, reason = "the form that is compared")]
            fn decapsulate(private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
                let key = ml_kem::DecapsulationKey::<ml_kem::$set>::from_expanded(private_key.try_into().unwrap());
                key.unwrap().decapsulate(ciphertext.try_into().unwrap()).into()
            }
        }
    };
}

rustcrypto!(RustCrypto512, MlKem512);
rustcrypto!(RustCrypto768, MlKem768);
rustcrypto!(RustCrypto1024, MlKem1024);

/// The algorithm of aws-lc with a parameter set.
pub(crate) fn aws_lc<P: ParameterSet>() -> &'static kem::Algorithm {
    [&kem::ML_KEM_512, &kem::ML_KEM_768, &kem::ML_KEM_1024][P::K - 2]
}
