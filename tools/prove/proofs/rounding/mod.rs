//! Rounding, hints, norms and sums of ML-DSA (FIPS 204, 7.4 and 2.3) on their whole domain: the scalar functions, and the
//! kernels as they are compiled for each backend that the processor has.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the stated ranges")]

pub(super) mod kernels;
pub(super) mod scalar;

use super::standard::{self, Q_DSA};
use crate::vec::v32::Q;

const GAMMA2: [i32; 2] = [(Q - 1) / 88, (Q - 1) / 32];

/// The high and the low bits of each number in 0..q, by the standard's algorithm.
struct Split {
    high: Vec<u8>,
    low: Vec<i32>,
}

impl Split {
    fn new(gamma2: i32) -> Self {
        let split = (0..Q_DSA).map(|r| standard::decompose(r, gamma2.into()));
        let (high, low) = split.map(|(r1, r0)| (r1 as u8, r0 as i32)).unzip();
        Self { high, low }
    }
}

/// Whether the hint is 1 for `w - c s2` with these high bits, and low bits that are `r0` with c t0 added: line 26 of
/// algorithm 7 is `MakeHint(-c t0, r)` with `r = w - c s2 + c t0`, so that `r - c t0` has the high bits `w1`.
fn expected_hint(split: &Split, gamma2: i32, w1: i32, r0: i32) -> bool {
    let r = (w1 * 2 * gamma2 + r0).rem_euclid(Q);
    i32::from(split.high[r as usize]) != w1
}
