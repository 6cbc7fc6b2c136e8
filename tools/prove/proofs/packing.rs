//! The packers and unpackers of ML-DSA (FIPS 204, 7.1) against SimpleBitPack and BitPack, as compiled for each backend
//! of this processor; and the comparison and the selection of strings that must take constant time.
//!
//! Packers move bits: they shift, mask with constants and join words that have no bits in common. So the encoding of
//! numbers is the union of the encodings of their bits, which are tried one by one. Numbers next to others are tried
//! too.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the stated ranges")]

use super::placement::{in_each_position, in_one_position, polynomial};
use super::{Label, Row, checked, claim, standard};
use crate::backend::Backend;
use crate::bytes::{Bytes, difference, first, split_first};
use crate::mldsa::kernels::Kernels;
use crate::mldsa::packing;
use crate::mldsa::params::{T0_BITS, T0_BYTES, T1_BITS, T1_BYTES};
use crate::mldsa::poly::{N, Poly};
use crate::mlkem::kernels::Coding;
use crate::select::select;
use crate::vec::v32::Q;
use std::panic::{AssertUnwindSafe, catch_unwind};

const BITS_AND_NUMBERS: Label = Label::ExhaustedInPart(
    "each bit alone and missing alone in each position; each number in each position of a group, next to zeros and \
     next to ones",
);

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA kernels pack and unpack of z, as compiled for each backend, are BitPack and BitUnpack \
               (algorithms 17 and 19) for 18 bits and 20 bits",
        label: BITS_AND_NUMBERS,
        covers: &[
            "mldsa/kernels.rs::Kernels::pack",
            "mldsa/kernels.rs::Kernels::unpack",
            "mldsa/kernels.rs::pack",
            "mldsa/kernels.rs::unpack",
            "mldsa/packing.rs::pack",
            "mldsa/packing.rs::unpack",
        ],
        is_slow: false,
        check: || check_pack(&[(18, 1 << 17), (20, 1 << 19)], 4, bits_and_groups),
    },
    Row {
        name: "ML-DSA kernels pack and unpack of z: every number in every position, next to other numbers",
        label: Label::ExhaustedInPart("each number in each position, next to one set of others"),
        covers: &["mldsa/packing.rs::pack", "mldsa/packing.rs::unpack"],
        is_slow: true,
        check: || check_pack(&[(18, 1 << 17), (20, 1 << 19)], 4, |bits, _, visit| each_position(bits, visit)),
    },
    Row {
        name: "ML-DSA kernels pack and unpack of s1 and s2, as compiled for each backend, are BitPack and BitUnpack \
               (algorithms 17 and 19) for 3 bits and 4 bits; numbers that no valid key contains are unpacked too",
        label: BITS_AND_NUMBERS,
        covers: &[
            "mldsa/kernels.rs::Kernels::pack",
            "mldsa/kernels.rs::Kernels::unpack",
            "mldsa/kernels.rs::pack",
            "mldsa/kernels.rs::unpack",
            "mldsa/kernels.rs::low_byte",
            "mldsa/packing.rs::pack_bytes",
            "mldsa/packing.rs::unpack",
        ],
        is_slow: false,
        check: || {
            check_pack(&[(3, 2)], 8, bits_and_groups);
            check_pack(&[(4, 4)], 2, bits_and_groups);
        },
    },
    Row {
        name: "ML-DSA kernels pack and unpack of s1 and s2: all numbers of a group together",
        label: Label::ExhaustedInPart(
            "each group of eight 3-bit numbers or of two 4-bit numbers in one place, each number in each position",
        ),
        covers: &["mldsa/packing.rs::pack_bytes", "mldsa/packing.rs::unpack"],
        is_slow: true,
        check: || {
            check_pack(&[(3, 2)], 8, groups_and_positions);
            check_pack(&[(4, 4)], 2, groups_and_positions);
        },
    },
    Row {
        name: "ML-DSA kernel pack_high, as compiled for each backend, is SimpleBitPack (algorithms 16 and 28) of high \
               bits in 4 bits and in 6",
        label: BITS_AND_NUMBERS,
        covers: &[
            "mldsa/kernels.rs::Kernels::pack_high",
            "mldsa/kernels.rs::pack_high",
            "mldsa/packing.rs::pack_bytes",
        ],
        is_slow: false,
        check: || check_pack_high(bits_and_groups),
    },
    Row {
        name: "ML-DSA kernel pack_high: all high bits of a group together",
        label: Label::ExhaustedInPart(
            "each group of two 4-bit numbers or of four 6-bit numbers in one place, each number in each position",
        ),
        covers: &["mldsa/packing.rs::pack_bytes"],
        is_slow: true,
        check: || check_pack_high(groups_and_positions),
    },
    Row {
        name: "ML-DSA kernel pack_t, as compiled for each backend: Power2Round (algorithm 35) of t + s, with t1 packed \
               by SimpleBitPack in 10 bits and t0 by BitPack in 13, for t in 0..q and s in -4..=4",
        label: Label::ExhaustedInPart(
            "each t with s of -4, 0 and 4 in one position, each t1 and each t0 in each position",
        ),
        covers: &[
            "mldsa/kernels.rs::Kernels::pack_t",
            "mldsa/kernels.rs::pack_t",
            "mldsa/kernels.rs::low_word",
            "mldsa/packing.rs::pack_words",
            "mldsa/packing.rs::pack_four",
        ],
        is_slow: false,
        check: || check_pack_t(&[-4, 0, 4]),
    },
    Row {
        name: "ML-DSA kernel pack_t: every t with every s",
        label: Label::ExhaustedInPart("each t and s in one position, each t1 and each t0 in each position"),
        covers: &["mldsa/kernels.rs::pack_t"],
        is_slow: true,
        check: || check_pack_t(&[-4, -3, -2, -1, 0, 1, 2, 3, 4]),
    },
    Row {
        name: "ML-DSA pack_words is SimpleBitPack in 10 bits and in 13",
        label: BITS_AND_NUMBERS,
        covers: &["mldsa/packing.rs::pack_words", "mldsa/packing.rs::pack_four"],
        is_slow: false,
        check: check_pack_words,
    },
    Row {
        name: "ML-DSA kernels unpack_t0 and unpack_negated_t1, as compiled for each backend, are BitUnpack in 13 bits \
               and -2^13 SimpleBitUnpack in 10 (algorithms 18, 19, 23 and 25): every encoded number, next to others, \
               in every position",
        label: Label::ExhaustedInPart(
            "each bit alone and missing alone, and each number next to one set of others, in each position",
        ),
        covers: &[
            "mldsa/kernels.rs::Kernels::unpack_t0",
            "mldsa/kernels.rs::Kernels::unpack_negated_t1",
            "mldsa/kernels.rs::unpack_t0",
            "mldsa/kernels.rs::unpack_negated_t1",
            "mldsa/packing.rs::unpack",
        ],
        is_slow: false,
        check: check_unpack_t,
    },
    Row {
        name: "difference, plain and as compiled for each backend: zero exactly if no byte differs, for every two \
               bytes; strings of different lengths are refused",
        label: Label::ExhaustedInPart(
            "each two bytes at one position, each exclusive or of two bytes alone at each position of every length in \
             use, and all pairs of positions whose differences could cancel",
        ),
        covers: &["bytes.rs::difference", "mlkem/kernels.rs::Coding::difference", "mlkem/kernels.rs::difference"],
        is_slow: false,
        check: check_difference,
    },
    Row {
        name: "select: the first string for 0, the second for every other number (FIPS 203, algorithm 18, lines 9 to \
               11), for every two bytes in every position",
        label: Label::ExhaustedInPart("each two bytes in each position, next to others"),
        covers: &["select.rs::select", "select.rs::hidden"],
        is_slow: false,
        check: check_select,
    },
    Row {
        name: "arrays are the first bytes of strings that are long enough, for every length to 64; shorter strings are \
               refused",
        label: Label::Proved,
        covers: &[
            "bytes.rs::split_first",
            "bytes.rs::first",
            "bytes.rs::too_short",
            "bytes.rs::Bytes::from_slice",
            "bytes.rs::Bytes::from_mut_slice",
        ],
        is_slow: false,
        check: check_arrays,
    },
];

