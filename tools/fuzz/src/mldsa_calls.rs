//! Calls of the `mldsa_*` functions.

use crate::arguments::Arguments;
use crate::arguments::{PRIVATE_KEY_REFUSALS, PUBLIC_KEY_REFUSALS};
use crate::calls::Function;
use crate::common::formats::{load_pkcs8, load_spki};
use crate::common::{bytes_of, check, handle_of, number_of, size_of_call, written};
use crate::keys::{CONTEXT, DIGEST, HASH, Keys, MESSAGE, RANDOMNESS};
use core::ptr;
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mldsa_formats::*;
use pqc_ffi::status::PqcStatus;

pub(crate) const FUNCTIONS: &[Function] = &[
    Function("mldsa_keypair_generate", generate),
    Function("mldsa_keypair_from_seed", from_seed),
    Function("mldsa_keypair_from_private_key", from_private_key),
    Function("mldsa_keypair_parameter_set", pair_set),
    Function("mldsa_keypair_public_key", pair_public_key),
    Function("mldsa_keypair_*_bytes", pair_bytes),
    Function("mldsa_public_key_from_bytes", from_bytes),
    Function("mldsa_public_key_parameter_set", key_set),
    Function("mldsa_public_key_bytes", key_bytes),
    Function("mldsa_sign", sign),
    Function("mldsa_sign_derand", sign_derand),
    Function("mldsa_sign_prehashed", sign_prehashed),
    Function("mldsa_sign_prehashed_derand", sign_prehashed_derand),
    Function("mldsa_sign_internal", sign_internal),
    Function("mldsa_verify", verify),
    Function("mldsa_verify_prehashed", verify_prehashed),
    Function("mldsa_verify_internal", verify_internal),
    Function("mldsa_sign_into", sign_into),
    Function("mldsa_*_size", sizes),
    Function("mldsa_keypair_from_pkcs8", from_pkcs8),
    Function("mldsa_keypair_to_pkcs8", to_pkcs8),
    Function("mldsa_public_key_from_spki", from_spki),
    Function("mldsa_public_key_to_spki", to_spki),
    Function("mldsa_keypair_options", pair_told),
    Function("mldsa_public_key_options", key_told),
];

fn generate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(keys.dsa.id), arguments.key_flags());
    // SAFETY: the output is writable.
    let pair = handle_of(|out| unsafe { mldsa_keypair_generate(set, flags, out) })?;
    assert_ne!(*pair.seed_bytes()?, keys.dsa_seed);
    Ok(())
}

fn from_seed(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(keys.dsa.id), arguments.key_flags());
    let seed = arguments.exact(&keys.dsa_seed, PqcStatus::SeedLength);
    // SAFETY: the input is readable and the output writable.
    let pair = handle_of(|out| unsafe { mldsa_keypair_from_seed(set, flags, seed.data, seed.len, out) })?;
    assert_eq!(*pair.private_key_bytes()? == keys.dsa_private, !arguments.is_changed);
    Ok(())
}

fn from_private_key(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(keys.dsa.id), arguments.key_flags());
    let key = arguments.exact(&keys.dsa_private, PqcStatus::PrivateKeyLength);
    arguments.allow_if_changed(&[PqcStatus::PrivateKeyRange, PqcStatus::PrivateKeyHash, PqcStatus::KeyPairMismatch]);
    // SAFETY: the input is readable and the output writable.
    let pair = handle_of(|out| unsafe { mldsa_keypair_from_private_key(set, flags, key.data, key.len, out) })?;
    assert_eq!(*pair.private_key_bytes()? == keys.dsa_private, !arguments.is_changed);
    Ok(())
}

fn pair_set(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.dsa_pair);
    // SAFETY: the handle is NULL or alive and the output writable.
    let set = number_of(|out| unsafe { mldsa_keypair_parameter_set(pair, out) })?;
    assert_eq!(set, keys.dsa.id);
    Ok(())
}

fn pair_public_key(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.dsa_pair);
    // SAFETY: the handle is NULL or alive and the output writable.
    let key = handle_of(|out| unsafe { mldsa_keypair_public_key(pair, out) })?;
    assert_eq!(*key.bytes()?, keys.dsa_public);
    Ok(())
}

fn pair_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.dsa_pair);
    let functions = [
        (mldsa_keypair_private_key_bytes as unsafe extern "C" fn(_, _) -> _, &keys.dsa_private),
        (mldsa_keypair_public_key_bytes, &keys.dsa_public),
        (mldsa_keypair_seed_bytes, &keys.dsa_seed),
    ];
    for (function, expected) in functions {
        // SAFETY: the handle is NULL or alive and the output writable.
        assert_eq!(*bytes_of(|out| unsafe { function(pair, out) })?, **expected);
    }
    Ok(())
}

