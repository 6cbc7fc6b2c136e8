//! The lane operations of every backend, as compiled, against their specification on numbers: the portable lanes, which have no
//! model, and with them those of AVX2 and AVX-512.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "patterns of bits, and lanes")]
#![allow(clippy::cast_sign_loss, reason = "patterns of bits")]
#![allow(clippy::inline_always, reason = "compiled with the features of a backend")]

use super::Label::{ExhaustedInPart, Proved, Tested};
use super::hardware::has_instruction;
use super::specification::{Number, lanes16, lanes32};
use super::{Label, Row, checked, claim};
use crate::backend::Backend;
use crate::ntt16::{PRODUCT, Q as Q16, Q_INVERSE as Q16_INVERSE, REDUCED, REDUCIBLE};
use crate::vec::v16::{Lanes16, Numbers16};
use crate::vec::v32::{Lanes32, Q};
use crate::vec::v64::{Lanes64, Machine64};
use std::collections::BTreeMap;

pub(super) const ROWS: &[Row] = &[
    row(
        "compiled lanes: canonical is the residue in 0..q of every number in -q..2q, in every lane, q = 8380417",
        Proved,
        &["backend/portable/v32.rs::Lanes32::canonical"],
        || on_every_backend(|backend| dispatch!(backend, m => m.canonical_of_all())),
    ),
    row(
        "compiled lanes: multiply of every 16-bit a by every z in -1664..=1664 is a z / 2^16 modulo 3329, at most 2497",
        Proved,
        &["vec/v16.rs::Lanes16::multiply"],
        || on_every_backend(|backend| dispatch!(backend, m => m.every_product_16())),
    ),
    row(
        "compiled lanes: reduce of every number in -31129..=31129, in every lane, is its residue modulo 3329, at most 2209",
        Proved,
        &["vec/v16.rs::Lanes16::reduce", "backend/portable/v16.rs::Lanes16::splat"],
        || on_every_backend(|backend| dispatch!(backend, m => m.every_reduction_16())),
    ),
    row(
        "compiled 16-bit lanes: add, sub, wrapping_sub, and, greater, and the products are what their documentation says",
        ExhaustedInPart("every number next to 32 others, in every lane, where the operation is defined"),
        PAIRS_16,
        || on_every_backend(|backend| dispatch!(backend, m => m.pairs_16(&OTHERS, 1))),
    ),
    Row {
        name: "portable 16-bit lanes: add, sub, wrapping_sub, and, greater, and the products are what their documentation says",
        label: ExhaustedInPart("every pair of numbers for which the operation is defined, in one lane at least"),
        covers: PAIRS_16,
        is_slow: true,
        check: || {
            for first in (0..=u16::MAX).step_by(OTHERS.len()) {
                let others = std::array::from_fn(|i| (first + i as u16).cast_signed());
                checked(dispatch!(Backend::Portable, m => m.pairs_16(&others, 16)));
            }
        },
    },
    row(
        "compiled 16-bit lanes: shift_right, swap_pairs and the operations on wide lanes are what their documentation says",
        ExhaustedInPart(
            "every number in every lane, next to a few others; every low half of a sum, with a few high halves",
        ),
        &[
            "backend/portable/v16.rs::Lanes16::shift_right",
            "backend/portable/v16.rs::Lanes16::swap_pairs",
            "backend/portable/v16.rs::Lanes16::multiply_pairs",
            "backend/portable/v16.rs::Lanes16::add_wide",
            "backend/portable/v16.rs::Lanes16::halves",
            "vec/v16.rs::Lanes16::reduce_wide",
        ],
        || on_every_backend(|backend| dispatch!(backend, m => m.wide_16())),
    ),
    row(
        "compiled 16-bit lanes: load, store, transpose, the exchanges of rows, load_bits and store_bits move the right bits",
        Tested,
        &[
            "backend/portable/v16.rs::Lanes16::load",
            "backend/portable/v16.rs::Lanes16::load_constants",
            "backend/portable/v16.rs::Lanes16::store",
            "backend/portable/v16.rs::Lanes16::transpose",
            "backend/portable/v16.rs::Lanes16::load_bits",
            "backend/portable/v16.rs::Lanes16::store_bits",
        ],
        || on_every_backend(|backend| dispatch!(backend, m => m.moves_16())),
    ),
    row(
        "compiled lanes: append_below, write_below and write_nibbles_below keep what is below the bound, in order",
        ExhaustedInPart(
            "every mask of sixteen lanes, twice in 32; every mask of each eight nibbles; a few numbers on each side",
        ),
        &[
            "backend/portable/v16.rs::Lanes16::append_below",
            "backend/portable/v32.rs::Lanes32::write_below",
            "backend/portable/v32.rs::Lanes32::write_nibbles_below",
        ],
        || on_every_backend(|backend| dispatch!(backend, m => m.kept())),
    ),
    row(
        "compiled 32-bit lanes: add, subtract, multiply and sums of products are what their documentation says",
        Tested,
        &[
            "backend/portable/v32.rs::high",
            "backend/portable/v32.rs::Lanes32::splat",
            "backend/portable/v32.rs::Lanes32::add",
            "backend/portable/v32.rs::Lanes32::subtract",
            "backend/portable/v32.rs::Lanes32::multiply",
            "backend/portable/v32.rs::Lanes32::factor",
            "backend/portable/v32.rs::Lanes32::no_sums",
            "backend/portable/v32.rs::Lanes32::multiply_add",
            "backend/portable/v32.rs::Lanes32::reduce",
        ],
        || on_every_backend(|backend| dispatch!(backend, m => m.arithmetic_32())),
    ),
    row(
        "compiled 32-bit lanes: load, store, transpose and unpack move the right bits",
        Tested,
        &[
            "backend/portable/v32.rs::Lanes32::load",
            "backend/portable/v32.rs::Lanes32::load_constants",
            "backend/portable/v32.rs::Lanes32::store",
            "backend/portable/v32.rs::Lanes32::transpose",
            "backend/portable/v32.rs::Lanes32::unpack",
        ],
        || on_every_backend(|backend| dispatch!(backend, m => m.moves_32())),
    ),
    Row {
        name: "compiled 32-bit lanes: 2^32 times the product of a by f is a e + t q, with e = 2^32 f - k q, t = a k mod 2^32",
        label: ExhaustedInPart(
            "all 2^32 numbers a, with the factors f = 1, 16382, -3572223 and 4190208 and their quotients k",
        ),
        covers: &["backend/portable/v32.rs::Lanes32::multiply"],
        is_slow: true,
        check: || on_every_backend(|backend| dispatch!(backend, m => m.products_32())),
    },
    row(
        "32-bit products: 2^32 (a f - n q) = a e + t q, with e = 2^32 f - k q and t = a k - 2^32 n, for all numbers",
        Proved,
        &["backend/portable/v32.rs::Lanes32::multiply"],
        product_identity,
    ),
    Row {
        name: "AVX-512, compiled 16-bit lanes: append_below keeps the lanes in 0..q, in order, for every mask",
        label: ExhaustedInPart("all 2^32 masks, with one number in each lane that is kept and one that is not"),
        covers: &["backend/avx512/v16.rs::Lanes16::append_below"],
        is_slow: true,
        check: || {
            if has_instruction("_mm512_maskz_compress_epi16") {
                checked(dispatch!(Backend::Avx512, m => m.every_mask()));
            }
        },
    },
    row(
        "compiled 64-bit lanes: load, store, xor, xor3, chi, xor_constant and rotate_left of each backend (FIPS 202, 3.2)",
        Tested,
        &[
            "vec/v64.rs::Lanes64::load",
            "vec/v64.rs::Lanes64::store",
            "vec/v64.rs::Lanes64::xor_constant",
            "vec/v64.rs::Lanes64::xor",
            "vec/v64.rs::Lanes64::xor3",
            "vec/v64.rs::Lanes64::chi",
            "vec/v64.rs::Lanes64::rotate_left",
        ],
        || on_every_backend(|backend| dispatch!(backend, m => m.lanes_64())),
    ),
];

