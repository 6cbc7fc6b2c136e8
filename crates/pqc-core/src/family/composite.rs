//! Composite signatures (draft-ietf-lamps-pq-composite-sigs-19): an engine that combines the engine of ML-DSA and a
//! classical signature algorithm. A changed draft is another algorithm, with another row.

use crate::algorithm::{Composite, Hash, MAX_SIGNING_RANDOMNESS_BYTES};
use crate::engine::{
    self, ClassicalPublic, SignatureEngine, SignatureFamily, SignaturePrivate, SignaturePublic, on_engine_stack,
};
use crate::prehash::FormattedMessage;
use crate::secret::{SecretVec, on_clean_stack};
use crate::{Algorithm, CodePath, Error, KeyOptions, MLDSA_MAX_CONTEXT_BYTES, Memory};
use pqc_memory::try_box;

/// The first bytes of the message that both halves sign (2.2).
const PREFIX: &[u8] = b"CompositeAlgorithmSignatures2025";

/// The longest label, in bytes.
const MAX_LABEL_BYTES: usize = 33;

/// The longest message that both halves sign: prefix, label, length of the context, context, digest.
const MAX_REPRESENTATIVE_BYTES: usize = PREFIX.len() + MAX_LABEL_BYTES + 1 + MLDSA_MAX_CONTEXT_BYTES + Hash::MAX_BYTES;

/// The stack that an operation on a classical secret uses at most: 6,079 bytes (P-384, signing), and four times that, since a
/// compiler that inlines more makes larger frames. Verification, which has no secret, uses 18 KiB.
pub(crate) const STACK_BYTES: usize = 24 << 10;

/// The sizes of the table are the sums of the sizes of the halves (4).
const _: () = {
    let mut row = 0;
    while row < Algorithm::ALL.len() {
        let algorithm = Algorithm::ALL[row];
        if let Some(Composite { mldsa, classical, label, .. }) = algorithm.composite() {
            assert!(algorithm.private_key_bytes() == mldsa.seed_bytes() + classical.private_key_bytes());
            assert!(algorithm.public_key_bytes() == mldsa.public_key_bytes() + classical.public_key_bytes());
            assert!(algorithm.signature_bytes() == mldsa.signature_bytes() + classical.signature_bytes());
            assert!(label.len() <= MAX_LABEL_BYTES);
        }
        row += 1;
    }
};

pub(crate) const FUNCTIONS: SignatureFamily = SignatureFamily {
    engine,
    private_key: private_key_from_bytes,
    // The point is checked where it is decoded.
    check_public_key: |_, _| Ok(()),
};

/// The engine of a composite, if its ML-DSA is available on the code path of the options.
fn engine(algorithm: Algorithm, options: KeyOptions) -> Result<&'static dyn SignatureEngine, Error> {
    let composite = algorithm.composite().ok_or(Error::Internal)?;
    engine::signature(composite.mldsa, options).map(|_| composite as &dyn SignatureEngine)
}

/// A private key from the draft's encoding (4.2), `mldsaSeed || tradSK`.
fn private_key_from_bytes(
    algorithm: Algorithm,
    options: KeyOptions,
    private_key: SecretVec,
) -> Result<Box<dyn SignaturePrivate>, Error> {
    engine(algorithm, options)?.private_key_from_bytes(private_key, options)
}

impl Composite {
    /// Splits an encoded private key into the seed of ML-DSA and the classical private key (4.2).
    fn split_private_key<'a>(&self, private_key: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Error> {
        private_key.split_at_checked(self.mldsa.seed_bytes()).ok_or(Error::Internal)
    }

    /// Writes an encoded public key (4.1).
    fn encode_public_key(
        &self,
        classical: &ClassicalPublic,
        out: &mut [u8],
        encode_mldsa: impl FnOnce(&mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mldsa_out, classical_out) =
            out.split_at_mut_checked(self.mldsa.public_key_bytes()).ok_or(Error::Internal)?;
        classical.write(classical_out)?;
        encode_mldsa(mldsa_out)
    }

    /// Makes the message that both halves sign of a digest.
    fn representative(&self, digest: &[u8], context: &[u8]) -> Result<Representative, Error> {
        let context_len = u8::try_from(context.len()).map_err(|_| Error::ContextLength)?;
        let mut made = Representative { bytes: [0; MAX_REPRESENTATIVE_BYTES], len: 0 };
        for field in [PREFIX, self.label, &[context_len], context, digest] {
            made.bytes[made.len..][..field.len()].copy_from_slice(field);
            made.len += field.len();
        }
        Ok(made)
    }

    /// Makes it of a message, which it hashes.
    fn representative_of(&self, message: &[u8], context: &[u8]) -> Result<Representative, Error> {
        self.representative(self.pre_hash.of(message, &mut [0; Hash::MAX_BYTES])?, context)
    }

    /// Makes it of a message that was hashed elsewhere, by the hash function of the algorithm.
    fn representative_of_hashed(&self, message: &FormattedMessage) -> Result<Representative, Error> {
        let digest = message.digest_by(self.pre_hash.as_pre_hash()).ok_or(Error::WrongAlgorithm)?;
        self.representative(digest, message.context())
    }
}

/// `M' = Prefix || Label || len(ctx) || ctx || PH(M)` (2.2), which both halves sign.
struct Representative {
    bytes: [u8; MAX_REPRESENTATIVE_BYTES],
    len: usize,
}

