//! Sixteen lanes in a register of AVX2.
#![allow(unsafe_code, reason = "intrinsics")]
#![allow(clippy::cast_possible_truncation, reason = "indices of 16 bytes, and a number of bits")]

use crate::arch::*;
use crate::backend::Avx2;
use crate::vec::v16::{Lanes16, Machine16};

impl Machine16 for Avx2 {
    type V16 = I16x16;
}

#[derive(Clone, Copy)]
pub(crate) struct I16x16(pub(crate) __m256i);

/// The lowest `bits` bits, all ones.
const fn ones(bits: usize) -> i64 {
    (1 << bits) - 1
}

/// One value in the even 64-bit lanes, another in the odd ones.
///
/// # Safety
/// The processor has AVX.
#[inline(always)]
unsafe fn even_odd(even: usize, odd: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_set_epi64x(odd as i64, even as i64, odd as i64, even as i64) }
}

/// `low & mask | high & !mask`, for a mask of the 64-bit lanes.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn merge(mask: i64, low: __m256i, high: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let mask = _mm256_set1_epi64x(mask);
        _mm256_or_si256(_mm256_and_si256(mask, low), _mm256_andnot_si256(mask, high))
    }
}

/// Tables that spread eight lanes of `BITS` bits each, in `BITS` bytes, to 16 bits, and pack them again.
pub(crate) struct Packing<const BITS: usize>;

/// The bytes of a value for each of eight lanes.
macro_rules! lanes_of_eight {
    (|$lane:ident| $value:expr) => {{
        let (mut bytes, mut $lane) = ([0x80; 16], 0);
        while $lane < 8 {
            [bytes[2 * $lane], bytes[2 * $lane + 1]] = $value;
            $lane += 1;
        }
        bytes
    }};
}

impl<const BITS: usize> Packing<BITS> {
    /// The two bytes where a lane begins.
    const FIRST: [u8; 16] = lanes_of_eight!(|lane| [(BITS * lane / 8) as u8, (BITS * lane / 8) as u8 + 1]);

    /// The factor that moves the highest bit of a lane to the highest bit of its two bytes; there is none for eleven bits.
    const TO_TOP: [u8; 16] = lanes_of_eight!(|lane| (1_u16 << ((32 - BITS - BITS * lane % 8) % 16)).to_le_bytes());

    /// The bytes after the first two, or the first two where the lane begins with the first bit of a byte and needs no others.
    const REST: [u8; 16] = lanes_of_eight!(|lane| {
        let first = (BITS * lane / 8) as u8;
        if (BITS * lane).is_multiple_of(8) { [first, first + 1] } else { [first + 2, 0x80] }
    });

    /// The factor that moves the first bytes, from the first bit of the lane on, to the high half of the product, or 0
    /// if `REST` has all bits.
    const DOWN: [u8; 16] = lanes_of_eight!(|lane| {
        let bit = BITS * lane % 8;
        (if bit == 0 { 0 } else { 1_u16 << (16 - bit) }).to_le_bytes()
    });

    /// The factor that moves `REST` above them.
    const UP: [u8; 16] = lanes_of_eight!(|lane| (1_u16 << ((16 - BITS * lane % 8) % 16)).to_le_bytes());

    /// For each packed byte, its index in lanes joined by fours, where four lanes are whole bytes.
    const PACKED: [u8; 16] = {
        let (mut from, mut i) = ([0x80; 16], 0);
        while i < BITS && BITS.is_multiple_of(2) {
            from[i] = (i / (BITS / 2) * 8 + i % (BITS / 2)) as u8;
            i += 1;
        }
        from
    };
}

/// The same 16 bytes in both halves.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn load_both(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the caller's promise, and 16 bytes.
    unsafe { _mm256_broadcastsi128_si256(load_128(bytes)) }
}

/// Sixteen bytes of a slice from `at` on, with zeros after its end. The slice has at least 16 bytes.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn load_to_end(bytes: &[u8], at: usize) -> __m128i {
    /// Shuffles that move the last bytes to the front, with zeros after them.
    const MOVE_DOWN: [u8; 32] = {
        let (mut from, mut i) = ([0x80; 32], 0);
        while i < 16 {
            from[i] = i as u8;
            i += 1;
        }
        from
    };
    let missing = (at + 16).saturating_sub(bytes.len());
    let (last, move_down) = (&bytes[at - missing..][..16], &MOVE_DOWN[missing..][..16]);
    // SAFETY: the caller's promise, and slices of 16 bytes.
    unsafe {
        let bytes = load_128(last);
        if missing == 0 { bytes } else { _mm_shuffle_epi8(bytes, load_128(move_down)) }
    }
}

