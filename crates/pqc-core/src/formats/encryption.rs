//! Encrypted PKCS#8: PBES2 (RFC 8018, 6.2) with AES-256-CBC, and a key derived by PBKDF2 or scrypt (RFC 7914).

use super::asn1::{EncryptedKey, to_der};
use crate::engine;
use crate::secret::{SecretVec, on_clean_stack};
use crate::{Error, Memory};
use pkcs5::pbes2::{EncryptionScheme, Kdf, PBES2_OID, Parameters, Pbkdf2Prf};
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Decode;
use pkcs8::der::asn1::OctetStringRef;

/// Iterations of PBKDF2 in written files.
const ITERATIONS: u32 = 600_000;
const SALT_BYTES: usize = 16;
const BLOCK_BYTES: usize = 16;

/// Bytes of a key of AES-256.
const KEY_BYTES: u16 = 32;

/// The default bound on the cost of opening a private key.
///
/// One unit is the time of an iteration of PBKDF2-HMAC-SHA-256, two compressions of SHA-256: 0.2 us on a processor with
/// instructions for them, 0.5 us on others. An iteration with SHA-224, which needs two blocks for a key, and with
/// SHA-384 or SHA-512 is two units. scrypt takes `2 (N + 3) r p` units: `2 N r p` times Salsa20/8 on 128 bytes, and
/// PBKDF2 before and after; its memory is about 64 bytes a unit.
pub const DEFAULT_KDF_COST: u64 = 2_500_000;

/// The stack that deriving a key and encrypting use at most, rounded up.
const STACK_BYTES: usize = 32 << 10;

/// Decrypts the private key in an `EncryptedPrivateKeyInfo`, if that costs no more than `max_cost`.
pub(super) fn decrypt(der: &[u8], password: &[u8], max_cost: u64, memory: Memory) -> Result<SecretVec, Error> {
    let key = EncryptedKey::from_der(der).map_err(|_| Error::KeyEncoding)?;
    let parameters = supported(&key)?;
    if cost_of(&parameters.kdf)? > max_cost {
        return Err(Error::KeyEncryptionCost);
    }
    check_memory(&parameters.kdf)?;
    let mut bytes = SecretVec::zeroed(memory, key.data.as_bytes().len().max(1))?;
    bytes[..key.data.as_bytes().len()].copy_from_slice(key.data.as_bytes());
    let decrypted = on_clean_stack::<STACK_BYTES, _>(|| engine::decrypt(&parameters, password, &mut bytes));
    bytes.truncate(decrypted?);
    Ok(bytes)
}

/// Encrypts a private key, with salt and initialisation vector from the system.
pub(super) fn encrypt(der: &[u8], password: &[u8], memory: Memory) -> Result<SecretVec, Error> {
    let mut random = [0; SALT_BYTES + BLOCK_BYTES];
    engine::random(&mut random)?;
    let (salt, iv) = random.split_at(SALT_BYTES);
    let iv = iv.try_into().map_err(|_| Error::Internal)?;
    let parameters = Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, salt, iv).map_err(|_| Error::Internal)?;
    let mut bytes = SecretVec::zeroed(memory, (der.len() / BLOCK_BYTES + 1) * BLOCK_BYTES)?;
    bytes[..der.len()].copy_from_slice(der);
    on_clean_stack::<STACK_BYTES, _>(|| engine::encrypt(&parameters, password, &mut bytes, der.len()))?;
    let encrypted_data = OctetStringRef::new(&bytes).map_err(|_| Error::Internal)?;
    to_der(&EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data }, memory)
}

/// The cost of decrypting an `EncryptedPrivateKeyInfo`.
pub(super) fn cost(der: &[u8]) -> Result<u64, Error> {
    let key = EncryptedKey::from_der(der).map_err(|_| Error::KeyEncoding)?;
    cost_of(&supported(&key)?.kdf)
}

/// The parameters of a supported encryption, at any cost.
fn supported(key: &EncryptedKey<'_>) -> Result<Parameters, Error> {
    let parameters = key.algorithm.parameters.filter(|_| key.algorithm.oid == PBES2_OID).ok_or(Error::KeyEncryption)?;
    let parameters = Parameters::try_from(parameters).map_err(|_| Error::KeyEncryption)?;
    let is_aes = matches!(parameters.encryption, EncryptionScheme::Aes256Cbc { .. });
    let has_key = parameters.kdf.key_length().is_none_or(|length| length == KEY_BYTES);
    if is_aes && has_key { Ok(parameters) } else { Err(Error::KeyEncryption) }
}

/// The cost of deriving a key, in units of [`DEFAULT_KDF_COST`]. Parameters that derive nothing are refused: the
/// library panics on some of them, and misreads others.
fn cost_of(kdf: &Kdf) -> Result<u64, Error> {
    match kdf {
        Kdf::Pbkdf2(kdf) if kdf.iteration_count > 0 => match kdf.prf {
            Pbkdf2Prf::HmacWithSha256 => Ok(u64::from(kdf.iteration_count)),
            Pbkdf2Prf::HmacWithSha224 | Pbkdf2Prf::HmacWithSha384 | Pbkdf2Prf::HmacWithSha512 => {
                Ok(2 * u64::from(kdf.iteration_count))
            }
            _ => Err(Error::KeyEncryption),
        },
        Kdf::Scrypt(kdf) => {
            let (n, blocks) = (kdf.cost_parameter, u64::from(kdf.block_size) * u64::from(kdf.parallelization));
            let is_valid = n >= 2 && n.is_power_of_two() && blocks > 0;
            if is_valid { Ok(n.saturating_add(3).saturating_mul(2 * blocks)) } else { Err(Error::KeyEncryption) }
        }
        _ => Err(Error::KeyEncryption),
    }
}

/// Whether the memory that scrypt takes is available: the library aborts the process if it is not.
fn check_memory(kdf: &Kdf) -> Result<(), Error> {
    let Kdf::Scrypt(kdf) = kdf else { return Ok(()) };
    let (r, p) = (u64::from(kdf.block_size), u64::from(kdf.parallelization));
    let bytes = kdf.cost_parameter.checked_add(p + 1).and_then(|blocks| blocks.checked_mul(128 * r));
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok()).ok_or(Error::OutOfMemory)?;
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| Error::OutOfMemory)
}
