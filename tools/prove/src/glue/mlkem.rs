//! ML-KEM: single operations against libcrux, and batches against single operations.

use super::{Random, Transcript};
use pqc_simd::mldsa::public_key_hash as shake256;
use pqc_simd::mlkem::{
    Decapsulation, Encapsulation, ExpandedPrivateKey, ExpandedPublicKey, Generation, Key, MlKem512, MlKem768,
    MlKem1024, ParameterSet, decapsulate, decapsulate_batch, decapsulate_with_hash, encapsulate, encapsulate_batch,
    keygen, keygen_batch, keygen_without_hash, public_key_hash,
};
use pqc_simd::proofs::{Label, Row, checked, claim};
use pqc_simd::{Backend, Bytes};

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "ML-KEM: 100 cases of each set on each backend match the keys, ciphertexts and secrets of libcrux (FIPS \
               203, algorithms 16 to 18), with encoded and expanded keys, including malformed keys, and with valid, \
               altered and random ciphertexts",
        label: Label::Tested,
        covers: SINGLE,
        is_slow: false,
        check: || {
            check_answers::<MlKem512>(ANSWERS[0]);
            check_answers::<MlKem768>(ANSWERS[1]);
            check_answers::<MlKem1024>(ANSWERS[2]);
        },
    },
    Row {
        name: "ML-KEM: a changed bit in any byte of a ciphertext leads to the secret of implicit rejection, J(z || c), \
               single and in a batch (FIPS 203, algorithm 18, line 9)",
        label: Label::Tested,
        covers: &[
            "mlkem/kem.rs::Secrets::choose",
            "mlkem/kernels.rs::Coding::difference",
            "select.rs::hidden",
            "select.rs::select",
        ],
        is_slow: false,
        check: || {
            check_every_byte::<MlKem512>();
            check_every_byte::<MlKem768>();
            check_every_byte::<MlKem1024>();
        },
    },
    Row {
        name: "ML-KEM: batches of 0 to 9, 16 and 17 items have the results of single operations, with different \
               keys, which are made together and are encoded, expanded or mixed, in either order, and with altered \
               ciphertexts",
        label: Label::Tested,
        covers: BATCH,
        is_slow: false,
        check: || {
            check_batches::<MlKem512>();
            check_batches::<MlKem768>();
            check_batches::<MlKem1024>();
        },
    },
    Row {
        name: "ML-KEM: libcrux computes the answers that the 100 cases of each set are compared with",
        label: Label::Tested,
        covers: &[],
        is_slow: true,
        check: || super::libcrux::check_mlkem(ANSWERS),
    },
];

