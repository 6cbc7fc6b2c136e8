//! Every lane operation of AVX2, AVX-512 and NEON, instruction by instruction on the model, against its specification,
//! for all lanes and all inputs.
#![allow(unsafe_code, reason = "tokens of backends that the processor may lack")]
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "numbers of lanes and bits")]

pub(super) mod neon;
mod v16;
mod v32;
mod v64;

use super::Label::{ExhaustedInPart, Proved};
use super::model::{Reg, conditions, forget, plan, put, read};
use super::specification::{Number, lanes16, lanes32};
use super::terms::*;
use super::{Row, checked, claim};
use crate::backend::avx2::v16::I16x16;
use crate::backend::avx2::v64::Avx2X4;
use crate::backend::avx512::v16::I16x32;
use crate::backend::avx512::v64::{Avx512X1, Avx512X4, Avx512X8};
use crate::backend::neon::v16::I16x16 as NeonI16x16;
use crate::backend::{Avx2, Avx512, Neon};
use crate::ntt16::Q as Q16;
use crate::vec::v16::Lanes16;
use crate::vec::v32::{Lanes32, Q};
use std::marker::PhantomData;
use v16::*;
use v32::*;
use v64::lanes_64;

const fn proved(name: &'static str, covers: &'static [&'static str], check: fn()) -> Row {
    Row { name, label: Proved, covers, is_slow: false, check }
}

const fn in_part(name: &'static str, part: &'static str, covers: &'static [&'static str], check: fn()) -> Row {
    Row { name, label: ExhaustedInPart(part), covers, is_slow: false, check }
}

