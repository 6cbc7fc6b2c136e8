//! Vectors of 16-bit lanes, for arithmetic modulo 3329.
//!
//! A vector has one or two rows of sixteen lanes, and eight vectors are half a polynomial or a whole one. Where two
//! rows make a vector, everything below acts on each row alone, so that an algorithm on rows is right for both.

/// The vector of a backend.
pub(crate) trait Machine16: Copy {
    type V16: Lanes16<Machine = Self>;
}

/// A vector of signed 16-bit lanes. No sum or difference overflows: in a
/// debug build, the portable backend checks each.
pub(crate) trait Lanes16: Copy {
    type Machine: Copy;
    /// Signed 32-bit lanes, one for two of ours.
    type Wide: Copy;
    /// 16 or 32.
    const LANES: usize;

    fn splat(machine: Self::Machine, value: i16) -> Self;
    /// Takes the first `LANES` values.
    fn load(machine: Self::Machine, values: &[i16]) -> Self;
    fn store(self, values: &mut [i16]);

    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// The low bits of a difference that may need more of them.
    fn wrapping_sub(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    /// All bits where `self > other`, else none.
    fn greater(self, other: Self) -> Self;
    fn shift_right<const BITS: i32>(self) -> Self;
    /// The low half of the product.
    fn multiply_low(self, other: Self) -> Self;
    /// The high half of the product, which is its quotient by 2^16, rounded down.
    fn multiply_high(self, other: Self) -> Self;
    /// The product divided by 2^15, rounded to the nearest, a half up. Not for two factors of -2^15.
    fn multiply_round(self, other: Self) -> Self;

    /// The sum of the two products of each pair of lanes.
    fn multiply_pairs(self, other: Self) -> Self::Wide;
    fn add_wide(sum: Self::Wide, other: Self::Wide) -> Self::Wide;
    /// The low and the high halves of wide lanes: those of `even` in the even lanes, those of `odd` in the odd ones.
    fn halves(even: Self::Wide, odd: Self::Wide) -> (Self, Self);
    /// Exchanges the lanes of each pair.
    fn swap_pairs(self) -> Self;

    /// Transposes, in each row, the matrix of 8 vectors by 8 pairs of lanes.
    fn transpose(vectors: &mut [Self; 8]);
    /// Of vectors with two rows: vector v of 4 and its counterpart v + 4 become the vectors 2 v, of their first rows, and
    /// 2 v + 1, of their second rows. Vectors of one row stay.
    fn rows_to_vectors(vectors: &mut [Self; 8]);
    /// Undoes `rows_to_vectors`.
    fn vectors_to_rows(vectors: &mut [Self; 8]);

    /// Takes lanes of `BITS` <= 12 bits each from byte `at` on, the low bits first: ByteDecode of FIPS 203.
    fn load_bits<const BITS: usize>(machine: Self::Machine, bytes: &[u8], at: usize) -> Self;
    /// Writes lanes below 2^`BITS`, `BITS` <= 12, from byte `at` on, the low bits first: ByteEncode of FIPS 203. The bytes after
    /// them may be overwritten, so vectors are written in order.
    fn store_bits<const BITS: usize>(self, bytes: &mut [u8], at: usize);
    /// Appends the lanes that are in `0..bound`, in order, at `count`, and gives the new count. The lanes after it, as
    /// many as were left out, have no meaning. Its time depends on nothing, but its use of memory on the lanes.
    fn append_below(self, bound: i16, values: &mut [i16], count: usize) -> usize;
}
