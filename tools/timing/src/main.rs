//! Whether the times of operations tell secrets: Welch's t-test between two classes of inputs, as in dudect.
//!
//! Inputs of both classes are copied to the same place before each operation, so that caches tell them apart no more than the
//! operation does. Key generation is not here: it samples with rejection from its seed, so that a fixed seed has a time of
//! its own by design. So has signing with everything fixed; here each signature has fresh randomness, in both classes.

use dudect_bencher::ctbench::{BenchFn, BenchMetadata, BenchName, BenchOpts, run_benches_console};
use dudect_bencher::rand::{Rng, RngExt};
use dudect_bencher::{BenchRng, Class, CtRunner};
use pqc_simd::mldsa::{self, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87};
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, MlKem512, MlKem768, MlKem1024};
use pqc_simd::{Backend, Bytes};

const SAMPLES: usize = 20_000;
/// Inputs of each class.
const INPUTS: usize = 64;

const fn backend(number: usize) -> Backend {
    Backend::ALL[number]
}

fn bytes<const N: usize>(rng: &mut BenchRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A class, and which of its inputs.
fn draw(rng: &mut BenchRng) -> (Class, usize) {
    let class = if rng.random::<bool>() { Class::Left } else { Class::Right };
    (class, rng.random_range(0..INPUTS))
}

fn kem_key<P: mlkem::ParameterSet>(backend: Backend, rng: &mut BenchRng) -> Box<ExpandedPrivateKey<P>> {
    let mut encoded = P::PrivateKey::ZERO;
    mlkem::keygen::<P>(backend, &bytes(rng), &mut encoded);
    let mut key = Box::<ExpandedPrivateKey<P>>::default();
    key.expand(backend, &encoded);
    key
}

fn ciphertext<P: mlkem::ParameterSet>(
    backend: Backend,
    key: &ExpandedPublicKey<P>,
    rng: &mut BenchRng,
) -> P::Ciphertext {
    let mut ciphertext = P::Ciphertext::ZERO;
    key.encapsulate(backend, &bytes(rng), &mut ciphertext, &mut [0; 32]);
    ciphertext
}

/// Decapsulation of ciphertexts that are valid, and of ones with a flipped bit, which are rejected implicitly.
fn valid_or_not<P: mlkem::ParameterSet, const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = backend(BACKEND);
    let key = kem_key::<P>(backend, rng);
    let valid: Vec<_> = (0..INPUTS).map(|_| ciphertext(backend, key.public_key(), rng)).collect();
    let mut place = P::Ciphertext::ZERO;
    for _ in 0..SAMPLES {
        let (class, input) = draw(rng);
        place.as_mut().copy_from_slice(valid[input].as_ref());
        let bit = rng.random_range(0..8 * P::CIPHERTEXT_BYTES);
        place.as_mut()[bit / 8] ^= if matches!(class, Class::Right) { 1 << (bit % 8) } else { 0 };
        runner.run_one(class, || {
            let mut secret = [0; 32];
            key.decapsulate(backend, &place, &mut secret);
            secret
        });
    }
}

/// Each key after a copy of the first one, so that the keys of both classes come from as many places in memory.
fn beside_fixed<K: Clone>(keys: Vec<K>) -> Vec<K> {
    let fixed = keys[0].clone();
    keys.into_iter().flat_map(|key| [fixed.clone(), key]).collect()
}

/// Decapsulation with a fixed key, and with random ones.
fn kem_keys<P: mlkem::ParameterSet, const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = backend(BACKEND);
    let keys = beside_fixed((0..INPUTS).map(|_| kem_key::<P>(backend, rng)).collect());
    let ciphertexts: Vec<_> = keys.iter().map(|key| ciphertext(backend, key.public_key(), rng)).collect();
    let (mut key, mut place) = (keys[0].clone(), P::Ciphertext::ZERO);
    for _ in 0..SAMPLES {
        let (class, input) = draw(rng);
        let chosen = 2 * input + usize::from(matches!(class, Class::Right));
        key.clone_from(&keys[chosen]);
        place.as_mut().copy_from_slice(ciphertexts[chosen].as_ref());
        runner.run_one(class, || {
            let mut secret = [0; 32];
            key.decapsulate(backend, &place, &mut secret);
            secret
        });
    }
}

/// Signing with a fixed key, and with random ones.
fn signing_keys<P: mldsa::ParameterSet, const BACKEND: usize>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = backend(BACKEND);
    let mut keys = Vec::new();
    for _ in 0..INPUTS {
        let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        mldsa::keygen::<P>(backend, &bytes(rng), &mut private_key, &mut public_key);
        let mut key = Box::<ExpandedSigningKey<P>>::default();
        key.expand(backend, &private_key);
        keys.push(key);
    }
    let keys = beside_fixed(keys);
    let mut key = keys[0].clone();
    for _ in 0..SAMPLES {
        let (class, input) = draw(rng);
        key.clone_from(&keys[2 * input + usize::from(matches!(class, Class::Right))]);
        let (mu, rnd) = (bytes(rng), bytes(rng));
        runner.run_one(class, || {
            let mut signature = P::Signature::ZERO;
            assert!(key.sign_mu(backend, &mu, &rnd, &mut signature));
            signature
        });
    }
}

/// A comparison that ends at the first difference, which must be told from one that does not find any.
fn planted_leak(runner: &mut CtRunner, rng: &mut BenchRng) {
    let expected = bytes::<1088>(rng);
    let mut place = expected;
    for _ in 0..SAMPLES {
        let (class, _) = draw(rng);
        place[0] = expected[0] ^ u8::from(matches!(class, Class::Right));
        runner.run_one(class, || expected.iter().zip(&place).all(|(left, right)| std::hint::black_box(left) == right));
    }
}

/// The tests of a parameter set of each family on each backend.
macro_rules! tests {
    ($($kem:ident, $dsa:ident;)+) => {
        [$(
            tests!($kem, $dsa, "portable", 0),
            tests!($kem, $dsa, "avx2", 1),
            tests!($kem, $dsa, "avx512", 2),
        )+]
    };
    ($kem:ident, $dsa:ident, $name:literal, $backend:literal) => {
        ($backend, [
            (concat!($name, "-", stringify!($kem), "-valid"), valid_or_not::<$kem, $backend> as BenchFn),
            (concat!($name, "-", stringify!($kem), "-keys"), kem_keys::<$kem, $backend>),
            (concat!($name, "-", stringify!($dsa), "-keys"), signing_keys::<$dsa, $backend>),
        ])
    };
}

fn main() -> std::io::Result<()> {
    let all = tests! { MlKem512, MlDsa44; MlKem768, MlDsa65; MlKem1024, MlDsa87; };
    let available = all.into_iter().filter(|(number, _)| backend(*number).is_available());
    let tests = available.flat_map(|(_, tests)| tests).chain([("planted-leak", planted_leak as BenchFn)]);
    let metadata = tests.map(|(name, benchfn)| BenchMetadata { name: BenchName(name), seed: None, benchfn });
    run_benches_console(BenchOpts { filter: std::env::args().nth(1), ..BenchOpts::default() }, metadata.collect())
}
