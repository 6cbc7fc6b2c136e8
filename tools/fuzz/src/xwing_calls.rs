//! Calls of the `xwing_*` functions.

use crate::arguments::Arguments;
use crate::calls::Function;
use crate::common::{bytes_of, handle_of, number_of, size_of_call, two_bytes_of};
use crate::keys::{Keys, XWING_RANDOMNESS};
use pqc_ffi::status::PqcStatus;
use pqc_ffi::xwing_ffi::*;

pub(crate) const FUNCTIONS: &[Function] = &[
    Function("xwing_keypair_generate", generate),
    Function("xwing_keypair_from_seed", from_seed),
    Function("xwing_keypair_*_bytes", pair_bytes),
    Function("xwing_keypair_public_key", pair_public_key),
    Function("xwing_public_key_from_bytes", from_bytes),
    Function("xwing_public_key_bytes", key_bytes),
    Function("xwing_encapsulate", encapsulate),
    Function("xwing_encapsulate_derand", encapsulate_derand),
    Function("xwing_decapsulate", decapsulate),
    Function("xwing_keypair_options", pair_told),
    Function("xwing_public_key_options", key_told),
];

fn generate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    // SAFETY: the output is writable.
    let pair = handle_of(|out| unsafe { xwing_keypair_generate(flags, out) })?;
    assert_ne!(*pair.seed_bytes()?, keys.xwing_seed);
    Ok(())
}

fn from_seed(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    let seed = arguments.exact(&keys.xwing_seed, PqcStatus::SeedLength);
    // SAFETY: the input is readable and the output writable.
    let pair = handle_of(|out| unsafe { xwing_keypair_from_seed(flags, seed.data, seed.len, out) })?;
    assert_eq!(*pair.public_key_bytes()? == keys.xwing_public, !arguments.is_changed);
    Ok(())
}

fn pair_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.xwing_pair);
    let functions = [
        (xwing_keypair_public_key_bytes as unsafe extern "C" fn(_, _) -> _, &keys.xwing_public),
        (xwing_keypair_seed_bytes, &keys.xwing_seed),
    ];
    for (function, expected) in functions {
        // SAFETY: the handle is NULL or alive and the output writable.
        assert_eq!(*bytes_of(|out| unsafe { function(pair, out) })?, **expected);
    }
    Ok(())
}

fn pair_public_key(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.xwing_pair);
    // SAFETY: the handle is NULL or alive and the output writable.
    let key = handle_of(|out| unsafe { xwing_keypair_public_key(pair, out) })?;
    assert_eq!(*key.bytes()?, keys.xwing_public);
    Ok(())
}

/// A key that loads re-encodes, and encapsulates whatever its X25519 part is.
fn from_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    let bytes = arguments.exact(&keys.xwing_public, PqcStatus::PublicKeyLength);
    arguments.allow_if_changed(&[PqcStatus::PublicKeyModulus]);
    // SAFETY: the input is readable and the output writable.
    let key = handle_of(|out| unsafe { xwing_public_key_from_bytes(flags, bytes.data, bytes.len, out) })?;
    assert_eq!(*key.bytes()? == keys.xwing_public, !arguments.is_changed);
    let (ciphertext, secret) = key.encapsulate_derand(XWING_RANDOMNESS)?;
    assert_eq!(*keys.xwing_pair.decapsulate(&ciphertext)? == *secret, !arguments.is_changed);
    Ok(())
}

fn key_bytes(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.xwing_key);
    // SAFETY: the handle is NULL or alive and the output writable.
    assert_eq!(*bytes_of(|out| unsafe { xwing_public_key_bytes(key, out) })?, keys.xwing_public);
    Ok(())
}

fn encapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.xwing_key);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let (ciphertext, secret) = two_bytes_of(|first, second| unsafe { xwing_encapsulate(key, first, second) })?;
    assert_eq!(*keys.xwing_pair.decapsulate(&ciphertext)?, *secret);
    Ok(())
}

fn encapsulate_derand(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.xwing_key);
    let eseed = arguments.exact(XWING_RANDOMNESS, PqcStatus::RandomnessLength);
    // SAFETY: the handle is NULL or alive, the input readable and the outputs are writable.
    let (ciphertext, secret) =
        two_bytes_of(|first, second| unsafe { xwing_encapsulate_derand(key, eseed.data, eseed.len, first, second) })?;
    assert_eq!(*keys.xwing_pair.decapsulate(&ciphertext)?, *secret);
    // Bits of the scalar that X25519 clears may differ.
    assert!(arguments.is_changed || *ciphertext == keys.xwing_ciphertext);
    Ok(())
}

fn decapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.xwing_pair);
    let ciphertext = arguments.exact(&keys.xwing_ciphertext, PqcStatus::CiphertextLength);
    // SAFETY: the handle is NULL or alive, the input readable and the output writable.
    let secret = bytes_of(|out| unsafe { xwing_decapsulate(pair, ciphertext.data, ciphertext.len, out) })?;
    assert_eq!(*secret == keys.xwing_secret, !arguments.is_changed);
    Ok(())
}

fn pair_told(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let pair = arguments.key(&keys.xwing_pair);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let bytes = size_of_call(|out| unsafe { xwing_keypair_resident_bytes(pair, out) });
    // SAFETY: as above.
    let options = number_of(|out| unsafe { xwing_keypair_options(pair, out) });
    assert_eq!(bytes.err(), options.err());
    assert_eq!(options? & keys.kem.flags, keys.kem.flags);
    Ok(())
}

fn key_told(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.key(&keys.xwing_key);
    // SAFETY: the handle is NULL or alive and the outputs are writable.
    let bytes = size_of_call(|out| unsafe { xwing_public_key_resident_bytes(key, out) });
    // SAFETY: as above.
    let options = number_of(|out| unsafe { xwing_public_key_options(key, out) });
    assert_eq!(bytes.err(), options.err());
    assert_eq!(options? & keys.kem.flags, keys.kem.flags);
    Ok(())
}
