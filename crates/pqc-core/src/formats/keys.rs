//! The keys of both families, read and written.

use super::asn1::PrivateKey;
use super::document::{Document, EncodedKey, encoded, to_der};
use super::{Algorithm, Encoding, KeyKind, PrivateKeyForm, encryption};
use crate::params::{MAX_CIPHERTEXT_BYTES, MAX_PUBLIC_KEY_BYTES};
use crate::secret::SecretVec;
use crate::{
    Error, KeyOptions, MLKEM_SHARED_SECRET_BYTES, Memory, MlDsaKeyPair, MlDsaPublicKey, MlKemKeyPair, MlKemPublicKey,
    engine,
};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use pkcs8::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

/// A private key in PKCS#8 that was decoded and, if it was encrypted, decrypted: in memory that is wiped, of the kind that its
/// options ask for. What is inside is checked when it is loaded.
pub struct Pkcs8<'a> {
    document: Document<'a>,
    algorithm: Algorithm,
    options: KeyOptions,
}

impl<'a> Pkcs8<'a> {
    /// Opens PEM or DER. `password` is empty just when it is not encrypted, and `max_kdf_cost` is what may be spent on it (see
    /// [`super::DEFAULT_KDF_COST`]).
    pub fn open(
        options: impl Into<KeyOptions>,
        data: &'a [u8],
        password: &[u8],
        max_kdf_cost: u64,
    ) -> Result<Self, Error> {
        let options = options.into();
        let document = Document::read(data, options.memory)?.open(password, max_kdf_cost, options.memory)?;
        let algorithm = Algorithm::from_identifier(&document.private_key()?.algorithm)?;
        Ok(Self { document, algorithm, options })
    }

    /// Which algorithm the key is of.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// What is needed of a key pair of either family.
trait KeyPair: Sized {
    fn load_seed(algorithm: Algorithm, options: KeyOptions, seed: &[u8]) -> Result<Self, Error>;

    /// Loads an expanded key, and checks that its parts belong together.
    fn load_expanded(algorithm: Algorithm, options: KeyOptions, expanded: &[u8]) -> Result<Self, Error>;

    fn algorithm(&self) -> Algorithm;

    fn memory(&self) -> Memory;

    fn known_seed(&self) -> Result<&[u8], Error>;

    fn write_expanded(&self, out: &mut [u8]) -> Result<(), Error>;

    fn write_public(&self, out: &mut [u8]) -> Result<(), Error>;

    fn expanded(&self) -> Result<SecretVec, Error> {
        let mut expanded = SecretVec::zeroed(self.memory(), self.algorithm().private_key_bytes())?;
        self.write_expanded(&mut expanded)?;
        Ok(expanded)
    }

    /// Whether this is the public key, which may have any length.
    fn has_public_key(&self, public_key: &[u8]) -> Result<bool, Error> {
        let mut bytes = [0; MAX_PUBLIC_KEY_BYTES];
        let bytes = &mut bytes[..self.algorithm().public_key_bytes()];
        self.write_public(bytes)?;
        Ok(bytes == public_key)
    }

    fn read(key: &Pkcs8<'_>) -> Result<Self, Error> {
        let info = key.document.private_key()?;
        let pair = Self::load(key.algorithm, key.options, PrivateKey::from_der(info.private_key.as_bytes())?)?;
        let stated = info.public_key.map(|bits| bits.as_bytes().ok_or(Error::KeyEncoding)).transpose()?;
        match stated.map(|stated| pair.has_public_key(stated)).transpose()? {
            Some(false) => Err(Error::KeyPairMismatch),
            _ => Ok(pair),
        }
    }

    fn load(algorithm: Algorithm, options: KeyOptions, key: PrivateKey<'_>) -> Result<Self, Error> {
        let Some(seed) = key.seed else {
            return Self::load_expanded(algorithm, options, key.expanded.ok_or(Error::Internal)?);
        };
        let pair = Self::load_seed(algorithm, options, seed)?;
        if let Some(stated) = key.expanded {
            if stated.len() != algorithm.private_key_bytes() {
                return Err(Error::PrivateKeyLength);
            }
            if !is_same(&pair.expanded()?, stated) {
                return Err(Error::SeedMismatch);
            }
        }
        Ok(pair)
    }

