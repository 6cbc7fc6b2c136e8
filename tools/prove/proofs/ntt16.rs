//! The transforms and products of ML-KEM, on all inputs: bounds, no overflow, and the results by their definition in FIPS 203.

use super::lanes16::{Any, Pair, reduce_every_sum};
use super::machine::portable;
use super::value::{Form, Terms, Value, begin, forget, forms, inverse, monomial, power, q, variable};
use super::{Label, Row, checked, claim};
use crate::backend::Backend;
use crate::mldsa::{self, MlDsa44, MlDsa65, MlDsa87, ParameterSet, small};
use crate::ntt16::{self, Factor, PRODUCT, Poly, Q, Q_INVERSE, REDUCED, REDUCIBLE, SUM_OF_PRODUCTS, tables};
use crate::vec::Element;
use crate::vec::v16::Lanes16;
use std::array::from_fn;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-KEM zetas: entry i is 2^16 17^BitRev7(i) modulo q, of least absolute value (FIPS 203, appendix A)",
        label: Label::Proved,
        covers: &["ntt16/tables.rs::centred", "ntt16/tables.rs::power"],
        is_slow: false,
        check: zetas,
    },
    Row {
        name: "ML-KEM multiply by a constant: for every number a and every constant z of -1664..=1664, the result is a \
               z / 2^16 modulo q, at most PRODUCT",
        label: Label::Proved,
        covers: &["vec/v16.rs::Lanes16::multiply"],
        is_slow: false,
        check: every_product,
    },
    Row {
        name: "ML-KEM reduce: every number of at most REDUCIBLE becomes a number of the same residue, at most REDUCED",
        label: Label::Proved,
        covers: &["vec/v16.rs::Lanes16::reduce", "ntt16.rs::reduce"],
        is_slow: false,
        check: every_reduction,
    },
    Row {
        name: "ML-KEM reduce_wide: for every sum of four products of pairs, the result is sum / 2^16 modulo q, in even \
               and odd lanes",
        label: Label::Proved,
        covers: &["vec/v16.rs::Lanes16::reduce_wide"],
        is_slow: false,
        check: reduce_every_sum,
    },
    Row {
        name: "ML-KEM from_montgomery: for every number a, the result is 2^16 a modulo q, at most PRODUCT; canonical \
               adds q to every negative number",
        label: Label::Proved,
        covers: &["ntt16.rs::from_montgomery", "ntt16.rs::canonical"],
        is_slow: false,
        check: residues,
    },
    Row {
        name: "ML-KEM ntt (FIPS 203, algorithm 9), 16 and 32 lanes: |a| <= 4096 implies |out| <= REDUCED, and out is a \
               modulo X^2 - zeta^(2 BitRev7(i) + 1), in the documented order",
        label: Label::Proved,
        covers: &[
            "ntt16.rs::ntt",
            "ntt16.rs::layer",
            "ntt16.rs::multiply",
            "ntt16.rs::groups",
            "ntt16.rs::load_outer",
            "ntt16.rs::store_outer",
            "ntt16.rs::load_inner",
            "ntt16.rs::Constant::splat",
            "ntt16.rs::Constant::splats",
            "ntt16.rs::Constant::load",
            "ntt16.rs::Constant::loads",
            "ntt16.rs::Poly::is_within",
            "ntt16/tables.rs::with_quotients",
            "ntt16/tables.rs::zeta",
            "ntt16/tables.rs::index_at",
            "ntt16/tables.rs::layer_4",
            "ntt16/tables.rs::inner_layer",
        ],
        is_slow: false,
        check: transform,
    },
    Row {
        name: "ML-KEM inverse (FIPS 203, algorithm 10), 16 and 32 lanes: |a| <= SUM_OF_PRODUCTS implies |out| <= \
               PRODUCT, and out is 2^16 times the inverse transform",
        label: Label::Proved,
        covers: &["ntt16.rs::inverse", "ntt16.rs::inverse_layer", "ntt16.rs::store_inner"],
        is_slow: false,
        check: transform_back,
    },
    Row {
        name: "ML-KEM product with factor (FIPS 203, algorithms 11 and 12), 1 to 4 terms, 16 and 32 lanes: |a| <= 4095 \
               and |b| <= REDUCED imply |out| <= SUM_OF_PRODUCTS, and out is the sum of products / 2^16",
        label: Label::Proved,
        covers: &[
            "ntt16.rs::factor",
            "ntt16.rs::product",
            "ntt16.rs::products",
            "ntt16.rs::product_at",
            "ntt16/tables.rs::moduli",
        ],
        is_slow: false,
        check: product,
    },
    Row {
        name: "ML-KEM from_standard and to_standard, 16 and 32 lanes: coefficient i moves to i3 i2 i1 | i7 | i6 i5 i4 | i0, and back",
        label: Label::Proved,
        covers: &["ntt16.rs::from_standard", "ntt16.rs::to_standard"],
        is_slow: false,
        check: order,
    },
    Row {
        name: "ML-KEM inverse(product(ntt a, factor(ntt b))) = a b modulo X^256 + 1 and q, for all a and b (both linear: b = X^n)",
        label: Label::Proved,
        covers: &[],
        is_slow: false,
        check: whole_product,
    },
    Row {
        name: "ML-DSA c s1 and c s2 by the transform of ML-KEM are exact, for every challenge and every encoding of s1 \
               and s2, valid or not: by the rows on ntt, product and inverse they are exact modulo q, and by the \
               constants of these they are the numbers of least absolute value; also computed for each monomial of c \
               and the ends of s1 and s2",
        label: Label::Proved,
        covers: &["mldsa/small.rs::factor", "mldsa/small.rs::challenge", "mldsa/small.rs::multiply"],
        is_slow: false,
        check: small_products,
    },
    Row {
        name: "ML-KEM kernels of each backend: ntt, inverse, factor, product and reorder, and c s of ML-DSA, against their definition",
        label: Label::Tested,
        covers: &[
            "ntt16.rs::Ntt::ntt",
            "ntt16.rs::Ntt::inverse",
            "ntt16.rs::Ntt::factor",
            "ntt16.rs::Ntt::product",
            "ntt16.rs::Ntt::reorder",
            "mldsa/small.rs::factor",
            "mldsa/small.rs::challenge",
            "mldsa/small.rs::multiply",
        ],
        is_slow: false,
        check: kernels,
    },
    Row {
        name: "assertions on coefficients: a number is within bounds exactly if it is neither below nor above them",
        label: Label::Tested,
        covers: &["vec/mod.rs::Element::is_within"],
        is_slow: false,
        check: bounds,
    },
];

