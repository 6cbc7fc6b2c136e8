//! The kernels, as they are compiled for each backend.

use super::{GAMMA2, Split, expected_hint};
use crate::backend::Backend;
use crate::mldsa::kernels::Kernels;
use crate::mldsa::params::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};
use crate::mldsa::poly::N;
use crate::ntt16;
use crate::proofs::placement::{Numbers, Placement, in_each_position, in_one_position, polynomial, small};
use crate::proofs::standard::{self, Q_DSA};
use crate::proofs::{Label, Row, claim};
use crate::vec::v32::Q;

const ONE_POSITION: Label = Label::ExhaustedInPart("each number in one position");

const EACH_POSITION: Label = Label::ExhaustedInPart("each number in each position, next to one set of others");

pub(in super::super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA kernels decompose and high_bits, as compiled for each backend, are algorithm 36 on each \
               coefficient",
        label: ONE_POSITION,
        covers: &[
            "mldsa/kernels.rs::Kernels::decompose",
            "mldsa/kernels.rs::Kernels::high_bits",
            "mldsa/kernels.rs::decompose_polynomial",
            "mldsa/kernels.rs::high_bits",
            "mldsa/kernels.rs::low_byte",
            "mldsa/kernels.rs::all",
        ],
        is_slow: false,
        check: || check_decompose_kernels(in_one_position),
    },
    Row {
        name: "ML-DSA kernels decompose and high_bits: every number in every position",
        label: EACH_POSITION,
        covers: &["mldsa/kernels.rs::decompose_polynomial", "mldsa/kernels.rs::high_bits"],
        is_slow: true,
        check: || check_decompose_kernels(in_each_position),
    },
    Row {
        name: "ML-DSA kernel centre, as compiled for each backend, is mod± q of each coefficient",
        label: ONE_POSITION,
        covers: &[
            "mldsa/kernels.rs::Kernels::centre",
            "mldsa/kernels.rs::centre",
            "mldsa/poly.rs::Poly::coefficients_mut",
        ],
        is_slow: false,
        check: || check_centre_kernel(in_one_position),
    },
    Row {
        name: "ML-DSA kernel centre: every number in every position",
        label: EACH_POSITION,
        covers: &["mldsa/kernels.rs::centre"],
        is_slow: true,
        check: || check_centre_kernel(in_each_position),
    },
    Row {
        name: "ML-DSA kernel make_hints, as compiled for each backend, is algorithm 39 on each coefficient",
        label: Label::ExhaustedInPart("each pair of high bits and low bits plus c t0 in one position"),
        covers: &["mldsa/kernels.rs::Kernels::make_hints", "mldsa/kernels.rs::make_hints"],
        is_slow: false,
        check: check_make_hints_kernel,
    },
    Row {
        name: "ML-DSA kernel narrow, as compiled for each backend: every number in -16..=16 in every position",
        label: EACH_POSITION,
        covers: &["mldsa/kernels.rs::Kernels::narrow", "mldsa/kernels.rs::narrow"],
        is_slow: false,
        check: check_narrow,
    },
    Row {
        name: "ML-DSA kernels add_small and subtract_small, as compiled for each backend: a + b and a - b, and whether \
               one of them is beyond the bound, for a in -gamma + 1 ..= gamma (or -gamma2), |b| <= beta and the bound \
               gamma - beta",
        label: Label::ExhaustedInPart(
            "each a in one position, with b of -beta, -1, 0, 1 and beta; each sum beyond the bound alone in each \
             position; the ends together in each pair of positions, and in the first 3 to 256",
        ),
        covers: &[
            "mldsa/kernels.rs::Kernels::add_small",
            "mldsa/kernels.rs::Kernels::subtract_small",
            "mldsa/kernels.rs::add_small",
            "mldsa/kernels.rs::subtract_small",
        ],
        is_slow: false,
        check: || check_small_sums(true),
    },
    Row {
        name: "ML-DSA kernels add_small and subtract_small: every a with every b",
        label: Label::ExhaustedInPart("each pair in one position; each sum beyond the bound alone in each position"),
        covers: &["mldsa/kernels.rs::add_small", "mldsa/kernels.rs::subtract_small"],
        is_slow: true,
        check: || check_small_sums(false),
    },
    Row {
        name: "ML-DSA kernel exceeds, as compiled for each backend: whether a coefficient is beyond the bound, for z, \
               for s1 and s2, and for c t0",
        label: Label::ExhaustedInPart(
            "each number within the bound in one position, each number beyond it alone: for z, s1 and s2 in each \
             position, for c t0 every 61st number in one position and the 512 numbers next to the bound in each; the \
             ends together in each pair of positions, and in the first 3 to 256",
        ),
        covers: &["mldsa/kernels.rs::Kernels::exceeds", "mldsa/kernels.rs::exceeds"],
        is_slow: false,
        check: || check_exceeds(61),
    },
    Row {
        name: "ML-DSA kernel exceeds: every c t0 beyond its bound alone",
        label: Label::ExhaustedInPart("each number in one position"),
        covers: &["mldsa/kernels.rs::exceeds"],
        is_slow: true,
        check: || check_exceeds(1),
    },
    Row {
        name: "ML-DSA kernel add, as compiled for each backend: a + b for |a| < gamma2 - beta and |b| < gamma2, \
               without overflow",
        label: Label::ExhaustedInPart(
            "each a with b of 0, 1, -1 and the extremes, each b with the same a, in one position",
        ),
        covers: &["mldsa/kernels.rs::Kernels::add", "mldsa/kernels.rs::add"],
        is_slow: false,
        check: check_add,
    },
];

