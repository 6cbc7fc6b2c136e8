//! The instructions that `hardware` tests, with their immediates; the model refuses any other immediate.

/// Passes the instructions to a macro, by the number of their operands. Instructions on memory, and instructions that
/// leave bits undefined, have separate tests in `hardware`.
macro_rules! instructions {
    ($callback:ident) => {
        $callback! {
            1 {
                _mm_cvtsi32_si128; _mm_movemask_epi8; _mm256_movemask_ps; _mm512_movm_epi16;
                _mm_set1_epi8; _mm_set1_epi64x; _mm256_set1_epi8; _mm256_set1_epi16; _mm256_set1_epi32; _mm256_set1_epi64x;
                _mm512_set1_epi16; _mm512_set1_epi32; _mm512_set1_epi64;
                _mm256_castsi256_ps; _mm256_castsi256_si128; _mm256_broadcastsi128_si256;
                _mm256_cvtepu8_epi16; _mm256_cvtepu8_epi32;
                _mm256_extracti128_si256 1;
                _mm256_permute4x64_epi64 0b11_01_10_00;
                _mm_srli_epi16 4; _mm256_slli_epi16 4; _mm256_srai_epi16 1 2 3 15;
                _mm256_slli_epi32 16; _mm256_srli_epi32 16; _mm256_srli_epi64 32;
                _mm512_slli_epi32 16; _mm512_srli_epi32 16; _mm512_srli_epi64 32;
                _mm512_rol_epi32 16;
                _mm_shuffle_epi32 0x0e 0x1b 0xb1; _mm_slli_epi32 16; _mm_srli_epi32 16; _mm512_slli_epi64 32;
                _mm512_ror_epi32 2 6 7 11 13 17 18 19 22 25; _mm512_ror_epi64 1 8 14 18 19 28 34 39 41 61;
                _mm256_cvtepu32_epi64; _mm512_cvtepu32_epi64; _mm512_cvtepi64_epi32;
                _mm256_slli_epi64 1 2 3 6 8 10 14 15 18 20 21 25 27 28 32 36 39 41 43 44 45 55 56 61 62;
                _mm_rol_epi64 1 2 3 6 8 10 14 15 18 20 21 25 27 28 36 39 41 43 44 45 55 56 61 62;
                _mm256_rol_epi64 1 2 3 6 8 10 14 15 18 20 21 25 27 28 36 39 41 43 44 45 55 56 61 62;
                _mm512_rol_epi64 1 2 3 6 8 10 14 15 18 20 21 25 27 28 36 39 41 43 44 45 55 56 61 62;
            }
            2 {
                _mm_and_si128; _mm256_and_si256; _mm512_and_si512; _mm256_andnot_si256; _mm256_or_si256;
                _mm_xor_si128; _mm256_xor_si256; _mm512_xor_si512;
                _mm256_add_epi16; _mm256_add_epi32; _mm256_add_epi64; _mm512_add_epi16; _mm512_add_epi32; _mm512_add_epi64;
                _mm256_sub_epi16; _mm256_sub_epi32; _mm256_sub_epi64; _mm512_sub_epi16; _mm512_sub_epi32; _mm512_sub_epi64;
                _mm256_mullo_epi16; _mm256_mullo_epi32; _mm512_mullo_epi16; _mm512_mullo_epi32;
                _mm256_mulhi_epi16; _mm512_mulhi_epi16; _mm256_mulhi_epu16; _mm256_mulhrs_epi16; _mm512_mulhrs_epi16;
                _mm256_madd_epi16; _mm512_madd_epi16; _mm256_mul_epi32; _mm512_mul_epi32;
                multiply_even_lanes_256; multiply_even_lanes_512;
                _mm256_min_epu32; _mm512_min_epu32;
                _mm_cmpgt_epi8; _mm256_cmpgt_epi16; _mm256_cmpgt_epi32;
                _mm256_cmplt_epu8_mask; _mm512_cmplt_epu16_mask; _mm512_cmplt_epi32_mask; _mm512_cmpgt_epi16_mask;
                _mm256_sllv_epi64; _mm512_sllv_epi64;
                _mm256_srlv_epi32; _mm256_srlv_epi64; _mm512_srlv_epi32; _mm512_srlv_epi64;
                _mm256_srl_epi16; _mm256_srl_epi64; _mm512_sra_epi16;
                _mm256_srl_epi32; _mm256_sll_epi32; _mm256_sll_epi64;
                _mm512_srl_epi32; _mm512_srl_epi64; _mm512_sll_epi32; _mm512_sll_epi64;
                _mm512_or_si512; _mm_or_si128; _mm_add_epi32; _mm_alignr_epi8 4 8 12; _mm_blend_epi16 0xc0 0xf0;
                _mm_sha256msg1_epu32; _mm_sha256msg2_epu32;
                _mm_unpacklo_epi8; _mm_unpackhi_epi8; _mm_unpackhi_epi64;
                _mm256_unpacklo_epi32; _mm256_unpackhi_epi32; _mm256_unpacklo_epi64; _mm256_unpackhi_epi64;
                _mm512_unpacklo_epi32; _mm512_unpackhi_epi32; _mm512_unpacklo_epi64; _mm512_unpackhi_epi64;
                _mm256_packs_epi16; _mm_shuffle_epi8; _mm256_shuffle_epi8; _mm512_shuffle_epi8;
                _mm256_permutevar8x32_epi32; _mm512_permutexvar_epi8; _mm512_multishift_epi64_epi8;
                _mm256_set_m128i; _mm512_inserti32x4 1 2 3;
                _mm256_blend_epi16 0b1010_1010; _mm256_blend_epi32 0xaa;
                _mm256_permute2x128_si256 0x20 0x31;
                _mm512_shuffle_i32x4 0x88 0xdd; _mm512_shuffle_i64x2 0b01_00_01_00 0b11_10_11_10;
                _mm512_maskz_mov_epi64;
                _mm256_maskz_compress_epi8; _mm512_maskz_compress_epi16; _mm512_maskz_compress_epi32;
            }
            3 {
                _mm_ternarylogic_epi64 0b1001_0110 0b1101_0010;
                _mm256_ternarylogic_epi64 0b1001_0110 0b1101_0010;
                _mm512_ternarylogic_epi64 0b1001_0110 0b1101_0010 0b1100_1010 0b1110_1000 0b1111_1110;
                _mm512_mask_blend_epi16; _mm512_mask_shuffle_epi32 0xf5; _mm512_permutex2var_epi64;
                _mm_sha256rnds2_epu32;
            }
            4 { _mm_set_epi32; _mm256_set_epi64x; _mm512_set4_epi64; }
            8 { _mm512_setr_epi64; }
        }
    };
}

