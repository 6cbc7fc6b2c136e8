//! ML-KEM, FIPS 203 section 6: the internal algorithms, which take their randomness.
#![allow(clippy::cast_possible_truncation, reason = "k is at most 4, and a mask keeps its low byte")]

use super::keys::{ExpandedPrivateKey, ExpandedPublicKey};
use super::params::ParameterSet;
use super::pke::{self, Machine, Noise, sample_matrix};
use crate::Backend;
use crate::keccak::{Permute, SHA3_512_RATE, SHA3_SUFFIX, SHAKE_SUFFIX, SHAKE256_RATE};
use crate::keccak::{Sha3_256, Sha3_512, Shake256, State};
use crate::wipe::on_wiped_stack;
use std::hint::black_box;

/// The longest ciphertext, that of ML-KEM-1024.
pub(super) const LONGEST_CIPHERTEXT_BYTES: usize = 1568;

/// The stack that an operation uses in any parameter set, with room to spare; the test `mlkem_wiping` holds this to be enough.
const KEYGEN_STACK_BYTES: usize = 24 << 10;
const ENCAPSULATION_STACK_BYTES: usize = 12 << 10;
const DECAPSULATION_STACK_BYTES: usize = 14 << 10;
const FRESH_STACK_BYTES: usize = 28 << 10;

/// Algorithm 16, ML-KEM.KeyGen_internal: writes dk = dk_PKE || ek || H(ek) || z, of `P::PRIVATE_KEY_BYTES`.
///
/// The seed is d || z.
pub fn keygen<P: ParameterSet>(backend: Backend, seed: &[u8; 64], private_key: &mut [u8]) {
    on_wiped_stack::<KEYGEN_STACK_BYTES, _>(|| dispatch!(backend, m => keygen_on::<_, P>(m, seed, private_key)));
}

/// Algorithm 17, ML-KEM.Encaps_internal, for a key of `P::PUBLIC_KEY_BYTES` that is used once.
///
/// The modulus check of the key (FIPS 203, 7.2) is the caller's. The ciphertext has `P::CIPHERTEXT_BYTES`.
pub fn encapsulate<P: ParameterSet>(
    backend: Backend,
    public_key: &[u8],
    m: &[u8; 32],
    ciphertext: &mut [u8],
    shared_secret: &mut [u8; 32],
) {
    on_wiped_stack::<FRESH_STACK_BYTES, _>(|| {
        dispatch!(backend, machine => {
            let mut key = ExpandedPublicKey::<P>::default();
            key.expand_on(machine, public_key);
            encapsulate_on(machine, &key, m, ciphertext, shared_secret);
        });
    });
}

/// Algorithm 18, ML-KEM.Decaps_internal, for a key of `P::PRIVATE_KEY_BYTES` that is used once.
///
/// The checks of the key (FIPS 203, 7.3) are the caller's. The ciphertext has `P::CIPHERTEXT_BYTES`.
pub fn decapsulate<P: ParameterSet>(
    backend: Backend,
    private_key: &[u8],
    ciphertext: &[u8],
    shared_secret: &mut [u8; 32],
) {
    on_wiped_stack::<FRESH_STACK_BYTES, _>(|| {
        dispatch!(backend, machine => {
            let mut key = ExpandedPrivateKey::<P>::default();
            key.expand_on(machine, private_key);
            decapsulate_on(machine, &key, ciphertext, shared_secret);
        });
    });
}

impl<P: ParameterSet> ExpandedPublicKey<P> {
    /// [`encapsulate`] to this key.
    pub fn encapsulate(&self, backend: Backend, m: &[u8; 32], ciphertext: &mut [u8], shared_secret: &mut [u8; 32]) {
        debug_assert_eq!(ciphertext.len(), P::CIPHERTEXT_BYTES);
        on_wiped_stack::<ENCAPSULATION_STACK_BYTES, _>(|| {
            dispatch!(backend, machine => encapsulate_on(machine, self, m, ciphertext, shared_secret));
        });
    }
}

impl<P: ParameterSet> ExpandedPrivateKey<P> {
    /// [`decapsulate`] with this key.
    pub fn decapsulate(&self, backend: Backend, ciphertext: &[u8], shared_secret: &mut [u8; 32]) {
        debug_assert_eq!(ciphertext.len(), P::CIPHERTEXT_BYTES);
        on_wiped_stack::<DECAPSULATION_STACK_BYTES, _>(|| {
            dispatch!(backend, machine => decapsulate_on(machine, self, ciphertext, shared_secret));
        });
    }
}

