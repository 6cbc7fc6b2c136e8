//! ML-DSA, FIPS 204: keys, signatures over mu, and mu itself.
//!
//! | Module | Section of FIPS 204 |
//! |---|---|
//! | `params` | 4, the parameter sets |
//! | `keygen` | 6.1, and the check of an expanded private key |
//! | `signing` | 6.2 |
//! | `verifying` | 6.3 |
//! | `batch` | 6.1 to 6.3, many keys or signatures at a time |
//! | `mu` | 5.2 and 5.4, the message representative |
//! | `packing` | 7.1 and 7.2, conversions and encodings |
//! | `rejection`, `sampling` | 7.3, the kernels, and the vectors and matrices made with them |
//! | `rounding` | 7.4, high and low bits, hints |
//! | `ntt` | 7.5 and 7.6 |
//! | `small` | 7.6 for s1 and s2, in the arithmetic of ML-KEM |
//! | `poly`, `kernels` | polynomials, and the functions compiled for each backend |

pub(crate) mod batch;
#[cfg(test)]
mod batch_tests;
pub(crate) mod kernels;
pub(crate) mod keygen;
pub(crate) mod mu;
pub(crate) mod ntt;
#[cfg(test)]
mod oracle;
pub(crate) mod packing;
pub(crate) mod params;
pub(crate) mod poly;
pub(crate) mod rejection;
pub(crate) mod rounding;
pub(crate) mod sampling;
pub(crate) mod signing;
pub(crate) mod small;
#[cfg(test)]
mod tests;
pub(crate) mod verifying;

pub use batch::{Generation, Key, Signing, Verification, keygen_batch, sign_batch, verify_batch};
pub use keygen::{InvalidPrivateKey, keygen, public_key_from_private};
pub use mu::{MAX_CONTEXT_BYTES, MuHasher, public_key_hash};
pub use params::*;
pub use signing::{ExpandedSigningKey, sign_mu};
pub use verifying::{ExpandedVerifyingKey, verify_first, verify_mu};
