//! ML-KEM by pqc-simd: a key is kept in its encoded form, and from its second use on in the expanded one as well.

use crate::engine::items::{CHUNK, CopiedDecapsulation, Encapsulation, PublicKey as PublicKeyOf};
use crate::engine::known_hash::KnownHash;
use crate::engine::lazy::Lazy;
use crate::engine::{KemEngine, KemPrivate, KemPrivates, KemPublic, array, copy, sized, sized_mut};
use crate::secret::{SecretVec, Wiped};
use crate::{Algorithm, CodePath, Error, KeyOptions, Memory};
use arrayvec::ArrayVec;
use core::any::Any;
use core::marker::PhantomData;
use core::ops::Range;
use core::slice::ChunksExact;
use pqc_memory::try_box;
use pqc_simd::mlkem::{self, ExpandedPrivateKey, ExpandedPublicKey, Generation, Key, ParameterSet};
use pqc_simd::{Backend, Bytes};

/// The place of the encapsulation key in `dk_PKE || ek || H(ek) || z` (FIPS 203, algorithm 16).
fn public_key_of<P: ParameterSet>(private_key: &[u8]) -> &[u8] {
    &private_key[P::PUBLIC_KEY_BYTES - 32..][..P::PUBLIC_KEY_BYTES]
}

/// The place of H(ek), before z.
const fn hash_of<P: ParameterSet>() -> Range<usize> {
    P::PRIVATE_KEY_BYTES - 64..P::PRIVATE_KEY_BYTES - 32
}

#[derive(Clone, Copy)]
struct Engine<P> {
    backend: Backend,
    set: PhantomData<fn() -> P>,
}

struct KeyPair<P: ParameterSet> {
    backend: Backend,
    options: KeyOptions,
    /// Without H(ek), if the key was made from a seed.
    encoded: SecretVec,
    /// H(ek).
    hash: KnownHash<32>,
    expanded: Lazy<Wiped<ExpandedPrivateKey<P>>>,
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

    fn private_key(
        &self,
        encoded: SecretVec,
        hash: KnownHash<32>,
        options: KeyOptions,
    ) -> Result<Box<dyn KemPrivate>, Error> {
        let (backend, whole) = (self.backend, sized(&encoded)?);
        let expand =
            |key: &mut Wiped<ExpandedPrivateKey<P>>| hash.lend(|hash| key.0.expand_with_hash(backend, whole, hash));
        let expanded = Lazy::new(options, expand)?;
        Ok(try_box(KeyPair::<P> { backend, options, encoded, hash, expanded })?)
    }
}

impl<P: ParameterSet> KemEngine for Engine<P> {
    fn private_key_from_seed(&self, seed: &[u8], options: KeyOptions) -> Result<Box<dyn KemPrivate>, Error> {
        let mut encoded = SecretVec::zeroed(options.memory, P::PRIVATE_KEY_BYTES)?;
        mlkem::keygen_without_hash::<P>(self.backend, array(seed)?, sized_mut(&mut encoded)?);
        self.private_key(encoded, KnownHash::default(), options)
    }

    fn private_keys_from_seeds(&self, seeds: ChunksExact<'_, u8>, options: KeyOptions) -> KemPrivates {
        let zeroed = || SecretVec::zeroed(options.memory, P::PRIVATE_KEY_BYTES);
        let items = seeds.map(|seed| Ok((array(seed)?, zeroed()?)));
        let mut items: ArrayVec<Result<_, Error>, CHUNK> = items.collect();
        let places = items.iter_mut().flatten().filter_map(|(seed, encoded)| {
            Some(Generation { seed, private_key: P::PrivateKey::from_mut_slice(encoded)? })
        });
        mlkem::keygen_batch::<P>(self.backend, &mut places.collect::<ArrayVec<_, CHUNK>>());
        let encoded = items.into_iter().map(|item| item.map(|(_, encoded)| encoded));
        encoded.map(|encoded| self.private_key(encoded?, KnownHash::default(), options)).collect()
    }

