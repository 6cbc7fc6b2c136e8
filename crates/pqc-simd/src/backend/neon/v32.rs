//! Sixteen lanes in four registers of NEON.
#![allow(unsafe_code, reason = "intrinsics")]

use super::HasNeon;
use crate::arch::*;
use crate::vec::v32::{Fields, Lanes32, Q, Q_INVERSE};

/// The bytes of the kept lanes of four, and of eight bytes.
static MOVES: [[u8; 16]; 16] = moves(4);
static BYTE_MOVES: [[u8; 16]; 256] = moves(1);

/// For each mask of lanes of `lane_bytes` bytes, the bytes of the lanes in the mask, and then indices of no byte.
pub(crate) const fn moves<const MASKS: usize>(lane_bytes: usize) -> [[u8; 16]; MASKS] {
    let mut moves = [[0x80; 16]; MASKS];
    let mut mask = 0;
    while mask < MASKS {
        let (mut byte, mut to) = (0, 0);
        while byte < 16 {
            if mask >> (byte / lane_bytes) & 1 == 1 {
                moves[mask][to] = byte as u8;
                to += 1;
            }
            byte += 1;
        }
        mask += 1;
    }
    moves
}

/// One bit for each byte, all ones or zero: the lowest for the first byte.
#[inline(always)]
pub(crate) fn mask_of(bytes: uint8x16_t) -> usize {
    const WEIGHTS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: the token invariant.
    unsafe {
        let weighted = vandq_u8(bytes, load_128(&WEIGHTS));
        let pairs = vpaddq_u8(weighted, weighted);
        let fours = vpaddq_u8(pairs, pairs);
        vgetq_lane_u16::<0>(vreinterpretq_u16_u8(vpaddq_u8(fours, fours))).into()
    }
}

/// Exchanges the rows and columns of four registers.
#[inline(always)]
pub(crate) fn transpose_four([a, b, c, d]: [int32x4_t; 4]) -> [int32x4_t; 4] {
    // SAFETY: the token invariant.
    unsafe {
        let even_ab = vreinterpretq_s64_s32(vtrn1q_s32(a, b));
        let odd_ab = vreinterpretq_s64_s32(vtrn2q_s32(a, b));
        let even_cd = vreinterpretq_s64_s32(vtrn1q_s32(c, d));
        let odd_cd = vreinterpretq_s64_s32(vtrn2q_s32(c, d));
        [
            vreinterpretq_s32_s64(vtrn1q_s64(even_ab, even_cd)),
            vreinterpretq_s32_s64(vtrn1q_s64(odd_ab, odd_cd)),
            vreinterpretq_s32_s64(vtrn2q_s64(even_ab, even_cd)),
            vreinterpretq_s32_s64(vtrn2q_s64(odd_ab, odd_cd)),
        ]
    }
}

/// [`Lanes32::multiply`] of a register.
#[inline(always)]
fn multiply(a: int32x4_t, factor: int32x4_t, quotient: int32x4_t) -> int32x4_t {
    // SAFETY: the token invariant.
    unsafe {
        let low = vreinterpretq_s32_s64(vmull_s32(vget_low_s32(a), vget_low_s32(quotient)));
        let multiple = vuzp2q_s32(low, vreinterpretq_s32_s64(vmull_high_s32(a, quotient)));
        vsubq_s32(vmulq_s32(a, factor), vmulq_s32(multiple, vdupq_n_s32(Q)))
    }
}

/// [`Lanes32::canonical`] of a register. As unsigned numbers, negative ones are the largest.
#[inline(always)]
fn canonical(row: int32x4_t) -> int32x4_t {
    // SAFETY: the token invariant.
    unsafe {
        let q = vdupq_n_s32(Q);
        let positive = vminq_u32(vreinterpretq_u32_s32(row), vreinterpretq_u32_s32(vaddq_s32(row, q)));
        let less = vreinterpretq_u32_s32(vsubq_s32(vreinterpretq_s32_u32(positive), q));
        vreinterpretq_s32_u32(vminq_u32(positive, less))
    }
}

/// [`Lanes32::reduce`] of the sums of a register.
#[inline(always)]
fn reduce([low, high]: [int64x2_t; 2]) -> int32x4_t {
    // SAFETY: the token invariant.
    unsafe {
        let lows = vuzp1q_s32(vreinterpretq_s32_s64(low), vreinterpretq_s32_s64(high));
        let (multiple, q) = (vmulq_s32(lows, vdupq_n_s32(Q_INVERSE)), vdupq_n_s32(Q));
        let low = vmlsl_s32(low, vget_low_s32(multiple), vget_low_s32(q));
        vuzp2q_s32(vreinterpretq_s32_s64(low), vreinterpretq_s32_s64(vmlsl_high_s32(high, multiple, q)))
    }
}

/// Four numbers from sixteen bytes.
#[inline(always)]
fn unpack<const STEP: usize, const BITS: usize>(bytes: &[u8; 64], quarter: usize) -> int32x4_t {
    let words = &bytes[Fields::<STEP>::FIRST[quarter]..][..16];
    let (order, shifts) = (&Fields::<STEP>::ORDER[16 * quarter..][..16], &Fields::<STEP>::SHIFTS[4 * quarter..][..4]);
    // SAFETY: the token invariant.
    unsafe {
        let words = vreinterpretq_u32_u8(vqtbl1q_u8(load_128(words), load_128(order)));
        let shifted = vshlq_u32(words, vnegq_s32(vreinterpretq_s32_u8(load_128(shifts))));
        vreinterpretq_s32_u32(vandq_u32(shifted, vdupq_n_u32((1 << BITS) - 1)))
    }
}