fn check_decompose_kernels(placement: Placement) {
    fn check<M: Kernels>(machine: M, gamma2: i32, split: &Split, placement: Placement) {
        placement(0..=Q - 1, &mut |numbers| {
            let w = polynomial(numbers);
            let (mut low, mut high, mut same) = (w, [0; N], [0; N]);
            machine.decompose(&mut low, gamma2, &mut high);
            machine.high_bits(&w, gamma2, &mut same);
            let expected_high: [u8; N] = std::array::from_fn(|i| split.high[numbers[i] as usize]);
            let expected_low = numbers.map(|number| split.low[number as usize]);
            assert!(low.coefficients() == expected_low && high == expected_high, "decompose of {} on", numbers[0]);
            assert!(same == expected_high, "high_bits of {} on", numbers[0]);
        });
    }
    for gamma2 in GAMMA2 {
        let split = Split::new(gamma2);
        on_each_backend!(machine => check(machine, gamma2, &split, placement));
    }
}

fn check_centre_kernel(placement: Placement) {
    on_each_backend!(machine => placement(0..=Q - 1, &mut |numbers| {
        let mut polynomial = polynomial(numbers);
        machine.centre(&mut polynomial);
        let expected = numbers.map(|number| standard::modulo_centred(number.into(), Q_DSA) as i32);
        assert!(polynomial.coefficients() == expected, "centre of {} on", numbers[0]);
    }));
}

fn check_make_hints_kernel() {
    for gamma2 in GAMMA2 {
        let split = Split::new(gamma2);
        for w1 in 0..(Q - 1) / (2 * gamma2) {
            on_each_backend!(machine => in_one_position(1 - 2 * gamma2..=2 * gamma2 - 1, &mut |numbers| {
                let (r0, mut hints) = (polynomial(numbers), [0; N]);
                machine.make_hints(&r0, &[w1 as u8; N], gamma2, &mut hints);
                let expected = numbers.map(|r0| u8::from(expected_hint(&split, gamma2, w1, r0)));
                assert!(hints == expected, "make_hints of {w1} and {} on", numbers[0]);
            }));
        }
        // High bits that differ from position to position.
        on_each_backend!(machine => in_each_position(0..=(Q - 1) / (2 * gamma2) - 1, &mut |numbers| {
            for r0 in [-gamma2, gamma2, -gamma2 - 1, gamma2 + 1] {
                let mut hints = [0; N];
                machine.make_hints(&polynomial(&[r0; N]), &numbers.map(|number| number as u8), gamma2, &mut hints);
                let expected = numbers.map(|w1| u8::from(expected_hint(&split, gamma2, w1, r0)));
                assert!(hints == expected, "make_hints of {r0} and {} on", numbers[0]);
            }
        }));
    }
}

fn check_narrow() {
    on_each_backend!(machine => in_each_position(-16..=16, &mut |numbers| {
        let mut out = ntt16::Poly::ZERO;
        machine.narrow(&polynomial(numbers), &mut out);
        assert!(out.0.map(i32::from) == *numbers, "narrow of {} on", numbers[0]);
    }));
}

/// A single number beyond the bound, among the largest numbers within it.
fn alone(bound: i32, position: usize, number: i32) -> Numbers {
    let mut numbers = std::array::from_fn(|i| if i % 2 == 0 { bound - 1 } else { 1 - bound });
    numbers[position] = number;
    numbers
}

/// Several numbers beyond the bound: in each pair of positions, and in the first 3 to 256 positions.
fn together(bound: i32, beyond: &[i32], mut check: impl FnMut(&Numbers) -> bool) {
    let number = |position: usize| beyond[position % beyond.len()];
    for i in 0..N {
        for j in 0..i {
            let mut numbers = alone(bound, i, number(i));
            numbers[j] = number(j);
            claim(check(&numbers), || format!("{} at {i} with {} at {j}", number(i), number(j)));
        }
    }
    for count in 3..=N {
        let numbers = std::array::from_fn(|i| if i < count { number(i) } else { bound - 1 });
        claim(check(&numbers), || format!("{count} numbers beyond {bound}"));
    }
}

