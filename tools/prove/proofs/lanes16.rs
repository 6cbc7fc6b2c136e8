//! [`Lanes16`] on numbers and on values: the specification of its operations, and their effect on intervals and forms.
//!
//! [`Pair`] specifies the operations of lanes on two numbers. The provided methods of the trait run on it unchanged,
//! for every number of an interval, so the statements of [`Vector`] about these methods follow from their source.

use super::value::{Value, image, inverse, q};
use super::{checked, claim};
use crate::vec::v16::{Lanes16, Machine16};
use std::array::from_fn;

/// Two lanes.
#[derive(Clone, Copy)]
pub(super) struct Pair(pub(super) [i16; 2]);

impl Pair {
    fn map(self, other: Self, f: impl Fn(i32, i32) -> i32) -> Self {
        Self(from_fn(|i| f(self.0[i].into(), other.0[i].into()).try_into().expect("a number that fits the lane")))
    }

    fn low_bits(self, other: Self, f: impl Fn(i32, i32) -> i32) -> Self {
        Self(from_fn(|i| f(self.0[i].into(), other.0[i].into()) as i16))
    }
}

impl Lanes16 for Pair {
    type Machine = ();
    type Element = i16;
    type Wide = i32;
    const LANES: usize = 2;

    fn splat((): (), value: i16) -> Self {
        Self([value; 2])
    }
    fn load((): (), values: &[i16]) -> Self {
        Self([values[0], values[1]])
    }
    fn load_constants((): (), values: &[i16]) -> Self {
        Self([values[0], values[1]])
    }
    fn store(self, values: &mut [i16]) {
        values[..2].copy_from_slice(&self.0);
    }
    fn add(self, other: Self) -> Self {
        self.map(other, |a, b| a + b)
    }
    fn sub(self, other: Self) -> Self {
        self.map(other, |a, b| a - b)
    }
    fn wrapping_sub(self, other: Self) -> Self {
        self.low_bits(other, |a, b| a - b)
    }
    fn and(self, other: Self) -> Self {
        self.map(other, |a, b| a & b)
    }
    fn greater(self, other: Self) -> Self {
        self.map(other, |a, b| if a > b { -1 } else { 0 })
    }
    fn shift_right<const BITS: i32>(self) -> Self {
        self.map(self, |a, _| a >> BITS)
    }
    fn multiply_low(self, other: Self) -> Self {
        self.low_bits(other, |a, b| a * b)
    }
    fn multiply_high(self, other: Self) -> Self {
        self.map(other, |a, b| (a * b) >> 16)
    }
    fn multiply_round(self, other: Self) -> Self {
        self.map(other, |a, b| (a * b + (1 << 14)) >> 15)
    }
    fn multiply_pairs(self, other: Self) -> i32 {
        i32::from(self.0[0]) * i32::from(other.0[0]) + i32::from(self.0[1]) * i32::from(other.0[1])
    }
    fn add_wide(sum: i32, other: i32) -> i32 {
        sum + other
    }
    fn halves(even: i32, odd: i32) -> (Self, Self) {
        let wide = [even, odd];
        (Self(wide.map(|wide| wide as i16)), Self(wide.map(|wide| (wide >> 16) as i16)))
    }
    fn swap_pairs(self) -> Self {
        Self([self.0[1], self.0[0]])
    }
    fn transpose(_: &mut [Self; 8]) {
        unreachable!("a pair is no row")
    }
    fn load_bits<const BITS: usize>((): (), bytes: &[u8], at: usize) -> Self {
        Self(from_fn(|lane| {
            (0..BITS).fold(0, |number, i| {
                let bit = BITS * lane + i;
                number | i16::from(bytes[at + bit / 8] >> (bit % 8) & 1) << i
            })
        }))
    }
    fn store_bits<const BITS: usize>(self, _: &mut [u8], _: usize) {
        unreachable!("two numbers are not whole bytes")
    }
    fn append_below(self, bound: i16, values: &mut [i16], mut count: usize) -> usize {
        for number in self.0 {
            if (0..bound).contains(&number) {
                values[count] = number;
                count += 1;
            }
        }
        count
    }
}

