//! The lane of Keccak for each hash of ML-DSA, and its use, with an arbitrary function in place of Keccak-f, for
//! backends that permute 1, 4 and 8 states at once.
//!
//! No branch here inspects a secret byte, and the seeds are random. All conditions that decide about the lanes are
//! tried.

use super::machine::{Arbitrary, Random, SHAKE, noise, portable, sponge};
use super::sampling::{ball, small_candidates, uniform_candidates};
use super::{Label, Row, claim};
use crate::Backend;
use crate::bytes::{Bytes, Zero};
use crate::keccak::Shake256;
use crate::mldsa::batch::{keygen_lanes, sign_in_lanes, verify_all};
use crate::mldsa::kernels::{Kernels, Machine};
use crate::mldsa::keygen::{derive_public_key, keygen_on};
use crate::mldsa::params::{MAX_W1_BYTES, T0_BYTES, T1_BYTES};
use crate::mldsa::poly::Poly;
use crate::mldsa::sampling::{GrowingHash, Masks, RowsOfA, expand_a, expand_s, mask_seed};
use crate::mldsa::signing::{Attempt, MAX_ATTEMPTS};
use crate::mldsa::verifying::commit;
use crate::mldsa::{
    ExpandedSigningKey, ExpandedVerifyingKey, Generation, Key, MAX_CONTEXT_BYTES, MlDsa44, MlDsa65, MlDsa87, MuHasher,
    ParameterSet, Signing, Verification, public_key_hash,
};
use std::array::from_fn;
use std::slice;

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA: each element of A comes from its indices, with rows and columns exchanged (FIPS 204, algorithm 32)",
        label: Label::ExhaustedInPart("every set, with and without one more column; random seeds"),
        covers: &["mldsa/sampling.rs::expand_a", "mldsa/sampling.rs::seed"],
        is_slow: false,
        check: matrices,
    },
    Row {
        name: "ML-DSA: the rows of A one after the other, alone and next to a hash of a message that grows (FIPS 204, algorithm 32)",
        label: Label::ExhaustedInPart("every set, 1, 4 and 8 states, messages to three blocks and keys; random seeds"),
        covers: &[
            "mldsa/sampling.rs::RowsOfA::new",
            "mldsa/sampling.rs::RowsOfA::lanes",
            "mldsa/sampling.rs::RowsOfA::sample_rows",
            "mldsa/sampling.rs::GrowingHash::new",
            "mldsa/sampling.rs::GrowingHash::next_block",
            "mldsa/sampling.rs::GrowingHash::squeeze_interleaved",
            "mldsa/sampling.rs::GrowingHash::finish",
        ],
        is_slow: false,
        check: rows,
    },
    Row {
        name: "ML-DSA: each polynomial of s1 and s2 comes from its number (FIPS 204, algorithm 33)",
        label: Label::ExhaustedInPart("every set; random seeds"),
        covers: &["mldsa/sampling.rs::expand_s"],
        is_slow: false,
        check: secrets,
    },
    Row {
        name: "ML-DSA: the masks of successive attempts, next to hashes of messages (FIPS 204, algorithm 34)",
        label: Label::ExhaustedInPart("every set, 1, 4 and 8 states, messages to three blocks; random seeds"),
        covers: &[
            "mldsa/sampling.rs::mask_seed",
            "mldsa/sampling.rs::Masks::new",
            "mldsa/sampling.rs::Masks::take",
            "mldsa/sampling.rs::Masks::make",
            "mldsa/sampling.rs::Masks::hash_interleaved",
        ],
        is_slow: false,
        check: masks,
    },
    Row {
        name: "ML-DSA: the hashes of KeyGen, Sign and Verify, single and in batches (FIPS 204, algorithms 6 to 8)",
        label: Label::Tested,
        covers: &[
            "mldsa/keygen.rs::dimensions",
            "mldsa/keygen.rs::keygen_on",
            "mldsa/keygen.rs::keygen_without_hash",
            "mldsa/keygen.rs::public_value",
            "mldsa/keygen.rs::derive_public_key",
            "mldsa/signing.rs::ExpandedSigningKey::expand_on",
            "mldsa/signing.rs::ExpandedSigningKey::expand_secrets",
            "mldsa/signing.rs::ExpandedSigningKey::sign_on",
            "mldsa/signing.rs::ExpandedSigningKey::seed",
            "mldsa/verifying.rs::ExpandedVerifyingKey::expand_on",
            "mldsa/verifying.rs::ExpandedVerifyingKey::verify_on",
            "mldsa/verifying.rs::commitment_of",
            "mldsa/verifying.rs::is_commitment",
            "mldsa/verifying.rs::commit",
            "mldsa/batch.rs::keygen_lanes",
            "mldsa/batch.rs::lanes",
            "mldsa/batch.rs::sign_in_lanes",
            "mldsa/batch.rs::expand_masks",
            "mldsa/batch.rs::verify_all",
            "mldsa/batch.rs::Verifier::verify",
            "mldsa/batch.rs::Verifier::high_bits",
            "mldsa/batch.rs::Verifier::key",
        ],
        is_slow: false,
        check: operations,
    },
    Row {
        name: "ML-DSA: tr, and mu of a message in chunks with a context (FIPS 204, algorithms 2 to 8)",
        label: Label::Tested,
        covers: &[
            "mldsa/mu.rs::MuHasher::new",
            "mldsa/mu.rs::MuHasher::new_prehashed",
            "mldsa/mu.rs::MuHasher::new_internal",
            "mldsa/mu.rs::MuHasher::with_prefix",
            "mldsa/mu.rs::MuHasher::update",
            "mldsa/mu.rs::MuHasher::finalize",
            "mldsa/mu.rs::public_key_hash",
        ],
        is_slow: false,
        check: representatives,
    },
];

