//! Key generation (FIPS 204, section 6.1, algorithm 6), and the public key that belongs to a private one.

use super::kernels::Machine;
use super::params::{ParameterSet, T0_BYTES, T1_BYTES, Zero, on_wiped_stack_of};
use super::poly::Poly;
use super::sampling::{GrowingHash, RowsOfA, expand_s};
use crate::backend::Backend;
use crate::keccak::Shake256;
use core::slice;

/// ML-DSA.KeyGen_internal (FIPS 204, algorithm 6) of the seed xi.
///
/// `private_key` has [`ParameterSet::PRIVATE_KEY_BYTES`] and `public_key` [`ParameterSet::PUBLIC_KEY_BYTES`].
pub fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 32], private_key: &mut [u8], public_key: &mut [u8]) {
    debug_assert_eq!(private_key.len(), P::PRIVATE_KEY_BYTES);
    debug_assert_eq!(public_key.len(), P::PUBLIC_KEY_BYTES);
    on_wiped_stack_of::<P, { 48 << 10 }, { 52 << 10 }, { 56 << 10 }, _>(|| {
        dispatch!(backend, machine => keygen_on::<_, P>(machine, seed, private_key, public_key));
    });
}

#[inline(never)]
fn keygen_on<M: Machine, P: ParameterSet>(machine: M, seed: &[u8; 32], private_key: &mut [u8], public_key: &mut [u8]) {
    let mut expanded = [0; 128];
    #[allow(clippy::cast_possible_truncation, reason = "at most 8")]
    Shake256::hash(machine, &[seed, &[P::K as u8, P::L as u8]], &mut expanded);
    let [rho, rho_prime_low, rho_prime_high, key] = expanded.as_chunks::<32>().0 else { return };
    let mut rho_prime = [0; 64];
    rho_prime[..32].copy_from_slice(rho_prime_low);
    rho_prime[32..].copy_from_slice(rho_prime_high);

    let (mut s1, mut s2) = (P::VectorL::ZERO, P::VectorK::ZERO);
    expand_s::<M, P>(machine, &rho_prime, s1.as_mut(), s2.as_mut());
    let Some((fixed, vectors)) = private_key.split_first_chunk_mut::<128>() else { return };
    let (packed, t0) = vectors.split_at_mut((P::L + P::K) * P::ETA_BYTES);
    for (s, packed) in s1.as_ref().iter().chain(s2.as_ref()).zip(packed.chunks_exact_mut(P::ETA_BYTES)) {
        machine.pack(s, P::ETA_BITS, P::ETA, packed);
    }
    let mut tr = [0; 64];
    public_value::<M, P>(machine, rho, &mut s1, &s2, public_key, t0, &mut tr);
    fixed[..32].copy_from_slice(rho);
    fixed[32..64].copy_from_slice(key);
    fixed[64..].copy_from_slice(&tr);
}

/// Lines 3 and 5 to 9 of algorithm 6: t = A s1 + s2, of which t1 goes to the public key and t0 is packed too, and the hash tr
/// of the public key. `s1` is transformed on the way.
fn public_value<M: Machine, P: ParameterSet>(
    machine: M,
    rho: &[u8; 32],
    s1: &mut P::VectorL,
    s2: &P::VectorK,
    public_key: &mut [u8],
    t0: &mut [u8],
    tr: &mut [u8; 64],
) {
    for s in s1.as_mut() {
        machine.transform(s);
        // Into the order of the elements of `RowsOfA`; t goes back below.
        machine.transpose(s);
    }
    public_key[..32].copy_from_slice(rho);
    let (mut matrix, mut hash, mut known) = (RowsOfA::<P>::new(rho), GrowingHash::new(), 32);
    let mut rest = s2.as_ref().iter().zip(t0.chunks_exact_mut(T0_BYTES));
    while known < P::PUBLIC_KEY_BYTES {
        let rows = matrix.sample_rows(machine, &mut hash, &public_key[..known]);
        for (row, (s2, t0)) in rows.chunks_exact(P::L).zip(&mut rest) {
            let mut t = Poly::ZERO;
            machine.multiply(row, s1.as_ref(), slice::from_mut(&mut t));
            machine.transpose(&mut t);
            machine.transform_back(&mut t);
            machine.pack_t(&t, s2, &mut public_key[known..known + T1_BYTES], t0);
            known += T1_BYTES;
        }
    }
    hash.finish(machine, public_key, tr);
}

/// Why an encoded private key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPrivateKey {
    /// A coefficient of s1 or s2 is not within eta.
    Range,
    /// t0 or tr is not what belongs to rho, s1 and s2.
    Mismatch,
}

/// Derives the public key of an encoded private key, and checks all of the private key that follows from the rest: that s1
/// and s2 are within eta (FIPS 204, algorithm 25), that t0 is the lower part of `A s1 + s2`, and tr the hash of the public key.
///
/// `private_key` has [`ParameterSet::PRIVATE_KEY_BYTES`] and `public_key` [`ParameterSet::PUBLIC_KEY_BYTES`].
///
/// # Errors
/// What is wrong; `public_key` is then without meaning.
pub fn public_key_from_private<P: ParameterSet>(
    backend: Backend,
    private_key: &[u8],
    public_key: &mut [u8],
) -> Result<(), InvalidPrivateKey> {
    debug_assert_eq!(private_key.len(), P::PRIVATE_KEY_BYTES);
    debug_assert_eq!(public_key.len(), P::PUBLIC_KEY_BYTES);
    on_wiped_stack_of::<P, { 48 << 10 }, { 52 << 10 }, { 56 << 10 }, _>(
        || dispatch!(backend, machine => derive_public_key::<_, P>(machine, private_key, public_key)),
    )
}

#[inline(never)]
fn derive_public_key<M: Machine, P: ParameterSet>(
    machine: M,
    private_key: &[u8],
    public_key: &mut [u8],
) -> Result<(), InvalidPrivateKey> {
    let (mut s1, mut s2) = (P::VectorL::ZERO, P::VectorK::ZERO);
    let (fixed, vectors) = private_key.split_first_chunk::<128>().ok_or(InvalidPrivateKey::Mismatch)?;
    let (packed, t0) = vectors.split_at((P::L + P::K) * P::ETA_BYTES);
    let mut beyond = false;
    for (s, packed) in s1.as_mut().iter_mut().chain(s2.as_mut()).zip(packed.chunks_exact(P::ETA_BYTES)) {
        machine.unpack(packed, P::ETA_BITS, P::ETA, s);
        beyond |= machine.exceeds(s, P::ETA + 1);
    }
    if beyond {
        return Err(InvalidPrivateKey::Range);
    }
    let rho = fixed.first_chunk::<32>().ok_or(InvalidPrivateKey::Mismatch)?;
    let (mut derived_t0, mut tr) = ([0; super::params::MAX_K * T0_BYTES], [0; 64]);
    let derived_t0 = &mut derived_t0[..P::K * T0_BYTES];
    public_value::<M, P>(machine, rho, &mut s1, &s2, public_key, derived_t0, &mut tr);
    let difference = |a: &[u8], b: &[u8]| a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b));
    if difference(t0, derived_t0) | difference(&fixed[64..], &tr) == 0 {
        Ok(())
    } else {
        Err(InvalidPrivateKey::Mismatch)
    }
}
