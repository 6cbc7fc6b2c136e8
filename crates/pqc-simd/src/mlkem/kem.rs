//! ML-KEM, FIPS 203 section 6: the internal algorithms, which take their randomness.
#![allow(clippy::cast_possible_truncation, reason = "k is at most 4")]

use super::kernels::{Machine, SAMPLE_BLOCKS};
use super::keys::{ExpandedPrivateKey, ExpandedPublicKey, LONGEST_HASH, PrivateKeyFields};
use super::matrix::{EntrySeeds, sample_entries, sample_matrix};
use super::params::{ParameterSet, on_wiped_stack};
use super::pke::{self, Noise, NoiseFiller};
use crate::Backend;
use crate::bytes::{Bytes, Zero, split_first};
use crate::keccak::{Permute, SHA3_512_RATE, SHA3_SUFFIX, SHAKE_SUFFIX, SHAKE256_RATE};
use crate::keccak::{Sha3_256, Sha3_512, Shake256, State};
use crate::select::select;

/// Runs an operation with a key that is used once on a stack that is wiped.
#[inline(always)]
fn on_fresh_stack<P: ParameterSet>(operation: impl FnOnce()) {
    on_wiped_stack::<P, { 17 << 10 }, { 23 << 10 }, { 29 << 10 }>(operation);
}

/// Makes a key on a stack that is wiped.
#[inline(always)]
fn on_keygen_stack<P: ParameterSet>(operation: impl FnOnce()) {
    on_wiped_stack::<P, { 18 << 10 }, { 21 << 10 }, { 27 << 10 }>(operation);
}

/// Algorithm 16, ML-KEM.KeyGen_internal: writes dk = dk_PKE || ek || H(ek) || z.
///
/// The seed is d || z.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem};
/// mlkem::keygen::<mlkem::MlKem768>(Backend::best(), &[0; 64], &mut [0; 2399]);
/// ```
pub fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 64], private_key: &mut P::PrivateKey) {
    on_keygen_stack::<P>(|| {
        dispatch!(backend, m => {
            keygen_on::<_, P>(m, seed, private_key);
            let (public_key, rest) = private_key.as_mut()[384 * P::K..].split_at_mut(P::PUBLIC_KEY_BYTES);
            Sha3_256::hash(m, &[public_key], &mut rest[..32]);
        });
    });
}

/// [`keygen`] without H(ek), which takes a third of the time: its place keeps what it has.
///
/// [`decapsulate_with_hash`] and [`ExpandedPrivateKey::expand_with_hash`] compute it when they are the first to need it.
pub fn keygen_without_hash<P: ParameterSet>(backend: Backend, seed: &[u8; 64], private_key: &mut P::PrivateKey) {
    on_keygen_stack::<P>(|| dispatch!(backend, m => keygen_on::<_, P>(m, seed, private_key)));
}

/// Algorithm 17, ML-KEM.Encaps_internal, for a key that is used once.
///
/// The modulus check of the key (FIPS 203, 7.2) is the caller's.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem};
/// mlkem::encapsulate::<mlkem::MlKem768>(Backend::best(), &[0; 1183], &[0; 32], &mut [0; 1088], &mut [0; 32]);
/// ```
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem};
/// mlkem::encapsulate::<mlkem::MlKem768>(Backend::best(), &[0; 1184], &[0; 32], &mut [0; 1089], &mut [0; 32]);
/// ```
///
/// ```
/// # use pqc_simd::{Backend, mlkem};
/// mlkem::encapsulate::<mlkem::MlKem768>(Backend::best(), &[0; 1184], &[0; 32], &mut [0; 1088], &mut [0; 32]);
/// ```
pub fn encapsulate<P: ParameterSet>(
    backend: Backend,
    public_key: &P::PublicKey,
    m: &[u8; 32],
    ciphertext: &mut P::Ciphertext,
    shared_secret: &mut [u8; 32],
) {
    on_fresh_stack::<P>(|| {
        dispatch!(backend, machine => {
            let mut key = ExpandedPublicKey::<P>::default();
            key.expand_on(machine, public_key);
            encapsulate_on(machine, &key, m, ciphertext, shared_secret);
        });
    });
}

/// Algorithm 18, ML-KEM.Decaps_internal, for a key that is used once.
///
/// The checks of the key (FIPS 203, 7.3) are the caller's.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem};
/// mlkem::decapsulate::<mlkem::MlKem768>(Backend::best(), &[0; 2399], &[0; 1088], &mut [0; 32]);
/// ```
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mlkem};
/// mlkem::decapsulate::<mlkem::MlKem768>(Backend::best(), &[0; 2400], &[0; 1087], &mut [0; 32]);
/// ```
///
/// ```
/// # use pqc_simd::{Backend, mlkem};
/// mlkem::decapsulate::<mlkem::MlKem768>(Backend::best(), &[0; 2400], &[0; 1088], &mut [0; 32]);
/// ```
pub fn decapsulate<P: ParameterSet>(
    backend: Backend,
    private_key: &P::PrivateKey,
    ciphertext: &P::Ciphertext,
    shared_secret: &mut [u8; 32],
) {
    let hash = *PrivateKeyFields::<P>::new(private_key).hash;
    decapsulate_with_hash::<P>(backend, private_key, &mut Some(hash), ciphertext, shared_secret);
}

