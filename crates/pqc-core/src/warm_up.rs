//! The costs of first uses, paid ahead of them.

use crate::algorithm::MAX_CIPHERTEXT_BYTES;
use crate::secret::SecretVec;
use crate::{Algorithm, Error, KeyOptions, Kind, Memory, PrivateKey, Randomness, SHARED_SECRET_BYTES};

/// An algorithm with an operation that takes more microseconds is left out.
const MAX_US: u32 = 10_000;

/// Runs every operation of each fast algorithm once, so that the processor's instructions are known, the code is in
/// memory and the system's random number generator is ready.
pub fn warm_up(options: impl Into<KeyOptions>) -> Result<(), Error> {
    let options = options.into().checked()?;
    for algorithm in
        Algorithm::ALL.into_iter().filter(|algorithm| algorithm.is_offered() && algorithm.slowest_us() <= MAX_US)
    {
        let key = PrivateKey::generate(algorithm, options)?;
        match algorithm.kind() {
            Kind::Kem => {
                let mut ciphertext = [0; MAX_CIPHERTEXT_BYTES];
                let ciphertext = &mut ciphertext[..algorithm.ciphertext_bytes()];
                let mut shared_secret = [0; SHARED_SECRET_BYTES];
                key.public_key()?.encapsulate(ciphertext, &mut shared_secret)?;
                key.decapsulate(&*ciphertext, &mut shared_secret)?;
            }
            Kind::Signature => {
                let mut signature = SecretVec::zeroed(Memory::Heap, algorithm.signature_bytes())?;
                let length = key.sign(b"", b"", Randomness::Hedged, &mut signature)?;
                key.public_key()?.verify(b"", b"", &signature[..length])?;
            }
        }
    }
    Ok(())
}
