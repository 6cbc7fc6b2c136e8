//! Composite signatures (draft-ietf-lamps-pq-composite-sigs-19): the draft's vectors, and everything that a half may not be.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use crate::composites;
use common::api::*;
use common::composite::Halves;
use common::data::digest_length;
use common::keys::{Algorithm, load_pkcs8, load_spki};
use common::{Owned, decode_base64};
use composites::der::{self, Ecdsa};
use composites::{CONTEXT, MESSAGE, composites, is_ecdsa, pair_of, sign};
use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};
use std::fs::File;

const INVALID: Result<(), PqcStatus> = Err(PqcStatus::InvalidSignature);

/// The digest of a message by the hash function of the composite.
fn digest(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    match algorithm.hash() {
        PQC_HASH_SHA2_256 => Sha256::digest(message).to_vec(),
        _ => Sha512::digest(message).to_vec(),
    }
}

/// `M'` as section 2.2 of the draft defines it.
fn representative(algorithm: Algorithm, message: &[u8], context: &[u8]) -> Vec<u8> {
    let digest = digest(algorithm, message);
    let length = context.len().to_le_bytes()[0];
    [b"CompositeAlgorithmSignatures2025", label(algorithm).as_bytes(), &[length], context, &digest].concat()
}

fn label(algorithm: Algorithm) -> String {
    format!("COMPSIG-{}", algorithm.name)
}

/// A case of the draft: its fields, message and context.
struct Case {
    algorithm: Algorithm,
    fields: Value,
    message: Vec<u8>,
    context: Vec<u8>,
}

impl Case {
    fn get(&self, name: &str) -> Vec<u8> {
        decode_base64(self.fields[name].as_str().unwrap_or_default())
    }
}

/// The cases of the draft for the composites of this library; where the vectors are not, there are none.
fn cases() -> Vec<Case> {
    let Some(folder) = common::vectors() else { return Vec::new() };
    let file = File::open(folder.join("composite/testvectors.json.gz")).map(GzDecoder::new);
    let file: Result<Value, _> = file.map_err(serde_json::Error::io).and_then(serde_json::from_reader);
    let file = file.unwrap_or_else(|error| panic!("no vectors: {error}"));
    let text = |name: &str| decode_base64(file[name].as_str().unwrap_or_default());
    let case = |fields: &Value| {
        let name = fields["tcId"].as_str()?.strip_prefix("id-")?;
        let algorithm = Algorithm::composites().into_iter().find(|algorithm| algorithm.name == name)?;
        Some(Case { algorithm, fields: fields.clone(), message: text("m"), context: text("ctx") })
    };
    let cases: Vec<_> = file["tests"].as_array().into_iter().flatten().filter_map(case).collect();
    assert_eq!(cases.len(), Algorithm::composites().len());
    cases
}

/// Every code path of this machine, for each case.
fn cases_on_every_path() -> impl Iterator<Item = (Case, Algorithm)> {
    let paths = |case: Case| {
        let all = common::code_paths().into_iter().map(|(_, flags)| flags).chain([0]);
        all.map(move |flags| {
            let Case { algorithm, fields, message, context } = &case;
            let case = Case {
                algorithm: *algorithm,
                fields: fields.clone(),
                message: message.clone(),
                context: context.clone(),
            };
            (case, algorithm.with(flags))
        })
    };
    cases().into_iter().flat_map(paths)
}

