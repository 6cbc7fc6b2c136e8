//! The groups of hybrid KEMs: X25519, P-256 and P-384 (draft-irtf-cfrg-concrete-hybrid-kems-04, 4.1; X-Wing, 5.1).

#[cfg(not(feature = "fips"))]
use super::classical::nist_curves::{p256, p384};
#[cfg(not(feature = "fips"))]
use super::{array, x25519};
use crate::algorithm::Group;
use crate::{CodePath, Error};

/// Bytes of the longest scalar, of the longest element and of the longest seed of a scalar.
pub(crate) const MAX_SCALAR_BYTES: usize = 48;
pub(crate) const MAX_ELEMENT_BYTES: usize = 97;
pub(crate) const MAX_SEED_BYTES: usize = 128;

impl Group {
    /// Bytes of an element: for P-256 and P-384 a point that is not compressed.
    pub(crate) const fn element_bytes(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::P256 => 65,
            Self::P384 => 97,
        }
    }

    /// Bytes of a scalar, and of a shared secret.
    pub(crate) const fn scalar_bytes(self) -> usize {
        match self {
            Self::X25519 | Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// Bytes of the seed of a scalar.
    pub(crate) const fn seed_bytes(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::P256 => 128,
            Self::P384 => 48,
        }
    }
}

#[cfg(not(feature = "fips"))]
impl Group {
    /// RandomScalar: the first scalar from 1 to n - 1 in a seed. With probability 2^-128 at most there is none.
    pub(crate) fn scalar(self, seed: &[u8]) -> Result<&[u8], Error> {
        let is_scalar = match self {
            Self::X25519 => |_: &[u8]| true,
            Self::P256 => p256::is_private_key,
            Self::P384 => p384::is_private_key,
        };
        seed.chunks_exact(self.scalar_bytes()).find(|scalar| is_scalar(scalar)).ok_or(Error::PrivateKeyRange)
    }

    /// Checks that bytes are an element. For X25519 all are, even of low order: the function of RFC 7748, section 5, is
    /// used, and its result is not checked. A hybrid with such an element is as strong as its ML-KEM half.
    pub(crate) fn check_element(self, element: &[u8]) -> Result<(), Error> {
        match self {
            Self::X25519 => Ok(()),
            Self::P256 => p256::point(element).map(drop),
            Self::P384 => p384::point(element).map(drop),
        }
    }

    /// Writes the element of a scalar.
    pub(crate) fn element(self, path: CodePath, scalar: &[u8], out: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::X25519 => x25519::x25519_public_key(path, array(scalar)?, sized(out)?),
            Self::P256 => p256::element(path, scalar, out)?,
            Self::P384 => p384::element(path, scalar, out)?,
        }
        Ok(())
    }

    /// Writes the secret that the owner of a scalar shares with the owner of an element.
    pub(crate) fn exchange(self, path: CodePath, scalar: &[u8], element: &[u8], out: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::X25519 => x25519::x25519(path, array(scalar)?, array(element)?, sized(out)?),
            Self::P256 => p256::exchange(path, scalar, element, out)?,
            Self::P384 => p384::exchange(path, scalar, element, out)?,
        }
        Ok(())
    }
}

/// An output of X25519; the caller has checked the length.
#[cfg(not(feature = "fips"))]
fn sized(out: &mut [u8]) -> Result<&mut [u8; 32], Error> {
    out.try_into().map_err(|_| Error::Internal)
}

/// This build refuses the hybrids before they use a group.
#[cfg(feature = "fips")]
impl Group {
    pub(crate) fn scalar(self, _: &[u8]) -> Result<&[u8], Error> {
        Err(Error::NotApproved)
    }

    pub(crate) fn check_element(self, _: &[u8]) -> Result<(), Error> {
        Err(Error::NotApproved)
    }

    pub(crate) fn element(self, _: CodePath, _: &[u8], _: &mut [u8]) -> Result<(), Error> {
        Err(Error::NotApproved)
    }

    pub(crate) fn exchange(self, _: CodePath, _: &[u8], _: &[u8], _: &mut [u8]) -> Result<(), Error> {
        Err(Error::NotApproved)
    }
}
