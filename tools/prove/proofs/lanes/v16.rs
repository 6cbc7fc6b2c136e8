//! The operations on 16-bit lanes.

use super::super::placement::in_each_position;
use super::super::standard::{self, Q_KEM};
use super::super::{Label, Row, checked};
use super::available;
use crate::backend::Backend;
use crate::mldsa::poly::N;
use crate::ntt16::tables::{MODULI, R, SCALE, SCALED_ZETA, ZETAS, centred};
use crate::ntt16::{PRODUCT, Q as Q16, Q_INVERSE as Q16_INVERSE, REDUCED, REDUCIBLE};
use crate::vec::v16::{Lanes16, Numbers16};
use std::collections::BTreeSet;

const EXTREMES: Label = Label::ExhaustedInPart("each number with each of 29 small and extreme ones, in both orders");

pub(in super::super) const ROWS: &[Row] = &[
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
        label: Label::ExhaustedInPart("each number in each lane, next to others"),
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
            "each bit alone and missing alone, and each number in each lane next to one set of others",
        ),
        covers: &["backend/portable/v16.rs::Lanes16::load_bits", "backend/portable/v16.rs::Lanes16::store_bits"],
        is_slow: false,
        check: check_bits_16,
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

/// Powers of two and their neighbours, and bounds of the engine.
fn extremes() -> Vec<i16> {
    let numbers = [0, 1, 2, 3, 10, 255, 256, 1664, 1665, 2497, 3328, 3329, 16384, 20159, i16::MAX];
    let negated = numbers.iter().map(|number: &i16| -number);
    numbers.into_iter().chain(negated).chain([i16::MIN]).collect::<BTreeSet<_>>().into_iter().skip(1).collect()
}

/// The specification of a binary operation; a result that does not fit into a lane is not defined.
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
        // One number after the other: with counters, the row is ended before all pairs have been tried.
        for other in others.chunks(1) {
            dispatch!(backend, machine => {
                check::<_, ADD>(machine, other, both_orders);
                check::<_, SUB>(machine, other, both_orders);
                check::<_, WRAPPING_SUB>(machine, other, both_orders);
                check::<_, AND>(machine, other, both_orders);
                check::<_, GREATER>(machine, other, both_orders);
                check::<_, LOW>(machine, other, both_orders);
                check::<_, HIGH>(machine, other, both_orders);
                check::<_, ROUND>(machine, other, both_orders);
            });
        }
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
            let packed = standard::encode(BITS, &numbers.map(|number| number as u64));
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