/// Runs a check with each set, on each kind of machine.
macro_rules! on_each_machine {
    ($check:ident, $random:expr) => {{
        let random: &mut Random = $random;
        $check::<_, MlDsa44>(Arbitrary::<1>, random);
        $check::<_, MlDsa44>(Arbitrary::<4>, random);
        $check::<_, MlDsa44>(Arbitrary::<8>, random);
        $check::<_, MlDsa65>(Arbitrary::<1>, random);
        $check::<_, MlDsa65>(Arbitrary::<4>, random);
        $check::<_, MlDsa65>(Arbitrary::<8>, random);
        $check::<_, MlDsa87>(Arbitrary::<1>, random);
        $check::<_, MlDsa87>(Arbitrary::<4>, random);
        $check::<_, MlDsa87>(Arbitrary::<8>, random);
    }};
}

fn h(message: &[&[u8]]) -> [u8; 64] {
    sponge(136, SHAKE, message, 64).try_into().expect("64 bytes")
}

fn bytes_of(numbers: [usize; 2]) -> [u8; 2] {
    numbers.map(|number| u8::try_from(number).expect("a byte"))
}

fn polynomial(mut coefficients: impl Iterator<Item = i32>) -> Poly {
    Poly(from_fn(|_| from_fn(|_| coefficients.next().expect("coefficients enough"))))
}

fn transposed(polynomial: &Poly) -> Poly {
    Poly(from_fn(|i| from_fn(|j| polynomial.0[j][i])))
}

fn unspecified() -> Poly {
    Poly(from_fn(|_| from_fn(|_| -1 - i32::from(noise().to_le_bytes()[0]))))
}

/// Algorithm 32: element (r, s) is number `L r + s`.
fn standard_matrix<P: ParameterSet>(rho: &[u8; 32]) -> Vec<Poly> {
    let element = |number: usize| {
        let stream = sponge(168, SHAKE, &[rho, &bytes_of([number % P::L, number / P::L])], 40 * 168);
        polynomial(uniform_candidates(&stream))
    };
    (0..P::K * P::L).map(element).collect()
}

/// Algorithm 33: s1, then s2.
fn standard_secrets<P: ParameterSet>(rho: &[u8; 64]) -> Vec<Poly> {
    let vector = |number| {
        let stream = sponge(136, SHAKE, &[rho, &bytes_of([number, 0])], 40 * 136);
        polynomial(small_candidates(&stream, P::ETA))
    };
    (0..P::L + P::K).map(vector).collect()
}

