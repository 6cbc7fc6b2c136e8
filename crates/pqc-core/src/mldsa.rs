//! ML-DSA: the checks of a loaded private key, and the external mu (FIPS 204, algorithms 7 and 8), the hash that is signed. It is
//! computed apart from signing and verifying, so that a message of any size is signed as pure ML-DSA in constant memory.

use crate::algorithm::MAX_PUBLIC_KEY_BYTES;
use crate::engine::{self, MuHash, SignaturePrivate, on_engine_stack};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, Family, KeyOptions, MLDSA_MU_BYTES, PublicKey};

/// A private key from its expanded encoding.
///
/// Checks that s1 and s2 are within eta, that `tr` is the hash of the public key derived from them, and that `t0` is
/// the remainder of that derivation.
#[inline(never)] // tools/ct/suppressions name this frame
pub(crate) fn private_key_from_bytes(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn SignaturePrivate>, Error> {
    let engine = engine::mldsa(algorithm, options)?;
    on_engine_stack(|| engine.private_key_from_bytes(private_key, options))
}

/// Computes `mu = H(tr || 0 || len(context) || context || M)` of a message M that is passed to it incrementally. Wiped when
/// dropped, as is each clone.
#[derive(Clone)]
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

impl PublicKey {
    /// Begins the `mu` of a message for this key.
    pub fn mu_hasher(&self, context: &[u8]) -> Result<MuHasher, Error> {
        if self.algorithm().family() != Family::MlDsa {
            return Err(Error::WrongAlgorithm);
        }
        let mut public_key = [0; MAX_PUBLIC_KEY_BYTES];
        let public_key = &mut public_key[..self.algorithm().public_key_bytes()];
        self.write(public_key)?;
        MuHash::new(self.algorithm(), self.options().path, public_key, context).map(MuHasher)
    }
}