const PAIRS_16: &[&str] = &[
    "backend/portable/v16.rs::Lanes16::add",
    "backend/portable/v16.rs::Lanes16::sub",
    "backend/portable/v16.rs::Lanes16::wrapping_sub",
    "backend/portable/v16.rs::Lanes16::and",
    "backend/portable/v16.rs::Lanes16::greater",
    "backend/portable/v16.rs::Lanes16::multiply_low",
    "backend/portable/v16.rs::Lanes16::multiply_high",
    "backend/portable/v16.rs::Lanes16::multiply_round",
];

const fn row(name: &'static str, label: Label, covers: &'static [&'static str], check: fn()) -> Row {
    Row { name, label, covers, is_slow: false, check }
}

/// Counts what a check has tried on each backend that the processor has.
fn on_every_backend(check: fn(Backend) -> u64) {
    Backend::available().for_each(|backend| checked(check(backend)));
}

kernels! {
    /// Each returns how many inputs it has tried.
    trait Checks {
        fn canonical_of_all() -> u64 = canonical_of_all;
        fn every_product_16() -> u64 = every_product_16;
        fn every_reduction_16() -> u64 = every_reduction_16;
        fn pairs_16(others: &[i16; 32], step: usize) -> u64 = pairs_16;
        fn wide_16() -> u64 = wide_16;
        fn moves_16() -> u64 = moves_16;
        fn kept() -> u64 = kept;
        fn arithmetic_32() -> u64 = arithmetic_32;
        fn moves_32() -> u64 = moves_32;
        fn products_32() -> u64 = products_32;
        fn lanes_64() -> u64 = lanes_64;
        fn every_mask() -> u64 = every_mask;
    }
}

/// Numbers at the ends of their range and near zero, the moduli, and others.
static OTHERS: [i16; 32] = [
    0, 1, 2, 3, 7, 10, 15, 31, 63, 255, 256, 1664, 1665, 3328, 3329, 4095, 4096, 9999, 16384, 20159, 31129, 32766,
    32767, -1, -2, -3, -3327, -3329, -16385, -21846, -32767, -32768,
];

/// Random numbers, the same in each run, of which a quarter are extreme.
struct Random(u64);

impl Random {
    const fn new() -> Self {
        Self(88_172_645_463_325_252)
    }
    #[inline(always)]
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    #[inline(always)]
    fn number(&mut self) -> i32 {
        let (kind, number) = (self.next() >> 60, (self.next() >> 32) as u32 as i32);
        match kind {
            0 => i32::MIN + (number & 3),
            1 => i32::MAX - (number & 3),
            2 => (number & 7) - 4,
            3 => Q - 4 + (number & 7),
            _ => number,
        }
    }
    #[inline(always)]
    fn sixteen(&mut self) -> [i32; 16] {
        let mut numbers = [0; 16];
        for number in &mut numbers {
            *number = self.number();
        }
        numbers
    }
}

#[inline(always)]
fn canonical_of_all<M: Lanes32<Element = i32>>(m: M) -> u64 {
    let (mut numbers, mut out) = ([0; 16], [0; 16]);
    let last = 2 * Q - 1;
    for first in -Q - 15..=last {
        // Each number is in each lane once.
        for lane in 0..16 {
            numbers[lane] = (first + lane as i32).clamp(-Q, last);
        }
        m.store(m.canonical(m.load(&numbers)), &mut out);
        let mut wrong = 0;
        for lane in 0..16 {
            wrong |= i64::from(out[lane]) ^ lanes32::canonical(numbers[lane].into());
        }
        assert_eq!(wrong, 0, "near {first}");
    }
    3 * Q as u64
}

/// Neighbours from a number on, around the end.
#[inline(always)]
fn neighbours(first: i32) -> [i16; 32] {
    let mut numbers = [0; 32];
    for lane in 0..32 {
        numbers[lane] = (first + lane as i32) as i16;
    }
    numbers
}

#[inline(always)]
fn every_product_16<M: Numbers16>(m: M) -> u64 {
    let mut out = [0_i16; 32];
    for value in -1664..=1664_i16 {
        let (z, quotient) = (M::V16::splat(m, value), M::V16::splat(m, value.wrapping_mul(Q16_INVERSE)));
        let mut wrong = 0;
        for first in (0..1 << 16).step_by(M::V16::LANES) {
            let numbers = neighbours(first);
            M::V16::load(m, &numbers).multiply(m, z, quotient).store(&mut out);
            for lane in 0..M::V16::LANES {
                let (number, result) = (i64::from(numbers[lane]), i64::from(out[lane]));
                let is_large = i64::from(result.abs() > i64::from(PRODUCT));
                wrong |= is_large | (((result << 16) - number * i64::from(value)) % i64::from(Q16));
                wrong |= result ^ lanes16::multiply(&number, &value.into(), &value.wrapping_mul(Q16_INVERSE).into());
            }
        }
        assert_eq!(wrong, 0, "times {value}");
    }
    3329 << 16
}

#[inline(always)]
fn every_reduction_16<M: Numbers16>(m: M) -> u64 {
    let (mut numbers, mut out, last) = ([0_i16; 32], [0_i16; 32], i32::from(REDUCIBLE));
    for first in -last - 31..=last {
        for lane in 0..32 {
            numbers[lane] = (first + lane as i32).clamp(-last, last) as i16;
        }
        M::V16::load(m, &numbers).reduce(m).store(&mut out);
        for lane in 0..M::V16::LANES {
            let (number, result) = (i32::from(numbers[lane]), i32::from(out[lane]));
            let is_right = (number - result) % i32::from(Q16) == 0 && result.abs() <= i32::from(REDUCED);
            assert!(is_right && i64::from(result) == lanes16::reduce(&i64::from(number)), "{number} becomes {result}");
        }
    }
    2 * last as u64 + 1
}

/// Compares a vector with a function of the lanes of two arrays.
macro_rules! expect_16 {
    ($name:literal, $vector:expr, $a:expr, $b:expr, |$x:ident, $y:ident| $expected:expr) => {{
        let mut out = [0_i16; 32];
        $vector.store(&mut out);
        let mut wrong = 0;
        for lane in 0..M::V16::LANES {
            let ($x, $y) = (i64::from($a[lane]), i64::from($b[lane]));
            let expected: i64 = $expected;
            wrong |= i64::from(out[lane]) ^ expected;
        }
        assert_eq!(wrong, 0, "{}: {:?}, {:?}", $name, $a, $b);
    }};
}

#[inline(always)]
fn pairs_16<M: Numbers16>(m: M, others: &[i16; 32], step: usize) -> u64 {
    let mut inputs = 0;
    for shift in 0..32 {
        let mut b = *others;
        b.rotate_left(shift);
        let vb = M::V16::load(m, &b);
        for first in (0..1 << 16).step_by(step) {
            let a = neighbours(first);
            let va = M::V16::load(m, &a);
            expect_16!("wrapping_sub", va.wrapping_sub(vb), a, b, |x, y| x.subtract(&y, 16));
            expect_16!("and", va.and(vb), a, b, |x, y| Number::and(&x, &y));
            expect_16!("greater", va.greater(vb), a, b, |x, y| x.greater(&y, 16));
            expect_16!("multiply_low", va.multiply_low(vb), a, b, |x, y| lanes16::multiply_low(&x, &y));
            expect_16!("multiply_high", va.multiply_high(vb), a, b, |x, y| lanes16::multiply_high(&x, &y));
            // Not where the result overflows.
            let (mut for_sum, mut for_difference, mut for_product) = (a, a, a);
            for lane in 0..32 {
                for_sum[lane] = a[lane].checked_add(b[lane]).map_or(0, |_| a[lane]);
                for_difference[lane] = a[lane].checked_sub(b[lane]).map_or(-1, |_| a[lane]);
                for_product[lane] = if a[lane] == i16::MIN && b[lane] == i16::MIN { 0 } else { a[lane] };
            }
            let [sum, difference, product] = [for_sum, for_difference, for_product].map(|a| M::V16::load(m, &a));
            expect_16!("add", sum.add(vb), for_sum, b, |x, y| x + y);
            expect_16!("sub", difference.sub(vb), for_difference, b, |x, y| x - y);
            expect_16!("multiply_round", product.multiply_round(vb), for_product, b, |x, y| lanes16::multiply_round(
                &x, &y
            ));
            inputs += M::V16::LANES as u64;
        }
    }
    inputs
}

#[inline(always)]
fn wide_16<M: Numbers16>(m: M) -> u64 {
    let mut inputs = 0;
    for first in 0..1 << 16 {
        let a = neighbours(first);
        let va = M::V16::load(m, &a);
        expect_16!("shift_right 1", va.shift_right::<1>(), a, a, |x, _y| x >> 1);
        expect_16!("shift_right 2", va.shift_right::<2>(), a, a, |x, _y| x >> 2);
        expect_16!("shift_right 3", va.shift_right::<3>(), a, a, |x, _y| x >> 3);
        expect_16!("shift_right 15", va.shift_right::<15>(), a, a, |x, _y| x >> 15);
        let mut swapped = a;
        for pair in swapped.chunks_mut(2) {
            pair.swap(0, 1);
        }
        expect_16!("swap_pairs", va.swap_pairs(), swapped, a, |x, _y| x);
        for shift in [0, 11, 22] {
            let (mut b, mut c) = (OTHERS, OTHERS);
            b.rotate_left(shift);
            c.rotate_left(shift + 5);
            // Two products of -2^15 by -2^15 have a sum that does not fit, and no operand of the engine is so large.
            let small = |numbers: [i16; 32]| numbers.map(|number| number.clamp(-16384, 16384));
            let (b, c) = (small(b), small(c));
            let pair = |y: &[i16; 32], lane: usize| {
                let number = |numbers: &[i16; 32], lane: usize| i64::from(numbers[lane]);
                let (x, i) = (a.map(|number| number >> 2), lane & !1);
                lanes16::multiply_pairs([&number(&x, i), &number(&x, i + 1)], [&number(y, i), &number(y, i + 1)])
            };
            let quarter = va.shift_right::<2>();
            let (even, odd) =
                (quarter.multiply_pairs(M::V16::load(m, &b)), quarter.multiply_pairs(M::V16::load(m, &c)));
            let sums = (M::V16::add_wide(even, odd), M::V16::add_wide(odd, odd));
            let sum =
                |lane: usize| pair(&c, lane) + if lane.is_multiple_of(2) { pair(&b, lane) } else { pair(&c, lane) };
            let (low, high) = M::V16::halves(sums.0, sums.1);
            let lanes: [i16; 32] = std::array::from_fn(|lane| lane as i16);
            expect_16!("low halves", low, lanes, lanes, |lane, _y| sum(lane as usize).low(16));
            expect_16!("high halves", high, lanes, lanes, |lane, _y| sum(lane as usize).high(16));
            let reduced = M::V16::reduce_wide(m, sums.0, sums.1);
            expect_16!("reduce_wide", reduced, lanes, lanes, |lane, _y| lanes16::reduce_wide(&sum(lane as usize)));
            inputs += M::V16::LANES as u64;
        }
    }
    inputs
}

/// Numbers that differ, and then random ones.
#[inline(always)]
fn numbers_16(random: &mut Random, round: usize) -> [i16; 256] {
    let mut numbers = [0; 256];
    for i in 0..256 {
        numbers[i] = if round == 0 { i as i16 } else { random.next() as i16 };
    }
    numbers
}

#[inline(always)]
fn moves_16<M: Numbers16>(m: M) -> u64 {
    const ROUNDS: usize = 1000;
    let (mut random, lanes) = (Random::new(), M::V16::LANES);
    for round in 0..ROUNDS {
        let numbers = numbers_16(&mut random, round);
        let mut before = [M::V16::splat(m, 0); 8];
        for i in 0..8 {
            before[i] = M::V16::load(m, &numbers[lanes * i..]);
        }
        let (mut transposed, mut by_vectors, mut out) = (before, before, [0_i16; 33]);
        M::V16::transpose(&mut transposed);
        M::V16::rows_to_vectors(&mut by_vectors);
        let mut back = by_vectors;
        M::V16::vectors_to_rows(&mut back);
        for i in 0..8 {
            before[i].store(&mut out[1..]);
            assert_eq!(out[1..=lanes], numbers[lanes * i..][..lanes], "load and store");
            assert!(out[0] == 0 && out[lanes + 1..].iter().all(|number| *number == 0), "store writes one vector");
            M::V16::load_constants(m, &numbers[lanes * i..]).store(&mut out[1..]);
            assert_eq!(out[1..=lanes], numbers[lanes * i..][..lanes], "load_constants");
            back[i].store(&mut out[1..]);
            assert_eq!(out[1..=lanes], numbers[lanes * i..][..lanes], "vectors_to_rows");
            transposed[i].store(&mut out[1..]);
            for lane in 0..lanes {
                let expected = numbers[lanes * (lane / 2 % 8) + lane / 16 * 16 + 2 * i + lane % 2];
                assert_eq!(out[1 + lane], expected, "transpose");
            }
            by_vectors[i].store(&mut out[1..]);
            for lane in 0..lanes {
                let (vector, row) = if lanes == 16 { (i, 0) } else { (i / 2 + lane / 16 * 4, i % 2) };
                assert_eq!(out[1 + lane], numbers[lanes * vector + 16 * row + lane % 16], "rows_to_vectors");
            }
        }
        bits_16::<M, 1>(m, &mut random, round);
        bits_16::<M, 4>(m, &mut random, round);
        bits_16::<M, 5>(m, &mut random, round);
        bits_16::<M, 6>(m, &mut random, round);
        bits_16::<M, 10>(m, &mut random, round);
        bits_16::<M, 11>(m, &mut random, round);
        bits_16::<M, 12>(m, &mut random, round);
    }
    ROUNDS as u64
}

/// Every bit alone in the first rounds, then random bytes: a polynomial is decoded, and encoded again.
#[inline(always)]
fn bits_16<M: Numbers16, const BITS: usize>(m: M, random: &mut Random, round: usize) {
    let (mut bytes, mut again, mut lanes) = ([0_u8; 32 * 12], [0_u8; 32 * 12], [0_i16; 32]);
    let (bytes, again) = (&mut bytes[..32 * BITS], &mut again[..32 * BITS]);
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = if round >= 256 { random.next() as u8 } else { u8::from(i == round / 8) << (round % 8) };
    }
    for first in (0..256).step_by(M::V16::LANES) {
        let vector = M::V16::load_bits::<BITS>(m, bytes, first * BITS / 8);
        vector.store(&mut lanes);
        for lane in 0..M::V16::LANES {
            let expected = (0..BITS).fold(0, |number, bit| {
                let from = (first + lane) * BITS + bit;
                number | i16::from(bytes[from / 8] >> (from % 8) & 1) << bit
            });
            assert_eq!(lanes[lane], expected, "load_bits of {BITS}, lane {lane}");
        }
        vector.store_bits::<BITS>(again, first * BITS / 8);
    }
    assert_eq!(bytes, again, "store_bits of {BITS}");
}

