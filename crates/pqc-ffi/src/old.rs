//! Old functions that load private keys, and the old places of names.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, input, slot};
use crate::calls::counted;
use crate::formats::PQC_DEFAULT_KDF_COST;
use crate::mldsa_ffi::MlDsaKeyPair;
use crate::mlkem_ffi::{MlKemKeyPair, new_key_pair};
use crate::operation::Action;
use crate::settings::key_options;
use crate::status::PqcStatus;
use pqc_core::{Family, Pkcs8};

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
    counted(Action::Import, None, |call| unsafe {
        let ([key, password], (mlkem, mldsa)) =
            arguments([input(key, key_len), input(password, password_len)], (slot(mlkem), slot(mldsa)))?;
        let key = open_pkcs8(flags, key, password, max_kdf_cost)?;
        let algorithm = call.on(key.algorithm())?;
        let made = new_key_pair(pqc_core::PrivateKey::from_pkcs8(&key)?)?;
        if algorithm.family() == Family::MlKem {
            mlkem.put(made)
        } else {
            mldsa.put(made)
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
