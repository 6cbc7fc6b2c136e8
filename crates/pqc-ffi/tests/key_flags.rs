//! What a key is asked to be when it is made: its engine and code path, where its secrets are, and what it keeps.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mldsa::{DSA_SETS, DsaSet};
use common::mlkem::{KEM_SETS, KemSet};
use common::xwing::XWing;
use pqc_ffi::key_flags::*;
use pqc_ffi::status::PqcStatus;

/// Every engine on every code path of this machine, in each memory, with its expanded form and without.
fn flags() -> Vec<u32> {
    let paths = common::engines_and_paths().into_iter().map(|(_, flags)| flags).chain([0]);
    let others = [0, PQC_KEY_LOCKED_MEMORY, PQC_KEY_PRECOMPUTE, PQC_KEY_NO_PRECOMPUTE | PQC_KEY_LOCKED_MEMORY];
    paths.flat_map(|path| others.map(|other| path | other)).collect()
}

/// Everything that a fixed seed and fixed randomness give.
fn kem_transcript(set: KemSet) -> Result<[Vec<u8>; 6], PqcStatus> {
    let pair = set.load_seed(&[3; 64])?;
    let again = set.load_private_key(&pair.private_key_bytes()?)?;
    let (ciphertext, secret) = set.load_public_key(&pair.public_key_bytes()?)?.encapsulate_derand(&[5; 32])?;
    Ok([
        pair.public_key_bytes()?.to_vec(),
        again.private_key_bytes()?.to_vec(),
        pair.seed_bytes()?.to_vec(),
        again.decapsulate(&ciphertext)?.to_vec(),
        ciphertext.to_vec(),
        secret.to_vec(),
    ])
}

fn dsa_transcript(set: DsaSet) -> Result<[Vec<u8>; 4], PqcStatus> {
    let pair = set.load_seed(&[3; 32])?;
    let again = set.load_private_key(&pair.private_key_bytes()?)?;
    let signature = again.sign_derand(b"message", b"context", &[5; 32])?;
    set.load_public_key(&pair.public_key_bytes()?)?.verify(b"message", b"context", &signature)?;
    Ok([
        pair.public_key_bytes()?.to_vec(),
        again.private_key_bytes()?.to_vec(),
        pair.seed_bytes()?.to_vec(),
        signature.to_vec(),
    ])
}

fn xwing_transcript(flags: u32) -> Result<[Vec<u8>; 5], PqcStatus> {
    let xwing = XWing { flags };
    let pair = xwing.load_seed(&[3; 32])?;
    let (ciphertext, secret) = xwing.load_public_key(&pair.public_key_bytes()?)?.encapsulate_derand(&[5; 64])?;
    Ok([
        pair.public_key_bytes()?.to_vec(),
        pair.seed_bytes()?.to_vec(),
        pair.decapsulate(&ciphertext)?.to_vec(),
        ciphertext.to_vec(),
        secret.to_vec(),
    ])
}

#[test]
fn results_do_not_depend_on_the_flags() -> Result<(), PqcStatus> {
    for flags in flags() {
        for set in KEM_SETS {
            assert_eq!(kem_transcript(KemSet { flags, ..set })?, kem_transcript(set)?, "{set:?} {flags}");
        }
        for set in DSA_SETS {
            assert_eq!(dsa_transcript(DsaSet { flags, ..set })?, dsa_transcript(set)?, "{set:?} {flags}");
        }
        assert_eq!(xwing_transcript(flags)?, xwing_transcript(0)?, "{flags}");
    }
    Ok(())
}

#[test]
fn two_flags_of_a_kind_are_refused() {
    for flags in
        [PQC_KEY_PORTABLE | PQC_KEY_AVX2, PQC_KEY_LIBCRUX | PQC_KEY_SIMD, PQC_KEY_PRECOMPUTE | PQC_KEY_NO_PRECOMPUTE]
    {
        for set in KEM_SETS {
            assert_eq!(KemSet { flags, ..set }.generate().err(), Some(PqcStatus::UnknownFlags));
        }
        for set in DSA_SETS {
            assert_eq!(DsaSet { flags, ..set }.generate().err(), Some(PqcStatus::UnknownFlags));
        }
        assert_eq!(XWing { flags }.generate().err(), Some(PqcStatus::UnknownFlags));
    }
}

#[test]
fn libcrux_has_no_avx512_path() {
    let flags = PQC_KEY_LIBCRUX | PQC_KEY_AVX512;
    assert_eq!(KemSet { flags, ..KEM_SETS[0] }.generate().err(), Some(PqcStatus::CodePathUnavailable));
    assert_eq!(DsaSet { flags, ..DSA_SETS[0] }.generate().err(), Some(PqcStatus::CodePathUnavailable));
}

#[test]
fn keys_tell_what_they_were_asked_to_be_and_so_do_their_public_keys() -> Result<(), PqcStatus> {
    for (_, flags) in common::engines_and_paths() {
        let flags = flags | PQC_KEY_LOCKED_MEMORY | PQC_KEY_NO_PRECOMPUTE;
        let kem = KemSet { flags, ..KEM_SETS[0] }.generate()?;
        let dsa = DsaSet { flags, ..DSA_SETS[0] }.generate()?;
        let hybrid = XWing { flags }.generate()?;
        assert_eq!([kem.options()?, dsa.options()?, hybrid.options()?], [flags; 3]);
        let public = [kem.public_key()?.options()?, dsa.public_key()?.options()?, hybrid.public_key()?.options()?];
        assert_eq!(public, [flags; 3]);
    }
    Ok(())
}

