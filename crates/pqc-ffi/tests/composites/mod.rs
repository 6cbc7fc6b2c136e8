//! Helpers of the tests of composite signatures.
#![allow(dead_code, reason = "each test file uses some of it")]

pub(crate) mod der;

use crate::common::Owned;
use crate::common::api::*;
use crate::common::composite::Halves;
use crate::common::keys::Algorithm;

pub(crate) const MESSAGE: &[u8] = b"message";
pub(crate) const CONTEXT: &[u8] = b"context";

pub(crate) fn composites() -> impl Iterator<Item = Algorithm> {
    Algorithm::composites().into_iter()
}

pub(crate) fn is_ecdsa(algorithm: &Algorithm) -> bool {
    Halves::of(*algorithm).is_ecdsa
}

/// A key of equal bytes, and its public key.
pub(crate) fn pair_of(
    algorithm: Algorithm,
    byte: u8,
) -> Result<(Owned<PqcPrivateKey>, Owned<PqcPublicKey>), PqcStatus> {
    let pair = algorithm.load_secrets(&[byte; 80])?;
    let key = pair.public_key()?;
    Ok((pair, key))
}

/// A deterministic signature of the message.
pub(crate) fn sign(pair: &Owned<PqcPrivateKey>) -> Result<Vec<u8>, PqcStatus> {
    Ok(pair.sign(MESSAGE, CONTEXT, PQC_SIGN_DETERMINISTIC)?.to_vec())
}