/// For each mask of eight lanes, the bytes of the kept lanes, which move to the front, and zeros (0x80) after them.
pub(crate) static MOVES: [[u8; 16]; 256] = moves();

const fn moves() -> [[u8; 16]; 256] {
    let mut moves = [[0x80; 16]; 256];
    let mut set = 0;
    while set < 256 {
        let (mut lane, mut to) = (0, 0);
        while lane < 8 {
            if set >> lane & 1 == 1 {
                moves[set][to] = 2 * lane;
                moves[set][to + 1] = 2 * lane + 1;
                to += 2;
            }
            lane += 1;
        }
        set += 1;
    }
    moves
}

/// Transposes, in each 128 bits, the matrix of 4 vectors by 4 pairs.
///
/// # Safety
/// The processor has the instructions.
#[inline(always)]
unsafe fn transpose_four(a: __m256i, b: __m256i, c: __m256i, d: __m256i) -> [__m256i; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab_low, cd_low),
            _mm256_unpackhi_epi64(ab_low, cd_low),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ]
    }
}

impl Lanes16 for I16x16 {
    type Machine = Avx2;
    type Element = i16;
    type Wide = __m256i;
    const LANES: usize = 16;

    #[inline(always)]
    fn splat(_: Avx2, value: i16) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_set1_epi16(value) })
    }
    #[inline(always)]
    fn load(_: Avx2, values: &[i16]) -> Self {
        let values = &values[..16];
        // SAFETY: the token invariant.
        Self(unsafe { load_256(values) })
    }
    #[inline(always)]
    fn load_constants(machine: Avx2, values: &[i16]) -> Self {
        Self::load(machine, values)
    }
    #[inline(always)]
    fn store(self, values: &mut [i16]) {
        let values = &mut values[..16];
        // SAFETY: the token invariant.
        unsafe { store_256(values, self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_add_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_sub_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_and_si256(self.0, other.0) })
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_cmpgt_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn shift_right<const BITS: i32>(self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_srai_epi16::<BITS>(self.0) })
    }
    #[inline(always)]
    fn multiply_low(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_mullo_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn multiply_high(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_mulhi_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn multiply_round(self, other: Self) -> Self {
        // SAFETY: the token invariant.
        Self(unsafe { _mm256_mulhrs_epi16(self.0, other.0) })
    }

    #[inline(always)]
    fn multiply_pairs(self, other: Self) -> __m256i {
        // SAFETY: the token invariant.
        unsafe { _mm256_madd_epi16(self.0, other.0) }
    }
    #[inline(always)]
    fn add_wide(sum: __m256i, other: __m256i) -> __m256i {
        // SAFETY: the token invariant.
        unsafe { _mm256_add_epi32(sum, other) }
    }
    #[inline(always)]
    fn halves(even: __m256i, odd: __m256i) -> (Self, Self) {
        // SAFETY: the token invariant.
        unsafe {
            let low = _mm256_blend_epi16::<0b1010_1010>(even, _mm256_slli_epi32::<16>(odd));
            let high = _mm256_blend_epi16::<0b1010_1010>(_mm256_srli_epi32::<16>(even), odd);
            (Self(low), Self(high))
        }
    }
    #[inline(always)]
    fn swap_pairs(self) -> Self {
        // SAFETY: the token invariant.
        unsafe { Self(_mm256_or_si256(_mm256_slli_epi32::<16>(self.0), _mm256_srli_epi32::<16>(self.0))) }
    }

    #[inline(always)]
    fn transpose(v: &mut [Self; 8]) {
        // SAFETY: the token invariant.
        unsafe {
            let first = transpose_four(v[0].0, v[1].0, v[2].0, v[3].0);
            let last = transpose_four(v[4].0, v[5].0, v[6].0, v[7].0);
            for i in 0..4 {
                v[i].0 = _mm256_permute2x128_si256::<0x20>(first[i], last[i]);
                v[i + 4].0 = _mm256_permute2x128_si256::<0x31>(first[i], last[i]);
            }
        }
    }

    /// Eight lanes lie in `BITS` bytes. Each lane takes the two bytes where it begins and moves up until its bits are the highest,
    /// and then down. A lane of eleven bits may reach a third byte: its first bits move down and the others up.
    #[inline(always)]
    fn load_bits<const BITS: usize>(_: Avx2, bytes: &[u8], at: usize) -> Self {
        // SAFETY: the token invariant.
        unsafe {
            let packed = _mm256_set_m128i(load_to_end(bytes, at + BITS), load_to_end(bytes, at));
            let first = _mm256_shuffle_epi8(packed, load_both(&Packing::<BITS>::FIRST));
            if BITS == 11 {
                let rest = _mm256_shuffle_epi8(packed, load_both(&Packing::<BITS>::REST));
                let down = _mm256_mulhi_epu16(first, load_both(&Packing::<BITS>::DOWN));
                let up = _mm256_mullo_epi16(rest, load_both(&Packing::<BITS>::UP));
                Self(_mm256_and_si256(_mm256_or_si256(down, up), _mm256_set1_epi16((1 << BITS) - 1)))
            } else {
                let highest = _mm256_mullo_epi16(first, load_both(&Packing::<BITS>::TO_TOP));
                Self(_mm256_srl_epi16(highest, _mm_cvtsi32_si128(16 - BITS as i32)))
            }
        }
    }
    /// Joins two lanes at a time, then four, and eight where four are not whole bytes, at the low end of their bits.
    #[inline(always)]
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize) {
        // SAFETY: the token invariant.
        unsafe {
            let twos = _mm256_madd_epi16(self.0, _mm256_set1_epi32(1 | 1 << (16 + BITS)));
            let moved = _mm256_srlv_epi64(twos, even_odd(32 - 2 * BITS, 32 - 2 * BITS));
            let fours = merge(ones(2 * BITS), twos, moved);
            let halves = if BITS.is_multiple_of(2) {
                _mm256_shuffle_epi8(fours, load_both(&Packing::<BITS>::PACKED))
            } else {
                let odd = _mm256_unpackhi_epi64(fours, fours);
                let to_low = _mm256_sllv_epi64(odd, even_odd(4 * BITS, 64));
                let to_high = _mm256_srlv_epi64(odd, even_odd(64, 64 - 4 * BITS));
                let even = _mm256_and_si256(fours, _mm256_set_epi64x(0, -1, 0, -1));
                _mm256_or_si256(even, _mm256_or_si256(to_low, to_high))
            };
            let (first, second) = (_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
            // A store writes zeros after its bytes, where the next ones go. The last bytes of the slice are copied instead.
            if at + BITS + 16 <= bytes.len() {
                let to = &mut bytes[at..at + BITS + 16];
                store_128(&mut to[..16], first);
                store_128(&mut to[BITS..], second);
            } else {
                let mut copy = [[0_u8; 16]; 2];
                store_128(&mut copy[0], first);
                store_128(&mut copy[1], second);
                copy_bytes(&copy[0][..BITS], &mut bytes[at..at + BITS]);
                copy_bytes(&copy[1][..BITS], &mut bytes[at + BITS..at + 2 * BITS]);
            }
        }
    }
    #[inline(always)]
    fn append_below(self, bound: i16, values: &mut [i16], count: usize) -> usize {
        let values = &mut values[count..count + 16];
        // SAFETY: the token invariant.
        unsafe {
            let below = _mm256_cmpgt_epi16(_mm256_set1_epi16(bound), self.0);
            let kept = _mm256_andnot_si256(_mm256_cmpgt_epi16(_mm256_setzero_si256(), self.0), below);
            // One bit a lane, with the lanes of the first half in the low byte.
            let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi16(kept, kept));
            let kept = _mm_movemask_epi8(_mm256_castsi256_si128(bytes)).cast_unsigned();
            let [first, second, ..] = kept.to_le_bytes();
            let (first, second) = (usize::from(first), usize::from(second));
            let between = first.count_ones() as usize;
            let first_move = load_128(&MOVES[first]);
            let second_move = load_128(&MOVES[second]);
            let first_kept = _mm_shuffle_epi8(_mm256_castsi256_si128(self.0), first_move);
            let second_kept = _mm_shuffle_epi8(_mm256_extracti128_si256::<1>(self.0), second_move);
            store_128(&mut values[..8], first_kept);
            store_128(&mut values[between..between + 8], second_kept);
            count + between + second.count_ones() as usize
        }
    }
}