#[inline(never)]
fn keygen_on<M: Machine, P: ParameterSet>(machine: M, seed: &[u8; 64], private_key: &mut [u8]) {
    debug_assert_eq!(private_key.len(), P::PRIVATE_KEY_BYTES);
    let (d, z) = seed.split_at(32);
    let (rho, sigma) = g(machine, &[d, &[P::K as u8]]);
    let mut matrix = P::MATRIX;
    sample_matrix::<M, P>(machine, &rho, |i, j| [j, i], &mut matrix);
    let mut noise = Noise::ZERO;
    Noise::fill::<M, P>(machine, &sigma, 2 * P::K, None, &mut noise);
    let (s, rest) = private_key.split_at_mut(384 * P::K);
    let (public_key, rest) = rest.split_at_mut(P::PUBLIC_KEY_BYTES);
    let (hash, z_out) = rest.split_at_mut(32);
    pke::keygen::<M, P>(machine, &matrix, &noise, s, public_key);
    public_key[384 * P::K..].copy_from_slice(&rho);
    Sha3_256::hash(machine, &[public_key], hash);
    z_out.copy_from_slice(z);
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
fn encapsulate_on<M: Machine, P: ParameterSet>(
    machine: M,
    key: &ExpandedPublicKey<P>,
    m: &[u8; 32],
    ciphertext: &mut [u8],
    shared_secret: &mut [u8; 32],
) {
    let (secret, r) = g(machine, &[m, &key.hash]);
    let mut noise = Noise::ZERO;
    Noise::fill::<M, P>(machine, &r, 2 * P::K + 1, None, &mut noise);
    pke::encrypt::<M, P>(machine, &key.transpose, &key.t, m, &noise, ciphertext);
    *shared_secret = secret;
}

#[inline(never)]
fn decapsulate_on<M: Machine, P: ParameterSet>(
    machine: M,
    key: &ExpandedPrivateKey<P>,
    ciphertext: &[u8],
    shared_secret: &mut [u8; 32],
) {
    let m = pke::decrypt::<M, P>(machine, &key.s, ciphertext);
    let mut noise = Noise::ZERO;
    let Secrets { secret, rejection } = Secrets::new::<M, P>(machine, key, &m, ciphertext, &mut noise);
    let mut again = [0; LONGEST_CIPHERTEXT_BYTES];
    let again = &mut again[..P::CIPHERTEXT_BYTES];
    pke::encrypt::<M, P>(machine, &key.public_key.transpose, &key.public_key.t, &m, &noise, again);
    *shared_secret = select(machine.difference(ciphertext, again), &secret, &rejection);
}

/// The shared secret of a ciphertext that is right, and of one that is not.
struct Secrets {
    secret: [u8; 32],
    rejection: [u8; 32],
}

impl Secrets {
    /// G(m || H(ek)), the noise that comes of it, and J(z || c).
    ///
    /// J is the longest of them. Its last two permutations run beside that of G and that of the noise.
    #[inline(always)]
    fn new<M: Machine, P: ParameterSet>(
        machine: M,
        key: &ExpandedPrivateKey<P>,
        m: &[u8; 32],
        ciphertext: &[u8],
        noise: &mut Noise,
    ) -> Self {
        let whole_blocks = (32 + P::CIPHERTEXT_BYTES) / SHAKE256_RATE;
        let (first, rest) = ciphertext.split_at(SHAKE256_RATE * (whole_blocks - 1) - 32);
        let (block, last) = rest.split_at(SHAKE256_RATE);
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
}

/// The first string if the number is 0, else the second.
///
/// The mask is hidden from the compiler once it is all ones or all zeros. Hiding the number alone is not enough: the compiler
/// then knows that the mask has two values, and makes the choice a jump.
#[inline(always)]
pub(super) fn select(number: u8, if_zero: &[u8; 32], otherwise: &[u8; 32]) -> [u8; 32] {
    let mask = black_box((u16::from(number).wrapping_sub(1) >> 8) as u8);
    std::array::from_fn(|i| otherwise[i] ^ (mask & (if_zero[i] ^ otherwise[i])))
}
