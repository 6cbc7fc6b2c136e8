//! The seam: what the rest of the crate asks of an algorithm library, and which library answers.
//!
//! Lengths are checked before the seam, those of outputs by [`check_output`] and [`items::by_engine`] for every engine, so a
//! slice of a wrong length here is [`Error::Internal`]. A code path is checked once, when a key is made: the functions named
//! `*_engine` are the only way to an engine. A key keeps its engine.

mod dalek_x25519;
pub(crate) mod items;
mod lazy;
mod libcrux_mldsa;
mod libcrux_mlkem;
mod self_test;
mod simd_mldsa;
mod simd_mlkem;

use crate::{CodePath, Engine, Error, KeyOptions, MlDsaParameterSet, MlKemParameterSet};
use core::any::Any;
use items::{Decapsulation, Encapsulation, Generation, PublicKey, Signing, Verification};

/// ML-KEM with one parameter set on one code path.
pub(crate) trait MlKemEngine: Sync {
    /// ML-KEM.KeyGen_internal (FIPS 203, algorithm 16) of `d || z`.
    fn key_pair_from_seed(&self, seed: &[u8; 64], options: KeyOptions) -> Result<Box<dyn MlKemPrivate>, Error>;
    /// A key pair from an encoded decapsulation key whose coefficients and hash have been checked.
    fn key_pair_from_private_key(
        &self,
        private_key: &[u8],
        options: KeyOptions,
    ) -> Result<Box<dyn MlKemPrivate>, Error>;
    /// A public key from an encoded encapsulation key whose coefficients have been checked.
    fn public_key_from_bytes(&self, public_key: &[u8], options: KeyOptions) -> Result<Box<dyn MlKemPublic>, Error>;

    /// The hash H of FIPS 203 (4.4) of an encoded encapsulation key.
    fn hash(&self, public_key: &[u8]) -> [u8; 32] {
        mlkem_h(public_key)
    }

