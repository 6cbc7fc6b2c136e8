//! Key exchanges of ML-KEM and an elliptic curve for protocols with their own key schedule.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, copied_input, guard, handle, output_buffer, report};
use crate::counters::add_wiped;
use crate::counting::{Call, counted};
use crate::handle::{Shared, from_handle};
use crate::key_ffi::make;
use crate::memory::{FFIBuffer, filled};
use crate::operation::Action;
use crate::settings::key_options;
use crate::status::PqcStatus;
use core::ffi::c_char;
use core::ptr;
use pqc_core::{Exchange, ExchangeKey, ExchangeShare, KeyOptions, Memory};

/// Key exchange: X25519MLKEM768, ML-KEM-768 first. SSH calls it mlkem768x25519-sha256.
pub const PQC_EXCHANGE_X25519MLKEM768: u32 = 4588;
/// Key exchange: SecP256r1MLKEM768, P-256 first.
pub const PQC_EXCHANGE_SECP256R1MLKEM768: u32 = 4587;
/// Key exchange: SecP384r1MLKEM1024, P-384 first.
pub const PQC_EXCHANGE_SECP384R1MLKEM1024: u32 = 4589;

const _: () = {
    assert!(PQC_EXCHANGE_X25519MLKEM768 == Exchange::X25519MlKem768.id());
    assert!(PQC_EXCHANGE_SECP256R1MLKEM768 == Exchange::SecP256r1MlKem768.id());
    assert!(PQC_EXCHANGE_SECP384R1MLKEM1024 == Exchange::SecP384r1MlKem1024.id());
};

/// A key exchange and its sizes in bytes.
#[repr(C)]
pub struct PqcExchangeInfo {
    /// PQC_EXCHANGE_*, the number of its group in TLS.
    pub exchange: u32,
    /// PQC_ALGORITHM_* of its ML-KEM half, by which its operations are counted.
    pub algorithm: u32,
    /// Name in TLS, such as "X25519MLKEM768".
    pub name: *const c_char,
    /// Share of the side that begins.
    pub share_bytes: usize,
    /// Share of the other side.
    pub ciphertext_bytes: usize,
    /// Shared secret.
    pub shared_secret_bytes: usize,
}

// SAFETY: the name is a constant string.
unsafe impl Sync for PqcExchangeInfo {}

static TABLE: [PqcExchangeInfo; Exchange::ALL.len()] =
    [info(Exchange::ALL[0]), info(Exchange::ALL[1]), info(Exchange::ALL[2])];

const fn info(exchange: Exchange) -> PqcExchangeInfo {
    PqcExchangeInfo {
        exchange: exchange.id(),
        algorithm: exchange.mlkem().id(),
        name: exchange.c_name().as_ptr(),
        share_bytes: exchange.share_bytes(),
        ciphertext_bytes: exchange.ciphertext_bytes(),
        shared_secret_bytes: exchange.shared_secret_bytes(),
    }
}

/// The private values of the side that begins a key exchange. Observably immutable.
pub struct PqcExchangeKey(ExchangeKey);

/// The share of the side that begins a key exchange. Observably immutable.
pub struct PqcExchangeShare(ExchangeShare);

/// The key exchange with an id and the options of flags.
fn choose(call: &Call, exchange: u32, flags: u32) -> Result<(Exchange, KeyOptions), PqcStatus> {
    let exchange = Exchange::from_id(exchange).ok_or(PqcStatus::UnknownAlgorithm)?;
    call.on(exchange.mlkem())?;
    Ok((exchange, key_options(flags)?))
}

/// Returns the key exchanges in turn, constant and never freed, and NULL behind the last one.
///
/// A key exchange joins ML-KEM to X25519 or ECDH for a protocol with its own key schedule: TLS 1.3 (draft-ietf-tls-ecdhe-mlkem-05),
/// or SSH. It concatenates the shares and the two secrets, and nothing binds the result to the shares. It is none of the
/// hybrid KEMs among the algorithms: it has no encoded keys.
///
/// @param index  0 for the first one
#[unsafe(no_mangle)]
pub extern "C" fn pqc_exchange_at(index: usize) -> *const PqcExchangeInfo {
    TABLE.get(index).map_or(ptr::null(), ptr::from_ref)
}

/// Begins a key exchange: makes its private values from the system's randomness, for one exchange.
///
/// @param exchange      PQC_EXCHANGE_*
/// @param flags         0 or PQC_KEY_*
/// @param exchange_key  receives the handle; free it with `pqc_exchange_key_free`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_exchange_key_generate(
    exchange: u32,
    flags: u32,
    exchange_key: *mut *mut PqcExchangeKey,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        make((Action::Generate, None), (), exchange_key, |call, ()| {
            let (exchange, options) = choose(call, exchange, flags)?;
            Ok(Shared::try_new(PqcExchangeKey(ExchangeKey::generate(exchange, options)?))?)
        })
    }
}

