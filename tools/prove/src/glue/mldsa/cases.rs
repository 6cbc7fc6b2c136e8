//! The cases with known answers: valid keys and signatures, and changed ones.

use super::Operations;
use super::engine::Engine;
use crate::glue::{Random, Transcript};
use pqc_simd::Backend;
use pqc_simd::mldsa::{ParameterSet, public_key_hash};
use pqc_simd::proofs::checked;

/// The number of cases of a set.
const CASES: usize = 60;

/// The hash of all outputs of the cases.
pub(crate) fn transcript<P: ParameterSet>(operations: &impl Operations<P>) -> Transcript {
    let mut transcript = Transcript::default();
    for case in 0..CASES {
        let mut random = Random::new(P::K, case);
        let (mut seed, mut rnd) = (random.bytes(), random.bytes());
        match case {
            0 => seed = [0; 32],
            1 => (seed, rnd) = ([0xff; 32], [0xff; 32]),
            _ if case % 3 == 0 => rnd = [0; 32],
            _ => {}
        }
        let length = if case < 2 { 255 * case } else { random.below(256) };
        let (context, length) = (random.vec(length), if case == 2 { 0 } else { random.below(600) });
        let message = random.vec(length);
        let (private_key, public_key) = operations.keygen(&seed);
        transcript.add(&private_key);
        transcript.add(&public_key);
        let signature = operations.sign(&private_key, &message, &context, &rnd).expect("a signature of a valid key");
        transcript.add(&signature);
        for changed in changed_keys::<P>(operations, &mut random, case, &private_key, &message) {
            transcript.add(&operations.sign(&changed, &message, b"", &rnd).unwrap_or_default());
        }
        let mut verdict = |public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]| {
            transcript.add(&[operations.verify(public_key, message, context, signature).into()]);
        };
        verdict(&public_key, &message, &context, &signature);
        verdict(&public_key, &message, &[&context[1.min(context.len())..], b"-"].concat(), &signature);
        verdict(&public_key, &[&message[..], b"-"].concat(), &context, &signature);
        verdict(&random.flip(&public_key, 0..32), &message, &context, &signature);
        verdict(&random.flip(&public_key, 32..P::PUBLIC_KEY_BYTES), &message, &context, &signature);
        verdict(&vec![0xff; P::PUBLIC_KEY_BYTES], &message, &context, &signature);
        for signature in changed_signatures::<P>(&mut random, &signature) {
            verdict(&public_key, &message, &context, &signature);
        }
    }
    transcript
}

/// Private keys with a t0 that does not belong to the rest, which changes why and how often attempts are rejected.
fn changed_keys<P: ParameterSet>(
    operations: &impl Operations<P>,
    random: &mut Random,
    case: usize,
    private_key: &[u8],
    message: &[u8],
) -> Vec<Vec<u8>> {
    let t0 = 128 + (P::K + P::L) * P::ETA_BYTES;
    let with_t0 = |coefficients: &dyn Fn(usize) -> i32| {
        let mut key = private_key.to_vec();
        key[t0..].fill(0);
        for i in 0..256 * P::K {
            // Algorithm 17: 2^12 - t0 in 13 bits.
            let packed = usize::try_from(4096 - coefficients(i)).expect("at most 2^12");
            for bit in (0..13).filter(|bit| packed >> bit & 1 == 1) {
                key[t0 + (13 * i + bit) / 8] |= 1 << ((13 * i + bit) % 8);
            }
        }
        key
    };
    // Some coefficients are extreme, so that about omega hints are needed; in two cases all are, so that signing may fail.
    let extreme = if case < 2 { 256 } else { random.below(100) };
    let numbers: Vec<i32> = (0..256 * P::K)
        .map(|_| {
            let (number, is_extreme) =
                (i32::try_from(random.below(8192)).expect("13 bits") - 4095, random.below(256) < extreme);
            if is_extreme { if number > 0 { 4096 } else { -4095 } } else { number }
        })
        .collect();
    // One coefficient of c t0 is as large as can be, for the challenge of the attempt that succeeds with t0 = 0.
    let without = with_t0(&|_| 0);
    let rnd = [0; 32];
    let signature = operations.sign(&without, message, b"", &rnd).expect("a signature without hints");
    let challenge = challenge::<P>(&signature[..P::COMMITMENT_BYTES]);
    let large = with_t0(&|i| match i {
        0 => 4095 * challenge[0],
        1..256 => -4095 * challenge[256 - i],
        _ => 0,
    });
    vec![with_t0(&|i| numbers[i]), without, large]
}

