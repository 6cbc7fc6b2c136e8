//! Encapsulation and decapsulation (FIPS 203, section 7; draft-connolly-cfrg-xwing-kem-10, 5.4 and 5.5).

use crate::algorithm::{MAX_CIPHERTEXT_BYTES, MAX_PUBLIC_KEY_BYTES, MAX_RANDOMNESS_BYTES};
use crate::engine::{self, check_output, on_engine_stack};
use crate::secret::{SecretArray, is_equal};
use crate::{Algorithm, CallerBytes, Error, PrivateKey, PublicKey, SHARED_SECRET_BYTES};
use core::mem::MaybeUninit;

impl PrivateKey {
    /// Decapsulation: ML-KEM.Decaps (FIPS 203, 7.3). A ciphertext that was not made for this key results in another,
    /// unpredictable secret: it is decrypted, hashed and compared from one copy, so that the compared ciphertext is the
    /// decrypted one.
    pub fn decapsulate<'a>(
        &self,
        ciphertext: impl Into<CallerBytes<'a>>,
        shared_secret: &mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let (key, ciphertext) = (self.kem()?, ciphertext.into());
        check_ciphertext(self.algorithm(), &ciphertext)?;
        let mut copy = [MaybeUninit::uninit(); MAX_CIPHERTEXT_BYTES];
        let ciphertext: &[u8] = ciphertext.copy_into(&mut copy).ok_or(Error::Internal)?;
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
        engine::draw(randomness)?;
        self.encapsulate_with(randomness, ciphertext, shared_secret)
    }

    /// Encapsulation with [`Algorithm::randomness_bytes`] bytes of the caller's: `m` of ML-KEM (FIPS 203, algorithm 17), `eseed`
    /// of X-Wing (5.4.1). For known answers only.
    pub fn encapsulate_derand<'a>(
        &self,
        randomness: impl Into<CallerBytes<'a>>,
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let randomness = randomness.into();
        self.kem()?;
        if engine::DRAWS {
            return Err(Error::NotApproved);
        }
        if randomness.len() != self.algorithm().randomness_bytes() {
            return Err(Error::RandomnessLength);
        }
        let mut copy = SecretArray::<MAX_RANDOMNESS_BYTES>::zeroed();
        let randomness = randomness.copy_to(&mut copy.0).ok_or(Error::Internal)?;
        self.encapsulate_with(randomness, ciphertext, shared_secret)
    }

    /// Encapsulation with randomness that the caller has drawn.
    pub(crate) fn encapsulate_with(
        &self,
        randomness: &[u8],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; SHARED_SECRET_BYTES],
    ) -> Result<(), Error> {
        let key = self.kem()?;
        check_output(ciphertext, self.algorithm().ciphertext_bytes())?;
        on_engine_stack(|| key.encapsulate(randomness, ciphertext, shared_secret))
    }
}

/// Checks that a shared secret encapsulated for the key is decapsulated to the same one: no hash covers the secret of an expanded
/// key.
pub(crate) fn check_pairwise_consistency(private_key: &PrivateKey) -> Result<(), Error> {
    let algorithm = private_key.algorithm();
    let mut public_key = [0; MAX_PUBLIC_KEY_BYTES];
    private_key.write_public_key(&mut public_key[..algorithm.public_key_bytes()])?;
    let (mut ciphertext, mut sent) = ([0; MAX_CIPHERTEXT_BYTES], [0; SHARED_SECRET_BYTES]);
    // The shared secret of a damaged key is a hash of its z.
    let mut received = SecretArray::zeroed();
    let ciphertext = &mut ciphertext[..algorithm.ciphertext_bytes()];
    // Any public value will do in place of randomness, since nobody uses the secret.
    let randomness = &public_key[..algorithm.randomness_bytes()];
    private_key.public_key()?.encapsulate_with(randomness, ciphertext, &mut sent)?;
    private_key.decapsulate(&*ciphertext, &mut received.0)?;
    if is_equal(&sent, &received.0) { Ok(()) } else { Err(Error::KeyPairMismatch) }
}

pub(crate) fn check_ciphertext(algorithm: Algorithm, ciphertext: &CallerBytes<'_>) -> Result<(), Error> {
    if ciphertext.len() == algorithm.ciphertext_bytes() { Ok(()) } else { Err(Error::CiphertextLength) }
}
