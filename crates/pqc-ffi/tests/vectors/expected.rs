//! The values, or the exact status, that a case must give.

use super::files::{Case, Kind};
use super::{dsa, kem};
use pqc_ffi::mldsa_ffi::{MLDSA_MAXCONTEXTBYTES, MLDSA_SEEDBYTES};
use pqc_ffi::mlkem_ffi::MLKEM_SEEDBYTES;
use pqc_ffi::status::PqcStatus;

/// The outputs of a call, or its status.
pub(crate) type Answer = Result<Vec<Vec<u8>>, PqcStatus>;

/// What the library makes of a case on the code path that `flags` choose.
pub(crate) fn actual(case: &Case, flags: u32) -> Answer {
    if let Some(set) = kem::set(case) {
        return kem::answer(case, kem::KemSet { flags, ..set });
    }
    let Some(set) = dsa::set(case) else { panic!("unknown parameter set: {}", case.parameter_set) };
    dsa::answer(case, dsa::DsaSet { flags, ..set })
}

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

/// What an operation gives, as far as the case says it.
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

/// The inputs that have one length only; what a case gives beyond them is the answer.
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
    let [seed, private_key, public_key, ciphertext, signature] = match (kem::set(case), dsa::set(case)) {
        (Some(set), _) => [MLKEM_SEEDBYTES, set.private_key, set.public_key, set.ciphertext, 0],
        (_, Some(set)) => [MLDSA_SEEDBYTES, set.private_key, set.public_key, 0, set.signature],
        _ => panic!("unknown parameter set: {}", case.parameter_set),
    };
    let lengths = [
        ("seed", seed, PqcStatus::SeedLength),
        ("private", private_key, PqcStatus::PrivateKeyLength),
        ("public", public_key, PqcStatus::PublicKeyLength),
        ("ciphertext", ciphertext, PqcStatus::CiphertextLength),
        ("signature", signature, PqcStatus::InvalidSignature),
    ];
    let is_wrong =
        |field, length| inputs(case.kind).contains(&field) && case.has(field) && case.get(field).len() != length;
    if let Some((_, _, status)) = lengths.into_iter().find(|(field, length, _)| is_wrong(*field, *length)) {
        return Some(status);
    }
    (case.get("context").len() > MLDSA_MAXCONTEXTBYTES).then_some(PqcStatus::ContextLength)
}

/// Whether what Wycheproof's flag says of the reason is what the status says.
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
