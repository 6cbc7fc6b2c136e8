//! Batches of ML-DSA and of composites have the results of single calls: with loaded and encoded keys, shared and own ones, and bad items among
//! good ones, on every path.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::{all_forms, key_of, signers};
use pqc_core::batch::{Signing, Verification, sign_all, verify_all};
use pqc_core::{Algorithm, CodePath, Error, KeyOptions, PrivateKey, PublicKey, Randomness};

const COUNTS: [usize; 6] = [0, 1, 3, 8, 11, 16];

fn choices() -> impl Iterator<Item = (Algorithm, KeyOptions)> {
    all_forms().flat_map(|options| signers().map(move |set| (set, options)))
}

/// Which of six keys an item uses: many use the first.
fn owner(item: usize) -> usize {
    if item % 3 < 2 { 0 } else { item / 3 + 1 }
}

fn messages() -> Vec<Vec<u8>> {
    (0..16).map(|item| vec![7; item * item]).collect()
}

fn pairs(set: Algorithm, options: KeyOptions) -> Result<Vec<PrivateKey>, Error> {
    (1..7).map(|number| key_of(set, options, number)).collect()
}

fn signatures(set: Algorithm, pairs: &[PrivateKey]) -> Result<Vec<Vec<u8>>, Error> {
    let sign = |(item, message): (usize, Vec<u8>)| {
        let mut signature = vec![0; set.signature_bytes()];
        pairs[owner(item)].sign(&message, b"c", Randomness::Deterministic, &mut signature).map(|length| {
            signature.truncate(length);
            signature
        })
    };
    messages().into_iter().enumerate().map(sign).collect()
}

#[test]
fn signatures_equal_the_signatures_of_single_calls() -> Result<(), Error> {
    let messages = messages();
    for (set, options) in choices() {
        let expected = signatures(set, &pairs(set, options)?)?;
        for count in COUNTS {
            let (pairs, mut made) = (pairs(set, options)?, vec![vec![0; set.signature_bytes()]; count]);
            let items = made.iter_mut().zip(&messages).enumerate();
            let mut items = items
                .map(|(item, (signature, message))| Signing::new(&pairs[owner(item)], message, b"c", signature))
                .collect::<Result<Vec<_>, _>>()?;
            sign_all(&mut items, false);
            let lengths = items.iter().map(Signing::outcome).collect::<Result<Vec<_>, _>>()?;
            made.iter_mut().zip(lengths).for_each(|(signature, length)| signature.truncate(length));
            assert!(made == expected[..count], "{} {options:?} {count}", set.name());
        }
    }
    Ok(())
}

#[test]
fn verdicts_equal_the_verdicts_of_single_calls() -> Result<(), Error> {
    let messages = messages();
    for (set, options) in choices() {
        let pairs = pairs(set, options)?;
        let mut signatures = signatures(set, &pairs)?;
        for item in [0, 5, 6, 13] {
            signatures[item][item * 100] ^= 4;
        }
        let expected = |item| if [0, 5, 6, 13].contains(&item) { Err(Error::InvalidSignature) } else { Ok(()) };
        let encoded = pairs.iter().map(|pair| {
            let mut key = vec![0; set.public_key_bytes()];
            pair.write_public_key(&mut key).map(|()| key)
        });
        let encoded = encoded.collect::<Result<Vec<_>, _>>()?;
        for count in COUNTS {
            let keys = pairs.iter().map(PrivateKey::public_key).collect::<Result<Vec<PublicKey>, _>>()?;
            for every in [1, 2, 20] {
                let item = |item: usize| {
                    let (message, signature) = (&messages[item], &signatures[item]);
                    if (item + 1).is_multiple_of(every) {
                        let key = &encoded[owner(item)];
                        Verification::with_encoded_key(set, options, key, message, b"c", signature)
                    } else {
                        Verification::new(&keys[owner(item)], message, b"c", signature)
                    }
                };
                let mut items = (0..count).map(item).collect::<Result<Vec<_>, _>>()?;
                verify_all(&mut items);
                for (number, item) in items.iter().enumerate() {
                    assert_eq!(item.outcome(), expected(number), "{} {options:?} {number} of {count}", set.name());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn only_keys_that_a_batch_uses_more_than_once_are_expanded() -> Result<(), Error> {
    for options in CodePath::available().map(KeyOptions::from) {
        let set = Algorithm::MlDsa65;
        let pairs = (0..6).map(|_| PrivateKey::generate(set, options)).collect::<Result<Vec<_>, _>>()?;
        let (messages, mut rows) = (messages(), vec![vec![0; set.signature_bytes()]; 6]);
        let before = pairs[0].resident_bytes();
        let items = rows.iter_mut().zip(&messages).enumerate();
        let items = items.map(|(item, (row, message))| Signing::new(&pairs[owner(item)], message, b"c", row));
        sign_all(&mut items.collect::<Result<Vec<_>, _>>()?, false);
        let keys = pairs.iter().map(PrivateKey::public_key).collect::<Result<Vec<_>, _>>()?;
        let encoded = keys[0].resident_bytes();
        let items = rows.iter().zip(&messages).enumerate();
        let items = items.map(|(item, (row, message))| Verification::new(&keys[owner(item)], message, b"c", row));
        let mut items = items.collect::<Result<Vec<_>, _>>()?;
        verify_all(&mut items);
        assert!(items.iter().all(|item| item.outcome().is_ok()));
        let expanded =
            |number: usize| (pairs[number].resident_bytes() > before, keys[number].resident_bytes() > encoded);
        assert_eq!([0, 1, 2, 3].map(expanded), [(true, true), (false, false), (false, false), (false, false)]);
    }
    Ok(())
}
