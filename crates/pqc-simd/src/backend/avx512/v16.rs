//! Thirty-two lanes, two rows of sixteen, in a register of AVX-512.
#![allow(unsafe_code, reason = "intrinsics")]
#![allow(clippy::cast_possible_truncation, reason = "indices of 64 bytes and bits")]

use crate::arch::*;
use crate::backend::Avx512;
use crate::vec::v16::{Lanes16, Machine16};

impl Machine16 for Avx512 {
    type V16 = I16x32;
}

#[derive(Clone, Copy)]
pub(crate) struct I16x32(pub(crate) __m512i);

/// The odd lanes.
const ODD: __mmask32 = 0xaaaa_aaaa;

/// The lowest `bits` bits, all ones.
const fn ones(bits: usize) -> i64 {
    (1 << bits) - 1
}

/// The positions of lanes of `BITS` bits each: packed, and spread to 16 bits.
pub(crate) struct Packing<const BITS: usize>;

impl<const BITS: usize> Packing<BITS> {
    /// The packed bytes that contain the four lanes of each 64 bits, from the first one on.
    const SPREAD: [u8; 64] = {
        let (mut from, mut i) = ([0; 64], 0);
        while i < 64 {
            from[i] = (i / 8 * 4 * BITS / 8 + i % 8) as u8;
            i += 1;
        }
        from
    };

    /// The bit of these bytes where each byte of a lane begins.
    const FIELDS: [u8; 64] = {
        let (mut from, mut i) = ([0; 64], 0);
        while i < 64 {
            from[i] = (i / 8 * 4 * BITS % 8 + i % 8 / 2 * BITS + 8 * (i % 2)) as u8;
            i += 1;
        }
        from
    };

    /// How many lanes make whole bytes.
    const GROUP: usize = if BITS.is_multiple_of(2) { 4 } else { 8 };

    /// For each packed byte, its index when the bits of each group are at the low end.
    const PACKED: [u8; 64] = {
        let (mut from, mut i, bytes) = ([0; 64], 0, Self::GROUP * BITS / 8);
        while i < 4 * BITS {
            from[i] = (i / bytes * 2 * Self::GROUP + i % bytes) as u8;
            i += 1;
        }
        from
    };
}

/// One value in the even 64-bit lanes, another in the odd ones.
///
/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn even_odd(even: usize, odd: usize) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_set4_epi64(odd as i64, even as i64, odd as i64, even as i64) }
}

/// `low & mask | high & !mask`, for a mask of the 64-bit lanes.
///
/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn merge(mask: i64, low: __m512i, high: __m512i) -> __m512i {
    // SAFETY: the caller's promise. The table of a ? b : c, bit 4 a + 2 b + c.
    unsafe { _mm512_ternarylogic_epi64::<0b1100_1010>(_mm512_set1_epi64(mask), low, high) }
}

/// Transposes, in each 128 bits, the matrix of 4 vectors by 4 pairs.
///
/// # Safety
/// The processor has the instructions.
#[inline(always)]
unsafe fn transpose_four(a: __m512i, b: __m512i, c: __m512i, d: __m512i) -> [__m512i; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        [
            _mm512_unpacklo_epi64(ab_low, cd_low),
            _mm512_unpackhi_epi64(ab_low, cd_low),
            _mm512_unpacklo_epi64(ab_high, cd_high),
            _mm512_unpackhi_epi64(ab_high, cd_high),
        ]
    }
}

impl Lanes16 for I16x32 {
    type Machine = Avx512;
    type Element = i16;
    type Wide = __m512i;
    const LANES: usize = 32;