/// The lanes of a backend with vectors of 16 or 32 lanes.
#[derive(Clone, Copy)]
pub(super) struct Any<const LANES: usize>;

#[derive(Clone, Copy)]
pub(super) struct Vector<const LANES: usize>([Value; LANES]);

/// Sums of pairs, in the first half.
#[derive(Clone, Copy)]
pub(super) struct Wide<const LANES: usize>([Value; LANES]);

impl<const LANES: usize> Machine16 for Any<LANES> {
    type V16 = Vector<LANES>;
}

/// A number that fits its lane.
fn number(x: i64) -> i16 {
    x.try_into().expect("a number that fits the lane")
}

/// A function of a pair, applied to one number.
fn on_number(a: i64, function: impl Fn(Pair) -> Pair) -> i64 {
    let [even, odd] = function(Pair([number(a); 2])).0;
    assert_eq!(even, odd, "the lanes of a pair differ");
    even.into()
}

/// The bound of the sums that the proofs reduce: four terms of two products.
const WIDE: i64 = 8 * 4095 * 2497;

/// Runs `reduce_wide` on every sum, in both lanes: the result is `sum / 2^16` modulo q, and in absolute value at most
/// `|sum| / 2^16 + q / 2 + 1`.
pub(super) fn reduce_every_sum() {
    for sum in -WIDE..=WIDE {
        let (even, odd) = (i32::try_from(sum).unwrap(), i32::try_from(-sum).unwrap());
        for (sum, result) in [sum, -sum].into_iter().zip(Pair::reduce_wide((), even, odd).0.map(i64::from)) {
            assert_eq!(((result << 16) - sum) % 3329, 0, "{sum} reduced");
            assert!(result.abs() <= (sum.abs() >> 16) + 1665, "{sum} reduced");
        }
    }
    checked(2 * WIDE.cast_unsigned() + 1);
}

impl<const L: usize> Vector<L> {
    fn map(self, other: Self, f: impl Fn(Value, Value) -> Value) -> Self {
        Self(from_fn(|i| f(self.0[i], other.0[i])))
    }
}

impl<const L: usize> Lanes16 for Vector<L> {
    type Machine = Any<L>;
    type Element = Value;
    type Wide = Wide<L>;
    const LANES: usize = L;

    fn splat(_: Any<L>, value: i16) -> Self {
        Self([Value::constant(value.into()); L])
    }
    fn load(_: Any<L>, values: &[Value]) -> Self {
        Self(from_fn(|i| values[i]))
    }
    fn load_constants(_: Any<L>, values: &[i16]) -> Self {
        Self(from_fn(|i| Value::constant(values[i].into())))
    }
    fn store(self, values: &mut [Value]) {
        values[..L].copy_from_slice(&self.0);
    }
    fn add(self, other: Self) -> Self {
        self.map(other, |a, b| a.add(b, 16))
    }
    fn sub(self, other: Self) -> Self {
        self.map(other, |a, b| a.subtract(b, 16))
    }

    fn multiply(self, _: Any<L>, value: Self, quotient: Self) -> Self {
        Self(from_fn(|i| {
            let (a, value, quotient) = (self.0[i], value.0[i].number(), quotient.0[i].number());
            let range = image("multiply", (value, quotient), a, |a| {
                let constant = |number: i64| Pair([i16::try_from(number).unwrap(); 2]);
                let result = on_number(a, |a| a.multiply((), constant(value), constant(quotient)));
                assert_eq!(((result << 16) - a * value) % q(), 0, "{a} times {value}");
                result
            });
            a.scaled(value * inverse(1 << 16), range, 16)
        }))
    }
    fn reduce(self, _: Any<L>) -> Self {
        Self(self.0.map(|a| {
            let range = image("reduce", (0, 0), a, |a| {
                let result = on_number(a, |a| a.reduce(()));
                assert_eq!((result - a) % q(), 0, "{a} reduced");
                result
            });
            a.scaled(1, range, 16)
        }))
    }
    /// By [`reduce_every_sum`], which is a separate row.
    fn reduce_wide(_: Any<L>, even: Wide<L>, odd: Wide<L>) -> Self {
        Self(from_fn(|i| {
            let sum = if i % 2 == 0 { even } else { odd }.0[i / 2];
            let most = sum.low.abs().max(sum.high.abs());
            claim(most <= WIDE, || format!("{}..={} was not reduced", sum.low, sum.high));
            sum.scaled(inverse(1 << 16), (-(most >> 16) - 1665, (most >> 16) + 1665), 16)
        }))
    }