fn from_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(keys.dsa.id), arguments.key_flags());
    let bytes = arguments.exact(&keys.dsa_public, PqcStatus::PublicKeyLength);
    // SAFETY: the input is readable and the output writable.
    let key = handle_of(|out| unsafe { mldsa_public_key_from_bytes(set, flags, bytes.data, bytes.len, out) })?;
    assert_eq!(*key.bytes()? == keys.dsa_public, !arguments.is_changed);
    Ok(())
}

fn key_set(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.dsa_key);
    // SAFETY: the handle is NULL or alive and the output writable.
    let set = number_of(|out| unsafe { mldsa_public_key_parameter_set(key, out) })?;
    assert_eq!(set, keys.dsa.id);
    Ok(())
}

fn key_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.dsa_key);
    // SAFETY: the handle is NULL or alive and the output writable.
    assert_eq!(*bytes_of(|out| unsafe { mldsa_public_key_bytes(key, out) })?, keys.dsa_public);
    Ok(())
}

fn sign(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (pair, key) = (arguments.key(&keys.dsa_pair), keys.dsa_key.as_ptr());
    let (m, c) = (arguments.any(MESSAGE), arguments.context(CONTEXT));
    let flags = arguments.flags(MLDSA_SIGN_DETERMINISTIC);
    // SAFETY: the handle is NULL or alive, the inputs are readable and the output is writable.
    let made = bytes_of(|out| unsafe { mldsa_sign(pair, m.data, m.len, c.data, c.len, flags, out) })?;
    // SAFETY: the handle is alive and the inputs are readable.
    check(unsafe { mldsa_verify(key, m.data, m.len, c.data, c.len, made.as_ptr(), made.len()) })
}

fn sign_derand(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.dsa_pair);
    let (m, c) = (arguments.any(MESSAGE), arguments.context(CONTEXT));
    let rnd = arguments.exact(RANDOMNESS, PqcStatus::RandomnessLength);
    // SAFETY: the handle is NULL or alive, the inputs are readable and the output is writable.
    let made =
        bytes_of(|out| unsafe { mldsa_sign_derand(pair, m.data, m.len, c.data, c.len, rnd.data, rnd.len, out) })?;
    assert_eq!(*made == keys.signature, !arguments.is_changed);
    Ok(())
}

fn sign_prehashed(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (pair, key) = (arguments.key(&keys.dsa_pair), keys.dsa_key.as_ptr());
    let hash = arguments.hash(HASH);
    let (d, c) = (arguments.digest(DIGEST, hash), arguments.context(CONTEXT));
    let flags = arguments.flags(MLDSA_SIGN_DETERMINISTIC);
    // SAFETY: the handle is NULL or alive, the inputs are readable and the output is writable.
    let made = bytes_of(|out| unsafe { mldsa_sign_prehashed(pair, hash, d.data, d.len, c.data, c.len, flags, out) })?;
    let (s, s_len) = (made.as_ptr(), made.len());
    // SAFETY: the handle is alive and the inputs are readable.
    check(unsafe { mldsa_verify_prehashed(key, hash, d.data, d.len, c.data, c.len, s, s_len) })
}

fn sign_prehashed_derand(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (pair, hash) = (arguments.key(&keys.dsa_pair), arguments.hash(HASH));
    let (d, c) = (arguments.digest(DIGEST, hash), arguments.context(CONTEXT));
    let rnd = arguments.exact(RANDOMNESS, PqcStatus::RandomnessLength);
    // SAFETY: the handle is NULL or alive, the inputs are readable and the output is writable.
    let made = bytes_of(|out| unsafe {
        mldsa_sign_prehashed_derand(pair, hash, d.data, d.len, c.data, c.len, rnd.data, rnd.len, out)
    })?;
    assert_eq!(*made == keys.prehashed_signature, !arguments.is_changed);
    Ok(())
}

fn sign_internal(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (pair, m) = (arguments.key(&keys.dsa_pair), arguments.any(&keys.m_prime));
    let rnd = arguments.exact(RANDOMNESS, PqcStatus::RandomnessLength);
    // SAFETY: the handle is NULL or alive, the inputs are readable and the output is writable.
    let made = bytes_of(|out| unsafe { mldsa_sign_internal(pair, m.data, m.len, rnd.data, rnd.len, out) })?;
    assert_eq!(*made == keys.signature, !arguments.is_changed);
    Ok(())
}

fn verify(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.dsa_key);
    let (m, c, s) = (arguments.any(MESSAGE), arguments.context(CONTEXT), arguments.any(&keys.signature));
    arguments.demand_if_changed(PqcStatus::InvalidSignature);
    // SAFETY: the handle is NULL or alive and the inputs are readable.
    check(unsafe { mldsa_verify(key, m.data, m.len, c.data, c.len, s.data, s.len) })
}

