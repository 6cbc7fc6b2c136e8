//! Helpers of the tests of ML-DSA: the operations of this crate and of other libraries on bytes.
#![allow(dead_code, reason = "no test uses every helper")]

use aws_lc_rs::signature as aws_lc;
use libcrux_ml_dsa::{MLDSASignature, MLDSASigningKey, MLDSAVerificationKey, ml_dsa_44, ml_dsa_65, ml_dsa_87};
use pqc_simd::mldsa::{
    ExpandedSigningKey, ExpandedVerifyingKey, InvalidPrivateKey, MlDsa44, MlDsa65, MlDsa87, MuHasher, ParameterSet,
    public_key_hash,
};
use pqc_simd::{Backend, Bytes};

/// An encoded private key, and the public key.
pub(crate) type KeyPair = (Vec<u8>, Vec<u8>);

/// Bytes of the right length.
pub(crate) fn sized<B: Bytes>(bytes: &[u8]) -> &B {
    B::from_slice(bytes).expect("the right length")
}

pub(crate) fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 32]) -> KeyPair {
    let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
    pqc_simd::mldsa::keygen::<P>(backend, seed, &mut private_key, &mut public_key);
    (private_key.as_ref().to_vec(), public_key.as_ref().to_vec())
}

/// mu of a message with a context of at most 255 bytes.
pub(crate) fn mu(backend: Backend, public_key: &[u8], context: &[u8], message: &[u8]) -> [u8; 64] {
    let mut hasher = MuHasher::new(backend, &public_key_hash(backend, public_key), context).expect("a short context");
    // In two chunks.
    let (first, second) = message.split_at(message.len() / 3);
    hasher.update(first);
    hasher.update(second);
    hasher.finalize()
}

pub(crate) fn signing_key<P: ParameterSet>(backend: Backend, private_key: &[u8]) -> Box<ExpandedSigningKey<P>> {
    let mut key = Box::<ExpandedSigningKey<P>>::default();
    key.expand(backend, sized(private_key));
    key
}

/// The expanded key that comes with the key of a seed.
pub(crate) fn generated_key<P: ParameterSet>(
    backend: Backend,
    seed: &[u8; 32],
) -> (KeyPair, Box<ExpandedSigningKey<P>>) {
    let (mut key, mut private_key, mut public_key) =
        (Box::<ExpandedSigningKey<P>>::default(), P::PrivateKey::ZERO, P::PublicKey::ZERO);
    key.generate(backend, seed, &mut private_key, &mut public_key);
    ((private_key.as_ref().to_vec(), public_key.as_ref().to_vec()), key)
}

/// The expanded key that comes with the check of a private key, and its public key.
pub(crate) fn imported_key<P: ParameterSet>(
    backend: Backend,
    private_key: &[u8],
) -> Result<(Vec<u8>, Box<ExpandedSigningKey<P>>), InvalidPrivateKey> {
    let (mut key, mut public_key) = (Box::<ExpandedSigningKey<P>>::default(), P::PublicKey::ZERO);
    key.import(backend, sized(private_key), &mut public_key)?;
    Ok((public_key.as_ref().to_vec(), key))
}

pub(crate) fn verifying_key<P: ParameterSet>(backend: Backend, public_key: &[u8]) -> Box<ExpandedVerifyingKey<P>> {
    let mut key = Box::<ExpandedVerifyingKey<P>>::default();
    key.expand(backend, sized(public_key));
    key
}

pub(crate) fn sign<P: ParameterSet>(
    backend: Backend,
    key: &ExpandedSigningKey<P>,
    mu: &[u8; 64],
    rnd: &[u8; 32],
) -> Vec<u8> {
    let mut signature = P::Signature::ZERO;
    assert!(key.sign_mu(backend, mu, rnd, &mut signature));
    signature.as_ref().to_vec()
}

/// The same set in other libraries.
pub(crate) trait Peers: ParameterSet {
    const NAME: &'static str;
    fn libcrux_keygen(seed: &[u8; 32]) -> KeyPair;
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

            fn libcrux_keygen(seed: &[u8; 32]) -> KeyPair {
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
