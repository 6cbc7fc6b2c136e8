//! External mu (FIPS 204, algorithms 7 and 8): the hash that is signed, computed apart from signing and verifying, so that
//! a message of any size is signed as pure ML-DSA in constant memory.

use crate::engine::{MuHash, mldsa_tr};
use crate::params::MAX_PUBLIC_KEY_BYTES;
use crate::{Error, MLDSA_MU_BYTES, MlDsaPublicKey};

/// Computes `mu = H(tr || 0 || len(context) || context || M)` of a message M that comes in pieces.
pub struct MuHasher(MuHash);

impl MuHasher {
    /// Hashes the next bytes of the message.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// Writes the `mu` of the message so far, which may go on.
    pub fn finalize(&self, mu: &mut [u8; MLDSA_MU_BYTES]) {
        *mu = self.0.finalize();
    }
}

impl MlDsaPublicKey {
    /// Begins the `mu` of a message for this key. Keys of every engine can do so.
    pub fn mu_hasher(&self, context: &[u8]) -> Result<MuHasher, Error> {
        let mut public_key = [0; MAX_PUBLIC_KEY_BYTES];
        let public_key = &mut public_key[..self.parameter_set().public_key_bytes()];
        self.write(public_key)?;
        let hash = MuHash::new(self.parameter_set(), self.options().path, &mldsa_tr(public_key), context)?;
        Ok(MuHasher(hash))
    }
}