    fn encode(&self, form: PrivateKeyForm, encoding: Encoding, password: &[u8]) -> Result<EncodedKey, Error> {
        let memory = self.memory();
        let seed = if form == PrivateKeyForm::Expanded { None } else { Some(self.known_seed()?) };
        let expanded = if form == PrivateKeyForm::Seed { None } else { Some(self.expanded()?) };
        let key = PrivateKey { seed, expanded: expanded.as_deref() };
        let key = key.encode(|structure| to_der(structure, memory))?;
        let private_key = OctetStringRef::new(&key).map_err(|_| Error::Internal)?;
        let info = PrivateKeyInfoRef::new(self.algorithm().identifier()?, private_key);
        let der = to_der(&info, memory)?;
        if password.is_empty() {
            return encoded(KeyKind::Private, der, encoding, memory);
        }
        encoded(KeyKind::EncryptedPrivate, encryption::encrypt(&der, password, memory)?, encoding, memory)
    }
}

/// Compares secrets of the same length in a time that does not depend on them.
fn is_same(first: &[u8], second: &[u8]) -> bool {
    first.iter().zip(second).fold(0, |difference, (first, second)| difference | (first ^ second)) == 0
}

impl KeyPair for MlKemKeyPair {
    fn load_seed(algorithm: Algorithm, options: KeyOptions, seed: &[u8]) -> Result<Self, Error> {
        let Algorithm::MlKem(set) = algorithm else { return Err(Error::KeyAlgorithm) };
        Self::from_seed(set, options, seed)
    }

    /// Beside the checks of FIPS 203, 7.3, a secret that is sent must arrive: the secret vector is in no hash.
    fn load_expanded(algorithm: Algorithm, options: KeyOptions, expanded: &[u8]) -> Result<Self, Error> {
        let Algorithm::MlKem(set) = algorithm else { return Err(Error::KeyAlgorithm) };
        let pair = Self::from_private_key(set, options, expanded)?;
        let mut public_key = [0; MAX_PUBLIC_KEY_BYTES];
        let public_key = &mut public_key[..set.public_key_bytes()];
        pair.write_public_key(public_key)?;
        let (mut ciphertext, mut sent) = ([0; MAX_CIPHERTEXT_BYTES], [0; MLKEM_SHARED_SECRET_BYTES]);
        // Of a damaged key this is a hash of its z.
        let mut received = Zeroizing::new([0; MLKEM_SHARED_SECRET_BYTES]);
        let ciphertext = &mut ciphertext[..set.ciphertext_bytes()];
        // Any public value will do in place of randomness, since nobody uses the secret.
        pair.public_key()?.encapsulate_derand(&engine::mlkem_h(public_key), ciphertext, &mut sent)?;
        pair.decapsulate(ciphertext, &mut received)?;
        if is_same(&sent, received.as_slice()) { Ok(pair) } else { Err(Error::KeyPairMismatch) }
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::MlKem(self.parameter_set())
    }

    fn memory(&self) -> Memory {
        self.options().memory
    }

    fn known_seed(&self) -> Result<&[u8], Error> {
        self.seed().map(|seed| seed.as_slice())
    }

    fn write_expanded(&self, out: &mut [u8]) -> Result<(), Error> {
        self.write_private_key(out)
    }

    fn write_public(&self, out: &mut [u8]) -> Result<(), Error> {
        self.write_public_key(out)
    }
}

impl KeyPair for MlDsaKeyPair {
    fn load_seed(algorithm: Algorithm, options: KeyOptions, seed: &[u8]) -> Result<Self, Error> {
        let Algorithm::MlDsa(set) = algorithm else { return Err(Error::KeyAlgorithm) };
        Self::from_seed(set, options, seed)
    }

    fn load_expanded(algorithm: Algorithm, options: KeyOptions, expanded: &[u8]) -> Result<Self, Error> {
        let Algorithm::MlDsa(set) = algorithm else { return Err(Error::KeyAlgorithm) };
        Self::from_private_key(set, options, expanded)
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::MlDsa(self.parameter_set())
    }

    fn memory(&self) -> Memory {
        self.options().memory
    }

