//! Private keys in PKCS#8 and public keys in SubjectPublicKeyInfo, read and written.

use super::asn1::{PrivateKeyChoice, to_der};
use super::document::{Document, EncodedKey, encoded};
use super::{Encoding, KeyKind, PrivateKeyForm, algorithm_of, encryption, identifier_of};
use crate::algorithm::{InPkcs8, MAX_PUBLIC_KEY_BYTES};
use crate::engine::on_engine_stack;
use crate::kem::check_pairwise_consistency;
use crate::secret::{SecretVec, is_equal};
use crate::{Algorithm, CallerBytes, Error, KeyOptions, Kind, Memory, PrivateKey, PublicKey};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use pkcs8::spki::SubjectPublicKeyInfoRef;

/// A private key in PKCS#8 that was decoded and, if it was encrypted, decrypted: in memory that is wiped, of the kind in its
/// options. Its content is checked when it is loaded.
pub struct Pkcs8 {
    document: Document<'static>,
    algorithm: Algorithm,
    options: KeyOptions,
}

impl Pkcs8 {
    /// Opens PEM or DER. `password` is empty exactly when the key is not encrypted; `max_kdf_cost` bounds the cost of the
    /// decryption (see [`super::DEFAULT_KDF_COST`]).
    pub fn open<'a>(
        options: impl Into<KeyOptions>,
        data: impl Into<CallerBytes<'a>>,
        password: impl Into<CallerBytes<'a>>,
        max_kdf_cost: u64,
    ) -> Result<Self, Error> {
        let (options, data) = (options.into(), data.into());
        let document = Document::read_once(data, options.memory)?;
        let password = SecretVec::copied_once(options.memory, password.into())?;
        let document = document.open(&password, max_kdf_cost, options.memory)?;
        let algorithm = algorithm_of(&document.private_key()?.algorithm)?;
        Ok(Self { document, algorithm, options })
    }

    /// The algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl PrivateKey {
    /// A key in PKCS#8 (RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, RFC 9909 for SLH-DSA, the draft's 5.8.2 for X-Wing), with the options
    /// that it was opened with.
    pub fn from_pkcs8(pkcs8: &Pkcs8) -> Result<Self, Error> {
        let info = pkcs8.document.private_key()?;
        let (algorithm, content) = (pkcs8.algorithm, info.private_key.as_bytes());
        if algorithm.in_pkcs8() == InPkcs8::Seed {
            // The draft has no CHOICE and forbids a public key.
            let is_alone = info.public_key.is_none();
            return if is_alone { Self::from_seed(algorithm, pkcs8.options, content) } else { Err(Error::KeyEncoding) };
        }
        let (choice, public_key) = read_private_key(algorithm, content)?;
        let key = match choice.seed {
            None => from_expanded(algorithm, pkcs8.options, choice.expanded.ok_or(Error::Internal)?)?,
            Some(seed) => {
                let key = Self::from_seed(algorithm, pkcs8.options, seed)?;
                choice.expanded.map(|stated| check_expanded(&key, stated)).transpose()?;
                key
            }
        };
        if let Some(stated) = public_key {
            check_public_key(&key, stated)?;
        }
        if let Some(stated) = info.public_key {
            check_public_key(&key, stated.as_bytes().ok_or(Error::KeyEncoding)?)?;
        }
        Ok(key)
    }

    /// The key as PKCS#8, encrypted unless `password` is empty. [`Error::WrongAlgorithm`] if it lacks the form.
    pub fn to_pkcs8<'a>(
        &self,
        form: PrivateKeyForm,
        encoding: Encoding,
        password: impl Into<CallerBytes<'a>>,
    ) -> Result<EncodedKey, Error> {
        let (identifier, memory) = (identifier_of(self.algorithm())?, self.options().memory);
        let password = SecretVec::copied_once(memory, password.into())?;
        let private_key = private_key(self, form)?;
        let private_key = OctetStringRef::new(&private_key).map_err(|_| Error::Internal)?;
        let der = to_der(&PrivateKeyInfoRef::new(identifier, private_key), memory)?;
        if password.is_empty() {
            return encoded(KeyKind::Private, der, encoding, memory);
        }
        encoded(KeyKind::EncryptedPrivate, encryption::encrypt(&der, &password, memory)?, encoding, memory)
    }
}

impl PublicKey {
    /// A public key in SubjectPublicKeyInfo (RFC 9935 for ML-KEM, RFC 9881 for ML-DSA, RFC 9909 for SLH-DSA, the draft's 5.8.1
    /// for X-Wing), PEM or DER.
    pub fn from_spki(options: impl Into<KeyOptions>, data: &[u8]) -> Result<Self, Error> {
        let document = Document::read(data, Memory::Heap)?;
        if document.kind != KeyKind::Public {
            return Err(Error::KeyEncoding);
        }
        let info = document.public_key()?;
        let algorithm = algorithm_of(&info.algorithm)?;
        Self::from_bytes(algorithm, options, info.subject_public_key.as_bytes().ok_or(Error::KeyEncoding)?)
    }

