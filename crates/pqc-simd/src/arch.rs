//! The instructions of x86-64 that the backends use, and the loads and stores of vectors, which take slices.
//!
//! No other module names an intrinsic of `core::arch` or the raw pointer of a vector. `make prove` replaces this module by a model
//! of the instructions and runs the unchanged source of the backends on it.
#![allow(unsafe_code, reason = "intrinsics, inline assembly and raw pointers")]

use core::arch::asm;
pub(crate) use core::arch::x86_64::{
    __m128i, __m256i, __m512i, __mmask32, _mm_and_si128, _mm_cmpgt_epi8, _mm_cvtsi32_si128, _mm_movemask_epi8,
    _mm_rol_epi64, _mm_set1_epi8, _mm_set1_epi64x, _mm_shuffle_epi8, _mm_srli_epi16, _mm_ternarylogic_epi64,
    _mm_unpackhi_epi8, _mm_unpackhi_epi64, _mm_unpacklo_epi8, _mm_xor_si128, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_add_epi64, _mm256_and_si256, _mm256_andnot_si256, _mm256_blend_epi16, _mm256_blend_epi32,
    _mm256_broadcastsi128_si256, _mm256_castsi256_ps, _mm256_castsi256_si128, _mm256_cmpgt_epi16, _mm256_cmpgt_epi32,
    _mm256_cmplt_epu8_mask, _mm256_cvtepu8_epi16, _mm256_cvtepu8_epi32, _mm256_extracti128_si256, _mm256_madd_epi16,
    _mm256_maskz_compress_epi8, _mm256_min_epu32, _mm256_movemask_ps, _mm256_mul_epi32, _mm256_mulhi_epi16,
    _mm256_mulhi_epu16, _mm256_mulhrs_epi16, _mm256_mullo_epi16, _mm256_mullo_epi32, _mm256_or_si256,
    _mm256_packs_epi16, _mm256_permute2x128_si256, _mm256_permute4x64_epi64, _mm256_permutevar8x32_epi32,
    _mm256_rol_epi64, _mm256_set_epi64x, _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_slli_epi32,
    _mm256_slli_epi64, _mm256_sllv_epi64, _mm256_srai_epi16, _mm256_srl_epi16, _mm256_srl_epi64, _mm256_srli_epi32,
    _mm256_srli_epi64, _mm256_srlv_epi32, _mm256_srlv_epi64, _mm256_sub_epi16, _mm256_sub_epi32, _mm256_sub_epi64,
    _mm256_ternarylogic_epi64, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64, _mm256_xor_si256, _mm512_add_epi16, _mm512_add_epi32, _mm512_add_epi64, _mm512_and_si512,
    _mm512_castsi128_si512, _mm512_cmpgt_epi16_mask, _mm512_cmplt_epi32_mask, _mm512_cmplt_epu16_mask,
    _mm512_inserti32x4, _mm512_madd_epi16, _mm512_mask_blend_epi16, _mm512_mask_shuffle_epi32,
    _mm512_maskz_compress_epi16, _mm512_maskz_compress_epi32, _mm512_maskz_mov_epi64, _mm512_min_epu32,
    _mm512_movm_epi16, _mm512_mul_epi32, _mm512_mulhi_epi16, _mm512_mulhrs_epi16, _mm512_mullo_epi16,
    _mm512_mullo_epi32, _mm512_multishift_epi64_epi8, _mm512_permutex2var_epi64, _mm512_permutexvar_epi8,
    _mm512_rol_epi32, _mm512_rol_epi64, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_set1_epi64, _mm512_set4_epi64,
    _mm512_setr_epi64, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_shuffle_i32x4, _mm512_shuffle_i64x2,
    _mm512_slli_epi32, _mm512_sllv_epi64, _mm512_sra_epi16, _mm512_srli_epi32, _mm512_srli_epi64, _mm512_srlv_epi32,
    _mm512_srlv_epi64, _mm512_sub_epi16, _mm512_sub_epi32, _mm512_sub_epi64, _mm512_ternarylogic_epi64,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64, _mm512_xor_si512,
};
use core::arch::x86_64::{
    __mmask64, _mm_loadl_epi64, _mm_loadu_si128, _mm_storel_epi64, _mm_storeu_si128, _mm256_loadu_si256,
    _mm256_storeu_si256, _mm512_loadu_si512, _mm512_mask_storeu_epi8, _mm512_maskz_loadu_epi8, _mm512_storeu_si512,
};

