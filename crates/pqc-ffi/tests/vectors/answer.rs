//! The results of the library for the cases.

use super::expected::Answer;
use super::files::{Case, Kind, Signed};
use super::hashes::hash;
use crate::common::api::*;
use crate::common::keys::Algorithm;
use crate::common::{Bytes, Owned};

/// The algorithm of a case.
pub(crate) fn algorithm(case: &Case) -> Algorithm {
    let found = Algorithm::rows().into_iter().find(|algorithm| algorithm.name == case.parameter_set);
    found.unwrap_or_else(|| panic!("unknown algorithm: {}", case.parameter_set))
}

/// The result of a case on the code path that `flags` choose.
pub(crate) fn actual(case: &Case, flags: u32) -> Answer {
    let algorithm = algorithm(case).with(flags);
    let public = || algorithm.load_public_key(case.get("public"));
    match case.kind {
        Kind::KeyGeneration => generate(case, algorithm),
        Kind::Encapsulation => {
            let (ciphertext, secret) = public()?.encapsulate_derand(case.get("m"))?;
            Ok(vec![ciphertext.to_vec(), secret.to_vec()])
        }
        Kind::PublicKeyCheck => Ok(vec![public()?.bytes()?.to_vec()]),
        Kind::PrivateKeyCheck => Ok(vec![load(case, algorithm)?.bytes()?.to_vec()]),
        Kind::Verification => accept(case, &public()?, case.get("signature")).map(|()| Vec::new()),
        Kind::Decapsulation => {
            let pair = load(case, algorithm)?;
            with_public_key(case, &pair, pair.decapsulate(case.get("ciphertext"))?)
        }
        Kind::Signing => {
            let pair = load(case, algorithm)?;
            let signature = signature(case, &pair)?;
            accept(case, &pair.public_key()?, &signature)?;
            with_public_key(case, &pair, signature)
        }
    }
}

/// Makes a key of its seed, loads its encodings, and encodes all of them again.
fn generate(case: &Case, algorithm: Algorithm) -> Answer {
    let made = algorithm.load_seed(case.get("seed"))?;
    let loaded = algorithm.load_private_key(case.get("private"))?;
    let public_key = algorithm.load_public_key(case.get("public"))?;
    let all = [made.bytes()?, made.public_key()?.bytes()?, loaded.bytes()?, loaded.public_key()?.bytes()?];
    Ok(all.iter().chain([&public_key.bytes()?]).map(|bytes| bytes.to_vec()).collect())
}

fn load(case: &Case, algorithm: Algorithm) -> Result<Owned<PqcPrivateKey>, PqcStatus> {
    if case.has("seed") {
        algorithm.load_seed(case.get("seed"))
    } else {
        algorithm.load_private_key(case.get("private"))
    }
}

/// A result, followed by the public key if the case has it.
fn with_public_key(case: &Case, pair: &Owned<PqcPrivateKey>, result: Bytes) -> Answer {
    let mut answer = vec![result.to_vec()];
    if case.has("public") {
        answer.push(pair.public_key()?.bytes()?.to_vec());
    }
    Ok(answer)
}

fn signature(case: &Case, pair: &Owned<PqcPrivateKey>) -> Result<Bytes, PqcStatus> {
    let (message, context, rnd) = (case.get("message"), case.get("context"), case.get("rnd"));
    let deterministic = !case.has("rnd");
    if case.signed == Signed::MPrime {
        let public = pair.public_key()?.bytes()?;
        // In the place of randomness, SLH-DSA takes PK.seed (FIPS 205, algorithm 19) and ML-DSA zeros.
        let fixed = if algorithm(case).is_slhdsa() { &public[..public.len() / 2] } else { &[0; 32] };
        return pair.sign_internal(message, if deterministic { fixed } else { rnd });
    }
    if case.signed == Signed::Mu {
        let mu = case.get("mu");
        return if deterministic { pair.sign_mu(mu, PQC_SIGN_DETERMINISTIC) } else { pair.sign_mu_derand(mu, rnd) };
    }
    if case.has("mu") {
        // Next to a message Wycheproof has the mu of it.
        assert_eq!(*pair.public_key()?.mu(message, context)?, *case.get("mu"), "case {}", case.number);
    }
    if case.hash.is_empty() {
        return if deterministic {
            pair.sign(message, context, PQC_SIGN_DETERMINISTIC)
        } else {
            pair.sign_derand(message, context, rnd)
        };
    }
    let (id, digest) = hash(&case.hash, message);
    if deterministic {
        pair.sign_prehashed(id, &digest, context, PQC_SIGN_DETERMINISTIC)
    } else {
        pair.sign_prehashed_derand(id, &digest, context, rnd)
    }
}

fn accept(case: &Case, key: &Owned<PqcPublicKey>, signature: &[u8]) -> Result<(), PqcStatus> {
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
