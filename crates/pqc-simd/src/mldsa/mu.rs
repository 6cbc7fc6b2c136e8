//! The message representative mu (FIPS 204, algorithm 7 line 6, and sections 5.2 and 5.4), from a message in chunks.

use crate::backend::Backend;
use crate::keccak::Shake256;
use crate::wipe::wipe;

/// The longest context, in bytes (FIPS 204, 5.2).
pub const MAX_CONTEXT_BYTES: usize = 255;

/// Hashes `tr || M'` into mu, 64 bytes, in memory that does not grow with the message. Wiped when dropped.
#[derive(Clone)]
pub struct MuHasher {
    pub(crate) sponge: Shake256,
    backend: Backend,
}

impl MuHasher {
    /// For a message with a context: `M' = 0 || length of the context || context || M` (FIPS 204, algorithms 2 and 3).
    ///
    /// `tr` is the SHAKE256 hash of the public key, 64 bytes. `None` if the context has more than [`MAX_CONTEXT_BYTES`].
    #[must_use]
    pub fn new(backend: Backend, tr: &[u8; 64], context: &[u8]) -> Option<Self> {
        Self::with_prefix(backend, tr, 0, context)
    }

    /// For a digest with a context: `M' = 1 || length of the context || context || OID || digest` (algorithms 4 and 5); the
    /// DER encoding of the object identifier and the digest follow as the message.
    #[must_use]
    pub fn new_prehashed(backend: Backend, tr: &[u8; 64], context: &[u8]) -> Option<Self> {
        Self::with_prefix(backend, tr, 1, context)
    }

    /// For a raw M', for the internal functions of FIPS 204, section 6.
    #[must_use]
    pub fn new_internal(backend: Backend, tr: &[u8; 64]) -> Self {
        let mut hasher = Self { sponge: Shake256::new(), backend };
        hasher.update(tr);
        hasher
    }

    fn with_prefix(backend: Backend, tr: &[u8; 64], separator: u8, context: &[u8]) -> Option<Self> {
        let length = u8::try_from(context.len()).ok()?;
        let mut hasher = Self::new_internal(backend, tr);
        hasher.update(&[separator, length]);
        hasher.update(context);
        Some(hasher)
    }

    /// Absorbs the next chunk of the message.
    pub fn update(&mut self, message: &[u8]) {
        dispatch!(self.backend, machine => self.sponge.absorb(machine, message));
    }

    /// Returns mu.
    #[must_use]
    pub fn finalize(mut self) -> [u8; 64] {
        let mut mu = [0; 64];
        self.sponge.finish();
        dispatch!(self.backend, machine => self.sponge.squeeze(machine, &mut mu));
        mu
    }
}

impl Drop for MuHasher {
    fn drop(&mut self) {
        wipe(&mut self.sponge, Shake256::new());
    }
}

/// tr, the SHAKE256 hash of a public key in 64 bytes (FIPS 204, algorithm 6 line 9), with which mu begins.
#[must_use]
pub fn public_key_hash(backend: Backend, public_key: &[u8]) -> [u8; 64] {
    let mut tr = [0; 64];
    dispatch!(backend, machine => Shake256::hash(machine, &[public_key], &mut tr));
    tr
}
