//! Sixteen lanes in one register of AVX-512.
#![allow(unsafe_code, reason = "intrinsics")]

use crate::arch::*;
use crate::backend::Avx512;
use crate::vec::v32::{Fields, Lanes32, Q, Q_INVERSE};

/// The upper halves of the 64-bit lanes of `even` in the even lanes, the upper halves of `odd` in the odd lanes.
#[inline(always)]
fn upper_halves(even: __m512i, odd: __m512i) -> __m512i {
    // SAFETY: the token invariant.
    unsafe { _mm512_mask_shuffle_epi32::<0xf5>(odd, 0x5555, even) }
}

/// Each odd lane moved to the even lane below it.
#[inline(always)]
fn odd_lanes(lanes: __m512i) -> __m512i {
    // SAFETY: the token invariant.
    unsafe { _mm512_srli_epi64::<32>(lanes) }
}

/// Subtracts from each 64-bit sum a multiple of q, such that 2^32 divides the difference.
#[inline(always)]
fn subtract_multiple(sums: __m512i) -> __m512i {
    // SAFETY: the token invariant.
    unsafe {
        let multiple = multiply_even_lanes_512(sums, _mm512_set1_epi32(Q_INVERSE));
        _mm512_sub_epi64(sums, _mm512_mul_epi32(multiple, _mm512_set1_epi32(Q)))
    }
}

#[inline(always)]
fn quarter(bytes: &[u8; 64], first: usize) -> __m128i {
    let bytes = &bytes[first..first + 16];
    // SAFETY: the token invariant.
    unsafe { load_128(bytes) }
}

impl Lanes32 for Avx512 {
    type Element = i32;
    type Row = __m512i;
    /// The numbers, and the odd lanes moved to the even ones.
    type Factor = (__m512i, __m512i);
    /// The sums of the even lanes, and of the odd lanes.
    type Sums = (__m512i, __m512i);
    const KEEPS_FACTORS: bool = true;

