//! PKCS#8 and SubjectPublicKeyInfo through the C interface: the examples of RFC 9881 and RFC 9935, every form of every
//! algorithm, passwords, and refusals with their statuses.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

use crate::common;
use common::api::*;
use common::fixture::{ENCRYPTED, ENCRYPTED_SEED, PASSWORD};
use common::keys::{Algorithm, detect, kdf_cost, load_pkcs8, load_spki};
use common::{ffi, handle_of};
use std::fs;

const ENCODINGS: [u32; 2] = [PQC_ENCODING_PEM, PQC_ENCODING_DER];

/// A file of the published examples, or nothing where they are not.
fn example(name: &str) -> Option<Vec<u8>> {
    let content = fs::read(common::vectors()?.join(name));
    assert!(content.is_ok(), "{name} is in the folder");
    content.ok()
}

/// Loads the examples of an algorithm, and writes them again.
fn check_examples(folder: &str, algorithm: Algorithm) -> Result<(), PqcStatus> {
    let (name, id) = (algorithm.name, algorithm.id);
    for (form, suffix) in algorithm.forms().iter().copied().zip(["seed", "expanded", "both"]) {
        let Some(file) = example(&format!("{folder}/{name}-{suffix}.priv")) else { return Ok(()) };
        let pair = load_pkcs8(&file, b"", 0)?;
        assert_eq!(*pair.to_pkcs8(form, PQC_ENCODING_PEM, b"")?, *file, "{name}-{suffix}");
        assert_eq!((detect(&file)?, pair.algorithm()?), ((PQC_KEY_KIND_PRIVATE, id), id));
        let der = pair.to_pkcs8(form, PQC_ENCODING_DER, b"")?;
        assert_eq!(*load_pkcs8(&der, b"", 0)?.to_pkcs8(form, PQC_ENCODING_PEM, b"")?, *file, "{name}-{suffix}");
    }
    let Some(file) = example(&format!("{folder}/{name}.pub")) else { return Ok(()) };
    let key = load_spki(&file, 0)?;
    assert_eq!(*key.to_spki(PQC_ENCODING_PEM)?, *file, "{name}");
    assert_eq!(*load_spki(&key.to_spki(PQC_ENCODING_DER)?, 0)?.to_spki(PQC_ENCODING_PEM)?, *file, "{name}");
    assert_eq!((detect(&file)?, key.algorithm()?), ((PQC_KEY_KIND_PUBLIC, id), id));
    Ok(())
}

#[test]
fn examples_of_the_standards_load_and_encode_to_the_same_bytes() -> Result<(), PqcStatus> {
    let folder = |algorithm: &Algorithm| if algorithm.is_kem() { "rfc9935" } else { "rfc9881" };
    let algorithms = Algorithm::all().into_iter().filter(|algorithm| algorithm.is_mlkem() || algorithm.is_mldsa());
    algorithms.into_iter().try_for_each(|algorithm| check_examples(folder(&algorithm), algorithm))
}

/// The example of draft-connolly-cfrg-xwing-kem-10, of the seed 00 01 ... 1f.
const XWING: &[u8] = b"-----BEGIN PRIVATE KEY-----
MDQCAQAwDQYLKwYBBAGD5i2ByHoEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ
GhscHR4f
-----END PRIVATE KEY-----
";

#[test]
fn example_of_the_xwing_draft_loads_and_encodes_to_the_same_bytes() -> Result<(), PqcStatus> {
    let pair = load_pkcs8(XWING, b"", 0)?;
    assert_eq!((detect(XWING)?, pair.algorithm()?), ((PQC_KEY_KIND_PRIVATE, 25722), 25722));
    assert_eq!(*pair.seed()?, core::array::from_fn::<u8, 32, _>(|index| u8::try_from(index).unwrap_or_default()));
    assert_eq!(*pair.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_PEM, b"")?, *XWING);
    let public = pair.public_key()?.to_spki(PQC_ENCODING_DER)?;
    let header = b"\x30\x82\x04\xd4\x30\x0d\x06\x0b\x2b\x06\x01\x04\x01\x83\xe6\x2d\x81\xc8\x7a\x03\x82\x04\xc1\0";
    assert_eq!(*public, [&header[..], &pair.public_key()?.bytes()?].concat());
    assert_eq!(*load_spki(&public, 0)?.to_spki(PQC_ENCODING_DER)?, *public);
    Ok(())
}

