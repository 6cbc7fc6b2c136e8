//! The operations of a self test, for any engine.
//!
//! A key is used in both of its forms. Batches have nine items, one more than ML-KEM and ML-DSA have lanes, of keys in the same
//! form, since only these share lanes; one batch has three, for the Keccak of four states. The items differ in keys and messages,
//! but SLH-DSA has one signature for all of them, since it signs slowly. One item is bad, so that a swapped item is
//! noticed. The table's seeds and messages reach rare cases, as the tests check.
//!
//! [`kem_answers`] and [`signature_answers`] are not inlined: they divide by lengths from the table, which
//! `tools/ct/divisions.allowed` allows in this module, and not in the code that starts their thread.

use super::super::items::{CopiedDecapsulation, Encapsulation, PublicKey, Signing, SigningRandomness, Verification};
use super::super::{KemEngine, KemPrivate, SignatureEngine, SignaturePrivate, sha3_256};
use crate::algorithm::{
    MAX_CIPHERTEXT_BYTES, MAX_PRIVATE_KEY_BYTES, MAX_PUBLIC_KEY_BYTES, MAX_RANDOMNESS_BYTES, MAX_SEED_BYTES,
    SELF_TEST_ITEMS, SelfTest,
};
use crate::secret::{SecretArray, SecretVec};
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory, Precompute};
use arrayvec::ArrayVec;
use core::ops::Deref;

pub(super) type Digest = [u8; 32];

/// Some backends process the lanes of such a small batch differently: the last items are a separate batch too.
const LAST: usize = 3;
/// The item of a batch that is bad.
const BAD: usize = 5;
/// The first item with an encoded key, which differs: the items after it show if that key stays in use.
const OTHER: usize = 1;
pub(super) const CONTEXT: &[u8] = b"context";
pub(super) const RND: [u8; 32] = [2; 32];

/// The outputs so far.
#[derive(Default)]
struct Transcript(Digest);

impl Transcript {
    fn add(&mut self, output: &[u8]) {
        // Not on the path that is tested.
        let mut link = [self.0, [0; 32]];
        sha3_256(CodePath::Portable, output, &mut link[1]);
        sha3_256(CodePath::Portable, link.as_flattened(), &mut self.0);
    }

    fn add_all<'a>(&mut self, outputs: impl IntoIterator<Item = &'a [u8]>) {
        outputs.into_iter().for_each(|output| self.add(output));
    }

    fn add_verdict(&mut self, outcome: Result<(), Error>) {
        self.add(&[u8::from(outcome.is_ok())]);
    }
}

/// A number of the table as a seed, the first half of one, or a message of KEMs.
pub(super) fn bytes<const N: usize>(number: u32) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// The number of the table as the seed of a signature key, which fills the memory of the longest one.
fn signature_seed(number: u32, algorithm: Algorithm) -> impl Deref<Target = [u8]> {
    let seed: ArrayVec<_, MAX_SEED_BYTES> =
        bytes::<MAX_SEED_BYTES>(number).into_iter().take(algorithm.seed_bytes()).collect();
    seed
}

/// The seed of a KEM key.
fn kem_seed(number: u32) -> [u8; 64] {
    let mut seed = bytes(number);
    seed[32..].copy_from_slice(&bytes::<32>(!number));
    seed
}

/// Refuses an answer that differs from a known one.
fn same(answer: &[u8], known: &[u8]) -> Result<(), Error> {
    if answer == known { Ok(()) } else { Err(Error::Internal) }
}

/// The options for both forms of a key; their answers must be the same. The answers show the faults that the check
/// would find.
fn forms(path: CodePath) -> [KeyOptions; 2] {
    [Precompute::Never, Precompute::Always].map(|precompute| KeyOptions {
        precompute,
        fault_check: false,
        ..path.into()
    })
}

/// The encodings of a key pair.
struct Encoded([u8; MAX_PUBLIC_KEY_BYTES], [u8; MAX_PRIVATE_KEY_BYTES]);

impl Encoded {
    const ZERO: Self = Self([0; MAX_PUBLIC_KEY_BYTES], [0; MAX_PRIVATE_KEY_BYTES]);

    /// The public and the private key of an algorithm.
    fn keys(&mut self, algorithm: Algorithm) -> (&mut [u8], &mut [u8]) {
        (&mut self.0[..algorithm.public_key_bytes()], &mut self.1[..algorithm.private_key_bytes()])
    }
}