/// What a simd key takes when it is new, and after one, two and three uses.
fn growth<T>(
    key: T,
    bytes: impl Fn(&T) -> Result<usize, PqcStatus>,
    mut act: impl FnMut(&T) -> Result<(), PqcStatus>,
) -> Result<[usize; 4], PqcStatus> {
    let mut found = [bytes(&key)?; 4];
    for bytes_after in &mut found[1..] {
        act(&key)?;
        *bytes_after = bytes(&key)?;
    }
    Ok(found)
}

/// The sizes of a key that keeps its expanded form never, from the second use on, and from the start.
fn assert_sizes(encoded: usize, sizes: [[usize; 4]; 3]) {
    let [never, second, always] = sizes;
    let expanded = always[0];
    assert!(expanded > encoded);
    assert_eq!(never, [encoded; 4]);
    assert_eq!(second, [encoded, encoded, expanded, expanded]);
    assert_eq!(always, [expanded; 4]);
}

const PRECOMPUTING: [u32; 3] = [PQC_KEY_NO_PRECOMPUTE, 0, PQC_KEY_PRECOMPUTE];

#[test]
fn a_simd_kem_key_grows_in_its_second_use_unless_it_was_asked_otherwise() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let private = set.generate()?.private_key_bytes()?;
        let [mut pairs, mut keys] = [[[0; 4]; 3]; 2];
        for (place, precompute) in PRECOMPUTING.into_iter().enumerate() {
            let set = KemSet { flags: PQC_KEY_SIMD | precompute, ..set };
            let pair = set.load_private_key(&private)?;
            let key = pair.public_key()?;
            let (ciphertext, _) = set.load_public_key(&key.bytes()?)?.encapsulate()?;
            pairs[place] = growth(pair, |pair| pair.resident_bytes(), |pair| pair.decapsulate(&ciphertext).map(drop))?;
            keys[place] = growth(key, |key| key.resident_bytes(), |key| key.encapsulate().map(drop))?;
        }
        assert_sizes(set.private_key, pairs);
        assert_sizes(set.public_key, keys);
    }
    Ok(())
}

#[test]
fn an_expanded_kem_key_of_libcrux_grows_in_its_second_use_unless_it_was_asked_otherwise() -> Result<(), PqcStatus> {
    for set in KEM_SETS {
        let pair = set.generate()?;
        let private = pair.private_key_bytes()?;
        let (ciphertext, _) = pair.public_key()?.encapsulate()?;
        let mut pairs = [[0; 4]; 3];
        for (place, precompute) in PRECOMPUTING.into_iter().enumerate() {
            let pair = KemSet { flags: PQC_KEY_LIBCRUX | precompute, ..set }.load_private_key(&private)?;
            pairs[place] = growth(pair, |pair| pair.resident_bytes(), |pair| pair.decapsulate(&ciphertext).map(drop))?;
        }
        assert_sizes(set.private_key, pairs);
    }
    Ok(())
}

#[test]
fn a_simd_dsa_key_grows_in_its_second_use_unless_it_was_asked_otherwise() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let private = set.generate()?.private_key_bytes()?;
        let [mut pairs, mut keys] = [[[0; 4]; 3]; 2];
        for (place, precompute) in PRECOMPUTING.into_iter().enumerate() {
            let set = DsaSet { flags: PQC_KEY_SIMD | precompute, ..set };
            let pair = set.load_private_key(&private)?;
            let key = pair.public_key()?;
            let signature = set.load_private_key(&private)?.sign(b"m", b"", 0)?;
            pairs[place] = growth(pair, |pair| pair.resident_bytes(), |pair| pair.sign(b"m", b"", 0).map(drop))?;
            keys[place] = growth(key, |key| key.resident_bytes(), |key| key.verify(b"m", b"", &signature))?;
        }
        assert_sizes(set.private_key + set.public_key, pairs);
        // Beside its encoding a public key keeps its hash, tr.
        assert_sizes(set.public_key + 64, keys);
    }
    Ok(())
}

/// The value of `reserved` that marks locked memory.
const LOCKED: usize = 1;

#[test]
fn secrets_of_a_locked_key_are_in_locked_memory_and_nothing_else_is() -> Result<(), PqcStatus> {
    for (flags, expected) in [(0, 0), (PQC_KEY_LOCKED_MEMORY, LOCKED)] {
        let set = KemSet { flags, ..KEM_SETS[1] };
        let pair = set.generate()?;
        let (ciphertext, sent) = pair.public_key()?.encapsulate()?;
        for secret in [pair.seed_bytes()?, pair.private_key_bytes()?, pair.decapsulate(&ciphertext)?, sent] {
            assert_eq!(secret.reserved(), expected);
        }
        let signer = DsaSet { flags, ..DSA_SETS[1] }.generate()?;
        for secret in [signer.seed_bytes()?, signer.private_key_bytes()?] {
            assert_eq!(secret.reserved(), expected);
        }
        let hybrid = XWing { flags }.generate()?;
        let (hybrid_ciphertext, sent) = hybrid.public_key()?.encapsulate()?;
        for secret in [hybrid.seed_bytes()?, hybrid.decapsulate(&hybrid_ciphertext)?, sent] {
            assert_eq!(secret.reserved(), expected);
        }
        let signature = signer.sign(b"message", b"", 0)?;
        for public in [ciphertext, pair.public_key_bytes()?, signature, signer.public_key_bytes()?, hybrid_ciphertext] {
            assert_eq!(public.reserved(), 0);
        }
    }
    Ok(())
}