type Packed = [u64; N];

/// How the numbers of some bits are placed in groups of a size.
type Numbers = fn(usize, usize, &mut dyn FnMut(&Packed));

/// Each bit alone in each position, and missing alone.
fn single_bits(bits: usize, visit: &mut dyn FnMut(&Packed)) {
    for (position, bit) in (0..N).flat_map(|position| (0..bits).map(move |bit| (position, bit))) {
        let mut numbers = [0; N];
        numbers[position] = 1 << bit;
        visit(&numbers);
        visit(&numbers.map(|number| number ^ ((1 << bits) - 1)));
    }
    checked((2 * N * bits) as u64);
}

/// Each number in each position of a group, next to zeros and next to ones; many groups at a time.
fn groups(bits: usize, size: usize, visit: &mut dyn FnMut(&Packed)) {
    for (position, other) in (0..size).flat_map(|position| [(position, 0), (position, (1 << bits) - 1)]) {
        for (block, first) in (0..1_u64 << bits).step_by(N / size).enumerate() {
            let mut numbers = [other; N];
            for (number, group) in (first..1 << bits).zip(0..N / size) {
                numbers[size * ((group + block) % (N / size)) + position] = number;
            }
            visit(&numbers);
        }
        checked(1 << bits);
    }
}

fn bits_and_groups(bits: usize, size: usize, visit: &mut dyn FnMut(&Packed)) {
    single_bits(bits, visit);
    groups(bits, size, visit);
}

