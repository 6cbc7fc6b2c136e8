//! Status codes, their texts, and what they are made from.
#![allow(unsafe_code, reason = "an exported name is an unsafe attribute")]

use crate::boundary::c_string;
use core::ffi::{CStr, c_char};
use pqc_core::Error;

/// Result of a call. 0 is success; a code keeps its number and meaning in every later version.
///
/// 1 to 19: the call itself was wrong. 20 to 39: an input or an output has a wrong length. 40 to 59: an input has the
/// right length and was refused. 60 to 79: what was requested is unavailable. 80 and above: the system or the library
/// failed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PqcStatus {
    /// Success.
    Ok = 0,
    /// A pointer that must not be NULL is NULL.
    NullPointer = 1,
    /// The parameter set is not one of 512, 768, 1024 (ML-KEM) or 44, 65, 87 (ML-DSA).
    UnknownParameterSet = 2,
    /// A bit of `flags` has no meaning for this function.
    UnknownFlags = 3,
    /// The hash function is not one of the twelve `PQC_HASH_*`.
    UnknownHash = 4,
    /// The operation is not one of PQC_OPERATION_*.
    UnknownOperation = 5,
    /// The form of a private key is not one of PQC_PRIVATE_KEY_*.
    UnknownForm = 6,
    /// The encoding of a key is not one of PQC_ENCODING_*.
    UnknownEncoding = 7,
    /// A batch has neither one key nor as many as it has items.
    BatchCount = 8,
    /// A number of threads is not 1 to 256, in the call or in the environment variable QYNAUTH_PQC_THREADS.
    ThreadCount = 9,
    /// An output overlaps an input or another output. Nothing was written.
    Overlap = 10,
    /// A public key has the wrong length.
    PublicKeyLength = 20,
    /// A private key has the wrong length.
    PrivateKeyLength = 21,
    /// A seed has the wrong length: it is 64 bytes for ML-KEM and 32 for ML-DSA and X-Wing.
    SeedLength = 22,
    /// A ciphertext has the wrong length.
    CiphertextLength = 23,
    /// A context string is longer than 255 bytes.
    ContextLength = 24,
    /// The randomness of a known-answer function has the wrong length: it is 64 bytes for X-Wing and 32 for the others.
    RandomnessLength = 25,
    /// A length is greater than any object can be.
    InputTooLong = 26,
    /// A digest does not have the length that its hash function gives.
    DigestLength = 27,
    /// An output is smaller than what it must hold.
    OutputLength = 28,
    /// An encoded key is longer than 16384 bytes.
    EncodedKeyLength = 29,
    /// `mu` is not 64 bytes long.
    MuLength = 30,
    /// An encapsulation key has a coefficient that is not below the modulus (FIPS 203, 7.2).
    PublicKeyModulus = 40,
    /// A private key has a coefficient outside its range.
    PrivateKeyRange = 41,
    /// A private key does not match the hash of its public key (FIPS 203, 7.3; `tr` in FIPS 204).
    PrivateKeyHash = 42,
    /// Seed and expanded form of a private key in PKCS#8 are not the same key.
    SeedMismatch = 43,
    /// A private key does not belong to its public key.
    KeyPairMismatch = 44,
    /// A key is not PEM or DER of PKCS#8 or SubjectPublicKeyInfo, or not of the kind that was expected.
    KeyEncoding = 45,
    /// A private key is encrypted, and there is no password.
    PasswordRequired = 46,
    /// The password is wrong, or the encrypted private key was damaged.
    PasswordWrong = 47,
    /// There is a password for a private key that is not encrypted.
    PasswordUnused = 48,
    /// Deriving the encryption key from the password would cost more than the caller allows.
    KeyEncryptionCost = 49,
    /// The signature is not valid for this message, context and key, or has the wrong length.
    InvalidSignature = 50,
    /// The batch was worked through and some of its items did not succeed: each has its own status.
    BatchItems = 51,
    /// No seed is known: the key was loaded from its expanded form.
    SeedUnavailable = 60,
    /// The processor or the engine lacks the code path that was asked for.
    CodePathUnavailable = 61,
    /// The platform has no locked memory.
    MemoryLockUnavailable = 62,
    /// Memory for shared metrics is too small, not aligned or laid out by another version, or there is one already.
    SharedMemory = 63,
    /// An encoded key is of another algorithm than the one that was asked for.
    KeyAlgorithm = 64,
    /// A private key is encrypted in a way that is not supported.
    KeyEncryption = 65,
    /// The environment variable QYNAUTH_PQC_ENGINE has another value than "libcrux" or "simd".
    EngineSetting = 66,
    /// The engine of the key cannot sign or verify an external mu.
    ExternalMuUnavailable = 67,
    /// The system's random number generator failed.
    Randomness = 80,
    /// Memory could not be allocated.
    OutOfMemory = 81,
    /// Memory could not be locked: the process has reached its limit (`ulimit -l`).
    MemoryLockLimit = 82,
    /// The engine gave a wrong known answer on this machine, and is not used. Please report it.
    SelfTest = 83,
    /// The library failed in a way that no input should cause. Please report it.
    Internal = 98,
    /// The library panicked; the panic was caught at the boundary. Please report it.
    Panic = 99,
}

