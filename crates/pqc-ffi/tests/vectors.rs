//! Known answers of ACVP and Wycheproof through the C interface, on every code path of this machine.
//!
//! The vectors are found through an environment variable; `--nocapture` shows a table of the results of each file.
#![allow(clippy::expect_used, clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;
mod vectors {
    pub(crate) mod answer;
    pub(crate) mod expected;
    pub(crate) mod files;
    pub(crate) mod hashes;
}

use common::api::*;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use vectors::answer::actual;
use vectors::expected::{Answer, answers, expected};
use vectors::files::{Case, FILES, Kind, Signed, VectorFile, read_cases};

/// All cases of all files.
const CASES: usize = 4537;

/// How many cases expect which status.
const REFUSALS: [(PqcStatus, usize); 9] = [
    (PqcStatus::PublicKeyLength, 72),
    (PqcStatus::PrivateKeyLength, 12),
    (PqcStatus::SeedLength, 69),
    (PqcStatus::CiphertextLength, 66),
    (PqcStatus::ContextLength, 21),
    (PqcStatus::PublicKeyModulus, 366),
    (PqcStatus::PrivateKeyRange, 6),
    (PqcStatus::PrivateKeyHash, 36),
    (PqcStatus::InvalidSignature, 736),
];

/// Each file with its cases and their claimed number, read once for all tests; nothing without the folder.
fn read_files() -> impl Iterator<Item = (&'static VectorFile, Option<u64>, &'static [Case])> {
    static READ: LazyLock<Vec<(Option<u64>, Vec<Case>)>> = LazyLock::new(|| {
        let read =
            |file: &VectorFile| Some(read_cases(&common::vectors()?.join(file.name)).expect("a file of vectors"));
        FILES.iter().filter_map(read).collect()
    });
    FILES.iter().zip(&*READ).map(|(file, (claimed, cases))| (file, *claimed, cases.as_slice()))
}

/// An answer in a failure: a status in full, values by their digests.
fn text(answer: &Answer) -> String {
    let digest = |value: &Vec<u8>| format!("{} bytes with SHA-256 {:02x?}; ", value.len(), &Sha256::digest(value)[..8]);
    match answer {
        Ok(values) => values.iter().map(digest).collect(),
        Err(status) => format!("{status:?}"),
    }
}

/// Whether a case is tried on a code path. Signatures of SLH-DSA take long: the best path makes all of the sets f and the first of each
/// group of the sets s, the other paths, and every path under an emulator, the first of each group of the sets f.
fn is_chosen(case: &Case, is_first: bool, is_best: bool) -> bool {
    let is_slow = case.kind == Kind::Signing && case.parameter_set.starts_with("SLH-DSA");
    let is_fast = case.parameter_set.ends_with('f');
    !is_slow || if is_best { is_first || is_fast } else { is_first && is_fast }
}

/// Tries the chosen cases of a file on a code path, and adds a line to the table.
fn try_cases(file: &VectorFile, cases: &[Case], (path, flags): &(String, u32), table: &mut Vec<String>) {
    let is_best = *path == best_path() && std::env::var_os("QYNAUTH_PQC_EMULATOR").is_none();
    try_each(file, cases, (path, *flags), |case, is_first| is_chosen(case, is_first, is_best), table);
}

/// The code path that this machine takes by itself.
fn best_path() -> String {
    common::code_paths().last().map(|(name, _)| name.clone()).unwrap_or_default()
}

/// Tries the cases of a file that are chosen, given whether a case is the first of its group, and adds a line to the table.
fn try_each(
    file: &VectorFile,
    cases: &[Case],
    (path, flags): (&String, u32),
    is_chosen: impl Fn(&Case, bool) -> bool,
    table: &mut Vec<String>,
) {
    let (mut tried, mut last_group) = (0, None);
    for case in cases {
        let is_first = last_group.replace(case.group) != Some(case.group);
        if !is_chosen(case, is_first) {
            continue;
        }
        tried += 1;
        let (expected, actual) = (expected(case), actual(case, flags));
        let (name, number, kind) = (file.name, case.number, case.kind);
        assert!(expected == actual, "{name} {number} {kind:?}: {} is not {}", text(&actual), text(&expected));
    }
    assert_eq!(file.cases, cases.len(), "{}", file.name);
    table.push(format!("{:55} {path:10} {tried:6}", file.name));
}

#[test]
fn known_answers() {
    let mut table = vec![format!("{:55} {:10} passed", "known answers", "path")];
    for (file, claimed, cases) in read_files() {
        assert!(claimed.is_none_or(|claimed| claimed == cases.len() as u64), "{}", file.name);
        common::code_paths().iter().for_each(|path| try_cases(file, cases, path, &mut table));
    }
    assert_eq!(FILES.iter().map(|file| file.cases).sum::<usize>(), CASES);
    println!("{}", table.join("\n"));
}

/// All signatures of SLH-DSA, on every code path.
#[test]
#[ignore = "takes minutes: run by `make nightly`"]
fn known_answers_of_slhdsa_in_full() {
    for (file, _, cases) in read_files().filter(|(file, ..)| file.name.contains("SLH-DSA-sigGen")) {
        for (path, flags) in common::code_paths() {
            try_each(file, cases, (&path, flags), |_, _| true, &mut Vec::new());
        }
    }
}

#[test]
fn every_status_has_its_cases() {
    let mut found = REFUSALS.map(|(status, _)| (status, 0));
    for (_, _, cases) in read_files() {
        for status in cases.iter().filter_map(|case| expected(case).err()) {
            let Some(count) = found.iter_mut().find(|(known, _)| *known == status) else { panic!("{status:?}") };
            count.1 += 1;
        }
    }
    assert!(found == REFUSALS || common::vectors().is_none(), "{found:?}");
}

/// The fields of a case that it does not need as an input.
fn alterable(case: &Case) -> &'static [&'static str] {
    match case.kind {
        Kind::PublicKeyCheck | Kind::PrivateKeyCheck => &[],
        Kind::Verification => &["signature"],
        kind => answers(kind),
    }
}

#[test]
fn altered_answers_are_found() {
    for (file, _, cases) in read_files() {
        let Some(case) = cases.iter().find(|case| case.valid && case.signed != Signed::Mu) else { continue };
        for field in alterable(case) {
            let mut altered = case.clone();
            if let Some(byte) = altered.fields.get_mut(field).and_then(|value| value.last_mut()) {
                *byte ^= 1;
                assert!(expected(&altered) != actual(&altered, 0), "{}: {field}", file.name);
            }
        }
        let refused = Case { valid: false, flags: Vec::new(), ..case.clone() };
        let is_found = refused.kind == Kind::KeyGeneration || expected(&refused) != actual(&refused, 0);
        assert!(is_found, "{}: a valid case that is to be refused", file.name);
    }
}
