//! Sixteen lanes in two registers of AVX2.
//!
//! There are no closures: the compiler may leave them out of line, without the features of the kernel.
#![allow(unsafe_code, reason = "intrinsics")]

use crate::arch::*;
use crate::backend::Avx2;
use crate::vec::v32::{Fields, Lanes32, Q, Q_INVERSE};

/// For each mask of eight lanes, the lanes in the mask in their order.
pub(crate) static KEEP: [[u8; 8]; 256] = {
    let mut keep = [[0; 8]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut count, mut lane) = (0, 0);
        while lane < 8 {
            if mask >> lane & 1 == 1 {
                keep[mask][count] = lane;
                count += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    keep
};

/// The upper halves of the 64-bit lanes of `even` in the even lanes, the upper halves of `odd` in the odd lanes.
#[inline(always)]
fn upper_halves(even: __m256i, odd: __m256i) -> __m256i {
    // SAFETY: the token invariant.
    unsafe { _mm256_blend_epi32::<0xaa>(_mm256_srli_epi64::<32>(even), odd) }
}

/// Each odd lane moved to the even lane below it.
#[inline(always)]
fn odd_lanes(lanes: __m256i) -> __m256i {
    // SAFETY: the token invariant.
    unsafe { _mm256_srli_epi64::<32>(lanes) }
}

/// [`Lanes32::multiply`] of a register.
#[inline(always)]
fn multiply(a: __m256i, factor: __m256i, quotient: __m256i) -> __m256i {
    // SAFETY: the token invariant.
    unsafe {
        let even = _mm256_mul_epi32(a, quotient);
        let odd = _mm256_mul_epi32(odd_lanes(a), odd_lanes(quotient));
        let multiple = _mm256_mullo_epi32(upper_halves(even, odd), _mm256_set1_epi32(Q));
        _mm256_sub_epi32(_mm256_mullo_epi32(a, factor), multiple)
    }
}

/// Exchanges the rows and columns of eight rows.
#[inline(always)]
fn transpose(mut r: [__m256i; 8]) -> [__m256i; 8] {
    // SAFETY: the token invariant.
    unsafe {
        for pair in 0..4 {
            let (a, b) = (2 * pair, 2 * pair + 1);
            (r[a], r[b]) = (_mm256_unpacklo_epi32(r[a], r[b]), _mm256_unpackhi_epi32(r[a], r[b]));
        }
        for four in 0..2 {
            let i = 4 * four;
            let (low, high) = ([r[i], r[i + 1]], [r[i + 2], r[i + 3]]);
            r[i] = _mm256_unpacklo_epi64(low[0], high[0]);
            r[i + 1] = _mm256_unpackhi_epi64(low[0], high[0]);
            r[i + 2] = _mm256_unpacklo_epi64(low[1], high[1]);
            r[i + 3] = _mm256_unpackhi_epi64(low[1], high[1]);
        }
        for a in 0..4 {
            let b = a + 4;
            (r[a], r[b]) =
                (_mm256_permute2x128_si256::<0x20>(r[a], r[b]), _mm256_permute2x128_si256::<0x31>(r[a], r[b]));
        }
    }
    r
}

/// One half of each of eight rows, from row `first` on.
#[inline(always)]
fn quarter(rows: &[[__m256i; 2]; 16], first: usize, half: usize) -> [__m256i; 8] {
    let mut quarter = [rows[first][half]; 8];
    for i in 0..8 {
        quarter[i] = rows[first + i][half];
    }
    quarter
}

/// Adds the products of even lanes to `sums[0]`, and of odd lanes to `sums[1]`.
#[inline(always)]
fn multiply_add(sums: [__m256i; 2], a: __m256i, b: __m256i) -> [__m256i; 2] {
    // SAFETY: the token invariant.
    unsafe {
        let odd_product = _mm256_mul_epi32(odd_lanes(a), odd_lanes(b));
        [_mm256_add_epi64(sums[0], _mm256_mul_epi32(a, b)), _mm256_add_epi64(sums[1], odd_product)]
    }
}

/// Subtracts from each 64-bit sum a multiple of q, such that 2^32 divides the difference.
#[inline(always)]
fn subtract_multiple(sums: __m256i) -> __m256i {
    // SAFETY: the token invariant.
    unsafe {
        let multiple = multiply_even_lanes_256(sums, _mm256_set1_epi32(Q_INVERSE));
        _mm256_sub_epi64(sums, _mm256_mul_epi32(multiple, _mm256_set1_epi32(Q)))
    }
}

/// Eight numbers, each group of four from separate sixteen bytes.
#[inline(always)]
fn unpack<const STEP: usize, const BITS: usize>(bytes: &[u8; 64], half: usize) -> __m256i {
    let first = Fields::<STEP>::FIRST;
    let (low, high) = (&bytes[first[2 * half]..][..16], &bytes[first[2 * half + 1]..][..16]);
    // SAFETY: the token invariant.
    unsafe {
        let words = _mm256_set_m128i(load_128(high), load_128(low));
        let order = load_256(&Fields::<STEP>::ORDER[32 * half..][..32]);
        let shifts = load_256(&Fields::<STEP>::SHIFTS[8 * half..][..8]);
        let shifted = _mm256_srlv_epi32(_mm256_shuffle_epi8(words, order), shifts);
        _mm256_and_si256(shifted, _mm256_set1_epi32((1 << BITS) - 1))
    }
}

/// [`Lanes32::write_below`] of a register.
#[inline(always)]
fn write_below(row: __m256i, bound: i32, to: &mut [i32]) -> usize {
    let to = &mut to[..8];
    // SAFETY: the token invariant.
    unsafe {
        let below = _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(bound), row));
        let mask = _mm256_movemask_ps(below).cast_unsigned();
        let order = _mm256_cvtepu8_epi32(load_64(&KEEP[(mask & 0xff) as usize]));
        store_256(to, _mm256_permutevar8x32_epi32(row, order));
        mask.count_ones() as usize
    }
}

