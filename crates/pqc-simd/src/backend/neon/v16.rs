//! Sixteen lanes in two registers of NEON.
#![allow(unsafe_code, reason = "intrinsics")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "indices of 16 bytes, and a number of bits"
)]

use super::HasNeon;
use super::v32::{mask_of, moves, transpose_four};
use crate::arch::*;
use crate::ntt16::Q;
use crate::vec::v16::{Lanes16, Machine16};
use core::marker::PhantomData;

impl<M: HasNeon> Machine16 for M {
    type V16 = I16x16<M>;
}

#[derive(Clone, Copy)]
pub(crate) struct I16x16<M>(pub(crate) [int16x8_t; 2], pub(crate) PhantomData<M>);

/// Applies instructions to each pair of registers.
macro_rules! for_both {
    ($left:expr, $right:expr, |$a:ident, $b:ident| $result:expr) => {{
        let (mut left, right) = ($left, $right);
        for i in 0..2 {
            let ($a, $b) = (left.0[i], right.0[i]);
            // SAFETY: the token invariant.
            left.0[i] = unsafe { $result };
        }
        left
    }};
}

/// Tables that spread eight lanes of `BITS` bits each, in `BITS` bytes, to 16 bits, and pack them again.
pub(crate) struct Packing<const BITS: usize>;

impl<const BITS: usize> Packing<BITS> {
    /// The two bytes where each lane begins, or those from byte `skipped` on. There is no byte 0x80.
    const fn bytes(skipped: usize) -> [u8; 16] {
        let (mut bytes, mut lane) = ([0x80; 16], 0);
        while lane < 8 {
            bytes[2 * lane] = (BITS * lane / 8 + skipped) as u8;
            bytes[2 * lane + 1] = if skipped == 0 { bytes[2 * lane] + 1 } else { 0x80 };
            lane += 1;
        }
        bytes
    }

    /// How far each lane moves up, from its two bytes if `skipped` is 0, or from the byte after `skipped` others.
    const fn distances(skipped: usize) -> [i16; 8] {
        let (mut distances, mut lane) = ([0; 8], 0);
        while lane < 8 {
            distances[lane] = 8 * skipped as i16 - (BITS * lane % 8) as i16;
            lane += 1;
        }
        distances
    }

    const FIRST: [u8; 16] = Self::bytes(0);
    const DOWN: [i16; 8] = Self::distances(0);
    /// A lane of eleven bits may reach a third byte.
    const THIRD: [u8; 16] = Self::bytes(2);
    const UP: [i16; 8] = Self::distances(2);

    /// Where the last four of eight lanes, in the upper half, go in each half if four lanes are not whole bytes.
    const JOIN: [i64; 2] = [4 * BITS as i64, 4 * BITS as i64 - 64];

    /// For each packed byte, its index in lanes joined by fours, where four lanes are whole bytes.
    const PACKED: [u8; 16] = {
        let (mut from, mut i) = ([0x80; 16], 0);
        while i < BITS && BITS.is_multiple_of(2) {
            from[i] = (i / (BITS / 2) * 8 + i % (BITS / 2)) as u8;
            i += 1;
        }
        from
    };
}

/// The lowest `bits` bits, all ones.
const fn ones(bits: usize) -> u64 {
    (1 << bits) - 1
}

/// Sixteen bytes of a slice from `at` on, with zeros after its end. The slice has at least 16 bytes.
#[inline(always)]
fn load_to_end(bytes: &[u8], at: usize) -> uint8x16_t {
    /// The indices of the bytes from each on; there is no byte 16.
    const MOVE_DOWN: [u8; 32] = {
        let (mut from, mut i) = ([16; 32], 0);
        while i < 16 {
            from[i] = i as u8;
            i += 1;
        }
        from
    };
    let missing = (at + 16).saturating_sub(bytes.len());
    let (last, move_down) = (&bytes[at - missing..][..16], &MOVE_DOWN[missing..][..16]);
    // SAFETY: the token invariant.
    unsafe {
        let bytes = load_128(last);
        if missing == 0 { bytes } else { vqtbl1q_u8(bytes, load_128(move_down)) }
    }
}

/// Eight lanes from `BITS` bytes: each moves down from the two bytes where it begins, and its rest up from the next.
#[inline(always)]
fn unpack<const BITS: usize>(packed: uint8x16_t) -> int16x8_t {
    // SAFETY: the token invariant.
    unsafe {
        let first = vreinterpretq_u16_u8(vqtbl1q_u8(packed, load_128(&Packing::<BITS>::FIRST)));
        let mut lanes = vshlq_u16(first, vreinterpretq_s16_u8(load_128(&Packing::<BITS>::DOWN)));
        if BITS == 11 {
            let third = vreinterpretq_u16_u8(vqtbl1q_u8(packed, load_128(&Packing::<BITS>::THIRD)));
            lanes = vorrq_u16(lanes, vshlq_u16(third, vreinterpretq_s16_u8(load_128(&Packing::<BITS>::UP))));
        }
        vreinterpretq_s16_u16(vandq_u16(lanes, vdupq_n_u16(ones(BITS) as u16)))
    }
}

