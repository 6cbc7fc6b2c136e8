//! Batches of signatures and verifications.

use crate::algorithm::MAX_SIGNING_RANDOMNESS_BYTES;
use crate::engine::items::{PublicKey as PublicKeyOf, SIGNATURE_CHUNK, SigningRandomness, by_engine};
use crate::engine::{self, SignaturePublic, on_engine_stack};
use crate::family::{check_public_key, signature_engine};
use crate::secret::SecretArray;
use crate::signature::{check_context, check_signature};
use crate::{Algorithm, Error, KeyOptions, Kind, PrivateKey, PublicKey};

pub use crate::engine::items::{Signing, Verification};

impl<'a> Verification<'a> {
    /// With a loaded key. Refuses a context or a signature of a wrong length.
    pub fn new(key: &'a PublicKey, message: &'a [u8], context: &'a [u8], signature: &'a [u8]) -> Result<Self, Error> {
        let target = (key.algorithm(), key.options());
        Self::of(target, PublicKeyOf::Loaded(key.signature()?), message, context, signature)
    }

    /// With an encoded key, which is checked as [`PublicKey::from_bytes`] does, and loaded for this item alone.
    pub fn with_encoded_key(
        algorithm: Algorithm,
        options: KeyOptions,
        public_key: &'a [u8],
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, Error> {
        if algorithm.kind() != Kind::Signature {
            return Err(Error::WrongAlgorithm);
        }
        check_public_key(algorithm, public_key)?;
        Self::of((algorithm, options), PublicKeyOf::Encoded(public_key), message, context, signature)
    }

    fn of(
        target: (Algorithm, KeyOptions),
        key: PublicKeyOf<'a, dyn SignaturePublic>,
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, Error> {
        check_context(context)?;
        check_signature(target.0, signature)?;
        Ok(Self { target, key, message, context, signature, outcome: Err(Error::Internal) })
    }
}

/// Verifies signatures, as [`PublicKey::verify`] does.
pub fn verify_all(items: &mut [Verification<'_>]) {
    by_engine(items, |(algorithm, options), items| {
        signature_engine(algorithm, options)?.verify_all(items);
        Ok(())
    });
}

impl<'a> Signing<'a> {
    /// Refuses a context of a wrong length. `signature` has [`Algorithm::signature_bytes`] bytes: otherwise the outcome is
    /// [`Error::Internal`].
    pub fn new(
        key: &'a PrivateKey,
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a mut [u8],
    ) -> Result<Self, Error> {
        let (target, key) = ((key.algorithm(), key.options()), key.signature()?);
        check_context(context)?;
        Ok(Self { target, key, message, context, randomness: None, signature, outcome: Err(Error::Internal) })
    }
}

/// Signs at most [`SIGNATURE_CHUNK`] messages, with fresh randomness or deterministically, as [`PrivateKey::sign`] does.
pub fn sign_all(items: &mut [Signing<'_>], hedged: bool) {
    if let Err(error) = if hedged { draw(items) } else { Ok(()) } {
        return items.iter_mut().for_each(|item| item.outcome = Err(error));
    }
    by_engine(items, |(algorithm, options), items| {
        let engine = signature_engine(algorithm, options)?;
        on_engine_stack(|| engine.sign_all(items));
        Ok(())
    });
    for failed in items.iter_mut().filter(|item| item.outcome.is_err()) {
        failed.signature.fill(0);
    }
}

/// Draws the randomness of all signatures at once.
fn draw(items: &mut [Signing<'_>]) -> Result<(), Error> {
    let mut drawn = SecretArray::<{ SIGNATURE_CHUNK * MAX_SIGNING_RANDOMNESS_BYTES }>::zeroed();
    let bytes = items.iter().map(|item| item.algorithm().randomness_bytes()).sum();
    let mut drawn = drawn.0.get_mut(..bytes).ok_or(Error::Internal)?;
    engine::draw(drawn)?;
    for item in items {
        let (bytes, rest) = drawn.split_at_mut(item.algorithm().randomness_bytes());
        let randomness = item.randomness.insert(SigningRandomness(SecretArray::zeroed(), bytes.len()));
        randomness.0.0[..bytes.len()].copy_from_slice(bytes);
        drawn = rest;
    }
    Ok(())
}
