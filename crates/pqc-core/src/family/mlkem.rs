//! ML-KEM: the checks of a loaded key (FIPS 203, 7.2 and 7.3).

use crate::engine::{self, KemFamily, KemPrivate, hash_h, on_engine_stack};
use crate::secret::SecretVec;
use crate::{Algorithm, Error, KeyOptions};

pub(crate) const FUNCTIONS: KemFamily = KemFamily {
    engine: engine::kem,
    private_key: private_key_from_bytes,
    check_public_key: |_, public_key| check_public_key_modulus(public_key),
};

/// The modulus q of ML-KEM.
const Q: u64 = 3329;

/// Bytes of the seed rho, which follows the vector in an encapsulation key, and of H(ek).
const RHO_BYTES: usize = 32;
const HASH_BYTES: usize = 32;

/// A private key from its expanded encoding `dk_PKE || ek || H(ek) || z`.
///
/// Checks the hash (FIPS 203, 7.3), and beyond the standard that every coefficient of the secret vector and of the
/// embedded encapsulation key is below the modulus, so that a key that loads is encoded to the same bytes.
#[inline(never)] // tools/ct/suppressions name this frame
fn private_key_from_bytes(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn KemPrivate>, Error> {
    let engine = engine::kem(algorithm, options)?;
    let (secret_vector, rest) = private_key.split_at(algorithm.public_key_bytes() - RHO_BYTES);
    let (public_key, rest) = rest.split_at(algorithm.public_key_bytes());
    if !is_reduced(secret_vector) {
        return Err(Error::PrivateKeyRange);
    }
    check_public_key_modulus(public_key)?;
    if hash_h(options.path, public_key)? != rest[..HASH_BYTES] {
        return Err(Error::PrivateKeyHash);
    }
    on_engine_stack(|| engine.private_key_from_bytes(private_key, options))
}

/// The modulus check of FIPS 203, 7.2, of an encapsulation key of the right length.
pub(crate) fn check_public_key_modulus(public_key: &[u8]) -> Result<(), Error> {
    let vector_bytes = public_key.len() - RHO_BYTES;
    if is_reduced(&public_key[..vector_bytes]) { Ok(()) } else { Err(Error::PublicKeyModulus) }
}

/// Whether every 12-bit coefficient is below the modulus, which is when `ByteEncode12(ByteDecode12(x)) == x`.
///
/// Looks at every coefficient in any case, since the vector may be secret. Takes four at a time, two of them in fields of
/// 24 bits: the sum of one and 2^12 - q carries into the bit above where it is not below q.
fn is_reduced(vector: &[u8]) -> bool {
    const FIELDS: u64 = 0xfff | 0xfff << 24;
    const COMPLEMENTS: u64 = (1 + (1 << 24)) * ((1 << 12) - Q);
    const CARRIES: u64 = 1 << 12 | 1 << 36;
    let mut sums = 0;
    for bytes in vector.as_chunks::<6>().0 {
        let [a, b, c, d, e, f] = *bytes;
        let four = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
        sums |= ((four & FIELDS) + COMPLEMENTS) | ((four >> 12 & FIELDS) + COMPLEMENTS);
    }
    sums & CARRIES == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four coefficients, three of them zero, as `ByteEncode12` packs them.
    fn packed(value: u64, place: usize) -> [u8; 6] {
        let [bytes @ .., _, _] = (value << (12 * place)).to_le_bytes();
        bytes
    }

    #[test]
    fn is_reduced_accepts_exactly_the_values_below_q() {
        for value in 0..4096 {
            for place in 0..4 {
                let (found, zeros) = (packed(value, place), [0; 6]);
                assert_eq!(is_reduced(&found), value < Q, "coefficient {place} is {value}");
                assert_eq!(is_reduced(&[zeros, found].concat()), value < Q, "behind others, {place} is {value}");
            }
        }
    }
}
