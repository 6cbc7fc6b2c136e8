//! The published vectors, from `QYNAUTH_PQC_VECTORS`: the fields of a case, and pre-hashed messages.
#![allow(dead_code, reason = "no test uses every helper")]

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::Digest;
use shake::digest::{ExtendableOutput, Update, XofReader};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A case: the levels of its file in which a name is looked up.
pub(crate) struct Case<'a>(pub(crate) [&'a Value; 4]);

impl<'a> Case<'a> {
    pub(crate) fn value(&self, names: &[&str]) -> Option<&'a Value> {
        self.0.iter().find_map(|level| names.iter().find_map(|name| level.get(name)).filter(|value| !value.is_null()))
    }

    pub(crate) fn text(&self, names: &[&str]) -> &'a str {
        self.value(names).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn bytes(&self, names: &[&str]) -> Option<Vec<u8>> {
        let text = self.value(names)?.as_str()?;
        Some((0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect())
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.value(&["testPassed"]).is_none_or(|passed| passed == true)
            && self.value(&["result"]).is_none_or(|result| result == "valid")
    }

    pub(crate) fn private_key(&self) -> Vec<u8> {
        self.bytes(&["sk", "privateKey"]).unwrap_or_default()
    }

    pub(crate) fn public_key(&self) -> Option<Vec<u8>> {
        self.bytes(&["pk", "publicKey"])
    }

    pub(crate) fn signature(&self) -> Vec<u8> {
        self.bytes(&["signature", "sig"]).unwrap_or_default()
    }
}

/// The first bytes of the object identifier of a hash function; [`prehash`] has the last.
pub(crate) const HASH_OID: [u8; 10] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

/// The last number of the object identifier of a hash function, and a digest with the length of FIPS 204, 5.4.1.
pub(crate) fn prehash(name: &str, message: &[u8]) -> (u8, Vec<u8>) {
    fn digest<H: Digest>(message: &[u8]) -> Vec<u8> {
        H::digest(message).to_vec()
    }
    fn output<H: Default + Update + ExtendableOutput>(message: &[u8], length: usize) -> Vec<u8> {
        let mut output = vec![0; length];
        H::default().chain(message).finalize_xof().read(&mut output);
        output
    }
    match name {
        "SHA2-256" => (1, digest::<sha2::Sha256>(message)),
        "SHA2-384" => (2, digest::<sha2::Sha384>(message)),
        "SHA2-512" => (3, digest::<sha2::Sha512>(message)),
        "SHA2-224" => (4, digest::<sha2::Sha224>(message)),
        "SHA2-512/224" => (5, digest::<sha2::Sha512_224>(message)),
        "SHA2-512/256" => (6, digest::<sha2::Sha512_256>(message)),
        "SHA3-224" => (7, digest::<sha3::Sha3_224>(message)),
        "SHA3-256" => (8, digest::<sha3::Sha3_256>(message)),
        "SHA3-384" => (9, digest::<sha3::Sha3_384>(message)),
        "SHA3-512" => (10, digest::<sha3::Sha3_512>(message)),
        "SHAKE-128" => (11, output::<shake::Shake128>(message, 32)),
        "SHAKE-256" => (12, output::<shake::Shake256>(message, 64)),
        other => panic!("unknown hash function: {other}"),
    }
}

/// The content of a file.
pub(crate) fn load(path: &Path) -> Value {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_reader(GzDecoder::new(file)).expect("JSON")
}

/// The cases of a file, each with its levels.
pub(crate) fn cases(content: &Value) -> impl Iterator<Item = Case<'_>> {
    content["testGroups"].as_array().expect("groups").iter().flat_map(move |group| {
        let tests = group["tests"].as_array().expect("tests").iter();
        tests.map(move |test| Case([&test["expected"], test, group, content]))
    })
}

/// The folder of the vectors, or `None` after saying so.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("QYNAUTH_PQC_VECTORS").map(PathBuf::from);
    if folder.is_none() {
        println!("QYNAUTH_PQC_VECTORS is not set: the published vectors are left out");
    }
    folder
}
