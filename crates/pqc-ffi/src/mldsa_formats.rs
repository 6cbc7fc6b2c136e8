//! ML-DSA: key pairs in PKCS#8 and public keys in SubjectPublicKeyInfo (RFC 9881).
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, guard, handle, input, slot};
use crate::calls::counted;
use crate::formats::{encoding_of, form_of};
use crate::handle::Shared;
use crate::key_ffi::PqcPublicKey;
use crate::memory::FFIBuffer;
use crate::memory::copied as buffer_of;
use crate::mldsa_ffi::{MlDsaKeyPair, MlDsaPublicKey, new_key_pair};
use crate::old::open_pkcs8;
use crate::operation::Action;
use crate::settings::key_options;
use crate::status::PqcStatus;
use pqc_core::{Family, Memory};

/// Makes a key pair from PKCS#8 (RFC 9881), PEM or DER: a seed, an expanded key, or both. The parameter set comes from it.
///
/// An expanded key is checked as by `mldsa_keypair_from_private_key`, and t0 must belong to
/// the rest of it.
///
/// @param flags         0 or PQC_KEY_*
/// @param key           the private key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param key_len       its length
/// @param password      the password, or nothing if the key is not encrypted
/// @param password_len  its length
/// @param max_kdf_cost  what deriving the encryption key may cost (see `ffi_key_kdf_cost`), or 0 for PQC_DEFAULT_KDF_COST
/// @param key_pair      receives the handle; free it with `mldsa_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           key_pair is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_ENCODED_KEY_LENGTH     key_len is above the bound
/// @return PQC_STATUS_KEY_ENCODING           key is not PKCS#8
/// @return PQC_STATUS_KEY_ALGORITHM          the key is not one of ML-DSA
/// @return PQC_STATUS_PASSWORD_REQUIRED      the key is encrypted and password_len is 0
/// @return PQC_STATUS_PASSWORD_WRONG         the password is wrong, or the key was damaged
/// @return PQC_STATUS_PASSWORD_UNUSED        the key is not encrypted and password_len is not 0
/// @return PQC_STATUS_KEY_ENCRYPTION         the encryption is not supported
/// @return PQC_STATUS_KEY_ENCRYPTION_COST    its cost is above max_kdf_cost
/// @return PQC_STATUS_SEED_LENGTH            the seed inside has the wrong length
/// @return PQC_STATUS_PRIVATE_KEY_LENGTH     the expanded key inside has the wrong length
/// @return PQC_STATUS_PRIVATE_KEY_RANGE      a coefficient of s1 or s2 is not within eta
/// @return PQC_STATUS_PRIVATE_KEY_HASH       tr is not the hash of the public key derived from s1 and s2
/// @return PQC_STATUS_SEED_MISMATCH          seed and expanded key are not the same key
/// @return PQC_STATUS_KEY_PAIR_MISMATCH      the private key does not belong to the public key inside
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or the engine lacks the code path
/// @return PQC_STATUS_ENGINE_SETTING          flags names no engine, and QYNAUTH_PQC_ENGINE none that there is
/// @return PQC_STATUS_SELF_TEST               the engine failed its self test on this machine
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT      no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_from_pkcs8(
    flags: u32,
    key: *const u8,
    key_len: usize,
    password: *const u8,
    password_len: usize,
    max_kdf_cost: u64,
    key_pair: *mut *mut MlDsaKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlDsa), |call| unsafe {
        let ([key, password], key_pair) =
            arguments([input(key, key_len), input(password, password_len)], slot(key_pair))?;
        let key = open_pkcs8(flags, key, password, max_kdf_cost)?;
        let pair = pqc_core::PrivateKey::from_pkcs8(&key)?;
        call.on(pair.algorithm())?;
        key_pair.put(new_key_pair(pair)?);
        Ok(())
    })
}

/// Encodes a key pair as PKCS#8 (RFC 9881). The result is secret, unless it is encrypted.
///
/// Encryption is PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, of 600,000 iterations and with a salt of 16 bytes.
///
/// @param key_pair      the key pair
/// @param password      the password to encrypt with, or nothing
/// @param password_len  its length
/// @param form          PQC_PRIVATE_KEY_SEED, PQC_PRIVATE_KEY_EXPANDED or PQC_PRIVATE_KEY_BOTH
/// @param encoding      PQC_ENCODING_PEM or PQC_ENCODING_DER
/// @param encoded       receives the key; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       key_pair or encoded is NULL, or password with a length above 0
/// @return PQC_STATUS_UNKNOWN_FORM       form is none of the three
/// @return PQC_STATUS_UNKNOWN_ENCODING   encoding is none of the two
/// @return PQC_STATUS_SEED_UNAVAILABLE   form asks for the seed, and the pair was loaded from its expanded form
/// @return PQC_STATUS_RANDOMNESS         the system gave no randomness
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_to_pkcs8(
    key_pair: *const MlDsaKeyPair,
    password: *const u8,
    password_len: usize,
    form: u32,
    encoding: u32,
    encoded: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let ((key_pair, password), encoded) =
            arguments((handle(key_pair), input(password, password_len)), slot(encoded))?;
        let pair = &key_pair?.key;
        let password = password?;
        let key = pair.to_pkcs8(form_of(form)?, encoding_of(encoding)?, password)?;
        encoded.put(buffer_of(pair.options().memory, &key)?.into_ffi());
        Ok(())
    })
}

/// Makes a public key from SubjectPublicKeyInfo (RFC 9881), PEM or DER. The parameter set comes from it.
///
/// @param flags       0 or PQC_KEY_*
/// @param key         the public key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param key_len     its length
/// @param public_key  receives the handle; free it with `mldsa_public_key_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           public_key is NULL, or key with a length above 0
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_ENCODED_KEY_LENGTH     key_len is above the bound
/// @return PQC_STATUS_KEY_ENCODING           key is not SubjectPublicKeyInfo
/// @return PQC_STATUS_KEY_ALGORITHM          the key is not one of ML-DSA
/// @return PQC_STATUS_PUBLIC_KEY_LENGTH      the key inside has the wrong length
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or the engine lacks the code path
/// @return PQC_STATUS_ENGINE_SETTING          flags names no engine, and QYNAUTH_PQC_ENGINE none that there is
/// @return PQC_STATUS_SELF_TEST               the engine failed its self test on this machine
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT      no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_public_key_from_spki(
    flags: u32,
    key: *const u8,
    key_len: usize,
    public_key: *mut *mut MlDsaPublicKey,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlDsa), |call| unsafe {
        let (key, public_key) = arguments(input(key, key_len), slot(public_key))?;
        let options = key_options(flags)?;
        let key = pqc_core::PublicKey::from_spki(options, key?)?;
        call.on(key.algorithm())?;
        public_key.put(Shared::try_new(PqcPublicKey { key })?.into_raw());
        Ok(())
    })
}

/// Encodes a public key as SubjectPublicKeyInfo (RFC 9881).
///
/// @param public_key  the public key
/// @param encoding    PQC_ENCODING_PEM or PQC_ENCODING_DER
/// @param encoded     receives the key; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER      a pointer is NULL
/// @return PQC_STATUS_UNKNOWN_ENCODING  encoding is none of the two
/// @return PQC_STATUS_OUT_OF_MEMORY     no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_public_key_to_spki(
    public_key: *const MlDsaPublicKey,
    encoding: u32,
    encoded: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, encoded) = arguments(handle(public_key), slot(encoded))?;
        let key = &public_key?.key;
        encoded.put(buffer_of(Memory::Heap, &key.to_spki(encoding_of(encoding)?)?)?.into_ffi());
        Ok(())
    })
}
