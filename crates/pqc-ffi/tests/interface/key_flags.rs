//! The options of a key: its code path, the memory of its secrets, and the forms that it keeps.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::api::*;
use common::code_paths;
use common::fixture::Fixture;
use common::keys::Algorithm;

/// Every code path of this machine, in each memory, with its expanded form and without.
fn flags() -> Vec<u32> {
    let paths = code_paths().into_iter().map(|(_, flags)| flags).chain([0]);
    let others = [0, PQC_KEY_LOCKED_MEMORY, PQC_KEY_PRECOMPUTE, PQC_KEY_NO_PRECOMPUTE | PQC_KEY_LOCKED_MEMORY];
    paths.flat_map(|path| others.map(|other| path | other)).collect()
}

/// Everything that a fixed seed and fixed randomness determine.
fn transcript(algorithm: Algorithm) -> Result<Vec<Vec<u8>>, PqcStatus> {
    let pair = algorithm.load_secrets(Fixture::seed(&algorithm))?;
    let again = algorithm.load_private_key(&pair.bytes()?)?;
    let (encoding, randomness) = (pair.public_key()?.bytes()?, Fixture::randomness(&algorithm));
    let public = algorithm.load_public_key(&encoding)?;
    let seed = if algorithm.has_seed() { pair.seed()?.to_vec() } else { vec![] };
    let mut transcript = vec![encoding.to_vec(), again.bytes()?.to_vec(), seed];
    if algorithm.is_kem() {
        let (ciphertext, secret) = public.encapsulate_derand(randomness)?;
        transcript.extend([again.decapsulate(&ciphertext)?.to_vec(), ciphertext.to_vec(), secret.to_vec()]);
    } else {
        let signature = again.sign_derand(b"message", b"context", randomness)?;
        public.verify(b"message", b"context", &signature)?;
        transcript.push(signature.to_vec());
    }
    Ok(transcript)
}

#[test]
fn results_do_not_depend_on_the_flags() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        let expected = transcript(algorithm)?;
        for flags in flags() {
            assert_eq!(transcript(algorithm.with(flags))?, expected, "{algorithm:?} {flags}");
        }
    }
    Ok(())
}

#[test]
fn keys_and_their_public_keys_report_their_options() -> Result<(), PqcStatus> {
    for (_, flags) in code_paths() {
        let flags = flags | PQC_KEY_LOCKED_MEMORY | PQC_KEY_NO_PRECOMPUTE;
        for algorithm in Algorithm::all() {
            let key = algorithm.with(flags).generate()?;
            assert_eq!([key.options()?, key.public_key()?.options()?], [flags; 2], "{algorithm:?}");
        }
    }
    Ok(())
}

/// The bytes of a key when it is new, and after one, two and three uses.
fn growth<T>(
    key: &T,
    bytes: impl Fn(&T) -> Result<usize, PqcStatus>,
    mut act: impl FnMut(&T) -> Result<(), PqcStatus>,
) -> Result<[usize; 4], PqcStatus> {
    let mut found = [bytes(key)?; 4];
    for bytes_after in &mut found[1..] {
        act(key)?;
        *bytes_after = bytes(key)?;
    }
    Ok(found)
}

/// The sizes of a key that keeps its expanded form never, from the second use on, and from the start.
fn assert_sizes(encoded: usize, [never, second, always]: [[usize; 4]; 3]) {
    let expanded = always[0];
    assert!(expanded > encoded);
    assert_eq!(never, [encoded; 4]);
    assert_eq!(second, [encoded, encoded, expanded, expanded]);
    assert_eq!(always, [expanded; 4]);
}

