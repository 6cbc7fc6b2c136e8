//! The published vectors of ML-DSA on every backend: ACVP and Wycheproof, with external mu, from `QYNAUTH_PQC_VECTORS`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mldsa;

use flate2::read::GzDecoder;
use mldsa::{keygen, sign, signing_key, sized, verifying_key};
use pqc_simd::mldsa::{
    InvalidPrivateKey, MlDsa44, MlDsa65, MlDsa87, MuHasher, ParameterSet, public_key_from_private, public_key_hash,
};
use pqc_simd::{Backend, Bytes};
use serde_json::Value;
use sha2::Digest;
use shake::digest::{ExtendableOutput, Update, XofReader};
use std::fs::File;
use std::path::PathBuf;

/// Files and the number of cases in each.
const ACVP: [(&str, usize); 3] = [("keyGen", 75), ("sigGen", 360), ("sigVer", 180)];
const WYCHEPROOF: [(&str, usize); 9] = [
    ("44_sign_seed", 86),
    ("44_sign_noseed", 73),
    ("44_verify", 180),
    ("65_sign_seed", 105),
    ("65_sign_noseed", 78),
    ("65_verify", 210),
    ("87_sign_seed", 96),
    ("87_sign_noseed", 69),
    ("87_verify", 241),
];

/// A case: the levels of its file in which a name is looked up.
struct Case<'a>([&'a Value; 4]);

impl<'a> Case<'a> {
    fn value(&self, names: &[&str]) -> Option<&'a Value> {
        self.0.iter().find_map(|level| names.iter().find_map(|name| level.get(name)).filter(|value| !value.is_null()))
    }

    fn text(&self, names: &[&str]) -> &'a str {
        self.value(names).and_then(Value::as_str).unwrap_or_default()
    }

    fn bytes(&self, names: &[&str]) -> Option<Vec<u8>> {
        let text = self.value(names)?.as_str()?;
        Some((0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect())
    }

    fn is_valid(&self) -> bool {
        self.value(&["testPassed"]).is_none_or(|passed| passed == true)
            && self.value(&["result"]).is_none_or(|result| result == "valid")
    }

    fn rnd(&self) -> [u8; 32] {
        self.bytes(&["rnd"]).map_or([0; 32], |rnd| rnd.try_into().expect("32 bytes"))
    }

    fn seed(&self) -> Option<Vec<u8>> {
        self.bytes(&["seed", "privateSeed"])
    }

    fn private_key(&self) -> Vec<u8> {
        self.bytes(&["sk", "privateKey"]).unwrap_or_default()
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        self.bytes(&["pk", "publicKey"])
    }

    fn signature(&self) -> Vec<u8> {
        self.bytes(&["signature", "sig"]).unwrap_or_default()
    }

    /// mu, given or from the message; `None` if the context is too long. A given mu is compared with the message.
    fn mu(&self, backend: Backend, tr: &[u8; 64]) -> Option<[u8; 64]> {
        let given = self.bytes(&["mu"]).map(|mu| mu.try_into().expect("64 bytes"));
        let Some(message) = self.bytes(&["message", "msg"]) else { return given };
        let context = self.bytes(&["context", "ctx"]).unwrap_or_default();
        let mut hasher = if self.text(&["signatureInterface"]) == "internal" {
            MuHasher::new_internal(backend, tr)
        } else if self.text(&["hashAlg"]).is_empty() {
            MuHasher::new(backend, tr, &context)?
        } else {
            let (number, digest) = prehash(self.text(&["hashAlg"]), &message);
            let mut hasher = MuHasher::new_prehashed(backend, tr, &context)?;
            hasher.update(&[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number]);
            hasher.update(&digest);
            let mu = hasher.finalize();
            return Some(mu);
        };
        hasher.update(&message);
        let mu = hasher.finalize();
        assert!(given.is_none_or(|given| given == mu), "another mu");
        Some(mu)
    }
}