/// Functions that these cases execute.
const SINGLE: &[&str] = &[
    "backend.rs::$backend::detect",
    "backend.rs::$name",
    "backend.rs::Backend::token",
    "backend.rs::align_frame",
    "backend.rs::kernel",
    "keccak/f1600.rs::F1600::permute_x1",
    "keccak/f1600.rs::F1600::permute_x4",
    "keccak/f1600.rs::F1600::permute_x8",
    "mlkem/kem.rs::ExpandedPrivateKey::decapsulate",
    "mlkem/kem.rs::ExpandedPublicKey::encapsulate",
    "mlkem/kem.rs::Secrets::choose",
    "mlkem/kem.rs::Secrets::new",
    "mlkem/kem.rs::decapsulate",
    "mlkem/kem.rs::decapsulate_fresh_on",
    "mlkem/kem.rs::decapsulate_on",
    "mlkem/kem.rs::decapsulate_with_hash",
    "mlkem/kem.rs::encapsulate",
    "mlkem/kem.rs::encapsulate_on",
    "mlkem/kem.rs::g",
    "mlkem/kem.rs::keygen",
    "mlkem/kem.rs::keygen_on",
    "mlkem/kem.rs::keygen_without_hash",
    "mlkem/kem.rs::on_fresh_stack",
    "mlkem/kem.rs::on_keygen_stack",
    "mlkem/kernels.rs::Coding::accept",
    "mlkem/kernels.rs::Coding::add_message",
    "mlkem/kernels.rs::Coding::compress",
    "mlkem/kernels.rs::Coding::decode",
    "mlkem/kernels.rs::Coding::decompress",
    "mlkem/kernels.rs::Coding::difference",
    "mlkem/kernels.rs::Coding::encode",
    "mlkem/kernels.rs::Coding::encode_sum",
    "mlkem/kernels.rs::Coding::message",
    "mlkem/kernels.rs::Coding::sample_cbd",
    "mlkem/kernels.rs::Coding::take_accepted",
    "mlkem/keys.rs::Default::default",
    "mlkem/keys.rs::ExpandedPrivateKey::expand",
    "mlkem/keys.rs::ExpandedPrivateKey::expand_on",
    "mlkem/keys.rs::ExpandedPrivateKey::expand_secret",
    "mlkem/keys.rs::ExpandedPrivateKey::expand_with_hash",
    "mlkem/keys.rs::ExpandedPrivateKey::public_key",
    "mlkem/keys.rs::ExpandedPublicKey::decode",
    "mlkem/keys.rs::ExpandedPublicKey::expand",
    "mlkem/keys.rs::ExpandedPublicKey::expand_interleaved",
    "mlkem/keys.rs::ExpandedPublicKey::expand_on",
    "mlkem/keys.rs::ExpandedPublicKey::expand_without_hash",
    "mlkem/keys.rs::PrivateKeyFields::new",
    "mlkem/keys.rs::public_key_hash",
    "mlkem/matrix.rs::Absorption::new",
    "mlkem/matrix.rs::EntrySeeds::new",
    "mlkem/matrix.rs::LaneFiller::collect",
    "mlkem/matrix.rs::LaneFiller::fill",
    "mlkem/matrix.rs::accept_samples",
    "mlkem/matrix.rs::sample",
    "mlkem/matrix.rs::sample_entries",
    "mlkem/matrix.rs::sample_long",
    "mlkem/matrix.rs::sample_matrix",
    "mlkem/matrix.rs::sample_matrix_interleaved",
    "mlkem/params.rs::on_wiped_stack",
    "mlkem/pke.rs::LaneFiller::collect",
    "mlkem/pke.rs::LaneFiller::fill",
    "mlkem/pke.rs::Noise::fill",
    "mlkem/pke.rs::Noise::polynomial",
    "mlkem/pke.rs::NoiseFiller::is_done",
    "mlkem/pke.rs::NoiseFiller::new",
    "mlkem/pke.rs::decrypt",
    "mlkem/pke.rs::encrypt",
    "mlkem/pke.rs::keygen_row",
    "mlkem/pke.rs::keygen_secret",
    "ntt16.rs::Ntt::factor",
    "ntt16.rs::Ntt::inverse",
    "ntt16.rs::Ntt::ntt",
    "ntt16.rs::Ntt::product",
    "ntt16.rs::Ntt::reorder",
];

/// Functions that these cases execute.
const BATCH: &[&str] = &[
    "keccak/sponge.rs::Sponge::hash_each",
    "mlkem/batch.rs::Decapsulation::decapsulate",
    "mlkem/batch.rs::Encapsulation::encapsulate",
    "mlkem/batch.rs::Key::encoded",
    "mlkem/batch.rs::Key::get",
    "mlkem/batch.rs::decapsulate_batch",
    "mlkem/batch.rs::decapsulate_lanes",
    "mlkem/batch.rs::encapsulate_batch",
    "mlkem/batch.rs::encapsulate_lanes",
    "mlkem/batch.rs::keygen_batch",
    "mlkem/batch.rs::keygen_lanes",
    "mlkem/batch.rs::lanes",
    "mlkem/batch.rs::on_batch_stack",
    "mlkem/batch.rs::secrets_and_noise",
    "mlkem/keys.rs::ExpandedPublicKey::expand_without_hash",
    "mlkem/pke.rs::Noise::fill_each",
];

