//! Known answers that the engine simd must compute on this machine before it is used: every operation of a parameter set on
//! a code path, once in a process. If one is wrong, the engine is refused from then on. The answers are in the table of algorithms,
//! and the tests hold libcrux to the same.

use super::{KemEngine, SignatureEngine, derive};
use crate::algorithm::{MAX_CIPHERTEXT_BYTES, MAX_PRIVATE_KEY_BYTES, MAX_PUBLIC_KEY_BYTES, MAX_SIGNATURE_BYTES};
use crate::secret::on_clean_stack;
use crate::{Algorithm, CodePath, Engine, Error, KeyOptions, Precompute};
use std::sync::OnceLock;

type Digest = [u8; 32];

/// The outputs so far.
#[derive(Default)]
struct Transcript(Digest);

impl Transcript {
    fn add(&mut self, output: &[u8]) {
        let mut link = [0; 64];
        link[..32].copy_from_slice(&self.0);
        link[32..].copy_from_slice(&libcrux_sha3::sha256(output));
        self.0 = libcrux_sha3::sha256(&link);
    }
}

/// Checks a KEM.
pub(super) fn check_kem(engine: &dyn KemEngine, algorithm: Algorithm, path: CodePath) -> Result<(), Error> {
    check_once(algorithm, path, || kem_answers(engine, algorithm, (Engine::Simd, path)))
}

/// Checks a signature algorithm.
pub(super) fn check_signature(engine: &dyn SignatureEngine, algorithm: Algorithm, path: CodePath) -> Result<(), Error> {
    check_once(algorithm, path, || signature_answers(engine, algorithm, (Engine::Simd, path)))
}

/// Checks an algorithm on a code path, unless the outcome is known.
fn check_once(
    algorithm: Algorithm,
    path: CodePath,
    answers: impl FnOnce() -> Result<Digest, Error>,
) -> Result<(), Error> {
    static OUTCOMES: [[OnceLock<bool>; CodePath::ALL.len()]; Algorithm::ALL.len()] =
        [const { [const { OnceLock::new() }; CodePath::ALL.len()] }; Algorithm::ALL.len()];
    let outcome = &OUTCOMES[algorithm as usize][path as usize];
    // The known answer is copied only if it is needed.
    if outcome.get() == Some(&true) {
        return Ok(());
    }
    check(outcome, algorithm.known_answers().ok_or(Error::Internal)?, answers)
}

/// What a self test leaves on the stack, rounded up: no secret, but more than the operation that caused the test wipes.
const STACK_BYTES: usize = 192 << 10;

/// The outcome, after a test if there is none yet. A test that ran out of memory has no outcome.
fn check(
    outcome: &OnceLock<bool>,
    known: Digest,
    answers: impl FnOnce() -> Result<Digest, Error>,
) -> Result<(), Error> {
    let passed = match outcome.get() {
        Some(passed) => *passed,
        None => {
            let passed = fault(on_clean_stack::<STACK_BYTES, _>(answers)?) == known;
            *outcome.get_or_init(|| passed)
        }
    };
    if passed { Ok(()) } else { Err(Error::SelfTest) }
}

/// The options for both forms of a key, whose answers must be the same.
fn forms(options: (Engine, CodePath)) -> [KeyOptions; 2] {
    [Precompute::Never, Precompute::Always].map(|precompute| KeyOptions { precompute, ..options.into() })
}

fn kem_answers(engine: &dyn KemEngine, algorithm: Algorithm, options: (Engine, CodePath)) -> Result<Digest, Error> {
    let (mut public_key, mut private_key) = ([0; MAX_PUBLIC_KEY_BYTES], [0; MAX_PRIVATE_KEY_BYTES]);
    let public_key = &mut public_key[..algorithm.public_key_bytes()];
    let private_key = &mut private_key[..algorithm.private_key_bytes()];
    let (mut ciphertext, mut shared_secret) = ([0; MAX_CIPHERTEXT_BYTES], [0; 32]);
    let ciphertext = &mut ciphertext[..algorithm.ciphertext_bytes()];
    let mut transcript = Transcript::default();
    for options in forms(options) {
        let made = engine.private_key_from_seed(&[1; 64], options)?;
        made.encode_public_key(public_key)?;
        made.encode(private_key)?;
        transcript.add(public_key);
        transcript.add(private_key);
        let key = engine.public_key_from_bytes(public_key, options)?;
        key.encapsulate(&[2; 32], ciphertext, &mut shared_secret)?;
        transcript.add(ciphertext);
        transcript.add(&shared_secret);
        let loaded = engine.private_key_from_bytes(private_key, options)?;
        for bit in [0, 1] {
            ciphertext[0] ^= bit;
            loaded.decapsulate(ciphertext, &mut shared_secret)?;
            transcript.add(&shared_secret);
        }
    }
    Ok(transcript.0)
}

