//! Operations with the caller's randomness, for known-answer tests. Never use them with a real key.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{copied_input, handle, input, slot};
use crate::kem_ffi::encapsulate_by;
use crate::key_ffi::{PqcPrivateKey, PqcPublicKey};
use crate::memory::FFIBuffer;
use crate::signature_ffi::{pre_hash, sign, verify};
use crate::status::PqcStatus;
use pqc_core::Randomness;

/// Encapsulates as `pqc_encapsulate` does with the randomness `m` (FIPS 203, algorithm 17), `eseed` (X-Wing, 5.4.1) or
/// the randomness of EncapsDerand (a hybrid KEM).
///
/// @param randomness  the randomness, as long as `randomness_bytes` of the key's PqcAlgorithmInfo
/// @return PQC_STATUS_PRIVATE_KEY_RANGE  the randomness of a hybrid KEM contains no scalar of its curve
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_encapsulate_derand(
    public_key: *const PqcPublicKey,
    randomness: *const u8,
    randomness_len: usize,
    ciphertext: *mut FFIBuffer,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        let inputs = (public_key, copied_input(randomness, randomness_len));
        encapsulate_by(None, inputs, (ciphertext, shared_secret), |key, randomness, ciphertext, secret| {
            Ok(key.encapsulate_derand(randomness?, ciphertext, secret)?)
        })
    }
}

/// Signs a message as `pqc_sign` does with the randomness `rnd` (FIPS 204, algorithm 2) or `addrnd` (FIPS 205, algorithm
/// 22). ECDSA in a composite takes `rnd` as the additional data of its nonce (RFC 6979, 3.6).
///
/// @param rnd  the randomness, as long as `randomness_bytes` of the key's PqcAlgorithmInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_derand(
    private_key: *const PqcPrivateKey,
    message: *const u8,
    message_len: usize,
    context: *const u8,
    context_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let (inputs, out) = unsafe {
        (
            (
                handle(private_key),
                ([input(message, message_len), input(context, context_len)], copied_input(rnd, rnd_len)),
            ),
            slot(signature),
        )
    };
    sign(None, inputs, out, |key, ([message, context], rnd), out| {
        Ok(key.sign(message?, context?, Randomness::Given(rnd?), out)?)
    })
}

/// Signs a digest as `pqc_sign_prehashed` does with the randomness `rnd` (FIPS 204, algorithm 4) or `addrnd` (FIPS 205,
/// algorithm 23).
///
/// @param rnd  the randomness, as long as `randomness_bytes` of the key's PqcAlgorithmInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_prehashed_derand(
    private_key: *const PqcPrivateKey,
    hash: u32,
    digest: *const u8,
    digest_len: usize,
    context: *const u8,
    context_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let (inputs, out) = unsafe {
        (
            (
                handle(private_key),
                ([input(digest, digest_len), input(context, context_len)], copied_input(rnd, rnd_len)),
            ),
            slot(signature),
        )
    };
    sign(None, inputs, out, |key, ([digest, context], rnd), out| {
        Ok(key.sign_prehashed(pre_hash(hash)?, digest?, context?, Randomness::Given(rnd?), out)?)
    })
}

/// Signs the message of a `mu` as `pqc_sign_mu` does with the randomness `rnd` (FIPS 204, algorithm 7, from line 7 on).
///
/// @param rnd  the randomness, MLDSA_RANDOMNESSBYTES (32) bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_mu_derand(
    private_key: *const PqcPrivateKey,
    mu: *const u8,
    mu_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let (inputs, out) =
        unsafe { ((handle(private_key), [copied_input(mu, mu_len), copied_input(rnd, rnd_len)]), slot(signature)) };
    sign(None, inputs, out, |key, [mu, rnd], out| Ok(key.sign_mu(mu?, Randomness::Given(rnd?), out)?))
}

/// Signs a formatted message M', which holds separator and context, as `pqc_sign_derand` signs a message: ML-DSA.Sign_internal
/// (FIPS 204, algorithm 7) or slh_sign_internal (FIPS 205, algorithm 19).
///
/// @param m_prime  M', of any length
/// @param rnd      the randomness, as long as `randomness_bytes` of the key's PqcAlgorithmInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_internal(
    private_key: *const PqcPrivateKey,
    m_prime: *const u8,
    m_prime_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let (inputs, out) =
        unsafe { ((handle(private_key), (input(m_prime, m_prime_len), copied_input(rnd, rnd_len))), slot(signature)) };
    sign(None, inputs, out, |key, (m_prime, rnd), out| Ok(key.sign_internal(m_prime?, rnd?, out)?))
}

/// Verifies a signature from `pqc_sign_internal`: ML-DSA.Verify_internal (FIPS 204, algorithm 8) or
/// slh_verify_internal (FIPS 205, algorithm 20).
///
/// @param m_prime  M', of any length
/// @return PQC_STATUS_INVALID_SIGNATURE  the signature is not valid, or has a wrong length
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_verify_internal(
    public_key: *const PqcPublicKey,
    m_prime: *const u8,
    m_prime_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let inputs = unsafe { (handle(public_key), [input(m_prime, m_prime_len), input(signature, signature_len)]) };
    verify(None, inputs, |key, [m_prime, signature]| Ok(key.verify_internal(m_prime?, signature?)?))
}
