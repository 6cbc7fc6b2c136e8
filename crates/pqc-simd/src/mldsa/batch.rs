//! Batches of keys and of signatures.
//!
//! The inputs of each hash have one length within a parameter set, so the hashes of several signatures (masks, commitments,
//! challenges) are interleaved in the lanes of Keccak, and only the arithmetic is sequential.

use super::kernels::Machine;
use super::keygen::{dimensions, keygen, keygen_without_hash};
use super::params::{MAX_W1_BYTES, ParameterSet, on_wiped_stack_of};
use super::sampling::{BALL_BYTES, MASK_BYTES, in_ball, in_ball_of_block, mask_seed};
use super::signing::{Attempt, ExpandedSigningKey, MAX_ATTEMPTS};
use super::verifying::{DecodedSignature, ExpandedVerifyingKey, commitment_of};
use crate::backend::Backend;
use crate::bytes::{Bytes, Zero};
use crate::keccak::{Permute, Shake256, Shake256Batch};
use crate::wipe::on_wiped_stack;
use core::array::from_fn;
use core::hint::black_box;

/// The stack that signing uses: eight attempts, their high bits, and outputs of SHAKE.
const STACK_BYTES: usize = 200 << 10;

/// The number of keys that interleave their hashes.
const KEYS: usize = 8;

/// A key of a batch, from its seed xi.
pub struct Generation<'a, P: ParameterSet> {
    /// The seed.
    pub seed: &'a [u8; 32],
    /// The private key.
    pub private_key: &'a mut P::PrivateKey,
    /// The public key.
    pub public_key: &'a mut P::PublicKey,
}