/// The polynomial with a counter of algorithm 34.
fn standard_mask<P: ParameterSet>(rho: &[u8; 64], counter: usize) -> Poly {
    let packed = sponge(136, SHAKE, &[rho, &bytes_of([counter % 256, counter / 256])], P::Z_BYTES);
    let bit = |at: usize| i32::from(packed[at / 8] >> (at % 8) & 1);
    let number = |i: usize| (0..P::Z_BITS).map(|j| bit(P::Z_BITS * i + j) << j).sum::<i32>();
    polynomial((0..256).map(|i| P::GAMMA1 - number(i)))
}

fn matrices() {
    fn prove<M: Machine, P: ParameterSet>(machine: M, random: &mut Random) {
        for stride in [P::L, P::L + 1] {
            let rho = random.bytes();
            let mut matrix: Vec<Poly> = (0..P::K * stride).map(|_| unspecified()).collect();
            let before = matrix.clone();
            expand_a::<_, P>(machine, &rho, stride, &mut matrix);
            let standard = standard_matrix::<P>(&rho);
            for (number, (element, before)) in matrix.iter().zip(&before).enumerate() {
                let (r, s) = (number / stride, number % stride);
                let expected = if s < P::L { transposed(&standard[P::L * r + s]) } else { *before };
                claim(element.0 == expected.0, || format!("element ({r}, {s}) for k = {}", P::K));
            }
        }
    }
    on_each_machine!(prove, &mut Random::new(40));
}

fn rows() {
    fn check<M: Machine, P: ParameterSet>(
        machine: M,
        rho: &[u8; 32],
        elements: &[Poly],
        message: &[u8],
        known: impl Fn(usize) -> usize,
    ) {
        let (mut hash, mut out) = (GrowingHash::new(), [0; 64]);
        for has_hash in [false, true] {
            let (mut matrix, mut rows) = (RowsOfA::<P>::new(rho), 0);
            while rows < P::K {
                let hash = has_hash.then_some(&mut hash);
                for row in matrix.sample_rows(machine, hash, &message[..known(rows)]).chunks_exact(P::L) {
                    let mut pairs = row.iter().zip(&elements[P::L * rows..]);
                    let is_equal = pairs.all(|(found, expected)| found.0 == expected.0);
                    claim(is_equal, || format!("row {rows} for k = {} and {} states", P::K, M::STATES));
                    rows += 1;
                }
            }
        }
        hash.finish(machine, message, &mut out);
        claim(out == h(&[message]), || format!("the hash of {} bytes, {} states", message.len(), M::STATES));
    }
    fn prove<M: Machine, P: ParameterSet>(machine: M, random: &mut Random) {
        let (rho, message) = (random.bytes(), random.bytes::<2600>());
        let elements = standard_matrix::<P>(&rho);
        // The message is known from the start, or only at the end.
        for length in (0..=3 * 136).chain([P::PUBLIC_KEY_BYTES]) {
            check::<M, P>(machine, &rho, &elements, &message[..length], |_| length);
        }
        check::<M, P>(machine, &rho, &elements, &message[..1000], |_| 0);
        // As in key generation.
        let public_key = &message[..P::PUBLIC_KEY_BYTES];
        check::<M, P>(machine, &rho, &elements, public_key, |rows| 32 + T1_BYTES * rows);
    }
    on_each_machine!(prove, &mut Random::new(41));
}

fn secrets() {
    fn prove<M: Machine, P: ParameterSet>(machine: M, random: &mut Random) {
        for _ in 0..30 {
            let (rho, mut s1, mut s2) = (random.bytes(), P::VectorL::ZERO, P::VectorK::ZERO);
            expand_s::<_, P>(machine, &rho, s1.as_mut(), s2.as_mut());
            let found = s1.as_ref().iter().chain(s2.as_ref());
            for (number, (found, expected)) in found.zip(standard_secrets::<P>(&rho)).enumerate() {
                claim(found.0 == expected.0, || format!("polynomial {number} for k = {}", P::K));
            }
        }
    }
    on_each_machine!(prove, &mut Random::new(42));
}

