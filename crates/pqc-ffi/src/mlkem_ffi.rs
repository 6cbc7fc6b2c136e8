//! The names of the first version for ML-KEM. They work as the functions of every algorithm do, for ML-KEM only.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::kem_ffi::{decapsulate, encapsulate};
use crate::key_ffi::{PqcPrivateKey, PqcPublicKey, generate, pqc_private_key_free};
use crate::memory::FFIBuffer;
use crate::status::PqcStatus;
use pqc_core::Family;

/// An ML-KEM decapsulation key with its encapsulation key.
pub type MlKemKeyPair = PqcPrivateKey;
/// An ML-KEM encapsulation key.
pub type MlKemPublicKey = PqcPublicKey;

/// Makes an ML-KEM key as `pqc_private_key_generate` does.
///
/// @param parameter_set  512, 768 or 1024
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_keypair_generate(
    parameter_set: u32,
    flags: u32,
    key_pair: *mut *mut MlKemKeyPair,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { generate(Some(Family::MlKem), parameter_set, flags, key_pair) }
}

/// Encapsulates as `pqc_encapsulate` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate(
    public_key: *const MlKemPublicKey,
    ciphertext: *mut FFIBuffer,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { encapsulate(Some(Family::MlKem), public_key, (ciphertext, shared_secret)) }
}

/// Decapsulates as `pqc_decapsulate` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_decapsulate(
    key_pair: *const MlKemKeyPair,
    ciphertext: *const u8,
    ciphertext_len: usize,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { decapsulate(Some(Family::MlKem), key_pair, (ciphertext, ciphertext_len), shared_secret) }
}

/// Frees any private key, as `pqc_private_key_free` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_keypair_free(key_pair: *mut MlKemKeyPair) {
    // SAFETY: the pointer contract.
    unsafe { pqc_private_key_free(key_pair) }
}
