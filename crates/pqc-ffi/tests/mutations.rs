//! Inputs that differ from valid ones: 500 for each encoding and each algorithm, or `QYNAUTH_PQC_CASES`, on every code path.
//!
//! Half of them are changed with their structure in mind, so that they pass the checks that come first. The expected
//! outcome of each is computed here, not taken from the library.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;
mod mutations {
    pub(crate) mod bits;
    pub(crate) mod layout;
    pub(crate) mod random;
    pub(crate) mod signature;
}

use common::Owned;
use common::api::*;
use common::composite::Halves;
use common::keys::Algorithm;
use mutations::layout::Layout;
use mutations::random::{Random, mutate};
use mutations::signature::Shape;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const SIGNATURES: u8 = 10;
const MESSAGE: &[u8] = b"message";
const CONTEXT: &[u8] = b"context";

/// The largest coefficient of ML-KEM.
const KEM_LIMIT: u32 = 3328;

/// A key of equal bytes.
fn pair_of(algorithm: Algorithm, byte: u8) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
    algorithm.load_secrets(&[byte; 80])
}

/// The algorithms of ML-KEM.
fn mlkem() -> impl Iterator<Item = Algorithm> {
    Algorithm::kems().into_iter().filter(|algorithm| algorithm.is_mlkem())
}

/// The outcome of reading, the same on the portable path and on another one, which take turns.
fn on_every_path<T: PartialEq>(read: impl Fn(u32) -> Result<T, PqcStatus>) -> Result<T, PqcStatus> {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let all = common::code_paths();
    let (name, flags) = &all[TURN.fetch_add(1, Relaxed) % all.len()];
    let portable = read(PQC_KEY_PORTABLE);
    assert!(read(*flags) == portable, "{name} disagrees");
    portable
}

/// How many mutants of an encoding are read.
fn count() -> usize {
    std::env::var("QYNAUTH_PQC_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500)
}

/// Reads mutants of the first of two valid encodings. Some must load, and some must not.
fn read_mutants(name: &str, [valid, other]: [&[u8]; 2], layout: &Layout, read: impl FnMut(&[u8]) -> bool) {
    let count = count();
    let loaded = mutate(count, [valid, other], |random, mutant| layout.change(random, mutant, other), read);
    println!("{name}: {loaded} of {count} mutants loaded");
    assert!(0 < loaded && loaded < count, "{name}: {loaded} loaded");
}

/// Checks an outcome, and returns whether the mutant was accepted.
fn check<T>(outcome: &Result<T, PqcStatus>, expected: Option<PqcStatus>) -> bool {
    assert_eq!(outcome.as_ref().err().copied(), expected);
    outcome.is_ok()
}

#[test]
fn mlkem_private_keys_are_refused_for_their_reason_or_are_other_keys() -> Result<(), PqcStatus> {
    for algorithm in mlkem() {
        let [pair, other] = [pair_of(algorithm, 1)?, pair_of(algorithm, 2)?];
        let (ciphertext, sent) = pair.public_key()?.encapsulate_derand(&[3; 32])?;
        let [valid, other] = [pair.bytes()?, other.bytes()?];
        let [t, hash, z] = algorithm.mlkem_private_key_offsets();
        let layout = Layout {
            bounds: vec![0, t, hash - 32, hash, z, algorithm.private_key],
            packed: vec![(0, 12, KEM_LIMIT), (1, 12, KEM_LIMIT)],
        };
        read_mutants(&format!("{} private keys", algorithm.name), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let key = algorithm.with(flags).load_private_key(mutant)?;
                assert!(*key.bytes()? == *mutant, "a key that loads re-encodes");
                Ok(key.decapsulate(&ciphertext)?.to_vec())
            });
            // A change of z alone changes the secret of tampered ciphertexts.
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

/// Whether bytes end with the point of one of two values: no mutation makes another point, except by a chance of 2^-256.
fn ends_like_one(mutant: &[u8], known: [&[u8]; 2], start: usize) -> bool {
    known.iter().any(|known| mutant.get(start..) == known.get(start..))
}

#[test]
fn kem_public_keys_are_refused_for_their_reason_or_are_other_keys() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let [valid, other] =
            [pair_of(algorithm, 1)?.public_key()?.bytes()?, pair_of(algorithm, 2)?.public_key()?.bytes()?];
        // Behind the coefficients are rho and, in a hybrid, a public key of X25519 or a point.
        let hybrid = algorithm.mlkem_beside_a_point();
        let mlkem =
            hybrid.map_or(algorithm.public_key - if algorithm.is_mlkem() { 0 } else { 32 }, |set| set.public_key);
        let coefficients = mlkem - 32;
        let layout = Layout { bounds: vec![0, coefficients, algorithm.public_key], packed: vec![(0, 12, KEM_LIMIT)] };
        read_mutants(&format!("{} public keys", algorithm.name), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let key = algorithm.with(flags).load_public_key(mutant)?;
                assert!(*key.bytes()? == *mutant, "a key that loads re-encodes");
                let (ciphertext, secret) = key.encapsulate_derand(&vec![3; algorithm.randomness])?;
                Ok([ciphertext.to_vec(), secret.to_vec()])
            });
            let is_whole = mutant.len() == algorithm.public_key;
            let is_out_of_range = is_whole && layout.out_of_range(mutant).is_some();
            let is_point = hybrid.is_none() || ends_like_one(mutant, [&valid, &other], mlkem);
            let expected = if is_out_of_range {
                Some(PqcStatus::PublicKeyModulus)
            } else {
                (!is_point).then_some(PqcStatus::PublicKeyPoint)
            };
            check(&outcome, if is_whole { expected } else { Some(PqcStatus::PublicKeyLength) })
        });
    }
    Ok(())
}

