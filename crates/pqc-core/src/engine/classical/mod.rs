//! The classical halves of composite signatures: their sizes and encodings.

#[cfg(not(feature = "fips"))]
mod ed25519;
#[cfg(not(feature = "fips"))]
pub(super) mod nist_curves;
#[cfg(not(feature = "fips"))]
pub(super) mod rust;

use crate::algorithm::{Classical, Hash};
use crate::{Error, PreHash};

impl Hash {
    /// The longest digest, in bytes.
    pub(crate) const MAX_BYTES: usize = 64;

    /// The same hash function among those that sign digests.
    pub(crate) const fn as_pre_hash(self) -> PreHash {
        match self {
            Self::Sha256 => PreHash::SHA2_256,
            Self::Sha512 => PreHash::SHA2_512,
        }
    }
}

/// The encoding around the secret of a private key. For ECDSA it is the ECPrivateKey of RFC 5915 in DER, with the curve
/// and without the public key: only the secret varies.
pub(super) struct Encoding {
    prefix: &'static [u8],
    secret_bytes: usize,
    suffix: &'static [u8],
}

impl Classical {
    pub(super) const fn encoding(self) -> Encoding {
        match self {
            Self::Ed25519 => Encoding { prefix: b"", secret_bytes: 32, suffix: b"" },
            Self::EcdsaP256 => Encoding {
                prefix: b"\x30\x31\x02\x01\x01\x04\x20",
                secret_bytes: 32,
                suffix: b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
            },
            Self::EcdsaP384 => Encoding {
                prefix: b"\x30\x3e\x02\x01\x01\x04\x30",
                secret_bytes: 48,
                suffix: b"\xa0\x07\x06\x05\x2b\x81\x04\x00\x22",
            },
        }
    }

    /// Bytes of an encoded private key.
    pub(crate) const fn private_key_bytes(self) -> usize {
        let Encoding { prefix, secret_bytes, suffix } = self.encoding();
        prefix.len() + secret_bytes + suffix.len()
    }

    /// Bytes of an encoded public key: for ECDSA a point that is not compressed (SEC 1, 2.3.3).
    pub(crate) const fn public_key_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 32,
            Self::EcdsaP256 => 65,
            Self::EcdsaP384 => 97,
        }
    }

    /// Bytes of the longest signature: for ECDSA an Ecdsa-Sig-Value (RFC 3279, 2.2.3) in DER.
    pub(crate) const fn signature_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 64,
            Self::EcdsaP256 => 72,
            Self::EcdsaP384 => 104,
        }
    }

    /// Bytes of the secret in an encoded private key.
    pub(crate) const fn secret_bytes(self) -> usize {
        self.encoding().secret_bytes
    }

    /// The secret in an encoded private key.
    pub(super) fn secret(self, private_key: &[u8]) -> Result<&[u8], Error> {
        let Encoding { prefix, suffix, .. } = self.encoding();
        let secret = private_key.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
        secret.ok_or(Error::KeyEncoding)
    }
}
