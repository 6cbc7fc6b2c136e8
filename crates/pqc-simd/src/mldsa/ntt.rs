//! The number-theoretic transform of ML-DSA and its inverse (FIPS 204, 7.5, algorithms 41 and 42).
//!
//! The eight layers are done in two halves. The polynomial is seen as 16 rows of 16 coefficients, so the first four
//! layers are butterflies of whole rows, with one zeta per row. Then rows and columns are exchanged once, and the last
//! four layers are again butterflies of rows, now with a zeta for each lane. The result keeps that order: coefficient
//! `16 i + j` of the standard's order is in row j and column i. Transformed polynomials are only ever multiplied with
//! each other, coefficient by coefficient, and transformed back; the matrix A, which is sampled in the standard's
//! order, is exchanged once when it is expanded.
//!
//! In between, coefficients are reduced only by [`Lanes32::multiply`], with results in `[-e, q + e]`, where e is at
//! most q / 4 and for inputs below 16 q at most q / 32:
//!
//! - A layer of the transform adds such a product to a coefficient or subtracts it. From `|a| <= q` eight layers lead to at
//!   most `q + 8 (q + q / 32) < 9.3 q`.
//! - A layer of the inverse doubles the bound of sums. From `|a| < q`, k layers lead to sums below `2^k q`, and
//!   `2^8 q < 2^31`. A product of layer k starts again at `q + e` with `e <= 2^k q / 1024`, and doubles at most 8 - k times.

use crate::mldsa::poly::Poly;
use crate::vec::v32::{Lanes32, Q};

/// The bound of transformed coefficients, `9.3 q` rounded up.
pub(crate) const NTT_BOUND: i32 = 78_000_000;

/// A 512th root of unity modulo q.
pub(crate) const ZETA: i64 = 1753;

/// `2^32 / 256` modulo q: the last factor of the inverse, for coefficients that [`Lanes32::reduce`] has divided by 2^32.
///
/// The last layer multiplies half of the coefficients by a zeta that includes this factor.
pub(crate) const SCALE: i32 = 16_382;

/// The factors of both halves, and for each its quotient as [`Lanes32::multiply`] takes it. Block b of the layer with 2^s
/// blocks a row, or a lane, has its factor at `2^s + b`.
pub(crate) struct Zetas {
    pub(crate) rows: [(i32, i32); 16],
    pub(crate) lanes: [[i32; 16]; 16],
    pub(crate) lane_quotients: [[i32; 16]; 16],
}

/// The representative of least absolute value.
#[allow(clippy::cast_possible_truncation, reason = "it has 23 bits")]
pub(crate) const fn centred(number: i64) -> i32 {
    let remainder = number.rem_euclid(Q as i64);
    (if remainder > Q as i64 / 2 { remainder - Q as i64 } else { remainder }) as i32
}

/// `factor * 2^32 / q`, rounded to the nearest integer. It fits, as |factor| is below q / 2.
#[allow(clippy::cast_possible_truncation, reason = "its absolute value is below 2^31")]
pub(crate) const fn quotient(factor: i32) -> i32 {
    (((factor as i64) << 33) + Q as i64).div_euclid(2 * Q as i64) as i32
}

/// `zeta^BitRev8(m)`, the table of FIPS 204, appendix B.
pub(crate) const fn zeta(m: usize) -> i32 {
    let (mut power, mut left) = (1, m.reverse_bits() >> (usize::BITS - 8));
    while left > 0 {
        power = power * ZETA % Q as i64;
        left -= 1;
    }
    centred(power)
}

impl Zetas {
    /// For the transform, or for its inverse, in which block b of 2^s has the negated zeta of the last block but b, and the last
    /// layer also the factor [`SCALE`].
    ///
    /// The sign is not negated here: the butterfly of the inverse swaps the operands of the subtraction.
    const fn new(inverse: bool) -> Self {
        let mut zetas = Self { rows: [(0, 0); 16], lanes: [[0; 16]; 16], lane_quotients: [[0; 16]; 16] };
        let mut s = 0;
        while s < 4 {
            let mut b = 0;
            while b < 1 << s {
                let row = zeta(if inverse { (2 << s) - 1 - b } else { (1 << s) + b });
                let row = if inverse && s == 0 { centred(row as i64 * SCALE as i64) } else { row };
                zetas.rows[(1 << s) + b] = (row, quotient(row));
                let mut i = 0;
                while i < 16 {
                    let block = (i << s) + b;
                    let lane = zeta(if inverse { (32 << s) - 1 - block } else { (16 << s) + block });
                    zetas.lanes[(1 << s) + b][i] = lane;
                    zetas.lane_quotients[(1 << s) + b][i] = quotient(lane);
                    i += 1;
                }
                b += 1;
            }
            s += 1;
        }
        zetas
    }