/// [`decapsulate`] with this H(ek), which is computed if it is missing; the H(ek) of the encoding is ignored.
pub fn decapsulate_with_hash<P: ParameterSet>(
    backend: Backend,
    private_key: &P::PrivateKey,
    hash: &mut Option<[u8; 32]>,
    ciphertext: &P::Ciphertext,
    shared_secret: &mut [u8; 32],
) {
    on_fresh_stack::<P>(|| {
        dispatch!(backend, machine => {
            decapsulate_fresh_on::<_, P>(machine, private_key, hash, ciphertext, shared_secret);
        });
    });
}

impl<P: ParameterSet> ExpandedPublicKey<P> {
    /// [`encapsulate`] to this key.
    pub fn encapsulate(
        &self,
        backend: Backend,
        m: &[u8; 32],
        ciphertext: &mut P::Ciphertext,
        shared_secret: &mut [u8; 32],
    ) {
        on_wiped_stack::<P, { 8 << 10 }, { 9 << 10 }, { 10 << 10 }>(|| {
            dispatch!(backend, machine => encapsulate_on(machine, self, m, ciphertext, shared_secret));
        });
    }
}

impl<P: ParameterSet> ExpandedPrivateKey<P> {
    /// [`decapsulate`] with this key.
    pub fn decapsulate(&self, backend: Backend, ciphertext: &P::Ciphertext, shared_secret: &mut [u8; 32]) {
        on_wiped_stack::<P, { 10 << 10 }, { 11 << 10 }, { 12 << 10 }>(|| {
            dispatch!(backend, machine => decapsulate_on(machine, self, ciphertext, shared_secret));
        });
    }
}

#[inline(never)]
pub(crate) fn keygen_on<M: Machine, P: ParameterSet>(machine: M, seed: &[u8; 64], private_key: &mut P::PrivateKey) {
    let (d, z) = seed.split_at(32);
    let (rho, sigma) = g(machine, &[d, &[P::K as u8]]);
    let (s_out, rest) = private_key.as_mut().split_at_mut(384 * P::K);
    let (public_key, rest) = rest.split_at_mut(P::PUBLIC_KEY_BYTES);
    public_key[384 * P::K..].copy_from_slice(&rho);
    rest[32..].copy_from_slice(z);

    let seeds = EntrySeeds::new::<P>(&rho, |i, j| [j, i]);
    let (mut matrix, mut noise, mut s) = (P::Matrix::ZERO, Noise::ZERO, P::Factors::ZERO);
    if P::K == 4 {
        sample_matrix::<M, P>(machine, &seeds, &mut matrix);
        Noise::fill::<M, P>(machine, &sigma, 2 * P::K, None, &mut noise);
    } else {
        // The noise takes the lanes that four or six samples leave free.
        let mut filler = NoiseFiller::new::<P>(&sigma, 2 * P::K, &mut noise);
        sample_entries::<M, P, 8>(machine, &seeds, 0..2 * P::K, &mut filler, &mut matrix);
        debug_assert!(filler.is_done());
        if P::K == 3 {
            sample_entries::<M, P, 4>(machine, &seeds, 6..9, &mut (), &mut matrix);
        }
    }
    pke::keygen_secret::<M, P>(machine, &noise, s_out, &mut s);
    for (i, row) in matrix.as_ref().iter().enumerate() {
        pke::keygen_row::<M, P>(machine, i, row, &s, &noise, public_key);
    }
}

/// The function G, SHA3-512.
#[inline(always)]
fn g<M: Machine>(machine: M, message: &[&[u8]]) -> ([u8; 32], [u8; 32]) {
    let (mut hash, mut first, mut second) = ([0; 64], [0; 32], [0; 32]);
    Sha3_512::hash(machine, message, &mut hash);
    first.copy_from_slice(&hash[..32]);
    second.copy_from_slice(&hash[32..]);
    (first, second)
}

#[inline(never)]
pub(crate) fn encapsulate_on<M: Machine, P: ParameterSet>(
    machine: M,
    key: &ExpandedPublicKey<P>,
    m: &[u8; 32],
    ciphertext: &mut P::Ciphertext,
    shared_secret: &mut [u8; 32],
) {
    let (secret, r) = g(machine, &[m, &key.hash]);
    let mut noise = Noise::ZERO;
    Noise::fill::<M, P>(machine, &r, 2 * P::K + 1, None, &mut noise);
    pke::encrypt::<M, P>(machine, &key.transpose, &key.t, m, &noise, ciphertext);
    *shared_secret = secret;
}

