//! Eight words of 32 bits, and four of 64 bits, in one register of AVX2.
#![allow(unsafe_code, reason = "intrinsics")]

use crate::arch::*;
use crate::backend::Avx2;
use crate::sha2::compression::MachineSha2;
use crate::vec::word::{Pairs, Word};

impl MachineSha2 for Avx2 {
    type W32 = Avx2W32;
    type W64 = Avx2W64;
    const INSTRUCTIONS_UP_TO: usize = 16;
}

/// Implements [`Word`] for a width of words. AVX2 has neither rotation nor ternary logic.
macro_rules! avx2_word {
    ($name:ident, $int:ty, $width:literal, $set:ident, $add:ident, $right:ident, $left:ident) => {
        #[doc = concat!("A word of ", stringify!($width), " messages in a register of AVX2.")]
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(crate) __m256i);

        impl $name {
            /// `self` shifted to the left by some bits, and `low` to the right by the others.
            #[inline(always)]
            fn joined(self, low: Self, left: i32) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe {
                    let right = $right(low.0, _mm_cvtsi32_si128(<$int>::BITS.cast_signed() - left));
                    _mm256_or_si256($left(self.0, _mm_cvtsi32_si128(left)), right)
                })
            }
        }

        impl Word<Avx2> for $name {
            type Int = $int;
            const WIDTH: usize = $width;
            const ROTATES: bool = false;

            #[inline(always)]
            fn load(_: Avx2, from: &[$int]) -> Self {
                let from = &from[..$width];
                // SAFETY: the token invariant.
                Self(unsafe { load_256(from) })
            }
            #[inline(always)]
            fn store(self, to: &mut [$int]) {
                let to = &mut to[..$width];
                // SAFETY: the token invariant.
                unsafe { store_256(to, self.0) }
            }
            #[inline(always)]
            fn splat(_: Avx2, value: $int) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $set(value.cast_signed()) })
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $add(self.0, other.0) })
            }
            #[inline(always)]
            fn xor3(self, second: Self, third: Self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { _mm256_xor_si256(_mm256_xor_si256(self.0, second.0), third.0) })
            }
            #[inline(always)]
            fn choose(self, second: Self, third: Self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe {
                    _mm256_xor_si256(third.0, _mm256_and_si256(self.0, _mm256_xor_si256(second.0, third.0)))
                })
            }
            #[inline(always)]
            fn majority(self, second: Self, third: Self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe {
                    let either = _mm256_and_si256(third.0, _mm256_or_si256(self.0, second.0));
                    _mm256_or_si256(_mm256_and_si256(self.0, second.0), either)
                })
            }
            #[inline(always)]
            fn rotate_right<const BITS: i32>(self) -> Self {
                self.joined(self, <$int>::BITS.cast_signed() - BITS)
            }
            #[inline(always)]
            fn shift_right<const BITS: i32>(self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $right(self.0, _mm_cvtsi32_si128(BITS)) })
            }
            #[inline(always)]
            fn funnel(self, next: Self) -> Self {
                self.joined(next, 16)
            }
        }
    };
}

avx2_word!(Avx2W32, u32, 8, _mm256_set1_epi32, _mm256_add_epi32, _mm256_srl_epi32, _mm256_sll_epi32);
avx2_word!(Avx2W64, u64, 4, _mm256_set1_epi64x, _mm256_add_epi64, _mm256_srl_epi64, _mm256_sll_epi64);

impl Pairs<Avx2> for Avx2W64 {
    #[inline(always)]
    fn load_pair(_: Avx2, high: &[u32], low: &[u32]) -> Self {
        let (high, low) = (&high[..4], &low[..4]);
        // SAFETY: the token invariant.
        Self(unsafe {
            let high = _mm256_slli_epi64::<32>(_mm256_cvtepu32_epi64(load_128(high)));
            _mm256_or_si256(high, _mm256_cvtepu32_epi64(load_128(low)))
        })
    }
    #[inline(always)]
    fn store_pair(self, high: &mut [u32], low: &mut [u32]) {
        let (high, low) = (&mut high[..4], &mut low[..4]);
        // SAFETY: the token invariant.
        unsafe {
            let odd = _mm256_set_epi64x(0, 0, 0x0000_0007_0000_0005, 0x0000_0003_0000_0001);
            let even = _mm256_set_epi64x(0, 0, 0x0000_0006_0000_0004, 0x0000_0002_0000_0000);
            store_128(high, _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(self.0, odd)));
            store_128(low, _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(self.0, even)));
        }
    }
}
