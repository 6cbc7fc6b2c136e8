//! The seam: the functions that the rest of the crate needs from an algorithm library, and the library that implements
//! them. A build has one: `simd`, or `fips` with the feature of that name.
//!
//! Lengths are checked before the seam, the lengths of outputs by [`check_output`] and [`items::by_engine`] for every engine, so a
//! slice of a wrong length here is [`Error::Internal`]. A code path is checked once, when a key is made: [`kem`] and
//! [`signature`] are the only access to an engine. A key keeps the object that its engine has made.

mod classical;
#[cfg(feature = "fips")]
mod fips;
#[cfg(not(feature = "fips"))]
#[cfg_attr(
    not(all(
        any(target_arch = "x86_64", target_arch = "aarch64"),
        target_endian = "little",
        target_pointer_width = "64"
    )),
    path = "without_graviola.rs"
)]
mod graviola;
mod group;
pub(crate) mod items;
mod known_hash;
mod lazy;
mod self_test;
#[cfg(not(feature = "fips"))]
mod simd;
#[cfg(not(feature = "fips"))]
mod x25519;

use crate::prehash::FormattedMessage;
use crate::secret::{SecretVec, on_clean_stack};
use crate::{Algorithm, Error, KeyOptions, Memory};
use arrayvec::ArrayVec;
use core::any::Any;
use core::ffi::CStr;
use core::slice::ChunksExact;
use items::{CHUNK, CopiedDecapsulation, Encapsulation, PublicKey, Signing, SigningRandomness, Verification};
use pqc_simd::Bytes;

#[cfg(not(feature = "fips"))]
pub(crate) use group::{MAX_ELEMENT_BYTES, MAX_SCALAR_BYTES, MAX_SEED_BYTES};
pub(crate) use pqc_simd::sha3_256;
#[cfg(not(feature = "fips"))]
pub(crate) use pqc_simd::shake256;
#[cfg(feature = "inject-fault")]
pub use self_test::injected::{break_self_tests, hold_self_tests, is_self_test_held};
pub use self_test::{self_test_ns, self_test_ns_here, self_tests};

#[cfg(feature = "fips")]
use fips as library;
#[cfg(not(feature = "fips"))]
use simd as library;

pub(crate) use library::{ClassicalPublic, DRAWS, MuHash, draw, hash_h, kem, offers, signature};
pub use library::{HAS_CODE_PATHS, NAME, fips_module};
pub(crate) use library::{decrypt, encrypt, random};

/// The FIPS module of a build that has one, after its tests have been run again.
pub struct FipsModule {
    /// Its name.
    pub name: &'static CStr,
    /// Its version, as the module reports it.
    pub version: &'static CStr,
    /// The number of its certificate, or "none" and the version that is in process.
    pub certificate: &'static CStr,
    /// The operating environments that the certificate names.
    pub environments: &'static CStr,
    /// Whether the module is in its approved mode.
    pub is_approved: bool,
    /// Whether its code is unchanged.
    pub is_intact: bool,
    /// Whether it computes its known answers.
    pub has_passed: bool,
}

/// The stack of the frames that lead to an operation of the engine, rounded up.
const CALLERS_STACK_BYTES: usize = 2 << 10;

/// Runs an operation of the engine and wipes the frames that lead to it. The engine wipes the stack that it uses itself.
pub(crate) fn on_engine_stack<T>(operation: impl FnOnce() -> T) -> T {
    on_clean_stack::<CALLERS_STACK_BYTES, _>(operation)
}

/// A KEM on one code path.
pub(crate) trait KemEngine: Sync {
    /// A fresh key, by an engine that draws randomness itself.
    fn generate(&self, _options: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        Err(Error::Internal)
    }
    /// The key of a seed: ML-KEM.KeyGen_internal (FIPS 203, algorithm 16).
    fn private_key_from_seed(&self, seed: &[u8], options: KeyOptions) -> Result<Box<dyn KemPrivate>, Error>;
    /// The keys of at most [`CHUNK`] seeds.
    fn private_keys_from_seeds(&self, seeds: ChunksExact<'_, u8>, options: KeyOptions) -> KemPrivates {
        seeds.map(|seed| self.private_key_from_seed(seed, options)).collect()
    }
    /// A private key from its expanded encoding, which has been checked.
    fn private_key_from_bytes(&self, private_key: SecretVec, options: KeyOptions)
    -> Result<Box<dyn KemPrivate>, Error>;
    /// An encapsulation key from its encoding, which has been checked.
    fn public_key_from_bytes(&self, public_key: SecretVec, options: KeyOptions) -> Result<Box<dyn KemPublic>, Error>;