#[test]
fn form_that_an_algorithm_lacks_is_not_written() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        let pair = algorithm.generate()?;
        let all = [PQC_PRIVATE_KEY_SEED, PQC_PRIVATE_KEY_EXPANDED, PQC_PRIVATE_KEY_BOTH];
        for form in all.into_iter().filter(|form| !algorithm.forms().contains(form)) {
            let refused = pair.to_pkcs8(form, PQC_ENCODING_DER, PASSWORD).err();
            assert_eq!(refused, Some(PqcStatus::WrongAlgorithm), "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn bad_examples_of_the_standards_are_refused_with_the_reason() {
    for (name, status) in [
        ("rfc9935/bad-ML-KEM-512-1.priv", PqcStatus::SeedMismatch),
        ("rfc9935/bad-ML-KEM-512-2.priv", PqcStatus::KeyPairMismatch),
        ("rfc9935/bad-ML-KEM-512-3.priv", PqcStatus::PrivateKeyHash),
        ("rfc9935/bad-ML-KEM-512-4.priv", PqcStatus::SeedMismatch),
        ("rfc9881/bad-ML-DSA-44-1.priv", PqcStatus::SeedMismatch),
        ("rfc9881/bad-ML-DSA-44-2.priv", PqcStatus::PrivateKeyHash),
        ("rfc9881/bad-ML-DSA-44-3.priv", PqcStatus::KeyPairMismatch),
    ] {
        let Some(file) = example(name) else { return };
        assert_eq!(load_pkcs8(&file, b"", 0).err(), Some(status), "{name}");
    }
}

/// Writes a key in every form and encoding, and loads what was written.
fn check_forms(algorithm: Algorithm) -> Result<(), PqcStatus> {
    let (pair, forms) = (algorithm.generate()?, algorithm.forms());
    let most = *forms.last().unwrap_or(&PQC_PRIVATE_KEY_SEED);
    let whole = pair.to_pkcs8(most, PQC_ENCODING_DER, b"")?;
    for (form, encoding) in forms.iter().flat_map(|form| ENCODINGS.map(|encoding| (*form, encoding))) {
        let written = pair.to_pkcs8(form, encoding, b"")?;
        let loaded = load_pkcs8(&written, b"", 0)?;
        assert_eq!(*loaded.to_pkcs8(form, encoding, b"")?, *written);
        let again = loaded.to_pkcs8(most, PQC_ENCODING_DER, b"");
        if form != most && form == PQC_PRIVATE_KEY_EXPANDED {
            assert_eq!(again.err(), Some(PqcStatus::SeedUnavailable));
        } else {
            assert_eq!(*again?, *whole);
        }
    }
    Ok(())
}

#[test]
fn every_form_of_every_algorithm_loads() -> Result<(), PqcStatus> {
    Algorithm::all().into_iter().filter(|algorithm| algorithm.has_files).try_for_each(check_forms)
}

#[test]
fn keys_without_an_object_identifier_are_in_no_file() -> Result<(), PqcStatus> {
    let algorithms: Vec<_> = Algorithm::all().into_iter().filter(|algorithm| !algorithm.has_files).collect();
    assert_eq!(algorithms.iter().map(|algorithm| algorithm.id).collect::<Vec<_>>(), [0x50, 0x51]);
    for (algorithm, encoding) in algorithms.into_iter().flat_map(|a| ENCODINGS.map(|encoding| (a, encoding))) {
        let pair = algorithm.generate()?;
        assert_eq!(pair.to_pkcs8(PQC_PRIVATE_KEY_SEED, encoding, b"").err(), Some(PqcStatus::WrongAlgorithm));
        assert_eq!(pair.public_key()?.to_spki(encoding).err(), Some(PqcStatus::WrongAlgorithm));
    }
    Ok(())
}

#[test]
fn encrypted_keys_open_with_their_password_only() -> Result<(), PqcStatus> {
    let pair = Algorithm::of(768).generate()?;
    let whole = pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_DER, b"")?;
    for encoding in ENCODINGS {
        let encrypted = pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, encoding, PASSWORD)?;
        assert_eq!(detect(&encrypted)?, (PQC_KEY_KIND_ENCRYPTED, 0));
        let load = |password| load_pkcs8(&encrypted, password, 0);
        assert_eq!(*load(PASSWORD)?.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_DER, b"")?, *whole);
        assert_eq!(load(b"Password").err(), Some(PqcStatus::PasswordWrong));
        assert_eq!(load(b"").err(), Some(PqcStatus::PasswordRequired));
        assert_ne!(*pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, encoding, PASSWORD)?, *encrypted, "the salt is another one");
    }
    assert_eq!(load_pkcs8(&whole, PASSWORD, 0).err(), Some(PqcStatus::PasswordUnused));
    Ok(())
}

