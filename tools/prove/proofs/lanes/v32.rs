//! The operations on 32-bit lanes.

use super::super::{Label, Row, checked, claim};
use crate::backend::Backend;
use crate::mldsa::ntt::NTT_BOUND;
use crate::mldsa::poly::N;
use crate::vec::v32::{Lanes32, Numbers32, Q, Q_INVERSE};
use std::collections::BTreeSet;

pub(in super::super) const ROWS: &[Row] = &[
    Row {
        name: "32-bit lanes: add and subtract modulo 2^32, and multiply, a factor - floor(a quotient / 2^32) q modulo \
               2^32, on each backend",
        label: Label::ExhaustedInPart(
            "every 8191st number with each of 57 small and extreme ones, and these with each other",
        ),
        covers: &[
            "backend/portable/v32.rs::Lanes32::load",
            "backend/portable/v32.rs::Lanes32::load_constants",
            "backend/portable/v32.rs::Lanes32::store",
            "backend/portable/v32.rs::Lanes32::add",
            "backend/portable/v32.rs::Lanes32::subtract",
            "backend/portable/v32.rs::Lanes32::multiply",
            "backend/portable/v32.rs::high",
        ],
        is_slow: false,
        check: || check_binary_32(8191),
    },
    Row {
        name: "32-bit lanes: add, subtract and multiply of every number",
        label: Label::ExhaustedInPart("each number with four factors of the transforms and as many other numbers"),
        covers: &["backend/portable/v32.rs::Lanes32::multiply"],
        is_slow: true,
        check: || check_binary_32(1),
    },
    Row {
        name: "32-bit canonical: the residue of every number in -q..2q, on each backend",
        label: Label::ExhaustedInPart("each number in one lane"),
        covers: &["backend/portable/v32.rs::Lanes32::canonical"],
        is_slow: false,
        check: check_canonical_32,
    },
    Row {
        name: "32-bit no_sums, factor, multiply_add and reduce: (a b + c d) / 2^32 modulo q = 8380417, exactly the \
               high half of the sum less a function of its low half, within the stated bound, on each backend",
        label: Label::ExhaustedInPart(
            "a, b, c and d of 57 small and extreme numbers, within the bounds of a matrix and of a transformed vector; \
             every 65537th low half",
        ),
        covers: &[
            "backend/portable/v32.rs::Lanes32::factor",
            "backend/portable/v32.rs::Lanes32::no_sums",
            "backend/portable/v32.rs::Lanes32::multiply_add",
            "backend/portable/v32.rs::Lanes32::reduce",
        ],
        is_slow: false,
        check: || check_sums(65537),
    },
    Row {
        name: "32-bit multiply_add and reduce: every low half of a sum",
        label: Label::ExhaustedInPart(
            "all 2^32 low halves, with the high half that they have as a product with 2^16 + 1",
        ),
        covers: &["backend/portable/v32.rs::Lanes32::reduce"],
        is_slow: true,
        check: || check_sums(1),
    },
    Row {
        name: "32-bit transpose exchanges rows and columns, on each backend",
        label: Label::ExhaustedInPart("each bit of each lane alone and missing alone"),
        covers: &["backend/portable/v32.rs::Lanes32::splat", "backend/portable/v32.rs::Lanes32::transpose"],
        is_slow: false,
        check: check_transpose_32,
    },
    Row {
        name: "32-bit unpack of 3, 4, 10, 13, 18 and 20 bits, and of 23 in each 24, on each backend",
        label: Label::ExhaustedInPart(
            "each bit alone and missing alone, and each number in each lane next to one set of others",
        ),
        covers: &["backend/portable/v32.rs::Lanes32::unpack"],
        is_slow: false,
        check: check_unpack_32,
    },
    Row {
        name: "32-bit write_below keeps the numbers below q, in order, on each backend",
        label: Label::ExhaustedInPart("all 2^16 sets of lanes, and each number of 23 bits in each lane"),
        covers: &["backend/portable/v32.rs::Lanes32::write_below"],
        is_slow: false,
        check: check_write_below,
    },
    Row {
        name: "write_nibbles_below keeps the nibbles below 9 or 15, in order, on each backend",
        label: Label::ExhaustedInPart(
            "all 2^16 sets of the first sixteen, of the last sixteen and of every other; each nibble in each lane",
        ),
        covers: &["backend/portable/v32.rs::Lanes32::write_nibbles_below"],
        is_slow: false,
        check: check_write_nibbles,
    },
];