pub(super) const ROWS: &[Row] = &[
    proved(
        "Lane operations: the specifications of multiply, reduce, reduce_wide and canonical return the residue, within \
         its bound, on the inputs of the rows on numbers",
        &[],
        reductions,
    ),
    proved(
        "AVX2, 32-bit lanes: add, subtract, multiply, canonical and sums of products are as documented",
        &[
            "backend/avx2/v32.rs::upper_halves",
            "backend/avx2/v32.rs::odd_lanes",
            "backend/avx2/v32.rs::multiply",
            "backend/avx2/v32.rs::multiply_add",
            "backend/avx2/v32.rs::subtract_multiple",
            "backend/avx2/v32.rs::canonical",
            "backend/avx2/v32.rs::Lanes32::add",
            "backend/avx2/v32.rs::Lanes32::subtract",
            "backend/avx2/v32.rs::Lanes32::multiply",
            "backend/avx2/v32.rs::Lanes32::canonical",
            "backend/avx2/v32.rs::Lanes32::factor",
            "backend/avx2/v32.rs::Lanes32::no_sums",
            "backend/avx2/v32.rs::Lanes32::multiply_add",
            "backend/avx2/v32.rs::Lanes32::reduce",
        ],
        || arithmetic_32(token::<Avx2>()),
    ),
    proved(
        "AVX-512, 32-bit lanes: add, subtract, multiply, canonical and sums of products are as documented",
        &[
            "backend/avx512/v32.rs::upper_halves",
            "backend/avx512/v32.rs::odd_lanes",
            "backend/avx512/v32.rs::subtract_multiple",
            "backend/avx512/v32.rs::Lanes32::add",
            "backend/avx512/v32.rs::Lanes32::subtract",
            "backend/avx512/v32.rs::Lanes32::multiply",
            "backend/avx512/v32.rs::Lanes32::canonical",
            "backend/avx512/v32.rs::Lanes32::factor",
            "backend/avx512/v32.rs::Lanes32::no_sums",
            "backend/avx512/v32.rs::Lanes32::multiply_add",
            "backend/avx512/v32.rs::Lanes32::reduce",
        ],
        || arithmetic_32(token::<Avx512>()),
    ),
    proved(
        "AVX2, 32-bit lanes: load, store, transpose and unpack (3, 4, 10, 13, 18, 20, 23 of 24 bits) move the right bits",
        &[
            "backend/avx2/v32.rs::transpose",
            "backend/avx2/v32.rs::quarter",
            "backend/avx2/v32.rs::unpack",
            "backend/avx2/v32.rs::Lanes32::load",
            "backend/avx2/v32.rs::Lanes32::load_constants",
            "backend/avx2/v32.rs::Lanes32::store",
            "backend/avx2/v32.rs::Lanes32::transpose",
            "backend/avx2/v32.rs::Lanes32::unpack",
        ],
        || moves_32(token::<Avx2>()),
    ),
    proved(
        "AVX-512, 32-bit lanes: load, store, transpose and unpack (3, 4, 10, 13, 18, 20, 23 of 24 bits) move the right bits",
        &[
            "backend/avx512/v32.rs::quarter",
            "backend/avx512/v32.rs::Lanes32::load",
            "backend/avx512/v32.rs::Lanes32::load_constants",
            "backend/avx512/v32.rs::Lanes32::store",
            "backend/avx512/v32.rs::Lanes32::transpose",
            "backend/avx512/v32.rs::Lanes32::unpack",
        ],
        || moves_32(token::<Avx512>()),
    ),
    proved(
        "AVX2, 32-bit lanes: write_below keeps the lanes below q, in order, whichever they are",
        &["backend/avx2/v32.rs::write_below", "backend/avx2/v32.rs::Lanes32::write_below"],
        || write_below(token::<Avx2>()),
    ),
    proved(
        "AVX-512, 32-bit lanes: write_below keeps the lanes below q, in order, whichever they are",
        &["backend/avx512/v32.rs::Lanes32::write_below"],
        || write_below(token::<Avx512>()),
    ),
    in_part(
        "AVX2 and AVX-512: splat puts the number into each lane",
        "every 16-bit number; of 32 bits, each bit alone, each bit alone missing, and small numbers",
        &[
            "backend/avx2/v16.rs::Lanes16::splat",
            "backend/avx2/v32.rs::Lanes32::splat",
            "backend/avx512/v16.rs::Lanes16::splat",
            "backend/avx512/v32.rs::Lanes32::splat",
        ],
        splats,
    ),
    in_part(
        "AVX2: write_nibbles_below keeps the nibbles below the bound, in order",
        "bounds 15 and 9; every mask of each group of eight nibbles, after every count that the nibbles before them \
         can leave",
        &["backend/avx2/v32.rs::Lanes32::write_nibbles_below"],
        || write_nibbles_below(token::<Avx2>()),
    ),
    in_part(
        "AVX-512: write_nibbles_below keeps the nibbles below the bound, in order",
        "bounds 15 and 9; every mask of each group of eight nibbles, after every count that the nibbles before them \
         can leave",
        &["backend/avx512/v32.rs::Lanes32::write_nibbles_below"],
        || write_nibbles_below(token::<Avx512>()),
    ),
    proved(
        "AVX2, 16-bit lanes: the arithmetic, and reduction by it, is as documented",
        &[
            "backend/avx2/v16.rs::Lanes16::add",
            "backend/avx2/v16.rs::Lanes16::sub",
            "backend/avx2/v16.rs::Lanes16::and",
            "backend/avx2/v16.rs::Lanes16::greater",
            "backend/avx2/v16.rs::Lanes16::shift_right",
            "backend/avx2/v16.rs::Lanes16::multiply_low",
            "backend/avx2/v16.rs::Lanes16::multiply_high",
            "backend/avx2/v16.rs::Lanes16::multiply_round",
            "backend/avx2/v16.rs::Lanes16::multiply_pairs",
            "backend/avx2/v16.rs::Lanes16::add_wide",
            "backend/avx2/v16.rs::Lanes16::halves",
            "backend/avx2/v16.rs::Lanes16::swap_pairs",
            "vec/v16.rs::Lanes16::wrapping_sub",
            "vec/v16.rs::Lanes16::multiply",
            "vec/v16.rs::Lanes16::reduce",
            "vec/v16.rs::Lanes16::reduce_wide",
        ],
        || {
            arithmetic_16::<I16x16>(token::<Avx2>());
            products_16::<I16x16>(token::<Avx2>());
        },
    ),
    proved(
        "AVX-512, 16-bit lanes: the arithmetic, and reduction by it, is as documented",
        &[
            "backend/avx512/v16.rs::Lanes16::add",
            "backend/avx512/v16.rs::Lanes16::sub",
            "backend/avx512/v16.rs::Lanes16::and",
            "backend/avx512/v16.rs::Lanes16::greater",
            "backend/avx512/v16.rs::Lanes16::shift_right",
            "backend/avx512/v16.rs::Lanes16::multiply_low",
            "backend/avx512/v16.rs::Lanes16::multiply_high",
            "backend/avx512/v16.rs::Lanes16::multiply_round",
            "backend/avx512/v16.rs::Lanes16::multiply_pairs",
            "backend/avx512/v16.rs::Lanes16::add_wide",
            "backend/avx512/v16.rs::Lanes16::halves",
            "backend/avx512/v16.rs::Lanes16::swap_pairs",
            "vec/v16.rs::Lanes16::wrapping_sub",
            "vec/v16.rs::Lanes16::multiply",
            "vec/v16.rs::Lanes16::reduce",
            "vec/v16.rs::Lanes16::reduce_wide",
        ],
        || {
            arithmetic_16::<I16x32>(token::<Avx512>());
            products_16::<I16x32>(token::<Avx512>());
        },
    ),
    proved(
        "AVX2, 16-bit lanes: load, store and transpose move the right lanes",
        &[
            "backend/avx2/v16.rs::transpose_four",
            "backend/avx2/v16.rs::Lanes16::load",
            "backend/avx2/v16.rs::Lanes16::load_constants",
            "backend/avx2/v16.rs::Lanes16::store",
            "backend/avx2/v16.rs::Lanes16::transpose",
            "vec/v16.rs::Lanes16::rows_to_vectors",
            "vec/v16.rs::Lanes16::vectors_to_rows",
        ],
        || moves_16::<I16x16>(token::<Avx2>()),
    ),
    proved(
        "AVX-512, 16-bit lanes: load, store, transpose and the exchanges of rows move the right lanes",
        &[
            "backend/avx512/v16.rs::transpose_four",
            "backend/avx512/v16.rs::Lanes16::load",
            "backend/avx512/v16.rs::Lanes16::load_constants",
            "backend/avx512/v16.rs::Lanes16::store",
            "backend/avx512/v16.rs::Lanes16::transpose",
            "backend/avx512/v16.rs::Lanes16::rows_to_vectors",
            "backend/avx512/v16.rs::Lanes16::vectors_to_rows",
        ],
        || moves_16::<I16x32>(token::<Avx512>()),
    ),
    proved(
        "AVX2: load_bits and store_bits of 1, 4, 5, 6, 10, 11, 12 bits are ByteDecode and ByteEncode (FIPS 203, 4.2.1)",
        &[
            "backend/avx2/v16.rs::ones",
            "backend/avx2/v16.rs::even_odd",
            "backend/avx2/v16.rs::merge",
            "backend/avx2/v16.rs::load_both",
            "backend/avx2/v16.rs::load_to_end",
            "backend/avx2/v16.rs::Lanes16::load_bits",
            "backend/avx2/v16.rs::Lanes16::store_bits",
        ],
        || all_bits::<I16x16>(token::<Avx2>()),
    ),
    proved(
        "AVX-512: load_bits and store_bits of 1, 4, 5, 6, 10, 11, 12 bits are ByteDecode and ByteEncode (FIPS 203, 4.2.1)",
        &[
            "backend/avx512/v16.rs::ones",
            "backend/avx512/v16.rs::even_odd",
            "backend/avx512/v16.rs::merge",
            "backend/avx512/v16.rs::Lanes16::load_bits",
            "backend/avx512/v16.rs::Lanes16::store_bits",
        ],
        || all_bits::<I16x32>(token::<Avx512>()),
    ),
    proved(
        "AVX2, 16-bit lanes: append_below keeps the lanes in 0..q, in order, whichever they are",
        &["backend/avx2/v16.rs::moves", "backend/avx2/v16.rs::Lanes16::append_below"],
        || append_below::<I16x16>(token::<Avx2>(), 0..1 << 16),
    ),
    in_part(
        "AVX-512, 16-bit lanes: append_below keeps the lanes in 0..q, in order",
        "the masks of at most two lanes and of all but at most two, every mask of each half, and 32,768 others of all 2^32",
        &["backend/avx512/v16.rs::Lanes16::append_below"],
        || append_below::<I16x32>(token::<Avx512>(), masks_of_32()),
    ),
    proved(
        "AVX2, four Keccak states: load, store, xor, xor3, chi, iota's constants and all rotations (FIPS 202, 3.2)",
        &[
            "backend/avx2/v64.rs::Lanes64::load",
            "backend/avx2/v64.rs::Lanes64::store",
            "backend/avx2/v64.rs::Lanes64::xor_constant",
            "backend/avx2/v64.rs::Lanes64::xor",
            "backend/avx2/v64.rs::Lanes64::xor3",
            "backend/avx2/v64.rs::Lanes64::chi",
            "backend/avx2/v64.rs::Lanes64::rotate_left",
            "vec/v64.rs::Lanes64::xor_rotated",
            "vec/v64.rs::Lanes64::xor_rotate",
        ],
        || lanes_64(token::<Avx2>(), |words| Avx2X4(Reg::new(words)), |lane| lane.0.words(64)),
    ),
    proved(
        "AVX-512, 1, 4 and 8 Keccak states: load, store, xor, xor3, chi, iota's constants and all rotations (FIPS 202, 3.2)",
        &[
            "backend/avx512/v64.rs::Lanes64::load",
            "backend/avx512/v64.rs::Lanes64::store",
            "backend/avx512/v64.rs::Lanes64::xor_constant",
            "backend/avx512/v64.rs::Lanes64::xor",
            "backend/avx512/v64.rs::Lanes64::xor3",
            "backend/avx512/v64.rs::Lanes64::chi",
            "backend/avx512/v64.rs::Lanes64::rotate_left",
            "vec/v64.rs::Lanes64::xor_rotated",
            "vec/v64.rs::Lanes64::xor_rotate",
        ],
        || {
            let m = token::<Avx512>();
            let with_upper_half = |words: Vec<Word>| [words, vec![constant(0, 64)]].concat();
            lanes_64(m, |words| Avx512X1(Reg::new(with_upper_half(words))), |lane| lane.0.words(64));
            lanes_64(m, |words| Avx512X4(Reg::new(words)), |lane| lane.0.words(64));
            lanes_64(m, |words| Avx512X8(Reg::new(words)), |lane| lane.0.words(64));
        },
    ),
];

