//! The classical halves of composite signatures by ed25519-dalek (RFC 8032) and RustCrypto (ECDSA: FIPS 186-5, section 6, on P-256
//! and P-384), and the hashes of messages. They have one implementation for every code path.

use super::classical::Encoding;
use crate::Error;
use crate::algorithm::{Classical, Composite, Hash};
use crate::composite::STACK_BYTES;
use crate::secret::{fill_random, on_clean_stack};
use sha2::{Digest, Sha256, Sha512};

impl Hash {
    /// The digest of a message, at the beginning of `out`.
    pub(crate) fn of<'a>(self, message: &[u8], out: &'a mut [u8; Self::MAX_BYTES]) -> Result<&'a [u8], Error> {
        Ok(match self {
            Self::Sha256 => {
                let digest = &mut out[..32];
                digest.copy_from_slice(&Sha256::digest(message));
                digest
            }
            Self::Sha512 => {
                out.copy_from_slice(&Sha512::digest(message));
                out
            }
        })
    }
}

impl Composite {
    /// KeyGen of the draft (3.1): both halves are drawn, at once, for this key alone.
    pub(crate) fn draw(&self, private_key: &mut [u8]) -> Result<(), Error> {
        let seed_bytes = self.mldsa.seed_bytes();
        let drawn = private_key.get_mut(..seed_bytes + self.classical.secret_bytes()).ok_or(Error::Internal)?;
        fill_random(drawn)?;
        on_clean_stack::<STACK_BYTES, _>(|| self.classical.encode_drawn(&mut private_key[seed_bytes..]))
    }
}

impl Classical {
    /// Makes the encoding of a fresh private key from drawn bytes, the secret, which are the first ones in `private_key`: for ECDSA
    /// by rejection (FIPS 186-5, A.2.2), which draws again.
    fn encode_drawn(self, private_key: &mut [u8]) -> Result<(), Error> {
        let Encoding { prefix, secret_bytes, suffix } = self.encoding();
        super::check_output(private_key, self.private_key_bytes())?;
        private_key.copy_within(..secret_bytes, prefix.len());
        let (head, rest) = private_key.split_at_mut_checked(prefix.len()).ok_or(Error::Internal)?;
        let (secret, tail) = rest.split_at_mut_checked(secret_bytes).ok_or(Error::Internal)?;
        super::copy(prefix, head)?;
        super::copy(suffix, tail)?;
        while !self.is_in_range(secret) {
            fill_random(secret)?;
        }
        Ok(())
    }

    fn is_in_range(self, secret: &[u8]) -> bool {
        match self {
            Self::Ed25519 => true,
            Self::EcdsaP256 => ecdsa_p256::is_private_key(secret),
            Self::EcdsaP384 => ecdsa_p384::is_private_key(secret),
        }
    }

    /// The public key of an encoded private key, after checking its encoding and range.
    pub(crate) fn public_key(self, private_key: &[u8]) -> Result<ClassicalPublic, Error> {
        let secret = self.secret(private_key)?;
        Ok(match self {
            Self::Ed25519 => ClassicalPublic::Ed25519(ed25519::public_key(super::array(secret)?)?),
            Self::EcdsaP256 => ClassicalPublic::EcdsaP256(ecdsa_p256::public_key(secret)?),
            Self::EcdsaP384 => ClassicalPublic::EcdsaP384(ecdsa_p384::public_key(secret)?),
        })
    }

    /// A public key from its encoding, which is checked.
    pub(crate) fn public_key_from_bytes(self, public_key: &[u8]) -> Result<ClassicalPublic, Error> {
        Ok(match self {
            Self::Ed25519 => ClassicalPublic::Ed25519(ed25519::point(super::array(public_key)?)?),
            Self::EcdsaP256 => ClassicalPublic::EcdsaP256(ecdsa_p256::point(public_key)?),
            Self::EcdsaP384 => ClassicalPublic::EcdsaP384(ecdsa_p384::point(public_key)?),
        })
    }
}

/// A public key, decoded.
#[derive(Clone, Copy)]
pub(crate) enum ClassicalPublic {
    Ed25519(ed25519_dalek::VerifyingKey),
    EcdsaP256(p256::ecdsa::VerifyingKey),
    EcdsaP384(p384::ecdsa::VerifyingKey),
}

impl ClassicalPublic {
    /// The public key alone.
    pub(crate) fn public(&self) -> Result<Self, Error> {
        Ok(*self)
    }

    /// Which algorithm it is for.
    fn algorithm(&self) -> Classical {
        match self {
            Self::Ed25519(_) => Classical::Ed25519,
            Self::EcdsaP256(_) => Classical::EcdsaP256,
            Self::EcdsaP384(_) => Classical::EcdsaP384,
        }
    }

