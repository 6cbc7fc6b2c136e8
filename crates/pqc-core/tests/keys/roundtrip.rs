//! Every parameter set on every code path of this machine: keys, operations and their agreement.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::{KEMS, MLDSA, MLKEM, all_forms as choices, key_of, signers};
use pqc_core::batch::{Decapsulation, Encapsulation, generate};
use pqc_core::{Algorithm, CodePath, Error, KeyOptions, Kind, PrivateKey, PublicKey, Randomness};
use std::collections::HashSet;

const PORTABLE: CodePath = CodePath::Portable;

fn name(options: KeyOptions) -> String {
    format!("{} {:?}", options.path.name(), options.precompute)
}

/// A public key, private key, ciphertext and shared secret, all from fixed randomness.
fn mlkem_transcript(set: Algorithm, options: impl Into<KeyOptions>) -> Result<[Vec<u8>; 4], Error> {
    let pair = PrivateKey::from_seed(set, options, &[7; 64])?;
    let mut public = vec![0; set.public_key_bytes()];
    let mut private = vec![0; set.private_key_bytes()];
    pair.write_public_key(&mut public)?;
    pair.write(&mut private)?;
    let mut ciphertext = vec![0; set.ciphertext_bytes()];
    let mut secret = [0; 32];
    pair.public_key()?.encapsulate_derand(&[9; 32], &mut ciphertext, &mut secret)?;
    Ok([public, private, ciphertext, secret.to_vec()])
}

#[test]
fn mlkem_code_paths_agree() -> Result<(), Error> {
    for set in MLKEM {
        for options in choices() {
            assert_eq!(
                mlkem_transcript(set, options)?,
                mlkem_transcript(set, PORTABLE)?,
                "{} {}",
                set.name(),
                name(options)
            );
        }
    }
    Ok(())
}

#[test]
fn mlkem_loaded_keys_work_like_generated_ones() -> Result<(), Error> {
    for set in MLKEM {
        for options in choices() {
            let [public, private, ciphertext, secret] = mlkem_transcript(set, options)?;
            let pair = PrivateKey::from_bytes(set, options, &private)?;
            let key = PublicKey::from_bytes(set, options, &public)?;
            let mut out = [0; 32];
            pair.decapsulate(&ciphertext, &mut out)?;
            assert_eq!(out.as_slice(), secret);
            let mut again = vec![0; ciphertext.len()];
            key.encapsulate_derand(&[9; 32], &mut again, &mut out)?;
            assert_eq!((again, out.to_vec()), (ciphertext, secret));
            let mut encoded = vec![0; private.len()];
            pair.write(&mut encoded)?;
            assert_eq!(encoded, private);
            assert_eq!(pair.seed(), Err(Error::SeedUnavailable));
        }
    }
    Ok(())
}

/// The lanes of an engine are full, or free, or too few to be shared. The first use computes H(ek), and every second
/// key has another first use.
#[test]
fn kem_keys_of_a_batch_are_those_of_their_seeds() -> Result<(), Error> {
    for (set, options) in KEMS.into_iter().flat_map(|set| choices().map(move |options| (set, options))) {
        let mut seeds = HashSet::new();
        for (number, made) in [1, 7, 8, 14].into_iter().flat_map(|count| generate(set, options, count)).enumerate() {
            let made = made?;
            assert!(seeds.insert(made.seed()?.to_vec()), "a seed is drawn once");
            let expected = PrivateKey::from_seed(set, PORTABLE, made.seed()?)?;
            let (mut ciphertext, mut sent, mut received) = (vec![0; set.ciphertext_bytes()], [0; 32], [0; 32]);
            expected.public_key()?.encapsulate(&mut ciphertext, &mut sent)?;
            for is_decapsulation in [number % 2 == 0, number % 2 != 0] {
                if is_decapsulation {
                    made.decapsulate(&ciphertext, &mut received)?;
                    assert_eq!(received, sent, "{} {}", set.name(), name(options));
                    continue;
                }
                let mut encoded = [(); 2].map(|()| vec![0; set.private_key_bytes()]);
                made.write(&mut encoded[0])?;
                expected.write(&mut encoded[1])?;
                assert_eq!(encoded[0], encoded[1], "{} {}", set.name(), name(options));
            }
        }
    }
    Ok(())
}

