//! The shifts and rotations of x86-64, by a constant and by a register.

use super::*;

fn distance(by: &[Bit]) -> i32 {
    number(by).min(200) as i32
}
pub(super) fn left_by(a: &[Bit], by: &[Bit]) -> Word {
    shifted(a, distance(by), ZERO)
}
pub(super) fn right_by(a: &[Bit], by: &[Bit]) -> Word {
    shifted(a, -distance(by), ZERO)
}

pub(super) fn left(a: &[Bit], by: i32) -> Word {
    shifted(a, by, ZERO)
}
pub(super) fn right(a: &[Bit], by: i32) -> Word {
    shifted(a, -by, ZERO)
}
pub(super) fn right_signed(a: &[Bit], by: i32) -> Word {
    shifted(a, -by, a[a.len() - 1])
}
pub(super) fn rotated(a: &[Bit], by: i32) -> Word {
    let by = by as usize % a.len();
    [&a[a.len() - by..], &a[..a.len() - by]].concat()
}

pub(super) fn rotated_right(a: &[Bit], by: i32) -> Word {
    rotated(a, a.len() as i32 - by)
}

macro_rules! constant_shift {
    ($($bits:literal of $n:literal by $f:ident ($type:ty) => $($name:ident)+;)+) => {$($(
        pub(crate) unsafe fn $name<const BY: $type>(a: Reg<$n>) -> Reg<$n> {
            expect_tested(stringify!($name), BY.into());
            map(a, $bits, |a| $f(a, BY as i32))
        }
    )+)+};
}
constant_shift! {
    16 of 256 by left (i32) => _mm256_slli_epi16;
    32 of 256 by left (i32) => _mm256_slli_epi32;
    64 of 256 by left (i32) => _mm256_slli_epi64;
    32 of 512 by left (u32) => _mm512_slli_epi32;
    64 of 512 by left (u32) => _mm512_slli_epi64;
    32 of 128 by left (i32) => _mm_slli_epi32;
    32 of 128 by right (i32) => _mm_srli_epi32;
    32 of 512 by rotated_right (i32) => _mm512_ror_epi32;
    64 of 512 by rotated_right (i32) => _mm512_ror_epi64;
    16 of 128 by right (i32) => _mm_srli_epi16;
    32 of 256 by right (i32) => _mm256_srli_epi32;
    64 of 256 by right (i32) => _mm256_srli_epi64;
    32 of 512 by right (u32) => _mm512_srli_epi32;
    64 of 512 by right (u32) => _mm512_srli_epi64;
    16 of 256 by right_signed (i32) => _mm256_srai_epi16;
    32 of 512 by rotated (i32) => _mm512_rol_epi32;
    64 of 128 by rotated (i32) => _mm_rol_epi64;
    64 of 256 by rotated (i32) => _mm256_rol_epi64;
    64 of 512 by rotated (i32) => _mm512_rol_epi64;
}

macro_rules! variable_shift {
    ($($bits:literal of $n:literal by $f:ident => $name:ident;)+) => {$(
        pub(crate) unsafe fn $name(a: Reg<$n>, by: __m128i) -> Reg<$n> {
            map(a, $bits, |a| $f(a, &by.0[..64]))
        }
    )+};
}
variable_shift! {
    16 of 256 by right_by => _mm256_srl_epi16;
    32 of 256 by right_by => _mm256_srl_epi32;
    64 of 256 by right_by => _mm256_srl_epi64;
    32 of 512 by right_by => _mm512_srl_epi32;
    64 of 512 by right_by => _mm512_srl_epi64;
    32 of 256 by left_by => _mm256_sll_epi32;
    64 of 256 by left_by => _mm256_sll_epi64;
    32 of 512 by left_by => _mm512_sll_epi32;
    64 of 512 by left_by => _mm512_sll_epi64;
}
pub(crate) unsafe fn _mm512_sra_epi16(a: __m512i, by: __m128i) -> __m512i {
    map(a, 16, |a| right_signed(a, distance(&by.0[..64])))
}
