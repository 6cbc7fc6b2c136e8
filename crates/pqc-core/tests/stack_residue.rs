//! The stack that the operations use, and the secrets that they leave there.
//!
//! Each operation runs on a new thread. Its stack is painted first and read afterwards, from another thread and through
//! `/proc/self/mem`, while the thread waits without using it. `cargo test --release -- --nocapture` prints it all.
#![cfg(target_os = "linux")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::{COMPOSITES, HYBRIDS, KEMS, MAX_SECRET_BYTES, MLDSA, MLKEM, both_forms as choices, composite_private_key};
use pqc_core::batch::{Decapsulation, Encapsulation, Signing, decapsulate_all, encapsulate_all, generate, sign_all};
use pqc_core::{Algorithm, KeyOptions, PreHash, Precompute, PrivateKey, Randomness};
use sha2::{Digest, Sha512};
use sha3::Sha3_512;
use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};
use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::hint;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The stack of the thread under test, and how much of it is painted and read.
const STACK_BYTES: usize = 1 << 20;
const WATCHED_BYTES: usize = STACK_BYTES - (1 << 16);

/// The byte of the stack where nothing has been written.
const PAINT: u8 = 0xa7;

/// The largest distance between a local variable of `pause` and the end of its frame.
const FRAME_BYTES: usize = 512;

/// The limit of any operation, so that it runs on a thread with 512 KiB.
const LIMIT_BYTES: usize = 288 << 10;

/// The limit of leftovers that are no secret: a public key, hashes of it, addresses. More would show that the wiping
/// falls short.
const OTHER_BYTES: usize = 4 << 10;

/// A value to search for, and how many bytes of it in a row are no accident.
struct Secret {
    name: &'static str,
    bytes: Vec<u8>,
    window: usize,
}

impl Secret {
    /// Bytes that look random: words of eight are enough, which is how hash functions keep them.
    fn random(name: &'static str, bytes: &[u8]) -> Self {
        Self { name, bytes: bytes.to_vec(), window: 8 }
    }

    /// Coefficients as the processor keeps them: a small one occurs everywhere, a row of sixteen does not.
    fn coefficients(name: &'static str, coefficients: impl Iterator<Item = i32>) -> Self {
        Self { name, bytes: coefficients.flat_map(i32::to_ne_bytes).collect(), window: 64 }
    }

    /// How many bytes of `memory` belong to the secret.
    fn count_in(&self, memory: &[u8]) -> usize {
        let windows: HashSet<&[u8]> = self.bytes.windows(self.window).collect();
        let mut starts = [false; 256];
        windows.iter().for_each(|window| starts[usize::from(window[0])] = true);
        let belongs = |window: &[u8]| starts[usize::from(window[0])] && windows.contains(window);
        let (mut count, mut end) = (0, 0);
        for (at, _) in memory.windows(self.window).enumerate().filter(|(_, window)| belongs(window)) {
            count += at + self.window - end.max(at);
            end = at + self.window;
        }
        count
    }
}

fn shake256<const LENGTH: usize>(message: &[u8]) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    Shake256::default().chain(message).finalize_xof().read(&mut out);
    out
}

/// Shows where the stack ends and waits, without using more of it, until another thread has read it.
#[inline(never)]
fn pause(place: &AtomicUsize) {
    let here = 0_u8;
    place.store((&raw const here).addr(), Ordering::Release);
    while place.load(Ordering::Acquire) != 0 {
        hint::spin_loop();
    }
}

/// Waits for `pause`, and does something to the bytes below the stack of the thread that waits there.
fn at_pause<T>(place: &AtomicUsize, act: impl FnOnce(u64) -> io::Result<T>) -> io::Result<T> {
    while place.load(Ordering::Acquire) == 0 {
        thread::yield_now();
    }
    let outcome = act((place.load(Ordering::Acquire) - WATCHED_BYTES) as u64);
    place.store(0, Ordering::Release);
    outcome
}

