//! Four states in a register of AVX2.
#![allow(unsafe_code, reason = "intrinsics")]

use crate::backend::Avx2;
use crate::vec::v64::{Lanes64, Machine64};
use core::arch::x86_64::*;

impl Machine64 for Avx2 {
    type One = u64;
    type Four = Avx2X4;
    type Eight = Avx2X4;
    const STATES: usize = 4;
}

/// AVX2 has neither rotation nor ternary logic.
#[derive(Clone, Copy)]
pub(crate) struct Avx2X4(__m256i);

impl Lanes64<Avx2> for Avx2X4 {
    const WIDTH: usize = 4;
    const HAS_XOR3: bool = false;

    #[inline(always)]
    fn load(_: Avx2, words: &[u64]) -> Self {
        let words = &words[..4];
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_loadu_si256(words.as_ptr().cast()) })
    }
    #[inline(always)]
    fn store(self, words: &mut [u64]) {
        let words = &mut words[..4];
        // SAFETY: the token invariant.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), self.0) }
    }
    #[inline(always)]
    fn xor_constant(self, constant: u64) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_xor_si256(self.0, _mm256_set1_epi64x(constant.cast_signed())) })
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_xor_si256(self.0, other.0) })
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        self.xor(second).xor(third)
    }
    #[inline(always)]
    fn chi(self, second: Self, third: Self) -> Self {
        // SAFETY: the token invariant.
        self.xor(Self(unsafe { _mm256_andnot_si256(second.0, third.0) }))
    }
    #[inline(always)]
    fn rotate_left<const BITS: i32>(self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe {
            let right = _mm256_srl_epi64(self.0, _mm_cvtsi32_si128(64 - BITS));
            _mm256_or_si256(_mm256_slli_epi64::<BITS>(self.0), right)
        })
    }
}
