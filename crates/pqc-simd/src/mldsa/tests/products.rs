//! Transforms and products.

use super::sampling::ball;
use super::*;
use crate::keccak::Shake256;
use crate::mldsa::ntt::NTT_BOUND;
use crate::mldsa::sampling::BALL_BYTES;
use crate::mldsa::small;
use crate::ntt16::{self, Factor};
use core::slice;

fn check_transform<M: Machine>(machine: M) {
    for input in polynomials(Q) {
        let (mut output, mut expected) = (input, wide(&input));
        machine.transform(&mut output);
        oracle::ntt(&mut expected);
        assert_eq!(wide(&exchanged(&output)).map(oracle::modulo), expected);
        assert!(output.coefficients().iter().all(|c| c.abs() <= NTT_BOUND));
        machine.reduce(&mut output);
        assert_eq!(wide(&exchanged(&output)), expected);
    }
}

#[test]
fn transform_is_that_of_the_standard() {
    on_each_backend!(check_transform);
}

fn check_transform_back<M: Machine>(machine: M) {
    for input in polynomials(Q - 1) {
        let (mut output, mut expected) = (exchanged(&input), wide(&input));
        machine.transform_back(&mut output);
        oracle::inverse_ntt(&mut expected);
        // Undoes the division by 2^32 of `multiply`.
        assert_eq!(wide(&output), expected.map(|c| oracle::modulo(c * oracle::power(2, 32))));
    }
}

#[test]
fn inverse_transform_is_that_of_the_standard() {
    on_each_backend!(check_transform_back);
}

fn check_multiply<M: Machine>(machine: M) {
    let (a, b) = (polynomials(Q - 1), polynomials(NTT_BOUND));
    for (length, shift) in
        [1, 4, 5, 6, 7, 8].into_iter().flat_map(|length| (0..a.len()).map(move |shift| (length, shift)))
    {
        let rows = 1 + shift % 8;
        let matrix: Vec<Poly> = a.iter().cycle().skip(shift).take(rows * length).copied().collect();
        // Sums of equal signs are the largest.
        let vector: Vec<Poly> = b.iter().cycle().skip(shift).take(length).copied().collect();
        let mut out = vec![Poly::ZERO; rows];
        machine.multiply(&matrix, &vector, &mut out);
        for (row, out) in matrix.chunks_exact(length).zip(&out) {
            for i in 0..N {
                let product = |(a, b): (&Poly, &Poly)| i64::from(a.coefficients()[i]) * i64::from(b.coefficients()[i]);
                let sum: i64 = row.iter().zip(&vector).map(product).sum();
                let scaled = i64::from(out.coefficients()[i]) * oracle::power(2, 32);
                assert_eq!(oracle::modulo(scaled), oracle::modulo(sum));
            }
            assert!(out.coefficients().iter().all(|c| c.abs() < Q));
        }
    }
    let same = [polynomial([Q - 1].into_iter().cycle()); 8];
    let most = [polynomial([NTT_BOUND].into_iter().cycle()); 8];
    let mut out = Poly::ZERO;
    machine.multiply(&same, &most, slice::from_mut(&mut out));
    assert!(out.coefficients().iter().all(|c| c.abs() < Q));
}

#[test]
fn sums_of_products_are_exact_at_their_bounds() {
    on_each_backend!(check_multiply);
}

fn check_small_products<M: Machine>(machine: M) {
    for (tau, eta) in [(39, 2), (49, 4), (60, 2)] {
        for seed in 0..40_u8 {
            let mut stream = [0; 4 * BALL_BYTES];
            Shake256::hash(machine, &[&[seed]], &mut stream);
            let c = ball(&stream, tau).unwrap();
            // Signs that make one coefficient as large as possible, equal signs, and random ones.
            let s = match seed % 4 {
                0 => polynomial((0..N).map(|i| if i == 0 { eta * c.0[0][0] } else { -eta * c.coefficients()[N - i] })),
                1 => polynomial([eta].into_iter().cycle()),
                2 => polynomial([-eta].into_iter().cycle()),
                _ => polynomial(random(seed.into(), 2 * eta + 1).map(|c| c - eta)),
            };
            let (mut challenge, mut product) = (ntt16::Poly::ZERO, ntt16::Poly::ZERO);
            let mut factor = Factor::ZERO;
            small::challenge(machine, &c, &mut challenge);
            small::factor(machine, &s, &mut factor);
            small::multiply(machine, &challenge, &factor, &mut product);
            let expected = oracle::multiply(&c, &s);
            assert_eq!(product.0.map(i64::from), expected);
            assert!(seed % 4 > 0 || expected[0] == i64::from(tau * eta));
        }
    }
}

#[test]
fn products_with_s1_and_s2_are_exact() {
    on_each_backend!(check_small_products);
}

fn check_products<M: Machine>(machine: M) {
    for (seed, bound) in (0..20).flat_map(|seed| [(seed, 1 << 12), (seed, 1 << 19)]) {
        let (a, b) = (polynomial(random(seed, Q)), polynomial(random(seed + 100, 2 * bound).map(|c| c - bound)));
        let [mut left, mut right] = [a, b];
        machine.transform(&mut left);
        machine.reduce(&mut left);
        machine.transform(&mut right);
        let mut product = Poly::ZERO;
        machine.multiply(slice::from_ref(&left), slice::from_ref(&right), slice::from_mut(&mut product));
        machine.transform_back(&mut product);
        assert_eq!(wide(&product), oracle::multiply(&a, &b).map(oracle::modulo));
        machine.centre(&mut product);
        assert_eq!(wide(&product), oracle::multiply(&a, &b).map(|c| oracle::centred(c, Q.into())));
    }
}

#[test]
fn products_are_those_of_polynomials() {
    on_each_backend!(check_products);
}
