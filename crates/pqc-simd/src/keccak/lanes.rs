//! What Keccak-f needs of a vector of 64-bit lanes, one lane for each state.
#![allow(unsafe_code, reason = "the intrinsics of each backend")]

use crate::backend::Portable;

/// One word of the state, for `WIDTH` states.
pub(super) trait Lane<M>: Copy {
    const WIDTH: usize;
    /// Whether `xor3` is one instruction.
    const HAS_XOR3: bool;

    /// Takes the first `WIDTH` words.
    fn load(machine: M, words: &[u64]) -> Self;
    fn store(self, words: &mut [u64]);
    fn xor_constant(self, constant: u64) -> Self;
    fn xor(self, other: Self) -> Self;
    fn xor3(self, second: Self, third: Self) -> Self;
    /// `self ^ (!second & third)`, the step chi.
    fn chi(self, second: Self, third: Self) -> Self;
    fn rotate_left<const BITS: i32>(self) -> Self;
}

/// The vectors that a backend uses for one, four and eight states.
pub(super) trait Lanes: Copy {
    type One: Lane<Self>;
    type Four: Lane<Self>;
    type Eight: Lane<Self>;
}

impl Lanes for Portable {
    type One = u64;
    type Four = u64;
    type Eight = u64;
}

impl<M> Lane<M> for u64 {
    const WIDTH: usize = 1;
    const HAS_XOR3: bool = false;

    #[inline(always)]
    fn load(_: M, words: &[u64]) -> Self {
        words[0]
    }
    #[inline(always)]
    fn store(self, words: &mut [u64]) {
        words[0] = self;
    }
    #[inline(always)]
    fn xor_constant(self, constant: u64) -> Self {
        self ^ constant
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        self ^ second ^ third
    }
    #[inline(always)]
    fn chi(self, second: Self, third: Self) -> Self {
        self ^ (!second & third)
    }
    #[inline(always)]
    fn rotate_left<const BITS: i32>(self) -> Self {
        u64::rotate_left(self, BITS.unsigned_abs())
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86_64 {
    use super::{Lane, Lanes};
    use crate::backend::{Avx2, Avx512};
    use core::arch::x86_64::*;

    impl Lanes for Avx2 {
        type One = u64;
        type Four = Avx2X4;
        type Eight = Avx2X4;
    }

    impl Lanes for Avx512 {
        type One = Avx512X1;
        type Four = Avx512X4;
        type Eight = Avx512X8;
    }

    /// Four states in a register of AVX2, which has neither rotation nor ternary logic.
    #[derive(Clone, Copy)]
    pub(in crate::keccak) struct Avx2X4(__m256i);

    // SAFETY, for every block below: values of these types are made by `load` and from other such values, so they exist
    // only where the token did, that is where the processor has the features. A slice that is read or written has been
    // cut to the size of the register just before; its address may have any alignment.
    impl Lane<Avx2> for Avx2X4 {
        const WIDTH: usize = 4;
        const HAS_XOR3: bool = false;

        #[inline(always)]
        fn load(_: Avx2, words: &[u64]) -> Self {
            let words = &words[..4];
            // SAFETY: see above.
            Self(unsafe { _mm256_loadu_si256(words.as_ptr().cast()) })
        }
        #[inline(always)]
        fn store(self, words: &mut [u64]) {
            let words = &mut words[..4];
            // SAFETY: see above.
            unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), self.0) }
        }
        #[inline(always)]
        fn xor_constant(self, constant: u64) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm256_xor_si256(self.0, _mm256_set1_epi64x(constant.cast_signed())) })
        }
        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm256_xor_si256(self.0, other.0) })
        }
        #[inline(always)]
        fn xor3(self, second: Self, third: Self) -> Self {
            self.xor(second).xor(third)
        }
        #[inline(always)]
        fn chi(self, second: Self, third: Self) -> Self {
            // SAFETY: see above.
            self.xor(Self(unsafe { _mm256_andnot_si256(second.0, third.0) }))
        }
        #[inline(always)]
        fn rotate_left<const BITS: i32>(self) -> Self {
            // SAFETY: see above.
            Self(unsafe {
                let right = _mm256_srl_epi64(self.0, _mm_cvtsi32_si128(64 - BITS));
                _mm256_or_si256(_mm256_slli_epi64::<BITS>(self.0), right)
            })
        }
    }

    /// Implements `Lane` for a register width of AVX-512, which has rotations and any function of three bits.
    macro_rules! avx512_lane {
        ($name:ident, $width:literal, $register:ty, $load:ident, $store:ident, $set:ident, $xor:ident, $ternary:ident, $rotate:ident) => {
            #[doc = concat!(stringify!($width), " states in a register of AVX-512.")]
            #[derive(Clone, Copy)]
            pub(in crate::keccak) struct $name($register);

            // SAFETY, for every block below: as for `Avx2X4`.
            impl Lane<Avx512> for $name {
                const WIDTH: usize = $width;
                const HAS_XOR3: bool = true;

                #[inline(always)]
                fn load(_: Avx512, words: &[u64]) -> Self {
                    let words = &words[..$width];
                    // SAFETY: see above.
                    Self(unsafe { $load(words.as_ptr().cast()) })
                }
                #[inline(always)]
                fn store(self, words: &mut [u64]) {
                    let words = &mut words[..$width];
                    // SAFETY: see above.
                    unsafe { $store(words.as_mut_ptr().cast(), self.0) }
                }
                #[inline(always)]
                fn xor_constant(self, constant: u64) -> Self {
                    // SAFETY: see above.
                    Self(unsafe { $xor(self.0, $set(constant.cast_signed())) })
                }
                #[inline(always)]
                fn xor(self, other: Self) -> Self {
                    // SAFETY: see above.
                    Self(unsafe { $xor(self.0, other.0) })
                }
                #[inline(always)]
                fn xor3(self, second: Self, third: Self) -> Self {
                    // SAFETY: see above. The table of a ^ b ^ c, bit 4 a + 2 b + c.
                    Self(unsafe { $ternary::<0b1001_0110>(self.0, second.0, third.0) })
                }
                #[inline(always)]
                fn chi(self, second: Self, third: Self) -> Self {
                    // SAFETY: see above. The table of a ^ (!b & c), bit 4 a + 2 b + c.
                    Self(unsafe { $ternary::<0b1101_0010>(self.0, second.0, third.0) })
                }
                #[inline(always)]
                fn rotate_left<const BITS: i32>(self) -> Self {
                    // SAFETY: see above.
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
}
