//! ML-KEM (FIPS 203): key pairs, public keys, encapsulation and decapsulation.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, guard, handle, input, output_buffer, slot};
use crate::calls::{Call, counted};
use crate::counters::add_wiped;
use crate::handle::Shared;
use crate::key_ffi::{PqcPrivateKey, PqcPublicKey};
use crate::memory::{Buffer, FFIBuffer, filled};
use crate::operation::Action;
use crate::settings::{flags_of, key_options};
use crate::status::PqcStatus;
use pqc_core::{Algorithm, Error, Family, KeyOptions, Memory, SHARED_SECRET_BYTES as MLKEM_SHARED_SECRET_BYTES};

pub use crate::algorithm_ffi::*;

/// A key pair.
pub type MlKemKeyPair = PqcPrivateKey;
/// A public key.
pub type MlKemPublicKey = PqcPublicKey;

pub(crate) fn new_key_pair(key: pqc_core::PrivateKey) -> Result<*mut PqcPrivateKey, PqcStatus> {
    PqcPrivateKey::shared(key).map(Shared::into_raw)
}

pub(crate) fn set_of(id: u32) -> Result<Algorithm, PqcStatus> {
    let found = Algorithm::from_id(id).filter(|found| found.family() == Family::MlKem);
    found.ok_or(PqcStatus::UnknownAlgorithm)
}

fn choose(call: &Call, parameter_set: u32, flags: u32) -> Result<(Algorithm, KeyOptions), PqcStatus> {
    let set = set_of(parameter_set)?;
    call.on(set)?;
    Ok((set, key_options(flags)?))
}

/// A buffer with the shared secret that `write` puts into it.
fn shared_secret(
    memory: Memory,
    write: impl FnOnce(&mut [u8; MLKEM_SHARED_SECRET_BYTES]) -> Result<(), Error>,
) -> Result<Buffer, PqcStatus> {
    filled(memory, MLKEM_SHARED_SECRET_BYTES, |bytes| write(bytes.try_into().map_err(|_| Error::Internal)?))
}

/// Makes a key pair from the system's randomness: ML-KEM.KeyGen (FIPS 203, 7.1).
///
/// @param parameter_set  512, 768 or 1024
/// @param flags          0 or PQC_KEY_*
/// @param key_pair       receives the handle; free it with `mlkem_keypair_free`
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
pub unsafe extern "C" fn mlkem_keypair_generate(
    parameter_set: u32,
    flags: u32,
    key_pair: *mut *mut MlKemKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Generate, Some(Family::MlKem), |call| unsafe {
        let ((), key_pair) = arguments((), slot(key_pair))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::generate(set, options)?)?);
        Ok(())
    })
}

/// Makes the key pair of a seed `d || z` (FIPS 203, 7.1). The seed is kept and can be read back.
///
/// @param parameter_set  512, 768 or 1024
/// @param flags          0 or PQC_KEY_*
/// @param seed           the seed, MLKEM_SEEDBYTES (64) bytes
/// @param seed_len       its length
/// @param key_pair       receives the handle; free it with `mlkem_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           seed or key_pair is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_SEED_LENGTH            seed_len is not 64
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
pub unsafe extern "C" fn mlkem_keypair_from_seed(
    parameter_set: u32,
    flags: u32,
    seed: *const u8,
    seed_len: usize,
    key_pair: *mut *mut MlKemKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlKem), |call| unsafe {
        let (seed, key_pair) = arguments(input(seed, seed_len), slot(key_pair))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::from_seed(set, options, seed?)?)?);
        Ok(())
    })
}

