//! ML-DSA by the module. A signature with a context goes through its `mu`, since the module's signature of a message takes none.

use crate::engine::{SignatureEngine, SignaturePrivate, SignaturePublic, verdict};
use crate::prehash::FormattedMessage;
use crate::secret::SecretVec;
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory};
use core::ops::Range;
use pqc_memory::try_box;
use pqc_module::{Key, KeyType, Shake256};

/// The places of `tr` and of `s1 || s2` in an encoded private key `rho || K || tr || s1 || s2 || t0` (FIPS 204, algorithm 24).
const TR: Range<usize> = 64..128;
const SEED_BYTES: usize = 32;

#[derive(Clone, Copy)]
struct Engine {
    algorithm: Algorithm,
    kind: KeyType,
    /// The bits of a coefficient of s1 and s2, and the bytes of both.
    eta_bits: usize,
    short_vectors: usize,
}

struct KeyPair {
    engine: Engine,
    key: Key,
    /// The seed of a key that the module generated.
    seed: SecretVec,
    tr: [u8; 64],
}

struct PublicKey {
    engine: Engine,
    key: Key,
    tr: [u8; 64],
}

/// The engine of a parameter set.
pub(super) fn engine(algorithm: Algorithm) -> Result<&'static dyn SignatureEngine, Error> {
    find(algorithm).map(|engine| engine as &dyn SignatureEngine)
}

fn find(algorithm: Algorithm) -> Result<&'static Engine, Error> {
    static ALL: [Engine; 3] = [
        Engine { algorithm: Algorithm::MlDsa44, kind: KeyType::MlDsa44, eta_bits: 3, short_vectors: 8 * 96 },
        Engine { algorithm: Algorithm::MlDsa65, kind: KeyType::MlDsa65, eta_bits: 4, short_vectors: 11 * 128 },
        Engine { algorithm: Algorithm::MlDsa87, kind: KeyType::MlDsa87, eta_bits: 3, short_vectors: 15 * 96 },
    ];
    ALL.iter().find(|engine| engine.algorithm == algorithm).ok_or(Error::NotApproved)
}

/// Writes the seed of a fresh key of the module (FIPS 204, 5.1).
pub(super) fn draw_seed(algorithm: Algorithm, seed: &mut [u8]) -> Result<(), Error> {
    let seed = seed.try_into().map_err(|_| Error::Internal)?;
    Ok(Key::generate(find(algorithm)?.kind)?.write_seed(seed)?)
}

impl Engine {
    fn pair(&self, key: Key, seed: SecretVec) -> Result<Box<dyn SignaturePrivate>, Error> {
        let tr = self.tr(&self.encoded(&key)?)?;
        Ok(try_box(KeyPair { engine: *self, key, seed, tr })?)
    }

    fn encoded(&self, key: &Key) -> Result<SecretVec, Error> {
        let mut public_key = SecretVec::zeroed(Memory::Heap, self.algorithm.public_key_bytes())?;
        key.write_public(&mut public_key)?;
        Ok(public_key)
    }

    /// `tr = H(pk, 64)` (FIPS 204, algorithm 6).
    fn tr(&self, public_key: &[u8]) -> Result<[u8; 64], Error> {
        let (mut hash, mut tr) = (Shake256::new()?, [0; 64]);
        hash.update(public_key)?;
        hash.finish(&mut tr)?;
        Ok(tr)
    }

    /// Whether every coefficient of s1 and s2 is within eta: no field is greater than 2 eta. Looks at every field in any case. A
    /// field of 3 bits is at most 4, which is 4 or has no bit 2; a field of 4 bits is at most 8.
    fn is_within_eta(&self, private_key: &[u8]) -> bool {
        let short = &private_key[TR.end..][..self.short_vectors];
        let chunks = short.chunks_exact(self.eta_bits);
        let wrong = chunks.fold(0, |wrong, chunk| {
            let fields = chunk.iter().rev().fold(0_u64, |fields, byte| fields << 8 | u64::from(*byte));
            wrong
                | match self.eta_bits {
                    3 => fields >> 2 & (fields | fields >> 1) & 0o1111_1111,
                    _ => fields >> 3 & (fields | fields >> 1 | fields >> 2) & 0x1111_1111,
                }
        });
        wrong == 0
    }
}

impl SignatureEngine for Engine {
    /// ML-DSA.KeyGen (FIPS 204, 5.1).
    fn generate(&self, options: KeyOptions) -> Result<Box<dyn SignaturePrivate>, Error> {
        let (key, mut seed) = (Key::generate(self.kind)?, SecretVec::zeroed(options.memory, SEED_BYTES)?);
        key.write_seed((&mut *seed).try_into().map_err(|_| Error::Internal)?)?;
        self.pair(key, seed)
    }

    fn private_key_from_seed(&self, seed: &[u8], _: bool, _: KeyOptions) -> Result<Box<dyn SignaturePrivate>, Error> {
        self.pair(Key::from_seed(self.kind, seed)?, SecretVec::empty())
    }