/// [`Lanes32::canonical`] of a register.
#[inline(always)]
fn canonical(row: __m256i) -> __m256i {
    // As unsigned numbers, negative ones are the largest.
    // SAFETY: the token invariant.
    unsafe {
        let q = _mm256_set1_epi32(Q);
        let positive = _mm256_min_epu32(row, _mm256_add_epi32(row, q));
        _mm256_min_epu32(positive, _mm256_sub_epi32(positive, q))
    }
}

impl Lanes32 for Avx2 {
    type Element = i32;
    type Row = [__m256i; 2];
    type Factor = [__m256i; 2];
    /// The sums of the even lanes, and of the odd lanes, of each register.
    type Sums = [[__m256i; 2]; 2];
    const KEEPS_FACTORS: bool = false;

    #[inline(always)]
    fn splat(self, value: i32) -> Self::Row {
        // SAFETY: the token invariant.
        [unsafe { _mm256_set1_epi32(value) }; 2]
    }

    #[inline(always)]
    fn load(self, from: &[i32; 16]) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe { [load_256(&from[..8]), load_256(&from[8..])] }
    }

    #[inline(always)]
    fn load_constants(self, from: &[i32; 16]) -> Self::Row {
        self.load(from)
    }

    #[inline(always)]
    fn store(self, row: Self::Row, to: &mut [i32; 16]) {
        // SAFETY: the token invariant.
        unsafe {
            store_256(&mut to[..8], row[0]);
            store_256(&mut to[8..], row[1]);
        }
    }

    #[inline(always)]
    fn add(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe { [_mm256_add_epi32(a[0], b[0]), _mm256_add_epi32(a[1], b[1])] }
    }

    #[inline(always)]
    fn subtract(self, a: Self::Row, b: Self::Row) -> Self::Row {
        // SAFETY: the token invariant.
        unsafe { [_mm256_sub_epi32(a[0], b[0]), _mm256_sub_epi32(a[1], b[1])] }
    }

    #[inline(always)]
    fn multiply(self, a: Self::Row, factor: Self::Row, quotient: Self::Row) -> Self::Row {
        [multiply(a[0], factor[0], quotient[0]), multiply(a[1], factor[1], quotient[1])]
    }

    #[inline(always)]
    fn canonical(self, row: Self::Row) -> Self::Row {
        [canonical(row[0]), canonical(row[1])]
    }

    #[inline(always)]
    fn transpose(self, rows: &mut [Self::Row; 16]) {
        // Each quarter is transposed, and the two off the diagonal are exchanged.
        let (upper_left, lower_left) = (transpose(quarter(rows, 0, 0)), transpose(quarter(rows, 8, 0)));
        let (upper_right, lower_right) = (transpose(quarter(rows, 0, 1)), transpose(quarter(rows, 8, 1)));
        for i in 0..8 {
            rows[i] = [upper_left[i], lower_left[i]];
            rows[8 + i] = [upper_right[i], lower_right[i]];
        }
    }

    #[inline(always)]
    fn factor(self, row: Self::Row) -> Self::Factor {
        row
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        // SAFETY: the token invariant.
        [[unsafe { _mm256_setzero_si256() }; 2]; 2]
    }

    #[inline(always)]
    fn multiply_add(self, sums: Self::Sums, a: Self::Row, b: Self::Factor) -> Self::Sums {
        [multiply_add(sums[0], a[0], b[0]), multiply_add(sums[1], a[1], b[1])]
    }

    #[inline(always)]
    fn reduce(self, [low, high]: Self::Sums) -> Self::Row {
        [
            upper_halves(subtract_multiple(low[0]), subtract_multiple(low[1])),
            upper_halves(subtract_multiple(high[0]), subtract_multiple(high[1])),
        ]
    }

    #[inline(always)]
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> Self::Row {
        [unpack::<STEP, BITS>(bytes, 0), unpack::<STEP, BITS>(bytes, 1)]
    }

    #[inline(always)]
    fn write_below(self, row: Self::Row, bound: i32, to: &mut [i32; 16]) -> usize {
        let count = write_below(row[0], bound, to);
        count + write_below(row[1], bound, &mut to[count..])
    }

    #[inline(always)]
    fn write_nibbles_below(self, bytes: &[u8; 16], bound: u8, to: &mut [u8; 32]) -> usize {
        let mut count = 0;
        // SAFETY: the token invariant.
        let nibbles: [__m128i; 2] = unsafe {
            let bytes = load_128(bytes);
            let low = _mm_and_si128(bytes, _mm_set1_epi8(15));
            let high = _mm_and_si128(_mm_srli_epi16::<4>(bytes), _mm_set1_epi8(15));
            [_mm_unpacklo_epi8(low, high), _mm_unpackhi_epi8(low, high)]
        };
        for sixteen in nibbles {
            // SAFETY: the token invariant.
            unsafe {
                let below = _mm_cmpgt_epi8(_mm_set1_epi8(bound.cast_signed()), sixteen);
                let mask = _mm_movemask_epi8(below).cast_unsigned();
                for (numbers, mask) in [(sixteen, mask & 0xff), (_mm_unpackhi_epi64(sixteen, sixteen), mask >> 8)] {
                    let order = load_64(&KEEP[(mask & 0xff) as usize]);
                    let to = &mut to[count..][..8];
                    store_64(to, _mm_shuffle_epi8(numbers, order));
                    count += mask.count_ones() as usize;
                }
            }
        }
        count
    }
}
