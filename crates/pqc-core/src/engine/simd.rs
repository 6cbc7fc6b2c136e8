//! The engine of the default build: pqc-simd.

use super::{FipsModule, KemEngine, SignatureEngine, simd_mldsa, simd_mlkem, simd_slhdsa};
use crate::{Algorithm, CodePath, Error, Family, KeyOptions};
use core::ffi::CStr;
use pkcs5::pbes2::Parameters;

pub(crate) use super::classical::rust::ClassicalPublic;
pub(crate) use super::simd_mldsa::MuHash;
pub(crate) use crate::secret::{fill_random as draw, fill_random as random};

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

/// The engine of a parameter set of ML-KEM on a code path that this processor has.
pub(crate) fn mlkem(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn KemEngine, Error> {
    simd_mlkem::engine(algorithm, options.checked()?.path)
}

/// The engine of a parameter set of ML-DSA on a code path that this processor has.
pub(crate) fn mldsa(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn SignatureEngine, Error> {
    simd_mldsa::engine(algorithm, options.checked()?.path)
}

/// The engine of a parameter set of SLH-DSA on a code path that this processor has.
pub(crate) fn slhdsa(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn SignatureEngine, Error> {
    simd_slhdsa::engine(algorithm, options.checked()?.path)
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
