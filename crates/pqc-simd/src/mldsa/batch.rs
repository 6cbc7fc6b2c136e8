//! Many signatures at a time.
//!
//! What is hashed for a signature has the same length within a parameter set, so the masks, commitments and challenges of
//! several are hashed beside each other in the lanes of Keccak, and only the arithmetic is done one after the other.

use super::kernels::Machine;
use super::params::{MAX_W1_BYTES, ParameterSet, Zero};
use super::sampling::{BALL_BYTES, MASK_BYTES, in_ball, in_ball_of_block, mask_seed};
use super::signing::{Attempt, ExpandedSigningKey, MAX_ATTEMPTS};
use super::verifying::{ExpandedVerifyingKey, Parts};
use crate::backend::Backend;
use crate::keccak::{Permute, Shake256, Shake256Batch};
use crate::wipe::on_wiped_stack;
use core::array::from_fn;

/// What signing leaves on the stack, at most: eight attempts, their high bits, and outputs of SHAKE.
const STACK_BYTES: usize = 200 << 10;

/// How many lanes of Keccak to use for so many signatures: 1, 4 or 8, and few where more would only be more work.
fn lanes<M: Machine>(count: usize) -> usize {
    match count {
        0 | 1 => 1,
        2..=4 => M::STATES.min(4),
        _ => M::STATES,
    }
}

/// The public key of a signature.
pub enum Key<'a, P: ParameterSet> {
    /// Ready for use.
    Expanded(&'a ExpandedVerifyingKey<P>),
    /// As it is encoded; it is expanded once for as many signatures as have it one after the other.
    Encoded(&'a [u8]),
}

/// Verifies each signature with its key and its mu, and writes whether it is valid to `results`: as many of each.
///
/// # Panics
/// If there are fewer keys, signatures or mus than results.
pub fn verify_batch<P: ParameterSet>(
    backend: Backend,
    keys: &[Key<'_, P>],
    mus: &[[u8; 64]],
    signatures: &[&[u8]],
    results: &mut [bool],
) {
    debug_assert!(keys.len() == results.len() && signatures.len() == results.len() && mus.len() == results.len());
    dispatch!(backend, machine => verify_all(machine, keys, mus, signatures, results));
}

fn verify_all<M: Machine, P: ParameterSet>(
    machine: M,
    keys: &[Key<'_, P>],
    mus: &[[u8; 64]],
    signatures: &[&[u8]],
    results: &mut [bool],
) {
    let (mut verifier, mut first) = (Verifier { machine, keys, mus, signatures, encoded: &[], expanded: None }, 0);
    for results in results.chunks_mut(M::STATES) {
        match lanes::<M>(results.len()) {
            1 => verifier.verify::<1>(first, results),
            4 => verifier.verify::<4>(first, results),
            _ => verifier.verify::<8>(first, results),
        }
        first += results.len();
    }
}

/// Signatures to verify, and the key that was expanded last for one of them, with its encoding.
struct Verifier<'a, M, P: ParameterSet> {
    machine: M,
    keys: &'a [Key<'a, P>],
    mus: &'a [[u8; 64]],
    signatures: &'a [&'a [u8]],
    encoded: &'a [u8],
    expanded: Option<ExpandedVerifyingKey<P>>,
}

impl<M: Machine, P: ParameterSet> Verifier<'_, M, P> {
    /// Verifies as many signatures as there are results, at most `LANES`, from number `first` on.
    fn verify<const LANES: usize>(&mut self, first: usize, results: &mut [bool])
    where
        M: Permute<LANES>,
    {
        // Lanes beyond the last signature repeat it. One of a wrong length has no commitment.
        let numbers: [usize; LANES] = from_fn(|lane| first + lane.min(results.len() - 1));
        let commitments = numbers.map(|number| {
            self.signatures[number].get(..P::COMMITMENT_BYTES).unwrap_or(&[0; 64][..P::COMMITMENT_BYTES])
        });
        let mut blocks = [[0; BALL_BYTES]; LANES];
        Shake256::<LANES>::hash_each(self.machine, &[&commitments], &mut blocks);

        let mut high = [[0; MAX_W1_BYTES]; LANES];
        for ((result, block), (number, high)) in results.iter_mut().zip(&blocks).zip(numbers.into_iter().zip(&mut high))
        {
            *result = self.high_bits(number, block, &mut high[..P::K * P::W1_BYTES]).is_some();
        }

        let (mus, high) =
            (numbers.map(|number| &self.mus[number][..]), high.each_ref().map(|high| &high[..P::K * P::W1_BYTES]));
        let mut hashes = [[0; 64]; LANES];
        Shake256::<LANES>::hash_each(self.machine, &[&mus, &high], &mut hashes);
        for ((result, hash), commitment) in results.iter_mut().zip(hashes).zip(commitments) {
            *result &= &hash[..P::COMMITMENT_BYTES] == commitment;
        }
    }

    /// The packed high bits of a signature, for the first block of the hash of its commitment; `None` if it is refused.
    fn high_bits(&mut self, number: usize, block: &[u8; BALL_BYTES], out: &mut [u8]) -> Option<()> {
        let (machine, mut response) = (self.machine, P::Response::ZERO);
        let mut parts = Parts::<P>::parse(machine, self.signatures[number], &mut response)?;
        if !in_ball_of_block::<P>(block, parts.challenge()) {
            let commitment = parts.commitment;
            in_ball::<M, P>(machine, commitment, parts.challenge());
        }
        self.key(number).high_bits(machine, &mut parts, out);
        Some(())
    }

    fn key(&mut self, number: usize) -> &ExpandedVerifyingKey<P> {
        match &self.keys[number] {
            Key::Expanded(key) => key,
            Key::Encoded(encoded) => {
                let expanded = self.expanded.get_or_insert_with(ExpandedVerifyingKey::default);
                if self.encoded != *encoded {
                    expanded.expand_on(self.machine, encoded);
                    self.encoded = encoded;
                }
                expanded
            }
        }
    }
}

