//! ML-KEM by pqc-simd: a key is kept in its encoded form, and after its first use in the expanded one as well.

use super::items::{Decapsulation, Encapsulation, PublicKey as PublicKeyOf};
use super::lazy::Lazy;
use super::{MlKemEngine, MlKemPrivate, MlKemPublic, copy, self_test, sized, sized_mut};
use crate::secret::{SecretVec, try_box};
use crate::{CodePath, Error, KeyOptions, Memory, MlKemParameterSet};
use arrayvec::ArrayVec;
use core::any::Any;
use core::marker::PhantomData;
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, Key, MlKem512, MlKem768, MlKem1024, ParameterSet};
use pqc_simd::{Backend, Bytes};

/// Where the encapsulation key lies in `dk_PKE || ek || H(ek) || z` (FIPS 203, algorithm 16).
fn public_key_of<P: ParameterSet>(private_key: &[u8]) -> &[u8] {
    &private_key[P::PUBLIC_KEY_BYTES - 32..][..P::PUBLIC_KEY_BYTES]
}

struct Engine<P> {
    backend: Backend,
    set: PhantomData<fn() -> P>,
}

struct KeyPair<P: ParameterSet> {
    backend: Backend,
    options: KeyOptions,
    encoded: SecretVec,
    expanded: Lazy<ExpandedPrivateKey<P>>,
}

struct PublicKey<P: ParameterSet> {
    backend: Backend,
    encoded: SecretVec,
    expanded: Lazy<ExpandedPublicKey<P>>,
}

impl<P: ParameterSet> Engine<P> {
    const fn new(backend: Backend) -> Self {
        Self { backend, set: PhantomData }
    }

    fn key_pair(&self, encoded: SecretVec, options: KeyOptions) -> Result<Box<dyn MlKemPrivate>, Error> {
        let whole = sized(&encoded)?;
        let expanded = Lazy::new(options, |key: &mut ExpandedPrivateKey<P>| key.expand(self.backend, whole))?;
        Ok(try_box(KeyPair::<P> { backend: self.backend, options, encoded, expanded })?)
    }
}

impl<P: ParameterSet> MlKemEngine for Engine<P> {
    fn key_pair_from_seed(&self, seed: &[u8; 64], options: KeyOptions) -> Result<Box<dyn MlKemPrivate>, Error> {
        let mut encoded = SecretVec::zeroed(options.memory, P::PRIVATE_KEY_BYTES)?;
        mlkem::keygen::<P>(self.backend, seed, sized_mut(&mut encoded)?);
        self.key_pair(encoded, options)
    }

    fn key_pair_from_private_key(
        &self,
        private_key: &[u8],
        options: KeyOptions,
    ) -> Result<Box<dyn MlKemPrivate>, Error> {
        self.key_pair(SecretVec::copied(options.memory, private_key)?, options)
    }

    fn public_key_from_bytes(&self, public_key: &[u8], options: KeyOptions) -> Result<Box<dyn MlKemPublic>, Error> {
        let options = KeyOptions { memory: Memory::Heap, ..options };
        let whole = sized(public_key)?;
        let encoded = SecretVec::copied(options.memory, public_key)?;
        let expanded = Lazy::new(options, |key: &mut ExpandedPublicKey<P>| key.expand(self.backend, whole))?;
        Ok(try_box(PublicKey::<P> { backend: self.backend, encoded, expanded })?)
    }

    fn hash(&self, public_key: &[u8]) -> [u8; 32] {
        mlkem::public_key_hash(self.backend, public_key)
    }

    fn encapsulate_all(&self, items: &mut [Encapsulation<'_>]) {
        for items in items.chunks_mut(LANES) {
            if !encapsulate_together::<P>(self.backend, items) {
                items.iter_mut().for_each(|item| self.encapsulate_one(item));
            }
        }
    }

    fn decapsulate_all(&self, items: &mut [Decapsulation<'_>]) {
        for items in items.chunks_mut(LANES) {
            if !decapsulate_together::<P>(self.backend, items) {
                for item in items {
                    item.outcome = item.key.decapsulate(item.ciphertext, item.shared_secret);
                }
            }
        }
    }
}

impl<P: ParameterSet> MlKemPrivate for [KeyPair<P>; 1] {
    fn public_key(&self) -> Result<Box<dyn MlKemPublic>, Error> {
        let [pair] = self;
        Engine::<P>::new(pair.backend).public_key_from_bytes(public_key_of::<P>(&pair.encoded), pair.options)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(public_key_of::<P>(&self[0].encoded), out)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self[0].encoded, out)
    }

    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        let [KeyPair { backend, encoded, expanded, .. }] = self;
        let (encoded, ciphertext) = (sized(encoded)?, sized(ciphertext)?);
        match expanded.for_use(|key| key.expand(*backend, encoded)) {
            Some(key) => key.decapsulate(*backend, ciphertext, shared_secret),
            None => mlkem::decapsulate::<P>(*backend, encoded, ciphertext, shared_secret),
        }
        Ok(())
    }

