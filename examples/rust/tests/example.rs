//! What `docs/other-languages.md` shows.

use pqc::{DsaKeyPair, DsaPublicKey, DsaSet};

#[test]
fn example_of_the_documentation_runs() -> pqc::Result<()> {
    let signer = DsaKeyPair::generate(DsaSet::MlDsa65)?;
    let signature = signer.sign(b"message", b"login")?;
    let published = signer.public_key()?.to_bytes()?;
    let key = DsaPublicKey::from_bytes(DsaSet::MlDsa65, &published)?;
    assert!(key.verify(b"message", b"login", &signature)?);
    assert!(!key.verify(b"message", b"another context", &signature)?);
    Ok(())
}
