//! ML-KEM keys and operations (FIPS 203, section 7).

use crate::engine::{self, MlKemPrivate, MlKemPublic, check_output};
use crate::secret::{Secret, fill_random, on_clean_stack_of};
use crate::{Error, KeyOptions, MLKEM_RANDOMNESS_BYTES, MLKEM_SEED_BYTES, MlKemParameterSet};
use zeroize::Zeroizing;

/// The modulus q of ML-KEM.
const Q: u64 = 3329;

/// The stack that making, unpacking or once using a key uses at most, and that the other operations on secrets do, rounded up.
pub(crate) const KEY_STACK_BYTES: usize = 64 << 10;
pub(crate) const USE_STACK_BYTES: usize = 24 << 10;

/// A decapsulation key with its encapsulation key, and its seed where that is known.
pub struct MlKemKeyPair {
    pub(crate) set: MlKemParameterSet,
    pub(crate) options: KeyOptions,
    pub(crate) seed: Option<Secret<MLKEM_SEED_BYTES>>,
    pub(crate) key: Box<dyn MlKemPrivate>,
}

impl MlKemKeyPair {
    /// ML-KEM.KeyGen (FIPS 203, 7.1) from the system's randomness.
    pub fn generate(set: MlKemParameterSet, options: impl Into<KeyOptions>) -> Result<Self, Error> {
        let options = options.into();
        Self::from_known_seed(set, options, Secret::new(options.memory, |seed| fill_random(seed))?)
    }

    /// The key pair of a 64-byte seed `d || z` (FIPS 203, 7.1).
    pub fn from_seed(set: MlKemParameterSet, options: impl Into<KeyOptions>, seed: &[u8]) -> Result<Self, Error> {
        let seed: &[u8; MLKEM_SEED_BYTES] = seed.try_into().map_err(|_| Error::SeedLength)?;
        let options = options.into();
        let kept = Secret::new(options.memory, |kept| {
            *kept = *seed;
            Ok(())
        })?;
        Self::from_known_seed(set, options, kept)
    }

    fn from_known_seed(
        set: MlKemParameterSet,
        options: KeyOptions,
        seed: Secret<MLKEM_SEED_BYTES>,
    ) -> Result<Self, Error> {
        let pair = Self::from_unkept_seed(set, options, seed.expose())?;
        Ok(Self { seed: Some(seed), ..pair })
    }

    /// The key pair of a seed that it does not keep, because it is derived from another one that is kept.
    pub(crate) fn from_unkept_seed(
        set: MlKemParameterSet,
        options: KeyOptions,
        seed: &[u8; MLKEM_SEED_BYTES],
    ) -> Result<Self, Error> {
        let engine = engine::mlkem_engine(set, options)?;
        let key = on_clean_stack_of::<KEY_STACK_BYTES, _>(options.engine, || engine.key_pair_from_seed(seed, options))?;
        Ok(Self { set, options, seed: None, key })
    }

    /// The key pair of an expanded decapsulation key `dk_PKE || ek || H(ek) || z`.
    ///
    /// Checks the length and the hash (FIPS 203, 7.3), and beyond the standard that every coefficient of the secret
    /// vector and of the embedded encapsulation key is below the modulus, so that a key that loads re-encodes to the
    /// same bytes.
    pub fn from_private_key(
        set: MlKemParameterSet,
        options: impl Into<KeyOptions>,
        private_key: &[u8],
    ) -> Result<Self, Error> {
        let options = options.into();
        let engine = engine::mlkem_engine(set, options)?;
        if private_key.len() != set.private_key_bytes() {
            return Err(Error::PrivateKeyLength);
        }
        let (secret_vector, rest) = private_key.split_at(set.vector_bytes());
        let (public_key, rest) = rest.split_at(set.public_key_bytes());
        if !is_reduced(secret_vector) {
            return Err(Error::PrivateKeyRange);
        }
        if !is_reduced(&public_key[..set.vector_bytes()]) {
            return Err(Error::PublicKeyModulus);
        }
        if engine.hash(public_key) != rest[..32] {
            return Err(Error::PrivateKeyHash);
        }
        let key = on_clean_stack_of::<USE_STACK_BYTES, _>(options.engine, || {
            engine.key_pair_from_private_key(private_key, options)
        })?;
        Ok(Self { set, options, seed: None, key })
    }

    /// The parameter set.
    pub fn parameter_set(&self) -> MlKemParameterSet {
        self.set
    }

    /// What the key was asked to be.
    pub fn options(&self) -> KeyOptions {
        self.options
    }

