//! The samplers of both schemes: the accepted candidates, their order, and the end of the loop.
//!
//! The loop of a rejection sampler over lanes keeps one number, the count of accepted candidates; a step depends on it
//! and on the candidates of the step. So each step is run after each count that can precede it, with each number
//! accepted in it, on inputs that lead there. By induction over the steps, the accepted candidates lie in order below
//! the count for every input. The rows of the lane operations show that a vector keeps the right lanes.

use super::machine::{Arbitrary, Random, SHAKE, noise, portable, sponge};
use super::{Label, Row, claim};
use crate::Backend;
use crate::keccak::State;
use crate::mldsa::kernels::Kernels;
use crate::mldsa::poly::Poly;
use crate::mldsa::rejection::{SMALL_BYTES, UNIFORM_BYTES, small_coefficient};
use crate::mldsa::sampling::{BALL_BYTES, in_ball, in_ball_of_block, small_slowly, uniform_slowly};
use crate::mldsa::{MlDsa44, MlDsa65, MlDsa87, ParameterSet};
use crate::mlkem::kernels::{ACCEPTED, Coding, SAMPLE_BYTES};
use crate::mlkem::matrix::sample_long;
use crate::ntt16::{self, Ntt};
use crate::vec::v32::Q;
use std::array::from_fn;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA: uniform sampling takes the first 256 candidates below q among 272, if there are that many (FIPS \
               204, algorithm 30)",
        label: Label::ExhaustedInPart(
            "every step, count before it and number accepted in it, on each backend; all 2^24 candidates",
        ),
        covers: &["mldsa/rejection.rs::uniform", "mldsa/kernels.rs::Kernels::sample_uniform"],
        is_slow: false,
        check: uniform,
    },
    Row {
        name: "ML-DSA: bounded sampling takes the first 256 accepted half bytes, if there are that many (FIPS 204, \
               algorithm 31)",
        label: Label::ExhaustedInPart("every step, count before it and number accepted in it, on each backend"),
        covers: &["mldsa/rejection.rs::small", "mldsa/kernels.rs::Kernels::sample_small"],
        is_slow: false,
        check: small,
    },
    Row {
        name: "ML-DSA: the coefficient of an accepted half byte (FIPS 204, algorithm 15)",
        label: Label::Proved,
        covers: &["mldsa/rejection.rs::small_coefficient"],
        is_slow: false,
        check: half_bytes,
    },
    Row {
        name: "ML-DSA: block by block, samplers take the first 256 candidates of the stream (FIPS 204, algorithms 30 and 31)",
        label: Label::Tested,
        covers: &["mldsa/sampling.rs::uniform_slowly", "mldsa/sampling.rs::small_slowly"],
        is_slow: false,
        check: slowly,
    },
    Row {
        name: "ML-DSA: SampleInBall places each of the tau signs, and fails where a block does not suffice (FIPS 204, algorithm 29)",
        label: Label::ExhaustedInPart(
            "every step and byte in it, all sign bits, in each set; the other bytes are random",
        ),
        covers: &["mldsa/sampling.rs::in_ball_of_block", "mldsa/sampling.rs::fill_ball"],
        is_slow: false,
        check: balls,
    },
    Row {
        name: "ML-DSA: SampleInBall of a hash continues with its next blocks (FIPS 204, algorithm 29)",
        label: Label::Tested,
        covers: &["mldsa/sampling.rs::in_ball"],
        is_slow: false,
        check: hashed_balls,
    },
    Row {
        name: "ML-KEM: three blocks yield the candidates below q in order, then the first 256 (FIPS 203, algorithm 7)",
        label: Label::ExhaustedInPart(
            "every step, count before it and number accepted in it, on each backend; all 2^12 candidates in each place",
        ),
        covers: &[
            "mlkem/kernels.rs::accept",
            "mlkem/kernels.rs::take_accepted",
            "mlkem/kernels.rs::Coding::accept",
            "mlkem/kernels.rs::Coding::take_accepted",
        ],
        is_slow: false,
        check: accepted,
    },
    Row {
        name: "ML-KEM: samples that need more than three blocks continue after any number of candidates (FIPS 203, algorithm 7)",
        label: Label::ExhaustedInPart("every count before; random blocks"),
        covers: &["mlkem/matrix.rs::sample_long"],
        is_slow: false,
        check: long_samples,
    },
];

/// Algorithm 30 of FIPS 204 on the output of the XOF: the accepted candidates, by algorithm 14.
pub(super) fn uniform_candidates(stream: &[u8]) -> impl Iterator<Item = i32> {
    let number = |b: &[u8; 3]| i32::from(b[0]) + (i32::from(b[1]) << 8) + (i32::from(b[2] & 0x7f) << 16);
    stream.as_chunks().0.iter().map(number).filter(|number| *number < Q)
}

