//! ML-DSA by pqc-simd: a key is kept in its encoded form, and in the expanded one as well from its second use on, or if it is a private
//! key that was loaded, from the beginning.

use crate::engine::items::{
    CHUNK, PublicKey as PublicKeyOf, SIGNATURE_CHUNK, Signing, SigningRandomness, Verification,
};
use crate::engine::known_hash::KnownHash;
use crate::engine::lazy::Lazy;
use crate::engine::{SignatureEngine, SignaturePrivate, SignaturePrivates, SignaturePublic};
use crate::engine::{array, copy, sized, sized_mut, verdict};
use crate::secret::SecretVec;
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory, Precompute};
use arrayvec::ArrayVec;
use core::any::Any;
use core::hint::black_box;
use core::marker::PhantomData;
use core::slice::ChunksExact;
use pqc_memory::try_box;
use pqc_simd::Backend;
use pqc_simd::mldsa::{
    self, ExpandedSigningKey, ExpandedVerifyingKey, Generation, InvalidPrivateKey, Key, MlDsa44, MlDsa65, MlDsa87,
    MuHasher, ParameterSet,
};

/// The bytes that a processor loads from memory at once.
const CACHE_LINE: usize = 64;

/// The place of `tr` in an encoded private key `rho || K || tr || s1 || s2 || t0` (FIPS 204, algorithm 24).
const TR: core::ops::Range<usize> = 64..128;

#[derive(Clone, Copy)]
struct Engine<P> {
    backend: Backend,
    set: PhantomData<fn() -> P>,
}

struct KeyPair<P: ParameterSet> {
    backend: Backend,
    options: KeyOptions,
    encoded: SecretVec,
    public_key: SecretVec,
    expanded: Lazy<ExpandedSigningKey<P>>,
}

struct PublicKey<P: ParameterSet> {
    backend: Backend,
    encoded: SecretVec,
    tr: KnownHash,
    expanded: Lazy<ExpandedVerifyingKey<P>>,
}

impl<P: ParameterSet> Engine<P> {
    const fn new(backend: Backend) -> Self {
        Self { backend, set: PhantomData }
    }

    /// The engine on each path, in the order of [`CodePath::ALL`].
    const ALL: &[Self; CodePath::ALL.len()] = &{
        let mut all = [Self::new(CodePath::Portable); CodePath::ALL.len()];
        let mut path = 0;
        while path < all.len() {
            all[path] = Self::new(CodePath::ALL[path]);
            path += 1;
        }
        all
    };

