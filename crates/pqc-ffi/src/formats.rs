//! Keys in PEM and DER: what both families have in common.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, guard, input, slot};
use crate::key_flags::key_options;
use crate::memory::{Buffer, filled};
use crate::mldsa_ffi::{self, MlDsaKeyPair};
use crate::mlkem_ffi::{self, MlKemKeyPair};
use crate::monitoring::{PqcOperation, counted_when_known};
use crate::status::PqcStatus;
use pqc_core::{Algorithm, EncodedKey, Encoding, Family, KeyKind, Memory, Pkcs8, PrivateKeyForm};

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
/// Kind of an encoded key: an encrypted private key, PKCS#8. Its algorithm is known only when it is decrypted.
pub const PQC_KEY_KIND_ENCRYPTED: u32 = 3;

/// Bytes of the longest input that is read as an encoded key.
pub const PQC_MAXENCODEDKEYBYTES: usize = 16384;

/// The ceiling on the cost of opening an encrypted private key where the caller passes 0 (see `ffi_key_kdf_cost`).
pub const PQC_DEFAULT_KDF_COST: u64 = 2_500_000;

const _: () = assert!(PQC_MAXENCODEDKEYBYTES == pqc_core::MAX_ENCODED_KEY_BYTES);
const _: () = assert!(PQC_DEFAULT_KDF_COST == pqc_core::DEFAULT_KDF_COST);

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
/// PEM is decoded into ordinary memory for that, which is wiped. Loading a private key does not need this call.
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
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_key_algorithm(
    key: *const u8,
    key_len: usize,
    kind: *mut u32,
    parameter_set: *mut u32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key, (kind, parameter_set)) = arguments(input(key, key_len), (slot(kind), slot(parameter_set)))?;
        let (found, algorithm) = EncodedKey::detect(key?)?;
        kind.put(match found {
            KeyKind::Private => PQC_KEY_KIND_PRIVATE,
            KeyKind::Public => PQC_KEY_KIND_PUBLIC,
            KeyKind::EncryptedPrivate => PQC_KEY_KIND_ENCRYPTED,
        });
        parameter_set.put(algorithm.map_or(0, Algorithm::id));
        Ok(())
    })
}

/// Reports the cost of opening an encrypted private key, which loaders compare with max_kdf_cost. Derives nothing.
///
/// The unit is an iteration of PBKDF2-HMAC-SHA-256: about 0.2 us on a processor with instructions for SHA-256, about 0.5 us
/// on one without. PBKDF2 with SHA-224, SHA-384 or SHA-512 takes two units an iteration, scrypt `2 (N + 3) r p` in all, and
/// about 64 bytes of memory for each.
///
/// @param key      the private key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param key_len  its length
/// @param cost     receives the cost, UINT64_MAX if it is higher than that, 0 if the key is not encrypted
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER        cost is NULL, or key with a length above 0
/// @return PQC_STATUS_ENCODED_KEY_LENGTH  key_len is above the bound
/// @return PQC_STATUS_KEY_ENCODING        key is not PKCS#8
/// @return PQC_STATUS_KEY_ENCRYPTION      the encryption is not supported
/// @return PQC_STATUS_OUT_OF_MEMORY       no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_key_kdf_cost(key: *const u8, key_len: usize, cost: *mut u64) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key, cost) = arguments(input(key, key_len), slot(cost))?;
        cost.put(EncodedKey::kdf_cost(key?)?);
        Ok(())
    })
}

