//! ML-DSA with an external mu (FIPS 204, algorithms 7 and 8): hashing a message in pieces, and signing what that gives.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, guard, handle, input, slot};
use crate::calls::counted;
use crate::handle::Shared;
use crate::memory::{FFIBuffer, filled};
use crate::mldsa_ffi::{MlDsaKeyPair, MlDsaPublicKey, randomness};
use crate::operation::Action;
use crate::status::PqcStatus;
use pqc_core::{Error, Family, Memory, Randomness};

pub use crate::algorithm_ffi::MLDSA_MUBYTES;

/// The `mu` of a message that arrives in chunks.
pub type MlDsaMuHasher = crate::signature_ffi::PqcMuHasher;

/// Begins the `mu` of a message: H(tr || 0 || length of the context || context || message) (FIPS 204, algorithm 7).
///
/// With it a message of any size is signed as plain ML-DSA in constant memory. Keys of every engine can compute it.
///
/// @param public_key   the public key of who signs
/// @param context      the context, 0 to 255 bytes
/// @param context_len  its length
/// @param mu_hasher    receives the handle; free it with `mldsa_mu_hasher_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER    public_key or mu_hasher is NULL, or context with a length above 0
/// @return PQC_STATUS_CONTEXT_LENGTH  context_len is above 255
/// @return PQC_STATUS_OUT_OF_MEMORY   no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_mu_hasher_from_public_key(
    public_key: *const MlDsaPublicKey,
    context: *const u8,
    context_len: usize,
    mu_hasher: *mut *mut MlDsaMuHasher,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let ((public_key, context), mu_hasher) =
            arguments((handle(public_key), input(context, context_len)), slot(mu_hasher))?;
        let hasher = public_key?.key.mu_hasher(context?)?;
        mu_hasher.put(Shared::try_new(MlDsaMuHasher::new(hasher))?.into_raw());
        Ok(())
    })
}

/// Hashes the next bytes of the message.
///
/// @param mu_hasher  the hash
/// @param data       the bytes, of any length
/// @param data_len   their length
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  mu_hasher is NULL, or data with a length above 0
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_mu_hasher_update(
    mu_hasher: *mut MlDsaMuHasher,
    data: *const u8,
    data_len: usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let ((mu_hasher, data), ()) = arguments((handle(mu_hasher.cast_const()), input(data, data_len)), ())?;
        let hasher = mu_hasher?;
        hasher.lock().update(data?);
        Ok(())
    })
}

/// Gives the `mu` of the message so far. The message may go on.
///
/// @param mu_hasher  the hash
/// @param mu         receives MLDSA_MUBYTES (64) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_mu_hasher_finalize(mu_hasher: *const MlDsaMuHasher, mu: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (mu_hasher, mu) = arguments(handle(mu_hasher), slot(mu))?;
        let hasher = mu_hasher?;
        let made = filled(Memory::Heap, MLDSA_MUBYTES, |out| {
            hasher.lock().finalize(out.try_into().map_err(|_| Error::Internal)?);
            Ok::<_, Error>(())
        })?;
        mu.put(made.into_ffi());
        Ok(())
    })
}

/// Ends a hash. NULL is harmless; a handle must not be freed twice, nor beside a use of it.
///
/// # Safety
/// `mu_hasher` is NULL or a handle of this library that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_mu_hasher_free(mu_hasher: *mut MlDsaMuHasher) {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        drop(Shared::from_raw(mu_hasher));
        Ok(())
    });
}

/// Signs the message that `mu` was computed of (FIPS 204, algorithm 7, from line 7 on), hedged with fresh randomness unless
/// flags say otherwise. `mldsa_verify` accepts the signature like one of `mldsa_sign`.
///
/// @param key_pair   the key pair, of the engine simd
/// @param mu         what `mldsa_mu_hasher_finalize` gave for its public key, MLDSA_MUBYTES (64) bytes
/// @param mu_len     its length
/// @param flags      0 or MLDSA_SIGN_DETERMINISTIC
/// @param signature  receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER             key_pair or signature is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_FLAGS            flags has another bit
/// @return PQC_STATUS_MU_LENGTH                mu_len is not 64
/// @return PQC_STATUS_EXTERNAL_MU_UNAVAILABLE  the key is of the engine libcrux, which has no such operation
/// @return PQC_STATUS_RANDOMNESS               the system gave no randomness
/// @return PQC_STATUS_OUT_OF_MEMORY            no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_mu(
    key_pair: *const MlDsaKeyPair,
    mu: *const u8,
    mu_len: usize,
    flags: u32,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, mu), signature) = arguments((handle(key_pair), input(mu, mu_len)), slot(signature))?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let (mu, randomness) = (mu?, randomness(flags)?);
        let made = filled(Memory::Heap, key.key.algorithm().signature_bytes(), |out| {
            key.key.sign_mu(mu, randomness, out).map(|_| ())
        })?;
        signature.put(made.into_ffi());
        Ok(())
    })
}

/// For tests: signs `mu` with the randomness `rnd` given. Never use it with a real key.
///
/// @param key_pair   the key pair, of the engine simd
/// @param mu         what is signed, MLDSA_MUBYTES (64) bytes
/// @param mu_len     its length
/// @param rnd        the randomness, MLDSA_RANDOMNESSBYTES (32) bytes
/// @param rnd_len    its length
/// @param signature  receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER             key_pair or signature is NULL, or an input with a length above 0
/// @return PQC_STATUS_MU_LENGTH                mu_len is not 64
/// @return PQC_STATUS_RANDOMNESS_LENGTH        rnd_len is not 32
/// @return PQC_STATUS_EXTERNAL_MU_UNAVAILABLE  the key is of the engine libcrux, which has no such operation
/// @return PQC_STATUS_OUT_OF_MEMORY            no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_mu_derand(
    key_pair: *const MlDsaKeyPair,
    mu: *const u8,
    mu_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, [mu, rnd]), signature) =
            arguments((handle(key_pair), [input(mu, mu_len), input(rnd, rnd_len)]), slot(signature))?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let (mu, randomness) = (mu?, Randomness::Given(rnd?));
        let made = filled(Memory::Heap, key.key.algorithm().signature_bytes(), |out| {
            key.key.sign_mu(mu, randomness, out).map(|_| ())
        })?;
        signature.put(made.into_ffi());
        Ok(())
    })
}

/// Verifies a signature of the message that `mu` was computed of (FIPS 204, algorithm 8, from line 8 on), made by
/// `mldsa_sign_mu` or by `mldsa_sign`.
///
/// @param public_key     the public key, of the engine simd
/// @param mu             what `mldsa_mu_hasher_finalize` gave for this key, MLDSA_MUBYTES (64) bytes
/// @param mu_len         its length
/// @param signature      the signature; one of a wrong length is a bad signature
/// @param signature_len  its length
/// @return PQC_STATUS_OK                       the signature is valid
/// @return PQC_STATUS_NULL_POINTER             public_key is NULL, or an input with a length above 0
/// @return PQC_STATUS_MU_LENGTH                mu_len is not 64
/// @return PQC_STATUS_EXTERNAL_MU_UNAVAILABLE  the key is of the engine libcrux, which has no such operation
/// @return PQC_STATUS_INVALID_SIGNATURE        the signature is not valid
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_verify_mu(
    public_key: *const MlDsaPublicKey,
    mu: *const u8,
    mu_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Verify, Some(Family::MlDsa), |call| unsafe {
        let ((public_key, [mu, signature]), ()) =
            arguments((handle(public_key), [input(mu, mu_len), input(signature, signature_len)]), ())?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        Ok(key.verify_mu(mu?, signature?)?)
    })
}
