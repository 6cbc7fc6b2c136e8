//! Arithmetic modulo q = 3329 on polynomials of 256 coefficients, and the number-theoretic transform of FIPS 203, 4.3.
//!
//! # Reductions
//! Coefficients are signed 16-bit numbers that represent their residue. [`multiply`] by a constant z is Montgomery's.
//! Let z' = z 2^16 mod q, |z'| <= 1664, and let m be the low half of a z' / q modulo 2^16. Then a z' - m q is a
//! multiple of 2^16, so the difference of the high halves of a z' and of m q is a z modulo q, exactly. For any a, it is
//! at most (2^15 1664 + 2^15 3329) / 2^16 < 2497 ([`PRODUCT`]).
//!
//! [`reduce`] subtracts q times the rounded a 10 / 2^15, where 2^15 / q = 9.84. The quotient is off by at most
//! 1/2 + |a| (10 / 2^15 - 1 / q), so the difference is at most 2209 ([`REDUCED`]) for |a| <= 31129 ([`REDUCIBLE`]).
//! There the quotient is at most 9, and its product fits. The tests try every number.
//!
//! # Order of the transformed coefficients
//! The layers of the transform join coefficients with indices that differ in one bit, from bit 7 down to bit 1. Vectors
//! are loaded so that bits 7 to 5 number the vectors; after three layers the rows of a vector are separated, so that
//! bits 6 to 4 number them, and after the fourth a transposition of pairs moves bits 3 to 1 there. The result stays in
//! that order, which is the same for every backend: coefficient i, written in bits, is at the position
//!
//! ```text
//! i3 i2 i1 | i7 | i6 i5 i4 | i0
//! ```
//!
//! Products keep that order, and the inverse transform starts from it. [`Ntt::reorder`] and `to_standard` convert for encodings.

#![allow(clippy::cast_possible_truncation, reason = "residues and indices of constants are small")]

use crate::bytes::Zero;
use crate::vec::Element;
use crate::vec::v16::{Lanes16, Machine16};
use tables::*;
pub(crate) use tables::{Q, Q_INVERSE};

pub(crate) mod tables;

/// The bound of results of [`multiply`].
pub(crate) const PRODUCT: i16 = 2497;

/// The bound of inputs of [`reduce`].
pub(crate) const REDUCIBLE: i16 = 31129;

// The inputs of `reduce` after the transform, and in its inverse.
const _: () = assert!(4096 + 7 * PRODUCT <= REDUCIBLE && 8 * SUM_OF_PRODUCTS <= REDUCIBLE);

/// The bound of results of [`reduce`].
pub(crate) const REDUCED: i16 = 2209;

/// The bound of results of [`Ntt::product`], for four terms.
pub(crate) const SUM_OF_PRODUCTS: i16 = 2770;

/// A polynomial.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
#[allow(unreachable_pub, reason = "keys of a public type hold it")]
pub struct Poly<E = i16>(pub(crate) [E; 256]);

impl<E: Element> Poly<E> {
    pub(crate) const ZERO: Self = Self([E::ZERO; 256]);

    /// Whether every coefficient is in `-bound..=bound`.
    pub(crate) fn is_within(&self, bound: i16) -> bool {
        self.0.iter().all(|coefficient| coefficient.is_within(-i32::from(bound), bound.into()))
    }
}

/// A transformed polynomial as the second factor of [`Ntt::product`]: of each pair (b0, b1), modulo X^2 - g, once
/// (b0, g b1) and once (b1, b0).
#[derive(Clone, Copy)]
#[repr(C)]
#[allow(unreachable_pub, reason = "keys of a public type hold it")]
pub struct Factor<E = i16> {
    pub(crate) constant: Poly<E>,
    pub(crate) linear: Poly<E>,
}

impl<E: Element> Factor<E> {
    pub(crate) const ZERO: Self = Self { constant: Poly::ZERO, linear: Poly::ZERO };
}

