//! Known answers of ACVP and Wycheproof for ML-KEM on every backend of this machine.
//!
//! An environment variable names the folder of the vectors. The checks of the caller, of lengths and keys (FIPS 203, 7.2 and 7.3),
//! are made here, and the refused cases are counted.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mlkem;

use flate2::read::GzDecoder;
use mlkem::{decapsulate, encapsulate, keygen, public_key};
use pqc_simd::Backend;
use pqc_simd::mlkem::{MlKem512, MlKem768, MlKem1024, ParameterSet};
use serde_json::Value;
use sha3::{Digest, Sha3_256};
use std::fs::File;
use std::path::{Path, PathBuf};

const VARIABLE: &str = "QYNAUTH_PQC_VECTORS";

/// Each file, the number of its cases, and of cases that a caller refuses.
const FILES: [(&str, usize, usize); 15] = [
    ("acvp/ML-KEM-keyGen-FIPS203.json.gz", 75, 0),
    ("acvp/ML-KEM-encapDecap-FIPS203.json.gz", 165, 30),
    ("acvp/ML-KEM-encapDecap-FIPS203-tr1.json.gz", 195, 30),
    ("wycheproof/mlkem_512_keygen_seed_test.json.gz", 100, 0),
    ("wycheproof/mlkem_512_encaps_test.json.gz", 261, 128),
    ("wycheproof/mlkem_512_semi_expanded_decaps_test.json.gz", 9, 6),
    ("wycheproof/mlkem_512_test.json.gz", 193, 40),
    ("wycheproof/mlkem_768_keygen_seed_test.json.gz", 100, 0),
    ("wycheproof/mlkem_768_encaps_test.json.gz", 265, 132),
    ("wycheproof/mlkem_768_semi_expanded_decaps_test.json.gz", 9, 6),
    ("wycheproof/mlkem_768_test.json.gz", 193, 40),
    ("wycheproof/mlkem_1024_keygen_seed_test.json.gz", 100, 0),
    ("wycheproof/mlkem_1024_encaps_test.json.gz", 269, 136),
    ("wycheproof/mlkem_1024_semi_expanded_decaps_test.json.gz", 9, 6),
    ("wycheproof/mlkem_1024_test.json.gz", 193, 40),
];

/// The folder of the vectors; without one, the calling test does nothing.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(VARIABLE).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: the published test vectors are not here: set {VARIABLE} to their folder");
    }
    folder
}

/// A case with the fields of its test, its group and its file.
struct Case([Value; 4]);

impl Case {
    fn find(&self, names: &[&str]) -> Option<&Value> {
        let values = names.iter().flat_map(|name| self.0.iter().map(move |source| &source[*name]));
        values.into_iter().find(|value| !value.is_null())
    }

    fn text(&self, names: &[&str]) -> &str {
        self.find(names).and_then(Value::as_str).unwrap_or_default()
    }

