//! Sixteen lanes in an array, in loops that the compiler may vectorise.
#![allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]

use crate::backend::Portable;
use crate::vec::v16::{Lanes16, Machine16};

impl Machine16 for Portable {
    type V16 = I16x16;
}

#[derive(Clone, Copy)]
pub(crate) struct I16x16(pub(crate) [i16; 16]);

/// Applies a function to each pair of lanes.
macro_rules! for_each_lane {
    ($left:expr, $right:expr, |$a:ident, $b:ident| $result:expr) => {{
        let (mut lanes, other): ([i16; 16], [i16; 16]) = ($left, $right);
        for lane in 0..16 {
            let ($a, $b) = (lanes[lane], other[lane]);
            lanes[lane] = $result;
        }
        I16x16(lanes)
    }};
}

impl Lanes16 for I16x16 {
    type Machine = Portable;
    type Element = i16;
    type Wide = [i32; 8];
    const LANES: usize = 16;

    #[inline(always)]
    fn splat(_: Portable, value: i16) -> Self {
        Self([value; 16])
    }
    #[inline(always)]
    fn load(_: Portable, values: &[i16]) -> Self {
        let mut lanes = [0; 16];
        lanes.copy_from_slice(&values[..16]);
        Self(lanes)
    }
    #[inline(always)]
    fn load_constants(machine: Portable, values: &[i16]) -> Self {
        Self::load(machine, values)
    }
    #[inline(always)]
    fn store(self, values: &mut [i16]) {
        values[..16].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| a - b)
    }
    #[inline(always)]
    fn wrapping_sub(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| a.wrapping_sub(b))
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| a & b)
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| -i16::from(a > b))
    }
    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        for_each_lane!(self.0, self.0, |a, _b| a >> BITS)
    }
    #[inline(always)]
    fn multiply_low(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| a.wrapping_mul(b))
    }
    #[inline(always)]
    fn multiply_high(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| ((i32::from(a) * i32::from(b)) >> 16) as i16)
    }
    #[inline(always)]
    fn multiply_round(self, other: Self) -> Self {
        for_each_lane!(self.0, other.0, |a, b| ((i32::from(a) * i32::from(b) + (1 << 14)) >> 15) as i16)
    }

    #[inline(always)]
    fn multiply_pairs(self, other: Self) -> [i32; 8] {
        let mut sums = [0; 8];
        for i in 0..8 {
            let even = i32::from(self.0[2 * i]) * i32::from(other.0[2 * i]);
            sums[i] = even + i32::from(self.0[2 * i + 1]) * i32::from(other.0[2 * i + 1]);
        }
        sums
    }
    #[inline(always)]
    fn add_wide(mut sum: [i32; 8], other: [i32; 8]) -> [i32; 8] {
        for i in 0..8 {
            sum[i] += other[i];
        }
        sum
    }
    #[inline(always)]
    fn halves(even: [i32; 8], odd: [i32; 8]) -> (Self, Self) {
        let (mut low, mut high) = ([0; 16], [0; 16]);
        for i in 0..8 {
            (low[2 * i], low[2 * i + 1]) = (even[i] as i16, odd[i] as i16);
            (high[2 * i], high[2 * i + 1]) = ((even[i] >> 16) as i16, (odd[i] >> 16) as i16);
        }
        (Self(low), Self(high))
    }
    #[inline(always)]
    fn swap_pairs(self) -> Self {
        let mut lanes = self.0;
        for i in 0..8 {
            (lanes[2 * i], lanes[2 * i + 1]) = (self.0[2 * i + 1], self.0[2 * i]);
        }
        Self(lanes)
    }

    #[inline(always)]
    fn transpose(vectors: &mut [Self; 8]) {
        let before = *vectors;
        for i in 0..8 {
            for j in 0..8 {
                (vectors[i].0[2 * j], vectors[i].0[2 * j + 1]) = (before[j].0[2 * i], before[j].0[2 * i + 1]);
            }
        }
    }

    #[inline(always)]
    fn load_bits<const BITS: usize>(_: Portable, bytes: &[u8], at: usize) -> Self {
        let mut lanes = [0; 16];
        for group in 0..2 {
            let mut word = [0; 16];
            word[..BITS].copy_from_slice(&bytes[at + BITS * group..][..BITS]);
            let word = u128::from_le_bytes(word);
            for lane in 0..8 {
                lanes[8 * group + lane] = (word >> (BITS * lane)) as i16 & ((1 << BITS) - 1);
            }
        }
        Self(lanes)
    }
    #[inline(always)]
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize) {
        debug_assert!(self.0.iter().all(|lane| (0..1 << BITS).contains(lane)));
        for group in 0..2 {
            let mut word = 0_u128;
            for lane in 0..8 {
                word |= (self.0[8 * group + lane] as u128) << (BITS * lane);
            }
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