#[inline(always)]
fn kept<M: Numbers16 + Lanes32<Element = i32>>(m: M) -> u64 {
    // Below the bound, and not.
    let inside = [0_i16, Q16 - 1, 1, 1000];
    let outside = [Q16, i16::MAX, -1, i16::MIN];
    for mask in 0..1_u64 << 16 {
        let is_kept = |lane: usize| (mask | mask << 16) >> lane & 1 == 1;
        let numbers: [i16; 32] =
            std::array::from_fn(|lane| if is_kept(lane) { inside[lane % 4] } else { outside[(lane + lane / 4) % 4] });
        let expected: Vec<i16> =
            numbers[..M::V16::LANES].iter().copied().filter(|number| (0..Q16).contains(number)).collect();
        let mut out = [7_i16; 2 + 32];
        let count = M::V16::load(m, &numbers).append_below(Q16, &mut out[..2 + M::V16::LANES], 2);
        assert_eq!((&out[..2], &out[2..count]), (&[7; 2][..], &expected[..]), "append_below, mask {mask:x}");

        let numbers: [i32; 16] = std::array::from_fn(|lane| if is_kept(lane) { lane as i32 } else { Q + lane as i32 });
        let expected: Vec<i32> = numbers.iter().copied().filter(|number| *number < Q).collect();
        let mut out = [0; 16];
        let count = m.write_below(m.load(&numbers), Q, &mut out);
        assert_eq!(out[..count], expected, "write_below, mask {mask:x}");
    }
    for (bound, group, mask) in [15_u8, 9]
        .into_iter()
        .flat_map(|bound| (0..4).flat_map(move |group| (0..256_u32).map(move |mask| (bound, group, mask))))
    {
        let mask = mask << (8 * group) | mask.reverse_bits() >> (8 * group);
        let nibble = |i: u32| if mask >> i & 1 == 1 { i as u8 % bound } else { bound + i as u8 % (16 - bound) };
        let bytes: [u8; 16] = std::array::from_fn(|i| nibble(2 * i as u32) | nibble(2 * i as u32 + 1) << 4);
        let expected: Vec<u8> = (0..32).map(nibble).filter(|nibble| *nibble < bound).collect();
        let mut out = [0; 32];
        let count = m.write_nibbles_below(&bytes, bound, &mut out);
        assert_eq!(out[..count], expected, "write_nibbles_below, mask {mask:x}");
    }
    (2 << 16) + 2 * 4 * 256
}

