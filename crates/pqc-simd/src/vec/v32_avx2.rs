//! [`Lanes32`] in two registers of AVX2.
//!
//! Every function here is inlined into the kernels of the backend, which are compiled for its instructions. The token that
//! each method takes exists only where the processor has them, and each `unsafe` rests on that.
#![allow(unsafe_code, reason = "intrinsics")]

use super::v32::{Fields, Lanes32, Q, Q_INVERSE};
use crate::backend::Avx2;
use core::arch::x86_64::*;
use core::array::from_fn;

/// For each set of eight lanes, given as a mask, its members in their order.
static KEEP: [[u8; 8]; 256] = {
    let mut keep = [[0; 8]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut count, mut lane) = (0, 0);
        while lane < 8 {
            if mask >> lane & 1 == 1 {
                keep[mask][count] = lane;
                count += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    keep
};

/// The upper halves of the 64-bit lanes of `even`, and those of `odd`, as eight lanes in the order of both.
#[inline(always)]
fn upper_halves(even: __m256i, odd: __m256i) -> __m256i {
    // SAFETY: the processor has AVX2, as its token says.
    unsafe { _mm256_blend_epi32::<0xaa>(_mm256_srli_epi64::<32>(even), odd) }
}

/// Each odd lane moved to the even one below it.
#[inline(always)]
fn odd_lanes(of: __m256i) -> __m256i {
    // SAFETY: the processor has AVX2, as its token says.
    unsafe { _mm256_srli_epi64::<32>(of) }
}

/// Exchanges rows and columns of eight rows.
#[inline(always)]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    // SAFETY: the processor has AVX2, as its token says.
    unsafe {
        let r: [__m256i; 8] = from_fn(|i| {
            if i % 2 == 0 { _mm256_unpacklo_epi32(r[i], r[i + 1]) } else { _mm256_unpackhi_epi32(r[i - 1], r[i]) }
        });
        let r: [__m256i; 8] = from_fn(|i| match i % 4 {
            0 => _mm256_unpacklo_epi64(r[i], r[i + 2]),
            1 => _mm256_unpackhi_epi64(r[i - 1], r[i + 1]),
            2 => _mm256_unpacklo_epi64(r[i - 1], r[i + 1]),
            _ => _mm256_unpackhi_epi64(r[i - 2], r[i]),
        });
        from_fn(|i| {
            if i < 4 {
                _mm256_permute2x128_si256::<0x20>(r[i], r[i + 4])
            } else {
                _mm256_permute2x128_si256::<0x31>(r[i - 4], r[i])
            }
        })
    }
}

impl Lanes32 for Avx2 {
    type Row = [__m256i; 2];
    /// The sums of the even lanes of both registers, and of the odd ones.
    type Sums = [[__m256i; 2]; 2];

    #[inline(always)]
    fn splat(self, value: i32) -> Self::Row {
        // SAFETY: the processor has AVX2, as its token says.
        [unsafe { _mm256_set1_epi32(value) }; 2]
    }

    #[inline(always)]
    fn load(self, from: &[i32; 16]) -> Self::Row {
        let from = from.as_ptr().cast::<__m256i>();
        // SAFETY: the processor has AVX2, as its token says; the array has the 64 bytes that are read, at any alignment.
        from_fn(|half| unsafe { _mm256_loadu_si256(from.add(half)) })
    }

    #[inline(always)]
    fn store(self, row: Self::Row, to: &mut [i32; 16]) {
        let to = to.as_mut_ptr().cast::<__m256i>();
        // SAFETY: as for `load`, and the array is borrowed for writing.
        (0..2).for_each(|half| unsafe { _mm256_storeu_si256(to.add(half), row[half]) });
    }

    #[inline(always)]
    fn add(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the processor has AVX2, as its token says.
        from_fn(|half| unsafe { _mm256_add_epi32(a[half], b[half]) })
    }

    #[inline(always)]
    fn subtract(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the processor has AVX2, as its token says.
        from_fn(|half| unsafe { _mm256_sub_epi32(a[half], b[half]) })
    }

    #[inline(always)]
    fn multiply(self, a: Self::Row, factor: Self::Row, quotient: Self::Row) -> Self::Row {
        // SAFETY: the processor has AVX2, as its token says.
        from_fn(|half| unsafe {
            let (a, factor, quotient) = (a[half], factor[half], quotient[half]);
            let even = _mm256_mul_epi32(a, quotient);
            let odd = _mm256_mul_epi32(odd_lanes(a), odd_lanes(quotient));
            let multiple = _mm256_mullo_epi32(upper_halves(even, odd), _mm256_set1_epi32(Q));
            _mm256_sub_epi32(_mm256_mullo_epi32(a, factor), multiple)
        })
    }

    #[inline(always)]
    fn transpose(self, rows: &mut [Self::Row; 16]) {
        let old = *rows;
        // Each quarter is transposed, and the two beside the diagonal change places.
        let quarter = |row: usize, half: usize| transpose(from_fn(|i| old[8 * row + i][half]));
        let (upper, lower) = ([quarter(0, 0), quarter(1, 0)], [quarter(0, 1), quarter(1, 1)]);
        *rows = from_fn(|i| if i < 8 { upper.map(|q| q[i]) } else { lower.map(|q| q[i - 8]) });
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        // SAFETY: the processor has AVX2, as its token says.
        [[unsafe { _mm256_setzero_si256() }; 2]; 2]
    }

    #[inline(always)]
    fn multiply_add(self, sums: Self::Sums, a: Self::Row, b: Self::Row) -> Self::Sums {
        // SAFETY: the processor has AVX2, as its token says.
        from_fn(|half| unsafe {
            let ([even, odd], a, b) = (sums[half], a[half], b[half]);
            let odd_product = _mm256_mul_epi32(odd_lanes(a), odd_lanes(b));
            [_mm256_add_epi64(even, _mm256_mul_epi32(a, b)), _mm256_add_epi64(odd, odd_product)]
        })
    }

    #[inline(always)]
    fn reduce(self, sums: Self::Sums) -> Self::Row {
        // SAFETY: the processor has AVX2, as its token says.
        sums.map(|[even, odd]| unsafe {
            let (q, inverse) = (_mm256_set1_epi32(Q), _mm256_set1_epi32(Q_INVERSE));
            let multiple = |sum| _mm256_mul_epi32(_mm256_mul_epi32(sum, inverse), q);
            upper_halves(_mm256_sub_epi64(even, multiple(even)), _mm256_sub_epi64(odd, multiple(odd)))
        })
    }

    #[inline(always)]
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> Self::Row {
        from_fn(|half| {
            // SAFETY: the processor has AVX2, as its token says. `Fields` asserts that no more than 64
            // bytes are read; the tables have 64 bytes.
            unsafe {
                let quarter =
                    |i: usize| _mm_loadu_si128(bytes.as_ptr().add(Fields::<STEP>::FIRST[2 * half + i]).cast());
                let order = _mm256_loadu_si256(Fields::<STEP>::ORDER.as_ptr().cast::<__m256i>().add(half));
                let shifts = _mm256_loadu_si256(Fields::<STEP>::SHIFTS.as_ptr().cast::<__m256i>().add(half));
                let words = _mm256_shuffle_epi8(_mm256_set_m128i(quarter(1), quarter(0)), order);
                _mm256_and_si256(_mm256_srlv_epi32(words, shifts), _mm256_set1_epi32((1 << BITS) - 1))
            }
        })
    }

    #[inline(always)]
    fn write_below(self, row: Self::Row, bound: i32, to: &mut [i32; 16]) -> usize {
        let mut count = 0;
        for eight in row {
            let to = &mut to[count..][..8];
            // SAFETY: the processor has AVX2, as its token says; a row of the table has the eight bytes that are read, and
            // `to` the 32 that are written.
            unsafe {
                let below = _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(bound), eight));
                let mask = _mm256_movemask_ps(below).cast_unsigned();
                let order = &KEEP[(mask & 0xff) as usize];
                let order = _mm256_cvtepu8_epi32(_mm_loadl_epi64(order.as_ptr().cast()));
                _mm256_storeu_si256(to.as_mut_ptr().cast(), _mm256_permutevar8x32_epi32(eight, order));
                count += mask.count_ones() as usize;
            }
        }
        count
    }
}
