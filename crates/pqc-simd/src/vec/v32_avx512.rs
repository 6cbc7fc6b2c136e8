//! [`Lanes32`] in one register of AVX-512 (F and BW).
//!
//! Every function here is inlined into the kernels of the backend, which are compiled for its instructions. The token that
//! each method takes exists only where the processor has them, and each `unsafe` rests on that.
#![allow(unsafe_code, reason = "intrinsics")]

use super::v32::{Fields, Lanes32, Q, Q_INVERSE};
use crate::backend::Avx512;
use core::arch::x86_64::*;
use core::array::from_fn;

/// The upper halves of the 64-bit lanes of `even`, and those of `odd`, as sixteen lanes in the order of both.
#[inline(always)]
fn upper_halves(even: __m512i, odd: __m512i) -> __m512i {
    // SAFETY: the processor has AVX-512, as its token says.
    unsafe { _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64::<32>(even), odd) }
}

/// Each odd lane moved to the even one below it.
#[inline(always)]
fn odd_lanes(of: __m512i) -> __m512i {
    // SAFETY: the processor has AVX-512, as its token says.
    unsafe { _mm512_srli_epi64::<32>(of) }
}

impl Lanes32 for Avx512 {
    type Row = __m512i;
    /// The sums of the even lanes, and of the odd ones.
    type Sums = (__m512i, __m512i);

    #[inline(always)]
    fn splat(self, value: i32) -> Self::Row {
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe { _mm512_set1_epi32(value) }
    }

    #[inline(always)]
    fn load(self, from: &[i32; 16]) -> Self::Row {
        // SAFETY: the processor has AVX-512, as its token says; the array has the 64 bytes that are read, at any alignment.
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, row: Self::Row, to: &mut [i32; 16]) {
        // SAFETY: as for `load`, and the array is borrowed for writing.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), row) }
    }

    #[inline(always)]
    fn add(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn subtract(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe { _mm512_sub_epi32(a, b) }
    }

    #[inline(always)]
    fn multiply(self, a: Self::Row, factor: Self::Row, quotient: Self::Row) -> Self::Row {
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe {
            let even = _mm512_mul_epi32(a, quotient);
            let odd = _mm512_mul_epi32(odd_lanes(a), odd_lanes(quotient));
            let multiple = _mm512_mullo_epi32(upper_halves(even, odd), _mm512_set1_epi32(Q));
            _mm512_sub_epi32(_mm512_mullo_epi32(a, factor), multiple)
        }
    }

    #[inline(always)]
    fn transpose(self, rows: &mut [Self::Row; 16]) {
        // Pairs of lanes, then of pairs, then of quarters and of halves change places.
        let r = *rows;
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe {
            let r: [__m512i; 16] = from_fn(|i| {
                if i % 2 == 0 { _mm512_unpacklo_epi32(r[i], r[i + 1]) } else { _mm512_unpackhi_epi32(r[i - 1], r[i]) }
            });
            let r: [__m512i; 16] = from_fn(|i| match i % 4 {
                0 => _mm512_unpacklo_epi64(r[i], r[i + 2]),
                1 => _mm512_unpackhi_epi64(r[i - 1], r[i + 1]),
                2 => _mm512_unpacklo_epi64(r[i - 1], r[i + 1]),
                _ => _mm512_unpackhi_epi64(r[i - 2], r[i]),
            });
            let r: [__m512i; 16] = from_fn(|i| {
                if i % 8 < 4 {
                    _mm512_shuffle_i32x4::<0x88>(r[i], r[i + 4])
                } else {
                    _mm512_shuffle_i32x4::<0xdd>(r[i - 4], r[i])
                }
            });
            *rows = from_fn(|i| {
                if i < 8 {
                    _mm512_shuffle_i32x4::<0x88>(r[i], r[i + 8])
                } else {
                    _mm512_shuffle_i32x4::<0xdd>(r[i - 8], r[i])
                }
            });
        }
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe { (_mm512_setzero_si512(), _mm512_setzero_si512()) }
    }

    #[inline(always)]
    fn multiply_add(self, (even, odd): Self::Sums, a: Self::Row, b: Self::Row) -> Self::Sums {
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe {
            let odd_product = _mm512_mul_epi32(odd_lanes(a), odd_lanes(b));
            (_mm512_add_epi64(even, _mm512_mul_epi32(a, b)), _mm512_add_epi64(odd, odd_product))
        }
    }

    #[inline(always)]
    fn reduce(self, (even, odd): Self::Sums) -> Self::Row {
        // SAFETY: the processor has AVX-512, as its token says.
        unsafe {
            let (q, inverse) = (_mm512_set1_epi32(Q), _mm512_set1_epi32(Q_INVERSE));
            let multiple = |sum| _mm512_mul_epi32(_mm512_mul_epi32(sum, inverse), q);
            upper_halves(_mm512_sub_epi64(even, multiple(even)), _mm512_sub_epi64(odd, multiple(odd)))
        }
    }

    #[inline(always)]
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> Self::Row {
        // SAFETY: the processor has AVX-512, as its token says. `Fields` asserts that no more than 64
        // bytes are read; the tables have the 64 bytes that are read.
        unsafe {
            let quarter = |i: usize| _mm_loadu_si128(bytes.as_ptr().add(Fields::<STEP>::FIRST[i]).cast());
            let words = _mm512_castsi128_si512(quarter(0));
            let words = _mm512_inserti32x4::<1>(words, quarter(1));
            let words = _mm512_inserti32x4::<2>(words, quarter(2));
            let words = _mm512_inserti32x4::<3>(words, quarter(3));
            let words = _mm512_shuffle_epi8(words, _mm512_loadu_si512(Fields::<STEP>::ORDER.as_ptr().cast()));
            let shifted = _mm512_srlv_epi32(words, _mm512_loadu_si512(Fields::<STEP>::SHIFTS.as_ptr().cast()));
            _mm512_and_si512(shifted, _mm512_set1_epi32((1 << BITS) - 1))
        }
    }

    #[inline(always)]
    fn write_below(self, row: Self::Row, bound: i32, to: &mut [i32; 16]) -> usize {
        // SAFETY: the processor has AVX-512, as its token says.
        let (kept, below) = unsafe {
            let below = _mm512_cmplt_epi32_mask(row, _mm512_set1_epi32(bound));
            (_mm512_maskz_compress_epi32(below, row), below)
        };
        self.store(kept, to);
        below.count_ones() as usize
    }
}
