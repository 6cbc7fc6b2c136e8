//! Sixteen lanes in an array.

use crate::backend::Portable;
use crate::vec::v32::{Lanes32, Q, Q_INVERSE};
use core::array::from_fn;

/// The upper half of a product of two 32-bit numbers.
#[inline(always)]
fn high(product: i64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "the upper half of 64 bits has 32")]
    return (product >> 32) as i32;
}

impl Lanes32 for Portable {
    type Element = i32;
    type Row = [i32; 16];
    type Factor = [i32; 16];
    type Sums = [i64; 16];
    const KEEPS_FACTORS: bool = false;

    #[inline(always)]
    fn splat(self, value: i32) -> [i32; 16] {
        [value; 16]
    }

    #[inline(always)]
    fn load(self, from: &[i32; 16]) -> [i32; 16] {
        *from
    }

    #[inline(always)]
    fn load_constants(self, from: &[i32; 16]) -> [i32; 16] {
        self.load(from)
    }

    #[inline(always)]
    fn store(self, row: [i32; 16], to: &mut [i32; 16]) {
        *to = row;
    }

    #[inline(always)]
    fn add(self, a: [i32; 16], b: [i32; 16]) -> [i32; 16] {
        from_fn(|i| a[i].wrapping_add(b[i]))
    }

    #[inline(always)]
    fn subtract(self, a: [i32; 16], b: [i32; 16]) -> [i32; 16] {
        from_fn(|i| a[i].wrapping_sub(b[i]))
    }

    #[inline(always)]
    fn multiply(self, a: [i32; 16], factor: [i32; 16], quotient: [i32; 16]) -> [i32; 16] {
        from_fn(|i| {
            let multiple = high(i64::from(a[i]) * i64::from(quotient[i]));
            a[i].wrapping_mul(factor[i]).wrapping_sub(multiple.wrapping_mul(Q))
        })
    }

    #[inline(always)]
    fn canonical(self, row: [i32; 16]) -> [i32; 16] {
        from_fn(|i| {
            let below_q = row[i] + (Q & (row[i] >> 31)) - Q;
            below_q + (Q & (below_q >> 31))
        })
    }

    #[inline(always)]
    fn transpose(self, rows: &mut [[i32; 16]; 16]) {
        let old = *rows;
        *rows = from_fn(|i| from_fn(|j| old[j][i]));
    }

    #[inline(always)]
    fn factor(self, row: [i32; 16]) -> [i32; 16] {
        row
    }

    #[inline(always)]
    fn no_sums(self) -> [i64; 16] {
        [0; 16]
    }

    #[inline(always)]
    fn multiply_add(self, sums: [i64; 16], a: [i32; 16], b: [i32; 16]) -> [i64; 16] {
        from_fn(|i| sums[i].wrapping_add(i64::from(a[i]) * i64::from(b[i])))
    }

    #[inline(always)]
    fn reduce(self, sums: [i64; 16]) -> [i32; 16] {
        sums.map(|sum| {
            #[allow(clippy::cast_possible_truncation, reason = "modulo 2^32")]
            let multiple = (sum as i32).wrapping_mul(Q_INVERSE);
            high(sum.wrapping_sub(i64::from(multiple) * i64::from(Q)))
        })
    }

    #[inline(always)]
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> [i32; 16] {
        from_fn(|i| {
            let (byte, shift) = (i * STEP / 8, i * STEP % 8);
            let word = u32::from_le_bytes([bytes[byte], bytes[byte + 1], bytes[byte + 2], bytes[byte + 3]]);
            ((word >> shift) & ((1 << BITS) - 1)).cast_signed()
        })
    }

    #[inline(always)]
    fn write_below(self, row: [i32; 16], bound: i32, to: &mut [i32; 16]) -> usize {
        let mut count = 0;
        for number in row {
            to[count] = number;
            count += usize::from(number < bound);
        }
        count
    }

    #[inline(always)]
    fn write_nibbles_below(self, bytes: &[u8; 16], bound: u8, to: &mut [u8; 32]) -> usize {
        let mut count = 0;
        for byte in bytes {
            for number in [byte & 15, byte >> 4] {
                to[count] = number;
                count += usize::from(number < bound);
            }
        }
        count
    }
}