    /// The seed `d || z`, unless the key was loaded from its expanded form.
    pub fn seed(&self) -> Result<&[u8; MLKEM_SEED_BYTES], Error> {
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

    /// The encapsulation key as a key of its own, which outlives this one.
    pub fn public_key(&self) -> Result<MlKemPublicKey, Error> {
        Ok(MlKemPublicKey { set: self.set, options: self.options, key: self.key.public_key()? })
    }

    /// Writes the encapsulation key; `out` has [`MlKemParameterSet::public_key_bytes`] bytes.
    pub fn write_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.set.public_key_bytes())?;
        self.key.encode_public_key(out)
    }

    /// Writes the expanded decapsulation key; `out` has [`MlKemParameterSet::private_key_bytes`] bytes.
    pub fn write_private_key(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.set.private_key_bytes())?;
        on_clean_stack_of::<USE_STACK_BYTES, _>(self.options.engine, || self.key.encode(out))
    }

    /// ML-KEM.Decaps (FIPS 203, 7.3): a ciphertext that was not made for this key gives another, unpredictable secret.
    pub fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        if ciphertext.len() != self.set.ciphertext_bytes() {
            return Err(Error::CiphertextLength);
        }
        on_clean_stack_of::<USE_STACK_BYTES, _>(self.options.engine, || self.key.decapsulate(ciphertext, shared_secret))
    }
}

/// An encapsulation key.
pub struct MlKemPublicKey {
    pub(crate) set: MlKemParameterSet,
    pub(crate) options: KeyOptions,
    pub(crate) key: Box<dyn MlKemPublic>,
}

impl MlKemPublicKey {
    /// An encapsulation key from its encoding, with the length and modulus checks of FIPS 203, 7.2.
    pub fn from_bytes(
        set: MlKemParameterSet,
        options: impl Into<KeyOptions>,
        public_key: &[u8],
    ) -> Result<Self, Error> {
        let options = options.into();
        let engine = engine::mlkem_engine(set, options)?;
        check_public_key(set, public_key)?;
        Ok(Self { set, options, key: engine.public_key_from_bytes(public_key, options)? })
    }

    /// The parameter set.
    pub fn parameter_set(&self) -> MlKemParameterSet {
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

    /// Writes the encapsulation key; `out` has [`MlKemParameterSet::public_key_bytes`] bytes.
    pub fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.set.public_key_bytes())?;
        self.key.encode(out)
    }

    /// ML-KEM.Encaps (FIPS 203, 7.2); `ciphertext` has [`MlKemParameterSet::ciphertext_bytes`] bytes.
    pub fn encapsulate(&self, ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        let mut m = Zeroizing::new([0; MLKEM_RANDOMNESS_BYTES]);
        fill_random(m.as_mut())?;
        self.encapsulate_derand(m.as_ref(), ciphertext, shared_secret)
    }

    /// Encapsulation with the 32 bytes `m` given (FIPS 203, algorithm 17). For known answers only.
    pub fn encapsulate_derand(
        &self,
        m: &[u8],
        ciphertext: &mut [u8],
        shared_secret: &mut [u8; 32],
    ) -> Result<(), Error> {
        let m = m.try_into().map_err(|_| Error::RandomnessLength)?;
        check_output(ciphertext, self.set.ciphertext_bytes())?;
        on_clean_stack_of::<USE_STACK_BYTES, _>(self.options.engine, || {
            self.key.encapsulate(m, ciphertext, shared_secret)
        })
    }
}

/// The length and modulus checks of FIPS 203, 7.2.
pub(crate) fn check_public_key(set: MlKemParameterSet, public_key: &[u8]) -> Result<(), Error> {
    if public_key.len() != set.public_key_bytes() {
        return Err(Error::PublicKeyLength);
    }
    if is_reduced(&public_key[..set.vector_bytes()]) { Ok(()) } else { Err(Error::PublicKeyModulus) }
}

/// Whether every 12-bit coefficient is below the modulus, which is when `ByteEncode12(ByteDecode12(x)) == x`.
///
/// Looks at every coefficient whatever it finds, since the vector may be secret. Takes four at a time, two of them in fields of
/// 24 bits: the sum of one and 2^12 - q carries into the bit above where it is not below q.
fn is_reduced(vector: &[u8]) -> bool {
    const FIELDS: u64 = 0xfff | 0xfff << 24;
    const COMPLEMENTS: u64 = (1 + (1 << 24)) * ((1 << 12) - Q);
    const CARRIES: u64 = 1 << 12 | 1 << 36;
    let mut sums = 0;
    for bytes in vector.as_chunks::<6>().0 {
        let [a, b, c, d, e, f] = *bytes;
        let four = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        sums |= ((four & FIELDS) + COMPLEMENTS) | ((four >> 12 & FIELDS) + COMPLEMENTS);
    }
    sums & CARRIES == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four coefficients, three of them zero, as `ByteEncode12` packs them.
    fn packed(value: u64, place: usize) -> [u8; 6] {
        let [bytes @ .., _, _] = (value << (12 * place)).to_le_bytes();
        bytes
    }

    #[test]
    fn is_reduced_accepts_exactly_the_values_below_q() {
        for value in 0..4096 {
            for place in 0..4 {
                let (found, zeros) = (packed(value, place), [0; 6]);
                assert_eq!(is_reduced(&found), value < Q, "coefficient {place} is {value}");
                assert_eq!(is_reduced(&[zeros, found].concat()), value < Q, "behind others, {place} is {value}");
            }
        }
    }
}
