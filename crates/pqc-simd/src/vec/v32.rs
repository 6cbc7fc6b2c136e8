//! Rows of sixteen signed 32-bit lanes, for the polynomials of ML-DSA.
//!
//! A row is one register of AVX-512, two of AVX2, four of NEON or an array. The algorithms are written once for sixteen lanes, so the order of
//! transformed coefficients is the same on every backend.

use super::Element;

/// The modulus of ML-DSA, `2^23 - 2^13 + 1` (FIPS 204, 2.3).
pub(crate) const Q: i32 = 8_380_417;

/// The inverse of q modulo 2^32, for [`Lanes32::reduce`].
pub(crate) const Q_INVERSE: i32 = 58_728_449;

/// The operations of a backend on sixteen lanes of `i32`.
///
/// Sums, differences and low products wrap around; the caller keeps to the bounds of its polynomials.
pub(crate) trait Lanes32: Copy {
    /// A coefficient in memory.
    type Element: Element;
    /// Sixteen numbers.
    type Row: Copy;
    /// Sixteen numbers, ready for products in 64 bits.
    type Factor: Copy;
    /// Sixteen sums of products, in 64 bits each.
    type Sums: Copy;

    /// Whether the registers suffice for eight factors and a sum of products.
    const KEEPS_FACTORS: bool;

    /// One number in each lane.
    fn splat(self, value: i32) -> Self::Row;

    fn load(self, from: &[Self::Element; 16]) -> Self::Row;

    fn load_constants(self, from: &[i32; 16]) -> Self::Row;

    fn store(self, row: Self::Row, to: &mut [Self::Element; 16]);

    fn add(self, a: Self::Row, b: Self::Row) -> Self::Row;

    fn subtract(self, a: Self::Row, b: Self::Row) -> Self::Row;

    /// `a * factor` modulo q, where `quotient` is `factor * 2^32 / q` rounded to the nearest integer.
    ///
    /// This is Barrett's multiplication by a constant: `a * factor - floor(a * quotient / 2^32) * q`, modulo 2^32. Rounding
    /// changes the number that is floored by at most `|a| / 2^33`, and the floor by less than one, so the result lies in
    /// `[-e, q + e]` with `e = q * |a| / 2^33`, which is at most q / 4. No input overflows.
    fn multiply(self, a: Self::Row, factor: Self::Row, quotient: Self::Row) -> Self::Row;

    /// The residue in `0..q` of numbers in `-q..2q`.
    fn canonical(self, row: Self::Row) -> Self::Row;

    /// Exchanges rows and columns.
    fn transpose(self, rows: &mut [Self::Row; 16]);

    /// The operand of [`Self::multiply_add`] that is used repeatedly.
    fn factor(self, row: Self::Row) -> Self::Factor;

    /// Empty sums of products.
    fn no_sums(self) -> Self::Sums;

    /// Adds the product of two numbers in each lane, without reduction.
    fn multiply_add(self, sums: Self::Sums, a: Self::Row, b: Self::Factor) -> Self::Sums;

    /// `sum / 2^32` modulo q (Montgomery's reduction), in absolute value at most `|sum| / 2^32 + q / 2 + 1`.
    fn reduce(self, sums: Self::Sums) -> Self::Row;

    /// Sixteen numbers of `BITS` bits, one in each `STEP` bits from the lowest bit of the first byte on.
    ///
    /// `STEP` is at most 24; the bytes after the first `2 * STEP` are read and ignored.
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> Self::Row;

    /// Stores the numbers of a row that are below `bound` one after the other, and returns their count. None is negative.
    ///
    /// The values after them are unspecified.
    fn write_below(self, row: Self::Row, bound: i32, to: &mut [i32; 16]) -> usize;

    /// The same for the 32 nibbles of sixteen bytes, the lower half of a byte first, and a bound of at most 15.
    fn write_nibbles_below(self, bytes: &[u8; 16], bound: u8, to: &mut [u8; 32]) -> usize;
}

/// A machine with numbers as coefficients.
pub(crate) trait Numbers32: Lanes32<Element = i32> {}

impl<M: Lanes32<Element = i32>> Numbers32 for M {}

/// Tables for [`Lanes32::unpack`] with shuffles of bytes: each group of four numbers comes from separate sixteen bytes.
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
pub(crate) struct Fields<const STEP: usize>;

#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")))]
impl<const STEP: usize> Fields<STEP> {
    /// The byte where the sixteen bytes of the numbers 0, 4, 8 and 12 begin.
    pub(crate) const FIRST: [usize; 4] = [0, 4 * STEP / 8, 8 * STEP / 8, 12 * STEP / 8];

    /// The bytes of each number among its sixteen.
    pub(crate) const ORDER: [u8; 64] = {
        assert!(STEP <= 25 && 12 * STEP / 8 + 16 <= 64, "four bytes hold a number, and 64 bytes are read");
        let mut order = [0; 64];
        let mut i = 0;
        while i < 64 {
            #[allow(clippy::cast_possible_truncation, reason = "at most 9 + 3 + 3, as STEP is at most 25")]
            (order[i] = (i / 4 * STEP / 8 + i % 4 - Self::FIRST[i / 16]) as u8);
            i += 1;
        }
        order
    };

    /// The distance of each number from the lowest bit of its bytes.
    pub(crate) const SHIFTS: [i32; 16] = {
        let mut shifts = [0; 16];
        let mut i = 0;
        while i < 16 {
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "below 8")]
            (shifts[i] = (i * STEP % 8) as i32);
            i += 1;
        }
        shifts
    };
}
