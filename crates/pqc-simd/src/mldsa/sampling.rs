//! Pseudorandom sampling (FIPS 204, 7.3, algorithms 29 and 32 to 34).

use super::kernels::Machine;
use super::params::ParameterSet;
use super::poly::{N, Poly};
use super::rejection::{SMALL_BYTES, UNIFORM_BYTES, small_coefficient};
use crate::bytes::first;
use crate::keccak::{Permute, SHAKE_SUFFIX, SHAKE128_RATE, SHAKE256_RATE, State};
use crate::keccak::{Shake128, Shake128Batch, Shake256, Shake256Batch};
use crate::vec::v32::Q;
use core::marker::PhantomData;

/// Five blocks of SHAKE256: a polynomial of the mask takes at most 640 bytes.
pub(crate) const MASK_BYTES: usize = 5 * SHAKE256_RATE;

/// Algorithm 30 for a seed that needs more than its first 272 candidates: block by block until 256 are accepted.
pub(crate) fn uniform_slowly<M: Machine>(machine: M, seed: &[u8; 34], out: &mut Poly) {
    let mut sponge = Shake128::<1>::new();
    sponge.absorb(machine, seed);
    sponge.finish();
    let (mut block, mut count) = ([0; SHAKE128_RATE], 0);
    while count < N {
        sponge.squeeze(machine, &mut block);
        for &[a, b, c] in block.as_chunks::<3>().0 {
            let candidate = i32::from_le_bytes([a, b, c & 0x7f, 0]);
            if candidate < Q && count < N {
                out.coefficients_mut()[count] = candidate;
                count += 1;
            }
        }
    }
}

/// Algorithm 31 for a seed that needs more than its first 544 candidates.
pub(crate) fn small_slowly<M: Machine>(machine: M, seed: &[u8; 66], eta: i32, out: &mut Poly) {
    let mut sponge = Shake256::<1>::new();
    sponge.absorb(machine, seed);
    sponge.finish();
    let (mut block, mut count) = ([0; SHAKE256_RATE], 0);
    while count < N {
        sponge.squeeze(machine, &mut block);
        for candidate in block.iter().flat_map(|byte| [i32::from(byte & 15), i32::from(byte >> 4)]) {
            if candidate < if eta == 2 { 15 } else { 9 } && count < N {
                out.coefficients_mut()[count] = small_coefficient(candidate, eta);
                count += 1;
            }
        }
    }
}

/// Algorithm 32, `ExpandA`, eight elements at a time: element (r, s) becomes number `stride r + s` of `matrix`, with rows and
/// columns exchanged for products.
pub(crate) fn expand_a<M: Machine, P: ParameterSet>(machine: M, rho: &[u8; 32], stride: usize, matrix: &mut [Poly]) {
    let elements = P::K * P::L;
    let mut bytes = [[0; UNIFORM_BYTES]; 8];
    for first in (0..elements).step_by(8) {
        // Lanes beyond the last element repeat it.
        let index = |lane: usize| (first + lane).min(elements - 1);
        let seeds = core::array::from_fn(|lane| seed::<34>(rho, [index(lane) % P::L, index(lane) / P::L]));
        Shake128Batch::<8>::new(&seeds).squeeze(machine, &mut bytes);
        for lane in 0..8.min(elements - first) {
            let out = &mut matrix[index(lane) / P::L * stride + index(lane) % P::L];
            if !machine.sample_uniform(&bytes[lane], out) {
                uniform_slowly(machine, &seeds[lane], out);
            }
        }
        // Loading a vector right after the stores of its lanes would wait for the memory.
        for lane in 0..8.min(elements - first) {
            machine.transpose(&mut matrix[index(lane) / P::L * stride + index(lane) % P::L]);
        }
    }
}

/// The maximum number of elements of A that [`RowsOfA`] keeps: all but one of a row of seven, and eight more.
const MAX_ELEMENTS: usize = 14;

