//! The choice between two secrets, which must not become a jump.
#![allow(clippy::cast_possible_truncation, reason = "a mask keeps its low byte")]

/// The first string if the number is 0, else the second.
///
/// The mask is hidden from the compiler once it is all ones or all zeros. Hiding the number alone is not enough: the compiler
/// then knows that the mask has two values, and makes the choice a jump.
#[inline(always)]
pub(crate) fn select(number: u8, if_zero: &[u8; 32], otherwise: &[u8; 32]) -> [u8; 32] {
    let mask = std::hint::black_box(usize::from(number).wrapping_sub(1) >> 8) as u8;
    std::array::from_fn(|i| otherwise[i] ^ (mask & (if_zero[i] ^ otherwise[i])))
}
