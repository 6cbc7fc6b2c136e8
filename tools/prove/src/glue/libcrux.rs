//! The answers of libcrux.

use super::{mldsa, mlkem};
use libcrux_ml_dsa::{MLDSASignature, MLDSASigningKey, MLDSAVerificationKey, ml_dsa_44, ml_dsa_65, ml_dsa_87};
use libcrux_ml_kem::{mlkem512, mlkem768, mlkem1024};
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87};
use pqc_simd::mlkem::{MlKem512, MlKem768, MlKem1024};
use pqc_simd::proofs::claim;

struct Libcrux;

macro_rules! mlkem {
    ($set:ident, $module:ident) => {
        impl mlkem::Operations<$set> for Libcrux {
            fn keygen(&self, seed: &[u8; 64]) -> Vec<u8> {
                $module::generate_key_pair(*seed).private_key().as_slice().to_vec()
            }

            fn encapsulate(&self, public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
                let (ciphertext, secret) = $module::encapsulate(&public_key.try_into().expect("a public key"), *m);
                (ciphertext.as_slice().to_vec(), secret)
            }

            fn decapsulate(&self, private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
                let (key, ciphertext) =
                    (private_key.try_into().expect("a key"), ciphertext.try_into().expect("a ciphertext"));
                $module::decapsulate(&key, &ciphertext)
            }
        }
    };
}

mlkem!(MlKem512, mlkem512);
mlkem!(MlKem768, mlkem768);
mlkem!(MlKem1024, mlkem1024);

macro_rules! mldsa {
    ($set:ident, $module:ident) => {
        impl mldsa::Operations<$set> for Libcrux {
            fn keygen(&self, seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
                let pair = $module::generate_key_pair(*seed);
                (pair.signing_key.as_ref().to_vec(), pair.verification_key.as_ref().to_vec())
            }

            fn sign(&self, private_key: &[u8], message: &[u8], context: &[u8], rnd: &[u8; 32]) -> Option<Vec<u8>> {
                let key = MLDSASigningKey::new(private_key.try_into().expect("a private key"));
                $module::sign(&key, message, context, *rnd).ok().map(|signature| signature.as_ref().to_vec())
            }

            fn verify(&self, public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool {
                let key = MLDSAVerificationKey::new(public_key.try_into().expect("a public key"));
                let signature = MLDSASignature::new(signature.try_into().expect("a signature"));
                $module::verify(&key, message, context, &signature).is_ok()
            }
        }
    };
}

mldsa!(MlDsa44, ml_dsa_44);
mldsa!(MlDsa65, ml_dsa_65);
mldsa!(MlDsa87, ml_dsa_87);

pub(crate) fn check_mlkem(answers: [&str; 3]) {
    let found = [
        mlkem::transcript::<MlKem512>(&Libcrux).finish(),
        mlkem::transcript::<MlKem768>(&Libcrux).finish(),
        mlkem::transcript::<MlKem1024>(&Libcrux).finish(),
    ];
    claim(found == answers, || format!("the answers of libcrux are {found:?}"));
}

pub(crate) fn check_mldsa(answers: [&str; 3]) {
    let found = [
        mldsa::transcript::<MlDsa44>(&Libcrux).finish(),
        mldsa::transcript::<MlDsa65>(&Libcrux).finish(),
        mldsa::transcript::<MlDsa87>(&Libcrux).finish(),
    ];
    claim(found == answers, || format!("the answers of libcrux are {found:?}"));
}
