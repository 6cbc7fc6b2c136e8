//! ML-DSA on secret seeds, keys and randomness.

use crate::failed;
use crate::valgrind::{mark_public, mark_secret};
use pqc_core::batch::{Signing, sign_all};
use pqc_core::{Algorithm, Family, KeyOptions, MLDSA_RANDOMNESS_BYTES, PrivateKey, Randomness};

const SEED: [u8; 32] = [0x5d; 32];
const RND: [u8; MLDSA_RANDOMNESS_BYTES] = [0x3a; MLDSA_RANDOMNESS_BYTES];

/// Messages to sign, so that some are signed at the first attempt and others after several.
const MESSAGES: [&[u8]; 4] = [b"Transfer 100 to Alice", b"Transfer 200 to Bob", b"", b"Transfer 300 to Carol"];

/// Where `K`, `tr` and the secret vectors begin in `rho || K || tr || s1 || s2 || t0` (FIPS 204, algorithm 24).
const K_OFFSET: usize = 32;
const TR_OFFSET: usize = 64;
const SECRET_VECTORS_OFFSET: usize = 128;

/// Runs an operation and returns the options of its key.
pub(crate) fn run(operation: &str, id: u32, options: KeyOptions) -> Result<KeyOptions, String> {
    let set = Algorithm::from_id(id)
        .filter(|set| set.family() == Family::MlDsa)
        .ok_or_else(|| format!("ML-DSA has no set {id}"))?;
    match operation {
        "keygen" => keygen(set, options),
        "sign" => sign(set, options),
        "import" => import(set, options),
        _ => Err(format!("ML-DSA has no operation {operation}")),
    }
}

/// A pair from the secret seed `xi`, so that everything in it is secret, even values that are published later.
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

fn signature(pair: &PrivateKey, message: &[u8], rnd: &[u8]) -> Result<Vec<u8>, String> {
    let mut signature = vec![0; pair.algorithm().signature_bytes()];
    pair.sign(message, b"context", Randomness::Given(rnd.into()), &mut signature).map_err(failed)?;
    Ok(signature)
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

/// Signs with a secret key and secret randomness.
fn sign(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let (pair, expected) = (secret_pair(set, options)?, public_pair(set, options)?);
    let mut rnd = RND;
    mark_secret(&mut rnd);
    for message in MESSAGES {
        let mut made = signature(&pair, message, &rnd)?;
        mark_public(&mut made);
        if made != signature(&expected, message, &RND)? {
            return Err("the marks changed the signature".into());
        }
    }
    let mut made = signatures(&pair)?;
    mark_public(&mut made);
    if made != signatures(&expected)? {
        return Err("the marks changed the signatures of a batch".into());
    }
    Ok(pair.options())
}

/// The messages signed in a batch, without randomness.
fn signatures(pair: &PrivateKey) -> Result<Vec<u8>, String> {
    let size = pair.algorithm().signature_bytes();
    let mut rows = vec![0; MESSAGES.len() * size];
    let items = rows.chunks_mut(size).zip(MESSAGES);
    let items = items.map(|(row, message)| Signing::new(pair, message, b"context", row).map_err(failed));
    let mut items = items.collect::<Result<Vec<_>, _>>()?;
    sign_all(&mut items, false);
    items.iter().try_for_each(|item| item.outcome().map(|_| ())).map_err(failed)?;
    drop(items);
    Ok(rows)
}

/// Loads an expanded private key with secret `K`, s1, s2 and t0, and signs with it.
fn import(set: Algorithm, options: KeyOptions) -> Result<KeyOptions, String> {
    let expected = public_pair(set, options)?;
    let mut private = private_key(&expected)?;
    mark_secret(&mut private[K_OFFSET..TR_OFFSET]);
    mark_secret(&mut private[SECRET_VECTORS_OFFSET..]);
    let loaded = PrivateKey::from_bytes(set, options, &private).map_err(failed)?;
    let mut made = signature(&loaded, MESSAGES[0], &RND)?;
    mark_public(&mut made);
    if made != signature(&expected, MESSAGES[0], &RND)? {
        return Err("the loaded key made another signature".into());
    }
    Ok(loaded.options())
}