/// Algorithm 31: the accepted coefficients, by algorithm 15.
pub(super) fn small_candidates(stream: &[u8], eta: i32) -> impl Iterator<Item = i32> {
    let half_bytes = stream.iter().flat_map(|byte| [byte % 16, byte / 16]).map(i32::from);
    half_bytes.filter_map(move |b| coefficient_of_half_byte(b, eta))
}

fn coefficient_of_half_byte(b: i32, eta: i32) -> Option<i32> {
    match eta {
        2 if b < 15 => Some(2 - b % 5),
        4 if b < 9 => Some(4 - b),
        _ => None,
    }
}

/// Algorithm 7 of FIPS 203: the accepted candidates.
pub(super) fn candidates_of_pairs(stream: &[u8]) -> impl Iterator<Item = i16> {
    let pairs = stream.as_chunks::<3>().0.iter().map(|three| three.map(i16::from));
    pairs.flat_map(|[c0, c1, c2]| [c0 + 256 * (c1 % 16), c1 / 16 + 16 * c2]).filter(|d| *d < 3329)
}

/// Algorithm 29 of FIPS 204 on the output of H, or `None` if it ends too early.
pub(super) fn ball(stream: &[u8], tau: i32) -> Option<[i32; 256]> {
    let (mut c, mut rest) = ([0; 256], stream[8..].iter());
    let tau = tau.unsigned_abs() as usize;
    for i in 256 - tau..256 {
        let j = usize::from(*rest.find(|j| usize::from(**j) <= i)?);
        c[i] = c[j];
        let h = i + tau - 256;
        c[j] = if stream[h / 8] >> (h % 8) & 1 == 1 { -1 } else { 1 };
    }
    Some(c)
}

/// Calls a function with a choice of accepted candidates: for each step of `width` candidates, each count before it and
/// each number accepted in it. The choice among the candidates is random; after the step, all, none or some are
/// accepted.
fn for_each_transition(random: &mut Random, steps: usize, width: usize, mut check: impl FnMut(&mut Random, &[bool])) {
    let mut choice = vec![false; steps * width];
    for step in 0..steps {
        for (before, accepted) in (0..=width * step).flat_map(|count| (0..=width).map(move |k| (count, k))) {
            let (first, rest) = choice.split_at_mut(width * step);
            let (now, rest) = rest.split_at_mut(width);
            choose(random, first, before);
            choose(random, now, accepted);
            let later = [0, rest.len(), rest.len() / 2, rest.len() - rest.len() / 16][random.below(4)];
            choose(random, rest, later);
            check(random, &choice);
        }
    }
}

/// Chooses `count` candidates at random.
fn choose(random: &mut Random, choice: &mut [bool], mut count: usize) {
    for at in 0..choice.len() {
        let left = choice.len() - at;
        choice[at] = random.below(left) < count;
        count -= usize::from(choice[at]);
    }
}

fn unspecified() -> Poly {
    Poly(from_fn(|_| from_fn(|_| i32::from(noise().to_le_bytes()[0]) - 300)))
}

fn uniform() {
    let check = |bytes: &[u8; UNIFORM_BYTES]| {
        let mut expected = uniform_candidates(&bytes[..3 * 272]).fuse();
        let first: [Option<i32>; 256] = from_fn(|_| expected.next());
        for backend in Backend::available() {
            let mut out = unspecified();
            let is_enough = dispatch!(backend, m => m.sample_uniform(bytes, &mut out));
            let is_equal = !is_enough || out.coefficients().iter().copied().map(Some).eq(first);
            claim(is_enough == first[255].is_some(), || format!("is_enough: {is_enough} on {}", backend.name()));
            claim(is_equal, || format!("the coefficients on {}", backend.name()));
        }
    };
    let random = &mut Random::new(10);
    for_each_transition(random, 17, 16, |random, choice| {
        let mut bytes = [0; UNIFORM_BYTES];
        for (bytes, is_accepted) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(choice) {
            let edge = random.below(8) == 0;
            let candidate = match (is_accepted, edge) {
                (true, false) => random.below(8_380_417),
                (true, true) => [0, 8_380_416][random.below(2)],
                (false, false) => 8_380_417 + random.below((1 << 23) - 8_380_417),
                (false, true) => [8_380_417, (1 << 23) - 1][random.below(2)],
            };
            // The highest bit is ignored.
            bytes.copy_from_slice(&(candidate + (random.below(2) << 23)).to_le_bytes()[..3]);
        }
        // More candidates, which are ignored.
        bytes[3 * 272..].fill(0);
        check(&bytes);
    });
    // Every candidate once.
    let mut candidates = 0..1_u32 << 24;
    while !candidates.is_empty() {
        let mut bytes = [0; UNIFORM_BYTES];
        for (bytes, candidate) in bytes[..3 * 272].as_chunks_mut::<3>().0.iter_mut().zip(&mut candidates) {
            // Successive candidates differ in the lowest bits, so that rejected candidates are spread out.
            bytes.copy_from_slice(&(candidate.wrapping_mul(0x9e_3779) & 0xff_ffff).to_le_bytes()[..3]);
        }
        check(&bytes);
    }
}

