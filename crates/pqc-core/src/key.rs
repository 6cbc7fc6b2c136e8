//! Private and public keys of every algorithm of the table. The operations are in [`crate::kem`] and [`crate::signature`].

use crate::algorithm::MAX_PUBLIC_KEY_BYTES;
use crate::engine::items::CHUNK;
use crate::engine::{self, KemPrivate, KemPublic, SignaturePrivate, SignaturePublic, check_output, on_engine_stack};
use crate::family::{check_public_key, kem_engine, kem_private_key, signature_engine, signature_private_key};
use crate::secret::{SecretVec, fill_random};
use crate::{Algorithm, CallerBytes, Error, KeyOptions, Kind, Memory};
use arrayvec::ArrayVec;

/// A private key with its public key.
pub struct PrivateKey {
    algorithm: Algorithm,
    options: KeyOptions,
    /// Empty if it is unknown, or is in the encoding of the key. No `Option`: a move of None would copy leftovers of
    /// the stack to memory that is not locked.
    seed: SecretVec,
    key: PrivateObject,
}

/// The object of the engine, resolved when the key is made.
enum PrivateObject {
    Kem(Box<dyn KemPrivate>),
    Signature(Box<dyn SignaturePrivate>),
}

impl PrivateObject {
    /// The seed, if the encoding of the key contains it.
    fn seed(&self) -> Option<&[u8]> {
        match self {
            Self::Kem(_) => None,
            Self::Signature(key) => key.seed(),
        }
    }
}

impl PrivateKey {
    /// A key from the system's randomness: ML-KEM.KeyGen (FIPS 203, 7.1), ML-DSA.KeyGen (FIPS 204, 5.1), slh_keygen (FIPS
    /// 205, 10.1), GenerateKeyPair of X-Wing (5.2), KeyGen of a composite (3.1).
    pub fn generate(algorithm: Algorithm, options: impl Into<KeyOptions>) -> Result<Self, Error> {
        let options = options.into();
        on_engine_stack(|| Self::generate_unwiped(algorithm, options))
    }

    /// [`Self::generate`] for a caller that wipes the stack.
    fn generate_unwiped(algorithm: Algorithm, options: KeyOptions) -> Result<Self, Error> {
        if !algorithm.has_seed() {
            let mut private_key = SecretVec::zeroed(options.memory, algorithm.private_key_bytes())?;
            signature_engine(algorithm, options)?.draw_private_key(&mut private_key)?;
            let key = PrivateObject::Signature(signature_private_key(algorithm, options, private_key)?);
            return Ok(Self { algorithm, options, seed: SecretVec::empty(), key });
        }
        if engine::DRAWS {
            let key = match algorithm.kind() {
                Kind::Kem => PrivateObject::Kem(kem_engine(algorithm, options)?.generate(options)?),
                Kind::Signature => PrivateObject::Signature(signature_engine(algorithm, options)?.generate(options)?),
            };
            return Ok(Self { algorithm, options, seed: SecretVec::empty(), key });
        }
        let mut seed = SecretVec::zeroed(options.memory, algorithm.seed_bytes())?;
        fill_random(&mut seed)?;
        Self::from_own_seed(algorithm, options, seed, false)
    }

    /// At most [`CHUNK`] keys. An engine may make several at once.
    pub(crate) fn generate_all(
        algorithm: Algorithm,
        options: KeyOptions,
        count: usize,
    ) -> ArrayVec<Result<Self, Error>, CHUNK> {
        if engine::DRAWS || !algorithm.has_seed() {
            return on_engine_stack(|| (0..count).map(|_| Self::generate_unwiped(algorithm, options)).collect());
        }
        Self::generate_seeded(algorithm, options, count)
            .unwrap_or_else(|error| (0..count).map(|_| Err(error)).collect())
    }

    /// Keys of seeds that are drawn at once.
    fn generate_seeded(
        algorithm: Algorithm,
        options: KeyOptions,
        count: usize,
    ) -> Result<ArrayVec<Result<Self, Error>, CHUNK>, Error> {
        if count == 0 {
            return Ok(ArrayVec::new());
        }
        let mut seeds = SecretVec::zeroed(options.memory, count * algorithm.seed_bytes())?;
        fill_random(&mut seeds)?;
        let seeds = seeds.chunks_exact(algorithm.seed_bytes());
        let keys: ArrayVec<Result<_, Error>, CHUNK> = match algorithm.kind() {
            Kind::Kem => {
                let engine = kem_engine(algorithm, options)?;
                let keys = on_engine_stack(|| engine.private_keys_from_seeds(seeds.clone(), options));
                keys.into_iter().map(|key| key.map(PrivateObject::Kem)).collect()
            }
            Kind::Signature => {
                let engine = signature_engine(algorithm, options)?;
                let keys = on_engine_stack(|| engine.private_keys_from_seeds(seeds.clone(), options));
                keys.into_iter().map(|key| key.map(PrivateObject::Signature)).collect()
            }
        };
        let with_seed = keys.into_iter().zip(seeds).map(|(key, seed)| {
            let key = key?;
            let is_kept = key.seed().is_none();
            let seed = if is_kept { SecretVec::copied(options.memory, seed)? } else { SecretVec::empty() };
            Ok(Self { algorithm, options, seed, key })
        });
        Ok(with_seed.collect())
    }

