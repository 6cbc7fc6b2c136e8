//! Signing and verification: of messages, of digests, and of an external mu.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{
    Handle, Inputs, Slot, arguments, check_flags, copied_input, guard, handle, input, output_buffer, report, slot,
};
use crate::counting::counted;
use crate::handle::{Shared, from_handle, into_handle};
use crate::key_ffi::{PqcPrivateKey, PqcPublicKey};
use crate::memory::{Buffer, FFIBuffer};
use crate::operation::Action;
use crate::status::PqcStatus;
use pqc_core::{Error, Family, MLDSA_MU_BYTES, Memory, MuHasher, PreHash, PrivateKey, PublicKey, Randomness};
use std::sync::{Mutex, PoisonError};

/// Flag of signing: sign without fresh randomness, so that equal inputs have equal signatures. In its place ML-DSA takes 32 zero
/// bytes (FIPS 204, 5.2), and SLH-DSA takes PK.seed (FIPS 205, 10.2).
pub const PQC_SIGN_DETERMINISTIC: u32 = 1;

/// Hash function of a digest: SHA-256, 32 bytes.
pub const PQC_HASH_SHA2_256: u32 = 1;
/// Hash function of a digest: SHA-384, 48 bytes.
pub const PQC_HASH_SHA2_384: u32 = 2;
/// Hash function of a digest: SHA-512, 64 bytes.
pub const PQC_HASH_SHA2_512: u32 = 3;
/// Hash function of a digest: SHA-224, 28 bytes.
pub const PQC_HASH_SHA2_224: u32 = 4;
/// Hash function of a digest: SHA-512/224, 28 bytes.
pub const PQC_HASH_SHA2_512_224: u32 = 5;
/// Hash function of a digest: SHA-512/256, 32 bytes.
pub const PQC_HASH_SHA2_512_256: u32 = 6;
/// Hash function of a digest: SHA3-224, 28 bytes.
pub const PQC_HASH_SHA3_224: u32 = 7;
/// Hash function of a digest: SHA3-256, 32 bytes.
pub const PQC_HASH_SHA3_256: u32 = 8;
/// Hash function of a digest: SHA3-384, 48 bytes.
pub const PQC_HASH_SHA3_384: u32 = 9;
/// Hash function of a digest: SHA3-512, 64 bytes.
pub const PQC_HASH_SHA3_512: u32 = 10;
/// Hash function of a digest: SHAKE128, 32 bytes.
pub const PQC_HASH_SHAKE128: u32 = 11;
/// Hash function of a digest: SHAKE256, 64 bytes.
pub const PQC_HASH_SHAKE256: u32 = 12;

/// The randomness of a signature.
pub(crate) fn randomness(flags: u32) -> Result<Randomness<'static>, PqcStatus> {
    check_flags(flags, PQC_SIGN_DETERMINISTIC)?;
    Ok(if flags & PQC_SIGN_DETERMINISTIC == 0 { Randomness::Hedged } else { Randomness::Deterministic })
}

/// The hash function with a number.
pub(crate) fn pre_hash(hash: u32) -> Result<PreHash, PqcStatus> {
    PreHash::from_id(hash).ok_or(PqcStatus::UnknownHash)
}

