//! X-Wing through the C interface: the vectors of the draft on every code path, and what holds for every key.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mlkem::KEM_SETS;
use common::xwing::{XWING, XWing};
use pqc_ffi::status::PqcStatus;
use pqc_ffi::xwing_ffi::*;
use serde_json::Value;
use sha3::{Digest, Sha3_256};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

const VARIABLE: &str = "QYNAUTH_PQC_VECTORS";
const CASES: usize = 3;

fn decode(value: &Value) -> Vec<u8> {
    let hex = value.as_str().unwrap_or_default();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or_else(|_| panic!("not hexadecimal"));
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// The cases of the draft; where they are not, there are none.
fn cases() -> Vec<Value> {
    let Some(folder) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        eprintln!("skipped: the published test vectors are not here: set {VARIABLE} to their folder");
        return Vec::new();
    };
    let file = File::open(folder.join("xwing/test-vectors.json")).map(BufReader::new);
    let cases: Result<Vec<Value>, _> = file.map_err(serde_json::Error::io).and_then(serde_json::from_reader);
    let cases = cases.unwrap_or_else(|error| panic!("no vectors: {error}"));
    assert_eq!(cases.len(), CASES);
    cases
}

/// Every engine on every code path of this machine.
fn all() -> Vec<XWing> {
    common::engines_and_paths().into_iter().map(|(_, flags)| XWing { flags }).chain([XWING]).collect()
}

#[test]
fn known_answers() -> Result<(), PqcStatus> {
    for case in cases() {
        let [seed, public, eseed, ciphertext, secret] =
            ["sk", "pk", "eseed", "ct", "ss"].map(|name| decode(&case[name]));
        assert_eq!(decode(&case["seed"]), seed, "the key is its seed");
        for xwing in all() {
            let pair = xwing.load_seed(&seed)?;
            assert_eq!(*pair.public_key_bytes()?, public, "{xwing:?}");
            assert_eq!(*pair.seed_bytes()?, seed, "{xwing:?}");
            for key in [xwing.load_public_key(&public)?, pair.public_key()?] {
                let (made, sent) = key.encapsulate_derand(&eseed)?;
                assert_eq!((&*made, &*sent), (&*ciphertext, &*secret), "{xwing:?}");
            }
            assert_eq!(*pair.decapsulate(&ciphertext)?, secret, "{xwing:?}");
        }
    }
    Ok(())
}

#[test]
fn both_sides_get_the_same_secret_and_every_call_is_fresh() -> Result<(), PqcStatus> {
    for xwing in all() {
        let pair = xwing.generate()?;
        let key = pair.public_key()?;
        let ((ciphertext, sent), (other, other_sent)) = (key.encapsulate()?, key.encapsulate()?);
        assert_eq!((ciphertext.len(), sent.len()), (XWING_CIPHERTEXTBYTES, XWING_SHAREDSECRETBYTES));
        assert_eq!((&*pair.decapsulate(&ciphertext)?, &*pair.decapsulate(&other)?), (&*sent, &*other_sent));
        assert_ne!((&*ciphertext, &*sent), (&*other, &*other_sent));
        assert_ne!(ciphertext[1088..], other[1088..], "the X25519 part is fresh too");
        assert_ne!(*xwing.generate()?.seed_bytes()?, *pair.seed_bytes()?);
    }
    Ok(())
}

#[test]
fn exports_have_the_sizes_of_the_header_and_load_again() -> Result<(), PqcStatus> {
    let pair = XWING.generate()?;
    let (seed, public) = (pair.seed_bytes()?, pair.public_key_bytes()?);
    assert_eq!((seed.len(), public.len()), (XWING_SEEDBYTES, XWING_PUBLICKEYBYTES));
    assert_eq!(*XWING.load_seed(&seed)?.public_key_bytes()?, *public);
    assert_eq!(*XWING.load_public_key(&public)?.bytes()?, *public);
    let key = pair.public_key()?;
    drop(pair);
    assert_eq!(*key.bytes()?, *public, "the public key outlives the pair");
    Ok(())
}

#[test]
fn a_ciphertext_that_is_changed_in_either_part_gives_another_secret() -> Result<(), PqcStatus> {
    for xwing in all() {
        let pair = xwing.generate()?;
        let (ciphertext, sent) = pair.public_key()?.encapsulate()?;
        for position in [0, 1087, 1088, 1119] {
            let mut changed = ciphertext.to_vec();
            changed[position] ^= 1;
            let received = pair.decapsulate(&changed)?;
            assert_ne!(*received, *sent, "{position}");
            assert_eq!(*received, *pair.decapsulate(&changed)?, "always the same");
        }
    }
    Ok(())
}

/// The points of order 1, 2, 4 and 8 that the draft lets pass: their X25519 secret is zeros, which is hashed as it is.
#[test]
fn low_order_points_are_neither_refused_nor_told_apart() -> Result<(), PqcStatus> {
    let pair = XWING.load_seed(&[7; 32])?;
    let mut public = pair.public_key_bytes()?.to_vec();
    for first in [0, 1] {
        let mut point = [0; 32];
        point[0] = first;
        public[1184..].copy_from_slice(&point);
        let (ciphertext, secret) = XWING.load_public_key(&public)?.encapsulate_derand(&[9; 64])?;
        let (_, of_ml_kem) = KEM_SETS[1].load_public_key(&public[..1184])?.encapsulate_derand(&[9; 32])?;
        let input = [&of_ml_kem[..], &[0; 32], &ciphertext[1088..], &point, b"\\.//^\\".as_slice()].concat();
        assert_eq!(*secret, Sha3_256::digest(input)[..], "{first}");
        let mut changed = ciphertext.to_vec();
        changed[1088..].copy_from_slice(&point);
        assert_eq!(pair.decapsulate(&changed)?.len(), XWING_SHAREDSECRETBYTES, "{first}");
    }
    Ok(())
}
