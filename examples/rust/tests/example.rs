//! The example in `docs/other-languages.md`.

use pqc::{Algorithm, Error, KeyOptions, PrivateKey, PublicKey};

#[test]
fn example_of_the_documentation_runs() -> pqc::Result<()> {
    let signer = PrivateKey::generate(Algorithm::MlDsa65, KeyOptions::NONE)?;
    let signature = signer.sign(b"message", b"login")?;
    let published = signer.public_key()?.to_bytes()?;
    let key = PublicKey::from_bytes(Algorithm::MlDsa65, KeyOptions::NONE, &published)?;
    key.verify(b"message", b"login", &signature)?;
    assert_eq!(key.verify(b"message", b"another context", &signature), Err(Error::INVALID_SIGNATURE));
    Ok(())
}
