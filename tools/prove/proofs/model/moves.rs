//! The instructions of x86-64 that set, extend, choose and move lanes.

use super::*;
use std::cell::Cell;

macro_rules! set1 {
    ($($bits:literal of $n:literal from $type:ty => $($name:ident)+;)+) => {$($(
        pub(crate) unsafe fn $name(a: $type) -> Reg<$n> { Reg::new(vec![integer(a.into(), $bits); $n / $bits]) }
    )+)+};
}
set1! {
    8 of 128 from i8 => _mm_set1_epi8;
    8 of 256 from i8 => _mm256_set1_epi8;
    16 of 256 from i16 => _mm256_set1_epi16;
    16 of 512 from i16 => _mm512_set1_epi16;
    32 of 256 from i32 => _mm256_set1_epi32;
    32 of 512 from i32 => _mm512_set1_epi32;
    64 of 128 from i64 => _mm_set1_epi64x;
    64 of 256 from i64 => _mm256_set1_epi64x;
    64 of 512 from i64 => _mm512_set1_epi64;
}
fn of_64<const N: usize>(lanes: &[i64]) -> Reg<N> {
    Reg::new(lanes.iter().map(|lane| integer(*lane, 64)))
}
pub(crate) unsafe fn _mm256_set_epi64x(d: i64, c: i64, b: i64, a: i64) -> __m256i {
    of_64(&[a, b, c, d])
}
pub(crate) unsafe fn _mm512_set4_epi64(d: i64, c: i64, b: i64, a: i64) -> __m512i {
    of_64(&[a, b, c, d, a, b, c, d])
}
#[allow(clippy::too_many_arguments, reason = "as many as lanes")]
pub(crate) unsafe fn _mm512_setr_epi64(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64) -> __m512i {
    of_64(&[a, b, c, d, e, f, g, h])
}
pub(crate) unsafe fn _mm_set_epi32(d: i32, c: i32, b: i32, a: i32) -> __m128i {
    Reg::new([a, b, c, d].map(|lane| integer(lane.into(), 32)))
}
pub(crate) unsafe fn _mm_setzero_si128() -> __m128i {
    Reg([ZERO; 128])
}
pub(crate) unsafe fn _mm256_setzero_si256() -> __m256i {
    Reg([ZERO; 256])
}
pub(crate) unsafe fn _mm512_setzero_si512() -> __m512i {
    Reg([ZERO; 512])
}
pub(crate) unsafe fn _mm_cvtsi32_si128(a: i32) -> __m128i {
    Reg::new([integer(a.into(), 32), constant(0, 96)])
}
pub(crate) unsafe fn _mm256_set_m128i(high: __m128i, low: __m128i) -> __m256i {
    Reg::new([low.0.into(), high.0.into()])
}
pub(crate) unsafe fn _mm256_castsi256_si128(a: __m256i) -> __m128i {
    Reg::new([a.0[..128].into()])
}
pub(crate) unsafe fn _mm256_castsi256_ps(a: __m256i) -> __m256 {
    a
}
/// The upper bits are undefined, so each is a fresh variable.
pub(crate) unsafe fn _mm512_castsi128_si512(a: __m128i) -> __m512i {
    thread_local!(static NEXT: Cell<u32> = const { Cell::new(u32::MAX) });
    let name = NEXT.replace(NEXT.get() - 1);
    Reg::new([a.0.into(), variable(name, 384)])
}
pub(crate) unsafe fn _mm256_broadcastsi128_si256(a: __m128i) -> __m256i {
    Reg::new([a.0.into(), a.0.into()])
}
pub(crate) unsafe fn _mm256_extracti128_si256<const HALF: i32>(a: __m256i) -> __m128i {
    expect_tested("_mm256_extracti128_si256", HALF.into());
    Reg::new([a.0[128 * HALF as usize..][..128].into()])
}
pub(crate) unsafe fn _mm512_inserti32x4<const QUARTER: i32>(mut a: __m512i, b: __m128i) -> __m512i {
    expect_tested("_mm512_inserti32x4", QUARTER.into());
    a.0[128 * QUARTER as usize..][..128].copy_from_slice(&b.0);
    a
}
pub(crate) unsafe fn _mm256_cvtepu8_epi16(a: __m128i) -> __m256i {
    Reg::new(a.0.chunks(8).map(|byte| extended(byte, 16, false)))
}
pub(crate) unsafe fn _mm256_cvtepu8_epi32(a: __m128i) -> __m256i {
    Reg::new(a.0[..64].chunks(8).map(|byte| extended(byte, 32, false)))
}

pub(crate) unsafe fn _mm256_cvtepu32_epi64(a: __m128i) -> __m256i {
    Reg::new(a.0.chunks(32).map(|word| extended(word, 64, false)))
}
pub(crate) unsafe fn _mm512_cvtepu32_epi64(a: __m256i) -> __m512i {
    Reg::new(a.0.chunks(32).map(|word| extended(word, 64, false)))
}
pub(crate) unsafe fn _mm512_cvtepi64_epi32(a: __m512i) -> __m256i {
    Reg::new(a.0.chunks(64).map(|word| word[..32].into()))
}

