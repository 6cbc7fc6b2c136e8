//! Keys as files hold them: PKCS#8 and SubjectPublicKeyInfo, in DER and in PEM (RFC 9881 for ML-DSA, RFC 9935 for ML-KEM).
//!
//! RustCrypto's crates know the ASN.1 and the encryption; here are the choices that they leave open, and the checks.

mod asn1;
mod document;
mod encryption;
mod keys;

pub use document::EncodedKey;
pub use encryption::DEFAULT_KDF_COST;
pub use keys::Pkcs8;

use crate::{Error, MlDsaParameterSet, MlKemParameterSet};
use pkcs8::der::oid::ObjectIdentifier;
use pkcs8::spki::AlgorithmIdentifierRef;

/// The longest input that is read as a key, in bytes: twice what the longest key takes in PEM.
pub const MAX_ENCODED_KEY_BYTES: usize = 16384;

/// A parameter set of either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ML-KEM.
    MlKem(MlKemParameterSet),
    /// ML-DSA.
    MlDsa(MlDsaParameterSet),
}

/// The object identifiers of NIST's arc 2.16.840.1.101.3.4 (RFC 9935, section 3; RFC 9881, section 2).
const OBJECT_IDENTIFIERS: [(Algorithm, ObjectIdentifier); 6] = [
    (Algorithm::MlKem(MlKemParameterSet::MlKem512), ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.1")),
    (Algorithm::MlKem(MlKemParameterSet::MlKem768), ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.2")),
    (Algorithm::MlKem(MlKemParameterSet::MlKem1024), ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.3")),
    (Algorithm::MlDsa(MlDsaParameterSet::MlDsa44), ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17")),
    (Algorithm::MlDsa(MlDsaParameterSet::MlDsa65), ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18")),
    (Algorithm::MlDsa(MlDsaParameterSet::MlDsa87), ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19")),
];

impl Algorithm {
    /// The number of the parameter set, which tells the families apart too: 512, 768, 1024, 44, 65 or 87.
    pub const fn id(self) -> u32 {
        match self {
            Self::MlKem(set) => set.id(),
            Self::MlDsa(set) => set.id(),
        }
    }

    const fn public_key_bytes(self) -> usize {
        match self {
            Self::MlKem(set) => set.public_key_bytes(),
            Self::MlDsa(set) => set.public_key_bytes(),
        }
    }

    const fn private_key_bytes(self) -> usize {
        match self {
            Self::MlKem(set) => set.private_key_bytes(),
            Self::MlDsa(set) => set.private_key_bytes(),
        }
    }

    /// The algorithm of an identifier, which must have no parameters.
    fn from_identifier(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Self, Error> {
        let known = OBJECT_IDENTIFIERS.iter().find(|(_, oid)| *oid == identifier.oid);
        let (algorithm, _) = known.ok_or(Error::KeyAlgorithm)?;
        if identifier.parameters.is_some() { Err(Error::KeyEncoding) } else { Ok(*algorithm) }
    }

    fn identifier(self) -> Result<AlgorithmIdentifierRef<'static>, Error> {
        let known = OBJECT_IDENTIFIERS.iter().find(|(algorithm, _)| *algorithm == self);
        known.map(|(_, oid)| AlgorithmIdentifierRef { oid: *oid, parameters: None }).ok_or(Error::Internal)
    }
}

/// What an encoded key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// PKCS#8, not encrypted.
    Private,
    /// PKCS#8, encrypted: what is inside can be told with the password only.
    EncryptedPrivate,
    /// SubjectPublicKeyInfo.
    Public,
}

/// How a private key is held in PKCS#8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateKeyForm {
    /// The seed, from which all else is derived.
    Seed,
    /// The expanded key.
    Expanded,
    /// One beside the other.
    Both,
}

/// How the structures are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As bytes.
    Der,
    /// As text.
    Pem,
}
