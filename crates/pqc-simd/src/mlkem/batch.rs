//! Many encapsulations or decapsulations in one call: eight of each hash at a time.

use super::kem::{LONGEST_CIPHERTEXT_BYTES, select};
use super::keys::{ExpandedPrivateKey, ExpandedPublicKey, PrivateKeyParts};
use super::params::{ParameterSet, on_wiped_stack};
use super::pke::{self, Machine, Noise};
use crate::Backend;
use crate::keccak::{Sha3_256, Sha3_512, Shake256};
use std::array::from_fn;

/// How many are done together.
const LANES: usize = 8;

/// Runs eight operations on a stack that is wiped, of the size that they use for k = 2, 3 and 4, with room to spare; the test
/// `mlkem_wiping` holds this to be enough.
#[inline(always)]
fn on_batch_stack<P: ParameterSet>(operation: impl FnOnce()) {
    on_wiped_stack::<P, { 32 << 10 }, { 39 << 10 }, { 44 << 10 }>(operation);
}

/// The keys of a batch.
pub enum Keys<'a, K> {
    /// The same key for all.
    One(&'a K),
    /// A key for each, expanded.
    Each(&'a [&'a K]),
    /// A key for each, encoded and used once; its checks (FIPS 203, 7.2 and 7.3) are the caller's.
    Encoded(&'a [&'a [u8]]),
}

impl<K> Clone for Keys<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Keys<'_, K> {}

impl<K> Keys<'_, K> {
    /// The key of one operation, expanded into `place` if it is not yet.
    #[inline(always)]
    fn get<'k>(&'k self, number: usize, place: &'k mut K, expand: impl FnOnce(&mut K, &[u8])) -> &'k K {
        match self {
            Self::One(key) => key,
            Self::Each(keys) => keys[number],
            Self::Encoded(keys) => {
                expand(place, keys[number]);
                place
            }
        }
    }

    fn is_for(&self, count: usize) -> bool {
        match self {
            Self::One(_) => true,
            Self::Each(keys) => keys.len() == count,
            Self::Encoded(keys) => keys.len() == count,
        }
    }
}

/// [`encapsulate`](super::encapsulate) for each m: as many keys, shared secrets, and ciphertexts one after another.
pub fn encapsulate_batch<P: ParameterSet>(
    backend: Backend,
    keys: Keys<'_, ExpandedPublicKey<P>>,
    m: &[[u8; 32]],
    ciphertexts: &mut [u8],
    shared_secrets: &mut [[u8; 32]],
) {
    debug_assert!(keys.is_for(m.len()) && shared_secrets.len() == m.len());
    debug_assert_eq!(ciphertexts.len(), m.len() * P::CIPHERTEXT_BYTES);
    let outputs = ciphertexts.chunks_mut(LANES * P::CIPHERTEXT_BYTES).zip(shared_secrets.chunks_mut(LANES));
    on_batch_stack::<P>(|| {
        for (part, (m, (ciphertexts, secrets))) in m.chunks(LANES).zip(outputs).enumerate() {
            dispatch!(backend, machine => encapsulate_part(machine, keys, LANES * part, m, ciphertexts, secrets));
        }
    });
}

/// [`decapsulate`](super::decapsulate) for each of the ciphertexts, which come one after another.
pub fn decapsulate_batch<P: ParameterSet>(
    backend: Backend,
    keys: Keys<'_, ExpandedPrivateKey<P>>,
    ciphertexts: &[u8],
    shared_secrets: &mut [[u8; 32]],
) {
    debug_assert!(keys.is_for(shared_secrets.len()));
    debug_assert_eq!(ciphertexts.len(), shared_secrets.len() * P::CIPHERTEXT_BYTES);
    let parts = ciphertexts.chunks(LANES * P::CIPHERTEXT_BYTES).zip(shared_secrets.chunks_mut(LANES));
    on_batch_stack::<P>(|| {
        for (part, (ciphertexts, secrets)) in parts.enumerate() {
            dispatch!(backend, machine => decapsulate_part(machine, keys, LANES * part, ciphertexts, secrets));
        }
    });
}