/// Runs an operation on a painted stack and returns the bytes that it used.
fn stack_after<T>(mut operation: impl FnMut() -> T + Send) -> Outcome<Vec<u8>> {
    let operation: &mut (dyn FnMut() + Send) = &mut || drop(operation());
    let memory = File::options().read(true).write(true).open("/proc/self/mem")?;
    let place = AtomicUsize::new(0);
    let mut stack = vec![0; WATCHED_BYTES];
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || {
            pause(&place);
            operation();
            pause(&place);
        })?;
        at_pause(&place, |low| memory.write_all_at(&[PAINT; WATCHED_BYTES - FRAME_BYTES], low))?;
        at_pause(&place, |low| memory.read_exact_at(&mut stack, low))?;
        thread.join().map_err(|_| io::Error::other("the operation panicked"))
    })?;
    let unused = stack.iter().take_while(|byte| **byte == PAINT).count();
    Ok(stack.split_off(unused))
}

/// Prints what an operation used and left on the stack, and checks it.
fn check<T>(name: &str, secrets: &[Secret], operation: impl FnMut() -> T + Send) -> Outcome {
    inspect(name, secrets, &stack_after(operation)?, OTHER_BYTES)
}

/// As [`check`], for the stack of an operation with secrets that are known afterwards. `others` bytes may be left that
/// are no secret.
fn inspect(name: &str, secrets: &[Secret], stack: &[u8], others: usize) -> Outcome {
    let found = secrets.iter().map(|secret| (secret.name, secret.count_in(stack))).filter(|(_, count)| *count > 0);
    let found: Vec<String> = found.map(|(name, count)| format!("{count} of {name}")).collect();
    let left = stack.iter().filter(|byte| ![0, PAINT].contains(byte)).count();
    println!("{name:56} {:6} bytes used, {left:4} left; secrets: {found:?}", stack.len());
    assert!(stack.len() < LIMIT_BYTES, "{name} uses {} bytes", stack.len());
    assert!(found.is_empty() && left < others, "{name} leaves {left} bytes with {found:?}");
    Ok(())
}

/// Every parameter set with each of these.
fn all<T: Copy + 'static>(sets: [T; 3]) -> impl Iterator<Item = (T, KeyOptions)> {
    choices().flat_map(move |options| sets.map(|set| (set, options)))
}

/// The title of a choice.
fn title(options: KeyOptions) -> String {
    let form = if options.precompute == Precompute::Never { "encoded" } else { "expanded" };
    format!("{} {form}", options.path.name())
}

/// A key pair of a new seed, so that no stack holds it from earlier, and everything secret about it.
struct Kem {
    seed: [u8; 64],
    pair: PrivateKey,
    private: Vec<u8>,
    secrets: Vec<Secret>,
}

impl Kem {
    fn new(set: Algorithm, options: KeyOptions, name: &str) -> Outcome<Self> {
        let seed = shake256(name.as_bytes());
        let pair = PrivateKey::from_seed(set, options, &seed)?;
        let mut private = vec![0; set.private_key_bytes()];
        pair.write(&mut private)?;
        let secrets = mlkem_secrets(set, &seed, &private);
        Ok(Self { seed, pair, private, secrets })
    }
}

/// Everything secret about a key pair of ML-KEM.
fn mlkem_secrets(set: Algorithm, seed: &[u8], private: &[u8]) -> Vec<Secret> {
    let packed = &private[..set.public_key_bytes() - 32];
    let pair = |three: &[u8]| [three[0], three[1] & 15, three[1] >> 4 | three[2] << 4, three[2] >> 4];
    let halves = packed.chunks_exact(3).map(pair).flat_map(|[a, b, c, d]| [[a, b], [c, d]]);
    let unpacked: Vec<u8> = halves.flat_map(|half| u16::from_le_bytes(half).to_ne_bytes()).collect();
    let k = u8::try_from(set.public_key_bytes() / 384).unwrap_or(0);
    let (d, z) = seed.split_at(32);
    let sigma = &Sha3_512::digest([d, &[k]].concat())[32..];
    let secrets = [("d", d), ("z", z), ("sigma", sigma), ("dk_PKE", packed), ("the decoded s", &unpacked)];
    secrets.map(|(name, bytes)| Secret::random(name, bytes)).into()
}

