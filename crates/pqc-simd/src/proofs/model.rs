//! The instructions that the engine uses, on registers of terms, bit by bit according to Intel's manual. The
//! instructions of aarch64 are in `neon`.
//!
//! [`crate::arch`] is this module in the model build, so that the source of the engine runs on it. The tests of `hardware` try
//! every function here against its instruction.
//!
//! Memory: a load or store takes a slice, so the language keeps it inside. A store leaves terms with the model and a pattern in
//! the slice. A load returns the terms if the pattern is still there, or constants if the memory is read-only, as static tables
//! are; anything else panics: memory that no proof has filled, and memory that plain Rust has written since. A byte that is
//! written passes for the term only if it happens to equal the pattern; proofs read many.
//!
//! A mask that selects lanes must be a number, so a proof names it in advance ([`plan`]) and gets the conditions on the
//! terms ([`conditions`]).
#![allow(unsafe_code, reason = "intrinsics are unsafe functions, and the bytes of slices are seen as bytes")]
#![allow(non_camel_case_types, reason = "the names of core::arch")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of bits, lanes and immediates")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a proof that cannot go on panics")]

use super::instructions::is_tested;
use super::terms::*;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A register of `N` bits.
#[derive(Clone, Copy)]
pub(crate) struct Reg<const N: usize>(pub(crate) [Bit; N]);
pub(crate) type __m128i = Reg<128>;
pub(crate) type __m256i = Reg<256>;
pub(crate) type __m256 = Reg<256>;
pub(crate) type __m512i = Reg<512>;
pub(crate) type __mmask8 = u8;
pub(crate) type __mmask16 = u16;
pub(crate) type __mmask32 = u32;
pub(crate) type __mmask64 = u64;

impl<const N: usize> Reg<N> {
    pub(crate) fn new(words: impl IntoIterator<Item = Word>) -> Self {
        let (mut bits, mut next) = ([ZERO; N], 0);
        for word in words {
            bits[next..][..word.len()].copy_from_slice(&word);
            next += word.len();
        }
        assert_eq!(next, N, "bits of a register");
        Self(bits)
    }
    pub(crate) fn words(&self, bits: usize) -> Vec<Word> {
        self.0.chunks(bits).map(Word::from).collect()
    }
}

/// Numbers without padding, in the byte order of the processor.
pub(crate) trait Number: Copy {}
impl Number for u8 {}
impl Number for i8 {}
impl Number for i16 {}
impl Number for i32 {}
impl Number for u32 {}
impl Number for i64 {}
impl Number for u64 {}

fn bytes_of<T: Number>(numbers: &[T]) -> &[u8] {
    // SAFETY: the same memory, without padding.
    unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) }
}

fn bytes_of_mut<T: Number>(numbers: &mut [T]) -> &mut [u8] {
    // SAFETY: the same memory, without padding, and any bytes are numbers.
    unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), size_of_val(numbers)) }
}

/// The bytes that hold terms, by address, with the patterns that stand for them.
#[derive(Default)]
struct Memory {
    bytes: HashMap<usize, (u8, Word)>,
    stored: u64,
}

impl Memory {
    /// Known bytes stand for themselves.
    fn store(&mut self, to: &mut u8, term: Word) {
        self.stored += 1;
        let pattern = self.stored.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0];
        *to = value(&term).map_or(pattern, |known| known as u8);
        self.bytes.insert(std::ptr::from_ref(to).addr(), (*to, term));
    }

    fn load(&self, from: &u8) -> Word {
        let address = std::ptr::from_ref(from).addr();
        match self.bytes.get(&address) {
            Some((pattern, term)) => {
                assert_eq!(from, pattern, "plain Rust has written to memory that held terms");
                term.clone()
            }
            None => {
                assert!(is_read_only(address), "a load from memory that neither a proof nor an instruction has filled");
                constant((*from).into(), 8)
            }
        }
    }
}