kernels! {
    trait Operations {
        /// The sum, the difference and the product.
        fn binary_32(a: &[i32; 16], b: &[i32; 16], quotient: &[i32; 16], out: &mut [[i32; 16]; 3]) = binary_32;
        fn canonical_32(a: &[i32; 16], out: &mut [i32; 16]) = canonical_32;
        fn sums(factors: &[[i32; 16]; 4], out: &mut [i32; 16]) = sums;
        fn transpose_32(rows: &mut [[i32; 16]; 16]) = transpose_32;
        fn unpack_32<const STEP: usize, const BITS: usize>(bytes: &[u8; 64], out: &mut [i32; 16]) = unpack_32;
        fn write(a: &[i32; 16], out: &mut [i32; 16]) -> usize = write;
        fn write_nibbles(bytes: &[u8; 16], bound: u8, out: &mut [u8; 32]) -> usize = write_nibbles;
    }
}

#[inline(always)]
fn binary_32<M: Numbers32>(machine: M, a: &[i32; 16], b: &[i32; 16], quotient: &[i32; 16], out: &mut [[i32; 16]; 3]) {
    let (a, b, quotient) = (machine.load(a), machine.load_constants(b), machine.load_constants(quotient));
    machine.store(machine.add(a, b), &mut out[0]);
    machine.store(machine.subtract(a, b), &mut out[1]);
    machine.store(machine.multiply(a, b, quotient), &mut out[2]);
}

#[inline(always)]
fn canonical_32<M: Numbers32>(machine: M, a: &[i32; 16], out: &mut [i32; 16]) {
    machine.store(machine.canonical(machine.load(a)), out);
}

#[inline(always)]
fn sums<M: Numbers32>(machine: M, [a, b, c, d]: &[[i32; 16]; 4], out: &mut [i32; 16]) {
    let (b, d) = (machine.factor(machine.load(b)), machine.factor(machine.load(d)));
    let sum = machine.multiply_add(machine.no_sums(), machine.load(a), b);
    machine.store(machine.reduce(machine.multiply_add(sum, machine.load(c), d)), out);
}

#[inline(always)]
fn transpose_32<M: Numbers32>(machine: M, rows: &mut [[i32; 16]; 16]) {
    let mut loaded = [machine.splat(0); 16];
    for i in 0..16 {
        loaded[i] = machine.load(&rows[i]);
    }
    machine.transpose(&mut loaded);
    for i in 0..16 {
        machine.store(loaded[i], &mut rows[i]);
    }
}

#[inline(always)]
fn unpack_32<M: Numbers32, const STEP: usize, const BITS: usize>(machine: M, bytes: &[u8; 64], out: &mut [i32; 16]) {
    machine.store(machine.unpack::<STEP, BITS>(bytes), out);
}

#[inline(always)]
fn write<M: Numbers32>(machine: M, a: &[i32; 16], out: &mut [i32; 16]) -> usize {
    machine.write_below(machine.load(a), Q, out)
}

#[inline(always)]
fn write_nibbles<M: Lanes32>(machine: M, bytes: &[u8; 16], bound: u8, out: &mut [u8; 32]) -> usize {
    machine.write_nibbles_below(bytes, bound, out)
}

/// Powers of two and their neighbours, and bounds of the engine.
fn extremes_32() -> Vec<i32> {
    let powers = [8, 13, 16, 17, 19, 22, 23, 24, 30].map(|bits| 1 << bits);
    let numbers = [0, 1, 2, 16_382, Q / 2, Q - 1, Q, 2 * Q, NTT_BOUND, i32::MAX];
    let near = powers.into_iter().flat_map(|power: i32| [power - 1, power]).chain(numbers);
    near.flat_map(|number| [number, -number]).chain([i32::MIN]).collect::<BTreeSet<_>>().into_iter().collect()
}

