//! The transforms and products of ML-DSA, on all inputs: bounds, no overflow, and the results by their definition in FIPS 204.

use super::lanes32::Any;
use super::value::{Form, Terms, Value, begin, forget, forms, inverse, monomial, power, q, variable};
use super::{Label, Row, checked, claim};
use crate::backend::Backend;
use crate::mldsa::ntt::{self, NTT_BOUND, SCALE};
use crate::mldsa::poly::{N, Poly};
use crate::mldsa::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};
use crate::vec::Element;
use crate::vec::v32::Q;
use std::array::from_fn;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA constants: each factor is the power of zeta = 1753 of FIPS 204, 7.5, and each quotient is factor 2^32 / q, rounded",
        label: Label::Proved,
        covers: &["mldsa/ntt.rs::centred", "mldsa/ntt.rs::quotient", "mldsa/ntt.rs::zeta", "mldsa/ntt.rs::Zetas::new"],
        is_slow: false,
        check: constants,
    },
    Row {
        name: "ML-DSA ntt (FIPS 204, algorithm 41): |a| <= q implies |out| <= NTT_BOUND, and out is a at the roots, \
               transposed",
        label: Label::Proved,
        covers: &[
            "mldsa/ntt.rs::ntt",
            "mldsa/ntt.rs::layers",
            "mldsa/ntt.rs::first_layers",
            "mldsa/ntt.rs::last_layers",
            "mldsa/ntt.rs::butterfly",
            "mldsa/ntt.rs::Zetas::get",
            "mldsa/ntt.rs::load",
            "mldsa/ntt.rs::store",
            "mldsa/poly.rs::Poly::coefficients",
            "mldsa/poly.rs::Poly::debug_assert_within",
        ],
        is_slow: false,
        check: transform,
    },
    Row {
        name: "ML-DSA inverse_ntt (FIPS 204, algorithm 42): |a| < q implies 0 <= out < q, and out is 2^32 times the \
               inverse transform",
        label: Label::Proved,
        covers: &[
            "mldsa/ntt.rs::inverse_ntt",
            "mldsa/ntt.rs::inverse_layers",
            "mldsa/ntt.rs::inverse_first_layers",
            "mldsa/ntt.rs::inverse_last_layers",
            "mldsa/ntt.rs::inverse_butterfly",
        ],
        is_slow: false,
        check: transform_back,
    },
    Row {
        name: "ML-DSA multiply (FIPS 204, algorithms 45 to 48), both orders, every shape of every set: |a| < q and |b| \
               <= NTT_BOUND imply |out| < q, and out is the matrix product / 2^32",
        label: Label::Proved,
        covers: &["mldsa/ntt.rs::multiply", "mldsa/ntt.rs::multiply_rows", "mldsa/ntt.rs::multiply_columns"],
        is_slow: false,
        check: multiply,
    },
    Row {
        name: "ML-DSA reduce: |a| <= NTT_BOUND implies 0 <= out < q, and out is congruent to a",
        label: Label::Proved,
        covers: &["mldsa/ntt.rs::reduce"],
        is_slow: false,
        check: reduce,
    },
    Row {
        name: "ML-DSA transpose: coefficient (i, j) moves to (j, i), and nothing else changes",
        label: Label::Proved,
        covers: &["mldsa/ntt.rs::transpose"],
        is_slow: false,
        check: transpose,
    },
    Row {
        name: "ML-DSA inverse_ntt(multiply(reduce(ntt a), ntt b)) = a b modulo X^256 + 1, for all a and b (both linear: b = X^n)",
        label: Label::Proved,
        covers: &[],
        is_slow: false,
        check: whole_product,
    },
    Row {
        name: "ML-DSA kernels of each backend: transform, transform_back, multiply, reduce and transpose against their definition",
        label: Label::Tested,
        covers: &[
            "mldsa/kernels.rs::Kernels::transform",
            "mldsa/kernels.rs::Kernels::transform_back",
            "mldsa/kernels.rs::Kernels::multiply",
            "mldsa/kernels.rs::Kernels::reduce",
            "mldsa/kernels.rs::Kernels::transpose",
        ],
        is_slow: false,
        check: kernels,
    },
];

const Q32: i64 = Q as i64;

/// `zeta^(2 BitRev8(i) + 1)`, the root of coefficient i of the transform (FIPS 204, 7.5).
fn root(i: usize) -> i64 {
    power(1753, 2 * reversed(i) + 1)
}

/// `BitRev8(i)`
fn reversed(i: usize) -> u64 {
    u64::from(u8::try_from(i).unwrap().reverse_bits())
}

