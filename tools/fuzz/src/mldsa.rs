//! What ML-DSA reads.

use crate::common::mldsa::DsaSet;
use crate::edit::Choice;
use crate::keys::{CONTEXT, DIGEST, HASH, Keys, MESSAGE, RANDOMNESS, path_flags};
use crate::on_every_path;
use pqc_ffi::status::PqcStatus;

/// Reads a private key, a public key or a seed on every code path.
pub fn mldsa_import(data: &[u8]) {
    let Some(choice) = Choice::new(data, 3) else { return };
    let keys = Keys::get(choice.level, 0);
    match choice.kind {
        0 => private_key(keys, &choice.encoding(&keys.dsa_private)),
        1 => public_key(keys, &choice.encoding(&keys.dsa_public)),
        _ => seed(keys, &choice.encoding(&keys.dsa_seed)),
    }
}

/// Verifies a signature, as a plain, a prehashed and an internal one, on every code path.
pub fn mldsa_signature(data: &[u8]) {
    let Some(choice) = Choice::new(data, 3) else { return };
    let keys = Keys::get(choice.level, 0);
    let valid = if choice.kind == 1 { &keys.prehashed_signature } else { &keys.signature };
    let signature = choice.encoding(valid);
    for path in 0..path_flags().len() {
        let key = &Keys::get(choice.level, path).dsa_key;
        let outcome = match choice.kind {
            0 => key.verify(MESSAGE, CONTEXT, &signature),
            1 => key.verify_prehashed(HASH, DIGEST, CONTEXT, &signature),
            _ => key.verify_internal(&keys.m_prime, &signature),
        };
        assert_eq!(outcome.err(), (signature != *valid).then_some(PqcStatus::InvalidSignature), "path {path}");
    }
}

/// A private key is refused for a reason of its own, or is the one that it encodes, and its signatures are valid.
fn private_key(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let pair = DsaSet { flags, ..keys.dsa }.load_private_key(bytes)?;
        assert_eq!(pair.private_key_bytes()?.to_vec(), bytes, "a key that loads re-encodes");
        assert_eq!(pair.seed_bytes().err(), Some(PqcStatus::SeedUnavailable));
        let signature = pair.sign_derand(MESSAGE, CONTEXT, RANDOMNESS)?.to_vec();
        pair.public_key()?.verify(MESSAGE, CONTEXT, &signature)?;
        Ok([signature, pair.public_key_bytes()?.to_vec()])
    });
    let has_its_length = bytes.len() == keys.dsa.private_key;
    match outcome {
        Ok(_) => assert!(has_its_length),
        Err(status) if has_its_length => {
            let reasons = [PqcStatus::PrivateKeyRange, PqcStatus::PrivateKeyHash, PqcStatus::KeyPairMismatch];
            assert!(reasons.contains(&status), "{status:?}");
        }
        Err(status) => assert_eq!(status, PqcStatus::PrivateKeyLength),
    }
    assert!(outcome.is_ok() || bytes != keys.dsa_private);
}

/// Every string of the right length is a public key, but only the signer's accepts the signature.
fn public_key(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let key = DsaSet { flags, ..keys.dsa }.load_public_key(bytes)?;
        assert_eq!(key.bytes()?.to_vec(), bytes, "a key that loads re-encodes");
        Ok(key.verify(MESSAGE, CONTEXT, &keys.signature).err())
    });
    let has_its_length = bytes.len() == keys.dsa.public_key;
    let verdict = (bytes != keys.dsa_public).then_some(PqcStatus::InvalidSignature);
    assert_eq!(outcome, if has_its_length { Ok(verdict) } else { Err(PqcStatus::PublicKeyLength) });
}

/// Every string of 32 bytes is a seed, whose key survives both of its encodings.
fn seed(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let set = DsaSet { flags, ..keys.dsa };
        let pair = set.load_seed(bytes)?;
        assert_eq!(pair.seed_bytes()?.to_vec(), bytes);
        let expanded = pair.private_key_bytes()?;
        let signature = set.load_private_key(&expanded)?.sign_derand(MESSAGE, CONTEXT, RANDOMNESS)?;
        pair.public_key()?.verify(MESSAGE, CONTEXT, &signature)?;
        Ok([signature.to_vec(), expanded.to_vec(), pair.public_key_bytes()?.to_vec()])
    });
    assert_eq!(outcome.err(), (bytes.len() != keys.dsa_seed.len()).then_some(PqcStatus::SeedLength));
}
