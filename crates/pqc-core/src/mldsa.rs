//! ML-DSA keys and operations (FIPS 204, section 5).

use crate::engine::{self, MlDsaPrivate, MlDsaPublic, check_output};
use crate::params::MAX_PUBLIC_KEY_BYTES;
use crate::prehash::{FormattedMessage, PreHash};
use crate::secret::{Secret, fill_random, on_clean_stack_of};
use crate::{
    Engine, Error, KeyOptions, MLDSA_MAX_CONTEXT_BYTES, MLDSA_RANDOMNESS_BYTES, MLDSA_SEED_BYTES, MlDsaParameterSet,
};
use zeroize::Zeroizing;

/// The stack that each operation uses at most, rounded up.
pub(crate) const KEYGEN_STACK_BYTES: usize = 128 << 10;
pub(crate) const SIGN_STACK_BYTES: usize = 192 << 10;

/// Where the 32 bytes `rnd` of a signature come from (FIPS 204, 5.2).
#[derive(Clone, Copy)]
pub enum Randomness<'a> {
    /// The system's random number generator: the default of the standard.
    Hedged,
    /// Zeros, so that equal inputs give equal signatures.
    Deterministic,
    /// The caller, for known answers only.
    Given(&'a [u8]),
}

impl Randomness<'_> {
    /// Writes the randomness to memory that the caller wipes.
    fn draw(self, rnd: &mut [u8; MLDSA_RANDOMNESS_BYTES]) -> Result<(), Error> {
        match self {
            Self::Hedged => fill_random(rnd)?,
            Self::Deterministic => rnd.fill(0),
            Self::Given(bytes) => *rnd = bytes.try_into().map_err(|_| Error::RandomnessLength)?,
        }
        Ok(())
    }
}

/// A private key with its public key, and its seed where that is known.
pub struct MlDsaKeyPair {
    pub(crate) set: MlDsaParameterSet,
    pub(crate) options: KeyOptions,
    pub(crate) seed: Option<Secret<MLDSA_SEED_BYTES>>,
    pub(crate) key: Box<dyn MlDsaPrivate>,
}

impl MlDsaKeyPair {
    /// ML-DSA.KeyGen (FIPS 204, 5.1) from the system's randomness.
    pub fn generate(set: MlDsaParameterSet, options: impl Into<KeyOptions>) -> Result<Self, Error> {
        let options = options.into();
        Self::from_known_seed(set, options, Secret::new(options.memory, |seed| fill_random(seed))?)
    }

    /// The key pair of a 32-byte seed `xi` (FIPS 204, 5.1).
    pub fn from_seed(set: MlDsaParameterSet, options: impl Into<KeyOptions>, seed: &[u8]) -> Result<Self, Error> {
        let seed: &[u8; MLDSA_SEED_BYTES] = seed.try_into().map_err(|_| Error::SeedLength)?;
        let options = options.into();
        let kept = Secret::new(options.memory, |kept| {
            *kept = *seed;
            Ok(())
        })?;
        Self::from_known_seed(set, options, kept)
    }

    fn from_known_seed(
        set: MlDsaParameterSet,
        options: KeyOptions,
        seed: Secret<MLDSA_SEED_BYTES>,
    ) -> Result<Self, Error> {
        let engine = engine::mldsa_engine(set, options)?;
        let key = on_clean_stack_of::<KEYGEN_STACK_BYTES, _>(options.engine, || {
            engine.key_pair_from_seed(seed.expose(), options)
        })?;
        Ok(Self { set, options, seed: Some(seed), key })
    }

    /// The key pair of an expanded private key.
    ///
    /// Checks the length, that s1 and s2 are within eta, that `tr` is the hash of the public key derived from them, and that
    /// `t0` is what that leaves out.
    pub fn from_private_key(
        set: MlDsaParameterSet,
        options: impl Into<KeyOptions>,
        private_key: &[u8],
    ) -> Result<Self, Error> {
        let options = options.into();
        let engine = engine::mldsa_engine(set, options)?;
        if private_key.len() != set.private_key_bytes() {
            return Err(Error::PrivateKeyLength);
        }
        let mut public_key = [0; MAX_PUBLIC_KEY_BYTES];
        let public_key = &mut public_key[..set.public_key_bytes()];
        on_clean_stack_of::<KEYGEN_STACK_BYTES, _>(Engine::Simd, || {
            engine::mldsa_derive_public_key(set, options.path, private_key, public_key)
        })?;
        Ok(Self { set, options, seed: None, key: engine.key_pair_from_keys(private_key, public_key, options)? })
    }

    /// The parameter set.
    pub fn parameter_set(&self) -> MlDsaParameterSet {
        self.set
    }

    /// What the key was asked to be.
    pub fn options(&self) -> KeyOptions {
        self.options
    }

    /// The seed `xi`, unless the key was loaded from its expanded form.
    pub fn seed(&self) -> Result<&[u8; MLDSA_SEED_BYTES], Error> {
        self.seed.as_ref().map(Secret::expose).ok_or(Error::SeedUnavailable)
    }

    /// How many bytes are wiped when the pair is dropped.
    pub fn secret_bytes(&self) -> usize {
        self.key.secret_bytes() + self.seed.as_ref().map_or(0, |seed| seed.expose().len())
    }

    /// How many bytes the forms of the key take that are kept now, its seed included.
    pub fn resident_bytes(&self) -> usize {
        self.key.resident_bytes() + self.seed.as_ref().map_or(0, |seed| seed.expose().len())
    }

    /// The public key as a key of its own, which outlives this one.
    pub fn public_key(&self) -> Result<MlDsaPublicKey, Error> {
        Ok(MlDsaPublicKey { set: self.set, options: self.options, key: self.key.public_key()? })
    }

