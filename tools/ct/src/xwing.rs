//! X-Wing on secret seeds, randomness and keys.

use crate::failed;
use crate::valgrind::{mark_public, mark_secret};
use pqc_core::{Algorithm, KeyOptions, PrivateKey};

const CIPHERTEXT_BYTES: usize = Algorithm::XWing.ciphertext_bytes();

const SEED: [u8; 32] = [0x5d; 32];
const ESEED: [u8; 64] = [0x3a; 64];

/// Runs an operation and returns the options of its key.
pub(crate) fn run(operation: &str, options: KeyOptions) -> Result<KeyOptions, String> {
    match operation {
        "keygen" => keygen(options),
        "encapsulate" => encapsulate(options),
        "decapsulate" => decapsulate(options),
        _ => Err(format!("X-Wing has no operation {operation}")),
    }
}

/// A pair from the secret seed: everything in it is secret then, also what is published later.
fn secret_pair(options: KeyOptions) -> Result<PrivateKey, String> {
    let mut seed = SEED;
    mark_secret(&mut seed);
    PrivateKey::from_seed(Algorithm::XWing, options, &seed).map_err(failed)
}

/// The same key, unmarked for valgrind.
fn public_pair(options: KeyOptions) -> Result<PrivateKey, String> {
    PrivateKey::from_seed(Algorithm::XWing, options, &SEED).map_err(failed)
}

fn public_key(pair: &PrivateKey) -> Result<Vec<u8>, String> {
    let mut public = vec![0; Algorithm::XWing.public_key_bytes()];
    pair.write_public_key(&mut public).map_err(failed)?;
    Ok(public)
}

/// A ciphertext and the secret that it carries.
fn sealed(pair: &PrivateKey, eseed: &[u8]) -> Result<([u8; CIPHERTEXT_BYTES], [u8; 32]), String> {
    let (mut ciphertext, mut shared) = ([0; CIPHERTEXT_BYTES], [0; 32]);
    let key = pair.public_key().map_err(failed)?;
    key.encapsulate_derand(eseed, &mut ciphertext, &mut shared).map_err(failed)?;
    Ok((ciphertext, shared))
}

/// Makes a pair from a secret seed, and encodes its public key.
fn keygen(options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = secret_pair(options)?;
    let mut public = public_key(&pair)?;
    mark_public(&mut public);
    if public != public_key(&public_pair(options)?)? {
        return Err("the marks changed the key".into());
    }
    Ok(pair.options())
}

/// Encapsulates secret randomness to a published key.
fn encapsulate(options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = public_pair(options)?;
    let mut eseed = ESEED;
    mark_secret(&mut eseed);
    let (mut ciphertext, mut shared) = sealed(&pair, &eseed)?;
    mark_public(&mut ciphertext);
    mark_public(&mut shared);
    if (ciphertext, shared) != sealed(&pair, &ESEED)? {
        return Err("the marks changed the ciphertext".into());
    }
    Ok(pair.options())
}

/// Decapsulates with a secret key: a ciphertext made for it, and one whose two components were changed.
fn decapsulate(options: KeyOptions) -> Result<KeyOptions, String> {
    let (mut ciphertext, sent) = sealed(&public_pair(options)?, &ESEED)?;
    let pair = secret_pair(options)?;
    let [mut received, mut rejected] = [[0; 32]; 2];
    pair.decapsulate(&ciphertext, &mut received).map_err(failed)?;
    ciphertext[0] ^= 1;
    ciphertext[CIPHERTEXT_BYTES - 1] ^= 1;
    pair.decapsulate(&ciphertext, &mut rejected).map_err(failed)?;
    mark_public(&mut received);
    mark_public(&mut rejected);
    if received != sent || rejected == sent {
        return Err("decapsulation returned the wrong secret".into());
    }
    Ok(pair.options())
}
