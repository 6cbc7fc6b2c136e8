//! The published vectors of ML-DSA on every backend: ACVP and Wycheproof, with external mu, from `QYNAUTH_PQC_VECTORS`.

use crate::mldsa::{keygen, sign, signing_key, sized, verifying_key};
use crate::vectors::{Case, HASH_OID, cases, folder, load, prehash};
use pqc_simd::mldsa::{
    InvalidPrivateKey, MlDsa44, MlDsa65, MlDsa87, MuHasher, ParameterSet, public_key_from_private, public_key_hash,
};
use pqc_simd::{Backend, Bytes};
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

impl Case<'_> {
    fn rnd(&self) -> [u8; 32] {
        self.bytes(&["rnd"]).map_or([0; 32], |rnd| rnd.try_into().expect("32 bytes"))
    }

    fn seed(&self) -> Option<Vec<u8>> {
        self.bytes(&["seed", "privateSeed"])
    }

    /// mu, from the case or from the message; `None` if the context is too long. A given mu is compared with the
    /// message.
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
            hasher.update(&HASH_OID);
            hasher.update(&[number]);
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
    let (content, mut count) = (load(&path), 0);
    for case in cases(&content) {
        for backend in Backend::available() {
            let outcome = match case.text(&["parameterSet", "algorithm"]) {
                "ML-DSA-44" => check::<MlDsa44>(backend, &case),
                "ML-DSA-65" => check::<MlDsa65>(backend, &case),
                "ML-DSA-87" => check::<MlDsa87>(backend, &case),
                other => panic!("unknown set: {other}"),
            };
            assert_eq!(outcome.is_some(), case.is_valid(), "{} {} {}", path.display(), backend.name(), case.0[1]);
        }
        count += 1;
    }
    count
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