impl Zero for Poly {
    const ZERO: Self = Self::ZERO;
}

impl Zero for Factor {
    const ZERO: Self = Self::ZERO;
}

kernels! {
    pub(crate) trait Ntt {
        /// Algorithm 9, from coefficients in -4096..=4096 to -`REDUCED`..=`REDUCED` in the order above.
        fn ntt(polynomial: &mut Poly) = ntt;
        /// Algorithm 10, times 2^16, which undoes the factor of `product`, from coefficients in
        /// -`SUM_OF_PRODUCTS`..=`SUM_OF_PRODUCTS` to -`PRODUCT`..=`PRODUCT` in the standard order.
        fn inverse(polynomial: &mut Poly) = inverse;
        /// Converts a transformed polynomial with coefficients in -`REDUCED`..=`REDUCED` to a factor.
        fn factor(polynomial: &Poly, out: &mut Factor) = factor;
        /// Algorithm 11, summed over up to four pairs of polynomials and divided by 2^16, from coefficients in
        /// -4095..=4095 to -`SUM_OF_PRODUCTS`..=`SUM_OF_PRODUCTS`.
        fn product(left: &[Poly], right: &[Factor], out: &mut Poly) = product;
        /// Brings transformed coefficients of any size into the order above.
        fn reorder(polynomial: &mut Poly) = from_standard;
    }
}

#[cfg(test)]
kernels! {
    /// The kernel that only tests call.
    pub(crate) trait StandardOrder {
        /// Undoes `reorder`.
        fn to_standard_order(polynomial: &mut Poly) = to_standard;
    }
}

/// One constant for all lanes, or one for each lane.
#[derive(Clone, Copy)]
pub(crate) struct Constant<V> {
    value: V,
    quotient: V,
}

impl<V: Lanes16> Constant<V> {
    #[inline(always)]
    fn splat(machine: V::Machine, value: i16) -> Self {
        Self { value: V::splat(machine, value), quotient: V::splat(machine, value.wrapping_mul(Q_INVERSE)) }
    }

    #[inline(always)]
    fn splats<const N: usize>(machine: V::Machine, values: [i16; N]) -> [Self; N] {
        let mut constants = [Self::splat(machine, 0); N];
        for i in 0..N {
            constants[i] = Self::splat(machine, values[i]);
        }
        constants
    }

    /// The constants of a vector, for the rows from `row` on.
    #[inline(always)]
    fn load<const N: usize>(machine: V::Machine, table: &Constants<N>, vector: usize, row: usize) -> Self {
        let (value, quotient) = (&table.value[vector][16 * row..], &table.quotient[vector][16 * row..]);
        Self { value: V::load_constants(machine, value), quotient: V::load_constants(machine, quotient) }
    }

    /// The constants of all vectors of a table.
    #[inline(always)]
    fn loads<const N: usize>(machine: V::Machine, table: &Constants<N>, row: usize) -> [Self; N] {
        let mut constants = [Self::load(machine, table, 0, row); N];
        for i in 1..N {
            constants[i] = Self::load(machine, table, i, row);
        }
        constants
    }
}

/// The product with a constant; see the [module](self).
#[inline(always)]
pub(crate) fn multiply<V: Lanes16>(machine: V::Machine, a: V, constant: Constant<V>) -> V {
    a.multiply(machine, constant.value, constant.quotient)
}

/// The product with 2^16, which undoes the factor of [`Ntt::product`]; the bound is `PRODUCT`.
#[inline(always)]
pub(crate) fn from_montgomery<V: Lanes16>(machine: V::Machine, a: V) -> V {
    multiply(machine, a, Constant::splat(machine, centred(R * R)))
}

/// A smaller number of the same residue; see the [module](self).
#[inline(always)]
pub(crate) fn reduce<V: Lanes16>(machine: V::Machine, a: V) -> V {
    a.reduce(machine)
}