#[test]
fn ciphertexts_have_another_secret_unless_their_length_is_wrong() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let (key, hybrid) = (pair_of(algorithm, 1)?.public_key()?, algorithm.mlkem_beside_a_point());
        let [(valid, sent), (other, other_sent)] =
            [3, 4].map(|byte| key.encapsulate_derand(&vec![byte; algorithm.randomness]).expect("a ciphertext"));
        let layout = Layout { bounds: vec![0, algorithm.ciphertext], packed: vec![] };
        read_mutants(&format!("{} ciphertexts", algorithm.name), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let pair = pair_of(algorithm.with(flags), 1)?;
                Ok(pair.decapsulate(mutant)?.to_vec())
            });
            let (is_other, is_whole) = (*mutant == *other, mutant.len() == algorithm.ciphertext);
            assert!(outcome.iter().all(|secret| **secret != *sent && (**secret == *other_sent) == is_other));
            let is_point = hybrid.is_none_or(|set| ends_like_one(mutant, [&valid, &other], set.ciphertext));
            let expected = if is_whole { PqcStatus::CiphertextPoint } else { PqcStatus::CiphertextLength };
            check(&outcome, (!is_whole || !is_point).then_some(expected))
        });
    }
    Ok(())
}

#[test]
fn seeds_make_another_key_unless_their_length_is_wrong() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all().into_iter().filter(|algorithm| algorithm.has_seed()) {
        let [valid, other] = [1, 2].map(|byte| vec![byte; algorithm.seed]);
        let key = algorithm.load_seed(&valid)?.public_key()?.bytes()?.to_vec();
        let private = algorithm.load_seed(&valid)?.bytes()?.to_vec();
        let layout = Layout { bounds: vec![0, algorithm.seed], packed: vec![] };
        read_mutants(&format!("{} seeds", algorithm.name), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let pair = algorithm.with(flags).load_seed(mutant)?;
                Ok([pair.seed()?.to_vec(), pair.bytes()?.to_vec(), pair.public_key()?.bytes()?.to_vec()])
            });
            // A change of z of ML-KEM, or of SK.prf of SLH-DSA, changes the private key only.
            let n = algorithm.seed / 3;
            let is_prf = mutant.get(..n) == valid.get(..n) && mutant.get(2 * n..) == valid.get(2 * n..);
            let is_z = algorithm.is_mlkem() && mutant.get(..32) == valid.get(..32) || algorithm.is_slhdsa() && is_prf;
            assert!(
                outcome
                    .iter()
                    .all(|[seed, made, public]| { seed == mutant && *made != private && (is_z || *public != key) })
            );
            check(&outcome, (mutant.len() != algorithm.seed).then_some(PqcStatus::SeedLength))
        });
    }
    Ok(())
}