/// Algorithm 29, `SampleInBall`; the 64 bytes of `public_key_hash`, which is SHAKE256, suffice nearly always.
fn challenge<P: ParameterSet>(commitment: &[u8]) -> [i32; 256] {
    let hash = public_key_hash(Backend::Portable, commitment);
    let (signs, positions) = hash.split_first_chunk().expect("eight bytes");
    let (mut signs, mut positions, mut c) = (u64::from_le_bytes(*signs), positions.iter(), [0; 256]);
    for i in 256 - P::TAU.unsigned_abs() as usize..256 {
        let Some(j) = positions.by_ref().map(|j| usize::from(*j)).find(|j| *j <= i) else { break };
        c[i] = c[j];
        c[j] = 1 - 2 * i32::from(signs & 1 == 1);
        signs >>= 1;
    }
    c
}

/// Signatures that differ from a valid one in each of their fields, and malformed ones.
fn changed_signatures<P: ParameterSet>(random: &mut Random, signature: &[u8]) -> Vec<Vec<u8>> {
    let hints = P::SIGNATURE_BYTES - P::OMEGA - P::K;
    let mut changed = vec![
        random.flip(signature, 0..P::COMMITMENT_BYTES),
        random.flip(signature, P::COMMITMENT_BYTES..hints),
        random.flip(signature, hints..P::SIGNATURE_BYTES),
        random.vec(P::SIGNATURE_BYTES),
        vec![0; P::SIGNATURE_BYTES],
        vec![0xff; P::SIGNATURE_BYTES],
    ];
    let mut with_hints = |change: &mut dyn FnMut(&mut [u8], &mut [u8])| {
        let mut signature = signature.to_vec();
        let (positions, ends) = signature[hints..].split_at_mut(P::OMEGA);
        change(positions, ends);
        changed.push(signature);
    };
    let used = usize::from(signature[P::SIGNATURE_BYTES - 1]);
    // Fewer and more hints, unsorted and equal ones, padding that is not zero, and ends that decrease or are too large.
    with_hints(&mut |_, ends| ends[P::K - 1] = ends[P::K - 2]);
    with_hints(&mut |_, ends| ends[P::K - 1] += 1);
    with_hints(&mut |_, ends| ends[P::K - 1] = u8::try_from(P::OMEGA).expect("a byte"));
    with_hints(&mut |_, ends| ends[P::K - 1] = u8::try_from(P::OMEGA + 1).expect("a byte"));
    with_hints(&mut |_, ends| ends[0] = ends[1] + 1);
    with_hints(&mut |positions, _| positions[..used].reverse());
    with_hints(&mut |positions, _| positions.swap(0, 1));
    with_hints(&mut |positions, _| positions[1] = positions[0]);
    with_hints(&mut |positions, _| positions[P::OMEGA - 1] = 1);
    with_hints(&mut |positions, ends| {
        positions.fill(0);
        ends.fill(0);
    });
    changed
}

pub(super) fn check_answers<P: ParameterSet>(answer: &str) {
    for backend in Backend::available() {
        transcript::<P>(&Engine(backend)).check(&format!("ML-DSA, k = {}, {backend:?}", P::K), answer);
        checked(CASES as u64);
    }
}