    #[inline(always)]
    fn splat(self, value: i32) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe { _mm512_set1_epi32(value) }
    }

    #[inline(always)]
    fn load(self, from: &[i32; 16]) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe { load_512(from) }
    }

    #[inline(always)]
    fn load_constants(self, from: &[i32; 16]) -> Self::Row {
        self.load(from)
    }

    #[inline(always)]
    fn store(self, row: Self::Row, to: &mut [i32; 16]) {
        // SAFETY: the token invariant.
        unsafe { store_512(to, row) }
    }

    #[inline(always)]
    fn add(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn subtract(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe { _mm512_sub_epi32(a, b) }
    }

    #[inline(always)]
    fn multiply(self, a: Self::Row, factor: Self::Row, quotient: Self::Row) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe {
            let even = _mm512_mul_epi32(a, quotient);
            let odd = _mm512_mul_epi32(odd_lanes(a), odd_lanes(quotient));
            let multiple = _mm512_mullo_epi32(upper_halves(even, odd), _mm512_set1_epi32(Q));
            _mm512_sub_epi32(_mm512_mullo_epi32(a, factor), multiple)
        }
    }

    #[inline(always)]
    fn canonical(self, row: Self::Row) -> Self::Row {
        // As unsigned numbers, negative ones are the largest.
        // SAFETY: the token invariant.
        unsafe {
            let q = _mm512_set1_epi32(Q);
            let positive = _mm512_min_epu32(row, _mm512_add_epi32(row, q));
            _mm512_min_epu32(positive, _mm512_sub_epi32(positive, q))
        }
    }

    #[inline(always)]
    fn transpose(self, r: &mut [Self::Row; 16]) {
        // Lanes change places in pairs of rows, then two lanes at a time, four and eight.
        // SAFETY: the token invariant.
        unsafe {
            for pair in 0..8 {
                let (a, b) = (2 * pair, 2 * pair + 1);
                (r[a], r[b]) = (_mm512_unpacklo_epi32(r[a], r[b]), _mm512_unpackhi_epi32(r[a], r[b]));
            }
            for four in 0..4 {
                let i = 4 * four;
                let (low, high) = ([r[i], r[i + 1]], [r[i + 2], r[i + 3]]);
                r[i] = _mm512_unpacklo_epi64(low[0], high[0]);
                r[i + 1] = _mm512_unpackhi_epi64(low[0], high[0]);
                r[i + 2] = _mm512_unpacklo_epi64(low[1], high[1]);
                r[i + 3] = _mm512_unpackhi_epi64(low[1], high[1]);
            }
            for pair in 0..8 {
                let a = pair / 4 * 8 + pair % 4;
                let b = a + 4;
                (r[a], r[b]) = (_mm512_shuffle_i32x4::<0x88>(r[a], r[b]), _mm512_shuffle_i32x4::<0xdd>(r[a], r[b]));
            }
            for a in 0..8 {
                let b = a + 8;
                (r[a], r[b]) = (_mm512_shuffle_i32x4::<0x88>(r[a], r[b]), _mm512_shuffle_i32x4::<0xdd>(r[a], r[b]));
            }
        }
    }

    #[inline(always)]
    fn factor(self, row: Self::Row) -> Self::Factor {
        (row, odd_lanes(row))
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        // SAFETY: the token invariant.
        unsafe { (_mm512_setzero_si512(), _mm512_setzero_si512()) }
    }

    #[inline(always)]
    fn multiply_add(self, (even, odd): Self::Sums, a: Self::Row, b: Self::Factor) -> Self::Sums {
        // SAFETY: the token invariant.
        unsafe {
            let odd_product = _mm512_mul_epi32(odd_lanes(a), b.1);
            (_mm512_add_epi64(even, _mm512_mul_epi32(a, b.0)), _mm512_add_epi64(odd, odd_product))
        }
    }

    #[inline(always)]
    fn reduce(self, (even, odd): Self::Sums) -> Self::Row {
        upper_halves(subtract_multiple(even), subtract_multiple(odd))
    }

    #[inline(always)]
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe {
            let words = _mm512_castsi128_si512(quarter(bytes, Fields::<STEP>::FIRST[0]));
            let words = _mm512_inserti32x4::<1>(words, quarter(bytes, Fields::<STEP>::FIRST[1]));
            let words = _mm512_inserti32x4::<2>(words, quarter(bytes, Fields::<STEP>::FIRST[2]));
            let words = _mm512_inserti32x4::<3>(words, quarter(bytes, Fields::<STEP>::FIRST[3]));
            let words = _mm512_shuffle_epi8(words, load_512(&Fields::<STEP>::ORDER));
            let shifted = _mm512_srlv_epi32(words, load_512(&Fields::<STEP>::SHIFTS));
            _mm512_and_si512(shifted, _mm512_set1_epi32((1 << BITS) - 1))
        }
    }

    #[inline(always)]
    fn write_below(self, row: Self::Row, bound: i32, to: &mut [i32; 16]) -> usize {
        // SAFETY: the token invariant.
        let (kept, below) = unsafe {
            let below = _mm512_cmplt_epi32_mask(row, _mm512_set1_epi32(bound));
            (_mm512_maskz_compress_epi32(below, row), below)
        };
        self.store(kept, to);
        below.count_ones() as usize
    }

    #[inline(always)]
    fn write_nibbles_below(self, bytes: &[u8; 16], bound: u8, to: &mut [u8; 32]) -> usize {
        // SAFETY: the token invariant.
        unsafe {
            let words = _mm256_cvtepu8_epi16(load_128(bytes));
            let nibbles = _mm256_or_si256(words, _mm256_slli_epi16::<4>(words));
            let nibbles = _mm256_and_si256(nibbles, _mm256_set1_epi8(15));
            let below = _mm256_cmplt_epu8_mask(nibbles, _mm256_set1_epi8(bound.cast_signed()));
            store_256(to, _mm256_maskz_compress_epi8(below, nibbles));
            below.count_ones() as usize
        }
    }
}
