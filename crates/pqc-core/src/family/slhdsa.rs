//! SLH-DSA (FIPS 205): how keys are loaded.

use crate::engine::{self, SignatureFamily, SignaturePrivate};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, KeyOptions};

/// Every string of the right length is a public key (FIPS 205, 9.1).
pub(crate) const FUNCTIONS: SignatureFamily =
    SignatureFamily { engine: engine::signature, private_key: private_key_from_bytes, check_public_key: |_, _| Ok(()) };

/// A private key from its encoding `SK.seed || SK.prf || PK.seed || PK.root`.
///
/// Only PK.root follows from the rest, and deriving it takes as long as generating the key. So it is compared where a key is loaded
/// from PKCS#8. Elsewhere the check of the first signature finds a wrong one.
fn private_key_from_bytes(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn SignaturePrivate>, Error> {
    engine::signature(algorithm, options)?.private_key_from_bytes(private_key, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Family;

    /// The rows against section 3 of RFC 9909 and table 2 of FIPS 205.
    #[test]
    fn slhdsa_has_the_identifiers_of_its_ids_and_sizes_of_its_n() {
        let sets: Vec<_> =
            Algorithm::ALL.into_iter().filter(|algorithm| algorithm.family() == Family::SlhDsa).collect();
        assert_eq!(sets.len(), 12);
        for (number, algorithm) in (20..).zip(sets) {
            let name = algorithm.name();
            assert_eq!(algorithm.id(), 205_000 + number, "{name}");
            assert_eq!(
                algorithm.c_oid().to_str().unwrap_or_default(),
                format!("2.16.840.1.101.3.4.3.{number}"),
                "{name}"
            );
            let bits = name[name.len() - 4..name.len() - 1].parse::<usize>().expect("128, 192 or 256");
            assert_eq!([algorithm.public_key_bytes(), algorithm.private_key_bytes()], [bits / 4, bits / 2], "{name}");
            assert_eq!(algorithm.tested_as().name(), format!("{}f", &name[..name.len() - 1]));
        }
    }
}