    /// The key of a seed of [`Algorithm::seed_bytes`] bytes. [`Error::WrongAlgorithm`] if the algorithm has no seed.
    pub fn from_seed<'a>(
        algorithm: Algorithm,
        options: impl Into<KeyOptions>,
        seed: impl Into<CallerBytes<'a>>,
    ) -> Result<Self, Error> {
        let (options, seed) = (options.into(), seed.into());
        if !algorithm.has_seed() {
            return Err(Error::WrongAlgorithm);
        }
        if seed.len() != algorithm.seed_bytes() {
            return Err(Error::SeedLength);
        }
        let seed = SecretVec::copied_once(options.memory, seed)?;
        on_engine_stack(|| Self::from_own_seed(algorithm, options, seed, true))
    }

    fn from_own_seed(
        algorithm: Algorithm,
        options: KeyOptions,
        seed: SecretVec,
        is_loaded: bool,
    ) -> Result<Self, Error> {
        let key = match algorithm.kind() {
            Kind::Kem => PrivateObject::Kem(kem_engine(algorithm, options)?.private_key_from_seed(&seed, options)?),
            Kind::Signature => PrivateObject::Signature(
                signature_engine(algorithm, options)?.private_key_from_seed(&seed, is_loaded, options)?,
            ),
        };
        let seed = if key.seed().is_some() { SecretVec::empty() } else { seed };
        Ok(Self { algorithm, options, seed, key })
    }

    /// A key from the encoding of its standard: the expanded key of ML-KEM and ML-DSA, `SK.seed || SK.prf || PK.seed || PK.root`
    /// of SLH-DSA, the seed of X-Wing, the draft's private key of a composite.
    ///
    /// Checks the length and everything that follows from the rest of the key, so that a key that loads is encoded to the
    /// same bytes. PK.root of SLH-DSA is not checked, since deriving it takes as long as generating a key.
    pub fn from_bytes<'a>(
        algorithm: Algorithm,
        options: impl Into<KeyOptions>,
        private_key: impl Into<CallerBytes<'a>>,
    ) -> Result<Self, Error> {
        let (options, private_key) = (options.into().checked()?, private_key.into());
        if private_key.len() != algorithm.private_key_bytes() {
            return Err(Error::PrivateKeyLength);
        }
        if algorithm.private_key_is_seed() {
            return Self::from_seed(algorithm, options, private_key);
        }
        let private_key = SecretVec::copied_once(options.memory, private_key)?;
        let key = match algorithm.kind() {
            Kind::Kem => PrivateObject::Kem(kem_private_key(algorithm, options, private_key)?),
            Kind::Signature => PrivateObject::Signature(signature_private_key(algorithm, options, private_key)?),
        };
        Ok(Self { algorithm, options, seed: SecretVec::empty(), key })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The options that the key was made with.
    pub fn options(&self) -> KeyOptions {
        self.options
    }

    /// The seed, unless the key was loaded from its expanded encoding or its algorithm has none. The encoding of SLH-DSA contains
    /// it.
    pub fn seed(&self) -> Result<&[u8], Error> {
        if self.seed.is_empty() { self.key.seed().ok_or(Error::SeedUnavailable) } else { Ok(&self.seed) }
    }

    /// How many bytes are wiped when the key is dropped.
    pub fn secret_bytes(&self) -> usize {
        self.seed.len()
            + match &self.key {
                PrivateObject::Kem(key) => key.secret_bytes(),
                PrivateObject::Signature(key) => key.secret_bytes(),
            }
    }

    /// How many bytes the kept forms of the key take now, its seed included.
    pub fn resident_bytes(&self) -> usize {
        self.seed.len()
            + match &self.key {
                PrivateObject::Kem(key) => key.resident_bytes(),
                PrivateObject::Signature(key) => key.resident_bytes(),
            }
    }

    /// The public key as a separate key, which outlives this one.
    pub fn public_key(&self) -> Result<PublicKey, Error> {
        let key = match &self.key {
            PrivateObject::Kem(key) => PublicObject::Kem(key.public_key()?),
            PrivateObject::Signature(key) => PublicObject::Signature(key.public_key()?),
        };
        Ok(PublicKey { algorithm: self.algorithm, options: self.options, key })
    }

    /// Writes the encoded public key; `out` has [`Algorithm::public_key_bytes`] bytes.
    pub fn write_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.algorithm.public_key_bytes())?;
        match &self.key {
            PrivateObject::Kem(key) => key.encode_public_key(out),
            PrivateObject::Signature(key) => key.encode_public_key(out),
        }
    }

    /// Writes the encoding of the standard (see [`Self::from_bytes`]); `out` has [`Algorithm::private_key_bytes`] bytes.
    pub fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.algorithm.private_key_bytes())?;
        if self.algorithm.private_key_is_seed() {
            out.copy_from_slice(self.seed()?);
            return Ok(());
        }
        match &self.key {
            PrivateObject::Kem(key) => on_engine_stack(|| key.encode(out)),
            PrivateObject::Signature(key) => key.encode(out),
        }
    }

    /// The object of a KEM key.
    pub(crate) fn kem(&self) -> Result<&(dyn KemPrivate + 'static), Error> {
        match &self.key {
            PrivateObject::Kem(key) => Ok(&**key),
            PrivateObject::Signature(_) => Err(Error::WrongAlgorithm),
        }
    }

    /// The object of a signature key.
    pub(crate) fn signature(&self) -> Result<&(dyn SignaturePrivate + 'static), Error> {
        match &self.key {
            PrivateObject::Signature(key) => Ok(&**key),
            PrivateObject::Kem(_) => Err(Error::WrongAlgorithm),
        }
    }
}

