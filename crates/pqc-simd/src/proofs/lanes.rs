//! The operations on lanes against their scalar specification, on the processor: as each backend compiles them, in
//! separate kernels. For AVX2 and AVX-512 this is next to the proof on the model of the instructions; for the portable
//! backend, which has no instructions, it is the proof.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the stated ranges")]

use super::placement::in_each_position;
use super::standard::Q_KEM;
use super::{Label, Row, checked, claim};
use crate::backend::Backend;
use crate::mldsa::ntt::NTT_BOUND;
use crate::mldsa::poly::N;
use crate::ntt16::tables::{MODULI, R, SCALE, SCALED_ZETA, ZETAS, centred};
use crate::ntt16::{PRODUCT, Q as Q16, Q_INVERSE as Q16_INVERSE, REDUCED, REDUCIBLE};
use crate::vec::v16::{Lanes16, Numbers16};
use crate::vec::v32::{Lanes32, Numbers32, Q, Q_INVERSE};
use crate::vec::v64::Lanes64;
use std::collections::BTreeSet;

const EXTREMES: Label = Label::ExhaustedInPart("each number with each of 29 small and extreme ones, in both orders");

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "16-bit lanes: add, sub, wrapping_sub, and, greater, multiply_low, multiply_high and multiply_round, on \
               each backend",
        label: EXTREMES,
        covers: &[
            "backend/portable/v16.rs::Lanes16::load",
            "backend/portable/v16.rs::Lanes16::load_constants",
            "backend/portable/v16.rs::Lanes16::store",
            "backend/portable/v16.rs::Lanes16::add",
            "backend/portable/v16.rs::Lanes16::sub",
            "backend/portable/v16.rs::Lanes16::wrapping_sub",
            "backend/portable/v16.rs::Lanes16::and",
            "backend/portable/v16.rs::Lanes16::greater",
            "backend/portable/v16.rs::Lanes16::multiply_low",
            "backend/portable/v16.rs::Lanes16::multiply_high",
            "backend/portable/v16.rs::Lanes16::multiply_round",
            "vec/v16.rs::Lanes16::wrapping_sub",
        ],
        is_slow: false,
        check: || check_binary(&available(), &extremes(), true),
    },
    Row {
        name: "16-bit lanes: add, sub, wrapping_sub, and, greater, multiply_low, multiply_high and multiply_round of \
               all 2^32 pairs, on the portable backend",
        label: Label::ExhaustedInPart("each pair in one lane"),
        covers: &[
            "backend/portable/v16.rs::Lanes16::add",
            "backend/portable/v16.rs::Lanes16::sub",
            "backend/portable/v16.rs::Lanes16::wrapping_sub",
            "backend/portable/v16.rs::Lanes16::and",
            "backend/portable/v16.rs::Lanes16::greater",
            "backend/portable/v16.rs::Lanes16::multiply_low",
            "backend/portable/v16.rs::Lanes16::multiply_high",
            "backend/portable/v16.rs::Lanes16::multiply_round",
        ],
        is_slow: true,
        check: || check_binary(&[Backend::Portable], &(i16::MIN..=i16::MAX).collect::<Vec<_>>(), false),
    },
    Row {
        name: "16-bit lanes: shift_right by 1, 2, 3 and 15 bits, and swap_pairs, of every number, on each backend",
        label: Label::ExhaustedInPart("each number in one lane"),
        covers: &["backend/portable/v16.rs::Lanes16::shift_right", "backend/portable/v16.rs::Lanes16::swap_pairs"],
        is_slow: false,
        check: check_unary,
    },
    Row {
        name: "16-bit multiply: a value / 2^16 modulo q = 3329, at most 2497 in absolute value, for every a and every \
               constant of the tables, on each backend",
        label: Label::ExhaustedInPart("each number and constant in one lane"),
        covers: &["vec/v16.rs::Lanes16::multiply"],
        is_slow: false,
        check: || check_multiply_16(constants()),
    },
    Row {
        name: "16-bit multiply: the same for every constant in -1664..=1664",
        label: Label::ExhaustedInPart("each number and constant in one lane"),
        covers: &["vec/v16.rs::Lanes16::multiply"],
        is_slow: true,
        check: || check_multiply_16((-1664..=1664).collect()),
    },
    Row {
        name: "16-bit reduce: the same residue modulo q = 3329, at most 2209 in absolute value, for every number in \
               -31129..=31129 in every lane, on each backend",
        label: Label::ExhaustedInPart("each number in each lane, beside others"),
        covers: &["vec/v16.rs::Lanes16::reduce"],
        is_slow: false,
        check: check_reduce_16,
    },
    Row {
        name: "16-bit multiply_pairs, add_wide and halves: both halves of (a b + c d) + (e f + g h), in the lanes of \
               the pair, on each backend",
        label: Label::ExhaustedInPart("each a with each of 29 small and extreme b, the others among these 29"),
        covers: &[
            "backend/portable/v16.rs::Lanes16::multiply_pairs",
            "backend/portable/v16.rs::Lanes16::add_wide",
            "backend/portable/v16.rs::Lanes16::halves",
        ],
        is_slow: false,
        check: check_pairs,
    },
    Row {
        name: "16-bit transpose, rows_to_vectors and vectors_to_rows move each lane to its place, on each backend",
        label: Label::ExhaustedInPart("each bit of each lane alone and missing alone"),
        covers: &[
            "backend/portable/v16.rs::Lanes16::splat",
            "backend/portable/v16.rs::Lanes16::transpose",
            "vec/v16.rs::Lanes16::rows_to_vectors",
            "vec/v16.rs::Lanes16::vectors_to_rows",
        ],
        is_slow: false,
        check: check_transpose_16,
    },
    Row {
        name: "16-bit append_below keeps the lanes in 0..q, in order, on each backend",
        label: Label::ExhaustedInPart(
            "all 2^16 sets of sixteen lanes (of each half of 32), and each number of 12 bits in each lane",
        ),
        covers: &["backend/portable/v16.rs::Lanes16::append_below"],
        is_slow: false,
        check: check_append_below,
    },
    Row {
        name: "16-bit load_bits and store_bits of 1, 4, 5, 6, 10, 11 and 12 bits are ByteDecode and ByteEncode (FIPS \
               203, algorithms 5 and 6), on each backend",
        label: Label::ExhaustedInPart(
            "each bit alone and missing alone, and each number in each lane beside one set of others",
        ),
        covers: &["backend/portable/v16.rs::Lanes16::load_bits", "backend/portable/v16.rs::Lanes16::store_bits"],
        is_slow: false,
        check: check_bits_16,
    },
    Row {
        name: "64-bit words of the portable backend: load, store, xor, xor3, xor_constant, chi and rotate_left by each \
               offset of rho (FIPS 202, 3.2.2)",
        label: Label::ExhaustedInPart("each combination of bits at each position, beside zeros and beside ones"),
        covers: &[
            "vec/v64.rs::Lanes64::load",
            "vec/v64.rs::Lanes64::store",
            "vec/v64.rs::Lanes64::xor",
            "vec/v64.rs::Lanes64::xor3",
            "vec/v64.rs::Lanes64::xor_constant",
            "vec/v64.rs::Lanes64::chi",
            "vec/v64.rs::Lanes64::rotate_left",
        ],
        is_slow: false,
        check: check_words,
    },
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
            "each bit alone and missing alone, and each number in each lane beside one set of others",
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

