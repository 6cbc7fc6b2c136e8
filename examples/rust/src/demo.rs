//! Exchanges keys, signs, verifies and counts in memory, and prints what it did.

use std::error::Error;

use pqc::{Action, Algorithm, KeyOptions, PrivateKey, PublicKey};

fn require(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// Alice publishes a key, Bob encapsulates to it, Alice decapsulates: both have the same secret.
fn exchange(alice: &PrivateKey, published: &PublicKey) -> Result<(), Box<dyn Error>> {
    let (ciphertext, sent) = published.encapsulate()?;
    require(alice.decapsulate(&ciphertext)? == sent, "the two sides have different secrets")?;
    println!("{:?}: {} bytes of ciphertext carry the shared secret", alice.algorithm()?, ciphertext.len());
    Ok(())
}

fn sign(signer: &PrivateKey, published: &PublicKey) -> Result<(), Box<dyn Error>> {
    let signature = signer.sign(b"a message", b"demo")?;
    published.verify(b"a message", b"demo", &signature)?;
    let refused = published.verify(b"a message", b"login", &signature);
    require(refused == Err(pqc::Error::INVALID_SIGNATURE), "the signature is valid in another context")?;
    println!("{:?}: {} bytes of signature, valid in its own context only", signer.algorithm()?, signature.len());
    Ok(())
}

pub(crate) fn run(options: KeyOptions) -> Result<(), Box<dyn Error>> {
    let mut locked = 0;
    for algorithm in Algorithm::ALL {
        let key = PrivateKey::generate(algorithm, options)?;
        locked += u32::from(key.options()?.contains(KeyOptions::LOCKED_MEMORY));
        let published = PublicKey::from_bytes(algorithm, options, &key.public_key()?.to_bytes()?)?;
        if algorithm.info()?.is_kem() { exchange(&key, &published)? } else { sign(&key, &published)? }
    }
    println!("{locked} of {} keys in locked memory", Algorithm::ALL.len());
    let refused = PublicKey::from_bytes(Algorithm::MlKem768, options, b"too short").err();
    println!("a short key is refused: {}", refused.ok_or("a short key is accepted")?);
    let metrics = pqc::metrics()?;
    let verifications = metrics.of(Action::Verify, Algorithm::MlDsa65).ok_or("no metrics of verification")?;
    require((verifications.calls, verifications.errors) == (2, 1), "the metrics are wrong")?;
    println!("metrics: {} verifications with ML-DSA-65, 1 of them without success", verifications.calls);
    require((metrics.process.live_handles, metrics.process.live_buffers) == (0, 0), "something was not freed")?;
    println!("ok");
    Ok(())
}
