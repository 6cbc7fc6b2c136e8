//! ML-DSA on secret seeds, keys and randomness.
//!
//! Public values that decide addresses or jumps are made equal in all traces of an operation:
//! * the matrix, as in ML-KEM;
//! * the choice of candidates for s1 and s2 that `ExpandS` accepts: the tracer replaces candidates by others that are accepted
//!   or rejected as in the first trace;
//! * the challenge: equal K, rnd and mu determine it, or the tracer replaces its hash by the hash of the first trace;
//! * the number and the reasons of rejections, and the hints: inputs are chosen for which [`Reference`] computes equal ones.

use crate::Run;
use crate::compare::Pin;
use crate::random::Random;
use crate::reference::{Outcome, Poly, Reference, Secret};
use pqc_simd::mldsa::{
    ExpandedSigningKey, Generation, ParameterSet, Signing, keygen, keygen_batch, public_key_from_private, sign_batch,
    sign_mu,
};
use pqc_simd::{Backend, Bytes};

/// The bytes of the kernel `sample_uniform`.
const UNIFORM_BYTES: usize = 840;
/// The bytes of the kernel `sample_small`.
const SMALL_BYTES: usize = 272;
/// A state of Keccak, and the rate of SHAKE256.
const STATE_BYTES: usize = 200;
const RATE: usize = 136;

const RHO: [u8; 32] = [0x42; 32];
const MU: [u8; 64] = [0x24; 64];
/// K of the keys that share one.
const K: [u8; 32] = [0x99; 32];

/// The inputs of signing.
#[derive(Clone, Copy)]
struct Signed<P: ParameterSet> {
    private_key: P::PrivateKey,
    rnd: [u8; 32],
}

/// Traces every operation of a parameter set.
pub(crate) fn run<P: ParameterSet>(run: &mut Run<'_>, backend: Backend) {
    let reference = Reference::<P>::new(&RHO);
    let (mut private_key, mut public_key, mut signature) =
        (P::PrivateKey::ZERO, P::PublicKey::ZERO, P::Signature::ZERO);
    let mut outcome = false;
    run.check(
        "keygen",
        &seeds,
        &mut |seed| keygen::<P>(backend, seed, &mut private_key, &mut public_key),
        &[public_matrix(), declared_acceptances::<P>()],
    );
    let valid_key = |number| {
        let (s1, s2) = vectors::<P>(number);
        reference.private_key(&keys(number), s1, s2).0
    };
    for number in 0..run.secrets {
        let is_valid = public_key_from_private::<P>(backend, &valid_key(number), &mut public_key).is_ok();
        run.require(is_valid, "the keys are valid");
    }
    run.check(
        "check the key",
        &valid_key,
        &mut |key| outcome = public_key_from_private::<P>(backend, key, &mut public_key).is_ok(),
        &[],
    );
    for reason in if run.has_batches { &[Reason::LowBits, Reason::Response][..] } else { &[Reason::LowBits] } {
        let signed = same_challenge(&reference, run.secrets, *reason);
        run.check(
            reason.title(),
            &|number| signed[number],
            &mut |secret| outcome = sign_mu::<P>(backend, &secret.private_key, &MU, &secret.rnd, &mut signature),
            &[],
        );
    }
    run.check(
        "sign with an expanded key, K and rnd differ",
        &|number| expanded(backend, &other_masks(&reference, number)),
        &mut |(key, rnd)| outcome = key.sign_mu(backend, &MU, rnd, &mut signature),
        &[same_challenge_hash::<P>()],
    );
    if run.has_batches {
        batches(run, backend, &reference);
    }
}

