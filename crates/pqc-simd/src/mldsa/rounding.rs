//! High bits, low bits and hints (FIPS 204, 7.4), coefficient by coefficient.
//!
//! Only [`use_hint`] branches or divides on its input; the compiler can vectorise the others. All inputs named r are in
//! `0..q`.

use super::params::T0_BITS;
use crate::vec::v32::Q;

/// Algorithm 35, `Power2Round`: r as `r1 2^13 + r0` with r0 in `-2^12 + 1 ..= 2^12`.
#[inline(always)]
pub(crate) fn power2round(r: i32) -> (i32, i32) {
    debug_assert!((0..Q).contains(&r));
    let r1 = (r + (1 << (T0_BITS - 1)) - 1) >> T0_BITS;
    (r1, r - (r1 << T0_BITS))
}

/// Algorithm 36, `Decompose`: r as `r1 2 GAMMA2 + r0` modulo q, with r0 in `-GAMMA2 + 1 ..= GAMMA2`; if r1 would be
/// `(q - 1) / (2 gamma2)`, it is 0 and r0 one less.
///
/// r1 is `floor(n / (2 gamma2))` for `n = r + gamma2 - 1`. As 2 gamma2 is `2^9 * 1023` or `2^11 * 93`, that is
/// `floor(m / 1023)` for `m = n / 2^9`, or `floor(m / 93)` for `m = n / 2^11`. With f the quotient of `2^26` and 1023, or of
/// `2^20` and 93, rounded up, `f * 1023 - 2^26 = 959` and `f * 93 - 2^20 = 92`; the floor is exact while `959 m < 2^26`
/// and `92 m < 2^20`. Here m is below 2^15 and below 2^13, and a test tries every r.
#[inline(always)]
pub(crate) fn decompose<const GAMMA2: i32>(r: i32) -> (i32, i32) {
    debug_assert!((0..Q).contains(&r));
    let n = (r + GAMMA2 - 1).cast_unsigned();
    let high = if GAMMA2 == (Q - 1) / 32 { ((n >> 9) * 65_601) >> 26 } else { ((n >> 11) * 11_276) >> 20 };
    let high = high.cast_signed();
    // All ones where the high bits overflow.
    let overflow = ((Q - 1) / (2 * GAMMA2) - 1 - high) >> 31;
    (high & !overflow, r - high * 2 * GAMMA2 + overflow)
}

/// Algorithm 39, `MakeHint`, for w1 = `HighBits(w - c s2)`; r0 is its low bits plus c t0.
///
/// `|r0| < 2 gamma2`. The high bits of `w1 2 gamma2 + r0` differ from w1 if r0 is outside `-gamma2 + 1 ..= gamma2`, except for
/// `-gamma2` and w1 = 0: the high bits of `q - gamma2` are 0, by the overflow in `Decompose`.
#[inline(always)]
pub(crate) fn make_hint<const GAMMA2: i32>(w1: i32, r0: i32) -> bool {
    debug_assert!(r0.abs() < 2 * GAMMA2);
    (r0 > GAMMA2) | (r0 < -GAMMA2) | ((r0 == -GAMMA2) & (w1 != 0))
}

/// Algorithm 40, `UseHint`, for a hint of 1: the neighbour of the high bits of r on the side of r0, or the lower one if r0 is 0.
/// The first and the last are neighbours. r comes from a signature, so it is public.
pub(crate) fn use_hint(r: i32, gamma2: i32) -> i32 {
    let high_bits = (Q - 1) / (2 * gamma2);
    let (r1, r0) =
        if gamma2 == (Q - 1) / 32 { decompose::<{ (Q - 1) / 32 }>(r) } else { decompose::<{ (Q - 1) / 88 }>(r) };
    (r1 + if r0 > 0 { 1 } else { -1 }).rem_euclid(high_bits)
}