    /// The bytes of the first existing field.
    fn get(&self, names: &[&str]) -> Vec<u8> {
        let digits = self.text(names).as_bytes().chunks(2);
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn valid(&self) -> bool {
        let passed = self.find(&["testPassed"]).is_none_or(|passed| *passed == true);
        passed && self.find(&["result"]).is_none_or(|result| *result == "valid")
    }

    fn seed(&self) -> Vec<u8> {
        if self.find(&["d"]).is_some() {
            return [self.get(&["d"]), self.get(&["z"])].concat();
        }
        self.get(&["seed", "privateSeed"])
    }

    /// The private key, or the one from the seed if the case has a seed.
    fn private_key<P: ParameterSet>(&self, backend: Backend) -> Option<Vec<u8>> {
        if self.seed().is_empty() {
            return Some(self.get(&["dk", "privateKey"])).filter(|key| checks_private_key::<P>(key));
        }
        self.seed().first_chunk().filter(|_| self.seed().len() == 64).map(|seed| keygen::<P>(backend, seed))
    }
}

fn read(path: &Path) -> Vec<Case> {
    let file: Value = serde_json::from_reader(GzDecoder::new(File::open(path).expect("the file is there"))).unwrap();
    let groups = file["testGroups"].as_array().unwrap().iter();
    let tests = groups.flat_map(|group| group["tests"].as_array().unwrap().iter().map(move |test| (group, test)));
    tests.map(|(group, test)| Case([test["expected"].clone(), test.clone(), group.clone(), file.clone()])).collect()
}

/// Whether every coefficient of an encapsulation key of the right length is below q.
fn checks_public_key<P: ParameterSet>(key: &[u8]) -> bool {
    let pair = |three: &[u8]| {
        let [low, middle, high] = [three[0], three[1], three[2]].map(u16::from);
        [low | (middle & 15) << 8, middle >> 4 | high << 4]
    };
    key.len() == P::PUBLIC_KEY_BYTES && key[..384 * P::K].chunks(3).flat_map(pair).all(|coefficient| coefficient < 3329)
}

/// Whether a decapsulation key has the right length, and the hash of the encapsulation key in it.
fn checks_private_key<P: ParameterSet>(key: &[u8]) -> bool {
    key.len() == P::PRIVATE_KEY_BYTES && Sha3_256::digest(public_key::<P>(key))[..] == key[768 * P::K + 32..][..32]
}

/// The results of a case, under the names of its fields, or nothing if a caller would refuse it.
fn answer<P: ParameterSet>(case: &Case, backend: Backend) -> Option<Vec<(&'static [&'static str], Vec<u8>)>> {
    const PRIVATE: &[&str] = &["dk"];
    const PUBLIC: &[&str] = &["ek"];
    const CIPHERTEXT: &[&str] = &["c"];
    const SECRET: &[&str] = &["k", "K"];
    match case.text(&["function", "mode", "type"]) {
        "keyGen" | "MLKEMKeyGen" => {
            let private_key = case.private_key::<P>(backend)?;
            let public_key = public_key::<P>(&private_key).to_vec();
            Some(vec![(PRIVATE, private_key), (PUBLIC, public_key)])
        }
        "encapsulation" | "MLKEMEncapsTest" => {
            let (key, m) = (case.get(&["ek"]), case.get(&["m"]));
            let m = m.first_chunk().filter(|_| checks_public_key::<P>(&key))?;
            let (ciphertext, secret) = encapsulate::<P>(backend, &key, m);
            Some(vec![(CIPHERTEXT, ciphertext), (SECRET, secret.to_vec())])
        }
        "encapsulationKeyCheck" => checks_public_key::<P>(&case.get(&["ek"])).then(Vec::new),
        "decapsulationKeyCheck" => checks_private_key::<P>(&case.get(&["dk"])).then(Vec::new),
        "decapsulation" | "MLKEMTest" | "MLKEMDecapsValidationTest" => {
            let private_key = case.private_key::<P>(backend)?;
            let ciphertext = Some(case.get(&["c"])).filter(|bytes| bytes.len() == P::CIPHERTEXT_BYTES)?;
            Some(vec![(SECRET, decapsulate::<P>(backend, &private_key, &ciphertext).to_vec())])
        }
        other => panic!("unknown kind of test: {other}"),
    }
}

/// Whether a case was refused, as an invalid case must be; the results of others must be the expected ones.
fn refused(case: &Case, backend: Backend) -> bool {
    let number = case.find(&["tcId"]);
    let answer = match case.text(&["parameterSet", "algorithm"]) {
        "ML-KEM-512" => answer::<MlKem512>(case, backend),
        "ML-KEM-768" => answer::<MlKem768>(case, backend),
        "ML-KEM-1024" => answer::<MlKem1024>(case, backend),
        other => panic!("unknown parameter set: {other}"),
    };
    assert_eq!(answer.is_some(), case.valid(), "case {number:?} on {}", backend.name());
    for (names, bytes) in answer.iter().flatten() {
        if case.find(names).is_some() {
            assert_eq!(*bytes, case.get(names), "{names:?} of case {number:?} on {}", backend.name());
        }
    }
    answer.is_none()
}

#[test]
fn test_every_published_case_has_the_expected_result() {
    let Some(folder) = folder() else { return };
    for (name, count, refusals) in FILES {
        let cases = read(&folder.join(name));
        assert_eq!(cases.len(), count, "{name}");
        for backend in Backend::available() {
            let refused = cases.iter().filter(|case| refused(case, backend)).count();
            println!("{name} on {}: {count} cases, {refused} refused", backend.name());
            assert_eq!(refused, refusals, "{name}");
        }
    }
}
