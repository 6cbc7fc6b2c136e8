//! How the proofs of elementwise kernels place the numbers of a domain in polynomials, and run on each backend.
//!
//! The loops of these kernels treat all positions alike. So rows that always run try each number of a large domain in one
//! position, which changes from number to number, and slow rows try each number in each position.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the stated ranges")]

use super::checked;
use crate::mldsa::poly::{N, Poly};
use crate::ntt16;
use std::ops::RangeInclusive;

/// Runs a block with the token of each backend that the processor has.
macro_rules! on_each_backend {
    ($machine:ident => $check:expr) => {
        for backend in Backend::available() {
            dispatch!(backend, $machine => $check);
        }
    };
}

pub(super) type Numbers = [i32; N];

/// A placement of the numbers of a range in positions.
pub(super) type Placement = fn(RangeInclusive<i32>, &mut dyn FnMut(&Numbers));

/// Each number of a range in one position; neighbours are in neighbouring positions, but the first is not always in the first.
pub(super) fn in_one_position(range: RangeInclusive<i32>, visit: &mut dyn FnMut(&Numbers)) {
    let (low, high) = range.into_inner();
    for (block, first) in (low..=high).step_by(N).enumerate() {
        visit(&std::array::from_fn(|i| high.min(first + ((i + block) % N) as i32)));
    }
    checked((high - low + 1) as u64);
}

/// Each number of a range in each position.
pub(super) fn in_each_position(range: RangeInclusive<i32>, visit: &mut dyn FnMut(&Numbers)) {
    let (low, high) = range.into_inner();
    let count = high - low + 1;
    let offsets: Numbers = std::array::from_fn(|i| 97 * i as i32 % count);
    for turn in 0..count {
        visit(&offsets.map(|offset| low + turn + offset - if turn + offset < count { 0 } else { count }));
    }
    checked(N as u64 * count as u64);
}

/// A polynomial of ML-DSA with these coefficients.
pub(super) fn polynomial(numbers: &Numbers) -> Poly {
    let mut polynomial = Poly::ZERO;
    polynomial.coefficients_mut().copy_from_slice(numbers);
    polynomial
}

/// A polynomial of ML-KEM with these coefficients.
pub(super) fn small(numbers: &Numbers) -> ntt16::Poly {
    ntt16::Poly(numbers.map(|number| number as i16))
}

/// The place of a transformed coefficient of ML-KEM: its index in bits is `i7 .. i0`, its position `i3 i2 i1 i7 i6 i5
/// i4 i0`.
pub(super) fn place(index: usize) -> usize {
    [3, 2, 1, 7, 6, 5, 4, 0].into_iter().fold(0, |place, bit| place << 1 | (index >> bit & 1))
}

/// Brings coefficients in the standard's order to the order of transformed polynomials.
pub(super) fn ordered(standard: &ntt16::Poly) -> ntt16::Poly {
    let mut polynomial = ntt16::Poly::ZERO;
    (0..N).for_each(|i| polynomial.0[place(i)] = standard.0[i]);
    polynomial
}