/// The hashes of the answers of libcrux.
const ANSWERS: [&str; 3] = [
    "a636ea4bdd129be6d8f6ff93cc714c1b5f00b1f402490390cf6e7e85c75484fc",
    "d7903bf80aff00baa9d9b42d838439cb6771f16cae5edff371916362ecf47ff6",
    "d8baf0978596ae158034ff40a8c95184bbcc614af848eecd907f4ff6f06aaa6e",
];

/// The operations of an implementation.
pub(crate) trait Operations<P: ParameterSet> {
    /// The decapsulation key of a seed.
    fn keygen(&self, seed: &[u8; 64]) -> Vec<u8>;
    fn encapsulate(&self, public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]);
    fn decapsulate(&self, private_key: &[u8], ciphertext: &[u8]) -> [u8; 32];
}

fn sized<B: Bytes>(bytes: &[u8]) -> &B {
    B::from_slice(bytes).expect("bytes of the right length")
}

/// The encapsulation key inside a decapsulation key.
fn public_key<P: ParameterSet>(private_key: &[u8]) -> &[u8] {
    &private_key[384 * P::K..][..P::PUBLIC_KEY_BYTES]
}

/// The engine on a backend, with encoded and with expanded keys, which must agree.
struct Engine(Backend);

impl<P: ParameterSet> Operations<P> for Engine {
    fn keygen(&self, seed: &[u8; 64]) -> Vec<u8> {
        let mut private_key = P::PrivateKey::ZERO;
        keygen::<P>(self.0, seed, &mut private_key);
        let private_key = private_key.as_ref().to_vec();
        let hash = &private_key[private_key.len() - 64..][..32];
        claim(public_key_hash(self.0, public_key::<P>(&private_key)) == hash, || format!("H(ek) on {:?}", self.0));
        claim(without_hash::<P>(&private_key) == made_without_hash::<P>(self.0, seed), || {
            format!("a key without H(ek) on {:?}", self.0)
        });
        private_key
    }

    fn encapsulate(&self, public_key: &[u8], m: &[u8; 32]) -> (Vec<u8>, [u8; 32]) {
        let mut expanded = ExpandedPublicKey::<P>::default();
        expanded.expand(self.0, sized(public_key));
        let mut made = [(P::Ciphertext::ZERO, [0; 32]); 2];
        let [first, second] = &mut made;
        encapsulate::<P>(self.0, sized(public_key), m, &mut first.0, &mut first.1);
        expanded.encapsulate(self.0, m, &mut second.0, &mut second.1);
        claim(first == second, || format!("encapsulation with an expanded key on {:?}", self.0));
        (made[0].0.as_ref().to_vec(), made[0].1)
    }

    fn decapsulate(&self, private_key: &[u8], ciphertext: &[u8]) -> [u8; 32] {
        let mut expanded = ExpandedPrivateKey::<P>::default();
        expanded.expand(self.0, sized(private_key));
        let mut secrets = [[0; 32]; 4];
        decapsulate::<P>(self.0, sized(private_key), sized(ciphertext), &mut secrets[0]);
        expanded.decapsulate(self.0, sized(ciphertext), &mut secrets[1]);
        claim(secrets[0] == secrets[1], || format!("decapsulation with an expanded key on {:?}", self.0));
        // With a separate H(ek), which is computed if the stated one is right.
        let stated = *private_key[private_key.len() - 64..].first_chunk().expect("32 bytes");
        let right = public_key_hash(self.0, public_key::<P>(private_key));
        let hash = if stated == right { None } else { Some(stated) };
        let (without, mut hashes) = (without_hash::<P>(private_key), [hash; 2]);
        decapsulate_with_hash::<P>(self.0, &without, &mut hashes[0], sized(ciphertext), &mut secrets[2]);
        expanded.expand_with_hash(self.0, &without, &mut hashes[1]);
        expanded.decapsulate(self.0, sized(ciphertext), &mut secrets[3]);
        claim(secrets[2..] == secrets[..2] && hashes == [Some(stated); 2], || {
            format!("decapsulation with H(ek) apart on {:?}", self.0)
        });
        secrets[0]
    }
}