#[inline(never)]
pub(crate) fn decapsulate_on<M: Machine, P: ParameterSet>(
    machine: M,
    key: &ExpandedPrivateKey<P>,
    ciphertext: &P::Ciphertext,
    shared_secret: &mut [u8; 32],
) {
    let m = pke::decrypt::<M, P>(machine, &key.s, ciphertext);
    let mut noise = Noise::ZERO;
    let secrets = Secrets::new::<M, P>(machine, key, &m, ciphertext, &mut noise);
    *shared_secret = secrets.choose(machine, &key.public_key, &m, &noise, ciphertext);
}

/// J(z || c), and H(ek) if it is computed, do not wait for the key, so they are interleaved with the matrix.
#[inline(never)]
pub(crate) fn decapsulate_fresh_on<M: Machine, P: ParameterSet>(
    machine: M,
    private_key: &P::PrivateKey,
    hash: &mut Option<[u8; 32]>,
    ciphertext: &P::Ciphertext,
    shared_secret: &mut [u8; 32],
) {
    let (fields, mut blocks) = (PrivateKeyFields::<P>::new(private_key), [LONGEST_HASH; 2]);
    let [j, h] = blocks.each_mut().map(|blocks| &mut blocks[..SAMPLE_BLOCKS * P::K]);
    Shake256::<1>::pad(&[fields.z, ciphertext.as_ref()], j);
    let mut key = ExpandedPrivateKey::<P>::default();
    let (rejection, hash) = if let Some(hash) = hash {
        let [rejection] = key.public_key.expand_interleaved(machine, fields.public_key, [j]);
        (rejection, &*hash)
    } else {
        Sha3_256::<1>::pad(&[fields.public_key.as_ref()], h);
        let [rejection, h] = key.public_key.expand_interleaved(machine, fields.public_key, [j, h]);
        (rejection, &*hash.insert(h))
    };
    key.expand_secret(machine, &fields);

    let m = pke::decrypt::<M, P>(machine, &key.s, ciphertext);
    let (secret, r) = g(machine, &[&m, hash]);
    let mut noise = Noise::ZERO;
    Noise::fill::<M, P>(machine, &r, 2 * P::K + 1, None, &mut noise);
    let secrets = Secrets { secret, rejection };
    *shared_secret = secrets.choose(machine, &key.public_key, &m, &noise, ciphertext);
}

/// The shared secret, and the secret of implicit rejection.
struct Secrets {
    secret: [u8; 32],
    rejection: [u8; 32],
}

impl Secrets {
    /// G(m || H(ek)), the noise derived from it, and J(z || c).
    ///
    /// J is the longest. Its last two permutations are interleaved with the permutations of G and of the noise.
    #[inline(always)]
    fn new<M: Machine, P: ParameterSet>(
        machine: M,
        key: &ExpandedPrivateKey<P>,
        m: &[u8; 32],
        ciphertext: &P::Ciphertext,
        noise: &mut Noise,
    ) -> Self {
        let whole_blocks = (32 + P::CIPHERTEXT_BYTES) / SHAKE256_RATE;
        let (first, rest) = ciphertext.as_ref().split_at(SHAKE256_RATE * (whole_blocks - 1) - 32);
        let (block, last) = split_first::<[u8; SHAKE256_RATE]>(rest);
        let mut j = Shake256::new();
        j.absorb(machine, &key.z);
        j.absorb(machine, first);
        let j = j.state();
        j.add(0, 0, block);

        let (mut hashes, mut secret, mut r) = (State::<4>::ZERO, [0; 32], [0; 32]);
        hashes.add(0, 0, m);
        hashes.add(0, 32, &key.public_key.hash);
        hashes.pad(0, 64, SHA3_512_RATE, SHA3_SUFFIX);
        hashes.set(1, j);
        machine.permute_first(&mut hashes, 2);
        hashes.copy_to(0, 0, &mut secret);
        hashes.copy_to(0, 32, &mut r);
        hashes.get(1, j);

        j.add(0, 0, last);
        j.pad(0, last.len(), SHAKE256_RATE, SHAKE_SUFFIX);
        Noise::fill::<M, P>(machine, &r, 2 * P::K + 1, Some(j), noise);
        let mut rejection = [0; 32];
        j.copy_to(0, 0, &mut rejection);
        Self { secret, rejection }
    }

    /// Encrypts the message again, and returns the shared secret if the ciphertext is the same, else the rejection secret.
    #[inline(always)]
    fn choose<M: Machine, P: ParameterSet>(
        &self,
        machine: M,
        key: &ExpandedPublicKey<P>,
        m: &[u8; 32],
        noise: &Noise,
        ciphertext: &P::Ciphertext,
    ) -> [u8; 32] {
        let mut again = P::Ciphertext::ZERO;
        pke::encrypt::<M, P>(machine, &key.transpose, &key.t, m, noise, &mut again);
        select(machine.difference(ciphertext.as_ref(), again.as_ref()), &self.secret, &self.rejection)
    }
}