/// Makes a key pair from an expanded decapsulation key `dk_PKE || ek || H(ek) || z`, after checking it.
///
/// The checks are those of FIPS 203, 7.3, and that every coefficient is below the modulus.
///
/// @param parameter_set    512, 768 or 1024
/// @param flags            0 or PQC_KEY_*
/// @param private_key      the key, MLKEM*_PRIVATEKEYBYTES (1632, 2400 or 3168) bytes
/// @param private_key_len  its length
/// @param key_pair         receives the handle; free it with `mlkem_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           private_key or key_pair is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_PRIVATE_KEY_LENGTH     private_key_len is not that of the set
/// @return PQC_STATUS_PRIVATE_KEY_RANGE      a secret coefficient is not below the modulus
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS     a coefficient of the embedded ek is not below the modulus
/// @return PQC_STATUS_PRIVATE_KEY_HASH       the embedded hash is not that of the embedded ek
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
pub unsafe extern "C" fn mlkem_keypair_from_private_key(
    parameter_set: u32,
    flags: u32,
    private_key: *const u8,
    private_key_len: usize,
    key_pair: *mut *mut MlKemKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlKem), |call| unsafe {
        let (private_key, key_pair) = arguments(input(private_key, private_key_len), slot(key_pair))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::from_bytes(set, options, private_key?)?)?);
        Ok(())
    })
}

/// Tells the parameter set of a key pair.
///
/// @param key_pair       the key pair
/// @param parameter_set  receives 512, 768 or 1024
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_keypair_parameter_set(
    key_pair: *const MlKemKeyPair,
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
pub unsafe extern "C" fn mlkem_keypair_options(key_pair: *const MlKemKeyPair, flags: *mut u32) -> PqcStatus {
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
pub unsafe extern "C" fn mlkem_keypair_resident_bytes(key_pair: *const MlKemKeyPair, bytes: *mut usize) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, bytes) = arguments(handle(key_pair), slot(bytes))?;
        bytes.put(key_pair?.key.resident_bytes());
        Ok(())
    })
}

/// Gives the encapsulation key of a key pair as a handle of its own, which may outlive the pair.
///
/// All handles of one pair's public key are one counted object.
///
/// @param key_pair    the key pair
/// @param public_key  receives the handle; free it with `mlkem_public_key_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_keypair_public_key(
    key_pair: *const MlKemKeyPair,
    public_key: *mut *mut MlKemPublicKey,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, public_key) = arguments(handle(key_pair), slot(public_key))?;
        public_key.put(key_pair?.public_key()?.into_raw());
        Ok(())
    })
}

/// Encodes the encapsulation key of a key pair.
///
/// @param key_pair    the key pair
/// @param public_key  receives MLKEM*_PUBLICKEYBYTES (800, 1184 or 1568) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_keypair_public_key_bytes(
    key_pair: *const MlKemKeyPair,
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

/// Encodes the expanded decapsulation key of a key pair. The result is secret.
///
/// @param key_pair     the key pair
/// @param private_key  receives MLKEM*_PRIVATEKEYBYTES (1632, 2400 or 3168) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_keypair_private_key_bytes(
    key_pair: *const MlKemKeyPair,
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

/// Copies the seed `d || z` of a key pair. The result is secret.
///
/// @param key_pair  the key pair
/// @param seed      receives MLKEM_SEEDBYTES (64) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER      a pointer is NULL
/// @return PQC_STATUS_SEED_UNAVAILABLE  the pair was loaded from its expanded form
/// @return PQC_STATUS_OUT_OF_MEMORY     no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_keypair_seed_bytes(key_pair: *const MlKemKeyPair, seed: *mut FFIBuffer) -> PqcStatus {
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
pub unsafe extern "C" fn mlkem_keypair_free(key_pair: *mut MlKemKeyPair) {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        if let Some(key) = Shared::from_raw(key_pair) {
            add_wiped(key.key.secret_bytes());
        }
        Ok(())
    });
}

