//! Encapsulation and decapsulation.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{Inputs, arguments, copied_input, handle, output_buffer, slot};
use crate::counting::counted;
use crate::key_ffi::{PqcPrivateKey, PqcPublicKey};
use crate::memory::{Buffer, FFIBuffer, filled};
use crate::operation::Action;
use crate::status::PqcStatus;
use pqc_core::{Error, Family, Memory, PublicKey, SHARED_SECRET_BYTES};

type Secret = [u8; SHARED_SECRET_BYTES];

fn secret_in(bytes: &mut [u8]) -> Result<&mut Secret, Error> {
    bytes.try_into().map_err(|_| Error::Internal)
}

/// `pqc_encapsulate`, to a key of a family or to any.
pub(crate) unsafe fn encapsulate(
    family: Option<Family>,
    public_key: *const PqcPublicKey,
    outputs: (*mut FFIBuffer, *mut FFIBuffer),
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        encapsulate_by(family, (public_key, ()), outputs, |key, (), ciphertext, secret| {
            Ok(key.encapsulate(ciphertext, secret)?)
        })
    }
}

/// Encapsulates into buffers.
pub(crate) unsafe fn encapsulate_by<I: Inputs>(
    family: Option<Family>,
    (public_key, inputs): (*const PqcPublicKey, I),
    (ciphertext, shared_secret): (*mut FFIBuffer, *mut FFIBuffer),
    encapsulate: impl FnOnce(&PublicKey, I::Borrowed, &mut [u8], &mut Secret) -> Result<(), PqcStatus>,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    counted(Action::Encapsulate, family, |call| unsafe {
        let ((public_key, inputs), (ciphertext, shared_secret)) =
            arguments((handle(public_key), inputs), (slot(ciphertext), slot(shared_secret)))?;
        let key = &public_key?.key;
        let algorithm = call.on(key.algorithm())?;
        let mut made = Buffer::zeroed(Memory::Heap, algorithm.ciphertext_bytes())?;
        let secret = filled(key.options().memory, SHARED_SECRET_BYTES, |secret| {
            encapsulate(key, inputs, made.as_mut_slice(), secret_in(secret)?)
        })?;
        ciphertext.put(made.into_ffi());
        shared_secret.put(secret.into_ffi());
        Ok(())
    })
}

/// `pqc_decapsulate`, with a key of a family or with any.
pub(crate) unsafe fn decapsulate(
    family: Option<Family>,
    private_key: *const PqcPrivateKey,
    (ciphertext, ciphertext_len): (*const u8, usize),
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    counted(Action::Decapsulate, family, |call| unsafe {
        let ((private_key, ciphertext), shared_secret) =
            arguments((handle(private_key), copied_input(ciphertext, ciphertext_len)), slot(shared_secret))?;
        let key = &private_key?.key;
        call.on(key.algorithm())?;
        let ciphertext = ciphertext?;
        let secret = filled(key.options().memory, SHARED_SECRET_BYTES, |secret| {
            key.decapsulate(ciphertext, secret_in(secret)?)
        })?;
        shared_secret.put(secret.into_ffi());
        Ok(())
    })
}

/// Makes a shared secret and its ciphertext: ML-KEM.Encaps (FIPS 203, 7.2), or Encaps of X-Wing (5.4) or a hybrid KEM.
///
/// @param ciphertext     receives as many bytes as `ciphertext_bytes` of the key's PqcAlgorithmInfo
/// @param shared_secret  receives 32 bytes, secret
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_encapsulate(
    public_key: *const PqcPublicKey,
    ciphertext: *mut FFIBuffer,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { encapsulate(None, public_key, (ciphertext, shared_secret)) }
}

/// Encapsulates as `pqc_encapsulate` does, into the caller's memory.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_encapsulate_into(
    public_key: *const PqcPublicKey,
    ciphertext: *mut u8,
    ciphertext_capacity: usize,
    ciphertext_len: *mut usize,
    shared_secret: *mut u8,
    shared_secret_capacity: usize,
    shared_secret_len: *mut usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    counted(Action::Encapsulate, None, |call| unsafe {
        let ciphertext = output_buffer(ciphertext, ciphertext_capacity, ciphertext_len);
        let secret = output_buffer(shared_secret, shared_secret_capacity, shared_secret_len);
        let (public_key, (ciphertext, secret)) = arguments(handle(public_key), (ciphertext, secret))?;
        let key = &public_key?.key;
        let algorithm = call.on(key.algorithm())?;
        let mut ciphertext = ciphertext.take(algorithm.ciphertext_bytes())?;
        let mut secret = secret.take(SHARED_SECRET_BYTES)?;
        key.encapsulate(ciphertext.as_mut_slice(), secret_in(secret.as_mut_slice())?)?;
        ciphertext.hand_out(algorithm.ciphertext_bytes());
        secret.hand_out(SHARED_SECRET_BYTES);
        Ok(())
    })
}

/// Recovers the shared secret of a ciphertext: ML-KEM.Decaps (FIPS 203, 7.3), or Decaps of X-Wing (5.5) or a hybrid KEM.
///
/// A ciphertext that was not made for this key is no error: the secret is another, unpredictable one (implicit rejection).
///
/// @param ciphertext     the ciphertext, as long as `ciphertext_bytes` of the key's PqcAlgorithmInfo
/// @param shared_secret  receives 32 bytes, secret
/// @return PQC_STATUS_CIPHERTEXT_POINT  the classical half of the ciphertext of a hybrid KEM is not a point of its curve
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_decapsulate(
    private_key: *const PqcPrivateKey,
    ciphertext: *const u8,
    ciphertext_len: usize,
    shared_secret: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe { decapsulate(None, private_key, (ciphertext, ciphertext_len), shared_secret) }
}

/// Decapsulates as `pqc_decapsulate` does, into the caller's memory.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_decapsulate_into(
    private_key: *const PqcPrivateKey,
    ciphertext: *const u8,
    ciphertext_len: usize,
    shared_secret: *mut u8,
    shared_secret_capacity: usize,
    shared_secret_len: *mut usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    counted(Action::Decapsulate, None, |call| unsafe {
        let secret = output_buffer(shared_secret, shared_secret_capacity, shared_secret_len);
        let ((private_key, ciphertext), secret) =
            arguments((handle(private_key), copied_input(ciphertext, ciphertext_len)), secret)?;
        let key = &private_key?.key;
        call.on(key.algorithm())?;
        let ciphertext = ciphertext?;
        let mut secret = secret.take(SHARED_SECRET_BYTES)?;
        key.decapsulate(ciphertext, secret_in(secret.as_mut_slice())?)?;
        secret.hand_out(SHARED_SECRET_BYTES);
        Ok(())
    })
}
