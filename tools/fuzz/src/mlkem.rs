//! What ML-KEM reads.

use crate::common::mlkem::KemSet;
use crate::edit::Choice;
use crate::keys::{Keys, RANDOMNESS, path_flags};
use crate::on_every_path;
use pqc_ffi::status::PqcStatus;

/// Reads a private key, a public key, a seed or a ciphertext on every code path.
pub fn mlkem_import(data: &[u8]) {
    let Some(choice) = Choice::new(data, 4) else { return };
    let keys = Keys::get(choice.level, 0);
    match choice.kind {
        0 => private_key(keys, &choice.encoding(&keys.kem_private)),
        1 => public_key(keys, &choice.encoding(&keys.kem_public)),
        2 => seed(keys, &choice.encoding(&keys.kem_seed)),
        _ => ciphertext(choice.level, &choice.encoding(&keys.ciphertext)),
    }
}

/// A private key is refused for a reason of its own, or is the one that it encodes and works.
fn private_key(keys: &Keys, bytes: &[u8]) {
    use PqcStatus::{PrivateKeyHash, PrivateKeyLength, PrivateKeyRange, PublicKeyModulus};
    let outcome = on_every_path(|flags| {
        let pair = KemSet { flags, ..keys.kem }.load_private_key(bytes)?;
        assert_eq!(pair.private_key_bytes()?.to_vec(), bytes, "a key that loads re-encodes");
        assert_eq!(pair.seed_bytes().err(), Some(PqcStatus::SeedUnavailable));
        let [ek, hash, _] = keys.kem.private_key_offsets();
        assert_eq!(pair.public_key_bytes()?.to_vec(), bytes[ek..hash]);
        let (ciphertext, _) = pair.public_key()?.encapsulate_derand(RANDOMNESS)?;
        Ok([pair.decapsulate(&ciphertext)?.to_vec(), pair.decapsulate(&keys.ciphertext)?.to_vec()])
    });
    let has_its_length = bytes.len() == keys.kem.private_key;
    match outcome {
        Ok(_) => assert!(has_its_length),
        Err(status) if has_its_length => {
            assert!([PrivateKeyRange, PublicKeyModulus, PrivateKeyHash].contains(&status), "{status:?}");
        }
        Err(status) => assert_eq!(status, PrivateKeyLength),
    }
    assert!(outcome.is_ok() || bytes != keys.kem_private);
}

/// A public key is refused for its length or its coefficients, or is the one that it encodes and works.
fn public_key(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let key = KemSet { flags, ..keys.kem }.load_public_key(bytes)?;
        assert_eq!(key.bytes()?.to_vec(), bytes, "a key that loads re-encodes");
        let (ciphertext, secret) = key.encapsulate_derand(RANDOMNESS)?;
        Ok([ciphertext.to_vec(), secret.to_vec()])
    });
    let has_its_length = bytes.len() == keys.kem.public_key;
    let refusal = if has_its_length { PqcStatus::PublicKeyModulus } else { PqcStatus::PublicKeyLength };
    assert!(outcome.err().is_none_or(|status| status == refusal), "{:?}", refusal);
}

/// Every string of 64 bytes is a seed, whose key survives both of its encodings.
fn seed(keys: &Keys, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let set = KemSet { flags, ..keys.kem };
        let pair = set.load_seed(bytes)?;
        assert_eq!(pair.seed_bytes()?.to_vec(), bytes);
        let (ciphertext, sent) = pair.public_key()?.encapsulate_derand(RANDOMNESS)?;
        let expanded = pair.private_key_bytes()?;
        assert_eq!(*set.load_private_key(&expanded)?.decapsulate(&ciphertext)?, *sent);
        Ok([expanded.to_vec(), pair.public_key_bytes()?.to_vec()])
    });
    assert_eq!(outcome.err(), (bytes.len() != keys.kem_seed.len()).then_some(PqcStatus::SeedLength));
}

/// Every string of the right length is a ciphertext, but only the one that was made gives its secret.
fn ciphertext(level: usize, bytes: &[u8]) {
    let all = (0..path_flags().len()).map(|path| Keys::get(level, path));
    let mut outcomes = all.map(|keys| keys.kem_pair.decapsulate(bytes).map(|secret| secret.to_vec()));
    let first = outcomes.next().unwrap_or(Err(PqcStatus::Internal));
    outcomes.for_each(|other| assert_eq!(other, first, "the engines or code paths disagree"));
    let keys = Keys::get(level, 0);
    match first {
        Ok(secret) => assert_eq!(secret == keys.shared_secret, bytes == keys.ciphertext),
        Err(status) => {
            assert_eq!(status, PqcStatus::CiphertextLength);
            assert_ne!(bytes.len(), keys.kem.ciphertext);
        }
    }
}
