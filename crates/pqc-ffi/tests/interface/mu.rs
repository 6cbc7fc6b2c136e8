//! External mu: signing a message that was hashed in chunks is signing the message.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::api::*;
use common::keys::Algorithm;

/// Longer than three blocks of SHAKE256.
const MESSAGE: [u8; 500] = [7; 500];
const CONTEXTS: [&[u8]; 3] = [b"", b"context", &[9; MLDSA_MAXCONTEXTBYTES]];

#[test]
fn mu_does_not_depend_on_the_chunks_nor_on_the_code_path() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let public = algorithm.load_seed(&[1; 32])?.public_key()?.bytes()?;
        for context in CONTEXTS {
            let mu = algorithm.load_public_key(&public)?.mu(&MESSAGE, context)?;
            assert_eq!(mu.len(), MLDSA_MUBYTES);
            for (path, flags) in common::code_paths() {
                let key = algorithm.with(flags).load_public_key(&public)?;
                for size in [1, 135, 136, 137] {
                    let hasher = key.mu_hasher(context)?;
                    MESSAGE.chunks(size).try_for_each(|chunk| hasher.update(chunk))?;
                    assert_eq!(*hasher.finalize()?, *mu, "{size} on {path}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_signature_of_mu_is_one_of_the_message() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let pair = algorithm.load_seed(&[1; 32])?;
        let (key, other) = (pair.public_key()?, algorithm.load_public_key(&pair.public_key()?.bytes()?)?);
        for context in CONTEXTS {
            let mu = other.mu(&MESSAGE, context)?;
            let signature = pair.sign_mu(&mu, PQC_SIGN_DETERMINISTIC)?;
            assert_eq!(*signature, *pair.sign(&MESSAGE, context, PQC_SIGN_DETERMINISTIC)?);
            assert_eq!(*pair.sign_mu_derand(&mu, &[0; 32])?, *signature);
            let hedged = pair.sign_mu(&mu, 0)?;
            assert_ne!(*hedged, *signature);
            for signature in [&hedged, &signature] {
                other.verify(&MESSAGE, context, signature)?;
                key.verify_mu(&mu, signature)?;
            }
        }
    }
    Ok(())
}

#[test]
fn another_mu_is_refused() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        let signature = pair.sign(&MESSAGE, b"context", 0)?;
        for (message, context) in [(&MESSAGE[1..], b"context".as_slice()), (&MESSAGE, b"")] {
            assert_eq!(key.verify_mu(&key.mu(message, context)?, &signature), Err(PqcStatus::InvalidSignature));
        }
        let mu = key.mu(&MESSAGE, b"context")?;
        assert_eq!(key.verify_mu(&mu, &signature[1..]), Err(PqcStatus::InvalidSignature));
        assert_eq!(algorithm.generate()?.public_key()?.verify_mu(&mu, &signature), Err(PqcStatus::InvalidSignature));
    }
    Ok(())
}

#[test]
fn a_message_may_go_on_after_its_mu_was_computed() -> Result<(), PqcStatus> {
    let pair = Algorithm::mldsa()[0].generate()?;
    let key = pair.public_key()?;
    let hasher = key.mu_hasher(b"")?;
    hasher.update(b"one")?;
    assert_eq!(*hasher.finalize()?, *key.mu(b"one", b"")?);
    drop((pair, key.bytes()?));
    hasher.update(b" two")?;
    assert_eq!(*hasher.finalize()?, *key.mu(b"one two", b"")?);
    Ok(())
}

#[test]
fn a_copy_goes_on_for_itself() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let key = algorithm.generate()?.public_key()?;
        let hasher = key.mu_hasher(b"context")?;
        hasher.update(&MESSAGE[..200])?;
        let copy = hasher.copy()?;
        assert_eq!(*copy.finalize()?, *hasher.finalize()?);
        hasher.update(b"other")?;
        let of_copy = copy.copy()?;
        drop(hasher);
        of_copy.update(&MESSAGE[200..])?;
        assert_eq!(*of_copy.finalize()?, *key.mu(&MESSAGE, b"context")?);
        assert_eq!(*copy.finalize()?, *key.mu(&MESSAGE[..200], b"context")?);
    }
    Ok(())
}
