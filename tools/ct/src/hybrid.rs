//! Hybrid KEMs on secret seeds, randomness and keys.

use crate::failed;
use crate::valgrind::{mark_public, mark_secret};
use pqc_core::{Algorithm, Family, KeyOptions, PrivateKey};

const SEED: [u8; 32] = [0x5d; 32];

/// Runs an operation of the algorithm with this id, and returns the options of its key.
pub(crate) fn run(operation: &str, id: u32, options: KeyOptions) -> Result<KeyOptions, String> {
    let algorithm = Algorithm::from_id(id)
        .filter(|algorithm| matches!(algorithm.family(), Family::XWing | Family::HybridKem))
        .ok_or_else(|| format!("no hybrid KEM has the id {id}"))?;
    match operation {
        "keygen" => keygen(algorithm, options),
        "encapsulate" => encapsulate(algorithm, options),
        "decapsulate" => decapsulate(algorithm, options),
        _ => Err(format!("hybrid KEMs have no operation {operation}")),
    }
}

/// The randomness of an encapsulation.
fn eseed(algorithm: Algorithm) -> Vec<u8> {
    vec![0x3a; algorithm.randomness_bytes()]
}

/// A pair from the secret seed, so that everything in it is secret, even values that are published later.
fn secret_pair(algorithm: Algorithm, options: KeyOptions) -> Result<PrivateKey, String> {
    let mut seed = SEED;
    mark_secret(&mut seed);
    PrivateKey::from_seed(algorithm, options, &seed).map_err(failed)
}

/// The same key, unmarked for valgrind.
fn public_pair(algorithm: Algorithm, options: KeyOptions) -> Result<PrivateKey, String> {
    PrivateKey::from_seed(algorithm, options, &SEED).map_err(failed)
}

fn public_key(pair: &PrivateKey) -> Result<Vec<u8>, String> {
    let mut public = vec![0; pair.algorithm().public_key_bytes()];
    pair.write_public_key(&mut public).map_err(failed)?;
    Ok(public)
}

/// A ciphertext and the secret that it carries.
fn sealed(pair: &PrivateKey, eseed: &[u8]) -> Result<(Vec<u8>, [u8; 32]), String> {
    let (mut ciphertext, mut shared) = (vec![0; pair.algorithm().ciphertext_bytes()], [0; 32]);
    let key = pair.public_key().map_err(failed)?;
    key.encapsulate_derand(eseed, &mut ciphertext, &mut shared).map_err(failed)?;
    Ok((ciphertext, shared))
}

/// Makes a pair from a secret seed, and encodes its public key.
fn keygen(algorithm: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = secret_pair(algorithm, options)?;
    let mut public = public_key(&pair)?;
    mark_public(&mut public);
    if public != public_key(&public_pair(algorithm, options)?)? {
        return Err("the marks changed the key".into());
    }
    Ok(pair.options())
}

/// Encapsulates secret randomness to a published key.
fn encapsulate(algorithm: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = public_pair(algorithm, options)?;
    let mut secret = eseed(algorithm);
    mark_secret(&mut secret);
    let (mut ciphertext, mut shared) = sealed(&pair, &secret)?;
    mark_public(&mut ciphertext);
    mark_public(&mut shared);
    if (ciphertext, shared) != sealed(&pair, &eseed(algorithm))? {
        return Err("the marks changed the ciphertext".into());
    }
    Ok(pair.options())
}

/// Decapsulates with a secret key: its own ciphertext, and one with another ML-KEM value and, for X-Wing, another point.
fn decapsulate(algorithm: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let (mut ciphertext, sent) = sealed(&public_pair(algorithm, options)?, &eseed(algorithm))?;
    let pair = secret_pair(algorithm, options)?;
    let [mut received, mut rejected] = [[0; 32]; 2];
    pair.decapsulate(&ciphertext, &mut received).map_err(failed)?;
    ciphertext[0] ^= 1;
    if algorithm.family() == Family::XWing {
        ciphertext[algorithm.ciphertext_bytes() - 1] ^= 1;
    }
    pair.decapsulate(&ciphertext, &mut rejected).map_err(failed)?;
    mark_public(&mut received);
    mark_public(&mut rejected);
    if received != sent || rejected == sent {
        return Err("decapsulation returned the wrong secret".into());
    }
    Ok(pair.options())
}