/// [`keygen`] for each of the items.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let item = Generation { seed: &[0; 32], private_key: &mut [0; 4032], public_key: &mut [0; 1953] };
/// keygen_batch::<MlDsa65>(Backend::best(), &mut [item]);
/// ```
pub fn keygen_batch<P: ParameterSet>(backend: Backend, items: &mut [Generation<'_, P>]) {
    let (groups, others) = items.as_chunks_mut();
    for items in groups {
        on_wiped_stack_of::<P, { 52 << 10 }, { 56 << 10 }, { 60 << 10 }, _>(
            || dispatch!(backend, machine => keygen_lanes(machine, items)),
        );
    }
    for Generation { seed, private_key, public_key } in others {
        keygen::<P>(backend, seed, private_key, public_key);
    }
}

/// The first and the last hash of each key are interleaved. No lane is left for them while A is sampled.
#[inline(never)]
pub(crate) fn keygen_lanes<M: Machine, P: ParameterSet>(machine: M, items: &mut [Generation<'_, P>; KEYS]) {
    let (mut expanded, mut hashes) = ([[0; 128]; KEYS], [[0; 64]; KEYS]);
    let seeds = items.each_ref().map(|item| &item.seed[..]);
    Shake256::hash_each(machine, &[&seeds, &[&dimensions::<P>(); KEYS]], &mut expanded);
    for (item, expanded) in items.iter_mut().zip(&expanded) {
        keygen_without_hash::<M, P>(machine, expanded, item.private_key, item.public_key, &mut [], None);
    }
    let public_keys = items.each_ref().map(|item| item.public_key.as_ref());
    Shake256::hash_each(machine, &[&public_keys], &mut hashes);
    for (item, hash) in items.iter_mut().zip(&hashes) {
        item.private_key.as_mut()[64..128].copy_from_slice(hash);
    }
}

/// The number of lanes of Keccak for the verification of `count` signatures: 1, 4 or 8. Two signatures already gain.
fn lanes<M: Machine>(count: usize) -> usize {
    match count {
        0 | 1 => 1,
        2..=4 => M::STATES.min(4),
        _ => M::STATES,
    }
}

/// The public key of a signature.
pub enum Key<'a, P: ParameterSet> {
    /// Expanded.
    Expanded(&'a ExpandedVerifyingKey<P>),
    /// Encoded; successive signatures with the same encoding share one expansion.
    Encoded(&'a P::PublicKey),
}

/// A signature of a batch to verify.
pub struct Verification<'a, P: ParameterSet> {
    /// The public key.
    pub key: Key<'a, P>,
    /// The message representative.
    pub mu: [u8; 64],
    /// The signature.
    pub signature: &'a P::Signature,
    /// Whether the signature is valid: written by [`verify_batch`].
    pub is_valid: bool,
}

/// Verifies each signature with its key and its mu.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let (key, mu) = (Key::Encoded(&[0; 31]), [0; 64]);
/// let item = Verification { key, mu, signature: &[0; 3309], is_valid: false };
/// verify_batch::<MlDsa65>(Backend::best(), &mut [item]);
/// ```
///
/// ```
/// # use pqc_simd::{Backend, mldsa::*};
/// let (key, mu) = (Key::Encoded(&[0; 1952]), [0; 64]);
/// let item = Verification { key, mu, signature: &[0; 3309], is_valid: true };
/// let mut items = [item];
/// verify_batch::<MlDsa65>(Backend::best(), &mut items);
/// assert!(!items[0].is_valid);
/// ```
pub fn verify_batch<P: ParameterSet>(backend: Backend, items: &mut [Verification<'_, P>]) {
    dispatch!(backend, machine => verify_all(machine, items));
}

pub(crate) fn verify_all<M: Machine, P: ParameterSet>(machine: M, items: &mut [Verification<'_, P>]) {
    let mut verifier = Verifier { machine, encoded: None, expanded: None };
    for items in items.chunks_mut(M::STATES) {
        match lanes::<M>(items.len()) {
            1 => verifier.verify::<1>(items),
            4 => verifier.verify::<4>(items),
            _ => verifier.verify::<8>(items),
        }
    }
}

/// A machine with the key that it expanded last, and the encoding of that key.
struct Verifier<M, P: ParameterSet> {
    machine: M,
    /// The key that was expanded last: a copy, since the compared key must be the expanded one.
    encoded: Option<P::PublicKey>,
    expanded: Option<ExpandedVerifyingKey<P>>,
}

impl<M: Machine, P: ParameterSet> Verifier<M, P> {
    /// Verifies at most `LANES` signatures.
    fn verify<const LANES: usize>(&mut self, items: &mut [Verification<'_, P>])
    where
        M: Permute<LANES>,
    {
        // Free lanes repeat the last signature.
        let numbers: [usize; LANES] = from_fn(|lane| lane.min(items.len() - 1));
        let commitments = numbers.map(|number| commitment_of::<P>(items[number].signature));
        let commitments = commitments.each_ref().map(|commitment| &commitment[..P::COMMITMENT_BYTES]);
        let mut blocks = [[0; BALL_BYTES]; LANES];
        Shake256::<LANES>::hash_each(self.machine, &[&commitments], &mut blocks);

        let mut high = [[0; MAX_W1_BYTES]; LANES];
        for (lane, (item, high)) in items.iter_mut().zip(&mut high).enumerate() {
            let challenge = (commitments[lane], &blocks[lane]);
            item.is_valid = self.high_bits(item, challenge, &mut high[..P::K * P::W1_BYTES]).is_some();
        }

        let (mus, high) =
            (numbers.map(|number| &items[number].mu[..]), high.each_ref().map(|high| &high[..P::K * P::W1_BYTES]));
        let mut hashes = [[0; 64]; LANES];
        Shake256::<LANES>::hash_each(self.machine, &[&mus, &high], &mut hashes);
        for ((item, hash), commitment) in items.iter_mut().zip(hashes).zip(commitments) {
            item.is_valid &= &hash[..P::COMMITMENT_BYTES] == commitment;
        }
    }

    /// The packed high bits of a signature, given its commitment and the first block of the hash of the commitment;
    /// `None` if the signature is refused.
    fn high_bits(
        &mut self,
        item: &Verification<'_, P>,
        (commitment, block): (&[u8], &[u8; BALL_BYTES]),
        out: &mut [u8],
    ) -> Option<()> {
        let (machine, mut response) = (self.machine, P::Response::ZERO);
        let mut decoded = DecodedSignature::<P>::parse(machine, item.signature, &mut response)?;
        if !in_ball_of_block::<P>(block, decoded.challenge()) {
            in_ball::<M, P>(machine, commitment, decoded.challenge());
        }
        self.key(&item.key).high_bits(machine, &mut decoded, out);
        Some(())
    }

    fn key<'k>(&'k mut self, key: &Key<'k, P>) -> &'k ExpandedVerifyingKey<P> {
        match *key {
            Key::Expanded(key) => key,
            Key::Encoded(encoded) => {
                let expanded = self.expanded.get_or_insert_with(ExpandedVerifyingKey::default);
                if self.encoded.as_ref() != Some(encoded) {
                    let copy = self.encoded.insert(*encoded);
                    black_box(&raw mut *copy);
                    expanded.expand_on(self.machine, copy);
                }
                expanded
            }
        }
    }
}

/// A signature of a batch to create.
pub struct Signing<'a, P: ParameterSet> {
    /// The private key.
    pub key: &'a ExpandedSigningKey<P>,
    /// The message representative.
    pub mu: [u8; 64],
    /// Random, or zeros for a deterministic signature.
    pub rnd: &'a [u8; 32],
    /// The signature.
    pub signature: &'a mut P::Signature,
    /// The result of [`ExpandedSigningKey::sign_mu`]: written by [`sign_batch`].
    pub is_signed: bool,
}

/// Signs each mu with its key and its rnd.
///
/// ```compile_fail
/// # use pqc_simd::{Backend, mldsa::*};
/// let (key, mu) = (&ExpandedSigningKey::default(), [0; 64]);
/// let item = Signing { key, mu, rnd: &[0; 32], signature: &mut [0; 3308], is_signed: false };
/// sign_batch::<MlDsa65>(Backend::best(), &mut [item]);
/// ```
pub fn sign_batch<P: ParameterSet>(backend: Backend, items: &mut [Signing<'_, P>]) {
    dispatch!(backend, machine => sign_all(backend, machine, items));
}

fn sign_all<M: Machine, P: ParameterSet>(backend: Backend, machine: M, items: &mut [Signing<'_, P>]) {
    // Lanes are idle until the last message is signed, so for a few messages, sharing costs more than it saves.
    match if items.len() < backend.smallest_group() { 1 } else { M::STATES } {
        4 => on_wiped_stack::<STACK_BYTES, _>(|| sign_in_lanes::<M, P, 4>(machine, items)),
        8 => on_wiped_stack::<STACK_BYTES, _>(|| sign_in_lanes::<M, P, 8>(machine, items)),
        _ => {
            for item in items {
                item.is_signed = item.key.sign_mu(backend, &item.mu, item.rnd, item.signature);
            }
        }
    }
}

/// A message that is being signed.
#[derive(Clone, Copy)]
struct Signer {
    number: usize,
    /// The seed of its mask, and the counter of the next polynomial.
    rho: [u8; 64],
    next: usize,
}

/// Each lane attempts to sign one message, and after success or the last attempt continues with the next one.
pub(crate) fn sign_in_lanes<M: Machine + Permute<LANES>, P: ParameterSet, const LANES: usize>(
    machine: M,
    items: &mut [Signing<'_, P>],
) {
    let mut next = 0;
    let mut waiting = |items: &[Signing<'_, P>]| {
        let (number, item) = (next, items.get(next)?);
        next += 1;
        Some(Signer { number, rho: item.key.seed(machine, &item.mu, item.rnd), next: 0 })
    };
    let mut signers = [Signer { number: 0, rho: [0; 64], next: 0 }; LANES];
    let mut active = 0;
    while active < LANES
        && let Some(signer) = waiting(items)
    {
        signers[active] = signer;
        active += 1;
    }
    let mut attempts = [const { Attempt::<P>::ZERO }; LANES];
    let (mut high, mut commitments, mut blocks) =
        ([[0; MAX_W1_BYTES]; LANES], [[0; 64]; LANES], [[0; BALL_BYTES]; LANES]);
    while active > 0 {
        expand_masks(machine, &mut signers[..active], &mut attempts);
        for ((signer, attempt), high) in signers[..active].iter().zip(&mut attempts).zip(&mut high) {
            attempt.commit(machine, items[signer.number].key, &mut high[..P::K * P::W1_BYTES]);
        }
        // The hashes of free lanes are ignored.
        let high = high.each_ref().map(|high| &high[..P::K * P::W1_BYTES]);
        let mus = signers.each_ref().map(|signer| &items[signer.number].mu[..]);
        Shake256::<LANES>::hash_each(machine, &[&mus, &high], &mut commitments);
        let hashed = commitments.each_ref().map(|commitment| &commitment[..P::COMMITMENT_BYTES]);
        Shake256::<LANES>::hash_each(machine, &[&hashed], &mut blocks);
        for lane in (0..active).rev() {
            let (signer, attempt) = (signers[lane], &mut attempts[lane]);
            if !in_ball_of_block::<P>(&blocks[lane], attempt.challenge()) {
                in_ball::<M, P>(machine, hashed[lane], attempt.challenge());
            }
            let item = &mut items[signer.number];
            let (commitment, rest) = item.signature.as_mut().split_at_mut(P::COMMITMENT_BYTES);
            item.is_signed = attempt.answer(machine, item.key, rest);
            if item.is_signed {
                commitment.copy_from_slice(hashed[lane]);
            } else if signer.next < MAX_ATTEMPTS * P::L {
                continue;
            } else {
                *item.signature = P::Signature::ZERO;
            }
            // If no message waits, the last lane moves here; it has had its attempt.
            signers[lane] = waiting(items).unwrap_or_else(|| {
                active -= 1;
                signers[active]
            });
        }
    }
}

/// Algorithm 34, `ExpandMask`, for the next attempt of each signer: eight polynomials at a time.
fn expand_masks<M: Machine, P: ParameterSet>(machine: M, signers: &mut [Signer], attempts: &mut [Attempt<P>]) {
    let polynomials = signers.len() * P::L;
    let (mut seeds, mut bytes) = ([[0; 66]; 8], [[0; MASK_BYTES]; 8]);
    for first in (0..polynomials).step_by(8) {
        let numbers = first..polynomials.min(first + 8);
        for (number, seed) in numbers.clone().zip(&mut seeds) {
            let signer = &mut signers[number / P::L];
            *seed = mask_seed(&signer.rho, signer.next);
            signer.next += 1;
        }
        Shake256Batch::<8>::with_first(&seeds[..numbers.len()]).squeeze(machine, &mut bytes);
        for (number, bytes) in numbers.zip(&bytes) {
            machine.unpack(
                &bytes[..P::Z_BYTES],
                P::Z_BITS,
                P::GAMMA1,
                &mut attempts[number / P::L].mask()[number % P::L],
            );
        }
    }
}