/// The residue in 0..q of a number in -q..q.
#[inline(always)]
pub(crate) fn canonical<V: Lanes16>(machine: V::Machine, a: V) -> V {
    a.add(a.shift_right::<15>().and(V::splat(machine, Q)))
}

/// How many groups of eight vectors make a polynomial: 1, or 2 where a vector has one row.
const fn groups<V: Lanes16>() -> usize {
    32 / V::LANES
}

/// Loads vectors by bits 7 to 5 of the index.
#[inline(always)]
fn load_outer<V: Lanes16>(machine: V::Machine, polynomial: &Poly<V::Element>, group: usize) -> [V; 8] {
    let mut v = [V::splat(machine, 0); 8];
    for i in 0..8 {
        v[i] = V::load(machine, &polynomial.0[32 * i + 16 * group..]);
    }
    v
}

/// Stores vectors as `load_outer` loads them; also vectors by bits 3 to 1, where `group` is bit 7.
#[inline(always)]
fn store_outer<V: Lanes16>(v: [V; 8], polynomial: &mut Poly<V::Element>, group: usize) {
    for i in 0..8 {
        v[i].store(&mut polynomial.0[32 * i + 16 * group..]);
    }
}

/// Loads vectors by bits 6 to 4, where `group` is bit 7.
#[inline(always)]
fn load_inner<V: Lanes16>(machine: V::Machine, polynomial: &Poly<V::Element>, group: usize) -> [V; 8] {
    let mut v = [V::splat(machine, 0); 8];
    for i in 0..8 {
        v[i] = V::load(machine, &polynomial.0[128 * group + V::LANES * i..]);
    }
    v
}

#[inline(always)]
fn store_inner<V: Lanes16>(v: [V; 8], polynomial: &mut Poly<V::Element>, group: usize) {
    for i in 0..8 {
        v[i].store(&mut polynomial.0[128 * group + V::LANES * i..]);
    }
}

/// One layer on eight vectors: butterflies of vectors with numbers that differ in one bit, with a constant for each
/// block.
#[inline(always)]
fn layer<V: Lanes16, const BLOCKS: usize>(machine: V::Machine, v: &mut [V; 8], zetas: [Constant<V>; BLOCKS]) {
    let distance = 4 / BLOCKS;
    for block in 0..BLOCKS {
        for low in 2 * distance * block..2 * distance * block + distance {
            let product = multiply(machine, v[low + distance], zetas[block]);
            (v[low], v[low + distance]) = (v[low].add(product), v[low].sub(product));
        }
    }
}

/// One layer of the inverse.
#[inline(always)]
fn inverse_layer<V: Lanes16, const BLOCKS: usize>(machine: V::Machine, v: &mut [V; 8], zetas: [Constant<V>; BLOCKS]) {
    let distance = 4 / BLOCKS;
    for block in 0..BLOCKS {
        for low in 2 * distance * block..2 * distance * block + distance {
            let difference = v[low + distance].sub(v[low]);
            v[low] = v[low].add(v[low + distance]);
            v[low + distance] = multiply(machine, difference, zetas[block]);
        }
    }
}