const Q16: i64 = Q as i64;

/// `BitRev7(i)`
fn reversed(i: usize) -> u64 {
    u64::from(u8::try_from(i).unwrap().reverse_bits() >> 1)
}

/// `zeta^(2 BitRev7(i) + 1)`, the root of pair i of the transform (FIPS 203, 4.3).
fn root(i: usize) -> i64 {
    power(17, 2 * reversed(i) + 1)
}

/// The position of a coefficient of the transform.
fn position(index: usize) -> usize {
    [3, 2, 1, 7, 6, 5, 4, 0].into_iter().fold(0, |position, bit| position << 1 | (index >> bit & 1))
}

/// Checks a value against a bound and a form.
#[track_caller]
fn expect(found: Value, bound: i16, terms: Terms) {
    let bound = i64::from(bound);
    claim(-bound <= found.low && found.high <= bound, || format!("{}..={} exceeds {bound}", found.low, found.high));
    claim(found.form.terms() == Form::of(terms).terms(), || "another residue than by definition".into());
}

/// A polynomial of variables.
fn variables(from: usize, bound: i64) -> Poly<Value> {
    Poly(from_fn(|i| Value::any(from + i, bound)))
}

/// The order of the transform.
fn ordered<E: Element>(standard: &Poly<E>) -> Poly<E> {
    let mut polynomial = Poly::ZERO;
    (0..256).for_each(|i| polynomial.0[position(i)] = standard.0[i]);
    polynomial
}

