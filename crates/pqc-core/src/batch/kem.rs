//! Batches of encapsulations and decapsulations.

use crate::algorithm::{MAX_CIPHERTEXT_BYTES, MAX_RANDOMNESS_BYTES};
use crate::engine::items::{CopiedDecapsulation, KEM_CHUNK, PublicKey as PublicKeyOf, by_engine};
use crate::engine::{KemPublic, draw, on_engine_stack};
use crate::family::{check_public_key, kem_engine};
use crate::kem::check_ciphertext;
use crate::secret::SecretArray;
use crate::{Algorithm, CallerBytes, Error, KeyOptions, Kind, PrivateKey, PublicKey, SHARED_SECRET_BYTES};
use arrayvec::ArrayVec;
use core::mem::{self, MaybeUninit};
use zeroize::Zeroize;

pub use crate::engine::items::{Decapsulation, Encapsulation};

impl<'a> Encapsulation<'a> {
    /// With a loaded key. `ciphertext` has [`Algorithm::ciphertext_bytes`] bytes: otherwise the outcome is
    /// [`Error::Internal`].
    pub fn new(
        key: &'a PublicKey,
        ciphertext: &'a mut [u8],
        shared_secret: &'a mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<Self, Error> {
        Ok(Self::of((key.algorithm(), key.options()), PublicKeyOf::Loaded(key.kem()?), ciphertext, shared_secret))
    }

    /// With an encoded key, which is checked as [`PublicKey::from_bytes`] does, and loaded for this item alone.
    pub fn with_encoded_key(
        algorithm: Algorithm,
        options: KeyOptions,
        public_key: &'a [u8],
        ciphertext: &'a mut [u8],
        shared_secret: &'a mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<Self, Error> {
        if algorithm.kind() != Kind::Kem {
            return Err(Error::WrongAlgorithm);
        }
        check_public_key(algorithm, public_key)?;
        Ok(Self::of((algorithm, options), PublicKeyOf::Encoded(public_key), ciphertext, shared_secret))
    }

    fn of(
        target: (Algorithm, KeyOptions),
        key: PublicKeyOf<'a, dyn KemPublic>,
        ciphertext: &'a mut [u8],
        shared_secret: &'a mut [u8; SHARED_SECRET_BYTES],
    ) -> Self {
        Self { target, key, drawn_at: 0, ciphertext, shared_secret, outcome: Err(Error::Internal) }
    }
}

/// Encapsulates at most [`KEM_CHUNK`] shared secrets.
pub fn encapsulate_all(items: &mut [Encapsulation<'_>]) {
    let mut drawn = SecretArray::<{ KEM_CHUNK * MAX_RANDOMNESS_BYTES }>::zeroed();
    let mut bytes = 0;
    for item in &mut *items {
        item.drawn_at = bytes;
        bytes += item.algorithm().randomness_bytes();
    }
    let drawn = &mut drawn.0[..bytes];
    if let Err(error) = draw(drawn) {
        return items.iter_mut().for_each(|item| item.outcome = Err(error));
    }
    by_engine(items, |(algorithm, options), items| {
        let engine = kem_engine(algorithm, options)?;
        on_engine_stack(|| engine.encapsulate_all(items, drawn));
        Ok(())
    });
    for failed in items.iter_mut().filter(|item| item.outcome.is_err()) {
        failed.ciphertext.fill(0);
        failed.shared_secret.zeroize();
    }
}

impl<'a> Decapsulation<'a> {
    /// Refuses a ciphertext of a wrong length.
    pub fn new(
        key: &'a PrivateKey,
        ciphertext: impl Into<CallerBytes<'a>>,
        shared_secret: &'a mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<Self, Error> {
        let (target, key, ciphertext) = ((key.algorithm(), key.options()), key.kem()?, ciphertext.into());
        check_ciphertext(target.0, &ciphertext)?;
        Ok(Self { target, key, ciphertext, shared_secret, outcome: Err(Error::Internal) })
    }
}

/// Decapsulates shared secrets.
pub fn decapsulate_all(items: &mut [Decapsulation<'_>]) {
    by_engine(items, |(algorithm, options), items| {
        let engine = kem_engine(algorithm, options)?;
        for items in items.chunks_mut(COPIES) {
            let mut memory = [const { [MaybeUninit::uninit(); MAX_CIPHERTEXT_BYTES] }; COPIES];
            let mut copied = copies(items, &mut memory)?;
            on_engine_stack(|| engine.decapsulate_all(&mut copied));
            let outcomes = copied.into_iter().map(|copy| copy.outcome).collect::<ArrayVec<_, COPIES>>();
            items.iter_mut().zip(outcomes).for_each(|(item, outcome)| item.outcome = outcome);
        }
        Ok(())
    });
    for failed in items.iter_mut().filter(|item| item.outcome.is_err()) {
        failed.shared_secret.zeroize();
    }
}

/// How many ciphertexts are copied at a time: as many as share the lanes of vectors.
const COPIES: usize = 8;

/// The items with copies of their ciphertexts.
fn copies<'a>(
    items: &'a mut [Decapsulation<'_>],
    memory: &'a mut [[MaybeUninit<u8>; MAX_CIPHERTEXT_BYTES]; COPIES],
) -> Result<ArrayVec<CopiedDecapsulation<'a>, COPIES>, Error> {
    let copied = items.iter_mut().zip(memory).map(|(item, memory)| {
        let ciphertext = mem::take(&mut item.ciphertext).copy_into(memory).ok_or(Error::Internal)?;
        let (key, shared_secret) = (item.key, &mut *item.shared_secret);
        Ok(CopiedDecapsulation { key, ciphertext, shared_secret, outcome: Err(Error::Internal) })
    });
    copied.collect()
}
