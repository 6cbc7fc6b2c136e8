//! ML-KEM (FIPS 203).

use crate::ffi::{self, FromBytes};
use crate::owned::{Buffer, Handle};
use crate::{Result, check};

/// A parameter set of ML-KEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KemSet {
    /// ML-KEM-512.
    MlKem512 = 512,
    /// ML-KEM-768.
    MlKem768 = 768,
    /// ML-KEM-1024.
    MlKem1024 = 1024,
}

/// A decapsulation key with its encapsulation key.
pub struct KemKeyPair(Handle<ffi::MlKemKeyPair>);

impl KemKeyPair {
    /// Makes a key pair from the system's randomness.
    ///
    /// # Errors
    /// When there is no randomness or no memory.
    pub fn generate(set: KemSet) -> Result<Self> {
        // SAFETY: the function fills the pointer or returns an error.
        unsafe { Handle::new(ffi::mlkem_keypair_free, |out| ffi::mlkem_keypair_generate(set as u32, 0, out)) }.map(Self)
    }

    /// Makes the key pair of a seed of 64 bytes.
    ///
    /// # Errors
    /// When the seed has another length.
    pub fn from_seed(set: KemSet, seed: &[u8]) -> Result<Self> {
        Self::import(ffi::mlkem_keypair_from_seed, set, seed)
    }

    /// Loads an expanded private key (1632, 2400 or 3168 bytes), without its seed.
    ///
    /// # Errors
    /// When the length is wrong or the key is not consistent.
    pub fn from_private_key(set: KemSet, bytes: &[u8]) -> Result<Self> {
        Self::import(ffi::mlkem_keypair_from_private_key, set, bytes)
    }

    fn import(function: FromBytes<ffi::MlKemKeyPair>, set: KemSet, bytes: &[u8]) -> Result<Self> {
        let make = |out| {
            // SAFETY: the function reads the bytes of the slice, and fills the pointer or returns an error.
            unsafe { function(set as u32, 0, bytes.as_ptr(), bytes.len(), out) }
        };
        // SAFETY: what it makes is freed by the function of its type.
        unsafe { Handle::new(ffi::mlkem_keypair_free, make) }.map(Self)
    }

    /// Returns the encapsulation key, which may outlive the pair.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn public_key(&self) -> Result<KemPublicKey> {
        let make = |out| {
            // SAFETY: the pair is live.
            unsafe { ffi::mlkem_keypair_public_key(self.0.get(), out) }
        };
        // SAFETY: what it makes is freed by the function of its type.
        unsafe { Handle::new(ffi::mlkem_public_key_free, make) }.map(KemPublicKey)
    }

    /// Copies the seed.
    ///
    /// # Errors
    /// When the pair was loaded from its expanded form.
    pub fn seed(&self) -> Result<Buffer> {
        self.0.export(ffi::mlkem_keypair_seed_bytes)
    }

    /// Copies the expanded private key.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn private_key(&self) -> Result<Buffer> {
        self.0.export(ffi::mlkem_keypair_private_key_bytes)
    }

    /// Gives the secret of a ciphertext; another, unpredictable one if the ciphertext was tampered with.
    ///
    /// # Errors
    /// When the ciphertext has a wrong length.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<Buffer> {
        let mut secret = Buffer::empty();
        // SAFETY: the pair is live, the ciphertext a slice, the buffer empty.
        check(unsafe { ffi::mlkem_decapsulate(self.0.get(), ciphertext.as_ptr(), ciphertext.len(), secret.out()) })?;
        Ok(secret)
    }
}

/// An encapsulation key.
pub struct KemPublicKey(Handle<ffi::MlKemPublicKey>);

impl KemPublicKey {
    /// Loads an encapsulation key (800, 1184 or 1568 bytes).
    ///
    /// # Errors
    /// When the length or a coefficient is wrong.
    pub fn from_bytes(set: KemSet, bytes: &[u8]) -> Result<Self> {
        let make = |out| {
            // SAFETY: the function reads the bytes of the slice, and fills the pointer or returns an error.
            unsafe { ffi::mlkem_public_key_from_bytes(set as u32, 0, bytes.as_ptr(), bytes.len(), out) }
        };
        // SAFETY: what it makes is freed by the function of its type.
        unsafe { Handle::new(ffi::mlkem_public_key_free, make) }.map(Self)
    }

    /// Copies the encoded key.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn to_bytes(&self) -> Result<Buffer> {
        self.0.export(ffi::mlkem_public_key_bytes)
    }

    /// Makes a shared secret: first the ciphertext that carries it, then the secret.
    ///
    /// # Errors
    /// When there is no randomness or no memory.
    pub fn encapsulate(&self) -> Result<(Buffer, Buffer)> {
        let (mut ciphertext, mut secret) = (Buffer::empty(), Buffer::empty());
        // SAFETY: the key is live, the buffers are empty.
        check(unsafe { ffi::mlkem_encapsulate(self.0.get(), ciphertext.out(), secret.out()) })?;
        Ok((ciphertext, secret))
    }
}
