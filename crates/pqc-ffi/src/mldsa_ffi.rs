//! ML-DSA (FIPS 204): key pairs, public keys, signing and verification.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, guard, handle, input, output_buffer, slot};
use crate::calls::{Call, counted};
use crate::counters::add_wiped;
use crate::handle::Shared;
use crate::key_ffi::{PqcPrivateKey, PqcPublicKey};
use crate::memory::{FFIBuffer, filled};
use crate::operation::Action;
use crate::settings::{flags_of, key_options};
use crate::status::PqcStatus;
use pqc_core::{Algorithm, Error, Family, KeyOptions, Memory, PreHash, Randomness};

pub use crate::algorithm_ffi::*;
pub use crate::signature_ffi::{
    PQC_HASH_SHA2_224, PQC_HASH_SHA2_256, PQC_HASH_SHA2_384, PQC_HASH_SHA2_512, PQC_HASH_SHA2_512_224,
    PQC_HASH_SHA2_512_256, PQC_HASH_SHA3_224, PQC_HASH_SHA3_256, PQC_HASH_SHA3_384, PQC_HASH_SHA3_512,
    PQC_HASH_SHAKE128, PQC_HASH_SHAKE256,
};

/// Flag of mldsa_sign: sign with 32 zero bytes instead of fresh randomness (FIPS 204, 5.2).
pub const MLDSA_SIGN_DETERMINISTIC: u32 = 1;

pub(crate) fn randomness(flags: u32) -> Result<Randomness<'static>, PqcStatus> {
    crate::signature_ffi::randomness(flags)
}

fn pre_hash(hash: u32) -> Result<PreHash, PqcStatus> {
    crate::signature_ffi::pre_hash(hash)
}

/// A key pair.
pub type MlDsaKeyPair = PqcPrivateKey;
/// A public key.
pub type MlDsaPublicKey = PqcPublicKey;

pub(crate) fn new_key_pair(key: pqc_core::PrivateKey) -> Result<*mut PqcPrivateKey, PqcStatus> {
    PqcPrivateKey::shared(key).map(Shared::into_raw)
}

pub(crate) fn set_of(id: u32) -> Result<Algorithm, PqcStatus> {
    let found = Algorithm::from_id(id).filter(|found| found.family() == Family::MlDsa);
    found.ok_or(PqcStatus::UnknownAlgorithm)
}

fn choose(call: &Call, parameter_set: u32, flags: u32) -> Result<(Algorithm, KeyOptions), PqcStatus> {
    let set = set_of(parameter_set)?;
    call.on(set)?;
    Ok((set, key_options(flags)?))
}

/// Makes a key pair from the system's randomness: ML-DSA.KeyGen (FIPS 204, 5.1).
///
/// @param parameter_set  44, 65 or 87
/// @param flags          0 or PQC_KEY_*
/// @param key_pair       receives the handle; free it with `mldsa_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           key_pair is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_RANDOMNESS             the system gave no randomness
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
pub unsafe extern "C" fn mldsa_keypair_generate(
    parameter_set: u32,
    flags: u32,
    key_pair: *mut *mut MlDsaKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Generate, Some(Family::MlDsa), |call| unsafe {
        let ((), key_pair) = arguments((), slot(key_pair))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::generate(set, options)?)?);
        Ok(())
    })
}

/// Makes the key pair of a seed `xi` (FIPS 204, 5.1). The seed is kept and can be read back.
///
/// @param parameter_set  44, 65 or 87
/// @param flags          0 or PQC_KEY_*
/// @param seed           the seed, MLDSA_SEEDBYTES (32) bytes
/// @param seed_len       its length
/// @param key_pair       receives the handle; free it with `mldsa_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           seed or key_pair is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_SEED_LENGTH            seed_len is not 32
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
pub unsafe extern "C" fn mldsa_keypair_from_seed(
    parameter_set: u32,
    flags: u32,
    seed: *const u8,
    seed_len: usize,
    key_pair: *mut *mut MlDsaKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlDsa), |call| unsafe {
        let (seed, key_pair) = arguments(input(seed, seed_len), slot(key_pair))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::from_seed(set, options, seed?)?)?);
        Ok(())
    })
}

