//! The keys of all algorithms.

use std::ptr::NonNull;

use crate::error::{check, check_abi};
use crate::ffi::{self, Opaque, Out, PqcPrivateKey, PqcPublicKey};
use crate::{Algorithm, Buffer, KeyOptions, Result};

/// A private or a public key of any algorithm. An operation that the algorithm does not have fails with
/// [`crate::Error::WRONG_ALGORITHM`].
///
/// Invariant LIVE, by which the `unsafe` blocks hold: the pointer is a handle of the library that nothing else frees, from
/// `new` until `drop`; and pointer and length of a slice are valid for the call that borrows it.
pub struct Key<T: Opaque>(NonNull<T>);

/// A private key, with its public key.
pub type PrivateKey = Key<PqcPrivateKey>;

/// A public key.
pub type PublicKey = Key<PqcPublicKey>;

// SAFETY: the header says that any number of threads may use a handle, and any thread may free it.
unsafe impl<T: Opaque> Send for Key<T> {}
// SAFETY: as above.
unsafe impl<T: Opaque> Sync for Key<T> {}

impl<T: Opaque> Key<T> {
    /// Calls a function of the library that makes a handle, or fails.
    fn new(make: impl FnOnce(Out<'_, T>) -> i32) -> Result<Self> {
        check_abi()?;
        let mut pointer = None;
        check(make(&mut pointer))?;
        Ok(Key(pointer.expect("a handle comes with PQC_STATUS_OK")))
    }

    fn get(&self) -> &T {
        // SAFETY: LIVE.
        unsafe { self.0.as_ref() }
    }

    /// Loads the encoding of the algorithm's standard. The private key of ML-KEM and ML-DSA is the expanded one, which does
    /// not contain the seed; X-Wing's and SLH-DSA's contain it; a composite's is both halves.
    ///
    /// # Errors
    /// When the length is wrong or the key is not consistent, such as a composite key without a point.
    pub fn from_bytes(algorithm: Algorithm, options: KeyOptions, bytes: &[u8]) -> Result<Self> {
        // SAFETY: LIVE.
        Self::new(|out| unsafe { T::FROM_BYTES(algorithm as u32, options.0, bytes.as_ptr(), bytes.len(), out) })
    }

    /// Copies the encoding of the algorithm's standard.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn to_bytes(&self) -> Result<Buffer> {
        Buffer::fill(|[bytes]| T::BYTES(self.get(), bytes)).map(|[bytes]| bytes)
    }

    /// Returns the algorithm of the key.
    ///
    /// # Errors
    /// When the library is newer and the algorithm unknown here.
    pub fn algorithm(&self) -> Result<Algorithm> {
        self.number(T::ALGORITHM)?.try_into()
    }

    /// Returns the options of the key.
    ///
    /// # Errors
    /// Only errors that any call may return.
    pub fn options(&self) -> Result<KeyOptions> {
        self.number(T::OPTIONS).map(KeyOptions)
    }

    fn number(&self, function: extern "C" fn(&T, &mut u32) -> i32) -> Result<u32> {
        let mut number = 0;
        check(function(self.get(), &mut number))?;
        Ok(number)
    }
}

impl<T: Opaque> Drop for Key<T> {
    fn drop(&mut self) {
        // SAFETY: LIVE.
        unsafe { T::FREE(self.0.as_ptr()) }
    }
}

impl PrivateKey {
    /// Makes a private key from the system's randomness.
    ///
    /// # Errors
    /// When there is no randomness or no memory.
    pub fn generate(algorithm: Algorithm, options: KeyOptions) -> Result<Self> {
        Self::new(|out| ffi::pqc_private_key_generate(algorithm as u32, options.0, out))
    }

    /// Derives a private key from its seed: 64 bytes for ML-KEM, 32 for ML-DSA and X-Wing, and 48, 72 or 96 for
    /// SLH-DSA of 128, 192 or 256 bits.
    ///
    /// # Errors
    /// When the seed has another length, or the algorithm has no seeds.
    pub fn from_seed(algorithm: Algorithm, options: KeyOptions, seed: &[u8]) -> Result<Self> {
        Self::new(|out| {
            // SAFETY: LIVE.
            unsafe { ffi::pqc_private_key_from_seed(algorithm as u32, options.0, seed.as_ptr(), seed.len(), out) }
        })
    }

    /// Copies the seed.
    ///
    /// # Errors
    /// When a key of ML-KEM or ML-DSA was loaded from its expanded form, or the algorithm has no seeds.
    pub fn seed(&self) -> Result<Buffer> {
        Buffer::fill(|[seed]| ffi::pqc_private_key_seed(self.get(), seed)).map(|[seed]| seed)
    }

    /// Returns the public key, which may outlive the private key.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn public_key(&self) -> Result<PublicKey> {
        Key::new(|out| ffi::pqc_private_key_public_key(self.get(), out))
    }

    /// Returns the shared secret of a ciphertext; another, unpredictable one if the ciphertext was tampered with.
    ///
    /// # Errors
    /// When the ciphertext has a wrong length or, for a hybrid with P-256 or P-384, a point that is not on the curve.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<Buffer> {
        Buffer::fill(|[secret]| {
            // SAFETY: LIVE.
            unsafe { ffi::pqc_decapsulate(self.get(), ciphertext.as_ptr(), ciphertext.len(), secret) }
        })
        .map(|[secret]| secret)
    }

    /// Signs a message, hedged, for a context that may be empty. Signatures of a composite with ECDSA differ in length.
    ///
    /// # Errors
    /// When the context is longer than 255 bytes.
    pub fn sign(&self, message: &[u8], context: &[u8]) -> Result<Buffer> {
        let (text, text_len, about, about_len) = (message.as_ptr(), message.len(), context.as_ptr(), context.len());
        // SAFETY: LIVE.
        Buffer::fill(|[out]| unsafe { ffi::pqc_sign(self.get(), text, text_len, about, about_len, 0, out) })
            .map(|[signature]| signature)
    }
}

impl PublicKey {
    /// Makes a shared secret: first the ciphertext that carries it, then the secret.
    ///
    /// # Errors
    /// When there is no randomness or no memory.
    pub fn encapsulate(&self) -> Result<(Buffer, Buffer)> {
        Buffer::fill(|[ciphertext, secret]| ffi::pqc_encapsulate(self.get(), ciphertext, secret)).map(Into::into)
    }

    /// Verifies that the owner of the key made the signature for this message and context.
    ///
    /// ```no_run
    /// #![deny(unused_must_use)]
    /// # fn login(key: &pqc::PublicKey, signature: &[u8]) -> pqc::Result<()> {
    /// key.verify(b"message", b"login", signature)?;
    /// # Ok(()) }
    /// ```
    ///
    /// The compiler finds a result that is ignored:
    ///
    /// ```compile_fail
    /// #![deny(unused_must_use)]
    /// # fn login(key: &pqc::PublicKey, signature: &[u8]) -> pqc::Result<()> {
    /// key.verify(b"message", b"login", signature);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::INVALID_SIGNATURE`] if not.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<()> {
        // SAFETY: LIVE.
        check(unsafe {
            ffi::pqc_verify(
                self.get(),
                message.as_ptr(),
                message.len(),
                context.as_ptr(),
                context.len(),
                signature.as_ptr(),
                signature.len(),
            )
        })
    }
}
