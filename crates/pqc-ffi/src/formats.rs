//! Keys in PEM and DER: what both families have in common.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{guard, input, output, outputs};
use crate::key_flags::key_options;
use crate::memory::{Buffer, FFIBuffer, filled};
use crate::status::PqcStatus;
use pqc_core::{Algorithm, EncodedKey, Encoding, KeyKind, Memory, PrivateKeyForm};

/// Form of a private key in PKCS#8: the seed, from which all else is derived. The form to prefer.
pub const PQC_PRIVATE_KEY_SEED: u32 = 1;
/// Form of a private key in PKCS#8: the expanded key.
pub const PQC_PRIVATE_KEY_EXPANDED: u32 = 2;
/// Form of a private key in PKCS#8: the seed and the expanded key beside it.
pub const PQC_PRIVATE_KEY_BOTH: u32 = 3;

/// Encoding of a key: text (RFC 7468).
pub const PQC_ENCODING_PEM: u32 = 1;
/// Encoding of a key: bytes.
pub const PQC_ENCODING_DER: u32 = 2;

/// Kind of an encoded key: a private key, PKCS#8.
pub const PQC_KEY_KIND_PRIVATE: u32 = 1;
/// Kind of an encoded key: a public key, SubjectPublicKeyInfo.
pub const PQC_KEY_KIND_PUBLIC: u32 = 2;
/// Kind of an encoded key: an encrypted private key, PKCS#8. Which algorithm it is of, only decrypting it tells.
pub const PQC_KEY_KIND_ENCRYPTED: u32 = 3;

/// Bytes of the longest input that is read as an encoded key.
pub const PQC_MAXENCODEDKEYBYTES: usize = 16384;

const _: () = assert!(PQC_MAXENCODEDKEYBYTES == pqc_core::MAX_ENCODED_KEY_BYTES);

/// The form with a number.
pub(crate) fn form_of(number: u32) -> Result<PrivateKeyForm, PqcStatus> {
    match number {
        PQC_PRIVATE_KEY_SEED => Ok(PrivateKeyForm::Seed),
        PQC_PRIVATE_KEY_EXPANDED => Ok(PrivateKeyForm::Expanded),
        PQC_PRIVATE_KEY_BOTH => Ok(PrivateKeyForm::Both),
        _ => Err(PqcStatus::UnknownForm),
    }
}

/// The encoding with a number.
pub(crate) fn encoding_of(number: u32) -> Result<Encoding, PqcStatus> {
    match number {
        PQC_ENCODING_PEM => Ok(Encoding::Pem),
        PQC_ENCODING_DER => Ok(Encoding::Der),
        _ => Err(PqcStatus::UnknownEncoding),
    }
}

/// A buffer with an encoded key.
pub(crate) fn buffer_of(memory: Memory, key: &EncodedKey) -> Result<Buffer, PqcStatus> {
    filled(memory, key.len(), |out| {
        out.copy_from_slice(key);
        Ok::<_, PqcStatus>(())
    })
}

/// Tells what an encoded key is: private, public or encrypted, and of which parameter set. Nothing of the key is checked.
///
/// @param key            the key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param key_len        its length
/// @param kind           receives PQC_KEY_KIND_*
/// @param parameter_set  receives 512, 768 or 1024 (ML-KEM), 44, 65 or 87 (ML-DSA), or 0 if the key is encrypted
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER        kind or parameter_set is NULL, or key with a length above 0
/// @return PQC_STATUS_ENCODED_KEY_LENGTH  key_len is above the bound
/// @return PQC_STATUS_KEY_ENCODING        key is neither PKCS#8 nor SubjectPublicKeyInfo
/// @return PQC_STATUS_KEY_ALGORITHM       the key is of neither family
/// @return PQC_STATUS_OUT_OF_MEMORY       no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_key_algorithm(
    key: *const u8,
    key_len: usize,
    kind: *mut u32,
    parameter_set: *mut u32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (kind, parameter_set) = outputs(kind, parameter_set)?;
        let (found, algorithm) = EncodedKey::detect(input(key, key_len)?)?;
        kind.put(match found {
            KeyKind::Private => PQC_KEY_KIND_PRIVATE,
            KeyKind::Public => PQC_KEY_KIND_PUBLIC,
            KeyKind::EncryptedPrivate => PQC_KEY_KIND_ENCRYPTED,
        });
        parameter_set.put(algorithm.map_or(0, Algorithm::id));
        Ok(())
    })
}

/// Decrypts a private key in PKCS#8, of any algorithm, for a caller who does not know the family. The result is secret.
///
/// `ffi_key_algorithm` tells the family of the result, which `mlkem_keypair_from_pkcs8` or `mldsa_keypair_from_pkcs8`
/// then loads without a password. Who knows the family calls one of those at once.
///
/// @param flags         0 or PQC_KEY_*; only PQC_KEY_LOCKED_MEMORY matters
/// @param key           the encrypted key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param key_len       its length
/// @param password      the password
/// @param password_len  its length
/// @param private_key   receives PKCS#8 in DER; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           private_key is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_ENCODED_KEY_LENGTH     key_len is above the bound
/// @return PQC_STATUS_KEY_ENCODING           key is not PKCS#8
/// @return PQC_STATUS_PASSWORD_REQUIRED      password_len is 0
/// @return PQC_STATUS_PASSWORD_WRONG         the password is wrong, or the key was damaged
/// @return PQC_STATUS_PASSWORD_UNUSED        the key is not encrypted
/// @return PQC_STATUS_KEY_ENCRYPTION         the encryption is not supported
/// @return PQC_STATUS_KEY_ENCRYPTION_COST    its cost is above the bounds
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or the engine lacks the code path
/// @return PQC_STATUS_ENGINE_SETTING          flags names no engine, and QYNAUTH_PQC_ENGINE none that there is
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT      no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_pkcs8_decrypt(
    flags: u32,
    key: *const u8,
    key_len: usize,
    password: *const u8,
    password_len: usize,
    private_key: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let private_key = output(private_key)?;
        let options = key_options(flags)?;
        let (key, password) = (input(key, key_len)?, input(password, password_len)?);
        let decrypted = EncodedKey::decrypt(key, password, options)?;
        private_key.put(buffer_of(options.memory, &decrypted)?.into_ffi());
        Ok(())
    })
}
