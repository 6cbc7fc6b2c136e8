//! Whether the times of operations depend on secrets: Welch's t-test between two classes of inputs, as in dudect.
//!
//! Inputs of both classes are copied to one buffer before each operation, so that caches distinguish them no more than the
//! operation does. Key generation is not tested: it samples with rejection from its seed, so by design each seed has its own
//! time. The same holds for signing with fixed inputs; here each signature has fresh randomness, in both classes.

use dudect_bencher::ctbench::{BenchFn, BenchMetadata, BenchName, BenchOpts, run_benches_console};
use dudect_bencher::rand::{Rng, RngExt};
use dudect_bencher::{BenchRng, Class, CtRunner};
use pqc_simd::mldsa::{self, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87};
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, MlKem512, MlKem768, MlKem1024};
use pqc_simd::{Backend, Bytes};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const SAMPLES: usize = 20_000;
/// Inputs of each class.
const INPUTS: usize = 64;

/// The index in [`Backend::ALL`] of the backend under test.
static BACKEND: AtomicUsize = AtomicUsize::new(0);

fn backend() -> Backend {
    Backend::ALL[BACKEND.load(Relaxed)]
}

fn bytes<const N: usize>(rng: &mut BenchRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A class, and the number of an input.
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

/// Decapsulation of valid ciphertexts, and of ciphertexts with a flipped bit, which are rejected implicitly.
fn valid_or_not<P: mlkem::ParameterSet>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = backend();
    let key = kem_key::<P>(backend, rng);
    let valid: Vec<_> = (0..INPUTS).map(|_| ciphertext(backend, key.public_key(), rng)).collect();
    let mut buffer = P::Ciphertext::ZERO;
    for _ in 0..SAMPLES {
        let (class, input) = draw(rng);
        buffer.as_mut().copy_from_slice(valid[input].as_ref());
        let bit = rng.random_range(0..8 * P::CIPHERTEXT_BYTES);
        buffer.as_mut()[bit / 8] ^= if matches!(class, Class::Right) { 1 << (bit % 8) } else { 0 };
        runner.run_one(class, || {
            let mut secret = [0; 32];
            key.decapsulate(backend, &buffer, &mut secret);
            secret
        });
    }
}

/// Each key after a copy of the first one, so that the keys of both classes come from the same number of addresses.
fn interleaved_with_first<K: Clone>(keys: Vec<K>) -> Vec<K> {
    let fixed = keys[0].clone();
    keys.into_iter().flat_map(|key| [fixed.clone(), key]).collect()
}

/// Decapsulation with a fixed key, and with random ones.
fn kem_keys<P: mlkem::ParameterSet>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = backend();
    let keys = interleaved_with_first((0..INPUTS).map(|_| kem_key::<P>(backend, rng)).collect());
    let ciphertexts: Vec<_> = keys.iter().map(|key| ciphertext(backend, key.public_key(), rng)).collect();
    let (mut key, mut buffer) = (keys[0].clone(), P::Ciphertext::ZERO);
    for _ in 0..SAMPLES {
        let (class, input) = draw(rng);
        let chosen = 2 * input + usize::from(matches!(class, Class::Right));
        key.clone_from(&keys[chosen]);
        buffer.as_mut().copy_from_slice(ciphertexts[chosen].as_ref());
        runner.run_one(class, || {
            let mut secret = [0; 32];
            key.decapsulate(backend, &buffer, &mut secret);
            secret
        });
    }
}

/// Signing with a fixed key, and with random ones.
fn signing_keys<P: mldsa::ParameterSet>(runner: &mut CtRunner, rng: &mut BenchRng) {
    let backend = backend();
    let mut keys = Vec::new();
    for _ in 0..INPUTS {
        let (mut private_key, mut public_key) = (P::PrivateKey::ZERO, P::PublicKey::ZERO);
        mldsa::keygen::<P>(backend, &bytes(rng), &mut private_key, &mut public_key);
        let mut key = Box::<ExpandedSigningKey<P>>::default();
        key.expand(backend, &private_key);
        keys.push(key);
    }
    let keys = interleaved_with_first(keys);
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

/// A comparison that ends at the first difference, which must be distinguished from a comparison without one.
fn planted_leak(runner: &mut CtRunner, rng: &mut BenchRng) {
    let expected = bytes::<1088>(rng);
    let mut buffer = expected;
    for _ in 0..SAMPLES {
        let (class, _) = draw(rng);
        buffer[0] = expected[0] ^ u8::from(matches!(class, Class::Right));
        runner.run_one(class, || expected.iter().zip(&buffer).all(|(left, right)| std::hint::black_box(left) == right));
    }
}

/// The tests of the parameter sets of both families.
macro_rules! tests {
    ($($kem:ident, $dsa:ident;)+) => {
        [$(
            (concat!(stringify!($kem), "-valid"), valid_or_not::<$kem> as BenchFn),
            (concat!(stringify!($kem), "-keys"), kem_keys::<$kem>),
            (concat!(stringify!($dsa), "-keys"), signing_keys::<$dsa>),
        )+]
    };
}

fn run(tests: impl IntoIterator<Item = (String, BenchFn)>) -> std::io::Result<()> {
    let metadata =
        tests.into_iter().map(|(name, benchfn)| BenchMetadata { name: BenchName(name.leak()), seed: None, benchfn });
    run_benches_console(BenchOpts { filter: std::env::args().nth(1), ..BenchOpts::default() }, metadata.collect())
}

fn main() -> std::io::Result<()> {
    for (number, backend) in Backend::ALL.into_iter().enumerate().filter(|(_, backend)| backend.is_available()) {
        BACKEND.store(number, Relaxed);
        let tests = tests! { MlKem512, MlDsa44; MlKem768, MlDsa65; MlKem1024, MlDsa87; };
        run(tests.map(|(name, test)| (format!("{}-{name}", backend.name()), test)))?;
    }
    run([("planted-leak".into(), planted_leak as BenchFn)])
}
