//! Encoded keys of files: PKCS#8 and SubjectPublicKeyInfo, in DER and in PEM (RFC 9881 for ML-DSA, RFC 9935 for ML-KEM,
//! RFC 9909 for SLH-DSA, draft-connolly-cfrg-xwing-kem-10, 5.8, for X-Wing; draft-ietf-lamps-pq-composite-sigs-19, 5,
//! for composites).
//!
//! RustCrypto's crates implement the ASN.1 and the encryption; this module makes the choices that they leave open, and the
//! checks.

mod asn1;
mod document;
mod encryption;
mod keys;

pub use document::EncodedKey;
pub use encryption::DEFAULT_KDF_COST;
pub use keys::Pkcs8;

use crate::{Algorithm, Error};
use pkcs8::der::oid::ObjectIdentifier;
use pkcs8::spki::AlgorithmIdentifierRef;

/// The longest input that is read as a key, in bytes: twice the length of the longest key in PEM.
pub const MAX_ENCODED_KEY_BYTES: usize = 16384;

/// The object identifiers of the table (RFC 9935, section 3; RFC 9881, section 2; RFC 9909, section 3; X-Wing, 5.8).
static IDENTIFIERS: [Option<ObjectIdentifier>; Algorithm::ALL.len()] = {
    let mut identifiers = [None; Algorithm::ALL.len()];
    let mut row = 0;
    while row < identifiers.len() {
        let numbers = Algorithm::ALL[row].oid();
        if !numbers.is_empty() {
            identifiers[row] = Some(ObjectIdentifier::new_unwrap(numbers));
        }
        row += 1;
    }
    identifiers
};

/// The algorithm of an identifier, which must have no parameters.
fn algorithm_of(identifier: &AlgorithmIdentifierRef<'_>) -> Result<Algorithm, Error> {
    let found = IDENTIFIERS.iter().position(|oid| *oid == Some(identifier.oid));
    let algorithm = found.and_then(|row| Algorithm::ALL.get(row)).copied().ok_or(Error::KeyAlgorithm)?;
    if identifier.parameters.is_some() { Err(Error::KeyEncoding) } else { Ok(algorithm) }
}

/// [`Error::WrongAlgorithm`] if the algorithm has no object identifier.
fn identifier_of(algorithm: Algorithm) -> Result<AlgorithmIdentifierRef<'static>, Error> {
    let oid = IDENTIFIERS[algorithm as usize].ok_or(Error::WrongAlgorithm)?;
    Ok(AlgorithmIdentifierRef { oid, parameters: None })
}

/// The kinds of encoded keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// PKCS#8, not encrypted.
    Private,
    /// PKCS#8, encrypted: its algorithm is not known without the password.
    EncryptedPrivate,
    /// SubjectPublicKeyInfo.
    Public,
}

/// How a private key is held in PKCS#8. X-Wing has the seed only, a composite and SLH-DSA the expanded form only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateKeyForm {
    /// The seed, from which the rest of the key is derived.
    Seed,
    /// The expanded key.
    Expanded,
    /// The seed and the expanded key.
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