fn small() {
    let random = &mut Random::new(11);
    for (eta, bound) in [(2, 15), (4, 9)] {
        for_each_transition(random, 17, 32, |random, choice| {
            let half_byte = |random: &mut Random, is_accepted| {
                if is_accepted { random.below(bound) } else { bound + random.below(16 - bound) }
            };
            let bytes: [u8; SMALL_BYTES] = from_fn(|i| {
                let (low, high) = (half_byte(random, choice[2 * i]), half_byte(random, choice[2 * i + 1]));
                (low + 16 * high).to_le_bytes()[0]
            });
            let mut expected = small_candidates(&bytes, eta).fuse();
            let first: [Option<i32>; 256] = from_fn(|_| expected.next());
            for backend in Backend::available() {
                let mut out = unspecified();
                let is_enough = dispatch!(backend, m => m.sample_small(&bytes, eta, &mut out));
                let is_equal = !is_enough || out.coefficients().iter().copied().map(Some).eq(first);
                claim(is_enough == first[255].is_some(), || format!("is_enough: {is_enough} on {}", backend.name()));
                claim(is_equal, || format!("the coefficients for eta = {eta} on {}", backend.name()));
            }
        });
    }
}

fn half_bytes() {
    for (eta, b) in [(2, 0..15), (4, 0..9)].into_iter().flat_map(|(eta, all)| all.map(move |b| (eta, b))) {
        let is_equal = Some(small_coefficient(b, eta)) == coefficient_of_half_byte(b, eta);
        claim(is_equal, || format!("{b} for eta = {eta}"));
    }
}

fn slowly() {
    let random = &mut Random::new(12);
    for _ in 0..2000 {
        let (machine, seed, mut out) = (Arbitrary::<8>, random.bytes(), unspecified());
        uniform_slowly(machine, &seed, &mut out);
        let expected = uniform_candidates(&sponge(168, SHAKE, &[&seed], 40 * 168)).take(256).collect::<Vec<_>>();
        claim(out.coefficients() == expected, || format!("uniform, {seed:?}"));
        let seed = random.bytes();
        for eta in [2, 4] {
            let mut out = unspecified();
            small_slowly(machine, &seed, eta, &mut out);
            let expected = small_candidates(&sponge(136, SHAKE, &[&seed], 40 * 136), eta).take(256).collect::<Vec<_>>();
            claim(out.coefficients() == expected, || format!("eta = {eta}, {seed:?}"));
        }
    }
}

fn balls() {
    fn check<P: ParameterSet>(block: &[u8; BALL_BYTES]) {
        let (mut out, expected) = (unspecified(), ball(block, P::TAU));
        let is_enough = in_ball_of_block::<P>(block, &mut out);
        claim(is_enough == expected.is_some(), || format!("is_enough: {is_enough} for tau = {}", P::TAU));
        let is_equal = expected.is_none_or(|expected| out.coefficients() == expected);
        claim(is_equal, || format!("the coefficients for tau = {}", P::TAU));
    }
    fn prove<P: ParameterSet>(random: &mut Random) {
        let tau = P::TAU.unsigned_abs() as usize;
        // A block with accepted bytes, one in each step.
        let accepted = |random: &mut Random| {
            let mut block: [u8; BALL_BYTES] = random.bytes();
            (0..tau).for_each(|n| block[8 + n] = random.below(256 - tau + n + 1).to_le_bytes()[0]);
            block
        };
        for (step, byte, _) in (0..tau).flat_map(|n| (0..=255).flat_map(move |j| (0..4).map(move |i| (n, j, i)))) {
            let mut block = accepted(random);
            block[8 + step] = byte;
            check::<P>(&block);
        }
        for bit in 0..64 {
            let mut block = accepted(random);
            block[..8].copy_from_slice(&(1_u64 << bit).to_le_bytes());
            check::<P>(&block);
            block[..8].copy_from_slice(&(!(1_u64 << bit)).to_le_bytes());
            check::<P>(&block);
        }
        // Rejected bytes before the last step, for each number of bytes that are used.
        for (rejected, step) in (0..=128).flat_map(|rejected| (0..tau).map(move |step| (rejected, step))) {
            let block = accepted(random);
            let (before, after) = block[8..].split_at(step);
            let bytes = before.iter().copied().chain(vec![255; rejected]).chain(after.iter().copied());
            let mut block = block;
            block[8..].iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
            check::<P>(&block);
        }
    }
    let random = &mut Random::new(13);
    prove::<MlDsa44>(random);
    prove::<MlDsa65>(random);
    prove::<MlDsa87>(random);
}

