//! The matrix, FIPS 203 algorithms 13 and 14: each polynomial is three blocks of SHAKE128, and seldom more.
//!
//! The samples of a batch are interleaved in the lanes of Keccak. The free lanes take part in the same three permutations, so a
//! [`LaneFiller`] uses them for other work: the blocks of a long hash cost little there, and much alone.
#![allow(clippy::cast_possible_truncation, reason = "k is below 16")]

use super::kernels::{ACCEPTED, Machine, SAMPLE_BLOCKS, SAMPLE_BYTES};
use super::params::ParameterSet;
use crate::keccak::{Permute, SHAKE_SUFFIX, SHAKE128_RATE, SHAKE256_RATE, State};
use crate::ntt16::Poly;
use std::ops::Range;

/// The inputs of the XOF for all entries, row by row: the seed and the indices.
pub(crate) struct EntrySeeds(pub(crate) [[u8; 34]; 16]);

impl EntrySeeds {
    /// For row i and column j, `indices` returns j and i for the matrix A, i and j for its transpose.
    #[inline(always)]
    pub(crate) fn new<P: ParameterSet>(seed: &[u8; 32], indices: impl Fn(u8, u8) -> [u8; 2]) -> Self {
        let (mut seeds, k) = ([[0; 34]; 16], P::K as u8);
        for (entry, input) in (0..k * k).zip(&mut seeds) {
            input[..32].copy_from_slice(seed);
            input[32..].copy_from_slice(&indices(entry / k, entry % k));
        }
        Self(seeds)
    }
}

/// Work in the free lanes of a batch, in each of its three steps: `fill`, a permutation, `collect`.
pub(crate) trait LaneFiller {
    /// Fills lanes from `lane` on, and returns how many.
    fn fill<const N: usize>(&mut self, step: usize, state: &mut State<N>, lane: usize) -> usize;

    /// Copies its results from these lanes.
    fn collect<const N: usize>(&mut self, step: usize, state: &State<N>, lane: usize);
}

/// No work: the lanes stay free.
impl LaneFiller for () {
    #[inline(always)]
    fn fill<const N: usize>(&mut self, _: usize, _: &mut State<N>, _: usize) -> usize {
        0
    }

    #[inline(always)]
    fn collect<const N: usize>(&mut self, _: usize, _: &State<N>, _: usize) {}
}

/// A sponge with the rate of SHA3-256 and SHAKE256 that absorbs a block of its message in each step until none is left.
pub(crate) struct Absorption<'a> {
    pub(crate) state: State<1>,
    pub(crate) blocks: &'a [[u8; SHAKE256_RATE]],
    /// Whether it uses a lane in this step.
    has_lane: bool,
}

impl<'a> Absorption<'a> {
    #[inline(always)]
    pub(crate) const fn new(blocks: &'a [[u8; SHAKE256_RATE]]) -> Self {
        Self { state: State::ZERO, blocks, has_lane: false }
    }
}

/// Each has a separate lane, which stays free when it is done.
impl<const HASHES: usize> LaneFiller for [Absorption<'_>; HASHES] {
    #[inline(always)]
    fn fill<const N: usize>(&mut self, step: usize, state: &mut State<N>, lane: usize) -> usize {
        let mut lanes = 0;
        for (i, hash) in self.iter_mut().enumerate() {
            hash.has_lane = !hash.blocks.is_empty();
            if let Some((block, rest)) = hash.blocks.split_first() {
                if step == 0 {
                    state.set(lane + i, &hash.state);
                }
                state.add(lane + i, 0, block);
                hash.blocks = rest;
                lanes = i + 1;
            }
        }
        lanes
    }

    #[inline(always)]
    fn collect<const N: usize>(&mut self, step: usize, state: &State<N>, lane: usize) {
        for (i, hash) in self.iter_mut().enumerate() {
            if hash.has_lane && (step == SAMPLE_BLOCKS - 1 || hash.blocks.is_empty()) {
                state.get(lane + i, &mut hash.state);
            }
        }
    }
}

/// Samples the whole matrix.
#[inline(always)]
pub(crate) fn sample_matrix<M: Machine, P: ParameterSet>(machine: M, seeds: &EntrySeeds, matrix: &mut P::Matrix) {
    let mut polynomials = matrix.as_mut().iter_mut().flat_map(AsMut::as_mut);
    for seeds in seeds.0[..P::K * P::K].chunks(8) {
        match seeds.len() {
            1 => sample::<M, 1>(machine, seeds, polynomials.by_ref(), &mut ()),
            2..=4 => sample::<M, 4>(machine, seeds, polynomials.by_ref(), &mut ()),
            _ => sample::<M, 8>(machine, seeds, polynomials.by_ref(), &mut ()),
        }
    }
}

