//! The structures of PKCS#8 that RustCrypto's crates leave to the algorithm, or do not distinguish.

use crate::secret::SecretVec;
use crate::{Error, Memory};
use pkcs8::der::asn1::{ContextSpecific, OctetStringRef};
use pkcs8::der::{
    self, Decode, DecodeValue, Encode, EncodeValue, Header, Length, Reader, Sequence, SliceReader, Tag, TagMode,
    TagNumber, Writer,
};
use pkcs8::spki::AlgorithmIdentifierRef;

const SEED_TAG: TagNumber = TagNumber(0);

/// `both SEQUENCE { seed OCTET STRING, expandedKey OCTET STRING }`.
struct Both<'a> {
    seed: &'a OctetStringRef,
    expanded: &'a OctetStringRef,
}

impl<'a> DecodeValue<'a> for Both<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> der::Result<Self> {
        Ok(Self { seed: reader.decode()?, expanded: reader.decode()? })
    }
}

impl EncodeValue for Both<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.seed.encoded_len()? + self.expanded.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.seed.encode(writer)?;
        self.expanded.encode(writer)
    }
}

impl<'a> Sequence<'a> for Both<'a> {}

/// The private key inside PKCS#8, a CHOICE by its tag (RFC 9881, section 6; RFC 9935, section 6).
#[derive(Clone, Copy)]
pub(super) struct PrivateKeyChoice<'a> {
    pub(super) seed: Option<&'a [u8]>,
    pub(super) expanded: Option<&'a [u8]>,
}

impl<'a> PrivateKeyChoice<'a> {
    pub(super) fn from_der(der: &'a [u8]) -> Result<Self, Error> {
        Self::decode(der).map_err(|_| Error::KeyEncoding)
    }

    fn decode(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let key = match Tag::peek(&reader)? {
            Tag::OctetString => Self { seed: None, expanded: Some(<&OctetStringRef>::decode(&mut reader)?.as_bytes()) },
            Tag::Sequence => {
                let both = Both::decode(&mut reader)?;
                Self { seed: Some(both.seed.as_bytes()), expanded: Some(both.expanded.as_bytes()) }
            }
            tag => {
                let seed = reader.context_specific::<&OctetStringRef>(SEED_TAG, TagMode::Implicit)?;
                Self { seed: Some(seed.ok_or_else(|| tag.unexpected_error(None))?.as_bytes()), expanded: None }
            }
        };
        reader.finish()?;
        Ok(key)
    }

    /// Passes the structure to `write`.
    pub(super) fn encode<T>(self, write: impl FnOnce(&dyn EncodeDer) -> Result<T, Error>) -> Result<T, Error> {
        let string = |bytes| OctetStringRef::new(bytes).map_err(|_| Error::Internal);
        match (self.seed.map(string).transpose()?, self.expanded.map(string).transpose()?) {
            (Some(seed), Some(expanded)) => write(&Both { seed, expanded }),
            (None, Some(expanded)) => write(&expanded),
            (Some(seed), None) => {
                write(&ContextSpecific { tag_number: SEED_TAG, tag_mode: TagMode::Implicit, value: seed })
            }
            (None, None) => Err(Error::Internal),
        }
    }
}

/// [`Encode`] for use by reference.
pub(super) trait EncodeDer {
    fn len(&self) -> Result<usize, Error>;

    /// Writes the encoding into `out`, which has its length.
    fn write(&self, out: &mut [u8]) -> Result<(), Error>;
}

impl<T: Encode> EncodeDer for T {
    fn len(&self) -> Result<usize, Error> {
        self.encoded_len().and_then(usize::try_from).map_err(|_| Error::Internal)
    }

    fn write(&self, out: &mut [u8]) -> Result<(), Error> {
        self.encode_to_slice(out).map(|_| ()).map_err(|_| Error::Internal)
    }
}

/// A structure in DER.
pub(super) fn to_der(structure: &dyn EncodeDer, memory: Memory) -> Result<SecretVec, Error> {
    let mut der = SecretVec::zeroed(memory, structure.len()?)?;
    structure.write(&mut der)?;
    Ok(der)
}

/// `EncryptedPrivateKeyInfo` with any encryption, even an unsupported one.
pub(super) struct EncryptedKey<'a> {
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) data: &'a OctetStringRef,
}

impl<'a> DecodeValue<'a> for EncryptedKey<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> der::Result<Self> {
        Ok(Self { algorithm: reader.decode()?, data: reader.decode()? })
    }
}

impl EncodeValue for EncryptedKey<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.algorithm.encoded_len()? + self.data.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.algorithm.encode(writer)?;
        self.data.encode(writer)
    }
}

impl<'a> Sequence<'a> for EncryptedKey<'a> {}
