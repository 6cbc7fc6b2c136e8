//! The instructions of x86-64 on two registers, as functions of equal parts of both, and on each bit of three registers.

use super::*;

/// The bits of a lane that is all ones or zero are the same, so the last result is kept.
fn each_bit(a: &[Bit], b: &[Bit], f: fn(Bit, Bit) -> Bit) -> Word {
    let mut last = ((ZERO, ZERO), f(ZERO, ZERO));
    let mut result = |bits: (Bit, Bit)| {
        if last.0 != bits {
            last = (bits, f(bits.0, bits.1));
        }
        last.1
    };
    a.iter().zip(b).map(|(a, b)| result((*a, *b))).collect()
}
pub(super) fn and_bits(a: &[Bit], b: &[Bit]) -> Word {
    each_bit(a, b, and)
}
pub(super) fn and_not_bits(a: &[Bit], b: &[Bit]) -> Word {
    each_bit(a, b, |a, b| and(not(a), b))
}
pub(super) fn or_bits(a: &[Bit], b: &[Bit]) -> Word {
    each_bit(a, b, or)
}
pub(super) fn xor_bits(a: &[Bit], b: &[Bit]) -> Word {
    each_bit(a, b, xor)
}
fn multiply_even(a: &[Bit], b: &[Bit]) -> Word {
    multiply(&a[..32], &b[..32], true)
}
fn multiply_high(a: &[Bit], b: &[Bit]) -> Word {
    high(&multiply(a, b, true))
}
fn multiply_high_unsigned(a: &[Bit], b: &[Bit]) -> Word {
    high(&multiply(a, b, false))
}
/// `((a * b >> 14) + 1) >> 1`.
fn multiply_round(a: &[Bit], b: &[Bit]) -> Word {
    add(&multiply(a, b, true), &constant(1 << 14, 32))[15..31].into()
}
fn multiply_pairs(a: &[Bit], b: &[Bit]) -> Word {
    add(&multiply(&a[..16], &b[..16], true), &multiply(&a[16..], &b[16..], true))
}
pub(super) fn greater_lane(a: &[Bit], b: &[Bit]) -> Word {
    all(greater(a, b, true), a.len())
}
pub(super) fn minimum_unsigned(a: &[Bit], b: &[Bit]) -> Word {
    let is_less = greater(b, a, false);
    a.iter().zip(b).map(|(a, b)| choose(is_less, *a, *b)).collect()
}
pub(super) fn low_words(a: &[Bit], b: &[Bit], bits: usize) -> Word {
    a[..64].chunks(bits).zip(b[..64].chunks(bits)).flat_map(|(a, b)| [a, b].concat()).collect()
}
pub(super) fn high_words(a: &[Bit], b: &[Bit], bits: usize) -> Word {
    low_words(&a[64..], &b[64..], bits)
}
fn shuffle_bytes(a: &[Bit], order: &[Bit]) -> Word {
    let byte = |order: &[Bit]| if order[7] == ONE { constant(0, 8) } else { a[8 * number(&order[..4])..][..8].into() };
    order.chunks(8).flat_map(byte).collect()
}
/// Eight bits from the bit on that each byte of `from` names, with wrap-around.
fn multishift(from: &[Bit], a: &[Bit]) -> Word {
    from.chunks(8).flat_map(|from| (0..8).map(|i| a[(number(&from[..6]) + i) % 64])).collect()
}

