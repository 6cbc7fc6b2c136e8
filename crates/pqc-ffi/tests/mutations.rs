//! Inputs that differ from valid ones: 10,000 for each thing that is read and each parameter set, on every code path.
//!
//! Half of them are changed with their structure in mind, so that they pass the checks that come first. What must become
//! of each of them is computed here, not taken from the library.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;
mod mutations {
    pub(crate) mod bits;
    pub(crate) mod layout;
    pub(crate) mod random;
    pub(crate) mod signature;
}

use common::mldsa::{DSA_SETS, DsaSet};
use common::mlkem::{KEM_SETS, KemSet};
use mutations::layout::Layout;
use mutations::random::{Random, mutate};
use mutations::signature::Shape;
use pqc_ffi::key_flags::{PQC_KEY_LIBCRUX, PQC_KEY_PORTABLE};
use pqc_ffi::status::PqcStatus;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const COUNT: usize = 10_000;
const SIGNATURES: u8 = 10;
const MESSAGE: &[u8] = b"message";
const CONTEXT: &[u8] = b"context";

/// The largest coefficient of ML-KEM.
const KEM_LIMIT: u32 = 3328;

/// The one outcome that reading has with libcrux on the portable path and with another engine or path, which take turns.
fn on_every_path<T: PartialEq>(read: impl Fn(u32) -> Result<T, PqcStatus>) -> Result<T, PqcStatus> {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let all = common::engines_and_paths();
    let (name, flags) = &all[1 + TURN.fetch_add(1, Relaxed) % (all.len() - 1)];
    let portable = read(PQC_KEY_LIBCRUX | PQC_KEY_PORTABLE);
    assert!(read(*flags) == portable, "{name} disagrees");
    portable
}

/// Reads 10,000 mutants of the first of two valid encodings, some of which must load and some not.
fn read_mutants(name: &str, [valid, other]: [&[u8]; 2], layout: &Layout, read: impl FnMut(&[u8]) -> bool) {
    let loaded = mutate(COUNT, [valid, other], |random, mutant| layout.change(random, mutant, other), read);
    println!("{name}: {loaded} of {COUNT} mutants loaded");
    assert!(0 < loaded && loaded < COUNT, "{name}: {loaded} loaded");
}

/// Checks an outcome, and tells whether the mutant was taken.
fn check<T>(outcome: &Result<T, PqcStatus>, expected: Option<PqcStatus>) -> bool {
    assert_eq!(outcome.as_ref().err().copied(), expected);
    outcome.is_ok()
}

#[test]
fn mlkem_private_keys_are_refused_for_their_reason_or_are_other_keys() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let [pair, other] = [set.load_seed(&[1; 64])?, set.load_seed(&[2; 64])?];
        let (ciphertext, sent) = pair.public_key()?.encapsulate_derand(&[3; 32])?;
        let [valid, other] = [pair.private_key_bytes()?, other.private_key_bytes()?];
        let [t, hash, z] = set.private_key_offsets();
        let layout = Layout {
            bounds: vec![0, t, hash - 32, hash, z, set.private_key],
            packed: vec![(0, 12, KEM_LIMIT), (1, 12, KEM_LIMIT)],
        };
        read_mutants(&format!("ML-KEM-{} private keys", set.id), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let key = KemSet { flags, ..set }.load_private_key(mutant)?;
                assert!(*key.private_key_bytes()? == *mutant, "a key that loads re-encodes");
                Ok(key.decapsulate(&ciphertext)?.to_vec())
            });
            // A change of z alone is one of the secret for ciphertexts that were tampered with.
            let decrypts = mutant.len() == valid.len() && layout.agree(&[0, 1, 2, 3], mutant, &valid);
            assert!(outcome.as_ref().map_or(true, |secret| (*secret == *sent) == decrypts));
            check(&outcome, mlkem_private_verdict(&layout, mutant, [&valid, &other]))
        });
    }
    Ok(())
}

fn mlkem_private_verdict(layout: &Layout, mutant: &[u8], known: [&[u8]; 2]) -> Option<PqcStatus> {
    if mutant.len() != known[0].len() {
        return Some(PqcStatus::PrivateKeyLength);
    }
    match layout.out_of_range(mutant) {
        Some(0) => Some(PqcStatus::PrivateKeyRange),
        Some(_) => Some(PqcStatus::PublicKeyModulus),
        None if known.iter().any(|known| layout.agree(&[1, 2, 3], mutant, known)) => None,
        None => Some(PqcStatus::PrivateKeyHash),
    }
}