#[test]
fn known_keys_load_and_encode_to_the_same_bytes() -> Result<(), PqcStatus> {
    for (case, algorithm) in cases_on_every_path() {
        let [public, private, pkcs8] = ["pk", "sk", "sk_pkcs8"].map(|name| case.get(name));
        for pair in [algorithm.load_private_key(&private)?, load_pkcs8(&pkcs8, b"", algorithm.flags)?] {
            assert_eq!(*pair.public_key()?.bytes()?, public, "{algorithm:?}");
            assert_eq!(*pair.bytes()?, private, "{algorithm:?}");
            assert_eq!(*pair.to_pkcs8(PQC_PRIVATE_KEY_EXPANDED, PQC_ENCODING_DER, b"")?, pkcs8, "{algorithm:?}");
            assert_eq!((pair.algorithm()?, pair.seed().err()), (algorithm.id, Some(PqcStatus::SeedUnavailable)));
        }
        let key = algorithm.load_public_key(&public)?;
        for encoding in [PQC_ENCODING_DER, PQC_ENCODING_PEM] {
            let spki = key.to_spki(encoding)?;
            let again = load_spki(&spki, algorithm.flags)?;
            assert_eq!((again.equals(&key)?, again.algorithm()?), (1, algorithm.id), "{algorithm:?}");
        }
        // The certificate of the key holds the same structure.
        let (spki, certificate) = (key.to_spki(PQC_ENCODING_DER)?, case.get("x5c"));
        assert!(certificate.windows(spki.len()).any(|window| *window == *spki), "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn known_signatures_verify_and_signatures_of_known_keys_do() -> Result<(), PqcStatus> {
    for (case, algorithm) in cases_on_every_path() {
        let (key, pair) = (algorithm.load_public_key(&case.get("pk"))?, algorithm.load_private_key(&case.get("sk"))?);
        for (field, context) in [("s", b"".as_slice()), ("sWithContext", &case.context)] {
            key.verify(&case.message, context, &case.get(field))?;
            assert_eq!(key.verify(&case.message, b"another", &case.get(field)), INVALID, "{algorithm:?}");
            assert_eq!(key.verify(b"another", context, &case.get(field)), INVALID, "{algorithm:?}");
            let made = pair.sign(&case.message, context, 0)?;
            key.verify(&case.message, context, &made)?;
            let digest = digest(algorithm, &case.message);
            for signature in [&case.get(field), &made[..]] {
                key.verify_prehashed(algorithm.hash(), &digest, context, signature)?;
            }
        }
    }
    Ok(())
}

/// The first half against the definition: ML-DSA with the label as its context, on `M'` (section 3.2).
#[test]
fn first_half_is_a_signature_of_mldsa_on_the_representative() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let mldsa = halves.mldsa.load_seed(&[7; 32])?;
        for (message, context) in [(MESSAGE, CONTEXT), (b"", b""), (&[1; 1000], &[9; 255])] {
            let (signature, public) = (pair.sign(message, context, PQC_SIGN_DETERMINISTIC)?, key.bytes()?);
            let representative = representative(algorithm, message, context);
            let (first, _) = halves.split(&signature);
            let expected = mldsa.sign(&representative, label(algorithm).as_bytes(), PQC_SIGN_DETERMINISTIC)?;
            assert_eq!(first, &*expected, "{algorithm:?}");
            assert_eq!(public[..halves.mldsa.public_key], *mldsa.public_key()?.bytes()?, "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn deterministic_signatures_are_equal_and_hedged_ones_differ_in_both_halves() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        assert_eq!(sign(&pair)?, sign(&pair)?, "{algorithm:?}");
        assert_eq!(*pair.sign_derand(MESSAGE, CONTEXT, &[0; 32])?, sign(&pair)?, "{algorithm:?}");
        let others = [pair.sign(MESSAGE, CONTEXT, 0)?, pair.sign_derand(MESSAGE, CONTEXT, &[1; 32])?];
        let fixed = sign(&pair)?;
        for other in &others {
            key.verify(MESSAGE, CONTEXT, other)?;
            let ((first, second), (of_first, of_second)) = (halves.split(&fixed), halves.split(other));
            assert_ne!(first, of_first, "{algorithm:?}");
            // Ed25519 has no randomness (RFC 8032, 5.1.6).
            assert_eq!(second == of_second, !halves.is_ecdsa, "{algorithm:?}");
        }
    }
    Ok(())
}

/// A message that is hashed elsewhere is signed as any other.
#[test]
fn a_signature_of_the_digest_is_one_of_the_message() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), hash) = (pair_of(algorithm, 7)?, algorithm.hash());
        for (message, context) in [(MESSAGE, CONTEXT), (b"", b""), (&[1; 1000], &[9; 255])] {
            let digest = digest(algorithm, message);
            let made = pair.sign_prehashed(hash, &digest, context, PQC_SIGN_DETERMINISTIC)?;
            assert_eq!(*made, *pair.sign(message, context, PQC_SIGN_DETERMINISTIC)?, "{algorithm:?}");
            let given = pair.sign_prehashed_derand(hash, &digest, context, &[5; 32])?;
            assert_eq!(*given, *pair.sign_derand(message, context, &[5; 32])?, "{algorithm:?}");
            let hedged = pair.sign_prehashed(hash, &digest, context, 0)?;
            assert_ne!(*hedged, *made, "{algorithm:?}");
            for signature in [&made, &hedged] {
                key.verify(message, context, signature)?;
                key.verify_prehashed(hash, &digest, context, signature)?;
                assert_eq!(key.verify_prehashed(hash, &digest, b"another", signature), INVALID, "{algorithm:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_digest_that_is_not_the_one_of_the_message_is_refused() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), hash) = (pair_of(algorithm, 7)?, algorithm.hash());
        let (signature, digest) = (sign(&pair)?, digest(algorithm, MESSAGE));
        for position in 0..digest.len() {
            let mut changed = digest.clone();
            changed[position] ^= 1 << (position % 8);
            assert_eq!(key.verify_prehashed(hash, &changed, CONTEXT, &signature), INVALID, "{algorithm:?}");
        }
        let short = &digest[1..];
        assert_eq!(key.verify_prehashed(hash, short, CONTEXT, &signature), Err(PqcStatus::DigestLength));
        assert_eq!(pair.sign_prehashed(hash, short, CONTEXT, 0).err(), Some(PqcStatus::DigestLength));
        assert_eq!(key.verify_prehashed(hash, &digest, CONTEXT, &signature[1..]), INVALID, "{algorithm:?}");
    }
    Ok(())
}

/// A digest by another function of the same length is not to be signed as the composite's.
#[test]
fn a_digest_by_another_hash_function_is_refused() -> Result<(), PqcStatus> {
    let refused = PqcStatus::WrongAlgorithm;
    for algorithm in composites() {
        let (pair, key) = pair_of(algorithm, 7)?;
        let (signature, digest) = (sign(&pair)?, digest(algorithm, MESSAGE));
        let mut others = 0;
        for hash in (1..=12).filter(|hash| *hash != algorithm.hash()) {
            let digest = &[&digest[..], &[0; 32]].concat()[..digest_length(hash).unwrap_or_default()];
            others += usize::from(digest.len() == self::digest(algorithm, b"").len());
            assert_eq!(pair.sign_prehashed(hash, digest, CONTEXT, 0).err(), Some(refused), "{algorithm:?} {hash}");
            assert_eq!(key.verify_prehashed(hash, digest, CONTEXT, &signature), Err(refused), "{algorithm:?} {hash}");
        }
        assert!(others > 1, "{algorithm:?}");
    }
    Ok(())
}

/// Section 9.2.2 of the draft: a composite is not strongly unforgeable.
#[test]
fn halves_of_two_signatures_of_one_message_may_be_mixed() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let [one, other] = [1, 2].map(|rnd| pair.sign_derand(MESSAGE, CONTEXT, &[rnd; 32]));
        let (one, other) = (one?, other?);
        let mixed = [halves.split(&one).0, halves.split(&other).1].concat();
        key.verify(MESSAGE, CONTEXT, &mixed)?;
        assert_eq!(mixed == *one, !halves.is_ecdsa, "{algorithm:?}");
    }
    Ok(())
}