fn check_binary_32(step: usize) {
    fn check<M: Operations>(machine: M, a: &[i32; 16], factor: i32) {
        let quotient = ((i64::from(factor) << 33) + i64::from(Q)).div_euclid(2 * i64::from(Q)) as i32;
        let mut out = [[0; 16]; 3];
        machine.binary_32(a, &[factor; 16], &[quotient; 16], &mut out);
        for i in 0..16 {
            let wide = i64::from(a[i]);
            let sum = (wide + i64::from(factor)) as i32;
            let difference = (wide - i64::from(factor)) as i32;
            let multiple = (wide * i64::from(quotient)).div_euclid(1 << 32);
            let product = (wide * i64::from(factor)).wrapping_sub(multiple * i64::from(Q));
            assert!([out[0][i], out[1][i], out[2][i]] == [sum, difference, product as i32], "{} and {factor}", a[i]);
        }
    }
    let extremes = extremes_32();
    // The factors of a product are in -(q - 1) / 2 ..= (q - 1) / 2.
    let factors: Vec<i32> = if step == 1 { vec![1, 16_382, -3_572_223, Q / 2] } else { extremes.clone() };
    on_each_backend!(machine => for &factor in &factors {
        for first in (0..1_u64 << 32).step_by(16 * step) {
            let numbers = std::array::from_fn(|i| (first + (step * i) as u64) as i32);
            check(machine, &numbers, factor);
        }
        for first in 0..extremes.len() {
            check(machine, &std::array::from_fn(|i| extremes[(first + i) % extremes.len()]), factor);
        }
        checked((1_u64 << 32) / step as u64);
    });
}

fn check_canonical_32() {
    on_each_backend!(machine => {
        for first in (-Q..2 * Q).step_by(15) {
            let (numbers, mut out): ([i32; 16], _) = (std::array::from_fn(|i| (first + i as i32).min(2 * Q - 1)), [0; 16]);
            machine.canonical_32(&numbers, &mut out);
            let expected = numbers.map(|x| if x < 0 { x + Q } else if x < Q { x } else { x - Q });
            assert!(out == expected, "{first} on");
        }
        checked(3 * Q as u64);
    });
}

fn check_sums(step: usize) {
    /// The high half of the sum less the multiple of q that makes the low half vanish.
    fn expected(sum: i64) -> i32 {
        let multiple = i64::from((sum as i32).wrapping_mul(Q_INVERSE)) * i64::from(Q);
        assert!((sum - multiple) % (1 << 32) == 0, "the low halves cancel");
        let result = ((sum - multiple) >> 32) as i32;
        assert!(i64::from(result.abs()) <= (sum.abs() >> 32) + i64::from(Q) / 2 + 1, "the bound of a reduction");
        result
    }
    fn check<M: Operations>(machine: M, factors: &[[i32; 16]; 4]) {
        let mut out = [0; 16];
        machine.sums(factors, &mut out);
        let [a, b, c, d] = factors.map(|lanes| lanes.map(i64::from));
        let sums: [i64; 16] = std::array::from_fn(|i| a[i] * b[i] + c[i] * d[i]);
        assert!(out == sums.map(expected), "{} {} + {} {}", a[0], b[0], c[0], d[0]);
    }
    let within = |bound: i32| -> Vec<i32> {
        extremes_32().into_iter().filter(|x| x.abs_diff(0) <= bound.unsigned_abs()).collect()
    };
    let (matrix, vector) = (within(Q - 1), within(NTT_BOUND));
    on_each_backend!(machine => {
        for (turn, (&a, &b)) in matrix.iter().flat_map(|a| vector.iter().map(move |b| (a, b))).enumerate() {
            let some = |from: &[i32], i: usize| from[(turn + i) % from.len()];
            let (c, d) = (std::array::from_fn(|i| some(&matrix, i)), std::array::from_fn(|i| some(&vector, 3 * i)));
            check(machine, &[[a; 16], [b; 16], c, d]);
            check(machine, &[c, [b; 16], [a; 16], d]);
        }
        // A sum x 2^16 + y with y below 2^16 has each low half.
        for first in (0..1_u64 << 32).step_by(16 * step) {
            let low: [u32; 16] = std::array::from_fn(|i| (first + (step * i) as u64) as u32);
            check(machine, &[low.map(|x| (x >> 16) as i32), [1 << 16; 16], low.map(|x| (x & 0xffff) as i32), [1; 16]]);
        }
        checked((matrix.len() * vector.len()) as u64 + (1_u64 << 32) / step as u64);
    });
}

fn check_transpose_32() {
    on_each_backend!(machine => for (i, bit) in (0..N).flat_map(|i| (0..32).map(move |bit| (i, bit))) {
        for complement in [0, -1] {
            let mut rows = [[complement; 16]; 16];
            rows[i / 16][i % 16] ^= 1_i32.wrapping_shl(bit);
            let expected: [[i32; 16]; 16] = std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]));
            machine.transpose_32(&mut rows);
            claim(rows == expected, || format!("bit {bit} of lane {i}"));
        }
    });
}