    /// Writes the encoding.
    pub(crate) fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::Ed25519(key) => super::copy(key.as_bytes(), out),
            Self::EcdsaP256(key) => super::copy(key.to_sec1_point(false).as_bytes(), out),
            Self::EcdsaP384(key) => super::copy(key.to_sec1_point(false).as_bytes(), out),
        }
    }

    /// Signs with the encoded private key of this public key. Returns the length of the signature.
    ///
    /// Ed25519 needs no randomness. The nonce of ECDSA follows RFC 6979, with `rnd` as its additional data (3.6): a
    /// broken random number generator does not reveal the key, and a fault has to be repeated on another nonce.
    pub(crate) fn sign(
        &self,
        private_key: &[u8],
        message: &[u8],
        rnd: &[u8],
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        let secret = self.algorithm().secret(private_key)?;
        match self {
            Self::Ed25519(key) => ed25519::sign(super::array(secret)?, key, message, signature),
            Self::EcdsaP256(_) => ecdsa_p256::sign(secret, message, rnd, signature),
            Self::EcdsaP384(_) => ecdsa_p384::sign(secret, message, rnd, signature),
        }
    }

    /// Verifies a signature. It is invalid if it is not the DER of an Ecdsa-Sig-Value, or is longer.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let is_valid = match self {
            Self::Ed25519(key) => ed25519::verify(key, message, signature),
            Self::EcdsaP256(key) => ecdsa_p256::verify(key, message, signature),
            Self::EcdsaP384(key) => ecdsa_p384::verify(key, message, signature),
        };
        super::verdict(is_valid)
    }
}

mod ed25519 {
    use super::super::copy;
    use crate::Error;
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
}

/// Declares ECDSA on a curve, with the hash that its crate has for it.
macro_rules! ecdsa_on {
    ($module:ident, $curve:ident, $hash:ident) => {
        mod $module {
            use crate::Error;
            use ecdsa::hazmat::sign_prehashed_rfc6979;
            use sha2::{Digest, $hash};
            use $curve::SecretKey;
            use $curve::ecdsa::signature::Verifier;
            use $curve::ecdsa::{Signature, VerifyingKey};

            pub(super) fn is_private_key(secret: &[u8]) -> bool {
                SecretKey::from_slice(secret).is_ok()
            }

            pub(super) fn public_key(secret: &[u8]) -> Result<VerifyingKey, Error> {
                let secret = SecretKey::from_slice(secret).map_err(|_| Error::PrivateKeyRange)?;
                Ok(secret.public_key().into())
            }

            pub(super) fn point(bytes: &[u8]) -> Result<VerifyingKey, Error> {
                let key = VerifyingKey::from_sec1_bytes(bytes).map_err(|_| Error::PublicKeyPoint)?;
                // The length has been checked, so that only 4, and neither "compact" nor "hybrid", can begin it.
                if bytes.first() == Some(&4) { Ok(key) } else { Err(Error::PublicKeyPoint) }
            }

            pub(super) fn sign(
                secret: &[u8],
                message: &[u8],
                rnd: &[u8],
                signature: &mut [u8],
            ) -> Result<usize, Error> {
                let secret = SecretKey::from_slice(secret).map_err(|_| Error::Internal)?;
                let (made, _) =
                    sign_prehashed_rfc6979::<_, $hash>(&secret.to_nonzero_scalar(), &$hash::digest(message), rnd);
                let made = made.to_der();
                let made = made.as_bytes();
                signature.get_mut(..made.len()).ok_or(Error::Internal)?.copy_from_slice(made);
                Ok(made.len())
            }

            pub(super) fn verify(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
                Signature::from_der(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
        }
    };
}

ecdsa_on!(ecdsa_p256, p256, Sha256);
ecdsa_on!(ecdsa_p384, p384, Sha384);

#[cfg(test)]
#[allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
mod tests {
    use super::*;

    /// The memory of a public key.
    fn content(key: &ClassicalPublic) -> String {
        match key {
            ClassicalPublic::Ed25519(key) => format!("{key:?}"),
            ClassicalPublic::EcdsaP256(key) => format!("{key:?}"),
            ClassicalPublic::EcdsaP384(key) => format!("{key:?}"),
        }
    }

    #[test]
    fn public_keys_of_private_keys_hold_no_more_than_their_encodings() -> Result<(), Error> {
        for classical in [Classical::Ed25519, Classical::EcdsaP256, Classical::EcdsaP384] {
            let Encoding { prefix, secret_bytes, suffix } = classical.encoding();
            let computed = classical.public_key(&[prefix, &vec![7; secret_bytes], suffix].concat())?;
            let mut encoded = vec![0; classical.public_key_bytes()];
            computed.write(&mut encoded)?;
            let decoded = classical.public_key_from_bytes(&encoded)?;
            assert_eq!(content(&computed), content(&decoded));
        }
        Ok(())
    }
}