fn hashed_balls() {
    fn test<P: ParameterSet>(random: &mut Random) {
        for _ in 0..2000 {
            let (commitment, mut out) = (random.bytes::<64>(), unspecified());
            let commitment = &commitment[..P::COMMITMENT_BYTES];
            in_ball::<_, P>(Arbitrary::<8>, commitment, &mut out);
            let expected = ball(&sponge(BALL_BYTES, SHAKE, &[commitment], 40 * BALL_BYTES), P::TAU);
            claim(Some(out.coefficients()) == expected.as_ref().map(|c| &c[..]), || format!("{commitment:?}"));
        }
    }
    let random = &mut Random::new(14);
    test::<MlDsa44>(random);
    test::<MlDsa65>(random);
    test::<MlDsa87>(random);
}

fn accepted() {
    let check = |candidates: &[usize]| {
        let mut output = [0xff; SAMPLE_BYTES];
        for (bytes, pair) in output.as_chunks_mut::<3>().0.iter_mut().zip(candidates.as_chunks::<2>().0) {
            bytes.copy_from_slice(&(pair[0] + (pair[1] << 12)).to_le_bytes()[..3]);
        }
        let expected: Vec<i16> = candidates_of_pairs(&output).collect();
        for backend in Backend::available() {
            let mut accepted = from_fn(|_| i16::from(noise().to_le_bytes()[0]));
            let count = dispatch!(backend, m => Coding::accept(m, &output, &mut accepted));
            let is_equal = count == expected.len() && accepted[..count] == expected;
            claim(is_equal, || format!("{count} accepted on {}", backend.name()));
            if count >= 256 {
                let (mut out, mut expected) = (ntt16::Poly::ZERO, ntt16::Poly::ZERO);
                dispatch!(backend, m => m.take_accepted(&accepted, &mut out));
                expected.0.copy_from_slice(&accepted[..256]);
                portable().reorder(&mut expected);
                claim(out.0 == expected.0, || format!("the coefficients on {}", backend.name()));
            }
        }
    };
    let random = &mut Random::new(15);
    // Vectors have 16 or 32 lanes; of the last 32, half are beyond the three blocks.
    for (steps, width) in [(21, 16), (10, 32)] {
        for_each_transition(random, steps, width, |random, choice| {
            let mut candidate = |is_accepted| if is_accepted { random.below(3329) } else { 3329 + random.below(767) };
            let mut candidates: Vec<usize> = choice.iter().map(|is_accepted| candidate(*is_accepted)).collect();
            candidates.resize_with(336, || candidate(false));
            check(&candidates);
        });
    }
    for (first, step) in (0..4096).flat_map(|first| [(first, 1), (first, 1235)]) {
        check(&from_fn::<_, 336, _>(|i| (first + step * i) % 4096));
    }
}

fn long_samples() {
    let random = &mut Random::new(16);
    for (count, _) in (0..256).flat_map(|count| (0..12).map(move |i| (count, i))) {
        let accepted: [i16; ACCEPTED] = from_fn(|_| random.below(3329).to_le_bytes()[0].into());
        let mut state = State::<1>(from_fn(|_| [random.next()]));
        let (mut stream, mut next, mut out) = (Vec::new(), state.clone(), ntt16::Poly::ZERO);
        for _ in 0..30 {
            super::machine::permute(&mut next, 1);
            stream.extend(next.0.as_flattened()[..21].iter().flat_map(|word| word.to_le_bytes()));
        }
        sample_long(Arbitrary::<8>, &mut state, &accepted, count, &mut out);
        let mut candidates = accepted[..count].iter().copied().chain(candidates_of_pairs(&stream));
        let mut expected = ntt16::Poly(from_fn(|_| candidates.next().expect("blocks enough")));
        portable().reorder(&mut expected);
        claim(out.0 == expected.0, || format!("{count} candidates before"));
    }
}
