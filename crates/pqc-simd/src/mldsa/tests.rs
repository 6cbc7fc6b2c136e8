//! The kernels on every backend against the oracle, with inputs at their bounds.

use super::kernels::Machine;
use super::ntt::NTT_BOUND;
use super::oracle;
use super::packing::{Hints, pack_hints};
use super::params::{MlDsa44, MlDsa65, MlDsa87, ParameterSet, T0_BYTES, T1_BYTES, Zero};
use super::poly::{N, Poly};
use super::rounding::{decompose, make_hint, power2round, use_hint};
use super::sampling::{self, BALL_BYTES, MASK_BYTES, Masks, SMALL_BYTES, UNIFORM_BYTES};
use super::small;
use super::verifying::Parts;
use crate::backend::Backend;
use crate::keccak::{Shake128, Shake256};
use crate::ntt16::{self, Factor};
use crate::vec::v32::Q;
use core::array::from_fn;
use core::slice;

const GAMMA2: [i32; 2] = [(Q - 1) / 88, (Q - 1) / 32];

/// Calls a function with the token of each backend of this processor.
macro_rules! on_each_backend {
    ($function:ident) => {
        for backend in Backend::ALL {
            dispatch!(backend, machine => $function(machine));
        }
    };
}

/// Numbers below `bound` that depend on nothing but `seed`.
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

/// Rows and columns exchanged.
fn exchanged(polynomial: &Poly) -> Poly {
    Poly(from_fn(|i| from_fn(|j| polynomial.0[j][i])))
}

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
        // What `multiply` divides by 2^32 is multiplied again.
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

