//! The libraries that ML-KEM is compared with.

use aws_lc_rs::kem;
#[allow(deprecated, reason = "the form that is compared")]
use ml_kem::ExpandedKeyEncoding;
use ml_kem::kem::Decapsulate;
use pqc_simd::mlkem::ParameterSet;

/// Another library: key generation from a seed, encapsulation with given randomness, decapsulation.
pub trait Reference {
    const NAME: &str;
    fn keygen(seed: &[u8; 64]) -> Vec<u8>;
    fn encapsulate(public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]);
    fn decapsulate(private_key: &[u8], ciphertext: &[u8]) -> [u8; 32];
}

macro_rules! libcrux {
    ($name:ident, $module:ident) => {
        pub struct $name;

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
        pub struct $name;

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
pub fn aws_lc<P: ParameterSet>() -> &'static kem::Algorithm {
    [&kem::ML_KEM_512, &kem::ML_KEM_768, &kem::ML_KEM_1024][P::K - 2]
}