/// Checks a value against an interval and a form.
#[track_caller]
fn expect(found: Value, (low, high): (i64, i64), terms: Terms) {
    claim(low <= found.low && found.high <= high, || format!("{}..={} exceeds its bounds", found.low, found.high));
    claim(found.form.terms() == Form::of(terms).terms(), || "another residue than by definition".into());
}

/// A polynomial of variables.
fn variables(from: usize, bound: i64) -> Poly<Value> {
    Poly(from_fn(|i| from_fn(|j| Value::any(from + 16 * i + j, bound))))
}

/// Rows and columns exchanged.
fn exchanged<E: Element>(polynomial: &Poly<E>) -> Poly<E> {
    Poly(from_fn(|i| from_fn(|j| polynomial.0[j][i])))
}

fn constants() {
    begin(Q32);
    let centred = |x: i64| {
        let residue = x.rem_euclid(Q32);
        if residue > Q32 / 2 { residue - Q32 } else { residue }
    };
    let expect = |expected: i64, factor: i32, quotient: i32| {
        claim(i64::from(factor) == centred(expected), || format!("{factor} is not congruent to {expected}"));
        // Twice the distance of a number from the nearest integer is at most 1, and never 1, as q is odd.
        let distance = (i128::from(factor) << 32) - i128::from(quotient) * i128::from(Q32);
        claim(2 * distance.abs() < i128::from(Q32), || format!("{quotient} is not the quotient of {factor}"));
    };
    for (is_inverse, zetas) in [(false, &ntt::FORWARD), (true, &ntt::INVERSE)] {
        for (s, b) in (0..4).flat_map(|s| (0..1 << s).map(move |b| (s, b))) {
            // Algorithm 41 counts its zetas up through the blocks, algorithm 42 down; the sign of its zetas is in the butterfly.
            let power = |layer: u32, block: usize| {
                power(1753, reversed(if is_inverse { (2 << layer) - 1 - block } else { (1 << layer) + block }))
            };
            let (factor, quotient) = zetas.rows[(1 << s) + b];
            let scale = if is_inverse && s == 0 { i64::from(SCALE) } else { 1 };
            expect(power(s, b) * scale, factor, quotient);
            for i in 0..16 {
                let quotient = zetas.lane_quotients[(1 << s) + b][i];
                expect(power(s + 4, (i << s) + b), zetas.lanes[(1 << s) + b][i], quotient);
            }
        }
    }
    let (scale, one) = (power(2, 32) * inverse(256), 1);
    expect(scale, SCALE, ntt::quotient(SCALE));
    expect(one, 1, ntt::quotient(1));
}

fn transform() {
    begin(Q32);
    let mut polynomial = variables(0, Q32);
    ntt::ntt(Any::<false>, &mut polynomial);
    for (i, value) in exchanged(&polynomial).coefficients().iter().enumerate() {
        let expected = (0..N).map(|j| (variable(j), power(root(i), j as u64))).collect();
        expect(*value, (-i64::from(NTT_BOUND), NTT_BOUND.into()), expected);
    }
}

fn transform_back() {
    begin(Q32);
    let mut polynomial = exchanged(&variables(0, Q32 - 1));
    ntt::inverse_ntt(Any::<false>, &mut polynomial);
    let scale = power(2, 32) * inverse(256) % q();
    for (j, value) in polynomial.coefficients().iter().enumerate() {
        let expected = (0..N).map(|i| (variable(i), scale * power(inverse(root(i)), j as u64))).collect();
        expect(*value, (0, Q32 - 1), expected);
    }
}

fn multiply() {
    /// The product of a matrix with that many rows and columns.
    fn prove<const KEEPS_FACTORS: bool>(rows: usize, columns: usize) {
        begin(Q32);
        let name = |row: usize, column: usize| N * (columns * row + column);
        let vector: Vec<_> = (0..columns).map(|i| variables(name(rows, i), NTT_BOUND.into())).collect();
        let matrix: Vec<_> = (0..rows * columns).map(|i| variables(name(0, i), Q32 - 1)).collect();
        let mut out = vec![Poly::ZERO; rows];
        ntt::multiply(Any::<KEEPS_FACTORS>, &matrix, &vector, &mut out);
        for (row, i) in (0..rows).flat_map(|row| (0..N).map(move |i| (row, i))) {
            let product = |t| monomial(variable(name(row, t) + i), variable(name(rows, t) + i));
            let expected = (0..columns).map(|t| (product(t), inverse(1 << 32))).collect();
            expect(out[row].coefficients()[i], (1 - Q32, Q32 - 1), expected);
        }
    }
    /// The matrices of a set: whole, or a row at a time; for signatures with -t1 2^d as another column.
    fn set<P: ParameterSet>() {
        for (rows, columns) in [(P::K, P::L), (1, P::L), (P::K, P::L + 1), (1, P::L + 1), (1, 1)] {
            prove::<false>(rows, columns);
            prove::<true>(rows, columns);
        }
    }
    set::<MlDsa44>();
    set::<MlDsa65>();
    set::<MlDsa87>();
}