fn check_small_sums(in_part: bool) {
    fn check<M: Kernels>(machine: M, low: i32, high: i32, beta: i32, in_part: bool) {
        let bound = high - beta;
        for b in (-beta..=beta).filter(|b| !in_part || [-beta, -1, 0, 1, beta].contains(b)) {
            let (more, less) = (small(&[b; N]), small(&[-b; N]));
            in_one_position(low..=high, &mut |numbers| {
                let (mut sum, mut difference) = (polynomial(numbers), polynomial(numbers));
                let is_beyond = machine.add_small(&mut sum, &more, bound);
                let same = machine.subtract_small(&mut difference, &less, bound);
                let expected = numbers.map(|a| a + b);
                let expected_beyond = expected.iter().any(|sum| sum.abs() >= bound);
                assert!(sum.coefficients() == expected && is_beyond == expected_beyond, "{} + {b}", numbers[0]);
                assert!(difference.coefficients() == expected && same == expected_beyond, "{} - {}", numbers[0], -b);
            });
        }
        let mut count = 0;
        for sum in (low - beta..=high + beta).filter(|sum| sum.abs() >= bound) {
            for position in 0..N {
                // With the b that keeps a within its range, if possible.
                let b = if sum > 0 { beta } else { -beta };
                let numbers = alone(bound, position, sum - b);
                let (mut more, mut less) = (ntt16::Poly::ZERO, ntt16::Poly::ZERO);
                (more.0[position], less.0[position]) = (b as i16, -b as i16);
                claim(machine.add_small(&mut polynomial(&numbers), &more, bound), || format!("{sum} at {position}"));
                claim(machine.subtract_small(&mut polynomial(&numbers), &less, bound), || {
                    format!("{sum} at {position}")
                });
                count += 1;
            }
        }
        assert!(count >= N as u32 * 4 * beta.unsigned_abs(), "all sums beyond the bound");
        together(bound, &[low, high], |numbers| {
            let (mut sum, mut difference, zero) = (polynomial(numbers), polynomial(numbers), ntt16::Poly::ZERO);
            machine.add_small(&mut sum, &zero, bound) && machine.subtract_small(&mut difference, &zero, bound)
        });
    }
    fn check_set<P: ParameterSet>(in_part: bool) {
        on_each_backend!(machine => {
            check(machine, 1 - P::GAMMA1, P::GAMMA1, P::BETA, in_part);
            check(machine, -P::GAMMA2, P::GAMMA2, P::BETA, in_part);
        });
    }
    check_set::<MlDsa44>(in_part);
    check_set::<MlDsa65>(in_part);
    check_set::<MlDsa87>(in_part);
}

fn check_exceeds(step: usize) {
    fn check<M: Kernels>(machine: M, low: i32, high: i32, bound: i32, step: usize) {
        in_one_position(1 - bound..=bound - 1, &mut |numbers| {
            assert!(!machine.exceeds(&polynomial(numbers), bound), "{} on are within {bound}", numbers[0]);
        });
        let beyond = || (low..=high).filter(|number| number.abs() >= bound);
        for (i, number) in beyond().step_by(step).enumerate() {
            let numbers = alone(bound, i % N, number);
            claim(machine.exceeds(&polynomial(&numbers), bound), || format!("{number} is beyond {bound}"));
        }
        for number in beyond().filter(|number| number.abs() < bound + 256) {
            for position in 0..N {
                let numbers = alone(bound, position, number);
                claim(machine.exceeds(&polynomial(&numbers), bound), || format!("{number} at {position}"));
            }
        }
        let ends: Vec<_> = [low, high].into_iter().filter(|number| number.abs() >= bound).collect();
        together(bound, &ends, |numbers| machine.exceeds(&polynomial(numbers), bound));
    }
    fn check_set<P: ParameterSet>(step: usize) {
        on_each_backend!(machine => {
            // z, s1 or s2 of a private key (top - number), and c t0.
            check(machine, 1 - P::GAMMA1, P::GAMMA1, P::GAMMA1 - P::BETA, 1);
            check(machine, P::ETA + 1 - (1 << P::ETA_BITS), P::ETA, P::ETA + 1, 1);
            check(machine, -(Q - 1) / 2, (Q - 1) / 2, P::GAMMA2, step);
        });
    }
    check_set::<MlDsa44>(step);
    check_set::<MlDsa65>(step);
    // The other bounds of this set equal the bounds of an earlier set.
    on_each_backend!(machine => {
        let (low, high) = (1 - MlDsa87::GAMMA1, MlDsa87::GAMMA1);
        check(machine, low, high, MlDsa87::GAMMA1 - MlDsa87::BETA, 1);
    });
}

fn check_add() {
    fn check_set<P: ParameterSet>() {
        let (a_bound, b_bound) = (P::GAMMA2 - P::BETA - 1, P::GAMMA2 - 1);
        on_each_backend!(machine => {
            for (bound, others) in [(a_bound, [0, 1, -1, b_bound, -b_bound]), (b_bound, [0, 1, -1, a_bound, -a_bound])] {
                for other in others {
                    in_one_position(-bound..=bound, &mut |numbers| {
                        let (mut left, mut right) = (polynomial(numbers), polynomial(&[other; N]));
                        let expected = numbers.map(|number| number + other);
                        machine.add(&mut right, &left);
                        machine.add(&mut left, &polynomial(&[other; N]));
                        let is_sum = left.coefficients() == expected && right.coefficients() == expected;
                        assert!(is_sum, "{} + {other}", numbers[0]);
                    });
                }
            }
        });
    }
    check_set::<MlDsa44>();
    check_set::<MlDsa65>();
    check_set::<MlDsa87>();
}
