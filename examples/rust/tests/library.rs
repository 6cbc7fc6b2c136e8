//! Tests of the promises of the crate, with the installed library.

use std::thread;

use pqc::{Algorithm, Buffer, Error, KeyOptions, PrivateKey, PublicKey, Result};

const NONE: KeyOptions = KeyOptions::NONE;

/// Returns the algorithms that have seeds, or the composites.
fn seeded(seeded: bool) -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL.into_iter().filter(move |algorithm| algorithm.info().is_ok_and(|info| info.has_seed() == seeded))
}

fn generate(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::generate(algorithm, NONE).expect("the algorithm has keys")
}

/// Returns the algorithms that encapsulate, or the ones that sign.
fn algorithms(kem: bool) -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL.into_iter().filter(move |algorithm| algorithm.info().is_ok_and(|info| info.is_kem() == kem))
}

#[test]
fn table_of_the_library_has_the_algorithms() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.info().unwrap().algorithm, algorithm as u32);
        assert_eq!(Algorithm::try_from(algorithm as u32), Ok(algorithm));
        assert_eq!(generate(algorithm).algorithm(), Ok(algorithm));
    }
    assert_eq!(Algorithm::try_from(66), Err(Error::UNKNOWN_ALGORITHM));
    assert_eq!(Algorithm::MlDsa65.info().unwrap().name(), "ML-DSA-65");
    assert_eq!((algorithms(true).count(), algorithms(false).count()), (6, 21));
}

#[test]
fn both_sides_of_an_exchange_have_one_secret() {
    for algorithm in algorithms(true) {
        let (key, info) = (generate(algorithm), algorithm.info().unwrap());
        let encoded = key.public_key().unwrap().to_bytes().unwrap();
        let (ciphertext, sent) = PublicKey::from_bytes(algorithm, NONE, &encoded).unwrap().encapsulate().unwrap();
        assert_eq!((ciphertext.len(), sent.len()), (info.ciphertext_bytes, info.shared_secret_bytes));
        assert_eq!(key.decapsulate(&ciphertext).unwrap(), sent);
    }
}

#[test]
fn tampered_ciphertext_has_another_secret() {
    for algorithm in algorithms(true) {
        let key = generate(algorithm);
        let (ciphertext, sent) = key.public_key().unwrap().encapsulate().unwrap();
        let mut tampered = ciphertext.to_vec();
        tampered[7] ^= 1;
        assert_ne!(key.decapsulate(&tampered).unwrap(), sent);
    }
}

#[test]
fn signature_is_valid_for_its_message_context_and_key() {
    for algorithm in algorithms(false) {
        let signer = generate(algorithm);
        let encoded = signer.public_key().unwrap().to_bytes().unwrap();
        let key = PublicKey::from_bytes(algorithm, NONE, &encoded).unwrap();
        let signature = signer.sign(b"message", b"context").unwrap();
        assert!(signature.len() <= algorithm.info().unwrap().signature_bytes);
        assert_eq!(key.verify(b"message", b"context", &signature), Ok(()));
        assert_eq!(key.verify(b"another", b"context", &signature), Err(Error::INVALID_SIGNATURE));
        assert_eq!(key.verify(b"message", b"", &signature), Err(Error::INVALID_SIGNATURE));
        assert_eq!(key.verify(b"message", b"context", &signature[1..]), Err(Error::INVALID_SIGNATURE));
        let other = generate(algorithm).public_key().unwrap();
        assert_eq!(other.verify(b"message", b"context", &signature), Err(Error::INVALID_SIGNATURE));
    }
}

#[test]
fn composites_have_no_seed_and_a_point_in_each_public_key() {
    for algorithm in seeded(false) {
        let key = PrivateKey::generate(algorithm, KeyOptions::LOCKED_MEMORY).unwrap();
        let loaded = PrivateKey::from_bytes(algorithm, NONE, &key.to_bytes().unwrap()).unwrap();
        let mut encoded = key.public_key().unwrap().to_bytes().unwrap().to_vec();
        assert_eq!(loaded.to_bytes().unwrap(), key.to_bytes().unwrap());
        assert_eq!(*loaded.public_key().unwrap().to_bytes().unwrap(), *encoded);
        assert_eq!(key.seed().err(), Some(Error::SEED_UNAVAILABLE));
        assert_eq!(PrivateKey::from_seed(algorithm, NONE, &[0; 32]).err(), Some(Error::WRONG_ALGORITHM));
        encoded.iter_mut().rev().take(32).for_each(|byte| *byte = 0xff);
        assert_eq!(PublicKey::from_bytes(algorithm, NONE, &encoded).err(), Some(Error::PUBLIC_KEY_POINT));
    }
    assert_eq!(seeded(false).count(), 6);
}