/// Signs into a buffer. `sign` returns the length of the signature.
pub(crate) fn sign<I: Inputs>(
    family: Option<Family>,
    inputs: (Handle<'_, PqcPrivateKey>, I),
    signature: Slot<FFIBuffer>,
    sign: impl FnOnce(&PrivateKey, I::Borrowed, &mut [u8]) -> Result<usize, PqcStatus>,
) -> PqcStatus {
    counted(Action::Sign, family, |call| {
        let ((private_key, inputs), signature) = arguments(inputs, signature)?;
        let key = &private_key?.key;
        let longest = call.on(key.algorithm())?.signature_bytes();
        let mut made = Buffer::zeroed(Memory::Heap, longest)?;
        let len = sign(key, inputs, made.as_mut_slice())?;
        signature.put(made.cut_to(len)?.into_ffi());
        Ok(())
    })
}

/// Verifies a signature.
pub(crate) fn verify<I: Inputs>(
    family: Option<Family>,
    inputs: (Handle<'_, PqcPublicKey>, I),
    verify: impl FnOnce(&PublicKey, I::Borrowed) -> Result<(), PqcStatus>,
) -> PqcStatus {
    counted(Action::Verify, family, |call| {
        let ((public_key, inputs), ()) = arguments(inputs, ())?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        verify(key, inputs)
    })
}

/// An input as C passes it: a pointer and a length.
pub(crate) type Bytes = (*const u8, usize);

/// `pqc_sign`, with a key of a family or with any. The inputs are message and context.
pub(crate) unsafe fn sign_message(
    family: Option<Family>,
    private_key: *const PqcPrivateKey,
    inputs: [Bytes; 2],
    flags: u32,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let (inputs, out) = unsafe { ((handle(private_key), inputs.map(|(data, len)| input(data, len))), slot(signature)) };
    sign(family, inputs, out, |key, [message, context], out| {
        Ok(key.sign(message?, context?, randomness(flags)?, out)?)
    })
}

/// `pqc_verify`, with a key of a family or with any. The inputs are message, context and signature.
pub(crate) unsafe fn verify_message(
    family: Option<Family>,
    public_key: *const PqcPublicKey,
    inputs: [Bytes; 3],
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let inputs = unsafe { (handle(public_key), inputs.map(|(data, len)| input(data, len))) };
    verify(family, inputs, |key, [message, context, signature]| Ok(key.verify(message?, context?, signature?)?))
}

/// Signs a message: ML-DSA.Sign (FIPS 204, 5.2), slh_sign (FIPS 205, 10.2.1) or Sign of a composite (3.2), hedged with fresh
/// randomness unless flags say otherwise. An Ed25519 half is the same in every signature of a message.
///
/// @param message    the message, of any length
/// @param context    the context, 0 to 255 bytes
/// @param flags      0 or PQC_SIGN_DETERMINISTIC
/// @param signature  receives `signature_bytes` of the key's PqcAlgorithmInfo, or fewer if a half is of ECDSA
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign(
    private_key: *const PqcPrivateKey,
    message: *const u8,
    message_len: usize,
    context: *const u8,
    context_len: usize,
    flags: u32,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { sign_message(None, private_key, [(message, message_len), (context, context_len)], flags, signature) }
}

/// Signs as `pqc_sign` does, into the caller's memory.
///
/// @param signature  receives the signature; its capacity is at least `signature_bytes` of the key's PqcAlgorithmInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_into(
    private_key: *const PqcPrivateKey,
    message: *const u8,
    message_len: usize,
    context: *const u8,
    context_len: usize,
    flags: u32,
    signature: *mut u8,
    signature_capacity: usize,
    signature_len: *mut usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    counted(Action::Sign, None, |call| unsafe {
        let ((private_key, [message, context]), signature) = arguments(
            (handle(private_key), [input(message, message_len), input(context, context_len)]),
            output_buffer(signature, signature_capacity, signature_len),
        )?;
        let key = &private_key?.key;
        let algorithm = call.on(key.algorithm())?;
        let (message, context, randomness) = (message?, context?, randomness(flags)?);
        let mut signature = signature.take(algorithm.signature_bytes())?;
        let len = key.sign(message, context, randomness, signature.as_mut_slice())?;
        signature.hand_out(len);
        Ok(())
    })
}

/// Verifies a signature: ML-DSA.Verify (FIPS 204, 5.3), slh_verify (FIPS 205, 10.3) or Verify of a composite (3.3), which
/// evaluates both halves and reports one status for both.
///
/// @param message    the message, of any length
/// @param context    the context, 0 to 255 bytes
/// @param signature  the signature
/// @return PQC_STATUS_INVALID_SIGNATURE  the signature is not valid, or has a wrong length
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_verify(
    public_key: *const PqcPublicKey,
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
        verify_message(None, public_key, inputs)
    }
}

/// Signs a digest, as `pqc_sign` signs a message: HashML-DSA.Sign (FIPS 204, 5.4), hash_slh_sign (FIPS 205, 10.2.2) or Sign of a
/// composite (3.2), for messages that are hashed elsewhere.
///
/// Only `pqc_verify_prehashed` accepts the signature. A composite hashes every message (2.2), so its signature is valid
/// for the message, and `pqc_verify` accepts it too.
///
/// @param hash    the hash function, PQC_HASH_*; for a composite, the one at the end of its name
/// @param digest  the digest of the message, 28 to 64 bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_prehashed(
    private_key: *const PqcPrivateKey,
    hash: u32,
    digest: *const u8,
    digest_len: usize,
    context: *const u8,
    context_len: usize,
    flags: u32,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let (inputs, out) =
        unsafe { ((handle(private_key), [input(digest, digest_len), input(context, context_len)]), slot(signature)) };
    sign(None, inputs, out, |key, [digest, context], out| {
        Ok(key.sign_prehashed(pre_hash(hash)?, digest?, context?, randomness(flags)?, out)?)
    })
}

/// Verifies a signature from `pqc_sign_prehashed`: HashML-DSA.Verify (FIPS 204, 5.4) or hash_slh_verify (FIPS 205, 10.3). For a
/// composite, it accepts a signature from `pqc_sign` too.
///
/// @return PQC_STATUS_INVALID_SIGNATURE  the signature is not valid, or has a wrong length
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_verify_prehashed(
    public_key: *const PqcPublicKey,
    hash: u32,
    digest: *const u8,
    digest_len: usize,
    context: *const u8,
    context_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let inputs = unsafe {
        (handle(public_key), [input(digest, digest_len), input(context, context_len), input(signature, signature_len)])
    };
    verify(None, inputs, |key, [digest, context, signature]| {
        Ok(key.verify_prehashed(pre_hash(hash)?, digest?, context?, signature?)?)
    })
}