    fn known_seed(&self) -> Result<&[u8], Error> {
        self.seed().map(|seed| seed.as_slice())
    }

    fn write_expanded(&self, out: &mut [u8]) -> Result<(), Error> {
        self.write_private_key(out)
    }

    fn write_public(&self, out: &mut [u8]) -> Result<(), Error> {
        self.write_public_key(out)
    }
}

impl MlKemKeyPair {
    /// The key pair in PKCS#8 (RFC 9935), with the options that it was opened with.
    pub fn from_pkcs8(key: &Pkcs8<'_>) -> Result<Self, Error> {
        Self::read(key)
    }

    /// The key pair as PKCS#8, encrypted unless `password` is empty.
    pub fn to_pkcs8(&self, form: PrivateKeyForm, encoding: Encoding, password: &[u8]) -> Result<EncodedKey, Error> {
        self.encode(form, encoding, password)
    }
}

impl MlDsaKeyPair {
    /// The key pair in PKCS#8 (RFC 9881), with the options that it was opened with.
    pub fn from_pkcs8(key: &Pkcs8<'_>) -> Result<Self, Error> {
        Self::read(key)
    }

    /// The key pair as PKCS#8, encrypted unless `password` is empty.
    pub fn to_pkcs8(&self, form: PrivateKeyForm, encoding: Encoding, password: &[u8]) -> Result<EncodedKey, Error> {
        self.encode(form, encoding, password)
    }
}

/// Reads SubjectPublicKeyInfo, and hands algorithm and key to `load`.
fn read_public<T>(data: &[u8], load: impl FnOnce(Algorithm, &[u8]) -> Result<T, Error>) -> Result<T, Error> {
    let document = Document::read(data, Memory::Heap)?;
    if document.kind != KeyKind::Public {
        return Err(Error::KeyEncoding);
    }
    let info = document.public_key()?;
    load(Algorithm::from_identifier(&info.algorithm)?, info.subject_public_key.as_bytes().ok_or(Error::KeyEncoding)?)
}

/// Writes SubjectPublicKeyInfo of the key that `write` gives.
fn write_public(
    algorithm: Algorithm,
    encoding: Encoding,
    write: impl FnOnce(&mut [u8]) -> Result<(), Error>,
) -> Result<EncodedKey, Error> {
    let mut key = [0; MAX_PUBLIC_KEY_BYTES];
    let key = &mut key[..algorithm.public_key_bytes()];
    write(key)?;
    let subject_public_key = BitStringRef::from_bytes(key).map_err(|_| Error::Internal)?;
    let info = SubjectPublicKeyInfoRef { algorithm: algorithm.identifier()?, subject_public_key };
    encoded(KeyKind::Public, to_der(&info, Memory::Heap)?, encoding, Memory::Heap)
}

impl MlKemPublicKey {
    /// The encapsulation key in SubjectPublicKeyInfo (RFC 9935), PEM or DER.
    pub fn from_spki(options: impl Into<KeyOptions>, data: &[u8]) -> Result<Self, Error> {
        read_public(data, |algorithm, key| {
            let Algorithm::MlKem(set) = algorithm else { return Err(Error::KeyAlgorithm) };
            Self::from_bytes(set, options, key)
        })
    }

    /// The encapsulation key as SubjectPublicKeyInfo.
    pub fn to_spki(&self, encoding: Encoding) -> Result<EncodedKey, Error> {
        write_public(Algorithm::MlKem(self.parameter_set()), encoding, |out| self.write(out))
    }
}

impl MlDsaPublicKey {
    /// The public key in SubjectPublicKeyInfo (RFC 9881), PEM or DER.
    pub fn from_spki(options: impl Into<KeyOptions>, data: &[u8]) -> Result<Self, Error> {
        read_public(data, |algorithm, key| {
            let Algorithm::MlDsa(set) = algorithm else { return Err(Error::KeyAlgorithm) };
            Self::from_bytes(set, options, key)
        })
    }

    /// The public key as SubjectPublicKeyInfo.
    pub fn to_spki(&self, encoding: Encoding) -> Result<EncodedKey, Error> {
        write_public(Algorithm::MlDsa(self.parameter_set()), encoding, |out| self.write(out))
    }
}