/// A decapsulation key with other bytes in the place of H(ek).
fn without_hash<P: ParameterSet>(private_key: &[u8]) -> P::PrivateKey {
    let mut without = *sized::<P::PrivateKey>(private_key);
    without.as_mut()[768 * P::K + 32..][..32].fill(0xa5);
    without
}

/// The key that [`keygen_without_hash`] makes from a seed in such bytes.
fn made_without_hash<P: ParameterSet>(backend: Backend, seed: &[u8; 64]) -> P::PrivateKey {
    let mut private_key = without_hash::<P>(P::PrivateKey::ZERO.as_ref());
    keygen_without_hash::<P>(backend, seed, &mut private_key);
    private_key
}

/// The number of cases of a set.
const CASES: usize = 100;

/// The hash of all outputs of the cases.
pub(crate) fn transcript<P: ParameterSet>(operations: &impl Operations<P>) -> Transcript {
    let mut transcript = Transcript::default();
    for case in 0..CASES {
        let mut random = Random::new(P::K, case);
        let (mut seed, mut m) = (random.bytes(), random.bytes());
        match case {
            0 => (seed, m) = ([0; 64], [0; 32]),
            1 => (seed, m) = ([0xff; 64], [0xff; 32]),
            _ => {}
        }
        let mut private_key = operations.keygen(&seed);
        transcript.add(&private_key);
        if case % 4 == 3 {
            // Numbers from q on in the encodings of s and t, and another hash.
            random.fill(&mut private_key[..768 * P::K]);
            let hash = private_key.len() - 64;
            random.fill(&mut private_key[hash..hash + 32]);
        }
        let (ciphertext, secret) = operations.encapsulate(public_key::<P>(&private_key), &m);
        transcript.add(&ciphertext);
        transcript.add(&secret);
        let random_ciphertext = random.vec(P::CIPHERTEXT_BYTES);
        let altered = random.flip(&ciphertext, 0..P::CIPHERTEXT_BYTES);
        for ciphertext in
            [ciphertext, altered, random_ciphertext, vec![0; P::CIPHERTEXT_BYTES], vec![0xff; P::CIPHERTEXT_BYTES]]
        {
            transcript.add(&operations.decapsulate(&private_key, &ciphertext));
        }
    }
    transcript
}

fn check_answers<P: ParameterSet>(answer: &str) {
    for backend in Backend::available() {
        transcript::<P>(&Engine(backend)).check(&format!("ML-KEM, k = {}, {backend:?}", P::K), answer);
        checked(CASES as u64);
    }
}

fn check_every_byte<P: ParameterSet>() {
    let mut random = Random::new(P::K, 1000);
    let (seed, m) = (random.bytes(), random.bytes());
    for backend in Backend::available() {
        let engine: &dyn Operations<P> = &Engine(backend);
        let private_key = engine.keygen(&seed);
        let (ciphertext, secret) = engine.encapsulate(public_key::<P>(&private_key), &m);
        claim(engine.decapsulate(&private_key, &ciphertext) == secret, || format!("no decapsulation on {backend:?}"));
        let altered: Vec<P::Ciphertext> =
            (0..ciphertext.len()).map(|byte| *sized(&random.flip(&ciphertext, byte..byte + 1))).collect();
        // J(z || c), which is SHAKE256.
        let rejection = |ciphertext: &P::Ciphertext| {
            let hash = shake256(backend, &[&seed[32..], ciphertext.as_ref()].concat());
            *hash.first_chunk().expect("64 bytes")
        };
        let expected: Vec<[u8; 32]> = altered.iter().map(rejection).collect();
        for (byte, (altered, expected)) in altered.iter().zip(&expected).enumerate() {
            claim(engine.decapsulate(&private_key, altered.as_ref()) == *expected, || {
                format!("a change in byte {byte} on {backend:?}")
            });
        }
        let mut secrets = vec![[0; 32]; altered.len()];
        let batch = altered.iter().zip(&mut secrets).map(|(ciphertext, shared_secret)| Decapsulation::<P> {
            key: Key::Encoded(sized(&private_key)),
            ciphertext,
            shared_secret,
        });
        decapsulate_batch(backend, &mut batch.collect::<Vec<_>>());
        for (byte, (found, expected)) in secrets.iter().zip(&expected).enumerate() {
            claim(found == expected, || format!("a change in byte {byte} in a batch on {backend:?}"));
        }
    }
}

