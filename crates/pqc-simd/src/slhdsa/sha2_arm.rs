//! The blocks of the hash functions with SHA-256 with the instructions of aarch64, one lane at a time.
#![allow(unsafe_code, reason = "calls that the token makes safe")]

use super::family::Extent;
use super::sha2_kernels::{self, Input, Node, Row};
use crate::sha2::arm::ArmSha2;

/// F or PRF of nodes of some words: see [`Family::chain`](super::family::Family::chain).
pub(crate) fn chain(
    token: ArmSha2,
    words: usize,
    input: &Input<'_>,
    node: &mut Node,
    extent: Extent,
    all: &mut [Node],
) {
    #[target_feature(enable = "sha2")]
    #[inline(never)]
    fn kernel<const WORDS: usize>(
        token: ArmSha2,
        Input { key, start, addresses }: &Input<'_>,
        node: &mut Node,
        extent: Extent,
        all: &mut [Node],
    ) {
        sha2_kernels::chain::<ArmSha2, WORDS>(token, key, start, addresses, node, extent, all);
    }
    // SAFETY: the token.
    unsafe {
        match words {
            4 => kernel::<4>(token, input, node, extent, all),
            6 => kernel::<6>(token, input, node, extent, all),
            _ => kernel::<8>(token, input, node, extent, all),
        }
    }
}

/// SHA-256 of rows: see [`Sha2Kernels::hash_rows_256`](super::sha2_kernels::Sha2Kernels::hash_rows_256).
pub(crate) fn hash_rows(token: ArmSha2, key: &[Row; 8], rows: &[Row], bits: u32, out: &mut Node, used: usize) {
    #[target_feature(enable = "sha2")]
    #[inline(never)]
    fn kernel(token: ArmSha2, key: &[Row; 8], rows: &[Row], bits: u32, out: &mut Node, used: usize) {
        sha2_kernels::hash_rows_256(token, key, rows, bits, out, used);
    }
    // SAFETY: the token.
    unsafe { kernel(token, key, rows, bits, out, used) }
}