fn masks() {
    fn prove<M: Machine, P: ParameterSet>(machine: M, random: &mut Random) {
        let (rho, message) = (random.bytes(), random.bytes::<409>());
        let mut attempts =
            (0..).map(|attempt| (0..P::L).map(|r| standard_mask::<P>(&rho, P::L * attempt + r)).collect::<Vec<_>>());
        let attempts: Vec<_> = attempts.by_ref().take(410).collect();
        // A hash after every attempt, of each length, or after none, or after some.
        for period in [1, 410, 2, 3] {
            let mut masks = Masks::<P>::new(&rho);
            for (attempt, expected) in attempts.iter().enumerate().take(if period == 1 { 410 } else { 60 }) {
                let mut mask = vec![unspecified(); P::L];
                masks.take(machine, &mut mask);
                let is_equal = mask.iter().zip(expected).all(|(found, expected)| found.0 == expected.0);
                claim(is_equal, || format!("mask {attempt} for l = {} and {} states", P::L, M::STATES));
                if attempt % period == 0 {
                    let (message, mut out) = (&message[..attempt], [0; 64]);
                    masks.hash_interleaved(machine, message, &mut out);
                    claim(out == h(&[message]), || format!("the hash of {attempt} bytes, {} states", M::STATES));
                }
            }
        }
        for counter in 0..MAX_ATTEMPTS * P::L {
            let expected = [&rho[..], &bytes_of([counter % 256, counter / 256])].concat();
            claim(mask_seed(&rho, counter)[..] == expected, || format!("the seed of counter {counter}"));
        }
    }
    on_each_machine!(prove, &mut Random::new(43));
}

/// Algorithm 6, one hash after the other: the private key, and the public key.
fn standard_keygen<P: ParameterSet>(seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
    let expanded = sponge(136, SHAKE, &[seed, &bytes_of([P::K, P::L])], 128);
    let (rho, rest) = expanded.split_first_chunk::<32>().expect("128 bytes");
    let (rho_prime, key) = rest.split_first_chunk::<64>().expect("96 bytes");
    let matrix: Vec<Poly> = standard_matrix::<P>(rho).iter().map(transposed).collect();
    let secrets = standard_secrets::<P>(rho_prime);
    let (s1, s2) = secrets.split_at(P::L);
    let mut transformed = s1.to_vec();
    transformed.iter_mut().for_each(|s| portable().transform(s));
    let (mut public_key, mut packed_t0) = (rho.to_vec(), vec![]);
    for (row, s2) in matrix.chunks_exact(P::L).zip(s2) {
        let (mut t, mut t1, mut t0) = (Poly::ZERO, [0; T1_BYTES], [0; T0_BYTES]);
        portable().multiply(row, &transformed, slice::from_mut(&mut t));
        portable().transform_back(&mut t);
        portable().pack_t(&t, s2, &mut t1, &mut t0);
        public_key.extend(t1);
        packed_t0.extend(t0);
    }
    let mut private_key = [rho, key, &h(&[&public_key])[..]].concat();
    for s in &secrets {
        let mut packed = vec![0; P::ETA_BYTES];
        portable().pack(s, P::ETA_BITS, P::ETA, &mut packed);
        private_key.extend(packed);
    }
    private_key.extend(packed_t0);
    (private_key, public_key)
}

/// Algorithm 7 from line 7 on, one hash after the other.
fn standard_sign<P: ParameterSet>(
    key: &ExpandedSigningKey<P>,
    secret: &[u8],
    mu: &[u8; 64],
    rnd: &[u8; 32],
) -> P::Signature {
    let rho = h(&[secret, rnd, mu]);
    for attempt in 0..MAX_ATTEMPTS {
        let (mut state, mut high) = (Attempt::<P>::ZERO, vec![0; P::K * P::W1_BYTES]);
        let masks = state.mask().iter_mut().enumerate();
        masks.for_each(|(r, y)| *y = standard_mask::<P>(&rho, P::L * attempt + r));
        state.commit(portable(), key, &mut high);
        let commitment = &h(&[mu, &high])[..P::COMMITMENT_BYTES];
        let challenge = ball(&sponge(136, SHAKE, &[commitment], 40 * 136), P::TAU).expect("blocks enough");
        *state.challenge() = polynomial(challenge.into_iter());
        let mut signature = P::Signature::ZERO;
        let (first, rest) = signature.as_mut().split_at_mut(P::COMMITMENT_BYTES);
        first.copy_from_slice(commitment);
        if state.answer(portable(), key, rest) {
            return signature;
        }
    }
    unreachable!("a valid key signs")
}

