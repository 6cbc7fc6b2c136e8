#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use super::super::simd::{untested_kem, untested_signature};
use super::super::{KemPrivate, KemPrivates, KemPublic, SignaturePrivate, SignaturePublic};
use super::reference::{Mldsa, Rejection, mlkem_blocks};
use super::*;
use crate::algorithm::SELF_TEST_ITEMS;
use crate::secret::SecretVec;
use crate::{Family, KeyOptions, Kind};
use core::slice::ChunksExact;
use std::{env, fs};

fn tested() -> impl Iterator<Item = (Algorithm, &'static SelfTest)> {
    Algorithm::ALL.into_iter().filter_map(|each| each.self_test().map(|test| (each, test)))
}

fn answers(algorithm: Algorithm, test: &SelfTest, path: CodePath) -> Result<Digest, Error> {
    match algorithm.kind() {
        Kind::Kem => kem_answers(untested_kem(algorithm, path)?, test, algorithm, path),
        Kind::Signature => signature_answers(untested_signature(algorithm, path)?, test, algorithm, path),
    }
}

#[test]
fn every_code_path_computes_the_known_answers() -> Result<(), Error> {
    for ((algorithm, test), path) in tested().flat_map(|each| CodePath::available().map(move |path| (each, path))) {
        let name = format!("{} {}", algorithm.name(), path.name());
        assert_eq!(answers(algorithm, test, path)?, *algorithm.self_test_answers(), "{name}");
    }
    Ok(())
}

/// `make table` sets the variable. It writes the answers of sets that have none, for a developer to commit once an independent
/// implementation or published vectors confirm the operations of the set. It replaces no answer.
#[test]
fn the_file_of_answers_is_written_from_the_table() -> Result<(), Error> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/algorithm/answers.rs");
    let file = fs::read_to_string(path).expect("the file");
    let (head, _) = file.split_once("= &[\n").expect("the declaration");
    let mut written = format!("{head}= &[\n");
    for (algorithm, test) in tested() {
        let known = *algorithm.self_test_answers();
        let answers = if known == [0; 32] { answers(algorithm, test, CodePath::Portable)? } else { known };
        let bytes: String = answers.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        written += &format!("    ({}, *b\"{bytes}\"), // {}\n", algorithm.id(), algorithm.name());
    }
    written += "];\n";
    if env::var_os("QYNAUTH_PQC_WRITE").is_some() {
        fs::write(path, written).expect("the file is written");
    } else {
        assert_eq!(file, written, "run `make table`");
    }
    Ok(())
}

/// docs/limitations.md names it: WebAssembly runs the self test on the stack of the caller.
#[test]
fn a_self_test_needs_no_more_than_512_kib_of_stack() {
    for ((algorithm, test), path) in tested().flat_map(|each| CodePath::available().map(move |path| (each, path))) {
        let answers = on_own_stack(512 << 10, move || answers(algorithm, test, path));
        assert!(answers.is_ok_and(|answers| answers == Ok(*algorithm.self_test_answers())), "{}", algorithm.name());
    }
}

/// An engine with right answers, except for keys of several seeds at once or, for signatures, a loaded key.
struct Faulty<E: ?Sized + 'static>(&'static E);

impl KemEngine for Faulty<dyn KemEngine> {
    fn private_key_from_seed(&self, seed: &[u8], options: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        self.0.private_key_from_seed(seed, options)
    }

    fn private_keys_from_seeds(&self, seeds: ChunksExact<'_, u8>, options: KeyOptions) -> KemPrivates {
        let mut keys = self.0.private_keys_from_seeds(seeds, options);
        keys.swap(6, 8);
        keys
    }

