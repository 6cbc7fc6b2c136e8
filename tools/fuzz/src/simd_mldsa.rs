//! ML-DSA of the vector engine, on every backend and with both forms of keys, against libcrux.

use crate::simd::{Case, on_every_backend, sized};
use libcrux_ml_dsa::{MLDSASignature, MLDSASigningKey, MLDSAVerificationKey, ml_dsa_44, ml_dsa_65, ml_dsa_87};
use pqc_simd::mldsa::{
    self, ExpandedSigningKey, ExpandedVerifyingKey, InvalidPrivateKey, MlDsa44, MlDsa65, MlDsa87, MuHasher,
    ParameterSet, public_key_hash,
};
use pqc_simd::{Backend, Bytes};

/// Makes a pair and a signature, and verifies it, or signs, with an edit in one.
pub fn simd_mldsa(data: &[u8]) {
    let case = Case::new(data);
    match case.level {
        0 => check::<MlDsa44>(&case),
        1 => check::<MlDsa65>(&case),
        _ => check::<MlDsa87>(&case),
    }
}

fn check<P: Reference>(case: &Case<'_>) {
    let (private_key, public_key) = on_every_backend(|backend| keygen::<P>(backend, &case.seed));
    assert_eq!((private_key.clone(), public_key.clone()), P::keygen(&case.seed));
    let signature = on_every_backend(|backend| sign::<P>(backend, &private_key, case));
    assert_eq!(signature, P::sign(&private_key, case));
    assert!(on_every_backend(|backend| verify::<P>(backend, &public_key, &signature, case)));

    let [edited, edited_key, edited_private] = case.edit_one([&signature, &public_key, &private_key]);
    let verdict = on_every_backend(|backend| verify::<P>(backend, &edited_key, &edited, case));
    assert_eq!(verdict, P::verify(&edited_key, &edited, case));
    assert_eq!(verdict, (&edited, &edited_key) == (&signature, &public_key));
    check_private_key::<P>(&edited_private, &private_key, &public_key, case);
}

/// Only the private key that was made is whole; one that is refused for t0 or tr alone still makes the same signatures.
fn check_private_key<P: Reference>(edited: &[u8], private_key: &[u8], public_key: &[u8], case: &Case<'_>) {
    let (outcome, derived) = on_every_backend(|backend| {
        let mut derived = P::PublicKey::ZERO;
        let outcome = mldsa::public_key_from_private::<P>(backend, sized(edited), &mut derived);
        (outcome, outcome.is_ok().then_some(derived.as_ref().to_vec()))
    });
    // K, which follows rho, is the only field that nothing else depends on.
    let without_k = |key: &[u8]| [&key[..32], &key[64..]].concat();
    assert_eq!(outcome.is_ok(), without_k(edited) == without_k(private_key), "{outcome:?}");
    assert!(derived.is_none_or(|derived| derived == public_key));
    if outcome != Err(InvalidPrivateKey::Range) && edited != private_key {
        assert_eq!(on_every_backend(|backend| sign::<P>(backend, edited, case)), P::sign(edited, case));
    }
}

fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
    let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
    mldsa::keygen::<P>(backend, seed, &mut private_key, &mut public_key);
    (private_key.as_ref().to_vec(), public_key.as_ref().to_vec())
}

fn mu(backend: Backend, tr: &[u8; 64], case: &Case<'_>) -> [u8; 64] {
    let mut hasher = MuHasher::new(backend, tr, &case.context).expect("at most 255 bytes");
    case.message.chunks(100).for_each(|chunk| hasher.update(chunk));
    hasher.finalize()
}

fn sign<P: ParameterSet>(backend: Backend, private_key: &[u8], case: &Case<'_>) -> Vec<u8> {
    let mu = mu(backend, private_key[64..].first_chunk().expect("tr"), case);
    let (private_key, mut once, mut again) = (sized(private_key), P::Signature::ZERO, P::Signature::ZERO);
    assert!(mldsa::sign_mu::<P>(backend, private_key, &mu, &case.randomness, &mut once));
    let mut key = Box::<ExpandedSigningKey<P>>::default();
    key.expand(backend, private_key);
    assert!(key.sign_mu(backend, &mu, &case.randomness, &mut again));
    assert!(once == again, "the expanded key disagrees");
    once.as_ref().to_vec()
}

fn verify<P: ParameterSet>(backend: Backend, public_key: &[u8], signature: &[u8], case: &Case<'_>) -> bool {
    let mu = mu(backend, &public_key_hash(backend, public_key), case);
    let (public_key, signature) = (sized(public_key), sized(signature));
    let mut key = Box::<ExpandedVerifyingKey<P>>::default();
    key.expand(backend, public_key);
    let verdict = key.verify_mu(backend, &mu, signature);
    assert_eq!(mldsa::verify_mu::<P>(backend, public_key, &mu, signature), verdict, "the expanded key disagrees");
    verdict
}

/// The same set in libcrux.
trait Reference: ParameterSet {
    fn keygen(seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>);
    fn sign(private_key: &[u8], case: &Case<'_>) -> Vec<u8>;
    fn verify(public_key: &[u8], signature: &[u8], case: &Case<'_>) -> bool;
}

macro_rules! reference {
    ($set:ident, $module:ident) => {
        impl Reference for $set {
            fn keygen(seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
                let pair = $module::generate_key_pair(*seed);
                (pair.signing_key.as_ref().to_vec(), pair.verification_key.as_ref().to_vec())
            }
            fn sign(private_key: &[u8], case: &Case<'_>) -> Vec<u8> {
                let key = MLDSASigningKey::new(private_key.try_into().expect("a length"));
                let made = $module::sign(&key, &case.message, &case.context, case.randomness);
                made.expect("a signature").as_ref().to_vec()
            }
            fn verify(public_key: &[u8], signature: &[u8], case: &Case<'_>) -> bool {
                let key = MLDSAVerificationKey::new(public_key.try_into().expect("a length"));
                let signature = MLDSASignature::new(signature.try_into().expect("a length"));
                $module::verify(&key, &case.message, &case.context, &signature).is_ok()
            }
        }
    };
}

reference!(MlDsa44, ml_dsa_44);
reference!(MlDsa65, ml_dsa_65);
reference!(MlDsa87, ml_dsa_87);
