//! The operations of pqc-core.

use crate::{Call, M, Outcome, SEED, message, unknown};
use pqc_core::{Algorithm, Error, KeyOptions, Kind, PrivateKey, PublicKey, Randomness};

fn failed(error: Error) -> String {
    error.to_string()
}

pub(crate) fn prepare(operation: &str, algorithm: Algorithm, options: KeyOptions) -> Outcome<Call> {
    let seed = &SEED[..algorithm.seed_bytes()];
    let private_key = PrivateKey::from_seed(algorithm, options, seed).map_err(failed)?;
    let public_key = private_key.public_key().map_err(failed)?;
    match operation {
        "keygen" => return Ok(Box::new(move |_| PrivateKey::generate(algorithm, options).is_ok())),
        "load" => return Ok(Box::new(move |_| PrivateKey::from_seed(algorithm, options, seed).is_ok())),
        "load_public" => {
            let mut encoded = vec![0; algorithm.public_key_bytes()];
            public_key.write(&mut encoded).map_err(failed)?;
            return Ok(Box::new(move |_| PublicKey::from_bytes(algorithm, options, &encoded).is_ok()));
        }
        _ => {}
    }
    match algorithm.kind() {
        Kind::Kem => kem(operation, private_key, public_key),
        Kind::Signature => signature(operation, private_key, public_key),
    }
}

fn kem(operation: &str, private_key: PrivateKey, public_key: PublicKey) -> Outcome<Call> {
    let length = private_key.algorithm().ciphertext_bytes();
    let mut ciphertext = vec![0; length];
    public_key.encapsulate_derand(&M, &mut ciphertext, &mut [0; 32]).map_err(failed)?;
    Ok(match operation {
        "encapsulate" => Box::new(move |_| public_key.encapsulate(&mut vec![0; length], &mut [0; 32]).is_ok()),
        "encapsulate_derand" => {
            Box::new(move |_| public_key.encapsulate_derand(&M, &mut vec![0; length], &mut [0; 32]).is_ok())
        }
        "decapsulate" => Box::new(move |_| private_key.decapsulate(&ciphertext, &mut [0; 32]).is_ok()),
        _ => return unknown(operation),
    })
}

fn signature(operation: &str, private_key: PrivateKey, public_key: PublicKey) -> Outcome<Call> {
    let length = private_key.algorithm().signature_bytes();
    let mut signature = vec![0; length];
    let sign = move |number, out: &mut [u8]| private_key.sign(&message(number), b"", Randomness::Deterministic, out);
    sign(0, &mut signature).map_err(failed)?;
    Ok(match operation {
        "sign" => Box::new(move |number| sign(number, &mut vec![0; length]).is_ok()),
        "verify" => Box::new(move |_| public_key.verify(&message(0), b"", &signature).is_ok()),
        _ => return unknown(operation),
    })
}
