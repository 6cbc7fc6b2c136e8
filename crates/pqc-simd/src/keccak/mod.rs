//! Keccak-f\[1600\] and the functions of FIPS 202 that ML-KEM and ML-DSA use, on one, four and eight states at once.

pub(crate) mod f1600;
#[cfg(test)]
pub(crate) mod oracle;
pub(crate) mod sponge;
pub(crate) mod xof;

pub(crate) use f1600::{F1600, Permute, State};
pub(crate) use sponge::{SHA3_512_RATE, SHA3_SUFFIX, SHAKE_SUFFIX, SHAKE128_RATE, SHAKE256_RATE};
pub(crate) use sponge::{Sha3_256, Sha3_512, Shake128, Shake256};
pub(crate) use xof::{Shake128Batch, Shake256Batch};

use crate::backend::Backend;

/// SHA3-256 (FIPS 202, 6.1). A caller with a secret message wipes the stack.
pub fn sha3_256(backend: Backend, message: &[u8], out: &mut [u8; 32]) {
    dispatch!(backend, machine => Sha3_256::hash(machine, &[message], out));
}

/// SHAKE256 (FIPS 202, 6.2) with as many bytes of output as `out` has. A caller with a secret message wipes the stack.
pub fn shake256(backend: Backend, message: &[u8], out: &mut [u8]) {
    dispatch!(backend, machine => Shake256::hash(machine, &[message], out));
}

/// Permutes 1, 4 or 8 states together, `count` times, for the benchmark of the permutation alone.
#[doc(hidden)]
#[must_use]
pub fn permutations(backend: Backend, states: usize, count: usize) -> u64 {
    dispatch!(backend, machine => match states {
        1 => repeat::<_, 1>(machine, count),
        4 => repeat::<_, 4>(machine, count),
        _ => repeat::<_, 8>(machine, count),
    })
}

fn repeat<M: Permute<N>, const N: usize>(machine: M, count: usize) -> u64 {
    let mut state = State::<N>::ZERO;
    for _ in 0..count {
        machine.permute(&mut state);
    }
    state.0[0][0]
}

#[cfg(test)]
mod tests;