/// Loads an encapsulation key, with the checks of FIPS 203, 7.2.
///
/// @param parameter_set  512, 768 or 1024
/// @param flags          0 or PQC_KEY_*
/// @param bytes          the key, MLKEM*_PUBLICKEYBYTES (800, 1184 or 1568) bytes
/// @param bytes_len      its length
/// @param public_key     receives the handle; free it with `mlkem_public_key_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           bytes or public_key is NULL
/// @return PQC_STATUS_UNKNOWN_PARAMETER_SET  parameter_set is none of the three
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_PUBLIC_KEY_LENGTH      bytes_len is not that of the set
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS     a coefficient is not below the modulus
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
pub unsafe extern "C" fn mlkem_public_key_from_bytes(
    parameter_set: u32,
    flags: u32,
    bytes: *const u8,
    bytes_len: usize,
    public_key: *mut *mut MlKemPublicKey,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::MlKem), |call| unsafe {
        let (bytes, public_key) = arguments(input(bytes, bytes_len), slot(public_key))?;
        let (set, options) = choose(call, parameter_set, flags)?;
        let key = pqc_core::PublicKey::from_bytes(set, options, bytes?)?;
        public_key.put(Shared::try_new(PqcPublicKey { key })?.into_raw());
        Ok(())
    })
}

/// Tells the parameter set of an encapsulation key.
///
/// @param public_key     the key
/// @param parameter_set  receives 512, 768 or 1024
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER  a pointer is NULL
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_public_key_parameter_set(
    public_key: *const MlKemPublicKey,
    parameter_set: *mut u32,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, parameter_set) = arguments(handle(public_key), slot(parameter_set))?;
        parameter_set.put(public_key?.key.algorithm().id());
        Ok(())
    })
}

/// Tells what an encapsulation key was asked to be, as the flags that ask for the same again: PQC_KEY_* of its engine and its code path,
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
pub unsafe extern "C" fn mlkem_public_key_options(public_key: *const MlKemPublicKey, flags: *mut u32) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, flags) = arguments(handle(public_key), slot(flags))?;
        flags.put(flags_of(public_key?.key.options()));
        Ok(())
    })
}

/// Tells how many bytes of memory the forms of an encapsulation key take that are kept now. A use may add a form: see
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
pub unsafe extern "C" fn mlkem_public_key_resident_bytes(
    public_key: *const MlKemPublicKey,
    bytes: *mut usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, bytes) = arguments(handle(public_key), slot(bytes))?;
        bytes.put(public_key?.key.resident_bytes());
        Ok(())
    })
}

/// Encodes an encapsulation key.
///
/// @param public_key  the key
/// @param bytes       receives MLKEM*_PUBLICKEYBYTES (800, 1184 or 1568) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_public_key_bytes(public_key: *const MlKemPublicKey, bytes: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, bytes) = arguments(handle(public_key), slot(bytes))?;
        let key = &public_key?.key;
        bytes.put(filled(Memory::Heap, key.algorithm().public_key_bytes(), |out| key.write(out))?.into_ffi());
        Ok(())
    })
}

/// Ends a handle of an encapsulation key. NULL is harmless; a handle must not be freed twice, nor beside a use of it.
///
/// # Safety
/// `public_key` is NULL or a handle of this library that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_public_key_free(public_key: *mut MlKemPublicKey) {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        drop(Shared::from_raw(public_key));
        Ok(())
    });
}

/// Makes a shared secret and its ciphertext: ML-KEM.Encaps (FIPS 203, 7.2). The shared secret is secret.
///
/// @param public_key     the encapsulation key
/// @param ciphertext     receives MLKEM*_CIPHERTEXTBYTES (768, 1088 or 1568) bytes; free it with `ffi_buffer_free`
/// @param shared_secret  receives MLKEM_SHAREDSECRETBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_RANDOMNESS     the system gave no randomness
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate(
    public_key: *const MlKemPublicKey,
    ciphertext: *mut FFIBuffer,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Encapsulate, Some(Family::MlKem), |call| unsafe {
        let (public_key, (ciphertext, shared_secret)) =
            arguments(handle(public_key), (slot(ciphertext), slot(shared_secret)))?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        let mut made = Buffer::zeroed(Memory::Heap, key.algorithm().ciphertext_bytes())?;
        let secret = self::shared_secret(key.options().memory, |secret| key.encapsulate(made.as_mut_slice(), secret))?;
        ciphertext.put(made.into_ffi());
        shared_secret.put(secret.into_ffi());
        Ok(())
    })
}

