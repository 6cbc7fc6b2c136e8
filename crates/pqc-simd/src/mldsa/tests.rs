//! The kernels on every backend against the oracle, with inputs at their bounds.

use super::kernels::Machine;
use super::oracle;
use super::poly::{N, Poly};
use crate::backend::Backend;
use crate::vec::v32::Q;
use core::array::from_fn;

const GAMMA2: [i32; 2] = [(Q - 1) / 88, (Q - 1) / 32];

/// Calls a function with the token of each backend of this processor.
macro_rules! on_each_backend {
    ($function:ident) => {
        for backend in Backend::available() {
            dispatch!(backend, machine => $function(machine));
        }
    };
}

/// Numbers below `bound` that depend on `seed` alone.
fn random(seed: u32, bound: i32) -> impl Iterator<Item = i32> {
    let mut state = u64::from(seed) + 1;
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((state >> 33) % u64::from(bound.unsigned_abs())).unwrap()
    })
}

fn polynomial(mut coefficients: impl Iterator<Item = i32>) -> Poly {
    let mut polynomial = Poly::ZERO;
    polynomial.coefficients_mut().iter_mut().for_each(|c| *c = coefficients.next().unwrap());
    polynomial
}

/// Polynomials at the bounds `-bound..=bound`, and random ones.
fn polynomials(bound: i32) -> Vec<Poly> {
    let fixed =
        [[bound, bound], [-bound, -bound], [bound, -bound], [0, bound], [0, 0], [-1, 1], [bound - 1, 1 - bound]];
    let fixed = fixed.map(|pair| polynomial(pair.into_iter().cycle()));
    fixed.into_iter().chain((0..20).map(|seed| polynomial(random(seed, 2 * bound + 1).map(|c| c - bound)))).collect()
}

fn wide(polynomial: &Poly) -> [i64; N] {
    from_fn(|i| i64::from(polynomial.coefficients()[i]))
}

/// Exchanges rows and columns.
fn exchanged(polynomial: &Poly) -> Poly {
    Poly(from_fn(|i| from_fn(|j| polynomial.0[j][i])))
}

mod packing;
mod products;
mod rounding;
mod sampling;