#[test]
fn what_is_left_on_a_stack_is_found() -> Outcome {
    let secret = Secret::random("bytes", &shake256::<4096>(b"control"));
    let stack = stack_after(|| hint::black_box(<[u8; 4096]>::try_from(secret.bytes.as_slice())).is_ok())?;
    assert!(secret.count_in(&stack) > 2048);
    assert!(stack_after(|| ())?.len() < 2048);
    Ok(())
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn mlkem_keys_keep_to_their_stack() -> Outcome {
    for (set, options) in all(MLKEM) {
        let name = |operation| format!("{} {} {operation}", set.name(), title(options));
        let called = name("from_seed");
        let kem = Kem::new(set, options, &called)?;
        check(&called, &kem.secrets, || PrivateKey::from_seed(set, options, &kem.seed).map(drop))?;
        let called = name("from_bytes");
        let kem = Kem::new(set, options, &called)?;
        check(&called, &kem.secrets, || PrivateKey::from_bytes(set, options, &kem.private).map(drop))?;
        let called = name("write (private key)");
        let kem = Kem::new(set, options, &called)?;
        let mut out = kem.private.clone();
        check(&called, &kem.secrets, || kem.pair.write(&mut out))?;
    }
    Ok(())
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn mlkem_shared_secrets_keep_to_their_stack() -> Outcome {
    for (set, options) in all(MLKEM) {
        let name = |operation| format!("{} {} {operation}", set.name(), title(options));
        let mut kem = Kem::new(set, options, &name("keys"))?;
        let key = kem.pair.public_key()?;
        let (mut ciphertext, mut secret, mut out) = (vec![0; set.ciphertext_bytes()], [0; 32], [0; 32]);
        let loaded = PrivateKey::from_bytes(set, options, &kem.private)?;
        for called in [name("encapsulate"), name("decapsulate"), name("decapsulate with a loaded key")] {
            let m: [u8; 32] = shake256(called.as_bytes());
            key.encapsulate_derand(&m, &mut ciphertext, &mut secret)?;
            kem.secrets.extend([Secret::random("m", &m), Secret::random("the shared secret", &secret)]);
            if called.ends_with("encapsulate") {
                check(&called, &kem.secrets, || key.encapsulate_derand(&m, &mut ciphertext, &mut out))?;
            } else {
                let pair = if called.ends_with("loaded key") { &loaded } else { &kem.pair };
                check(&called, &kem.secrets, || pair.decapsulate(&ciphertext, &mut out))?;
            }
        }
    }
    Ok(())
}

/// A key pair of a hybrid KEM as [`Kem`].
struct Hybrid {
    seed: [u8; 32],
    pair: PrivateKey,
    secrets: Vec<Secret>,
}

impl Hybrid {
    fn new(set: Algorithm, options: KeyOptions, name: &str) -> Outcome<Self> {
        let seed: [u8; 32] = shake256(name.as_bytes());
        let secrets = hybrid_secrets(set, &seed, options)?;
        Ok(Self { seed, pair: PrivateKey::from_seed(set, options, &seed)?, secrets })
    }
}

/// Everything secret about a key pair of a hybrid KEM.
fn hybrid_secrets(set: Algorithm, seed: &[u8], options: KeyOptions) -> Outcome<Vec<Secret>> {
    let (mlkem, scalar_bytes) =
        if set == Algorithm::MlKem1024P384 { (Algorithm::MlKem1024, 48) } else { (Algorithm::MlKem768, 32) };
    let expanded: [u8; 112] = shake256(seed);
    let mut private = vec![0; mlkem.private_key_bytes()];
    PrivateKey::from_seed(mlkem, options, &expanded[..64])?.write(&mut private)?;
    let mut secrets = mlkem_secrets(mlkem, &expanded[..64], &private);
    let scalar = &expanded[64..][..scalar_bytes];
    let words: Vec<u8> = scalar.iter().rev().copied().collect();
    secrets.extend([Secret::random("seed", seed), Secret::random("the scalar", scalar)]);
    secrets.push(Secret::random("the scalar in words", &words));
    Ok(secrets)
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn hybrids_keep_to_their_stack() -> Outcome {
    for (set, options) in all(HYBRIDS) {
        let name = |operation| format!("{} {} {operation}", set.name(), title(options));
        let hybrid = Hybrid::new(set, options, &name("from_seed"))?;
        check(&name("from_seed"), &hybrid.secrets, || PrivateKey::from_seed(set, options, &hybrid.seed).map(drop))?;
        let mut hybrid = Hybrid::new(set, options, &name("keys"))?;
        let key = hybrid.pair.public_key()?;
        let (mut ciphertext, mut secret, mut out) = (vec![0; set.ciphertext_bytes()], [0; 32], [0; 32]);
        let [first, second] = ["encapsulate", "decapsulate"].map(name);
        let eseed = &shake256::<160>(first.as_bytes())[..set.randomness_bytes()];
        key.encapsulate_derand(eseed, &mut ciphertext, &mut secret)?;
        hybrid.secrets.extend([Secret::random("eseed", eseed), Secret::random("the shared secret", &secret)]);
        let mut made = ciphertext.clone();
        check(&first, &hybrid.secrets, || key.encapsulate_derand(eseed, &mut made, &mut out))?;
        check(&second, &hybrid.secrets, || hybrid.pair.decapsulate(&ciphertext, &mut out))?;
    }
    Ok(())
}

/// As [`Kem`].
struct Dsa {
    seed: [u8; 32],
    pair: PrivateKey,
    private: Vec<u8>,
    secrets: Vec<Secret>,
}

impl Dsa {
    fn new(set: Algorithm, options: KeyOptions, name: &str) -> Outcome<Self> {
        let seed: [u8; 32] = shake256(name.as_bytes());
        let pair = PrivateKey::from_seed(set, options, &seed)?;
        let mut private = vec![0; set.private_key_bytes()];
        pair.write(&mut private)?;
        let secrets = mldsa_secrets(set, &seed, &private);
        Ok(Self { seed, pair, private, secrets })
    }
}

/// Everything secret about a key pair of ML-DSA.
fn mldsa_secrets(set: Algorithm, seed: &[u8], private: &[u8]) -> Vec<Secret> {
    // Table 1 of FIPS 204: k, l, eta and the bits of a coefficient of s1 and s2.
    let (k, l, eta, bits) = match set {
        Algorithm::MlDsa44 => (4_u8, 4_u8, 2, 3),
        Algorithm::MlDsa65 => (6, 5, 4, 4),
        _ => (8, 7, 2, 3),
    };
    let expanded: [u8; 128] = shake256(&[seed, &[k, l]].concat());
    let packed = &private[128..][..usize::from(k + l) * 32 * bits];
    let bit = |at: usize| i32::from(packed[at / 8] >> (at % 8) & 1);
    let coefficient = |n: usize| eta - (0..bits).map(|i| bit(n * bits + i) << i).sum::<i32>();
    let secrets = [("xi", seed), ("rho'", &expanded[32..96]), ("K", &expanded[96..]), ("sk", packed)];
    let mut secrets: Vec<_> = secrets.map(|(name, bytes)| Secret::random(name, bytes)).into();
    secrets.push(Secret::coefficients("s1 and s2", (0..packed.len() * 8 / bits).map(coefficient)));
    secrets
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn mldsa_keys_keep_to_their_stack() -> Outcome {
    for (set, options) in all(MLDSA) {
        let name = |operation| format!("{} {} {operation}", set.name(), title(options));
        let called = name("from_seed");
        let dsa = Dsa::new(set, options, &called)?;
        check(&called, &dsa.secrets, || PrivateKey::from_seed(set, options, &dsa.seed).map(drop))?;
        let called = name("from_bytes");
        let dsa = Dsa::new(set, options, &called)?;
        check(&called, &dsa.secrets, || PrivateKey::from_bytes(set, options, &dsa.private).map(drop))?;
        let called = name("write (private key)");
        let dsa = Dsa::new(set, options, &called)?;
        let mut out = dsa.private.clone();
        check(&called, &dsa.secrets, || dsa.pair.write(&mut out))?;
    }
    Ok(())
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn mldsa_signatures_keep_to_their_stack() -> Outcome {
    for (set, options) in all(MLDSA) {
        let name = |operation| format!("{} {} {operation}", set.name(), title(options));
        let mut signature = vec![0; set.signature_bytes()];
        let called = name("sign");
        let dsa = Dsa::new(set, options, &called)?;
        check(&called, &dsa.secrets, || dsa.pair.sign(b"m", b"", Randomness::Hedged, &mut signature))?;
        let called = name("sign_prehashed");
        let dsa = Dsa::new(set, options, &called)?;
        let hash = PreHash::ALL[2];
        check(&called, &dsa.secrets, || {
            dsa.pair.sign_prehashed(hash, &[7; 64], b"", Randomness::Hedged, &mut signature)
        })?;
    }
    Ok(())
}

/// The forms that a scalar of a curve has in memory: its limbs, as they are and in Montgomery form.
macro_rules! forms_of_scalar {
    ($curve:ident, $secret:expr) => {{
        let scalar = *$curve::SecretKey::from_slice($secret)?.to_nonzero_scalar();
        let montgomery = (0..8 * $secret.len()).fold(scalar, |scalar, _| scalar + scalar);
        [scalar, montgomery].map(|scalar| {
            let bytes: Vec<u8> = scalar.to_bytes().iter().rev().copied().collect();
            let limbs = bytes.as_chunks().0.iter();
            limbs.flat_map(|limb| u64::from_le_bytes(*limb).to_ne_bytes()).collect::<Vec<u8>>()
        })
    }};
}

/// As [`Kem`], for a composite.
struct Mixed {
    pair: PrivateKey,
    private: Vec<u8>,
    secrets: Vec<Secret>,
}

impl Mixed {
    fn new(set: Algorithm, options: KeyOptions, name: &str) -> Outcome<Self> {
        // Begins with the seed that `Dsa::new` makes of the name.
        let private = composite_private_key(set, &shake256::<MAX_SECRET_BYTES>(name.as_bytes()));
        let mldsa = match set.name() {
            name if name.starts_with("MLDSA44") => Algorithm::MlDsa44,
            name if name.starts_with("MLDSA65") => Algorithm::MlDsa65,
            _ => Algorithm::MlDsa87,
        };
        let mut secrets = Dsa::new(mldsa, options, name)?.secrets;
        secrets.extend(classical_secrets(&private)?);
        Ok(Self { pair: PrivateKey::from_bytes(set, options, &private)?, private, secrets })
    }
}

/// The secrets of a private key except for its ML-DSA half, in every form of the classical halves.
fn classical_secrets(private: &[u8]) -> Outcome<Vec<Secret>> {
    let named = |name, forms: [Vec<u8>; 2]| forms.map(|form| Secret::random(name, &form));
    let (secret, forms) = match private.len() {
        64 => {
            let expanded = Sha512::digest(&private[32..]);
            // The ends are clamped (RFC 8032, 5.1.5).
            (&private[32..], named("the expanded secret", [expanded[1..31].to_vec(), expanded[32..].to_vec()]))
        }
        83 => (&private[39..71], named("the limbs of the scalar", forms_of_scalar!(p256, &private[39..71]))),
        _ => (&private[39..87], named("the limbs of the scalar", forms_of_scalar!(p384, &private[39..87]))),
    };
    Ok([Secret::random("the classical secret", secret)].into_iter().chain(forms).collect())
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn composites_keep_to_their_stack() -> Outcome {
    for (set, options) in choices().flat_map(|options| COMPOSITES.map(|set| (set, options))) {
        let name = |operation| format!("{} {} {operation}", set.name(), title(options));
        let called = name("from_bytes");
        let mixed = Mixed::new(set, options, &called)?;
        check(&called, &mixed.secrets, || PrivateKey::from_bytes(set, options, &mixed.private).map(drop))?;
        let called = name("write (private key)");
        let mixed = Mixed::new(set, options, &called)?;
        let mut out = mixed.private.clone();
        check(&called, &mixed.secrets, || mixed.pair.write(&mut out))?;
        let called = name("sign");
        let mixed = Mixed::new(set, options, &called)?;
        let mut signature = vec![0; set.signature_bytes()];
        check(&called, &mixed.secrets, || mixed.pair.sign(b"m", b"", Randomness::Hedged, &mut signature))?;
        let called = name("sign_all");
        let (mixed, mut rows) = (Mixed::new(set, options, &called)?, vec![0; 3 * set.signature_bytes()]);
        check(&called, &mixed.secrets, || {
            let items = rows.chunks_mut(set.signature_bytes()).map(|row| Signing::new(&mixed.pair, b"m", b"", row));
            items.collect::<Result<Vec<_>, _>>().map(|mut items| sign_all(&mut items, true))
        })?;
    }
    Ok(())
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn composites_are_made_on_a_stack_that_is_wiped() -> Outcome {
    for (set, options) in choices().flat_map(|options| COMPOSITES.map(|set| (set, options))) {
        let mut made = None;
        let stack = stack_after(|| made = PrivateKey::generate(set, options).ok())?;
        let mut private = vec![0; set.private_key_bytes()];
        made.ok_or("no key")?.write(&mut private)?;
        let mut secrets = classical_secrets(&private)?;
        secrets.push(Secret::random("the seed of ML-DSA", &private[..32]));
        inspect(&format!("{} {} generate", set.name(), title(options)), &secrets, &stack, OTHER_BYTES)?;
    }
    Ok(())
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn batches_keep_to_their_stack() -> Outcome {
    for (set, options) in all(MLDSA) {
        let called = format!("{} {} sign_all", set.name(), title(options));
        let (dsa, mut rows) = (Dsa::new(set, options, &called)?, vec![0; 3 * set.signature_bytes()]);
        check(&called, &dsa.secrets, || {
            let items = rows.chunks_mut(set.signature_bytes()).map(|row| Signing::new(&dsa.pair, b"m", b"", row));
            items.collect::<Result<Vec<_>, _>>().map(|mut items| sign_all(&mut items, true))
        })?;
    }
    for (set, options) in all(MLKEM) {
        let called = format!("{} {} decapsulate_all", set.name(), title(options));
        let (mut kem, mut ciphertext, mut rows) =
            (Kem::new(set, options, &called)?, vec![0; set.ciphertext_bytes()], [[0; 32]; 3]);
        kem.pair.public_key()?.encapsulate(&mut ciphertext, &mut rows[0])?;
        kem.secrets.push(Secret::random("the shared secret", &rows[0]));
        let stack = stack_after(|| {
            let items = rows.iter_mut().map(|row| Decapsulation::new(&kem.pair, &ciphertext, row));
            items.collect::<Result<Vec<_>, _>>().map(|mut items| decapsulate_all(&mut items))
        })?;
        // The copies of the ciphertexts are public.
        inspect(&called, &kem.secrets, &stack, OTHER_BYTES + 3 * set.ciphertext_bytes())?;
        let public_key = kem.pair.public_key()?;
        let mut outputs: Vec<_> = (0..3).map(|_| (vec![0; set.ciphertext_bytes()], [0; 32])).collect();
        check(&called.replace("decapsulate", "encapsulate"), &kem.secrets, || {
            let items =
                outputs.iter_mut().map(|(ciphertext, secret)| Encapsulation::new(&public_key, ciphertext, secret));
            items.collect::<Result<Vec<_>, _>>().map(|mut items| encapsulate_all(&mut items))
        })?;
    }
    Ok(())
}

/// Everything secret about keys; one entry holds the same secret of all of them.
fn secrets_of(keys: &[PrivateKey]) -> Outcome<Vec<Secret>> {
    let mut all: Vec<Secret> = Vec::new();
    for key in keys {
        let (set, seed) = (key.algorithm(), key.seed()?);
        let mut private = vec![0; set.private_key_bytes()];
        key.write(&mut private)?;
        let secrets = match set {
            Algorithm::XWing => hybrid_secrets(set, seed, key.options())?,
            _ if set.ciphertext_bytes() > 0 => mlkem_secrets(set, seed, &private),
            _ => mldsa_secrets(set, seed, &private),
        };
        for secret in secrets {
            match all.iter_mut().find(|other| other.name == secret.name) {
                Some(other) => other.bytes.extend(secret.bytes),
                None => all.push(secret),
            }
        }
    }
    Ok(all)
}

#[test]
#[cfg_attr(debug_assertions, ignore = "an unoptimised build uses more stack")]
fn batches_of_keys_are_made_on_a_stack_that_is_wiped() -> Outcome {
    for (set, options) in choices().flat_map(|options| KEMS.into_iter().chain(MLDSA).map(move |set| (set, options))) {
        for count in [1, 9, 64] {
            let mut made = Vec::new();
            let stack = stack_after(|| made = Vec::from_iter(generate(set, options, count)))?;
            let keys = made.into_iter().collect::<Result<Vec<_>, _>>()?;
            assert_eq!(keys.len(), count);
            let name = format!("{} {} generate {count}", set.name(), title(options));
            // The objects of the keys hold addresses, and are moved.
            let others = OTHER_BYTES + 2 * size_of_val(keys.as_slice());
            inspect(&name, &secrets_of(&keys)?, &stack, others)?;
        }
    }
    Ok(())
}