fn zetas() {
    begin(Q16);
    for (i, zeta) in tables::ZETAS.into_iter().enumerate() {
        let expected = power(2, 16) * power(17, reversed(i));
        claim((i64::from(zeta) - expected).rem_euclid(Q16) == 0 && zeta.abs() <= 1664, || {
            format!("zeta {i} is {zeta}")
        });
    }
}

fn every_product() {
    for z in -1664..=1664 {
        let (value, quotient) = (Pair([z; 2]), Pair([z.wrapping_mul(Q_INVERSE); 2]));
        for a in (i16::MIN..=i16::MAX).step_by(2) {
            let a = [a, a + 1];
            for (a, result) in a.into_iter().zip(Pair(a).multiply((), value, quotient).0) {
                assert!(result.abs() <= PRODUCT, "{a} times {z} is {result}");
                assert_eq!(
                    (i32::from(result) * 65_536 - i32::from(a) * i32::from(z)) % i32::from(Q),
                    0,
                    "{a} times {z}"
                );
            }
        }
    }
    checked(3329 << 16);
}

fn every_reduction() {
    let mut most = 0;
    for a in -REDUCIBLE..=REDUCIBLE {
        let result = ntt16::reduce((), Pair([a, -a])).0;
        assert_eq!([(result[0] - a) % Q, (result[1] + a) % Q], [0; 2], "{a} reduced");
        most = most.max(result[0].abs()).max(result[1].abs());
    }
    checked(4 * REDUCIBLE.unsigned_abs() as u64 + 2);
    claim(most <= REDUCED, || format!("results reach {most}"));
}

fn residues() {
    for a in i16::MIN..=i16::MAX {
        let [result, _] = ntt16::from_montgomery((), Pair([a; 2])).0;
        assert!(result.abs() <= PRODUCT, "2^16 {a} is {result}");
        assert_eq!((i64::from(result) - (i64::from(a) << 16)) % Q16, 0, "2^16 {a}");
    }
    for a in i16::MIN..=i16::MAX {
        assert_eq!(ntt16::canonical((), Pair([a; 2])).0, [if a < 0 { a + Q } else { a }; 2]);
    }
    checked(2 << 16);
}

fn transform() {
    fn prove<const LANES: usize>() {
        begin(Q16);
        let mut polynomial = variables(0, 4096);
        ntt16::ntt(Any::<LANES>, &mut polynomial);
        for i in 0..256 {
            let expected = (0..128).map(|k| (variable(2 * k + i % 2), power(root(i / 2), k as u64))).collect();
            expect(polynomial.0[position(i)], REDUCED, expected);
        }
    }
    prove::<16>();
    prove::<32>();
}

fn transform_back() {
    fn prove<const LANES: usize>() {
        begin(Q16);
        let mut polynomial = ordered(&variables(0, SUM_OF_PRODUCTS.into()));
        ntt16::inverse(Any::<LANES>, &mut polynomial);
        let scale = power(2, 16) * inverse(128) % q();
        for j in 0..256 {
            let term = |i: usize| (variable(2 * i + j % 2), scale * power(inverse(root(i)), j as u64 / 2));
            expect(polynomial.0[j], PRODUCT, (0..128).map(term).collect());
        }
    }
    prove::<16>();
    prove::<32>();
}