impl PqcStatus {
    /// Every status, in the order of the codes.
    const ALL: [Self; 48] = [
        Self::Ok,
        Self::NullPointer,
        Self::UnknownParameterSet,
        Self::UnknownFlags,
        Self::UnknownHash,
        Self::UnknownOperation,
        Self::UnknownForm,
        Self::UnknownEncoding,
        Self::BatchCount,
        Self::ThreadCount,
        Self::Overlap,
        Self::PublicKeyLength,
        Self::PrivateKeyLength,
        Self::SeedLength,
        Self::CiphertextLength,
        Self::ContextLength,
        Self::RandomnessLength,
        Self::InputTooLong,
        Self::DigestLength,
        Self::OutputLength,
        Self::EncodedKeyLength,
        Self::MuLength,
        Self::PublicKeyModulus,
        Self::PrivateKeyRange,
        Self::PrivateKeyHash,
        Self::SeedMismatch,
        Self::KeyPairMismatch,
        Self::KeyEncoding,
        Self::PasswordRequired,
        Self::PasswordWrong,
        Self::PasswordUnused,
        Self::KeyEncryptionCost,
        Self::InvalidSignature,
        Self::BatchItems,
        Self::SeedUnavailable,
        Self::CodePathUnavailable,
        Self::MemoryLockUnavailable,
        Self::SharedMemory,
        Self::KeyAlgorithm,
        Self::KeyEncryption,
        Self::EngineSetting,
        Self::ExternalMuUnavailable,
        Self::Randomness,
        Self::OutOfMemory,
        Self::MemoryLockLimit,
        Self::SelfTest,
        Self::Internal,
        Self::Panic,
    ];

    fn message(self) -> &'static CStr {
        match self {
            Self::Ok => c"success",
            Self::NullPointer => c"a pointer that must not be NULL is NULL",
            Self::UnknownParameterSet => c"unknown parameter set",
            Self::UnknownFlags => c"unknown flags",
            Self::UnknownHash => c"unknown hash function",
            Self::UnknownOperation => c"unknown operation",
            Self::UnknownForm => c"unknown form of a private key",
            Self::UnknownEncoding => c"unknown encoding of a key",
            Self::BatchCount => c"a batch has neither one key nor as many as items",
            Self::ThreadCount => c"number of threads is not 1 to 256, in the call or in QYNAUTH_PQC_THREADS",
            Self::Overlap => c"an output overlaps an input or another output",
            Self::PublicKeyLength => c"public key has the wrong length",
            Self::PrivateKeyLength => c"private key has the wrong length",
            Self::SeedLength => c"seed has the wrong length",
            Self::CiphertextLength => c"ciphertext has the wrong length",
            Self::ContextLength => c"context is longer than 255 bytes",
            Self::RandomnessLength => c"randomness has the wrong length",
            Self::InputTooLong => c"length is greater than any object can be",
            Self::DigestLength => c"digest has the wrong length",
            Self::OutputLength => c"output is too small",
            Self::EncodedKeyLength => c"encoded key is longer than 16384 bytes",
            Self::MuLength => c"mu has the wrong length",
            Self::PublicKeyModulus => c"public key has a coefficient that is not below the modulus",
            Self::PrivateKeyRange => c"private key has a coefficient outside its range",
            Self::PrivateKeyHash => c"private key does not match the hash of its public key",
            Self::SeedMismatch => c"seed and expanded form of the private key do not match",
            Self::KeyPairMismatch => c"private key does not match its public key",
            Self::KeyEncoding => {
                c"key is not PEM or DER of PKCS#8 or SubjectPublicKeyInfo, or not of the kind that was expected"
            }
            Self::PasswordRequired => c"private key is encrypted: a password is needed",
            Self::PasswordWrong => c"password is wrong or the encrypted private key is damaged",
            Self::PasswordUnused => c"a password was given, but the private key is not encrypted",
            Self::KeyEncryptionCost => {
                c"deriving the encryption key from the password costs more than max_kdf_cost allows"
            }
            Self::InvalidSignature => c"signature is not valid",
            Self::BatchItems => c"some items of a batch did not succeed",
            Self::SeedUnavailable => c"no seed is known: the key was loaded from its expanded form",
            Self::CodePathUnavailable => c"the processor or the engine lacks this code path",
            Self::Randomness => c"the system's random number generator failed",
            Self::OutOfMemory => c"memory could not be allocated",
            Self::MemoryLockLimit => c"memory could not be locked: the limit of the process is reached (ulimit -l)",
            Self::MemoryLockUnavailable => c"locked memory is not available on this platform",
            Self::SharedMemory => c"memory for shared metrics cannot be used",
            Self::KeyAlgorithm => c"key is of another algorithm",
            Self::KeyEncryption => c"encryption of the private key is not PBES2 with AES-256-CBC, and PBKDF2 or scrypt",
            Self::EngineSetting => c"QYNAUTH_PQC_ENGINE must be libcrux or simd",
            Self::ExternalMuUnavailable => c"the engine of the key has no external mu",
            Self::SelfTest => c"the engine failed its self test on this machine",
            Self::Internal => c"internal error",
            Self::Panic => c"internal error: a panic was caught at the boundary",
        }
    }
}