/// A change of K or t0 is not found, and a change of s2 not always: the public key, which `tr` is the hash of, does not
/// depend on them, or only by rounding. Such keys load, and not all of their signatures verify (docs/limitations.md).
///
/// Code paths take turns. A change of s2 that leaves t1 as it was shows in `t0` only.
#[test]
fn mldsa_private_keys_are_refused_for_their_reason_or_are_other_keys() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let [pair, other] = [pair_of(algorithm, 1)?, pair_of(algorithm, 2)?];
        let (key, layout) = (pair.public_key()?, Layout::mldsa_private_key(algorithm.id, algorithm.private_key));
        let [valid, other] = [pair.bytes()?, other.bytes()?];
        let paths = common::code_paths();
        let mut turn = 0;
        read_mutants(&format!("{} private keys", algorithm.name), [&valid, &other], &layout, |mutant| {
            turn += 1;
            let flags = paths[turn % paths.len()].1;
            let outcome = mldsa_load_and_sign(algorithm.with(flags), mutant);
            // Every loaded key is consistent: a changed one signs with another K.
            assert!(outcome.iter().all(|made| key.verify(MESSAGE, CONTEXT, made).is_ok()) || *mutant == *other);
            let hides_in_t0 = outcome == Err(PqcStatus::KeyPairMismatch) && !layout.agree(&[4], mutant, &valid);
            let expected = mldsa_private_verdict(&layout, mutant, [&valid, &other]);
            check(&outcome, if hides_in_t0 { Some(PqcStatus::KeyPairMismatch) } else { expected })
        });
    }
    Ok(())
}

/// A signature by the key of an encoding.
fn mldsa_load_and_sign(algorithm: Algorithm, private_key: &[u8]) -> Result<Vec<u8>, PqcStatus> {
    let pair = algorithm.load_private_key(private_key)?;
    assert!(*pair.bytes()? == *private_key, "a key that loads re-encodes");
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
    for algorithm in Algorithm::mldsa() {
        let [pair, other] = [pair_of(algorithm, 1)?, pair_of(algorithm, 2)?];
        let signature = pair.sign_derand(MESSAGE, CONTEXT, &[3; 32])?;
        let layout = Layout { bounds: vec![0, 32, algorithm.public_key], packed: vec![] };
        let [valid, other] = [pair.public_key()?.bytes()?, other.public_key()?.bytes()?];
        read_mutants(&format!("{} public keys", algorithm.name), [&valid, &other], &layout, |mutant| {
            let outcome = on_every_path(|flags| {
                let key = algorithm.with(flags).load_public_key(mutant)?;
                assert!(*key.bytes()? == *mutant, "a key that loads re-encodes");
                Ok(key.verify(MESSAGE, CONTEXT, &signature).err())
            });
            assert!(outcome.iter().all(|verdict| *verdict == Some(PqcStatus::InvalidSignature)));
            check(&outcome, (mutant.len() != algorithm.public_key).then_some(PqcStatus::PublicKeyLength))
        });
    }
    Ok(())
}

#[test]
fn mldsa_signatures_are_refused_if_any_byte_differs() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let (pair, shape) = (pair_of(algorithm, 1)?, Shape::of(algorithm.id));
        let bytes = pair.public_key()?.bytes()?;
        let load = |flags| algorithm.with(flags).load_public_key(&bytes);
        let verify = |signature: &[u8]| on_every_path(|flags| load(flags)?.verify(MESSAGE, CONTEXT, signature));
        for rnd in 0..SIGNATURES {
            let valid = pair.sign_derand(MESSAGE, CONTEXT, &[rnd; 32])?;
            let other = pair.sign_derand(b"another message", CONTEXT, &[rnd; 32])?;
            verify(&valid)?;
            let aware = |random: &mut Random, mutant: &mut [u8]| shape.change(random, mutant);
            let accepted = mutate(count() / usize::from(SIGNATURES), [&valid, &other], aware, |mutant| {
                check(&verify(mutant), Some(PqcStatus::InvalidSignature))
            });
            assert_eq!(accepted, 0, "{algorithm:?}");
        }
    }
    Ok(())
}

/// Fewer, since ECDSA takes its time.
const COMPOSITE_COUNT: usize = 400;

/// As `read_mutants`, without a layout of coefficients.
fn read_composites(bounds: Vec<usize>, [valid, other]: [&[u8]; 2], read: impl FnMut(&[u8]) -> bool) -> usize {
    let layout = Layout { bounds, packed: vec![] };
    mutate(COMPOSITE_COUNT, [valid, other], |random, mutant| layout.change(random, mutant, other), read)
}

