//! The external mu (FIPS 204, algorithms 7 and 8): the hash that is signed, computed apart from signing and verifying, so that a
//! message of any size is signed as pure ML-DSA in constant memory.

use crate::algorithm::MAX_PUBLIC_KEY_BYTES;
use crate::engine::MuHash;
use crate::{Error, MLDSA_MU_BYTES, PublicKey};

/// Computes `mu = H(tr || 0 || len(context) || context || M)` of a message M that is passed to it incrementally. Wiped when
/// dropped, as is each copy.
pub struct MuHasher(MuHash);

impl MuHasher {
    /// Hashes the next bytes of the message.
    pub fn update(&mut self, data: &[u8]) -> Result<(), Error> {
        self.0.update(data)
    }

    /// The hash of another message that begins with the same bytes.
    pub fn try_clone(&self) -> Result<Self, Error> {
        self.0.try_clone().map(Self)
    }

    /// Writes the `mu` of the message so far, which may go on.
    pub fn finalize(&self, mu: &mut [u8; MLDSA_MU_BYTES]) -> Result<(), Error> {
        self.0.finalize(mu)
    }
}

impl PublicKey {
    /// Begins the `mu` of a message for this key.
    pub fn mu_hasher(&self, context: &[u8]) -> Result<MuHasher, Error> {
        if !self.algorithm().signs_mu() {
            return Err(Error::WrongAlgorithm);
        }
        let mut public_key = [0; MAX_PUBLIC_KEY_BYTES];
        let public_key = &mut public_key[..self.algorithm().public_key_bytes()];
        self.write(public_key)?;
        MuHash::new(self.algorithm(), self.options().path, public_key, context).map(MuHasher)
    }
}
