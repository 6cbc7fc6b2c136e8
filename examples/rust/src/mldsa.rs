//! ML-DSA (FIPS 204).

use crate::ffi::{self, FromBytes};
use crate::owned::{Buffer, Handle};
use crate::{Result, check};

/// A parameter set of ML-DSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DsaSet {
    /// ML-DSA-44.
    MlDsa44 = 44,
    /// ML-DSA-65.
    MlDsa65 = 65,
    /// ML-DSA-87.
    MlDsa87 = 87,
}

/// A private key with its public key.
pub struct DsaKeyPair(Handle<ffi::MlDsaKeyPair>);

impl DsaKeyPair {
    /// Makes a key pair from the system's randomness.
    ///
    /// # Errors
    /// When there is no randomness or no memory.
    pub fn generate(set: DsaSet) -> Result<Self> {
        // SAFETY: the function fills the pointer or returns an error.
        unsafe { Handle::new(ffi::mldsa_keypair_free, |out| ffi::mldsa_keypair_generate(set as u32, 0, out)) }.map(Self)
    }

    /// Makes the key pair of a seed of 32 bytes.
    ///
    /// # Errors
    /// When the seed has another length.
    pub fn from_seed(set: DsaSet, seed: &[u8]) -> Result<Self> {
        Self::import(ffi::mldsa_keypair_from_seed, set, seed)
    }

    /// Loads an expanded private key (2560, 4032 or 4896 bytes), without its seed.
    ///
    /// # Errors
    /// When the length is wrong or the key is not consistent.
    pub fn from_private_key(set: DsaSet, bytes: &[u8]) -> Result<Self> {
        Self::import(ffi::mldsa_keypair_from_private_key, set, bytes)
    }

    fn import(function: FromBytes<ffi::MlDsaKeyPair>, set: DsaSet, bytes: &[u8]) -> Result<Self> {
        let make = |out| {
            // SAFETY: the function reads the bytes of the slice, and fills the pointer or returns an error.
            unsafe { function(set as u32, 0, bytes.as_ptr(), bytes.len(), out) }
        };
        // SAFETY: what it makes is freed by the function of its type.
        unsafe { Handle::new(ffi::mldsa_keypair_free, make) }.map(Self)
    }

    /// Returns the public key, which may outlive the pair.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn public_key(&self) -> Result<DsaPublicKey> {
        let make = |out| {
            // SAFETY: the pair is live.
            unsafe { ffi::mldsa_keypair_public_key(self.0.get(), out) }
        };
        // SAFETY: what it makes is freed by the function of its type.
        unsafe { Handle::new(ffi::mldsa_public_key_free, make) }.map(DsaPublicKey)
    }

    /// Copies the seed.
    ///
    /// # Errors
    /// When the pair was loaded from its expanded form.
    pub fn seed(&self) -> Result<Buffer> {
        self.0.export(ffi::mldsa_keypair_seed_bytes)
    }

    /// Copies the expanded private key.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn private_key(&self) -> Result<Buffer> {
        self.0.export(ffi::mldsa_keypair_private_key_bytes)
    }

    /// Signs a message with fresh randomness. The context has at most 255 bytes, and verification needs the same.
    ///
    /// # Errors
    /// When the context is too long, or there is no randomness or no memory.
    pub fn sign(&self, message: &[u8], context: &[u8]) -> Result<Buffer> {
        let mut signature = Buffer::empty();
        // SAFETY: the pair is live, the inputs are slices, the buffer is empty.
        check(unsafe {
            ffi::mldsa_sign(
                self.0.get(),
                message.as_ptr(),
                message.len(),
                context.as_ptr(),
                context.len(),
                0,
                signature.out(),
            )
        })?;
        Ok(signature)
    }
}

/// A public key.
pub struct DsaPublicKey(Handle<ffi::MlDsaPublicKey>);

impl DsaPublicKey {
    /// Loads a public key (1312, 1952 or 2592 bytes).
    ///
    /// # Errors
    /// When the length is wrong.
    pub fn from_bytes(set: DsaSet, bytes: &[u8]) -> Result<Self> {
        let make = |out| {
            // SAFETY: the function reads the bytes of the slice, and fills the pointer or returns an error.
            unsafe { ffi::mldsa_public_key_from_bytes(set as u32, 0, bytes.as_ptr(), bytes.len(), out) }
        };
        // SAFETY: what it makes is freed by the function of its type.
        unsafe { Handle::new(ffi::mldsa_public_key_free, make) }.map(Self)
    }

    /// Copies the encoded key.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn to_bytes(&self) -> Result<Buffer> {
        self.0.export(ffi::mldsa_public_key_bytes)
    }

    /// Tells whether a signature is one of this message and context.
    ///
    /// # Errors
    /// When the context is too long. A signature that is not valid is no error.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<bool> {
        // SAFETY: the key is live, the inputs are slices.
        let status = unsafe {
            ffi::mldsa_verify(
                self.0.get(),
                message.as_ptr(),
                message.len(),
                context.as_ptr(),
                context.len(),
                signature.as_ptr(),
                signature.len(),
            )
        };
        if status == ffi::INVALID_SIGNATURE { Ok(false) } else { check(status).map(|()| true) }
    }
}
