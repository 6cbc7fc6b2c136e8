//! Hashes: SHA-2 (FIPS 180-4), SHA-3 and SHAKE256 (FIPS 202).

use crate::{Error, approved, done, non_null};
use aws_lc_fips_sys as sys;
use core::ptr::{NonNull, null_mut};

/// A hash function with a digest of fixed length.
#[derive(Clone, Copy)]
pub enum Digest {
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA-512: 64 bytes.
    Sha512,
    /// SHA3-256: 32 bytes.
    Sha3_256,
}

impl Digest {
    /// Writes the digest of a message, as long as `out`.
    pub fn of<const N: usize>(self, message: &[u8], out: &mut [u8; N]) -> Result<(), Error> {
        // SAFETY: the functions return constants.
        let function = unsafe {
            match self {
                Self::Sha256 => sys::EVP_sha256(),
                Self::Sha512 => sys::EVP_sha512(),
                Self::Sha3_256 => sys::EVP_sha3_256(),
            }
        };
        // SAFETY: the function is a constant.
        if unsafe { sys::EVP_MD_size(function) } != N {
            return Err(Error::Refused);
        }
        let (data, len) = (message.as_ptr().cast(), message.len());
        // SAFETY: the message is readable for its length, and `out` writable for the length of the digest.
        approved(|| unsafe { sys::EVP_Digest(data, len, out.as_mut_ptr(), null_mut(), function, null_mut()) })
    }
}

/// SHAKE256 of a message that is passed incrementally. The module wipes its state when it is dropped.
pub struct Shake256(NonNull<sys::EVP_MD_CTX>);

// SAFETY: the state belongs to no thread, and functions that change it take it by `&mut`.
unsafe impl Send for Shake256 {}
// SAFETY: as above; the state is only copied by functions that take it by `&`.
unsafe impl Sync for Shake256 {}

impl Drop for Shake256 {
    fn drop(&mut self) {
        // SAFETY: the state is freed once.
        unsafe { sys::EVP_MD_CTX_free(self.0.as_ptr()) }
    }
}

impl Shake256 {
    /// The state before the first byte.
    pub fn new() -> Result<Self, Error> {
        let state = Self::empty()?;
        // SAFETY: the state is valid, and the function a constant.
        done(unsafe { sys::EVP_DigestInit_ex(state.0.as_ptr(), sys::EVP_shake256(), null_mut()) })?;
        Ok(state)
    }

    fn empty() -> Result<Self, Error> {
        // SAFETY: the function has no precondition.
        non_null(unsafe { sys::EVP_MD_CTX_new() }).map(Self)
    }

    /// A copy of the state.
    pub fn try_clone(&self) -> Result<Self, Error> {
        let copy = Self::empty()?;
        // SAFETY: both states are valid.
        done(unsafe { sys::EVP_MD_CTX_copy_ex(copy.0.as_ptr(), self.0.as_ptr()) })?;
        Ok(copy)
    }

    /// Hashes the next bytes.
    pub fn update(&mut self, data: &[u8]) -> Result<(), Error> {
        // SAFETY: the state is valid, and the data readable for its length.
        done(unsafe { sys::EVP_DigestUpdate(self.0.as_ptr(), data.as_ptr().cast(), data.len()) })
    }

    /// Writes as many bytes of the hash as `out` has.
    pub fn finish(self, out: &mut [u8]) -> Result<(), Error> {
        // SAFETY: the state is valid, and `out` writable for its length.
        approved(|| unsafe { sys::EVP_DigestFinalXOF(self.0.as_ptr(), out.as_mut_ptr(), out.len()) })
    }
}
