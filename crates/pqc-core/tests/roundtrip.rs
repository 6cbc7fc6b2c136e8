//! Every parameter set with every engine on every code path of this machine: keys, operations and their agreement.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use pqc_core::{
    CodePath, Engine, Error, KeyOptions, MlDsaKeyPair, MlDsaParameterSet, MlDsaPublicKey, MlKemKeyPair,
    MlKemParameterSet, MlKemPublicKey, Precompute, Randomness,
};

type Choice = (Engine, CodePath);

const PORTABLE: Choice = (Engine::Libcrux, CodePath::Portable);

/// Every engine on every path of this machine, each with its expanded form and without.
fn choices() -> impl Iterator<Item = KeyOptions> {
    let paths = Engine::ALL.into_iter().flat_map(|engine| engine.paths().map(move |path| (engine, path)));
    let forms = [Precompute::OnSecondUse, Precompute::Always, Precompute::Never];
    paths.flat_map(move |choice| forms.map(|precompute| KeyOptions { precompute, ..choice.into() }))
}

fn name(options: KeyOptions) -> String {
    format!("{} {} {:?}", options.engine.name(), options.path.name(), options.precompute)
}

/// A public key, private key, ciphertext and shared secret, all from fixed randomness.
fn mlkem_transcript(set: MlKemParameterSet, options: impl Into<KeyOptions>) -> Result<[Vec<u8>; 4], Error> {
    let pair = MlKemKeyPair::from_seed(set, options, &[7; 64])?;
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
fn mlkem_engines_and_paths_agree() -> Result<(), Error> {
    for set in MlKemParameterSet::ALL {
        for options in choices() {
            assert_eq!(
                mlkem_transcript(set, options)?,
                mlkem_transcript(set, PORTABLE)?,
                "{} {}",
                set.name(),
                name(options)
            );
        }
    }
    Ok(())
}

#[test]
fn mlkem_loaded_keys_work_like_generated_ones() -> Result<(), Error> {
    for set in MlKemParameterSet::ALL {
        for options in choices() {
            let [public, private, ciphertext, secret] = mlkem_transcript(set, options)?;
            let pair = MlKemKeyPair::from_private_key(set, options, &private)?;
            let key = MlKemPublicKey::from_bytes(set, options, &public)?;
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
        for options in choices() {
            let pair = MlKemKeyPair::generate(set, options)?;
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
fn mldsa_transcript(set: MlDsaParameterSet, options: impl Into<KeyOptions>) -> Result<[Vec<u8>; 3], Error> {
    let pair = MlDsaKeyPair::from_seed(set, options, &[7; 32])?;
    let mut public = vec![0; set.public_key_bytes()];
    let mut private = vec![0; set.private_key_bytes()];
    let mut signature = vec![0; set.signature_bytes()];
    pair.write_public_key(&mut public)?;
    pair.write_private_key(&mut private)?;
    pair.sign(b"message", b"context", Randomness::Deterministic, &mut signature)?;
    Ok([public, private, signature])
}

#[test]
fn mldsa_engines_and_paths_agree() -> Result<(), Error> {
    for set in MlDsaParameterSet::ALL {
        for options in choices() {
            assert_eq!(
                mldsa_transcript(set, options)?,
                mldsa_transcript(set, PORTABLE)?,
                "{} {}",
                set.name(),
                name(options)
            );
        }
    }
    Ok(())
}

#[test]
fn mldsa_loaded_keys_work_like_generated_ones() -> Result<(), Error> {
    for set in MlDsaParameterSet::ALL {
        for options in choices() {
            let [public, private, signature] = mldsa_transcript(set, options)?;
            let pair = MlDsaKeyPair::from_private_key(set, options, &private)?;
            let key = MlDsaPublicKey::from_bytes(set, options, &public)?;
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
        for options in choices() {
            let pair = MlDsaKeyPair::generate(set, options)?;
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
    let pair = MlDsaKeyPair::generate(set, (Engine::Libcrux, Engine::Libcrux.best_path()))?;
    let mut signatures = [(); 4].map(|()| vec![0; set.signature_bytes()]);
    pair.sign(b"message", b"", Randomness::Hedged, &mut signatures[0])?;
    pair.sign(b"message", b"", Randomness::Hedged, &mut signatures[1])?;
    pair.sign(b"message", b"", Randomness::Deterministic, &mut signatures[2])?;
    pair.sign(b"message", b"", Randomness::Deterministic, &mut signatures[3])?;
    assert_ne!(signatures[0], signatures[1]);
    assert_eq!(signatures[2], signatures[3]);
    Ok(())
}
