//! Ed25519 (RFC 8032) by ed25519-dalek.

use crate::Error;
use crate::engine::copy;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use ed25519_dalek::{SecretKey, Signature, VerifyingKey};
use sha2::Sha512;

/// Decoded from its encoding: the coordinates that a multiplication returns have a common factor, which depends on the secret, and
/// a public key is kept where nothing is wiped.
pub(super) fn public_key(secret: &SecretKey) -> Result<VerifyingKey, Error> {
    let computed = VerifyingKey::from(&ExpandedSecretKey::from(secret));
    VerifyingKey::from_bytes(computed.as_bytes()).map_err(|_| Error::Internal)
}

/// A point in its one encoding (RFC 8032, 5.1.3) that is not of low order: under such a key one signature fits many messages.
pub(super) fn point(bytes: &[u8; 32]) -> Result<VerifyingKey, Error> {
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| Error::PublicKeyPoint)?;
    let is_canonical = key.to_edwards().compress().as_bytes() == bytes;
    if is_canonical && !key.is_weak() { Ok(key) } else { Err(Error::PublicKeyPoint) }
}

pub(super) fn sign(
    secret: &SecretKey,
    key: &VerifyingKey,
    message: &[u8],
    signature: &mut [u8],
) -> Result<usize, Error> {
    let made = raw_sign::<Sha512>(&ExpandedSecretKey::from(secret), message, key).to_bytes();
    copy(&made, signature)?;
    Ok(made.len())
}

pub(super) fn verify(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
}
