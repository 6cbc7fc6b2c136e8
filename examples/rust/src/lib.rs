//! ML-KEM, ML-DSA, SLH-DSA, X-Wing and composite signatures in safe Rust over the installed C library.
//!
//! Keys and buffers are owned values that free themselves, and that threads may share. Every function that needs no key, and
//! so may be the first to call the library, fails with [`Error::ABI_MISMATCH`] if the library has another binary interface.

mod algorithm;
mod buffer;
mod error;
mod ffi;
mod key;
mod metrics;

pub use algorithm::{Algorithm, KeyOptions};
pub use buffer::Buffer;
pub use error::{Error, Result};
pub use ffi::{FFIMetrics, FFIOperationMetrics, PqcAlgorithmInfo};
pub use key::{Key, PrivateKey, PublicKey};
pub use metrics::{Action, Metrics, metrics};
