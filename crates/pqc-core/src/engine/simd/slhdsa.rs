//! SLH-DSA by pqc-simd. A key has its encoded form, and a private key of a set s may keep the leaves of its highest tree.

use crate::batch::Workers;
use crate::engine::items::{PublicKey as PublicKeyOf, SIGNATURE_CHUNK, Signing, SigningRandomness, Verification};
use crate::engine::lazy::Lazy;
use crate::engine::{SignatureEngine, SignaturePrivate, SignaturePublic, copy, on_engine_stack, verdict};
use crate::secret::{SecretVec, is_equal};
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory, Precompute};
use arrayvec::ArrayVec;
use core::any::Any;
use pqc_memory::try_box;
use pqc_simd::Backend;
use pqc_simd::slhdsa::{self, Fault, ParameterSet, Signer};

/// The sets, in the order of the table.
const SETS: [(Algorithm, ParameterSet); 12] = [
    (Algorithm::SlhDsaSha2_128s, ParameterSet::Sha2_128s),
    (Algorithm::SlhDsaSha2_128f, ParameterSet::Sha2_128f),
    (Algorithm::SlhDsaSha2_192s, ParameterSet::Sha2_192s),
    (Algorithm::SlhDsaSha2_192f, ParameterSet::Sha2_192f),
    (Algorithm::SlhDsaSha2_256s, ParameterSet::Sha2_256s),
    (Algorithm::SlhDsaSha2_256f, ParameterSet::Sha2_256f),
    (Algorithm::SlhDsaShake128s, ParameterSet::Shake128s),
    (Algorithm::SlhDsaShake128f, ParameterSet::Shake128f),
    (Algorithm::SlhDsaShake192s, ParameterSet::Shake192s),
    (Algorithm::SlhDsaShake192f, ParameterSet::Shake192f),
    (Algorithm::SlhDsaShake256s, ParameterSet::Shake256s),
    (Algorithm::SlhDsaShake256f, ParameterSet::Shake256f),
];

/// The table of algorithms has the sizes of pqc-simd's parameter sets.
const _: () = {
    let mut row = 0;
    while row < SETS.len() {
        let (algorithm, set) = SETS[row];
        assert!(algorithm.public_key_bytes() == 2 * set.n() && algorithm.private_key_bytes() == 4 * set.n());
        assert!(algorithm.seed_bytes() == 3 * set.n() && algorithm.randomness_bytes() == set.n());
        assert!(algorithm.signature_bytes() == set.signature_bytes());
        assert!(set.top_leaves_bytes() <= MAX_TOP_LEAVES_BYTES);
        row += 1;
    }
};

/// The most threads of a signature: the trees of the layers, of the signature and of its check, take most of the time, and the sets s
/// have 13 or 15 of them.
const MAX_SIGNING_THREADS: usize = 16;

/// A parameter set on a code path.
#[derive(Clone, Copy)]
struct Engine {
    set: ParameterSet,
    backend: Backend,
}

/// The engine of each set on each path, in the order of [`CodePath::ALL`].
static ENGINES: [[Engine; CodePath::ALL.len()]; SETS.len()] = {
    let mut all = [[Engine { set: SETS[0].1, backend: CodePath::Portable }; CodePath::ALL.len()]; SETS.len()];
    let mut row = 0;
    while row < SETS.len() {
        let mut path = 0;
        while path < CodePath::ALL.len() {
            all[row][path] = Engine { set: SETS[row].1, backend: CodePath::ALL[path] };
            path += 1;
        }
        row += 1;
    }
    all
};

/// The engine of a parameter set on a path.
pub(super) fn engine(algorithm: Algorithm, path: CodePath) -> Option<&'static dyn SignatureEngine> {
    let row = SETS.iter().position(|(known, _)| *known == algorithm)?;
    Some(&ENGINES[row][path as usize])
}

/// The leaves of the highest tree of a private key. They are public keys of WOTS+, and no secret.
struct TopLeaves([u8; MAX_TOP_LEAVES_BYTES]);