/// The last number of the object identifier of a hash function, and a digest of the length of FIPS 204, 5.4.1.
fn prehash(name: &str, message: &[u8]) -> (u8, Vec<u8>) {
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

/// Checks the results of a case; `None` if the library refuses the inputs.
fn check<P: ParameterSet>(backend: Backend, case: &Case) -> Option<()> {
    match case.text(&["mode", "type"]) {
        "keyGen" => {
            let pair = keygen::<P>(backend, &case.seed()?.try_into().ok()?);
            assert_eq!(pair, (case.private_key(), case.public_key()?));
        }
        "sigGen" | "MlDsaSign" => sign_case::<P>(backend, case)?,
        "sigVer" | "MlDsaVerify" => verify_case::<P>(backend, case)?,
        other => panic!("unknown kind: {other}"),
    }
    Some(())
}

fn sign_case<P: ParameterSet>(backend: Backend, case: &Case) -> Option<()> {
    let private_key = match case.seed() {
        Some(seed) => keygen::<P>(backend, &seed.try_into().ok()?).0,
        None => case.private_key(),
    };
    let mut public_key = P::PublicKey::ZERO;
    match public_key_from_private::<P>(backend, P::PrivateKey::from_slice(&private_key)?, &mut public_key) {
        Err(InvalidPrivateKey::Range) => return None,
        other => assert_eq!(other, Ok(())),
    }
    let public_key = public_key.as_ref();
    assert!(case.public_key().is_none_or(|expected| expected == public_key), "another public key");
    let mu = case.mu(backend, &public_key_hash(backend, public_key))?;
    let signature = sign(backend, &signing_key::<P>(backend, &private_key), &mu, &case.rnd());
    assert_eq!(signature, case.signature());
    assert!(verifying_key::<P>(backend, public_key).verify_mu(backend, &mu, sized(&signature)));
    Some(())
}

fn verify_case<P: ParameterSet>(backend: Backend, case: &Case) -> Option<()> {
    let public_key = case.public_key().filter(|key| key.len() == P::PUBLIC_KEY_BYTES)?;
    let mu = case.mu(backend, &public_key_hash(backend, &public_key))?;
    let signature = case.signature();
    let signature = P::Signature::from_slice(&signature)?;
    verifying_key::<P>(backend, &public_key).verify_mu(backend, &mu, signature).then_some(())
}

/// Checks all cases of a file on every backend, and returns their number.
fn check_file(path: PathBuf) -> usize {
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let content: Value = serde_json::from_reader(GzDecoder::new(file)).expect("JSON");
    let mut count = 0;
    for group in content["testGroups"].as_array().expect("groups") {
        for test in group["tests"].as_array().expect("tests") {
            let case = Case([&test["expected"], test, group, &content]);
            for backend in Backend::available() {
                let outcome = match case.text(&["parameterSet", "algorithm"]) {
                    "ML-DSA-44" => check::<MlDsa44>(backend, &case),
                    "ML-DSA-65" => check::<MlDsa65>(backend, &case),
                    "ML-DSA-87" => check::<MlDsa87>(backend, &case),
                    other => panic!("unknown set: {other}"),
                };
                assert_eq!(outcome.is_some(), case.is_valid(), "{} {} {test}", path.display(), backend.name());
            }
            count += 1;
        }
    }
    count
}

/// The folder of the vectors, or `None` after saying so.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("QYNAUTH_PQC_VECTORS").map(PathBuf::from);
    if folder.is_none() {
        println!("QYNAUTH_PQC_VECTORS is not set: the published vectors are left out");
    }
    folder
}

#[test]
fn acvp_answers_are_met_on_every_backend() {
    let Some(folder) = folder() else { return };
    for (name, cases) in ACVP {
        assert_eq!(check_file(folder.join(format!("acvp/ML-DSA-{name}-FIPS204.json.gz"))), cases, "{name}");
    }
}

#[test]
fn wycheproof_results_are_met_on_every_backend() {
    let Some(folder) = folder() else { return };
    for (name, cases) in WYCHEPROOF {
        assert_eq!(check_file(folder.join(format!("wycheproof/mldsa_{name}_test.json.gz"))), cases, "{name}");
    }
}