    fn public_key(
        &self,
        encoded: SecretVec,
        tr: KnownHash,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePublic>, Error> {
        let options = KeyOptions { memory: Memory::Heap, ..options };
        let whole = sized(&encoded)?;
        let expanded = Lazy::new(options, |key: &mut ExpandedVerifyingKey<P>| key.expand(self.backend, whole))?;
        Ok(try_box(PublicKey::<P> { backend: self.backend, encoded, tr, expanded })?)
    }
}

impl<P: ParameterSet> SignatureEngine for Engine<P> {
    fn private_key_from_seed(
        &self,
        seed: &[u8],
        is_loaded: bool,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error> {
        let mut encoded = SecretVec::zeroed(options.memory, P::PRIVATE_KEY_BYTES)?;
        let mut public_key = SecretVec::zeroed(Memory::Heap, P::PUBLIC_KEY_BYTES)?;
        let (backend, seed) = (self.backend, array(seed)?);
        let (private_key, out) = (sized_mut(&mut encoded)?, sized_mut(&mut public_key)?);
        let expanded = Lazy::with_key(options, is_loaded, |key: Option<&mut ExpandedSigningKey<P>>| {
            match key {
                Some(key) => key.generate(backend, seed, private_key, out),
                None => mldsa::keygen::<P>(backend, seed, private_key, out),
            }
            Ok(())
        })?;
        Ok(try_box(KeyPair::<P> { backend, options, encoded, public_key, expanded })?)
    }

    fn private_keys_from_seeds(&self, seeds: ChunksExact<'_, u8>, options: KeyOptions) -> SignaturePrivates {
        if options.precompute == Precompute::Always {
            // The expansion of a key needs its matrix, which a batch does not keep.
            return seeds.map(|seed| self.private_key_from_seed(seed, false, options)).collect();
        }
        let item = |seed| {
            let private_key = SecretVec::zeroed(options.memory, P::PRIVATE_KEY_BYTES)?;
            Ok((array(seed)?, private_key, SecretVec::zeroed(Memory::Heap, P::PUBLIC_KEY_BYTES)?))
        };
        let mut items: ArrayVec<Result<_, Error>, CHUNK> = seeds.map(item).collect();
        let places = items.iter_mut().flatten().filter_map(|(seed, private_key, public_key)| {
            let (private_key, public_key) = (sized_mut(private_key).ok()?, sized_mut(public_key).ok()?);
            Some(Generation { seed, private_key, public_key })
        });
        mldsa::keygen_batch::<P>(self.backend, &mut places.collect::<ArrayVec<_, CHUNK>>());
        let keys = items.into_iter().map(|item| {
            let (_, encoded, public_key) = item?;
            let (backend, expanded) = (self.backend, Lazy::absent(options));
            Ok(try_box(KeyPair::<P> { backend, options, encoded, public_key, expanded })? as Box<dyn SignaturePrivate>)
        });
        keys.collect()
    }

    fn private_key_from_bytes(
        &self,
        encoded: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePrivate>, Error> {
        let mut public_key = SecretVec::zeroed(Memory::Heap, P::PUBLIC_KEY_BYTES)?;
        let (backend, whole, out) = (self.backend, sized(&encoded)?, sized_mut(&mut public_key)?);
        let expanded = Lazy::with_key(options, true, |key: Option<&mut ExpandedSigningKey<P>>| {
            let outcome = match key {
                Some(key) => key.import(backend, whole, out),
                None => mldsa::public_key_from_private::<P>(backend, whole, out),
            };
            checked(outcome, backend, &encoded, out.as_ref())
        })?;
        Ok(try_box(KeyPair::<P> { backend, options, encoded, public_key, expanded })?)
    }

    fn public_key_from_bytes(
        &self,
        public_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn SignaturePublic>, Error> {
        let tr = match options.precompute {
            Precompute::Always => KnownHash::from(&mldsa::public_key_hash(self.backend, &public_key)),
            Precompute::OnSecondUse | Precompute::Never => KnownHash::default(),
        };
        self.public_key(public_key, tr, options)
    }

    fn sign_all(&self, items: &mut [Signing<'_>]) {
        items.chunks_mut(SIGNATURE_CHUNK).for_each(|items| sign_together::<P>(self.backend, items));
    }

    fn verify_all(&self, items: &mut [Verification<'_>]) {
        items.chunks_mut(SIGNATURE_CHUNK).for_each(|items| verify_together::<P>(self.backend, items));
    }
}

impl<P: ParameterSet> KeyPair<P> {
    fn encoded(&self) -> Result<&P::PrivateKey, Error> {
        sized(&self.encoded)
    }

    fn for_use(&self) -> Result<Option<&ExpandedSigningKey<P>>, Error> {
        let encoded = self.encoded()?;
        Ok(self.expanded.for_use(|key| key.expand(self.backend, encoded)))
    }

    fn tr(&self) -> Result<&[u8; 64], Error> {
        array(&self.encoded[TR])
    }

    fn hasher(&self, context: &[u8]) -> Result<MuHasher, Error> {
        MuHasher::new(self.backend, self.tr()?, context).ok_or(Error::ContextLength)
    }
}

impl<P: ParameterSet> SignaturePrivate for KeyPair<P> {
    fn public_key(&self) -> Result<Box<dyn SignaturePublic>, Error> {
        let public_key = SecretVec::copied(Memory::Heap, &self.public_key)?;
        Engine::<P>::new(self.backend).public_key(public_key, self.tr()?.into(), self.options)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self.public_key, out)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self.encoded, out)
    }

    fn sign(
        &self,
        message: &[u8],
        context: &[u8],
        randomness: Option<&[u8]>,
        signature: &mut [u8],
    ) -> Result<usize, Error> {
        self.sign_mu(&mu(self.hasher(context)?, message), randomness, signature)
    }

    fn sign_internal(&self, m_prime: &[u8], randomness: Option<&[u8]>, signature: &mut [u8]) -> Result<usize, Error> {
        self.sign_mu(&mu(MuHasher::new_internal(self.backend, self.tr()?), m_prime), randomness, signature)
    }

    fn sign_mu(&self, mu: &[u8; 64], randomness: Option<&[u8]>, signature: &mut [u8]) -> Result<usize, Error> {
        let (rnd, signature) = (rnd(randomness)?, sized_mut(signature)?);
        signed::<P>(match self.for_use()? {
            Some(key) => key.sign_mu(self.backend, mu, rnd, signature),
            None => mldsa::sign_mu::<P>(self.backend, self.encoded()?, mu, rnd, signature),
        })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn secret_bytes(&self) -> usize {
        self.encoded.len() + self.expanded.bytes()
    }

    fn resident_bytes(&self) -> usize {
        self.secret_bytes() + self.public_key.len()
    }
}

impl<P: ParameterSet> PublicKey<P> {
    fn encoded(&self) -> Result<&P::PublicKey, Error> {
        sized(&self.encoded)
    }

    fn for_use(&self) -> Result<Option<&ExpandedVerifyingKey<P>>, Error> {
        let encoded = self.encoded()?;
        Ok(self.expanded.for_use(|key| key.expand(self.backend, encoded)))
    }

    fn tr(&self) -> [u8; 64] {
        self.tr.get().unwrap_or_else(|| {
            let tr = mldsa::public_key_hash(self.backend, &self.encoded);
            self.tr.set(&tr);
            tr
        })
    }

    /// Verifies a signature over the result of `mu` for `tr`. The first use of a key computes both from its encoding
    /// together.
    fn verify_with(
        &self,
        mu: impl FnOnce(&[u8; 64]) -> Result<[u8; 64], Error>,
        signature: &[u8],
    ) -> Result<(), Error> {
        let signature = sized(signature)?;
        match (self.for_use()?, self.tr.get()) {
            (None, None) => {
                let (tr, outcome) = mldsa::verify_first::<P, _>(self.backend, self.encoded()?, mu, signature);
                self.tr.set(&tr);
                verdict(outcome?)
            }
            (None, Some(tr)) => verdict(mldsa::verify_mu::<P>(self.backend, self.encoded()?, &mu(&tr)?, signature)),
            (Some(key), _) => verdict(key.verify_mu(self.backend, &mu(&self.tr())?, signature)),
        }
    }
}

impl<P: ParameterSet> SignaturePublic for PublicKey<P> {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self.encoded, out)
    }

    fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        let hasher = |tr: &_| MuHasher::new(self.backend, tr, context).ok_or(Error::ContextLength);
        self.verify_with(|tr| Ok(mu(hasher(tr)?, message)), signature)
    }

    fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.verify_with(|tr| Ok(mu(MuHasher::new_internal(self.backend, tr), m_prime)), signature)
    }