/// An item of a batch, with the results of single operations.
struct Item<P: ParameterSet> {
    seed: [u8; 64],
    private_key: P::PrivateKey,
    expanded: ExpandedPrivateKey<P>,
    m: [u8; 32],
    made: (Vec<u8>, [u8; 32]),
    received: P::Ciphertext,
    secret: [u8; 32],
}

impl<P: ParameterSet> Item<P> {
    fn new(engine: &Engine, number: usize) -> Self {
        let mut random = Random::new(P::K, 2000 + number);
        let operations: &dyn Operations<P> = engine;
        let seed = random.bytes();
        let private_key = operations.keygen(&seed);
        let m = random.bytes();
        let made = operations.encapsulate(public_key::<P>(&private_key), &m);
        let received = if number % 3 == 1 { random.flip(&made.0, 0..P::CIPHERTEXT_BYTES) } else { made.0.clone() };
        let secret = operations.decapsulate(&private_key, &received);
        let mut expanded = ExpandedPrivateKey::default();
        expanded.expand(engine.0, sized(&private_key));
        Self { seed, private_key: *sized(&private_key), expanded, m, made, received: *sized(&received), secret }
    }
}

fn check_batches<P: ParameterSet>() {
    for backend in Backend::available() {
        let mut items: Vec<_> = (0..17).map(|number| Item::<P>::new(&Engine(backend), number)).collect();
        for _ in 0..2 {
            for count in (0..=9).chain([16, 17]) {
                for is_encoded in [|_| false, |_| true, |number| number % 3 != 2] {
                    check_batch(backend, &items[..count], is_encoded);
                }
            }
            items.reverse();
        }
    }
}

fn check_batch<P: ParameterSet>(backend: Backend, items: &[Item<P>], is_encoded: fn(usize) -> bool) {
    let mut keys = vec![without_hash::<P>(P::PrivateKey::ZERO.as_ref()); items.len()];
    let batch = items.iter().zip(&mut keys).map(|(item, private_key)| Generation { seed: &item.seed, private_key });
    keygen_batch::<P>(backend, &mut batch.collect::<Vec<_>>());
    for (number, (key, item)) in keys.iter().zip(items).enumerate() {
        claim(*key == without_hash::<P>(item.private_key.as_ref()), || {
            format!("key {number} of {} on {backend:?}", items.len())
        });
    }
    let mut made = vec![(P::Ciphertext::ZERO, [0; 32]); items.len()];
    let batch = items.iter().zip(&mut made).enumerate().map(|(number, (item, (ciphertext, shared_secret)))| {
        let encoded = sized(public_key::<P>(item.private_key.as_ref()));
        let key = if is_encoded(number) { Key::Encoded(encoded) } else { Key::Expanded(item.expanded.public_key()) };
        Encapsulation { key, m: &item.m, ciphertext, shared_secret }
    });
    encapsulate_batch(backend, &mut batch.collect::<Vec<_>>());
    for (number, ((ciphertext, secret), item)) in made.iter().zip(items).enumerate() {
        claim((ciphertext.as_ref(), secret) == (&item.made.0[..], &item.made.1), || {
            format!("encapsulation {number} of {} on {backend:?}", items.len())
        });
    }
    let mut secrets = vec![[0; 32]; items.len()];
    let batch = items.iter().zip(&mut secrets).enumerate().map(|(number, (item, shared_secret))| {
        let key = if is_encoded(number) { Key::Encoded(&item.private_key) } else { Key::Expanded(&item.expanded) };
        Decapsulation { key, ciphertext: &item.received, shared_secret }
    });
    decapsulate_batch(backend, &mut batch.collect::<Vec<_>>());
    for (number, (secret, item)) in secrets.iter().zip(items).enumerate() {
        claim(*secret == item.secret, || format!("decapsulation {number} of {} on {backend:?}", items.len()));
    }
    checked(3);
}