/// A number in memory: without padding, and valid for all bits.
pub(crate) trait Number: Copy {}

impl Number for i16 {}
impl Number for i32 {}
impl Number for u8 {}
impl Number for u64 {}

macro_rules! loads_and_stores {
    ($($bits:literal $register:ident: $load:ident as $load_intrinsic:ident, $store:ident as $store_intrinsic:ident;)+) => {$(
        #[doc = concat!("Loads a slice of ", stringify!($bits), " bits.")]
        ///
        /// # Safety
        /// The processor has the instruction, and the slice that size.
        #[inline(always)]
        pub(crate) unsafe fn $load(from: &[impl Number]) -> $register {
            debug_assert_eq!(8 * size_of_val(from), $bits);
            // SAFETY: the caller's promise.
            unsafe { $load_intrinsic(from.as_ptr().cast()) }
        }

        #[doc = concat!("Stores to a slice of ", stringify!($bits), " bits.")]
        ///
        /// # Safety
        /// The processor has the instruction, and the slice that size.
        #[inline(always)]
        pub(crate) unsafe fn $store(to: &mut [impl Number], register: $register) {
            debug_assert_eq!(8 * size_of_val(to), $bits);
            // SAFETY: the caller's promise.
            unsafe { $store_intrinsic(to.as_mut_ptr().cast(), register) }
        }
    )+};
}

loads_and_stores! {
    64 __m128i: load_64 as _mm_loadl_epi64, store_64 as _mm_storel_epi64;
    128 __m128i: load_128 as _mm_loadu_si128, store_128 as _mm_storeu_si128;
    256 __m256i: load_256 as _mm256_loadu_si256, store_256 as _mm256_storeu_si256;
    512 __m512i: load_512 as _mm512_loadu_si512, store_512 as _mm512_storeu_si512;
}

/// Loads a slice of at most 64 bytes, with zeros after them.
///
/// # Safety
/// The processor has AVX-512 BW, and the slice at most 64 bytes.
#[inline(always)]
pub(crate) unsafe fn load_first_512(from: &[u8]) -> __m512i {
    debug_assert!(from.len() <= 64);
    // SAFETY: the caller's promise; the mask keeps the access inside the slice.
    unsafe { _mm512_maskz_loadu_epi8(first_bytes(from.len()), from.as_ptr().cast()) }
}

/// Stores the first bytes of a register to a slice of at most 64 bytes.
///
/// # Safety
/// As [`load_first_512`].
#[inline(always)]
pub(crate) unsafe fn store_first_512(to: &mut [u8], register: __m512i) {
    debug_assert!(to.len() <= 64);
    // SAFETY: the caller's promise; the mask keeps the access inside the slice.
    unsafe { _mm512_mask_storeu_epi8(to.as_mut_ptr().cast(), first_bytes(to.len()), register) }
}

/// The mask of that many bytes.
#[inline(always)]
const fn first_bytes(count: usize) -> __mmask64 {
    if count == 0 { 0 } else { u64::MAX >> (64 - count) }
}

macro_rules! multiply_even_lanes {
    ($($name:ident $register:ident $class:ident $feature:literal;)+) => {$(
        /// The products of the signed even lanes of 32 bits, of which the caller uses the lower halves alone: the compiler would
        /// emit more instructions for the intrinsic.
        #[inline]
        #[target_feature(enable = $feature)]
        pub(crate) fn $name(a: $register, b: $register) -> $register {
            let product;
            // SAFETY: an instruction on registers, of the feature enabled above.
            unsafe {
                asm!(
                    "vpmuldq {product}, {a}, {b}",
                    product = lateout($class) product,
                    a = in($class) a,
                    b = in($class) b,
                    options(pure, nomem, nostack, preserves_flags)
                );
            }
            product
        }
    )+};
}

multiply_even_lanes! {
    multiply_even_lanes_256 __m256i ymm_reg "avx2";
    multiply_even_lanes_512 __m512i zmm_reg "avx512f";
}
