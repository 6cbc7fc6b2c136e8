//! Sixteen signed 32-bit lanes: all that the polynomials of ML-DSA ask of a processor.
//!
//! A row of sixteen is one register of AVX-512, two of AVX2 and an array elsewhere; four of NEON would do. Everything above
//! is written once for sixteen lanes, so that the order of transformed coefficients is the same on every backend.

/// The modulus of ML-DSA, `2^23 - 2^13 + 1` (FIPS 204, 2.3).
pub(crate) const Q: i32 = 8_380_417;

/// The inverse of q modulo 2^32, by which [`Lanes32::reduce`] finds the multiple of q to subtract.
pub(crate) const Q_INVERSE: i32 = 58_728_449;

/// Sixteen lanes of `i32`. Sums, differences and low products wrap around; who calls keeps to the bounds that he gives.
pub(crate) trait Lanes32: Copy {
    /// Sixteen sums of products, in 64 bits each.
    type Wide: Copy;

    /// The same number in each lane.
    fn splat(value: i32) -> Self;

    /// Sixteen numbers of memory.
    fn load(from: &[i32; 16]) -> Self;

    /// Writes the lanes to memory.
    fn store(self, to: &mut [i32; 16]);

    /// Lane by lane.
    fn add(self, other: Self) -> Self;

    /// Lane by lane.
    fn subtract(self, other: Self) -> Self;

    /// `self * factor` modulo q, where `quotient` is `factor * 2^32 / q` rounded to the nearest integer.
    ///
    /// That is Barrett's multiplication by a constant: `self * factor - floor(self * quotient / 2^32) * q`, modulo 2^32.
    /// Rounding puts the floored number off by at most `|self| / 2^33` and the floor by less than one, so the result lies in
    /// `[-e, q + e]` with `e = q * |self| / 2^33`, which is at most q / 4. No input overflows.
    fn multiply(self, factor: Self, quotient: Self) -> Self;

    /// Exchanges rows and columns of sixteen rows.
    fn transpose(rows: &mut [Self; 16]);

    /// No product yet.
    fn zero() -> Self::Wide;

    /// Adds the product of two numbers in each lane, without reduction.
    fn multiply_add(sum: Self::Wide, a: Self, b: Self) -> Self::Wide;

    /// `sum / 2^32` modulo q (Montgomery's reduction), in absolute value at most `|sum| / 2^32 + q / 2 + 1`.
    fn reduce(sum: Self::Wide) -> Self;

    /// Sixteen numbers of `BITS` bits each, packed from the lowest bit of the first byte on.
    ///
    /// `BITS` is at most 20; the bytes after the first `2 * BITS` are read and do not matter.
    fn unpack<const BITS: usize>(bytes: &[u8; 64]) -> Self;
}
