//! Many signatures at a time.
//!
//! Verification takes eight at once: the hashes of their challenges and commitments, which have the same length within a
//! parameter set, run beside each other in the lanes of Keccak, and only the arithmetic is done one after the other.

use super::kernels::Machine;
use super::params::{MAX_W1_BYTES, ParameterSet, Zero};
use super::sampling::{BALL_BYTES, in_ball, in_ball_of_block};
use super::signing::{self, ExpandedSigningKey};
use super::verifying::{ExpandedVerifyingKey, Parts};
use crate::backend::Backend;
use crate::keccak::Shake256;
use crate::mlkem::Keys;
use core::array::from_fn;

/// Signatures that are verified at once.
const LANES: usize = 8;

/// Verifies each signature with its mu, and writes whether it is valid to `results`: as many of each, and of keys where each
/// signature has its own.
///
/// # Panics
/// If there are fewer keys, signatures or results than mus.
pub fn verify_batch<P: ParameterSet>(
    backend: Backend,
    keys: Keys<'_, ExpandedVerifyingKey<P>>,
    mus: &[[u8; 64]],
    signatures: &[&[u8]],
    results: &mut [bool],
) {
    debug_assert!(signatures.len() == mus.len() && results.len() == mus.len());
    let parts = mus.chunks(LANES).zip(signatures.chunks(LANES)).zip(results.chunks_mut(LANES));
    for (part, ((mus, signatures), results)) in parts.enumerate() {
        dispatch!(backend, machine => verify_part(machine, keys, LANES * part, mus, signatures, results));
    }
}

/// At most eight of them, from number `first` on.
fn verify_part<M: Machine, P: ParameterSet>(
    machine: M,
    keys: Keys<'_, ExpandedVerifyingKey<P>>,
    first: usize,
    mus: &[[u8; 64]],
    signatures: &[&[u8]],
    results: &mut [bool],
) {
    let last = mus.len() - 1;
    // A signature of a wrong length has no commitment; lanes beyond the last signature repeat it.
    let commitments: [&[u8]; LANES] = from_fn(|lane| {
        signatures[lane.min(last)].get(..P::COMMITMENT_BYTES).unwrap_or(&[0; 64][..P::COMMITMENT_BYTES])
    });
    let mut blocks = [[0; BALL_BYTES]; LANES];
    Shake256::<LANES>::hash_each(machine, &[&commitments], &mut blocks);

    let mut high = [[0; MAX_W1_BYTES]; LANES];
    for (lane, (signature, result)) in signatures.iter().zip(results.iter_mut()).enumerate() {
        let high = &mut high[lane][..P::K * P::W1_BYTES];
        *result = high_bits(machine, keys, first + lane, signature, &blocks[lane], high).is_some();
    }

    let mus: [&[u8]; LANES] = from_fn(|lane| mus[lane.min(last)].as_slice());
    let high: [&[u8]; LANES] = from_fn(|lane| &high[lane][..P::K * P::W1_BYTES]);
    let mut hashes = [[0; 64]; LANES];
    Shake256::<LANES>::hash_each(machine, &[&mus, &high], &mut hashes);
    for ((result, hash), commitment) in results.iter_mut().zip(hashes).zip(commitments) {
        *result &= &hash[..P::COMMITMENT_BYTES] == commitment;
    }
}

/// The packed high bits of one signature, for the first block of the hash of its commitment; `None` if it is refused.
fn high_bits<M: Machine, P: ParameterSet>(
    machine: M,
    keys: Keys<'_, ExpandedVerifyingKey<P>>,
    number: usize,
    signature: &[u8],
    block: &[u8; BALL_BYTES],
    out: &mut [u8],
) -> Option<()> {
    let mut response = P::Response::ZERO;
    let mut parts = Parts::<P>::parse(machine, signature, &mut response)?;
    let commitment = parts.commitment;
    if !in_ball_of_block::<P>(block, parts.challenge()) {
        in_ball::<M, P>(machine, commitment, parts.challenge());
    }
    match keys {
        Keys::One(key) => key.high_bits(machine, &mut parts, out),
        Keys::Each(keys) => keys[number].high_bits(machine, &mut parts, out),
        Keys::Encoded(keys) => {
            let mut key = ExpandedVerifyingKey::<P>::default();
            key.expand_on(machine, keys[number]);
            key.high_bits(machine, &mut parts, out);
        }
    }
    Some(())
}

/// Signs each mu with its rnd, one after the other; the signatures come one after another too.
///
/// # Panics
/// If there are fewer keys or rnds than mus.
pub fn sign_batch<P: ParameterSet>(
    backend: Backend,
    keys: Keys<'_, ExpandedSigningKey<P>>,
    mus: &[[u8; 64]],
    rnds: &[[u8; 32]],
    signatures: &mut [u8],
) {
    debug_assert!(rnds.len() == mus.len() && signatures.len() == mus.len() * P::SIGNATURE_BYTES);
    let items = mus.iter().zip(rnds).zip(signatures.chunks_exact_mut(P::SIGNATURE_BYTES));
    for (number, ((mu, rnd), signature)) in items.enumerate() {
        match keys {
            Keys::One(key) => key.sign_mu(backend, mu, rnd, signature),
            Keys::Each(keys) => keys[number].sign_mu(backend, mu, rnd, signature),
            Keys::Encoded(keys) => signing::sign_mu::<P>(backend, keys[number], mu, rnd, signature),
        }
    }
}
