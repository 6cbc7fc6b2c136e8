//! Batches of keys, encapsulations or decapsulations: eight of each hash at a time, unless there are too few of them.
#![allow(clippy::cast_possible_truncation, reason = "k is at most 4")]

use super::kem;
use super::kernels::Machine;
use super::keys::{ExpandedPrivateKey, ExpandedPublicKey, PrivateKeyFields};
use super::matrix::{EntrySeeds, sample};
use super::params::{ParameterSet, on_wiped_stack};
use super::pke::{self, Noise};
use crate::Backend;
use crate::bytes::{Bytes, Zero, first};
use crate::keccak::{Sha3_256, Sha3_512, Shake256};
use crate::select::select;
use std::array::from_fn;

/// The number of operations that interleave their hashes.
const LANES: usize = 8;

/// Runs eight operations on a stack that is wiped.
#[inline(always)]
fn on_batch_stack<P: ParameterSet>(operation: impl FnOnce()) {
    on_wiped_stack::<P, { 32 << 10 }, { 39 << 10 }, { 44 << 10 }>(operation);
}

/// A key of a batch, from its seed d || z.
pub struct Generation<'a, P: ParameterSet> {
    /// The seed.
    pub seed: &'a [u8; 64],
    /// The decapsulation key.
    pub private_key: &'a mut P::PrivateKey,
}

/// The key of one operation: expanded, or encoded and used once. The caller checks it (FIPS 203, 7.2 and 7.3).
pub enum Key<'a, K, E> {
    /// Expanded.
    Expanded(&'a K),
    /// Encoded.
    Encoded(&'a E),
}

impl<'a, K, E> Key<'a, K, E> {
    #[inline(always)]
    const fn encoded(&self) -> Option<&'a E> {
        match self {
            Self::Expanded(_) => None,
            Self::Encoded(key) => Some(key),
        }
    }

    /// The key, expanded into `buffer` if it is encoded.
    #[inline(always)]
    fn get<'k>(&self, buffer: &'k mut K, expand: impl FnOnce(&mut K, &E)) -> &'k K
    where
        'a: 'k,
    {
        match self {
            Self::Expanded(key) => key,
            Self::Encoded(key) => {
                expand(buffer, key);
                buffer
            }
        }
    }
}

/// An encapsulation of a batch, with its outputs.
pub struct Encapsulation<'a, P: ParameterSet> {
    /// The encapsulation key.
    pub key: Key<'a, ExpandedPublicKey<P>, P::PublicKey>,
    /// The randomness m.
    pub m: &'a [u8; 32],
    /// The ciphertext.
    pub ciphertext: &'a mut P::Ciphertext,
    /// The shared secret.
    pub shared_secret: &'a mut [u8; 32],
}

impl<P: ParameterSet> Encapsulation<'_, P> {
    fn encapsulate(&mut self, backend: Backend) {
        match self.key {
            Key::Expanded(key) => key.encapsulate(backend, self.m, self.ciphertext, self.shared_secret),
            Key::Encoded(key) => kem::encapsulate::<P>(backend, key, self.m, self.ciphertext, self.shared_secret),
        }
    }
}

/// A decapsulation of a batch, with its output.
pub struct Decapsulation<'a, P: ParameterSet> {
    /// The decapsulation key.
    pub key: Key<'a, ExpandedPrivateKey<P>, P::PrivateKey>,
    /// The ciphertext.
    pub ciphertext: &'a P::Ciphertext,
    /// The shared secret.
    pub shared_secret: &'a mut [u8; 32],
}

impl<P: ParameterSet> Decapsulation<'_, P> {
    fn decapsulate(&mut self, backend: Backend) {
        match self.key {
            Key::Expanded(key) => key.decapsulate(backend, self.ciphertext, self.shared_secret),
            Key::Encoded(key) => kem::decapsulate::<P>(backend, key, self.ciphertext, self.shared_secret),
        }
    }
}

