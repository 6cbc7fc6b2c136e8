//! ML-DSA by pqc-simd: a key is kept in its encoded form, and after its first use in the expanded one as well.

use super::items::{PublicKey as PublicKeyOf, Signing, Verification};
use super::lazy::Lazy;
use super::{MlDsaEngine, MlDsaPrivate, MlDsaPublic, array, copy, self_test, sized, sized_mut};
use crate::secret::{SecretVec, try_box};
use crate::{CodePath, Error, KeyOptions, Memory, MlDsaParameterSet, Precompute};
use arrayvec::ArrayVec;
use core::any::Any;
use core::marker::PhantomData;
use pqc_simd::Backend;
use pqc_simd::mldsa::{
    self, ExpandedSigningKey, ExpandedVerifyingKey, InvalidPrivateKey, Key, MlDsa44, MlDsa65, MlDsa87, MuHasher,
    ParameterSet,
};
use std::sync::OnceLock;

/// Where `tr` lies in an encoded private key `rho || K || tr || s1 || s2 || t0` (FIPS 204, algorithm 24).
pub(super) const TR: core::ops::Range<usize> = 64..128;

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
    /// The hash of the encoded key, computed when it is first needed.
    tr: OnceLock<[u8; 64]>,
    expanded: Lazy<ExpandedVerifyingKey<P>>,
}

impl<P: ParameterSet> Engine<P> {
    const fn new(backend: Backend) -> Self {
        Self { backend, set: PhantomData }
    }

    fn key_pair(
        &self,
        encoded: SecretVec,
        public_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn MlDsaPrivate>, Error> {
        let whole = sized(&encoded)?;
        let expanded = Lazy::new(options, |key: &mut ExpandedSigningKey<P>| key.expand(self.backend, whole))?;
        Ok(try_box(KeyPair::<P> { backend: self.backend, options, encoded, public_key, expanded })?)
    }

    fn public_key(
        &self,
        public_key: &[u8],
        tr: OnceLock<[u8; 64]>,
        options: KeyOptions,
    ) -> Result<Box<dyn MlDsaPublic>, Error> {
        let options = KeyOptions { memory: Memory::Heap, ..options };
        let whole = sized(public_key)?;
        let encoded = SecretVec::copied(options.memory, public_key)?;
        let expanded = Lazy::new(options, |key: &mut ExpandedVerifyingKey<P>| key.expand(self.backend, whole))?;
        Ok(try_box(PublicKey::<P> { backend: self.backend, encoded, tr, expanded })?)
    }
}

impl<P: ParameterSet> MlDsaEngine for Engine<P> {
    fn key_pair_from_seed(&self, seed: &[u8; 32], options: KeyOptions) -> Result<Box<dyn MlDsaPrivate>, Error> {
        let mut encoded = SecretVec::zeroed(options.memory, P::PRIVATE_KEY_BYTES)?;
        let mut public_key = SecretVec::zeroed(Memory::Heap, P::PUBLIC_KEY_BYTES)?;
        mldsa::keygen::<P>(self.backend, seed, sized_mut(&mut encoded)?, sized_mut(&mut public_key)?);
        self.key_pair(encoded, public_key, options)
    }

    fn key_pair_from_keys(
        &self,
        private_key: &[u8],
        public_key: &[u8],
        options: KeyOptions,
    ) -> Result<Box<dyn MlDsaPrivate>, Error> {
        let encoded = SecretVec::copied(options.memory, private_key)?;
        self.key_pair(encoded, SecretVec::copied(Memory::Heap, public_key)?, options)
    }

    fn public_key_from_bytes(&self, public_key: &[u8], options: KeyOptions) -> Result<Box<dyn MlDsaPublic>, Error> {
        let tr = match options.precompute {
            Precompute::Always => mldsa::public_key_hash(self.backend, public_key).into(),
            Precompute::OnSecondUse | Precompute::Never => OnceLock::new(),
        };
        self.public_key(public_key, tr, options)
    }

