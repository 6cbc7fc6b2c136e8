//! The names of the first version for ML-DSA. They work as the functions of every algorithm do, for ML-DSA only.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::key_ffi::{PqcPrivateKey, PqcPublicKey, generate, pqc_private_key_free};
use crate::memory::FFIBuffer;
use crate::signature_ffi::{sign_message, verify_message};
use crate::status::PqcStatus;
use pqc_core::Family;

/// An ML-DSA private key with its public key.
pub type MlDsaKeyPair = PqcPrivateKey;
/// An ML-DSA public key.
pub type MlDsaPublicKey = PqcPublicKey;

/// Makes an ML-DSA key as `pqc_private_key_generate` does.
///
/// @param parameter_set  44, 65 or 87
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_generate(
    parameter_set: u32,
    flags: u32,
    key_pair: *mut *mut MlDsaKeyPair,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { generate(Some(Family::MlDsa), parameter_set, flags, key_pair) }
}

/// Signs a message as `pqc_sign` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign(
    key_pair: *const MlDsaKeyPair,
    message: *const u8,
    message_len: usize,
    context: *const u8,
    context_len: usize,
    flags: u32,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        let inputs = [(message, message_len), (context, context_len)];
        sign_message(Some(Family::MlDsa), key_pair, inputs, flags, signature)
    }
}

/// Verifies a signature as `pqc_verify` does.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_verify(
    public_key: *const MlDsaPublicKey,
    message: *const u8,
    message_len: usize,
    context: *const u8,
    context_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        let inputs = [(message, message_len), (context, context_len), (signature, signature_len)];
        verify_message(Some(Family::MlDsa), public_key, inputs)
    }
}

/// Frees any private key, as `pqc_private_key_free` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_free(key_pair: *mut MlDsaKeyPair) {
    // SAFETY: the pointer contract.
    unsafe { pqc_private_key_free(key_pair) }
}
