//! Encapsulation and decapsulation (FIPS 203, section 7; draft-connolly-cfrg-xwing-kem-10, 5.4 and 5.5).

use crate::algorithm::MAX_RANDOMNESS_BYTES;
use crate::engine::{check_output, on_engine_stack};
use crate::secret::{SecretArray, fill_random};
use crate::{Algorithm, Error, PrivateKey, PublicKey, SHARED_SECRET_BYTES};

impl PrivateKey {
    /// Decapsulation: ML-KEM.Decaps (FIPS 203, 7.3). A ciphertext that was not made for this key results in another,
    /// unpredictable secret.
    pub fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; SHARED_SECRET_BYTES]) -> Result<(), Error> {
        let key = self.kem()?;
        check_ciphertext(self.algorithm(), ciphertext)?;
        on_engine_stack(|| key.decapsulate(ciphertext, shared_secret))
    }
}

impl PublicKey {
    /// Encapsulation: ML-KEM.Encaps (FIPS 203, 7.2); `ciphertext` has [`Algorithm::ciphertext_bytes`] bytes.
    pub fn encapsulate(
        &self,
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        self.kem()?;
        let mut randomness = SecretArray::<MAX_RANDOMNESS_BYTES>::zeroed();
        let randomness = &mut randomness.0[..self.algorithm().randomness_bytes()];
        fill_random(randomness)?;
        self.encapsulate_derand(randomness, ciphertext, shared_secret)
    }

    /// Encapsulation with [`Algorithm::randomness_bytes`] bytes of the caller's: `m` of ML-KEM (FIPS 203, algorithm 17), `eseed`
    /// of X-Wing (5.4.1). For known answers only.
    pub fn encapsulate_derand(
        &self,
        randomness: &[u8],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let key = self.kem()?;
        if randomness.len() != self.algorithm().randomness_bytes() {
            return Err(Error::RandomnessLength);
        }
        check_output(ciphertext, self.algorithm().ciphertext_bytes())?;
        on_engine_stack(|| key.encapsulate(randomness, ciphertext, shared_secret))
    }
}

pub(crate) fn check_ciphertext(algorithm: Algorithm, ciphertext: &[u8]) -> Result<(), Error> {
    if ciphertext.len() == algorithm.ciphertext_bytes() { Ok(()) } else { Err(Error::CiphertextLength) }
}
