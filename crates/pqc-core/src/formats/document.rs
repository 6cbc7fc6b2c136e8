//! From bytes or text to DER, and back.

use super::asn1::EncryptedKey;
use super::{Encoding, KeyKind, MAX_ENCODED_KEY_BYTES, algorithm_of, encryption};
use crate::secret::SecretVec;
use crate::{Algorithm, CallerBytes, Error, Memory};
use core::ops::Deref;
use pem_rfc7468::{Decoder, LineEnding};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;
use pkcs8::spki::SubjectPublicKeyInfoRef;

/// The first byte of DER: a SEQUENCE. PEM begins with it only if a line of text before the PEM does.
const SEQUENCE: u8 = 0x30;

impl KeyKind {
    /// The label in PEM (RFC 7468, sections 10, 11 and 13).
    const fn label(self) -> &'static str {
        match self {
            Self::Private => "PRIVATE KEY",
            Self::EncryptedPrivate => "ENCRYPTED PRIVATE KEY",
            Self::Public => "PUBLIC KEY",
        }
    }

    fn from_label(label: &str) -> Result<Self, Error> {
        let all = [Self::Private, Self::EncryptedPrivate, Self::Public];
        all.into_iter().find(|kind| kind.label() == label).ok_or(Error::KeyEncoding)
    }

    fn is(self, der: &[u8]) -> bool {
        match self {
            Self::Private => PrivateKeyInfoRef::from_der(der).is_ok(),
            Self::EncryptedPrivate => EncryptedKey::from_der(der).is_ok(),
            Self::Public => SubjectPublicKeyInfoRef::from_der(der).is_ok(),
        }
    }
}

/// An encoded key, as bytes or text; wiped when dropped.
pub struct EncodedKey(SecretVec);

impl Deref for EncodedKey {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl EncodedKey {
    /// The kind of an encoded key, and its algorithm unless it is encrypted.
    pub fn detect(data: &[u8]) -> Result<(KeyKind, Option<Algorithm>), Error> {
        let document = Document::read(data, Memory::Heap)?;
        let algorithm = match document.kind {
            KeyKind::Private => Some(algorithm_of(&document.private_key()?.algorithm)?),
            KeyKind::Public => Some(algorithm_of(&document.public_key()?.algorithm)?),
            KeyKind::EncryptedPrivate => None,
        };
        Ok((document.kind, algorithm))
    }

    /// The cost of opening an encoded private key (see [`super::DEFAULT_KDF_COST`]): 0 if it is not encrypted.
    pub fn kdf_cost(data: &[u8]) -> Result<u64, Error> {
        let document = Document::read(data, Memory::Heap)?;
        match document.kind {
            KeyKind::EncryptedPrivate => encryption::cost(&document.der),
            KeyKind::Private => Ok(0),
            KeyKind::Public => Err(Error::KeyEncoding),
        }
    }
}

/// DER of the caller's that holds no secret, or DER that was copied, decoded or decrypted.
enum Der<'a> {
    Given(&'a [u8]),
    Made(SecretVec),
}

impl Deref for Der<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Given(der) => der,
            Self::Made(der) => der,
        }
    }
}

/// A structure in DER of a known kind.
pub(super) struct Document<'a> {
    pub(super) kind: KeyKind,
    der: Der<'a>,
}

impl<'a> Document<'a> {
    /// Reads PEM or DER; a label in PEM must match its content.
    pub(super) fn read(data: &'a [u8], memory: Memory) -> Result<Self, Error> {
        check_length(data.len())?;
        match read_text(data, memory)? {
            None => Self::of(None, Der::Given(data)),
            Some((label, der)) => Self::of(Some(label), Der::Made(der)),
        }
    }

    fn of(label: Option<KeyKind>, der: Der<'a>) -> Result<Self, Error> {
        let mut kinds = [KeyKind::Private, KeyKind::Public, KeyKind::EncryptedPrivate].into_iter();
        let kind = kinds.find(|kind| label.is_none_or(|label| label == *kind) && kind.is(&der));
        Ok(Self { kind: kind.ok_or(Error::KeyEncoding)?, der })
    }