    fn sign_all(&self, items: &mut [Signing<'_>]) {
        items.chunks_mut(PART).for_each(|items| sign_together::<P>(self.backend, items));
    }

    fn verify_all(&self, items: &mut [Verification<'_>]) {
        items.chunks_mut(PART).for_each(|items| verify_together::<P>(self.backend, items));
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

impl<P: ParameterSet> MlDsaPrivate for [KeyPair<P>; 1] {
    fn public_key(&self) -> Result<Box<dyn MlDsaPublic>, Error> {
        let tr = OnceLock::from(*self[0].tr()?);
        Engine::<P>::new(self[0].backend).public_key(&self[0].public_key, tr, self[0].options)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self[0].public_key, out)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self[0].encoded, out)
    }

    fn sign(&self, message: &[u8], context: &[u8], rnd: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        self.sign_mu(&mu(self[0].hasher(context)?, message), rnd, signature)
    }

    fn sign_internal(&self, m_prime: &[u8], rnd: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        self.sign_mu(&mu(MuHasher::new_internal(self[0].backend, self[0].tr()?), m_prime), rnd, signature)
    }

    fn sign_mu(&self, mu: &[u8; 64], rnd: &[u8; 32], signature: &mut [u8]) -> Result<(), Error> {
        let [pair] = self;
        let signature = sized_mut(signature)?;
        signed(match pair.for_use()? {
            Some(key) => key.sign_mu(pair.backend, mu, rnd, signature),
            None => mldsa::sign_mu::<P>(pair.backend, pair.encoded()?, mu, rnd, signature),
        })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn secret_bytes(&self) -> usize {
        self[0].encoded.len() + self[0].expanded.bytes()
    }

    fn resident_bytes(&self) -> usize {
        self.secret_bytes() + self[0].public_key.len()
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

    /// Two threads may both compute it: neither waits for the other, which a fork could have stopped.
    fn tr(&self) -> &[u8; 64] {
        if let Some(tr) = self.tr.get() {
            return tr;
        }
        let tr = mldsa::public_key_hash(self.backend, &self.encoded);
        self.tr.get_or_init(|| tr)
    }

    /// Verifies a signature over what `mu` makes of `tr`. In the first use of a key, both are made of its encoding together.
    fn verify_with(
        &self,
        mu: impl FnOnce(&[u8; 64]) -> Result<[u8; 64], Error>,
        signature: &[u8],
    ) -> Result<(), Error> {
        let signature = sized(signature)?;
        match (self.for_use()?, self.tr.get()) {
            (None, None) => {
                let (tr, outcome) = mldsa::verify_first::<P, _>(self.backend, self.encoded()?, mu, signature);
                self.tr.get_or_init(|| tr);
                verdict(outcome?)
            }
            (None, Some(tr)) => verdict(mldsa::verify_mu::<P>(self.backend, self.encoded()?, &mu(tr)?, signature)),
            (Some(key), _) => verdict(key.verify_mu(self.backend, &mu(self.tr())?, signature)),
        }
    }
}

impl<P: ParameterSet> MlDsaPublic for [PublicKey<P>; 1] {
    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self[0].encoded, out)
    }

    fn verify(&self, message: &[u8], context: &[u8], signature: &[u8]) -> Result<(), Error> {
        let [public] = self;
        let hasher = |tr: &_| MuHasher::new(public.backend, tr, context).ok_or(Error::ContextLength);
        public.verify_with(|tr| Ok(mu(hasher(tr)?, message)), signature)
    }

    fn verify_internal(&self, m_prime: &[u8], signature: &[u8]) -> Result<(), Error> {
        let [public] = self;
        public.verify_with(|tr| Ok(mu(MuHasher::new_internal(public.backend, tr), m_prime)), signature)
    }

    fn verify_mu(&self, mu: &[u8; 64], signature: &[u8]) -> Result<(), Error> {
        let [public] = self;
        let signature = sized(signature)?;
        verdict(match public.for_use()? {
            Some(key) => key.verify_mu(public.backend, mu, signature),
            None => mldsa::verify_mu::<P>(public.backend, public.encoded()?, mu, signature),
        })
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn resident_bytes(&self) -> usize {
        self[0].encoded.len() + size_of::<[u8; 64]>() + self[0].expanded.bytes()
    }
}

/// That of a signature: after 814 attempts it is given up, which does not happen to a key that is whole.
fn signed(in_time: bool) -> Result<(), Error> {
    if in_time { Ok(()) } else { Err(Error::Internal) }
}

fn verdict(is_valid: bool) -> Result<(), Error> {
    if is_valid { Ok(()) } else { Err(Error::InvalidSignature) }
}

/// How many items of a batch are worked on at once.
const PART: usize = 16;

/// Signs at most [`PART`] messages: together where the keys are expanded, as one is that several items share.
fn sign_together<P: ParameterSet>(backend: Backend, items: &mut [Signing<'_>]) {
    // Each item is a use of its key. Where that fails, the item fails below.
    for pair in items.iter().filter_map(|item| own_pair::<P>(item.key)) {
        let _ = pair.for_use();
    }
    let (mut together, mut outcomes) = (ArrayVec::<_, PART>::new(), ArrayVec::<_, PART>::new());
    for Signing { key, message, context, rnd, signature, outcome, .. } in items {
        let parts = own_pair::<P>(*key).ok_or(Error::Internal);
        let parts = parts.and_then(|pair| Ok((pair, mu(pair.hasher(context)?, message), sized_mut(signature)?)));
        match parts.map(|(pair, mu, signature)| (pair, pair.expanded.kept(), mu, signature)) {
            Err(error) => *outcome = Err(error),
            Ok((pair, None, mu, signature)) => {
                let encoded = pair.encoded();
                *outcome = encoded.and_then(|key| signed(mldsa::sign_mu::<P>(backend, key, &mu, rnd, signature)));
            }
            Ok((_, Some(key), mu, signature)) => {
                together.push(mldsa::Signing { key, mu, rnd, signature, is_signed: false });
                outcomes.push(outcome);
            }
        }
    }
    mldsa::sign_batch(backend, &mut together);
    for (outcome, item) in outcomes.into_iter().zip(&together) {
        *outcome = signed(item.is_signed);
    }
}

/// Verifies at most [`PART`] signatures together.
fn verify_together<P: ParameterSet>(backend: Backend, items: &mut [Verification<'_>]) {
    // Each item is a use of its key, and one that several items share is expanded. Where that fails, the item fails below.
    let own = items.iter().filter_map(|item| match item.key {
        PublicKeyOf::Ready(key) => own_public::<P>(key),
        PublicKeyOf::Encoded(_) => None,
    });
    own.for_each(|key| {
        let _ = key.for_use();
    });
    let (mut together, mut outcomes) = (ArrayVec::<_, PART>::new(), ArrayVec::<_, PART>::new());
    for item in items {
        match ready::<P>(backend, item) {
            Err(error) => item.outcome = Err(error),
            Ok(ready) => {
                together.push(ready);
                outcomes.push(&mut item.outcome);
            }
        }
    }
    mldsa::verify_batch(backend, &mut together);
    for (outcome, item) in outcomes.into_iter().zip(&together) {
        *outcome = verdict(item.is_valid);
    }
}

/// A signature with its key in the form that it has now, and what was signed.
fn ready<'a, P: ParameterSet>(backend: Backend, item: &Verification<'a>) -> Result<mldsa::Verification<'a, P>, Error> {
    let (key, tr) = match item.key {
        PublicKeyOf::Ready(key) => {
            let key = own_public::<P>(key).ok_or(Error::Internal)?;
            (key.expanded.kept().map_or(Key::Encoded(key.encoded()?), Key::Expanded), *key.tr())
        }
        PublicKeyOf::Encoded(encoded) => (Key::Encoded(sized(encoded)?), mldsa::public_key_hash(backend, encoded)),
    };
    let hasher = MuHasher::new(backend, &tr, item.context).ok_or(Error::ContextLength)?;
    let mu = mu(hasher, item.message);
    Ok(mldsa::Verification { key, mu, signature: sized(item.signature)?, is_valid: false })
}

/// A private key as this engine has made it.
fn own_pair<P: ParameterSet>(key: &dyn MlDsaPrivate) -> Option<&KeyPair<P>> {
    key.as_any()?.downcast_ref::<[KeyPair<P>; 1]>().map(|[pair]| pair)
}

/// A public key as this engine has made it.
fn own_public<P: ParameterSet>(key: &dyn MlDsaPublic) -> Option<&PublicKey<P>> {
    key.as_any()?.downcast_ref::<[PublicKey<P>; 1]>().map(|[key]| key)
}

/// The `mu` of a message that is in memory.
fn mu(mut hasher: MuHasher, message: &[u8]) -> [u8; 64] {
    hasher.update(message);
    hasher.finalize()
}

/// The hash by which `mu` is computed, for keys of any engine: libcrux has none that a message can be passed to in pieces.
pub(crate) struct MuHash(MuHasher);

impl MuHash {
    /// Begins the `mu` of a message for a public key, given by its hash `tr`.
    pub(crate) fn new(set: MlDsaParameterSet, path: CodePath, tr: &[u8; 64], context: &[u8]) -> Result<Self, Error> {
        engine(set, path)?;
        MuHasher::new(path.into(), tr, context).map(Self).ok_or(Error::ContextLength)
    }

    /// Hashes the next bytes of the message.
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The `mu` of the message so far.
    pub(crate) fn finalize(&self) -> [u8; 64] {
        self.0.clone().finalize()
    }
}

/// The engine of a parameter set on a path that this processor has, once it has passed its self test there.
pub(super) fn engine(set: MlDsaParameterSet, path: CodePath) -> Result<&'static dyn MlDsaEngine, Error> {
    match set {
        MlDsaParameterSet::MlDsa44 => engine_of::<MlDsa44>(set, path),
        MlDsaParameterSet::MlDsa65 => engine_of::<MlDsa65>(set, path),
        MlDsaParameterSet::MlDsa87 => engine_of::<MlDsa87>(set, path),
    }
}

fn engine_of<P: ParameterSet>(set: MlDsaParameterSet, path: CodePath) -> Result<&'static dyn MlDsaEngine, Error> {
    let engine: &'static dyn MlDsaEngine = match path {
        CodePath::Portable => const { &Engine::<P>::new(Backend::Portable) },
        CodePath::Avx2 => const { &Engine::<P>::new(Backend::Avx2) },
        CodePath::Avx512 => const { &Engine::<P>::new(Backend::Avx512) },
    };
    self_test::mldsa(engine, set, path).map(|()| engine)
}

/// Writes the public key of an encoded private key, after checking all of that which follows from the rest.
pub(super) fn derive(
    set: MlDsaParameterSet,
    path: CodePath,
    private_key: &[u8],
    out: &mut [u8],
) -> Result<Result<(), InvalidPrivateKey>, Error> {
    let derive = match set {
        MlDsaParameterSet::MlDsa44 => derive_of::<MlDsa44>,
        MlDsaParameterSet::MlDsa65 => derive_of::<MlDsa65>,
        MlDsaParameterSet::MlDsa87 => derive_of::<MlDsa87>,
    };
    derive(path.into(), private_key, out)
}

fn derive_of<P: ParameterSet>(
    backend: Backend,
    private_key: &[u8],
    out: &mut [u8],
) -> Result<Result<(), InvalidPrivateKey>, Error> {
    Ok(mldsa::public_key_from_private::<P>(backend, sized(private_key)?, sized_mut(out)?))
}