fn blend(mask: u64, i: usize, words: usize) -> usize {
    if mask >> i & 1 == 1 { words + i } else { i }
}
fn quarter_of_immediate(order: i32, i: usize) -> usize {
    (order >> (2 * i) & 3) as usize
}
pub(crate) unsafe fn _mm_blend_epi16<const MASK: i32>(a: __m128i, b: __m128i) -> __m128i {
    expect_tested("_mm_blend_epi16", MASK.into());
    shuffle(a, b, 128, 16, |i| blend(MASK as u64, i, 8))
}
pub(crate) unsafe fn _mm_shuffle_epi32<const ORDER: i32>(a: __m128i) -> __m128i {
    expect_tested("_mm_shuffle_epi32", ORDER.into());
    shuffle(a, a, 128, 32, |i| quarter_of_immediate(ORDER, i))
}
/// The bytes of `b`, then of `a`, from byte BY on.
pub(crate) unsafe fn _mm_alignr_epi8<const BY: i32>(a: __m128i, b: __m128i) -> __m128i {
    expect_tested("_mm_alignr_epi8", BY.into());
    shuffle(b, a, 128, 8, |i| i + BY as usize)
}

pub(crate) unsafe fn _mm256_blend_epi16<const MASK: i32>(a: __m256i, b: __m256i) -> __m256i {
    expect_tested("_mm256_blend_epi16", MASK.into());
    shuffle(a, b, 128, 16, |i| blend(MASK as u64, i, 8))
}
pub(crate) unsafe fn _mm256_blend_epi32<const MASK: i32>(a: __m256i, b: __m256i) -> __m256i {
    expect_tested("_mm256_blend_epi32", MASK.into());
    shuffle(a, b, 256, 32, |i| blend(MASK as u64, i, 8))
}
pub(crate) unsafe fn _mm512_mask_blend_epi16(mask: __mmask32, a: __m512i, b: __m512i) -> __m512i {
    shuffle(a, b, 512, 16, |i| blend(mask.into(), i, 32))
}
pub(crate) unsafe fn _mm256_permute2x128_si256<const ORDER: i32>(a: __m256i, b: __m256i) -> __m256i {
    expect_tested("_mm256_permute2x128_si256", ORDER.into());
    shuffle(a, b, 256, 128, |i| (ORDER >> (4 * i) & 3) as usize)
}
pub(crate) unsafe fn _mm256_permute4x64_epi64<const ORDER: i32>(a: __m256i) -> __m256i {
    expect_tested("_mm256_permute4x64_epi64", ORDER.into());
    shuffle(a, a, 256, 64, |i| quarter_of_immediate(ORDER, i))
}
fn shuffle_quarters(a: __m512i, b: __m512i, order: i32) -> __m512i {
    shuffle(a, b, 512, 128, |i| quarter_of_immediate(order, i) + if i < 2 { 0 } else { 4 })
}
pub(crate) unsafe fn _mm512_shuffle_i32x4<const ORDER: i32>(a: __m512i, b: __m512i) -> __m512i {
    expect_tested("_mm512_shuffle_i32x4", ORDER.into());
    shuffle_quarters(a, b, ORDER)
}
pub(crate) unsafe fn _mm512_shuffle_i64x2<const ORDER: i32>(a: __m512i, b: __m512i) -> __m512i {
    expect_tested("_mm512_shuffle_i64x2", ORDER.into());
    shuffle_quarters(a, b, ORDER)
}
pub(crate) unsafe fn _mm512_mask_shuffle_epi32<const ORDER: i32>(
    source: __m512i,
    mask: __mmask16,
    a: __m512i,
) -> __m512i {
    expect_tested("_mm512_mask_shuffle_epi32", ORDER.into());
    let moved = shuffle(a, a, 128, 32, |i| quarter_of_immediate(ORDER, i));
    shuffle(source, moved, 512, 32, |i| blend(mask.into(), i, 16))
}
pub(crate) unsafe fn _mm512_permutex2var_epi64(a: __m512i, order: __m512i, b: __m512i) -> __m512i {
    Reg::new([permuted(&[a.0, b.0].concat(), &order.0, 64, 4)])
}
pub(crate) unsafe fn _mm512_maskz_mov_epi64(mask: __mmask8, a: __m512i) -> __m512i {
    shuffle(Reg([ZERO; 512]), a, 512, 64, |i| blend(mask.into(), i, 8))
}

fn compress<const N: usize>(mask: u64, a: Reg<N>, bits: usize) -> Reg<N> {
    let kept: Word =
        a.0.chunks(bits).enumerate().filter(|(i, _)| mask >> i & 1 == 1).flat_map(|(_, word)| word).copied().collect();
    Reg::new([extended(&[&kept[..], &[ZERO]].concat(), N, false)])
}
pub(crate) unsafe fn _mm256_maskz_compress_epi8(mask: __mmask32, a: __m256i) -> __m256i {
    compress(mask.into(), a, 8)
}
pub(crate) unsafe fn _mm512_maskz_compress_epi16(mask: __mmask32, a: __m512i) -> __m512i {
    compress(mask.into(), a, 16)
}
pub(crate) unsafe fn _mm512_maskz_compress_epi32(mask: __mmask16, a: __m512i) -> __m512i {
    compress(mask.into(), a, 32)
}
