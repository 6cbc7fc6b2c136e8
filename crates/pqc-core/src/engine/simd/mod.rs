//! The engine of the default build: pqc-simd.

mod mldsa;
mod mlkem;
mod slhdsa;

use super::{FipsModule, KemEngine, SignatureEngine, self_test};
use crate::{Algorithm, CodePath, Error, Family, KeyOptions};
use core::ffi::CStr;
use pkcs5::pbes2::Parameters;

pub(crate) use super::classical::rust::ClassicalPublic;
pub(crate) use crate::secret::{fill_random as draw, fill_random as random};
pub(crate) use mldsa::MuHash;

/// The engine of this build: pqc-simd.
pub const NAME: &CStr = c"simd";

/// The caller draws the randomness of operations.
pub(crate) const DRAWS: bool = false;

/// Whether the engine computes a family.
pub(crate) const fn offers(_: Family) -> bool {
    true
}

/// No module.
pub fn fips_module() -> Option<FipsModule> {
    None
}

/// A caller may choose the instructions of a key.
pub const HAS_CODE_PATHS: bool = true;

/// The engine of a KEM on a code path that this processor has, once it has passed its self test there.
pub(crate) fn kem(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn KemEngine, Error> {
    let path = options.checked()?.path;
    let engine = untested_kem(algorithm, path)?;
    self_test::check_kem(engine, algorithm, path).map(|()| engine)
}

/// The engine of a signature algorithm on a code path that this processor has.
pub(crate) fn signature(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn SignatureEngine, Error> {
    tested_signature(algorithm, options.checked()?.path)
}

/// The engine of a signature algorithm, once it, or the set that is tested in its place, has passed its self test.
fn tested_signature(algorithm: Algorithm, path: CodePath) -> Result<&'static dyn SignatureEngine, Error> {
    let tested = algorithm.tested_as();
    let engine = untested_signature(tested, path)?;
    self_test::check_signature(engine, tested, path)?;
    if tested == algorithm { Ok(engine) } else { untested_signature(algorithm, path) }
}

/// The engine of a KEM, whether or not it has passed its self test.
pub(super) fn untested_kem(algorithm: Algorithm, path: CodePath) -> Result<&'static dyn KemEngine, Error> {
    mlkem::engine(algorithm, path).ok_or(Error::Internal)
}

/// The engine of a signature algorithm, whether or not it has passed its self test.
pub(super) fn untested_signature(algorithm: Algorithm, path: CodePath) -> Result<&'static dyn SignatureEngine, Error> {
    mldsa::engine(algorithm, path).or_else(|| slhdsa::engine(algorithm, path)).ok_or(Error::Internal)
}

/// The hash H (FIPS 203, 4.4).
pub(crate) fn hash_h(path: CodePath, input: &[u8]) -> Result<[u8; 32], Error> {
    let mut hash = [0; 32];
    pqc_simd::sha3_256(path, input, &mut hash);
    Ok(hash)
}

/// Decrypts all of `bytes` in place, and returns the length of the private key.
pub(crate) fn decrypt(parameters: &Parameters, password: &[u8], bytes: &mut [u8]) -> Result<usize, Error> {
    parameters.decrypt_in_place(password, bytes).map(<[u8]>::len).map_err(|error| match error {
        pkcs5::Error::DecryptFailed => Error::PasswordWrong,
        _ => Error::KeyEncryption,
    })
}

/// Encrypts a private key of `len` bytes in place, and pads it to the length of `bytes`.
pub(crate) fn encrypt(parameters: &Parameters, password: &[u8], bytes: &mut [u8], len: usize) -> Result<(), Error> {
    parameters.encrypt_in_place(password, bytes, len).map(|_| ()).map_err(|_| Error::Internal)
}
