//! ML-KEM, FIPS 203: keys, encapsulation and decapsulation.
//!
//! | Module | Section of FIPS 203 |
//! |---|---|
//! | `params` | 8, the parameter sets |
//! | `kernels` | 4.2, encoding, compression and sampling |
//! | [`ntt16`](crate) | 4.3, the number-theoretic transform |
//! | `matrix` | 5, the matrix of K-PKE |
//! | `pke` | 5, K-PKE |
//! | `kem` | 6, ML-KEM with the randomness as an input |
//! | `batch` | 6, for many keys at once |
//! | `keys` | the encoded and the expanded forms of keys |

pub(crate) mod batch;
pub(crate) mod kem;
pub(crate) mod kernels;
pub(crate) mod keys;
pub(crate) mod matrix;
#[cfg(test)]
pub(crate) mod oracle;
mod params;
pub(crate) mod pke;

pub use batch::{Decapsulation, Encapsulation, Generation, Key, decapsulate_batch, encapsulate_batch, keygen_batch};
pub use kem::{decapsulate, decapsulate_with_hash, encapsulate, keygen, keygen_without_hash};
pub use keys::{ExpandedPrivateKey, ExpandedPublicKey, public_key_hash};
pub use params::*;