#[test]
fn mlkem_public_keys_are_refused_for_their_reason_or_are_other_keys() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let [valid, other] =
            [set.load_seed(&[1; 64])?.public_key_bytes()?, set.load_seed(&[2; 64])?.public_key_bytes()?];
        let layout = Layout { bounds: vec![0, set.public_key - 32, set.public_key], packed: vec![(0, 12, KEM_LIMIT)] };
        read_mutants(&format!("ML-KEM-{} public keys", set.id), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let key = KemSet { flags, ..set }.load_public_key(mutant)?;
                assert!(*key.bytes()? == *mutant, "a key that loads re-encodes");
                let (ciphertext, secret) = key.encapsulate_derand(&[3; 32])?;
                Ok([ciphertext.to_vec(), secret.to_vec()])
            });
            let is_whole = mutant.len() == set.public_key;
            let is_out_of_range = is_whole && layout.out_of_range(mutant).is_some();
            let expected = is_out_of_range.then_some(PqcStatus::PublicKeyModulus);
            check(&outcome, if is_whole { expected } else { Some(PqcStatus::PublicKeyLength) })
        });
    }
    Ok(())
}

#[test]
fn mlkem_ciphertexts_give_another_secret_unless_their_length_is_wrong() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let key = set.load_seed(&[1; 64])?.public_key()?;
        let [(valid, sent), (other, other_sent)] =
            [key.encapsulate_derand(&[3; 32])?, key.encapsulate_derand(&[4; 32])?];
        let layout = Layout { bounds: vec![0, set.ciphertext], packed: vec![] };
        read_mutants(&format!("ML-KEM-{} ciphertexts", set.id), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let pair = KemSet { flags, ..set }.load_seed(&[1; 64])?;
                Ok(pair.decapsulate(mutant)?.to_vec())
            });
            let is_other = *mutant == *other;
            assert!(outcome.iter().all(|secret| **secret != *sent && (**secret == *other_sent) == is_other));
            check(&outcome, (mutant.len() != set.ciphertext).then_some(PqcStatus::CiphertextLength))
        });
    }
    Ok(())
}

#[test]
fn seeds_give_another_key_unless_their_length_is_wrong() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        read_seeds(&format!("ML-KEM-{} seeds", set.id), 64, |flags, seed| {
            let pair = KemSet { flags, ..set }.load_seed(seed)?;
            Ok([pair.seed_bytes()?.to_vec(), pair.private_key_bytes()?.to_vec()])
        })?;
    }
    for set in DSA_SETS {
        read_seeds(&format!("ML-DSA-{} seeds", set.id), 32, |flags, seed| {
            let pair = DsaSet { flags, ..set }.load_seed(seed)?;
            Ok([pair.seed_bytes()?.to_vec(), pair.private_key_bytes()?.to_vec()])
        })?;
    }
    Ok(())
}

/// Reads mutants of a seed by `load`, which gives the seed and the expanded private key of what it loads.
fn read_seeds(
    name: &str,
    length: usize,
    load: impl Fn(u32, &[u8]) -> Result<[Vec<u8>; 2], PqcStatus>,
) -> Result<(), PqcStatus> {
    let [valid, other] = [1, 2].map(|byte| vec![byte; length]);
    let [_, key] = load(0, &valid)?;
    let layout = Layout { bounds: vec![0, length], packed: vec![] };
    read_mutants(name, [&valid, &other], &layout, |mutant| {
        let outcome = on_every_path(|flags| load(flags, mutant));
        assert!(outcome.iter().all(|[seed, private]| seed == mutant && *private != key));
        check(&outcome, (mutant.len() != length).then_some(PqcStatus::SeedLength))
    });
    Ok(())
}