/// The rows of A one after the other, for a product that needs each of them once. The rows and columns of the elements are not
/// exchanged. The rows and columns of the other factor and of the product are, since these have fewer polynomials.
///
/// Elements are sampled eight at a time. The free lanes are spread over the last rounds, one in each, where a hash uses
/// them. If the number of elements is a multiple of eight, no lane is free. A backend that permutes eight states nearly
/// as fast as one then takes one more round for a hash.
pub(crate) struct RowsOfA<'a, P: ParameterSet> {
    rho: &'a [u8; 32],
    bytes: [[u8; UNIFORM_BYTES]; 8],
    elements: [Poly; MAX_ELEMENTS],
    /// The number of elements kept, and the number of all that were sampled.
    kept: usize,
    sampled: usize,
    set: PhantomData<P>,
}

impl<'a, P: ParameterSet> RowsOfA<'a, P> {
    const ELEMENTS: usize = P::K * P::L;

    pub(crate) const fn new(rho: &'a [u8; 32]) -> Self {
        let (bytes, elements) = ([[0; UNIFORM_BYTES]; 8], [Poly::ZERO; MAX_ELEMENTS]);
        Self { rho, bytes, elements, kept: 0, sampled: 0, set: PhantomData }
    }

    /// How many elements are sampled next, after `sampled` elements.
    const fn lanes<M: Machine>(sampled: usize, has_hash: bool) -> usize {
        let idle = if has_hash && M::STATES == 8 { 8 - Self::ELEMENTS % 8 } else { Self::ELEMENTS.wrapping_neg() % 8 };
        let (max, left) = (if sampled + 7 * idle < Self::ELEMENTS { 8 } else { 7 }, Self::ELEMENTS - sampled);
        if left < max { left } else { max }
    }

    /// Samples more elements and returns the rows that are now complete, perhaps none. The hash, if there is one, absorbs the
    /// known bytes of its message in the free lanes.
    pub(crate) fn sample_rows<M: Machine>(
        &mut self,
        machine: M,
        hash: Option<&mut GrowingHash>,
        known: &[u8],
    ) -> &[Poly] {
        // Drops the rows that the last call returned.
        let used = self.kept / P::L * P::L;
        self.elements.copy_within(used..self.kept, 0);
        self.kept -= used;
        let lanes = Self::lanes::<M>(self.sampled, hash.is_some());
        let seeds: [_; 8] = core::array::from_fn(|lane| {
            let index = self.sampled + lane;
            seed::<34>(self.rho, [index % P::L, index / P::L])
        });
        let seeds = &seeds[..lanes];
        match hash {
            Some(hash) => hash.squeeze_interleaved::<M, SHAKE128_RATE, _, _>(machine, seeds, known, &mut self.bytes),
            None => Shake128Batch::<8>::with_first(seeds).squeeze(machine, &mut self.bytes),
        }
        let elements = &mut self.elements[self.kept..self.kept + lanes];
        for ((element, bytes), seed) in elements.iter_mut().zip(&self.bytes).zip(seeds) {
            if !machine.sample_uniform(bytes, element) {
                uniform_slowly(machine, seed, element);
            }
        }
        self.kept += lanes;
        self.sampled += lanes;
        &self.elements[..self.kept / P::L * P::L]
    }
}

/// SHAKE256 with 64 bytes of output, of a message that becomes known step by step.
pub(crate) struct GrowingHash {
    state: State<1>,
    absorbed: usize,
}

impl GrowingHash {
    pub(crate) const fn new() -> Self {
        Self { state: State::ZERO, absorbed: 0 }
    }