#[test]
fn keys_are_loaded_from_both_forms() {
    for algorithm in seeded(true) {
        let key = generate(algorithm);
        let bytes = key.to_bytes().unwrap();
        let from_seed = PrivateKey::from_seed(algorithm, NONE, &key.seed().unwrap()).unwrap();
        let from_bytes = PrivateKey::from_bytes(algorithm, NONE, &bytes).unwrap();
        assert_eq!(from_seed.to_bytes().unwrap(), bytes);
        assert_eq!(from_bytes.to_bytes().unwrap(), bytes);
        let has_seed = !algorithm.info().unwrap().name().starts_with("ML-");
        assert_eq!(from_bytes.seed().err(), if has_seed { None } else { Some(Error::SEED_UNAVAILABLE) });
    }
}

#[test]
fn errors_carry_the_status_and_its_text() {
    let key = generate(Algorithm::MlKem768);
    let error = key.decapsulate(b"short").unwrap_err();
    assert_eq!((error, error.status()), (Error::CIPHERTEXT_LENGTH, 23));
    assert_eq!(format!("{error:?}"), "Error(23: ciphertext has the wrong length)");
    let seed = PrivateKey::from_seed(Algorithm::MlKem512, NONE, b"short");
    assert_eq!(seed.err(), Some(Error::SEED_LENGTH));
    let modulus = PublicKey::from_bytes(Algorithm::MlKem512, NONE, &[0xff; 800]);
    assert_eq!(modulus.err(), Some(Error::PUBLIC_KEY_MODULUS));
    let context = generate(Algorithm::MlDsa44).sign(b"message", &[0; 256]);
    assert_eq!(context.err(), Some(Error::CONTEXT_LENGTH));
}

#[test]
fn keys_refuse_the_operations_of_the_other_kind() {
    let (kem, signer) = (generate(Algorithm::MlKem512), generate(Algorithm::MlDsa44));
    assert_eq!(kem.sign(b"", b"").err(), Some(Error::WRONG_ALGORITHM));
    assert_eq!(kem.public_key().unwrap().verify(b"", b"", b""), Err(Error::WRONG_ALGORITHM));
    assert_eq!(signer.decapsulate(b"").err(), Some(Error::WRONG_ALGORITHM));
    assert_eq!(signer.public_key().unwrap().encapsulate().err(), Some(Error::WRONG_ALGORITHM));
}

#[test]
fn options_reach_the_keys() {
    let (algorithm, wanted) = (Algorithm::MlDsa44, KeyOptions::LOCKED_MEMORY | KeyOptions::NO_PRECOMPUTE);
    let made = PrivateKey::generate(algorithm, wanted).unwrap();
    let loaded = PrivateKey::from_bytes(algorithm, wanted, &made.to_bytes().unwrap()).unwrap();
    let seeded = PrivateKey::from_seed(algorithm, wanted, &made.seed().unwrap()).unwrap();
    let published = made.public_key().unwrap().to_bytes().unwrap();
    let public_key = PublicKey::from_bytes(algorithm, wanted, &published).unwrap();
    for options in [made.options(), loaded.options(), seeded.options(), public_key.options()] {
        assert!(options.unwrap().contains(wanted));
    }
    assert!(!generate(algorithm).options().unwrap().contains(KeyOptions::LOCKED_MEMORY));
}

#[test]
fn formatted_buffer_shows_no_byte() {
    assert_eq!(format!("{:?}", generate(Algorithm::MlKem512).seed().unwrap()), "Buffer(64 bytes)");
}

#[test]
fn values_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<(Buffer, PrivateKey, PublicKey)>();
    let signer = generate(Algorithm::MlDsa44);
    let key = signer.public_key().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            let sign_and_verify = || -> Result<()> { key.verify(b"message", b"", &signer.sign(b"message", b"")?) };
            scope.spawn(move || sign_and_verify().unwrap());
        }
    });
}