/// As above: `(r, n - s)` is a signature of ECDSA where `(r, s)` is.
#[test]
fn a_negated_s_of_ecdsa_verifies() -> Result<(), PqcStatus> {
    for algorithm in composites().filter(is_ecdsa) {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let signature = sign(&pair)?;
        let (first, second) = halves.split(&signature);
        let Ecdsa { r, s } = Ecdsa::read(second, halves.secret);
        let negated = Ecdsa { r, s: der::difference(&halves.order_bytes(), &s) };
        let negated = [first, &negated.write()].concat();
        assert_ne!(negated, signature, "{algorithm:?}");
        key.verify(MESSAGE, CONTEXT, &negated)?;
    }
    Ok(())
}

/// A mutilated signature, and the mutilation.
type Mutilated = (&'static str, Vec<u8>);

/// Signatures with missing or changed halves.
fn incomplete(halves: &Halves, signature: &[u8]) -> Vec<Mutilated> {
    let (first, second) = halves.split(signature);
    let [zeros, others] = [0, 0xff].map(|byte| (vec![byte; first.len()], vec![byte; second.len()]));
    vec![
        ("nothing", vec![]),
        ("one byte", vec![0x30]),
        ("the first half alone", first.to_vec()),
        ("the second half alone", second.to_vec()),
        ("a first half of zeros", [&zeros.0, second].concat()),
        ("a second half of zeros", [first, &zeros.1].concat()),
        ("a first half of ones", [&others.0, second].concat()),
        ("a second half of ones", [first, &others.1].concat()),
        ("the halves exchanged", [second, first].concat()),
        ("the first half twice", [first, first].concat()),
        ("the second half twice", [first, second, second].concat()),
        ("a byte behind", [signature, &[0]].concat()),
        ("a byte between", [first, &[0], second].concat()),
        ("the last byte gone", signature[..signature.len() - 1].to_vec()),
        ("the first byte gone", signature[1..].to_vec()),
        ("the last byte of the first half gone", [&first[..first.len() - 1], second].concat()),
    ]
}

/// Signatures with one half of another signature, which is valid where it comes from.
fn exchanged(halves: &Halves, signature: &[u8], name: &'static str, other: &[u8]) -> Vec<Mutilated> {
    let ((first, second), (of_first, of_second)) = (halves.split(signature), halves.split(other));
    [[of_first, second].concat(), [first, of_second].concat(), other.to_vec()].map(|whole| (name, whole)).into()
}

/// Asserts that each of these is refused with the one status.
fn refuse_all(algorithm: Algorithm, key: &Owned<PqcPublicKey>, mutilated: Vec<Mutilated>) {
    for (name, signature) in mutilated {
        assert_eq!(key.verify(MESSAGE, CONTEXT, &signature), INVALID, "{algorithm:?}: {name}");
    }
}

#[test]
fn halves_that_are_not_there_or_not_in_their_places_are_refused() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let signature = sign(&pair)?;
        key.verify(MESSAGE, CONTEXT, &signature)?;
        refuse_all(algorithm, &key, incomplete(&halves, &signature));
    }
    Ok(())
}

