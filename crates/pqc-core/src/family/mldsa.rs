//! ML-DSA: the checks of a loaded private key.

use crate::engine::{self, SignatureFamily, SignaturePrivate, on_engine_stack};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, KeyOptions};

pub(crate) const FUNCTIONS: SignatureFamily =
    SignatureFamily { engine: engine::signature, private_key: private_key_from_bytes, check_public_key: |_, _| Ok(()) };

/// A private key from its expanded encoding.
///
/// Checks that s1 and s2 are within eta, that `tr` is the hash of the public key derived from them, and that `t0` is
/// the remainder of that derivation.
#[inline(never)] // tools/ct/suppressions name this frame
fn private_key_from_bytes(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn SignaturePrivate>, Error> {
    let engine = engine::signature(algorithm, options)?;
    on_engine_stack(|| engine.private_key_from_bytes(private_key, options))
}
