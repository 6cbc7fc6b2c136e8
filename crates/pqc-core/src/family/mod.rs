//! The families: for each, the functions that find its engine and check its encoded keys.

pub(crate) mod composite;
#[cfg(not(feature = "fips"))]
mod hybrid;
mod mldsa;
mod mlkem;
mod slhdsa;

use crate::engine::{KemEngine, KemFamily, KemPrivate, SignatureEngine, SignatureFamily, SignaturePrivate, offers};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, Family, KeyOptions};

impl Algorithm {
    /// Whether this build computes it, rather than refuse every operation with [`Error::NotApproved`].
    pub const fn is_offered(self) -> bool {
        offers(self.family())
    }
}

/// A family by its kind.
enum Of {
    Kem(&'static KemFamily),
    Signature(&'static SignatureFamily),
    /// This build refuses the family.
    Refused,
}

/// The families. Nothing else distinguishes them: the operations of an algorithm are in its row of the table.
const fn functions(family: Family) -> Of {
    if !offers(family) {
        return Of::Refused;
    }
    match family {
        Family::MlKem => Of::Kem(&mlkem::FUNCTIONS),
        Family::MlDsa => Of::Signature(&mldsa::FUNCTIONS),
        #[cfg(feature = "fips")]
        Family::XWing | Family::HybridKem => Of::Refused,
        #[cfg(not(feature = "fips"))]
        Family::XWing | Family::HybridKem => Of::Kem(&hybrid::FUNCTIONS),
        Family::Composite => Of::Signature(&composite::FUNCTIONS),
        Family::SlhDsa => Of::Signature(&slhdsa::FUNCTIONS),
    }
}

fn kem(algorithm: Algorithm) -> Result<&'static KemFamily, Error> {
    match functions(algorithm.family()) {
        Of::Kem(functions) => Ok(functions),
        Of::Signature(_) => Err(Error::WrongAlgorithm),
        Of::Refused => Err(Error::NotApproved),
    }
}

fn signature(algorithm: Algorithm) -> Result<&'static SignatureFamily, Error> {
    match functions(algorithm.family()) {
        Of::Signature(functions) => Ok(functions),
        Of::Kem(_) => Err(Error::WrongAlgorithm),
        Of::Refused => Err(Error::NotApproved),
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
        Of::Refused => Err(Error::NotApproved),
    }
}
