//! ML-KEM (FIPS 203), ML-DSA (FIPS 204) and X-Wing in safe Rust: the parameter sets, the keys and the operations.
//!
//! This crate is the only one that knows which algorithm libraries do the arithmetic. That knowledge is in the private
//! module `engine`, behind the traits `MlKemEngine` and `MlDsaEngine`; everything above them checks lengths, draws
//! randomness, keeps seeds and wipes what is secret.
//!
//! Every operation writes its result into memory that the caller provides, so that a secret is never moved through a
//! return value. Running out of memory is [`Error::OutOfMemory`], never an abort.

pub mod batch;
mod code_path;
mod engine;
mod error;
mod formats;
mod mldsa;
mod mldsa_mu;
mod mlkem;
mod options;
mod params;
mod prehash;
mod secret;
mod warm_up;
mod xwing;

pub use code_path::CodePath;
#[cfg(feature = "inject-fault")]
pub use engine::break_self_tests;
pub use error::Error;
pub use formats::{
    Algorithm, DEFAULT_KDF_COST, EncodedKey, Encoding, KeyKind, MAX_ENCODED_KEY_BYTES, Pkcs8, PrivateKeyForm,
};
pub use mldsa::{MlDsaKeyPair, MlDsaPublicKey, Randomness};
pub use mldsa_mu::MuHasher;
pub use mlkem::{MlKemKeyPair, MlKemPublicKey};
pub use options::{Engine, KeyOptions, Memory, Precompute};
pub use params::{
    MLDSA_MAX_CONTEXT_BYTES, MLDSA_MU_BYTES, MLDSA_RANDOMNESS_BYTES, MLDSA_SEED_BYTES, MLKEM_RANDOMNESS_BYTES,
    MLKEM_SEED_BYTES, MLKEM_SHARED_SECRET_BYTES, MlDsaParameterSet, MlKemParameterSet, XWING_CIPHERTEXT_BYTES,
    XWING_PUBLIC_KEY_BYTES, XWING_RANDOMNESS_BYTES, XWING_SEED_BYTES, XWING_SHARED_SECRET_BYTES,
};
pub use prehash::PreHash;
pub use warm_up::warm_up;
pub use xwing::{XWingKeyPair, XWingPublicKey};
