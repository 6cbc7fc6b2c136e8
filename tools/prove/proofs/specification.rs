//! The result of each lane operation in one lane: the documentation of [`Lanes16`] and [`Lanes32`] as functions.
//!
//! The functions are generic over [`Number`]. `operations` compares the terms that the instructions of AVX2, AVX-512
//! and NEON make with these functions on terms. On numbers, it shows that these functions reduce.
//!
//! [`Lanes16`]: crate::vec::v16::Lanes16
//! [`Lanes32`]: crate::vec::v32::Lanes32

use super::terms::{self, Bit, ONE, Word, ZERO};

/// A signed number. The caller knows its number of bits.
pub(super) trait Number: Clone {
    fn constant(value: i64, bits: u32) -> Self;
    /// Modulo 2^`bits`.
    fn add(&self, other: &Self, bits: u32) -> Self;
    /// Modulo 2^`bits`.
    fn subtract(&self, other: &Self, bits: u32) -> Self;
    /// The product of numbers of `bits` bits, with twice as many bits.
    fn multiply(&self, other: &Self, bits: u32) -> Self;
    /// The `bits` bits from bit `from` on.
    fn bits(&self, from: u32, bits: u32) -> Self;
    fn and(&self, other: &Self) -> Self;
    /// -1 where `self` > `other`, else 0.
    fn greater(&self, other: &Self, bits: u32) -> Self;
    /// The lesser of two unsigned numbers of `bits` bits.
    fn minimum(&self, other: &Self, bits: u32) -> Self;
    /// The quotient by 2^`by`, rounded down.
    fn shift_right(&self, by: u32, bits: u32) -> Self;
    /// The same number, of `bits` bits.
    fn extend(&self, bits: u32) -> Self;

    fn low(&self, bits: u32) -> Self {
        self.bits(0, bits)
    }
    fn high(&self, bits: u32) -> Self {
        self.bits(bits, bits)
    }
}

impl Number for Word {
    fn constant(value: i64, bits: u32) -> Self {
        terms::integer(value, bits as usize)
    }
    fn add(&self, other: &Self, _: u32) -> Self {
        terms::add(self, other)
    }
    fn subtract(&self, other: &Self, _: u32) -> Self {
        terms::subtract(self, other)
    }
    fn multiply(&self, other: &Self, _: u32) -> Self {
        terms::multiply(self, other, true)
    }
    fn bits(&self, from: u32, bits: u32) -> Self {
        self[from as usize..][..bits as usize].into()
    }
    fn and(&self, other: &Self) -> Self {
        self.iter().zip(other).map(|(a, b)| terms::and(*a, *b)).collect()
    }
    fn greater(&self, other: &Self, bits: u32) -> Self {
        vec![terms::greater(self, other, true); bits as usize]
    }
    fn minimum(&self, other: &Self, _: u32) -> Self {
        let is_less = terms::greater(other, self, false);
        self.iter().zip(other).map(|(a, b)| terms::choose(is_less, *a, *b)).collect()
    }
    fn shift_right(&self, by: u32, _: u32) -> Self {
        terms::shifted(self, -by.cast_signed(), self[self.len() - 1])
    }
    fn extend(&self, bits: u32) -> Self {
        terms::extended(self, bits as usize, true)
    }
}

impl Number for i64 {
    #[inline(always)]
    fn constant(value: i64, _: u32) -> Self {
        value
    }
    #[inline(always)]
    fn add(&self, other: &Self, bits: u32) -> Self {
        self.wrapping_add(*other).bits(0, bits)
    }
    #[inline(always)]
    fn subtract(&self, other: &Self, bits: u32) -> Self {
        self.wrapping_sub(*other).bits(0, bits)
    }
    #[inline(always)]
    fn multiply(&self, other: &Self, _: u32) -> Self {
        self * other
    }
    #[inline(always)]
    fn bits(&self, from: u32, bits: u32) -> Self {
        self >> from << (64 - bits) >> (64 - bits)
    }
    #[inline(always)]
    fn and(&self, other: &Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn greater(&self, other: &Self, _: u32) -> Self {
        -i64::from(self > other)
    }
    #[inline(always)]
    fn minimum(&self, other: &Self, bits: u32) -> Self {
        let unsigned = |number: &Self| number.cast_unsigned() << (64 - bits);
        if unsigned(self) < unsigned(other) { *self } else { *other }
    }
    #[inline(always)]
    fn shift_right(&self, by: u32, _: u32) -> Self {
        self >> by
    }
    #[inline(always)]
    fn extend(&self, _: u32) -> Self {
        *self
    }
}

/// Of [`Lanes16`](crate::vec::v16::Lanes16).
pub(super) mod lanes16 {
    use super::Number;
    use crate::ntt16::{Q, Q_INVERSE};

