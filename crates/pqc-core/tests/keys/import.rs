//! The conditions on a loaded key: one broken field at a time, and the error that names it.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::{COMPOSITES, MAX_SECRET_BYTES, MLDSA, MLKEM, composite_private_key, key_of};
use pqc_core::{Algorithm, CodePath, Error, KeyOptions, Precompute, PrivateKey, PublicKey, Randomness};

const PATH: CodePath = CodePath::Portable;

fn private_key(set: Algorithm) -> Result<Vec<u8>, Error> {
    let mut private = vec![0; set.private_key_bytes()];
    PrivateKey::from_seed(set, PATH, &vec![3; set.seed_bytes()])?.write(&mut private)?;
    Ok(private)
}

/// The error with which a changed copy of a private key is refused.
fn error(set: Algorithm, change: impl FnOnce(&mut Vec<u8>)) -> Result<Option<Error>, Error> {
    let mut private = private_key(set)?;
    change(&mut private);
    Ok(PrivateKey::from_bytes(set, PATH, &private).err())
}

#[test]
fn mlkem_private_keys_are_checked_field_by_field() -> Result<(), Error> {
    for set in MLKEM {
        let vector = set.public_key_bytes() - 32;
        let hash = vector + set.public_key_bytes();
        assert_eq!(error(set, |_| ())?, None);
        assert_eq!(error(set, |key| key.truncate(key.len() - 1))?, Some(Error::PrivateKeyLength));
        assert_eq!(error(set, |key| key.push(0))?, Some(Error::PrivateKeyLength));
        assert_eq!(error(set, |key| key[..2].fill(0xff))?, Some(Error::PrivateKeyRange));
        assert_eq!(error(set, |key| key[vector - 2..vector].fill(0xff))?, Some(Error::PrivateKeyRange));
        assert_eq!(error(set, |key| key[vector..vector + 2].fill(0xff))?, Some(Error::PublicKeyModulus));
        assert_eq!(error(set, |key| key[hash - 1] ^= 1)?, Some(Error::PrivateKeyHash));
        assert_eq!(error(set, |key| key[hash] ^= 1)?, Some(Error::PrivateKeyHash));
        assert_eq!(error(set, |key| key[hash + 32] ^= 1)?, None, "every z is a valid one");
    }
    Ok(())
}

#[test]
fn mlkem_public_keys_are_checked_for_length_and_modulus() -> Result<(), Error> {
    for set in MLKEM {
        let load = |bytes: &[u8]| PublicKey::from_bytes(set, PATH, bytes).err();
        let mut public = vec![0; set.public_key_bytes()];
        PrivateKey::from_seed(set, PATH, &[3; 64])?.write_public_key(&mut public)?;
        assert_eq!(load(&public), None);
        assert_eq!(load(&public[1..]), Some(Error::PublicKeyLength));
        public[..2].fill(0xff);
        assert_eq!(load(&public), Some(Error::PublicKeyModulus));
    }
    Ok(())
}

#[test]
fn mldsa_private_keys_are_checked_field_by_field() -> Result<(), Error> {
    for set in MLDSA {
        assert_eq!(error(set, |_| ())?, None);
        assert_eq!(error(set, |key| key.truncate(key.len() - 1))?, Some(Error::PrivateKeyLength));
        assert_eq!(error(set, |key| key.push(0))?, Some(Error::PrivateKeyLength));
        assert_eq!(error(set, |key| key[0] ^= 1)?, Some(Error::PrivateKeyHash), "rho");
        assert_eq!(error(set, |key| key[64] ^= 1)?, Some(Error::PrivateKeyHash), "tr");
        assert_eq!(error(set, |key| key[128] = 0xff)?, Some(Error::PrivateKeyRange), "s1");
        assert_eq!(error(set, |key| key[set.private_key_bytes() - 1] ^= 1)?, Some(Error::KeyPairMismatch), "t0");
        // A zero coefficient is inside the range, so only the hash shows that the key is another one.
        assert_eq!(error(set, |key| key[128..140].fill(0))?, Some(Error::PrivateKeyHash), "s1");
    }
    Ok(())
}

