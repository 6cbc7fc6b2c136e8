//! The scalar functions.

use super::{GAMMA2, Split, expected_hint};
use crate::mldsa::kernels::{centred, within};
use crate::mldsa::params::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};
use crate::mldsa::poly::canonical;
use crate::mldsa::rounding::{decompose, make_hint, power2round, use_hint};
use crate::proofs::standard::{self, Q_DSA};
use crate::proofs::{Label, Row, checked, claim};
use crate::vec::v32::Q;

pub(in super::super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA power2round is algorithm 35, for every r in 0..q",
        label: Label::Proved,
        covers: &["mldsa/rounding.rs::power2round"],
        is_slow: false,
        check: check_power2round,
    },
    Row {
        name: "ML-DSA decompose is algorithm 36, for every r in 0..q and both values of gamma2",
        label: Label::Proved,
        covers: &["mldsa/rounding.rs::decompose"],
        is_slow: false,
        check: check_decompose,
    },
    Row {
        name: "ML-DSA make_hint is algorithm 39, for all high bits, and all low bits plus c t0 in -2 gamma2 + 1 ..= 2 \
               gamma2 - 1",
        label: Label::Proved,
        covers: &["mldsa/rounding.rs::make_hint"],
        is_slow: false,
        check: check_make_hint,
    },
    Row {
        name: "ML-DSA use_hint is algorithm 40 for a hint of 1, and decompose for a hint of 0, for every r in 0..q",
        label: Label::Proved,
        covers: &["mldsa/rounding.rs::use_hint"],
        is_slow: false,
        check: check_use_hint,
    },
    Row {
        name: "ML-DSA canonical: the residue in 0..q of every number in -q..2q",
        label: Label::Proved,
        covers: &["mldsa/poly.rs::canonical"],
        is_slow: false,
        check: check_canonical,
    },
    Row {
        name: "ML-DSA centred: mod± q (FIPS 204, 2.3) of every number in 0..q",
        label: Label::Proved,
        covers: &["mldsa/kernels.rs::centred"],
        is_slow: false,
        check: check_centred,
    },
    Row {
        name: "ML-DSA within: negative exactly if the absolute value is not below the bound, for every number in \
               -q..=q and every bound of a norm",
        label: Label::Proved,
        covers: &["mldsa/kernels.rs::within"],
        is_slow: false,
        check: check_within,
    },
    Row {
        name: "ML-DSA signing by the low bits of w (algorithm 7, lines 21 and 23): for every w, and every c s2 within \
               beta or extreme, LowBits(w - c s2) is refused exactly if LowBits(w) - c s2 is; otherwise the two are \
               equal, and so are the high bits of w - c s2 and w",
        label: Label::ExhaustedInPart("c s2 of -beta, 1 - beta, -1 to 1, beta - 1 and beta"),
        covers: &[],
        is_slow: false,
        check: || check_low_bits(true),
    },
    Row {
        name: "ML-DSA signing by the low bits of w: the same for every w and every c s2 within beta",
        label: Label::Proved,
        covers: &[],
        is_slow: true,
        check: || check_low_bits(false),
    },
];

fn check_power2round() {
    for r in 0..Q {
        let (r1, r0) = power2round(r);
        assert_eq!((r1.into(), r0.into()), standard::power2round(r.into()), "power2round of {r}");
    }
    checked(Q as u64);
}

fn check_decompose() {
    fn check<const GAMMA2: i32>() {
        for r in 0..Q {
            let (r1, r0) = decompose::<GAMMA2>(r);
            assert_eq!((r1.into(), r0.into()), standard::decompose(r.into(), GAMMA2.into()), "decompose of {r}");
        }
        checked(Q as u64);
    }
    check::<{ GAMMA2[0] }>();
    check::<{ GAMMA2[1] }>();
}