#[test]
fn halves_of_another_key_message_or_context_are_refused() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let signature = sign(&pair)?;
        let flags = PQC_SIGN_DETERMINISTIC;
        for (name, other) in [
            ("another key", sign(&pair_of(algorithm, 8)?.0)?),
            ("another message", pair.sign(b"massage", CONTEXT, flags)?.to_vec()),
            ("another context", pair.sign(MESSAGE, b"contest", flags)?.to_vec()),
            ("no context", pair.sign(MESSAGE, b"", flags)?.to_vec()),
            ("another border", pair.sign(b"essage", b"contextm", flags)?.to_vec()),
            ("the representative", pair.sign(&representative(algorithm, MESSAGE, CONTEXT), CONTEXT, flags)?.to_vec()),
        ] {
            refuse_all(algorithm, &key, exchanged(&halves, &signature, name, &other));
        }
    }
    Ok(())
}

/// Two composites that have a component key in common, which no one is to do, differ in their labels.
#[test]
fn halves_of_another_composite_with_the_same_component_key_are_refused() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let signature = sign(&pair)?;
        let (first, second) = halves.split(&signature);
        let mut shared = 0;
        for other in Algorithm::composites().into_iter().filter(|other| other.id != algorithm.id) {
            let (of_other, made) = (Halves::of(other), sign(&pair_of(other, 7)?.0)?);
            let (of_first, of_second) = of_other.split(&made);
            shared += usize::from(of_other.mldsa.id == halves.mldsa.id) + usize::from(of_other.secret == halves.secret);
            let name = other.name;
            refuse_all(
                algorithm,
                &key,
                vec![(name, [of_first, second].concat()), (name, [first, of_second].concat()), (name, made.clone())],
            );
        }
        assert!(shared > 0, "{algorithm:?}");
    }
    Ok(())
}

