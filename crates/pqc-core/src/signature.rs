//! Signing and verification (FIPS 204, section 5; FIPS 205, section 10).

use crate::algorithm::MAX_SIGNING_RANDOMNESS_BYTES;
use crate::engine::{self, SignaturePrivate, SignaturePublic, check_output, on_engine_stack};
use crate::prehash::{FormattedMessage, PreHash};
use crate::secret::SecretArray;
use crate::{Algorithm, CallerBytes, Error, MLDSA_MAX_CONTEXT_BYTES, MLDSA_MU_BYTES, PrivateKey, PublicKey};

/// The source of the randomness of a signature: `rnd` of ML-DSA (FIPS 204, 5.2), `addrnd` of SLH-DSA (FIPS 205, 10.2).
pub enum Randomness<'a> {
    /// The system's random number generator: the default of the standard.
    Hedged,
    /// None, so that equal inputs have equal signatures. ML-DSA uses zeros instead, SLH-DSA PK.seed.
    Deterministic,
    /// The caller, for known answers only.
    Given(CallerBytes<'a>),
}

impl Randomness<'_> {
    /// Writes the randomness to memory that the caller wipes, and returns it.
    fn draw(self, memory: &mut [u8]) -> Result<Option<&[u8]>, Error> {
        match self {
            Self::Hedged => engine::draw(memory)?,
            Self::Deterministic | Self::Given(_) if engine::DRAWS => return Err(Error::NotApproved),
            Self::Deterministic => return Ok(None),
            Self::Given(bytes) if bytes.len() != memory.len() => return Err(Error::RandomnessLength),
            Self::Given(bytes) => return Ok(bytes.copy_to(memory).map(|copy| &*copy)),
        }
        Ok(Some(memory))
    }
}

impl PrivateKey {
    /// ML-DSA.Sign (FIPS 204, 5.2), slh_sign (FIPS 205, 10.2.1), or Sign of a composite (3.2). `signature` has
    /// [`Algorithm::signature_bytes`] bytes. Returns the length of the signature, which only for a composite may be shorter.
    pub fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: Randomness<'_>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        let key = self.signature()?;
        check_context(context)?;
        self.sign_with(randomness, signature, |rnd, signature| key.sign(message, context, rnd, signature))
    }

    /// HashML-DSA.Sign (FIPS 204, 5.4), or hash_slh_sign (FIPS 205, 10.2.2), of a message's digest. A composite takes a
    /// digest by its hash function; this is Sign of the message (3.2).
    pub fn sign_prehashed(
        &self,
        hash: PreHash,
        digest: &[u8],
        context: &[u8],
        randomness: Randomness<'_>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        let key = self.signature()?;
        let message = FormattedMessage::new(hash, digest, context)?;
        let made = self.sign_with(randomness, signature, |rnd, signature| key.sign_prehashed(&message, rnd, signature));
        // The digest and the context are a copy that nobody changes.
        made.map_err(|error| if error == Error::MessageChanged { Error::FaultDetected } else { error })
    }

    /// ML-DSA.Sign of the message with the hash `mu` (FIPS 204, algorithm 7, from line 7 on).
    ///
    /// Two signatures with the nonce of one `mu` and the challenge of another would reveal the key, so `mu` is copied
    /// once.
    pub fn sign_mu<'a>(
        &self,
        mu: impl Into<CallerBytes<'a>>,
        randomness: Randomness<'_>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        let (key, given) = (self.signature_that(Algorithm::signs_mu)?, mu.into());
        if given.len() != MLDSA_MU_BYTES {
            return Err(Error::MuLength);
        }
        let mut mu = [0; MLDSA_MU_BYTES];
        given.copy_to(&mut mu);
        self.sign_with(randomness, signature, |rnd, signature| key.sign_mu(&mu, rnd, signature))
    }

    /// ML-DSA.Sign_internal (FIPS 204, algorithm 7), or slh_sign_internal (FIPS 205, algorithm 19), of a raw M'. For known answers
    /// only.
    pub fn sign_internal<'a>(
        &self,
        m_prime: &[u8],
        rnd: impl Into<CallerBytes<'a>>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        let (key, rnd) = (self.signature_that(Algorithm::signs_m_prime)?, Randomness::Given(rnd.into()));
        self.sign_with(rnd, signature, |rnd, signature| key.sign_internal(m_prime, rnd, signature))
    }

    fn sign_with(
        &self,
        randomness: Randomness<'_>,
        signature: &mut [u8],
        sign: impl FnOnce(Option<&[u8]>, &mut [u8]) -> Result<usize, Error>,
    ) -> Result<usize, Error> {
        check_output(signature, self.algorithm().signature_bytes())?;
        let mut memory = SecretArray::<MAX_SIGNING_RANDOMNESS_BYTES>::zeroed();
        let randomness = randomness.draw(&mut memory.0[..self.algorithm().randomness_bytes()])?;
        on_engine_stack(|| sign(randomness, signature))
    }

    /// The object of the key, if `can` holds for its algorithm.
    fn signature_that(&self, can: fn(Algorithm) -> bool) -> Result<&(dyn SignaturePrivate + 'static), Error> {
        if can(self.algorithm()) { self.signature() } else { Err(Error::WrongAlgorithm) }
    }
}