    fn expanded(&self) -> Option<&dyn Any> {
        self[0].expanded.kept().map(|key| key as &dyn Any)
    }

    fn secret_bytes(&self) -> usize {
        self.resident_bytes()
    }

    fn resident_bytes(&self) -> usize {
        self[0].encoded.len() + self[0].expanded.bytes()
    }
}

impl<P: ParameterSet> MlKemPublic for [PublicKey<P>; 1] {
    fn expanded(&self) -> Option<&dyn Any> {
        self[0].expanded.kept().map(|key| key as &dyn Any)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self[0].encoded, out)
    }

    fn encapsulate(&self, m: &[u8; 32], ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        let [PublicKey { backend, encoded, expanded }] = self;
        let (encoded, ciphertext) = (sized(encoded)?, sized_mut(ciphertext)?);
        match expanded.for_use(|key| key.expand(*backend, encoded)) {
            Some(key) => key.encapsulate(*backend, m, ciphertext, shared_secret),
            None => mlkem::encapsulate::<P>(*backend, encoded, m, ciphertext, shared_secret),
        }
        Ok(())
    }

    fn resident_bytes(&self) -> usize {
        self[0].encoded.len() + self[0].expanded.bytes()
    }
}

/// How many operations share the lanes of vectors.
const LANES: usize = 8;

/// Encapsulates at most [`LANES`] times at once, if no key is still to be expanded.
fn encapsulate_together<P: ParameterSet>(backend: Backend, items: &mut [Encapsulation<'_>]) -> bool {
    let together = items.iter_mut().map(|item| {
        let key = match item.key {
            PublicKeyOf::Ready(key) => Key::Expanded(key.expanded()?.downcast_ref()?),
            PublicKeyOf::Encoded(bytes) => Key::Encoded(P::PublicKey::from_slice(bytes)?),
        };
        let (m, ciphertext) = (&*item.m, P::Ciphertext::from_mut_slice(item.ciphertext)?);
        Some(mlkem::Encapsulation { key, m, ciphertext, shared_secret: &mut *item.shared_secret })
    });
    let Some(mut together) = together.collect::<Option<ArrayVec<_, LANES>>>() else { return false };
    mlkem::encapsulate_batch::<P>(backend, &mut together);
    drop(together);
    items.iter_mut().for_each(|item| item.outcome = Ok(()));
    true
}

/// Decapsulates at most [`LANES`] times at once, if the keys are all expanded.
fn decapsulate_together<P: ParameterSet>(backend: Backend, items: &mut [Decapsulation<'_>]) -> bool {
    let together = items.iter_mut().map(|item| {
        let key = Key::Expanded(item.key.expanded()?.downcast_ref()?);
        let ciphertext = P::Ciphertext::from_slice(item.ciphertext)?;
        Some(mlkem::Decapsulation { key, ciphertext, shared_secret: &mut *item.shared_secret })
    });
    let Some(mut together) = together.collect::<Option<ArrayVec<_, LANES>>>() else { return false };
    mlkem::decapsulate_batch::<P>(backend, &mut together);
    drop(together);
    items.iter_mut().for_each(|item| item.outcome = Ok(()));
    true
}

/// The engine of a parameter set on a path that this processor has, once it has passed its self test there.
pub(super) fn engine(set: MlKemParameterSet, path: CodePath) -> Result<&'static dyn MlKemEngine, Error> {
    match set {
        MlKemParameterSet::MlKem512 => engine_of::<MlKem512>(set, path),
        MlKemParameterSet::MlKem768 => engine_of::<MlKem768>(set, path),
        MlKemParameterSet::MlKem1024 => engine_of::<MlKem1024>(set, path),
    }
}

fn engine_of<P: ParameterSet>(set: MlKemParameterSet, path: CodePath) -> Result<&'static dyn MlKemEngine, Error> {
    let engine: &'static dyn MlKemEngine = match path {
        CodePath::Portable => const { &Engine::<P>::new(Backend::Portable) },
        CodePath::Avx2 => const { &Engine::<P>::new(Backend::Avx2) },
        CodePath::Avx512 => const { &Engine::<P>::new(Backend::Avx512) },
    };
    self_test::mlkem(engine, set, path).map(|()| engine)
}

impl From<CodePath> for Backend {
    fn from(path: CodePath) -> Self {
        match path {
            CodePath::Portable => Self::Portable,
            CodePath::Avx2 => Self::Avx2,
            CodePath::Avx512 => Self::Avx512,
        }
    }
}