const ADD: usize = 0;
const SUB: usize = 1;
const WRAPPING_SUB: usize = 2;
const AND: usize = 3;
const GREATER: usize = 4;
const LOW: usize = 5;
const HIGH: usize = 6;
const ROUND: usize = 7;

kernels! {
    trait Operations {
        /// A binary operation on vectors.
        fn binary<const OPERATION: usize>(a: &[i16; N], b: &[i16; N], out: &mut [i16; N]) = binary;
        fn shift_right<const BITS: i32>(a: &[i16; N], out: &mut [i16; N]) = shift_right;
        fn swap_pairs(a: &[i16; N], out: &mut [i16; N]) = swap_pairs;
        fn multiply_16(a: &[i16; N], value: i16, out: &mut [i16; N]) = multiply_16;
        fn reduce_16(a: &[i16; N], out: &mut [i16; N]) = reduce_16;
        /// Low and high halves of `a b + c d`, each a sum of the products of a pair.
        fn pairs(factors: &[[i16; N]; 4], low: &mut [i16; N], high: &mut [i16; N]) = pairs;
        /// The number of lanes of a vector, and eight vectors transposed, with rows separated, and joined.
        fn transposed_16(vectors: &[i16; N], out: &mut [[i16; N]; 3]) -> usize = transposed_16;
        fn append(a: &[i16; N], out: &mut [i16; 2 * N]) -> usize = append;
        fn load_bits<const BITS: usize>(bytes: &[u8], out: &mut [i16; N]) = load_bits;
        fn store_bits<const BITS: usize>(a: &[i16; N], bytes: &mut [u8]) = store_bits;
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
fn binary<M: Numbers16, const OPERATION: usize>(machine: M, a: &[i16; N], b: &[i16; N], out: &mut [i16; N]) {
    for at in (0..N).step_by(M::V16::LANES) {
        let (a, b) = (M::V16::load(machine, &a[at..]), M::V16::load_constants(machine, &b[at..]));
        let result = match OPERATION {
            ADD => a.add(b),
            SUB => a.sub(b),
            WRAPPING_SUB => a.wrapping_sub(b),
            AND => a.and(b),
            GREATER => a.greater(b),
            LOW => a.multiply_low(b),
            HIGH => a.multiply_high(b),
            _ => a.multiply_round(b),
        };
        result.store(&mut out[at..]);
    }
}

#[inline(always)]
fn shift_right<M: Numbers16, const BITS: i32>(machine: M, a: &[i16; N], out: &mut [i16; N]) {
    for at in (0..N).step_by(M::V16::LANES) {
        M::V16::load(machine, &a[at..]).shift_right::<BITS>().store(&mut out[at..]);
    }
}

#[inline(always)]
fn swap_pairs<M: Numbers16>(machine: M, a: &[i16; N], out: &mut [i16; N]) {
    for at in (0..N).step_by(M::V16::LANES) {
        M::V16::load(machine, &a[at..]).swap_pairs().store(&mut out[at..]);
    }
}

#[inline(always)]
fn multiply_16<M: Numbers16>(machine: M, a: &[i16; N], value: i16, out: &mut [i16; N]) {
    let quotient = M::V16::splat(machine, value.wrapping_mul(Q16_INVERSE));
    let value = M::V16::splat(machine, value);
    for at in (0..N).step_by(M::V16::LANES) {
        M::V16::load(machine, &a[at..]).multiply(machine, value, quotient).store(&mut out[at..]);
    }
}

#[inline(always)]
fn reduce_16<M: Numbers16>(machine: M, a: &[i16; N], out: &mut [i16; N]) {
    for at in (0..N).step_by(M::V16::LANES) {
        M::V16::load(machine, &a[at..]).reduce(machine).store(&mut out[at..]);
    }
}

/// The products of even lanes go to the even wide lanes of one vector, as in the product of polynomials.
#[inline(always)]
fn pairs<M: Numbers16>(machine: M, [a, b, c, d]: &[[i16; N]; 4], low: &mut [i16; N], high: &mut [i16; N]) {
    for at in (0..N).step_by(M::V16::LANES) {
        let [a, b] = [a, b].map(|v| M::V16::load(machine, &v[at..]));
        let [c, d] = [c, d].map(|v| M::V16::load(machine, &v[at..]));
        let even = M::V16::add_wide(a.multiply_pairs(b), c.multiply_pairs(d));
        let odd = M::V16::add_wide(a.multiply_pairs(d), c.multiply_pairs(b));
        let (l, h) = M::V16::halves(even, odd);
        l.store(&mut low[at..]);
        h.store(&mut high[at..]);
    }
}

#[inline(always)]
fn transposed_16<M: Numbers16>(machine: M, vectors: &[i16; N], out: &mut [[i16; N]; 3]) -> usize {
    let mut loaded = [M::V16::splat(machine, 0); 8];
    for i in 0..8 {
        loaded[i] = M::V16::load(machine, &vectors[M::V16::LANES * i..]);
    }
    let mut results = [loaded; 3];
    M::V16::transpose(&mut results[0]);
    M::V16::rows_to_vectors(&mut results[1]);
    M::V16::vectors_to_rows(&mut results[2]);
    for result in 0..3 {
        for i in 0..8 {
            results[result][i].store(&mut out[result][M::V16::LANES * i..]);
        }
    }
    M::V16::LANES
}

#[inline(always)]
fn append<M: Numbers16>(machine: M, a: &[i16; N], out: &mut [i16; 2 * N]) -> usize {
    let mut count = 0;
    for at in (0..N).step_by(M::V16::LANES) {
        count = M::V16::load(machine, &a[at..]).append_below(Q16, out, count);
    }
    count
}

#[inline(always)]
fn load_bits<M: Numbers16, const BITS: usize>(machine: M, bytes: &[u8], out: &mut [i16; N]) {
    for at in (0..N).step_by(M::V16::LANES) {
        let byte = BITS * at / 8;
        M::V16::load_bits::<BITS>(machine, bytes, byte).store(&mut out[at..]);
    }
}

#[inline(always)]
fn store_bits<M: Numbers16, const BITS: usize>(machine: M, a: &[i16; N], bytes: &mut [u8]) {
    for at in (0..N).step_by(M::V16::LANES) {
        let byte = BITS * at / 8;
        M::V16::load(machine, &a[at..]).store_bits::<BITS>(bytes, byte);
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

fn available() -> Vec<Backend> {
    Backend::available().collect()
}

/// Powers of two and their neighbours, and bounds of the engine.
fn extremes() -> Vec<i16> {
    let numbers = [0, 1, 2, 3, 10, 255, 256, 1664, 1665, 2497, 3328, 3329, 16384, 20159, i16::MAX];
    let negated = numbers.iter().map(|number: &i16| -number);
    numbers.into_iter().chain(negated).chain([i16::MIN]).collect::<BTreeSet<_>>().into_iter().skip(1).collect()
}

/// The specification of a binary operation; a result that does not fit a lane is not defined.
#[inline(always)]
fn specified(operation: usize, a: i16, b: i16) -> i32 {
    let (a, b) = (i32::from(a), i32::from(b));
    match operation {
        ADD => a + b,
        SUB => a - b,
        WRAPPING_SUB => i32::from((a - b) as i16),
        AND => a & b,
        GREATER => -i32::from(a > b),
        LOW => i32::from((a * b) as i16),
        HIGH => (a * b).div_euclid(1 << 16),
        _ => (a * b + (1 << 14)).div_euclid(1 << 15),
    }
}

fn check_binary(backends: &[Backend], others: &[i16], both_orders: bool) {
    fn check<M: Operations, const OPERATION: usize>(machine: M, others: &[i16], both_orders: bool) {
        for &other in others {
            for first in (0..1_i32 << 16).step_by(N) {
                for is_swapped in [false, true].into_iter().take(1 + usize::from(both_orders)) {
                    let (mut numbers, mut expected, mut out) = ([0; N], [0; N], [0; N]);
                    for i in 0..N {
                        let result = |number| {
                            if is_swapped {
                                specified(OPERATION, number, other)
                            } else {
                                specified(OPERATION, other, number)
                            }
                        };
                        // A number without a result is replaced by one that has a result.
                        let number = (first + i as i32) as i16;
                        let is_defined = result(number) == i32::from(result(number) as i16);
                        numbers[i] = if is_defined {
                            number
                        } else if OPERATION == SUB {
                            other
                        } else {
                            0
                        };
                        expected[i] = result(numbers[i]) as i16;
                    }
                    let same = [other; N];
                    let (a, b) = if is_swapped { (&numbers, &same) } else { (&same, &numbers) };
                    machine.binary::<OPERATION>(a, b, &mut out);
                    assert!(out == expected, "operation {OPERATION} of {other} and {first} on");
                }
            }
            checked(1 << 16);
        }
    }
    for &backend in backends {
        dispatch!(backend, machine => {
            check::<_, ADD>(machine, others, both_orders);
            check::<_, SUB>(machine, others, both_orders);
            check::<_, WRAPPING_SUB>(machine, others, both_orders);
            check::<_, AND>(machine, others, both_orders);
            check::<_, GREATER>(machine, others, both_orders);
            check::<_, LOW>(machine, others, both_orders);
            check::<_, HIGH>(machine, others, both_orders);
            check::<_, ROUND>(machine, others, both_orders);
        });
    }
}

fn check_unary() {
    fn check<M: Operations, const BITS: i32>(machine: M) {
        for first in (0..1_i32 << 16).step_by(N) {
            let (numbers, mut out): ([i16; N], _) = (std::array::from_fn(|i| (first + i as i32) as i16), [0; N]);
            machine.shift_right::<BITS>(&numbers, &mut out);
            assert!(out == numbers.map(|a| i32::from(a).div_euclid(1 << BITS) as i16), "{first} on by {BITS}");
            machine.swap_pairs(&numbers, &mut out);
            assert!(out == std::array::from_fn(|i| numbers[i ^ 1]), "pairs of {first} on");
        }
        checked(2 << 16);
    }
    on_each_backend!(machine => {
        check::<_, 1>(machine);
        check::<_, 2>(machine);
        check::<_, 3>(machine);
        check::<_, 15>(machine);
    });
}

/// Every constant multiplier of a transform or a product.
fn constants() -> BTreeSet<i16> {
    let moduli = MODULI.value.as_flattened().iter().copied();
    moduli.chain(ZETAS).chain([SCALED_ZETA, centred(SCALE), centred(R * R)]).collect()
}

fn check_multiply_16(constants: BTreeSet<i16>) {
    on_each_backend!(machine => for &value in &constants {
        for first in (0..1_i32 << 16).step_by(N) {
            let (numbers, mut out): ([i16; N], _) = (std::array::from_fn(|i| (first + i as i32) as i16), [0; N]);
            machine.multiply_16(&numbers, value, &mut out);
            let mut wrong = 0;
            for i in 0..N {
                let (product, result) = (i32::from(numbers[i]) * i32::from(value), i32::from(out[i]));
                wrong |= (((result << 16) - product) % Q_KEM as i32) | i32::from(result.abs() > i32::from(PRODUCT));
            }
            assert!(wrong == 0, "{first} on times {value}");
        }
        checked(1 << 16);
    });
}

fn check_reduce_16() {
    on_each_backend!(machine => in_each_position(-i32::from(REDUCIBLE)..=REDUCIBLE.into(), &mut |numbers| {
        let mut out = [0; N];
        machine.reduce_16(&numbers.map(|number| number as i16), &mut out);
        let is_reduced = |(number, reduced): (&i32, &i16)| {
            (number - i32::from(*reduced)) % Q_KEM as i32 == 0 && reduced.unsigned_abs() <= REDUCED.unsigned_abs()
        };
        assert!(numbers.iter().zip(&out).all(is_reduced), "{} on", numbers[0]);
    }));
}

fn check_pairs() {
    let extremes = extremes();
    let some = |i: usize| extremes[i % extremes.len()];
    on_each_backend!(machine => for (turn, &b) in extremes.iter().enumerate() {
        for first in (0..1_usize << 16).step_by(N) {
            // The other factors are small enough for the sums to fit 32 bits.
            let factors: [[i16; N]; 4] = [
                std::array::from_fn(|i| if i % 2 == turn % 2 { (first + i) as i16 } else { some(i / 2 + turn) / 4 }),
                std::array::from_fn(|i| if i % 2 == turn % 2 { b } else { some(i / 3 + first) / 4 }),
                std::array::from_fn(|i| some(i / 5 + turn + first) / 4),
                std::array::from_fn(|i| some(i / 7 + turn) / 4),
            ];
            let (mut low, mut high) = ([0; N], [0; N]);
            machine.pairs(&factors, &mut low, &mut high);
            for i in 0..N {
                let product = |a: usize, b: usize, i: usize| i64::from(factors[a][i]) * i64::from(factors[b][i]);
                let pair = |a: usize, b: usize| product(a, b, i & !1) + product(a, b, i | 1);
                let sum = if i % 2 == 0 { pair(0, 1) + pair(2, 3) } else { pair(0, 3) + pair(2, 1) };
                assert!(i32::try_from(sum).is_ok(), "the sum fits");
                assert!((low[i], high[i]) == (sum as i16, (sum >> 16) as i16), "{first} on and {b}");
            }
        }
        checked(1 << 16);
    });
}

/// Each bit of each of 256 numbers alone, and missing alone.
fn single_bits_16(visit: &mut dyn FnMut(&[i16; N])) {
    for (i, bit) in (0..N).flat_map(|i| (0..16).map(move |bit| (i, bit))) {
        let mut numbers = [0; N];
        numbers[i] = 1_i16.wrapping_shl(bit);
        visit(&numbers);
        visit(&numbers.map(|number| !number));
        checked(2);
    }
}

fn check_transpose_16() {
    on_each_backend!(machine => single_bits_16(&mut |vectors| {
        let mut out = [[0; N]; 3];
        let lanes = machine.transposed_16(vectors, &mut out);
        let (rows, at) = (lanes / 16, |vector: usize, lane: usize| vector * lanes + lane);
        for (vector, lane) in (0..8).flat_map(|vector| (0..lanes).map(move |lane| (vector, lane))) {
            let (row, pair, half) = (lane / 16, lane / 2 % 8, lane % 2);
            let transposed = vectors[at(pair, 16 * row + 2 * vector + half)];
            assert!(out[0][at(vector, lane)] == transposed, "transposed lane {lane} of vector {vector}");
            // Two rows: vector 2 v has the first rows of the vectors v and v + 4, and 2 v + 1 the second rows.
            let separated = if rows == 2 { at(vector / 2 + 4 * row, 16 * (vector % 2) + lane % 16) } else { at(vector, lane) };
            assert!(out[1][at(vector, lane)] == vectors[separated], "separated lane {lane} of vector {vector}");
            assert!(out[2][separated] == vectors[at(vector, lane)], "joined lane {lane} of vector {vector}");
        }
    }));
}

fn check_append_below() {
    let check = |numbers: &[i16; N], (count, out): (usize, &[i16; 2 * N])| {
        let kept: Vec<i16> = numbers.iter().copied().filter(|number| (0..Q16).contains(number)).collect();
        assert!(count == kept.len() && out[..count] == kept, "{count} of {} are kept", kept.len());
    };
    on_each_backend!(machine => {
        let mut out = [0; 2 * N];
        // Sixteen sets at a time: a number has its index in its low bits.
        for first in (0..1_usize << 16).step_by(16) {
            let numbers = std::array::from_fn(|i| {
                let is_kept = (first + i / 16) >> (i % 16) & 1 == 1;
                (if is_kept { i } else { 4095 - i }) as i16
            });
            let count = machine.append(&numbers, &mut out);
            check(&numbers, (count, &out));
        }
        checked(1 << 16);
        in_each_position(0..=4095, &mut |numbers| {
            let numbers = numbers.map(|number| number as i16);
            let count = machine.append(&numbers, &mut out);
            check(&numbers, (count, &out));
        });
    });
}

fn check_bits_16() {
    fn check<M: Operations, const BITS: usize>(machine: M) {
        let visit = &mut |numbers: &[i32; N]| {
            let packed = super::standard::encode(BITS, &numbers.map(|number| number as u64));
            let numbers = numbers.map(|number| number as i16);
            let (mut loaded, mut stored) = ([0; N], vec![0; 32 * BITS]);
            machine.load_bits::<BITS>(&packed, &mut loaded);
            assert!(loaded == numbers, "loading {BITS} bits of {}", numbers[0]);
            machine.store_bits::<BITS>(&numbers, &mut stored);
            assert!(stored == packed, "storing {BITS} bits of {}", numbers[0]);
        };
        in_each_position(0..=(1 << BITS) - 1, visit);
        for (i, bit) in (0..N).flat_map(|i| (0..BITS).map(move |bit| (i, bit))) {
            let mut numbers = [0; N];
            numbers[i] = 1 << bit;
            visit(&numbers);
            visit(&numbers.map(|number| number ^ ((1 << BITS) - 1)));
        }
    }
    on_each_backend!(machine => {
        check::<_, 1>(machine);
        check::<_, 4>(machine);
        check::<_, 5>(machine);
        check::<_, 6>(machine);
        check::<_, 10>(machine);
        check::<_, 11>(machine);
        check::<_, 12>(machine);
    });
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
    /// The high half of the sum less the product of q and what makes the low half vanish.
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
                // The set is that of the first sixteen, of the last sixteen, or of every other nibble; the rest varies.
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

fn check_words() {
    fn rotate<M, const BITS: i32>(word: u64) {
        let bit = |i: usize| word >> ((64 + i - BITS.unsigned_abs() as usize) % 64) & 1;
        let expected = (0..64).map(|i| bit(i) << i).sum::<u64>();
        claim(<u64 as Lanes64<M>>::rotate_left::<BITS>(word) == expected, || format!("{word:#x} rotated by {BITS}"));
    }
    /// Each offset of rho modulo 64.
    fn rotate_by_each<M>(word: u64) {
        macro_rules! each {
            ($($bits:literal)*) => { $(rotate::<M, $bits>(word);)* };
        }
        each!(0 1 62 28 27 36 44 6 55 20 3 10 43 25 39 41 45 15 21 8 18 2 61 56 14);
    }
    fn check<M: Copy>(machine: M, a: u64, b: u64, c: u64) {
        let [x, y, z] = [a, b, c].map(|word| <u64 as Lanes64<M>>::load(machine, &[word, !word]));
        let found = [
            Lanes64::<M>::xor(x, y),
            Lanes64::<M>::xor3(x, y, z),
            Lanes64::<M>::xor_constant(x, b),
            Lanes64::<M>::chi(x, y, z),
        ];
        for (i, word) in found.into_iter().enumerate() {
            let mut stored = [0; 2];
            Lanes64::<M>::store(word, &mut stored);
            let expected = [a ^ b, a ^ b ^ c, a ^ b, a ^ ((b ^ u64::MAX) & c)][i];
            claim(stored == [expected, 0], || format!("operation {i} of {a:#x}, {b:#x} and {c:#x}"));
        }
    }
    let machine = ();
    for (position, set, others) in
        (0..64).flat_map(|i| (0..8_u64).flat_map(move |set| [(i, set, 0), (i, set, u64::MAX)]))
    {
        let [a, b, c] = [0, 1, 2].map(|word| (others & !(1 << position)) | (set >> word & 1) << position);
        check(machine, a, b, c);
        rotate_by_each::<()>(a);
    }
}