    fn verify_mu(&self, mu: &[u8; 64], signature: &[u8]) -> Result<(), Error> {
        let signature = sized(signature)?;
        verdict(match self.for_use()? {
            Some(key) => key.verify_mu(self.backend, mu, signature),
            None => mldsa::verify_mu::<P>(self.backend, self.encoded()?, mu, signature),
        })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn resident_bytes(&self) -> usize {
        self.encoded.len() + size_of::<[u8; 64]>() + self.expanded.bytes()
    }
}

/// The randomness of a signature, zeros for a deterministic one (FIPS 204, 5.2).
fn rnd(randomness: Option<&[u8]>) -> Result<&[u8; 32], Error> {
    randomness.map_or(Ok(&[0; 32]), array)
}

/// The length of a signature. Signing stops after 814 attempts, which does not happen with a valid key.
fn signed<P: ParameterSet>(is_signed: bool) -> Result<usize, Error> {
    if is_signed { Ok(P::SIGNATURE_BYTES) } else { Err(Error::Internal) }
}

/// Signs at most [`SIGNATURE_CHUNK`] messages. Items with expanded keys are signed together; a key that several items
/// share is expanded.
fn sign_together<P: ParameterSet>(backend: Backend, items: &mut [Signing<'_>]) {
    // Each item is a use of its key. If that fails, the item fails below.
    for pair in items.iter().filter_map(|item| own_pair::<P>(item.key)) {
        let _ = pair.for_use();
    }
    let (mut together, mut outcomes) = (ArrayVec::<_, SIGNATURE_CHUNK>::new(), ArrayVec::<_, SIGNATURE_CHUNK>::new());
    for Signing { key, message, context, randomness, signature, outcome, .. } in items {
        let inputs = own_pair::<P>(*key).ok_or(Error::Internal).and_then(|pair| {
            let rnd = rnd(randomness.as_ref().map(SigningRandomness::as_slice))?;
            Ok((pair, mu(pair.hasher(context)?, message), rnd, sized_mut(signature)?))
        });
        match inputs.map(|(pair, mu, rnd, signature)| (pair, pair.expanded.get(), mu, rnd, signature)) {
            Err(error) => *outcome = Err(error),
            Ok((pair, None, mu, rnd, signature)) => {
                let encoded = pair.encoded();
                *outcome = encoded.and_then(|key| signed::<P>(mldsa::sign_mu::<P>(backend, key, &mu, rnd, signature)));
            }
            Ok((_, Some(key), mu, rnd, signature)) => {
                together.push(mldsa::Signing { key, mu, rnd, signature, is_signed: false });
                outcomes.push(outcome);
            }
        }
    }
    mldsa::sign_batch(backend, &mut together);
    for (outcome, item) in outcomes.into_iter().zip(&together) {
        *outcome = signed::<P>(item.is_signed);
    }
}

/// Verifies at most [`SIGNATURE_CHUNK`] signatures together.
fn verify_together<P: ParameterSet>(backend: Backend, items: &mut [Verification<'_>]) {
    // Loads that depend on nothing wait for the memory together.
    for item in &*items {
        black_box(item.signature.iter().step_by(CACHE_LINE).fold(0, |all, byte| all | byte));
    }
    // Each item is a use of its key, and a shared key is expanded. If that fails, the item fails below.
    let own = items.iter().filter_map(|item| match item.key {
        PublicKeyOf::Loaded(key) => own_public::<P>(key),
        PublicKeyOf::Encoded(_) => None,
    });
    own.for_each(|key| {
        let _ = key.for_use();
    });
    let (mut together, mut outcomes) = (ArrayVec::<_, SIGNATURE_CHUNK>::new(), ArrayVec::<_, SIGNATURE_CHUNK>::new());
    for item in items {
        match with_mu::<P>(backend, item) {
            Err(error) => item.outcome = Err(error),
            Ok(verification) => {
                together.push(verification);
                outcomes.push(&mut item.outcome);
            }
        }
    }
    mldsa::verify_batch(backend, &mut together);
    for (outcome, item) in outcomes.into_iter().zip(&together) {
        *outcome = verdict(item.is_valid);
    }
}

/// A signature with its key in the current form, and the signed message.
fn with_mu<'a, P: ParameterSet>(
    backend: Backend,
    item: &Verification<'a>,
) -> Result<mldsa::Verification<'a, P>, Error> {
    let (key, tr) = match item.key {
        PublicKeyOf::Loaded(key) => {
            let key = own_public::<P>(key).ok_or(Error::Internal)?;
            (key.expanded.get().map_or(Key::Encoded(key.encoded()?), Key::Expanded), key.tr())
        }
        PublicKeyOf::Encoded(encoded) => (Key::Encoded(sized(encoded)?), mldsa::public_key_hash(backend, encoded)),
    };
    let hasher = MuHasher::new(backend, &tr, item.context).ok_or(Error::ContextLength)?;
    let mu = mu(hasher, item.message);
    Ok(mldsa::Verification { key, mu, signature: sized(item.signature)?, is_valid: false })
}

/// A private key as this engine has made it.
fn own_pair<P: ParameterSet>(key: &dyn SignaturePrivate) -> Option<&KeyPair<P>> {
    key.as_any()?.downcast_ref()
}

/// A public key as this engine has made it.
fn own_public<P: ParameterSet>(key: &dyn SignaturePublic) -> Option<&PublicKey<P>> {
    key.as_any()?.downcast_ref()
}

/// The `mu` of a message that is in memory.
fn mu(mut hasher: MuHasher, message: &[u8]) -> [u8; 64] {
    hasher.update(message);
    hasher.finalize()
}

/// The hash that computes `mu` of a message that is passed to it incrementally.
pub(crate) struct MuHash(MuHasher);

impl MuHash {
    /// Begins the `mu` of a message for an encoded public key.
    pub(crate) fn new(algorithm: Algorithm, path: CodePath, public_key: &[u8], context: &[u8]) -> Result<Self, Error> {
        engine(algorithm, path).ok_or(Error::Internal)?;
        super::tested_signature(algorithm, path)?;
        let tr = mldsa::public_key_hash(path, public_key);
        MuHasher::new(path, &tr, context).map(Self).ok_or(Error::ContextLength)
    }