impl From<pqc_memory::Error> for PqcStatus {
    fn from(error: pqc_memory::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for PqcStatus {
    fn from(error: Error) -> Self {
        match error {
            Error::PublicKeyLength => Self::PublicKeyLength,
            Error::PrivateKeyLength => Self::PrivateKeyLength,
            Error::SeedLength => Self::SeedLength,
            Error::CiphertextLength => Self::CiphertextLength,
            Error::ContextLength => Self::ContextLength,
            Error::RandomnessLength => Self::RandomnessLength,
            Error::DigestLength => Self::DigestLength,
            Error::MuLength => Self::MuLength,
            Error::ExternalMuUnavailable => Self::ExternalMuUnavailable,
            Error::SelfTest => Self::SelfTest,
            Error::PublicKeyModulus => Self::PublicKeyModulus,
            Error::PrivateKeyRange => Self::PrivateKeyRange,
            Error::PrivateKeyHash => Self::PrivateKeyHash,
            Error::EncodedKeyLength => Self::EncodedKeyLength,
            Error::SeedMismatch => Self::SeedMismatch,
            Error::KeyPairMismatch => Self::KeyPairMismatch,
            Error::KeyEncoding => Self::KeyEncoding,
            Error::PasswordRequired => Self::PasswordRequired,
            Error::PasswordWrong => Self::PasswordWrong,
            Error::PasswordUnused => Self::PasswordUnused,
            Error::KeyEncryptionCost => Self::KeyEncryptionCost,
            Error::KeyAlgorithm | Error::WrongAlgorithm => Self::KeyAlgorithm,
            Error::KeyEncryption => Self::KeyEncryption,
            Error::InvalidSignature => Self::InvalidSignature,
            Error::ThreadCount => Self::ThreadCount,
            Error::SeedUnavailable => Self::SeedUnavailable,
            Error::CodePathUnavailable => Self::CodePathUnavailable,
            Error::Randomness => Self::Randomness,
            Error::MemoryLockLimit => Self::MemoryLockLimit,
            Error::MemoryLockUnavailable => Self::MemoryLockUnavailable,
            Error::OutOfMemory => Self::OutOfMemory,
            Error::Internal => Self::Internal,
        }
    }
}

/// Returns the text of a status, for logs: a constant string without any input in it, never NULL and never to be freed.
///
/// Takes the number of a status; a number that is none gives "unknown status".
#[unsafe(no_mangle)]
pub extern "C" fn ffi_status_message(status: i32) -> *const c_char {
    c_string(
        PqcStatus::ALL.into_iter().find(|known| *known as i32 == status).map_or(c"unknown status", PqcStatus::message),
    )
}
