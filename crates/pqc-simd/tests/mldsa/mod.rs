//! The operations of ML-DSA on bytes for these tests and the tests of tools/differential.
#![allow(dead_code, reason = "no test uses every helper")]

use core::convert::Infallible;
use pqc_simd::mldsa::{
    ExpandedSigningKey, ExpandedVerifyingKey, InvalidPrivateKey, MuHasher, ParameterSet, public_key_hash, sign_mu,
    verify_first,
};
use pqc_simd::{Backend, Bytes};

pub(crate) mod accumulated;

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

/// The expanded key that key generation from a seed returns.
pub(crate) fn generated_key<P: ParameterSet>(
    backend: Backend,
    seed: &[u8; 32],
) -> (KeyPair, Box<ExpandedSigningKey<P>>) {
    let (mut key, mut private_key, mut public_key) =
        (Box::<ExpandedSigningKey<P>>::default(), P::PrivateKey::ZERO, P::PublicKey::ZERO);
    key.generate(backend, seed, &mut private_key, &mut public_key);
    ((private_key.as_ref().to_vec(), public_key.as_ref().to_vec()), key)
}

/// The expanded key that the check of a private key returns, and its public key.
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

/// A signature with an encoded, a generated, an imported or an expanded key, in turn by `number`.
pub(crate) fn sign_in_turn<P: ParameterSet>(
    backend: Backend,
    number: u32,
    (seed, pair): (&[u8; 32], &KeyPair),
    mu: &[u8; 64],
    rnd: &[u8; 32],
) -> Vec<u8> {
    let signed = |key: &_| sign::<P>(backend, key, mu, rnd);
    match number % 4 {
        0 => {
            let mut made = P::Signature::ZERO;
            assert!(sign_mu::<P>(backend, sized(&pair.0), mu, rnd, &mut made));
            made.as_ref().to_vec()
        }
        1 => {
            let (generated, key) = generated_key(backend, seed);
            assert_eq!(generated, *pair);
            signed(&key)
        }
        2 => {
            let (derived, key) = imported_key(backend, &pair.0).expect("a whole key");
            assert_eq!(derived, pair.1);
            signed(&key)
        }
        _ => signed(&signing_key(backend, &pair.0)),
    }
}

/// The first use of a public key, which computes its hash too, has the right verdicts.
pub(crate) fn verify_first_use<P: ParameterSet>(
    backend: Backend,
    public_key: &[u8],
    mu: &[u8; 64],
    verdicts: [(&[u8], bool); 2],
) {
    let tr = public_key_hash(backend, public_key);
    for (signature, is_valid) in verdicts {
        let found = verify_first::<P, Infallible>(backend, sized(public_key), |_| Ok(*mu), sized(signature));
        assert_eq!(found, (tr, Ok(is_valid)));
        let refused = verify_first::<P, _>(backend, sized(public_key), |tr| Err(*tr), sized(signature));
        assert_eq!(refused, (tr, Err(tr)));
    }
}
