//! Sixteen lanes in an array.

use super::v16::{Lanes16, Machine16};
use crate::backend::Portable;
use std::array::from_fn;

impl Machine16 for Portable {
    type V16 = I16x16;
}

#[derive(Clone, Copy)]
pub(crate) struct I16x16([i16; 16]);

impl I16x16 {
    #[inline(always)]
    fn zip(self, other: Self, operation: impl Fn(i16, i16) -> i16) -> Self {
        Self(from_fn(|lane| operation(self.0[lane], other.0[lane])))
    }

    /// Some of the bits of each product.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "the bits that are asked for")]
    fn product(self, other: Self, bits: impl Fn(i32) -> i32) -> Self {
        self.zip(other, |left, right| bits(i32::from(left) * i32::from(right)) as i16)
    }
}

impl Lanes16 for I16x16 {
    type Machine = Portable;
    type Wide = [i32; 8];
    const LANES: usize = 16;

    #[inline(always)]
    fn splat(_: Portable, value: i16) -> Self {
        Self([value; 16])
    }
    #[inline(always)]
    fn load(_: Portable, values: &[i16]) -> Self {
        let values = &values[..16];
        Self(from_fn(|lane| values[lane]))
    }
    #[inline(always)]
    fn store(self, values: &mut [i16]) {
        values[..16].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |left, right| left + right)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |left, right| left - right)
    }
    #[inline(always)]
    fn wrapping_sub(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_sub)
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self.zip(other, |left, right| left & right)
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        self.zip(other, |left, right| -i16::from(left > right))
    }
    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        Self(self.0.map(|lane| lane >> BITS))
    }
    #[inline(always)]
    fn multiply_low(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_mul)
    }
    #[inline(always)]
    fn multiply_high(self, other: Self) -> Self {
        self.product(other, |product| product >> 16)
    }
    #[inline(always)]
    fn multiply_round(self, other: Self) -> Self {
        self.product(other, |product| (product + (1 << 14)) >> 15)
    }

    #[inline(always)]
    fn multiply_pairs(self, other: Self) -> [i32; 8] {
        let product = |lane: usize| i32::from(self.0[lane]) * i32::from(other.0[lane]);
        from_fn(|pair| product(2 * pair) + product(2 * pair + 1))
    }
    #[inline(always)]
    fn add_wide(sum: [i32; 8], other: [i32; 8]) -> [i32; 8] {
        from_fn(|lane| sum[lane] + other[lane])
    }
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "the low and the high half")]
    fn halves(even: [i32; 8], odd: [i32; 8]) -> (Self, Self) {
        let wide = |lane: usize| if lane % 2 == 0 { even[lane / 2] } else { odd[lane / 2] };
        (Self(from_fn(|lane| wide(lane) as i16)), Self(from_fn(|lane| (wide(lane) >> 16) as i16)))
    }
    #[inline(always)]
    fn swap_pairs(self) -> Self {
        Self(from_fn(|lane| self.0[lane ^ 1]))
    }

    #[inline(always)]
    fn transpose(vectors: &mut [Self; 8]) {
        let before = *vectors;
        *vectors = from_fn(|vector| Self(from_fn(|lane| before[lane / 2].0[2 * vector + lane % 2])));
    }
    #[inline(always)]
    fn rows_to_vectors(_: &mut [Self; 8]) {}
    #[inline(always)]
    fn vectors_to_rows(_: &mut [Self; 8]) {}

    #[inline(always)]
    fn load_bits<const BITS: usize>(_: Portable, bytes: &[u8], at: usize) -> Self {
        let mut lanes = [0; 16];
        for (group, lanes) in lanes.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            let mut word = [0; 16];
            word[..BITS].copy_from_slice(&bytes[at + BITS * group..][..BITS]);
            let word = u128::from_le_bytes(word);
            *lanes = from_fn(|lane| (word >> (BITS * lane)) as i16 & ((1 << BITS) - 1));
        }
        Self(lanes)
    }
    #[inline(always)]
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize) {
        for (group, lanes) in self.0.as_chunks::<8>().0.iter().enumerate() {
            debug_assert!(lanes.iter().all(|lane| (0..1 << BITS).contains(lane)));
            let word = (0..8).fold(0, |word, lane| word | (lanes[lane] as u128) << (BITS * lane));
            bytes[at + BITS * group..][..BITS].copy_from_slice(&word.to_le_bytes()[..BITS]);
        }
    }
    #[inline(always)]
    fn append_below(self, bound: i16, values: &mut [i16], count: usize) -> usize {
        let values = &mut values[count..count + 16];
        let mut kept = 0;
        for lane in self.0 {
            values[kept] = lane;
            kept += usize::from((0..bound).contains(&lane));
        }
        count + kept
    }
}
