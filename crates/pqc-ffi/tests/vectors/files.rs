//! The published test vectors of ACVP and Wycheproof, read into one form.

use crate::common::decode;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

/// A file and the number of its cases.
pub(crate) struct VectorFile {
    pub(crate) name: &'static str,
    pub(crate) cases: usize,
}

const fn file(name: &'static str, cases: usize) -> VectorFile {
    VectorFile { name, cases }
}

pub(crate) static FILES: [VectorFile; 30] = [
    file("acvp/ML-KEM-keyGen-FIPS203.json.gz", 75),
    file("acvp/ML-KEM-encapDecap-FIPS203.json.gz", 165),
    file("acvp/ML-KEM-encapDecap-FIPS203-tr1.json.gz", 195),
    file("acvp/ML-DSA-keyGen-FIPS204.json.gz", 75),
    file("acvp/ML-DSA-sigGen-FIPS204.json.gz", 360),
    file("acvp/ML-DSA-sigVer-FIPS204.json.gz", 180),
    file("acvp/SLH-DSA-keyGen-FIPS205.json.gz", 60),
    file("acvp/SLH-DSA-sigGen-FIPS205.json.gz", 336),
    file("acvp/SLH-DSA-sigVer-FIPS205.json.gz", 252),
    file("wycheproof/mlkem_512_keygen_seed_test.json.gz", 100),
    file("wycheproof/mlkem_512_encaps_test.json.gz", 261),
    file("wycheproof/mlkem_512_semi_expanded_decaps_test.json.gz", 9),
    file("wycheproof/mlkem_512_test.json.gz", 193),
    file("wycheproof/mlkem_768_keygen_seed_test.json.gz", 100),
    file("wycheproof/mlkem_768_encaps_test.json.gz", 265),
    file("wycheproof/mlkem_768_semi_expanded_decaps_test.json.gz", 9),
    file("wycheproof/mlkem_768_test.json.gz", 193),
    file("wycheproof/mlkem_1024_keygen_seed_test.json.gz", 100),
    file("wycheproof/mlkem_1024_encaps_test.json.gz", 269),
    file("wycheproof/mlkem_1024_semi_expanded_decaps_test.json.gz", 9),
    file("wycheproof/mlkem_1024_test.json.gz", 193),
    file("wycheproof/mldsa_44_sign_seed_test.json.gz", 86),
    file("wycheproof/mldsa_44_sign_noseed_test.json.gz", 73),
    file("wycheproof/mldsa_44_verify_test.json.gz", 180),
    file("wycheproof/mldsa_65_sign_seed_test.json.gz", 105),
    file("wycheproof/mldsa_65_sign_noseed_test.json.gz", 78),
    file("wycheproof/mldsa_65_verify_test.json.gz", 210),
    file("wycheproof/mldsa_87_sign_seed_test.json.gz", 96),
    file("wycheproof/mldsa_87_sign_noseed_test.json.gz", 69),
    file("wycheproof/mldsa_87_verify_test.json.gz", 241),
];

/// The fields of both sources, under one name.
const FIELDS: [(&str, &str); 21] = [
    ("seed", "seed"),
    ("privateSeed", "seed"),
    ("dk", "private"),
    ("sk", "private"),
    ("privateKey", "private"),
    ("ek", "public"),
    ("pk", "public"),
    ("publicKey", "public"),
    ("m", "m"),
    ("c", "ciphertext"),
    ("k", "secret"),
    ("K", "secret"),
    ("message", "message"),
    ("msg", "message"),
    ("mu", "mu"),
    ("context", "context"),
    ("ctx", "context"),
    ("rnd", "rnd"),
    ("additionalRandomness", "rnd"),
    ("signature", "signature"),
    ("sig", "signature"),
];

/// The check of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    KeyGeneration,
    Encapsulation,
    PublicKeyCheck,
    Decapsulation,
    PrivateKeyCheck,
    Signing,
    Verification,
}

