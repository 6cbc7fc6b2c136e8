//! Encodings on every code path: each is refused for its own reason, or belongs to another key that works.

use crate::common::Owned;
use crate::common::api::*;
use crate::common::data::Data;
use crate::common::fixture::{CONTEXT, Fixture, MESSAGE};
use crate::common::keys::Algorithm;
use crate::{Choice, fixture_on, on_every_path, paths};
use pqc_ffi::status::PqcStatus;

/// Reads a private key, a public key, a seed or a ciphertext.
pub fn import(data: &[u8]) {
    let Some(choice) = Choice::new(data, &Algorithm::all(), 4) else { return };
    let fixture = fixture_on(choice.algorithm, 0);
    if choice.kind == 2 && !fixture.algorithm.has_seed() {
        return assert_eq!(fixture.algorithm.load_seed(choice.rest).err(), Some(PqcStatus::WrongAlgorithm));
    }
    let (read, valid): (fn(&Fixture, &[u8]), Data) = match choice.kind {
        0 => (private_key, Data::PrivateKey),
        1 => (public_key, Data::PublicKey),
        2 => (seed, Data::Seed),
        _ if !fixture.algorithm.is_kem() => return,
        _ => (ciphertext, Data::Ciphertext),
    };
    let bytes = choice.encoding(fixture.get(valid));
    read(fixture, &bytes);
}

/// Checks that an encoding was refused for its length alone, or for its contents.
fn check_refusal<T>(fixture: &Fixture, data: Data, bytes: &[u8], outcome: &Result<T, PqcStatus>) {
    let Err(status) = outcome else {
        return assert_eq!(bytes.len(), fixture.get(data).len());
    };
    match data.refusal(&fixture.algorithm, fixture.algorithm.hash(), fixture.get(data).len(), bytes.len()) {
        Some(refusal) => assert_eq!(*status, refusal),
        None => assert!(data.possible().contains(status), "{status:?}"),
    }
    assert!(bytes != fixture.get(data), "the valid encoding is refused");
}

fn private_key(fixture: &Fixture, bytes: &[u8]) {
    let algorithm = fixture.algorithm;
    let outcome = on_every_path(|flags| {
        let pair = algorithm.with(flags).load_private_key(bytes)?;
        assert_eq!(pair.bytes()?.to_vec(), bytes, "a key that loads re-encodes");
        let has_seed = !algorithm.has_expanded_key();
        assert_eq!(pair.seed().err(), (!has_seed).then_some(PqcStatus::SeedUnavailable));
        if algorithm.is_mlkem() {
            let [ek, hash, _] = algorithm.mlkem_private_key_offsets();
            assert_eq!(pair.public_key()?.bytes()?.to_vec(), bytes[ek..hash]);
        }
        results(fixture, &pair, &pair.public_key()?)
    });
    check_refusal(fixture, Data::PrivateKey, bytes, &outcome);
}

/// The results of a key. An edited private key of ML-KEM may not match its public key, nor may one of ML-DSA with another K; all
/// code paths agree on the results.
fn results(
    fixture: &Fixture,
    pair: &Owned<PqcPrivateKey>,
    key: &Owned<PqcPublicKey>,
) -> Result<Vec<Vec<u8>>, PqcStatus> {
    let randomness = fixture.get(Data::Randomness);
    if !fixture.algorithm.is_kem() {
        let signature = pair.sign_derand(MESSAGE, CONTEXT, randomness)?.to_vec();
        key.verify(MESSAGE, CONTEXT, &signature)?;
        return Ok(vec![signature, key.bytes()?.to_vec()]);
    }
    let (ciphertext, _) = key.encapsulate_derand(randomness)?;
    let known = pair.decapsulate(fixture.get(Data::Ciphertext))?;
    Ok(vec![pair.decapsulate(&ciphertext)?.to_vec(), known.to_vec()])
}

fn public_key(fixture: &Fixture, bytes: &[u8]) {
    let algorithm = fixture.algorithm;
    let outcome = on_every_path(|flags| {
        let key = algorithm.with(flags).load_public_key(bytes)?;
        assert_eq!(key.bytes()?.to_vec(), bytes, "a key that loads re-encodes");
        if !algorithm.is_kem() {
            let verdict = key.verify(MESSAGE, CONTEXT, fixture.get(Data::Signature));
            assert_eq!(verdict.is_ok(), bytes == fixture.get(Data::PublicKey));
            return Ok(vec![]);
        }
        let (ciphertext, secret) = key.encapsulate_derand(fixture.get(Data::Randomness))?;
        Ok(vec![ciphertext.to_vec(), secret.to_vec()])
    });
    check_refusal(fixture, Data::PublicKey, bytes, &outcome);
}

/// Every string of the right length is a seed, and its key survives both of its encodings.
fn seed(fixture: &Fixture, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let algorithm = fixture.algorithm.with(flags);
        let pair = algorithm.load_seed(bytes)?;
        assert_eq!(pair.seed()?.to_vec(), bytes);
        let (expanded, public) = (pair.bytes()?, pair.public_key()?.bytes()?);
        let again = results(fixture, &algorithm.load_private_key(&expanded)?, &algorithm.load_public_key(&public)?)?;
        assert_eq!(again, results(fixture, &pair, &pair.public_key()?)?);
        Ok([again, vec![expanded.to_vec(), public.to_vec()]].concat())
    });
    check_refusal(fixture, Data::Seed, bytes, &outcome);
}

/// Every string of the right length is a ciphertext, but only the valid one carries its secret.
fn ciphertext(fixture: &Fixture, bytes: &[u8]) {
    let outcome = on_every_path(|flags| {
        let path = paths().iter().position(|known| *known == flags).unwrap_or_default();
        Ok(fixture_on(fixture.algorithm.id, path).keys.private.decapsulate(bytes)?.to_vec())
    });
    check_refusal(fixture, Data::Ciphertext, bytes, &outcome);
    if let Ok(secret) = outcome {
        assert_eq!(secret == fixture.get(Data::SharedSecret), bytes == fixture.get(Data::Ciphertext));
    }
}

/// Verifies a signature, as a plain, a prehashed and an internal one, on every code path. Composites have no internal ones.
pub fn signature(data: &[u8]) {
    let Some(choice) = Choice::new(data, &Algorithm::signers(), 3) else { return };
    let fixture = fixture_on(choice.algorithm, 0);
    let valid = fixture.get(if choice.kind == 1 { Data::PrehashedSignature } else { Data::Signature });
    let signature = choice.encoding(valid);
    for path in 0..paths().len() {
        let key = &fixture_on(choice.algorithm, path).keys.public;
        let outcome = match choice.kind {
            0 => key.verify(MESSAGE, CONTEXT, &signature),
            1 => key.verify_prehashed(fixture.algorithm.hash(), fixture.get(Data::Digest), CONTEXT, &signature),
            _ => key.verify_internal(fixture.get(Data::MPrime), &signature),
        };
        let refusal = match choice.kind {
            2 if fixture.algorithm.is_composite() => Some(PqcStatus::WrongAlgorithm),
            _ => (signature != *valid).then_some(PqcStatus::InvalidSignature),
        };
        assert_eq!(outcome.err(), refusal, "path {path}");
    }
}