    fn private_key_from_bytes(
        &self,
        private_key: SecretVec,
        options: KeyOptions,
    ) -> Result<Box<dyn KemPrivate>, Error> {
        let hash = KnownHash::from(array(private_key.get(hash_of::<P>()).ok_or(Error::Internal)?)?);
        self.private_key(private_key, hash, options)
    }

    fn public_key_from_bytes(&self, encoded: SecretVec, options: KeyOptions) -> Result<Box<dyn KemPublic>, Error> {
        let options = KeyOptions { memory: Memory::Heap, ..options };
        let whole = sized(&encoded)?;
        let expanded = Lazy::new(options, |key: &mut ExpandedPublicKey<P>| key.expand(self.backend, whole))?;
        Ok(try_box(PublicKey::<P> { backend: self.backend, encoded, expanded })?)
    }

    fn encapsulate_all(&self, items: &mut [Encapsulation<'_>], drawn: &[u8]) {
        // Expanding an encoded key is most of the work, so the two forms do not share lanes.
        let (mut expanded, mut encoded) = (ArrayVec::<_, LANES>::new(), ArrayVec::<_, LANES>::new());
        for item in items {
            let group = match form::<P>(item) {
                Some(Key::Expanded(_)) => &mut expanded,
                Some(Key::Encoded(_)) => &mut encoded,
                None => {
                    self.encapsulate_one(item, drawn);
                    continue;
                }
            };
            group.push(item);
            if group.is_full() {
                encapsulate_together::<P>(self.backend, group.take(), drawn);
            }
        }
        encapsulate_together::<P>(self.backend, expanded, drawn);
        encapsulate_together::<P>(self.backend, encoded, drawn);
    }

    fn decapsulate_all(&self, items: &mut [CopiedDecapsulation<'_>]) {
        let mut expanded = ArrayVec::<_, LANES>::new();
        for item in items {
            if item.key.expanded().is_none() {
                item.outcome = item.key.decapsulate(item.ciphertext, item.shared_secret);
                continue;
            }
            expanded.push(item);
            if expanded.is_full() {
                decapsulate_together::<P>(self.backend, expanded.take());
            }
        }
        decapsulate_together::<P>(self.backend, expanded);
    }
}

impl<P: ParameterSet> KemPrivate for KeyPair<P> {
    fn public_key(&self) -> Result<Box<dyn KemPublic>, Error> {
        let public_key = SecretVec::copied(Memory::Heap, public_key_of::<P>(&self.encoded))?;
        Engine::<P>::new(self.backend).public_key_from_bytes(public_key, self.options)
    }

    fn encode_public_key(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(public_key_of::<P>(&self.encoded), out)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self.encoded, out)?;
        let public_key = public_key_of::<P>(&self.encoded);
        let compute = || mlkem::public_key_hash(self.backend, public_key);
        out[hash_of::<P>()].copy_from_slice(&self.hash.lend(|hash| *hash.get_or_insert_with(compute)));
        Ok(())
    }

    fn decapsulate(&self, ciphertext: &[u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        let Self { backend, encoded, hash, expanded, .. } = self;
        let (encoded, ciphertext) = (sized(encoded)?, sized(ciphertext)?);
        match expanded.for_use(|key| hash.lend(|hash| key.0.expand_with_hash(*backend, encoded, hash))) {
            Some(key) => key.0.decapsulate(*backend, ciphertext, shared_secret),
            None => hash.lend(|hash| {
                mlkem::decapsulate_with_hash::<P>(*backend, encoded, hash, ciphertext, shared_secret);
            }),
        }
        Ok(())
    }

    fn expanded(&self) -> Option<&dyn Any> {
        self.expanded.get().map(|key| &key.0 as &dyn Any)
    }

    fn secret_bytes(&self) -> usize {
        self.resident_bytes()
    }

    fn resident_bytes(&self) -> usize {
        self.encoded.len() + self.expanded.bytes()
    }
}

impl<P: ParameterSet> KemPublic for PublicKey<P> {
    fn expanded(&self) -> Option<&dyn Any> {
        self.expanded.get().map(|key| key as &dyn Any)
    }

    fn encode(&self, out: &mut [u8]) -> Result<(), Error> {
        copy(&self.encoded, out)
    }

    fn encapsulate(&self, m: &[u8], ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) -> Result<(), Error> {
        let Self { backend, encoded, expanded } = self;
        let (encoded, m, ciphertext) = (sized(encoded)?, array(m)?, sized_mut(ciphertext)?);
        match expanded.for_use(|key| key.expand(*backend, encoded)) {
            Some(key) => key.encapsulate(*backend, m, ciphertext, shared_secret),
            None => mlkem::encapsulate::<P>(*backend, encoded, m, ciphertext, shared_secret),
        }
        Ok(())
    }

    fn resident_bytes(&self) -> usize {
        self.encoded.len() + self.expanded.bytes()
    }
}

/// How many operations share the lanes of vectors.
const LANES: usize = 8;

/// The key of an item in the form with which operations share lanes; none if the key is not expanded yet.
fn form<'a, P: ParameterSet>(item: &Encapsulation<'a>) -> Option<Key<'a, ExpandedPublicKey<P>, P::PublicKey>> {
    Some(match item.key {
        PublicKeyOf::Loaded(key) => Key::Expanded(key.expanded()?.downcast_ref()?),
        PublicKeyOf::Encoded(bytes) => Key::Encoded(P::PublicKey::from_slice(bytes)?),
    })
}

