//! The bytes of an argument: their right value, and the outcome of a wrong one.

use super::api::*;
use super::keys::Algorithm;

/// The contents of an input or an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Seed,
    PrivateKey,
    PublicKey,
    Ciphertext,
    SharedSecret,
    Randomness,
    Message,
    Context,
    /// A message as the internal functions of FIPS 204 take it.
    MPrime,
    Digest,
    Mu,
    Signature,
    PrehashedSignature,
    /// A private key in PKCS#8.
    Pkcs8,
    /// The same with its seed and its expanded key, in PEM.
    Pkcs8Both,
    /// A public key in SubjectPublicKeyInfo.
    Spki,
    SpkiPem,
    /// An encrypted private key of ML-DSA-44 in PKCS#8.
    Encrypted,
    Password,
    /// The share of the side that begins an exchange.
    Share,
    /// The share of the other side.
    ExchangeCiphertext,
    ExchangeSecret,
    /// Zeros of any number.
    Zeros,
    /// Counts, which no test knows in advance.
    Operations,
}

impl Data {
    pub(crate) const COUNT: usize = Self::Operations as usize + 1;

    pub(crate) fn is_encoded_key(self) -> bool {
        matches!(self, Self::Pkcs8 | Self::Spki | Self::Encrypted)
    }

    /// The status of an input of the right data and this length, if the length alone decides.
    pub(crate) fn refusal(self, algorithm: &Algorithm, hash: u32, right: usize, length: usize) -> Option<PqcStatus> {
        let (right, status) = match self {
            Self::Seed => (algorithm.seed, PqcStatus::SeedLength),
            Self::PrivateKey => (algorithm.private_key, PqcStatus::PrivateKeyLength),
            Self::PublicKey | Self::Share => (algorithm.public_key, PqcStatus::PublicKeyLength),
            Self::Ciphertext | Self::ExchangeCiphertext => (algorithm.ciphertext, PqcStatus::CiphertextLength),
            Self::Randomness => (algorithm.randomness, PqcStatus::RandomnessLength),
            Self::Digest => (digest_length(hash)?, PqcStatus::DigestLength),
            Self::Mu => (64, PqcStatus::MuLength),
            Self::Context if length > 255 => return Some(PqcStatus::ContextLength),
            _ if self.is_encoded_key() && length > PQC_MAXENCODEDKEYBYTES => return Some(PqcStatus::EncodedKeyLength),
            // DER that is cut, or has trailing data.
            _ if self.is_encoded_key() => (right, PqcStatus::KeyEncoding),
            _ => return None,
        };
        if length == right { None } else { Some(status) }
    }

    /// The statuses that contents which are not the right ones may lead to.
    pub(crate) fn possible(self) -> &'static [PqcStatus] {
        use PqcStatus::*;
        match self {
            Self::PrivateKey => &[KeyEncoding, PrivateKeyRange, PublicKeyModulus, PrivateKeyHash, KeyPairMismatch],
            Self::PublicKey | Self::Share => &[PublicKeyModulus, PublicKeyPoint],
            Self::Ciphertext | Self::ExchangeCiphertext => &[CiphertextPoint],
            // Of a hybrid, without a scalar in it.
            Self::Randomness => &[PrivateKeyRange],
            Self::Spki => &[KeyEncoding, KeyAlgorithm, PublicKeyLength, PublicKeyModulus, PublicKeyPoint],
            Self::Pkcs8 | Self::Encrypted | Self::Password => &[
                KeyEncoding,
                KeyAlgorithm,
                PasswordRequired,
                PasswordWrong,
                PasswordUnused,
                KeyEncryption,
                KeyEncryptionCost,
                SeedLength,
                PrivateKeyLength,
                PrivateKeyRange,
                PrivateKeyHash,
                PublicKeyModulus,
                SeedMismatch,
                KeyPairMismatch,
            ],
            _ => &[],
        }
    }
}

/// The bytes of a digest of this hash function.
pub(crate) fn digest_length(hash: u32) -> Option<usize> {
    const LENGTHS: [usize; 12] = [32, 48, 64, 28, 28, 32, 28, 32, 48, 64, 32, 64];
    LENGTHS.get(usize::try_from(hash).ok()?.checked_sub(1)?).copied()
}