/// Makes a key pair from an expanded private key `rho || K || tr || s1 || s2 || t0`, after checking it.
///
/// The coefficients of s1 and s2 must be within eta, `tr` the hash of the public key derived from them, and `t0` the rest of
/// what it is rounded from.
///
/// @param parameter_set    44, 65 or 87
/// @param flags            0 or PQC_KEY_*
/// @param private_key      the key, MLDSA*_PRIVATEKEYBYTES (2560, 4032 or 4896) bytes
/// @param private_key_len  its length
/// @param key_pair         receives the handle; free it with `mldsa_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           private_key or key_pair is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_PRIVATE_KEY_LENGTH     private_key_len is not that of the set
/// @return PQC_STATUS_PRIVATE_KEY_RANGE      a coefficient of s1 or s2 is not within eta
/// @return PQC_STATUS_PRIVATE_KEY_HASH       tr is not the hash of the derived public key
/// @return PQC_STATUS_KEY_PAIR_MISMATCH      t0 does not belong to the rest
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
pub unsafe extern "C" fn mldsa_keypair_from_private_key(
    parameter_set: u32,
    flags: u32,
    private_key: *const u8,
    private_key_len: usize,
    key_pair: *mut *mut MlDsaKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlDsa), |call| unsafe {
        let (private_key, key_pair) = arguments(input(private_key, private_key_len), slot(key_pair))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::from_bytes(set, options, private_key?)?)?);
        Ok(())
    })
}

/// Tells the parameter set of a key pair.
///
/// @param key_pair       the key pair
/// @param parameter_set  receives 44, 65 or 87
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_parameter_set(
    key_pair: *const MlDsaKeyPair,
    parameter_set: *mut u32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, parameter_set) = arguments(handle(key_pair), slot(parameter_set))?;
        parameter_set.put(key_pair?.key.algorithm().id());
        Ok(())
    })
}

/// Tells what a key pair was asked to be, as the flags that ask for the same again: PQC_KEY_* of its engine and its code path,
/// and those of memory and precomputing that were given.
///
/// @param key_pair  the key pair
/// @param flags     receives the flags
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_options(key_pair: *const MlDsaKeyPair, flags: *mut u32) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, flags) = arguments(handle(key_pair), slot(flags))?;
        flags.put(flags_of(key_pair?.key.options()));
        Ok(())
    })
}

/// Tells how many bytes of memory the forms of a key pair take that are kept now. A use may add a form: see
/// PQC_KEY_PRECOMPUTE.
///
/// @param key_pair  the key pair
/// @param bytes     receives the number of bytes
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_resident_bytes(key_pair: *const MlDsaKeyPair, bytes: *mut usize) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, bytes) = arguments(handle(key_pair), slot(bytes))?;
        bytes.put(key_pair?.key.resident_bytes());
        Ok(())
    })
}

/// Gives the public key of a key pair as a handle of its own, which may outlive the pair.
///
/// All handles of one pair's public key are one counted object.
///
/// @param key_pair    the key pair
/// @param public_key  receives the handle; free it with `mldsa_public_key_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_public_key(
    key_pair: *const MlDsaKeyPair,
    public_key: *mut *mut MlDsaPublicKey,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, public_key) = arguments(handle(key_pair), slot(public_key))?;
        public_key.put(key_pair?.public_key()?.into_raw());
        Ok(())
    })
}

/// Encodes the public key of a key pair.
///
/// @param key_pair    the key pair
/// @param public_key  receives MLDSA*_PUBLICKEYBYTES (1312, 1952 or 2592) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_public_key_bytes(
    key_pair: *const MlDsaKeyPair,
    public_key: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, public_key) = arguments(handle(key_pair), slot(public_key))?;
        let key = key_pair?;
        public_key.put(
            filled(Memory::Heap, key.key.algorithm().public_key_bytes(), |out| key.key.write_public_key(out))?
                .into_ffi(),
        );
        Ok(())
    })
}

/// Encodes the expanded private key of a key pair. The result is secret.
///
/// @param key_pair     the key pair
/// @param private_key  receives MLDSA*_PRIVATEKEYBYTES (2560, 4032 or 4896) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_private_key_bytes(
    key_pair: *const MlDsaKeyPair,
    private_key: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, private_key) = arguments(handle(key_pair), slot(private_key))?;
        let key = key_pair?;
        private_key.put(
            filled(key.key.options().memory, key.key.algorithm().private_key_bytes(), |out| key.key.write(out))?
                .into_ffi(),
        );
        Ok(())
    })
}

