//! Why an operation fails. No message carries a byte of the input.

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
    /// A digest does not have the length of its hash function's output.
    DigestLength,
    /// `mu` is not 64 bytes long.
    MuLength,
    /// A coefficient of an encapsulation key is not below the modulus (FIPS 203, 7.2).
    PublicKeyModulus,
    /// A coefficient of a private key, or a scalar of ECDSA, is outside its range.
    PrivateKeyRange,
    /// The hash of the public key stored in a private key is wrong (FIPS 203, 7.3; FIPS 204's `tr`).
    PrivateKeyHash,
    /// An encoded key is longer than any valid one.
    EncodedKeyLength,
    /// A key is not in the PEM or DER form that it should have.
    KeyEncoding,
    /// An encoded key is of an unknown algorithm.
    KeyAlgorithm,
    /// A private key was given as a seed and in expanded form, and they are not the same key.
    SeedMismatch,
    /// A private key does not belong to the public key that comes with it.
    KeyPairMismatch,
    /// A private key is encrypted, and there is no password.
    PasswordRequired,
    /// The password is wrong, or the encrypted private key was damaged.
    PasswordWrong,
    /// There is a password for a private key that is not encrypted.
    PasswordUnused,
    /// The encryption of a private key is not supported.
    KeyEncryption,
    /// Deriving the encryption key from the password would cost more than the caller allows.
    KeyEncryptionCost,
    /// The classical half of a composite or hybrid public key is not a point of its curve, or is one of low order.
    PublicKeyPoint,
    /// The classical half of a hybrid ciphertext is not a point of its curve, or is one of low order.
    CiphertextPoint,
    /// The signature is not valid for this message, context and key, or has the wrong length.
    InvalidSignature,
    /// The private key was loaded from its expanded encoding, from which no seed can be derived, or its algorithm has no seed.
    SeedUnavailable,
    /// The processor or this build lacks the requested code path.
    CodePathUnavailable,
    /// The key's algorithm does not support the operation or form.
    WrongAlgorithm,
    /// This build has a FIPS module, which lacks the operation or does not approve it.
    NotApproved,
    /// The system's random number generator failed.
    Randomness,
    /// A number of threads is not 1 to 256, in a call or in the environment.
    ThreadCount,
    /// Memory could not be locked: the process has reached its limit.
    MemoryLockLimit,
    /// The platform has no locked memory.
    MemoryLockUnavailable,
    /// Memory could not be allocated.
    OutOfMemory,
    /// The engine computed a wrong answer in its self test on this machine.
    SelfTest,
    /// The check of a signature against faults failed: the signature was computed twice with different results, or is not valid under
    /// the public half of its key. No part of it was released.
    FaultDetected,
    /// The message of an SLH-DSA signature had another digest when it was hashed again, and the rest of the signature is right: the
    /// message or the context changed in the meantime, or its hash went wrong. No part of the signature was released.
    MessageChanged,
    /// The algorithm library failed, which correct inputs cannot cause.
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
            Self::MuLength => "mu has the wrong length",
            Self::PublicKeyModulus => "public key has a coefficient that is not below the modulus",
            Self::PrivateKeyRange => "private key has a coefficient or scalar outside its range",
            Self::PrivateKeyHash => "private key does not match the hash of its public key",
            Self::EncodedKeyLength => "encoded key is longer than 16384 bytes",
            Self::KeyEncoding => {
                "key is not PEM or DER of PKCS#8 or SubjectPublicKeyInfo, or not of the kind that was expected"
            }
            Self::KeyAlgorithm => "key is of another algorithm",
            Self::SeedMismatch => "seed and expanded form of the private key do not match",
            Self::KeyPairMismatch => "private key does not match its public key",
            Self::PasswordRequired => "private key is encrypted",
            Self::PasswordWrong => "password is wrong or the encrypted private key is damaged",
            Self::PasswordUnused => "a password was given, but the private key is not encrypted",
            Self::KeyEncryption => {
                "encryption of the private key is unsupported: use PBES2 with AES-256-CBC, and PBKDF2 or scrypt"
            }
            Self::KeyEncryptionCost => {
                "deriving the encryption key from the password costs more than max_kdf_cost allows"
            }
            Self::PublicKeyPoint => {
                "classical half of the public key is not a point of its curve, or is one of low order"
            }
            Self::CiphertextPoint => {
                "classical half of the ciphertext is not a point of its curve, or is one of low order"
            }
            Self::InvalidSignature => "signature is not valid",
            Self::SeedUnavailable => "unavailable: the key has no seed",
            Self::CodePathUnavailable => "code path is unavailable: the processor or this build lacks it",
            Self::WrongAlgorithm => "the key's algorithm does not support this operation or form",
            Self::NotApproved => "the FIPS module of this build does not approve the operation",
            Self::Randomness => "the system's random number generator failed",
            Self::ThreadCount => "number of threads must be 1 to 256, in the call and in QYNAUTH_PQC_THREADS",
            Self::MemoryLockLimit => "memory could not be locked; raise the limit of the process",
            Self::MemoryLockUnavailable => "locked memory is unavailable on this platform",
            Self::OutOfMemory => "memory could not be allocated",
            Self::SelfTest => "the engine's self test failed",
            Self::FaultDetected => "the check of a signature against faults failed",
            Self::MessageChanged => "the message or its digest changed while it was signed",
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