/// Compares a row with a function of the lane.
#[inline(always)]
fn expect_32<M: Lanes32<Element = i32>>(m: M, name: &str, row: M::Row, expected: impl Fn(usize) -> i64) {
    let mut out = [0; 16];
    m.store(row, &mut out);
    for lane in 0..16 {
        assert_eq!(i64::from(out[lane]), expected(lane), "{name}, lane {lane}");
    }
}

#[inline(always)]
fn arithmetic_32<M: Lanes32<Element = i32>>(m: M) -> u64 {
    const ROUNDS: u64 = 100_000;
    let mut random = Random::new();
    for _ in 0..ROUNDS {
        let (a, b, c) = (random.sixteen(), random.sixteen(), random.sixteen());
        let [row_a, row_b, row_c] = [a, b, c].map(|numbers| m.load(&numbers));
        let wide = |numbers: &[i32; 16], lane: usize| i64::from(numbers[lane]);
        expect_32(m, "splat", m.splat(a[0]), |_| wide(&a, 0));
        expect_32(m, "add", m.add(row_a, row_b), |i| Number::add(&wide(&a, i), &wide(&b, i), 32));
        expect_32(m, "subtract", m.subtract(row_a, row_b), |i| wide(&a, i).subtract(&wide(&b, i), 32));
        let product = m.multiply(row_a, row_b, row_c);
        expect_32(m, "multiply", product, |i| lanes32::multiply(&wide(&a, i), &wide(&b, i), &wide(&c, i)));
        let (mut sums, mut expected) = (m.no_sums(), [0_i64; 16]);
        for (row, numbers) in [(row_a, a), (row_c, c), (row_a, a)] {
            sums = m.multiply_add(sums, row, m.factor(row_b));
            for lane in 0..16 {
                expected[lane] = lanes32::multiply_add(&expected[lane], &wide(&numbers, lane), &wide(&b, lane));
            }
            expect_32(m, "reduce", m.reduce(sums), |i| lanes32::reduce(&expected[i]));
        }
    }
    16 * ROUNDS
}

