//! What the library makes of the cases of ML-KEM.

use super::expected::Answer;
use super::files::{Case, Kind};
use crate::common::Owned;
use crate::common::mlkem::KEM_SETS;
pub(crate) use crate::common::mlkem::KemSet;
use pqc_ffi::mlkem_ffi::MlKemKeyPair;
use pqc_ffi::status::PqcStatus;

/// The parameter set of a case, if it is one of ML-KEM.
pub(crate) fn set(case: &Case) -> Option<KemSet> {
    KEM_SETS.into_iter().find(|set| case.parameter_set == format!("ML-KEM-{}", set.id))
}

pub(crate) fn answer(case: &Case, set: KemSet) -> Answer {
    match case.kind {
        Kind::KeyGeneration => generate(case, set),
        Kind::Encapsulation => encapsulate(case, set),
        Kind::PublicKeyCheck => Ok(vec![set.load_public_key(case.get("public"))?.bytes()?.to_vec()]),
        Kind::Decapsulation => decapsulate(case, set),
        Kind::PrivateKeyCheck => Ok(vec![load(case, set)?.private_key_bytes()?.to_vec()]),
        Kind::Signing | Kind::Verification => panic!("{} signs nothing", case.parameter_set),
    }
}

/// Makes a key of its seed, loads its encodings, and encodes all of them again.
fn generate(case: &Case, set: KemSet) -> Answer {
    let made = set.load_seed(case.get("seed"))?;
    let loaded = set.load_private_key(case.get("private"))?;
    let public_key = set.load_public_key(case.get("public"))?;
    Ok([
        made.private_key_bytes()?,
        made.public_key_bytes()?,
        loaded.private_key_bytes()?,
        loaded.public_key_bytes()?,
        public_key.bytes()?,
    ]
    .map(|bytes| bytes.to_vec())
    .to_vec())
}

fn encapsulate(case: &Case, set: KemSet) -> Answer {
    let (ciphertext, secret) = set.load_public_key(case.get("public"))?.encapsulate_derand(case.get("m"))?;
    Ok(vec![ciphertext.to_vec(), secret.to_vec()])
}

fn load(case: &Case, set: KemSet) -> Result<Owned<MlKemKeyPair>, PqcStatus> {
    if case.has("seed") { set.load_seed(case.get("seed")) } else { set.load_private_key(case.get("private")) }
}

fn decapsulate(case: &Case, set: KemSet) -> Answer {
    let pair = load(case, set)?;
    let mut answer = vec![pair.decapsulate(case.get("ciphertext"))?.to_vec()];
    if case.has("public") {
        answer.push(pair.public_key_bytes()?.to_vec());
    }
    Ok(answer)
}