/// Whether an address is in a part of the program that cannot be written: a static table.
fn is_read_only(address: usize) -> bool {
    static PARTS: OnceLock<Vec<(usize, usize)>> = OnceLock::new();
    let parts = PARTS.get_or_init(|| {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("the map of this process");
        let part = |line: &str| {
            let (addresses, rest) = line.split_once(' ')?;
            let (first, end) = addresses.split_once('-')?;
            let part = (usize::from_str_radix(first, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
            rest.starts_with("r-").then_some(part)
        };
        maps.lines().filter_map(part).collect()
    });
    parts.iter().any(|(first, end)| (*first..*end).contains(&address))
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
    static PLAN: RefCell<(u64, Vec<(Bit, bool)>)> = RefCell::default();
}

/// Forgets all terms of memory.
pub(crate) fn forget() {
    MEMORY.take();
}

/// Puts terms of any width into memory, which they fill.
pub(crate) fn put<T: Number>(to: &mut [T], terms: &[Word]) {
    let (bits, to) = (terms.concat(), bytes_of_mut(to));
    assert_eq!(bits.len(), 8 * to.len(), "bits of memory");
    MEMORY.with_borrow_mut(|memory| {
        to.iter_mut().zip(bits.chunks(8)).for_each(|(to, bits)| memory.store(to, bits.into()))
    });
}

/// The bits of memory.
pub(crate) fn read<T: Number>(from: &[T]) -> Word {
    MEMORY.with_borrow(|memory| bytes_of(from).iter().flat_map(|byte| memory.load(byte)).collect())
}

/// Sets the bits of the masks that are asked for next, the lowest first.
pub(crate) fn plan(masks: u64) {
    PLAN.set((masks, Vec::new()));
}

/// The conditions of the masks since [`plan`].
pub(crate) fn conditions() -> Vec<(Bit, bool)> {
    PLAN.take().1
}

fn decide(bits: &[Bit]) -> u64 {
    bits.iter().enumerate().fold(0, |mask, (i, bit)| {
        let is_set = match *bit {
            ZERO => false,
            ONE => true,
            bit => PLAN.with_borrow_mut(|(masks, conditions)| {
                let is_set = *masks & 1 == 1;
                *masks >>= 1;
                conditions.push((bit, is_set));
                is_set
            }),
        };
        mask | u64::from(is_set) << i
    })
}

/// Refuses an immediate that no test has tried on the processor.
fn expect_tested(name: &str, immediate: i64) {
    assert!(is_tested(name, immediate), "{name} is not tested with {immediate}");
}

fn map<const N: usize>(a: Reg<N>, bits: usize, f: impl Fn(&[Bit]) -> Word) -> Reg<N> {
    Reg::new(a.0.chunks(bits).map(f))
}

fn zip<const N: usize>(a: Reg<N>, b: Reg<N>, bits: usize, f: impl Fn(&[Bit], &[Bit]) -> Word) -> Reg<N> {
    Reg::new(a.0.chunks(bits).zip(b.0.chunks(bits)).map(|(a, b)| f(a, b)))
}

/// Words of `bits` bits from both registers, the words of `b` after those of `a`, in each part of `part` bits.
fn shuffle<const N: usize>(a: Reg<N>, b: Reg<N>, part: usize, bits: usize, order: impl Fn(usize) -> usize) -> Reg<N> {
    zip(a, b, part, |a, b| {
        let both = [a, b].concat();
        (0..part / bits).flat_map(|word| &both[bits * order(word)..][..bits]).copied().collect()
    })
}

fn number(word: &[Bit]) -> usize {
    value(word).expect("an order or a distance is a constant") as usize
}

/// The words of `from` in the order that the low bits of the words of `order` say.
fn permuted(from: &[Bit], order: &[Bit], bits: usize, low_bits: usize) -> Word {
    order.chunks(bits).flat_map(|order| &from[bits * number(&order[..low_bits])..][..bits]).copied().collect()
}

fn all(bit: Bit, bits: usize) -> Word {
    vec![bit; bits]
}

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
fn and_bits(a: &[Bit], b: &[Bit]) -> Word {
    each_bit(a, b, and)
}
fn and_not_bits(a: &[Bit], b: &[Bit]) -> Word {
    each_bit(a, b, |a, b| and(not(a), b))
}
fn or_bits(a: &[Bit], b: &[Bit]) -> Word {
    each_bit(a, b, or)
}
fn xor_bits(a: &[Bit], b: &[Bit]) -> Word {
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
fn greater_lane(a: &[Bit], b: &[Bit]) -> Word {
    all(greater(a, b, true), a.len())
}
fn minimum_unsigned(a: &[Bit], b: &[Bit]) -> Word {
    let is_less = greater(b, a, false);
    a.iter().zip(b).map(|(a, b)| choose(is_less, *a, *b)).collect()
}
fn distance(by: &[Bit]) -> i32 {
    number(by).min(200) as i32
}
fn left_by(a: &[Bit], by: &[Bit]) -> Word {
    shifted(a, distance(by), ZERO)
}
fn right_by(a: &[Bit], by: &[Bit]) -> Word {
    shifted(a, -distance(by), ZERO)
}
fn low_words(a: &[Bit], b: &[Bit], bits: usize) -> Word {
    a[..64].chunks(bits).zip(b[..64].chunks(bits)).flat_map(|(a, b)| [a, b].concat()).collect()
}
fn high_words(a: &[Bit], b: &[Bit], bits: usize) -> Word {
    low_words(&a[64..], &b[64..], bits)
}
fn shuffle_bytes(a: &[Bit], order: &[Bit]) -> Word {
    let byte = |order: &[Bit]| if order[7] == ONE { constant(0, 8) } else { a[8 * number(&order[..4])..][..8].into() };
    order.chunks(8).flat_map(byte).collect()
}
/// Eight bits from each bit on that a byte of `from` says, around the end.
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

fn left(a: &[Bit], by: i32) -> Word {
    shifted(a, by, ZERO)
}
fn right(a: &[Bit], by: i32) -> Word {
    shifted(a, -by, ZERO)
}
fn right_signed(a: &[Bit], by: i32) -> Word {
    shifted(a, -by, a[a.len() - 1])
}
fn rotated(a: &[Bit], by: i32) -> Word {
    let by = by as usize % a.len();
    [&a[a.len() - by..], &a[..a.len() - by]].concat()
}

fn rotated_right(a: &[Bit], by: i32) -> Word {
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
/// The upper bits are undefined, so a variable that nothing else contains stands for each.
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

/// A sum of rotations and perhaps a shift, FIPS 180-4, section 4.1.2.
fn sigma(word: &[Bit], rotations: &[i32], shift: Option<i32>) -> Word {
    let rotated = rotations.iter().map(|by| rotated_right(word, *by));
    rotated.chain(shift.map(|by| right(word, by))).reduce(|a, b| xor_bits(&a, &b)).expect("a rotation")
}
fn word_of(register: &[Bit], i: usize) -> &[Bit] {
    &register[32 * i..][..32]
}
/// SHA256MSG1: the words 0 to 3, each with sigma0 of the next.
fn first_schedule(a: &[Bit], b: &[Bit]) -> Word {
    let both = [a, &b[..32]].concat();
    (0..4).flat_map(|i| add(word_of(&both, i), &sigma(word_of(&both, i + 1), &[7, 18], Some(3)))).collect()
}
/// SHA256MSG2: sigma1 of the words two before; the first two of them are the last of `b`.
fn second_schedule(a: &[Bit], b: &[Bit]) -> Word {
    let mut words: Word = b[64..].into();
    for i in 0..4 {
        let sum = add(word_of(a, i), &sigma(&words[32 * i..][..32], &[17, 19], Some(10)));
        words.extend(sum);
    }
    words[64..].into()
}
/// Rounds of SHA-256 on the working variables, with sums of words and constants.
fn rounds([mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h]: [Word; 8], sums: &[Word]) -> [Word; 8] {
    for sum in sums {
        let chosen: Word = (0..32).map(|bit| choose(e[bit], f[bit], g[bit])).collect();
        let first = add(&add(&h, sum), &add(&chosen, &sigma(&e, &[6, 11, 25], None)));
        let both = |x: &Word, y: &Word| and_bits(x, y);
        let majority = xor_bits(&xor_bits(&both(&a, &b), &both(&a, &c)), &both(&b, &c));
        let second = add(&majority, &sigma(&a, &[2, 13, 22], None));
        (h, g, f, e) = (g, f, e, add(&d, &first));
        (d, c, b, a) = (c, b, a, add(&first, &second));
    }
    [a, b, c, d, e, f, g, h]
}
/// SHA256RNDS2: two rounds on c, d, g, h and a, b, e, f, from the highest lane on.
pub(crate) unsafe fn _mm_sha256rnds2_epu32(cdgh: __m128i, abef: __m128i, sums: __m128i) -> __m128i {
    let word = |register: &__m128i, i: usize| Word::from(word_of(&register.0, i));
    let [a, b, e, f] = [3, 2, 1, 0].map(|i| word(&abef, i));
    let [c, d, g, h] = [3, 2, 1, 0].map(|i| word(&cdgh, i));
    let [a, b, _, _, e, f, _, _] = rounds([a, b, c, d, e, f, g, h], &sums.words(32)[..2]);
    Reg::new([f, e, b, a])
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

fn compare<const N: usize>(a: Reg<N>, b: Reg<N>, bits: usize, f: impl Fn(&[Bit], &[Bit]) -> Bit) -> u64 {
    decide(&a.0.chunks(bits).zip(b.0.chunks(bits)).map(|(a, b)| f(a, b)).collect::<Word>())
}
pub(crate) unsafe fn _mm256_cmplt_epu8_mask(a: __m256i, b: __m256i) -> __mmask32 {
    compare(a, b, 8, |a, b| greater(b, a, false)) as u32
}
pub(crate) unsafe fn _mm512_cmplt_epu16_mask(a: __m512i, b: __m512i) -> __mmask32 {
    compare(a, b, 16, |a, b| greater(b, a, false)) as u32
}
pub(crate) unsafe fn _mm512_cmplt_epi32_mask(a: __m512i, b: __m512i) -> __mmask16 {
    compare(a, b, 32, |a, b| greater(b, a, true)) as u16
}
pub(crate) unsafe fn _mm_movemask_epi8(a: __m128i) -> i32 {
    decide(&a.0.chunks(8).map(|byte| byte[7]).collect::<Word>()) as i32
}
pub(crate) unsafe fn _mm256_movemask_ps(a: __m256) -> i32 {
    decide(&a.0.chunks(32).map(|lane| lane[31]).collect::<Word>()) as i32
}

/// A mask that only becomes lanes again, which therefore need not be a number.
#[derive(Clone, Copy)]
pub(crate) struct LaneMask(pub(crate) [Bit; 32]);
pub(crate) unsafe fn _mm512_cmpgt_epi16_mask(a: __m512i, b: __m512i) -> LaneMask {
    LaneMask(std::array::from_fn(|i| greater(&a.0[16 * i..][..16], &b.0[16 * i..][..16], true)))
}
pub(crate) unsafe fn _mm512_movm_epi16(mask: LaneMask) -> __m512i {
    Reg::new(mask.0.map(|bit| all(bit, 16)))
}

fn load<const N: usize>(from: &[impl Number]) -> Reg<N> {
    Reg::new([read(from)])
}
fn store<const N: usize>(to: &mut [impl Number], register: &Reg<N>) {
    put(to, &[register.0.into()]);
}
macro_rules! loads_and_stores {
    ($($n:literal => $load:ident $store:ident;)+) => {$(
        pub(crate) unsafe fn $load(from: &[impl Number]) -> Reg<$n> { load(from) }
        pub(crate) unsafe fn $store(to: &mut [impl Number], register: Reg<$n>) { store(to, &register); }
    )+};
}
loads_and_stores! { 128 => load_128 store_128; 256 => load_256 store_256; 512 => load_512 store_512; }

pub(crate) unsafe fn load_64(from: &[impl Number]) -> __m128i {
    Reg::new([load::<64>(from).0.into(), constant(0, 64)])
}
pub(crate) unsafe fn store_64(to: &mut [impl Number], register: __m128i) {
    put(to, &[register.0[..64].into()]);
}
pub(crate) unsafe fn load_first_512(from: &[u8]) -> __m512i {
    assert!(from.len() <= 64, "bytes of a register");
    Reg::new([read(from), constant(0, 512 - 8 * from.len())])
}
pub(crate) unsafe fn store_first_512(to: &mut [u8], register: __m512i) {
    assert!(to.len() <= 64, "bytes of a register");
    put(to, &[register.0[..8 * to.len()].into()]);
}

/// A copy that the proofs follow.
pub(crate) fn copy_bytes(from: &[u8], to: &mut [u8]) {
    put(to, &[read(from)]);
}

#[cfg(any(model, target_arch = "aarch64"))]
mod neon;
#[cfg(any(model, target_arch = "aarch64"))]
pub(crate) use neon::*;
