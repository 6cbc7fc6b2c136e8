//! Known answers of ACVP and Wycheproof for ML-KEM on every backend of this machine.
//!
//! `QYNAUTH_PQC_VECTORS` names the folder of the vectors. The caller's checks of lengths and keys (FIPS 203, 7.2 and
//! 7.3) are made here, and the refused cases are counted.

use crate::mlkem::{decapsulate, encapsulate, keygen, public_key};
use crate::vectors::{Case, cases, folder, load};
use pqc_simd::Backend;
use pqc_simd::mlkem::{MlKem512, MlKem768, MlKem1024, ParameterSet};
use sha3::{Digest, Sha3_256};

/// Each file, the number of its cases, and the number of cases that a caller refuses.
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

/// The bytes of the first existing field.
fn get(case: &Case, names: &[&str]) -> Vec<u8> {
    case.bytes(names).unwrap_or_default()
}

/// The private key, or the one from the seed if the case has a seed.
fn private_key<P: ParameterSet>(case: &Case, backend: Backend) -> Option<Vec<u8>> {
    let seed = match case.bytes(&["d"]) {
        Some(d) => [d, get(case, &["z"])].concat(),
        None => get(case, &["seed", "privateSeed"]),
    };
    if seed.is_empty() {
        return Some(get(case, &["dk", "privateKey"])).filter(|key| checks_private_key::<P>(key));
    }
    seed.as_slice().try_into().ok().map(|seed| keygen::<P>(backend, seed))
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
            let private_key = private_key::<P>(case, backend)?;
            let public_key = public_key::<P>(&private_key).to_vec();
            Some(vec![(PRIVATE, private_key), (PUBLIC, public_key)])
        }
        "encapsulation" | "MLKEMEncapsTest" => {
            let (key, m) = (get(case, &["ek"]), get(case, &["m"]));
            let m = m.first_chunk().filter(|_| checks_public_key::<P>(&key))?;
            let (ciphertext, secret) = encapsulate::<P>(backend, &key, m);
            Some(vec![(CIPHERTEXT, ciphertext), (SECRET, secret.to_vec())])
        }
        "encapsulationKeyCheck" => checks_public_key::<P>(&get(case, &["ek"])).then(Vec::new),
        "decapsulationKeyCheck" => checks_private_key::<P>(&get(case, &["dk"])).then(Vec::new),
        "decapsulation" | "MLKEMTest" | "MLKEMDecapsValidationTest" => {
            let private_key = private_key::<P>(case, backend)?;
            let ciphertext = Some(get(case, &["c"])).filter(|bytes| bytes.len() == P::CIPHERTEXT_BYTES)?;
            Some(vec![(SECRET, decapsulate::<P>(backend, &private_key, &ciphertext).to_vec())])
        }
        other => panic!("unknown kind of test: {other}"),
    }
}

/// Whether a case was refused, as an invalid case must be. Other cases must have the expected results.
fn refused(case: &Case, backend: Backend) -> bool {
    let number = case.value(&["tcId"]);
    let answer = match case.text(&["parameterSet", "algorithm"]) {
        "ML-KEM-512" => answer::<MlKem512>(case, backend),
        "ML-KEM-768" => answer::<MlKem768>(case, backend),
        "ML-KEM-1024" => answer::<MlKem1024>(case, backend),
        other => panic!("unknown parameter set: {other}"),
    };
    assert_eq!(answer.is_some(), case.is_valid(), "case {number:?} on {}", backend.name());
    for (names, bytes) in answer.iter().flatten() {
        if case.value(names).is_some() {
            assert_eq!(*bytes, get(case, names), "{names:?} of case {number:?} on {}", backend.name());
        }
    }
    answer.is_none()
}

#[test]
fn test_every_published_case_has_the_expected_result() {
    let Some(folder) = folder() else { return };
    for (name, count, refusals) in FILES {
        let content = load(&folder.join(name));
        let cases: Vec<Case> = cases(&content).collect();
        assert_eq!(cases.len(), count, "{name}");
        for backend in Backend::available() {
            let refused = cases.iter().filter(|case| refused(case, backend)).count();
            println!("{name} on {}: {count} cases, {refused} refused", backend.name());
            assert_eq!(refused, refusals, "{name}");
        }
    }
}