#[inline(always)]
fn moves_32<M: Lanes32<Element = i32>>(m: M) -> u64 {
    const ROUNDS: u64 = 1000;
    let mut random = Random::new();
    for round in 0..ROUNDS {
        let numbers: [[i32; 16]; 16] = std::array::from_fn(|i| {
            if round == 0 { std::array::from_fn(|j| (16 * i + j) as i32) } else { random.sixteen() }
        });
        let mut rows = numbers.map(|row| m.load(&row));
        m.transpose(&mut rows);
        for i in 0..16 {
            expect_32(m, "load and store", m.load(&numbers[i]), |j| numbers[i][j].into());
            expect_32(m, "load_constants", m.load_constants(&numbers[i]), |j| numbers[i][j].into());
            expect_32(m, "transpose", rows[i], |j| numbers[j][i].into());
        }
        // Every bit alone, then random bytes.
        let bytes: [u8; 64] = std::array::from_fn(|i| match round {
            0..512 => u8::from(i as u64 == round / 8) << (round % 8),
            _ => random.next() as u8,
        });
        let bits = |from: usize, count: usize| {
            (0..count)
                .fold(0, |number, bit| number | i64::from(bytes[(from + bit) / 8] >> ((from + bit) % 8) & 1) << bit)
        };
        expect_32(m, "unpack 23 of 24", m.unpack::<24, 23>(&bytes), |i| bits(24 * i, 23));
        expect_32(m, "unpack 3", m.unpack::<3, 3>(&bytes), |i| bits(3 * i, 3));
        expect_32(m, "unpack 4", m.unpack::<4, 4>(&bytes), |i| bits(4 * i, 4));
        expect_32(m, "unpack 10", m.unpack::<10, 10>(&bytes), |i| bits(10 * i, 10));
        expect_32(m, "unpack 13", m.unpack::<13, 13>(&bytes), |i| bits(13 * i, 13));
        expect_32(m, "unpack 18", m.unpack::<18, 18>(&bytes), |i| bits(18 * i, 18));
        expect_32(m, "unpack 20", m.unpack::<20, 20>(&bytes), |i| bits(20 * i, 20));
    }
    ROUNDS
}