    /// Makes several key pairs.
    fn generate_all(&self, items: &mut [Generation<'_, dyn MlKemPrivate, 64>], options: KeyOptions) {
        for item in items {
            item.key = self.key_pair_from_seed(item.seed, options);
        }
    }
    /// Encapsulates for a key of this engine.
    fn encapsulate_one(&self, item: &mut Encapsulation<'_>) {
        item.outcome = match item.key {
            PublicKey::Ready(key) => key.encapsulate(&item.m, item.ciphertext, item.shared_secret),
            PublicKey::Encoded(bytes) => self
                .public_key_from_bytes(bytes, item.kind.1)
                .and_then(|key| key.encapsulate(&item.m, item.ciphertext, item.shared_secret)),
        };
    }
    /// Encapsulates for several keys of this engine, or several times for one.
    fn encapsulate_all(&self, items: &mut [Encapsulation<'_>]) {
        items.iter_mut().for_each(|item| self.encapsulate_one(item));
    }
    /// Decapsulates several ciphertexts with keys of this engine.
    fn decapsulate_all(&self, items: &mut [Decapsulation<'_>]) {
        for item in items {
            item.outcome = item.key.decapsulate(item.ciphertext, item.shared_secret);
        }
    }
}

/// A decapsulation key with its encapsulation key, ready for use.
pub(crate) trait MlKemPrivate: Send + Sync {
    /// The encapsulation key as a key of its own.
    fn public_key(&self) -> Result<Box<dyn MlKemPublic>, Error>;
    /// Writes the encoded encapsulation key.
    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error>;
    /// Writes the encoded decapsulation key.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// ML-KEM.Decaps_internal (FIPS 203, algorithm 18).
    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error>;
    /// How many bytes are wiped when the key is dropped.
    fn secret_bytes(&self) -> usize;
    /// How many bytes the forms of the key take that are kept now.
    fn resident_bytes(&self) -> usize;
    /// The expanded form for the engine itself, if it has one for several operations at once and the key keeps it now.
    fn expanded(&self) -> Option<&dyn Any> {
        None
    }
}

/// An encapsulation key, ready for use.
pub(crate) trait MlKemPublic: Send + Sync {
    /// As that of [`MlKemPrivate`].
    fn expanded(&self) -> Option<&dyn Any> {
        None
    }
    /// Writes the encoded encapsulation key.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// ML-KEM.Encaps_internal (FIPS 203, algorithm 17).
    fn encapsulate(&self, m: &[u8; 32], ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) -> Result<(), Error>;
    /// How many bytes the forms of the key take that are kept now.
    fn resident_bytes(&self) -> usize;
}

/// ML-DSA with one parameter set on one code path.
pub(crate) trait MlDsaEngine: Sync {
    /// ML-DSA.KeyGen_internal (FIPS 204, algorithm 6) of `xi`.
    fn key_pair_from_seed(&self, seed: &[u8; 32], options: KeyOptions) -> Result<Box<dyn MlDsaPrivate>, Error>;
    /// A key pair from an encoded private key that has been checked, and the public key derived from it.
    fn key_pair_from_keys(
        &self,
        private_key: &[u8],
        public_key: &[u8],
        options: KeyOptions,
    ) -> Result<Box<dyn MlDsaPrivate>, Error>;
    /// A public key from its encoding; every string of the right length is one.
    fn public_key_from_bytes(&self, public_key: &[u8], options: KeyOptions) -> Result<Box<dyn MlDsaPublic>, Error>;

    /// Makes several key pairs.
    fn generate_all(&self, items: &mut [Generation<'_, dyn MlDsaPrivate, 32>], options: KeyOptions) {
        for item in items {
            item.key = self.key_pair_from_seed(item.seed, options);
        }
    }
    /// Signs several messages with keys of this engine.
    fn sign_all(&self, items: &mut [Signing<'_>]) {
        for item in items {
            item.outcome = item.key.sign(item.message, item.context, &item.rnd, item.signature);
        }
    }
    /// Verifies several signatures with keys of this engine.
    fn verify_all(&self, items: &mut [Verification<'_>]) {
        for item in items {
            item.outcome = match item.key {
                PublicKey::Ready(key) => key.verify(item.message, item.context, item.signature),
                PublicKey::Encoded(bytes) => self
                    .public_key_from_bytes(bytes, item.kind.1)
                    .and_then(|key| key.verify(item.message, item.context, item.signature)),
            };
        }
    }
}

/// A private key with its public key, ready for use.
pub(crate) trait MlDsaPrivate: Send + Sync {
    /// The public key as a key of its own.
    fn public_key(&self) -> Result<Box<dyn MlDsaPublic>, Error>;
    /// Writes the encoded public key.
    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error>;
    /// Writes the encoded private key.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// ML-DSA.Sign (FIPS 204, algorithm 2) with `rnd` given.
    fn sign(&self, message: &[u8], context: &[u8], rnd: &[u8; 32], signature: &mut [u8]) -> Result<(), Error>;
    /// ML-DSA.Sign_internal (FIPS 204, algorithm 7).
    fn sign_internal(&self, m_prime: &[u8], rnd: &[u8; 32], signature: &mut [u8]) -> Result<(), Error>;
    /// The same from line 7 on: `mu` is given in place of M'. Not every engine has it.
    fn sign_mu(&self, _mu: &[u8; 64], _rnd: &[u8; 32], _signature: &mut [u8]) -> Result<(), Error> {
        Err(Error::ExternalMuUnavailable)
    }
    /// The key as the engine made it, if the engine signs several messages at once.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
    /// How many bytes are wiped when the key is dropped.
    fn secret_bytes(&self) -> usize;
    /// How many bytes the forms of the key take that are kept now.
    fn resident_bytes(&self) -> usize;
}

/// A public key, ready for use.
pub(crate) trait MlDsaPublic: Send + Sync {
    /// Writes the encoded public key.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// ML-DSA.Verify (FIPS 204, algorithm 3).
    fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error>;
    /// ML-DSA.Verify_internal (FIPS 204, algorithm 8).
    fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error>;
    /// The same from line 8 on: `mu` is given in place of M'. Not every engine has it.
    fn verify_mu(&self, _mu: &[u8; 64], _signature: &[u8]) -> Result<(), Error> {
        Err(Error::ExternalMuUnavailable)
    }
    /// The key as the engine made it, if the engine verifies several signatures at once.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
    /// How many bytes the forms of the key take that are kept now.
    fn resident_bytes(&self) -> usize;
}

/// The engine for an ML-KEM parameter set on a code path that this processor has.
pub(crate) fn mlkem_engine(set: MlKemParameterSet, options: KeyOptions) -> Result<&'static dyn MlKemEngine, Error> {
    let KeyOptions { engine, path, .. } = options.checked()?;
    match engine {
        Engine::Libcrux => Ok(libcrux_mlkem::engine(set, path)),
        Engine::Simd => simd_mlkem::engine(set, path),
    }
}

/// The engine for an ML-DSA parameter set on a code path that this processor has.
pub(crate) fn mldsa_engine(set: MlDsaParameterSet, options: KeyOptions) -> Result<&'static dyn MlDsaEngine, Error> {
    let KeyOptions { engine, path, .. } = options.checked()?;
    match engine {
        Engine::Libcrux => Ok(libcrux_mldsa::engine(set, path)),
        Engine::Simd => simd_mldsa::engine(set, path),
    }
}

/// Refuses an output that has another length than what is written to it.
pub(crate) fn check_output(out: &[u8], bytes: usize) -> Result<(), Error> {
    if out.len() == bytes { Ok(()) } else { Err(Error::Internal) }
}

/// Writes the public key that belongs to an encoded ML-DSA private key, after checking the range of s1 and s2, `tr` and `t0`.
/// The engine simd does it for all keys, since libcrux cannot.
pub(crate) fn mldsa_derive_public_key(
    set: MlDsaParameterSet,
    path: CodePath,
    private_key: &[u8],
    out: &mut [u8],
) -> Result<(), Error> {
    simd_mldsa::engine(set, path)?;
    derive(set, path, private_key, out)?.map_err(|invalid| match invalid {
        InvalidPrivateKey::Range => Error::PrivateKeyRange,
        // `tr` is at the same place in the keys of every set (FIPS 204, algorithm 24).
        InvalidPrivateKey::Mismatch if private_key[TR] == mldsa_tr(out) => Error::KeyPairMismatch,
        InvalidPrivateKey::Mismatch => Error::PrivateKeyHash,
    })
}

use pqc_simd::Bytes;
use pqc_simd::mldsa::InvalidPrivateKey;
#[cfg(feature = "inject-fault")]
pub use self_test::injected::break_self_tests;
pub(crate) use simd_mldsa::MuHash;
use simd_mldsa::{TR, derive};

/// SHAKE256 with 64 bytes of output, the `tr` of an ML-DSA public key (FIPS 204, algorithm 6).
pub(crate) fn mldsa_tr(public_key: &[u8]) -> [u8; 64] {
    libcrux_sha3::shake256(public_key)
}

/// SHA3-256, the hash H of FIPS 203 (4.4).
pub(crate) fn mlkem_h(public_key: &[u8]) -> [u8; 32] {
    libcrux_sha3::sha256(public_key)
}

/// SHAKE256, as long as `out`, by which X-Wing expands a seed (draft-connolly-cfrg-xwing-kem-10, 5.2).
pub(crate) fn xwing_expand(seed: &[u8], out: &mut [u8]) {
    libcrux_sha3::shake256_ema(out, seed);
}

/// SHA3-256, of which X-Wing's combiner is made (5.3).
pub(crate) fn xwing_hash(input: &[u8], out: &mut [u8; 32]) {
    libcrux_sha3::sha256_ema(out, input);
}

pub(crate) use dalek_x25519::{x25519, x25519_public_key};

/// A slice as an array whose length the caller has checked.
fn array<const N: usize>(bytes: &[u8]) -> Result<&[u8; N], Error> {
    bytes.try_into().map_err(|_| Error::Internal)
}

/// A slice as a writable array whose length the caller has checked.
fn array_mut<const N: usize>(bytes: &mut [u8]) -> Result<&mut [u8; N], Error> {
    bytes.try_into().map_err(|_| Error::Internal)
}

/// The same for an array of pqc-simd.
fn sized<B: Bytes>(bytes: &[u8]) -> Result<&B, Error> {
    B::from_slice(bytes).ok_or(Error::Internal)
}

/// The same for a writable array of pqc-simd.
fn sized_mut<B: Bytes>(bytes: &mut [u8]) -> Result<&mut B, Error> {
    B::from_mut_slice(bytes).ok_or(Error::Internal)
}

/// Copies bytes to an output whose length the caller has checked.
fn copy(from: &[u8], out: &mut [u8]) -> Result<(), Error> {
    if from.len() != out.len() {
        return Err(Error::Internal);
    }
    out.copy_from_slice(from);
    Ok(())
}
