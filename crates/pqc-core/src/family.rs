//! What each family brings: its engine, and the checks of its encoded keys.

use crate::engine::{self, KemEngine, KemPrivate, SignatureEngine, SignaturePrivate};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, Family, KeyOptions, composite, mldsa, mlkem, xwing};

/// The engine of a KEM.
pub(crate) fn kem_engine(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn KemEngine, Error> {
    match algorithm.family() {
        Family::MlKem => engine::mlkem(algorithm, options),
        Family::XWing => xwing::engine(options),
        Family::MlDsa | Family::Composite => Err(Error::WrongAlgorithm),
    }
}

/// The engine of a signature algorithm.
pub(crate) fn signature_engine(
    algorithm: Algorithm,
    options: KeyOptions,
) -> Result<&'static dyn SignatureEngine, Error> {
    match algorithm.family() {
        Family::MlDsa => engine::mldsa(algorithm, options),
        Family::Composite => composite::engine(algorithm, options),
        Family::MlKem | Family::XWing => Err(Error::WrongAlgorithm),
    }
}

/// The private key of a KEM from its expanded encoding, of the right length, after the checks of its standard.
pub(crate) fn kem_private_key(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn KemPrivate>, Error> {
    match algorithm.family() {
        Family::MlKem => mlkem::private_key_from_bytes(algorithm, options, private_key),
        Family::MlDsa | Family::XWing | Family::Composite => Err(Error::WrongAlgorithm),
    }
}

/// The private key of a signature algorithm from its encoding, of the right length, after the checks of its standard.
pub(crate) fn signature_private_key(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn SignaturePrivate>, Error> {
    match algorithm.family() {
        Family::MlDsa => mldsa::private_key_from_bytes(algorithm, options, private_key),
        Family::Composite => composite::private_key_from_bytes(algorithm, options, private_key),
        Family::MlKem | Family::XWing => Err(Error::WrongAlgorithm),
    }
}

/// The checks of an encoded public key.
pub(crate) fn check_public_key(algorithm: Algorithm, public_key: &[u8]) -> Result<(), Error> {
    if public_key.len() != algorithm.public_key_bytes() {
        return Err(Error::PublicKeyLength);
    }
    match algorithm.family() {
        Family::MlKem => mlkem::check_public_key_modulus(public_key),
        Family::XWing => xwing::check_public_key_modulus(public_key),
        // The point of a composite is checked where it is decoded.
        Family::MlDsa | Family::Composite => Ok(()),
    }
}
