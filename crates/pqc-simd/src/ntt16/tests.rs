//! The kernels on each backend against the standard's algorithms, at the bounds that they document.

use super::*;
use crate::Backend;
use crate::mlkem::oracle;
use crate::vec::v16::Numbers16;
use std::ops::RangeInclusive;

/// The position of a coefficient in the order of the module.
fn position(index: usize) -> usize {
    let bit = |i: usize| index >> i & 1;
    [3, 2, 1, 7, 6, 5, 4, 0].into_iter().fold(0, |position, i| position << 1 | bit(i))
}

fn ordered(standard: &[i64; 256]) -> Poly {
    let mut polynomial = Poly::ZERO;
    (0..256).for_each(|i| polynomial.0[position(i)] = i16::try_from(standard[i]).unwrap());
    polynomial
}

fn residues(polynomial: &Poly) -> [i64; 256] {
    polynomial.0.map(|x| i64::from(x).rem_euclid(oracle::Q))
}

fn standard_residues(polynomial: &Poly) -> [i64; 256] {
    let residues = residues(polynomial);
    std::array::from_fn(|i| residues[position(i)])
}

/// All at a bound, signs that add up in each layer, and random ones.
fn samples(bound: i64) -> Vec<[i64; 256]> {
    let mut random = 1_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(random >> 40).unwrap() % (2 * bound + 1) - bound
    };
    let mut samples = vec![[bound; 256], [-bound; 256], [0; 256]];
    samples.extend((0..8).map(|bit| std::array::from_fn(|i| if i >> bit & 1 == 0 { bound } else { -bound })));
    samples.extend((0..256).map(|one| std::array::from_fn(|i| if i == one { bound } else { 0 })));
    samples.extend((0..200).map(|_| std::array::from_fn(|_| next())));
    samples.extend((0..200).map(|_| std::array::from_fn(|_| next().signum() * bound)));
    samples
}

/// A function of one vector, applied to every number of a range.
fn on_every_number<M: Numbers16>(
    machine: M,
    range: RangeInclusive<i16>,
    function: impl Fn(M::V16) -> M::V16,
    check: impl Fn(i16, i16),
) {
    let end = *range.end();
    let mut numbers: Vec<i16> = range.collect();
    numbers.resize(numbers.len().next_multiple_of(32), end);
    let mut results = numbers.clone();
    for lanes in results.chunks_exact_mut(M::V16::LANES) {
        function(M::V16::load(machine, lanes)).store(lanes);
    }
    numbers.into_iter().zip(results).for_each(|(number, result)| check(number, result));
}

fn check_products<M: Numbers16>(machine: M) {
    let constants = ZETAS.into_iter().chain([centred(R), centred(SCALE), 1664, -1664]);
    for value in constants {
        let constant = Constant::splat(machine, value);
        on_every_number(
            machine,
            i16::MIN..=i16::MAX,
            |a| multiply(machine, a, constant),
            |a, result| {
                let product = i64::from(a) * i64::from(value);
                assert_eq!(0, (i64::from(result) * R - product) % oracle::Q, "{a} times {value}");
                assert!(result.abs() <= PRODUCT, "{a} times {value} is {result}");
            },
        );
    }
}

#[test]
fn test_products_are_exact_and_bounded_for_every_number_and_constant() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_products(m));
    }
}

fn check_reduction<M: Numbers16>(machine: M) {
    let range = -REDUCIBLE..=REDUCIBLE;
    on_every_number(
        machine,
        range.clone(),
        |a| reduce(machine, a),
        |a, result| {
            assert_eq!(0, (i64::from(a) - i64::from(result)) % oracle::Q);
            assert!(result.abs() <= REDUCED, "{a} becomes {result}");
        },
    );
    let canonical = |a| canonical(machine, reduce(machine, a));
    on_every_number(machine, range, canonical, |a, result| {
        assert_eq!(i64::from(result), i64::from(a).rem_euclid(oracle::Q));
    });
}

#[test]
fn test_reductions_are_exact_and_bounded_for_every_number() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_reduction(m));
    }
}

#[test]
fn test_ntt_agrees_with_algorithm_9_in_the_stated_order() {
    for sample in samples(4096) {
        let expected = oracle::ntt(&sample.map(|x| x.rem_euclid(oracle::Q)));
        for backend in Backend::available() {
            let mut polynomial = Poly(sample.map(|x| i16::try_from(x).unwrap()));
            dispatch!(backend, m => m.ntt(&mut polynomial));
            assert_eq!(standard_residues(&polynomial), expected, "{}", backend.name());
            assert!(polynomial.is_within(REDUCED));
        }
    }
}

#[test]
fn test_inverse_agrees_with_algorithm_10() {
    for sample in samples(SUM_OF_PRODUCTS.into()) {
        let expected = oracle::inverse_ntt(&sample.map(|x| (x * R).rem_euclid(oracle::Q)));
        for backend in Backend::available() {
            let mut polynomial = ordered(&sample);
            dispatch!(backend, m => m.inverse(&mut polynomial));
            assert_eq!(residues(&polynomial), expected, "{}", backend.name());
            assert!(polynomial.is_within(PRODUCT));
        }
    }
}

#[test]
fn test_products_of_polynomials_agree_with_algorithm_11() {
    let (left, right) = (samples(4095), samples(REDUCED.into()));
    for start in 0..left.len() {
        let term = |i: usize| (left[(start + 7 * i) % left.len()], right[(start + 31 * i) % right.len()]);
        for terms in 1..=4 {
            let mut expected = [0; 256];
            for (left, right) in (0..terms).map(term) {
                let product = oracle::multiply_ntts(&left, &right);
                expected = std::array::from_fn(|i| (expected[i] + product[i]).rem_euclid(oracle::Q));
            }
            let lefts: Vec<Poly> = (0..terms).map(|i| ordered(&term(i).0)).collect();
            for backend in Backend::available() {
                let (mut rights, mut sum) = (vec![Factor::ZERO; terms], Poly::ZERO);
                for (i, factor) in rights.iter_mut().enumerate() {
                    dispatch!(backend, m => m.factor(&ordered(&term(i).1), factor));
                }
                dispatch!(backend, m => m.product(&lefts, &rights, &mut sum));
                let found = standard_residues(&sum).map(|x| x * R % oracle::Q);
                assert_eq!(found, expected, "{terms} terms on {}", backend.name());
                assert!(sum.is_within(SUM_OF_PRODUCTS));
            }
        }
    }
}

#[test]
fn test_the_documented_order_is_reversible() {
    let standard: [i64; 256] = std::array::from_fn(|i| i64::try_from(i).unwrap() * 250 - 32000);
    for backend in Backend::available() {
        let mut polynomial = Poly(standard.map(|x| i16::try_from(x).unwrap()));
        dispatch!(backend, m => m.reorder(&mut polynomial));
        assert_eq!(polynomial.0, ordered(&standard).0, "{}", backend.name());
        dispatch!(backend, m => m.to_standard_order(&mut polynomial));
        assert_eq!(polynomial.0.map(i64::from), standard, "{}", backend.name());
    }
}