/// Each number in each position, next to numbers that depend on it.
fn each_position(bits: usize, visit: &mut dyn FnMut(&Packed)) {
    for number in 0..1_u64 << bits {
        visit(&std::array::from_fn(|i| number ^ ((i as u64 * 0x9e37_79b9) >> 7 & ((1 << bits) - 1))));
    }
    checked((N as u64) << bits);
}

/// All numbers of a group together, each group in one place, and each number in each position.
fn groups_and_positions(bits: usize, size: usize, visit: &mut dyn FnMut(&Packed)) {
    for (block, first) in (0..1_u64 << (bits * size)).step_by(N / size).enumerate() {
        visit(&std::array::from_fn(|i| {
            let group = first + ((i / size + block) % (N / size)) as u64;
            group >> (bits * (i % size)) & ((1 << bits) - 1)
        }));
    }
    checked(1 << (bits * size));
    each_position(bits, visit);
}

/// Checks the packers for each number of bits and each `top`.
fn check_pack(encodings: &[(usize, i32)], size: usize, numbers: Numbers) {
    for &(bits, top) in encodings {
        on_each_backend!(machine => numbers(bits, size, &mut |numbers| {
            let (packed, coefficients) = (standard::encode(bits, numbers), numbers.map(|number| top - number as i32));
            let (mut out, mut unpacked) = (vec![0; 32 * bits], Poly::ZERO);
            machine.pack(&polynomial(&coefficients), bits, top, &mut out);
            assert!(out == packed, "packing {} on in {bits} bits", coefficients[0]);
            machine.unpack(&packed, bits, top, &mut unpacked);
            assert!(unpacked.coefficients() == coefficients, "unpacking {} on of {bits} bits", coefficients[0]);
        }));
    }
}

fn check_pack_high(numbers: Numbers) {
    for (bits, size) in [(4, 2), (6, 4)] {
        on_each_backend!(machine => numbers(bits, size, &mut |numbers| {
            let mut out = vec![0; 32 * bits];
            machine.pack_high(&numbers.map(|number| number as u8), bits, &mut out);
            assert!(out == standard::encode(bits, numbers), "packing {} on in {bits} bits", numbers[0]);
        }));
    }
}

fn check_pack_t(small: &[i32]) {
    fn check<M: Kernels>(machine: M, t: &[i32; N], s: i32) {
        let (mut t1, mut t0) = ([0; T1_BYTES], [0; T0_BYTES]);
        machine.pack_t(&polynomial(t), &polynomial(&[s; N]), &mut t1, &mut t0);
        let split = t.map(|t| standard::power2round((t + s).into()));
        assert!(t1[..] == standard::encode(T1_BITS, &split.map(|(r1, _)| r1 as u64)), "t1 of {} on and {s}", t[0]);
        assert!(
            t0[..] == standard::encode(T0_BITS, &split.map(|(_, r0)| (4096 - r0) as u64)),
            "t0 of {} on and {s}",
            t[0]
        );
    }
    on_each_backend!(machine => {
        for &s in small {
            in_one_position(0..=Q - 1, &mut |t| check(machine, t, s));
        }
        // Each t0 = 4096 - low, and most t1.
        in_each_position(0..=(1 << T0_BITS) - 1, &mut |low| {
            check(machine, &std::array::from_fn(|i| (((low[i] + i as i32) % 1022 + 1) << T0_BITS) + 4096 - low[i]), 0);
        });
        in_each_position(0..=(1 << T1_BITS) - 1, &mut |high| check(machine, &high.map(|high| high << T0_BITS), 0));
    });
}

fn check_pack_words() {
    fn check<const BITS: usize>(numbers: &Packed) {
        let mut out = vec![0; 32 * BITS];
        packing::pack_words::<BITS>(&numbers.map(|number| number as u16), &mut out);
        assert!(out == standard::encode(BITS, numbers), "packing {} on in {BITS} bits", numbers[0]);
    }
    bits_and_groups(T1_BITS, 8, &mut check::<T1_BITS>);
    bits_and_groups(T0_BITS, 8, &mut check::<T0_BITS>);
}

