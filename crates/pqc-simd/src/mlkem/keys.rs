//! Expanded keys: the values that operations would otherwise derive from the encoded key in each call.

use super::kernels::{Machine, SAMPLE_BLOCKS};
use super::matrix::{Absorption, EntrySeeds, sample_matrix, sample_matrix_interleaved};
use super::params::ParameterSet;
use crate::Backend;
use crate::bytes::{Zero, first, split_first};
use crate::keccak::{SHAKE256_RATE, Sha3_256};
use crate::wipe::{on_wiped_stack, wipe};
use zeroize::Zeroize;

/// The stack that an expansion uses, with headroom; the test `wiping::mlkem` checks that it suffices.
const EXPANSION_STACK_BYTES: usize = 19 << 10;

/// The blocks of H(ek) or J(z || c), three for each polynomial of a vector, in the largest parameter set.
pub(super) const LONGEST_HASH: [[u8; SHAKE256_RATE]; 12] = [[0; SHAKE256_RATE]; 12];

/// An encapsulation key, expanded: the matrix, the vector t, and the hash of the key.
///
/// It has no pointers. [`Default`] is all zeros, which [`Self::expand`] replaces with a key.
#[derive(Clone)]
pub struct ExpandedPublicKey<P: ParameterSet> {
    pub(crate) transpose: P::Matrix,
    pub(crate) t: P::Vector,
    pub(crate) hash: [u8; 32],
}

/// A decapsulation key, expanded: its encapsulation key, the vector s, and z. The owner wipes it.
#[derive(Clone)]
pub struct ExpandedPrivateKey<P: ParameterSet> {
    pub(crate) public_key: ExpandedPublicKey<P>,
    pub(crate) s: P::Vector,
    pub(crate) z: [u8; 32],
}

/// H, SHA3-256, of an encoded encapsulation key.
#[must_use]
pub fn public_key_hash(backend: Backend, public_key: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    dispatch!(backend, machine => Sha3_256::hash(machine, &[public_key], &mut hash));
    hash
}

/// The fields of an encoded decapsulation key, FIPS 203, Algorithm 16: dk_PKE, ek, H(ek) and z.
pub(super) struct PrivateKeyFields<'a, P: ParameterSet> {
    pub(super) s: &'a [u8],
    pub(super) public_key: &'a P::PublicKey,
    pub(super) hash: &'a [u8; 32],
    pub(super) z: &'a [u8; 32],
}

impl<P: ParameterSet> ExpandedPublicKey<P> {
    const ZERO: Self = Self { transpose: P::Matrix::ZERO, t: P::Vector::ZERO, hash: [0; 32] };

    /// Expands an encoded key; the caller does the modulus check (FIPS 203, 7.2).
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mlkem};
    /// mlkem::ExpandedPublicKey::<mlkem::MlKem768>::default().expand(Backend::best(), &[0; 1185]);
    /// ```
    pub fn expand(&mut self, backend: Backend, public_key: &P::PublicKey) {
        dispatch!(backend, m => self.expand_on(m, public_key));
    }

    #[inline(never)]
    pub(crate) fn expand_on<M: Machine>(&mut self, machine: M, public_key: &P::PublicKey) {
        let mut blocks = LONGEST_HASH;
        let blocks = &mut blocks[..SAMPLE_BLOCKS * P::K];
        Sha3_256::<1>::pad(&[public_key.as_ref()], blocks);
        [self.hash] = self.expand_interleaved(machine, public_key, [blocks]);
    }

    /// Expands all but the hash, interleaved with the hashes of some blocks, and returns their first bytes.
    #[inline(always)]
    pub(super) fn expand_interleaved<M: Machine, const HASHES: usize>(
        &mut self,
        machine: M,
        public_key: &P::PublicKey,
        blocks: [&[[u8; SHAKE256_RATE]]; HASHES],
    ) -> [[u8; 32]; HASHES] {
        let (seeds, mut hashes) = (self.decode(machine, public_key), blocks.map(Absorption::new));
        sample_matrix_interleaved::<M, P, HASHES>(machine, &seeds, &mut hashes, &mut self.transpose);
        hashes.map(|hash| {
            let mut first = [0; 32];
            hash.state.copy_to(0, 0, &mut first);
            first
        })
    }

    #[inline(always)]
    pub(super) fn expand_without_hash<M: Machine>(&mut self, machine: M, public_key: &P::PublicKey) {
        let seeds = self.decode(machine, public_key);
        sample_matrix::<M, P>(machine, &seeds, &mut self.transpose);
    }

    /// Decodes t, and returns the seeds of the matrix.
    #[inline(always)]
    fn decode<M: Machine>(&mut self, machine: M, public_key: &P::PublicKey) -> EntrySeeds {
        let (t, rho) = public_key.as_ref().split_at(384 * P::K);
        for (polynomial, bytes) in self.t.as_mut().iter_mut().zip(t.chunks_exact(384)) {
            machine.decode(bytes, polynomial);
        }
        EntrySeeds::new::<P>(first(rho), |i, j| [i, j])
    }
}