    /// Factors and quotients of a block: for the layers after the exchange if `LANES`, else for the layers of whole rows.
    #[inline(always)]
    fn get<M: Lanes32, const LANES: bool>(&self, machine: M, block: usize) -> (M::Row, M::Row) {
        if LANES {
            (machine.load_constants(&self.lanes[block]), machine.load_constants(&self.lane_quotients[block]))
        } else {
            (machine.splat(self.rows[block].0), machine.splat(self.rows[block].1))
        }
    }
}

/// The rows of a polynomial.
type Rows<M> = [<M as Lanes32>::Row; 16];

pub(crate) static FORWARD: Zetas = Zetas::new(false);
pub(crate) static INVERSE: Zetas = Zetas::new(true);

/// The butterfly of the transform: `(a + zeta b, a - zeta b)`.
#[inline(always)]
fn butterfly<M: Lanes32>(machine: M, v: &mut Rows<M>, a: usize, b: usize, (factor, quotient): (M::Row, M::Row)) {
    let product = machine.multiply(v[b], factor, quotient);
    (v[a], v[b]) = (machine.add(v[a], product), machine.subtract(v[a], product));
}

/// The butterfly of the inverse: `(a + b, zeta (b - a))`.
#[inline(always)]
fn inverse_butterfly<M: Lanes32>(
    machine: M,
    v: &mut Rows<M>,
    a: usize,
    b: usize,
    (factor, quotient): (M::Row, M::Row),
) {
    let difference = machine.subtract(v[b], v[a]);
    (v[a], v[b]) = (machine.add(v[a], v[b]), machine.multiply(difference, factor, quotient));
}

/// Four layers over rows, two at a time, on four rows.
///
/// There are no loops, so that the rows stay in registers if there are enough.
#[inline(always)]
fn layers<M: Lanes32, const LANES: bool>(machine: M, v: &mut Rows<M>) {
    first_layers::<M, LANES>(machine, v, 0);
    first_layers::<M, LANES>(machine, v, 1);
    first_layers::<M, LANES>(machine, v, 2);
    first_layers::<M, LANES>(machine, v, 3);
    last_layers::<M, LANES>(machine, v, 0);
    last_layers::<M, LANES>(machine, v, 1);
    last_layers::<M, LANES>(machine, v, 2);
    last_layers::<M, LANES>(machine, v, 3);
}

/// The first two, over the rows r, r + 4, r + 8 and r + 12.
#[inline(always)]
fn first_layers<M: Lanes32, const LANES: bool>(machine: M, v: &mut Rows<M>, r: usize) {
    butterfly(machine, v, r, r + 8, FORWARD.get::<M, LANES>(machine, 1));
    butterfly(machine, v, r + 4, r + 12, FORWARD.get::<M, LANES>(machine, 1));
    butterfly(machine, v, r, r + 4, FORWARD.get::<M, LANES>(machine, 2));
    butterfly(machine, v, r + 8, r + 12, FORWARD.get::<M, LANES>(machine, 3));
}

/// The last two, over the four rows from 4 b on.
#[inline(always)]
fn last_layers<M: Lanes32, const LANES: bool>(machine: M, v: &mut Rows<M>, b: usize) {
    butterfly(machine, v, 4 * b, 4 * b + 2, FORWARD.get::<M, LANES>(machine, 4 + b));
    butterfly(machine, v, 4 * b + 1, 4 * b + 3, FORWARD.get::<M, LANES>(machine, 4 + b));
    butterfly(machine, v, 4 * b, 4 * b + 1, FORWARD.get::<M, LANES>(machine, 8 + 2 * b));
    butterfly(machine, v, 4 * b + 2, 4 * b + 3, FORWARD.get::<M, LANES>(machine, 9 + 2 * b));
}