impl PublicKey {
    /// ML-DSA.Verify (FIPS 204, 5.3), slh_verify (FIPS 205, 10.3), or Verify of a composite (3.3). A signature of a wrong length is
    /// [`Error::InvalidSignature`] like any other bad one.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        let key = self.signature()?;
        check_context(context)?;
        check_signature(self.algorithm(), signature)?;
        key.verify(message, context, signature)
    }

    /// HashML-DSA.Verify (FIPS 204, 5.4), or hash_slh_verify (FIPS 205, 10.3), of a message's digest. A composite takes
    /// a digest by its hash function; this is Verify of the message (3.3).
    pub fn verify_prehashed(
        &self,
        hash: PreHash,
        digest: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        let key = self.signature()?;
        let message = FormattedMessage::new(hash, digest, context)?;
        check_signature(self.algorithm(), signature)?;
        key.verify_prehashed(&message, signature)
    }

    /// ML-DSA.Verify of the message with the hash `mu` (FIPS 204, algorithm 8, from line 8 on).
    pub fn verify_mu(&self, mu: &[u8], signature: &[u8]) -> Result<(), Error> {
        let key = self.signature_that(Algorithm::signs_mu)?;
        let mu = mu.try_into().map_err(|_| Error::MuLength)?;
        check_signature(self.algorithm(), signature)?;
        key.verify_mu(mu, signature)
    }

    /// ML-DSA.Verify_internal (FIPS 204, algorithm 8), or slh_verify_internal (FIPS 205, algorithm 20), over a raw M'. For known
    /// answers only.
    pub fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error> {
        let key = self.signature_that(Algorithm::signs_m_prime)?;
        check_signature(self.algorithm(), signature)?;
        key.verify_internal(m_prime, signature)
    }

    /// The object of the key, if `can` holds for its algorithm.
    fn signature_that(&self, can: fn(Algorithm) -> bool) -> Result<&(dyn SignaturePublic + 'static), Error> {
        if can(self.algorithm()) { self.signature() } else { Err(Error::WrongAlgorithm) }
    }
}

pub(crate) fn check_context(context: &[u8]) -> Result<(), Error> {
    if context.len() <= MLDSA_MAX_CONTEXT_BYTES { Ok(()) } else { Err(Error::ContextLength) }
}

/// Checks the length of a signature. An ECDSA half of a composite varies in length, and the engine checks it.
pub(crate) fn check_signature(algorithm: Algorithm, signature: &[u8]) -> Result<(), Error> {
    let (len, longest) = (signature.len(), algorithm.signature_bytes());
    let has_right_length = len == longest || (len < longest && algorithm.signature_varies());
    if has_right_length { Ok(()) } else { Err(Error::InvalidSignature) }
}