fn product() {
    fn prove<const LANES: usize>(terms: usize) {
        begin(Q16);
        let machine = Any::<LANES>;
        let left: Vec<_> = (0..terms).map(|t| ordered(&variables(512 * t, 4095))).collect();
        let mut right = vec![Factor::ZERO; terms];
        for (t, factor) in right.iter_mut().enumerate() {
            ntt16::factor(machine, &ordered(&variables(512 * t + 256, REDUCED.into())), factor);
        }
        let mut out = Poly::ZERO;
        ntt16::product(machine, &left, &right, &mut out);
        let scale = inverse(1 << 16);
        for i in 0..256 {
            // (a0 b0 + g a1 b1) + (a0 b1 + a1 b0) X
            let expected = (0..terms).flat_map(|t| {
                let [a0, a1] = [0, 1].map(|half| variable(512 * t + i / 2 * 2 + half));
                let [b0, b1] = [0, 1].map(|half| variable(512 * t + 256 + i / 2 * 2 + half));
                if i % 2 == 0 {
                    [(monomial(a0, b0), scale), (monomial(a1, b1), scale * root(i / 2))]
                } else {
                    [(monomial(a0, b1), scale), (monomial(a1, b0), scale)]
                }
            });
            expect(out.0[position(i)], SUM_OF_PRODUCTS, expected.collect());
        }
    }
    for terms in 1..=4 {
        prove::<16>(terms);
        prove::<32>(terms);
    }
}

fn order() {
    fn prove<const LANES: usize>() {
        begin(Q16);
        let mut polynomial = variables(0, i16::MAX.into());
        ntt16::from_standard(Any::<LANES>, &mut polynomial);
        (0..256).for_each(|i| expect(polynomial.0[position(i)], i16::MAX, vec![(variable(i), 1)]));
        ntt16::to_standard(Any::<LANES>, &mut polynomial);
        (0..256).for_each(|i| expect(polynomial.0[i], i16::MAX, vec![(variable(i), 1)]));
    }
    prove::<16>();
    prove::<32>();
}

/// The other rows show that the transforms are linear and the product bilinear, so the powers of X as b suffice.
fn whole_product() {
    begin(Q16);
    let machine = Any::<32>;
    let mut a = variables(0, 4095);
    ntt16::ntt(machine, &mut a);
    let made = forms();
    for n in 0..256 {
        let (mut b, mut factor, mut out) = (Poly::ZERO, Factor::ZERO, Poly::ZERO);
        b.0[n] = Value::constant(1);
        ntt16::ntt(machine, &mut b);
        ntt16::factor(machine, &b, &mut factor);
        ntt16::product(machine, &[a], &[factor], &mut out);
        ntt16::inverse(machine, &mut out);
        for i in 0..256 {
            expect(out.0[i], PRODUCT, vec![(variable((i + 256 - n) % 256), if i < n { -1 } else { 1 })]);
        }
        forget(made);
    }
}

/// A coefficient of c s is a sum of tau terms of at most the bound of s. The computed coefficient is congruent to it and at most
/// `PRODUCT`, so the two differ by less than q, and are equal. Invalid encodings of s reach `eta - (2^bits - 1)`.
fn small_products() {
    fn set<P: ParameterSet>() {
        let lowest = P::ETA - ((1 << P::ETA_BITS) - 1);
        let bound = P::TAU * P::ETA.max(-lowest);
        claim(i32::from(PRODUCT) + bound < i32::from(Q), || format!("sums reach {bound}"));
        claim(P::ETA.max(-lowest) <= 4096, || "s exceeds the input of the transform".into());
        for number in [lowest, P::ETA] {
            let (mut c, mut s, mut out) = (Poly::ZERO, Factor::ZERO, Poly::ZERO);
            small::factor(portable(), &mldsa::poly::Poly([[number; 16]; 16]), &mut s);
            for i in 0..256 {
                let mut monomial = mldsa::poly::Poly::ZERO;
                monomial.coefficients_mut()[i] = 1;
                small::challenge(portable(), &monomial, &mut c);
                small::multiply(portable(), &c, &s, &mut out);
                let is_shifted = (0..256).all(|k| i32::from(out.0[k]) == if k < i { -number } else { number });
                claim(is_shifted, || format!("X^{i} times coefficients of {number}"));
            }
        }
    }
    set::<MlDsa44>();
    set::<MlDsa65>();
    set::<MlDsa87>();
}

