//! Batches of ML-DSA (FIPS 204, section 5).

use super::{MLDSA_PIECE, from_new_seeds};
use crate::engine::items::{Generation, PublicKey, by_engine};
use crate::engine::{self, MlDsaPublic};
use crate::mldsa::{KEYGEN_STACK_BYTES, SIGN_STACK_BYTES, check_context};
use crate::secret::{fill_random, on_clean_stack};
use crate::{
    Error, KeyOptions, MLDSA_RANDOMNESS_BYTES, MLDSA_SEED_BYTES, MlDsaKeyPair, MlDsaParameterSet, MlDsaPublicKey,
};
use arrayvec::ArrayVec;
use zeroize::Zeroizing;

pub use crate::engine::items::{Signing, Verification};

impl<'a> Verification<'a> {
    /// One with a loaded key. Refuses a context or a signature of a wrong length.
    pub fn new(
        key: &'a MlDsaPublicKey,
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, Error> {
        Self::of((key.set, key.options), PublicKey::Ready(&*key.key), message, context, signature)
    }

    /// One with an encoded key, which is used this once.
    pub fn with_encoded_key(
        set: MlDsaParameterSet,
        options: KeyOptions,
        public_key: &'a [u8],
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, Error> {
        if public_key.len() != set.public_key_bytes() {
            return Err(Error::PublicKeyLength);
        }
        Self::of((set, options), PublicKey::Encoded(public_key), message, context, signature)
    }

    fn of(
        kind: (MlDsaParameterSet, KeyOptions),
        key: PublicKey<'a, dyn MlDsaPublic>,
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, Error> {
        check_context(context)?;
        if signature.len() != kind.0.signature_bytes() {
            return Err(Error::InvalidSignature);
        }
        Ok(Self { kind, key, message, context, signature, outcome: Err(Error::Internal) })
    }

    /// The parameter set of the key.
    pub fn parameter_set(&self) -> MlDsaParameterSet {
        self.kind.0
    }

    /// Nothing if the signature is valid, once [`verify_all`] has seen it.
    pub fn outcome(&self) -> Result<(), Error> {
        self.outcome
    }
}

/// Verifies signatures: ML-DSA.Verify (FIPS 204, 5.3).
pub fn verify_all(items: &mut [Verification<'_>]) {
    by_engine(items, |(set, options), items| {
        engine::mldsa_engine(set, options)?.verify_all(items);
        Ok(())
    });
}

impl<'a> Signing<'a> {
    /// One whose signature goes into `signature`, of [`MlDsaParameterSet::signature_bytes`] bytes: of any other number, the
    /// outcome is [`Error::Internal`]. Refuses a context of a wrong length.
    pub fn new(
        key: &'a MlDsaKeyPair,
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a mut [u8],
    ) -> Result<Self, Error> {
        check_context(context)?;
        let (kind, rnd) = ((key.set, key.options), Zeroizing::default());
        Ok(Self { kind, key: &*key.key, message, context, rnd, signature, outcome: Err(Error::Internal) })
    }

    /// The parameter set of the key.
    pub fn parameter_set(&self) -> MlDsaParameterSet {
        self.kind.0
    }

    /// Nothing if there is a signature, once [`sign_all`] has seen the item.
    pub fn outcome(&self) -> Result<(), Error> {
        self.outcome
    }
}

/// Signs at most [`MLDSA_PIECE`] messages, with fresh randomness or deterministically: ML-DSA.Sign (FIPS 204, 5.2).
pub fn sign_all(items: &mut [Signing<'_>], hedged: bool) {
    let mut randomness = Zeroizing::new([0; MLDSA_PIECE * MLDSA_RANDOMNESS_BYTES]);
    let randomness = &mut randomness[..items.len() * MLDSA_RANDOMNESS_BYTES];
    if let Err(error) = if hedged { fill_random(randomness) } else { Ok(()) } {
        return items.iter_mut().for_each(|item| item.outcome = Err(error));
    }
    for (item, rnd) in items.iter_mut().zip(randomness.chunks_exact(MLDSA_RANDOMNESS_BYTES)) {
        item.rnd.copy_from_slice(rnd);
    }
    on_clean_stack::<SIGN_STACK_BYTES, _>(|| {
        by_engine(items, |(set, options), items| {
            engine::mldsa_engine(set, options)?.sign_all(items);
            Ok(())
        });
    });
    for failed in items.iter_mut().filter(|item| item.outcome.is_err()) {
        failed.signature.fill(0);
    }
}

/// Makes key pairs from the system's randomness, at most [`MLDSA_PIECE`]: ML-DSA.KeyGen (FIPS 204, 5.1).
pub fn generate_mldsa(
    set: MlDsaParameterSet,
    options: KeyOptions,
    count: usize,
) -> ArrayVec<Result<MlDsaKeyPair, Error>, MLDSA_PIECE> {
    let make = |items: &mut [Generation<'_, _, MLDSA_SEED_BYTES>]| match engine::mldsa_engine(set, options) {
        Ok(engine) => on_clean_stack::<KEYGEN_STACK_BYTES, _>(|| engine.generate_all(items, options)),
        Err(error) => items.iter_mut().for_each(|item| item.key = Err(error)),
    };
    from_new_seeds(options.memory, count, make, |seed, key| MlDsaKeyPair { set, options, seed: Some(seed), key })
}
