//! [`Lanes32`] in two registers of AVX2.
#![allow(unsafe_code, reason = "intrinsics")]

use super::v32::{Lanes32, Q, Q_INVERSE};
use core::arch::x86_64::*;
use core::array::from_fn;

/// Sixteen lanes of two registers.
///
/// Every function of it is inlined into the kernels of the AVX2 backend, which are compiled for its instructions and are
/// called only where the processor has been found to have them. Each `unsafe` below rests on that.
#[derive(Clone, Copy)]
pub(crate) struct Avx2Lanes32([__m256i; 2]);

/// For [`Lanes32::unpack`]: four numbers are taken from sixteen bytes, of which the first is in `FIRST`.
struct Fields<const BITS: usize>;

impl<const BITS: usize> Fields<BITS> {
    /// Byte of the lowest bit of the numbers 0, 4, 8 and 12.
    const FIRST: [usize; 4] = [0, 4 * BITS / 8, 8 * BITS / 8, 12 * BITS / 8];
    const BYTES: [u8; 64] = {
        let mut bytes = [0; 64];
        let mut i = 0;
        while i < 64 {
            #[allow(clippy::cast_possible_truncation, reason = "below 16")]
            (bytes[i] = (i / 4 * BITS / 8 + i % 4 - Self::FIRST[i / 16]) as u8);
            i += 1;
        }
        bytes
    };
    const SHIFTS: [i32; 16] = {
        let mut shifts = [0; 16];
        let mut i = 0;
        while i < 16 {
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "below 8")]
            (shifts[i] = (i * BITS % 8) as i32);
            i += 1;
        }
        shifts
    };
}

/// The upper halves of the 64-bit lanes of `even`, and those of `odd`, as eight lanes in the order of both.
#[inline(always)]
fn upper_halves(even: __m256i, odd: __m256i) -> __m256i {
    // SAFETY: the processor has AVX2, as the type says.
    unsafe { _mm256_blend_epi32::<0xaa>(_mm256_srli_epi64::<32>(even), odd) }
}

/// Each odd lane moved to the even one below it.
#[inline(always)]
fn odd_lanes(of: __m256i) -> __m256i {
    // SAFETY: the processor has AVX2, as the type says.
    unsafe { _mm256_srli_epi64::<32>(of) }
}

/// Exchanges rows and columns of eight rows.
#[inline(always)]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    // SAFETY: the processor has AVX2, as the type says.
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

impl Lanes32 for Avx2Lanes32 {
    /// The sums of the even lanes of both registers, and of the odd ones.
    type Wide = [[__m256i; 2]; 2];

    #[inline(always)]
    fn splat(value: i32) -> Self {
        // SAFETY: the processor has AVX2, as the type says.
        Self([unsafe { _mm256_set1_epi32(value) }; 2])
    }

    #[inline(always)]
    fn load(from: &[i32; 16]) -> Self {
        let from = from.as_ptr().cast::<__m256i>();
        // SAFETY: the processor has AVX2, as the type says; the array has the 64 bytes that are read, at any alignment.
        Self(from_fn(|half| unsafe { _mm256_loadu_si256(from.add(half)) }))
    }

    #[inline(always)]
    fn store(self, to: &mut [i32; 16]) {
        let to = to.as_mut_ptr().cast::<__m256i>();
        // SAFETY: as for `load`, and the array is borrowed for writing.
        (0..2).for_each(|half| unsafe { _mm256_storeu_si256(to.add(half), self.0[half]) });
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the processor has AVX2, as the type says.
        Self(from_fn(|half| unsafe { _mm256_add_epi32(self.0[half], other.0[half]) }))
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: the processor has AVX2, as the type says.
        Self(from_fn(|half| unsafe { _mm256_sub_epi32(self.0[half], other.0[half]) }))
    }

    #[inline(always)]
    fn multiply(self, factor: Self, quotient: Self) -> Self {
        // SAFETY: the processor has AVX2, as the type says.
        Self(from_fn(|half| unsafe {
            let (number, factor, quotient) = (self.0[half], factor.0[half], quotient.0[half]);
            let even = _mm256_mul_epi32(number, quotient);
            let odd = _mm256_mul_epi32(odd_lanes(number), odd_lanes(quotient));
            let multiple = _mm256_mullo_epi32(upper_halves(even, odd), _mm256_set1_epi32(Q));
            _mm256_sub_epi32(_mm256_mullo_epi32(number, factor), multiple)
        }))
    }

    #[inline(always)]
    fn transpose(rows: &mut [Self; 16]) {
        let old = *rows;
        // Each quarter is transposed, and the two beside the diagonal change places.
        let quarter = |row: usize, half: usize| transpose(from_fn(|i| old[8 * row + i].0[half]));
        let (upper, lower) = ([quarter(0, 0), quarter(1, 0)], [quarter(0, 1), quarter(1, 1)]);
        *rows = from_fn(|i| Self(if i < 8 { upper.map(|q| q[i]) } else { lower.map(|q| q[i - 8]) }));
    }

    #[inline(always)]
    fn zero() -> Self::Wide {
        // SAFETY: the processor has AVX2, as the type says.
        [[unsafe { _mm256_setzero_si256() }; 2]; 2]
    }

    #[inline(always)]
    fn multiply_add(sum: Self::Wide, a: Self, b: Self) -> Self::Wide {
        // SAFETY: the processor has AVX2, as the type says.
        from_fn(|half| unsafe {
            let ([even, odd], a, b) = (sum[half], a.0[half], b.0[half]);
            let odd_product = _mm256_mul_epi32(odd_lanes(a), odd_lanes(b));
            [_mm256_add_epi64(even, _mm256_mul_epi32(a, b)), _mm256_add_epi64(odd, odd_product)]
        })
    }

    #[inline(always)]
    fn reduce(sum: Self::Wide) -> Self {
        // SAFETY: the processor has AVX2, as the type says.
        Self(sum.map(|[even, odd]| unsafe {
            let (q, inverse) = (_mm256_set1_epi32(Q), _mm256_set1_epi32(Q_INVERSE));
            let multiple = |sum| _mm256_mul_epi32(_mm256_mul_epi32(sum, inverse), q);
            upper_halves(_mm256_sub_epi64(even, multiple(even)), _mm256_sub_epi64(odd, multiple(odd)))
        }))
    }

    #[inline(always)]
    fn unpack<const BITS: usize>(bytes: &[u8; 64]) -> Self {
        let first = Fields::<BITS>::FIRST;
        Self(from_fn(|half| {
            // SAFETY: the processor has AVX2, as the type says. `BITS` is at most 20, so that the last sixteen bytes read
            // begin at byte 30; the tables have 64 bytes.
            unsafe {
                let quarter = |i: usize| _mm_loadu_si128(bytes.as_ptr().add(first[2 * half + i]).cast());
                let order = _mm256_loadu_si256(Fields::<BITS>::BYTES.as_ptr().cast::<__m256i>().add(half));
                let shifts = _mm256_loadu_si256(Fields::<BITS>::SHIFTS.as_ptr().cast::<__m256i>().add(half));
                let words = _mm256_shuffle_epi8(_mm256_set_m128i(quarter(1), quarter(0)), order);
                _mm256_and_si256(_mm256_srlv_epi32(words, shifts), _mm256_set1_epi32((1 << BITS) - 1))
            }
        }))
    }
}
