//! Vectors of 16-bit lanes, for arithmetic modulo 3329.
//!
//! A vector has one or two rows of sixteen lanes, and eight vectors are half a polynomial or a whole one. On a vector of two
//! rows, each operation below acts on each row alone, so that an algorithm on rows is right for both.

use super::Element;
use crate::ntt16::tables::{Q, Q_INVERSE};

/// The vector of a backend.
pub(crate) trait Machine16: Copy {
    type V16: Lanes16<Machine = Self>;
}

/// A machine with numbers as coefficients.
pub(crate) trait Numbers16: Machine16<V16: Lanes16<Element = i16>> {}

impl<M: Machine16<V16: Lanes16<Element = i16>>> Numbers16 for M {}

/// A vector of signed 16-bit lanes. No sum or difference overflows, which the portable backend checks in debug builds.
pub(crate) trait Lanes16: Copy {
    type Machine: Copy;
    /// A coefficient in memory.
    type Element: Element;
    /// Signed 32-bit lanes, one for each pair of 16-bit lanes.
    type Wide: Copy;
    /// 16 or 32.
    const LANES: usize;

    fn splat(machine: Self::Machine, value: i16) -> Self;
    /// Loads the first `LANES` values.
    fn load(machine: Self::Machine, values: &[Self::Element]) -> Self;
    fn load_constants(machine: Self::Machine, values: &[i16]) -> Self;
    fn store(self, values: &mut [Self::Element]);

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// The low 16 bits of a difference that may overflow.
    #[inline(always)]
    fn wrapping_sub(self, other: Self) -> Self {
        self.sub(other)
    }
    fn and(self, other: Self) -> Self;
    /// All ones where `self > other`, else zero.
    fn greater(self, other: Self) -> Self;
    fn shift_right<const BITS: i32>(self) -> Self;
    /// The low half of the product.
    fn multiply_low(self, other: Self) -> Self;
    /// The high half of the product, which is its quotient by 2^16, rounded down.
    fn multiply_high(self, other: Self) -> Self;
    /// The product divided by 2^15, rounded to the nearest integer, a half up. Not defined for two factors of -2^15.
    fn multiply_round(self, other: Self) -> Self;

    /// The product with constants, divided by 2^16 modulo q; `quotient` is `value` times the inverse of q, modulo 2^16.
    /// See [`crate::ntt16`].
    #[inline(always)]
    fn multiply(self, machine: Self::Machine, value: Self, quotient: Self) -> Self {
        let m = self.multiply_low(quotient);
        self.multiply_high(value).sub(m.multiply_high(Self::splat(machine, Q)))
    }
    /// A smaller number of the same residue modulo q. See [`crate::ntt16`].
    #[inline(always)]
    fn reduce(self, machine: Self::Machine) -> Self {
        let quotient = self.multiply_round(Self::splat(machine, 10));
        self.sub(quotient.multiply_low(Self::splat(machine, Q)))
    }

    /// The sum of the two products of each pair of lanes.
    fn multiply_pairs(self, other: Self) -> Self::Wide;
    fn add_wide(sum: Self::Wide, other: Self::Wide) -> Self::Wide;
    /// The low and the high halves of wide lanes: the halves of `even` in the even lanes, the halves of `odd` in the odd lanes.
    fn halves(even: Self::Wide, odd: Self::Wide) -> (Self, Self);
    /// Wide lanes divided by 2^16 modulo q: the results for `even` in the even lanes, for `odd` in the odd lanes.
    #[inline(always)]
    fn reduce_wide(machine: Self::Machine, even: Self::Wide, odd: Self::Wide) -> Self {
        let (low, high) = Self::halves(even, odd);
        let m = low.multiply_low(Self::splat(machine, Q_INVERSE));
        high.sub(m.multiply_high(Self::splat(machine, Q)))
    }
    /// Exchanges the lanes of each pair.
    fn swap_pairs(self) -> Self;

    /// Transposes, in each row, the matrix of 8 vectors by 8 pairs of lanes.
    fn transpose(vectors: &mut [Self; 8]);
    /// On vectors of two rows: the vectors v and v + 4 become the vectors 2 v, of their first rows, and 2 v + 1, of their second
    /// rows. Vectors of one row stay.
    #[inline(always)]
    fn rows_to_vectors(_: &mut [Self; 8]) {}
    /// Undoes `rows_to_vectors`.
    #[inline(always)]
    fn vectors_to_rows(_: &mut [Self; 8]) {}

    /// Loads lanes of `BITS` <= 12 bits each from byte `at` on, the low bits first: ByteDecode of FIPS 203.
    fn load_bits<const BITS: usize>(machine: Self::Machine, bytes: &[u8], at: usize) -> Self;
    /// Stores lanes below 2^`BITS`, `BITS` <= 12, from byte `at` on, the low bits first: ByteEncode of FIPS 203. The following
    /// bytes may be overwritten, so vectors are stored in order.
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize);
    /// Appends the lanes in `0..bound`, in order, at `count`, and returns the new count. The values after them are unspecified.
    /// The time is constant, but the addresses depend on the lanes.
    fn append_below(self, bound: i16, values: &mut [i16], count: usize) -> usize;
}