#[test]
fn composite_private_keys_are_refused_for_their_reason_or_are_other_keys() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::composites() {
        let (halves, [pair, other]) = (Halves::of(algorithm), [pair_of(algorithm, 1)?, pair_of(algorithm, 2)?]);
        let (key, valid, other) = (pair.public_key()?, pair.bytes()?.to_vec(), other.bytes()?);
        let loaded = read_composites(vec![0, 32, valid.len()], [&valid, &other], |mutant| {
            let outcome = on_every_path(|flags| {
                let pair = algorithm.with(flags).load_private_key(mutant)?;
                assert!(*pair.bytes()? == *mutant, "a key that loads re-encodes");
                Ok(pair.sign(MESSAGE, CONTEXT, PQC_SIGN_DETERMINISTIC)?.to_vec())
            });
            assert!(outcome.iter().all(|made| key.verify(MESSAGE, CONTEXT, made).is_err()), "another key");
            check(&outcome, composite_private_verdict(&halves, mutant, &valid))
        });
        assert!(0 < loaded && loaded < COMPOSITE_COUNT, "{}: {loaded} loaded", algorithm.name);
    }
    Ok(())
}

fn composite_private_verdict(halves: &Halves, mutant: &[u8], valid: &[u8]) -> Option<PqcStatus> {
    if mutant.len() != valid.len() {
        return Some(PqcStatus::PrivateKeyLength);
    }
    let secret = halves.classical_secret(mutant);
    if mutant[32..] != halves.classical_private_key(secret) {
        return Some(PqcStatus::KeyEncoding);
    }
    let is_out_of_range = secret.iter().all(|byte| *byte == 0) || secret >= halves.order_bytes().as_slice();
    (halves.is_ecdsa && is_out_of_range).then_some(PqcStatus::PrivateKeyRange)
}

#[test]
fn composite_public_keys_refuse_the_signature_of_another() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::composites() {
        let [pair, other] = [pair_of(algorithm, 1)?, pair_of(algorithm, 2)?];
        let signature = pair.sign(MESSAGE, CONTEXT, PQC_SIGN_DETERMINISTIC)?;
        let [valid, other] = [pair.public_key()?.bytes()?, other.public_key()?.bytes()?];
        let bounds = vec![0, 32, Halves::of(algorithm).mldsa.public_key, algorithm.public_key];
        let loaded = read_composites(bounds, [&valid, &other], |mutant| {
            let outcome = on_every_path(|flags| {
                let key = algorithm.with(flags).load_public_key(mutant)?;
                assert!(*key.bytes()? == *mutant, "a key that loads re-encodes");
                Ok(key.verify(MESSAGE, CONTEXT, &signature).err())
            });
            assert!(outcome.iter().all(|verdict| *verdict == Some(PqcStatus::InvalidSignature)));
            let is_whole = mutant.len() == algorithm.public_key;
            let refused = if is_whole { PqcStatus::PublicKeyPoint } else { PqcStatus::PublicKeyLength };
            assert!(outcome.as_ref().err().is_none_or(|status| *status == refused) && (is_whole || outcome.is_err()));
            outcome.is_ok()
        });
        assert!(0 < loaded && loaded < COMPOSITE_COUNT, "{}: {loaded} loaded", algorithm.name);
    }
    Ok(())
}

#[test]
fn composite_signatures_are_refused_if_any_byte_differs() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::composites() {
        let (pair, halves) = (pair_of(algorithm, 1)?, Halves::of(algorithm));
        let bytes = pair.public_key()?.bytes()?;
        let load = |flags| algorithm.with(flags).load_public_key(&bytes);
        let verify = |signature: &[u8]| on_every_path(|flags| load(flags)?.verify(MESSAGE, CONTEXT, signature));
        let valid = pair.sign(MESSAGE, CONTEXT, PQC_SIGN_DETERMINISTIC)?.to_vec();
        // As long as the valid one, so that each part of it is in its place.
        let mut other = pair.sign(b"another message", CONTEXT, PQC_SIGN_DETERMINISTIC)?.to_vec();
        other.resize(valid.len(), 0);
        verify(&valid)?;
        let bounds = vec![0, halves.mldsa.signature, valid.len()];
        let accepted = read_composites(bounds, [&valid, &other], |mutant| {
            check(&verify(mutant), Some(PqcStatus::InvalidSignature))
        });
        assert_eq!(accepted, 0, "{algorithm:?}");
    }
    Ok(())
}
