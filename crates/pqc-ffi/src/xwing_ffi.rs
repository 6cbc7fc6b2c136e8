//! X-Wing (draft-connolly-cfrg-xwing-kem-10): the hybrid of ML-KEM-768 and X25519, HPKE KEM 0x647a.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, guard, handle, input, slot};
use crate::calls::counted;
use crate::counters::add_wiped;
use crate::handle::Shared;
use crate::key_ffi::{PqcPrivateKey, PqcPublicKey};
use crate::memory::{Buffer, FFIBuffer, filled};
use crate::operation::Action;
use crate::settings::{flags_of, key_options};
use crate::status::PqcStatus;
use pqc_core::{Error, Family, Memory};

pub use crate::algorithm_ffi::*;

/// A key pair.
pub type XWingKeyPair = PqcPrivateKey;
/// A public key.
pub type XWingPublicKey = PqcPublicKey;

pub(crate) fn new_key_pair(key: pqc_core::PrivateKey) -> Result<*mut PqcPrivateKey, PqcStatus> {
    PqcPrivateKey::shared(key).map(Shared::into_raw)
}
/// A buffer with the shared secret that `write` puts into it.
fn shared_secret(
    memory: Memory,
    write: impl FnOnce(&mut [u8; XWING_SHAREDSECRETBYTES]) -> Result<(), Error>,
) -> Result<Buffer, PqcStatus> {
    filled(memory, XWING_SHAREDSECRETBYTES, |bytes| write(bytes.try_into().map_err(|_| Error::Internal)?))
}

/// Makes an X-Wing key pair from the system's randomness: GenerateKeyPair (draft-connolly-cfrg-xwing-kem-10, 5.2).
///
/// @param flags     0 or PQC_KEY_*; the code path is that of the ML-KEM part
/// @param key_pair  receives the handle; free it with `xwing_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           key_pair is NULL
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
pub unsafe extern "C" fn xwing_keypair_generate(flags: u32, key_pair: *mut *mut XWingKeyPair) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Generate, Some(Family::XWing), |_| unsafe {
        let ((), key_pair) = arguments((), slot(key_pair))?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::generate(pqc_core::Algorithm::XWing, key_options(flags)?)?)?);
        Ok(())
    })
}

/// Makes the key pair of a seed, which the draft calls the decapsulation key (5.2.1). It is kept and can be read back.
///
/// @param flags     0 or PQC_KEY_*; the code path is that of the ML-KEM part
/// @param seed      the seed, XWING_SEEDBYTES (32) bytes
/// @param seed_len  its length
/// @param key_pair  receives the handle; free it with `xwing_keypair_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           seed or key_pair is NULL
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
pub unsafe extern "C" fn xwing_keypair_from_seed(
    flags: u32,
    seed: *const u8,
    seed_len: usize,
    key_pair: *mut *mut XWingKeyPair,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::XWing), |_| unsafe {
        let (seed, key_pair) = arguments(input(seed, seed_len), slot(key_pair))?;
        let options = key_options(flags)?;
        key_pair.put(new_key_pair(pqc_core::PrivateKey::from_seed(pqc_core::Algorithm::XWing, options, seed?)?)?);
        Ok(())
    })
}

/// Copies the seed of a key pair. The result is secret.
///
/// @param key_pair  the key pair
/// @param seed      receives XWING_SEEDBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_keypair_seed_bytes(key_pair: *const XWingKeyPair, seed: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, seed) = arguments(handle(key_pair), slot(seed))?;
        let key = &key_pair?.key;
        let copy = filled(key.options().memory, XWING_SEEDBYTES, |out| {
            out.copy_from_slice(key.seed()?);
            Ok::<_, Error>(())
        })?;
        seed.put(copy.into_ffi());
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
pub unsafe extern "C" fn xwing_keypair_options(key_pair: *const XWingKeyPair, flags: *mut u32) -> PqcStatus {
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
pub unsafe extern "C" fn xwing_keypair_resident_bytes(key_pair: *const XWingKeyPair, bytes: *mut usize) -> PqcStatus {
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
/// @param public_key  receives the handle; free it with `xwing_public_key_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_keypair_public_key(
    key_pair: *const XWingKeyPair,
    public_key: *mut *mut XWingPublicKey,
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
/// @param public_key  receives XWING_PUBLICKEYBYTES (1216) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_keypair_public_key_bytes(
    key_pair: *const XWingKeyPair,
    public_key: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (key_pair, public_key) = arguments(handle(key_pair), slot(public_key))?;
        let key = &key_pair?.key;
        public_key.put(filled(Memory::Heap, XWING_PUBLICKEYBYTES, |out| key.write_public_key(out))?.into_ffi());
        Ok(())
    })
}

