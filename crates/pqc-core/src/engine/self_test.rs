//! Known answers that the engine simd must compute on this machine before it is used: every operation of a parameter set on
//! a code path, once in a process. If one is wrong, the engine is refused from then on.

use super::{KemEngine, SignatureEngine, derive};
use crate::algorithm::{MAX_CIPHERTEXT_BYTES, MAX_PRIVATE_KEY_BYTES, MAX_PUBLIC_KEY_BYTES, MAX_SIGNATURE_BYTES};
use crate::secret::on_clean_stack;
use crate::{Algorithm, CodePath, Engine, Error, KeyOptions, Precompute};
use std::sync::OnceLock;

type Digest = [u8; 32];

/// The known answers, each a chain of SHA3-256 over the outputs of all operations. The tests hold libcrux to the same.
#[rustfmt::skip]
const KNOWN: [(Algorithm, Digest); 6] = [
    (Algorithm::MlKem512, *b"\x57\x17\x3c\x9a\x63\x18\xc9\xab\x25\x96\xff\xb0\x10\x70\xa5\x7d\x5a\xdf\x1a\xc3\x8e\xca\x5e\x29\xfa\x4d\x04\x90\x08\xb0\x1c\x3f"),
    (Algorithm::MlKem768, *b"\x57\x60\xb7\xf7\x62\xe5\x9d\x37\x64\x92\xb4\xc3\x42\xca\x87\xba\x52\x6f\xe6\xce\x1b\x90\xd8\x72\x83\x8b\xd6\x3d\xdf\x75\xdb\x2a"),
    (Algorithm::MlKem1024, *b"\xbc\x6a\xa7\xa4\xd7\xfd\x98\x0d\xfe\xe5\xe9\x48\xdc\xe9\xab\x9e\xe7\x32\xc8\x06\xbb\x8e\x36\x32\xf7\xf4\xc9\x8c\xb4\x02\x69\xa0"),
    (Algorithm::MlDsa44, *b"\x0c\xfd\x64\x80\x3b\xd7\x7f\xdd\x2e\xa6\xf5\xcf\x56\x8d\x7b\xa7\xf6\xa9\x83\xd8\xa3\x5e\xba\x7e\xdc\x47\x77\xa4\x86\x87\x96\xe1"),
    (Algorithm::MlDsa65, *b"\x8d\x4a\x46\x40\x5a\xbb\xe5\x20\x1a\x62\x33\x2b\x05\x05\x2b\xa2\x70\x1d\x4c\xba\xb0\x7f\x33\xed\x8e\xd9\xa7\x96\x23\xf4\x93\x39"),
    (Algorithm::MlDsa87, *b"\x9e\x44\x41\x19\x4a\xbb\x7e\xca\x51\xad\x00\x0f\x08\x93\xa2\xf5\x7f\xb2\x89\x2f\xe8\x76\xdc\x48\xcd\xad\x02\x2b\x35\xe3\x02\x83"),
];

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
    // The known answer is looked up only if it is needed.
    if outcome.get() == Some(&true) { Ok(()) } else { check(outcome, known(algorithm)?, answers) }
}

fn known(algorithm: Algorithm) -> Result<Digest, Error> {
    let known = KNOWN.iter().find(|(known, _)| *known == algorithm);
    known.map(|(_, digest)| *digest).ok_or(Error::Internal)
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
        for (algorithm, expected) in KNOWN {
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