/// [`keygen_without_hash`](super::keygen_without_hash) for each of the items.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem::*};
/// let item = Generation { seed: &[0; 64], private_key: &mut [0; 2401] };
/// keygen_batch::<MlKem768>(Backend::best(), &mut [item]);
/// ```
pub fn keygen_batch<P: ParameterSet>(backend: Backend, items: &mut [Generation<'_, P>]) {
    // The samples of one key fill the lanes for k = 4. Otherwise sharing them gains at most a quarter, so it must leave
    // no lane free.
    let (groups, others) = if P::K == 4 { (&mut [][..], items) } else { items.as_chunks_mut() };
    for items in groups {
        on_wiped_stack::<P, { 57 << 10 }, { 69 << 10 }, { 81 << 10 }>(
            || dispatch!(backend, machine => keygen_lanes(machine, items)),
        );
    }
    for item in others {
        kem::keygen_without_hash::<P>(backend, item.seed, item.private_key);
    }
}

/// [`encapsulate`](super::encapsulate) for each of the items.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem::*};
/// let (mut ciphertext, mut shared_secret) = ([0; 1087], [0; 32]);
/// let (key, m) = (Key::Encoded(&[0; 1184]), &[0; 32]);
/// let item = Encapsulation { key, m, ciphertext: &mut ciphertext, shared_secret: &mut shared_secret };
/// encapsulate_batch::<MlKem768>(Backend::best(), &mut [item]);
/// ```
pub fn encapsulate_batch<P: ParameterSet>(backend: Backend, items: &mut [Encapsulation<'_, P>]) {
    for items in items.chunks_mut(LANES) {
        if items.len() < backend.smallest_group() {
            items.iter_mut().for_each(|item| item.encapsulate(backend));
        } else {
            on_batch_stack::<P>(|| dispatch!(backend, machine => encapsulate_lanes(machine, items)));
        }
    }
}

/// [`decapsulate`](super::decapsulate) for each of the items.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem::*};
/// let (key, mut shared_secret) = (Key::Encoded(&[0; 2399]), [0; 32]);
/// let item = Decapsulation { key, ciphertext: &[0; 1088], shared_secret: &mut shared_secret };
/// decapsulate_batch::<MlKem768>(Backend::best(), &mut [item]);
/// ```
pub fn decapsulate_batch<P: ParameterSet>(backend: Backend, items: &mut [Decapsulation<'_, P>]) {
    for items in items.chunks_mut(LANES) {
        if items.len() < backend.smallest_group() {
            items.iter_mut().for_each(|item| item.decapsulate(backend));
        } else {
            on_batch_stack::<P>(|| dispatch!(backend, machine => decapsulate_lanes(machine, items)));
        }
    }
}

/// The item of each lane; free lanes repeat the last one.
#[inline(always)]
fn lanes<T>(count: usize, item: impl Fn(usize) -> T) -> [T; LANES] {
    from_fn(|lane| item(lane.min(count - 1)))
}

/// G(m || H(ek)) of each lane, and the noise derived from it.
#[inline(always)]
fn secrets_and_noise<M: Machine, P: ParameterSet>(
    machine: M,
    m: &[&[u8]; LANES],
    hashes: &[[u8; 32]; LANES],
    noise: &mut [Noise; LANES],
) -> [[u8; 32]; LANES] {
    let (mut g, mut secrets, mut seeds) = ([[0; 64]; LANES], [[0; 32]; LANES], [[0; 32]; LANES]);
    Sha3_512::hash_each(machine, &[m, &hashes.each_ref().map(|hash| &hash[..])], &mut g);
    for ((g, secret), seed) in g.iter().zip(&mut secrets).zip(&mut seeds) {
        secret.copy_from_slice(&g[..32]);
        seed.copy_from_slice(&g[32..]);
    }
    Noise::fill_each::<M, P>(machine, &seeds, P::K, 2 * P::K + 1, noise);
    secrets
}

/// The matrices are sampled and multiplied row by row, so that eight fit into the nearest cache.
#[inline(never)]
pub(crate) fn keygen_lanes<M: Machine, P: ParameterSet>(machine: M, items: &mut [Generation<'_, P>; LANES]) {
    let (mut g, mut noise) = ([[0; 64]; LANES], [Noise::ZERO; LANES]);
    let d = items.each_ref().map(|item| &item.seed[..32]);
    Sha3_512::hash_each(machine, &[&d, &[&[P::K as u8]; LANES]], &mut g);
    let seeds = g.each_ref().map(|g| EntrySeeds::new::<P>(first(g), |i, j| [j, i]));
    Noise::fill_each::<M, P>(machine, &g.each_ref().map(|g| *first(&g[32..])), 2 * P::K, 2 * P::K, &mut noise);

    let mut s = [const { P::Factors::ZERO }; LANES];
    for (((item, g), noise), s) in items.iter_mut().zip(&g).zip(&noise).zip(&mut s) {
        let (s_out, rest) = item.private_key.as_mut().split_at_mut(384 * P::K);
        pke::keygen_secret::<M, P>(machine, noise, s_out, s);
        rest[384 * P::K..][..32].copy_from_slice(&g[..32]);
        rest[P::PUBLIC_KEY_BYTES + 32..].copy_from_slice(&item.seed[32..]);
    }
    let mut rows = [const { P::Vector::ZERO }; LANES];
    for i in 0..P::K {
        for j in 0..P::K {
            let seeds = seeds.each_ref().map(|seeds| seeds.0[P::K * i + j]);
            sample::<M, LANES>(machine, &seeds, rows.iter_mut().map(|row| &mut row.as_mut()[j]), &mut ());
        }
        for (((item, row), noise), s) in items.iter_mut().zip(&rows).zip(&noise).zip(&s) {
            let public_key = &mut item.private_key.as_mut()[384 * P::K..];
            pke::keygen_row::<M, P>(machine, i, row, s, noise, public_key);
        }
    }
}

#[inline(never)]
pub(crate) fn encapsulate_lanes<M: Machine, P: ParameterSet>(machine: M, items: &mut [Encapsulation<'_, P>]) {
    let mut hashes = [[0; 32]; LANES];
    if let Some(encoded) = items.iter().find_map(|item| item.key.encoded()) {
        // The hashes in the lanes of expanded keys are ignored.
        let keys = lanes(items.len(), |lane| items[lane].key.encoded().unwrap_or(encoded).as_ref());
        Sha3_256::hash_each(machine, &[&keys], &mut hashes);
    }
    for (hash, item) in hashes.iter_mut().zip(&*items) {
        if let Key::Expanded(key) = item.key {
            *hash = key.hash;
        }
    }
    let mut noise = [Noise::ZERO; LANES];
    let m = lanes(items.len(), |lane| &items[lane].m[..]);
    let secrets = secrets_and_noise::<M, P>(machine, &m, &hashes, &mut noise);
    let mut buffer = ExpandedPublicKey::default();
    for ((item, secret), noise) in items.iter_mut().zip(&secrets).zip(&noise) {
        *item.shared_secret = *secret;
        let key = item.key.get(&mut buffer, |key, bytes| key.expand_without_hash(machine, bytes));
        pke::encrypt::<M, P>(machine, &key.transpose, &key.t, item.m, noise, item.ciphertext);
    }
}

#[inline(never)]
pub(crate) fn decapsulate_lanes<M: Machine, P: ParameterSet>(machine: M, items: &mut [Decapsulation<'_, P>]) {
    let mut buffer = ExpandedPrivateKey::default();
    let (mut m, mut hashes, mut z) = ([[0; 32]; LANES], [[0; 32]; LANES], [[0; 32]; LANES]);
    for (lane, item) in items.iter().enumerate() {
        let key = item.key.get(&mut buffer, |key, bytes| {
            let fields = PrivateKeyFields::new(bytes);
            key.expand_secret(machine, &fields);
            key.public_key.hash = *fields.hash;
        });
        (m[lane], hashes[lane], z[lane]) =
            (pke::decrypt::<M, P>(machine, &key.s, item.ciphertext), key.public_key.hash, key.z);
    }
    let mut rejections = [[0; 32]; LANES];
    let messages = [z.each_ref().map(|z| &z[..]), lanes(items.len(), |lane| items[lane].ciphertext.as_ref())];
    Shake256::hash_each(machine, &[&messages[0], &messages[1]], &mut rejections);
    let mut noise = [Noise::ZERO; LANES];
    let secrets = secrets_and_noise::<M, P>(machine, &m.each_ref().map(|m| &m[..]), &hashes, &mut noise);
    for (lane, item) in items.iter_mut().enumerate() {
        let key = item.key.get(&mut buffer, |key, bytes| {
            key.public_key.expand_without_hash(machine, PrivateKeyFields::<P>::new(bytes).public_key);
        });
        let (key, mut again) = (&key.public_key, P::Ciphertext::ZERO);
        pke::encrypt::<M, P>(machine, &key.transpose, &key.t, &m[lane], &noise[lane], &mut again);
        let difference = machine.difference(item.ciphertext.as_ref(), again.as_ref());
        *item.shared_secret = select(difference, &secrets[lane], &rejections[lane]);
    }
}