/// A key pair, encoded and expanded.
struct Keys<P: ParameterSet> {
    public_key: P::PublicKey,
    signing: ExpandedSigningKey<P>,
    verifying: ExpandedVerifyingKey<P>,
    secret: [u8; 32],
}

impl<P: ParameterSet> Keys<P> {
    fn new<M: Machine>(machine: M, random: &mut Random) -> Self {
        let seed = random.bytes();
        let (mut private_key, mut public_key, mut derived) =
            (P::PrivateKey::ZERO, P::PublicKey::ZERO, P::PublicKey::ZERO);
        let mut kept = [P::Matrix::ZERO; 2];
        let [from_seed, imported] = &mut kept;
        keygen_on::<_, P>(machine, &seed, &mut private_key, &mut public_key, from_seed.as_mut());
        let (expected, expected_public) = standard_keygen::<P>(&seed);
        let is_equal = private_key.as_ref() == expected && public_key.as_ref() == expected_public;
        claim(is_equal, || format!("KeyGen for k = {} and {} states", P::K, M::STATES));
        let is_derived = derive_public_key::<_, P>(machine, &private_key, &mut derived, imported.as_mut()).is_ok();
        claim(is_derived && derived == public_key, || format!("the derived key for k = {}", P::K));
        let (mut signing, mut verifying) = (ExpandedSigningKey::<P>::default(), ExpandedVerifyingKey::default());
        signing.expand_on(machine, &private_key);
        for matrix in kept {
            let mut pairs = matrix.as_ref().iter().zip(signing.matrix.as_ref());
            let is_equal = pairs.all(|(kept, expanded): (&Poly, &Poly)| kept.0 == expanded.0);
            claim(is_equal, || format!("the kept matrix for k = {} and {} states", P::K, M::STATES));
        }
        verifying.expand_on(machine, &public_key);
        Self { public_key, signing, verifying, secret: from_fn(|i| private_key.as_ref()[32 + i]) }
    }
}