#[inline(never)]
pub(super) fn kem_answers(
    engine: &dyn KemEngine,
    test: &SelfTest,
    algorithm: Algorithm,
    path: CodePath,
) -> Result<Digest, Error> {
    let mut transcript = Transcript::default();
    let [never, always] = forms(path);
    let mut encodings = [Encoded::ZERO; 2];
    let mut pairs = encodings.each_mut().map(|encoded| encoded.keys(algorithm));
    for ((public_key, private_key), number) in pairs.iter_mut().zip(test.seed..) {
        let made = engine.private_key_from_seed(&kem_seed(number), never)?;
        made.encode_public_key(public_key)?;
        made.encode(private_key)?;
        transcript.add_all([&**public_key, private_key]);
    }
    let pairs = pairs.map(|(public_key, private_key)| (&*public_key, &*private_key));
    let (mut ciphertext, mut shared_secret, mut secret) = ([0; MAX_CIPHERTEXT_BYTES], [0; 32], [0; 32]);
    let ciphertext = &mut ciphertext[..algorithm.ciphertext_bytes()];
    for options in [never, always] {
        let key = engine.public_key_from_bytes(SecretVec::copied(Memory::Heap, pairs[0].0)?, options)?;
        key.encapsulate(&bytes::<32>(test.messages[0]), ciphertext, &mut shared_secret)?;
        transcript.add_all([&*ciphertext, &shared_secret]);
        let loaded = engine.private_key_from_bytes(SecretVec::copied(options.memory, pairs[0].1)?, options)?;
        // Computes the hash that a loaded key has.
        let made = engine.private_key_from_seed(&kem_seed(test.seed), options)?;
        for bit in [0, 1] {
            ciphertext[0] ^= bit;
            loaded.decapsulate(ciphertext, &mut shared_secret)?;
            made.decapsulate(ciphertext, &mut secret)?;
            same(&secret, &shared_secret)?;
            transcript.add(&shared_secret);
        }
    }
    generate_batch(engine, test, (algorithm, never))?;
    kem_batches(engine, test, (algorithm, always), pairs, &mut transcript)?;
    Ok(transcript.0)
}

/// Makes keys together and compares each with the key of its seed, made alone.
fn generate_batch(engine: &dyn KemEngine, test: &SelfTest, target: (Algorithm, KeyOptions)) -> Result<(), Error> {
    let mut seeds = [[0; 64]; SELF_TEST_ITEMS];
    seeds.iter_mut().zip(test.seed..).for_each(|(seed, number)| *seed = kem_seed(number));
    let keys = engine.private_keys_from_seeds(seeds.as_flattened().chunks_exact(64), target.1);
    if keys.len() < seeds.len() {
        return Err(Error::Internal);
    }
    let mut encodings = [[0; MAX_PRIVATE_KEY_BYTES]; 2];
    let [together, alone] = encodings.each_mut().map(|encoding| &mut encoding[..target.0.private_key_bytes()]);
    for (key, seed) in keys.into_iter().zip(&seeds) {
        key?.encode(together)?;
        engine.private_key_from_seed(seed, target.1)?.encode(alone)?;
        same(together, alone)?;
    }
    Ok(())
}

