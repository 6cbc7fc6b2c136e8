//! Digests that are signed in the place of a message: the hash functions, and the formatted message of HashML-DSA (FIPS 204, 5.4)
//! and HashSLH-DSA (FIPS 205, 10.2.2), which a composite takes apart.

use crate::{Error, MLDSA_MAX_CONTEXT_BYTES};

/// The DER encoding of 2.16.840.1.101.3.4.2, the arc of NIST's hash functions, ready for one more number.
const HASH_ARC: [u8; 10] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

/// The longest digest, in bytes.
const MAX_DIGEST_BYTES: usize = 64;

/// The longest M': separator, length of the context, context, object identifier, digest.
const MAX_M_PRIME_BYTES: usize = 2 + MLDSA_MAX_CONTEXT_BYTES + HASH_ARC.len() + 1 + MAX_DIGEST_BYTES;

/// A hash function that FIPS 204 and FIPS 205 approve. Its number is the last of its object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreHash {
    id: u8,
    digest_bytes: usize,
}

impl PreHash {
    /// All twelve: SHA2-256, -384, -512, -224, -512/224, -512/256, SHA3-224, -256, -384, -512, SHAKE128, SHAKE256.
    pub const ALL: [Self; 12] = {
        let digest_bytes = [32, 48, 64, 28, 28, 32, 28, 32, 48, 64, 32, 64];
        let mut all = [Self { id: 0, digest_bytes: 0 }; 12];
        let mut index = 0;
        let mut id = 1;
        while index < all.len() {
            all[index] = Self { id, digest_bytes: digest_bytes[index] };
            index += 1;
            id += 1;
        }
        all
    };

    /// SHA-256.
    pub(crate) const SHA2_256: Self = Self::ALL[0];
    /// SHA-512.
    pub(crate) const SHA2_512: Self = Self::ALL[2];

    /// The function with this number (1 to 12).
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| u32::from(hash.id) == id)
    }

    /// 1 to 12.
    pub const fn id(self) -> u8 {
        self.id
    }

    /// Bytes of a digest: 28 to 64; 32 for SHAKE128 and 64 for SHAKE256 (FIPS 204, 5.4.1).
    pub const fn digest_bytes(self) -> usize {
        self.digest_bytes
    }
}

/// `M' = 1 || len(context) || context || OID || digest` (FIPS 204, algorithms 4 and 5; FIPS 205, 23 and 25).
pub(crate) struct FormattedMessage {
    bytes: [u8; MAX_M_PRIME_BYTES],
    len: usize,
}

impl FormattedMessage {
    /// Formats a digest, after checking its length and the context's.
    pub(crate) fn new(hash: PreHash, digest: &[u8], context: &[u8]) -> Result<Self, Error> {
        let context_len = u8::try_from(context.len()).map_err(|_| Error::ContextLength)?;
        if digest.len() != hash.digest_bytes {
            return Err(Error::DigestLength);
        }
        let mut message = Self { bytes: [0; MAX_M_PRIME_BYTES], len: 0 };
        for field in [&[1, context_len], context, &HASH_ARC, &[hash.id], digest] {
            message.bytes[message.len..][..field.len()].copy_from_slice(field);
            message.len += field.len();
        }
        Ok(message)
    }

    /// The bytes of M'.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The context.
    pub(crate) fn context(&self) -> &[u8] {
        &self.bytes[2..][..usize::from(self.bytes[1])]
    }

    /// The digest, if it is by this hash function.
    pub(crate) fn digest_by(&self, hash: PreHash) -> Option<&[u8]> {
        let (id, digest) = self.as_slice()[2 + self.context().len() + HASH_ARC.len()..].split_first()?;
        (*id == hash.id).then_some(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatted_message_is_as_in_the_standard() {
        let hash = PreHash::from_id(3).expect("SHA2-512");
        let message = FormattedMessage::new(hash, &[7; 64], b"ctx").expect("lengths are right");
        let oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
        assert_eq!(message.as_slice(), [b"\x01\x03ctx".as_slice(), &oid, &[7; 64]].concat());
        assert_eq!((message.context(), message.digest_by(hash)), (b"ctx".as_slice(), Some([7; 64].as_slice())));
        assert_eq!(message.digest_by(PreHash::from_id(10).expect("SHA3-512")), None);
    }

    #[test]
    fn wrong_lengths_and_numbers_are_refused() {
        for hash in PreHash::ALL {
            let digest = vec![0; hash.digest_bytes()];
            assert_eq!(FormattedMessage::new(hash, &digest[1..], b"").err(), Some(Error::DigestLength));
            assert_eq!(FormattedMessage::new(hash, &digest, &[0; 256]).err(), Some(Error::ContextLength));
            assert!(FormattedMessage::new(hash, &digest, &[0; 255]).is_ok());
        }
        assert_eq!([PreHash::from_id(0), PreHash::from_id(13)], [None, None]);
    }
}