/// Every residue, for both values of gamma2.
#[test]
fn every_residue_is_split_as_the_standard_says() {
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
fn hints_are_made_as_the_standard_says() {
    fn check<const GAMMA2: i32>() {
        let edges = [0, 1, GAMMA2 - 1, GAMMA2, GAMMA2 + 1, 2 * GAMMA2 - 1];
        for w1 in 0..(Q - 1) / (2 * GAMMA2) {
            for r0 in edges.into_iter().flat_map(|edge| [edge, -edge]).chain(random(7, 2 * GAMMA2).take(20)) {
                // w - c s2 + c t0 has high bits other than w1 exactly where a hint is due; w - c s2 itself has w1.
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

fn check_response<M: Machine>(machine: M) {
    fn check<M: Machine, P: ParameterSet>(machine: M) {
        let bound = P::GAMMA1 - P::BETA;
        for row in 0..P::L {
            for (value, fits) in [(bound - 1, true), (1 - bound, true), (bound, false), (-bound, false)] {
                let mut signature = vec![0; P::SIGNATURE_BYTES];
                let packed = signature[P::COMMITMENT_BYTES..].chunks_exact_mut(P::Z_BYTES).take(P::L);
                for (i, packed) in packed.enumerate() {
                    let mut z = Poly::ZERO;
                    z.coefficients_mut()[31 * row] = if i == row { value } else { 0 };
                    machine.pack(&z, P::Z_BITS, P::GAMMA1, packed);
                }
                let mut response = P::Response::ZERO;
                assert_eq!(Parts::<P>::parse(machine, &signature, &mut response).is_some(), fits, "{row} {value}");
            }
        }
    }
    check::<M, MlDsa44>(machine);
    check::<M, MlDsa65>(machine);
    check::<M, MlDsa87>(machine);
}

#[test]
fn responses_are_refused_at_their_bound() {
    on_each_backend!(check_response);
}

fn check_packing<M: Machine>(machine: M) {
    for (bits, top) in [(3, 2), (4, 4), (18, 1 << 17), (20, 1 << 19)] {
        for seed in 0..8 {
            let numbers: Vec<i32> = random(seed, 1 << bits).take(N).collect();
            let packed = oracle::bit_pack(&numbers, bits);
            let expected = polynomial(numbers.iter().map(|number| top - number));
            let (mut out, mut again) = (Poly::ZERO, vec![0; packed.len()]);
            machine.unpack(&packed, bits, top, &mut out);
            assert_eq!(out.coefficients(), expected.coefficients());
            machine.pack(&out, bits, top, &mut again);
            assert_eq!(again, packed);
        }
    }
    for (bits, gamma2) in [(6, GAMMA2[0]), (4, GAMMA2[1])] {
        let high: Vec<i32> = random(bits, (Q - 1) / (2 * gamma2)).take(N).collect();
        let bits = bits as usize;
        let mut out = vec![0; N * bits / 8];
        machine.pack_high(&from_fn(|i| u8::try_from(high[i]).unwrap()), bits, &mut out);
        assert_eq!(out, oracle::bit_pack(&high, bits));
    }
}

#[test]
fn packing_is_that_of_the_standard() {
    on_each_backend!(check_packing);
}

fn check_t<M: Machine>(machine: M) {
    for seed in 0..30 {
        let t = polynomial([0, 1, Q - 1, Q - 4, 4095, 4096, 4097].into_iter().chain(random(seed, Q)));
        let s = polynomial(random(seed, 9).map(|s| s - 4));
        let (mut t1, mut t0) = ([0; T1_BYTES], [0; T0_BYTES]);
        machine.pack_t(&t, &s, &mut t1, &mut t0);
        let sums = wide(&t).into_iter().zip(wide(&s)).map(|(t, s)| oracle::power2round(oracle::modulo(t + s)));
        let (high, low): (Vec<i64>, Vec<i64>) = sums.unzip();
        let (mut negated, mut decoded) = (Poly::ZERO, Poly::ZERO);
        machine.unpack_negated_t1(&t1, &mut negated);
        machine.unpack_t0(&t0, &mut decoded);
        assert_eq!(wide(&negated).to_vec(), high.iter().map(|high| -high << 13).collect::<Vec<_>>());
        assert_eq!(wide(&decoded).to_vec(), low);
    }
}

#[test]
fn t_is_split_and_packed() {
    on_each_backend!(check_t);
}

fn check_uniform<M: Machine>(machine: M) {
    for seed in 0..200_u8 {
        let (seed, mut bytes) = ([seed; 34], [0; UNIFORM_BYTES]);
        Shake128::hash(machine, &[&seed], &mut bytes);
        let (mut fast, mut slow) = (Poly::ZERO, Poly::ZERO);
        assert!(machine.sample_uniform(&bytes, &mut fast));
        sampling::uniform_slowly(machine, &seed, &mut slow);
        assert_eq!(fast.coefficients(), slow.coefficients());
    }
    // The largest candidate that is accepted and the smallest that is not; bit 23 does not count.
    for (candidates, is_enough) in [([Q - 1, Q - 1], true), ([Q, Q], false), ([Q - 1, Q], false), ([0, 1 << 23], true)]
    {
        let bytes: Vec<u8> = candidates.iter().cycle().take(280).flat_map(|c| c.to_le_bytes()[..3].to_vec()).collect();
        assert_eq!(machine.sample_uniform(&bytes.try_into().unwrap(), &mut Poly::ZERO.clone()), is_enough);
    }
    // 16 rejections leave 256 of the 272 candidates, and 17 do not.
    for (rejected, is_enough) in [(16, true), (17, false)] {
        let mut out = Poly::ZERO;
        let candidates = (0..280).map(|i| if i % 8 == 0 && i / 8 < rejected { Q } else { i });
        let bytes: Vec<u8> = candidates.clone().flat_map(|c| c.to_le_bytes()[..3].to_vec()).collect();
        assert_eq!(machine.sample_uniform(&bytes.try_into().unwrap(), &mut out), is_enough);
        if is_enough {
            let expected: Vec<i32> = candidates.filter(|c| *c < Q).take(N).collect();
            assert_eq!(out.coefficients(), expected);
        }
    }
}

#[test]
fn uniform_sampling_accepts_what_the_standard_accepts() {
    on_each_backend!(check_uniform);
}

fn check_small<M: Machine>(machine: M) {
    for (seed, eta) in (0..200_u8).flat_map(|seed| [(seed, 2), (seed, 4)]) {
        let (seed, mut bytes) = ([seed; 66], [0; SMALL_BYTES]);
        Shake256::hash(machine, &[&seed], &mut bytes);
        let (mut fast, mut slow) = (Poly::ZERO, Poly::ZERO);
        assert!(machine.sample_small(&bytes, eta, &mut fast));
        sampling::small_slowly(machine, &seed, eta, &mut slow);
        assert_eq!(fast.coefficients(), slow.coefficients());
        assert!(!machine.exceeds(&fast, eta + 1));
    }
    for eta in [2, 4] {
        let mut out = Poly::ZERO;
        assert!(!machine.sample_small(&[0xff; SMALL_BYTES], eta, &mut out));
        // Every candidate in turn, and those that are accepted.
        let bytes = from_fn(|i| [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe][i % 8]);
        assert!(machine.sample_small(&bytes, eta, &mut out));
        let accepted = (0..16).cycle().filter(|c| *c < if eta == 2 { 15 } else { 9 });
        let expected: Vec<i32> = accepted.map(|c| if eta == 2 { 2 - c % 5 } else { 4 - c }).take(N).collect();
        assert_eq!(out.coefficients(), expected);
    }
}

#[test]
fn small_sampling_accepts_what_the_standard_accepts() {
    on_each_backend!(check_small);
}

/// Algorithm 29 of a stream of bytes, or `None` where it ends.
fn ball(stream: &[u8], tau: i32) -> Option<Poly> {
    let (signs, mut rest) = stream.split_first_chunk::<8>()?;
    let (signs, mut c) = (u64::from_le_bytes(*signs), Poly::ZERO);
    for (n, i) in (N - usize::try_from(tau).ok()?..N).enumerate() {
        let at = rest.iter().position(|j| usize::from(*j) <= i)?;
        let j = usize::from(rest[at]);
        rest = &rest[at + 1..];
        c.coefficients_mut()[i] = c.coefficients()[j];
        c.coefficients_mut()[j] = if signs >> n & 1 == 1 { -1 } else { 1 };
    }
    Some(c)
}

fn check_masks<M: Machine>(machine: M) {
    fn check<M: Machine, P: ParameterSet>(machine: M) {
        let message: Vec<u8> = (0..900).map(|i| (i % 251) as u8).collect();
        let (rho, mut mask) = ([7; 64], vec![Poly::ZERO; P::L]);
        // A hash between attempts, or none, so that as many are made ahead as there can be and as few.
        for hashes in [[true, true], [false, false], [true, false]] {
            let mut masks = Masks::<P>::new(&rho);
            for attempt in 0..40 {
                masks.take(machine, &mut mask);
                for (number, y) in (attempt * P::L..).zip(&mask) {
                    let (mut bytes, mut expected) = ([0; MASK_BYTES], Poly::ZERO);
                    // Of ML-DSA-87, the last numbers have a second byte.
                    Shake256::hash(machine, &[&rho, &u16::try_from(number).unwrap().to_le_bytes()], &mut bytes);
                    machine.unpack(&bytes[..P::Z_BYTES], P::Z_BITS, P::GAMMA1, &mut expected);
                    assert_eq!(y.coefficients(), expected.coefficients(), "{number}");
                }
                if hashes[attempt % 2] {
                    let message = &message[..23 * attempt];
                    let (mut hash, mut expected) = ([0; 64], [0; 64]);
                    masks.hash_beside(machine, message, &mut hash);
                    Shake256::hash(machine, &[message], &mut expected);
                    assert_eq!(hash, expected, "{attempt}");
                }
            }
        }
    }
    check::<M, MlDsa44>(machine);
    check::<M, MlDsa65>(machine);
    check::<M, MlDsa87>(machine);
}

#[test]
fn masks_and_hashes_beside_them_are_those_of_the_standard() {
    on_each_backend!(check_masks);
}

fn check_ball<M: Machine>(machine: M) {
    fn check<M: Machine, P: ParameterSet>(machine: M) {
        for seed in 0..100_u8 {
            let (commitment, mut stream) = (vec![seed; P::COMMITMENT_BYTES], [0; 4 * BALL_BYTES]);
            Shake256::hash(machine, &[&commitment], &mut stream);
            let (mut of_hash, mut of_block) = (Poly::ZERO, Poly::ZERO);
            sampling::in_ball::<M, P>(machine, &commitment, &mut of_hash);
            assert!(sampling::in_ball_of_block::<P>(stream.first_chunk().unwrap(), &mut of_block));
            let expected = ball(&stream, P::TAU).unwrap();
            assert_eq!(of_hash.coefficients(), expected.coefficients());
            assert_eq!(of_block.coefficients(), expected.coefficients());
        }
        assert!(!sampling::in_ball_of_block::<P>(&[0xff; BALL_BYTES], &mut Poly::ZERO.clone()));
    }
    check::<M, MlDsa44>(machine);
    check::<M, MlDsa65>(machine);
    check::<M, MlDsa87>(machine);
}

#[test]
fn challenges_are_those_of_the_standard() {
    on_each_backend!(check_ball);
}

fn check_small_products<M: Machine>(machine: M) {
    for (tau, eta) in [(39, 2), (49, 4), (60, 2)] {
        for seed in 0..40_u8 {
            let mut stream = [0; 4 * BALL_BYTES];
            Shake256::hash(machine, &[&[seed]], &mut stream);
            let c = ball(&stream, tau).unwrap();
            // Signs that make one coefficient as large as it can be, all of one sign, and random ones.
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

#[test]
fn hints_have_one_encoding() {
    let omega = 55;
    let encoding = |places: &[u8], ends: [u8; 6]| {
        let mut bytes = vec![0; omega + 6];
        bytes[..places.len()].copy_from_slice(places);
        bytes[omega..].copy_from_slice(&ends);
        Hints::parse(&bytes, omega).is_some()
    };
    let full: Vec<u8> = (0..55).collect();
    assert!(encoding(&[], [0; 6]) && encoding(&full, [55; 6]) && encoding(&[255, 0], [1, 2, 2, 2, 2, 2]));
    assert!(encoding(&full, [10, 10, 20, 30, 40, 55]));
    for (places, ends, why) in [
        (&[2, 1][..], [2; 6], "descending"),
        (&[1, 1], [2; 6], "equal"),
        (&[1, 2, 3], [2; 6], "unused place"),
        (&[0, 1], [0; 6], "unused place after a zero"),
        (&[1, 2], [2, 1, 2, 2, 2, 2], "descending number"),
        (&full, [56; 6], "more than omega"),
        (&full, [55, 55, 55, 55, 55, 255], "more than the bytes"),
    ] {
        assert!(!encoding(places, ends), "{why}");
    }
}

#[test]
fn hints_are_packed_up_to_omega() {
    let omega = 55;
    for (count, fits) in [(0, true), (54, true), (55, true), (56, false), (256, false)] {
        let mut bytes = vec![0; omega + 1];
        let hints = from_fn(|i| u8::from(i >= N - count));
        assert_eq!(pack_hints(&hints, 0, omega, 0, &mut bytes), fits.then_some(count));
        if fits {
            let parsed = Hints::parse(&bytes, omega).unwrap();
            assert!(parsed.places(0).iter().map(|place| usize::from(*place)).eq(N - count..N));
        }
    }
    // The limit holds for all polynomials together.
    let mut bytes = vec![0; omega + 2];
    assert_eq!(pack_hints(&from_fn(|i| u8::from(i < 30)), 0, omega, 0, &mut bytes), Some(30));
    assert_eq!(pack_hints(&from_fn(|i| u8::from(i < 26)), 1, omega, 30, &mut bytes), None);
}
