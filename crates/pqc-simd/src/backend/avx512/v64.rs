//! One, four and eight states in registers of AVX-512.
#![allow(unsafe_code, reason = "intrinsics")]

use crate::backend::Avx512;
use crate::vec::v64::{Lanes64, Machine64};
use core::arch::x86_64::*;

impl Machine64 for Avx512 {
    type One = Avx512X1;
    type Four = Avx512X4;
    type Eight = Avx512X8;
    const STATES: usize = 8;
}

/// Implements [`Lanes64`] for a register width, with rotations and any function of three bits.
macro_rules! avx512_lane {
    ($name:ident, $width:literal, $register:ty, $load:ident, $store:ident, $set:ident, $xor:ident, $ternary:ident, $rotate:ident) => {
        #[doc = concat!(stringify!($width), " states in a register of AVX-512.")]
        #[derive(Clone, Copy)]
        pub(crate) struct $name($register);

        impl Lanes64<Avx512> for $name {
            const WIDTH: usize = $width;
            const HAS_XOR3: bool = true;

            #[inline(always)]
            fn load(_: Avx512, words: &[u64]) -> Self {
                let words = &words[..$width];
                // SAFETY: the token invariant.
                Self(unsafe { $load(words.as_ptr().cast()) })
            }
            #[inline(always)]
            fn store(self, words: &mut [u64]) {
                let words = &mut words[..$width];
                // SAFETY: the token invariant.
                unsafe { $store(words.as_mut_ptr().cast(), self.0) }
            }
            #[inline(always)]
            fn xor_constant(self, constant: u64) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $xor(self.0, $set(constant.cast_signed())) })
            }
            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $xor(self.0, other.0) })
            }
            #[inline(always)]
            fn xor3(self, second: Self, third: Self) -> Self {
                // SAFETY: the token invariant. The table of a ^ b ^ c, bit 4 a + 2 b + c.
                Self(unsafe { $ternary::<0b1001_0110>(self.0, second.0, third.0) })
            }
            #[inline(always)]
            fn chi(self, second: Self, third: Self) -> Self {
                // SAFETY: the token invariant. The table of a ^ (!b & c), bit 4 a + 2 b + c.
                Self(unsafe { $ternary::<0b1101_0010>(self.0, second.0, third.0) })
            }
            #[inline(always)]
            fn rotate_left<const BITS: i32>(self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $rotate::<BITS>(self.0) })
            }
        }
    };
}

avx512_lane!(
    Avx512X1,
    1,
    __m128i,
    _mm_loadl_epi64,
    _mm_storel_epi64,
    _mm_set1_epi64x,
    _mm_xor_si128,
    _mm_ternarylogic_epi64,
    _mm_rol_epi64
);
avx512_lane!(
    Avx512X4,
    4,
    __m256i,
    _mm256_loadu_si256,
    _mm256_storeu_si256,
    _mm256_set1_epi64x,
    _mm256_xor_si256,
    _mm256_ternarylogic_epi64,
    _mm256_rol_epi64
);
avx512_lane!(
    Avx512X8,
    8,
    __m512i,
    _mm512_loadu_si512,
    _mm512_storeu_si512,
    _mm512_set1_epi64,
    _mm512_xor_si512,
    _mm512_ternarylogic_epi64,
    _mm512_rol_epi64
);
