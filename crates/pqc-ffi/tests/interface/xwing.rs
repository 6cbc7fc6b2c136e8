//! X-Wing through the C interface: the vectors of the draft on every code path, and the limits of its public keys.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::api::*;
use common::decode;
use common::keys::Algorithm;
use serde_json::Value;
use sha3::{Digest, Sha3_256};
use std::fs::File;
use std::io::BufReader;

const CASES: usize = 3;

fn xwing(flags: u32) -> Algorithm {
    Algorithm::of(PqcAlgorithm::Xwing as u32).with(flags)
}

fn field(case: &Value, name: &str) -> Vec<u8> {
    decode(case[name].as_str().unwrap_or_default())
}

/// The cases of the draft; where they are not, there are none.
fn cases() -> Vec<Value> {
    let Some(folder) = common::vectors() else { return Vec::new() };
    let file = File::open(folder.join("xwing/test-vectors.json")).map(BufReader::new);
    let cases: Result<Vec<Value>, _> = file.map_err(serde_json::Error::io).and_then(serde_json::from_reader);
    let cases = cases.unwrap_or_else(|error| panic!("no vectors: {error}"));
    assert_eq!(cases.len(), CASES);
    cases
}

/// Every code path of this machine.
fn all() -> Vec<Algorithm> {
    common::code_paths().into_iter().map(|(_, flags)| xwing(flags)).chain([xwing(0)]).collect()
}

#[test]
fn known_answers() -> Result<(), PqcStatus> {
    for case in cases() {
        let [seed, public, eseed, ciphertext, secret] =
            ["sk", "pk", "eseed", "ct", "ss"].map(|name| field(&case, name));
        assert_eq!(field(&case, "seed"), seed, "the key is its seed");
        for xwing in all() {
            let pair = xwing.load_seed(&seed)?;
            assert_eq!(*pair.public_key()?.bytes()?, public, "{xwing:?}");
            assert_eq!(*pair.seed()?, seed, "{xwing:?}");
            for key in [xwing.load_public_key(&public)?, pair.public_key()?] {
                let (made, sent) = key.encapsulate_derand(&eseed)?;
                assert_eq!((&*made, &*sent), (&*ciphertext, &*secret), "{xwing:?}");
            }
            assert_eq!(*pair.decapsulate(&ciphertext)?, secret, "{xwing:?}");
        }
    }
    Ok(())
}

/// The points of order 1, 2, 4 and 8 are accepted, as in the draft: their X25519 secret is zeros, which is hashed as it is.
#[test]
fn low_order_points_are_neither_refused_nor_distinguished() -> Result<(), PqcStatus> {
    let pair = xwing(0).load_seed(&[7; 32])?;
    let mut public = pair.public_key()?.bytes()?.to_vec();
    for first in [0, 1] {
        let mut point = [0; 32];
        point[0] = first;
        public[1184..].copy_from_slice(&point);
        let (ciphertext, secret) = xwing(0).load_public_key(&public)?.encapsulate_derand(&[9; 64])?;
        let (_, of_ml_kem) = Algorithm::of(768).load_public_key(&public[..1184])?.encapsulate_derand(&[9; 32])?;
        let input = [&of_ml_kem[..], &[0; 32], &ciphertext[1088..], &point, b"\\.//^\\".as_slice()].concat();
        assert_eq!(*secret, Sha3_256::digest(input)[..], "{first}");
        let mut changed = ciphertext.to_vec();
        changed[1088..].copy_from_slice(&point);
        assert_eq!(pair.decapsulate(&changed)?.len(), XWING_SHAREDSECRETBYTES, "{first}");
    }
    Ok(())
}