/// The hash of a message that arrives in chunks: `mu` (FIPS 204, algorithm 7, line 6).
///
/// Several threads may use it at once; the order of their chunks is up to the caller.
pub struct PqcMuHasher(Mutex<MuHasher>);

impl PqcMuHasher {
    /// Locks the hash for one thread. A panic between two of its blocks would have been reported there.
    fn lock(&self) -> impl std::ops::DerefMut<Target = MuHasher> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the `mu` of a message: H(tr || 0 || length of the context || context || message) (FIPS 204, algorithm 7).
///
/// With it a message of any size is signed as plain ML-DSA in constant memory. Only ML-DSA has a `mu`.
///
/// @param public_key  the signer's public key
/// @param context     the context, 0 to 255 bytes
/// @param mu_hasher   receives the handle; free it with `pqc_mu_hasher_free`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_mu_hasher_from_public_key(
    public_key: *const PqcPublicKey,
    context: *const u8,
    context_len: usize,
    mu_hasher: *mut *mut PqcMuHasher,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((public_key, context), mu_hasher) =
            arguments((handle(public_key), input(context, context_len)), slot(mu_hasher))?;
        let hasher = public_key?.key.mu_hasher(context?)?;
        mu_hasher.put(into_handle(Shared::try_new(PqcMuHasher(Mutex::new(hasher)))?));
        Ok(())
    })
}

/// Hashes the next bytes of the message.
///
/// @param data  the bytes, of any length
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_mu_hasher_update(
    mu_hasher: *mut PqcMuHasher,
    data: *const u8,
    data_len: usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((mu_hasher, data), ()) = arguments((handle(mu_hasher.cast_const()), input(data, data_len)), ())?;
        let hasher = mu_hasher?;
        hasher.lock().update(data?)?;
        Ok(())
    })
}

/// Returns the `mu` of the message so far. The message may go on.
///
/// @param mu  receives MLDSA_MUBYTES (64) bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_mu_hasher_finalize(mu_hasher: *const PqcMuHasher, mu: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        report(mu_hasher, mu, |hasher: &PqcMuHasher| {
            let mut made = Buffer::zeroed(Memory::Heap, MLDSA_MU_BYTES)?;
            hasher.lock().finalize(made.as_mut_slice().try_into().map_err(|_| Error::Internal)?)?;
            Ok(made.into_ffi())
        })
    }
}

/// Copies a hash, which then continues independently of the copy: the common prefix of several messages is hashed once.
///
/// @param copy  receives the handle; free it with `pqc_mu_hasher_free`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_mu_hasher_copy(mu_hasher: *const PqcMuHasher, copy: *mut *mut PqcMuHasher) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let (mu_hasher, copy) = arguments(handle(mu_hasher), slot(copy))?;
        let hasher = mu_hasher?.lock().try_clone()?;
        copy.put(into_handle(Shared::try_new(PqcMuHasher(Mutex::new(hasher)))?));
        Ok(())
    })
}

/// Frees a hash. NULL is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_mu_hasher_free(mu_hasher: *mut PqcMuHasher) {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        drop(from_handle(mu_hasher));
        Ok(())
    });
}

/// Signs the message of a `mu` (FIPS 204, algorithm 7, from line 7 on), as `pqc_sign` does. `pqc_verify` accepts the signature.
///
/// @param private_key  the private key
/// @param mu           the hash from `pqc_mu_hasher_finalize` for its public key, MLDSA_MUBYTES (64) bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_sign_mu(
    private_key: *const PqcPrivateKey,
    mu: *const u8,
    mu_len: usize,
    flags: u32,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let (inputs, out) = unsafe { ((handle(private_key), copied_input(mu, mu_len)), slot(signature)) };
    sign(None, inputs, out, |key, mu, out| Ok(key.sign_mu(mu?, randomness(flags)?, out)?))
}

/// Verifies a signature of the message of a `mu` (FIPS 204, algorithm 8, from line 8 on), from `pqc_sign_mu` or `pqc_sign`.
///
/// @param public_key  the public key
/// @param mu          the hash from `pqc_mu_hasher_finalize` for this key, MLDSA_MUBYTES (64) bytes
/// @return PQC_STATUS_INVALID_SIGNATURE        the signature is not valid, or has a wrong length
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_verify_mu(
    public_key: *const PqcPublicKey,
    mu: *const u8,
    mu_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    let inputs = unsafe { (handle(public_key), [input(mu, mu_len), input(signature, signature_len)]) };
    verify(None, inputs, |key, [mu, signature]| Ok(key.verify_mu(mu?, signature?)?))
}