/// Batches of eight keys, and of four and eight signatures with one key; every attempt is accepted, with any s1 and s2.
fn batches<P: ParameterSet>(run: &mut Run<'_>, backend: Backend, reference: &Reference<P>) {
    let mut keys = [(P::PrivateKey::ZERO, P::PublicKey::ZERO); 8];
    run.check(
        "make a batch of keys",
        &|number| std::array::from_fn::<_, 8, _>(|item| seeds(number + item * usize::from(number > 2))),
        &mut |seeds: &[[u8; 32]; 8]| {
            let mut items = seeds.iter().zip(&mut keys);
            let mut items: [_; 8] = std::array::from_fn(|_| {
                let (seed, (private_key, public_key)) = items.next().unwrap_or_else(|| unreachable!());
                Generation::<P> { seed, private_key, public_key }
            });
            keygen_batch(backend, &mut items);
        },
        &[public_matrix(), declared_acceptances::<P>()],
    );
    let is_accepted = |rnd: &[u8; 32]| reference.attempt(&K, rnd, &MU, 0).is_accepted_with_any_secret::<P>();
    let rnds: Vec<_> = (0..).map(randomness).filter(is_accepted).take(8).collect();
    let (mut expanded, mut signatures) = (Box::<ExpandedSigningKey<P>>::default(), [P::Signature::ZERO; 8]);
    for (title, count) in [("sign a batch of four", 4), ("sign a batch of eight", 8)] {
        run.check(
            title,
            &|number| reference.encode(&K, &[0; 64], &without_t0::<P>(number)),
            &mut |private_key| {
                expanded.expand(backend, private_key);
                let mut items = signatures.iter_mut().zip(&rnds).map(|(signature, rnd)| Signing {
                    key: &*expanded,
                    mu: MU,
                    rnd,
                    signature,
                    is_signed: false,
                });
                let mut items: [_; 8] = std::array::from_fn(|_| items.next().unwrap_or_else(|| unreachable!()));
                sign_batch(backend, &mut items[..count]);
            },
            &[],
        );
    }
}

/// The reason to reject the first attempt of a group; the second is accepted.
#[derive(Clone, Copy)]
enum Reason {
    LowBits,
    Response,
}

impl Reason {
    const fn title(self) -> &'static str {
        match self {
            Self::LowBits => "sign, r0 rejected once",
            Self::Response => "sign, z rejected once",
        }
    }

    const fn is_of(self, outcome: &Outcome) -> bool {
        matches!((self, outcome), (Self::LowBits, Outcome::LowBits(_)) | (Self::Response, Outcome::Response(_)))
    }
}

/// Keys with equal K, and an rnd for which the attempts of all of them end alike. All have the t0 of the first, and so the same
/// hints.
fn same_challenge<P: ParameterSet>(reference: &Reference<P>, count: usize, reason: Reason) -> Vec<Signed<P>> {
    let (s1, s2) = vectors::<P>(0);
    let (_, first) = reference.private_key(&K, s1, s2);
    let secrets: Vec<_> = (0..count)
        .map(|number| {
            let (s1, s2) = vectors::<P>(number);
            Secret { s1, s2, t0: first.t0.clone() }
        })
        .collect();
    let is_equal = |rnd: &[u8; 32], number: usize, is_meant: &dyn Fn(&Outcome) -> bool| {
        let attempt = reference.attempt(&K, rnd, &MU, number);
        let mut outcomes = secrets.iter().map(|secret| attempt.outcome::<P>(secret));
        outcomes.next().is_some_and(|first| is_meant(&first) && outcomes.all(|outcome| outcome == first))
    };
    let is_found = |rnd: &[u8; 32]| {
        is_equal(rnd, 0, &|outcome| reason.is_of(outcome))
            && is_equal(rnd, 1, &|outcome| matches!(outcome, Outcome::Accepted(_)))
    };
    let rnd = (0..).map(randomness).find(is_found).unwrap_or_default();
    let signed = |secret| Signed { private_key: reference.encode(&K, &[0; 64], secret), rnd };
    secrets.iter().map(signed).collect()
}

/// Keys that differ in K too, and rnd for each with which the first attempt is accepted. t0 is 0, so there are no hints.
fn other_masks<P: ParameterSet>(reference: &Reference<P>, number: usize) -> Signed<P> {
    let key = keys(number);
    let is_accepted = |rnd: &[u8; 32]| reference.attempt(&key, rnd, &MU, 0).is_accepted_with_any_secret::<P>();
    let rnd = (0..).map(|counter| randomness(1000 * number + counter)).find(is_accepted).unwrap_or_default();
    Signed { private_key: reference.encode(&key, &[0; 64], &without_t0::<P>(number)), rnd }
}