/// Makes a key pair of either family from PKCS#8 (RFC 9935, RFC 9881), PEM or DER, which may be encrypted: a seed, an
/// expanded key, or both.
///
/// The key is decoded, decrypted and loaded within this call, in memory of the kind that flags ask for, and wiped. It is
/// checked as by `mlkem_keypair_from_pkcs8` or `mldsa_keypair_from_pkcs8`.
///
/// @param flags         0 or PQC_KEY_*
/// @param key           the private key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param key_len       its length
/// @param password      the password, or nothing if the key is not encrypted
/// @param password_len  its length
/// @param max_kdf_cost  what deriving the encryption key may cost (see `ffi_key_kdf_cost`), or 0 for PQC_DEFAULT_KDF_COST
/// @param mlkem         receives the handle of an ML-KEM key, otherwise NULL; free it with `mlkem_keypair_free`
/// @param mldsa         receives the handle of an ML-DSA key, otherwise NULL; free it with `mldsa_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           an output is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_ENCODED_KEY_LENGTH     key_len is above the bound
/// @return PQC_STATUS_KEY_ENCODING           key is not PKCS#8
/// @return PQC_STATUS_KEY_ALGORITHM          the key is of neither family
/// @return PQC_STATUS_PASSWORD_REQUIRED      the key is encrypted and password_len is 0
/// @return PQC_STATUS_PASSWORD_WRONG         the password is wrong, or the key was damaged
/// @return PQC_STATUS_PASSWORD_UNUSED        the key is not encrypted and password_len is not 0
/// @return PQC_STATUS_KEY_ENCRYPTION         the encryption is not supported
/// @return PQC_STATUS_KEY_ENCRYPTION_COST    its cost is above max_kdf_cost
/// @return PQC_STATUS_SEED_LENGTH            the seed inside has the wrong length
/// @return PQC_STATUS_PRIVATE_KEY_LENGTH     the expanded key inside has the wrong length
/// @return PQC_STATUS_PRIVATE_KEY_RANGE      a coefficient of the expanded key is out of range
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS     a coefficient of the embedded ek is not below the modulus
/// @return PQC_STATUS_PRIVATE_KEY_HASH       the embedded hash is not that of the public key
/// @return PQC_STATUS_SEED_MISMATCH          seed and expanded key are not the same key
/// @return PQC_STATUS_KEY_PAIR_MISMATCH      the private key does not belong to the public key inside
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or the engine lacks the code path
/// @return PQC_STATUS_ENGINE_SETTING         flags names no engine, and QYNAUTH_PQC_ENGINE none that there is
/// @return PQC_STATUS_SELF_TEST              the engine failed its self test on this machine
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT      no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_private_key_from_pkcs8(
    flags: u32,
    key: *const u8,
    key_len: usize,
    password: *const u8,
    password_len: usize,
    max_kdf_cost: u64,
    mlkem: *mut *mut MlKemKeyPair,
    mldsa: *mut *mut MlDsaKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted_when_known(|call| unsafe {
        let ([key, password], (mlkem, mldsa)) =
            arguments([input(key, key_len), input(password, password_len)], (slot(mlkem), slot(mldsa)))?;
        let key = open_pkcs8(flags, key, password, max_kdf_cost)?;
        match key.algorithm().family() {
            Family::MlKem => {
                call.is(PqcOperation::MlkemImport, key.algorithm().id());
                mlkem.put(mlkem_ffi::new_key_pair(pqc_core::PrivateKey::from_pkcs8(&key)?)?);
            }
            Family::MlDsa => {
                call.is(PqcOperation::MldsaImport, key.algorithm().id());
                mldsa.put(mldsa_ffi::new_key_pair(pqc_core::PrivateKey::from_pkcs8(&key)?)?);
            }
            Family::XWing => return Err(PqcStatus::KeyAlgorithm),
        }
        Ok(())
    })
}

/// Opens PKCS#8 for the functions that load private keys.
pub(crate) fn open_pkcs8<'a>(
    flags: u32,
    key: Result<&'a [u8], PqcStatus>,
    password: Result<&[u8], PqcStatus>,
    max_kdf_cost: u64,
) -> Result<Pkcs8<'a>, PqcStatus> {
    let options = key_options(flags)?;
    let max_kdf_cost = if max_kdf_cost == 0 { PQC_DEFAULT_KDF_COST } else { max_kdf_cost };
    Ok(Pkcs8::open(options, key?, password?, max_kdf_cost)?)
}