impl<P: ParameterSet> ExpandedPrivateKey<P> {
    const ZERO: Self = Self { public_key: ExpandedPublicKey::ZERO, s: P::Vector::ZERO, z: [0; 32] };

    /// Expands an encoded key; the caller does the checks (FIPS 203, 7.3).
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mlkem};
    /// mlkem::ExpandedPrivateKey::<mlkem::MlKem768>::default().expand(Backend::best(), &[0; 1184]);
    /// ```
    pub fn expand(&mut self, backend: Backend, private_key: &P::PrivateKey) {
        let hash = *PrivateKeyFields::<P>::new(private_key).hash;
        self.expand_with_hash(backend, private_key, &mut Some(hash));
    }

    /// [`Self::expand`] with this H(ek), which is computed if it is missing; the H(ek) of the encoding is ignored.
    pub fn expand_with_hash(&mut self, backend: Backend, private_key: &P::PrivateKey, hash: &mut Option<[u8; 32]>) {
        on_wiped_stack::<EXPANSION_STACK_BYTES, _>(|| dispatch!(backend, m => self.expand_on(m, private_key, hash)));
    }

    #[inline(never)]
    pub(crate) fn expand_on<M: Machine>(
        &mut self,
        machine: M,
        private_key: &P::PrivateKey,
        hash: &mut Option<[u8; 32]>,
    ) {
        let fields = PrivateKeyFields::new(private_key);
        if let Some(hash) = hash {
            self.public_key.expand_without_hash(machine, fields.public_key);
            self.public_key.hash = *hash;
        } else {
            self.public_key.expand_on(machine, fields.public_key);
            *hash = Some(self.public_key.hash);
        }
        self.expand_secret(machine, &fields);
    }

    /// s and z.
    #[inline(always)]
    pub(super) fn expand_secret<M: Machine>(&mut self, machine: M, fields: &PrivateKeyFields<'_, P>) {
        for (polynomial, bytes) in self.s.as_mut().iter_mut().zip(fields.s.chunks_exact(384)) {
            machine.decode(bytes, polynomial);
        }
        self.z = *fields.z;
    }

    /// The encapsulation key of the key pair.
    #[must_use]
    pub const fn public_key(&self) -> &ExpandedPublicKey<P> {
        &self.public_key
    }
}

impl<'a, P: ParameterSet> PrivateKeyFields<'a, P> {
    #[inline(always)]
    pub(super) fn new(private_key: &'a P::PrivateKey) -> Self {
        let (s, rest) = private_key.as_ref().split_at(384 * P::K);
        let (public_key, rest) = split_first(rest);
        let (hash, z) = split_first(rest);
        Self { s, public_key, hash, z: first(z) }
    }
}

impl<P: ParameterSet> Default for ExpandedPublicKey<P> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<P: ParameterSet> Default for ExpandedPrivateKey<P> {
    fn default() -> Self {
        Self::ZERO
    }
}

impl<P: ParameterSet> Zeroize for ExpandedPrivateKey<P> {
    fn zeroize(&mut self) {
        wipe(self, Self::ZERO);
    }
}
