//! Keccak-f\[1600\] and the functions of FIPS 202 that ML-KEM and ML-DSA use, on one, four and eight states at once.

pub(crate) mod f1600;
pub(crate) mod sponge;
pub(crate) mod xof;

pub(crate) use f1600::{F1600, Permute, State};
pub(crate) use sponge::{SHA3_512_RATE, SHA3_SUFFIX, SHAKE_SUFFIX, SHAKE128_RATE, SHAKE256_RATE};
pub(crate) use sponge::{Sha3_256, Sha3_512, Shake128, Shake256};
pub(crate) use xof::{Shake128Batch, Shake256Batch};

#[cfg(test)]
mod tests;
