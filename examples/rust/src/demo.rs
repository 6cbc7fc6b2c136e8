//! Exchanges keys, signs, verifies and counts in memory, and says so.

use std::error::Error;

use pqc::{DsaKeyPair, DsaPublicKey, DsaSet, KemKeyPair, KemPublicKey, KemSet, Operation};

fn require(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// Alice publishes a key, Bob encapsulates to it, Alice decapsulates: both have the same secret.
fn exchange(set: KemSet) -> Result<(), Box<dyn Error>> {
    let alice = KemKeyPair::generate(set)?;
    let published = alice.public_key()?.to_bytes()?;
    let (ciphertext, sent) = KemPublicKey::from_bytes(set, &published)?.encapsulate()?;
    let loaded = KemKeyPair::from_seed(set, &alice.seed()?)?;
    require(loaded.decapsulate(&ciphertext)? == sent, "the two sides have different secrets")?;
    println!("{set:?}: {} bytes of ciphertext carry the shared secret", ciphertext.len());
    Ok(())
}

fn sign(set: DsaSet) -> Result<(), Box<dyn Error>> {
    let signer = DsaKeyPair::generate(set)?;
    let signature = signer.sign(b"a message", b"demo")?;
    let verifier = DsaPublicKey::from_bytes(set, &signer.public_key()?.to_bytes()?)?;
    require(verifier.verify(b"a message", b"demo", &signature)?, "the signature is not valid")?;
    require(!verifier.verify(b"a message", b"login", &signature)?, "the signature is valid in another context")?;
    println!("{set:?}: {} bytes of signature, valid in its own context only", signature.len());
    Ok(())
}

pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    for set in [KemSet::MlKem512, KemSet::MlKem768, KemSet::MlKem1024] {
        exchange(set)?;
    }
    for set in [DsaSet::MlDsa44, DsaSet::MlDsa65, DsaSet::MlDsa87] {
        sign(set)?;
    }
    let refused = KemPublicKey::from_bytes(KemSet::MlKem768, b"too short").err().ok_or("a short key is accepted")?;
    println!("a short key is refused: {refused}");
    let metrics = pqc::metrics()?;
    let decapsulations = metrics.of(Operation::KemDecapsulate, 768).ok_or("no metrics of decapsulation")?;
    let verifications = metrics.of(Operation::DsaVerify, 65).ok_or("no metrics of verification")?;
    require((decapsulations.calls, verifications.calls, verifications.errors) == (1, 2, 1), "the metrics are wrong")?;
    println!(
        "metrics: {} verifications with ML-DSA-65, {} of them without success",
        verifications.calls, verifications.errors
    );
    require(metrics.live_handles == 0 && metrics.live_buffers <= 1, "something was not freed")?;
    println!("ok");
    Ok(true)
}
