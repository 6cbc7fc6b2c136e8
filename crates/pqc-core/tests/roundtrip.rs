//! Every parameter set on every code path of this machine: keys, operations and the paths' agreement.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use pqc_core::{
    CodePath, Error, MlDsaKeyPair, MlDsaParameterSet, MlDsaPublicKey, MlKemKeyPair, MlKemParameterSet, MlKemPublicKey,
    Randomness,
};

fn paths() -> impl Iterator<Item = CodePath> {
    CodePath::ALL.into_iter().filter(|path| path.is_available())
}

/// A public key, private key, ciphertext and shared secret, all from fixed randomness.
fn mlkem_transcript(set: MlKemParameterSet, path: CodePath) -> Result<[Vec<u8>; 4], Error> {
    let pair = MlKemKeyPair::from_seed(set, path, &[7; 64])?;
    let mut public = vec![0; set.public_key_bytes()];
    let mut private = vec![0; set.private_key_bytes()];
    pair.write_public_key(&mut public)?;
    pair.write_private_key(&mut private)?;
    let mut ciphertext = vec![0; set.ciphertext_bytes()];
    let mut secret = [0; 32];
    pair.public_key()?.encapsulate_derand(&[9; 32], &mut ciphertext, &mut secret)?;
    Ok([public, private, ciphertext, secret.to_vec()])
}

#[test]
fn mlkem_paths_agree() -> Result<(), Error> {
    for set in MlKemParameterSet::ALL {
        for path in paths() {
            assert_eq!(
                mlkem_transcript(set, path)?,
                mlkem_transcript(set, CodePath::Portable)?,
                "{} {}",
                set.name(),
                path.name()
            );
        }
    }
    Ok(())
}

#[test]
fn mlkem_loaded_keys_work_like_generated_ones() -> Result<(), Error> {
    for set in MlKemParameterSet::ALL {
        for path in paths() {
            let [public, private, ciphertext, secret] = mlkem_transcript(set, path)?;
            let pair = MlKemKeyPair::from_private_key(set, path, &private)?;
            let key = MlKemPublicKey::from_bytes(set, path, &public)?;
            let mut out = [0; 32];
            pair.decapsulate(&ciphertext, &mut out)?;
            assert_eq!(out.as_slice(), secret);
            let mut again = vec![0; ciphertext.len()];
            key.encapsulate_derand(&[9; 32], &mut again, &mut out)?;
            assert_eq!((again, out.to_vec()), (ciphertext, secret));
            let mut encoded = vec![0; private.len()];
            pair.write_private_key(&mut encoded)?;
            assert_eq!(encoded, private);
            assert_eq!(pair.seed(), Err(Error::SeedUnavailable));
        }
    }
    Ok(())
}

#[test]
fn mlkem_tampered_ciphertext_is_rejected_implicitly() -> Result<(), Error> {
    for set in MlKemParameterSet::ALL {
        for path in paths() {
            let pair = MlKemKeyPair::generate(set, path)?;
            let (mut ciphertext, mut sent, mut received) = (vec![0; set.ciphertext_bytes()], [0; 32], [0; 32]);
            pair.public_key()?.encapsulate(&mut ciphertext, &mut sent)?;
            pair.decapsulate(&ciphertext, &mut received)?;
            assert_eq!(sent, received);
            ciphertext[0] ^= 1;
            pair.decapsulate(&ciphertext, &mut received)?;
            assert_ne!(sent, received);
        }
    }
    Ok(())
}

/// A public key, private key and deterministic signature from a fixed seed.
fn mldsa_transcript(set: MlDsaParameterSet, path: CodePath) -> Result<[Vec<u8>; 3], Error> {
    let pair = MlDsaKeyPair::from_seed(set, path, &[7; 32])?;
    let mut public = vec![0; set.public_key_bytes()];
    let mut private = vec![0; set.private_key_bytes()];
    let mut signature = vec![0; set.signature_bytes()];
    pair.write_public_key(&mut public)?;
    pair.write_private_key(&mut private)?;
    pair.sign(b"message", b"context", Randomness::Deterministic, &mut signature)?;
    Ok([public, private, signature])
}

#[test]
fn mldsa_paths_agree() -> Result<(), Error> {
    for set in MlDsaParameterSet::ALL {
        for path in paths() {
            assert_eq!(
                mldsa_transcript(set, path)?,
                mldsa_transcript(set, CodePath::Portable)?,
                "{} {}",
                set.name(),
                path.name()
            );
        }
    }
    Ok(())
}

#[test]
fn mldsa_loaded_keys_work_like_generated_ones() -> Result<(), Error> {
    for set in MlDsaParameterSet::ALL {
        for path in paths() {
            let [public, private, signature] = mldsa_transcript(set, path)?;
            let pair = MlDsaKeyPair::from_private_key(set, path, &private)?;
            let key = MlDsaPublicKey::from_bytes(set, path, &public)?;
            key.verify(b"message", b"context", &signature)?;
            let mut again = vec![0; signature.len()];
            pair.sign(b"message", b"context", Randomness::Deterministic, &mut again)?;
            assert_eq!(again, signature);
            let mut derived = vec![0; public.len()];
            pair.write_public_key(&mut derived)?;
            assert_eq!(derived, public);
            assert_eq!(pair.seed(), Err(Error::SeedUnavailable));
        }
    }
    Ok(())
}

#[test]
fn mldsa_refuses_another_message_context_or_signature() -> Result<(), Error> {
    for set in MlDsaParameterSet::ALL {
        for path in paths() {
            let pair = MlDsaKeyPair::generate(set, path)?;
            let key = pair.public_key()?;
            let mut signature = vec![0; set.signature_bytes()];
            pair.sign(b"message", b"context", Randomness::Hedged, &mut signature)?;
            key.verify(b"message", b"context", &signature)?;
            assert_eq!(key.verify(b"massage", b"context", &signature), Err(Error::InvalidSignature));
            assert_eq!(key.verify(b"message", b"", &signature), Err(Error::InvalidSignature));
            assert_eq!(key.verify(b"message", b"context", &signature[1..]), Err(Error::InvalidSignature));
            signature[0] ^= 1;
            assert_eq!(key.verify(b"message", b"context", &signature), Err(Error::InvalidSignature));
        }
    }
    Ok(())
}

#[test]
fn mldsa_hedged_signatures_differ_and_deterministic_ones_do_not() -> Result<(), Error> {
    let set = MlDsaParameterSet::MlDsa65;
    let pair = MlDsaKeyPair::generate(set, CodePath::best())?;
    let mut signatures = [(); 4].map(|()| vec![0; set.signature_bytes()]);
    pair.sign(b"message", b"", Randomness::Hedged, &mut signatures[0])?;
    pair.sign(b"message", b"", Randomness::Hedged, &mut signatures[1])?;
    pair.sign(b"message", b"", Randomness::Deterministic, &mut signatures[2])?;
    pair.sign(b"message", b"", Randomness::Deterministic, &mut signatures[3])?;
    assert_ne!(signatures[0], signatures[1]);
    assert_eq!(signatures[2], signatures[3]);
    Ok(())
}