    /// The private key, decrypted with the password, which must be empty exactly when the key is not encrypted.
    pub(super) fn open(self, password: &[u8], max_kdf_cost: u64, memory: Memory) -> Result<Self, Error> {
        match (self.kind, password.is_empty()) {
            (KeyKind::Public, _) => Err(Error::KeyEncoding),
            (KeyKind::Private, true) => Ok(self),
            (KeyKind::Private, false) => Err(Error::PasswordUnused),
            (KeyKind::EncryptedPrivate, true) => Err(Error::PasswordRequired),
            (KeyKind::EncryptedPrivate, false) => {
                let der = encryption::decrypt(&self.der, password, max_kdf_cost, memory)?;
                // One wrong password in 256 leads to a valid padding.
                if !KeyKind::Private.is(&der) {
                    return Err(Error::PasswordWrong);
                }
                Ok(Self { kind: KeyKind::Private, der: Der::Made(der) })
            }
        }
    }

    pub(super) fn private_key(&self) -> Result<PrivateKeyInfoRef<'_>, Error> {
        PrivateKeyInfoRef::from_der(&self.der).map_err(|_| Error::KeyEncoding)
    }

    pub(super) fn public_key(&self) -> Result<SubjectPublicKeyInfoRef<'_>, Error> {
        SubjectPublicKeyInfoRef::from_der(&self.der).map_err(|_| Error::KeyEncoding)
    }
}

/// DER of some kind in the requested encoding.
pub(super) fn encoded(kind: KeyKind, der: SecretVec, encoding: Encoding, memory: Memory) -> Result<EncodedKey, Error> {
    match encoding {
        Encoding::Der => Ok(EncodedKey(der)),
        Encoding::Pem => write_pem(kind.label(), &der, memory).map(EncodedKey),
    }
}

impl Document<'static> {
    /// [`Self::read`] of a copy; all later steps use this copy.
    pub(super) fn read_once(data: CallerBytes<'_>, memory: Memory) -> Result<Self, Error> {
        check_length(data.len())?;
        let copy = SecretVec::copied_once(memory, data)?;
        match read_text(&copy, memory)? {
            None => Self::of(None, Der::Made(copy)),
            Some((label, der)) => Self::of(Some(label), Der::Made(der)),
        }
    }
}

fn check_length(bytes: usize) -> Result<(), Error> {
    if bytes <= MAX_ENCODED_KEY_BYTES { Ok(()) } else { Err(Error::EncodedKeyLength) }
}

/// The label and the content of PEM; nothing for DER.
fn read_text(data: &[u8], memory: Memory) -> Result<Option<(KeyKind, SecretVec)>, Error> {
    if data.first() == Some(&SEQUENCE) { Ok(None) } else { read_pem(data.trim_ascii_end(), memory).map(Some) }
}

fn read_pem(pem: &[u8], memory: Memory) -> Result<(KeyKind, SecretVec), Error> {
    let mut decoder = Decoder::new_detect_wrap(pem).map_err(|_| Error::KeyEncoding)?;
    let kind = KeyKind::from_label(decoder.type_label())?;
    // Base64 decodes to three quarters of its length. The bound holds even if the input is not Base64.
    let len = decoder.remaining_len();
    if len == 0 || len > pem.len() {
        return Err(Error::KeyEncoding);
    }
    let mut der = SecretVec::zeroed(memory, len)?;
    decoder.decode(&mut der).map_err(|_| Error::KeyEncoding)?;
    if decoder.is_finished() { Ok((kind, der)) } else { Err(Error::KeyEncoding) }
}

fn write_pem(label: &str, der: &[u8], memory: Memory) -> Result<SecretVec, Error> {
    let len = pem_rfc7468::encoded_len(label, LineEnding::LF, der).map_err(|_| Error::Internal)?;
    let mut pem = SecretVec::zeroed(memory, len)?;
    let written = pem_rfc7468::encode(label, LineEnding::LF, der, &mut pem).map_err(|_| Error::Internal)?.len();
    pem.truncate(written);
    Ok(pem)
}