/// A change of K or t0 is not found, and one of s2 not always: the public key, whose hash `tr` is, does not depend on them,
/// or only by rounding. Such keys load, and not all of their signatures verify (docs/limitations.md).
///
/// Engines and code paths take turns. A change of s2 that leaves t1 as it was shows in `t0` only.
#[test]
fn mldsa_private_keys_are_refused_for_their_reason_or_are_other_keys() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let [pair, other] = [set.load_seed(&[1; 32])?, set.load_seed(&[2; 32])?];
        let (key, layout) = (pair.public_key()?, Layout::mldsa_private_key(set.id, set.private_key));
        let [valid, other] = [pair.private_key_bytes()?, other.private_key_bytes()?];
        let paths = common::engines_and_paths();
        let mut turn = 0;
        read_mutants(&format!("ML-DSA-{} private keys", set.id), [&valid, &other], &layout, |mutant| {
            turn += 1;
            let flags = paths[turn % paths.len()].1;
            let outcome = mldsa_load_and_sign(DsaSet { flags, ..set }, mutant);
            // Every key that loads is whole: one that differs signs with another K.
            assert!(outcome.iter().all(|made| key.verify(MESSAGE, CONTEXT, made).is_ok()) || *mutant == *other);
            let hides_in_t0 = outcome == Err(PqcStatus::KeyPairMismatch) && !layout.agree(&[4], mutant, &valid);
            let expected = mldsa_private_verdict(&layout, mutant, [&valid, &other]);
            check(&outcome, if hides_in_t0 { Some(PqcStatus::KeyPairMismatch) } else { expected })
        });
    }
    Ok(())
}

/// A signature by the key that a private key gives.
fn mldsa_load_and_sign(set: DsaSet, private_key: &[u8]) -> Result<Vec<u8>, PqcStatus> {
    let pair = set.load_private_key(private_key)?;
    assert!(*pair.private_key_bytes()? == *private_key, "a key that loads re-encodes");
    Ok(pair.sign_derand(MESSAGE, CONTEXT, &[3; 32])?.to_vec())
}

fn mldsa_private_verdict(layout: &Layout, mutant: &[u8], known: [&[u8]; 2]) -> Option<PqcStatus> {
    if mutant.len() != known[0].len() {
        return Some(PqcStatus::PrivateKeyLength);
    }
    if layout.out_of_range(mutant).is_some() {
        return Some(PqcStatus::PrivateKeyRange);
    }
    let is_known = |fields: &[usize]| known.iter().any(|known| layout.agree(fields, mutant, known));
    if !is_known(&[0, 2, 3, 4]) {
        return Some(PqcStatus::PrivateKeyHash);
    }
    (!is_known(&[0, 2, 3, 4, 5])).then_some(PqcStatus::KeyPairMismatch)
}

#[test]
fn mldsa_public_keys_refuse_the_signature_of_another() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let [pair, other] = [set.load_seed(&[1; 32])?, set.load_seed(&[2; 32])?];
        let signature = pair.sign_derand(MESSAGE, CONTEXT, &[3; 32])?;
        let layout = Layout { bounds: vec![0, 32, set.public_key], packed: vec![] };
        let [valid, other] = [pair.public_key_bytes()?, other.public_key_bytes()?];
        read_mutants(&format!("ML-DSA-{} public keys", set.id), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let key = DsaSet { flags, ..set }.load_public_key(mutant)?;
                assert!(*key.bytes()? == *mutant, "a key that loads re-encodes");
                Ok(key.verify(MESSAGE, CONTEXT, &signature).err())
            });
            assert!(outcome.iter().all(|verdict| *verdict == Some(PqcStatus::InvalidSignature)));
            check(&outcome, (mutant.len() != set.public_key).then_some(PqcStatus::PublicKeyLength))
        });
    }
    Ok(())
}

#[test]
fn mldsa_signatures_are_refused_if_any_byte_differs() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let (pair, shape) = (set.load_seed(&[1; 32])?, Shape::of(set.id));
        let bytes = pair.public_key_bytes()?;
        let load = |flags| DsaSet { flags, ..set }.load_public_key(&bytes);
        let verify = |signature: &[u8]| on_every_path(|flags| load(flags)?.verify(MESSAGE, CONTEXT, signature));
        for rnd in 0..SIGNATURES {
            let valid = pair.sign_derand(MESSAGE, CONTEXT, &[rnd; 32])?;
            let other = pair.sign_derand(b"another message", CONTEXT, &[rnd; 32])?;
            verify(&valid)?;
            let aware = |random: &mut Random, mutant: &mut [u8]| shape.change(random, mutant);
            let accepted = mutate(COUNT / usize::from(SIGNATURES), [&valid, &other], aware, |mutant| {
                check(&verify(mutant), Some(PqcStatus::InvalidSignature))
            });
            assert_eq!(accepted, 0, "{set:?}");
        }
    }
    Ok(())
}