    /// The hash of another message that begins with the same bytes.
    pub(crate) fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self(self.0.clone()))
    }

    /// Hashes the next bytes of the message.
    pub(crate) fn update(&mut self, data: &[u8]) -> Result<(), Error> {
        self.0.update(data);
        Ok(())
    }

    /// Writes the `mu` of the message so far.
    pub(crate) fn finalize(&self, mu: &mut [u8; 64]) -> Result<(), Error> {
        *mu = self.0.clone().finalize();
        Ok(())
    }
}

/// Asserts that the table of algorithms has the sizes of pqc-simd's parameter sets, and finds the engine of one.
macro_rules! parameter_sets {
    ($($set:ident),+) => {
        $(const _: () = {
            assert!(Algorithm::$set.public_key_bytes() == <$set as ParameterSet>::PUBLIC_KEY_BYTES);
            assert!(Algorithm::$set.private_key_bytes() == <$set as ParameterSet>::PRIVATE_KEY_BYTES);
            assert!(Algorithm::$set.signature_bytes() == <$set as ParameterSet>::SIGNATURE_BYTES);
        };)+

        /// The engine of a parameter set on a path.
        pub(super) fn engine(algorithm: Algorithm, path: CodePath) -> Option<&'static dyn SignatureEngine> {
            match algorithm {
                $(Algorithm::$set => Some(&Engine::<$set>::ALL[path as usize]),)+
                _ => None,
            }
        }
    };
}

parameter_sets!(MlDsa44, MlDsa65, MlDsa87);

/// The result of the check of a private key. `derived` is the public key.
fn checked(
    outcome: Result<(), InvalidPrivateKey>,
    backend: Backend,
    private_key: &[u8],
    derived: &[u8],
) -> Result<(), Error> {
    outcome.map_err(|invalid| match invalid {
        InvalidPrivateKey::Range => Error::PrivateKeyRange,
        // `tr` is at the same place in the keys of every set (FIPS 204, algorithm 24).
        InvalidPrivateKey::Mismatch if private_key[TR] == mldsa::public_key_hash(backend, derived) => {
            Error::KeyPairMismatch
        }
        InvalidPrivateKey::Mismatch => Error::PrivateKeyHash,
    })
}