/// Encapsulates for at most [`LANES`] items at once.
fn encapsulate_together<P: ParameterSet>(
    backend: Backend,
    mut items: ArrayVec<&mut Encapsulation<'_>, LANES>,
    drawn: &[u8],
) {
    let together = items.iter_mut().map(|item| {
        let (key, m) = (form::<P>(item)?, item.randomness(drawn).ok()?.first_chunk()?);
        let ciphertext = P::Ciphertext::from_mut_slice(item.ciphertext)?;
        Some(mlkem::Encapsulation { key, m, ciphertext, shared_secret: &mut *item.shared_secret })
    });
    let Some(mut together) = together.collect::<Option<ArrayVec<_, LANES>>>() else { return };
    mlkem::encapsulate_batch::<P>(backend, &mut together);
    drop(together);
    items.iter_mut().for_each(|item| item.outcome = Ok(()));
}

/// Decapsulates at most [`LANES`] items with expanded keys at once.
fn decapsulate_together<P: ParameterSet>(backend: Backend, mut items: ArrayVec<&mut CopiedDecapsulation<'_>, LANES>) {
    let together = items.iter_mut().map(|item| {
        let key = Key::Expanded(item.key.expanded()?.downcast_ref()?);
        let ciphertext = P::Ciphertext::from_slice(item.ciphertext)?;
        Some(mlkem::Decapsulation { key, ciphertext, shared_secret: &mut *item.shared_secret })
    });
    let Some(mut together) = together.collect::<Option<ArrayVec<_, LANES>>>() else { return };
    mlkem::decapsulate_batch::<P>(backend, &mut together);
    drop(together);
    items.iter_mut().for_each(|item| item.outcome = Ok(()));
}

/// Asserts that the table of algorithms has the sizes of pqc-simd's parameter sets, and finds the engine of one.
macro_rules! parameter_sets {
    ($($set:ident $title:literal $row:tt)+) => {
        $(const _: () = {
            assert!(Algorithm::$set.public_key_bytes() == <mlkem::$set as ParameterSet>::PUBLIC_KEY_BYTES);
            assert!(Algorithm::$set.private_key_bytes() == <mlkem::$set as ParameterSet>::PRIVATE_KEY_BYTES);
            assert!(Algorithm::$set.ciphertext_bytes() == <mlkem::$set as ParameterSet>::CIPHERTEXT_BYTES);
        };)+

        /// The engine of a parameter set on a path.
        pub(super) fn engine(algorithm: Algorithm, path: CodePath) -> Option<&'static dyn KemEngine> {
            match algorithm {
                $(Algorithm::$set => Some(&Engine::<mlkem::$set>::ALL[path as usize]),)+
                _ => None,
            }
        }
    };
}

pqc_simd::mlkem_parameter_sets!(parameter_sets);
