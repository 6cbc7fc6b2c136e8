//! What can go wrong, in words that never carry a byte of the input.

use core::fmt;

/// Why an operation was refused or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// An encapsulation key or public key has the wrong length.
    PublicKeyLength,
    /// A private key has the wrong length.
    PrivateKeyLength,
    /// A seed has the wrong length.
    SeedLength,
    /// A ciphertext has the wrong length.
    CiphertextLength,
    /// A context string is longer than 255 bytes.
    ContextLength,
    /// Caller-supplied randomness (`m`, `rnd` or `eseed`) has the wrong length.
    RandomnessLength,
    /// A digest does not have the length that its hash function gives.
    DigestLength,
    /// A coefficient of an encapsulation key is not below the modulus (FIPS 203, 7.2).
    PublicKeyModulus,
    /// A coefficient of a private key is outside its range.
    PrivateKeyRange,
    /// The hash of the public key stored in a private key is wrong (FIPS 203, 7.3; FIPS 204's `tr`).
    PrivateKeyHash,
    /// The signature is not valid for this message, context and key, or has the wrong length.
    InvalidSignature,
    /// The key pair was loaded from an expanded private key, from which no seed can be derived.
    SeedUnavailable,
    /// The processor lacks the instructions of the requested code path.
    CodePathUnavailable,
    /// The system's random number generator failed.
    Randomness,
    /// Memory could not be locked: the process has reached its limit.
    MemoryLockLimit,
    /// The platform has no locked memory.
    MemoryLockUnavailable,
    /// Memory could not be allocated.
    OutOfMemory,
    /// The algorithm library failed in a way that correct inputs cannot cause.
    Internal,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKeyLength => "public key has the wrong length",
            Self::PrivateKeyLength => "private key has the wrong length",
            Self::SeedLength => "seed has the wrong length",
            Self::CiphertextLength => "ciphertext has the wrong length",
            Self::ContextLength => "context is longer than 255 bytes",
            Self::RandomnessLength => "randomness has the wrong length",
            Self::DigestLength => "digest has the wrong length",
            Self::PublicKeyModulus => "public key has a coefficient that is not below the modulus",
            Self::PrivateKeyRange => "private key has a coefficient outside its range",
            Self::PrivateKeyHash => "private key does not match the hash of its public key",
            Self::InvalidSignature => "signature is not valid",
            Self::SeedUnavailable => "no seed is known for this key",
            Self::CodePathUnavailable => "the processor lacks this code path",
            Self::Randomness => "the system's random number generator failed",
            Self::MemoryLockLimit => "memory could not be locked: the limit of the process is reached",
            Self::MemoryLockUnavailable => "locked memory is not available on this platform",
            Self::OutOfMemory => "memory could not be allocated",
            Self::Internal => "internal error of the algorithm library",
        })
    }
}

impl std::error::Error for Error {}

impl From<pqc_memory::Error> for Error {
    fn from(error: pqc_memory::Error) -> Self {
        match error {
            pqc_memory::Error::OutOfMemory => Self::OutOfMemory,
            pqc_memory::Error::Limit => Self::MemoryLockLimit,
            pqc_memory::Error::Unsupported => Self::MemoryLockUnavailable,
        }
    }
}