fn operations() {
    fn test<M: Machine, P: ParameterSet>(machine: M, random: &mut Random) {
        let what = |item: usize| format!("item {item} for k = {} and {} states", P::K, M::STATES);
        let seeds: [[u8; 32]; 8] = from_fn(|_| random.bytes());
        let mut made = [(P::PrivateKey::ZERO, P::PublicKey::ZERO); 8];
        let mut places = seeds.iter().zip(&mut made);
        keygen_lanes::<_, P>(
            machine,
            &mut from_fn(|_| {
                let (seed, (private_key, public_key)) = places.next().expect("eight");
                Generation { seed, private_key, public_key }
            }),
        );
        for (item, (seed, (private_key, public_key))) in seeds.iter().zip(&made).enumerate() {
            let is_equal = (private_key.as_ref().to_vec(), public_key.as_ref().to_vec()) == standard_keygen::<P>(seed);
            claim(is_equal, || format!("the key of {}", what(item)));
        }
        let keys: [Keys<P>; 2] = from_fn(|_| Keys::new(machine, random));
        let key = |item: usize| &keys[item / 2 % 2];
        let (mus, rnd) = (from_fn::<[u8; 64], 9, _>(|_| random.bytes()), random.bytes());
        let signatures: [P::Signature; 9] = from_fn(|item| {
            let expected = standard_sign(&key(item).signing, &key(item).secret, &mus[item], &rnd);
            let mut signature = P::Signature::ZERO;
            let is_signed = key(item).signing.sign_on(machine, &mus[item], &rnd, &mut signature);
            claim(is_signed && signature == expected, || what(item));
            signature
        });
        for (count, lanes) in (1..=9).flat_map(|count| [(count, 4), (count, 8)]) {
            let mut outs = [P::Signature::ZERO; 9];
            let mut items: Vec<_> = outs[..count]
                .iter_mut()
                .enumerate()
                .map(|(item, signature)| Signing {
                    key: &key(item).signing,
                    mu: mus[item],
                    rnd: &rnd,
                    signature,
                    is_signed: false,
                })
                .collect();
            if lanes == 4 {
                sign_in_lanes::<_, P, 4>(machine, &mut items);
            } else {
                sign_in_lanes::<_, P, 8>(machine, &mut items);
            }
            claim(items.iter().all(|item| item.is_signed), || format!("{count} items in {lanes} lanes"));
            claim(outs[..count] == signatures[..count], || format!("{count} items in {lanes} lanes"));
        }
        // Every third signature is damaged.
        let is_valid = |item: usize| item % 3 != 1;
        let received: [P::Signature; 9] = from_fn(|item| {
            let mut signature = signatures[item];
            let at = random.below(P::SIGNATURE_BYTES - P::OMEGA - P::K);
            signature.as_mut()[at] ^= u8::from(!is_valid(item));
            signature
        });
        for item in 0..9 {
            let (keys, signature) = (key(item), &received[item]);
            claim(keys.verifying.verify_on(machine, &mus[item], signature) == is_valid(item), || what(item));
            let (mut high, mut tr) = ([0; MAX_W1_BYTES], [0; 64]);
            let high = &mut high[..P::K * P::W1_BYTES];
            let signed = (&signature.as_ref()[..P::COMMITMENT_BYTES], signature);
            let is_formed = commit::<_, P>(machine, &keys.public_key, signed, high, &mut tr);
            let hash = &h(&[&mus[item], high])[..P::COMMITMENT_BYTES];
            let is_equal = is_formed && *hash == signature.as_ref()[..P::COMMITMENT_BYTES];
            claim(is_equal == is_valid(item), || what(item));
            claim(tr == h(&[keys.public_key.as_ref()]), || what(item));
        }
        for (count, are_encoded) in (1..=9).flat_map(|count| [(count, false), (count, true)]) {
            let item = |item: usize| Verification::<P> {
                key: if are_encoded {
                    Key::Encoded(&key(item).public_key)
                } else {
                    Key::Expanded(&key(item).verifying)
                },
                mu: mus[item],
                signature: &received[item],
                is_valid: !is_valid(item),
            };
            let mut items: Vec<_> = (0..count).map(item).collect();
            verify_all(machine, &mut items);
            for (number, item) in items.iter().enumerate() {
                claim(item.is_valid == is_valid(number), || format!("{} of {count}", what(number)));
            }
        }
    }
    on_each_machine!(test, &mut Random::new(44));
}

/// With Keccak-f, since a hash in progress contains its backend.
fn representatives() {
    let random = &mut Random::new(45);
    for backend in Backend::available() {
        for length in 0..=MAX_CONTEXT_BYTES + 1 {
            let (tr, message, context) = (random.bytes::<64>(), random.bytes::<300>(), random.bytes::<256>());
            let (message, context) = (&message[..random.below(300)], &context[..length]);
            let (first, rest) = message.split_at(random.below(message.len() + 1));
            let expected = |prefix: &[u8], context: &[u8]| {
                let mut mu = [0; 64];
                <Shake256>::hash(portable(), &[&tr, prefix, context, message], &mut mu);
                mu
            };
            let finished = |mut hasher: MuHasher| {
                hasher.update(first);
                hasher.update(rest);
                hasher.finalize()
            };
            let pure = MuHasher::new(backend, &tr, context).map(finished);
            let prehashed = MuHasher::new_prehashed(backend, &tr, context).map(finished);
            let length = u8::try_from(length).ok();
            claim(pure == length.map(|length| expected(&[0, length], context)), || format!("{length:?}, pure"));
            let is_equal = prehashed == length.map(|length| expected(&[1, length], context));
            claim(is_equal, || format!("{length:?}, prehashed"));
            let internal = finished(MuHasher::new_internal(backend, &tr));
            claim(internal == expected(&[], &[]), || "internal".to_owned());
            let mut hash = [0; 64];
            <Shake256>::hash(portable(), &[message], &mut hash);
            claim(public_key_hash(backend, message) == hash, || format!("tr of {} bytes", message.len()));
        }
    }
}