    /// The next block of the message, if all of it is known.
    fn next_block<'a>(&mut self, known: &'a [u8]) -> Option<&'a [u8; SHAKE256_RATE]> {
        let block = known[self.absorbed..].first_chunk()?;
        self.absorbed += SHAKE256_RATE;
        Some(block)
    }

    /// The first blocks of SHAKE128 or SHAKE256, depending on the rate, of each seed. If there are fewer than eight seeds, the hash
    /// absorbs a block in a free lane with each of these blocks.
    fn squeeze_interleaved<M: Machine, const RATE: usize, const SEED_BYTES: usize, const BYTES: usize>(
        &mut self,
        machine: M,
        seeds: &[[u8; SEED_BYTES]],
        known: &[u8],
        out: &mut [[u8; BYTES]],
    ) {
        const { assert!(BYTES.is_multiple_of(RATE)) };
        let (mut states, lanes) = (State::<8>::ZERO, seeds.len());
        for (lane, seed) in seeds.iter().enumerate() {
            states.add(lane, 0, seed);
            states.pad(lane, SEED_BYTES, RATE, SHAKE_SUFFIX);
        }
        let mut has_lane = lanes < 8;
        if has_lane {
            states.set(lanes, &self.state);
        }
        for from in (0..BYTES).step_by(RATE) {
            if has_lane {
                if let Some(block) = self.next_block(known) {
                    states.add(lanes, 0, block);
                } else {
                    states.get(lanes, &mut self.state);
                    has_lane = false;
                }
            }
            machine.permute_first(&mut states, lanes + usize::from(has_lane));
            for (lane, out) in out.iter_mut().enumerate().take(lanes) {
                states.copy_to(lane, 0, &mut out[from..from + RATE]);
            }
        }
        if has_lane {
            states.get(lanes, &mut self.state);
        }
    }

    /// The hash of the whole message.
    pub(crate) fn finish<M: Machine>(mut self, machine: M, message: &[u8], out: &mut [u8; 64]) {
        while let Some(block) = self.next_block(message) {
            self.state.add(0, 0, block);
            machine.permute(&mut self.state);
        }
        let rest = &message[self.absorbed..];
        self.state.add(0, 0, rest);
        self.state.pad(0, rest.len(), SHAKE256_RATE, SHAKE_SUFFIX);
        machine.permute(&mut self.state);
        self.state.copy_to(0, 0, out);
    }
}

/// A seed followed by two bytes.
#[inline(always)]
pub(crate) fn seed<const LENGTH: usize>(seed: &[u8], numbers: [usize; 2]) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    bytes[..LENGTH - 2].copy_from_slice(seed);
    #[allow(clippy::cast_possible_truncation, reason = "both are bytes")]
    bytes[LENGTH - 2..].copy_from_slice(&numbers.map(|number| number as u8));
    bytes
}

/// Algorithm 33, `ExpandS`: first s1 and then s2, L + K polynomials.
pub(crate) fn expand_s<M: Machine, P: ParameterSet>(machine: M, rho: &[u8; 64], s1: &mut [Poly], s2: &mut [Poly]) {
    let mut bytes = [[0; SMALL_BYTES]; 8];
    for first in (0..P::L + P::K).step_by(8) {
        let seeds: [_; 8] = core::array::from_fn(|lane| seed::<66>(rho, [first + lane, 0]));
        let used = 8.min(P::L + P::K - first);
        Shake256Batch::<8>::with_first(&seeds[..used]).squeeze(machine, &mut bytes);
        for lane in 0..used {
            let index = first + lane;
            let out = if index < P::L { &mut s1[index] } else { &mut s2[index - P::L] };
            if !machine.sample_small(&bytes[lane], P::ETA, out) {
                small_slowly(machine, &seeds[lane], P::ETA, out);
            }
        }
    }
}

/// The seed of one polynomial of the mask.
pub(crate) fn mask_seed(rho: &[u8; 64], counter: usize) -> [u8; 66] {
    seed(rho, [counter % 256, counter / 256])
}

/// The maximum number of polynomials of the mask that are kept: at most six that an attempt left over, and eight more.
const MAX_MASKS: usize = 14;

/// The masks of successive attempts (algorithm 34, `ExpandMask`); some polynomials are sampled ahead.
pub(crate) struct Masks<'a, P: ParameterSet> {
    rho: &'a [u8; 64],
    /// The polynomials that are sampled but not yet taken, packed: `ready` of them, from number `first` on.
    bytes: [[u8; MASK_BYTES]; MAX_MASKS],
    first: usize,
    ready: usize,
    /// The counter of the next polynomial.
    next: usize,
    set: PhantomData<P>,
}