#[inline(always)]
fn products_32<M: Lanes32<Element = i32>>(m: M) -> u64 {
    let (mut numbers, mut out, q) = ([0; 16], [0; 16], i64::from(Q));
    for factor in [1_i32, 16_382, -3_572_223, (Q - 1) / 2] {
        // Rounded to the nearest.
        let quotient = ((i64::from(factor) << 33) + q).div_euclid(2 * q) as i32;
        let e = (i64::from(factor) << 32) - i64::from(quotient) * q;
        let (f, k) = (m.splat(factor), m.splat(quotient));
        for block in 0..1_i32 << 28 {
            for lane in 0..16 {
                numbers[lane] = block << 4 | lane as i32;
            }
            m.store(m.multiply(m.load(&numbers), f, k), &mut out);
            let mut wrong = 0;
            for lane in 0..16 {
                let t = i64::from(numbers[lane].wrapping_mul(quotient) as u32);
                wrong |= (i64::from(out[lane]) << 32) ^ (i64::from(numbers[lane]) * e + t * q);
            }
            assert_eq!(wrong, 0, "near {}", numbers[0]);
        }
    }
    4 << 32
}

/// A polynomial in a, f, k, n and q: the coefficients by the exponents.
type Polynomial = BTreeMap<[u8; 5], i128>;