/// Copies the seed `xi` of a key pair. The result is secret.
///
/// @param key_pair  the key pair
/// @param seed      receives MLDSA_SEEDBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER      a pointer is NULL
/// @return PQC_STATUS_SEED_UNAVAILABLE  the pair was loaded from its expanded form
/// @return PQC_STATUS_OUT_OF_MEMORY     no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_seed_bytes(key_pair: *const MlDsaKeyPair, seed: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, seed) = arguments(handle(key_pair), slot(seed))?;
        let key = &key_pair?.key;
        let known = key.seed()?;
        let copy = filled(key.options().memory, known.len(), |out| {
            out.copy_from_slice(known);
            Ok::<_, Error>(())
        })?;
        seed.put(copy.into_ffi());
        Ok(())
    })
}

/// Ends a key pair and wipes it. NULL is harmless; a handle must not be freed twice, nor beside a use of it.
///
/// # Safety
/// `key_pair` is NULL or a handle of this library that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_keypair_free(key_pair: *mut MlDsaKeyPair) {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        if let Some(key) = Shared::from_raw(key_pair) {
            add_wiped(key.key.secret_bytes());
        }
        Ok(())
    });
}

/// Loads a public key. Every string of the right length is one (FIPS 204, algorithm 23).
///
/// @param parameter_set  44, 65 or 87
/// @param flags          0 or PQC_KEY_*
/// @param bytes          the key, MLDSA*_PUBLICKEYBYTES (1312, 1952 or 2592) bytes
/// @param bytes_len      its length
/// @param public_key     receives the handle; free it with `mldsa_public_key_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           bytes or public_key is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_PUBLIC_KEY_LENGTH      bytes_len is not that of the set
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
pub unsafe extern "C" fn mldsa_public_key_from_bytes(
    parameter_set: u32,
    flags: u32,
    bytes: *const u8,
    bytes_len: usize,
    public_key: *mut *mut MlDsaPublicKey,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlDsa), |call| unsafe {
        let (bytes, public_key) = arguments(input(bytes, bytes_len), slot(public_key))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        let key = pqc_core::PublicKey::from_bytes(set, options, bytes?)?;
        public_key.put(Shared::try_new(PqcPublicKey { key })?.into_raw());
        Ok(())
    })
}

/// Tells the parameter set of a public key.
///
/// @param public_key     the key
/// @param parameter_set  receives 44, 65 or 87
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_public_key_parameter_set(
    public_key: *const MlDsaPublicKey,
    parameter_set: *mut u32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, parameter_set) = arguments(handle(public_key), slot(parameter_set))?;
        parameter_set.put(public_key?.key.algorithm().id());
        Ok(())
    })
}

/// Tells what a public key was asked to be, as the flags that ask for the same again: PQC_KEY_* of its engine and its code path,
/// and those of memory and precomputing that were given.
///
/// @param public_key  the key
/// @param flags       receives the flags
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_public_key_options(public_key: *const MlDsaPublicKey, flags: *mut u32) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, flags) = arguments(handle(public_key), slot(flags))?;
        flags.put(flags_of(public_key?.key.options()));
        Ok(())
    })
}

/// Tells how many bytes of memory the forms of a public key take that are kept now. A use may add a form: see
/// PQC_KEY_PRECOMPUTE.
///
/// @param public_key  the key
/// @param bytes       receives the number of bytes
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_public_key_resident_bytes(
    public_key: *const MlDsaPublicKey,
    bytes: *mut usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, bytes) = arguments(handle(public_key), slot(bytes))?;
        bytes.put(public_key?.key.resident_bytes());
        Ok(())
    })
}

/// Encodes a public key.
///
/// @param public_key  the key
/// @param bytes       receives MLDSA*_PUBLICKEYBYTES (1312, 1952 or 2592) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_public_key_bytes(public_key: *const MlDsaPublicKey, bytes: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, bytes) = arguments(handle(public_key), slot(bytes))?;
        let key = &public_key?.key;
        bytes.put(filled(Memory::Heap, key.algorithm().public_key_bytes(), |out| key.write(out))?.into_ffi());
        Ok(())
    })
}

/// Ends a handle of a public key. NULL is harmless; a handle must not be freed twice, nor beside a use of it.
///
/// # Safety
/// `public_key` is NULL or a handle of this library that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_public_key_free(public_key: *mut MlDsaPublicKey) {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        drop(Shared::from_raw(public_key));
        Ok(())
    });
}

