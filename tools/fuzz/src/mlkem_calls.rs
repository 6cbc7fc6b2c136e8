//! Calls of the `mlkem_*` functions.

use crate::arguments::Arguments;
use crate::arguments::{PRIVATE_KEY_REFUSALS, PUBLIC_KEY_REFUSALS};
use crate::calls::Function;
use crate::common::formats::{load_pkcs8, load_spki};
use crate::common::{bytes_of, handle_of, number_of, size_of_call, two_bytes_of, written};
use crate::keys::{Keys, RANDOMNESS};
use core::ptr;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::mlkem_formats::*;
use pqc_ffi::status::PqcStatus;

pub(crate) const FUNCTIONS: &[Function] = &[
    Function("mlkem_keypair_generate", generate),
    Function("mlkem_keypair_from_seed", from_seed),
    Function("mlkem_keypair_from_private_key", from_private_key),
    Function("mlkem_keypair_parameter_set", pair_set),
    Function("mlkem_keypair_public_key", pair_public_key),
    Function("mlkem_keypair_*_bytes", pair_bytes),
    Function("mlkem_public_key_from_bytes", from_bytes),
    Function("mlkem_public_key_parameter_set", key_set),
    Function("mlkem_public_key_bytes", key_bytes),
    Function("mlkem_encapsulate", encapsulate),
    Function("mlkem_encapsulate_derand", encapsulate_derand),
    Function("mlkem_decapsulate", decapsulate),
    Function("mlkem_*_into", into),
    Function("mlkem_*_size", sizes),
    Function("mlkem_keypair_from_pkcs8", from_pkcs8),
    Function("mlkem_keypair_to_pkcs8", to_pkcs8),
    Function("mlkem_public_key_from_spki", from_spki),
    Function("mlkem_public_key_to_spki", to_spki),
    Function("mlkem_keypair_options", pair_told),
    Function("mlkem_public_key_options", key_told),
];

fn generate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(keys.kem.id), arguments.key_flags());
    // SAFETY: the output is writable.
    let pair = handle_of(|out| unsafe { mlkem_keypair_generate(set, flags, out) })?;
    assert_ne!(*pair.seed_bytes()?, keys.kem_seed);
    Ok(())
}

fn from_seed(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(keys.kem.id), arguments.key_flags());
    let seed = arguments.exact(&keys.kem_seed, PqcStatus::SeedLength);
    // SAFETY: the input is readable and the output writable.
    let pair = handle_of(|out| unsafe { mlkem_keypair_from_seed(set, flags, seed.data, seed.len, out) })?;
    assert_eq!(*pair.private_key_bytes()? == keys.kem_private, !arguments.is_changed);
    Ok(())
}

fn from_private_key(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    use PqcStatus::{PrivateKeyHash, PrivateKeyLength, PrivateKeyRange, PublicKeyModulus};
    let (set, flags) = (arguments.set(keys.kem.id), arguments.key_flags());
    let key = arguments.exact(&keys.kem_private, PrivateKeyLength);
    arguments.allow_if_changed(&[PrivateKeyRange, PublicKeyModulus, PrivateKeyHash]);
    // SAFETY: the input is readable and the output writable.
    let pair = handle_of(|out| unsafe { mlkem_keypair_from_private_key(set, flags, key.data, key.len, out) })?;
    assert_eq!(*pair.private_key_bytes()? == keys.kem_private, !arguments.is_changed);
    Ok(())
}

fn pair_set(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.kem_pair);
    // SAFETY: the handle is NULL or alive and the output writable.
    let set = number_of(|out| unsafe { mlkem_keypair_parameter_set(pair, out) })?;
    assert_eq!(set, keys.kem.id);
    Ok(())
}

fn pair_public_key(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.kem_pair);
    // SAFETY: the handle is NULL or alive and the output writable.
    let key = handle_of(|out| unsafe { mlkem_keypair_public_key(pair, out) })?;
    assert_eq!(*key.bytes()?, keys.kem_public);
    Ok(())
}

fn pair_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.kem_pair);
    let functions = [
        (mlkem_keypair_private_key_bytes as unsafe extern "C" fn(_, _) -> _, &keys.kem_private),
        (mlkem_keypair_public_key_bytes, &keys.kem_public),
        (mlkem_keypair_seed_bytes, &keys.kem_seed),
    ];
    for (function, expected) in functions {
        // SAFETY: the handle is NULL or alive and the output writable.
        assert_eq!(*bytes_of(|out| unsafe { function(pair, out) })?, **expected);
    }
    Ok(())
}

fn from_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(keys.kem.id), arguments.key_flags());
    let bytes = arguments.exact(&keys.kem_public, PqcStatus::PublicKeyLength);
    arguments.allow_if_changed(&[PqcStatus::PublicKeyModulus]);
    // SAFETY: the input is readable and the output writable.
    let key = handle_of(|out| unsafe { mlkem_public_key_from_bytes(set, flags, bytes.data, bytes.len, out) })?;
    assert_eq!(*key.bytes()? == keys.kem_public, !arguments.is_changed);
    Ok(())
}

fn key_set(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.kem_key);
    // SAFETY: the handle is NULL or alive and the output writable.
    let set = number_of(|out| unsafe { mlkem_public_key_parameter_set(key, out) })?;
    assert_eq!(set, keys.kem.id);
    Ok(())
}

