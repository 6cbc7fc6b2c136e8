//! [`Lanes32`] on values: the specification of its operations, and their effect on intervals and forms.

use super::claim;
use super::value::{Value, inverse, q};
use crate::vec::v32::{Lanes32, Q_INVERSE};
use std::array::from_fn;

/// The lanes of a backend with [`Lanes32::KEEPS_FACTORS`], or without.
#[derive(Clone, Copy)]
pub(super) struct Any<const KEEPS_FACTORS: bool>;

type Row = [Value; 16];

/// The range of the integers that, multiplied by 2^32, lie between two bounds.
#[track_caller]
fn quotients(low: i128, high: i128) -> (i64, i64) {
    (i64::try_from(-(-low >> 32)).unwrap(), i64::try_from(high >> 32).unwrap())
}

impl<const KEEPS_FACTORS: bool> Lanes32 for Any<KEEPS_FACTORS> {
    type Element = Value;
    type Row = Row;
    type Factor = Row;
    type Sums = Row;
    const KEEPS_FACTORS: bool = KEEPS_FACTORS;

    fn splat(self, value: i32) -> Row {
        [Value::constant(value.into()); 16]
    }

    fn load(self, from: &Row) -> Row {
        *from
    }

    fn load_constants(self, from: &[i32; 16]) -> Row {
        from.map(|number| Value::constant(number.into()))
    }

    fn store(self, row: Row, to: &mut Row) {
        *to = row;
    }

    fn add(self, a: Row, b: Row) -> Row {
        from_fn(|i| a[i].add(b[i], 32))
    }

    fn subtract(self, a: Row, b: Row) -> Row {
        from_fn(|i| a[i].subtract(b[i], 32))
    }

    /// With `e = factor 2^32 - quotient q` and `t = a quotient mod 2^32`, the number `a factor - floor(a quotient / 2^32) q` is
    /// exactly `(a e + t q) / 2^32`. If that fits 32 bits for all a and all t, then it is the number modulo 2^32 of the lane.
    fn multiply(self, a: Row, factor: Row, quotient: Row) -> Row {
        from_fn(|i| {
            let (a, factor, quotient) = (a[i], factor[i].number(), quotient[i].number());
            let e = (i128::from(factor) << 32) - i128::from(quotient) * i128::from(q());
            claim(2 * e.abs() < q().into(), || format!("{quotient} is not the rounded quotient of {factor}"));
            let ends = [i128::from(a.low) * e, i128::from(a.high) * e];
            let most = ends[0].max(ends[1]) + i128::from(q()) * ((1 << 32) - 1);
            a.scaled(factor, quotients(ends[0].min(ends[1]), most), 32)
        })
    }

    fn canonical(self, row: Row) -> Row {
        row.map(|a| {
            claim(-q() <= a.low && a.high < 2 * q(), || format!("{}..={} exceeds -q..2q", a.low, a.high));
            a.scaled(1, (0, q() - 1), 32)
        })
    }

    fn transpose(self, rows: &mut [Row; 16]) {
        let old = *rows;
        *rows = from_fn(|i| from_fn(|j| old[j][i]));
    }

    fn factor(self, row: Row) -> Row {
        row
    }

    fn no_sums(self) -> Row {
        [Value::constant(0); 16]
    }

    fn multiply_add(self, sums: Row, a: Row, b: Row) -> Row {
        from_fn(|i| sums[i].add(a[i].times(b[i], 64), 64))
    }

    /// The lower half of `sum - m q` is 0 for the signed number m of 32 bits that is congruent to `sum / q` modulo 2^32.
    fn reduce(self, sums: Row) -> Row {
        claim((q() * i64::from(Q_INVERSE)).rem_euclid(1 << 32) == 1, || "q times its inverse is not 1".into());
        sums.map(|sum| {
            let (low, high) = (i128::from(sum.low), i128::from(sum.high));
            let (low, high) = (low - i128::from(q()) * ((1 << 31) - 1), high + (i128::from(q()) << 31));
            let fits = i128::from(i64::MIN) <= low && high <= i128::from(i64::MAX);
            claim(fits, || format!("{low}..={high} overflows 64 bits"));
            sum.scaled(inverse(1 << 32), quotients(low, high), 32)
        })
    }

    fn unpack<const STEP: usize, const BITS: usize>(self, _: &[u8; 64]) -> Row {
        unreachable!("a kernel on elements reads no bytes")
    }

    fn write_below(self, _: Row, _: i32, _: &mut [i32; 16]) -> usize {
        unreachable!("a kernel on elements compares none")
    }

    fn write_nibbles_below(self, _: &[u8; 16], _: u8, _: &mut [u8; 32]) -> usize {
        unreachable!("a kernel on elements reads no bytes")
    }
}