const MAX_TOP_LEAVES_BYTES: usize = ParameterSet::Sha2_192s.top_leaves_bytes();

impl Default for TopLeaves {
    fn default() -> Self {
        Self([0; MAX_TOP_LEAVES_BYTES])
    }
}

struct KeyPair {
    engine: Engine,
    options: KeyOptions,
    /// `SK.seed || SK.prf || PK.seed || PK.root`.
    encoded: SecretVec,
    /// Always absent for a set f.
    top_leaves: Lazy<TopLeaves>,
}

struct PublicKey {
    engine: Engine,
    /// `PK.seed || PK.root`.
    encoded: SecretVec,
}

impl SignatureEngine for Engine {
    fn private_key_from_seed(
        &self,
        seed: &[u8],
        _: bool,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error> {
        let mut encoded = SecretVec::zeroed(options.memory, 4 * self.set.n())?;
        slhdsa::keygen(self.backend, self.set, seed, &mut encoded);
        self.private_key_from_bytes(encoded, options)
    }

    fn private_key_from_bytes(
        &self,
        encoded: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error> {
        let has_leaves = self.set.top_leaves_bytes() > 0;
        let precompute = if has_leaves { options.precompute } else { Precompute::Never };
        let top_leaves = Lazy::new(KeyOptions { precompute, memory: Memory::Heap, ..options }, |leaves| {
            self.top_leaves(&encoded, leaves);
        })?;
        Ok(try_box(KeyPair { engine: *self, options, encoded, top_leaves })?)
    }

    fn public_key_from_bytes(&self, encoded: SecretVec, _: KeyOptions) -> Result<Box<dyn SignaturePublic>, Error> {
        Ok(try_box(PublicKey { engine: *self, encoded })?)
    }

    /// Each on this thread: the batch has all threads.
    fn sign_all(&self, items: &mut [Signing<'_>]) {
        for item in items {
            let (prefix, randomness) =
                (prefix(item.context), item.randomness.as_ref().map(SigningRandomness::as_slice));
            let message = [&prefix, item.context, item.message];
            let key = item.key.as_any().and_then(<dyn Any>::downcast_ref::<KeyPair>).ok_or(Error::Internal);
            item.outcome = key.and_then(|key| key.sign_parts(&message, randomness, &Workers::ALONE, item.signature));
        }
    }

    fn verify_all(&self, items: &mut [Verification<'_>]) {
        items.chunks_mut(SIGNATURE_CHUNK).for_each(|items| self.verify_together(items));
    }
}

impl Engine {
    fn top_leaves(&self, private_key: &[u8], leaves: &mut TopLeaves) {
        slhdsa::top_leaves(self.backend, self.set, private_key, &mut leaves.0[..self.set.top_leaves_bytes()]);
    }

    /// Verifies at most [`SIGNATURE_CHUNK`] signatures together.
    fn verify_together(&self, items: &mut [Verification<'_>]) {
        let prefixes: ArrayVec<_, SIGNATURE_CHUNK> = items.iter().map(|item| prefix(item.context)).collect();
        let messages: ArrayVec<_, SIGNATURE_CHUNK> =
            items.iter().zip(&prefixes).map(|(item, prefix)| [prefix, item.context, item.message]).collect();
        let inputs: ArrayVec<_, SIGNATURE_CHUNK> = items
            .iter()
            .zip(&messages)
            .map(|(item, message)| slhdsa::Verification {
                public_key: match item.key {
                    PublicKeyOf::Loaded(key) => own(key).map_or(&[], |key| &key.encoded),
                    PublicKeyOf::Encoded(encoded) => encoded,
                },
                message,
                signature: item.signature,
            })
            .collect();
        let mut verdicts = [false; SIGNATURE_CHUNK];
        let verdicts = &mut verdicts[..inputs.len()];
        slhdsa::verify_batch(self.backend, self.set, &inputs, verdicts);
        for (item, is_valid) in items.iter_mut().zip(verdicts) {
            item.outcome = verdict(*is_valid);
        }
    }
}

impl KeyPair {
    /// Signs the concatenation of parts of M' on some threads. The signature is copied to `out` once it has passed the check against
    /// faults.
    fn sign_parts(
        &self,
        m_prime: &[&[u8]],
        randomness: Option<&[u8]>,
        workers: &Workers,
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let (Engine { set, backend }, check_faults) = (self.engine, self.options.fault_check);
        let mut signature = SecretVec::zeroed(Memory::Heap, set.signature_bytes())?;
        let leaves = self.top_leaves.for_use(|leaves| self.engine.top_leaves(&self.encoded, leaves));
        let top_leaves = leaves.and_then(|leaves| leaves.0.get(..set.top_leaves_bytes()));
        let signer = Signer { backend, set, private_key: &self.encoded, top_leaves, check_faults };
        if workers.are_alone() {
            signer.sign(m_prime, randomness, &mut signature)
        } else {
            signer.sign_divided(m_prime, randomness, &mut signature, |jobs| {
                workers.run(jobs, || (), |(), job| on_engine_stack(|| job.run()));
            })
        }
        .map_err(|fault| match fault {
            Fault::Digest => Error::MessageChanged,
            Fault::Computation => Error::FaultDetected,
        })?;
        copy(&signature, out).map(|()| signature.len())
    }

    /// The threads of a signature that is in no batch.
    fn workers(&self) -> Result<Workers, Error> {
        if self.options.parallel { Workers::idle(MAX_SIGNING_THREADS) } else { Ok(Workers::ALONE) }
    }

    fn encoded_public_key(&self) -> &[u8] {
        &self.encoded[2 * self.engine.set.n()..]
    }
}

impl SignaturePrivate for KeyPair {
    fn public_key(&self) -> Result<Box<dyn SignaturePublic>, Error> {
        let encoded = SecretVec::copied(Memory::Heap, self.encoded_public_key())?;
        Ok(try_box(PublicKey { engine: self.engine, encoded })?)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(self.encoded_public_key(), out)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self.encoded, out)
    }

    fn seed(&self) -> Option<&[u8]> {
        self.encoded.get(..3 * self.engine.set.n())
    }

    /// Derives PK.root and compares it.
    fn check(&self) -> Result<(), Error> {
        let Engine { set, backend } = self.engine;
        let mut derived = SecretVec::zeroed(self.options.memory, self.encoded.len())?;
        slhdsa::keygen(backend, set, &self.encoded[..3 * set.n()], &mut derived);
        if is_equal(&derived, &self.encoded) { Ok(()) } else { Err(Error::KeyPairMismatch) }
    }

    fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        self.sign_parts(&[&prefix(context), context, message], randomness, &self.workers()?, signature)
    }

    fn sign_internal(&self, m_prime: &[u8], randomness: Option<&[u8]>, signature: &mut [u8]) -> Result<usize, Error> {
        self.sign_parts(&[m_prime], randomness, &self.workers()?, signature)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn secret_bytes(&self) -> usize {
        self.encoded.len()
    }

    fn resident_bytes(&self) -> usize {
        self.encoded.len() + self.top_leaves.bytes()
    }
}

impl PublicKey {
    fn verify_parts(&self, m_prime: &[&[u8]], signature: &[u8]) -> Result<(), Error> {
        let Engine { set, backend } = self.engine;
        verdict(slhdsa::verify(backend, set, &self.encoded, m_prime, signature))
    }
}

impl SignaturePublic for PublicKey {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self.encoded, out)
    }

    fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.verify_parts(&[&prefix(context), context, message], signature)
    }

    fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.verify_parts(&[m_prime], signature)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn resident_bytes(&self) -> usize {
        self.encoded.len()
    }
}

/// The bytes before the context in M' (FIPS 205, algorithm 22, line 8): the context was checked to have at most 255
/// bytes.
#[allow(clippy::cast_possible_truncation, reason = "at most 255")]
fn prefix(context: &[u8]) -> [u8; 2] {
    [0, context.len() as u8]
}

/// A public key, if this engine has made it.
fn own(key: &dyn SignaturePublic) -> Option<&PublicKey> {
    key.as_any()?.downcast_ref()
}