/// The item of each lane; where there are fewer than eight, the others repeat the last one.
#[inline(always)]
fn lanes<T>(count: usize, item: impl Fn(usize) -> T) -> [T; LANES] {
    from_fn(|lane| item(lane.min(count - 1)))
}

/// G(m || H(ek)) of each lane, and the noise that comes of it.
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
    Noise::fill_each::<M, P>(machine, &seeds, 2 * P::K + 1, noise);
    secrets
}

#[inline(never)]
fn encapsulate_part<M: Machine, P: ParameterSet>(
    machine: M,
    keys: Keys<'_, ExpandedPublicKey<P>>,
    first: usize,
    m: &[[u8; 32]],
    ciphertexts: &mut [u8],
    shared_secrets: &mut [[u8; 32]],
) {
    let hashes = match keys {
        Keys::One(key) => [key.hash; LANES],
        Keys::Each(keys) => lanes(m.len(), |lane| keys[first + lane].hash),
        Keys::Encoded(keys) => {
            let mut hashes = [[0; 32]; LANES];
            Sha3_256::hash_each(machine, &[&lanes(m.len(), |lane| keys[first + lane])], &mut hashes);
            hashes
        }
    };
    let mut noise = [Noise::ZERO; LANES];
    let secrets = secrets_and_noise::<M, P>(machine, &lanes(m.len(), |lane| &m[lane][..]), &hashes, &mut noise);
    shared_secrets.copy_from_slice(&secrets[..m.len()]);
    let mut place = ExpandedPublicKey::default();
    for (lane, ciphertext) in ciphertexts.chunks_exact_mut(P::CIPHERTEXT_BYTES).enumerate() {
        let key = keys.get(first + lane, &mut place, |key, bytes| key.expand_without_hash(machine, bytes));
        pke::encrypt::<M, P>(machine, &key.transpose, &key.t, &m[lane], &noise[lane], ciphertext);
    }
}

#[inline(never)]
fn decapsulate_part<M: Machine, P: ParameterSet>(
    machine: M,
    keys: Keys<'_, ExpandedPrivateKey<P>>,
    first: usize,
    ciphertexts: &[u8],
    shared_secrets: &mut [[u8; 32]],
) {
    let (count, mut place) = (shared_secrets.len(), ExpandedPrivateKey::default());
    let ciphertext = |lane: usize| &ciphertexts[P::CIPHERTEXT_BYTES * lane..][..P::CIPHERTEXT_BYTES];
    let (mut m, mut hashes, mut z) = ([[0; 32]; LANES], [[0; 32]; LANES], [[0; 32]; LANES]);
    for lane in 0..count {
        let key = keys.get(first + lane, &mut place, |key, bytes| {
            key.expand_secret(machine, &PrivateKeyParts::new::<P>(bytes));
        });
        (m[lane], hashes[lane], z[lane]) =
            (pke::decrypt::<M, P>(machine, &key.s, ciphertext(lane)), key.public_key.hash, key.z);
    }
    let mut rejections = [[0; 32]; LANES];
    let messages = [z.each_ref().map(|z| &z[..]), lanes(count, ciphertext)];
    Shake256::hash_each(machine, &[&messages[0], &messages[1]], &mut rejections);
    let mut noise = [Noise::ZERO; LANES];
    let secrets = secrets_and_noise::<M, P>(machine, &m.each_ref().map(|m| &m[..]), &hashes, &mut noise);
    for lane in 0..count {
        let key = keys.get(first + lane, &mut place, |key, bytes| {
            key.public_key.expand_without_hash(machine, PrivateKeyParts::new::<P>(bytes).public_key);
        });
        let key = &key.public_key;
        let mut again = [0; LONGEST_CIPHERTEXT_BYTES];
        let again = &mut again[..P::CIPHERTEXT_BYTES];
        pke::encrypt::<M, P>(machine, &key.transpose, &key.t, &m[lane], &noise[lane], again);
        let difference = machine.difference(ciphertext(lane), again);
        shared_secrets[lane] = select(difference, &secrets[lane], &rejections[lane]);
    }
}