impl Representative {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl SignatureEngine for Composite {
    /// A composite has no seed.
    fn private_key_from_seed(&self, _: &[u8], _: bool, _: KeyOptions) -> Result<Box<dyn SignaturePrivate>, Error> {
        Err(Error::WrongAlgorithm)
    }

    fn draw_private_key(&self, private_key: &mut [u8]) -> Result<(), Error> {
        self.draw(private_key)
    }

    fn private_key_from_bytes(
        &self,
        private_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error> {
        let (seed, classical) = self.split_private_key(&private_key)?;
        let classical = on_clean_stack::<STACK_BYTES, _>(|| self.classical.public_key(options.path, classical))?;
        let mldsa = engine::signature(self.mldsa, options)?;
        // A generated key is made here too.
        let mldsa = on_engine_stack(|| mldsa.private_key_from_seed(seed, false, options))?;
        Ok(try_box(CompositePrivate { composite: *self, path: options.path, mldsa, encoded: private_key, classical })?)
    }

    fn public_key_from_bytes(
        &self,
        public_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePublic>, Error> {
        let (mldsa, classical) = public_key.split_at_checked(self.mldsa.public_key_bytes()).ok_or(Error::Internal)?;
        let classical = self.classical.public_key_from_bytes(classical)?;
        let mldsa = engine::signature(self.mldsa, options)?
            .public_key_from_bytes(SecretVec::copied(Memory::Heap, mldsa)?, options)?;
        Ok(try_box(CompositePublic { composite: *self, path: options.path, mldsa, classical })?)
    }
}

struct CompositePrivate {
    composite: Composite,
    path: CodePath,
    mldsa: Box<dyn SignaturePrivate>,
    /// The draft's encoding, with which the classical half signs.
    encoded: SecretVec,
    classical: ClassicalPublic,
}

impl SignaturePrivate for CompositePrivate {
    fn public_key(&self) -> Result<Box<dyn SignaturePublic>, Error> {
        let (composite, path, classical) = (self.composite, self.path, self.classical.public()?);
        Ok(try_box(CompositePublic { composite, path, mldsa: self.mldsa.public_key()?, classical })?)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        self.composite.encode_public_key(&self.classical, out, |out| self.mldsa.encode_public_key(out))
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        engine::copy(&self.encoded, out)
    }

    /// Sign (3.2). Both halves hash the randomness with their secrets; zeros replace missing randomness.
    fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        self.sign_representative(&self.composite.representative_of(message, context)?, randomness, signature)
    }

    /// Sign of a message that was hashed elsewhere.
    fn sign_prehashed(
        &self,
        message: &FormattedMessage,
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        self.sign_representative(&self.composite.representative_of_hashed(message)?, randomness, signature)
    }

    fn secret_bytes(&self) -> usize {
        self.encoded.len() + self.mldsa.secret_bytes()
    }

    fn resident_bytes(&self) -> usize {
        self.encoded.len() + size_of::<ClassicalPublic>() + self.mldsa.resident_bytes()
    }
}

impl CompositePrivate {
    /// Signs the representative with both halves. Each hashes the randomness together with its own secret; without
    /// randomness, zeros are hashed.
    fn sign_representative(
        &self,
        representative: &Representative,
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        let (Composite { mldsa, label, .. }, representative) = (self.composite, representative.as_slice());
        let (_, classical_key) = self.composite.split_private_key(&self.encoded)?;
        let (mldsa_out, classical_out) =
            signature.split_at_mut_checked(mldsa.signature_bytes()).ok_or(Error::Internal)?;
        let mldsa_len = self.mldsa.sign(representative, label, randomness, mldsa_out)?;
        let rnd = randomness.unwrap_or(&[0; MAX_SIGNING_RANDOMNESS_BYTES]);
        let classical_len = on_clean_stack::<STACK_BYTES, _>(|| {
            self.classical.sign(self.path, classical_key, representative, rnd, classical_out)
        })?;
        Ok(mldsa_len + classical_len)
    }
}

struct CompositePublic {
    composite: Composite,
    path: CodePath,
    mldsa: Box<dyn SignaturePublic>,
    classical: ClassicalPublic,
}

impl SignaturePublic for CompositePublic {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        self.composite.encode_public_key(&self.classical, out, |out| self.mldsa.encode(out))
    }

    /// Verify (3.3).
    fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.verify_representative(&self.composite.representative_of(message, context)?, signature)
    }

    /// Verify of a message that was hashed elsewhere.
    fn verify_prehashed(&self, message: &FormattedMessage, signature: &[u8]) -> Result<(), Error> {
        self.verify_representative(&self.composite.representative_of_hashed(message)?, signature)
    }

    fn resident_bytes(&self) -> usize {
        size_of::<ClassicalPublic>() + self.mldsa.resident_bytes()
    }
}

impl CompositePublic {
    /// Evaluates both halves, even if the first is not valid.
    fn verify_representative(&self, representative: &Representative, signature: &[u8]) -> Result<(), Error> {
        let (Composite { mldsa, label, .. }, representative) = (self.composite, representative.as_slice());
        let (mldsa_half, classical_half) =
            signature.split_at_checked(mldsa.signature_bytes()).ok_or(Error::InvalidSignature)?;
        let mldsa = self.mldsa.verify(representative, label, mldsa_half);
        let classical = self.classical.verify(self.path, representative, classical_half);
        mldsa.and(classical)
    }
}
