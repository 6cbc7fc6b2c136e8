//! Batches of ML-KEM (FIPS 203, section 7).

use super::{MLKEM_PIECE, from_new_seeds};
use crate::engine;
use crate::engine::items::{Generation, PublicKey, by_engine};
use crate::mlkem::{KEY_STACK_BYTES, USE_STACK_BYTES, check_public_key};
use crate::secret::{fill_random, on_clean_stack};
use crate::{
    Error, KeyOptions, MLKEM_RANDOMNESS_BYTES, MLKEM_SEED_BYTES, MLKEM_SHARED_SECRET_BYTES, MlKemKeyPair,
    MlKemParameterSet, MlKemPublicKey,
};
use arrayvec::ArrayVec;
use zeroize::{Zeroize, Zeroizing};

pub use crate::engine::items::{Decapsulation, Encapsulation};

impl<'a> Encapsulation<'a> {
    /// One with a loaded key; `ciphertext` has [`MlKemParameterSet::ciphertext_bytes`] bytes. Of any other number, the outcome is
    /// [`Error::Internal`].
    pub fn new(
        key: &'a MlKemPublicKey,
        ciphertext: &'a mut [u8],
        shared_secret: &'a mut [u8; MLKEM_SHARED_SECRET_BYTES],
    ) -> Self {
        let (kind, key, m) = ((key.set, key.options), PublicKey::Ready(&*key.key), Zeroizing::default());
        Self { kind, key, m, ciphertext, shared_secret, outcome: Err(Error::Internal) }
    }

    /// One with an encoded key, which is used this once, with the length and modulus checks of FIPS 203, 7.2.
    pub fn with_encoded_key(
        set: MlKemParameterSet,
        options: KeyOptions,
        public_key: &'a [u8],
        ciphertext: &'a mut [u8],
        shared_secret: &'a mut [u8; MLKEM_SHARED_SECRET_BYTES],
    ) -> Result<Self, Error> {
        check_public_key(set, public_key)?;
        let (kind, key, m) = ((set, options), PublicKey::Encoded(public_key), Zeroizing::default());
        Ok(Self { kind, key, m, ciphertext, shared_secret, outcome: Err(Error::Internal) })
    }

    /// The parameter set of the key.
    pub fn parameter_set(&self) -> MlKemParameterSet {
        self.kind.0
    }

    /// Nothing if there is a ciphertext and a secret, once [`encapsulate_all`] has seen the item.
    pub fn outcome(&self) -> Result<(), Error> {
        self.outcome
    }
}

/// Makes at most [`MLKEM_PIECE`] shared secrets with their ciphertexts: ML-KEM.Encaps (FIPS 203, 7.2).
pub fn encapsulate_all(items: &mut [Encapsulation<'_>]) {
    let mut randomness = Zeroizing::new([0; MLKEM_PIECE * MLKEM_RANDOMNESS_BYTES]);
    let randomness = &mut randomness[..items.len() * MLKEM_RANDOMNESS_BYTES];
    if let Err(error) = fill_random(randomness) {
        return items.iter_mut().for_each(|item| item.outcome = Err(error));
    }
    for (item, m) in items.iter_mut().zip(randomness.chunks_exact(MLKEM_RANDOMNESS_BYTES)) {
        item.m.copy_from_slice(m);
    }
    on_clean_stack::<USE_STACK_BYTES, _>(|| {
        by_engine(items, |(set, options), items| {
            engine::mlkem_engine(set, options)?.encapsulate_all(items);
            Ok(())
        });
    });
    for failed in items.iter_mut().filter(|item| item.outcome.is_err()) {
        failed.ciphertext.fill(0);
        failed.shared_secret.zeroize();
    }
}

impl<'a> Decapsulation<'a> {
    /// One whose secret goes into `shared_secret`. Refuses a ciphertext of a wrong length.
    pub fn new(
        key: &'a MlKemKeyPair,
        ciphertext: &'a [u8],
        shared_secret: &'a mut [u8; MLKEM_SHARED_SECRET_BYTES],
    ) -> Result<Self, Error> {
        if ciphertext.len() != key.set.ciphertext_bytes() {
            return Err(Error::CiphertextLength);
        }
        let kind = (key.set, key.options);
        Ok(Self { kind, key: &*key.key, ciphertext, shared_secret, outcome: Err(Error::Internal) })
    }

    /// The parameter set of the key.
    pub fn parameter_set(&self) -> MlKemParameterSet {
        self.kind.0
    }

    /// Nothing if there is a secret, once [`decapsulate_all`] has seen the item.
    pub fn outcome(&self) -> Result<(), Error> {
        self.outcome
    }
}

/// Recovers shared secrets: ML-KEM.Decaps (FIPS 203, 7.3).
pub fn decapsulate_all(items: &mut [Decapsulation<'_>]) {
    on_clean_stack::<USE_STACK_BYTES, _>(|| {
        by_engine(items, |(set, options), items| {
            engine::mlkem_engine(set, options)?.decapsulate_all(items);
            Ok(())
        });
    });
    for failed in items.iter_mut().filter(|item| item.outcome.is_err()) {
        failed.shared_secret.zeroize();
    }
}

/// Makes key pairs from the system's randomness, at most [`MLKEM_PIECE`]: ML-KEM.KeyGen (FIPS 203, 7.1).
pub fn generate_mlkem(
    set: MlKemParameterSet,
    options: KeyOptions,
    count: usize,
) -> ArrayVec<Result<MlKemKeyPair, Error>, MLKEM_PIECE> {
    let make = |items: &mut [Generation<'_, _, MLKEM_SEED_BYTES>]| match engine::mlkem_engine(set, options) {
        Ok(engine) => on_clean_stack::<KEY_STACK_BYTES, _>(|| engine.generate_all(items, options)),
        Err(error) => items.iter_mut().for_each(|item| item.key = Err(error)),
    };
    from_new_seeds(options.memory, count, make, |seed, key| MlKemKeyPair { set, options, seed: Some(seed), key })
}
