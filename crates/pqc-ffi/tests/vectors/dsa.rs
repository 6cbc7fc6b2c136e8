//! What the library makes of the cases of ML-DSA.

use super::expected::Answer;
use super::files::{Case, Kind, Signed};
use super::hashes::hash;
use crate::common::mldsa::DSA_SETS;
pub(crate) use crate::common::mldsa::DsaSet;
use crate::common::{Bytes, Owned};
use pqc_ffi::mldsa_ffi::{MLDSA_SIGN_DETERMINISTIC, MlDsaKeyPair, MlDsaPublicKey};
use pqc_ffi::status::PqcStatus;

/// The parameter set of a case, if it is one of ML-DSA.
pub(crate) fn set(case: &Case) -> Option<DsaSet> {
    DSA_SETS.into_iter().find(|set| case.parameter_set == format!("ML-DSA-{}", set.id))
}

pub(crate) fn answer(case: &Case, set: DsaSet) -> Answer {
    match case.kind {
        Kind::KeyGeneration => generate(case, set),
        Kind::Signing => sign(case, set),
        Kind::Verification => {
            accept(case, &set.load_public_key(case.get("public"))?, case.get("signature"))?;
            Ok(Vec::new())
        }
        other => panic!("{} knows no {other:?}", case.parameter_set),
    }
}

/// Makes a key of its seed, loads its encodings, and encodes all of them again.
fn generate(case: &Case, set: DsaSet) -> Answer {
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

/// Signs, and accepts the signature that was made.
fn sign(case: &Case, set: DsaSet) -> Answer {
    let pair =
        if case.has("seed") { set.load_seed(case.get("seed"))? } else { set.load_private_key(case.get("private"))? };
    let signature = signature(case, &pair)?;
    accept(case, &pair.public_key()?, &signature)?;
    let mut answer = vec![signature.to_vec()];
    if case.has("public") {
        answer.push(pair.public_key_bytes()?.to_vec());
    }
    Ok(answer)
}

fn signature(case: &Case, pair: &Owned<MlDsaKeyPair>) -> Result<Bytes, PqcStatus> {
    let (message, context, rnd) = (case.get("message"), case.get("context"), case.get("rnd"));
    let deterministic = !case.has("rnd");
    if case.signed == Signed::MPrime {
        return pair.sign_internal(message, if deterministic { &[0; 32] } else { rnd });
    }
    if case.signed == Signed::Mu {
        let mu = case.get("mu");
        return if deterministic { pair.sign_mu(mu, MLDSA_SIGN_DETERMINISTIC) } else { pair.sign_mu_derand(mu, rnd) };
    }
    if case.has("mu") {
        // Beside a message Wycheproof gives the mu that belongs to it.
        assert_eq!(*pair.public_key()?.mu(message, context)?, *case.get("mu"), "case {}", case.number);
    }
    if case.hash.is_empty() {
        return if deterministic {
            pair.sign(message, context, MLDSA_SIGN_DETERMINISTIC)
        } else {
            pair.sign_derand(message, context, rnd)
        };
    }
    let (id, digest) = hash(&case.hash, message);
    if deterministic {
        pair.sign_prehashed(id, &digest, context, MLDSA_SIGN_DETERMINISTIC)
    } else {
        pair.sign_prehashed_derand(id, &digest, context, rnd)
    }
}

fn accept(case: &Case, key: &Owned<MlDsaPublicKey>, signature: &[u8]) -> Result<(), PqcStatus> {
    let (message, context) = (case.get("message"), case.get("context"));
    if case.signed == Signed::MPrime {
        key.verify_internal(message, signature)
    } else if case.signed == Signed::Mu {
        key.verify_mu(case.get("mu"), signature)
    } else if case.hash.is_empty() {
        key.verify(message, context, signature)
    } else {
        let (id, digest) = hash(&case.hash, message);
        key.verify_prehashed(id, &digest, context, signature)
    }
}