fn check_unpack_t() {
    on_each_backend!(machine => {
        for numbers in [single_bits, each_position] {
            numbers(T0_BITS, &mut |numbers| {
                let mut out = Poly::ZERO;
                machine.unpack_t0(&standard::encode(T0_BITS, numbers), &mut out);
                assert!(out.coefficients() == numbers.map(|number| 4096 - number as i32), "t0 of {} on", numbers[0]);
            });
            numbers(T1_BITS, &mut |numbers| {
                let mut out = Poly::ZERO;
                machine.unpack_negated_t1(&standard::encode(T1_BITS, numbers), &mut out);
                assert!(out.coefficients() == numbers.map(|number| -8192 * number as i32), "t1 of {} on", numbers[0]);
            });
        }
    });
}

/// The lengths of the compared strings: of tr, ciphertexts and t0.
const LENGTHS: [usize; 7] = [64, 768, 1088, 1568, 4 * 416, 6 * 416, 8 * 416];

fn check_difference() {
    fn check<M: Coding>(machine: M) {
        for length in LENGTHS {
            let left: Vec<u8> = (0..length).map(|i| (i * 37) as u8).collect();
            let mut right = left.clone();
            let differ = |left: &[u8], right: &[u8]| {
                let found =
                    [machine.difference(left, right), difference(left, right)].map(|difference| difference != 0);
                assert!(found[0] == found[1], "the kernel differs");
                found[0]
            };
            claim(!differ(&left, &right), || format!("{length} equal bytes"));
            for position in 0..length {
                for bits in 1..=u8::MAX {
                    right[position] = left[position] ^ bits;
                    assert!(differ(&left, &right), "{bits:#x} at {position} of {length}");
                    right[position] = left[position];
                }
                // The same difference at another position.
                let other = (position + 64) % length;
                (right[position], right[other]) = (left[position] ^ 0x80, left[other] ^ 0x80);
                assert!(position == other || differ(&left, &right), "{position} and {other} of {length}");
                (right[position], right[other]) = (left[position], left[other]);
            }
            checked(256 * length as u64);
        }
        for (left, right) in (0..=u8::MAX).flat_map(|left| (0..=u8::MAX).map(move |right| (left, right))) {
            let position = usize::from(left ^ right) % 32;
            let (mut a, mut b) = ([0x5a; 32], [0x5a; 32]);
            (a[position], b[position]) = (left, right);
            claim((machine.difference(&a, &b) != 0) == (left != right), || format!("{left} and {right}"));
        }
        claim(catch_unwind(AssertUnwindSafe(|| machine.difference(&[0; 31], &[0; 32]))).is_err(), || {
            "lengths differ".into()
        });
        claim(catch_unwind(|| difference(&[0; 32], &[0; 31])).is_err(), || "lengths differ".into());
    }
    on_each_backend!(machine => check(machine));
}

fn check_select() {
    // Over all pairs of strings, each position has every pair of bytes.
    let string = |from: u8| -> [u8; 32] { std::array::from_fn(|i| from.wrapping_add(i as u8)) };
    for number in 0..=u8::MAX {
        for (left, right) in (0..=u8::MAX).flat_map(|left| (0..=u8::MAX).map(move |right| (left, right))) {
            let (left, right) = (string(left), string(right));
            let expected = if number == 0 { left } else { right };
            assert!(select(number, &left, &right) == expected, "{number}");
        }
        checked(32 << 16);
    }
}

fn check_arrays() {
    let bytes: [u8; 64] = std::array::from_fn(|i| i as u8);
    for length in 0..=64 {
        let string = &bytes[..length];
        let expected = (length >= 32).then(|| (string[..32].to_vec(), string[32..].to_vec()));
        let found = catch_unwind(|| {
            let (array, rest) = split_first::<[u8; 32]>(string);
            (array.to_vec(), rest.to_vec())
        });
        claim(found.ok() == expected, || format!("split_first of {length}"));
        let found = catch_unwind(|| first::<[u8; 32]>(string).to_vec());
        claim(found.ok() == expected.map(|(array, _)| array), || format!("first of {length}"));
        let mut copy = string.to_vec();
        claim(<[u8; 32]>::from_slice(string).is_some() == (length == 32), || format!("from_slice of {length}"));
        claim(<[u8; 32]>::from_mut_slice(&mut copy).is_some() == (length == 32), || {
            format!("from_mut_slice of {length}")
        });
    }
}