/// Eight lanes of `BITS` bits in `BITS` bytes, and zeros: joins two lanes at a time, then four and eight.
#[inline(always)]
fn pack<const BITS: usize>(lanes: int16x8_t) -> uint8x16_t {
    // SAFETY: the token invariant.
    unsafe {
        let lanes = vreinterpretq_u32_s16(lanes);
        let moved = vshlq_u32(lanes, vdupq_n_s32(BITS as i32 - 16));
        let twos = vreinterpretq_u64_u32(vbslq_u32(vdupq_n_u32(ones(BITS) as u32), lanes, moved));
        let moved = vshlq_u64(twos, vdupq_n_s64(2 * BITS as i64 - 32));
        let fours = vbslq_u64(vdupq_n_u64(ones(2 * BITS)), twos, moved);
        if BITS.is_multiple_of(2) {
            return vqtbl1q_u8(vreinterpretq_u8_u64(fours), load_128(&Packing::<BITS>::PACKED));
        }
        let last = vshlq_u64(vdupq_laneq_u64::<1>(fours), vreinterpretq_s64_u8(load_128(&Packing::<BITS>::JOIN)));
        let first = vandq_u64(fours, vreinterpretq_u64_u8(load_128(&[u64::MAX, 0])));
        vreinterpretq_u8_u64(vorrq_u64(first, last))
    }
}

static MOVES: [[u8; 16]; 256] = moves(2);

impl<M: HasNeon> Lanes16 for I16x16<M> {
    type Machine = M;
    type Element = i16;
    type Wide = [int32x4_t; 2];
    const LANES: usize = 16;