impl<'a, P: ParameterSet> Masks<'a, P> {
    pub(crate) const fn new(rho: &'a [u8; 64]) -> Self {
        Self { rho, bytes: [[0; MASK_BYTES]; MAX_MASKS], first: 0, ready: 0, next: 0, set: PhantomData }
    }

    /// The mask of the next attempt.
    pub(crate) fn take<M: Machine>(&mut self, machine: M, mask: &mut [Poly]) {
        debug_assert_eq!(mask.len(), P::L);
        while self.ready < P::L {
            self.make(machine, M::STATES.max(4), &mut GrowingHash::new(), &[]);
        }
        for (y, bytes) in mask.iter_mut().zip(&self.bytes[self.first..]) {
            machine.unpack(&bytes[..P::Z_BYTES], P::Z_BITS, P::GAMMA1, y);
        }
        self.first += P::L;
        self.ready -= P::L;
    }

    /// The hash of a message. If the next attempt lacks polynomials, some are sampled in lanes that would be idle.
    pub(crate) fn hash_interleaved<M: Machine>(&mut self, machine: M, message: &[u8], out: &mut [u8; 64]) {
        let mut hash = GrowingHash::new();
        if M::STATES > 1 && self.ready < P::L {
            self.make(machine, M::STATES - 1, &mut hash, message);
        }
        hash.finish(machine, message, out);
    }

    fn make<M: Machine>(&mut self, machine: M, lanes: usize, hash: &mut GrowingHash, known: &[u8]) {
        self.bytes.copy_within(self.first..self.first + self.ready, 0);
        self.first = 0;
        let seeds: [_; 8] = core::array::from_fn(|lane| mask_seed(self.rho, self.next + lane));
        let bytes = &mut self.bytes[self.ready..self.ready + lanes];
        hash.squeeze_interleaved::<M, SHAKE256_RATE, _, _>(machine, &seeds[..lanes], known, bytes);
        self.ready += lanes;
        self.next += lanes;
    }
}

/// Algorithm 29, `SampleInBall`, of c~: tau coefficients are 1 or -1, the others 0.
///
/// The addresses depend on c~. It is public in a signature; in a rejected attempt it is independent of the key, as c~ is a hash
/// of a fresh w1.
pub(crate) fn in_ball<M: Machine, P: ParameterSet>(machine: M, commitment: &[u8], out: &mut Poly) {
    let mut sponge = Shake256::<1>::new();
    sponge.absorb(machine, commitment);
    sponge.finish();
    let mut block = [0; BALL_BYTES];
    sponge.squeeze(machine, &mut block);
    let mut at = 8;
    let signs = block;
    // The stream does not end before the coefficients are placed.
    let _ = fill_ball::<P>(&signs, out, || {
        if at == block.len() {
            sponge.squeeze(machine, &mut block);
            at = 0;
        }
        at += 1;
        Some(block[at - 1])
    });
}

/// A block of SHAKE256, which nearly always suffices for [`in_ball`].
pub(crate) const BALL_BYTES: usize = SHAKE256_RATE;

/// [`in_ball`] from the first block of the hash of c~; returns whether it suffices.
pub(crate) fn in_ball_of_block<P: ParameterSet>(block: &[u8; BALL_BYTES], out: &mut Poly) -> bool {
    let mut bytes = block[8..].iter();
    fill_ball::<P>(block, out, || bytes.next().copied()).is_some()
}

/// Lines 4 and 6 to 13 of algorithm 29: the signs from the first eight bytes, the positions from `next`.
#[inline(always)]
pub(crate) fn fill_ball<P: ParameterSet>(
    signs: &[u8; BALL_BYTES],
    out: &mut Poly,
    mut next: impl FnMut() -> Option<u8>,
) -> Option<()> {
    let mut signs = u64::from_le_bytes(*first(signs));
    *out = Poly::ZERO;
    let c = out.coefficients_mut();
    for i in (0..N).skip(N - P::TAU.unsigned_abs() as usize) {
        let j = loop {
            let j = usize::from(next()?);
            if j <= i {
                break j;
            }
        };
        c[i] = c[j];
        c[j] = 1 - 2 * i32::from(signs & 1 == 1);
        signs >>= 1;
    }
    Some(())
}
