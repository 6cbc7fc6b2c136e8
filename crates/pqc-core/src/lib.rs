//! ML-KEM (FIPS 203), ML-DSA (FIPS 204), SLH-DSA (FIPS 205), X-Wing and composite signatures in safe Rust: the table of algorithms,
//! the keys and the operations.
//!
//! This crate is the only one that knows which algorithm library does the arithmetic. That knowledge is in the private
//! module `engine`, behind one set of traits for each [`Kind`]; everything above them checks lengths, draws randomness, keeps
//! seeds and wipes secrets.
//!
//! Every operation writes its result into memory that the caller provides, so that a secret is never moved through a
//! return value. Running out of memory is [`Error::OutOfMemory`], never an abort. An operation that the algorithm of
//! the key lacks is [`Error::WrongAlgorithm`].
//!
//! Inputs that decide about a secret are [`CallerBytes`], which can be copied once and not read: private keys, seeds,
//! passwords, ciphertexts, the caller's randomness and `mu`. The copy of a secret is wiped, and is in locked memory if
//! the key is. Messages, contexts, public keys and signatures are slices: nobody may write to them during the call.

#![deny(clippy::self_named_module_files, reason = "the file of a module with a folder is its mod.rs")]
#![cfg_attr(feature = "fips", allow(dead_code, reason = "the default engine and the families that the module lacks"))]

mod algorithm;
pub mod batch;
mod engine;
mod error;
mod exchange;
mod family;
mod formats;
mod kem;
mod key;
mod mu;
mod options;
mod prehash;
mod secret;
mod signature;
mod warm_up;

#[doc(hidden)]
pub use algorithm::SelfTest;
pub use algorithm::{
    Algorithm, Family, Kind, MLDSA_MAX_CONTEXT_BYTES, MLDSA_MU_BYTES, MLDSA_RANDOMNESS_BYTES, SHARED_SECRET_BYTES,
};
/// Whether a caller may choose the instructions of a key.
pub use engine::HAS_CODE_PATHS;
/// The name of the engine that does the arithmetic in this build.
pub use engine::NAME as ENGINE_NAME;
pub use engine::{FipsModule, fips_module};
#[cfg(feature = "inject-fault")]
pub use engine::{break_self_tests, hold_self_tests, is_self_test_held};
pub use engine::{self_test_ns, self_test_ns_here, self_tests};
pub use error::Error;
pub use exchange::{Exchange, ExchangeKey, ExchangeShare};
pub use formats::{DEFAULT_KDF_COST, EncodedKey, Encoding, KeyKind, MAX_ENCODED_KEY_BYTES, Pkcs8, PrivateKeyForm};
pub use key::{PrivateKey, PublicKey};
pub use mu::MuHasher;
pub use options::{KeyOptions, Memory, Precompute};
pub use pqc_memory::CallerBytes;
/// The instructions that an operation uses: a backend of pqc-simd. A key keeps the path it was made with.
pub use pqc_simd::Backend as CodePath;
pub use pqc_simd::clear_registers;
pub use prehash::PreHash;
pub use signature::Randomness;
pub use warm_up::warm_up;
