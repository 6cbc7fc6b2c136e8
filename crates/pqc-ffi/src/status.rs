//! Status codes, their texts, and the errors that they stand for.
#![allow(unsafe_code, reason = "an exported name is an unsafe attribute")]

use core::ffi::{CStr, c_char};
use pqc_core::Error;

/// Result of a call. 0 is success; a code keeps its number and meaning in every later version.
///
/// 1 to 19: the call itself was wrong. 20 to 39: an input or an output has a wrong length. 40 to 59: an input has the
/// right length and was refused. 60 to 79: the requested feature is unavailable. 80 and above: the system or the library
/// failed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PqcStatus {
    /// Success.
    Ok = 0,
    /// A pointer that must not be NULL is NULL.
    NullPointer = 1,
    /// The algorithm is not one of PQC_ALGORITHM_*, or not of the family that the function is for.
    UnknownAlgorithm = 2,
    /// A bit of `flags` has no meaning for this function.
    UnknownFlags = 3,
    /// The hash function is not one of the twelve `PQC_HASH_*`.
    UnknownHash = 4,
    /// There is no operation of the metrics with this index.
    UnknownOperation = 5,
    /// The form of a private key is not one of PQC_PRIVATE_KEY_*.
    UnknownForm = 6,
    /// The encoding of a key is not one of PQC_ENCODING_*.
    UnknownEncoding = 7,
    /// The number of keys of a batch is neither 1 nor the number of its items.
    BatchCount = 8,
    /// A number of threads is not 1 to 256, in the call or in the environment variable QYNAUTH_PQC_THREADS.
    ThreadCount = 9,
    /// An output overlaps an input or another output. Nothing was written.
    Overlap = 10,
    /// The key's algorithm does not support the operation or form, or is not of the function's family.
    WrongAlgorithm = 11,
    /// A public key has the wrong length.
    PublicKeyLength = 20,
    /// A private key has the wrong length.
    PrivateKeyLength = 21,
    /// A seed has the wrong length: it is not `seed_bytes` of the algorithm's PqcAlgorithmInfo.
    SeedLength = 22,
    /// A ciphertext has the wrong length.
    CiphertextLength = 23,
    /// A context string is longer than 255 bytes.
    ContextLength = 24,
    /// The randomness of a known-answer function has the wrong length: it is not `randomness_bytes` of the algorithm's
    /// PqcAlgorithmInfo.
    RandomnessLength = 25,
    /// A length is greater than the size of any object.
    InputTooLong = 26,
    /// A digest does not have the length of its hash function's output.
    DigestLength = 27,
    /// An output is smaller than its result.
    OutputLength = 28,
    /// An encoded key is longer than 16384 bytes.
    EncodedKeyLength = 29,
    /// `mu` is not 64 bytes long.
    MuLength = 30,
    /// An encapsulation key has a coefficient that is not below the modulus (FIPS 203, 7.2).
    PublicKeyModulus = 40,
    /// A private key has a coefficient outside its range, or a scalar of ECDSA that is 0 or not below the order.
    PrivateKeyRange = 41,
    /// A private key does not match the hash of its public key (FIPS 203, 7.3; `tr` in FIPS 204).
    PrivateKeyHash = 42,
    /// Seed and expanded form of a private key in PKCS#8 are not the same key.
    SeedMismatch = 43,
    /// A private key does not belong to its public key.
    KeyPairMismatch = 44,
    /// A key is not PEM or DER of PKCS#8 or SubjectPublicKeyInfo, or not of the kind that was expected.
    KeyEncoding = 45,
    /// A private key is encrypted, and no password was passed.
    PasswordRequired = 46,
    /// The password is wrong, or the encrypted private key was damaged.
    PasswordWrong = 47,
    /// A password was passed for a private key that is not encrypted.
    PasswordUnused = 48,
    /// Deriving the encryption key from the password would cost more than the caller allows.
    KeyEncryptionCost = 49,
    /// The signature is not valid for this message, context and key, or has the wrong length.
    InvalidSignature = 50,
    /// Some items of the batch failed: each has its own status.
    BatchItems = 51,
    /// The classical half of a composite or hybrid public key is not a point of its curve, or is one of low order.
    PublicKeyPoint = 52,
    /// The classical half of a hybrid ciphertext is not a point of its curve, or is one of low order.
    CiphertextPoint = 53,
    /// The key has no seed: it was loaded from its expanded form, or its algorithm has none.
    SeedUnavailable = 60,
    /// The processor or this build lacks the code path.
    CodePathUnavailable = 61,
    /// The platform has no locked memory.
    MemoryLockUnavailable = 62,
    /// Memory for shared metrics is too small, not aligned, damaged or laid out by another version, or there is one already.
    SharedMemory = 63,
    /// The algorithm of an encoded key is unsupported.
    KeyAlgorithm = 64,
    /// The encryption of a private key is not supported: only PBES2 with AES-256-CBC, and PBKDF2 or scrypt.
    KeyEncryption = 65,
    /// This build has a FIPS module, which lacks the operation or does not approve it: `ffi_fips_status`. Nothing was released.
    NotApproved = 66,
    /// The system's random number generator failed.
    Randomness = 80,
    /// Memory could not be allocated.
    OutOfMemory = 81,
    /// Memory could not be locked: the process has reached its limit (`ulimit -l`).
    MemoryLockLimit = 82,
    /// The engine computed a wrong answer in its self test on this machine, and is not used. Please report it.
    SelfTest = 83,
    /// The check of a signature against faults failed: the signature was computed twice with different results, or is not valid
    /// under the public half of its key. No part of it was released.
    FaultDetected = 84,
    /// The message or its digest changed while it was signed: SLH-DSA hashes it twice, and the second digest alone differs. Another
    /// thread or program has written to the message or the context; if neither can have changed, treat it as FAULT_DETECTED, since a
    /// fault in the hash looks the same. No part of the signature was released.
    MessageChanged = 85,
    /// The library failed although no input should cause that. Please report it.
    Internal = 98,
    /// The library panicked; the panic was caught at the boundary. Please report it.
    Panic = 99,
}

