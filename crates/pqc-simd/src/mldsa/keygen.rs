//! Key generation (FIPS 204, section 6.1, algorithm 6), and the public key that belongs to a private one.

use super::kernels::Machine;
use super::params::{ParameterSet, T0_BYTES, T1_BYTES, on_wiped_stack_of};
use super::poly::Poly;
use super::sampling::{GrowingHash, RowsOfA, expand_s};
use super::signing::ExpandedSigningKey;
use crate::backend::Backend;
use crate::bytes::{Zero, difference, first, split_first};
use crate::keccak::Shake256;
use core::slice;

/// ML-DSA.KeyGen_internal (FIPS 204, algorithm 6) of the seed xi.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// keygen::<MlDsa65>(Backend::best(), &[0; 32], &mut [0; 4031], &mut [0; 1952]);
/// ```
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// keygen::<MlDsa65>(Backend::best(), &[0; 32], &mut [0; 4032], &mut [0; 1953]);
/// ```
///
/// ```
/// # use pqc_simd::{Backend, mldsa::*};
/// keygen::<MlDsa65>(Backend::best(), &[0; 32], &mut [0; 4032], &mut [0; 1952]);
/// ```
pub fn keygen<P: ParameterSet>(
    backend: Backend,
    seed: &[u8; 32],
    private_key: &mut P::PrivateKey,
    public_key: &mut P::PublicKey,
) {
    on_wiped_stack_of::<P, { 48 << 10 }, { 52 << 10 }, { 56 << 10 }, _>(|| {
        dispatch!(backend, machine => keygen_on::<_, P>(machine, seed, private_key, public_key, &mut []));
    });
}

#[inline(never)]
pub(crate) fn keygen_on<M: Machine, P: ParameterSet>(
    machine: M,
    seed: &[u8; 32],
    private_key: &mut P::PrivateKey,
    public_key: &mut P::PublicKey,
    matrix: &mut [Poly],
) {
    let (mut expanded, mut hash, mut tr) = ([0; 128], GrowingHash::new(), [0; 64]);
    Shake256::hash(machine, &[seed, &dimensions::<P>()], &mut expanded);
    keygen_without_hash::<M, P>(machine, &expanded, private_key, public_key, matrix, Some(&mut hash));
    hash.finish(machine, public_key.as_ref(), &mut tr);
    private_key.as_mut()[64..128].copy_from_slice(&tr);
}

/// The bytes k and l, which line 1 of algorithm 6 appends to the seed.
#[allow(clippy::cast_possible_truncation, reason = "at most 8")]
pub(crate) const fn dimensions<P: ParameterSet>() -> [u8; 2] {
    [P::K as u8, P::L as u8]
}

/// Algorithm 6 from line 2 on, of the hash of the seed, without tr. `matrix` and `hash` as in [`public_value`].
pub(crate) fn keygen_without_hash<M: Machine, P: ParameterSet>(
    machine: M,
    expanded: &[u8; 128],
    private_key: &mut P::PrivateKey,
    public_key: &mut P::PublicKey,
    matrix: &mut [Poly],
    hash: Option<&mut GrowingHash>,
) {
    let (rho, rest) = split_first::<[u8; 32]>(expanded);
    let (rho_prime, key) = split_first::<[u8; 64]>(rest);

    let (mut s1, mut s2) = (P::VectorL::ZERO, P::VectorK::ZERO);
    expand_s::<M, P>(machine, rho_prime, s1.as_mut(), s2.as_mut());
    let (fixed, vectors) = private_key.as_mut().split_at_mut(128);
    let (packed, t0) = vectors.split_at_mut((P::L + P::K) * P::ETA_BYTES);
    for (s, packed) in s1.as_ref().iter().chain(s2.as_ref()).zip(packed.chunks_exact_mut(P::ETA_BYTES)) {
        machine.pack(s, P::ETA_BITS, P::ETA, packed);
    }
    public_value::<M, P>(machine, rho, (&mut s1, &s2), public_key, t0, matrix, hash);
    fixed[..32].copy_from_slice(rho);
    fixed[32..64].copy_from_slice(key);
}

/// Lines 3 and 5 to 8 of algorithm 6: t = A s1 + s2; t1 goes to the public key, and t0 is packed too. `s1` is transformed in
/// place. `matrix`, unless it is empty, receives A as [`super::sampling::expand_a`] leaves it. The hash, if there is one, absorbs the
/// public key in free lanes.
fn public_value<M: Machine, P: ParameterSet>(
    machine: M,
    rho: &[u8; 32],
    (s1, s2): (&mut P::VectorL, &P::VectorK),
    public_key: &mut P::PublicKey,
    t0: &mut [u8],
    matrix: &mut [Poly],
    mut hash: Option<&mut GrowingHash>,
) {
    for s in s1.as_mut() {
        machine.transform(s);
        // Into the order of the elements of `RowsOfA`; t is transposed back below.
        machine.transpose(s);
    }
    let public_key = public_key.as_mut();
    public_key[..32].copy_from_slice(rho);
    let (mut sampled, mut known) = (RowsOfA::<P>::new(rho), 32);
    let mut rest = s2.as_ref().iter().zip(t0.chunks_exact_mut(T0_BYTES));
    let mut kept = matrix.iter_mut();
    while known < P::PUBLIC_KEY_BYTES {
        let rows = sampled.sample_rows(machine, hash.as_deref_mut(), &public_key[..known]);
        for (row, (s2, t0)) in rows.chunks_exact(P::L).zip(&mut rest) {
            let mut t = Poly::ZERO;
            machine.multiply(row, s1.as_ref(), slice::from_mut(&mut t));
            machine.transpose(&mut t);
            machine.transform_back(&mut t);
            machine.pack_t(&t, s2, &mut public_key[known..known + T1_BYTES], t0);
            known += T1_BYTES;
        }
        for (element, kept) in rows.iter().zip(&mut kept) {
            *kept = *element;
            machine.transpose(kept);
        }
    }
}

