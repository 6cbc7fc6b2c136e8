//! Products of the challenge with s1 and s2, by the 16-bit transform of ML-KEM (FIPS 203, 4.3).
//!
//! c has tau coefficients that are 1 or -1, and the coefficients of s1 and s2 are at most eta, so a coefficient of a product modulo
//! `X^256 + 1` is at most `beta = tau eta`, which is at most 196. Both schemes use that polynomial, and a number of at most 1664
//! follows from its residue modulo q = 3329, so the product modulo q is the product, in lanes of half the width.

use super::kernels::Machine;
use super::poly::Poly;
use crate::ntt16::{self, Factor};

/// A polynomial of s1 or s2, ready for [`multiply`].
pub(crate) fn factor<M: Machine>(machine: M, s: &Poly, out: &mut Factor) {
    let mut small = ntt16::Poly::ZERO;
    machine.narrow(s, &mut small);
    machine.ntt(&mut small);
    machine.factor(&small, out);
}

/// The challenge, ready for [`multiply`].
pub(crate) fn challenge<M: Machine>(machine: M, c: &Poly, out: &mut ntt16::Poly) {
    machine.narrow(c, out);
    machine.ntt(out);
}

/// The product. Its coefficients are exact and not only congruent modulo q: they are at most [`ntt16::PRODUCT`], and a number
/// congruent to one of at most 196 that differs from it is at least `q - 196`.
pub(crate) fn multiply<M: Machine>(machine: M, c: &ntt16::Poly, s: &Factor, out: &mut ntt16::Poly) {
    const { assert!(ntt16::PRODUCT < ntt16::Q - 196) };
    machine.product(core::slice::from_ref(c), core::slice::from_ref(s), out);
    machine.inverse(out);
}