/// The layers of [`layers`] in reverse order.
#[inline(always)]
fn inverse_layers<M: Lanes32, const LANES: bool>(machine: M, v: &mut Rows<M>) {
    inverse_first_layers::<M, LANES>(machine, v, 0);
    inverse_first_layers::<M, LANES>(machine, v, 1);
    inverse_first_layers::<M, LANES>(machine, v, 2);
    inverse_first_layers::<M, LANES>(machine, v, 3);
    inverse_last_layers::<M, LANES>(machine, v, 0);
    inverse_last_layers::<M, LANES>(machine, v, 1);
    inverse_last_layers::<M, LANES>(machine, v, 2);
    inverse_last_layers::<M, LANES>(machine, v, 3);
}

/// The first two, over the four rows from 4 b on.
#[inline(always)]
fn inverse_first_layers<M: Lanes32, const LANES: bool>(machine: M, v: &mut Rows<M>, b: usize) {
    inverse_butterfly(machine, v, 4 * b, 4 * b + 1, INVERSE.get::<M, LANES>(machine, 8 + 2 * b));
    inverse_butterfly(machine, v, 4 * b + 2, 4 * b + 3, INVERSE.get::<M, LANES>(machine, 9 + 2 * b));
    inverse_butterfly(machine, v, 4 * b, 4 * b + 2, INVERSE.get::<M, LANES>(machine, 4 + b));
    inverse_butterfly(machine, v, 4 * b + 1, 4 * b + 3, INVERSE.get::<M, LANES>(machine, 4 + b));
}

/// The last two, over the rows r, r + 4, r + 8 and r + 12.
#[inline(always)]
fn inverse_last_layers<M: Lanes32, const LANES: bool>(machine: M, v: &mut Rows<M>, r: usize) {
    inverse_butterfly(machine, v, r, r + 4, INVERSE.get::<M, LANES>(machine, 2));
    inverse_butterfly(machine, v, r + 8, r + 12, INVERSE.get::<M, LANES>(machine, 3));
    inverse_butterfly(machine, v, r, r + 8, INVERSE.get::<M, LANES>(machine, 1));
    inverse_butterfly(machine, v, r + 4, r + 12, INVERSE.get::<M, LANES>(machine, 1));
}

#[inline(always)]
fn load<M: Lanes32>(machine: M, polynomial: &Poly<M::Element>) -> Rows<M> {
    let mut rows = [machine.splat(0); 16];
    for (row, from) in rows.iter_mut().zip(&polynomial.0) {
        *row = machine.load(from);
    }
    rows
}

#[inline(always)]
fn store<M: Lanes32>(machine: M, rows: &Rows<M>, polynomial: &mut Poly<M::Element>) {
    for (row, to) in rows.iter().zip(&mut polynomial.0) {
        machine.store(*row, to);
    }
}

/// Transforms coefficients of at most q in absolute value into at most [`NTT_BOUND`], with rows and columns exchanged.
#[inline(always)]
pub(crate) fn ntt<M: Lanes32>(machine: M, polynomial: &mut Poly<M::Element>) {
    polynomial.debug_assert_within(-Q, Q);
    let mut v = load(machine, polynomial);
    layers::<M, false>(machine, &mut v);
    machine.transpose(&mut v);
    layers::<M, true>(machine, &mut v);
    store(machine, &v, polynomial);
    polynomial.debug_assert_within(-NTT_BOUND, NTT_BOUND);
}

/// Transforms a product by [`multiply`] of results of [`ntt`] back, into coefficients in `0..q`.
#[inline(always)]
pub(crate) fn inverse_ntt<M: Lanes32>(machine: M, polynomial: &mut Poly<M::Element>) {
    polynomial.debug_assert_within(1 - Q, Q - 1);
    let mut v = load(machine, polynomial);
    inverse_layers::<M, true>(machine, &mut v);
    machine.transpose(&mut v);
    inverse_layers::<M, false>(machine, &mut v);
    let (scale, scale_quotient) = (machine.splat(SCALE), machine.splat(const { quotient(SCALE) }));
    for i in 0..8 {
        v[i] = machine.canonical(machine.multiply(v[i], scale, scale_quotient));
        v[i + 8] = machine.canonical(v[i + 8]);
    }
    store(machine, &v, polynomial);
    polynomial.debug_assert_within(0, Q - 1);
}

