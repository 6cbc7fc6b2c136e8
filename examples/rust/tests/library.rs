//! What the wrapper promises, against the installed library.

use std::thread;

use pqc::{Buffer, DsaKeyPair, DsaPublicKey, DsaSet, KemKeyPair, KemPublicKey, KemSet, Result};

const KEM_SETS: [KemSet; 3] = [KemSet::MlKem512, KemSet::MlKem768, KemSet::MlKem1024];
const DSA_SETS: [DsaSet; 3] = [DsaSet::MlDsa44, DsaSet::MlDsa65, DsaSet::MlDsa87];

/// Returns the status of an error, 0 of a success.
fn status<T>(result: Result<T>) -> i32 {
    result.err().map_or(0, pqc::Error::status)
}

#[test]
fn both_sides_of_an_exchange_have_one_secret() {
    for set in KEM_SETS {
        let pair = KemKeyPair::generate(set).unwrap();
        let key = KemPublicKey::from_bytes(set, &pair.public_key().unwrap().to_bytes().unwrap()).unwrap();
        let (ciphertext, sent) = key.encapsulate().unwrap();
        assert_eq!((ciphertext.len(), sent.len()), ([768, 1088, 1568][(set as usize - 512) / 256], 32));
        assert_eq!(pair.decapsulate(&ciphertext).unwrap(), sent);
    }
}

#[test]
fn tampered_ciphertext_gives_another_secret() {
    for set in KEM_SETS {
        let pair = KemKeyPair::generate(set).unwrap();
        let (ciphertext, sent) = pair.public_key().unwrap().encapsulate().unwrap();
        let mut tampered = ciphertext.to_vec();
        tampered[7] ^= 1;
        assert_ne!(pair.decapsulate(&tampered).unwrap(), sent);
    }
}

#[test]
fn signature_is_valid_for_its_message_context_and_key() {
    for set in DSA_SETS {
        let signer = DsaKeyPair::generate(set).unwrap();
        let key = DsaPublicKey::from_bytes(set, &signer.public_key().unwrap().to_bytes().unwrap()).unwrap();
        let signature = signer.sign(b"message", b"context").unwrap();
        assert!(key.verify(b"message", b"context", &signature).unwrap());
        assert!(!key.verify(b"another", b"context", &signature).unwrap());
        assert!(!key.verify(b"message", b"", &signature).unwrap());
        assert!(!key.verify(b"message", b"context", &signature[1..]).unwrap());
        let other = DsaKeyPair::generate(set).unwrap().public_key().unwrap();
        assert!(!other.verify(b"message", b"context", &signature).unwrap());
    }
}

#[test]
fn kem_keys_are_loaded_from_both_forms() {
    for set in KEM_SETS {
        let pair = KemKeyPair::generate(set).unwrap();
        let private_key = pair.private_key().unwrap();
        let from_seed = KemKeyPair::from_seed(set, &pair.seed().unwrap()).unwrap();
        let from_private_key = KemKeyPair::from_private_key(set, &private_key).unwrap();
        assert_eq!(from_seed.private_key().unwrap(), private_key);
        assert_eq!(from_private_key.private_key().unwrap(), private_key);
        assert_eq!(status(from_private_key.seed()), 60);
    }
}

#[test]
fn dsa_keys_are_loaded_from_both_forms() {
    for set in DSA_SETS {
        let pair = DsaKeyPair::generate(set).unwrap();
        let private_key = pair.private_key().unwrap();
        let from_seed = DsaKeyPair::from_seed(set, &pair.seed().unwrap()).unwrap();
        let from_private_key = DsaKeyPair::from_private_key(set, &private_key).unwrap();
        assert_eq!(from_seed.private_key().unwrap(), private_key);
        assert_eq!(from_private_key.private_key().unwrap(), private_key);
        assert_eq!(status(from_private_key.seed()), 60);
    }
}

#[test]
fn errors_carry_the_status_and_its_text() {
    let pair = KemKeyPair::generate(KemSet::MlKem768).unwrap();
    let signer = DsaKeyPair::generate(DsaSet::MlDsa44).unwrap();
    let error = pair.decapsulate(b"short").unwrap_err();
    assert_eq!((error.status(), error.to_string().as_str()), (23, "ciphertext has the wrong length"));
    assert_eq!(format!("{error:?}"), "Error(23: ciphertext has the wrong length)");
    assert_eq!(status(KemKeyPair::from_seed(KemSet::MlKem512, b"short")), 22);
    assert_eq!(status(KemPublicKey::from_bytes(KemSet::MlKem512, &[0xff; 800])), 40);
    assert_eq!(status(signer.sign(b"message", &[0; 256])), 24);
}

#[test]
fn formatted_buffer_shows_no_byte() {
    let seed = KemKeyPair::generate(KemSet::MlKem512).unwrap().seed().unwrap();
    assert_eq!(format!("{seed:?}"), "Buffer(64 bytes)");
}

#[test]
fn values_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<(Buffer, KemKeyPair, KemPublicKey, DsaPublicKey)>();
    let signer = DsaKeyPair::generate(DsaSet::MlDsa44).unwrap();
    let key = signer.public_key().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(key.verify(b"message", b"", &signer.sign(b"message", b"").unwrap()).unwrap()));
        }
    });
}
