//! Sixteen words of 32 bits, and eight of 64 bits, in one register of AVX-512.
#![allow(unsafe_code, reason = "intrinsics")]

use crate::arch::*;
use crate::backend::Avx512;
use crate::sha2::compression::MachineSha2;
use crate::vec::word::{Pairs, Word};

impl MachineSha2 for Avx512 {
    type W32 = Avx512W32;
    type W64 = Avx512W64;
    const INSTRUCTIONS_UP_TO: usize = 8;
}

/// Implements [`Word`] for a width of words, with rotations and any function of three bits.
macro_rules! avx512_word {
    ($name:ident, $int:ty, $width:literal, $set:ident, $add:ident, $rotate:ident, $right:ident, $left:ident) => {
        #[doc = concat!("A word of ", stringify!($width), " messages in a register of AVX-512.")]
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub(crate) __m512i);

        impl Word<Avx512> for $name {
            type Int = $int;
            const WIDTH: usize = $width;
            const ROTATES: bool = true;

            #[inline(always)]
            fn load(_: Avx512, from: &[$int]) -> Self {
                let from = &from[..$width];
                // SAFETY: the token invariant.
                Self(unsafe { load_512(from) })
            }
            #[inline(always)]
            fn store(self, to: &mut [$int]) {
                let to = &mut to[..$width];
                // SAFETY: the token invariant.
                unsafe { store_512(to, self.0) }
            }
            #[inline(always)]
            fn splat(_: Avx512, value: $int) -> Self {
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
                // SAFETY: the token invariant. The table of a ^ b ^ c, bit 4 a + 2 b + c.
                Self(unsafe { _mm512_ternarylogic_epi64::<0b1001_0110>(self.0, second.0, third.0) })
            }
            #[inline(always)]
            fn choose(self, second: Self, third: Self) -> Self {
                // SAFETY: the token invariant. The table of (a & b) ^ (!a & c), bit 4 a + 2 b + c.
                Self(unsafe { _mm512_ternarylogic_epi64::<0b1100_1010>(self.0, second.0, third.0) })
            }
            #[inline(always)]
            fn majority(self, second: Self, third: Self) -> Self {
                // SAFETY: the token invariant. The table of (a & b) ^ (a & c) ^ (b & c), bit 4 a + 2 b + c.
                Self(unsafe { _mm512_ternarylogic_epi64::<0b1110_1000>(self.0, second.0, third.0) })
            }
            #[inline(always)]
            fn rotate_right<const BITS: i32>(self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $rotate::<BITS>(self.0) })
            }
            #[inline(always)]
            fn shift_right<const BITS: i32>(self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe { $right(self.0, _mm_cvtsi32_si128(BITS)) })
            }
            #[inline(always)]
            fn funnel(self, next: Self) -> Self {
                // SAFETY: the token invariant.
                Self(unsafe {
                    let low = $right(next.0, _mm_cvtsi32_si128(<$int>::BITS.cast_signed() - 16));
                    _mm512_or_si512($left(self.0, _mm_cvtsi32_si128(16)), low)
                })
            }
        }
    };
}

avx512_word!(
    Avx512W32,
    u32,
    16,
    _mm512_set1_epi32,
    _mm512_add_epi32,
    _mm512_ror_epi32,
    _mm512_srl_epi32,
    _mm512_sll_epi32
);
avx512_word!(
    Avx512W64,
    u64,
    8,
    _mm512_set1_epi64,
    _mm512_add_epi64,
    _mm512_ror_epi64,
    _mm512_srl_epi64,
    _mm512_sll_epi64
);

impl Pairs<Avx512> for Avx512W64 {
    #[inline(always)]
    fn load_pair(_: Avx512, high: &[u32], low: &[u32]) -> Self {
        let (high, low) = (&high[..8], &low[..8]);
        // SAFETY: the token invariant.
        Self(unsafe {
            let high = _mm512_slli_epi64::<32>(_mm512_cvtepu32_epi64(load_256(high)));
            _mm512_or_si512(high, _mm512_cvtepu32_epi64(load_256(low)))
        })
    }
    #[inline(always)]
    fn store_pair(self, high: &mut [u32], low: &mut [u32]) {
        let (high, low) = (&mut high[..8], &mut low[..8]);
        // SAFETY: the token invariant.
        unsafe {
            store_256(high, _mm512_cvtepi64_epi32(_mm512_srli_epi64::<32>(self.0)));
            store_256(low, _mm512_cvtepi64_epi32(self.0));
        }
    }
}
