//! An output of a wrong length is an error, in single calls and in a batch, where it affects no other item.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::{COMPOSITES, KEMS, MLDSA, both_forms as choices, key_of, signers};
use pqc_core::batch::{Encapsulation, Signing, encapsulate_all, sign_all};
use pqc_core::{Error, PreHash, PrivateKey, Randomness};

/// Holds an operation to an error for every wrong length of its output, and to none for the right one.
fn check(name: &str, bytes: usize, operation: impl Fn(&mut [u8]) -> Result<(), Error>) {
    for length in [0, bytes - 1, bytes + 1] {
        assert_eq!(operation(&mut vec![0; length]), Err(Error::Internal), "{name}, {length} bytes");
    }
    assert_eq!(operation(&mut vec![0; bytes]), Ok(()), "{name}");
}

#[test]
fn kems_refuse_outputs_of_a_wrong_length() -> Result<(), Error> {
    for (set, options) in choices().flat_map(|options| KEMS.map(|set| (set, options))) {
        let name = |operation| format!("{} {options:?} {operation}", set.name());
        let pair = PrivateKey::from_seed(set, options, &vec![7; set.seed_bytes()])?;
        let key = pair.public_key()?;
        check(&name("write_public_key"), set.public_key_bytes(), |out| pair.write_public_key(out));
        check(&name("write"), set.public_key_bytes(), |out| key.write(out));
        check(&name("write (private key)"), set.private_key_bytes(), |out| pair.write(out));
        let bytes = set.ciphertext_bytes();
        check(&name("encapsulate"), bytes, |out| key.encapsulate(out, &mut [0; 32]));
        check(&name("encapsulate_derand"), bytes, |out| {
            key.encapsulate_derand(&[9; 64][..set.randomness_bytes()], out, &mut [0; 32])
        });
    }
    Ok(())
}

#[test]
fn mldsa_refuses_outputs_of_a_wrong_length() -> Result<(), Error> {
    for (set, options) in choices().flat_map(|options| MLDSA.map(|set| (set, options))) {
        let name = |operation| format!("{} {options:?} {operation}", set.name());
        let pair = PrivateKey::from_seed(set, options, &[7; 32])?;
        let (key, bytes) = (pair.public_key()?, set.signature_bytes());
        check(&name("write_public_key"), set.public_key_bytes(), |out| pair.write_public_key(out));
        check(&name("write"), set.public_key_bytes(), |out| key.write(out));
        check(&name("write (private key)"), set.private_key_bytes(), |out| pair.write(out));
        check(&name("sign"), bytes, |out| pair.sign(b"m", b"c", Randomness::Deterministic, out).map(drop));
        let digest = [5; 64];
        check(&name("sign_prehashed"), bytes, |out| {
            pair.sign_prehashed(PreHash::ALL[2], &digest, b"c", Randomness::Deterministic, out).map(drop)
        });
        check(&name("sign_internal"), bytes, |out| pair.sign_internal(b"m'", &[0; 32], out).map(drop));
        check(&name("sign_mu"), bytes, |out| pair.sign_mu(&[6; 64], Randomness::Deterministic, out).map(drop));
    }
    Ok(())
}

#[test]
fn composites_refuse_outputs_of_a_wrong_length() -> Result<(), Error> {
    for (set, options) in choices().flat_map(|options| COMPOSITES.map(|set| (set, options))) {
        let name = |operation| format!("{} {options:?} {operation}", set.name());
        let pair = key_of(set, options, 7)?;
        let key = pair.public_key()?;
        check(&name("write_public_key"), set.public_key_bytes(), |out| pair.write_public_key(out));
        check(&name("write"), set.public_key_bytes(), |out| key.write(out));
        check(&name("write (private key)"), set.private_key_bytes(), |out| pair.write(out));
        check(&name("sign"), set.signature_bytes(), |out| {
            pair.sign(b"m", b"c", Randomness::Deterministic, out).map(drop)
        });
    }
    Ok(())
}

/// Slots of a batch, all of the right length but one.
fn slots(bytes: usize, wrong: usize, length: usize) -> Vec<Vec<u8>> {
    (0..SLOTS).map(|slot| vec![0xff; if slot == wrong { length } else { bytes }]).collect()
}

const SLOTS: usize = 12;

#[test]
fn a_wrong_slot_of_a_batch_of_signatures_fails_alone() -> Result<(), Error> {
    for (set, options) in choices().flat_map(|options| signers().map(move |set| (set, options))) {
        let (pair, bytes) = (key_of(set, options, 7)?, set.signature_bytes());
        let mut expected = vec![0; bytes];
        let made = pair.sign(b"m", b"c", Randomness::Deterministic, &mut expected)?;
        for (wrong, length) in [(0, 0), (5, bytes - 1), (SLOTS - 1, bytes + 1)] {
            let mut rows = slots(bytes, wrong, length);
            let items = rows.iter_mut().map(|row| Signing::new(&pair, b"m", b"c", row));
            let mut items = items.collect::<Result<Vec<_>, _>>()?;
            sign_all(&mut items, false);
            let outcomes: Vec<_> =
                items.iter().map(|item| item.outcome().map(|length| assert_eq!(length, made))).collect();
            for (slot, (outcome, row)) in outcomes.into_iter().zip(&mut rows).enumerate() {
                // The slot is unchanged behind a signature shorter than the longest.
                row.truncate(if slot == wrong { length } else { made });
                let right = if slot == wrong {
                    (Err(Error::Internal), vec![0; length])
                } else {
                    (Ok(()), expected[..made].to_vec())
                };
                assert!(
                    (outcome, &*row) == (right.0, &right.1),
                    "{} {options:?} {length} {slot} {outcome:?}",
                    set.name()
                );
            }
        }
    }
    Ok(())
}

#[test]
fn a_wrong_slot_of_a_batch_of_ciphertexts_fails_alone() -> Result<(), Error> {
    for (set, options) in choices().flat_map(|options| KEMS.map(|set| (set, options))) {
        let (pair, bytes) = (PrivateKey::from_seed(set, options, &vec![7; set.seed_bytes()])?, set.ciphertext_bytes());
        let (key, mut encoded) = (pair.public_key()?, vec![0; set.public_key_bytes()]);
        key.write(&mut encoded)?;
        for (wrong, length) in [(0, 0), (5, bytes - 1), (SLOTS - 1, bytes + 1)] {
            let (mut rows, mut secrets) = (slots(bytes, wrong, length), [[0xff; 32]; SLOTS]);
            let items = rows.iter_mut().zip(&mut secrets).enumerate().map(|(slot, (row, secret))| match slot % 2 {
                0 => Encapsulation::new(&key, row, secret),
                _ => Encapsulation::with_encoded_key(set, options, &encoded, row, secret),
            });
            let mut items = items.collect::<Result<Vec<_>, _>>()?;
            encapsulate_all(&mut items);
            let outcomes: Vec<_> = items.iter().map(Encapsulation::outcome).collect();
            for (slot, outcome) in outcomes.into_iter().enumerate() {
                let (name, mut secret) = (format!("{} {options:?} {length} {slot}", set.name()), [0; 32]);
                if slot == wrong {
                    assert_eq!((outcome, &rows[slot]), (Err(Error::Internal), &vec![0; length]), "{name}");
                } else {
                    assert_eq!((outcome, pair.decapsulate(&rows[slot], &mut secret)), (Ok(()), Ok(())), "{name}");
                }
                assert_eq!(secrets[slot], secret, "{name}");
            }
        }
    }
    Ok(())
}