/// Ends a key pair and wipes it. NULL is harmless; a handle must not be freed twice, nor beside a use of it.
///
/// # Safety
/// `key_pair` is NULL or a handle of this library that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_keypair_free(key_pair: *mut XWingKeyPair) {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        if let Some(key) = Shared::from_raw(key_pair) {
            add_wiped(key.key.secret_bytes());
        }
        Ok(())
    });
}

/// Loads an encapsulation key `pk_M || pk_X`, with the check of FIPS 203, 7.2, of its ML-KEM part.
///
/// Every string of 32 bytes is an X25519 part, also one of low order, as the draft has it.
///
/// @param flags       0 or PQC_KEY_*; the code path is that of the ML-KEM part
/// @param bytes       the key, XWING_PUBLICKEYBYTES (1216) bytes
/// @param bytes_len   its length
/// @param public_key  receives the handle; free it with `xwing_public_key_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER           bytes or public_key is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS          flags has another bit, or two of a kind
/// @return PQC_STATUS_PUBLIC_KEY_LENGTH      bytes_len is not 1216
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS     a coefficient is not below the modulus
/// @return PQC_STATUS_CODE_PATH_UNAVAILABLE  the processor or the engine lacks the code path
/// @return PQC_STATUS_ENGINE_SETTING          flags names no engine, and QYNAUTH_PQC_ENGINE none that there is
/// @return PQC_STATUS_SELF_TEST               the engine failed its self test on this machine
/// @return PQC_STATUS_OUT_OF_MEMORY          no memory
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_public_key_from_bytes(
    flags: u32,
    bytes: *const u8,
    bytes_len: usize,
    public_key: *mut *mut XWingPublicKey,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Import, Some(Family::XWing), |_| unsafe {
        let (bytes, public_key) = arguments(input(bytes, bytes_len), slot(public_key))?;
        let options = key_options(flags)?;
        let key = pqc_core::PublicKey::from_bytes(pqc_core::Algorithm::XWing, options, bytes?)?;
        public_key.put(Shared::try_new(PqcPublicKey { key })?.into_raw());
        Ok(())
    })
}

/// Encodes an encapsulation key.
///
/// @param public_key  the key
/// @param bytes       receives XWING_PUBLICKEYBYTES (1216) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER   a pointer is NULL
/// @return PQC_STATUS_OUT_OF_MEMORY  no memory
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_public_key_bytes(public_key: *const XWingPublicKey, bytes: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, bytes) = arguments(handle(public_key), slot(bytes))?;
        let key = &public_key?.key;
        bytes.put(filled(Memory::Heap, XWING_PUBLICKEYBYTES, |out| key.write(out))?.into_ffi());
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
pub unsafe extern "C" fn xwing_public_key_options(public_key: *const XWingPublicKey, flags: *mut u32) -> PqcStatus {
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
pub unsafe extern "C" fn xwing_public_key_resident_bytes(
    public_key: *const XWingPublicKey,
    bytes: *mut usize,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let (public_key, bytes) = arguments(handle(public_key), slot(bytes))?;
        bytes.put(public_key?.key.resident_bytes());
        Ok(())
    })
}

/// Ends a handle of an encapsulation key. NULL is harmless; a handle must not be freed twice, nor beside a use of it.
///
/// # Safety
/// `public_key` is NULL or a handle of this library that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_public_key_free(public_key: *mut XWingPublicKey) {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        drop(Shared::from_raw(public_key));
        Ok(())
    });
}

