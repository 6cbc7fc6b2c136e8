//! Sampling from hashes.

use super::*;
use crate::keccak::{Shake128, Shake256};
use crate::mldsa::params::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};
use crate::mldsa::rejection::{SMALL_BYTES, UNIFORM_BYTES};
use crate::mldsa::sampling::{self, BALL_BYTES, MASK_BYTES, Masks};

fn check_uniform<M: Machine>(machine: M) {
    for seed in 0..200_u8 {
        let (seed, mut bytes) = ([seed; 34], [0; UNIFORM_BYTES]);
        Shake128::hash(machine, &[&seed], &mut bytes);
        let (mut fast, mut slow) = (Poly::ZERO, Poly::ZERO);
        assert!(machine.sample_uniform(&bytes, &mut fast));
        sampling::uniform_slowly(machine, &seed, &mut slow);
        assert_eq!(fast.coefficients(), slow.coefficients());
    }
    // The largest accepted candidate and the smallest rejected one; bit 23 is ignored.
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
fn uniform_sampling_agrees_with_the_standard() {
    on_each_backend!(check_uniform);
}

/// One seed in 30,000 draws q among its first 256 candidates.
#[test]
fn slow_uniform_sampling_rejects_q() {
    let backend = Backend::Portable;
    let drawn = (0_u32..).find_map(|number| {
        let (mut seed, mut bytes) = ([0; 34], [0; UNIFORM_BYTES]);
        seed[..4].copy_from_slice(&number.to_le_bytes());
        dispatch!(backend, machine => Shake128::hash(machine, &[&seed], &mut bytes));
        let candidates = bytes.as_chunks::<3>().0.iter().map(|&[a, b, c]| i32::from_le_bytes([a, b, c & 0x7f, 0]));
        let candidates: Vec<i32> = candidates.take(N).collect();
        candidates.contains(&Q).then_some((seed, candidates))
    });
    let (seed, candidates) = drawn.unwrap();
    let mut out = Poly::ZERO;
    dispatch!(backend, machine => sampling::uniform_slowly(machine, &seed, &mut out));
    let accepted: Vec<i32> = candidates.into_iter().filter(|candidate| *candidate < Q).collect();
    assert_eq!(out.coefficients()[..accepted.len()], accepted[..]);
    assert!(out.coefficients().iter().all(|coefficient| *coefficient < Q));
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
        // Every candidate in turn, and the accepted ones.
        let bytes = from_fn(|i| [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe][i % 8]);
        assert!(machine.sample_small(&bytes, eta, &mut out));
        let accepted = (0..16).cycle().filter(|c| *c < if eta == 2 { 15 } else { 9 });
        let expected: Vec<i32> = accepted.map(|c| if eta == 2 { 2 - c % 5 } else { 4 - c }).take(N).collect();
        assert_eq!(out.coefficients(), expected);
    }
}

#[test]
fn small_sampling_agrees_with_the_standard() {
    on_each_backend!(check_small);
}

/// Algorithm 29 on a stream of bytes, or `None` if it ends too early.
pub(super) fn ball(stream: &[u8], tau: i32) -> Option<Poly> {
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
        // With or without a hash between attempts, so that the most and the fewest polynomials are sampled ahead.
        for hashes in [[true, true], [false, false], [true, false]] {
            let mut masks = Masks::<P>::new(&rho);
            for attempt in 0..40 {
                masks.take(machine, &mut mask);
                for (number, y) in (attempt * P::L..).zip(&mask) {
                    let (mut bytes, mut expected) = ([0; MASK_BYTES], Poly::ZERO);
                    // The last counters of ML-DSA-87 have a second byte.
                    Shake256::hash(machine, &[&rho, &u16::try_from(number).unwrap().to_le_bytes()], &mut bytes);
                    machine.unpack(&bytes[..P::Z_BYTES], P::Z_BITS, P::GAMMA1, &mut expected);
                    assert_eq!(y.coefficients(), expected.coefficients(), "{number}");
                }
                if hashes[attempt % 2] {
                    let message = &message[..23 * attempt];
                    let (mut hash, mut expected) = ([0; 64], [0; 64]);
                    masks.hash_interleaved(machine, message, &mut hash);
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
fn masks_and_interleaved_hashes_match_the_standard() {
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
