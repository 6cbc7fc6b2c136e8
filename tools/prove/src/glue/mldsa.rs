//! ML-DSA: single operations against libcrux, and batches against single operations.

use super::{Random, Transcript};
use core::convert::Infallible;
use pqc_simd::mldsa::{
    ExpandedSigningKey, ExpandedVerifyingKey, Generation, InvalidPrivateKey, Key, MlDsa44, MlDsa65, MlDsa87, MuHasher,
    ParameterSet, Signing, Verification, keygen, keygen_batch, public_key_from_private, public_key_hash, sign_batch,
    sign_mu, verify_batch, verify_first, verify_mu,
};
use pqc_simd::proofs::{Label, Row, checked, claim};
use pqc_simd::{Backend, Bytes};

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "ML-DSA: 60 cases of each set on each backend have the keys, signatures and verdicts of libcrux (FIPS 204, algorithms 1 \
               to 3 and 6 to 8), with encoded and expanded keys, among them ones with altered t0 that end every kind of attempt, \
               contexts of all lengths, and altered, malformed and random signatures and public keys",
        label: Label::Tested,
        covers: SINGLE,
        is_slow: false,
        check: || {
            check_answers::<MlDsa44>(ANSWERS[0]);
            check_answers::<MlDsa65>(ANSWERS[1]);
            check_answers::<MlDsa87>(ANSWERS[2]);
        },
    },
    Row {
        name: "ML-DSA: the public key of a private key is the generated one, and a change in rho, tr, t0 or of a coefficient of s1 \
               or s2 is found (FIPS 204, algorithm 25)",
        label: Label::Tested,
        covers: &[
            "bytes.rs::difference",
            "mldsa/keygen.rs::ExpandedSigningKey::import",
            "mldsa/keygen.rs::derive_public_key",
            "mldsa/keygen.rs::public_key_from_private",
            "mldsa/keygen.rs::public_value",
        ],
        is_slow: false,
        check: || {
            check_import::<MlDsa44>();
            check_import::<MlDsa65>();
            check_import::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: a signature that is refused for its hints or the norm of z is refused whatever its c~, single and in batches \
               (FIPS 204, algorithm 8, lines 3 and 13)",
        label: Label::Tested,
        covers: &[
            "mldsa/batch.rs::Verifier::high_bits",
            "mldsa/batch.rs::Verifier::verify",
            "mldsa/verifying.rs::commit",
            "mldsa/verifying.rs::verify_first",
            "mldsa/verifying.rs::verify_mu",
        ],
        is_slow: false,
        check: || {
            check_refusal::<MlDsa44>();
            check_refusal::<MlDsa65>();
            check_refusal::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: batches of 0 to 9 and 17 keys, or signatures, whose keys differ or are shared and are encoded, expanded or both, \
               in either order, have the results of single operations, with altered ones and with a key that cannot sign",
        label: Label::Tested,
        covers: BATCH,
        is_slow: false,
        check: || {
            check_batches::<MlDsa44>();
            check_batches::<MlDsa65>();
            check_batches::<MlDsa87>();
        },
    },
    Row {
        name: "ML-DSA: libcrux has the answers with which the 60 cases of each set are compared",
        label: Label::Tested,
        covers: &[],
        is_slow: true,
        check: || super::libcrux::check_mldsa(ANSWERS),
    },
];

/// Functions that these cases execute.
const SINGLE: &[&str] = &[
    "mldsa/kernels.rs::Kernels::add",
    "mldsa/kernels.rs::Kernels::add_small",
    "mldsa/kernels.rs::Kernels::centre",
    "mldsa/kernels.rs::Kernels::decompose",
    "mldsa/kernels.rs::Kernels::exceeds",
    "mldsa/kernels.rs::Kernels::high_bits",
    "mldsa/kernels.rs::Kernels::make_hints",
    "mldsa/kernels.rs::Kernels::multiply",
    "mldsa/kernels.rs::Kernels::narrow",
    "mldsa/kernels.rs::Kernels::pack",
    "mldsa/kernels.rs::Kernels::pack_high",
    "mldsa/kernels.rs::Kernels::pack_t",
    "mldsa/kernels.rs::Kernels::reduce",
    "mldsa/kernels.rs::Kernels::sample_small",
    "mldsa/kernels.rs::Kernels::sample_uniform",
    "mldsa/kernels.rs::Kernels::subtract_small",
    "mldsa/kernels.rs::Kernels::transform",
    "mldsa/kernels.rs::Kernels::transform_back",
    "mldsa/kernels.rs::Kernels::transpose",
    "mldsa/kernels.rs::Kernels::unpack",
    "mldsa/kernels.rs::Kernels::unpack_negated_t1",
    "mldsa/kernels.rs::Kernels::unpack_t0",
    "mldsa/kernels.rs::all",
    "mldsa/keygen.rs::ExpandedSigningKey::generate",
    "mldsa/keygen.rs::ExpandedSigningKey::import",
    "mldsa/keygen.rs::keygen",
    "mldsa/keygen.rs::keygen_on",
    "mldsa/keygen.rs::keygen_without_hash",
    "mldsa/keygen.rs::public_value",
    "mldsa/mu.rs::public_key_hash",
    "mldsa/params.rs::on_wiped_stack_of",
    "mldsa/sampling.rs::GrowingHash::finish",
    "mldsa/sampling.rs::GrowingHash::new",
    "mldsa/sampling.rs::GrowingHash::next_block",
    "mldsa/sampling.rs::GrowingHash::squeeze_interleaved",
    "mldsa/sampling.rs::Masks::hash_interleaved",
    "mldsa/sampling.rs::Masks::make",
    "mldsa/sampling.rs::Masks::new",
    "mldsa/sampling.rs::Masks::take",
    "mldsa/sampling.rs::RowsOfA::lanes",
    "mldsa/sampling.rs::RowsOfA::new",
    "mldsa/sampling.rs::RowsOfA::sample_rows",
    "mldsa/sampling.rs::expand_a",
    "mldsa/sampling.rs::expand_s",
    "mldsa/sampling.rs::fill_ball",
    "mldsa/sampling.rs::in_ball",
    "mldsa/sampling.rs::mask_seed",
    "mldsa/sampling.rs::seed",
    "mldsa/signing.rs::Attempt::answer",
    "mldsa/signing.rs::Attempt::challenge",
    "mldsa/signing.rs::Attempt::commit",
    "mldsa/signing.rs::Attempt::hint",
    "mldsa/signing.rs::Attempt::lower_bits_hide",
    "mldsa/signing.rs::Attempt::mask",
    "mldsa/signing.rs::Attempt::respond",
    "mldsa/signing.rs::Default::default",
    "mldsa/signing.rs::ExpandedSigningKey::expand",
    "mldsa/signing.rs::ExpandedSigningKey::expand_on",
    "mldsa/signing.rs::ExpandedSigningKey::expand_secrets",
    "mldsa/signing.rs::ExpandedSigningKey::seed",
    "mldsa/signing.rs::ExpandedSigningKey::sign_mu",
    "mldsa/signing.rs::ExpandedSigningKey::sign_on",
    "mldsa/signing.rs::sign_mu",
    "mldsa/signing.rs::sign_once",
    "mldsa/small.rs::challenge",
    "mldsa/small.rs::factor",
    "mldsa/small.rs::multiply",
    "mldsa/verifying.rs::DecodedSignature::challenge",
    "mldsa/verifying.rs::DecodedSignature::parse",
    "mldsa/verifying.rs::Default::default",
    "mldsa/verifying.rs::ExpandedVerifyingKey::expand",
    "mldsa/verifying.rs::ExpandedVerifyingKey::expand_on",
    "mldsa/verifying.rs::ExpandedVerifyingKey::high_bits",
    "mldsa/verifying.rs::ExpandedVerifyingKey::verify_mu",
    "mldsa/verifying.rs::ExpandedVerifyingKey::verify_on",
    "mldsa/verifying.rs::commit",
    "mldsa/verifying.rs::commitment_of",
    "mldsa/verifying.rs::is_commitment",
    "mldsa/verifying.rs::pack_high_bits",
    "mldsa/verifying.rs::verify_first",
    "mldsa/verifying.rs::verify_mu",
];

/// Functions that these cases execute.
const BATCH: &[&str] = &[
    "keccak/sponge.rs::Sponge::hash_each",
    "mldsa/batch.rs::Verifier::high_bits",
    "mldsa/batch.rs::Verifier::key",
    "mldsa/batch.rs::Verifier::verify",
    "mldsa/batch.rs::expand_masks",
    "mldsa/batch.rs::keygen_batch",
    "mldsa/batch.rs::keygen_lanes",
    "mldsa/batch.rs::lanes",
    "mldsa/batch.rs::sign_all",
    "mldsa/batch.rs::sign_batch",
    "mldsa/batch.rs::sign_in_lanes",
    "mldsa/batch.rs::verify_all",
    "mldsa/batch.rs::verify_batch",
    "mldsa/sampling.rs::in_ball_of_block",
];

/// The hashes of the answers of libcrux.
const ANSWERS: [&str; 3] = [
    "b1464c9e1d8aa0e1dae6f23c2e818cfd582151cd9a59c55605b1c91d8041295e",
    "d69766097c9ebaac62e09da68c69639f88bd38ae71299c4a45ba6b2d7f83e5d8",
    "40ab36e07088b998a9f4f3a80c3a95db8896e13c551aebc27a32af6d15f1bd22",
];

/// The operations of an implementation.
pub(crate) trait Operations<P: ParameterSet> {
    /// The private and the public key of a seed.
    fn keygen(&self, seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>);
    /// `None` after 814 attempts.
    fn sign(&self, private_key: &[u8], message: &[u8], context: &[u8], rnd: &[u8; 32]) -> Option<Vec<u8>>;
    fn verify(&self, public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool;
}

fn sized<B: Bytes>(bytes: &[u8]) -> &B {
    B::from_slice(bytes).expect("bytes of the right length")
}

/// The engine on a backend, with encoded and with expanded keys, which must agree.
struct Engine(Backend);

impl Engine {
    fn mu(&self, tr: &[u8; 64], message: &[u8], context: &[u8]) -> [u8; 64] {
        let mut hasher = MuHasher::new(self.0, tr, context).expect("a short context");
        hasher.update(message);
        hasher.finalize()
    }
}

fn signing_key<P: ParameterSet>(backend: Backend, private_key: &[u8]) -> Box<ExpandedSigningKey<P>> {
    let mut key = Box::<ExpandedSigningKey<P>>::default();
    key.expand(backend, sized(private_key));
    key
}

fn verifying_key<P: ParameterSet>(backend: Backend, public_key: &[u8]) -> Box<ExpandedVerifyingKey<P>> {
    let mut key = Box::<ExpandedVerifyingKey<P>>::default();
    key.expand(backend, sized(public_key));
    key
}

impl<P: ParameterSet> Operations<P> for Engine {
    fn keygen(&self, seed: &[u8; 32]) -> (Vec<u8>, Vec<u8>) {
        let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        keygen::<P>(self.0, seed, &mut private_key, &mut public_key);
        // The ways to an expanded key.
        let mut keys: [Box<ExpandedSigningKey<P>>; 2] = core::array::from_fn(|_| Box::default());
        let (mut again, mut derived) = ((P::PrivateKey::ZERO, P::PublicKey::ZERO), P::PublicKey::ZERO);
        keys[0].generate(self.0, seed, &mut again.0, &mut again.1);
        claim(again == (private_key, public_key), || format!("a key that is expanded as well on {:?}", self.0));
        let is_valid = keys[1].import(self.0, &private_key, &mut derived).is_ok();
        claim(is_valid && derived == public_key, || format!("the import of a key on {:?}", self.0));
        let expanded = signing_key::<P>(self.0, private_key.as_ref());
        let [expected, found @ ..] = [&expanded, &keys[0], &keys[1]].map(|key| {
            let mut signature = P::Signature::ZERO;
            key.sign_mu(self.0, &[7; 64], seed, &mut signature).then_some(signature)
        });
        claim(found == [expected; 2], || format!("signing with a generated or imported key on {:?}", self.0));
        (private_key.as_ref().to_vec(), public_key.as_ref().to_vec())
    }

    fn sign(&self, private_key: &[u8], message: &[u8], context: &[u8], rnd: &[u8; 32]) -> Option<Vec<u8>> {
        let mu = self.mu(sized(&private_key[64..128]), message, context);
        let mut signatures = [P::Signature::ZERO; 2];
        let is_signed = [
            sign_mu::<P>(self.0, sized(private_key), &mu, rnd, &mut signatures[0]),
            signing_key::<P>(self.0, private_key).sign_mu(self.0, &mu, rnd, &mut signatures[1]),
        ];
        claim(is_signed[0] == is_signed[1] && signatures[0] == signatures[1], || {
            format!("signing with an expanded key on {:?}", self.0)
        });
        claim(is_signed[0] || signatures[0] == P::Signature::ZERO, || "a failed signature has bytes".to_owned());
        is_signed[0].then(|| signatures[0].as_ref().to_vec())
    }

    fn verify(&self, public_key: &[u8], message: &[u8], context: &[u8], signature: &[u8]) -> bool {
        let tr = public_key_hash(self.0, public_key);
        let mu = self.mu(&tr, message, context);
        let (public_key, signature) = (sized(public_key), sized(signature));
        let is_valid = verify_mu::<P>(self.0, public_key, &mu, signature);
        let expanded = verifying_key::<P>(self.0, public_key.as_ref());
        claim(expanded.verify_mu(self.0, &mu, signature) == is_valid, || {
            format!("verification with an expanded key on {:?}", self.0)
        });
        let first = verify_first::<P, Infallible>(self.0, public_key, |_| Ok(mu), signature);
        claim(first == (tr, Ok(is_valid)), || format!("the first verification with a key on {:?}", self.0));
        let refused = verify_first::<P, _>(self.0, public_key, |tr| Err(*tr), signature);
        claim(refused == (tr, Err(tr)), || format!("a verification without mu on {:?}", self.0));
        is_valid
    }
}

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

/// Private keys whose t0 does not belong to the rest, which changes why and how often attempts are rejected.
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

/// Signatures that differ from a valid one in each of their fields, and ones that are not well formed.
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

fn check_answers<P: ParameterSet>(answer: &str) {
    for backend in Backend::available() {
        transcript::<P>(&Engine(backend)).check(&format!("ML-DSA, k = {}, {backend:?}", P::K), answer);
        checked(CASES as u64);
    }
}

fn check_import<P: ParameterSet>() {
    for backend in Backend::available() {
        let operations: &dyn Operations<P> = &Engine(backend);
        let mut random = Random::new(P::K, 1000);
        let (private_key, public_key) = operations.keygen(&random.bytes());
        let derive = |private_key: &[u8]| {
            let (mut key, mut imported) = (Box::<ExpandedSigningKey<P>>::default(), P::PublicKey::ZERO);
            let mut public_key = P::PublicKey::ZERO;
            let outcome = public_key_from_private::<P>(backend, sized(private_key), &mut public_key);
            let is_same = key.import(backend, sized(private_key), &mut imported) == outcome && imported == public_key;
            claim(is_same, || format!("the import of a key on {backend:?}"));
            outcome.map(|()| public_key)
        };
        claim(derive(&private_key) == Ok(*sized(&public_key)), || format!("the public key on {backend:?}"));
        let t0 = 128 + (P::K + P::L) * P::ETA_BYTES;
        for byte in
            (0..32).chain(64..128).chain((t0..P::PRIVATE_KEY_BYTES).step_by(11)).chain([P::PRIVATE_KEY_BYTES - 1])
        {
            let altered = random.flip(&private_key, byte..byte + 1);
            claim(derive(&altered) == Err(InvalidPrivateKey::Mismatch), || format!("byte {byte} on {backend:?}"));
        }
        // K can be any string.
        let altered = random.flip(&private_key, 32..64);
        claim(derive(&altered) == Ok(*sized(&public_key)), || format!("K on {backend:?}"));
        // Every coefficient: the first number that does not encode one, and another one that does.
        let first_invalid = 2 * P::ETA.unsigned_abs() as usize + 1;
        for i in 0..256 * (P::K + P::L) {
            let set = |number: usize| {
                let mut key = private_key.clone();
                let bits = P::ETA_BITS * i..P::ETA_BITS * (i + 1);
                let packed =
                    |key: &[u8]| bits.clone().rev().fold(0, |n, bit| 2 * n + (key[128 + bit / 8] >> (bit % 8) & 1));
                let number = if packed(&key) == u8::try_from(number).expect("four bits") { number + 1 } else { number };
                for (place, bit) in bits.enumerate() {
                    let byte = &mut key[128 + bit / 8];
                    *byte = *byte & !(1 << (bit % 8)) | u8::from(number >> place & 1 == 1) << (bit % 8);
                }
                key
            };
            claim(derive(&set(first_invalid)) == Err(InvalidPrivateKey::Range), || {
                format!("coefficient {i} on {backend:?}")
            });
            if i % 16 == i / 256 % 16 {
                claim(derive(&set(1)) == Err(InvalidPrivateKey::Mismatch), || {
                    format!("coefficient {i} on {backend:?}")
                });
            }
        }
    }
}

/// A signature that is refused is not evaluated, so its high bits may be taken for zeros: c~ is their hash.
fn check_refusal<P: ParameterSet>() {
    for backend in Backend::available() {
        let mut random = Random::new(P::K, 1001);
        let (_, public_key) = Operations::<P>::keygen(&Engine(backend), &random.bytes());
        let (public_key, mu) = (sized::<P::PublicKey>(&public_key), random.bytes::<64>());
        let zeros = vec![0; P::K * P::W1_BYTES];
        let hash = public_key_hash(backend, &[&mu[..], &zeros].concat());
        let with = |z: u8, hints: u8| {
            let mut signature = P::Signature::ZERO;
            let (commitment, rest) = signature.as_mut().split_at_mut(P::COMMITMENT_BYTES);
            commitment.copy_from_slice(&hash[..P::COMMITMENT_BYTES]);
            rest[..P::L * P::Z_BYTES].fill(z);
            rest[P::L * P::Z_BYTES..].fill(hints);
            signature
        };
        // Neither norm nor hints, one of them alone, and as the last of eight.
        let refused = [with(0xff, 0xff), with(0xff, 0), with(0, 0), with(0x55, 0xff)];
        for signature in &refused {
            claim(!verify_mu::<P>(backend, public_key, &mu, signature), || format!("a signature on {backend:?}"));
            let first = verify_first::<P, Infallible>(backend, public_key, |_| Ok(mu), signature);
            claim(first.1 == Ok(false), || format!("a first signature on {backend:?}"));
        }
        for count in [1, 4, 8, 9] {
            let signatures = refused.iter().cycle().take(count);
            let items = signatures.map(|signature| {
                let key: Key<'_, P> = Key::Encoded(public_key);
                Verification { key, mu, signature, is_valid: true }
            });
            let mut items: Vec<_> = items.collect();
            verify_batch(backend, &mut items);
            claim(items.iter().all(|item| !item.is_valid), || format!("{count} signatures on {backend:?}"));
        }
    }
}

/// The keys and messages of a batch with what single operations make of them.
struct Item<P: ParameterSet> {
    seed: [u8; 32],
    private_key: P::PrivateKey,
    signing: Box<ExpandedSigningKey<P>>,
    verifying: Box<ExpandedVerifyingKey<P>>,
    public_key: P::PublicKey,
    mu: [u8; 64],
    rnd: [u8; 32],
    signature: Option<P::Signature>,
    received: P::Signature,
    received_mu: [u8; 64],
    is_valid: bool,
}

impl<P: ParameterSet> Item<P> {
    /// `number` chooses the key, `case` the rest.
    fn new(backend: Backend, number: usize, case: usize, cannot_sign: bool) -> Self {
        let mut random = Random::new(P::K, 2000 + number);
        let operations: &dyn Operations<P> = &Engine(backend);
        let seed = random.bytes();
        let (mut private_key, public_key) = operations.keygen(&seed);
        let generated = *sized(&private_key);
        if cannot_sign {
            // Every coefficient of t0 is extreme.
            let t0 = 128 + (P::K + P::L) * P::ETA_BYTES;
            private_key[t0..]
                .iter_mut()
                .enumerate()
                .for_each(|(i, byte)| *byte = if i / 13 % 3 == 0 { 0 } else { 0xff });
        }
        let mut random = Random::new(P::K, 3000 + case);
        let (mu, rnd, signing) = (random.bytes(), random.bytes(), signing_key::<P>(backend, &private_key));
        let mut signature = P::Signature::ZERO;
        let signature = signing.sign_mu(backend, &mu, &rnd, &mut signature).then_some(signature);
        let valid = signature.unwrap_or(P::Signature::ZERO);
        let (mut received, mut received_mu) = (valid, mu);
        match case % 8 {
            1 => received = *sized(&random.flip(valid.as_ref(), 0..P::COMMITMENT_BYTES)),
            3 => received = *sized(&random.flip(valid.as_ref(), P::COMMITMENT_BYTES..P::SIGNATURE_BYTES)),
            5 => received_mu[63] ^= 0x80,
            6 => received = *sized(&vec![0xff; P::SIGNATURE_BYTES]),
            _ => {}
        }
        let verifying = verifying_key::<P>(backend, &public_key);
        let is_valid = verifying.verify_mu(backend, &received_mu, &received);
        Self {
            seed,
            private_key: generated,
            signing,
            verifying,
            public_key: *sized(&public_key),
            mu,
            rnd,
            signature,
            received,
            received_mu,
            is_valid,
        }
    }
}

fn check_batches<P: ParameterSet>() {
    for backend in Backend::available() {
        // A key for each item, or one for three.
        for shared in [1, 3] {
            let item = |case: usize| Item::<P>::new(backend, case / shared, case, shared == 1 && case == 4);
            let mut items: Vec<_> = (0..17).map(item).collect();
            for _ in 0..2 {
                for count in (0..=9).chain([17]) {
                    check_key_generation(backend, &items[..count]);
                    check_signing(backend, &items[..count]);
                    for is_encoded in [|_| false, |_| true, |number| number % 5 < 3] {
                        check_verification(backend, &items[..count], is_encoded);
                    }
                }
                items.reverse();
            }
        }
    }
}

fn check_key_generation<P: ParameterSet>(backend: Backend, items: &[Item<P>]) {
    let mut keys = vec![(P::PrivateKey::ZERO, P::PublicKey::ZERO); items.len()];
    let batch = items.iter().zip(&mut keys).map(|(item, (private_key, public_key))| Generation::<P> {
        seed: &item.seed,
        private_key,
        public_key,
    });
    keygen_batch(backend, &mut batch.collect::<Vec<_>>());
    checked(1);
    for (number, (key, item)) in keys.iter().zip(items).enumerate() {
        claim(*key == (item.private_key, item.public_key), || {
            format!("key {number} of {} on {backend:?}", items.len())
        });
    }
}

fn check_signing<P: ParameterSet>(backend: Backend, items: &[Item<P>]) {
    let mut signatures = vec![P::Signature::ZERO; items.len()];
    let batch = items.iter().zip(&mut signatures);
    let mut batch: Vec<_> = batch
        .map(|(item, signature)| {
            let is_signed = item.signature.is_none();
            Signing { key: &*item.signing, mu: item.mu, rnd: &item.rnd, signature, is_signed }
        })
        .collect();
    sign_batch(backend, &mut batch);
    checked(1);
    let found: Vec<_> = batch.iter().map(|item| item.is_signed.then_some(*item.signature)).collect();
    for (number, (found, item)) in found.into_iter().zip(items).enumerate() {
        claim(found == item.signature, || format!("signature {number} of {} on {backend:?}", items.len()));
    }
}

fn check_verification<P: ParameterSet>(backend: Backend, items: &[Item<P>], is_encoded: fn(usize) -> bool) {
    let batch = items.iter().enumerate().map(|(number, item)| {
        let key = if is_encoded(number) { Key::Encoded(&item.public_key) } else { Key::Expanded(&*item.verifying) };
        Verification { key, mu: item.received_mu, signature: &item.received, is_valid: !item.is_valid }
    });
    let mut batch: Vec<_> = batch.collect();
    verify_batch(backend, &mut batch);
    checked(1);
    for (number, (found, item)) in batch.iter().zip(items).enumerate() {
        claim(found.is_valid == item.is_valid, || format!("verdict {number} of {} on {backend:?}", items.len()));
    }
}