/// Encapsulates to two loaded keys in turn, and to two encoded ones, and decapsulates with two keys in turn.
fn kem_batches(
    engine: &dyn KemEngine,
    test: &SelfTest,
    target: (Algorithm, KeyOptions),
    [even, odd]: [(&[u8], &[u8]); 2],
    transcript: &mut Transcript,
) -> Result<(), Error> {
    let (bytes_each, outcome) = (target.0.ciphertext_bytes(), Err(Error::Internal));
    let (mut ciphertexts, mut secrets) = ([[0; MAX_CIPHERTEXT_BYTES]; SELF_TEST_ITEMS], [[0; 32]; SELF_TEST_ITEMS]);
    let encoded = [even.0, odd.0];
    let loaded = [
        engine.public_key_from_bytes(SecretVec::copied(Memory::Heap, even.0)?, target.1)?,
        engine.public_key_from_bytes(SecretVec::copied(Memory::Heap, odd.0)?, target.1)?,
    ];
    let (mut drawn, each) = ([0; SELF_TEST_ITEMS * MAX_RANDOMNESS_BYTES], target.0.randomness_bytes());
    for (slot, message) in drawn.chunks_exact_mut(each).zip(test.messages) {
        slot[..4].copy_from_slice(&message.to_le_bytes());
    }
    for is_loaded in [true, false] {
        let outputs = ciphertexts.iter_mut().zip(&mut secrets).zip(test.messages).enumerate();
        let items = outputs.map(|(number, ((ciphertext, shared_secret), _))| Encapsulation {
            target,
            key: if is_loaded {
                PublicKey::Loaded(&*loaded[number % 2])
            } else {
                PublicKey::Encoded(encoded[number % 2])
            },
            drawn_at: number * each,
            ciphertext: &mut ciphertext[..bytes_each],
            shared_secret,
            outcome,
        });
        let mut items: ArrayVec<_, SELF_TEST_ITEMS> = items.collect();
        engine.encapsulate_all(&mut items, &drawn);
        items.iter().try_for_each(|item| item.outcome)?;
        drop(items);
        transcript.add_all(ciphertexts.iter().map(|ciphertext| &ciphertext[..bytes_each]));
        transcript.add_all(secrets.iter().map(|secret| &secret[..]));
    }

    ciphertexts[BAD][bytes_each / 2] ^= 1;
    let [even, odd] =
        [even, odd].map(|pair| engine.private_key_from_bytes(SecretVec::copied(target.1.memory, pair.1)?, target.1));
    let keys: [&dyn KemPrivate; 2] = [&*even?, &*odd?];
    let outputs = ciphertexts.iter().zip(&mut secrets).zip(keys.into_iter().cycle());
    let items = outputs.map(|((ciphertext, shared_secret), key)| CopiedDecapsulation {
        key,
        ciphertext: &ciphertext[..bytes_each],
        shared_secret,
        outcome,
    });
    let mut items: ArrayVec<_, SELF_TEST_ITEMS> = items.collect();
    engine.decapsulate_all(&mut items);
    items.iter().try_for_each(|item| item.outcome)?;
    drop(items);
    transcript.add_all(secrets.iter().map(|secret| &secret[..]));
    Ok(())
}

#[inline(never)]
pub(super) fn signature_answers(
    engine: &dyn SignatureEngine,
    test: &SelfTest,
    algorithm: Algorithm,
    path: CodePath,
) -> Result<Digest, Error> {
    let (mut transcript, randomness) = (Transcript::default(), Some(&RND[..algorithm.randomness_bytes()]));
    let ([never, always], mut encoded, mut derived) = (forms(path), Encoded::ZERO, [0; MAX_PUBLIC_KEY_BYTES]);
    let (public_key, private_key) = encoded.keys(algorithm);
    let small = engine.private_key_from_seed(&signature_seed(test.seed, algorithm), false, never)?;
    small.encode_public_key(public_key)?;
    small.encode(private_key)?;
    transcript.add_all([&*public_key, private_key]);
    let (derived, last) = (&mut derived[..public_key.len()], private_key.len() - 1);
    for bit in [1, 0] {
        private_key[last] ^= bit;
        let loaded = engine.private_key_from_bytes(SecretVec::copied(never.memory, private_key)?, never);
        private_key[last] ^= bit;
        let outcome = loaded.and_then(|key| key.encode_public_key(derived));
        if outcome == Err(Error::OutOfMemory) {
            return Err(Error::OutOfMemory);
        }
        transcript.add_verdict(outcome);
    }
    transcript.add(derived);

    let signature = &mut *SecretVec::zeroed(Memory::Heap, algorithm.signature_bytes())?;
    small.sign(&test.messages[0].to_le_bytes(), CONTEXT, randomness, signature)?;
    transcript.add(signature);
    for options in [never, always] {
        let key = engine.public_key_from_bytes(SecretVec::copied(Memory::Heap, public_key)?, options)?;
        for bit in [0, 1] {
            signature[0] ^= bit;
            transcript.add_verdict(key.verify(&test.messages[0].to_le_bytes(), CONTEXT, signature));
        }
        signature[0] ^= 1;
    }

    let signatures = &mut *SecretVec::zeroed(Memory::Heap, SELF_TEST_ITEMS * signature.len())?;
    if test.messages.len() > 1 {
        let large = engine.private_key_from_bytes(SecretVec::copied(always.memory, private_key)?, always)?;
        large.sign(&test.messages[0].to_le_bytes(), CONTEXT, randomness, signature)?;
        transcript.add(signature);
        expand_from_seed(engine, test, (algorithm, always), [public_key, private_key, signature])?;
        sign_batch(engine, test, (algorithm, always), &*large, signatures)?;
        transcript.add_all(signatures.chunks_exact(signature.len()));
    } else {
        signatures.chunks_exact_mut(signature.len()).for_each(|copy| copy.copy_from_slice(signature));
    }
    verify_batches(engine, test, (algorithm, always), public_key, signatures, &mut transcript)?;
    Ok(transcript.0)
}

