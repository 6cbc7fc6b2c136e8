//! Keys in PEM and DER, before they are loaded.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, guard, input, slot};
use crate::status::PqcStatus;
use pqc_core::{Algorithm, EncodedKey, Encoding, KeyKind, PrivateKeyForm};

/// Form of a private key in PKCS#8: the seed, from which the rest is derived. The form to prefer.
pub const PQC_PRIVATE_KEY_SEED: u32 = 1;
/// Form of a private key in PKCS#8: the expanded key; for a composite and for SLH-DSA, the private key.
pub const PQC_PRIVATE_KEY_EXPANDED: u32 = 2;
/// Form of a private key in PKCS#8: the seed and the expanded key.
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

/// The longest input that is read as an encoded key, in bytes.
pub const PQC_MAXENCODEDKEYBYTES: usize = 16384;

/// The ceiling on the cost of opening an encrypted private key where the caller passes 0 (see `ffi_key_kdf_cost`).
pub const PQC_DEFAULT_KDF_COST: u64 = 2_500_000;

const _: () = assert!(PQC_MAXENCODEDKEYBYTES == pqc_core::MAX_ENCODED_KEY_BYTES);
const _: () = assert!(PQC_DEFAULT_KDF_COST == pqc_core::DEFAULT_KDF_COST);

pub(crate) fn form_of(number: u32) -> Result<PrivateKeyForm, PqcStatus> {
    match number {
        PQC_PRIVATE_KEY_SEED => Ok(PrivateKeyForm::Seed),
        PQC_PRIVATE_KEY_EXPANDED => Ok(PrivateKeyForm::Expanded),
        PQC_PRIVATE_KEY_BOTH => Ok(PrivateKeyForm::Both),
        _ => Err(PqcStatus::UnknownForm),
    }
}

pub(crate) fn encoding_of(number: u32) -> Result<Encoding, PqcStatus> {
    match number {
        PQC_ENCODING_PEM => Ok(Encoding::Pem),
        PQC_ENCODING_DER => Ok(Encoding::Der),
        _ => Err(PqcStatus::UnknownEncoding),
    }
}

/// Reports whether an encoded key is private, public or encrypted, and its algorithm. The key itself is not checked.
///
/// PEM is decoded into ordinary memory for that, which is wiped. Loading a key does not need this call.
///
/// @param key        the key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param kind       receives PQC_KEY_KIND_*
/// @param algorithm  receives PQC_ALGORITHM_*, or 0 if the key is encrypted
/// @return PQC_STATUS_KEY_ENCODING   key is neither PKCS#8 nor SubjectPublicKeyInfo
/// @return PQC_STATUS_KEY_ALGORITHM  the key is of an algorithm that this library lacks
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_key_algorithm(
    key: *const u8,
    key_len: usize,
    kind: *mut u32,
    algorithm: *mut u32,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let (key, (kind, out)) = arguments(input(key, key_len), (slot(kind), slot(algorithm)))?;
        let (found, algorithm) = EncodedKey::detect(key?)?;
        kind.put(match found {
            KeyKind::Private => PQC_KEY_KIND_PRIVATE,
            KeyKind::Public => PQC_KEY_KIND_PUBLIC,
            KeyKind::EncryptedPrivate => PQC_KEY_KIND_ENCRYPTED,
        });
        out.put(algorithm.map_or(0, Algorithm::id));
        Ok(())
    })
}

/// Reports the cost of opening an encrypted private key, which loaders compare with max_kdf_cost. Derives nothing.
///
/// The unit is an iteration of PBKDF2-HMAC-SHA-256: about 0.2 us on a processor with instructions for SHA-256, about 0.5 us
/// on one without. PBKDF2 with SHA-224, SHA-384 or SHA-512 takes two units an iteration, scrypt `2 (N + 3) r p` in all, and
/// about 64 bytes of memory for each.
///
/// @param key   the private key, PEM or DER, at most PQC_MAXENCODEDKEYBYTES (16384) bytes
/// @param cost  receives the cost, at most UINT64_MAX, or 0 if the key is not encrypted
/// @return PQC_STATUS_KEY_ENCODING    key is not PKCS#8
/// @return PQC_STATUS_KEY_ENCRYPTION  the encryption is not supported
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_key_kdf_cost(key: *const u8, key_len: usize, cost: *mut u64) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let (key, cost) = arguments(input(key, key_len), slot(cost))?;
        cost.put(EncodedKey::kdf_cost(key?)?);
        Ok(())
    })
}