/// An expanded key and rnd.
fn expanded<P: ParameterSet>(backend: Backend, signed: &Signed<P>) -> (ExpandedSigningKey<P>, [u8; 32]) {
    let mut key = ExpandedSigningKey::default();
    key.expand(backend, &signed.private_key);
    (key, signed.rnd)
}

/// s1 and s2, and t0 = 0.
fn without_t0<P: ParameterSet>(number: usize) -> Secret {
    let (s1, s2) = vectors::<P>(number);
    Secret { s1, s2, t0: vec![[0; 256]; P::K] }
}

/// s1 and s2: random, all 0, all eta, all -eta, and random.
fn vectors<P: ParameterSet>(number: usize) -> (Vec<Poly>, Vec<Poly>) {
    let (eta, mut random) = (P::ETA.unsigned_abs(), Random::new(number));
    let mut coefficient = || match number {
        1 => 0,
        2 => i64::from(eta),
        3 => -i64::from(eta),
        _ => random.below(u64::from(2 * eta + 1)).cast_signed() - i64::from(eta),
    };
    let mut polynomial = || std::array::from_fn(|_| coefficient());
    ((0..P::L).map(|_| polynomial()).collect(), (0..P::K).map(|_| polynomial()).collect())
}

fn seeds(number: usize) -> [u8; 32] {
    match number {
        0 => [0x17; 32],
        1 => [0; 32],
        2 => [0xff; 32],
        _ => Random::new(number).array(),
    }
}

fn keys(number: usize) -> [u8; 32] {
    seeds(number)
}

/// The candidates of a search. The first is the randomness of a deterministic signature.
fn randomness(number: usize) -> [u8; 32] {
    if number == 0 { [0; 32] } else { Random::new(number).array() }
}

/// The XOF output that the matrix is sampled from is public; all traces have the output of the first seed.
fn public_matrix() -> Pin {
    Pin {
        function: "sample_uniform",
        argument: 0,
        length: UNIFORM_BYTES,
        applies: |_| true,
        merge: |first, _, input| input.copy_from_slice(first),
    }
}

/// The choice of candidates that `ExpandS` accepts is declared public; their values stay secret. The second and the third secret
/// have the lowest and the highest values, the others the values of their own seeds.
fn declared_acceptances<P: ParameterSet>() -> Pin {
    fn merge<P: ParameterSet>(first: &[u8], secret: usize, input: &mut [u8]) {
        let accepted = if P::ETA == 2 { 15 } else { 9 };
        let candidate = |first: u8, own: u8| {
            let own = match secret {
                1 => 0,
                2 => accepted - 1,
                _ => own,
            };
            if first < accepted { own % accepted } else { accepted + own % (16 - accepted) }
        };
        for (first, byte) in first.iter().zip(input) {
            *byte = candidate(first & 15, *byte & 15) | candidate(first >> 4, *byte >> 4) << 4;
        }
    }
    Pin { function: "sample_small", argument: 0, length: SMALL_BYTES, applies: |_| true, merge: merge::<P> }
}

/// The challenge is public: it is sampled from the c~ of the first secret, the only message of c~'s length that is hashed.
fn same_challenge_hash<P: ParameterSet>() -> Pin {
    fn is_commitment<P: ParameterSet>(state: &[u8]) -> bool {
        let (padded, capacity) = state.split_at(RATE);
        let padding = &padded[P::COMMITMENT_BYTES..];
        let between = &padding[1..padding.len() - 1];
        padding[0] == 0x1f
            && padding[padding.len() - 1] == 0x80
            && between.iter().chain(capacity).all(|byte| *byte == 0)
    }
    Pin {
        function: "permute_x1",
        argument: 0,
        length: STATE_BYTES,
        applies: is_commitment::<P>,
        merge: |first, _, input| input.copy_from_slice(first),
    }
}