fn sum(a: &Polynomial, factor: i128, b: &Polynomial) -> Polynomial {
    let mut sum = a.clone();
    for (exponents, coefficient) in b {
        *sum.entry(*exponents).or_default() += factor * coefficient;
    }
    sum.retain(|_, coefficient| *coefficient != 0);
    sum
}

fn product(a: &Polynomial, b: &Polynomial) -> Polynomial {
    a.iter().fold(Polynomial::new(), |result, (left, coefficient)| {
        let moved = b.iter().map(|(right, other)| (std::array::from_fn(|i| left[i] + right[i]), *other)).collect();
        sum(&result, *coefficient, &moved)
    })
}

/// Where n is a k / 2^32 rounded down, the left side is the product that `multiply` computes, and t is a k modulo 2^32.
fn product_identity() {
    let [a, f, k, n, q] = std::array::from_fn(|i| Polynomial::from([(std::array::from_fn(|j| u8::from(i == j)), 1)]));
    let (nothing, power) = (Polynomial::new(), 1 << 32);
    let left = sum(&nothing, power, &sum(&product(&a, &f), -1, &product(&n, &q)));
    let e = sum(&sum(&nothing, power, &f), -1, &product(&k, &q));
    let t = sum(&product(&a, &k), -power, &n);
    let right = sum(&product(&a, &e), 1, &product(&t, &q));
    claim(left.len() == 2 && left == right, || format!("{left:?} is not {right:?}"));
}