/// For each row of a matrix, the sum of the products of its elements with the elements of a vector, divided by 2^32.
///
/// A vector has one element, or four to eight. With `|a| < q` and `|b| <= 9.3 q` a sum is below `8 * 9.3 q^2 < 2^53`, so the
/// result is below `2^21 + q / 2 + 1 < q`.
#[inline(always)]
pub(crate) fn multiply<M: Lanes32>(
    machine: M,
    matrix: &[Poly<M::Element>],
    vector: &[Poly<M::Element>],
    out: &mut [Poly<M::Element>],
) {
    assert!(matches!(vector.len(), 1 | 4..=8) && matrix.len() == vector.len() * out.len());
    matrix.iter().for_each(|a| a.debug_assert_within(1 - Q, Q - 1));
    vector.iter().for_each(|b| b.debug_assert_within(-NTT_BOUND, NTT_BOUND));
    match vector.len() {
        _ if !M::KEEPS_FACTORS => multiply_rows(machine, matrix, vector, out),
        1 => multiply_columns::<M, 1>(machine, matrix, vector, out),
        4 => multiply_columns::<M, 4>(machine, matrix, vector, out),
        5 => multiply_columns::<M, 5>(machine, matrix, vector, out),
        6 => multiply_columns::<M, 6>(machine, matrix, vector, out),
        7 => multiply_columns::<M, 7>(machine, matrix, vector, out),
        _ => multiply_columns::<M, 8>(machine, matrix, vector, out),
    }
    out.iter().for_each(|sum| sum.debug_assert_within(1 - Q, Q - 1));
}

/// [`multiply`], by polynomials.
#[inline(always)]
fn multiply_rows<M: Lanes32>(
    machine: M,
    matrix: &[Poly<M::Element>],
    vector: &[Poly<M::Element>],
    out: &mut [Poly<M::Element>],
) {
    let mut rest = matrix;
    for out in out {
        // `chunks_exact` would divide.
        let elements;
        (elements, rest) = rest.split_at(vector.len());
        for (row, out) in out.0.iter_mut().enumerate() {
            let mut sums = machine.no_sums();
            for (a, b) in elements.iter().zip(vector) {
                sums = machine.multiply_add(sums, machine.load(&a.0[row]), machine.factor(machine.load(&b.0[row])));
            }
            machine.store(machine.reduce(sums), out);
        }
    }
}

/// [`multiply`], by rows of sixteen coefficients.
#[inline(always)]
fn multiply_columns<M: Lanes32, const LENGTH: usize>(
    machine: M,
    matrix: &[Poly<M::Element>],
    vector: &[Poly<M::Element>],
    out: &mut [Poly<M::Element>],
) {
    let vector = &vector[..LENGTH];
    for row in 0..16 {
        let mut factors = [machine.factor(machine.load(&vector[0].0[row])); LENGTH];
        for i in 1..LENGTH {
            factors[i] = machine.factor(machine.load(&vector[i].0[row]));
        }
        for (elements, out) in matrix.as_chunks::<LENGTH>().0.iter().zip(&mut *out) {
            let mut sums = machine.no_sums();
            for i in 0..LENGTH {
                sums = machine.multiply_add(sums, machine.load(&elements[i].0[row]), factors[i]);
            }
            machine.store(machine.reduce(sums), &mut out.0[row]);
        }
    }
}

/// Exchanges rows and columns: brings a polynomial that was sampled in the NTT domain into the order of [`ntt`], or back.
#[inline(always)]
pub(crate) fn transpose<M: Lanes32>(machine: M, polynomial: &mut Poly<M::Element>) {
    let mut v = load(machine, polynomial);
    machine.transpose(&mut v);
    store(machine, &v, polynomial);
}

/// Brings coefficients of at most [`NTT_BOUND`] into `0..q`, for an operand of [`multiply`] that is kept.
#[inline(always)]
pub(crate) fn reduce<M: Lanes32>(machine: M, polynomial: &mut Poly<M::Element>) {
    polynomial.debug_assert_within(-NTT_BOUND, NTT_BOUND);
    // Reduces by a product with one.
    let (one, quotient) = (machine.splat(1), machine.splat(const { quotient(1) }));
    let mut v = load(machine, polynomial);
    for row in &mut v {
        *row = machine.canonical(machine.multiply(*row, one, quotient));
    }
    store(machine, &v, polynomial);
}