fn reduce() {
    begin(Q32);
    let mut polynomial = variables(0, NTT_BOUND.into());
    ntt::reduce(Any::<false>, &mut polynomial);
    for (i, value) in polynomial.coefficients().iter().enumerate() {
        expect(*value, (0, Q32 - 1), vec![(variable(i), 1)]);
    }
}

fn transpose() {
    begin(Q32);
    let mut polynomial = variables(0, i32::MAX.into());
    ntt::transpose(Any::<false>, &mut polynomial);
    for (i, value) in exchanged(&polynomial).coefficients().iter().enumerate() {
        expect(*value, (-i64::from(i32::MAX), i32::MAX.into()), vec![(variable(i), 1)]);
    }
}

/// The other rows show that the transforms are linear and the product bilinear, so the powers of X as b suffice.
fn whole_product() {
    begin(Q32);
    let mut a = variables(0, Q32);
    ntt::ntt(Any::<false>, &mut a);
    ntt::reduce(Any::<false>, &mut a);
    let made = forms();
    for n in 0..N {
        let (mut b, mut out) = (Poly::ZERO, [Poly::ZERO]);
        b.coefficients_mut()[n] = Value::constant(1);
        ntt::ntt(Any::<false>, &mut b);
        ntt::multiply(Any::<false>, &[a], &[b], &mut out);
        ntt::inverse_ntt(Any::<false>, &mut out[0]);
        for (i, value) in out[0].coefficients().iter().enumerate() {
            expect(*value, (0, Q32 - 1), vec![(variable((i + N - n) % N), if i < n { -1 } else { 1 })]);
        }
        forget(made);
    }
}

/// Numbers with one bound, or any number below it.
fn sample(random: &mut u64, bound: i32) -> Poly {
    let mut next = || {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 32) as i64
    };
    let is_extreme = next() % 2 == 0;
    Poly(from_fn(|_| {
        from_fn(|_| {
            let number = next() % (2 * i64::from(bound) + 1) - i64::from(bound);
            (if is_extreme { number.signum() * i64::from(bound) } else { number }) as i32
        })
    }))
}

fn kernels() {
    begin(Q32);
    fn residues(polynomial: &Poly) -> [i64; N] {
        from_fn(|i| i64::from(polynomial.coefficients()[i]).rem_euclid(Q32))
    }
    fn check<M: crate::mldsa::kernels::Machine>(machine: M) {
        let (mut random, roots): (_, [i64; N]) = (1, from_fn(root));
        for _ in 0..20 {
            let a = sample(&mut random, Q - 1);
            let mut transformed = a;
            machine.transform(&mut transformed);
            let at_root =
                |i: usize| a.coefficients().iter().rev().fold(0, |sum, c| (sum * roots[i] + i64::from(*c)) % Q32);
            let expected: [i64; N] = from_fn(|i| at_root(i).rem_euclid(Q32));
            assert_eq!(residues(&exchanged(&transformed)), expected, "transform");

            let mut reduced = transformed;
            machine.reduce(&mut reduced);
            assert_eq!(residues(&reduced).map(|x| x as i32), *reduced.coefficients(), "reduce");
            assert_eq!(residues(&reduced), residues(&transformed), "reduce");

            let mut back = reduced;
            machine.transform_back(&mut back);
            let expected = residues(&a).map(|c| c * power(2, 32) % Q32);
            assert_eq!(
                back.coefficients().iter().map(|c| i64::from(*c)).collect::<Vec<_>>(),
                expected,
                "transform_back"
            );

            let mut transposed = a;
            machine.transpose(&mut transposed);
            assert_eq!(transposed.0, exchanged(&a).0, "transpose");

            let matrix: Vec<_> = (0..2 * 4).map(|_| sample(&mut random, Q - 1)).collect();
            let vector: Vec<_> = (0..4).map(|_| sample(&mut random, NTT_BOUND)).collect();
            let mut out = [Poly::ZERO; 2];
            machine.multiply(&matrix, &vector, &mut out);
            for (row, out) in out.iter().enumerate() {
                let sum = |i: usize| {
                    let terms =
                        matrix[4 * row..][..4].iter().zip(&vector).map(|(a, b)| residues(a)[i] * residues(b)[i] % Q32);
                    terms.sum::<i64>() % Q32 * inverse(1 << 32) % Q32
                };
                assert_eq!(residues(out), from_fn(sum), "multiply");
            }
            checked(5);
        }
    }
    for backend in Backend::available() {
        dispatch!(backend, machine => check(machine));
    }
}