    #[inline(always)]
    pub(in super::super) fn multiply_low<N: Number>(a: &N, b: &N) -> N {
        a.multiply(b, 16).low(16)
    }
    #[inline(always)]
    pub(in super::super) fn multiply_high<N: Number>(a: &N, b: &N) -> N {
        a.multiply(b, 16).high(16)
    }
    #[inline(always)]
    pub(in super::super) fn multiply_round<N: Number>(a: &N, b: &N) -> N {
        a.multiply(b, 16).add(&N::constant(1 << 14, 32), 32).bits(15, 16)
    }
    /// `a value / 2^16` modulo q.
    #[inline(always)]
    pub(in super::super) fn multiply<N: Number>(a: &N, value: &N, quotient: &N) -> N {
        let multiple = multiply_low(a, quotient);
        multiply_high(a, value).subtract(&multiply_high(&multiple, &N::constant(Q.into(), 16)), 16)
    }
    /// The same for a `value` that is not -2^15, by high halves of doubled products.
    #[inline(always)]
    pub(in super::super) fn multiply_doubled<N: Number>(a: &N, value: &N, quotient: &N) -> N {
        let doubled = |a: &N, b: &N| a.multiply(b, 16).bits(15, 16).extend(17);
        let multiple = multiply_low(a, quotient);
        doubled(a, value).subtract(&doubled(&multiple, &N::constant(Q.into(), 16)), 17).bits(1, 16)
    }
    /// `a - round(10 a / 2^15) q`.
    #[inline(always)]
    pub(in super::super) fn reduce<N: Number>(a: &N) -> N {
        let quotient = multiply_round(a, &N::constant(10, 16));
        a.subtract(&multiply_low(&quotient, &N::constant(Q.into(), 16)), 16)
    }
    #[inline(always)]
    pub(in super::super) fn multiply_pairs<N: Number>(a: [&N; 2], b: [&N; 2]) -> N {
        a[0].multiply(b[0], 16).add(&a[1].multiply(b[1], 16), 32)
    }
    /// `sum / 2^16` modulo q (Montgomery's reduction).
    #[inline(always)]
    pub(in super::super) fn reduce_wide<N: Number>(sum: &N) -> N {
        let multiple = multiply_low(&sum.low(16), &N::constant(Q_INVERSE.into(), 16));
        sum.high(16).subtract(&multiply_high(&multiple, &N::constant(Q.into(), 16)), 16)
    }
}

/// Of [`Lanes32`](crate::vec::v32::Lanes32).
pub(super) mod lanes32 {
    use super::Number;
    use crate::vec::v32::{Q, Q_INVERSE};

    /// `a factor - floor(a quotient / 2^32) q`, modulo 2^32.
    #[inline(always)]
    pub(in super::super) fn multiply<N: Number>(a: &N, factor: &N, quotient: &N) -> N {
        let multiple = a.multiply(quotient, 32).high(32).multiply(&N::constant(Q.into(), 32), 32).low(32);
        a.multiply(factor, 32).low(32).subtract(&multiple, 32)
    }
    #[inline(always)]
    pub(in super::super) fn multiply_add<N: Number>(sum: &N, a: &N, b: &N) -> N {
        sum.add(&a.multiply(b, 32), 64)
    }
    /// `(sum - (sum / q mod 2^32) q) / 2^32` (Montgomery's reduction).
    #[inline(always)]
    pub(in super::super) fn reduce<N: Number>(sum: &N) -> N {
        let multiple = sum.low(32).multiply(&N::constant(Q_INVERSE.into(), 32), 32).low(32);
        sum.subtract(&multiple.multiply(&N::constant(Q.into(), 32), 32), 64).high(32)
    }
    /// The unsigned minimum m of x and x + q, and then of m and m - q.
    pub(in super::super) fn canonical<N: Number>(x: &N) -> N {
        let q = N::constant(Q.into(), 32);
        let positive = x.minimum(&x.add(&q, 32), 32);
        positive.minimum(&positive.subtract(&q, 32), 32)
    }
}

/// Of [`Lanes64`](crate::vec::v64::Lanes64), for a bit of each operand.
pub(super) mod lanes64 {
    use super::{Bit, ONE, ZERO, terms};

    pub(in super::super) fn xor3(a: Bit, b: Bit, c: Bit) -> Bit {
        terms::xor(terms::xor(a, b), c)
    }
    pub(in super::super) fn chi(a: Bit, b: Bit, c: Bit) -> Bit {
        terms::xor(a, terms::and(terms::not(b), c))
    }
    pub(in super::super) fn constant(a: Bit, constant: u64, bit: usize) -> Bit {
        terms::xor(a, if constant >> bit & 1 == 1 { ONE } else { ZERO })
    }
}