/// Signs a message: ML-DSA.Sign (FIPS 204, 5.2), hedged with fresh randomness unless flags say otherwise.
///
/// @param key_pair     the key pair
/// @param message      the message, of any length
/// @param message_len  its length
/// @param context      the context, 0 to 255 bytes
/// @param context_len  its length
/// @param flags        0 or MLDSA_SIGN_DETERMINISTIC
/// @param signature    receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER    key_pair or signature is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_FLAGS   flags has another bit
/// @return PQC_STATUS_CONTEXT_LENGTH  context_len is above 255
/// @return PQC_STATUS_RANDOMNESS      the system gave no randomness
/// @return PQC_STATUS_OUT_OF_MEMORY   no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
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
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, [message, context]), signature) =
            arguments((handle(key_pair), [input(message, message_len), input(context, context_len)]), slot(signature))?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let (message, context) = (message?, context?);
        let randomness = randomness(flags)?;
        let made = filled(Memory::Heap, key.key.algorithm().signature_bytes(), |out| {
            key.key.sign(message, context, randomness, out).map(|_| ())
        })?;
        signature.put(made.into_ffi());
        Ok(())
    })
}

/// For tests: signs with the randomness `rnd` given. Never use it with a real key.
///
/// @param key_pair     the key pair
/// @param message      the message, of any length
/// @param message_len  its length
/// @param context      the context, 0 to 255 bytes
/// @param context_len  its length
/// @param rnd          the randomness, MLDSA_RANDOMNESSBYTES (32) bytes
/// @param rnd_len      its length
/// @param signature    receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       key_pair or signature is NULL, or an input with a length above 0
/// @return PQC_STATUS_CONTEXT_LENGTH     context_len is above 255
/// @return PQC_STATUS_RANDOMNESS_LENGTH  rnd_len is not 32
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_derand(
    key_pair: *const MlDsaKeyPair,
    message: *const u8,
    message_len: usize,
    context: *const u8,
    context_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, [message, context, rnd]), signature) = arguments(
            (handle(key_pair), [input(message, message_len), input(context, context_len), input(rnd, rnd_len)]),
            slot(signature),
        )?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let (message, context) = (message?, context?);
        let randomness = Randomness::Given(rnd?);
        let made = filled(Memory::Heap, key.key.algorithm().signature_bytes(), |out| {
            key.key.sign(message, context, randomness, out).map(|_| ())
        })?;
        signature.put(made.into_ffi());
        Ok(())
    })
}

/// Signs a digest: HashML-DSA.Sign (FIPS 204, 5.4), hedged with fresh randomness unless flags say otherwise.
///
/// For messages that are too large to pass, or hashed elsewhere. Only mldsa_verify_prehashed accepts the signature.
///
/// @param key_pair     the key pair
/// @param hash         the hash function, PQC_HASH_*
/// @param digest       the digest of the message, 28 to 64 bytes
/// @param digest_len   its length
/// @param context      the context, 0 to 255 bytes
/// @param context_len  its length
/// @param flags        0 or MLDSA_SIGN_DETERMINISTIC
/// @param signature    receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER    key_pair or signature is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_HASH    hash is none of the twelve
/// @return PQC_STATUS_UNKNOWN_FLAGS   flags has another bit
/// @return PQC_STATUS_DIGEST_LENGTH   digest_len is not that of the hash function
/// @return PQC_STATUS_CONTEXT_LENGTH  context_len is above 255
/// @return PQC_STATUS_RANDOMNESS      the system gave no randomness
/// @return PQC_STATUS_OUT_OF_MEMORY   no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_prehashed(
    key_pair: *const MlDsaKeyPair,
    hash: u32,
    digest: *const u8,
    digest_len: usize,
    context: *const u8,
    context_len: usize,
    flags: u32,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, [digest, context]), signature) =
            arguments((handle(key_pair), [input(digest, digest_len), input(context, context_len)]), slot(signature))?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let hash = pre_hash(hash)?;
        let (digest, context) = (digest?, context?);
        let randomness = randomness(flags)?;
        let write = |out: &mut [u8]| key.key.sign_prehashed(hash, digest, context, randomness, out).map(|_| ());
        signature.put(filled(Memory::Heap, key.key.algorithm().signature_bytes(), write)?.into_ffi());
        Ok(())
    })
}