/// A signature of a component key alone is no half, unless it is made like the half of a composite.
#[test]
fn signatures_of_the_mldsa_key_alone_are_no_halves() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let (signature, mldsa) = (sign(&pair)?, halves.mldsa.load_seed(&[7; 32])?);
        let (representative, label) = (representative(algorithm, MESSAGE, CONTEXT), label(algorithm));
        for (message, context) in [
            (MESSAGE, CONTEXT),
            (MESSAGE, b"".as_slice()),
            (MESSAGE, label.as_bytes()),
            (&representative, b""),
            (&representative, CONTEXT),
        ] {
            let made = mldsa.sign(message, context, PQC_SIGN_DETERMINISTIC)?;
            refuse_all(
                algorithm,
                &key,
                vec![("ML-DSA alone", made.to_vec()), ("ML-DSA", [&made[..], halves.split(&signature).1].concat())],
            );
        }
        // And the whole is no signature of the component.
        let component = mldsa.public_key()?;
        let (first, _) = halves.split(&signature);
        for signature in [first, &signature] {
            assert_eq!(component.verify(MESSAGE, CONTEXT, signature), INVALID, "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn every_changed_byte_of_a_second_half_is_refused() -> Result<(), PqcStatus> {
    for algorithm in composites() {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let signature = sign(&pair)?;
        for position in halves.mldsa.signature..signature.len() {
            let mut changed = signature.clone();
            changed[position] ^= 1 << (position % 8);
            assert_eq!(key.verify(MESSAGE, CONTEXT, &changed), INVALID, "{algorithm:?} {position}");
        }
    }
    Ok(())
}

#[test]
fn encodings_of_ecdsa_that_are_not_der_or_out_of_range_are_refused() -> Result<(), PqcStatus> {
    for algorithm in composites().filter(is_ecdsa) {
        let ((pair, key), halves) = (pair_of(algorithm, 7)?, Halves::of(algorithm));
        let signature = sign(&pair)?;
        let (first, second) = halves.split(&signature);
        let values = Ecdsa::read(second, halves.secret);
        assert_eq!(values.write(), second, "the encoder of this test");
        let all = der::bad_encodings(&values).into_iter().chain(der::out_of_range(&values, &halves.order_bytes()));
        let all = all.map(|(name, second)| (name, [first, &second].concat()));
        refuse_all(algorithm, &key, all.collect());
    }
    Ok(())
}

/// The order of the group of Ed25519, little-endian (RFC 8032, 5.1).
const ED25519_ORDER: [u8; 32] =
    *b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";

/// RFC 8032, 5.1.7: S is below the order.
#[test]
fn an_s_of_ed25519_that_is_not_reduced_is_refused() -> Result<(), PqcStatus> {
    for algorithm in composites().filter(|algorithm| !is_ecdsa(algorithm)) {
        let (pair, key) = pair_of(algorithm, 7)?;
        let mut signature = sign(&pair)?;
        let start = signature.len() - 32;
        let mut carry = 0;
        for (byte, of_order) in signature[start..].iter_mut().zip(ED25519_ORDER) {
            let sum = u16::from(*byte) + u16::from(of_order) + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        assert_eq!(key.verify(MESSAGE, CONTEXT, &signature), INVALID, "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn functions_of_mldsa_alone_refuse_composites() -> Result<(), PqcStatus> {
    let refused = PqcStatus::WrongAlgorithm;
    for algorithm in composites() {
        let ((pair, key), digest) = (pair_of(algorithm, 7)?, [4; 64]);
        let signature = sign(&pair)?;
        let signed = [
            pair.sign_mu(&digest, 0).err(),
            pair.sign_mu_derand(&digest, &[0; 32]).err(),
            pair.sign_internal(b"m", &[0; 32]).err(),
        ];
        assert_eq!(signed, [Some(refused); 3], "{algorithm:?}");
        let verified = [
            key.verify_mu(&digest, &signature),
            key.verify_internal(b"m", &signature),
            key.verify_internal(b"m", &[0; 5000]),
            key.mu_hasher(b"").map(drop),
        ];
        assert_eq!(verified, [Err(refused); 4], "{algorithm:?}");
        assert_eq!([algorithm.load_seed(&[7; 32]).err(), algorithm.load_seed(b"").err()], [Some(refused); 2]);
        assert_eq!(pair.seed().err(), Some(PqcStatus::SeedUnavailable), "{algorithm:?}");
        assert_eq!(pair.sign_derand(b"m", b"", &[0; 31]).err(), Some(PqcStatus::RandomnessLength), "{algorithm:?}");
    }
    Ok(())
}
