//! The chain of bounds of each operation, from bytes to bytes: the outputs of a kernel are within the inputs of the
//! next one.
//!
//! The source of the operations runs on a machine with kernels that check the bounds of their inputs, and return the
//! least or the greatest numbers that their contract allows. Other rows prove these contracts. Between the kernels,
//! operations copy polynomials without inspecting their coefficients ([`super::opaque`]), so two runs decide for all
//! numbers: an interval lies within another if both of its ends do. Encodings are not decoded: each coefficient is the
//! least or the greatest that any string encodes. High bits are bytes, which operations could see: each value comes
//! from a kernel in each position.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of the stated ranges")]

pub(super) mod mldsa;
pub(super) mod mlkem;

use super::claim;
use crate::backend::{Backend, Portable, Token};
use crate::keccak::{F1600, State};
use crate::mldsa::poly::Poly;
use crate::ntt16::{self, Factor, Ntt, PRODUCT, REDUCED, SUM_OF_PRODUCTS};
use crate::vec::v64::Machine64;
use std::ops::RangeInclusive;

/// A machine that returns the least or the greatest numbers.
#[derive(Clone, Copy)]
struct Ends {
    is_greatest: bool,
    /// Whether decoded numbers are within the norms that are checked next; otherwise, any numbers that can be decoded.
    is_valid: bool,
    /// Whether every attempt to sign is rejected.
    rejects_all: bool,
    eta: i32,
    gamma1: i32,
    gamma2: i32,
    beta: i32,
    /// The machine that permutes.
    permuting: Portable,
}

impl Ends {
    fn of(self, range: RangeInclusive<i32>) -> i32 {
        if self.is_greatest { *range.end() } else { *range.start() }
    }

    fn fill(self, out: &mut Poly, range: RangeInclusive<i32>) {
        out.coefficients_mut().fill(self.of(range));
    }

    fn fill_small(self, out: &mut ntt16::Poly, range: RangeInclusive<i32>) {
        out.0.fill(self.of(range) as i16);
    }

    fn byte(self) -> u8 {
        if self.is_greatest { u8::MAX } else { 0 }
    }
}

#[track_caller]
fn takes(polynomial: &Poly, range: RangeInclusive<i32>) {
    let beyond = polynomial.coefficients().iter().find(|number| !range.contains(number));
    claim(beyond.is_none(), || format!("{beyond:?} is beyond {range:?}"));
}

#[track_caller]
fn takes_small(polynomial: &ntt16::Poly, range: RangeInclusive<i32>) {
    let beyond = polynomial.0.iter().find(|number| !range.contains(&i32::from(**number)));
    claim(beyond.is_none(), || format!("{beyond:?} is beyond {range:?}"));
}

#[track_caller]
fn takes_bytes(bytes: &[u8], bits: usize) {
    claim(bytes.len() == 32 * bits, || format!("{} bytes for {bits} bits", bytes.len()));
}

const SMALL: RangeInclusive<i32> = -(REDUCED as i32)..=REDUCED as i32;
const PRODUCTS: RangeInclusive<i32> = -(PRODUCT as i32)..=PRODUCT as i32;
const SUMS: RangeInclusive<i32> = -(SUM_OF_PRODUCTS as i32)..=SUM_OF_PRODUCTS as i32;

impl Ntt for Ends {
    fn ntt(self, polynomial: &mut ntt16::Poly) {
        takes_small(polynomial, -4096..=4096);
        self.fill_small(polynomial, SMALL);
    }
    fn inverse(self, polynomial: &mut ntt16::Poly) {
        takes_small(polynomial, SUMS);
        self.fill_small(polynomial, PRODUCTS);
    }
    fn factor(self, polynomial: &ntt16::Poly, out: &mut Factor) {
        takes_small(polynomial, SMALL);
        self.fill_small(&mut out.constant, SMALL);
        self.fill_small(&mut out.linear, SMALL);
    }
    fn product(self, left: &[ntt16::Poly], right: &[Factor], out: &mut ntt16::Poly) {
        claim(left.len() == right.len() && (1..=4).contains(&left.len()), || "the shape of a product".into());
        left.iter().for_each(|a| takes_small(a, -4095..=4095));
        right.iter().for_each(|b| {
            takes_small(&b.constant, SMALL);
            takes_small(&b.linear, SMALL);
        });
        self.fill_small(out, SUMS);
    }
    fn reorder(self, _: &mut ntt16::Poly) {}
}

impl F1600 for Ends {
    fn permute_x1(self, state: &mut State<1>) {
        self.permuting.permute_x1(state);
    }
    fn permute_x4(self, state: &mut State<4>, used: usize) {
        self.permuting.permute_x4(state, used);
    }
    fn permute_x8(self, state: &mut State<8>, used: usize) {
        self.permuting.permute_x8(state, used);
    }
}

impl Machine64 for Ends {
    type One = u64;
    type Four = u64;
    type Eight = u64;
    const STATES: usize = 8;
}

fn portable() -> Portable {
    match Backend::Portable.token() {
        Token::Portable(machine) => machine,
        _ => unreachable!("the portable backend is always available"),
    }
}