/// Each of the seven layers adds at most `PRODUCT`: 4096 + 7 * 2497 = 21575, which fits, is reduced once, at the end.
#[inline(always)]
pub(crate) fn ntt<M: Machine16>(machine: M, polynomial: &mut Poly<Element16<M>>) {
    debug_assert!(polynomial.is_within(4096));
    for group in 0..groups::<M::V16>() {
        let mut v: [M::V16; 8] = load_outer(machine, polynomial, group);
        layer(machine, &mut v, Constant::splats(machine, [ZETAS[1]]));
        layer(machine, &mut v, Constant::splats(machine, [ZETAS[2], ZETAS[3]]));
        layer(machine, &mut v, Constant::splats(machine, [ZETAS[4], ZETAS[5], ZETAS[6], ZETAS[7]]));
        M::V16::rows_to_vectors(&mut v);
        store_outer(v, polynomial, group);
    }
    let mut transformed = Poly::ZERO;
    for group in 0..groups::<M::V16>() {
        let mut v: [M::V16; 8] = load_inner(machine, polynomial, group);
        layer(machine, &mut v, Constant::loads(machine, &LAYER_4, group));
        M::V16::transpose(&mut v);
        layer(machine, &mut v, Constant::loads(machine, &LAYER_3, group));
        layer(machine, &mut v, Constant::loads(machine, &LAYER_2, group));
        layer(machine, &mut v, Constant::loads(machine, &LAYER_1, group));
        for lanes in &mut v {
            *lanes = reduce(machine, *lanes);
        }
        store_outer(v, &mut transformed, group);
    }
    *polynomial = transformed;
    debug_assert!(polynomial.is_within(REDUCED));
}

/// A sum at most doubles and a product is at most `PRODUCT`. Bounds after each layer; vectors of sums alone grow most:
///
/// | layer | all | then |
/// |---|---|---|
/// | 1, 2, 3 | 8 * 2770 = 22160; 4 * 2497 and 2 * 2497 with a product in layer 1, in layer 2 | the first is reduced: 9988 |
/// | 4 | 19976 | the sums are reduced: 2497 |
/// | 5, 6, 7 | 4994, 9988, 19976 | multiplied by the scale: 2497 |
#[inline(always)]
pub(crate) fn inverse<M: Machine16>(machine: M, polynomial: &mut Poly<Element16<M>>) {
    debug_assert!(polynomial.is_within(SUM_OF_PRODUCTS));
    let mut middle = Poly::ZERO;
    for group in 0..groups::<M::V16>() {
        let mut v: [M::V16; 8] = load_outer(machine, polynomial, group);
        inverse_layer(machine, &mut v, Constant::loads(machine, &INVERSE_LAYER_1, group));
        inverse_layer(machine, &mut v, Constant::loads(machine, &INVERSE_LAYER_2, group));
        inverse_layer(machine, &mut v, Constant::loads(machine, &INVERSE_LAYER_3, group));
        v[0] = reduce(machine, v[0]);
        M::V16::transpose(&mut v);
        inverse_layer(machine, &mut v, Constant::loads(machine, &INVERSE_LAYER_4, group));
        for i in [0, 2, 4, 6] {
            v[i] = reduce(machine, v[i]);
        }
        store_inner(v, &mut middle, group);
    }
    for group in 0..groups::<M::V16>() {
        let mut v: [M::V16; 8] = load_outer(machine, &middle, group);
        M::V16::vectors_to_rows(&mut v);
        inverse_layer(machine, &mut v, Constant::splats(machine, [ZETAS[7], ZETAS[6], ZETAS[5], ZETAS[4]]));
        inverse_layer(machine, &mut v, Constant::splats(machine, [ZETAS[3], ZETAS[2]]));
        inverse_layer(machine, &mut v, Constant::splats(machine, [SCALED_ZETA]));
        for sum in &mut v[..4] {
            *sum = multiply(machine, *sum, Constant::splat(machine, centred(SCALE)));
        }
        store_outer(v, polynomial, group);
    }
    debug_assert!(polynomial.is_within(PRODUCT));
}

#[inline(always)]
pub(crate) fn factor<M: Machine16>(machine: M, polynomial: &Poly<Element16<M>>, out: &mut Factor<Element16<M>>) {
    debug_assert!(polynomial.is_within(REDUCED));
    for group in 0..groups::<M::V16>() {
        let mut v: [M::V16; 8] = load_outer(machine, polynomial, group);
        let mut constant = v;
        for i in 0..8 {
            constant[i] = multiply(machine, v[i], Constant::load(machine, &MODULI, i, group));
            v[i] = v[i].swap_pairs();
        }
        store_outer(constant, &mut out.constant, group);
        store_outer(v, &mut out.linear, group);
    }
    debug_assert!(out.constant.is_within(REDUCED));
}

