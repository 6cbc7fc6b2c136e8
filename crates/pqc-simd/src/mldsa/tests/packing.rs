//! Encodings and their checks.

use super::*;
use crate::bytes::{Bytes, Zero};
use crate::mldsa::packing::{Hints, pack_hints};
use crate::mldsa::params::{MlDsa44, MlDsa65, MlDsa87, ParameterSet, T0_BYTES, T1_BYTES};
use crate::mldsa::verifying::DecodedSignature;

fn check_response<M: Machine>(machine: M) {
    fn check<M: Machine, P: ParameterSet>(machine: M) {
        let bound = P::GAMMA1 - P::BETA;
        for row in 0..P::L {
            for (value, fits) in [(bound - 1, true), (1 - bound, true), (bound, false), (-bound, false)] {
                let mut signature = P::Signature::ZERO;
                let packed = signature.as_mut()[P::COMMITMENT_BYTES..].chunks_exact_mut(P::Z_BYTES).take(P::L);
                for (i, packed) in packed.enumerate() {
                    let mut z = Poly::ZERO;
                    z.coefficients_mut()[31 * row] = if i == row { value } else { 0 };
                    machine.pack(&z, P::Z_BITS, P::GAMMA1, packed);
                }
                let mut response = P::Response::ZERO;
                assert_eq!(
                    DecodedSignature::<P>::parse(machine, &signature, &mut response).is_some(),
                    fits,
                    "{row} {value}"
                );
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

#[test]
fn hints_have_one_encoding() {
    let omega = 55;
    let encoding = |positions: &[u8], ends: [u8; 6]| {
        let mut bytes = vec![0; omega + 6];
        bytes[..positions.len()].copy_from_slice(positions);
        bytes[omega..].copy_from_slice(&ends);
        Hints::parse(&bytes, omega).is_some()
    };
    let full: Vec<u8> = (0..55).collect();
    assert!(encoding(&[], [0; 6]) && encoding(&full, [55; 6]) && encoding(&[255, 0], [1, 2, 2, 2, 2, 2]));
    assert!(encoding(&full, [10, 10, 20, 30, 40, 55]));
    for (positions, ends, why) in [
        (&[2, 1][..], [2; 6], "descending"),
        (&[1, 1], [2; 6], "equal"),
        (&[1, 2, 3], [2; 6], "unused position"),
        (&[0, 1], [0; 6], "unused position after a zero"),
        (&[1, 2], [2, 1, 2, 2, 2, 2], "descending number"),
        (&full, [56; 6], "more than omega"),
        (&full, [55, 55, 55, 55, 55, 255], "more than the bytes"),
    ] {
        assert!(!encoding(positions, ends), "{why}");
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
            assert!(parsed.positions(0).iter().map(|position| usize::from(*position)).eq(N - count..N));
        }
    }
    // The limit holds for all polynomials together.
    let mut bytes = vec![0; omega + 2];
    assert_eq!(pack_hints(&from_fn(|i| u8::from(i < 30)), 0, omega, 0, &mut bytes), Some(30));
    assert_eq!(pack_hints(&from_fn(|i| u8::from(i < 26)), 1, omega, 30, &mut bytes), None);
}
