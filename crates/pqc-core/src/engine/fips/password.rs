//! The encryption of private keys by the module: PBKDF2 and AES-256-CBC. It has no scrypt.

use crate::Error;
use crate::secret::SecretArray;
use pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Pbkdf2Prf};
use pqc_module::password::{self, Prf};

/// Decrypts all of `bytes` in place, and returns the length of the private key.
pub(crate) fn decrypt(parameters: &Parameters, password: &[u8], bytes: &mut [u8]) -> Result<usize, Error> {
    let (key, iv) = derived(parameters, password)?;
    password::decrypt(&key.0, iv, bytes).map_err(|error| match error {
        pqc_module::Error::Refused => Error::PasswordWrong,
        error => error.into(),
    })
}

/// Encrypts a private key of `len` bytes in place, and pads it to the length of `bytes`.
pub(crate) fn encrypt(parameters: &Parameters, password: &[u8], bytes: &mut [u8], len: usize) -> Result<(), Error> {
    let (key, iv) = derived(parameters, password)?;
    password::encrypt(&key.0, iv, bytes, len)?;
    Ok(())
}

/// The key of a password, and the initialisation vector.
fn derived<'a>(parameters: &'a Parameters, password: &[u8]) -> Result<(SecretArray<32>, &'a [u8; 16]), Error> {
    let (Kdf::Pbkdf2(kdf), EncryptionScheme::Aes256Cbc { iv }) = (&parameters.kdf, &parameters.encryption) else {
        return Err(Error::NotApproved);
    };
    let prf = match kdf.prf {
        Pbkdf2Prf::HmacWithSha224 => Prf::Sha224,
        Pbkdf2Prf::HmacWithSha256 => Prf::Sha256,
        Pbkdf2Prf::HmacWithSha384 => Prf::Sha384,
        Pbkdf2Prf::HmacWithSha512 => Prf::Sha512,
        _ => return Err(Error::NotApproved),
    };
    let mut key = SecretArray::zeroed();
    password::pbkdf2(prf, password, kdf.salt.as_bytes(), kdf.iteration_count, &mut key.0)?;
    Ok((key, iv))
}
