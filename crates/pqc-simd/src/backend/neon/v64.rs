//! One and two states in a register of NEON, without and with the SHA-3 instructions.
#![allow(unsafe_code, reason = "intrinsics")]

use crate::arch::*;
use crate::backend::{Neon, NeonSha3};
use crate::vec::v64::{Lanes64, Machine64};

/// A single state is faster in the general-purpose registers, whose instructions rotate an operand.
impl Machine64 for Neon {
    type One = u64;
    type Four = NeonX2;
    type Eight = NeonX2;
    const STATES: usize = 4;
}

impl Machine64 for NeonSha3 {
    type One = Sha3<1>;
    type Four = Sha3<2>;
    type Eight = Sha3<2>;
    const STATES: usize = 4;
}

/// An instruction whose immediate is 64 less the number of bits of a rotation, which no const argument can say.
macro_rules! rotation {
    ($bits:ident, $instruction:ident $operands:tt) => {
        rotation!($bits, $instruction $operands, 1 63, 2 62, 3 61, 6 58, 8 56, 10 54, 14 50, 15 49, 18 46, 20 44, 21 43, 25 39,
            27 37, 28 36, 36 28, 39 25, 41 23, 43 21, 44 20, 45 19, 55 9, 56 8, 61 3, 62 2)
    };
    ($bits:ident, $instruction:ident $operands:tt, $($left:literal $right:literal),+) => {
        match $bits {
            $($left => $instruction::<$right> $operands,)+
            _ => unreachable!(),
        }
    };
}

/// Two states.
#[derive(Clone, Copy)]
pub(crate) struct NeonX2(pub(crate) uint64x2_t);

impl Lanes64<Neon> for NeonX2 {
    const WIDTH: usize = 2;
    const HAS_XOR3: bool = false;

    #[inline(always)]
    fn load(_: Neon, words: &[u64]) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { vreinterpretq_u64_u8(load_128(&words[..2])) })
    }
    #[inline(always)]
    fn store(self, words: &mut [u64]) {
        // SAFETY: the token invariant.
        unsafe { store_128(&mut words[..2], vreinterpretq_u8_u64(self.0)) }
    }
    #[inline(always)]
    fn xor_constant(self, constant: u64) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { veorq_u64(self.0, vdupq_n_u64(constant)) })
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { veorq_u64(self.0, other.0) })
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        self.xor(second).xor(third)
    }
    #[inline(always)]
    fn chi(self, second: Self, third: Self) -> Self {
        // SAFETY: the token invariant.
        self.xor(Self(unsafe { vbicq_u64(third.0, second.0) }))
    }
    #[inline(always)]
    fn rotate_left<const BITS: i32>(self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { rotation!(BITS, vsriq_n_u64(vshlq_n_u64::<BITS>(self.0), self.0)) })
    }
}

/// One or two states. `xor_rotate` is one instruction, so theta does not need `xor3`.
#[derive(Clone, Copy)]
pub(crate) struct Sha3<const WIDTH: usize>(pub(crate) uint64x2_t);

impl<const WIDTH: usize> Lanes64<NeonSha3> for Sha3<WIDTH> {
    const WIDTH: usize = WIDTH;
    const HAS_XOR3: bool = false;

    #[inline(always)]
    fn load(_: NeonSha3, words: &[u64]) -> Self {
        let words = &words[..WIDTH];
        // SAFETY: the token invariant.
        Self(unsafe { vreinterpretq_u64_u8(if WIDTH == 1 { load_64(words) } else { load_128(words) }) })
    }
    #[inline(always)]
    fn store(self, words: &mut [u64]) {
        let words = &mut words[..WIDTH];
        // SAFETY: the token invariant.
        unsafe {
            let register = vreinterpretq_u8_u64(self.0);
            if WIDTH == 1 { store_64(words, register) } else { store_128(words, register) }
        }
    }
    #[inline(always)]
    fn xor_constant(self, constant: u64) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { veorq_u64(self.0, vdupq_n_u64(constant)) })
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { veorq_u64(self.0, other.0) })
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { veor3q_u64(self.0, second.0, third.0) })
    }
    #[inline(always)]
    fn chi(self, second: Self, third: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { vbcaxq_u64(self.0, third.0, second.0) })
    }
    #[inline(always)]
    fn rotate_left<const BITS: i32>(self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { vdupq_n_u64(0) }).xor_rotate::<BITS>(self)
    }
    #[inline(always)]
    fn xor_rotated(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { vrax1q_u64(self.0, other.0) })
    }
    #[inline(always)]
    fn xor_rotate<const BITS: i32>(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { rotation!(BITS, vxarq_u64(self.0, other.0)) })
    }
}
