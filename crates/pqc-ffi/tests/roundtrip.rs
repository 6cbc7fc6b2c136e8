//! The exported functions used correctly, with every algorithm.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::api::*;
use common::keys::{Algorithm, m_prime};

/// Contexts of every kind of length: empty, the shortest, a middle one and the longest.
const CONTEXTS: [&[u8]; 4] = [b"", b"c", b"a context", &[9; MLDSA_MAXCONTEXTBYTES]];
const RND: [u8; 32] = [8; 32];

#[test]
fn both_sides_have_the_same_secret_and_every_call_is_fresh() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        let ((ciphertext, sent), (other, other_sent)) = (key.encapsulate()?, key.encapsulate()?);
        let sizes = (algorithm.ciphertext, algorithm.shared_secret);
        assert_eq!((ciphertext.len(), sent.len()), sizes, "{algorithm:?}");
        assert_eq!((&*pair.decapsulate(&ciphertext)?, &*pair.decapsulate(&other)?), (&*sent, &*other_sent));
        assert_ne!(*ciphertext, *other, "{algorithm:?}");
        assert_ne!(*sent, *other_sent, "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn exports_have_their_sizes_and_load_again() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        let (pair, other) = (algorithm.generate()?, algorithm.generate()?);
        assert_ne!(*pair.bytes()?, *other.bytes()?, "{algorithm:?}");
        assert_eq!(pair.seed().map(|seed| seed.len()).unwrap_or_default(), algorithm.seed, "{algorithm:?}");
        let (public, private) = (pair.public_key()?.bytes()?, pair.bytes()?);
        assert_eq!((public.len(), private.len()), (algorithm.public_key, algorithm.private_key), "{algorithm:?}");
        assert_eq!(*algorithm.load_public_key(&public)?.bytes()?, *public, "{algorithm:?}");
        for loaded in [algorithm.reload(&pair)?, algorithm.load_private_key(&private)?] {
            assert_eq!(*loaded.bytes()?, *private, "{algorithm:?}");
            assert_eq!(*loaded.public_key()?.bytes()?, *public, "{algorithm:?}");
        }
        let loses_seed = algorithm.has_expanded_key() && !algorithm.is_slhdsa();
        let expected = loses_seed.then_some(PqcStatus::SeedUnavailable);
        assert_eq!(algorithm.load_private_key(&private)?.seed().err(), expected, "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn public_key_handles_outlive_the_private_key_and_each_other() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        let pair = algorithm.generate()?;
        let (first, second) = (pair.public_key()?, pair.public_key()?);
        assert_eq!(first.as_ptr(), second.as_ptr(), "{algorithm:?}: one counted object");
        let bytes = first.bytes()?.to_vec();
        drop(first);
        let third = pair.public_key()?;
        drop(pair);
        assert_eq!(*second.bytes()?, bytes, "{algorithm:?}");
        drop(second);
        assert_eq!(*third.bytes()?, bytes, "{algorithm:?}");
        assert!(!algorithm.is_kem() || third.encapsulate().is_ok(), "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn public_keys_are_equal_if_algorithm_and_encoding_are() -> Result<(), PqcStatus> {
    let mut keys = Vec::new();
    for algorithm in Algorithm::all() {
        keys.extend([algorithm.generate()?.public_key()?, algorithm.generate()?.public_key()?]);
        let encoding = keys[keys.len() - 1].bytes()?.to_vec();
        assert_eq!(algorithm.with(PQC_KEY_PORTABLE).load_public_key(&encoding)?.equals(&keys[keys.len() - 1])?, 1);
    }
    for (number, key) in keys.iter().enumerate() {
        for (other_number, other) in keys.iter().enumerate() {
            assert_eq!(key.equals(other)?, u32::from(number == other_number));
        }
    }
    Ok(())
}

#[test]
fn signatures_verify_with_every_kind_of_context() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::signers() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        for context in CONTEXTS {
            for message in [&b""[..], b"m", &[1; 10_000]] {
                let signature = pair.sign(message, context, 0)?;
                let is_whole = signature.len() == algorithm.signature || algorithm.is_composite();
                assert!(is_whole && signature.len() <= algorithm.signature, "{algorithm:?}");
                key.verify(message, context, &signature)?;
            }
        }
    }
    Ok(())
}

#[test]
fn internal_functions_agree_with_the_external_ones() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::digest_signers() {
        let (pair, rnd) = (algorithm.generate()?, &RND[..algorithm.randomness]);
        let key = pair.public_key()?;
        for context in CONTEXTS {
            let m_prime = m_prime(b"message", context);
            let signature = pair.sign_derand(b"message", context, rnd)?;
            assert_eq!(*pair.sign_internal(&m_prime, rnd)?, *signature, "{algorithm:?}");
            key.verify(b"message", context, &signature)?;
            key.verify_internal(&m_prime, &signature)?;
        }
    }
    Ok(())
}

#[test]
fn what_was_not_signed_is_refused() -> Result<(), PqcStatus> {
    let invalid = Err(PqcStatus::InvalidSignature);
    for algorithm in Algorithm::signers() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        let mut signature = pair.sign(b"message", b"context", 0)?.to_vec();
        for (message, context) in [
            (b"massage".as_slice(), b"context".as_slice()),
            (b"message", b"contest"),
            (b"message", b""),
            (b"", b"context"),
            // The border between message and context counts.
            (b"essage", b"contextm"),
        ] {
            assert_eq!(key.verify(message, context, &signature), invalid, "{algorithm:?} {message:?} {context:?}");
        }
        let internal = if algorithm.is_composite() { Err(PqcStatus::WrongAlgorithm) } else { invalid };
        assert_eq!(key.verify_internal(b"message", &signature), internal, "{algorithm:?}: M' is not the message");
        let other = algorithm.generate()?.public_key()?;
        assert_eq!(other.verify(b"message", b"context", &signature), invalid, "{algorithm:?}");
        for position in [0, algorithm.signature / 2, signature.len() - 1] {
            signature[position] ^= 1;
            assert_eq!(key.verify(b"message", b"context", &signature), invalid, "{algorithm:?} {position}");
            assert_eq!(key.verify_internal(&m_prime(b"message", b"context"), &signature), internal, "{algorithm:?}");
            signature[position] ^= 1;
        }
    }
    Ok(())
}