fn key_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.kem_key);
    // SAFETY: the handle is NULL or alive and the output writable.
    assert_eq!(*bytes_of(|out| unsafe { mlkem_public_key_bytes(key, out) })?, keys.kem_public);
    Ok(())
}

fn encapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.kem_key);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let (ciphertext, secret) = two_bytes_of(|first, second| unsafe { mlkem_encapsulate(key, first, second) })?;
    assert_eq!(*keys.kem_pair.decapsulate(&ciphertext)?, *secret);
    Ok(())
}

fn encapsulate_derand(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.kem_key);
    let m = arguments.exact(RANDOMNESS, PqcStatus::RandomnessLength);
    // SAFETY: the handle is NULL or alive, the input readable and the outputs are writable.
    let (ciphertext, secret) =
        two_bytes_of(|first, second| unsafe { mlkem_encapsulate_derand(key, m.data, m.len, first, second) })?;
    assert_eq!(*keys.kem_pair.decapsulate(&ciphertext)?, *secret);
    assert_eq!(*ciphertext == keys.ciphertext, !arguments.is_changed);
    Ok(())
}

fn decapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.kem_pair);
    let ciphertext = arguments.exact(&keys.ciphertext, PqcStatus::CiphertextLength);
    // SAFETY: the handle is NULL or alive, the input readable and the output writable.
    let secret = bytes_of(|out| unsafe { mlkem_decapsulate(pair, ciphertext.data, ciphertext.len, out) })?;
    assert_eq!(*secret == keys.shared_secret, !arguments.is_changed);
    Ok(())
}

/// The wrappers check how the memory of the caller is used.
fn into(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (ciphertext, secret) = keys.kem_key.encapsulate_into()?;
    assert_eq!(keys.kem_pair.decapsulate_into(&ciphertext)?, secret);
    let other = arguments.exact(&keys.ciphertext, PqcStatus::CiphertextLength);
    let secret = written(MLKEM_SHAREDSECRETBYTES, |out, room, len| {
        // SAFETY: the handle is alive, the input readable and the output writable.
        unsafe { mlkem_decapsulate_into(keys.kem_pair.as_ptr(), other.data, other.len, out, room, len) }
    })?;
    assert_eq!(*secret == *keys.shared_secret, !arguments.is_changed);
    Ok(())
}

fn sizes(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let number = arguments.number().cast_unsigned();
    let is_set = [512, 768, 1024].contains(&number);
    let sizes = [mlkem_public_key_size, mlkem_private_key_size, mlkem_ciphertext_size].map(|size| size(number));
    assert!(sizes.iter().all(|size| (*size > 0) == is_set));
    Ok(())
}

fn from_pkcs8(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    let key = arguments.encoded(&keys.kem_pkcs8);
    arguments.allow_if_changed(&PRIVATE_KEY_REFUSALS);
    // SAFETY: the input is readable and the output writable.
    let pair = handle_of(|out| unsafe { mlkem_keypair_from_pkcs8(flags, key.data, key.len, ptr::null(), 0, 0, out) })?;
    let is_same = *pair.private_key_bytes()? == keys.kem_private;
    assert!(is_same || arguments.is_changed);
    Ok(())
}

fn to_pkcs8(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.kem_pair);
    let (form, encoding) = (arguments.form(), arguments.encoding());
    // SAFETY: the handle is NULL or alive and the output writable.
    let key = bytes_of(|out| unsafe { mlkem_keypair_to_pkcs8(pair, ptr::null(), 0, form, encoding, out) })?;
    assert_eq!(*load_pkcs8::<MlKemKeyPair>(&key, b"", 0)?.private_key_bytes()?, keys.kem_private);
    Ok(())
}

fn from_spki(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    let key = arguments.encoded(&keys.kem_spki);
    arguments.allow_if_changed(&PUBLIC_KEY_REFUSALS);
    // SAFETY: the input is readable and the output writable.
    let key = handle_of(|out| unsafe { mlkem_public_key_from_spki(flags, key.data, key.len, out) })?;
    let is_same = *key.bytes()? == keys.kem_public;
    assert!(is_same || arguments.is_changed);
    Ok(())
}

fn to_spki(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (key, encoding) = (arguments.key(&keys.kem_key), arguments.encoding());
    // SAFETY: the handle is NULL or alive and the output writable.
    let key = bytes_of(|out| unsafe { mlkem_public_key_to_spki(key, encoding, out) })?;
    assert_eq!(*load_spki::<MlKemPublicKey>(&key, 0)?.bytes()?, keys.kem_public);
    Ok(())
}

fn pair_told(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.kem_pair);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let bytes = size_of_call(|out| unsafe { mlkem_keypair_resident_bytes(pair, out) });
    // SAFETY: as above.
    let options = number_of(|out| unsafe { mlkem_keypair_options(pair, out) });
    assert_eq!(bytes.err(), options.err());
    assert_eq!(options? & keys.kem.flags, keys.kem.flags);
    Ok(())
}

fn key_told(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.kem_key);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let bytes = size_of_call(|out| unsafe { mlkem_public_key_resident_bytes(key, out) });
    // SAFETY: as above.
    let options = number_of(|out| unsafe { mlkem_public_key_options(key, out) });
    assert_eq!(bytes.err(), options.err());
    assert_eq!(options? & keys.kem.flags, keys.kem.flags);
    Ok(())
}
