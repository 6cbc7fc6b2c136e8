//! What the first use of each operation would do, done ahead of it.

use crate::params::{MAX_CIPHERTEXT_BYTES, MAX_SIGNATURE_BYTES};
use crate::{Error, KeyOptions, MlDsaKeyPair, MlDsaParameterSet, MlKemKeyPair, MlKemParameterSet, Randomness};
use crate::{XWING_CIPHERTEXT_BYTES, XWingKeyPair};

/// Runs every operation of every parameter set once, so that the processor's instructions are known, the code is in
/// memory and the system has been asked for randomness.
pub fn warm_up(options: impl Into<KeyOptions>) -> Result<(), Error> {
    let options = options.into();
    for set in MlKemParameterSet::ALL {
        let pair = MlKemKeyPair::generate(set, options)?;
        let mut ciphertext = [0; MAX_CIPHERTEXT_BYTES];
        let ciphertext = &mut ciphertext[..set.ciphertext_bytes()];
        let (mut sent, mut received) = ([0; 32], [0; 32]);
        pair.public_key()?.encapsulate(ciphertext, &mut sent)?;
        pair.decapsulate(ciphertext, &mut received)?;
    }
    let pair = XWingKeyPair::generate(options)?;
    let mut ciphertext = [0; XWING_CIPHERTEXT_BYTES];
    let (mut sent, mut received) = ([0; 32], [0; 32]);
    pair.public_key()?.encapsulate(&mut ciphertext, &mut sent)?;
    pair.decapsulate(&ciphertext, &mut received)?;
    for set in MlDsaParameterSet::ALL {
        let pair = MlDsaKeyPair::generate(set, options)?;
        let mut signature = [0; MAX_SIGNATURE_BYTES];
        let signature = &mut signature[..set.signature_bytes()];
        pair.sign(b"", b"", Randomness::Hedged, signature)?;
        pair.public_key()?.verify(b"", b"", signature)?;
    }
    Ok(())
}