fn signature_answers(
    engine: &dyn SignatureEngine,
    algorithm: Algorithm,
    options: (Engine, CodePath),
) -> Result<Digest, Error> {
    let (mut public_key, mut private_key) = ([0; MAX_PUBLIC_KEY_BYTES], [0; MAX_PRIVATE_KEY_BYTES]);
    let public_key = &mut public_key[..algorithm.public_key_bytes()];
    let private_key = &mut private_key[..algorithm.private_key_bytes()];
    let mut signature = [0; MAX_SIGNATURE_BYTES];
    let signature = &mut signature[..algorithm.signature_bytes()];
    let mut transcript = Transcript::default();
    for options in forms(options) {
        let made = engine.private_key_from_seed(&[1; 32], options)?;
        made.encode_public_key(public_key)?;
        made.encode(private_key)?;
        transcript.add(public_key);
        transcript.add(private_key);
        for bit in [1, 0] {
            private_key[private_key.len() - 1] ^= bit;
            let is_whole = derive(algorithm, options.path, private_key, public_key)?.is_ok();
            private_key[private_key.len() - 1] ^= bit;
            transcript.add(public_key);
            transcript.add(&[u8::from(is_whole)]);
        }
        let loaded = engine.private_key_from_bytes(private_key, public_key, options)?;
        loaded.sign(b"message", b"context", &[2; 32], signature)?;
        transcript.add(signature);
        let key = engine.public_key_from_bytes(public_key, options)?;
        for bit in [0, 1] {
            signature[0] ^= bit;
            transcript.add(&[u8::from(key.verify(b"message", b"context", signature).is_ok())]);
        }
    }
    Ok(transcript.0)
}

/// The answers, unless a test injects a fault.
#[cfg(not(feature = "inject-fault"))]
fn fault(answers: Digest) -> Digest {
    answers
}

#[cfg(feature = "inject-fault")]
use injected::fault;

/// A fault for tests: an engine whose answers differ from the standard's. No release has it.
#[cfg(feature = "inject-fault")]
pub(super) mod injected {
    use super::Digest;
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

    static IS_BROKEN: AtomicBool = AtomicBool::new(false);

    /// Makes the self tests that are run from now on fail, or not.
    pub fn break_self_tests(is_broken: bool) {
        IS_BROKEN.store(is_broken, Relaxed);
    }

    pub(super) fn fault(mut answers: Digest) -> Digest {
        answers[0] ^= u8::from(IS_BROKEN.load(Relaxed));
        answers
    }
}

#[cfg(test)]
#[allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]
mod tests {
    use super::super::{libcrux_mldsa, libcrux_mlkem};
    use super::*;
    use crate::Kind;

    const OPTIONS: (Engine, CodePath) = (Engine::Libcrux, CodePath::Portable);

    #[test]
    fn libcrux_computes_the_known_answers_too() -> Result<(), Error> {
        let tested = Algorithm::ALL.into_iter().filter_map(|each| each.known_answers().map(|known| (each, known)));
        for (algorithm, expected) in tested {
            let answers = match algorithm.kind() {
                Kind::Kem => kem_answers(libcrux_mlkem::engine(algorithm, CodePath::Portable)?, algorithm, OPTIONS)?,
                Kind::Signature => {
                    signature_answers(libcrux_mldsa::engine(algorithm, CodePath::Portable)?, algorithm, OPTIONS)?
                }
            };
            assert_eq!(answers, expected, "{}", algorithm.name());
        }
        Ok(())
    }

    #[test]
    fn a_wrong_answer_is_remembered_and_a_test_without_an_outcome_is_repeated() {
        let outcome = OnceLock::new();
        assert_eq!(check(&outcome, [1; 32], || Err(Error::OutOfMemory)), Err(Error::OutOfMemory));
        assert_eq!(check(&outcome, [1; 32], || Ok([2; 32])), Err(Error::SelfTest));
        assert_eq!(check(&outcome, [1; 32], || Ok([1; 32])), Err(Error::SelfTest));
        let outcome = OnceLock::new();
        assert_eq!(check(&outcome, [1; 32], || Ok([1; 32])), Ok(()));
        assert_eq!(check(&outcome, [1; 32], || Ok([2; 32])), Ok(()));
    }
}
