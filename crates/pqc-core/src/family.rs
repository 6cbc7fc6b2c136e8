//! The functions of each family that find its engine and check its encoded keys.

use crate::engine::{KemEngine, KemFamily, KemPrivate, SignatureEngine, SignatureFamily, SignaturePrivate};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, Family, KeyOptions, composite, hybrid, mldsa, mlkem, slhdsa};

/// A family by its kind.
enum Of {
    Kem(&'static KemFamily),
    Signature(&'static SignatureFamily),
}

/// The families. Nothing else distinguishes them: the operations of an algorithm are in its row of the table.
const fn functions(family: Family) -> Of {
    match family {
        Family::MlKem => Of::Kem(&mlkem::FUNCTIONS),
        Family::MlDsa => Of::Signature(&mldsa::FUNCTIONS),
        Family::XWing | Family::HybridKem => Of::Kem(&hybrid::FUNCTIONS),
        Family::Composite => Of::Signature(&composite::FUNCTIONS),
        Family::SlhDsa => Of::Signature(&slhdsa::FUNCTIONS),
    }
}

fn kem(algorithm: Algorithm) -> Result<&'static KemFamily, Error> {
    if let Of::Kem(functions) = functions(algorithm.family()) { Ok(functions) } else { Err(Error::WrongAlgorithm) }
}

fn signature(algorithm: Algorithm) -> Result<&'static SignatureFamily, Error> {
    if let Of::Signature(functions) = functions(algorithm.family()) {
        Ok(functions)
    } else {
        Err(Error::WrongAlgorithm)
    }
}

/// The engine of a KEM.
pub(crate) fn kem_engine(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn KemEngine, Error> {
    (kem(algorithm)?.engine)(algorithm, options)
}

/// The engine of a signature algorithm.
pub(crate) fn signature_engine(
    algorithm: Algorithm,
    options: KeyOptions,
) -> Result<&'static dyn SignatureEngine, Error> {
    (signature(algorithm)?.engine)(algorithm, options)
}

/// The private key of a KEM from its expanded encoding, of the right length, after the checks of its standard.
pub(crate) fn kem_private_key(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn KemPrivate>, Error> {
    (kem(algorithm)?.private_key)(algorithm, options, private_key)
}

/// The private key of a signature algorithm from its encoding, of the right length, after the checks of its standard.
pub(crate) fn signature_private_key(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn SignaturePrivate>, Error> {
    (signature(algorithm)?.private_key)(algorithm, options, private_key)
}

/// The checks of an encoded public key.
pub(crate) fn check_public_key(algorithm: Algorithm, public_key: &[u8]) -> Result<(), Error> {
    if public_key.len() != algorithm.public_key_bytes() {
        return Err(Error::PublicKeyLength);
    }
    match functions(algorithm.family()) {
        Of::Kem(functions) => (functions.check_public_key)(algorithm, public_key),
        Of::Signature(functions) => (functions.check_public_key)(algorithm, public_key),
    }
}