#[test]
fn kem_tampered_ciphertext_is_rejected_implicitly() -> Result<(), Error> {
    for set in KEMS {
        for options in choices() {
            let pair = PrivateKey::generate(set, options)?;
            let (mut ciphertext, mut sent, mut received) = (vec![0; set.ciphertext_bytes()], [0; 32], [0; 32]);
            pair.public_key()?.encapsulate(&mut ciphertext, &mut sent)?;
            pair.decapsulate(&ciphertext, &mut received)?;
            assert_eq!(sent, received);
            ciphertext[0] ^= 1;
            pair.decapsulate(&ciphertext, &mut received)?;
            assert_ne!(sent, received);
        }
    }
    Ok(())
}

/// A signature of the length that it has.
fn sign(pair: &PrivateKey, randomness: Randomness<'_>) -> Result<Vec<u8>, Error> {
    let mut signature = vec![0; pair.algorithm().signature_bytes()];
    let length = pair.sign(b"message", b"context", randomness, &mut signature)?;
    signature.truncate(length);
    Ok(signature)
}

/// A public key, private key and deterministic signature of a fixed key.
fn signature_transcript(set: Algorithm, options: impl Into<KeyOptions>) -> Result<[Vec<u8>; 3], Error> {
    transcript_of(&key_of(set, options, 7)?)
}

/// The same of any key.
fn transcript_of(pair: &PrivateKey) -> Result<[Vec<u8>; 3], Error> {
    let set = pair.algorithm();
    let mut public = vec![0; set.public_key_bytes()];
    let mut private = vec![0; set.private_key_bytes()];
    pair.write_public_key(&mut public)?;
    pair.write(&mut private)?;
    Ok([public, private, sign(pair, Randomness::Deterministic)?])
}

/// The lanes are full, or free, or too few to be shared.
#[test]
fn signature_keys_of_a_batch_are_those_of_their_seeds() -> Result<(), Error> {
    for (set, options) in MLDSA.into_iter().flat_map(|set| choices().map(move |options| (set, options))) {
        let mut seeds = HashSet::new();
        for made in [1, 7, 8, 16].into_iter().flat_map(|count| generate(set, options, count)) {
            let made = made?;
            assert!(seeds.insert(made.seed()?.to_vec()), "a seed is drawn once");
            let expected = PrivateKey::from_seed(set, PORTABLE, made.seed()?)?;
            assert_eq!(transcript_of(&made)?, transcript_of(&expected)?, "{} {}", set.name(), name(options));
        }
    }
    Ok(())
}

#[test]
fn signature_code_paths_agree() -> Result<(), Error> {
    for set in signers() {
        for options in choices() {
            assert_eq!(
                signature_transcript(set, options)?,
                signature_transcript(set, PORTABLE)?,
                "{} {}",
                set.name(),
                name(options)
            );
        }
    }
    Ok(())
}

#[test]
fn signature_loaded_keys_work_like_generated_ones() -> Result<(), Error> {
    for set in signers() {
        for options in choices() {
            let [public, private, signature] = signature_transcript(set, options)?;
            let pair = PrivateKey::from_bytes(set, options, &private)?;
            let key = PublicKey::from_bytes(set, options, &public)?;
            key.verify(b"message", b"context", &signature)?;
            assert_eq!(sign(&pair, Randomness::Deterministic)?, signature);
            let mut derived = vec![0; public.len()];
            pair.write_public_key(&mut derived)?;
            assert_eq!(derived, public);
            assert_eq!(pair.seed(), Err(Error::SeedUnavailable));
        }
    }
    Ok(())
}

#[test]
fn signature_algorithms_refuse_another_message_context_or_signature() -> Result<(), Error> {
    for set in signers() {
        for options in choices() {
            let pair = PrivateKey::generate(set, options)?;
            let key = pair.public_key()?;
            let mut signature = sign(&pair, Randomness::Hedged)?;
            key.verify(b"message", b"context", &signature)?;
            assert_eq!(key.verify(b"massage", b"context", &signature), Err(Error::InvalidSignature));
            assert_eq!(key.verify(b"message", b"", &signature), Err(Error::InvalidSignature));
            assert_eq!(key.verify(b"message", b"context", &signature[1..]), Err(Error::InvalidSignature));
            signature[0] ^= 1;
            assert_eq!(key.verify(b"message", b"context", &signature), Err(Error::InvalidSignature));
        }
    }
    Ok(())
}