/// The kind of signed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// A message, with a context.
    Message,
    /// A raw M', by the internal functions of FIPS 204 and FIPS 205.
    MPrime,
    /// mu.
    Mu,
}

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    /// The group of the file that it is in.
    pub(crate) group: u64,
    /// Such as "ML-KEM-512".
    pub(crate) parameter_set: String,
    pub(crate) signed: Signed,
    /// ACVP's name of the hash function of HashML-DSA or HashSLH-DSA, or nothing.
    pub(crate) hash: String,
    pub(crate) valid: bool,
    pub(crate) flags: Vec<String>,
    pub(crate) fields: BTreeMap<&'static str, Vec<u8>>,
}

impl Case {
    /// A field, by default of no bytes.
    pub(crate) fn get(&self, field: &str) -> &[u8] {
        self.fields.get(field).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }
}

/// The number of tests that a file claims, if it does, and its cases.
pub(crate) fn read_cases(path: &Path) -> io::Result<(Option<u64>, Vec<Case>)> {
    let content: Value = serde_json::from_reader(BufReader::new(GzDecoder::new(File::open(path)?)))?;
    let mut cases = Vec::new();
    for group in list(&content["testGroups"]) {
        cases.extend(list(&group["tests"]).iter().map(|test| read_case(&content, group, test)));
    }
    Ok((content["numberOfTests"].as_u64(), cases))
}

fn read_case(content: &Value, group: &Value, test: &Value) -> Case {
    let sources = [&test["expected"], test, group, content];
    let find = |name: &str| sources.iter().map(|source| &source[name]).find(|value| !value.is_null());
    Case {
        number: number(&test["tcId"]),
        group: number(&group["tgId"]),
        kind: kind(["function", "mode", "type"].iter().find_map(|name| find(name)).map_or("", text)),
        parameter_set: ["parameterSet", "algorithm"].iter().find_map(|name| find(name)).map_or("", text).to_owned(),
        signed: signed(group, test),
        hash: text(&test["hashAlg"]).to_owned(),
        valid: find("testPassed").is_none_or(|passed| passed == true) && find("result").is_none_or(|r| r == "valid"),
        flags: list(&test["flags"]).iter().map(|flag| text(flag).to_owned()).collect(),
        fields: fields(find),
    }
}

/// ACVP's function or mode, or Wycheproof's type of a group.
fn kind(name: &str) -> Kind {
    match name {
        "keyGen" | "MLKEMKeyGen" => Kind::KeyGeneration,
        "encapsulation" | "MLKEMEncapsTest" => Kind::Encapsulation,
        "encapsulationKeyCheck" => Kind::PublicKeyCheck,
        "decapsulation" | "MLKEMTest" | "MLKEMDecapsValidationTest" => Kind::Decapsulation,
        "decapsulationKeyCheck" => Kind::PrivateKeyCheck,
        "sigGen" | "MlDsaSign" => Kind::Signing,
        "sigVer" | "MlDsaVerify" => Kind::Verification,
        other => panic!("unknown kind of test: {other}"),
    }
}

/// Wycheproof has mu next to most messages too.
fn signed(group: &Value, test: &Value) -> Signed {
    if test.get("mu").is_some() && test.get("msg").is_none() {
        Signed::Mu
    } else if group["signatureInterface"] == "internal" {
        Signed::MPrime
    } else {
        Signed::Message
    }
}

fn fields<'a>(find: impl Fn(&str) -> Option<&'a Value>) -> BTreeMap<&'static str, Vec<u8>> {
    let mut found: BTreeMap<_, _> =
        FIELDS.iter().filter_map(|(theirs, ours)| Some((*ours, decode(text(find(theirs)?))))).collect();
    if let (Some(d), Some(z)) = (find("d"), find("z")) {
        found.insert("seed", [decode(text(d)), decode(text(z))].concat());
    }
    if let [Some(seed), Some(prf), Some(public)] = ["skSeed", "skPrf", "pkSeed"].map(&find) {
        found.insert("seed", [seed, prf, public].map(|part| decode(text(part))).concat());
    }
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