fn check_unpack_32() {
    fn check<M: Operations, const STEP: usize, const BITS: usize>(machine: M) {
        let visit = |numbers: &[u32; 16], between: u8| {
            let mut bytes = [between; 64];
            for bit in 0..16 * STEP {
                let (lane, bit_of_lane) = (bit / STEP, bit % STEP);
                if bit_of_lane < BITS {
                    bytes[bit / 8] &= !(1 << (bit % 8));
                    bytes[bit / 8] |= ((numbers[lane] >> bit_of_lane & 1) as u8) << (bit % 8);
                }
            }
            let mut out = [0; 16];
            machine.unpack_32::<STEP, BITS>(&bytes, &mut out);
            assert!(out == numbers.map(u32::cast_signed), "{BITS} bits of {}", numbers[0]);
        };
        for (lane, bit) in (0..16).flat_map(|lane| (0..BITS).map(move |bit| (lane, bit))) {
            let mut numbers = [0; 16];
            numbers[lane] = 1 << bit;
            visit(&numbers, 0xff);
            visit(&numbers.map(|number| number ^ ((1 << BITS) - 1)), 0);
        }
        let step = if BITS > 13 { 127 } else { 1 };
        for number in (0..1_u32 << BITS).step_by(step) {
            visit(
                &std::array::from_fn(|i| (number ^ (i as u32).wrapping_mul(0x9e37_79b9) >> 7) & ((1 << BITS) - 1)),
                0xff,
            );
        }
        checked(16 << BITS);
    }
    on_each_backend!(machine => {
        check::<_, 3, 3>(machine);
        check::<_, 4, 4>(machine);
        check::<_, 10, 10>(machine);
        check::<_, 13, 13>(machine);
        check::<_, 18, 18>(machine);
        check::<_, 20, 20>(machine);
        check::<_, 24, 23>(machine);
    });
}

fn check_write_below() {
    fn check<M: Operations>(machine: M, numbers: &[i32; 16]) {
        let (mut out, mut kept, mut length) = ([0; 16], [0; 16], 0);
        for &number in numbers {
            kept[length] = number;
            length += usize::from(number < Q);
        }
        let count = machine.write(numbers, &mut out);
        assert!(count == length && out[..count] == kept[..count], "{} on", numbers[0]);
    }
    on_each_backend!(machine => {
        for set in 0..1_i32 << 16 {
            check(machine, &std::array::from_fn(|i| (if set >> i & 1 == 1 { 0 } else { Q }) + i as i32));
        }
        for first in 0..1_i32 << 23 {
            check(machine, &std::array::from_fn(|i| (first + 524_287 * i as i32) % (1 << 23)));
        }
        checked((1 << 16) + (16 << 23));
    });
}

fn check_write_nibbles() {
    fn check<M: Operations>(machine: M, nibbles: &[u8; 32], bound: u8) {
        let (bytes, mut out) = (std::array::from_fn(|i| nibbles[2 * i] | nibbles[2 * i + 1] << 4), [0; 32]);
        let (mut kept, mut length) = ([0; 32], 0);
        for &nibble in nibbles.iter().filter(|nibble| **nibble < bound) {
            kept[length] = nibble;
            length += 1;
        }
        let count = machine.write_nibbles(&bytes, bound, &mut out);
        assert!(count == length && out[..count] == kept[..count], "{nibbles:?} below {bound}");
    }
    on_each_backend!(machine => for bound in [9, 15] {
        for set in 0..1_u32 << 16 {
            for place in [0, 16, 32] {
                // `set` selects among the first sixteen, the last sixteen, or every other nibble; the rest varies.
                check(machine, &std::array::from_fn(|i| {
                    let bit = match place {
                        32 if i % 2 == 0 => i / 2,
                        32 => i / 3,
                        _ => (i + place) % 32 % 16,
                    };
                    let kept = if (place + i) % 32 < 16 || place == 32 { set >> bit } else { set >> bit ^ set >> 3 };
                    if kept & 1 == 1 { (i % usize::from(bound)) as u8 } else { bound + (i % (16 - usize::from(bound))) as u8 }
                }), bound);
            }
        }
        for (nibble, i) in (0..16).flat_map(|nibble| (0..32).map(move |i| (nibble, i))) {
            for others in [0, bound] {
                let mut nibbles = [others; 32];
                nibbles[i] = nibble;
                check(machine, &nibbles, bound);
            }
        }
        checked((3 << 16) + 1024);
    });
}