/// Makes an expanded key of the seed and compares its encodings and its signature with known ones.
fn expand_from_seed(
    engine: &dyn SignatureEngine,
    test: &SelfTest,
    target: (Algorithm, KeyOptions),
    known: [&[u8]; 3],
) -> Result<(), Error> {
    let (mut encoded, signature) = (Encoded::ZERO, &mut *SecretVec::zeroed(Memory::Heap, target.0.signature_bytes())?);
    let (public_key, private_key) = encoded.keys(target.0);
    let made = engine.private_key_from_seed(&signature_seed(test.seed, target.0), true, target.1)?;
    made.encode_public_key(public_key)?;
    made.encode(private_key)?;
    made.sign(&test.messages[0].to_le_bytes(), CONTEXT, Some(&RND[..target.0.randomness_bytes()]), signature)?;
    let answers = [public_key, private_key, signature];
    answers.iter().zip(known).try_for_each(|(answer, known)| same(answer, known))
}

/// The messages of a batch of signatures, in turn.
fn messages_of(test: &SelfTest) -> ArrayVec<[u8; 4], SELF_TEST_ITEMS> {
    test.messages.iter().cycle().map(|message| message.to_le_bytes()).take(SELF_TEST_ITEMS).collect()
}

/// Signs the messages.
fn sign_batch(
    engine: &dyn SignatureEngine,
    test: &SelfTest,
    target: (Algorithm, KeyOptions),
    key: &dyn SignaturePrivate,
    signatures: &mut [u8],
) -> Result<(), Error> {
    let messages = messages_of(test);
    let signatures = signatures.chunks_exact_mut(target.0.signature_bytes());
    let items = messages.iter().zip(signatures).map(|(message, signature)| Signing {
        target,
        key,
        message,
        context: CONTEXT,
        randomness: Some(SigningRandomness(SecretArray(RND), target.0.randomness_bytes())),
        signature,
        outcome: Err(Error::Internal),
    });
    let mut items: ArrayVec<_, SELF_TEST_ITEMS> = items.collect();
    engine.sign_all(&mut items);
    items.iter().try_for_each(|item| item.outcome.map(|_| ()))
}

/// Verifies with a loaded and with an encoded key in turn, and one signature with another key.
fn verify_batches(
    engine: &dyn SignatureEngine,
    test: &SelfTest,
    target: (Algorithm, KeyOptions),
    public_key: &[u8],
    signatures: &mut [u8],
    transcript: &mut Transcript,
) -> Result<(), Error> {
    let (messages, size) = (messages_of(test), target.0.signature_bytes());
    signatures[BAD * size + size / 2] ^= 1;
    let mut other = [0; MAX_PUBLIC_KEY_BYTES];
    let other = &mut other[..public_key.len()];
    other.copy_from_slice(public_key);
    other[public_key.len() / 2] ^= 1;
    let loaded = engine.public_key_from_bytes(SecretVec::copied(Memory::Heap, public_key)?, target.1)?;
    for first in [0, SELF_TEST_ITEMS - LAST] {
        let items = messages.iter().zip(signatures.chunks_exact(size)).enumerate().skip(first);
        let items = items.map(|(number, (message, signature))| Verification {
            target,
            key: match number {
                OTHER => PublicKey::Encoded(other),
                _ if number % 2 == 0 => PublicKey::Loaded(&*loaded),
                _ => PublicKey::Encoded(public_key),
            },
            message,
            context: CONTEXT,
            signature,
            outcome: Err(Error::Internal),
        });
        let mut items: ArrayVec<_, SELF_TEST_ITEMS> = items.collect();
        engine.verify_all(&mut items);
        items.iter().for_each(|item| transcript.add_verdict(item.outcome));
    }
    Ok(())
}
