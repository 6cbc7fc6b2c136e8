//! The classical halves of composite signatures, and the hashes of messages, by RustCrypto.

use super::{Encoding, ed25519, nist_curves};
use crate::algorithm::{Classical, Composite, Hash};
use crate::engine::{array, check_output, copy, verdict};
use crate::family::composite::STACK_BYTES;
use crate::secret::{fill_random, on_clean_stack};
use crate::{CodePath, Error};
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
        check_output(private_key, self.private_key_bytes())?;
        private_key.copy_within(..secret_bytes, prefix.len());
        let (head, rest) = private_key.split_at_mut_checked(prefix.len()).ok_or(Error::Internal)?;
        let (secret, tail) = rest.split_at_mut_checked(secret_bytes).ok_or(Error::Internal)?;
        copy(prefix, head)?;
        copy(suffix, tail)?;
        while !self.is_in_range(secret) {
            fill_random(secret)?;
        }
        Ok(())
    }

    fn is_in_range(self, secret: &[u8]) -> bool {
        match self {
            Self::Ed25519 => true,
            Self::EcdsaP256 => nist_curves::p256::is_private_key(secret),
            Self::EcdsaP384 => nist_curves::p384::is_private_key(secret),
        }
    }

    /// The public key of an encoded private key, after checking its encoding and range.
    pub(crate) fn public_key(self, path: CodePath, private_key: &[u8]) -> Result<ClassicalPublic, Error> {
        let secret = self.secret(private_key)?;
        Ok(match self {
            Self::Ed25519 => ClassicalPublic::Ed25519(ed25519::public_key(array(secret)?)?),
            Self::EcdsaP256 => ClassicalPublic::EcdsaP256(nist_curves::p256::public_key(path, secret)?),
            Self::EcdsaP384 => ClassicalPublic::EcdsaP384(nist_curves::p384::public_key(path, secret)?),
        })
    }

    /// A public key from its encoding, which is checked.
    pub(crate) fn public_key_from_bytes(self, public_key: &[u8]) -> Result<ClassicalPublic, Error> {
        Ok(match self {
            Self::Ed25519 => ClassicalPublic::Ed25519(ed25519::point(array(public_key)?)?),
            Self::EcdsaP256 => ClassicalPublic::EcdsaP256(nist_curves::p256::point(public_key)?),
            Self::EcdsaP384 => ClassicalPublic::EcdsaP384(nist_curves::p384::point(public_key)?),
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
            Self::Ed25519(key) => copy(key.as_bytes(), out),
            Self::EcdsaP256(key) => copy(key.to_sec1_point(false).as_bytes(), out),
            Self::EcdsaP384(key) => copy(key.to_sec1_point(false).as_bytes(), out),
        }
    }

    /// Signs with the encoded private key of this public key. Returns the length of the signature.
    ///
    /// Ed25519 needs no randomness. The nonce of ECDSA follows RFC 6979, with `rnd` as its additional data (3.6): a
    /// broken random number generator does not reveal the key, and a fault has to be repeated on another nonce.
    pub(crate) fn sign(
        &self,
        path: CodePath,
        private_key: &[u8],
        message: &[u8],
        rnd: &[u8],
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        let secret = self.algorithm().secret(private_key)?;
        match self {
            Self::Ed25519(key) => ed25519::sign(array(secret)?, key, message, signature),
            Self::EcdsaP256(_) => nist_curves::p256::sign(path, secret, message, rnd, signature),
            Self::EcdsaP384(_) => nist_curves::p384::sign(path, secret, message, rnd, signature),
        }
    }

    /// Verifies a signature. It is invalid if it is not the DER of an Ecdsa-Sig-Value, or is longer.
    pub(crate) fn verify(&self, path: CodePath, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let is_valid = match self {
            Self::Ed25519(key) => ed25519::verify(key, message, signature),
            Self::EcdsaP256(key) => nist_curves::p256::verify(path, key, message, signature),
            Self::EcdsaP384(key) => nist_curves::p384::verify(path, key, message, signature),
        };
        verdict(is_valid)
    }
}

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
        let all = [Classical::Ed25519, Classical::EcdsaP256, Classical::EcdsaP384];
        for (path, classical) in CodePath::available().flat_map(|path| all.map(|classical| (path, classical))) {
            let Encoding { prefix, secret_bytes, suffix } = classical.encoding();
            let computed = classical.public_key(path, &[prefix, &vec![7; secret_bytes], suffix].concat())?;
            let mut encoded = vec![0; classical.public_key_bytes()];
            computed.write(&mut encoded)?;
            let decoded = classical.public_key_from_bytes(&encoded)?;
            assert_eq!(content(&computed), content(&decoded));
        }
        Ok(())
    }
}