    /// The module compares `tr` with the hash of the public key that it derives, and does not check `t0`.
    fn private_key_from_bytes(&self, encoded: SecretVec, _: KeyOptions) -> Result<Box<dyn SignaturePrivate>, Error> {
        if !self.is_within_eta(&encoded) {
            return Err(Error::PrivateKeyRange);
        }
        let key = Key::from_private_bytes(self.kind, &encoded, &[]).map_err(|error| match error {
            pqc_module::Error::Refused => Error::PrivateKeyHash,
            error => error.into(),
        });
        self.pair(key?, SecretVec::empty())
    }

    fn public_key_from_bytes(&self, public_key: SecretVec, _: KeyOptions) -> Result<Box<dyn SignaturePublic>, Error> {
        let (key, tr) = (Key::from_public_bytes(self.kind, &public_key)?, self.tr(&public_key)?);
        Ok(try_box(PublicKey { engine: *self, key, tr })?)
    }
}

impl SignaturePrivate for KeyPair {
    fn public_key(&self) -> Result<Box<dyn SignaturePublic>, Error> {
        let key = Key::from_public_bytes(self.engine.kind, &self.engine.encoded(&self.key)?)?;
        Ok(try_box(PublicKey { engine: self.engine, key, tr: self.tr })?)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        Ok(self.key.write_public(out)?)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        Ok(self.key.write_private(out)?)
    }

    fn seed(&self) -> Option<&[u8]> {
        (!self.seed.is_empty()).then_some(&*self.seed)
    }

    fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        if context.is_empty() {
            hedged(randomness)?;
            return Ok(self.key.sign(message, signature)?);
        }
        self.sign_mu(&mu(&self.tr, context, message)?, randomness, signature)
    }

    /// HashML-DSA, which the module lacks, and M', which it takes from no caller.
    fn sign_internal(&self, _: &[u8], _: Option<&[u8]>, _: &mut [u8]) -> Result<usize, Error> {
        Err(Error::NotApproved)
    }

    fn sign_mu(&self, mu: &[u8; 64], randomness: Option<&[u8]>, signature: &mut [u8]) -> Result<usize, Error> {
        hedged(randomness)?;
        Ok(self.key.sign_mu(mu, signature)?)
    }

    fn secret_bytes(&self) -> usize {
        self.engine.algorithm.private_key_bytes() + self.seed.len()
    }

    fn resident_bytes(&self) -> usize {
        self.secret_bytes() + self.engine.algorithm.public_key_bytes() + self.tr.len()
    }
}

impl SignaturePublic for PublicKey {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        Ok(self.key.write_public(out)?)
    }

    fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        if context.is_empty() {
            return verdict(self.key.verify(message, signature)?);
        }
        self.verify_mu(&mu(&self.tr, context, message)?, signature)
    }

    fn verify_internal(&self, _: &[u8], _: &[u8]) -> Result<(), Error> {
        Err(Error::NotApproved)
    }

    fn verify_prehashed(&self, _: &FormattedMessage, _: &[u8]) -> Result<(), Error> {
        Err(Error::NotApproved)
    }

    fn verify_mu(&self, mu: &[u8; 64], signature: &[u8]) -> Result<(), Error> {
        verdict(self.key.verify_mu(mu, signature)?)
    }

    fn resident_bytes(&self) -> usize {
        self.engine.algorithm.public_key_bytes() + self.tr.len()
    }
}

/// Refuses a deterministic signature, for which the module has no function.
fn hedged(randomness: Option<&[u8]>) -> Result<(), Error> {
    randomness.map(|_| ()).ok_or(Error::NotApproved)
}

/// The `mu` of a message that is in memory.
fn mu(tr: &[u8; 64], context: &[u8], message: &[u8]) -> Result<[u8; 64], Error> {
    let (mut hash, mut mu) = (begin_mu(tr, context)?, [0; 64]);
    hash.update(message)?;
    hash.finish(&mut mu)?;
    Ok(mu)
}

/// The hash of `mu` before the message (FIPS 204, algorithm 2, line 10, and algorithm 7, line 6).
fn begin_mu(tr: &[u8; 64], context: &[u8]) -> Result<Shake256, Error> {
    let len = u8::try_from(context.len()).map_err(|_| Error::ContextLength)?;
    let mut hash = Shake256::new()?;
    for field in [&tr[..], &[0, len], context] {
        hash.update(field)?;
    }
    Ok(hash)
}

/// The hash that computes `mu` of a message that is passed to it incrementally.
pub(crate) struct MuHash(Shake256);

impl MuHash {
    /// Begins the `mu` of a message for an encoded public key.
    pub(crate) fn new(algorithm: Algorithm, _: CodePath, public_key: &[u8], context: &[u8]) -> Result<Self, Error> {
        begin_mu(&find(algorithm)?.tr(public_key)?, context).map(Self)
    }

    /// The hash of another message that begins with the same bytes.
    pub(crate) fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self(self.0.try_clone()?))
    }

    /// Hashes the next bytes of the message.
    pub(crate) fn update(&mut self, data: &[u8]) -> Result<(), Error> {
        Ok(self.0.update(data)?)
    }

    /// Writes the `mu` of the message so far.
    pub(crate) fn finalize(&self, mu: &mut [u8; 64]) -> Result<(), Error> {
        Ok(self.0.try_clone()?.finish(mu)?)
    }
}