/// The same for aarch64.
macro_rules! neon_instructions {
    ($callback:ident) => {
        $callback! {
            1 {
                vdupq_n_u8; vdupq_n_s16; vdupq_n_u16; vdupq_n_s32; vdupq_n_u32; vdupq_n_s64; vdupq_n_u64;
                vreinterpretq_s16_s32; vreinterpretq_s16_u8; vreinterpretq_s16_u16; vreinterpretq_s32_s16;
                vreinterpretq_s32_s64; vreinterpretq_s32_u8; vreinterpretq_s32_u32; vreinterpretq_s64_s32;
                vreinterpretq_s64_u8; vreinterpretq_u8_s16; vreinterpretq_u8_s32; vreinterpretq_u8_u16;
                vreinterpretq_u8_u32; vreinterpretq_u8_u64; vreinterpretq_u16_s16; vreinterpretq_u16_s32; vreinterpretq_u16_u8;
                vreinterpretq_u32_s16; vreinterpretq_u32_s32; vreinterpretq_u32_u8; vreinterpretq_u64_u8;
                vreinterpretq_u64_u32;
                vget_low_s16; vget_low_s32; vgetq_lane_u16 0; vdupq_laneq_u64 1;
                vrev32q_s16; vnegq_s32;
                vshrq_n_s16 1 2 3 15; vshrq_n_u8 4;
                vshlq_n_u64 1 2 3 6 8 10 14 15 18 20 21 25 27 28 36 39 41 43 44 45 55 56 61 62;
            }
            2 {
                vandq_s16; vandq_u8; vandq_u16; vandq_u32; vandq_u64; vorrq_u16; vorrq_u64; veorq_u64; vbicq_u64;
                vaddq_s16; vaddq_s32; vaddq_u32; vaddq_u64; vsubq_s16; vsubq_s32; vhsubq_s16; vpaddq_u8; vpaddq_s32;
                vmulq_s16; vmulq_s32; vqdmulhq_s16; vqrdmulhq_s16;
                vmull_s16; vmull_high_s16; vmull_s32; vmull_high_s32;
                vminq_u32; vcgtq_s16; vcltq_u8; vcltq_u16; vcltq_s32;
                vshlq_u16; vshlq_u32; vshlq_u64;
                vsriq_n_u64 63 62 61 58 56 54 50 49 46 44 43 39 37 36 28 25 23 21 20 19 9 8 3 2;
                vtrn1q_s16; vtrn2q_s16; vtrn1q_s32; vtrn2q_s32; vtrn1q_s64; vtrn2q_s64;
                vuzp1q_u8; vuzp1q_u16; vuzp1q_s32; vuzp2q_s16; vuzp2q_s32; vzip1q_u8; vzip2q_u8;
                vqtbl1q_u8;
                vextq_u64 1; vsha256su0q_u32; vsha512su0q_u64;
                vrax1q_u64; vxarq_u64 63 62 61 58 56 54 50 49 46 44 43 39 37 36 28 25 23 21 20 19 9 8 3 2;
            }
            3 {
                vmlal_s32; vmlal_high_s32; vmlsl_s32; vmlsl_high_s32; vbslq_u32; vbslq_u64; veor3q_u64; vbcaxq_u64;
                vsha256hq_u32; vsha256h2q_u32; vsha256su1q_u32; vsha512hq_u64; vsha512h2q_u64; vsha512su1q_u64;
            }
        }
    };
}

macro_rules! names {
    ($($operands:literal { $($name:ident $($immediate:literal)*;)+ })+) => {
        &[$($((stringify!($name), &[$($immediate),*])),+),+]
    };
}

/// The names and immediates.
const TESTED: &[&[(&str, &[i64])]] = &[instructions!(names), neon_instructions!(names)];

/// Whether an instruction is tested with an immediate.
pub(super) fn is_tested(name: &str, immediate: i64) -> bool {
    TESTED.iter().copied().flatten().any(|(tested, immediates)| *tested == name && immediates.contains(&immediate))
}