/// For tests: encapsulation with the randomness `m` given (FIPS 203, algorithm 17). Never use it with a real key.
///
/// @param public_key     the encapsulation key
/// @param m              the randomness, MLKEM_RANDOMNESSBYTES (32) bytes
/// @param m_len          its length
/// @param ciphertext     receives MLKEM*_CIPHERTEXTBYTES (768, 1088 or 1568) bytes; free it with `ffi_buffer_free`
/// @param shared_secret  receives MLKEM_SHAREDSECRETBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_RANDOMNESS_LENGTH  m_len is not 32
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate_derand(
    public_key: *const MlKemPublicKey,
    m: *const u8,
    m_len: usize,
    ciphertext: *mut FFIBuffer,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Encapsulate, Some(Family::MlKem), |call| unsafe {
        let ((public_key, m), (ciphertext, shared_secret)) =
            arguments((handle(public_key), input(m, m_len)), (slot(ciphertext), slot(shared_secret)))?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        let m = m?;
        let mut made = Buffer::zeroed(Memory::Heap, key.algorithm().ciphertext_bytes())?;
        let secret =
            self::shared_secret(key.options().memory, |secret| key.encapsulate_derand(m, made.as_mut_slice(), secret))?;
        ciphertext.put(made.into_ffi());
        shared_secret.put(secret.into_ffi());
        Ok(())
    })
}

/// Recovers the shared secret of a ciphertext: ML-KEM.Decaps (FIPS 203, 7.3). The shared secret is secret.
///
/// A ciphertext that was not made for this key is no error: it gives another, unpredictable secret (implicit rejection).
///
/// @param key_pair       the key pair
/// @param ciphertext     the ciphertext, MLKEM*_CIPHERTEXTBYTES (768, 1088 or 1568) bytes
/// @param ciphertext_len its length
/// @param shared_secret  receives MLKEM_SHAREDSECRETBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_CIPHERTEXT_LENGTH  ciphertext_len is not that of the key's set
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_decapsulate(
    key_pair: *const MlKemKeyPair,
    ciphertext: *const u8,
    ciphertext_len: usize,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Decapsulate, Some(Family::MlKem), |call| unsafe {
        let ((key_pair, ciphertext), shared_secret) =
            arguments((handle(key_pair), input(ciphertext, ciphertext_len)), slot(shared_secret))?;
        let key = &key_pair?.key;
        call.on(key.algorithm())?;
        let ciphertext = ciphertext?;
        shared_secret
            .put(self::shared_secret(key.options().memory, |secret| key.decapsulate(ciphertext, secret))?.into_ffi());
        Ok(())
    })
}