#[test]
fn cost_of_a_key_is_what_its_loaders_must_be_allowed() -> Result<(), PqcStatus> {
    let pair = Algorithm::of(44).generate()?;
    let [plain, encrypted] =
        [b"", PASSWORD].map(|password| pair.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_PEM, password));
    let (plain, encrypted) = (plain?, encrypted?);
    assert_eq!((kdf_cost(&plain), kdf_cost(&ENCRYPTED), kdf_cost(&encrypted)), (Ok(0), Ok(1), Ok(600_000)));
    let public = pair.public_key()?.to_spki(PQC_ENCODING_PEM)?;
    assert_eq!(kdf_cost(&public), Err(PqcStatus::KeyEncoding));
    let ((data, len), (p, p_len)) = ((encrypted.as_ptr(), encrypted.len()), (PASSWORD.as_ptr(), PASSWORD.len()));
    let load = |cost| handle_of(|out| ffi!(pqc_private_key_from_pkcs8(0, data, len, p, p_len, cost, out))).err();
    assert_eq!((load(599_999), load(600_000)), (Some(PqcStatus::KeyEncryptionCost), None));
    Ok(())
}

#[test]
fn key_that_was_encrypted_elsewhere_opens() -> Result<(), PqcStatus> {
    let pair = load_pkcs8(&ENCRYPTED, PASSWORD, 0)?;
    assert_eq!((pair.algorithm()?, &*pair.seed()?), (44, &ENCRYPTED_SEED[..]));
    Ok(())
}

#[test]
fn most_wrong_passwords_and_all_damage_are_refused() {
    for number in 0..2000_u16 {
        let refused = load_pkcs8(&ENCRYPTED, &number.to_le_bytes(), 0).err();
        assert_eq!(refused, Some(PqcStatus::PasswordWrong), "{number}");
    }
    // The last block decides about the padding.
    for position in ENCRYPTED.len() - 16..ENCRYPTED.len() {
        let mut damaged = ENCRYPTED;
        damaged[position] ^= 1;
        assert_eq!(load_pkcs8(&damaged, PASSWORD, 0).err(), Some(PqcStatus::PasswordWrong));
    }
}

#[test]
fn keys_of_the_other_kind_are_refused() -> Result<(), PqcStatus> {
    let with_files = Algorithm::all().into_iter().filter(|algorithm| algorithm.has_files);
    for (algorithm, encoding) in with_files.flat_map(|a| ENCODINGS.map(|encoding| (a, encoding))) {
        let pair = algorithm.generate()?;
        let private = pair.to_pkcs8(algorithm.forms()[0], encoding, b"")?;
        let public = pair.public_key()?.to_spki(encoding)?;
        assert_eq!(load_pkcs8(&public, b"", 0).err(), Some(PqcStatus::KeyEncoding), "{algorithm:?}");
        assert_eq!(load_spki(&private, 0).err(), Some(PqcStatus::KeyEncoding), "{algorithm:?}");
    }
    Ok(())
}

#[test]
fn inputs_beyond_the_bound_are_refused() {
    for (length, status) in [(16384, PqcStatus::KeyEncoding), (16385, PqcStatus::EncodedKeyLength)] {
        for byte in [0x30, b'-'] {
            let data = vec![byte; length];
            assert_eq!(detect(&data).err(), Some(status));
            assert_eq!(load_pkcs8(&data, b"", 0).err(), Some(status));
            assert_eq!(load_spki(&data, 0).err(), Some(status));
        }
    }
}

#[test]
fn secrets_of_locked_keys_are_written_into_locked_memory() -> Result<(), PqcStatus> {
    let [heap, locked] = [0, PQC_KEY_LOCKED_MEMORY].map(|flags| load_pkcs8(&ENCRYPTED, PASSWORD, flags));
    let [heap, locked] = [heap?, locked?].map(|pair| pair.to_pkcs8(PQC_PRIVATE_KEY_BOTH, PQC_ENCODING_PEM, b""));
    let (heap, locked) = (heap?, locked?);
    assert_eq!((&*heap, heap.reserved(), locked.reserved()), (&*locked, 0, 1));
    Ok(())
}

#[test]
fn imports_are_counted_with_their_algorithm() -> Result<(), PqcStatus> {
    let calls = || {
        let metrics = common::metrics::metrics()?;
        let entry = |algorithm| common::metrics::entry(&metrics, PqcAction::Import, algorithm).calls;
        Ok::<_, PqcStatus>([entry(87), entry(1024)])
    };
    let (kem, dsa) = (Algorithm::of(1024).generate()?, Algorithm::of(87).generate()?);
    let before = calls()?;
    load_pkcs8(&dsa.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, b"")?, b"", 0)?;
    load_spki(&dsa.public_key()?.to_spki(PQC_ENCODING_DER)?, 0)?;
    load_pkcs8(&kem.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, b"")?, b"", 0)?;
    let after = calls()?;
    assert!(after[0] >= before[0] + 2 && after[1] > before[1], "other tests count too");
    Ok(())
}
