//! External mu: signing what was hashed in pieces is signing the message.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mldsa::{DSA_SETS, DsaSet};
use pqc_ffi::key_flags::{PQC_KEY_LIBCRUX, PQC_KEY_SIMD};
use pqc_ffi::mldsa_ffi::{MLDSA_MAXCONTEXTBYTES, MLDSA_SIGN_DETERMINISTIC};
use pqc_ffi::mldsa_mu::MLDSA_MUBYTES;
use pqc_ffi::status::PqcStatus;

/// Longer than three blocks of SHAKE256.
const MESSAGE: [u8; 500] = [7; 500];
const CONTEXTS: [&[u8]; 3] = [b"", b"context", &[9; MLDSA_MAXCONTEXTBYTES]];

fn sets() -> impl Iterator<Item = (DsaSet, DsaSet)> {
    let of = |set, flags| DsaSet { flags, ..set };
    DSA_SETS.into_iter().map(move |set| (of(set, PQC_KEY_LIBCRUX), of(set, PQC_KEY_SIMD)))
}

#[test]
fn mu_does_not_depend_on_the_pieces_nor_on_the_engine() -> Result<(), PqcStatus> {
    for (libcrux, simd) in sets() {
        let public = simd.load_seed(&[1; 32])?.public_key_bytes()?;
        let keys = [libcrux.load_public_key(&public)?, simd.load_public_key(&public)?];
        for context in CONTEXTS {
            let mu = keys[0].mu(&MESSAGE, context)?;
            assert_eq!(mu.len(), MLDSA_MUBYTES);
            for (key, size) in keys.iter().zip([1, 135]).chain(keys.iter().zip([136, 137])) {
                let hasher = key.mu_hasher(context)?;
                MESSAGE.chunks(size).try_for_each(|piece| hasher.update(piece))?;
                assert_eq!(*hasher.finalize()?, *mu, "{size}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_signature_of_mu_is_one_of_the_message() -> Result<(), PqcStatus> {
    for (libcrux, simd) in sets() {
        let pair = simd.load_seed(&[1; 32])?;
        let (key, other) = (pair.public_key()?, libcrux.load_public_key(&pair.public_key_bytes()?)?);
        for context in CONTEXTS {
            let mu = other.mu(&MESSAGE, context)?;
            let signature = pair.sign_mu(&mu, MLDSA_SIGN_DETERMINISTIC)?;
            assert_eq!(*signature, *pair.sign(&MESSAGE, context, MLDSA_SIGN_DETERMINISTIC)?);
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
    for (_, simd) in sets() {
        let pair = simd.generate()?;
        let key = pair.public_key()?;
        let signature = pair.sign(&MESSAGE, b"context", 0)?;
        for (message, context) in [(&MESSAGE[1..], b"context".as_slice()), (&MESSAGE, b"")] {
            assert_eq!(key.verify_mu(&key.mu(message, context)?, &signature), Err(PqcStatus::InvalidSignature));
        }
        let mu = key.mu(&MESSAGE, b"context")?;
        assert_eq!(key.verify_mu(&mu, &signature[1..]), Err(PqcStatus::InvalidSignature));
        assert_eq!(simd.generate()?.public_key()?.verify_mu(&mu, &signature), Err(PqcStatus::InvalidSignature));
    }
    Ok(())
}

#[test]
fn a_message_may_go_on_after_its_mu_was_asked_for() -> Result<(), PqcStatus> {
    let pair = DSA_SETS[0].generate()?;
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
fn libcrux_computes_mu_and_does_not_take_it() -> Result<(), PqcStatus> {
    for (libcrux, _) in sets() {
        let pair = libcrux.generate()?;
        let key = pair.public_key()?;
        let (mu, signature) = (key.mu(b"m", b"")?, pair.sign(b"m", b"", 0)?);
        let refused = Some(PqcStatus::ExternalMuUnavailable);
        assert_eq!(pair.sign_mu(&mu, 0).err(), refused);
        assert_eq!(pair.sign_mu_derand(&mu, &[0; 32]).err(), refused);
        assert_eq!(key.verify_mu(&mu, &signature).err(), refused);
    }
    Ok(())
}