macro_rules! binary {
    ($($bits:literal of $n:literal by $f:expr => $($name:ident)+;)+) => {$($(
        pub(crate) unsafe fn $name(a: Reg<$n>, b: Reg<$n>) -> Reg<$n> { zip(a, b, $bits, $f) }
    )+)+};
}
binary! {
    128 of 128 by and_bits => _mm_and_si128;
    256 of 256 by and_bits => _mm256_and_si256;
    512 of 512 by and_bits => _mm512_and_si512;
    256 of 256 by and_not_bits => _mm256_andnot_si256;
    128 of 128 by or_bits => _mm_or_si128;
    256 of 256 by or_bits => _mm256_or_si256;
    512 of 512 by or_bits => _mm512_or_si512;
    32 of 128 by add => _mm_add_epi32;
    128 of 128 by first_schedule => _mm_sha256msg1_epu32;
    128 of 128 by second_schedule => _mm_sha256msg2_epu32;
    128 of 128 by xor_bits => _mm_xor_si128;
    256 of 256 by xor_bits => _mm256_xor_si256;
    512 of 512 by xor_bits => _mm512_xor_si512;
    16 of 256 by add => _mm256_add_epi16;
    32 of 256 by add => _mm256_add_epi32;
    64 of 256 by add => _mm256_add_epi64;
    16 of 512 by add => _mm512_add_epi16;
    32 of 512 by add => _mm512_add_epi32;
    64 of 512 by add => _mm512_add_epi64;
    16 of 256 by subtract => _mm256_sub_epi16;
    32 of 256 by subtract => _mm256_sub_epi32;
    64 of 256 by subtract => _mm256_sub_epi64;
    16 of 512 by subtract => _mm512_sub_epi16;
    32 of 512 by subtract => _mm512_sub_epi32;
    64 of 512 by subtract => _mm512_sub_epi64;
    16 of 256 by multiply_low => _mm256_mullo_epi16;
    32 of 256 by multiply_low => _mm256_mullo_epi32;
    16 of 512 by multiply_low => _mm512_mullo_epi16;
    32 of 512 by multiply_low => _mm512_mullo_epi32;
    16 of 256 by multiply_high => _mm256_mulhi_epi16;
    16 of 512 by multiply_high => _mm512_mulhi_epi16;
    16 of 256 by multiply_high_unsigned => _mm256_mulhi_epu16;
    16 of 256 by multiply_round => _mm256_mulhrs_epi16;
    16 of 512 by multiply_round => _mm512_mulhrs_epi16;
    32 of 256 by multiply_pairs => _mm256_madd_epi16;
    32 of 512 by multiply_pairs => _mm512_madd_epi16;
    64 of 256 by multiply_even => _mm256_mul_epi32;
    64 of 512 by multiply_even => _mm512_mul_epi32;
    32 of 256 by minimum_unsigned => _mm256_min_epu32;
    32 of 512 by minimum_unsigned => _mm512_min_epu32;
    8 of 128 by greater_lane => _mm_cmpgt_epi8;
    16 of 256 by greater_lane => _mm256_cmpgt_epi16;
    32 of 256 by greater_lane => _mm256_cmpgt_epi32;
    64 of 256 by left_by => _mm256_sllv_epi64;
    64 of 512 by left_by => _mm512_sllv_epi64;
    32 of 256 by right_by => _mm256_srlv_epi32;
    64 of 256 by right_by => _mm256_srlv_epi64;
    32 of 512 by right_by => _mm512_srlv_epi32;
    64 of 512 by right_by => _mm512_srlv_epi64;
    128 of 128 by |a, b| low_words(a, b, 8) => _mm_unpacklo_epi8;
    128 of 128 by |a, b| high_words(a, b, 8) => _mm_unpackhi_epi8;
    128 of 128 by |a, b| high_words(a, b, 64) => _mm_unpackhi_epi64;
    128 of 256 by |a, b| low_words(a, b, 32) => _mm256_unpacklo_epi32;
    128 of 256 by |a, b| high_words(a, b, 32) => _mm256_unpackhi_epi32;
    128 of 256 by |a, b| low_words(a, b, 64) => _mm256_unpacklo_epi64;
    128 of 256 by |a, b| high_words(a, b, 64) => _mm256_unpackhi_epi64;
    128 of 512 by |a, b| low_words(a, b, 32) => _mm512_unpacklo_epi32;
    128 of 512 by |a, b| high_words(a, b, 32) => _mm512_unpackhi_epi32;
    128 of 512 by |a, b| low_words(a, b, 64) => _mm512_unpacklo_epi64;
    128 of 512 by |a, b| high_words(a, b, 64) => _mm512_unpackhi_epi64;
    128 of 256 by |a, b| [a, b].concat().chunks(16).flat_map(saturated).collect() => _mm256_packs_epi16;
    128 of 128 by shuffle_bytes => _mm_shuffle_epi8;
    128 of 256 by shuffle_bytes => _mm256_shuffle_epi8;
    128 of 512 by shuffle_bytes => _mm512_shuffle_epi8;
    256 of 256 by |a, order| permuted(a, order, 32, 3) => _mm256_permutevar8x32_epi32;
    512 of 512 by |order, a| permuted(a, order, 8, 6) => _mm512_permutexvar_epi8;
    64 of 512 by multishift => _mm512_multishift_epi64_epi8;
}

/// `_mm256_mul_epi32` as inline assembly.
pub(crate) fn multiply_even_lanes_256(a: __m256i, b: __m256i) -> __m256i {
    zip(a, b, 64, multiply_even)
}

/// `_mm512_mul_epi32` as inline assembly.
pub(crate) fn multiply_even_lanes_512(a: __m512i, b: __m512i) -> __m512i {
    zip(a, b, 64, multiply_even)
}

macro_rules! ternary {
    ($($n:literal => $name:ident;)+) => {$(
        pub(crate) unsafe fn $name<const TABLE: i32>(a: Reg<$n>, b: Reg<$n>, c: Reg<$n>) -> Reg<$n> {
            expect_tested(stringify!($name), TABLE.into());
            Reg(std::array::from_fn(|i| ternary(TABLE, a.0[i], b.0[i], c.0[i])))
        }
    )+};
}
ternary! { 128 => _mm_ternarylogic_epi64; 256 => _mm256_ternarylogic_epi64; 512 => _mm512_ternarylogic_epi64; }

/// By the algebraic normal form of the table: the coefficient of a product of bits is the sum of the table below it.
fn ternary(table: i32, a: Bit, b: Bit, c: Bit) -> Bit {
    let mut coefficients: [bool; 8] = std::array::from_fn(|i| table >> i & 1 == 1);
    for step in [1, 2, 4] {
        for i in (0..8).filter(|i| i & step != 0) {
            coefficients[i] ^= coefficients[i ^ step];
        }
    }
    (0..8).filter(|i| coefficients[*i]).fold(ZERO, |sum, i| {
        let factor = |bit: Bit, step: usize| if i & step != 0 { bit } else { ONE };
        xor(sum, and(and(factor(c, 1), factor(b, 2)), factor(a, 4)))
    })
}