    fn multiply_pairs(self, other: Self) -> Wide<L> {
        let product = |i: usize| self.0[i].times(other.0[i], 32);
        let sum = |i: usize| product(2 * i).add(product(2 * i + 1), 32);
        Wide(from_fn(|i| if i < L / 2 { sum(i) } else { Value::constant(0) }))
    }
    fn add_wide(sum: Wide<L>, other: Wide<L>) -> Wide<L> {
        Wide(from_fn(|i| sum.0[i].add(other.0[i], 32)))
    }
    fn swap_pairs(self) -> Self {
        Self(from_fn(|i| self.0[i ^ 1]))
    }
    fn transpose(vectors: &mut [Self; 8]) {
        let before = *vectors;
        for (i, lane) in (0..8).flat_map(|i| (0..L).map(move |lane| (i, lane))) {
            let (row, pair, half) = (lane / 16, lane / 2 % 8, lane % 2);
            vectors[i].0[lane] = before[pair].0[16 * row + 2 * i + half];
        }
    }
    fn rows_to_vectors(vectors: &mut [Self; 8]) {
        let before = *vectors;
        for (v, row) in (0..4).flat_map(|v| (0..L / 16).map(move |row| (v, row))).filter(|_| L == 32) {
            vectors[2 * v + row].0[..16].copy_from_slice(&before[v].0[16 * row..][..16]);
            vectors[2 * v + row].0[16..].copy_from_slice(&before[v + 4].0[16 * row..][..16]);
        }
    }
    fn vectors_to_rows(vectors: &mut [Self; 8]) {
        let before = *vectors;
        for (v, row) in (0..4).flat_map(|v| (0..L / 16).map(move |row| (v, row))).filter(|_| L == 32) {
            vectors[v].0[16 * row..][..16].copy_from_slice(&before[2 * v + row].0[..16]);
            vectors[v + 4].0[16 * row..][..16].copy_from_slice(&before[2 * v + row].0[16..]);
        }
    }

    fn wrapping_sub(self, _: Self) -> Self {
        unreachable!("a kernel on elements reduces by methods alone")
    }
    fn and(self, _: Self) -> Self {
        unreachable!("a kernel on elements sees no bits")
    }
    fn greater(self, _: Self) -> Self {
        unreachable!("a kernel on elements compares none")
    }
    fn shift_right<const BITS: i32>(self) -> Self {
        unreachable!("a kernel on elements sees no bits")
    }
    fn multiply_low(self, _: Self) -> Self {
        unreachable!("a kernel on elements reduces by methods alone")
    }
    fn multiply_high(self, _: Self) -> Self {
        unreachable!("a kernel on elements reduces by methods alone")
    }
    fn multiply_round(self, _: Self) -> Self {
        unreachable!("a kernel on elements reduces by methods alone")
    }
    fn halves(_: Wide<L>, _: Wide<L>) -> (Self, Self) {
        unreachable!("a kernel on elements reduces by methods alone")
    }
    fn load_bits<const BITS: usize>(_: Any<L>, _: &[u8], _: usize) -> Self {
        unreachable!("a kernel on elements reads no bytes")
    }
    fn store_bits<const BITS: usize>(self, _: &mut [u8], _: usize) {
        unreachable!("a kernel on elements writes no bytes")
    }
    fn append_below(self, _: i16, _: &mut [i16], _: usize) -> usize {
        unreachable!("a kernel on elements compares none")
    }
}
