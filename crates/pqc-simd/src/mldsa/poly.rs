//! Polynomials of degree below 256 with coefficients modulo the q of ML-DSA (FIPS 204, 2.3).

use crate::bytes::Zero;
use crate::vec::Element;
use crate::vec::v32::Q;

/// The number of coefficients of a polynomial.
pub(crate) const N: usize = 256;

/// A polynomial, as sixteen rows of sixteen coefficients: number `16 i + j` is in row i and column j.
///
/// Transformed polynomials have rows and columns exchanged; see [`crate::mldsa::ntt`].
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Poly<E = i32>(pub(crate) [[E; 16]; 16]);

impl<E: Element> Poly<E> {
    pub(crate) const ZERO: Self = Self([[E::ZERO; 16]; 16]);

    #[inline(always)]
    pub(crate) fn coefficients(&self) -> &[E] {
        self.0.as_flattened()
    }

    #[inline(always)]
    pub(crate) fn coefficients_mut(&mut self) -> &mut [E] {
        self.0.as_flattened_mut()
    }

    /// Checks in debug builds that each coefficient lies within `low..=high`.
    #[inline(always)]
    pub(crate) fn debug_assert_within(&self, low: i32, high: i32) {
        debug_assert!(self.coefficients().iter().all(|c| c.is_within(low, high)), "a coefficient beyond its bounds");
    }
}

impl Zero for Poly {
    const ZERO: Self = Self::ZERO;
}

/// The representative in `0..q` of a number in `-q..2q`.
#[inline(always)]
pub(crate) fn canonical(number: i32) -> i32 {
    debug_assert!((-Q..2 * Q).contains(&number));
    let below_q = number + (Q & (number >> 31)) - Q;
    below_q + (Q & (below_q >> 31))
}