    #[inline(always)]
    fn splat(_: Avx512, value: i16) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_set1_epi16(value) })
    }
    #[inline(always)]
    fn load(_: Avx512, values: &[i16]) -> Self {
        let values = &values[..32];
        // SAFETY: the token invariant.
        Self(unsafe { load_512(values) })
    }
    #[inline(always)]
    fn load_constants(machine: Avx512, values: &[i16]) -> Self {
        Self::load(machine, values)
    }
    #[inline(always)]
    fn store(self, values: &mut [i16]) {
        let values = &mut values[..32];
        // SAFETY: the token invariant.
        unsafe { store_512(values, self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_add_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_sub_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_and_si512(self.0, other.0) })
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_movm_epi16(_mm512_cmpgt_epi16_mask(self.0, other.0)) })
    }
    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_sra_epi16(self.0, _mm_cvtsi32_si128(BITS)) })
    }
    #[inline(always)]
    fn multiply_low(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_mullo_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn multiply_high(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_mulhi_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn multiply_round(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_mulhrs_epi16(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply_pairs(self, other: Self) -> __m512i {
        // SAFETY: the token invariant.
        unsafe { _mm512_madd_epi16(self.0, other.0) }
    }
    #[inline(always)]
    fn add_wide(sum: __m512i, other: __m512i) -> __m512i {
        // SAFETY: the token invariant.
        unsafe { _mm512_add_epi32(sum, other) }
    }
    #[inline(always)]
    fn halves(even: __m512i, odd: __m512i) -> (Self, Self) {
        // SAFETY: the token invariant.
        unsafe {
            let low = _mm512_mask_blend_epi16(ODD, even, _mm512_slli_epi32::<16>(odd));
            let high = _mm512_mask_blend_epi16(ODD, _mm512_srli_epi32::<16>(even), odd);
            (Self(low), Self(high))
        }
    }
    #[inline(always)]
    fn swap_pairs(self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm512_rol_epi32::<16>(self.0) })
    }

    #[inline(always)]
    fn transpose(v: &mut [Self; 8]) {
        // SAFETY: the token invariant.
        unsafe {
            let first = transpose_four(v[0].0, v[1].0, v[2].0, v[3].0);
            let last = transpose_four(v[4].0, v[5].0, v[6].0, v[7].0);
            let low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
            let high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
            for i in 0..4 {
                v[i].0 = _mm512_permutex2var_epi64(first[i], low, last[i]);
                v[i + 4].0 = _mm512_permutex2var_epi64(first[i], high, last[i]);
            }
        }
    }
    #[inline(always)]
    fn rows_to_vectors(vectors: &mut [Self; 8]) {
        let before = *vectors;
        for i in 0..4 {
            let (a, b) = (before[i].0, before[i + 4].0);
            // SAFETY: the token invariant.
            unsafe {
                vectors[2 * i].0 = _mm512_shuffle_i64x2::<0b01_00_01_00>(a, b);
                vectors[2 * i + 1].0 = _mm512_shuffle_i64x2::<0b11_10_11_10>(a, b);
            }
        }
    }
    #[inline(always)]
    fn vectors_to_rows(vectors: &mut [Self; 8]) {
        let before = *vectors;
        for i in 0..4 {
            let (a, b) = (before[2 * i].0, before[2 * i + 1].0);
            // SAFETY: the token invariant.
            unsafe {
                vectors[i].0 = _mm512_shuffle_i64x2::<0b01_00_01_00>(a, b);
                vectors[i + 4].0 = _mm512_shuffle_i64x2::<0b11_10_11_10>(a, b);
            }
        }
    }

    /// The bytes that contain four lanes, at most seven, go to their 64 bits, from which each byte of a lane takes its
    /// eight bits.
    #[inline(always)]
    fn load_bits<const BITS: usize>(_: Avx512, bytes: &[u8], at: usize) -> Self {
        let rest = &bytes[at..];
        // SAFETY: the token invariant.
        unsafe {
            // The compiler turns a masked load of more than 16 bytes into an expanding load, which is slow.
            let packed = match rest.first_chunk::<64>() {
                Some(whole) if BITS > 4 => load_512(whole),
                _ => load_first_512(&rest[..4 * BITS]),
            };
            let spread = _mm512_permutexvar_epi8(load_512(&Packing::<BITS>::SPREAD), packed);
            let lanes = _mm512_multishift_epi64_epi8(load_512(&Packing::<BITS>::FIELDS), spread);
            // Up to here, every lane has bits of the next lane above its own.
            Self(_mm512_and_si512(lanes, _mm512_set1_epi64(ones(BITS) * 0x0001_0001_0001_0001)))
        }
    }
    /// Joins two lanes at a time, then four, and eight where four are not whole bytes, at the low end of their bits.
    #[inline(always)]
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize) {
        let bytes = &mut bytes[at..][..4 * BITS];
        // SAFETY: the token invariant.
        unsafe {
            let twos = _mm512_madd_epi16(self.0, _mm512_set1_epi32(1 | 1 << (16 + BITS)));
            let moved = _mm512_srlv_epi64(twos, even_odd(32 - 2 * BITS, 32 - 2 * BITS));
            let mut groups = merge(ones(2 * BITS), twos, moved);
            if Packing::<BITS>::GROUP == 8 {
                let odd = _mm512_unpackhi_epi64(groups, groups);
                let to_low = _mm512_sllv_epi64(odd, even_odd(4 * BITS, 64));
                let to_high = _mm512_srlv_epi64(odd, even_odd(64, 64 - 4 * BITS));
                let even = _mm512_maskz_mov_epi64(0b0101_0101, groups);
                groups = _mm512_ternarylogic_epi64::<0b1111_1110>(even, to_low, to_high);
            }
            let packed = _mm512_permutexvar_epi8(load_512(&Packing::<BITS>::PACKED), groups);
            store_first_512(bytes, packed);
        }
    }
    #[inline(always)]
    fn append_below(self, bound: i16, values: &mut [i16], count: usize) -> usize {
        let values = &mut values[count..count + 32];
        // SAFETY: the token invariant.
        unsafe {
            // Unsigned, so that negative lanes are above the bound.
            let kept = _mm512_cmplt_epu16_mask(self.0, _mm512_set1_epi16(bound));
            store_512(values, _mm512_maskz_compress_epi16(kept, self.0));
            count + kept.count_ones() as usize
        }
    }
}