/// Samples the whole matrix, interleaved with one or two hashes of up to 3 k blocks: three blocks of each with as many samples as
/// there are other lanes of four, k times, and then the other samples alone.
#[inline(always)]
pub(crate) fn sample_matrix_interleaved<M: Machine, P: ParameterSet, const HASHES: usize>(
    machine: M,
    seeds: &EntrySeeds,
    hashes: &mut [Absorption<'_>; HASHES],
    matrix: &mut P::Matrix,
) {
    debug_assert!(hashes.iter().all(|hash| hash.blocks.len() <= SAMPLE_BLOCKS * P::K));
    let mut polynomials = matrix.as_mut().iter_mut().flat_map(AsMut::as_mut);
    let seeds = &seeds.0[..P::K * P::K];
    let (with_hashes, rest) = seeds.split_at(seeds.len().min((4 - HASHES) * P::K));
    for seeds in with_hashes.chunks(4 - HASHES) {
        sample::<M, 4>(machine, seeds, polynomials.by_ref(), hashes);
    }
    for seeds in rest.chunks(4) {
        sample::<M, 4>(machine, seeds, polynomials.by_ref(), &mut ());
    }
}

/// Samples up to `N` entries of the matrix, counted row by row, with other work in the free lanes.
#[inline(always)]
pub(crate) fn sample_entries<M: Machine + Permute<N>, P: ParameterSet, const N: usize>(
    machine: M,
    seeds: &EntrySeeds,
    entries: Range<usize>,
    filler: &mut impl LaneFiller,
    matrix: &mut P::Matrix,
) {
    let polynomials = matrix.as_mut().iter_mut().flat_map(AsMut::as_mut).skip(entries.start);
    sample::<M, N>(machine, &seeds.0[entries], polynomials, filler);
}

/// Samples up to `N` polynomials.
#[inline(always)]
pub(crate) fn sample<'a, M: Machine + Permute<N>, const N: usize>(
    machine: M,
    seeds: &[[u8; 34]],
    polynomials: impl Iterator<Item = &'a mut Poly>,
    filler: &mut impl LaneFiller,
) {
    let (mut state, used) = (State::<N>::ZERO, seeds.len());
    for (lane, seed) in seeds.iter().enumerate() {
        state.add(lane, 0, seed);
        state.pad(lane, seed.len(), SHAKE128_RATE, SHAKE_SUFFIX);
    }
    let mut output = [[0xff; SAMPLE_BYTES]; N];
    let mut all = used + filler.fill(0, &mut state, used);
    for step in 0..SAMPLE_BLOCKS {
        machine.permute_first(&mut state, all);
        filler.collect(step, &state, used);
        if step + 1 < SAMPLE_BLOCKS {
            // These words are stored one by one and loaded as vectors, so an early store shortens the wait.
            all = used + filler.fill(step + 1, &mut state, used);
        }
        for (lane, output) in output.iter_mut().enumerate().take(used) {
            state.copy_to(lane, 0, &mut output[SHAKE128_RATE * step..][..SHAKE128_RATE]);
        }
    }
    accept_samples(machine, &state, &output[..used], polynomials);
}

/// Samples a polynomial from each output, in the order of the sponges in `state`.
///
/// The branches depend on the matrix, which is public; the other lanes of the state are not read.
#[inline(always)]
pub(crate) fn accept_samples<'a, M: Machine, const N: usize>(
    machine: M,
    state: &State<N>,
    output: &[[u8; SAMPLE_BYTES]],
    polynomials: impl Iterator<Item = &'a mut Poly>,
) {
    // `take_accepted` follows the next call of `accept`, when the stores are complete.
    let (mut accepted, mut counts) = ([[0; ACCEPTED]; 2], [0; 2]);
    let mut polynomials = polynomials.enumerate();
    for lane in 0..=output.len() {
        if let Some(output) = output.get(lane) {
            counts[lane % 2] = machine.accept(output, &mut accepted[lane % 2]);
        }
        if lane == 0 {
            continue;
        }
        let Some((lane, polynomial)) = polynomials.next() else { break };
        let (accepted, count) = (&accepted[lane % 2], counts[lane % 2]);
        if count >= 256 {
            machine.take_accepted(accepted, polynomial);
        } else {
            let mut sponge = State::ZERO;
            state.get(lane, &mut sponge);
            sample_long(machine, &mut sponge, accepted, count, polynomial);
        }
    }
}

/// Algorithm 7 for a sample that needs more than three blocks: continues with its sponge.
#[cold]
#[inline(never)]
pub(crate) fn sample_long<M: Machine>(
    machine: M,
    sponge: &mut State<1>,
    accepted: &[i16; ACCEPTED],
    mut count: usize,
    polynomial: &mut Poly,
) {
    polynomial.0[..count].copy_from_slice(&accepted[..count]);
    while count < 256 {
        let mut block = [0; SHAKE128_RATE];
        machine.permute(sponge);
        sponge.copy_to(0, 0, &mut block);
        for three in block.as_chunks::<3>().0 {
            let [low, middle, high] = three.map(i16::from);
            for number in [low | (middle & 0xf) << 8, middle >> 4 | high << 4] {
                if number < crate::ntt16::Q && count < 256 {
                    polynomial.0[count] = number;
                    count += 1;
                }
            }
        }
    }
    machine.reorder(polynomial);
}

#[cfg(test)]
mod tests;