    /// Writes the public key; `out` has [`MlDsaParameterSet::public_key_bytes`] bytes.
    pub fn write_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.set.public_key_bytes())?;
        self.key.encode_public_key(out)
    }

    /// Writes the expanded private key; `out` has [`MlDsaParameterSet::private_key_bytes`] bytes.
    pub fn write_private_key(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.set.private_key_bytes())?;
        self.key.encode(out)
    }

    /// ML-DSA.Sign (FIPS 204, 5.2); `signature` has [`MlDsaParameterSet::signature_bytes`] bytes.
    pub fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: Randomness<'_>,
        signature: &mut [u8],
    ) -> Result<(), Error> {
        check_context(context)?;
        self.sign_with(randomness, signature, |key, rnd, signature| key.sign(message, context, rnd, signature))
    }

    /// HashML-DSA.Sign (FIPS 204, 5.4) of a message's digest.
    pub fn sign_prehashed(
        &self,
        hash: PreHash,
        digest: &[u8],
        context: &[u8],
        randomness: Randomness<'_>,
        signature: &mut [u8],
    ) -> Result<(), Error> {
        let message = FormattedMessage::new(hash, digest, context)?;
        self.sign_with(randomness, signature, |key, rnd, signature| {
            key.sign_internal(message.as_slice(), rnd, signature)
        })
    }

    /// ML-DSA.Sign of the message that `mu` was computed of (FIPS 204, algorithm 7, from line 7 on).
    pub fn sign_mu(&self, mu: &[u8], randomness: Randomness<'_>, signature: &mut [u8]) -> Result<(), Error> {
        let mu = mu.try_into().map_err(|_| Error::MuLength)?;
        self.sign_with(randomness, signature, |key, rnd, signature| key.sign_mu(mu, rnd, signature))
    }

    /// ML-DSA.Sign_internal (FIPS 204, algorithm 7) of a raw M'. For known answers only.
    pub fn sign_internal(&self, m_prime: &[u8], rnd: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        self.sign_with(Randomness::Given(rnd), signature, |key, rnd, signature| {
            key.sign_internal(m_prime, rnd, signature)
        })
    }

    fn sign_with(
        &self,
        randomness: Randomness<'_>,
        signature: &mut [u8],
        sign: impl FnOnce(&dyn MlDsaPrivate, &[u8; MLDSA_RANDOMNESS_BYTES], &mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        check_output(signature, self.set.signature_bytes())?;
        let mut rnd = Zeroizing::new([0; MLDSA_RANDOMNESS_BYTES]);
        randomness.draw(&mut rnd)?;
        on_clean_stack_of::<SIGN_STACK_BYTES, _>(self.options.engine, || sign(&*self.key, &rnd, signature))
    }
}

/// A public key.
pub struct MlDsaPublicKey {
    pub(crate) set: MlDsaParameterSet,
    pub(crate) options: KeyOptions,
    pub(crate) key: Box<dyn MlDsaPublic>,
}

impl MlDsaPublicKey {
    /// A public key from its encoding; every string of the right length is one (FIPS 204, algorithm 23).
    pub fn from_bytes(
        set: MlDsaParameterSet,
        options: impl Into<KeyOptions>,
        public_key: &[u8],
    ) -> Result<Self, Error> {
        let options = options.into();
        let engine = engine::mldsa_engine(set, options)?;
        if public_key.len() != set.public_key_bytes() {
            return Err(Error::PublicKeyLength);
        }
        Ok(Self { set, options, key: engine.public_key_from_bytes(public_key, options)? })
    }

    /// The parameter set.
    pub fn parameter_set(&self) -> MlDsaParameterSet {
        self.set
    }

    /// What the key was asked to be.
    pub fn options(&self) -> KeyOptions {
        self.options
    }

    /// How many bytes the forms of the key take that are kept now.
    pub fn resident_bytes(&self) -> usize {
        self.key.resident_bytes()
    }

    /// Writes the public key; `out` has [`MlDsaParameterSet::public_key_bytes`] bytes.
    pub fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.set.public_key_bytes())?;
        self.key.encode(out)
    }

    /// ML-DSA.Verify (FIPS 204, 5.3). A signature of a wrong length is [`Error::InvalidSignature`] like any bad one.
    pub fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        check_context(context)?;
        self.check_signature_length(signature)?;
        self.key.verify(message, context, signature)
    }

    /// HashML-DSA.Verify (FIPS 204, 5.4) of a message's digest.
    pub fn verify_prehashed(
        &self,
        hash: PreHash,
        digest: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        let message = FormattedMessage::new(hash, digest, context)?;
        self.verify_internal(message.as_slice(), signature)
    }

    /// ML-DSA.Verify of the message that `mu` was computed of (FIPS 204, algorithm 8, from line 8 on).
    pub fn verify_mu(&self, mu: &[u8], signature: &[u8]) -> Result<(), Error> {
        let mu = mu.try_into().map_err(|_| Error::MuLength)?;
        self.check_signature_length(signature)?;
        self.key.verify_mu(mu, signature)
    }

    /// ML-DSA.Verify_internal (FIPS 204, algorithm 8) over a raw M'. For known answers only.
    pub fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.check_signature_length(signature)?;
        self.key.verify_internal(m_prime, signature)
    }

    fn check_signature_length(&self, signature: &[u8]) -> Result<(), Error> {
        if signature.len() == self.set.signature_bytes() { Ok(()) } else { Err(Error::InvalidSignature) }
    }
}

pub(crate) fn check_context(context: &[u8]) -> Result<(), Error> {
    if context.len() <= MLDSA_MAX_CONTEXT_BYTES { Ok(()) } else { Err(Error::ContextLength) }
}