/// A token on any processor, since the model executes none of its instructions.
pub(super) fn token<T: Copy>() -> T {
    const { assert!(size_of::<T>() == 0, "a token has no contents") };
    // SAFETY: a type of no size has one value.
    unsafe { std::mem::zeroed() }
}

fn variables(from: usize, count: usize, bits: u32) -> Vec<Word> {
    (0..count).map(|i| variable((from + i) as u32, bits)).collect()
}

#[track_caller]
fn same(name: &str, found: &[Word], expected: impl Fn(usize) -> Word) {
    for (i, found) in found.iter().enumerate() {
        claim(*found == expected(i), || format!("{name}, lane {i}"));
    }
}

fn words_of(bits: &[Bit], width: usize) -> Vec<Word> {
    bits.chunks(width).map(Word::from).collect()
}

/// The words of memory.
fn stored<T: super::model::Number>(memory: &[T]) -> Vec<Word> {
    words_of(&read(memory), 8 * size_of::<T>())
}

fn splats() {
    splats_16::<I16x16>(token());
    splats_16::<I16x32>(token());
    splats_32(token::<Avx2>());
    splats_32(token::<Avx512>());
}

/// The specifications on numbers.
fn reductions() {
    const Q16: i64 = 3329;
    const Q32: i64 = 8_380_417;
    for x in -Q32..2 * Q32 {
        assert_eq!(lanes32::canonical(&x), x.rem_euclid(Q32), "canonical of {x}");
    }
    checked(3 * Q32.unsigned_abs());
    for a in -31_129..=31_129 {
        let result = lanes16::reduce(&a);
        assert!((result - a) % Q16 == 0 && result.abs() <= 2209, "{a} reduced");
    }
    checked(2 * 31_129 + 1);
    for value in -1664..=1664 {
        // The inverse of q modulo 2^16 is -3327.
        let quotient = (value * -3327_i64).bits(0, 16);
        for a in -1 << 15..1 << 15 {
            let result = lanes16::multiply(&a, &value, &quotient);
            assert!(((result << 16) - a * value) % Q16 == 0 && result.abs() <= 2497, "{a} times {value}");
            assert_eq!(lanes16::multiply_doubled(&a, &value, &quotient), result, "{a} times {value}");
        }
    }
    checked(3329 << 16);
    let most = 8 * 4095 * 2497;
    for sum in -most..=most {
        let result = lanes16::reduce_wide(&sum);
        let is_right = ((result << 16) - sum) % Q16 == 0 && result.abs() <= (sum.abs() >> 16) + 1665;
        assert!(is_right, "{sum} reduced");
    }
    checked(2 * most.unsigned_abs() + 1);
}

/// Claims that the numbers that a mask keeps are stored in order, that their count is right, and that the condition on
/// each lane of the mask is whether the specification keeps the lane.
fn kept(name: &str, mask: u64, words: &[Word], count: usize, found: &[Word], is_kept: &[Bit]) {
    let expected: Vec<&Word> =
        words.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, word)| word).collect();
    claim(count == expected.len(), || format!("{name}: {count} lanes of {mask:x}"));
    claim(expected.iter().zip(found).all(|(a, b)| *a == b), || format!("{name}: the lanes of {mask:x}"));
    let required = is_kept.iter().enumerate().map(|(i, bit)| (*bit, mask >> i & 1 == 1));
    claim(conditions().into_iter().eq(required), || format!("{name}: what {mask:x} requires"));
}