    /// The key as SubjectPublicKeyInfo.
    pub fn to_spki(&self, encoding: Encoding) -> Result<EncodedKey, Error> {
        let algorithm = identifier_of(self.algorithm())?;
        let mut key = [0; MAX_PUBLIC_KEY_BYTES];
        let key = &mut key[..self.algorithm().public_key_bytes()];
        self.write(key)?;
        let subject_public_key = BitStringRef::from_bytes(key).map_err(|_| Error::Internal)?;
        let info = SubjectPublicKeyInfoRef { algorithm, subject_public_key };
        encoded(KeyKind::Public, to_der(&info, Memory::Heap)?, encoding, Memory::Heap)
    }
}

/// Reads the private key field, and the public key in it.
///
/// Before the RFCs, files held the seed or the expanded key without a CHOICE, or the expanded key and the public key in one OCTET
/// STRING: `bare-seed`, `bare-priv` and `oqskeypair` in OpenSSL. As there, the length alone decides on the first two, since
/// their bytes are random and may begin as a CHOICE does.
///
/// A composite and SLH-DSA have no CHOICE: the field is the encoded private key (5.1 of the draft; RFC 9909, section 6).
fn read_private_key(algorithm: Algorithm, field: &[u8]) -> Result<(PrivateKeyChoice<'_>, Option<&[u8]>), Error> {
    if algorithm.in_pkcs8() == InPkcs8::PrivateKey {
        return Ok((PrivateKeyChoice { seed: None, expanded: Some(field) }, None));
    }
    if field.len() == algorithm.seed_bytes() {
        return Ok((PrivateKeyChoice { seed: Some(field), expanded: None }, None));
    }
    if field.len() == algorithm.private_key_bytes() {
        return Ok((PrivateKeyChoice { seed: None, expanded: Some(field) }, None));
    }
    let choice = PrivateKeyChoice::from_der(field)?;
    match choice {
        PrivateKeyChoice { seed: None, expanded: Some(pair) }
            if pair.len() == algorithm.private_key_bytes() + algorithm.public_key_bytes() =>
        {
            let (expanded, public_key) = pair.split_at(algorithm.private_key_bytes());
            Ok((PrivateKeyChoice { seed: None, expanded: Some(expanded) }, Some(public_key)))
        }
        _ => Ok((choice, None)),
    }
}

/// Loads an expanded key, and checks that its components belong together.
fn from_expanded(algorithm: Algorithm, options: KeyOptions, bytes: &[u8]) -> Result<PrivateKey, Error> {
    let key = PrivateKey::from_bytes(algorithm, options, bytes)?;
    match algorithm.kind() {
        Kind::Kem => check_pairwise_consistency(&key)?,
        Kind::Signature if options.fault_check => on_engine_stack(|| key.signature()?.check())?,
        Kind::Signature => (),
    }
    Ok(key)
}

/// The content of the private key field.
fn private_key(key: &PrivateKey, form: PrivateKeyForm) -> Result<SecretVec, Error> {
    let memory = key.options().memory;
    if key.algorithm().in_pkcs8() == InPkcs8::Seed {
        let has_form = form == PrivateKeyForm::Seed;
        return if has_form { SecretVec::copied(memory, key.seed()?) } else { Err(Error::WrongAlgorithm) };
    }
    if key.algorithm().in_pkcs8() == InPkcs8::PrivateKey {
        return if form == PrivateKeyForm::Expanded { expanded(key) } else { Err(Error::WrongAlgorithm) };
    }
    let seed = if form == PrivateKeyForm::Expanded { None } else { Some(key.seed()?) };
    let expanded = if form == PrivateKeyForm::Seed { None } else { Some(expanded(key)?) };
    PrivateKeyChoice { seed, expanded: expanded.as_deref() }.encode(|structure| to_der(structure, memory))
}

fn expanded(key: &PrivateKey) -> Result<SecretVec, Error> {
    let mut expanded = SecretVec::zeroed(key.options().memory, key.algorithm().private_key_bytes())?;
    key.write(&mut expanded)?;
    Ok(expanded)
}

/// Checks that the expanded key next to a seed is the key of that seed.
fn check_expanded(key: &PrivateKey, stated: &[u8]) -> Result<(), Error> {
    if stated.len() != key.algorithm().private_key_bytes() {
        return Err(Error::PrivateKeyLength);
    }
    if is_equal(&expanded(key)?, stated) { Ok(()) } else { Err(Error::SeedMismatch) }
}

/// Checks that the public key next to a private key belongs to it.
fn check_public_key(key: &PrivateKey, stated: &[u8]) -> Result<(), Error> {
    let mut bytes = [0; MAX_PUBLIC_KEY_BYTES];
    let bytes = &mut bytes[..key.algorithm().public_key_bytes()];
    key.write_public_key(bytes)?;
    if bytes == stated { Ok(()) } else { Err(Error::KeyPairMismatch) }
}
