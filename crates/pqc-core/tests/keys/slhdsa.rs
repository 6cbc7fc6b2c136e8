//! Signatures of SLH-DSA on several threads, and with the leaves that a key keeps, equal the signatures of one thread.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use pqc_core::batch::{Signing, sign_all};
use pqc_core::{Algorithm, CodePath, Error, KeyOptions, Precompute, PrivateKey, Randomness};

fn signature(key: &PrivateKey) -> Result<Vec<u8>, Error> {
    let mut signature = vec![0; key.algorithm().signature_bytes()];
    key.sign(b"message", b"context", Randomness::Deterministic, &mut signature)?;
    Ok(signature)
}

/// In a batch, and alone three times, with and without the check.
fn check(algorithm: Algorithm, kept_bytes: usize) -> Result<(), Error> {
    let (path, seed) = (KeyOptions::from(CodePath::best()), vec![0x42; algorithm.seed_bytes()]);
    let key = |options| PrivateKey::from_seed(algorithm, options, &seed);
    let expected = signature(&key(path)?)?;
    for parallel in [false, true] {
        for (precompute, kept) in [
            (Precompute::Never, [0, 0, 0]),
            (Precompute::OnSecondUse, [0, 0, kept_bytes]),
            (Precompute::Always, [kept_bytes; 3]),
        ] {
            let key = key(KeyOptions { precompute, parallel, fault_check: parallel, ..path })?;
            let sizes = kept.map(|kept| algorithm.private_key_bytes() + kept);
            assert_eq!(key.resident_bytes(), sizes[0], "{algorithm:?}");
            let mut together = vec![0; expected.len()];
            let mut item = [Signing::new(&key, b"message", b"context", &mut together)?];
            sign_all(&mut item, false);
            assert_eq!(key.resident_bytes(), sizes[1], "{algorithm:?}");
            assert!(signature(&key)? == expected && together == expected, "{algorithm:?}");
            assert_eq!(key.resident_bytes(), sizes[2], "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn threads_and_kept_leaves_change_no_signature() -> Result<(), Error> {
    check(Algorithm::SlhDsaSha2_128f, 0)?;
    check(Algorithm::SlhDsaShake256f, 0)?;
    check(Algorithm::SlhDsaSha2_128s, 24 << 9)
}

#[test]
fn a_wrong_root_is_found_on_several_threads() -> Result<(), Error> {
    let (algorithm, options) = (Algorithm::SlhDsaSha2_128f, KeyOptions { parallel: true, ..CodePath::best().into() });
    let mut encoded = vec![0; algorithm.private_key_bytes()];
    PrivateKey::from_seed(algorithm, options, &[7; 48])?.write(&mut encoded)?;
    encoded[63] ^= 1;
    let key = PrivateKey::from_bytes(algorithm, options, &encoded)?;
    assert_eq!(signature(&key), Err(Error::FaultDetected));
    Ok(())
}