fn verify_prehashed(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (key, hash) = (arguments.key(&keys.dsa_key), arguments.hash(HASH));
    let (d, c) = (arguments.digest(DIGEST, hash), arguments.context(CONTEXT));
    let s = arguments.any(&keys.prehashed_signature);
    arguments.demand_if_changed(PqcStatus::InvalidSignature);
    // SAFETY: the handle is NULL or alive and the inputs are readable.
    check(unsafe { mldsa_verify_prehashed(key, hash, d.data, d.len, c.data, c.len, s.data, s.len) })
}

fn verify_internal(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.dsa_key);
    let (m, s) = (arguments.any(&keys.m_prime), arguments.any(&keys.signature));
    arguments.demand_if_changed(PqcStatus::InvalidSignature);
    // SAFETY: the handle is NULL or alive and the inputs are readable.
    check(unsafe { mldsa_verify_internal(key, m.data, m.len, s.data, s.len) })
}

fn sign_into(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.dsa_pair);
    let (message, context) = (arguments.any(MESSAGE), arguments.context(CONTEXT));
    let flags = arguments.flags(MLDSA_SIGN_DETERMINISTIC);
    let signature = written(mldsa_signature_size(keys.dsa.id), |out, room, len| {
        let (m, c) = (message, context);
        // SAFETY: the handle is NULL or alive, the inputs are readable and the output is writable.
        unsafe { mldsa_sign_into(pair, m.data, m.len, c.data, c.len, flags, out, room, len) }
    })?;
    let (signature, len) = (signature.as_ptr(), signature.len());
    let (key, m, c) = (keys.dsa_key.as_ptr(), message, context);
    // SAFETY: the handle is alive and the inputs are readable.
    check(unsafe { mldsa_verify(key, m.data, m.len, c.data, c.len, signature, len) })
}

fn sizes(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let number = arguments.number().cast_unsigned();
    let is_set = [44, 65, 87].contains(&number);
    let sizes = [mldsa_public_key_size, mldsa_private_key_size, mldsa_signature_size].map(|size| size(number));
    assert!(sizes.iter().all(|size| (*size > 0) == is_set));
    Ok(())
}

fn from_pkcs8(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    let key = arguments.encoded(&keys.dsa_pkcs8);
    arguments.allow_if_changed(&PRIVATE_KEY_REFUSALS);
    // SAFETY: the input is readable and the output writable.
    let pair = handle_of(|out| unsafe { mldsa_keypair_from_pkcs8(flags, key.data, key.len, ptr::null(), 0, 0, out) })?;
    let is_same = *pair.private_key_bytes()? == keys.dsa_private;
    assert!(is_same || arguments.is_changed);
    Ok(())
}

fn to_pkcs8(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.dsa_pair);
    let (form, encoding) = (arguments.form(), arguments.encoding());
    // SAFETY: the handle is NULL or alive and the output writable.
    let key = bytes_of(|out| unsafe { mldsa_keypair_to_pkcs8(pair, ptr::null(), 0, form, encoding, out) })?;
    assert_eq!(*load_pkcs8::<MlDsaKeyPair>(&key, b"", 0)?.private_key_bytes()?, keys.dsa_private);
    Ok(())
}

fn from_spki(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    let key = arguments.encoded(&keys.dsa_spki);
    arguments.allow_if_changed(&PUBLIC_KEY_REFUSALS);
    // SAFETY: the input is readable and the output writable.
    let key = handle_of(|out| unsafe { mldsa_public_key_from_spki(flags, key.data, key.len, out) })?;
    let is_same = *key.bytes()? == keys.dsa_public;
    assert!(is_same || arguments.is_changed);
    Ok(())
}

fn to_spki(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (key, encoding) = (arguments.key(&keys.dsa_key), arguments.encoding());
    // SAFETY: the handle is NULL or alive and the output writable.
    let key = bytes_of(|out| unsafe { mldsa_public_key_to_spki(key, encoding, out) })?;
    assert_eq!(*load_spki::<MlDsaPublicKey>(&key, 0)?.bytes()?, keys.dsa_public);
    Ok(())
}

fn pair_told(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.dsa_pair);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let bytes = size_of_call(|out| unsafe { mldsa_keypair_resident_bytes(pair, out) });
    // SAFETY: as above.
    let options = number_of(|out| unsafe { mldsa_keypair_options(pair, out) });
    assert_eq!(bytes.err(), options.err());
    assert_eq!(options? & keys.kem.flags, keys.kem.flags);
    Ok(())
}

fn key_told(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.dsa_key);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let bytes = size_of_call(|out| unsafe { mldsa_public_key_resident_bytes(key, out) });
    // SAFETY: as above.
    let options = number_of(|out| unsafe { mldsa_public_key_options(key, out) });
    assert_eq!(bytes.err(), options.err());
    assert_eq!(options? & keys.kem.flags, keys.kem.flags);
    Ok(())
}