fn check_make_hint() {
    fn check<const GAMMA2: i32>() {
        let split = Split::new(GAMMA2);
        for w1 in 0..(Q - 1) / (2 * GAMMA2) {
            for r0 in 1 - 2 * GAMMA2..2 * GAMMA2 {
                let expected = expected_hint(&split, GAMMA2, w1, r0);
                assert_eq!(make_hint::<GAMMA2>(w1, r0), expected, "make_hint of {w1} and {r0}");
            }
        }
        checked((Q - 1) as u64 / GAMMA2 as u64 / 2 * (4 * GAMMA2 - 1) as u64);
        // The same in the standard's form, for some z.
        for (w1, l, z) in (0..(Q - 1) / (2 * GAMMA2)).flat_map(|w1| {
            let edges = [1 - GAMMA2, -1, 0, 1, GAMMA2 - 1];
            edges.into_iter().flat_map(move |l| edges.map(move |z| (w1, l, z)))
        }) {
            let r = i64::from(w1) * 2 * i64::from(GAMMA2) + i64::from(l);
            let expected = standard::make_hint(-i64::from(z), r + i64::from(z), GAMMA2.into());
            claim(make_hint::<GAMMA2>(w1, l + z) == expected, || format!("make_hint of {w1}, {l} and {z}"));
        }
    }
    check::<{ GAMMA2[0] }>();
    check::<{ GAMMA2[1] }>();
}

fn check_use_hint() {
    for gamma2 in GAMMA2 {
        for r in 0..Q {
            assert_eq!(
                i64::from(use_hint(r, gamma2)),
                standard::use_hint(true, r.into(), gamma2.into()),
                "use_hint of {r}"
            );
            let split = if gamma2 == GAMMA2[0] { decompose::<{ GAMMA2[0] }>(r) } else { decompose::<{ GAMMA2[1] }>(r) };
            assert_eq!(i64::from(split.0), standard::use_hint(false, r.into(), gamma2.into()), "high bits of {r}");
        }
        checked(2 * Q as u64);
    }
}

fn check_canonical() {
    for number in -Q..2 * Q {
        assert_eq!(i64::from(canonical(number)), i64::from(number).rem_euclid(Q_DSA), "canonical of {number}");
    }
    checked(3 * Q as u64);
}

fn check_centred() {
    for number in 0..Q {
        let expected = standard::modulo_centred(number.into(), Q_DSA);
        assert_eq!(i64::from(centred(number)), expected, "centred of {number}");
    }
    checked(Q as u64);
}

fn check_within() {
    fn bounds<P: ParameterSet>() -> [i32; 4] {
        [P::ETA + 1, P::GAMMA1 - P::BETA, P::GAMMA2, P::GAMMA2 - P::BETA]
    }
    for bound in [bounds::<MlDsa44>(), bounds::<MlDsa65>(), bounds::<MlDsa87>()].into_iter().flatten() {
        for number in -Q..=Q {
            let is_beyond = number >= bound || number <= -bound;
            assert_eq!(within(number, bound) < 0, is_beyond, "{number} and the bound {bound}");
        }
        checked(2 * Q as u64 + 1);
    }
}

fn check_low_bits(in_part: bool) {
    fn check<P: ParameterSet>(in_part: bool, split: &Split) {
        let bound = P::GAMMA2 - P::BETA;
        let some = [-P::BETA, 1 - P::BETA, -1, 0, 1, P::BETA - 1, P::BETA];
        for product in (-P::BETA..=P::BETA).filter(|product| !in_part || some.contains(product)) {
            for w in 0..Q {
                // |product| < q, so one correction suffices.
                let difference = w - product;
                let r = (if difference < 0 {
                    difference + Q
                } else if difference < Q {
                    difference
                } else {
                    difference - Q
                }) as usize;
                let low = split.low[w as usize] - product;
                let is_equal = low == split.low[r] && split.high[r] == split.high[w as usize];
                let holds = if low.abs() < bound { is_equal } else { split.low[r].abs() >= bound };
                assert!(holds, "w = {w}, c s2 = {product}");
            }
            checked(Q as u64);
        }
    }
    let split = Split::new(MlDsa44::GAMMA2);
    check::<MlDsa44>(in_part, &split);
    let split = Split::new(MlDsa65::GAMMA2);
    check::<MlDsa65>(in_part, &split);
    check::<MlDsa87>(in_part, &split);
}
