//! What X-Wing reads.

use crate::common::xwing::XWing;
use crate::edit::Choice;
use crate::keys::{Keys, XWING_RANDOMNESS};
use crate::on_every_path;
use pqc_ffi::status::PqcStatus;

/// Reads a public key, a seed or a ciphertext on every code path.
pub fn xwing_import(data: &[u8]) {
    let Some(choice) = Choice::new(data, 3) else { return };
    let keys = Keys::get(choice.level, 0);
    match choice.kind {
        0 => public_key(keys, &choice.encoding(&keys.xwing_public)),
        1 => seed(keys, &choice.encoding(&keys.xwing_seed)),
        _ => ciphertext(keys, &choice.encoding(&keys.xwing_ciphertext)),
    }
}

/// A public key is refused for its length or the coefficients of its ML-KEM part, or is the one that it encodes and works.
fn public_key(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let key = XWing { flags }.load_public_key(bytes)?;
        assert_eq!(key.bytes()?.to_vec(), bytes, "a key that loads re-encodes");
        let (ciphertext, secret) = key.encapsulate_derand(XWING_RANDOMNESS)?;
        Ok([ciphertext.to_vec(), secret.to_vec()])
    });
    let has_its_length = bytes.len() == keys.xwing_public.len();
    let refusal = if has_its_length { PqcStatus::PublicKeyModulus } else { PqcStatus::PublicKeyLength };
    assert!(outcome.err().is_none_or(|status| status == refusal), "{refusal:?}");
}

/// Every string of 32 bytes is a seed, whose key decapsulates what is sent to it.
fn seed(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let pair = XWing { flags }.load_seed(bytes)?;
        assert_eq!(pair.seed_bytes()?.to_vec(), bytes);
        let (ciphertext, sent) = pair.public_key()?.encapsulate_derand(XWING_RANDOMNESS)?;
        assert_eq!(*pair.decapsulate(&ciphertext)?, *sent);
        Ok([pair.public_key_bytes()?.to_vec(), ciphertext.to_vec()])
    });
    assert_eq!(outcome.err(), (bytes.len() != keys.xwing_seed.len()).then_some(PqcStatus::SeedLength));
}

/// Every string of the right length is a ciphertext, but only the one that was made gives its secret.
fn ciphertext(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let pair = XWing { flags }.load_seed(&keys.xwing_seed)?;
        Ok(pair.decapsulate(bytes)?.to_vec())
    });
    match outcome {
        Ok(secret) => assert_eq!(secret == keys.xwing_secret, bytes == keys.xwing_ciphertext),
        Err(status) => {
            assert_eq!(status, PqcStatus::CiphertextLength);
            assert_ne!(bytes.len(), keys.xwing_ciphertext.len());
        }
    }
}