/// Makes a shared secret and its ciphertext: Encapsulate (draft-connolly-cfrg-xwing-kem-10, 5.4). The shared secret is
/// secret.
///
/// @param public_key     the encapsulation key
/// @param ciphertext     receives XWING_CIPHERTEXTBYTES (1120) bytes; free it with `ffi_buffer_free`
/// @param shared_secret  receives XWING_SHAREDSECRETBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_RANDOMNESS         the system gave no randomness
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_encapsulate(
    public_key: *const XWingPublicKey,
    ciphertext: *mut FFIBuffer,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Encapsulate, Some(Family::XWing), |_| unsafe {
        let (public_key, (ciphertext, shared_secret)) =
            arguments(handle(public_key), (slot(ciphertext), slot(shared_secret)))?;
        let key = &public_key?.key;
        let mut made = Buffer::zeroed(Memory::Heap, XWING_CIPHERTEXTBYTES)?;
        let secret = self::shared_secret(key.options().memory, |secret| key.encapsulate(made.as_mut_slice(), secret))?;
        ciphertext.put(made.into_ffi());
        shared_secret.put(secret.into_ffi());
        Ok(())
    })
}

/// For tests: encapsulation with the randomness `eseed` given (5.4.1). Never use it with a real key.
///
/// @param public_key     the encapsulation key
/// @param eseed          the randomness, XWING_RANDOMNESSBYTES (64) bytes
/// @param eseed_len      its length
/// @param ciphertext     receives XWING_CIPHERTEXTBYTES (1120) bytes; free it with `ffi_buffer_free`
/// @param shared_secret  receives XWING_SHAREDSECRETBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_RANDOMNESS_LENGTH  eseed_len is not 64
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_encapsulate_derand(
    public_key: *const XWingPublicKey,
    eseed: *const u8,
    eseed_len: usize,
    ciphertext: *mut FFIBuffer,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Encapsulate, Some(Family::XWing), |_| unsafe {
        let ((public_key, eseed), (ciphertext, shared_secret)) =
            arguments((handle(public_key), input(eseed, eseed_len)), (slot(ciphertext), slot(shared_secret)))?;
        let key = &public_key?.key;
        let eseed = eseed?;
        let mut made = Buffer::zeroed(Memory::Heap, XWING_CIPHERTEXTBYTES)?;
        let secret = self::shared_secret(key.options().memory, |secret| {
            key.encapsulate_derand(eseed, made.as_mut_slice(), secret)
        })?;
        ciphertext.put(made.into_ffi());
        shared_secret.put(secret.into_ffi());
        Ok(())
    })
}

/// Recovers the shared secret of a ciphertext: Decapsulate (draft-connolly-cfrg-xwing-kem-10, 5.5). The shared secret is
/// secret.
///
/// A ciphertext that was not made for this key is no error: it gives another, unpredictable secret (implicit rejection).
///
/// @param key_pair        the key pair
/// @param ciphertext      the ciphertext, XWING_CIPHERTEXTBYTES (1120) bytes
/// @param ciphertext_len  its length
/// @param shared_secret   receives XWING_SHAREDSECRETBYTES (32) bytes; free it with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       a pointer is NULL
/// @return PQC_STATUS_CIPHERTEXT_LENGTH  ciphertext_len is not 1120
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// Each pointer is NULL or valid for the type and length given with it, during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn xwing_decapsulate(
    key_pair: *const XWingKeyPair,
    ciphertext: *const u8,
    ciphertext_len: usize,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    counted(Action::Decapsulate, Some(Family::XWing), |_| unsafe {
        let ((key_pair, ciphertext), shared_secret) =
            arguments((handle(key_pair), input(ciphertext, ciphertext_len)), slot(shared_secret))?;
        let key = &key_pair?.key;
        let ciphertext = ciphertext?;
        let secret = self::shared_secret(key.options().memory, |secret| key.decapsulate(ciphertext, secret))?;
        shared_secret.put(secret.into_ffi());
        Ok(())
    })
}