/// The check, or the derivation from a seed, samples the matrix once for the first signature too.
#[test]
fn loaded_mldsa_keys_keep_what_their_check_has_expanded_unless_it_is_forbidden() -> Result<(), Error> {
    for (set, path) in MLDSA.into_iter().flat_map(|set| CodePath::available().map(move |path| (set, path))) {
        let (private, seed) = (private_key(set)?, vec![3; set.seed_bytes()]);
        let signature = |key: &PrivateKey| {
            let mut signature = vec![0; set.signature_bytes()];
            key.sign(b"message", b"context", Randomness::Deterministic, &mut signature).map(|_| signature)
        };
        let options = |precompute| KeyOptions { precompute, ..path.into() };
        let never = PrivateKey::from_seed(set, options(Precompute::Never), &seed)?;
        let small = never.resident_bytes();
        for (precompute, is_expanded) in
            [(Precompute::Never, false), (Precompute::OnSecondUse, true), (Precompute::Always, true)]
        {
            let from_seed = PrivateKey::from_seed(set, options(precompute), &seed)?;
            let from_bytes = PrivateKey::from_bytes(set, options(precompute), &private)?;
            for (key, seed_bytes) in [(from_seed, 0), (from_bytes, 32)] {
                let before = key.resident_bytes() + seed_bytes;
                assert_eq!(before > small, is_expanded, "{} {precompute:?}", set.name());
                assert_eq!(signature(&key)?, signature(&never)?, "{} {precompute:?}", set.name());
                assert_eq!(key.resident_bytes() + seed_bytes, before, "{} {precompute:?}", set.name());
            }
        }
        assert_eq!(PrivateKey::generate(set, options(Precompute::OnSecondUse))?.resident_bytes(), small);
    }
    Ok(())
}

#[test]
fn xwing_keys_are_checked_for_length_and_modulus() -> Result<(), Error> {
    let mut public = vec![0; Algorithm::XWing.public_key_bytes()];
    PrivateKey::from_seed(Algorithm::XWing, PATH, &[3; 32])?.write_public_key(&mut public)?;
    let load = |bytes: &[u8]| PublicKey::from_bytes(Algorithm::XWing, PATH, bytes).err();
    assert_eq!([load(&public), load(&public[1..])], [None, Some(Error::PublicKeyLength)]);
    public[..2].fill(0xff);
    assert_eq!(load(&public), Some(Error::PublicKeyModulus));
    for length in [0, 31, 33] {
        let error = PrivateKey::from_bytes(Algorithm::XWing, PATH, &vec![0; length]).err();
        assert_eq!(error, Some(Error::PrivateKeyLength), "{length}");
    }
    Ok(())
}

#[test]
fn composite_private_keys_are_checked_field_by_field() -> Result<(), Error> {
    for set in COMPOSITES {
        let is_ecdsa = set.private_key_bytes() > 64;
        let error = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut private = composite_private_key(set, &[3; MAX_SECRET_BYTES]);
            change(&mut private);
            PrivateKey::from_bytes(set, PATH, &private).err()
        };
        let of_ecdsa = |error| if is_ecdsa { Some(error) } else { None };
        assert_eq!(error(&|_| ()), None);
        assert_eq!(error(&|key| key.truncate(key.len() - 1)), Some(Error::PrivateKeyLength));
        assert_eq!(error(&|key| key.push(0)), Some(Error::PrivateKeyLength));
        assert_eq!(error(&|key| key[0] ^= 1), None, "every seed is a valid one");
        assert_eq!(error(&|key| key[32] ^= 1), of_ecdsa(Error::KeyEncoding), "a tag, or a secret of Ed25519");
        assert_eq!(error(&|key| key[36] = 2), of_ecdsa(Error::KeyEncoding), "the version, or a secret of Ed25519");
        assert_eq!(error(&|key| *key.last_mut().unwrap_or(&mut 0) ^= 1), of_ecdsa(Error::KeyEncoding), "the curve");
        assert_eq!(error(&|key| key[39..64].fill(0)), None);
        let secret_bytes = if set.private_key_bytes() == 96 { 48 } else { 32 };
        let fill = |byte| move |key: &mut Vec<u8>| key.iter_mut().skip(39).take(secret_bytes).for_each(|at| *at = byte);
        assert_eq!([error(&fill(0)), error(&fill(0xff))], [of_ecdsa(Error::PrivateKeyRange); 2]);
    }
    Ok(())
}

#[test]
fn composite_public_keys_are_checked_for_length_and_point() -> Result<(), Error> {
    for set in COMPOSITES {
        let load = |bytes: &[u8]| PublicKey::from_bytes(set, PATH, bytes).err();
        let mut public = vec![0; set.public_key_bytes()];
        key_of(set, PATH, 3)?.write_public_key(&mut public)?;
        assert_eq!([load(&public), load(&public[1..])], [None, Some(Error::PublicKeyLength)]);
        public[0] ^= 1;
        assert_eq!(load(&public), None, "every string is a public key of ML-DSA");
        let start = public.len() - (set.public_key_bytes() - 32) % 320;
        public[start..].fill(0);
        assert_eq!(load(&public), Some(Error::PublicKeyPoint), "{}", set.name());
    }
    Ok(())
}

#[test]
fn seeds_of_wrong_lengths_are_refused() {
    for algorithm in Algorithm::ALL {
        for length in [0, 31, 32, 33, 63, 64, 65].into_iter().filter(|length| *length != algorithm.seed_bytes()) {
            let error = PrivateKey::from_seed(algorithm, PATH, &vec![0; length]).err();
            let has_none = algorithm.seed_bytes() == 0;
            let expected = if has_none { Error::WrongAlgorithm } else { Error::SeedLength };
            assert_eq!(error, Some(expected), "{} {length}", algorithm.name());
        }
    }
}
