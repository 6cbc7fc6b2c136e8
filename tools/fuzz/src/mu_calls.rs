//! Calls of the functions for an external mu.

use crate::arguments::{Arguments, Input};
use crate::calls::Function;
use crate::common::{bytes_of, check, handle_of};
use crate::keys::{CONTEXT, Keys, MESSAGE, RANDOMNESS};
use pqc_ffi::mldsa_ffi::MLDSA_SIGN_DETERMINISTIC;
use pqc_ffi::mldsa_mu::*;
use pqc_ffi::status::PqcStatus;

pub(crate) const FUNCTIONS: &[Function] = &[
    Function("mldsa_mu_hasher_*", hash),
    Function("mldsa_sign_mu", sign),
    Function("mldsa_sign_mu_derand", sign_derand),
    Function("mldsa_verify_mu", verify),
];

/// The message in two pieces, of which the fuzzer says where the second begins.
fn hash(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (key, context) = (arguments.key(&keys.dsa_key), arguments.context(CONTEXT));
    let middle = arguments.number().cast_unsigned() as usize % (MESSAGE.len() + 1);
    let data = arguments.any(&MESSAGE[middle..]);
    // SAFETY: the handle is NULL or alive, the input readable and the output writable.
    let hasher = handle_of(|out| unsafe { mldsa_mu_hasher_from_public_key(key, context.data, context.len, out) })?;
    hasher.update(&MESSAGE[..middle])?;
    // SAFETY: the handle is alive and the input readable.
    check(unsafe { mldsa_mu_hasher_update(hasher.as_ptr().cast_mut(), data.data, data.len) })?;
    // SAFETY: the handle is alive and the output writable.
    let mu = bytes_of(|out| unsafe { mldsa_mu_hasher_finalize(hasher.as_ptr(), out) })?;
    assert_eq!(*mu == keys.mu, !arguments.is_changed);
    Ok(())
}

/// A mu, and the refusal of keys that take none.
fn mu(keys: &Keys, arguments: &mut Arguments<'_>) -> Input {
    if !keys.takes_mu {
        arguments.demand(PqcStatus::ExternalMuUnavailable);
    }
    arguments.exact(&keys.mu, PqcStatus::MuLength)
}

fn sign(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (pair, mu) = (arguments.key(&keys.dsa_pair), mu(keys, arguments));
    let flags = arguments.flags(MLDSA_SIGN_DETERMINISTIC);
    // SAFETY: the handle is NULL or alive, the input readable and the output writable.
    let signature = bytes_of(|out| unsafe { mldsa_sign_mu(pair, mu.data, mu.len, flags, out) })?;
    // SAFETY: the handle is alive and the inputs are readable.
    check(unsafe { mldsa_verify_mu(keys.dsa_key.as_ptr(), mu.data, mu.len, signature.as_ptr(), signature.len()) })
}

fn sign_derand(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (pair, mu) = (arguments.key(&keys.dsa_pair), mu(keys, arguments));
    let rnd = arguments.exact(RANDOMNESS, PqcStatus::RandomnessLength);
    // SAFETY: the handle is NULL or alive, the inputs are readable and the output is writable.
    let signature = bytes_of(|out| unsafe { mldsa_sign_mu_derand(pair, mu.data, mu.len, rnd.data, rnd.len, out) })?;
    assert_eq!(*signature == keys.signature, !arguments.is_changed);
    Ok(())
}

fn verify(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (key, mu) = (arguments.key(&keys.dsa_key), mu(keys, arguments));
    let signature = arguments.exact(&keys.signature, PqcStatus::InvalidSignature);
    arguments.demand_if_changed(PqcStatus::InvalidSignature);
    // SAFETY: the handle is NULL or alive and the inputs are readable.
    check(unsafe { mldsa_verify_mu(key, mu.data, mu.len, signature.data, signature.len) })
}
