//! Encrypted PKCS#8: PBES2 (RFC 8018, 6.2) with AES-256-CBC, and a key derived by PBKDF2 or scrypt (RFC 7914).

use super::asn1::EncryptedKey;
use super::document::to_der;
use crate::secret::{SecretVec, fill_random, on_clean_stack};
use crate::{Error, Memory};
use pkcs5::pbes2::{EncryptionScheme, Kdf, PBES2_OID, Parameters, Pbkdf2Prf, ScryptParams};
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Decode;
use pkcs8::der::asn1::OctetStringRef;

/// Iterations of PBKDF2 in what is written.
const ITERATIONS: u32 = 600_000;
const SALT_BYTES: usize = 16;
const BLOCK_BYTES: usize = 16;

/// What reading a key may cost: iterations of PBKDF2, and for scrypt bytes of memory, `N r p` and bytes beside the memory.
const MAX_ITERATIONS: u32 = 10_000_000;
const MAX_SCRYPT_BYTES: u64 = 128 << 20;
const MAX_SCRYPT_WORK: u64 = 1 << 22;
const MAX_SCRYPT_BLOCKS_BYTES: u64 = 1 << 20;

/// The stack that deriving a key and encrypting use at most, rounded up.
const STACK_BYTES: usize = 32 << 10;

/// Decrypts the private key in an `EncryptedPrivateKeyInfo`.
pub(super) fn decrypt(der: &[u8], password: &[u8], memory: Memory) -> Result<SecretVec, Error> {
    let key = EncryptedKey::from_der(der).map_err(|_| Error::KeyEncoding)?;
    let parameters = supported(&key)?;
    let mut bytes = SecretVec::zeroed(memory, key.data.as_bytes().len().max(1))?;
    bytes[..key.data.as_bytes().len()].copy_from_slice(key.data.as_bytes());
    let decrypted = on_clean_stack::<STACK_BYTES, _>(|| {
        parameters.decrypt_in_place(password, &mut bytes).map(<[u8]>::len).map_err(|error| match error {
            pkcs5::Error::DecryptFailed => Error::PasswordWrong,
            _ => Error::KeyEncryption,
        })
    });
    bytes.truncate(decrypted?);
    Ok(bytes)
}

/// Encrypts a private key, with salt and initialisation vector from the system.
pub(super) fn encrypt(der: &[u8], password: &[u8], memory: Memory) -> Result<SecretVec, Error> {
    let mut random = [0; SALT_BYTES + BLOCK_BYTES];
    fill_random(&mut random)?;
    let (salt, iv) = random.split_at(SALT_BYTES);
    let iv = iv.try_into().map_err(|_| Error::Internal)?;
    let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, salt, iv).map_err(|_| Error::Internal)?;
    let mut bytes = SecretVec::zeroed(memory, (der.len() / BLOCK_BYTES + 1) * BLOCK_BYTES)?;
    bytes[..der.len()].copy_from_slice(der);
    on_clean_stack::<STACK_BYTES, _>(|| {
        parameters.encrypt_in_place(password, &mut bytes, der.len()).map(|_| ()).map_err(|_| Error::Internal)
    })?;
    let encrypted_data = OctetStringRef::new(&bytes).map_err(|_| Error::Internal)?;
    to_der(&EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data }, memory)
}

/// The parameters of an encryption that is supported, and costs no more than the bounds.
fn supported(key: &EncryptedKey<'_>) -> Result<Parameters, Error> {
    let parameters = key.algorithm.parameters.filter(|_| key.algorithm.oid == PBES2_OID).ok_or(Error::KeyEncryption)?;
    let parameters = Parameters::try_from(parameters).map_err(|_| Error::KeyEncryption)?;
    if !matches!(parameters.encryption, EncryptionScheme::Aes256Cbc { .. }) {
        return Err(Error::KeyEncryption);
    }
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) if kdf.prf == Pbkdf2Prf::HmacWithSha1 => return Err(Error::KeyEncryption),
        Kdf::Pbkdf2(kdf) if kdf.iteration_count > MAX_ITERATIONS => return Err(Error::KeyEncryptionCost),
        Kdf::Scrypt(kdf) => check_scrypt(kdf)?,
        Kdf::Pbkdf2(_) => (),
        _ => return Err(Error::KeyEncryption),
    }
    Ok(parameters)
}

fn check_scrypt(kdf: &ScryptParams) -> Result<(), Error> {
    let (n, r, p) = (kdf.cost_parameter, u64::from(kdf.block_size), u64::from(kdf.parallelization));
    let product = |factors: &[u64]| factors.iter().try_fold(1_u64, |product, factor| product.checked_mul(*factor));
    let is_within = |cost: Option<u64>, bound| cost.is_some_and(|cost| cost <= bound);
    let is_cheap = is_within(product(&[128, n, r]), MAX_SCRYPT_BYTES)
        && is_within(product(&[n, r, p]), MAX_SCRYPT_WORK)
        && is_within(product(&[128, r, p]), MAX_SCRYPT_BLOCKS_BYTES);
    if !is_cheap {
        return Err(Error::KeyEncryptionCost);
    }
    // The library would end the process if it did not get this memory.
    let bytes = usize::try_from(128 * r * (n + p + 1)).map_err(|_| Error::OutOfMemory)?;
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| Error::OutOfMemory)
}