    fn private_key_from_bytes(
        &self,
        private_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn KemPrivate>, Error> {
        self.0.private_key_from_bytes(private_key, options)
    }

    fn public_key_from_bytes(&self, public_key: SecretVec, options: KeyOptions) -> Result<Box<dyn KemPublic>, Error> {
        self.0.public_key_from_bytes(public_key, options)
    }
}

impl SignatureEngine for Faulty<dyn SignatureEngine> {
    fn private_key_from_seed(
        &self,
        seed: &[u8],
        is_loaded: bool,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error> {
        let mut seed = seed.to_vec();
        seed[0] ^= u8::from(is_loaded);
        self.0.private_key_from_seed(&seed, is_loaded, options)
    }

    fn private_key_from_bytes(
        &self,
        private_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error> {
        self.0.private_key_from_bytes(private_key, options)
    }

    fn public_key_from_bytes(
        &self,
        public_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePublic>, Error> {
        self.0.public_key_from_bytes(public_key, options)
    }
}

#[test]
fn an_operation_without_an_answer_in_the_table_is_compared() -> Result<(), Error> {
    for (algorithm, test) in tested().filter(|(_, test)| test.messages.len() > 1) {
        let answers = match algorithm.kind() {
            Kind::Kem => {
                let engine = Faulty(untested_kem(algorithm, CodePath::Portable)?);
                kem_answers(&engine, test, algorithm, CodePath::Portable)
            }
            Kind::Signature => {
                let engine = Faulty(untested_signature(algorithm, CodePath::Portable)?);
                signature_answers(&engine, test, algorithm, CodePath::Portable)
            }
        };
        assert_eq!(answers, Err(Error::Internal), "{}", algorithm.name());
    }
    Ok(())
}

/// The entries of the matrix of ML-KEM that are sampled together: row by row in the making of a key, and column by column in
/// its expansion, next to the hash of the key or in a batch.
fn groups(k: usize) -> (&'static [usize], &'static [usize], &'static [usize]) {
    match k {
        2 => (&[4], &[3, 1], &[4]),
        3 => (&[6, 3], &[3, 3, 3], &[8, 1]),
        _ => (&[8, 8], &[12, 4], &[8, 8]),
    }
}

/// Whether some entries of each group, but not all of a large one, need more than three blocks.
fn is_mixed(blocks: &[usize], mut groups: &[usize]) -> bool {
    let mut blocks = blocks;
    while let [length, rest @ ..] = groups {
        let (group, others) = blocks.split_at(*length);
        let long = group.iter().filter(|blocks| **blocks > 3).count();
        if long == 0 || long == group.len() && long > 1 {
            return false;
        }
        (blocks, groups) = (others, rest);
    }
    true
}

fn reaches_fourth_blocks(seed: u32, k: usize) -> bool {
    let rows = mlkem_blocks(seed, k);
    let columns: Vec<_> = (0..k * k).map(|place| rows[place % k * k + place / k]).collect();
    let (generation, expansion, batch) = groups(k);
    is_mixed(&rows, generation) && is_mixed(&columns, expansion) && is_mixed(&columns, batch)
}

#[test]
fn the_seeds_of_mlkem_need_a_fourth_block_in_some_lanes() {
    for (algorithm, test) in tested().filter(|(algorithm, _)| algorithm.family() == Family::MlKem) {
        let k = algorithm.public_key_bytes() / 384;
        assert!(reaches_fourth_blocks(test.seed, k), "{}: {:?}", algorithm.name(), mlkem_blocks(test.seed, k));
    }
}

#[test]
fn the_messages_of_mldsa_are_rejected_once_for_each_reason_or_not_at_all() {
    for (algorithm, test) in tested().filter(|(algorithm, _)| algorithm.family() == Family::MlDsa) {
        let key = Mldsa::new(algorithm, test.seed);
        let mut found = key.rejections(test.messages[0], 5);
        found.sort_unstable_by_key(|rejection| *rejection as u8);
        assert_eq!(found, [Rejection::Response, Rejection::LowBits, Rejection::Hints], "{}", algorithm.name());
        for message in &test.messages[1..] {
            assert_eq!(key.rejections(*message, 1), [], "{}: message {message}", algorithm.name());
        }
    }
}

#[test]
fn a_batch_has_enough_items_to_share_lanes() {
    for path in CodePath::ALL {
        assert!(path.smallest_group() < SELF_TEST_ITEMS, "{}", path.name());
    }
}

/// For eta = 2, two blocks have 544 candidates, and 15 in 16 are accepted.
#[test]
fn the_seed_of_mldsa_65_needs_a_third_block_for_a_small_polynomial() {
    for (algorithm, test) in tested().filter(|(algorithm, _)| algorithm.family() == Family::MlDsa) {
        let blocks = Mldsa::new(algorithm, test.seed).small_blocks;
        assert_eq!(blocks.iter().any(|blocks| *blocks > 2), algorithm == Algorithm::MlDsa65, "{blocks:?}");
    }
}

#[test]
fn a_wrong_answer_is_remembered_and_a_test_without_an_outcome_is_repeated() {
    let outcome = Outcome::unknown();
    assert_eq!(outcome.check(&[1; 32], || Err(Error::OutOfMemory)), Err(Error::OutOfMemory));
    assert_eq!(outcome.check(&[1; 32], || Ok([2; 32])), Err(Error::SelfTest));
    assert_eq!(outcome.check(&[1; 32], || Ok([1; 32])), Err(Error::SelfTest));
    let outcome = Outcome::unknown();
    assert_eq!(outcome.check(&[1; 32], || Err(Error::Internal)), Err(Error::SelfTest));
    assert_eq!(outcome.check(&[1; 32], || Ok([1; 32])), Err(Error::SelfTest));
    let outcome = Outcome::unknown();
    assert_eq!(outcome.check(&[1; 32], || Ok([1; 32])), Ok(()));
    assert_eq!(outcome.check(&[1; 32], || Ok([2; 32])), Ok(()));
}

#[test]
fn a_wrong_answer_counts_more_than_a_right_one_of_another_thread() {
    let outcome = Outcome::unknown();
    let other = || {
        assert_eq!(outcome.check(&[1; 32], || Ok([2; 32])), Err(Error::SelfTest));
        Ok([1; 32])
    };
    assert_eq!(outcome.check(&[1; 32], other), Err(Error::SelfTest));
}