/// Signs each mu with its key and its rnd into its signature, and writes to `signed` what [`ExpandedSigningKey::sign_mu`] would
/// give: as many of each.
///
/// # Panics
/// If there are fewer keys, rnds, signatures or places in `signed` than mus.
pub fn sign_batch<P: ParameterSet>(
    backend: Backend,
    keys: &[&ExpandedSigningKey<P>],
    mus: &[[u8; 64]],
    rnds: &[[u8; 32]],
    signatures: &mut [&mut [u8]],
    signed: &mut [bool],
) {
    debug_assert!(
        signed.len() == mus.len()
            && keys.len() == mus.len()
            && rnds.len() == mus.len()
            && signatures.len() == mus.len()
    );
    debug_assert!(signatures.iter().all(|signature| signature.len() == P::SIGNATURE_BYTES));
    dispatch!(backend, machine => sign_all(backend, machine, keys, mus, rnds, signatures, signed));
}

fn sign_all<M: Machine, P: ParameterSet>(
    backend: Backend,
    machine: M,
    keys: &[&ExpandedSigningKey<P>],
    mus: &[[u8; 64]],
    rnds: &[[u8; 32]],
    signatures: &mut [&mut [u8]],
    signed: &mut [bool],
) {
    // Lanes stay idle until the last message is signed: for three or less, sharing costs more than it saves.
    match if mus.len() < 4 { 1 } else { lanes::<M>(mus.len()) } {
        4 => {
            on_wiped_stack::<STACK_BYTES, _>(|| sign_in_lanes::<M, P, 4>(machine, keys, mus, rnds, signatures, signed))
        }
        8 => {
            on_wiped_stack::<STACK_BYTES, _>(|| sign_in_lanes::<M, P, 8>(machine, keys, mus, rnds, signatures, signed))
        }
        _ => {
            for (number, (signature, signed)) in signatures.iter_mut().zip(signed).enumerate() {
                *signed = keys[number].sign_mu(backend, &mus[number], &rnds[number], signature);
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

/// Each lane attempts to sign one message; when it has, or gives it up, it takes up the next one.
fn sign_in_lanes<M: Machine + Permute<LANES>, P: ParameterSet, const LANES: usize>(
    machine: M,
    keys: &[&ExpandedSigningKey<P>],
    mus: &[[u8; 64]],
    rnds: &[[u8; 32]],
    signatures: &mut [&mut [u8]],
    signed: &mut [bool],
) {
    let mut waiting = (0..mus.len()).map(|number| Signer {
        number,
        rho: keys[number].seed(machine, &mus[number], &rnds[number]),
        next: 0,
    });
    let mut signers = [Signer { number: 0, rho: [0; 64], next: 0 }; LANES];
    let mut active = 0;
    for (place, signer) in signers.iter_mut().zip(&mut waiting) {
        *place = signer;
        active += 1;
    }
    let mut attempts = [const { Attempt::<P>::ZERO }; LANES];
    let (mut high, mut commitments, mut blocks) =
        ([[0; MAX_W1_BYTES]; LANES], [[0; 64]; LANES], [[0; BALL_BYTES]; LANES]);
    while active > 0 {
        expand_masks(machine, &mut signers[..active], &mut attempts);
        for ((signer, attempt), high) in signers[..active].iter().zip(&mut attempts).zip(&mut high) {
            attempt.commit(machine, keys[signer.number], &mut high[..P::K * P::W1_BYTES]);
        }
        // What the lanes of no message hash does not matter.
        let high = high.each_ref().map(|high| &high[..P::K * P::W1_BYTES]);
        let mus = signers.each_ref().map(|signer| &mus[signer.number][..]);
        Shake256::<LANES>::hash_each(machine, &[&mus, &high], &mut commitments);
        let hashed = commitments.each_ref().map(|commitment| &commitment[..P::COMMITMENT_BYTES]);
        Shake256::<LANES>::hash_each(machine, &[&hashed], &mut blocks);
        for lane in (0..active).rev() {
            let (signer, attempt) = (signers[lane], &mut attempts[lane]);
            if !in_ball_of_block::<P>(&blocks[lane], attempt.challenge()) {
                in_ball::<M, P>(machine, hashed[lane], attempt.challenge());
            }
            let signature = &mut *signatures[signer.number];
            let (commitment, rest) = signature.split_at_mut(P::COMMITMENT_BYTES);
            signed[signer.number] = attempt.answer(machine, keys[signer.number], rest);
            if signed[signer.number] {
                commitment.copy_from_slice(hashed[lane]);
            } else if signer.next < MAX_ATTEMPTS * P::L {
                continue;
            } else {
                signature.fill(0);
            }
            // If no message waits, the last lane moves here; it has had its attempt.
            signers[lane] = waiting.next().unwrap_or_else(|| {
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