/// Why an encoded private key is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPrivateKey {
    /// A coefficient of s1 or s2 is not within eta.
    Range,
    /// t0 or tr does not belong to rho, s1 and s2.
    Mismatch,
}

/// Derives the public key of an encoded private key, and checks all of the private key that follows from the rest: that s1
/// and s2 are within eta (FIPS 204, algorithm 25), that t0 is the lower part of `A s1 + s2`, and tr the hash of the public key.
///
/// # Errors
/// The first failed check; `public_key` is then unspecified.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let _ = public_key_from_private::<MlDsa65>(Backend::best(), &[0; 4033], &mut [0; 1952]);
/// ```
pub fn public_key_from_private<P: ParameterSet>(
    backend: Backend,
    private_key: &P::PrivateKey,
    public_key: &mut P::PublicKey,
) -> Result<(), InvalidPrivateKey> {
    on_wiped_stack_of::<P, { 48 << 10 }, { 52 << 10 }, { 56 << 10 }, _>(
        || dispatch!(backend, machine => derive_public_key::<_, P>(machine, private_key, public_key, &mut [])),
    )
}

#[inline(never)]
pub(crate) fn derive_public_key<M: Machine, P: ParameterSet>(
    machine: M,
    private_key: &P::PrivateKey,
    public_key: &mut P::PublicKey,
    matrix: &mut [Poly],
) -> Result<(), InvalidPrivateKey> {
    let (mut s1, mut s2) = (P::VectorL::ZERO, P::VectorK::ZERO);
    let (fixed, vectors) = split_first::<[u8; 128]>(private_key.as_ref());
    let (packed, t0) = vectors.split_at((P::L + P::K) * P::ETA_BYTES);
    let mut beyond = false;
    for (s, packed) in s1.as_mut().iter_mut().chain(s2.as_mut()).zip(packed.chunks_exact(P::ETA_BYTES)) {
        machine.unpack(packed, P::ETA_BITS, P::ETA, s);
        beyond |= machine.exceeds(s, P::ETA + 1);
    }
    if beyond {
        return Err(InvalidPrivateKey::Range);
    }
    let mut derived_t0 = [0; super::params::MAX_K * T0_BYTES];
    let derived_t0 = &mut derived_t0[..P::K * T0_BYTES];
    let (mut hash, mut tr) = (GrowingHash::new(), [0; 64]);
    public_value::<M, P>(machine, first(fixed), (&mut s1, &s2), public_key, derived_t0, matrix, Some(&mut hash));
    hash.finish(machine, public_key.as_ref(), &mut tr);
    if difference(t0, derived_t0) | difference(&fixed[64..], &tr) == 0 {
        Ok(())
    } else {
        Err(InvalidPrivateKey::Mismatch)
    }
}

impl<P: ParameterSet> ExpandedSigningKey<P> {
    /// [`keygen`], which also fills `self`: the matrix is sampled once.
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mldsa::*};
    /// ExpandedSigningKey::<MlDsa65>::default().generate(Backend::best(), &[0; 32], &mut [0; 4031], &mut [0; 1952]);
    /// ```
    pub fn generate(
        &mut self,
        backend: Backend,
        seed: &[u8; 32],
        private_key: &mut P::PrivateKey,
        public_key: &mut P::PublicKey,
    ) {
        on_wiped_stack_of::<P, { 48 << 10 }, { 52 << 10 }, { 56 << 10 }, _>(|| {
            dispatch!(backend, machine => {
                keygen_on::<_, P>(machine, seed, private_key, public_key, self.matrix.as_mut());
                self.expand_secrets(machine, private_key);
            });
        });
    }

    /// [`public_key_from_private`], which also fills `self`: the matrix is sampled once. After an error, `self` signs nothing valid.
    ///
    /// # Errors
    /// The first failed check.
    ///
    /// ```compile_fail
    /// # use pqc_simd::{Backend, mldsa::*};
    /// let _ = ExpandedSigningKey::<MlDsa65>::default().import(Backend::best(), &[0; 4033], &mut [0; 1952]);
    /// ```
    pub fn import(
        &mut self,
        backend: Backend,
        private_key: &P::PrivateKey,
        public_key: &mut P::PublicKey,
    ) -> Result<(), InvalidPrivateKey> {
        on_wiped_stack_of::<P, { 48 << 10 }, { 52 << 10 }, { 56 << 10 }, _>(|| {
            dispatch!(backend, machine => {
                derive_public_key::<_, P>(machine, private_key, public_key, self.matrix.as_mut())?;
                self.expand_secrets(machine, private_key);
                Ok(())
            })
        })
    }
}
