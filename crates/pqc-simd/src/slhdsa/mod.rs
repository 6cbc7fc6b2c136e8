//! SLH-DSA, FIPS 205: key generation, signatures and their verification, in all twelve parameter sets.
//!
//! The operations are the internal functions of section 9, on a message in chunks: the caller prepends the context and the encoding
//! of sections 10.2 and 10.3. They allocate nothing; each states how much stack it needs.
//!
//! | Module | Section of FIPS 205 |
//! |---|---|
//! | `params` | 11, the parameter sets |
//! | `address` | 4.2, addresses, and the leaves that a digest selects |
//! | `family` | 11, the hash functions on lanes |
//! | `shake`, `sha2` | 11.1 and 11.2, the two families |
//! | `sha2_kernels`, `sha2_ni`, `sha2_arm` | 11.2 on vectors, and with the SHA instructions of x86-64 and of aarch64 |
//! | `trees` | 6.1 and 8.2, Merkle trees on lanes |
//! | `wots` | 5 to 7, the hypertree |
//! | `fors` | 8 |
//! | `signing` | 9.1 and 9.2 |
//! | `divided` | 9.2 in tasks for several threads |
//! | `verifying` | 9.3, several signatures at a time |
//! | `batch` | 9.3, keys, messages and verdicts |

#![allow(clippy::cast_possible_truncation, reason = "numbers of lanes, chains, layers and leaves are small")]

pub(crate) mod address;
pub(crate) mod batch;
pub(crate) mod divided;
pub(crate) mod family;
pub(crate) mod fors;
pub(crate) mod params;
pub(crate) mod sha2;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) mod sha2_arm;
pub(crate) mod sha2_kernels;
#[cfg(target_arch = "x86_64")]
pub(crate) mod sha2_ni;
pub(crate) mod shake;
pub(crate) mod signing;
#[cfg(test)]
mod tests;
pub(crate) mod trees;
pub(crate) mod verifying;
pub(crate) mod wots;

pub use batch::{Verification, verify, verify_batch};
pub use params::ParameterSet;
pub use signing::{Fault, Job, Signer, keygen, top_leaves};

/// Calls an expression with the hash functions of a set on a backend: `with_family!(backend, set, f => keygen_on(f, seeds))`.
macro_rules! with_family {
    ($backend:expr, $set:expr, $family:ident => $call:expr) => {
        if $set.is_sha2() {
            let $family = $crate::slhdsa::sha2::Sha2Family::new($backend, $set.n());
            $call
        } else {
            let $family = $crate::slhdsa::shake::Shake::new($backend.token(), $set.n());
            $call
        }
    };
}
pub(crate) use with_family;
