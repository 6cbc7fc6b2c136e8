//! Key generation (FIPS 204, section 6.1, algorithm 6), and the public key that belongs to a private one.

use super::kernels::Machine;
use super::params::{ParameterSet, T0_BYTES, T1_BYTES, Zero};
use super::poly::Poly;
use super::sampling::{expand_a, expand_s};
use crate::backend::Backend;
use crate::keccak::Shake256;
use crate::wipe::on_wiped_stack;

/// What the operations of this file leave on the stack, at most: the matrix, both vectors, outputs of SHAKE.
const STACK_BYTES: usize = 104 << 10;

/// ML-DSA.KeyGen_internal (FIPS 204, algorithm 6) of the seed xi.
///
/// `private_key` has [`ParameterSet::PRIVATE_KEY_BYTES`] and `public_key` [`ParameterSet::PUBLIC_KEY_BYTES`].
pub fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 32], private_key: &mut [u8], public_key: &mut [u8]) {
    debug_assert_eq!(private_key.len(), P::PRIVATE_KEY_BYTES);
    debug_assert_eq!(public_key.len(), P::PUBLIC_KEY_BYTES);
    on_wiped_stack::<STACK_BYTES, _>(|| {
        dispatch!(backend, machine => keygen_on::<_, P>(machine, seed, private_key, public_key));
    });
}

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
    public_key[..32].copy_from_slice(rho);
    public_value::<M, P>(machine, rho, &mut s1, &s2, &mut public_key[32..], t0);
    fixed[..32].copy_from_slice(rho);
    fixed[32..64].copy_from_slice(key);
    Shake256::hash(machine, &[public_key], &mut fixed[64..]);
}

/// Lines 3, 5 and 6 of algorithm 6: t = A s1 + s2, as packed t1 and t0. `s1` is transformed on the way.
fn public_value<M: Machine, P: ParameterSet>(
    machine: M,
    rho: &[u8; 32],
    s1: &mut P::VectorL,
    s2: &P::VectorK,
    t1: &mut [u8],
    t0: &mut [u8],
) {
    let mut matrix = P::Matrix::ZERO;
    expand_a::<M, P>(machine, rho, P::L, matrix.as_mut());
    s1.as_mut().iter_mut().for_each(|s| machine.transform(s));
    let rows = matrix.as_ref().chunks_exact(P::L).zip(s2.as_ref());
    for ((row, s2), (t1, t0)) in rows.zip(t1.chunks_exact_mut(T1_BYTES).zip(t0.chunks_exact_mut(T0_BYTES))) {
        let mut t = Poly::ZERO;
        machine.multiply_row(row, s1.as_ref(), &mut t);
        machine.transform_back(&mut t);
        machine.pack_t(&t, s2, t1, t0);
    }
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
    on_wiped_stack::<STACK_BYTES, _>(
        || dispatch!(backend, machine => derive_public_key::<_, P>(machine, private_key, public_key)),
    )
}

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
    public_key[..32].copy_from_slice(rho);
    public_value::<M, P>(machine, rho, &mut s1, &s2, &mut public_key[32..], derived_t0);
    Shake256::hash(machine, &[public_key], &mut tr);
    let difference = |a: &[u8], b: &[u8]| a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b));
    if difference(t0, derived_t0) | difference(&fixed[64..], &tr) == 0 {
        Ok(())
    } else {
        Err(InvalidPrivateKey::Mismatch)
    }
}
