//! [`Lanes32`] without any instruction of its own.

use super::v32::{Lanes32, Q, Q_INVERSE};
use core::array::from_fn;

/// The portable lanes.
#[derive(Clone, Copy)]
pub(crate) struct Portable32([i32; 16]);

/// The upper half of a product of two 32-bit numbers.
#[inline(always)]
fn high(product: i64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "the upper half of 64 bits has 32")]
    return (product >> 32) as i32;
}

impl Lanes32 for Portable32 {
    type Wide = [i64; 16];

    #[inline(always)]
    fn splat(value: i32) -> Self {
        Self([value; 16])
    }

    #[inline(always)]
    fn load(from: &[i32; 16]) -> Self {
        Self(*from)
    }

    #[inline(always)]
    fn store(self, to: &mut [i32; 16]) {
        *to = self.0;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
    }

    #[inline(always)]
    fn multiply(self, factor: Self, quotient: Self) -> Self {
        Self(from_fn(|i| {
            let multiple = high(i64::from(self.0[i]) * i64::from(quotient.0[i]));
            self.0[i].wrapping_mul(factor.0[i]).wrapping_sub(multiple.wrapping_mul(Q))
        }))
    }

    #[inline(always)]
    fn transpose(rows: &mut [Self; 16]) {
        let old = *rows;
        *rows = from_fn(|i| Self(from_fn(|j| old[j].0[i])));
    }

    #[inline(always)]
    fn zero() -> [i64; 16] {
        [0; 16]
    }

    #[inline(always)]
    fn multiply_add(sum: [i64; 16], a: Self, b: Self) -> [i64; 16] {
        from_fn(|i| sum[i].wrapping_add(i64::from(a.0[i]) * i64::from(b.0[i])))
    }

    #[inline(always)]
    fn reduce(sum: [i64; 16]) -> Self {
        Self(from_fn(|i| {
            #[allow(clippy::cast_possible_truncation, reason = "modulo 2^32")]
            let multiple = (sum[i] as i32).wrapping_mul(Q_INVERSE);
            high(sum[i].wrapping_sub(i64::from(multiple) * i64::from(Q)))
        }))
    }

    #[inline(always)]
    fn unpack<const BITS: usize>(bytes: &[u8; 64]) -> Self {
        Self(from_fn(|i| {
            let (byte, shift) = (i * BITS / 8, i * BITS % 8);
            let word = u32::from_le_bytes([bytes[byte], bytes[byte + 1], bytes[byte + 2], bytes[byte + 3]]);
            ((word >> shift) & ((1 << BITS) - 1)).cast_signed()
        }))
    }
}