/// For tests: signs a digest with the randomness `rnd` given. Never use it with a real key.
///
/// @param key_pair     the key pair
/// @param hash         the hash function, PQC_HASH_*
/// @param digest       the digest of the message, 28 to 64 bytes
/// @param digest_len   its length
/// @param context      the context, 0 to 255 bytes
/// @param context_len  its length
/// @param rnd          the randomness, MLDSA_RANDOMNESSBYTES (32) bytes
/// @param rnd_len      its length
/// @param signature    receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       key_pair or signature is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_HASH       hash is none of the twelve
/// @return PQC_STATUS_DIGEST_LENGTH      digest_len is not that of the hash function
/// @return PQC_STATUS_CONTEXT_LENGTH     context_len is above 255
/// @return PQC_STATUS_RANDOMNESS_LENGTH  rnd_len is not 32
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_prehashed_derand(
    key_pair: *const MlDsaKeyPair,
    hash: u32,
    digest: *const u8,
    digest_len: usize,
    context: *const u8,
    context_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, [digest, context, rnd]), signature) = arguments(
            (handle(key_pair), [input(digest, digest_len), input(context, context_len), input(rnd, rnd_len)]),
            slot(signature),
        )?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let hash = pre_hash(hash)?;
        let (digest, context) = (digest?, context?);
        let randomness = Randomness::Given(rnd?);
        let write = |out: &mut [u8]| key.key.sign_prehashed(hash, digest, context, randomness, out).map(|_| ());
        signature.put(filled(Memory::Heap, key.key.algorithm().signature_bytes(), write)?.into_ffi());
        Ok(())
    })
}

/// For tests: ML-DSA.Sign_internal (FIPS 204, algorithm 7) of a raw M', which already holds context and separator.
///
/// @param key_pair     the key pair
/// @param m_prime      the formatted message M', of any length
/// @param m_prime_len  its length
/// @param rnd          the randomness, MLDSA_RANDOMNESSBYTES (32) bytes
/// @param rnd_len      its length
/// @param signature    receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       key_pair or signature is NULL, or an input with a length above 0
/// @return PQC_STATUS_RANDOMNESS_LENGTH  rnd_len is not 32
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_internal(
    key_pair: *const MlDsaKeyPair,
    m_prime: *const u8,
    m_prime_len: usize,
    rnd: *const u8,
    rnd_len: usize,
    signature: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, [m_prime, rnd]), signature) =
            arguments((handle(key_pair), [input(m_prime, m_prime_len), input(rnd, rnd_len)]), slot(signature))?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let (m_prime, rnd) = (m_prime?, rnd?);
        let made = filled(Memory::Heap, key.key.algorithm().signature_bytes(), |out| {
            key.key.sign_internal(m_prime, rnd, out).map(|_| ())
        })?;
        signature.put(made.into_ffi());
        Ok(())
    })
}

/// As `mldsa_sign`, into memory of the caller, which the library neither allocates nor frees.
///
/// @param key_pair            the key pair
/// @param message             the message, of any length
/// @param message_len         its length
/// @param context             the context, 0 to 255 bytes
/// @param context_len         its length
/// @param flags               0 or MLDSA_SIGN_DETERMINISTIC
/// @param signature           receives MLDSA*_SIGNATUREBYTES (2420, 3309 or 4627) bytes
/// @param signature_capacity  how many bytes there is room for
/// @param signature_len       receives how many were written
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER    a pointer is NULL, other than that of an empty input
/// @return PQC_STATUS_UNKNOWN_FLAGS   flags has another bit
/// @return PQC_STATUS_CONTEXT_LENGTH  context_len is above 255
/// @return PQC_STATUS_OUTPUT_LENGTH   signature_capacity is below the size of a signature
/// @return PQC_STATUS_RANDOMNESS      the system gave no randomness
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_sign_into(
    key_pair: *const MlDsaKeyPair,
    message: *const u8,
    message_len: usize,
    context: *const u8,
    context_len: usize,
    flags: u32,
    signature: *mut u8,
    signature_capacity: usize,
    signature_len: *mut usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Sign, Some(Family::MlDsa), |call| unsafe {
        let ((key_pair, [message, context]), signature) = arguments(
            (handle(key_pair), [input(message, message_len), input(context, context_len)]),
            output_buffer(signature, signature_capacity, signature_len),
        )?;
        let key = key_pair?;
        call.on(key.key.algorithm())?;
        let (message, context) = (message?, context?);
        let randomness = randomness(flags)?;
        let mut signature = signature.take(key.key.algorithm().signature_bytes())?;
        let len = key.key.sign(message, context, randomness, signature.as_mut_slice())?;
        signature.hand_out(len);
        Ok(())
    })
}

