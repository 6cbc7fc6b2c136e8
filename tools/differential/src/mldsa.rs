//! The libraries that ML-DSA is compared with.

use aws_lc_rs::signature as aws_lc;
use libcrux_ml_dsa::{MLDSASignature, MLDSASigningKey, MLDSAVerificationKey, ml_dsa_44, ml_dsa_65, ml_dsa_87};
use pqc_simd::mldsa::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};

/// The same set in other libraries. A key pair is an encoded private key and the public key.
pub trait Peers: ParameterSet {
    const NAME: &'static str;
    fn libcrux_keygen(seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>);
    fn libcrux_sign(private_key: &[u8], message: &[u8], context: &[u8], rnd: &[u8; 32]) -> Vec<u8>;
    fn libcrux_verify(public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool;
    /// A signature of a message without context, hedged by the library itself.
    fn aws_lc_sign(seed: &[u8; 32], public_key: &[u8], message: &[u8]) -> Vec<u8>;
    fn aws_lc_verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool;
    fn rustcrypto_sign(seed: &[u8; 32], message: &[u8], context: &[u8]) -> Vec<u8>;
    fn rustcrypto_verify(public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool;
}

macro_rules! peers {
    ($set:ident, $name:literal, $libcrux:ident, $aws_lc:ident, $aws_lc_signing:ident) => {
        impl Peers for $set {
            const NAME: &'static str = $name;

            fn libcrux_keygen(seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
                let pair = $libcrux::generate_key_pair(*seed);
                (pair.signing_key.as_ref().to_vec(), pair.verification_key.as_ref().to_vec())
            }

            fn libcrux_sign(private_key: &[u8], message: &[u8], context: &[u8], rnd: &[u8; 32]) -> Vec<u8> {
                let key = MLDSASigningKey::new(private_key.try_into().expect("a private key"));
                $libcrux::sign(&key, message, context, *rnd).expect("a signature").as_ref().to_vec()
            }

            fn libcrux_verify(public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool {
                let key = MLDSAVerificationKey::new(public_key.try_into().expect("a public key"));
                let signature = MLDSASignature::new(signature.try_into().expect("a signature"));
                $libcrux::verify(&key, message, context, &signature).is_ok()
            }

            fn aws_lc_sign(seed: &[u8; 32], public_key: &[u8], message: &[u8]) -> Vec<u8> {
                let pair = aws_lc::PqdsaKeyPair::from_seed(&aws_lc::$aws_lc_signing, seed).expect("a seed");
                assert_eq!(aws_lc::KeyPair::public_key(&pair).as_ref(), public_key, "aws-lc differs");
                let mut signature = vec![0; Self::SIGNATURE_BYTES];
                pair.sign(message, &mut signature).expect("a signature");
                signature
            }

            fn aws_lc_verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
                let key = aws_lc::UnparsedPublicKey::new(&aws_lc::$aws_lc, public_key);
                key.verify(message, signature).is_ok()
            }

            fn rustcrypto_sign(seed: &[u8; 32], message: &[u8], context: &[u8]) -> Vec<u8> {
                let key = ml_dsa::SigningKey::<ml_dsa::$set>::from_seed(&(*seed).into());
                key.expanded_key().sign_deterministic(message, context).expect("a signature").encode().to_vec()
            }

            fn rustcrypto_verify(public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool {
                let key = ml_dsa::VerifyingKey::<ml_dsa::$set>::decode(&public_key.try_into().expect("a public key"));
                ml_dsa::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify_with_context(message, context, &signature))
            }
        }
    };
}

peers!(MlDsa44, "ML-DSA-44", ml_dsa_44, ML_DSA_44, ML_DSA_44_SIGNING);
peers!(MlDsa65, "ML-DSA-65", ml_dsa_65, ML_DSA_65, ML_DSA_65_SIGNING);
peers!(MlDsa87, "ML-DSA-87", ml_dsa_87, ML_DSA_87, ML_DSA_87_SIGNING);
