//! The engine of the variant for FIPS 140-3: the FIPS module of AWS-LC, which draws the randomness of every operation itself.
//!
//! A key is in the module's memory alone. Each service of the module is read with its indicator; a result that is not approved is
//! [`Error::NotApproved`].

mod classical;
mod mldsa_keys;
mod mlkem_keys;
mod password;

use super::{FipsModule, KemEngine, SignatureEngine};
use crate::{Algorithm, CodePath, Error, Family, KeyOptions};
use core::ffi::CStr;
use pqc_module::Digest;

pub(crate) use classical::ClassicalPublic;
pub(crate) use mldsa_keys::MuHash;
pub(crate) use password::{decrypt, encrypt};

/// The engine of this build.
pub const NAME: &CStr = c"aws-lc-fips";

/// The engine draws the randomness of operations itself, and takes none.
pub(crate) const DRAWS: bool = true;

/// Whether the module has the services of a family, or of both halves of it.
pub(crate) const fn offers(family: Family) -> bool {
    matches!(family, Family::MlKem | Family::MlDsa | Family::Composite)
}

/// The module. Its integrity test and its self tests are run again; a failure ends the process.
pub fn fips_module() -> Option<FipsModule> {
    Some(FipsModule {
        name: c"AWS-LC FIPS module (static)",
        version: pqc_module::version(),
        certificate: c"none (in process: AWS-LC-FIPS v4.0, static)",
        environments: c"none (no certificate)",
        is_approved: pqc_module::is_fips(),
        is_intact: pqc_module::integrity_test(),
        has_passed: pqc_module::self_test(),
    })
}

/// The module chooses its instructions itself.
pub const HAS_CODE_PATHS: bool = false;

impl From<pqc_module::Error> for Error {
    fn from(error: pqc_module::Error) -> Self {
        match error {
            pqc_module::Error::NotApproved => Self::NotApproved,
            pqc_module::Error::OutOfMemory => Self::OutOfMemory,
            pqc_module::Error::Refused => Self::Internal,
        }
    }
}

/// The engine of a KEM.
pub(crate) fn kem(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn KemEngine, Error> {
    options.checked()?;
    mlkem_keys::engine(algorithm)
}

/// The engine of a signature algorithm.
pub(crate) fn signature(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn SignatureEngine, Error> {
    options.checked()?;
    mldsa_keys::engine(algorithm)
}

/// The hash H (FIPS 203, 4.4).
pub(crate) fn hash_h(_: CodePath, input: &[u8]) -> Result<[u8; 32], Error> {
    let mut hash = [0; 32];
    Digest::Sha3_256.of(input, &mut hash)?;
    Ok(hash)
}

/// Fills `out` from the module's random number generator.
pub(crate) fn random(out: &mut [u8]) -> Result<(), Error> {
    Ok(pqc_module::random(out)?)
}

/// The randomness of an operation, which the engine draws.
pub(crate) fn draw(_: &mut [u8]) -> Result<(), Error> {
    Ok(())
}