/// Returns the share to send.
///
/// @param share  receives as many bytes as `share_bytes` of its PqcExchangeInfo
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_exchange_key_share(
    exchange_key: *const PqcExchangeKey,
    share: *mut FFIBuffer,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        report(exchange_key, share, |PqcExchangeKey(key)| {
            Ok(filled(Memory::Heap, key.exchange().share_bytes(), |out| key.write_share(out))?.into_ffi())
        })
    }
}

/// Ends a key exchange on the side that began it: recovers the shared secret from the share of the other side.
///
/// As for `pqc_decapsulate`, a ciphertext that was not made for this key may be no error. The secret must go through the key
/// derivation of the protocol together with both shares, as TLS does with its transcript; it is no key itself.
///
/// @param ciphertext     the share of the other side, as long as `ciphertext_bytes` of its PqcExchangeInfo
/// @param shared_secret  receives as many bytes as `shared_secret_bytes` of its PqcExchangeInfo, secret
/// @return PQC_STATUS_CIPHERTEXT_POINT  the point in the ciphertext is not on its curve, or X25519 of it is zero
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_exchange_decapsulate_into(
    exchange_key: *const PqcExchangeKey,
    ciphertext: *const u8,
    ciphertext_len: usize,
    shared_secret: *mut u8,
    shared_secret_capacity: usize,
    shared_secret_len: *mut usize,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    counted(Action::Decapsulate, None, |call| unsafe {
        let secret = output_buffer(shared_secret, shared_secret_capacity, shared_secret_len);
        let ((key, ciphertext), secret) =
            arguments((handle(exchange_key), copied_input(ciphertext, ciphertext_len)), secret)?;
        let PqcExchangeKey(key) = key?;
        call.on(key.exchange().mlkem())?;
        let len = key.exchange().shared_secret_bytes();
        let mut secret = secret.take(len)?;
        key.decapsulate(ciphertext?, secret.as_mut_slice())?;
        secret.hand_out(len);
        Ok(())
    })
}

/// Wipes and frees the private values of a key exchange. NULL is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_exchange_key_free(exchange_key: *mut PqcExchangeKey) {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        if let Some(key) = from_handle(exchange_key) {
            add_wiped(key.0.secret_bytes());
        }
        Ok(())
    });
}

/// Loads the share of the side that began a key exchange, with the checks of FIPS 203, 7.2, and of the point.
///
/// @param exchange        PQC_EXCHANGE_*
/// @param flags           0 or PQC_KEY_*
/// @param share           the share, as long as `share_bytes` of its PqcExchangeInfo
/// @param exchange_share  receives the handle; free it with `pqc_exchange_share_free`
/// @return PQC_STATUS_PUBLIC_KEY_MODULUS  a coefficient is not below the modulus
/// @return PQC_STATUS_PUBLIC_KEY_POINT    the point is not on its curve, or not uncompressed
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_exchange_share_from_bytes(
    exchange: u32,
    flags: u32,
    share: *const u8,
    share_len: usize,
    exchange_share: *mut *mut PqcExchangeShare,
) -> PqcStatus {
    // SAFETY: the pointer contract.
    unsafe {
        make((Action::Import, None), copied_input(share, share_len), exchange_share, |call, share| {
            let (exchange, options) = choose(call, exchange, flags)?;
            Ok(Shared::try_new(PqcExchangeShare(ExchangeShare::from_bytes(exchange, options, share?)?))?)
        })
    }
}

/// Answers a key exchange: makes the shared secret, and the share for the side that began. If one half fails, both outputs are zeros.
///
/// The secret must go through the key derivation of the protocol together with both shares, as for `pqc_exchange_decapsulate_into`.
///
/// @param ciphertext     receives as many bytes as `ciphertext_bytes` of its PqcExchangeInfo, the share to send
/// @param shared_secret  receives as many bytes as `shared_secret_bytes` of its PqcExchangeInfo, secret
/// @return PQC_STATUS_PUBLIC_KEY_POINT  X25519 of the point in the share is zero
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_exchange_encapsulate_into(
    exchange_share: *const PqcExchangeShare,
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
        let (share, (ciphertext, secret)) = arguments(handle(exchange_share), (ciphertext, secret))?;
        let PqcExchangeShare(share) = share?;
        let exchange = share.exchange();
        call.on(exchange.mlkem())?;
        let mut ciphertext = ciphertext.take(exchange.ciphertext_bytes())?;
        let mut secret = secret.take(exchange.shared_secret_bytes())?;
        share.encapsulate(ciphertext.as_mut_slice(), secret.as_mut_slice())?;
        ciphertext.hand_out(exchange.ciphertext_bytes());
        secret.hand_out(exchange.shared_secret_bytes());
        Ok(())
    })
}

/// Frees the share of a key exchange. NULL is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pqc_exchange_share_free(exchange_share: *mut PqcExchangeShare) {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        drop(from_handle(exchange_share));
        Ok(())
    });
}