#[test]
fn hedged_signatures_differ_and_deterministic_ones_do_not() -> Result<(), Error> {
    for set in signers() {
        let pair = PrivateKey::generate(set, CodePath::best())?;
        assert_ne!(sign(&pair, Randomness::Hedged)?, sign(&pair, Randomness::Hedged)?, "{}", set.name());
        assert_eq!(sign(&pair, Randomness::Deterministic)?, sign(&pair, Randomness::Deterministic)?, "{}", set.name());
    }
    Ok(())
}

#[test]
fn xwing_keys_load_from_their_seed_and_agree_on_code_paths() -> Result<(), Error> {
    let transcript = |options: KeyOptions| {
        let key = PrivateKey::from_bytes(Algorithm::XWing, options, &[7; 32])?;
        let (mut public, mut private) = (vec![0; 1216], [0; 32]);
        key.write_public_key(&mut public)?;
        key.write(&mut private)?;
        assert_eq!((&private, key.seed()?), (&[7; 32], [7; 32].as_slice()));
        let (mut ciphertext, mut sent, mut received) = (vec![0; 1120], [0; 32], [0; 32]);
        let loaded = PublicKey::from_bytes(Algorithm::XWing, options, &public)?;
        loaded.encapsulate_derand(&[9; 64], &mut ciphertext, &mut sent)?;
        key.decapsulate(&ciphertext, &mut received)?;
        assert_eq!(sent, received);
        Ok::<_, Error>((public, ciphertext, sent))
    };
    for options in choices() {
        assert_eq!(transcript(options)?, transcript(PORTABLE.into())?, "{}", name(options));
    }
    Ok(())
}

#[test]
fn operations_of_the_other_kind_are_refused() -> Result<(), Error> {
    for algorithm in Algorithm::ALL {
        let key = PrivateKey::generate(algorithm, PORTABLE)?;
        let public = key.public_key()?;
        let (mut out, mut secret) = (vec![0; 5000], [0; 32]);
        let refused = match algorithm.kind() {
            Kind::Kem => [
                key.sign(b"", b"", Randomness::Deterministic, &mut out).err(),
                key.sign_mu(&[0; 64], Randomness::Deterministic, &mut out).err(),
                key.sign_internal(b"", &[0; 32], &mut out).err(),
                public.verify(b"", b"", b"").err(),
                public.verify_mu(&[0; 64], b"").err(),
                public.mu_hasher(b"").err(),
            ],
            Kind::Signature => [
                key.decapsulate(b"", &mut secret).err(),
                public.encapsulate(&mut out, &mut secret).err(),
                public.encapsulate_derand(&[0; 32], &mut out, &mut secret).err(),
                Decapsulation::new(&key, b"", &mut [0; 32]).err(),
                Encapsulation::new(&public, &mut out, &mut [0; 32]).err(),
                Encapsulation::with_encoded_key(algorithm, key.options(), b"", &mut [], &mut [0; 32]).err(),
            ],
        };
        assert_eq!(refused, [Some(Error::WrongAlgorithm); 6], "{}", algorithm.name());
    }
    Ok(())
}

#[test]
fn ids_and_equality_identify_a_key() -> Result<(), Error> {
    let keys = Algorithm::ALL.map(|algorithm| PrivateKey::generate(algorithm, PORTABLE)?.public_key());
    let keys = keys.into_iter().collect::<Result<Vec<_>, _>>()?;
    for (key, algorithm) in keys.iter().zip(Algorithm::ALL) {
        assert_eq!(Algorithm::from_id(algorithm.id()), Some(algorithm));
        let mut encoded = vec![0; algorithm.public_key_bytes()];
        key.write(&mut encoded)?;
        assert!(key.is_same(&PublicKey::from_bytes(algorithm, CodePath::best(), &encoded)?)?);
        assert!(!key.is_same(&PrivateKey::generate(algorithm, PORTABLE)?.public_key()?)?);
        assert_eq!(keys.iter().map(|other| key.is_same(other)).filter(|same| *same == Ok(true)).count(), 1);
    }
    Ok(())
}