/// A public key; for a KEM, an encapsulation key.
pub struct PublicKey {
    algorithm: Algorithm,
    options: KeyOptions,
    key: PublicObject,
}

/// As [`PrivateObject`].
enum PublicObject {
    Kem(Box<dyn KemPublic>),
    Signature(Box<dyn SignaturePublic>),
}

impl PublicKey {
    /// A public key from its encoding, with the length check and the modulus check of FIPS 203, 7.2, which X-Wing demands too
    /// (4). Every string of the right length is a public key of ML-DSA (FIPS 204, algorithm 23) and of SLH-DSA. The classical half of a
    /// composite is a point.
    pub fn from_bytes<'a>(
        algorithm: Algorithm,
        options: impl Into<KeyOptions>,
        public_key: impl Into<CallerBytes<'a>>,
    ) -> Result<Self, Error> {
        let (options, public_key) = (options.into(), public_key.into());
        let key = match algorithm.kind() {
            Kind::Kem => {
                let engine = kem_engine(algorithm, options)?;
                let public_key = checked_public_key(algorithm, public_key)?;
                PublicObject::Kem(engine.public_key_from_bytes(public_key, options)?)
            }
            Kind::Signature => {
                let engine = signature_engine(algorithm, options)?;
                let public_key = checked_public_key(algorithm, public_key)?;
                PublicObject::Signature(engine.public_key_from_bytes(public_key, options)?)
            }
        };
        Ok(Self { algorithm, options, key })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The options that the key was made with.
    pub fn options(&self) -> KeyOptions {
        self.options
    }

    /// How many bytes the kept forms of the key take now.
    pub fn resident_bytes(&self) -> usize {
        match &self.key {
            PublicObject::Kem(key) => key.resident_bytes(),
            PublicObject::Signature(key) => key.resident_bytes(),
        }
    }

    /// Writes the encoded key; `out` has [`Algorithm::public_key_bytes`] bytes.
    pub fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.algorithm.public_key_bytes())?;
        match &self.key {
            PublicObject::Kem(key) => key.encode(out),
            PublicObject::Signature(key) => key.encode(out),
        }
    }

    /// Whether the other key has the same algorithm and encoding. Their options may differ.
    pub fn is_same(&self, other: &Self) -> Result<bool, Error> {
        if self.algorithm != other.algorithm {
            return Ok(false);
        }
        let mut encodings = [[0; MAX_PUBLIC_KEY_BYTES]; 2];
        for (key, encoding) in [self, other].into_iter().zip(&mut encodings) {
            key.write(&mut encoding[..key.algorithm.public_key_bytes()])?;
        }
        Ok(encodings[0] == encodings[1])
    }

    /// The object of a KEM key.
    pub(crate) fn kem(&self) -> Result<&(dyn KemPublic + 'static), Error> {
        match &self.key {
            PublicObject::Kem(key) => Ok(&**key),
            PublicObject::Signature(_) => Err(Error::WrongAlgorithm),
        }
    }

    /// The object of a signature key.
    pub(crate) fn signature(&self) -> Result<&(dyn SignaturePublic + 'static), Error> {
        match &self.key {
            PublicObject::Signature(key) => Ok(&**key),
            PublicObject::Kem(_) => Err(Error::WrongAlgorithm),
        }
    }
}

/// The one copy of an encoded public key, after its checks.
fn checked_public_key(algorithm: Algorithm, public_key: CallerBytes<'_>) -> Result<SecretVec, Error> {
    if public_key.len() != algorithm.public_key_bytes() {
        return Err(Error::PublicKeyLength);
    }
    let copy = SecretVec::copied_once(Memory::Heap, public_key)?;
    check_public_key(algorithm, &copy)?;
    Ok(copy)
}
