//! The values, or the exact status, that a case expects.

use super::answer::algorithm;
use super::files::{Case, Kind};
use crate::common::api::*;

/// The outputs of a call, or its status.
pub(crate) type Answer = Result<Vec<Vec<u8>>, PqcStatus>;

pub(crate) fn expected(case: &Case) -> Answer {
    if case.valid {
        return Ok(answers(case.kind).iter().filter_map(|field| case.fields.get(field)).cloned().collect());
    }
    let status = wrong_length(case).unwrap_or_else(|| fault(case.kind));
    for flag in &case.flags {
        assert!(agrees(flag, status), "case {}: {flag} is not {status:?}", case.number);
    }
    Err(status)
}

/// The results of an operation, as far as the case has them.
pub(crate) fn answers(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::KeyGeneration => &["private", "public", "private", "public", "public"],
        Kind::Encapsulation => &["ciphertext", "secret"],
        Kind::PublicKeyCheck => &["public"],
        Kind::Decapsulation => &["secret", "public"],
        Kind::PrivateKeyCheck => &["private"],
        Kind::Signing => &["signature", "public"],
        Kind::Verification => &[],
    }
}

/// The fault that an input of the right length has where it must be refused.
fn fault(kind: Kind) -> PqcStatus {
    match kind {
        Kind::Encapsulation | Kind::PublicKeyCheck => PqcStatus::PublicKeyModulus,
        Kind::Decapsulation | Kind::PrivateKeyCheck => PqcStatus::PrivateKeyHash,
        Kind::Signing => PqcStatus::PrivateKeyRange,
        Kind::Verification => PqcStatus::InvalidSignature,
        Kind::KeyGeneration => panic!("no seed of the right length is refused"),
    }
}

/// The inputs that have one length only; the other fields of a case are the answer.
fn inputs(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::KeyGeneration => &["seed"],
        Kind::Encapsulation | Kind::PublicKeyCheck => &["public"],
        Kind::Decapsulation => &["seed", "private", "ciphertext"],
        Kind::PrivateKeyCheck => &["private"],
        Kind::Signing => &["seed", "private"],
        Kind::Verification => &["public", "signature"],
    }
}

fn wrong_length(case: &Case) -> Option<PqcStatus> {
    let algorithm = algorithm(case);
    let lengths = [
        ("seed", algorithm.seed, PqcStatus::SeedLength),
        ("private", algorithm.private_key, PqcStatus::PrivateKeyLength),
        ("public", algorithm.public_key, PqcStatus::PublicKeyLength),
        ("ciphertext", algorithm.ciphertext, PqcStatus::CiphertextLength),
        ("signature", algorithm.signature, PqcStatus::InvalidSignature),
    ];
    let is_wrong =
        |field, length| inputs(case.kind).contains(&field) && case.has(field) && case.get(field).len() != length;
    if let Some((_, _, status)) = lengths.into_iter().find(|(field, length, _)| is_wrong(*field, *length)) {
        return Some(status);
    }
    (case.get("context").len() > MLDSA_MAXCONTEXTBYTES).then_some(PqcStatus::ContextLength)
}

/// Whether Wycheproof's flag and the status name the same reason.
fn agrees(flag: &str, status: PqcStatus) -> bool {
    match flag {
        "IncorrectPrivateKeyLength" => matches!(status, PqcStatus::PrivateKeyLength | PqcStatus::SeedLength),
        "IncorrectPublicKeyLength" => status == PqcStatus::PublicKeyLength,
        "IncorrectDecapsulationKeyLength" => status == PqcStatus::PrivateKeyLength,
        "IncorrectCiphertextLength" => status == PqcStatus::CiphertextLength,
        "InvalidContext" => status == PqcStatus::ContextLength,
        "ModulusOverflow" => status == PqcStatus::PublicKeyModulus,
        "InvalidDecapsulationKey" => status == PqcStatus::PrivateKeyHash,
        "InvalidPrivateKey" => status == PqcStatus::PrivateKeyRange,
        _ => true,
    }
}
