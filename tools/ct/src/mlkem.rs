//! ML-KEM on secret seeds, messages and keys.

use crate::failed;
use crate::valgrind::{mark_public, mark_secret};
use pqc_core::batch::{Decapsulation, decapsulate_all};
use pqc_core::{Algorithm, Family, KeyOptions, PrivateKey};

const SEED: [u8; 64] = [0x5d; 64];
const M: [u8; 32] = [0x3a; 32];

/// Runs an operation and returns the options of its key.
pub(crate) fn run(operation: &str, id: u32, options: KeyOptions) -> Result<KeyOptions, String> {
    let set = Algorithm::from_id(id)
        .filter(|set| set.family() == Family::MlKem)
        .ok_or_else(|| format!("ML-KEM has no set {id}"))?;
    match operation {
        "keygen" => keygen(set, options),
        "encapsulate" => encapsulate(set, options),
        "decapsulate" => decapsulate(set, options),
        "import" => import(set, options),
        _ => Err(format!("ML-KEM has no operation {operation}")),
    }
}

/// A pair from the secret seed `d || z`, so that everything in it is secret, even values that are published later.
fn secret_pair(set: Algorithm, options: KeyOptions) -> Result<PrivateKey, String> {
    let mut seed = SEED;
    mark_secret(&mut seed);
    PrivateKey::from_seed(set, options, &seed).map_err(failed)
}

/// The same key, unmarked for valgrind.
fn public_pair(set: Algorithm, options: KeyOptions) -> Result<PrivateKey, String> {
    PrivateKey::from_seed(set, options, &SEED).map_err(failed)
}

fn private_key(pair: &PrivateKey) -> Result<Vec<u8>, String> {
    let mut private = vec![0; pair.algorithm().private_key_bytes()];
    pair.write(&mut private).map_err(failed)?;
    Ok(private)
}

/// A ciphertext and the secret that it carries.
fn sealed(pair: &PrivateKey, m: &[u8]) -> Result<(Vec<u8>, [u8; 32]), String> {
    let (mut ciphertext, mut shared) = (vec![0; pair.algorithm().ciphertext_bytes()], [0; 32]);
    let key = pair.public_key().map_err(failed)?;
    key.encapsulate_derand(m, &mut ciphertext, &mut shared).map_err(failed)?;
    Ok((ciphertext, shared))
}

/// Makes a pair from a secret seed, and encodes its private key.
fn keygen(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = secret_pair(set, options)?;
    let mut private = private_key(&pair)?;
    mark_public(&mut private);
    if private != private_key(&public_pair(set, options)?)? {
        return Err("the marks changed the key".into());
    }
    Ok(pair.options())
}

/// Encapsulates a secret message to a published key.
fn encapsulate(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = public_pair(set, options)?;
    let mut m = M;
    mark_secret(&mut m);
    let (mut ciphertext, mut shared) = sealed(&pair, &m)?;
    mark_public(&mut ciphertext);
    mark_public(&mut shared);
    if (ciphertext, shared) != sealed(&pair, &M)? {
        return Err("the marks changed the ciphertext".into());
    }
    Ok(pair.options())
}

/// Decapsulates with a secret key: its own ciphertext, and one that is rejected implicitly.
fn decapsulate(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let (mut ciphertext, sent) = sealed(&public_pair(set, options)?, &M)?;
    let pair = secret_pair(set, options)?;
    let [mut received, mut rejected, mut received_in_batch, mut rejected_in_batch] = [[0; 32]; 4];
    pair.decapsulate(&ciphertext, &mut received).map_err(failed)?;
    let good = ciphertext.clone();
    ciphertext[0] ^= 1;
    pair.decapsulate(&ciphertext, &mut rejected).map_err(failed)?;
    let batch = [(&good, &mut received_in_batch), (&ciphertext, &mut rejected_in_batch)];
    let items = batch.map(|(ciphertext, secret)| Decapsulation::new(&pair, ciphertext, secret).map_err(failed));
    let mut items = items.into_iter().collect::<Result<Vec<_>, _>>()?;
    decapsulate_all(&mut items);
    drop(items);
    for secret in [&mut received, &mut rejected, &mut received_in_batch, &mut rejected_in_batch] {
        mark_public(secret);
    }
    if (received, rejected == sent) != (sent, false) || [received, rejected] != [received_in_batch, rejected_in_batch] {
        return Err("decapsulation returned the wrong secret".into());
    }
    Ok(pair.options())
}

/// Loads an expanded private key with secret `dk_PKE` and `z`, and uses it.
fn import(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let pair = public_pair(set, options)?;
    let (ciphertext, sent) = sealed(&pair, &M)?;
    let mut private = private_key(&pair)?;
    let public_bytes = set.public_key_bytes() + 32;
    let secret_vector = private.len() - 32 - public_bytes;
    let z = secret_vector + public_bytes;
    mark_secret(&mut private[..secret_vector]);
    mark_secret(&mut private[z..]);
    let loaded = PrivateKey::from_bytes(set, options, &private).map_err(failed)?;
    let mut received = [0; 32];
    loaded.decapsulate(&ciphertext, &mut received).map_err(failed)?;
    mark_public(&mut received);
    if received != sent {
        return Err("the loaded key returned the wrong secret".into());
    }
    Ok(loaded.options())
}