/// The sums are at most 4 * 2 * 4095 * `REDUCED` = 7.24e7, which fits 32 bits, and reduced they are at most
/// 7.24e7 / 2^16 + q / 2 < `SUM_OF_PRODUCTS`.
#[inline(always)]
pub(crate) fn product<M: Machine16>(
    machine: M,
    left: &[Poly<Element16<M>>],
    right: &[Factor<Element16<M>>],
    out: &mut Poly<Element16<M>>,
) {
    assert!(left.len() == right.len() && (1..=4).contains(&left.len()));
    debug_assert!(left.iter().all(|polynomial| polynomial.is_within(4095)));
    for at in (0..256).step_by(4 * M::V16::LANES) {
        let mut sums = products(machine, &left[0], &right[0], at);
        for (left, right) in left[1..].iter().zip(&right[1..]) {
            let more = products(machine, left, right, at);
            for i in 0..4 {
                sums[i].0 = M::V16::add_wide(sums[i].0, more[i].0);
                sums[i].1 = M::V16::add_wide(sums[i].1, more[i].1);
            }
        }
        for i in 0..4 {
            M::V16::reduce_wide(machine, sums[i].0, sums[i].1).store(&mut out.0[at + i * M::V16::LANES..]);
        }
    }
    debug_assert!(out.is_within(SUM_OF_PRODUCTS));
}

/// The constant and the linear coefficients of the products of four vectors.
#[inline(always)]
fn products<M: Machine16>(
    machine: M,
    left: &Poly<Element16<M>>,
    right: &Factor<Element16<M>>,
    at: usize,
) -> [(Wide<M>, Wide<M>); 4] {
    let mut products = [product_at(machine, left, right, at); 4];
    for i in 1..4 {
        products[i] = product_at(machine, left, right, at + i * M::V16::LANES);
    }
    products
}

type Wide<M> = <<M as Machine16>::V16 as Lanes16>::Wide;
/// A coefficient in memory.
type Element16<M> = <<M as Machine16>::V16 as Lanes16>::Element;

#[inline(always)]
fn product_at<M: Machine16>(
    machine: M,
    left: &Poly<Element16<M>>,
    right: &Factor<Element16<M>>,
    at: usize,
) -> (Wide<M>, Wide<M>) {
    let left = M::V16::load(machine, &left.0[at..]);
    let constant = left.multiply_pairs(M::V16::load(machine, &right.constant.0[at..]));
    (constant, left.multiply_pairs(M::V16::load(machine, &right.linear.0[at..])))
}

/// [`Ntt::reorder`], for use in a kernel.
#[inline(always)]
pub(crate) fn from_standard<M: Machine16>(machine: M, polynomial: &mut Poly<Element16<M>>) {
    let mut ordered = Poly::ZERO;
    for group in 0..groups::<M::V16>() {
        let mut v: [M::V16; 8] = load_inner(machine, polynomial, group);
        M::V16::rows_to_vectors(&mut v);
        M::V16::transpose(&mut v);
        store_outer(v, &mut ordered, group);
    }
    *polynomial = ordered;
}

/// Undoes [`Ntt::reorder`], for use in a kernel.
#[inline(always)]
pub(crate) fn to_standard<M: Machine16>(machine: M, polynomial: &mut Poly<Element16<M>>) {
    let mut ordered = Poly::ZERO;
    for group in 0..groups::<M::V16>() {
        let mut v: [M::V16; 8] = load_outer(machine, polynomial, group);
        M::V16::transpose(&mut v);
        M::V16::vectors_to_rows(&mut v);
        store_inner(v, &mut ordered, group);
    }
    *polynomial = ordered;
}

#[cfg(test)]
mod tests;