    #[inline(always)]
    fn splat(_: M, value: i16) -> Self {
        // SAFETY: the token invariant.
        Self([unsafe { vdupq_n_s16(value) }; 2], PhantomData)
    }
    #[inline(always)]
    fn load(_: M, values: &[i16]) -> Self {
        let (low, high) = values[..16].split_at(8);
        // SAFETY: the token invariant.
        Self(unsafe { [vreinterpretq_s16_u8(load_128(low)), vreinterpretq_s16_u8(load_128(high))] }, PhantomData)
    }
    #[inline(always)]
    fn load_constants(machine: M, values: &[i16]) -> Self {
        Self::load(machine, values)
    }
    #[inline(always)]
    fn store(self, values: &mut [i16]) {
        let (low, high) = values[..16].split_at_mut(8);
        // SAFETY: the token invariant.
        unsafe {
            store_128(low, vreinterpretq_u8_s16(self.0[0]));
            store_128(high, vreinterpretq_u8_s16(self.0[1]));
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        for_both!(self, other, |a, b| vaddq_s16(a, b))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        for_both!(self, other, |a, b| vsubq_s16(a, b))
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        for_both!(self, other, |a, b| vandq_s16(a, b))
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        for_both!(self, other, |a, b| vreinterpretq_s16_u16(vcgtq_s16(a, b)))
    }
    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        for_both!(self, self, |a, _b| vshrq_n_s16::<BITS>(a))
    }
    #[inline(always)]
    fn multiply_low(self, other: Self) -> Self {
        for_both!(self, other, |a, b| vmulq_s16(a, b))
    }
    #[inline(always)]
    fn multiply_high(self, other: Self) -> Self {
        for_both!(self, other, |a, b| {
            let low = vreinterpretq_s16_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)));
            vuzp2q_s16(low, vreinterpretq_s16_s32(vmull_high_s16(a, b)))
        })
    }
    #[inline(always)]
    fn multiply_round(self, other: Self) -> Self {
        for_both!(self, other, |a, b| vqrdmulhq_s16(a, b))
    }
    /// Half the difference of the high halves of the doubled products. The low halves of the products are equal, so the
    /// difference is even. Only -2^15 times itself would not fit, and is in no table.
    #[inline(always)]
    fn multiply(self, _: M, value: Self, quotient: Self) -> Self {
        let m = self.multiply_low(quotient);
        let product = for_both!(self, value, |a, b| vqdmulhq_s16(a, b));
        for_both!(product, m, |a, m| vhsubq_s16(a, vqdmulhq_s16(m, vdupq_n_s16(Q))))
    }

    #[inline(always)]
    fn multiply_pairs(self, other: Self) -> [int32x4_t; 2] {
        let [a, b] = self.0;
        let [c, d] = other.0;
        // SAFETY: the token invariant.
        unsafe {
            [
                vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(c)), vmull_high_s16(a, c)),
                vpaddq_s32(vmull_s16(vget_low_s16(b), vget_low_s16(d)), vmull_high_s16(b, d)),
            ]
        }
    }
    #[inline(always)]
    fn add_wide(sum: [int32x4_t; 2], other: [int32x4_t; 2]) -> [int32x4_t; 2] {
        // SAFETY: the token invariant.
        unsafe { [vaddq_s32(sum[0], other[0]), vaddq_s32(sum[1], other[1])] }
    }
    #[inline(always)]
    fn halves([a, b]: [int32x4_t; 2], [c, d]: [int32x4_t; 2]) -> (Self, Self) {
        // SAFETY: the token invariant.
        unsafe {
            let (a, c) = (vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(c));
            let (b, d) = (vreinterpretq_s16_s32(b), vreinterpretq_s16_s32(d));
            let (low, high) = ([vtrn1q_s16(a, c), vtrn1q_s16(b, d)], [vtrn2q_s16(a, c), vtrn2q_s16(b, d)]);
            (Self(low, PhantomData), Self(high, PhantomData))
        }
    }
    #[inline(always)]
    fn swap_pairs(self) -> Self {
        for_both!(self, self, |a, _b| vrev32q_s16(a))
    }
    #[inline(always)]
    fn transpose(v: &mut [Self; 8]) {
        let before = *v;
        for block in 0..2 {
            for half in 0..2 {
                let i = 4 * half;
                let rows = [before[i].0[block], before[i + 1].0[block], before[i + 2].0[block], before[i + 3].0[block]];
                // SAFETY: the token invariant.
                let mut columns = [unsafe { vdupq_n_s32(0) }; 4];
                for i in 0..4 {
                    // SAFETY: the token invariant.
                    columns[i] = unsafe { vreinterpretq_s32_s16(rows[i]) };
                }
                let columns = transpose_four(columns);
                for i in 0..4 {
                    // SAFETY: the token invariant.
                    v[4 * block + i].0[half] = unsafe { vreinterpretq_s16_s32(columns[i]) };
                }
            }
        }
    }

    #[inline(always)]
    fn load_bits<const BITS: usize>(_: M, bytes: &[u8], at: usize) -> Self {
        let (low, high) = (load_to_end(bytes, at), load_to_end(bytes, at + BITS));
        Self([unpack::<BITS>(low), unpack::<BITS>(high)], PhantomData)
    }
    #[inline(always)]
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize) {
        let (first, second) = (pack::<BITS>(self.0[0]), pack::<BITS>(self.0[1]));
        // A store writes zeros after its bytes, where the next ones go. The last bytes of the slice are copied instead.
        // SAFETY: the token invariant.
        unsafe {
            if at + BITS + 16 <= bytes.len() {
                let to = &mut bytes[at..at + BITS + 16];
                store_128(&mut to[..16], first);
                store_128(&mut to[BITS..], second);
            } else {
                let mut copy = [[0_u8; 16]; 2];
                store_128(&mut copy[0], first);
                store_128(&mut copy[1], second);
                copy_bytes(&copy[0][..BITS], &mut bytes[at..at + BITS]);
                copy_bytes(&copy[1][..BITS], &mut bytes[at + BITS..at + 2 * BITS]);
            }
        }
    }
    #[inline(always)]
    fn append_below(self, bound: i16, values: &mut [i16], count: usize) -> usize {
        let values = &mut values[count..count + 16];
        // SAFETY: the token invariant.
        unsafe {
            // Unsigned, so that negative lanes are above the bound.
            let bound = vdupq_n_u16(bound.cast_unsigned());
            let first = vreinterpretq_u8_u16(vcltq_u16(vreinterpretq_u16_s16(self.0[0]), bound));
            let second = vreinterpretq_u8_u16(vcltq_u16(vreinterpretq_u16_s16(self.0[1]), bound));
            let kept = mask_of(vuzp1q_u8(first, second));
            let (first, second) = (kept & 0xff, kept >> 8);
            let between = first.count_ones() as usize;
            store_128(&mut values[..8], vqtbl1q_u8(vreinterpretq_u8_s16(self.0[0]), load_128(&MOVES[first])));
            let second_kept = vqtbl1q_u8(vreinterpretq_u8_s16(self.0[1]), load_128(&MOVES[second]));
            store_128(&mut values[between..between + 8], second_kept);
            count + between + second.count_ones() as usize
        }
    }
}