/// Makes a row, register by register.
macro_rules! for_each {
    (|$i:ident| $result:expr) => {{
        // SAFETY: the token invariant.
        let mut row = [unsafe { vdupq_n_s32(0) }; 4];
        for $i in 0..4 {
            row[$i] = $result;
        }
        row
    }};
}

impl<M: HasNeon> Lanes32 for M {
    type Element = i32;
    type Row = [int32x4_t; 4];
    type Factor = [int32x4_t; 4];
    /// The sums of the lower and of the upper half of each register.
    type Sums = [[int64x2_t; 2]; 4];
    const KEEPS_FACTORS: bool = false;

    #[inline(always)]
    fn splat(self, value: i32) -> Self::Row {
        // SAFETY: the token invariant.
        [unsafe { vdupq_n_s32(value) }; 4]
    }

    #[inline(always)]
    fn load(self, from: &[i32; 16]) -> Self::Row {
        // SAFETY: the token invariant.
        for_each!(|i| unsafe { vreinterpretq_s32_u8(load_128(&from[4 * i..][..4])) })
    }

    #[inline(always)]
    fn load_constants(self, from: &[i32; 16]) -> Self::Row {
        self.load(from)
    }

    #[inline(always)]
    fn store(self, row: Self::Row, to: &mut [i32; 16]) {
        for i in 0..4 {
            // SAFETY: the token invariant.
            unsafe { store_128(&mut to[4 * i..][..4], vreinterpretq_u8_s32(row[i])) }
        }
    }

    #[inline(always)]
    fn add(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the token invariant.
        for_each!(|i| unsafe { vaddq_s32(a[i], b[i]) })
    }

    #[inline(always)]
    fn subtract(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the token invariant.
        for_each!(|i| unsafe { vsubq_s32(a[i], b[i]) })
    }

    #[inline(always)]
    fn multiply(self, a: Self::Row, factor: Self::Row, quotient: Self::Row) -> Self::Row {
        for_each!(|i| multiply(a[i], factor[i], quotient[i]))
    }

    #[inline(always)]
    fn canonical(self, row: Self::Row) -> Self::Row {
        for_each!(|i| canonical(row[i]))
    }

    #[inline(always)]
    fn transpose(self, rows: &mut [Self::Row; 16]) {
        let before = *rows;
        for i in 0..4 {
            for j in 0..4 {
                let k = 4 * i;
                let block = transpose_four([before[k][j], before[k + 1][j], before[k + 2][j], before[k + 3][j]]);
                for row in 0..4 {
                    rows[4 * j + row][i] = block[row];
                }
            }
        }
    }

    #[inline(always)]
    fn factor(self, row: Self::Row) -> Self::Factor {
        row
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        // SAFETY: the token invariant.
        [[unsafe { vdupq_n_s64(0) }; 2]; 4]
    }

    #[inline(always)]
    fn multiply_add(self, mut sums: Self::Sums, a: Self::Row, b: Self::Factor) -> Self::Sums {
        for i in 0..4 {
            // SAFETY: the token invariant.
            unsafe {
                sums[i][0] = vmlal_s32(sums[i][0], vget_low_s32(a[i]), vget_low_s32(b[i]));
                sums[i][1] = vmlal_high_s32(sums[i][1], a[i], b[i]);
            }
        }
        sums
    }

    #[inline(always)]
    fn reduce(self, sums: Self::Sums) -> Self::Row {
        for_each!(|i| reduce(sums[i]))
    }

    #[inline(always)]
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> Self::Row {
        for_each!(|i| unpack::<STEP, BITS>(bytes, i))
    }

    #[inline(always)]
    fn write_below(self, row: Self::Row, bound: i32, to: &mut [i32; 16]) -> usize {
        // SAFETY: the token invariant.
        let below = for_each!(|i| unsafe { vreinterpretq_s32_u32(vcltq_s32(row[i], vdupq_n_s32(bound))) });
        let mut count = 0;
        // SAFETY: the token invariant.
        unsafe {
            let first = vuzp1q_u16(vreinterpretq_u16_s32(below[0]), vreinterpretq_u16_s32(below[1]));
            let last = vuzp1q_u16(vreinterpretq_u16_s32(below[2]), vreinterpretq_u16_s32(below[3]));
            let kept = mask_of(vuzp1q_u8(vreinterpretq_u8_u16(first), vreinterpretq_u8_u16(last)));
            for i in 0..4 {
                let kept = kept >> (4 * i) & 15;
                let numbers = vqtbl1q_u8(vreinterpretq_u8_s32(row[i]), load_128(&MOVES[kept]));
                store_128(&mut to[count..][..4], numbers);
                count += kept.count_ones() as usize;
            }
        }
        count
    }

    #[inline(always)]
    fn write_nibbles_below(self, bytes: &[u8; 16], bound: u8, to: &mut [u8; 32]) -> usize {
        let mut count = 0;
        // SAFETY: the token invariant.
        unsafe {
            let bytes = load_128(bytes);
            let (low, high) = (vandq_u8(bytes, vdupq_n_u8(15)), vshrq_n_u8::<4>(bytes));
            for sixteen in [vzip1q_u8(low, high), vzip2q_u8(low, high)] {
                let kept = mask_of(vcltq_u8(sixteen, vdupq_n_u8(bound)));
                let upper = vreinterpretq_u8_u64(vdupq_laneq_u64::<1>(vreinterpretq_u64_u8(sixteen)));
                for (numbers, kept) in [(sixteen, kept & 0xff), (upper, kept >> 8)] {
                    store_64(&mut to[count..][..8], vqtbl1q_u8(numbers, load_128(&BYTE_MOVES[kept])));
                    count += kept.count_ones() as usize;
                }
            }
        }
        count
    }
}
