//! What a key is asked to be when it is made: its code path, and where its secrets are.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mldsa::{DSA_SETS, DsaSet};
use common::mlkem::{KEM_SETS, KemSet};
use common::xwing::XWing;
use pqc_ffi::key_flags::{PQC_KEY_AVX2, PQC_KEY_LOCKED_MEMORY, PQC_KEY_PORTABLE};
use pqc_ffi::status::PqcStatus;

/// Every combination of flags that this machine can do.
fn flags() -> Vec<u32> {
    let mut paths = vec![0, PQC_KEY_PORTABLE];
    if common::has_avx2() {
        paths.push(PQC_KEY_AVX2);
    }
    paths.iter().flat_map(|path| [*path, path | PQC_KEY_LOCKED_MEMORY]).collect()
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
fn two_code_paths_at_once_are_refused() {
    let flags = PQC_KEY_PORTABLE | PQC_KEY_AVX2;
    for set in KEM_SETS {
        assert_eq!(KemSet { flags, ..set }.generate().err(), Some(PqcStatus::UnknownFlags));
    }
    for set in DSA_SETS {
        assert_eq!(DsaSet { flags, ..set }.generate().err(), Some(PqcStatus::UnknownFlags));
    }
    assert_eq!(XWing { flags }.generate().err(), Some(PqcStatus::UnknownFlags));
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