/// Verifies a signature: ML-DSA.Verify (FIPS 204, 5.3).
///
/// @param public_key     the public key
/// @param message        the message, of any length
/// @param message_len    its length
/// @param context        the context, 0 to 255 bytes
/// @param context_len    its length
/// @param signature      the signature; one of a wrong length is a bad signature
/// @param signature_len  its length
/// @return PQC_STATUS_OK                 the signature is valid
/// @return PQC_STATUS_NULL_POINTER       public_key is NULL, or an input with a length above 0
/// @return PQC_STATUS_CONTEXT_LENGTH     context_len is above 255
/// @return PQC_STATUS_INVALID_SIGNATURE  the signature is not valid
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
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
    // SAFETY: as this function's own section demands.
    counted(Action::Verify, Some(Family::MlDsa), |call| unsafe {
        let ((public_key, [message, context, signature]), ()) = arguments(
            (
                handle(public_key),
                [input(message, message_len), input(context, context_len), input(signature, signature_len)],
            ),
            (),
        )?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        let (message, context) = (message?, context?);
        Ok(key.verify(message, context, signature?)?)
    })
}

/// Verifies a signature of a digest: HashML-DSA.Verify (FIPS 204, 5.4).
///
/// @param public_key     the public key
/// @param hash           the hash function, PQC_HASH_*
/// @param digest         the digest of the message, 28 to 64 bytes
/// @param digest_len     its length
/// @param context        the context, 0 to 255 bytes
/// @param context_len    its length
/// @param signature      the signature; one of a wrong length is a bad signature
/// @param signature_len  its length
/// @return PQC_STATUS_OK                 the signature is valid
/// @return PQC_STATUS_NULL_POINTER       public_key is NULL, or an input with a length above 0
/// @return PQC_STATUS_UNKNOWN_HASH       hash is none of the twelve
/// @return PQC_STATUS_DIGEST_LENGTH      digest_len is not that of the hash function
/// @return PQC_STATUS_CONTEXT_LENGTH     context_len is above 255
/// @return PQC_STATUS_INVALID_SIGNATURE  the signature is not valid
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_verify_prehashed(
    public_key: *const MlDsaPublicKey,
    hash: u32,
    digest: *const u8,
    digest_len: usize,
    context: *const u8,
    context_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Verify, Some(Family::MlDsa), |call| unsafe {
        let ((public_key, [digest, context, signature]), ()) = arguments(
            (
                handle(public_key),
                [input(digest, digest_len), input(context, context_len), input(signature, signature_len)],
            ),
            (),
        )?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        let hash = pre_hash(hash)?;
        let (digest, context) = (digest?, context?);
        Ok(key.verify_prehashed(hash, digest, context, signature?)?)
    })
}

/// For tests: ML-DSA.Verify_internal (FIPS 204, algorithm 8) over a raw M', which already holds context and separator.
///
/// @param public_key     the public key
/// @param m_prime        the formatted message M', of any length
/// @param m_prime_len    its length
/// @param signature      the signature; one of a wrong length is a bad signature
/// @param signature_len  its length
/// @return PQC_STATUS_OK                 the signature is valid
/// @return PQC_STATUS_NULL_POINTER       public_key is NULL, or an input with a length above 0
/// @return PQC_STATUS_INVALID_SIGNATURE  the signature is not valid
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mldsa_verify_internal(
    public_key: *const MlDsaPublicKey,
    m_prime: *const u8,
    m_prime_len: usize,
    signature: *const u8,
    signature_len: usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Verify, Some(Family::MlDsa), |call| unsafe {
        let ((public_key, [m_prime, signature]), ()) =
            arguments((handle(public_key), [input(m_prime, m_prime_len), input(signature, signature_len)]), ())?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        Ok(key.verify_internal(m_prime?, signature?)?)
    })
}

/// Returns the bytes of an encoded public key of a parameter set, or 0 for a number that is no set.
#[unsafe(no_mangle)]
pub extern "C" fn mldsa_public_key_size(parameter_set: u32) -> usize {
    set_of(parameter_set).map_or(0, Algorithm::public_key_bytes)
}

/// Returns the bytes of an expanded private key of a parameter set, or 0 for a number that is no set.
#[unsafe(no_mangle)]
pub extern "C" fn mldsa_private_key_size(parameter_set: u32) -> usize {
    set_of(parameter_set).map_or(0, Algorithm::private_key_bytes)
}

/// Returns the bytes of a signature of a parameter set, or 0 for a number that is no set.
#[unsafe(no_mangle)]
pub extern "C" fn mldsa_signature_size(parameter_set: u32) -> usize {
    set_of(parameter_set).map_or(0, Algorithm::signature_bytes)
}
