//! [`Lanes32`] in one register of AVX-512 (F, BW and VBMI).
#![allow(unsafe_code, reason = "intrinsics")]

use super::v32::{Lanes32, Q, Q_INVERSE};
use core::arch::x86_64::*;
use core::array::from_fn;

/// Sixteen lanes of a register.
///
/// Every function of it is inlined into the kernels of the AVX-512 backend, which are compiled for its instructions and
/// are called only where the processor has been found to have them. Each `unsafe` below rests on that.
#[derive(Clone, Copy)]
pub(crate) struct Avx512Lanes32(__m512i);

/// For [`Lanes32::unpack`]: which four bytes hold each number, and how far it is shifted in them.
struct Fields<const BITS: usize>;

impl<const BITS: usize> Fields<BITS> {
    const BYTES: [u8; 64] = {
        let mut bytes = [0; 64];
        let mut i = 0;
        while i < 64 {
            #[allow(clippy::cast_possible_truncation, reason = "below 64")]
            (bytes[i] = (i / 4 * BITS / 8 + i % 4) as u8);
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

/// The upper halves of the 64-bit lanes of `even`, and those of `odd`, as sixteen lanes in the order of both.
#[inline(always)]
fn upper_halves(even: __m512i, odd: __m512i) -> __m512i {
    // SAFETY: the processor has AVX-512, as the type says.
    unsafe { _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64::<32>(even), odd) }
}

/// Each odd lane moved to the even one below it.
#[inline(always)]
fn odd_lanes(of: __m512i) -> __m512i {
    // SAFETY: the processor has AVX-512, as the type says.
    unsafe { _mm512_srli_epi64::<32>(of) }
}

impl Lanes32 for Avx512Lanes32 {
    /// The sums of the even lanes, and of the odd ones.
    type Wide = (__m512i, __m512i);

    #[inline(always)]
    fn splat(value: i32) -> Self {
        // SAFETY: the processor has AVX-512, as the type says.
        Self(unsafe { _mm512_set1_epi32(value) })
    }

    #[inline(always)]
    fn load(from: &[i32; 16]) -> Self {
        // SAFETY: the processor has AVX-512, as the type says; the array has the 64 bytes that are read, at any alignment.
        Self(unsafe { _mm512_loadu_si512(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [i32; 16]) {
        // SAFETY: as for `load`, and the array is borrowed for writing.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512, as the type says.
        Self(unsafe { _mm512_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512, as the type says.
        Self(unsafe { _mm512_sub_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply(self, factor: Self, quotient: Self) -> Self {
        // SAFETY: the processor has AVX-512, as the type says.
        unsafe {
            let even = _mm512_mul_epi32(self.0, quotient.0);
            let odd = _mm512_mul_epi32(odd_lanes(self.0), odd_lanes(quotient.0));
            let multiple = _mm512_mullo_epi32(upper_halves(even, odd), _mm512_set1_epi32(Q));
            Self(_mm512_sub_epi32(_mm512_mullo_epi32(self.0, factor.0), multiple))
        }
    }

    #[inline(always)]
    fn transpose(rows: &mut [Self; 16]) {
        // Pairs of lanes, then of pairs, then of quarters and of halves change places.
        let r: [__m512i; 16] = from_fn(|i| rows[i].0);
        // SAFETY: the processor has AVX-512, as the type says.
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
                Self(if i < 8 {
                    _mm512_shuffle_i32x4::<0x88>(r[i], r[i + 8])
                } else {
                    _mm512_shuffle_i32x4::<0xdd>(r[i - 8], r[i])
                })
            });
        }
    }

    #[inline(always)]
    fn zero() -> Self::Wide {
        // SAFETY: the processor has AVX-512, as the type says.
        unsafe { (_mm512_setzero_si512(), _mm512_setzero_si512()) }
    }

    #[inline(always)]
    fn multiply_add((even, odd): Self::Wide, a: Self, b: Self) -> Self::Wide {
        // SAFETY: the processor has AVX-512, as the type says.
        unsafe {
            let odd_product = _mm512_mul_epi32(odd_lanes(a.0), odd_lanes(b.0));
            (_mm512_add_epi64(even, _mm512_mul_epi32(a.0, b.0)), _mm512_add_epi64(odd, odd_product))
        }
    }

    #[inline(always)]
    fn reduce((even, odd): Self::Wide) -> Self {
        // SAFETY: the processor has AVX-512, as the type says.
        unsafe {
            let (q, inverse) = (_mm512_set1_epi32(Q), _mm512_set1_epi32(Q_INVERSE));
            let multiple = |sum| _mm512_mul_epi32(_mm512_mul_epi32(sum, inverse), q);
            Self(upper_halves(_mm512_sub_epi64(even, multiple(even)), _mm512_sub_epi64(odd, multiple(odd))))
        }
    }

    #[inline(always)]
    fn unpack<const BITS: usize>(bytes: &[u8; 64]) -> Self {
        // SAFETY: the processor has AVX-512, as the type says; all arrays have the 64 bytes that are read.
        unsafe {
            let bytes = _mm512_loadu_si512(bytes.as_ptr().cast());
            let order = _mm512_loadu_si512(Fields::<BITS>::BYTES.as_ptr().cast());
            let shifts = _mm512_loadu_si512(Fields::<BITS>::SHIFTS.as_ptr().cast());
            let shifted = _mm512_srlv_epi32(_mm512_permutexvar_epi8(order, bytes), shifts);
            Self(_mm512_and_si512(shifted, _mm512_set1_epi32((1 << BITS) - 1)))
        }
    }
}