/// As `mlkem_encapsulate`, into memory of the caller, which the library neither allocates nor frees.
///
/// @param public_key              the encapsulation key
/// @param ciphertext              receives MLKEM*_CIPHERTEXTBYTES (768, 1088 or 1568) bytes
/// @param ciphertext_capacity     how many bytes there is room for
/// @param ciphertext_len          receives how many were written
/// @param shared_secret           receives MLKEM_SHAREDSECRETBYTES (32) bytes, secret: wipe them after use
/// @param shared_secret_capacity  how many bytes there is room for
/// @param shared_secret_len       receives how many were written
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUTPUT_LENGTH  a capacity is below the size of the result
/// @return PQC_STATUS_RANDOMNESS     the system gave no randomness
///
/// # Safety
/// Each pointer is NULL or valid for the type and capacity given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_encapsulate_into(
    public_key: *const MlKemPublicKey,
    ciphertext: *mut u8,
    ciphertext_capacity: usize,
    ciphertext_len: *mut usize,
    shared_secret: *mut u8,
    shared_secret_capacity: usize,
    shared_secret_len: *mut usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Encapsulate, Some(Family::MlKem), |call| unsafe {
        let (public_key, (ciphertext, shared_secret)) = arguments(
            handle(public_key),
            (
                output_buffer(ciphertext, ciphertext_capacity, ciphertext_len),
                output_buffer(shared_secret, shared_secret_capacity, shared_secret_len),
            ),
        )?;
        let key = &public_key?.key;
        call.on(key.algorithm())?;
        let mut ciphertext = ciphertext.take(key.algorithm().ciphertext_bytes())?;
        let mut secret = shared_secret.take(MLKEM_SHARED_SECRET_BYTES)?;
        let bytes = secret.as_mut_slice().try_into().map_err(|_| PqcStatus::Internal)?;
        key.encapsulate(ciphertext.as_mut_slice(), bytes)?;
        ciphertext.hand_out(key.algorithm().ciphertext_bytes());
        secret.hand_out(MLKEM_SHARED_SECRET_BYTES);
        Ok(())
    })
}

/// As `mlkem_decapsulate`, into memory of the caller, which the library neither allocates nor frees.
///
/// @param key_pair                the key pair
/// @param ciphertext              the ciphertext, MLKEM*_CIPHERTEXTBYTES (768, 1088 or 1568) bytes
/// @param ciphertext_len          its length
/// @param shared_secret           receives MLKEM_SHAREDSECRETBYTES (32) bytes, secret: wipe them after use
/// @param shared_secret_capacity  how many bytes there is room for
/// @param shared_secret_len       receives how many were written
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_CIPHERTEXT_LENGTH  ciphertext_len is not that of the key's set
/// @return PQC_STATUS_OUTPUT_LENGTH      shared_secret_capacity is below 32
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlkem_decapsulate_into(
    key_pair: *const MlKemKeyPair,
    ciphertext: *const u8,
    ciphertext_len: usize,
    shared_secret: *mut u8,
    shared_secret_capacity: usize,
    shared_secret_len: *mut usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Decapsulate, Some(Family::MlKem), |call| unsafe {
        let ((key_pair, ciphertext), shared_secret) = arguments(
            (handle(key_pair), input(ciphertext, ciphertext_len)),
            output_buffer(shared_secret, shared_secret_capacity, shared_secret_len),
        )?;
        let key = &key_pair?.key;
        call.on(key.algorithm())?;
        let ciphertext = ciphertext?;
        let mut secret = shared_secret.take(MLKEM_SHARED_SECRET_BYTES)?;
        key.decapsulate(ciphertext, secret.as_mut_slice().try_into().map_err(|_| PqcStatus::Internal)?)?;
        secret.hand_out(MLKEM_SHARED_SECRET_BYTES);
        Ok(())
    })
}

/// Returns the bytes of an encoded encapsulation key of a parameter set, or 0 for a number that is no set.
#[unsafe(no_mangle)]
pub extern "C" fn mlkem_public_key_size(parameter_set: u32) -> usize {
    set_of(parameter_set).map_or(0, Algorithm::public_key_bytes)
}

/// Returns the bytes of an expanded decapsulation key of a parameter set, or 0 for a number that is no set.
#[unsafe(no_mangle)]
pub extern "C" fn mlkem_private_key_size(parameter_set: u32) -> usize {
    set_of(parameter_set).map_or(0, Algorithm::private_key_bytes)
}

/// Returns the bytes of a ciphertext of a parameter set, or 0 for a number that is no set.
#[unsafe(no_mangle)]
pub extern "C" fn mlkem_ciphertext_size(parameter_set: u32) -> usize {
    set_of(parameter_set).map_or(0, Algorithm::ciphertext_bytes)
}