/// Their check and their derivation expand most of it.
#[test]
fn loaded_signing_keys_are_expanded_unless_an_option_says_otherwise() -> Result<(), PqcStatus> {
    for algorithm in growing().filter(|algorithm| !algorithm.is_kem()) {
        let pair = algorithm.generate()?;
        let (seed, private) = (pair.seed()?, pair.bytes()?);
        for memory in [0, PQC_KEY_LOCKED_MEMORY] {
            let mut found = [[[0; 4]; 2]; 3];
            for (found, precompute) in found.iter_mut().zip(PRECOMPUTING) {
                let chosen = algorithm.with(precompute | memory);
                let keys = [chosen.load_private_key(&private)?, chosen.load_seed(&seed)?];
                for (found, key) in found.iter_mut().zip(&keys) {
                    *found = growth(key, |key| key.resident_bytes(), |key| key.sign(b"m", b"", 0).map(drop))?;
                }
            }
            let (encoded, expanded) = (algorithm.private_key + algorithm.public_key, found[2][0][0]);
            assert!(expanded > encoded);
            // A key from its seed keeps that too.
            assert_eq!(found, [encoded, expanded, expanded].map(|bytes| [[bytes; 4], [bytes + 32; 4]]));
        }
    }
    Ok(())
}

const PRECOMPUTING: [u32; 3] = [PQC_KEY_NO_PRECOMPUTE, 0, PQC_KEY_PRECOMPUTE];

/// The algorithms with keys that grow from an encoding.
fn growing() -> impl Iterator<Item = Algorithm> {
    Algorithm::all().into_iter().filter(|algorithm| algorithm.forms().len() > 1)
}

/// Keys of ML-DSA are generated: a loaded one keeps its form from the start.
#[test]
fn a_key_grows_in_its_second_use_unless_an_option_says_otherwise() -> Result<(), PqcStatus> {
    for algorithm in growing() {
        let pair = algorithm.generate()?;
        let (private, public) = (pair.bytes()?, pair.public_key()?);
        let signature = if algorithm.is_kem() { vec![] } else { pair.sign(b"m", b"", 0)?.to_vec() };
        let ciphertext = if algorithm.is_kem() { public.encapsulate()?.0.to_vec() } else { vec![] };
        let (mut pairs, mut keys) = ([[0; 4]; 3], [[0; 4]; 3]);
        for (place, precompute) in PRECOMPUTING.into_iter().enumerate() {
            let chosen = algorithm.with(precompute);
            let pair = if algorithm.is_kem() { chosen.load_private_key(&private)? } else { chosen.generate()? };
            pairs[place] = growth(
                &pair,
                |pair| pair.resident_bytes(),
                |pair| match algorithm.is_kem() {
                    true => pair.decapsulate(&ciphertext).map(drop),
                    false => pair.sign(b"m", b"", 0).map(drop),
                },
            )?;
            let key = chosen.load_private_key(&private)?.public_key()?;
            keys[place] = growth(
                &key,
                |key| key.resident_bytes(),
                |key| match algorithm.is_kem() {
                    true => key.encapsulate().map(drop),
                    false => key.verify(b"m", b"", &signature),
                },
            )?;
        }
        // A generated private key of ML-DSA keeps its public key and its seed too, and a public key its hash, tr.
        let [with_public, with_hash] = if algorithm.is_kem() { [0, 0] } else { [algorithm.public_key + 32, 64] };
        assert_sizes(algorithm.private_key + with_public, pairs);
        assert_sizes(algorithm.public_key + with_hash, keys);
    }
    Ok(())
}

/// The value of `reserved` that marks locked memory.
const LOCKED: usize = 1;

#[test]
fn secrets_of_a_locked_key_are_in_locked_memory_and_nothing_else_is() -> Result<(), PqcStatus> {
    for (flags, expected) in [(0, 0), (PQC_KEY_LOCKED_MEMORY, LOCKED)] {
        for algorithm in Algorithm::all() {
            let pair = algorithm.with(flags).generate()?;
            let (mut secrets, mut public) = (vec![pair.bytes()?], vec![pair.public_key()?.bytes()?]);
            if algorithm.has_seed() {
                secrets.push(pair.seed()?);
            }
            if algorithm.is_kem() {
                let (ciphertext, sent) = pair.public_key()?.encapsulate()?;
                secrets.extend([pair.decapsulate(&ciphertext)?, sent]);
                public.push(ciphertext);
            } else {
                public.push(pair.sign(b"message", b"", 0)?);
            }
            assert!(secrets.iter().all(|secret| secret.reserved() == expected), "{algorithm:?}");
            assert!(public.iter().all(|public| public.reserved() == 0), "{algorithm:?}");
        }
    }
    Ok(())
}
