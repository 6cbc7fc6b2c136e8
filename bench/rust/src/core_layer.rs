//! The operations of pqc-core.

use crate::{Call, DSA_SEED, KEM_SEED, M, Outcome, message, unknown};
use pqc_core::{
    Error, KeyOptions, MLKEM_SHARED_SECRET_BYTES, MlDsaKeyPair, MlDsaParameterSet, MlDsaPublicKey, MlKemKeyPair,
    MlKemParameterSet, MlKemPublicKey, Randomness,
};

fn failed(error: Error) -> String {
    error.to_string()
}

pub(crate) fn kem(operation: &str, id: u32, options: KeyOptions) -> Outcome<Call> {
    let set = MlKemParameterSet::from_id(id).ok_or_else(|| format!("ML-KEM has no set {id}"))?;
    let pair = MlKemKeyPair::from_seed(set, options, &KEM_SEED).map_err(failed)?;
    let public_key = pair.public_key().map_err(failed)?;
    let mut encoded = vec![0; set.public_key_bytes()];
    public_key.write(&mut encoded).map_err(failed)?;
    let mut ciphertext = vec![0; set.ciphertext_bytes()];
    public_key.encapsulate_derand(&M, &mut ciphertext, &mut [0; MLKEM_SHARED_SECRET_BYTES]).map_err(failed)?;
    let length = ciphertext.len();
    Ok(match operation {
        "keygen" => Box::new(move |_| MlKemKeyPair::generate(set, options).is_ok()),
        "load" => Box::new(move |_| MlKemKeyPair::from_seed(set, options, &KEM_SEED).is_ok()),
        "load_public" => Box::new(move |_| MlKemPublicKey::from_bytes(set, options, &encoded).is_ok()),
        "encapsulate" => {
            Box::new(move |_| public_key.encapsulate(&mut vec![0; length], &mut [0; MLKEM_SHARED_SECRET_BYTES]).is_ok())
        }
        "encapsulate_derand" => Box::new(move |_| {
            public_key.encapsulate_derand(&M, &mut vec![0; length], &mut [0; MLKEM_SHARED_SECRET_BYTES]).is_ok()
        }),
        "decapsulate" => Box::new(move |_| pair.decapsulate(&ciphertext, &mut [0; MLKEM_SHARED_SECRET_BYTES]).is_ok()),
        _ => return unknown(operation),
    })
}

pub(crate) fn dsa(operation: &str, id: u32, options: KeyOptions) -> Outcome<Call> {
    let set = MlDsaParameterSet::from_id(id).ok_or_else(|| format!("ML-DSA has no set {id}"))?;
    let pair = MlDsaKeyPair::from_seed(set, options, &DSA_SEED).map_err(failed)?;
    let public_key = pair.public_key().map_err(failed)?;
    let mut encoded = vec![0; set.public_key_bytes()];
    public_key.write(&mut encoded).map_err(failed)?;
    let mut signature = vec![0; set.signature_bytes()];
    let length = signature.len();
    let sign = move |number, out: &mut [u8]| pair.sign(&message(number), b"", Randomness::Deterministic, out);
    sign(0, &mut signature).map_err(failed)?;
    Ok(match operation {
        "keygen" => Box::new(move |_| MlDsaKeyPair::generate(set, options).is_ok()),
        "load" => Box::new(move |_| MlDsaKeyPair::from_seed(set, options, &DSA_SEED).is_ok()),
        "load_public" => Box::new(move |_| MlDsaPublicKey::from_bytes(set, options, &encoded).is_ok()),
        "sign" => Box::new(move |number| sign(number, &mut vec![0; length]).is_ok()),
        "verify" => Box::new(move |_| public_key.verify(&message(0), b"", &signature).is_ok()),
        _ => return unknown(operation),
    })
}
