//! The algorithms of FIPS 204 as in the standard, one coefficient at a time, for the tests.

use super::poly::{N, Poly};
use crate::vec::v32::Q;

const Q64: i64 = Q as i64;

pub(super) fn modulo(number: i64) -> i64 {
    number.rem_euclid(Q64)
}

/// `number mod± modulus` (2.3): in `-ceil(modulus / 2) + 1 ..= floor(modulus / 2)`.
pub(super) fn centred(number: i64, modulus: i64) -> i64 {
    let remainder = number.rem_euclid(modulus);
    if remainder > modulus / 2 { remainder - modulus } else { remainder }
}

pub(super) fn power(base: i64, exponent: u32) -> i64 {
    (0..exponent).fold(1, |power, _| modulo(power * base))
}

/// Appendix B.
fn zeta(m: usize) -> i64 {
    power(1753, u32::from(u8::try_from(m).unwrap().reverse_bits()))
}

/// Algorithm 41.
pub(super) fn ntt(w: &mut [i64; N]) {
    let (mut m, mut len) = (0, 128);
    while len >= 1 {
        for start in (0..N).step_by(2 * len) {
            m += 1;
            for j in start..start + len {
                let t = modulo(zeta(m) * w[j + len]);
                (w[j], w[j + len]) = (modulo(w[j] + t), modulo(w[j] - t));
            }
        }
        len /= 2;
    }
}

/// Algorithm 42.
pub(super) fn inverse_ntt(w: &mut [i64; N]) {
    let (mut m, mut len) = (256, 1);
    while len < N {
        for start in (0..N).step_by(2 * len) {
            m -= 1;
            for j in start..start + len {
                let t = w[j];
                (w[j], w[j + len]) = (modulo(t + w[j + len]), modulo(-zeta(m) * (t - w[j + len])));
            }
        }
        len *= 2;
    }
    w.iter_mut().for_each(|w| *w = modulo(*w * 8_347_681));
}

/// Algorithm 35.
pub(super) fn power2round(r: i64) -> (i64, i64) {
    let r0 = centred(r, 1 << 13);
    ((r - r0) >> 13, r0)
}

/// Algorithm 36.
pub(super) fn decompose(r: i64, gamma2: i64) -> (i64, i64) {
    let r0 = centred(r, 2 * gamma2);
    if r - r0 == Q64 - 1 { (0, r0 - 1) } else { ((r - r0) / (2 * gamma2), r0) }
}

/// Algorithm 39.
pub(super) fn make_hint(z: i64, r: i64, gamma2: i64) -> bool {
    decompose(modulo(r), gamma2).0 != decompose(modulo(r + z), gamma2).0
}

/// Algorithm 40, with a hint.
pub(super) fn use_hint(r: i64, gamma2: i64) -> i64 {
    let (r1, r0) = decompose(r, gamma2);
    (if r0 > 0 { r1 + 1 } else { r1 - 1 }).rem_euclid((Q64 - 1) / (2 * gamma2))
}

/// Algorithm 16, `SimpleBitPack`.
pub(super) fn bit_pack(numbers: &[i32], bits: usize) -> Vec<u8> {
    let bit = |at: usize| u8::try_from(numbers[at / bits] >> (at % bits) & 1).unwrap();
    (0..numbers.len() * bits / 8).map(|byte| (0..8).map(|i| bit(8 * byte + i) << i).sum()).collect()
}

/// The product modulo `X^256 + 1`.
pub(super) fn multiply(a: &Poly, b: &Poly) -> [i64; N] {
    let mut product = [0; N];
    for (i, a) in a.coefficients().iter().enumerate().filter(|(_, a)| **a != 0) {
        for (j, b) in b.coefficients().iter().enumerate() {
            let sign = if i + j < N { 1 } else { -1 };
            product[(i + j) % N] += sign * i64::from(*a) * i64::from(*b);
        }
    }
    product
}
