//! SLH-DSA (FIPS 205): how keys are loaded.

use crate::engine::{self, SignatureFamily, SignaturePrivate};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, KeyOptions};

/// Every string of the right length is a public key (FIPS 205, 9.1).
pub(crate) const FUNCTIONS: SignatureFamily =
    SignatureFamily { engine: engine::slhdsa, private_key: private_key_from_bytes, check_public_key: |_, _| Ok(()) };

/// A private key from its encoding `SK.seed || SK.prf || PK.seed || PK.root`.
///
/// Only PK.root follows from the rest, and deriving it takes as long as generating the key. So it is compared where a key is loaded
/// from PKCS#8. Elsewhere the check of the first signature finds a wrong one.
fn private_key_from_bytes(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn SignaturePrivate>, Error> {
    engine::slhdsa(algorithm, options)?.private_key_from_bytes(private_key, options)
}