/// Declares the text of every status. Statuses behind `errors` stand for the error of the same name.
macro_rules! texts {
    ({ $($status:ident $text:literal)* } errors { $($error:ident $error_text:literal)* }) => {
        const TEXTS: &[(PqcStatus, &CStr)] =
            &[$((PqcStatus::$status, $text),)* $((PqcStatus::$error, $error_text),)*];

        impl From<Error> for PqcStatus {
            fn from(error: Error) -> Self {
                match error {
                    $(Error::$error => Self::$error,)*
                }
            }
        }
    };
}

texts! {{
    Ok c"success"
    NullPointer c"a pointer that must not be NULL is NULL"
    UnknownAlgorithm c"unknown algorithm"
    UnknownFlags c"unknown flags"
    UnknownHash c"unknown hash function"
    UnknownOperation c"unknown operation"
    UnknownForm c"unknown form of a private key"
    UnknownEncoding c"unknown encoding of a key"
    BatchCount c"the number of keys is neither 1 nor the number of items of the batch"
    Overlap c"an output overlaps an input or another output"
    InputTooLong c"length is greater than the size of any object"
    OutputLength c"output buffer is too small"
    BatchItems c"some items of the batch failed; see their own statuses"
    SharedMemory c"memory for shared metrics cannot be used"
    Panic c"internal error: a panic was caught; please report it"
} errors {
    ThreadCount c"number of threads must be 1 to 256, in the call and in QYNAUTH_PQC_THREADS"
    WrongAlgorithm c"the key's algorithm does not support this operation or form"
    PublicKeyLength c"public key has the wrong length"
    PrivateKeyLength c"private key has the wrong length"
    SeedLength c"seed has the wrong length"
    CiphertextLength c"ciphertext has the wrong length"
    ContextLength c"context is longer than 255 bytes"
    RandomnessLength c"randomness has the wrong length"
    DigestLength c"digest has the wrong length"
    EncodedKeyLength c"encoded key is longer than 16384 bytes"
    MuLength c"mu is not 64 bytes long"
    PublicKeyModulus c"public key has a coefficient that is not below the modulus"
    PrivateKeyRange c"private key has a coefficient or scalar outside its range"
    PrivateKeyHash c"private key does not match the hash of its public key"
    SeedMismatch c"seed and expanded form of the private key do not match"
    KeyPairMismatch c"private key does not match its public key"
    KeyEncoding c"key is not PEM or DER of PKCS#8 or SubjectPublicKeyInfo, or not of the kind that was expected"
    PasswordRequired c"private key is encrypted; pass its password"
    PasswordWrong c"password is wrong or the encrypted private key is damaged"
    PasswordUnused c"private key is not encrypted; omit the password"
    KeyEncryptionCost c"deriving the encryption key from the password costs more than max_kdf_cost allows"
    PublicKeyPoint c"classical half of the public key is not a point of its curve, or is one of low order"
    CiphertextPoint c"classical half of the ciphertext is not a point of its curve, or is one of low order"
    InvalidSignature c"signature is not valid"
    SeedUnavailable c"unavailable: the key has no seed"
    CodePathUnavailable c"code path is unavailable: the processor or this build lacks it"
    MemoryLockUnavailable c"locked memory is unavailable on this platform"
    KeyAlgorithm c"the key's algorithm is unsupported"
    KeyEncryption c"encryption of the private key is unsupported: use PBES2 with AES-256-CBC, and PBKDF2 or scrypt"
    NotApproved c"the FIPS module of this build does not approve the operation"
    Randomness c"the system's random number generator failed"
    OutOfMemory c"memory could not be allocated"
    MemoryLockLimit c"memory could not be locked; raise the limit of the process (ulimit -l)"
    SelfTest c"the engine failed its self test on this machine; please report it"
    FaultDetected c"the check of a signature against faults failed: the machine or the private key is damaged"
    MessageChanged c"the message or its digest changed while it was signed"
    Internal c"internal error; please report it"
}}

impl From<pqc_memory::Error> for PqcStatus {
    fn from(error: pqc_memory::Error) -> Self {
        Error::from(error).into()
    }
}

/// Returns the text of a status, for logs: a constant string without any input in it, never NULL and never freed.
///
/// @param status  the number of a status; the text of another number is "unknown status"
#[unsafe(no_mangle)]
pub extern "C" fn ffi_status_message(status: i32) -> *const c_char {
    let found = TEXTS.iter().find(|(known, _)| *known as i32 == status);
    found.map_or(c"unknown status", |(_, text)| *text).as_ptr()
}