    /// Encapsulates for a key of this engine.
    fn encapsulate_one(&self, item: &mut Encapsulation<'_>, drawn: &[u8]) {
        item.outcome = item.randomness(drawn).and_then(|randomness| match item.key {
            PublicKey::Loaded(key) => key.encapsulate(randomness, item.ciphertext, item.shared_secret),
            PublicKey::Encoded(bytes) => SecretVec::copied(Memory::Heap, bytes)
                .and_then(|copy| self.public_key_from_bytes(copy, item.target.1))
                .and_then(|key| key.encapsulate(randomness, item.ciphertext, item.shared_secret)),
        });
    }
    /// Encapsulates for several keys of this engine, or several times for one, with the randomness of all items.
    fn encapsulate_all(&self, items: &mut [Encapsulation<'_>], drawn: &[u8]) {
        items.iter_mut().for_each(|item| self.encapsulate_one(item, drawn));
    }
    /// Decapsulates several ciphertexts with keys of this engine.
    fn decapsulate_all(&self, items: &mut [CopiedDecapsulation<'_>]) {
        for item in items {
            item.outcome = item.key.decapsulate(item.ciphertext, item.shared_secret);
        }
    }
}

/// The private keys of a chunk, or why there is none.
pub(crate) type KemPrivates = ArrayVec<Result<Box<dyn KemPrivate>, Error>, CHUNK>;
pub(crate) type SignaturePrivates = ArrayVec<Result<Box<dyn SignaturePrivate>, Error>, CHUNK>;

/// A decapsulation key with its encapsulation key, ready for use.
pub(crate) trait KemPrivate: Send + Sync {
    /// The encapsulation key as a separate key.
    fn public_key(&self) -> Result<Box<dyn KemPublic>, Error>;
    /// Writes the encoded encapsulation key.
    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error>;
    /// Writes the expanded encoding.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// Decapsulation: ML-KEM.Decaps_internal (FIPS 203, algorithm 18).
    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error>;
    /// How many bytes are wiped when the key is dropped.
    fn secret_bytes(&self) -> usize;
    /// How many bytes the kept forms of the key take now.
    fn resident_bytes(&self) -> usize;
    /// The expanded form for the engine itself, if it has one for several operations at once and the key keeps it now.
    fn expanded(&self) -> Option<&dyn Any> {
        None
    }
}

/// An encapsulation key, ready for use.
pub(crate) trait KemPublic: Send + Sync {
    /// As [`KemPrivate::expanded`].
    fn expanded(&self) -> Option<&dyn Any> {
        None
    }
    /// Writes the encoded encapsulation key.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// Encapsulation with its randomness: ML-KEM.Encaps_internal (FIPS 203, algorithm 17).
    fn encapsulate(&self, randomness: &[u8], ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) -> Result<(), Error>;
    /// How many bytes the kept forms of the key take now.
    fn resident_bytes(&self) -> usize;
}

/// A signature algorithm on one code path.
pub(crate) trait SignatureEngine: Sync {
    /// A fresh key, by an engine that draws randomness itself.
    fn generate(&self, _options: KeyOptions) -> Result<Box<dyn SignaturePrivate>, Error> {
        Err(Error::Internal)
    }
    /// The key of a seed: ML-DSA.KeyGen_internal (FIPS 204, algorithm 6), slh_keygen_internal (FIPS 205, algorithm 18). A key that is
    /// loaded is about to sign, so its engine may expand it with less work than its first signature would.
    fn private_key_from_seed(
        &self,
        seed: &[u8],
        is_loaded: bool,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error>;
    /// The keys of at most [`CHUNK`] seeds, which are not loaded.
    fn private_keys_from_seeds(&self, seeds: ChunksExact<'_, u8>, options: KeyOptions) -> SignaturePrivates {
        seeds.map(|seed| self.private_key_from_seed(seed, false, options)).collect()
    }
    /// Writes the encoding of a fresh private key, if the algorithm has no seed.
    fn draw_private_key(&self, _private_key: &mut [u8]) -> Result<(), Error> {
        Err(Error::Internal)
    }
    /// A private key from its encoding, after the checks of its standard except for the length, which the caller
    /// checks.
    fn private_key_from_bytes(
        &self,
        private_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error>;
    /// A public key from its encoding, which has been checked.
    fn public_key_from_bytes(
        &self,
        public_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePublic>, Error>;

    /// Signs several messages with keys of this engine.
    fn sign_all(&self, items: &mut [Signing<'_>]) {
        for item in items {
            let randomness = item.randomness.as_ref().map(SigningRandomness::as_slice);
            item.outcome = item.key.sign(item.message, item.context, randomness, item.signature);
        }
    }
    /// Verifies several signatures with keys of this engine.
    fn verify_all(&self, items: &mut [Verification<'_>]) {
        for item in items {
            item.outcome = match item.key {
                PublicKey::Loaded(key) => key.verify(item.message, item.context, item.signature),
                PublicKey::Encoded(bytes) => SecretVec::copied(Memory::Heap, bytes)
                    .and_then(|copy| self.public_key_from_bytes(copy, item.target.1))
                    .and_then(|key| key.verify(item.message, item.context, item.signature)),
            };
        }
    }
}

/// A private key with its public key, ready for use. Signing returns the length of the signature.
pub(crate) trait SignaturePrivate: Send + Sync {
    /// The public key as a separate key.
    fn public_key(&self) -> Result<Box<dyn SignaturePublic>, Error>;
    /// Writes the encoded public key.
    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error>;
    /// Writes the encoding.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// The seed, if the encoding contains it.
    fn seed(&self) -> Option<&[u8]> {
        None
    }
    /// Checks for keys from PKCS#8 files only, since they take as long as generating a key.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
    /// Signs with randomness, or without it deterministically: ML-DSA.Sign (FIPS 204, algorithm 2), slh_sign (FIPS 205,
    /// algorithm 22).
    fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error>;
    /// ML-DSA.Sign_internal (FIPS 204, algorithm 7), slh_sign_internal (FIPS 205, algorithm 19).
    fn sign_internal(
        &self,
        _m_prime: &[u8],
        _randomness: Option<&[u8]>,
        _signature: &mut [u8],
    ) -> Result<usize, Error> {
        Err(Error::WrongAlgorithm)
    }
    /// HashML-DSA.Sign (FIPS 204, algorithm 4), hash_slh_sign (FIPS 205, algorithm 23).
    fn sign_prehashed(
        &self,
        message: &FormattedMessage,
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        self.sign_internal(message.as_slice(), randomness, signature)
    }
    /// ML-DSA.Sign_internal from line 7 on, with `mu` in place of M'.
    fn sign_mu(&self, _mu: &[u8; 64], _randomness: Option<&[u8]>, _signature: &mut [u8]) -> Result<usize, Error> {
        Err(Error::WrongAlgorithm)
    }
    /// The key as the engine made it, if the engine signs several messages at once.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
    /// How many bytes are wiped when the key is dropped.
    fn secret_bytes(&self) -> usize;
    /// How many bytes the kept forms of the key take now.
    fn resident_bytes(&self) -> usize;
}

/// A public key, ready for use.
pub(crate) trait SignaturePublic: Send + Sync {
    /// Writes the encoded public key.
    fn encode(&self, out: &mut [u8]) -> Result<(), Error>;
    /// ML-DSA.Verify (FIPS 204, algorithm 3), slh_verify (FIPS 205, algorithm 24).
    fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error>;
    /// ML-DSA.Verify_internal (FIPS 204, algorithm 8), slh_verify_internal (FIPS 205, algorithm 20).
    fn verify_internal(&self, _m_prime: &[u8], _signature: &[u8]) -> Result<(), Error> {
        Err(Error::WrongAlgorithm)
    }
    /// HashML-DSA.Verify (FIPS 204, algorithm 5), hash_slh_verify (FIPS 205, algorithm 25).
    fn verify_prehashed(&self, message: &FormattedMessage, signature: &[u8]) -> Result<(), Error> {
        self.verify_internal(message.as_slice(), signature)
    }
    /// ML-DSA.Verify_internal from line 8 on, with `mu` in place of M'.
    fn verify_mu(&self, _mu: &[u8; 64], _signature: &[u8]) -> Result<(), Error> {
        Err(Error::WrongAlgorithm)
    }
    /// The key as the engine made it, if the engine verifies several signatures at once.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
    /// How many bytes the kept forms of the key take now.
    fn resident_bytes(&self) -> usize;
}

/// The functions of a family with an engine `E` and private keys `K`.
pub(crate) struct FamilyFunctions<E: ?Sized + 'static, K: ?Sized> {
    /// The engine of an algorithm.
    pub(crate) engine: fn(Algorithm, KeyOptions) -> Result<&'static E, Error>,
    /// A private key from its encoding of the right length, after the checks of its standard.
    pub(crate) private_key: fn(Algorithm, KeyOptions, SecretVec) -> Result<Box<K>, Error>,
    /// The checks that the engine leaves out, of an encoded public key of the right length.
    pub(crate) check_public_key: fn(Algorithm, &[u8]) -> Result<(), Error>,
}

pub(crate) type KemFamily = FamilyFunctions<dyn KemEngine, dyn KemPrivate>;
pub(crate) type SignatureFamily = FamilyFunctions<dyn SignatureEngine, dyn SignaturePrivate>;

/// Refuses an output with another length than the value written to it.
pub(crate) fn check_output(out: &[u8], bytes: usize) -> Result<(), Error> {
    if out.len() == bytes { Ok(()) } else { Err(Error::Internal) }
}

/// A slice as an array; the caller has checked the length.
pub(crate) fn array<const N: usize>(bytes: &[u8]) -> Result<&[u8; N], Error> {
    bytes.try_into().map_err(|_| Error::Internal)
}

/// A slice as an array of pqc-simd; the caller has checked the length.
fn sized<B: Bytes>(bytes: &[u8]) -> Result<&B, Error> {
    B::from_slice(bytes).ok_or(Error::Internal)
}

/// A slice as a writable array of pqc-simd; the caller has checked the length.
fn sized_mut<B: Bytes>(bytes: &mut [u8]) -> Result<&mut B, Error> {
    B::from_mut_slice(bytes).ok_or(Error::Internal)
}

/// Copies bytes to an output; the caller has checked the length.
pub(crate) fn copy(from: &[u8], out: &mut [u8]) -> Result<(), Error> {
    check_output(out, from.len())?;
    out.copy_from_slice(from);
    Ok(())
}

/// The outcome of a verification.
fn verdict(is_valid: bool) -> Result<(), Error> {
    if is_valid { Ok(()) } else { Err(Error::InvalidSignature) }
}
