//! Sixteen lanes in a register of AVX2.
#![allow(unsafe_code, reason = "the intrinsics of AVX2")]

use super::v16::{Lanes16, Machine16};
use crate::backend::Avx2;
use core::arch::x86_64::*;

impl Machine16 for Avx2 {
    type V16 = I16x16;
}

#[derive(Clone, Copy)]
pub(crate) struct I16x16(__m256i);

/// The low bits, as many as asked for.
const fn ones(bits: usize) -> i64 {
    (1 << bits) - 1
}

/// One value in the even, another in the odd 64-bit lanes.
///
/// # Safety
/// The processor has AVX.
#[inline(always)]
unsafe fn even_odd(even: usize, odd: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_set_epi64x(odd as i64, even as i64, odd as i64, even as i64) }
}

/// `low & mask | high & !mask`, for a mask of the 64-bit lanes.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn merge(mask: i64, low: __m256i, high: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let mask = _mm256_set1_epi64x(mask);
        _mm256_or_si256(_mm256_and_si256(mask, low), _mm256_andnot_si256(mask, high))
    }
}

/// For each set of kept lanes of eight, the bytes that move to the front, and nothing (0x80) after them.
static MOVES: [[u8; 16]; 256] = moves();

const fn moves() -> [[u8; 16]; 256] {
    let mut moves = [[0x80; 16]; 256];
    let mut set = 0;
    while set < 256 {
        let (mut lane, mut to) = (0, 0);
        while lane < 8 {
            if set >> lane & 1 == 1 {
                moves[set][to] = 2 * lane;
                moves[set][to + 1] = 2 * lane + 1;
                to += 2;
            }
            lane += 1;
        }
        set += 1;
    }
    moves
}

/// Transposes, in each 128 bits, the matrix of 4 vectors by 4 pairs.
///
/// # Safety
/// The processor has the instructions.
#[inline(always)]
unsafe fn transpose_four(a: __m256i, b: __m256i, c: __m256i, d: __m256i) -> [__m256i; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab_low, cd_low),
            _mm256_unpackhi_epi64(ab_low, cd_low),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ]
    }
}

// SAFETY, for every block below: an `I16x16` is made with a token or from another one, and a function that makes one takes
// a token, so the processor has the features of the token. A slice that is read or written has been cut to at least the size
// that the instruction uses; addresses may have any alignment.
impl Lanes16 for I16x16 {
    type Machine = Avx2;
    type Wide = __m256i;
    const LANES: usize = 16;

