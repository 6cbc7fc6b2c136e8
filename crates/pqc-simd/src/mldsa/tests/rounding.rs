//! Rounding, hints and norms.

use super::*;
use crate::mldsa::rounding::{decompose, make_hint, power2round, use_hint};
use crate::ntt16;

/// Every residue, for both values of gamma2.
#[test]
fn every_residue_is_split_as_in_the_standard() {
    fn check<const GAMMA2: i32>(r: i32) {
        let gamma2 = i64::from(GAMMA2);
        let (high, low) = oracle::decompose(r.into(), gamma2);
        let (r1, r0) = decompose::<GAMMA2>(r);
        assert!(i64::from(r1) == high && i64::from(r0) == low, "{r}");
        assert_eq!(i64::from(use_hint(r, GAMMA2)), oracle::use_hint(r.into(), gamma2), "{r}");
    }
    for r in 0..Q {
        check::<{ GAMMA2[0] }>(r);
        check::<{ GAMMA2[1] }>(r);
        let (r1, r0) = power2round(r);
        assert_eq!((r1.into(), r0.into()), oracle::power2round(r.into()), "{r}");
    }
}

fn check_rounding_kernels<M: Machine>(machine: M) {
    for gamma2 in GAMMA2 {
        // Residues around every multiple of gamma2, r0 = 0 and r0 = gamma2 among them.
        let near = (0..=Q / gamma2).flat_map(|n| (-2..=2).map(move |d| (n * gamma2 + d).rem_euclid(Q)));
        for seed in 0..60 {
            let w = polynomial(near.clone().cycle().skip(13 * seed as usize).step_by(7).chain(random(seed, Q)));
            let (mut low, mut high, mut same) = (w, [0; N], [0; N]);
            machine.decompose(&mut low, gamma2, &mut high);
            machine.high_bits(&w, gamma2, &mut same);
            for (i, r) in wide(&w).into_iter().enumerate() {
                let split = (i64::from(high[i]), i64::from(low.coefficients()[i]));
                assert_eq!(split, oracle::decompose(r, gamma2.into()));
            }
            assert_eq!(same, high);
        }
    }
}

#[test]
fn rounding_kernels_are_those_of_the_standard() {
    on_each_backend!(check_rounding_kernels);
}

#[test]
fn hints_agree_with_the_standard() {
    fn check<const GAMMA2: i32>() {
        let edges = [0, 1, GAMMA2 - 1, GAMMA2, GAMMA2 + 1, 2 * GAMMA2 - 1];
        for w1 in 0..(Q - 1) / (2 * GAMMA2) {
            for r0 in edges.into_iter().flat_map(|edge| [edge, -edge]).chain(random(7, 2 * GAMMA2).take(20)) {
                // w - c s2 has the high bits w1, and w - c s2 + c t0 has others exactly if the hint is 1.
                let r = i64::from(w1) * 2 * i64::from(GAMMA2) + i64::from(r0);
                let expected = oracle::make_hint(-i64::from(r0), r, GAMMA2.into());
                assert_eq!(make_hint::<GAMMA2>(w1, r0), expected, "{w1} {r0}");
            }
        }
    }
    check::<{ GAMMA2[0] }>();
    check::<{ GAMMA2[1] }>();
}

fn check_norms<M: Machine>(machine: M) {
    for bound in [3, 120, GAMMA2[0] - 78, GAMMA2[1] - 196, (1 << 17) - 78, (1 << 19) - 196] {
        for (i, sign) in (0..N).flat_map(|i| [(i, 1), (i, -1)]) {
            let mut w = polynomial([bound - 1, 1 - bound].into_iter().cycle());
            assert!(!machine.exceeds(&w, bound));
            w.coefficients_mut()[i] = sign * bound;
            assert!(machine.exceeds(&w, bound));
            // Two of them, in any two lanes, do not cancel.
            for other in 0..N {
                let mut two = w;
                two.coefficients_mut()[other] = if other == i { sign * bound } else { -sign * bound };
                assert!(machine.exceeds(&two, bound));
            }
            let (mut zero, mut small) = (Poly::ZERO, ntt16::Poly::ZERO);
            w.coefficients_mut()[i] = sign * (bound - 1);
            assert!(!machine.add_small(&mut w, &small, bound) && !machine.subtract_small(&mut w, &small, bound));
            small.0[i] = if sign > 0 { 1 } else { -1 };
            assert!(machine.add_small(&mut w.clone(), &small, bound));
            small.0[i] = -small.0[i];
            assert!(machine.subtract_small(&mut w.clone(), &small, bound));
            assert!(!machine.add_small(&mut w, &small, bound));
            assert!(machine.subtract_small(&mut zero, &small, 1));
        }
    }
}

#[test]
fn norms_are_checked_to_the_last_unit() {
    on_each_backend!(check_norms);
}
