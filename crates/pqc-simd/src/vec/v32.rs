//! Sixteen signed 32-bit lanes: all that the polynomials of ML-DSA ask of a processor.
//!
//! A row of sixteen is one register of AVX-512, two of AVX2 and an array elsewhere; four of NEON would do. Everything above
//! is written once for sixteen lanes, so that the order of transformed coefficients is the same on every backend.

/// The modulus of ML-DSA, `2^23 - 2^13 + 1` (FIPS 204, 2.3).
pub(crate) const Q: i32 = 8_380_417;

/// The inverse of q modulo 2^32, by which [`Lanes32::reduce`] finds the multiple of q to subtract.
pub(crate) const Q_INVERSE: i32 = 58_728_449;

/// What the token of a backend does with sixteen lanes of `i32`.
///
/// Sums, differences and low products wrap around; who calls keeps to the bounds that he gives.
pub(crate) trait Lanes32: Copy {
    /// Sixteen numbers.
    type Row: Copy;
    /// Sixteen numbers, ready for products in 64 bits.
    type Factor: Copy;
    /// Sixteen sums of products, in 64 bits each.
    type Sums: Copy;

    /// Whether there are registers to keep eight factors beside what a sum of products takes.
    const KEEPS_FACTORS: bool;

    /// The same number in each lane.
    fn splat(self, value: i32) -> Self::Row;

    /// Sixteen numbers of memory.
    fn load(self, from: &[i32; 16]) -> Self::Row;

    /// Writes the lanes to memory.
    fn store(self, row: Self::Row, to: &mut [i32; 16]);

    /// `a + b`, lane by lane.
    fn add(self, a: Self::Row, b: Self::Row) -> Self::Row;

    /// `a - b`, lane by lane.
    fn subtract(self, a: Self::Row, b: Self::Row) -> Self::Row;

    /// `a * factor` modulo q, where `quotient` is `factor * 2^32 / q` rounded to the nearest integer.
    ///
    /// That is Barrett's multiplication by a constant: `a * factor - floor(a * quotient / 2^32) * q`, modulo 2^32. Rounding
    /// puts the number that is floored off by at most `|a| / 2^33`, and the floor by less than one, so the result lies in
    /// `[-e, q + e]` with `e = q * |a| / 2^33`, which is at most q / 4. No input overflows.
    fn multiply(self, a: Self::Row, factor: Self::Row, quotient: Self::Row) -> Self::Row;

    /// The residue in `0..q` of numbers in `-q..2q`.
    fn canonical(self, row: Self::Row) -> Self::Row;

    /// Exchanges rows and columns.
    fn transpose(self, rows: &mut [Self::Row; 16]);

    /// What [`Self::multiply_add`] takes again and again.
    fn factor(self, row: Self::Row) -> Self::Factor;

    /// No product yet.
    fn no_sums(self) -> Self::Sums;

    /// Adds the product of two numbers in each lane, without reduction.
    fn multiply_add(self, sums: Self::Sums, a: Self::Row, b: Self::Factor) -> Self::Sums;

    /// `sum / 2^32` modulo q (Montgomery's reduction), in absolute value at most `|sum| / 2^32 + q / 2 + 1`.
    fn reduce(self, sums: Self::Sums) -> Self::Row;

    /// Sixteen numbers of `BITS` bits, one in each `STEP` bits from the lowest bit of the first byte on.
    ///
    /// `STEP` is at most 24; the bytes after the first `2 * STEP` are read and do not matter.
    fn unpack<const STEP: usize, const BITS: usize>(self, bytes: &[u8; 64]) -> Self::Row;

    /// Writes the numbers of a row that are below `bound` one after the other, and gives how many they are. None is negative.
    ///
    /// What is written after them has no meaning.
    fn write_below(self, row: Self::Row, bound: i32, to: &mut [i32; 16]) -> usize;

    /// The same with the 32 numbers of four bits of sixteen bytes, the lower half of a byte first, for a bound of at most 15.
    fn write_nibbles_below(self, bytes: &[u8; 16], bound: u8, to: &mut [u8; 32]) -> usize;
}

/// For [`Lanes32::unpack`] with shuffles of bytes: each four numbers are taken from sixteen bytes of their own.
#[cfg(target_arch = "x86_64")]
pub(crate) struct Fields<const STEP: usize>;

#[cfg(target_arch = "x86_64")]
impl<const STEP: usize> Fields<STEP> {
    /// The byte where the sixteen of the numbers 0, 4, 8 and 12 begin.
    pub(crate) const FIRST: [usize; 4] = [0, 4 * STEP / 8, 8 * STEP / 8, 12 * STEP / 8];

    /// Which of the sixteen bytes make each number.
    pub(crate) const ORDER: [u8; 64] = {
        assert!(STEP <= 25 && 12 * STEP / 8 + 16 <= 64, "four bytes hold a number, and 64 all that is read");
        let mut order = [0; 64];
        let mut i = 0;
        while i < 64 {
            #[allow(clippy::cast_possible_truncation, reason = "at most 9 + 3 + 3, as STEP is at most 25")]
            (order[i] = (i / 4 * STEP / 8 + i % 4 - Self::FIRST[i / 16]) as u8);
            i += 1;
        }
        order
    };

    /// How far each number is from the lowest bit of its bytes.
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