    #[inline(always)]
    fn splat(_: Avx2, value: i16) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_set1_epi16(value) })
    }
    #[inline(always)]
    fn load(_: Avx2, values: &[i16]) -> Self {
        let values = &values[..16];
        // SAFETY: see above.
        Self(unsafe { _mm256_loadu_si256(values.as_ptr().cast()) })
    }
    #[inline(always)]
    fn store(self, values: &mut [i16]) {
        let values = &mut values[..16];
        // SAFETY: see above.
        unsafe { _mm256_storeu_si256(values.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sub_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn wrapping_sub(self, other: Self) -> Self {
        self.sub(other)
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_and_si256(self.0, other.0) })
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_cmpgt_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_srai_epi16::<BITS>(self.0) })
    }
    #[inline(always)]
    fn multiply_low(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_mullo_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn multiply_high(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_mulhi_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn multiply_round(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_mulhrs_epi16(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply_pairs(self, other: Self) -> __m256i {
        // SAFETY: see above.
        unsafe { _mm256_madd_epi16(self.0, other.0) }
    }
    #[inline(always)]
    fn add_wide(sum: __m256i, other: __m256i) -> __m256i {
        // SAFETY: see above; a wide vector is made of an `I16x16`.
        unsafe { _mm256_add_epi32(sum, other) }
    }
    #[inline(always)]
    fn halves(even: __m256i, odd: __m256i) -> (Self, Self) {
        // SAFETY: see above.
        unsafe {
            let low = _mm256_blend_epi16::<0b1010_1010>(even, _mm256_slli_epi32::<16>(odd));
            let high = _mm256_blend_epi16::<0b1010_1010>(_mm256_srli_epi32::<16>(even), odd);
            (Self(low), Self(high))
        }
    }
    #[inline(always)]
    fn swap_pairs(self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_or_si256(_mm256_slli_epi32::<16>(self.0), _mm256_srli_epi32::<16>(self.0))) }
    }

    #[inline(always)]
    fn transpose(v: &mut [Self; 8]) {
        // SAFETY: see above.
        unsafe {
            let first = transpose_four(v[0].0, v[1].0, v[2].0, v[3].0);
            let last = transpose_four(v[4].0, v[5].0, v[6].0, v[7].0);
            for i in 0..4 {
                v[i].0 = _mm256_permute2x128_si256::<0x20>(first[i], last[i]);
                v[i + 4].0 = _mm256_permute2x128_si256::<0x31>(first[i], last[i]);
            }
        }
    }
    #[inline(always)]
    fn rows_to_vectors(_: &mut [Self; 8]) {}
    #[inline(always)]
    fn vectors_to_rows(_: &mut [Self; 8]) {}

    /// Eight lanes come in `BITS` bytes, which go to the low end of a half; each half, then each half of it, is split in two,
    /// the high part moved up.
    #[inline(always)]
    fn load_bits<const BITS: usize>(_: Avx2, bytes: &[u8], at: usize) -> Self {
        let mut copy = [0; 32];
        // The instruction reads beyond its part, but not beyond the slice: the last parts are copied first.
        let (part, second) = if at + BITS + 16 <= bytes.len() {
            (&bytes[at..at + BITS + 16], BITS)
        } else {
            copy[..BITS].copy_from_slice(&bytes[at..at + BITS]);
            copy[16..16 + BITS].copy_from_slice(&bytes[at + BITS..at + 2 * BITS]);
            (&copy[..], 16)
        };
        // SAFETY: see above; `part` has `second + 16` bytes.
        unsafe {
            let first: *const u8 = part.as_ptr();
            let halves = _mm256_loadu2_m128i(first.add(second).cast(), first.cast());
            let low_bits = _mm256_unpacklo_epi64(halves, halves);
            let from_low = _mm256_srlv_epi64(low_bits, even_odd(0, 4 * BITS));
            let from_high = _mm256_sllv_epi64(halves, even_odd(64, 64 - 4 * BITS));
            let fours = _mm256_or_si256(from_low, from_high);
            let moved = _mm256_sllv_epi64(fours, even_odd(32 - 2 * BITS, 32 - 2 * BITS));
            let twos = merge(ones(32), fours, moved);
            let moved = _mm256_sllv_epi64(twos, even_odd(16 - BITS, 16 - BITS));
            let lanes = merge(0x0000_ffff_0000_ffff, twos, moved);
            // Until here, every part has bits of the next one above its own.
            Self(_mm256_and_si256(lanes, _mm256_set1_epi64x(ones(BITS) * 0x0001_0001_0001_0001)))
        }
    }
    #[inline(always)]
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize) {
        // SAFETY: see above; `part` has 16 bytes more than where the second half goes.
        unsafe {
            let twos = _mm256_madd_epi16(self.0, _mm256_set1_epi32(1 | 1 << (16 + BITS)));
            let moved = _mm256_srlv_epi64(twos, even_odd(32 - 2 * BITS, 32 - 2 * BITS));
            let fours = merge(ones(2 * BITS), twos, moved);
            let odd = _mm256_unpackhi_epi64(fours, fours);
            let to_low = _mm256_sllv_epi64(odd, even_odd(4 * BITS, 64));
            let to_high = _mm256_srlv_epi64(odd, even_odd(64, 64 - 4 * BITS));
            let even = _mm256_and_si256(fours, _mm256_set_epi64x(0, -1, 0, -1));
            let halves = _mm256_or_si256(even, _mm256_or_si256(to_low, to_high));
            let (first, second) = (_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
            // The instruction writes zeros beyond its part, where the next part goes, but not beyond the slice: the last parts
            // are copied.
            if at + BITS + 16 <= bytes.len() {
                let part: *mut u8 = bytes[at..at + BITS + 16].as_mut_ptr();
                _mm_storeu_si128(part.cast(), first);
                _mm_storeu_si128(part.add(BITS).cast(), second);
            } else {
                let mut copy = [[0_u8; 16]; 2];
                _mm_storeu_si128(copy[0].as_mut_ptr().cast(), first);
                _mm_storeu_si128(copy[1].as_mut_ptr().cast(), second);
                bytes[at..at + BITS].copy_from_slice(&copy[0][..BITS]);
                bytes[at + BITS..at + 2 * BITS].copy_from_slice(&copy[1][..BITS]);
            }
        }
    }
    #[inline(always)]
    fn append_below(self, bound: i16, values: &mut [i16], count: usize) -> usize {
        let values = &mut values[count..count + 16];
        // SAFETY: see above; the first half keeps at most eight lanes, so the store of the second ends inside.
        unsafe {
            let below = _mm256_cmpgt_epi16(_mm256_set1_epi16(bound), self.0);
            let kept = _mm256_andnot_si256(_mm256_cmpgt_epi16(_mm256_setzero_si256(), self.0), below);
            // One bit a lane: that of the first half's lanes in the low byte.
            let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(kept, kept));
            let kept = _mm_movemask_epi8(_mm256_castsi256_si128(bytes)).cast_unsigned();
            let [first, second, ..] = kept.to_le_bytes();
            let (first, second) = (usize::from(first), usize::from(second));
            let between = first.count_ones() as usize;
            let first_move = _mm_loadu_si128(MOVES[first].as_ptr().cast());
            let second_move = _mm_loadu_si128(MOVES[second].as_ptr().cast());
            let first_kept = _mm_shuffle_epi8(_mm256_castsi256_si128(self.0), first_move);
            let second_kept = _mm_shuffle_epi8(_mm256_extracti128_si256::<1>(self.0), second_move);
            _mm_storeu_si128(values.as_mut_ptr().cast(), first_kept);
            _mm_storeu_si128(values[between..between + 8].as_mut_ptr().cast(), second_kept);
            count + between + second.count_ones() as usize
        }
    }
}
