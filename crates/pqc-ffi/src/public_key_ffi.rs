//! Public keys of every algorithm.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, copied_input, guard, handle, input, report, slot};
use crate::formats::encoding_of;
use crate::handle::from_handle;
use crate::key_ffi::{PqcPublicKey, choose, make};
use crate::memory::{FFIBuffer, copied, filled};
use crate::operation::Action;
use crate::settings::{flags_of, key_options};
use crate::status::PqcStatus;
use pqc_core::{EncodedKey, KeyKind, Memory, PublicKey};

/// Loads a public key from its encoding, with the checks of FIPS 203, 7.2, for ML-KEM and the ML-KEM half of a hybrid. The point of a
/// composite (4.1) is in its one encoding (RFC 8032, 5.1.2) and not of low order, or for ECDSA, and in a hybrid KEM, uncompressed
/// (SEC 1, 2.3.3).
///
/// @param algorithm   PQC_ALGORITHM_*
/// @param flags       0 or PQC_KEY_*
/// @param bytes       the public key, as long as `public_key_bytes` of its PqcAlgorithmInfo
/// @param public_key  receives the handle; free it with `pqc_public_key_free`
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS  a coefficient is not below the modulus
/// @return PQC_STATUS_PUBLIC_KEY_POINT    the classical half of a composite or a hybrid KEM is not such a point
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_from_bytes(
    algorithm: u32,
    flags: u32,
    bytes: *const u8,
    bytes_len: usize,
    public_key: *mut *mut PqcPublicKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        make((Action::Import, None), copied_input(bytes, bytes_len), public_key, |call, bytes| {
            let (algorithm, options) = choose(call, algorithm, flags)?;
            PqcPublicKey::shared(PublicKey::from_bytes(algorithm, options, bytes?)?)
        })
    }
}

/// Loads a public key from SubjectPublicKeyInfo (RFC 9935, RFC 9881, RFC 9909; X-Wing, 5.8; composites, 5), PEM or DER. The key
/// itself names its algorithm.
///
/// @param flags       0 or PQC_KEY_*
/// @param key         the encoded key, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param public_key  receives the handle; free it with `pqc_public_key_free`
/// @return PQC_STATUS_KEY_ENCODING        key is not SubjectPublicKeyInfo
/// @return PQC_STATUS_KEY_ALGORITHM       the key is of an algorithm that this library lacks
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS  a coefficient is not below the modulus
/// @return PQC_STATUS_PUBLIC_KEY_POINT    the classical half of a composite is not such a point
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_from_spki(
    flags: u32,
    key: *const u8,
    key_len: usize,
    public_key: *mut *mut PqcPublicKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        make((Action::Import, None), input(key, key_len), public_key, |call, key| {
            let (options, bytes) = (key_options(flags)?, key?);
            if let Ok((KeyKind::Public, Some(algorithm))) = EncodedKey::detect(bytes) {
                call.on(algorithm)?; // it counts a refused key
            }
            PqcPublicKey::shared(PublicKey::from_spki(options, bytes)?)
        })
    }
}

/// Encodes a public key as SubjectPublicKeyInfo (RFC 9935, RFC 9881, RFC 9909; X-Wing, 5.8; composites, 5).
///
/// @param encoding  PQC_ENCODING_PEM or PQC_ENCODING_DER
/// @param encoded   receives the encoded key
/// @return PQC_STATUS_WRONG_ALGORITHM  a hybrid KEM, which has no object identifier
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_to_spki(
    public_key: *const PqcPublicKey,
    encoding: u32,
    encoded: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        report(public_key, encoded, |PqcPublicKey { key }| {
            Ok(copied(Memory::Heap, &key.to_spki(encoding_of(encoding)?)?)?.into_ffi())
        })
    }
}

/// Encodes a public key.
///
/// @param bytes  receives as many bytes as `public_key_bytes` of its PqcAlgorithmInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_bytes(public_key: *const PqcPublicKey, bytes: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        report(public_key, bytes, |PqcPublicKey { key }| {
            Ok(filled(Memory::Heap, key.algorithm().public_key_bytes(), |out| key.write(out))?.into_ffi())
        })
    }
}

/// Reports the algorithm of a public key.
///
/// @param algorithm  receives PQC_ALGORITHM_*
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_algorithm(public_key: *const PqcPublicKey, algorithm: *mut u32) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { report(public_key, algorithm, |public_key| Ok(public_key.key.algorithm().id())) }
}

/// Reports the options of a public key, as `pqc_private_key_options` does.
///
/// @param flags  receives PQC_KEY_*
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_options(public_key: *const PqcPublicKey, flags: *mut u32) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { report(public_key, flags, |public_key| Ok(flags_of(public_key.key.options()))) }
}

/// Reports how much memory a public key takes now, as `pqc_private_key_resident_bytes` does.
///
/// @param bytes  receives the number of bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_resident_bytes(
    public_key: *const PqcPublicKey,
    bytes: *mut usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { report(public_key, bytes, |public_key| Ok(public_key.key.resident_bytes())) }
}

/// Compares two public keys.
///
/// @param equal  receives 1 if both have the same algorithm and the same encoding, and otherwise 0
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_equal(
    public_key: *const PqcPublicKey,
    other: *const PqcPublicKey,
    equal: *mut u32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ([public_key, other], equal) = arguments([handle(public_key), handle(other)], slot(equal))?;
        equal.put(u32::from(public_key?.key.is_same(&other?.key)?));
        Ok(())
    })
}

/// Frees a public key. NULL is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_public_key_free(public_key: *mut PqcPublicKey) {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        drop(from_handle(public_key));
        Ok(())
    });
}