/// The product modulo X^256 + 1.
fn schoolbook(a: &[i64; 256], b: &[i64; 256]) -> [i64; 256] {
    let mut product = [0; 256];
    for (i, j) in (0..256).flat_map(|i| (0..256).map(move |j| (i, j))) {
        product[(i + j) % 256] += if i + j < 256 { a[i] * b[j] } else { -a[i] * b[j] };
    }
    product
}

/// Numbers of one bound, or any number below it.
fn sample(random: &mut u64, bound: i16) -> Poly {
    let mut next = || {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 40) as i32
    };
    let is_extreme = next() % 2 == 0;
    Poly(from_fn(|_| {
        let number = next() % (2 * i32::from(bound) + 1) - i32::from(bound);
        (if is_extreme { number.signum() * i32::from(bound) } else { number }) as i16
    }))
}

fn kernels() {
    fn wide(polynomial: &Poly) -> [i64; 256] {
        polynomial.0.map(i64::from)
    }
    fn residues(numbers: &[i64; 256]) -> [i64; 256] {
        numbers.map(|x| x.rem_euclid(Q16))
    }
    fn check<M: mldsa::kernels::Machine>(machine: M) {
        let mut random = 1;
        for _ in 0..20 {
            let (a, b) = (sample(&mut random, 4095), sample(&mut random, 4096));
            let mut reordered = a;
            machine.reorder(&mut reordered);
            assert_eq!(reordered.0, ordered(&a).0, "reorder");

            let mut transformed = a;
            machine.ntt(&mut transformed);
            let at_root =
                |i: usize| (0..128).rev().fold(0, |sum, k| (sum * root(i / 2) + wide(&a)[2 * k + i % 2]) % Q16);
            let expected: [i64; 256] = from_fn(|i| at_root(i).rem_euclid(Q16));
            let found = wide(&transformed);
            assert_eq!(residues(&from_fn(|i| found[position(i)])), expected, "ntt");

            let (mut other, mut factor, mut out) = (b, Factor::ZERO, Poly::ZERO);
            machine.ntt(&mut other);
            machine.factor(&other, &mut factor);
            machine.product(&[transformed, transformed], &[factor, factor], &mut out);
            machine.inverse(&mut out);
            let expected = schoolbook(&wide(&a), &wide(&b)).map(|x| 2 * x);
            assert_eq!(residues(&wide(&out)), residues(&expected), "product");

            let (c, s) = (sample(&mut random, 1), sample(&mut random, 4));
            let c = Poly(from_fn(|i| if i < 49 { c.0[i] } else { 0 }));
            let widened =
                |polynomial: &Poly| mldsa::poly::Poly(from_fn(|i| from_fn(|j| i32::from(polynomial.0[16 * i + j]))));
            let (mut challenge, mut factor, mut out) = (Poly::ZERO, Factor::ZERO, Poly::ZERO);
            small::challenge(machine, &widened(&c), &mut challenge);
            small::factor(machine, &widened(&s), &mut factor);
            small::multiply(machine, &challenge, &factor, &mut out);
            assert_eq!(wide(&out), schoolbook(&wide(&c), &wide(&s)), "c s");
            checked(4);
        }
    }
    begin(Q16);
    for backend in Backend::available() {
        dispatch!(backend, machine => check(machine));
    }
}

fn bounds() {
    let numbers = [i32::MIN, -32_769, -32_768, -2, -1, 0, 1, 2, 32_767, 32_768, i32::MAX];
    for low in numbers {
        for high in numbers {
            for number in numbers {
                let expected = !(number < low || number > high);
                assert_eq!(Element::is_within(number, low, high), expected);
                if let Ok(number) = i16::try_from(number) {
                    assert_eq!(Element::is_within(number, low, high), expected);
                }
                checked(1);
            }
        }
    }
}
