//! The classical halves of composite signatures by the module: Ed25519 and ECDSA (FIPS 186-5), and the hashes of messages.

use super::mldsa_keys::draw_seed;
use crate::algorithm::{Classical, Composite, Hash};
use crate::engine::{check_output, verdict};
use crate::{CodePath, Error};
use pqc_module::{Digest, Key, KeyType};

impl Hash {
    /// The digest of a message, at the beginning of `out`.
    pub(crate) fn of<'a>(self, message: &[u8], out: &'a mut [u8; Self::MAX_BYTES]) -> Result<&'a [u8], Error> {
        match self {
            Self::Sha256 => {
                let digest = out.first_chunk_mut::<32>().ok_or(Error::Internal)?;
                Digest::Sha256.of(message, digest)?;
                Ok(digest)
            }
            Self::Sha512 => {
                Digest::Sha512.of(message, out)?;
                Ok(out)
            }
        }
    }
}

impl Composite {
    /// KeyGen of the draft (3.1): the module generates both halves.
    pub(crate) fn draw(&self, private_key: &mut [u8]) -> Result<(), Error> {
        let (seed, classical) = private_key.split_at_mut_checked(self.mldsa.seed_bytes()).ok_or(Error::Internal)?;
        check_output(classical, self.classical.private_key_bytes())?;
        draw_seed(self.mldsa, seed)?;
        Ok(Key::generate(self.classical.kind())?.write_private(classical)?)
    }
}

impl Classical {
    const fn kind(self) -> KeyType {
        match self {
            Self::Ed25519 => KeyType::Ed25519,
            Self::EcdsaP256 => KeyType::P256,
            Self::EcdsaP384 => KeyType::P384,
        }
    }

    /// The key of an encoded private key, after checking its encoding and range.
    pub(crate) fn public_key(self, _: CodePath, private_key: &[u8]) -> Result<ClassicalPublic, Error> {
        let secret = self.secret(private_key)?;
        let key = match self {
            Self::Ed25519 => Key::from_seed(self.kind(), secret)?,
            Self::EcdsaP256 | Self::EcdsaP384 => Key::from_private_bytes(self.kind(), private_key, &[])
                .map_err(|error| refused(error, Error::PrivateKeyRange))?,
        };
        Ok(ClassicalPublic { classical: self, key })
    }

    /// A public key from its encoding, which is checked.
    pub(crate) fn public_key_from_bytes(self, public_key: &[u8]) -> Result<ClassicalPublic, Error> {
        let is_right = match self {
            Self::Ed25519 => is_ed25519_point(crate::engine::array(public_key)?),
            // The length has been checked, so that only 4, and neither "compact" nor "hybrid", can begin a point.
            Self::EcdsaP256 | Self::EcdsaP384 => public_key.first() == Some(&4),
        };
        if !is_right {
            return Err(Error::PublicKeyPoint);
        }
        let key =
            Key::from_public_bytes(self.kind(), public_key).map_err(|error| refused(error, Error::PublicKeyPoint))?;
        Ok(ClassicalPublic { classical: self, key })
    }
}

/// Names the check that the module made of a key.
fn refused(error: pqc_module::Error, check: Error) -> Error {
    if error == pqc_module::Error::Refused { check } else { error.into() }
}

/// Whether it is a point in its one encoding (RFC 8032, 5.1.3) that is not of low order. The module does not check it.
fn is_ed25519_point(bytes: &[u8; 32]) -> bool {
    ed25519_dalek::VerifyingKey::from_bytes(bytes)
        .is_ok_and(|key| key.to_edwards().compress().as_bytes() == bytes && !key.is_weak())
}

/// A public key in the module's memory. In a private key of a composite it has its private key.
pub(crate) struct ClassicalPublic {
    classical: Classical,
    key: Key,
}

impl ClassicalPublic {
    /// The public key alone.
    pub(crate) fn public(&self) -> Result<Self, Error> {
        let mut encoded = [0; Classical::EcdsaP384.public_key_bytes()];
        let encoded = &mut encoded[..self.classical.public_key_bytes()];
        self.write(encoded)?;
        let key = Key::from_public_bytes(self.classical.kind(), encoded)?;
        Ok(Self { classical: self.classical, key })
    }

    /// Writes the encoding.
    pub(crate) fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        check_output(out, self.classical.public_key_bytes())?;
        Ok(self.key.write_public(out)?)
    }

    /// Signs with the private key that is in the module. Returns the length of the signature.
    pub(crate) fn sign(
        &self,
        _: CodePath,
        _: &[u8],
        message: &[u8],
        _: &[u8],
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        Ok(self.key.sign(message, signature)?)
    }

    /// Verifies a signature.
    pub(crate) fn verify(&self, _: CodePath, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        verdict(self.key.verify(message, signature)?)
    }
}