/// The lanes of `append_below` on both halves of a mask, from tables of the masks of one.
#[inline(always)]
fn every_mask<M: Numbers16>(m: M) -> u64 {
    let half = |mask: usize, from: i16| -> ([i16; 16], [i16; 16]) {
        let is_kept = |lane: usize| mask >> lane & 1 == 1;
        let outside = |lane: usize| if lane.is_multiple_of(2) { Q16 + from } else { -1 - from };
        let numbers = std::array::from_fn(|lane| if is_kept(lane) { from + lane as i16 } else { outside(lane) });
        let (mut kept, mut count) = ([0; 16], 0);
        for lane in (0..16).filter(|lane| is_kept(*lane)) {
            kept[count] = numbers[lane];
            count += 1;
        }
        (numbers, kept)
    };
    let halves: [Vec<_>; 2] = [0, 16].map(|from| (0..1 << 16).map(|mask| half(mask, from)).collect());
    let (mut numbers, mut expected, mut out) = ([0; 32], [0; 48], [0; 32]);
    for low in 0..1_usize << 16 {
        numbers[..16].copy_from_slice(&halves[0][low].0);
        expected[..16].copy_from_slice(&halves[0][low].1);
        let between = low.count_ones() as usize;
        for high in 0..1_usize << 16 {
            numbers[16..].copy_from_slice(&halves[1][high].0);
            expected[between..between + 16].copy_from_slice(&halves[1][high].1);
            let count = M::V16::load(m, &numbers).append_below(Q16, &mut out, 0);
            let is_right = count == between + high.count_ones() as usize && out[..count] == expected[..count];
            assert!(is_right, "masks {low:x} and {high:x}");
        }
    }
    1 << 32
}

#[inline(always)]
fn lanes_64<M: Machine64>(m: M) -> u64 {
    words_64::<M, M::One>(m) + words_64::<M, M::Four>(m) + words_64::<M, M::Eight>(m)
}

#[inline(always)]
fn words_64<M: Copy, L: Lanes64<M>>(m: M) -> u64 {
    const ROUNDS: u64 = 20_000;
    let mut random = Random::new();
    for round in 0..ROUNDS {
        let mut words = || -> [u64; 8] { std::array::from_fn(|_| random.next()) };
        let (mut a, b, c, mut out) = (words(), words(), words(), [0_u64; 9]);
        if round < 64 {
            a = [1 << round; 8];
        }
        let [va, vb, vc] = [a, b, c].map(|words| L::load(m, &words));
        let mut expect = |name: &str, found: L, expected: &dyn Fn(usize) -> u64| {
            found.store(&mut out);
            for lane in 0..L::WIDTH {
                assert_eq!(out[lane], expected(lane), "{name}, lane {lane}");
            }
            assert!(out[L::WIDTH..].iter().all(|word| *word == 0), "store writes one vector");
        };
        expect("load and store", va, &|i| a[i]);
        expect("xor", va.xor(vb), &|i| a[i] ^ b[i]);
        expect("xor3", va.xor3(vb, vc), &|i| a[i] ^ b[i] ^ c[i]);
        expect("chi", va.chi(vb, vc), &|i| a[i] ^ (!b[i] & c[i]));
        expect("xor_constant", va.xor_constant(b[0]), &|i| a[i] ^ b[0]);
        macro_rules! rotations {
            ($($by:literal)+) => { $(expect("rotate_left", va.rotate_left::<$by>(), &|i| u64::rotate_left(a[i], $by));)+ };
        }
        rotations! { 1 2 3 6 8 10 14 15 18 20 21 25 27 28 36 39 41 43 44 45 55 56 61 62 }
    }
    ROUNDS * L::WIDTH as u64
}
