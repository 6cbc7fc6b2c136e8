//! The matrix, FIPS 203 algorithms 13 and 14: each polynomial is three blocks of SHAKE128, and seldom more.
//!
//! Samples of a batch lie side by side in the lanes of Keccak. Lanes that they leave free take part in the same three
//! permutations, so they are lent to other work ([`Beside`]): a long hash, whose blocks follow one another, costs little there, and
//! alone much.
#![allow(clippy::cast_possible_truncation, reason = "k is below 16")]

use super::kernels::{ACCEPTED, Machine, SAMPLE_BLOCKS, SAMPLE_BYTES};
use super::params::ParameterSet;
use crate::keccak::{Permute, SHAKE_SUFFIX, SHAKE128_RATE, SHAKE256_RATE, State};
use crate::ntt16::Poly;
use std::ops::Range;

/// How many samples lie beside a hash: of four lanes, all but one.
const BESIDE_HASH: usize = 3;

/// What the sponges of all entries take: the seed and the indices, row by row.
pub(super) struct Places([[u8; 34]; 16]);

impl Places {
    /// For row i and column j, `indices` gives j and i for the matrix A, i and j for its transpose.
    #[inline(always)]
    pub(super) fn new<P: ParameterSet>(seed: &[u8; 32], indices: impl Fn(u8, u8) -> [u8; 2]) -> Self {
        let (mut places, k) = ([[0; 34]; 16], P::K as u8);
        for (entry, place) in (0..k * k).zip(&mut places) {
            place[..32].copy_from_slice(seed);
            place[32..].copy_from_slice(&indices(entry / k, entry % k));
        }
        Self(places)
    }
}

/// Work in the lanes that a batch leaves free, in each of its three steps: `enter`, a permutation, `leave`.
pub(super) trait Beside {
    /// Fills lanes from `lane` on, and gives how many.
    fn enter<const N: usize>(&mut self, step: usize, state: &mut State<N>, lane: usize) -> usize;

    /// Takes what it needs from them.
    fn leave<const N: usize>(&mut self, step: usize, state: &State<N>, lane: usize);
}

/// No work: the lanes stay free.
impl Beside for () {
    #[inline(always)]
    fn enter<const N: usize>(&mut self, _: usize, _: &mut State<N>, _: usize) -> usize {
        0
    }

    #[inline(always)]
    fn leave<const N: usize>(&mut self, _: usize, _: &State<N>, _: usize) {}
}

/// A sponge of the rate of SHA3-256 and SHAKE256 that takes a block of its message in each step, as long as there are any.
pub(super) struct Absorption<'a> {
    state: &'a mut State<1>,
    blocks: &'a [[u8; SHAKE256_RATE]],
    /// Whether it has a lane in this step.
    is_beside: bool,
}

impl<'a> Absorption<'a> {
    #[inline(always)]
    pub(super) const fn new(state: &'a mut State<1>, blocks: &'a [[u8; SHAKE256_RATE]]) -> Self {
        Self { state, blocks, is_beside: false }
    }
}

impl Beside for Absorption<'_> {
    #[inline(always)]
    fn enter<const N: usize>(&mut self, step: usize, state: &mut State<N>, lane: usize) -> usize {
        self.is_beside = !self.blocks.is_empty();
        if let Some((block, rest)) = self.blocks.split_first() {
            if step == 0 {
                state.set(lane, self.state);
            }
            state.add(lane, 0, block);
            self.blocks = rest;
        }
        usize::from(self.is_beside)
    }

    #[inline(always)]
    fn leave<const N: usize>(&mut self, step: usize, state: &State<N>, lane: usize) {
        if self.is_beside && (step == SAMPLE_BLOCKS - 1 || self.blocks.is_empty()) {
            state.get(lane, self.state);
        }
    }
}

/// Samples the whole matrix.
#[inline(always)]
pub(super) fn sample_matrix<M: Machine, P: ParameterSet>(machine: M, places: &Places, matrix: &mut P::Matrix) {
    let mut polynomials = matrix.as_mut().iter_mut().flat_map(AsMut::as_mut);
    for places in places.0[..P::K * P::K].chunks(8) {
        match places.len() {
            1 => sample::<M, 1>(machine, places, polynomials.by_ref(), &mut ()),
            2..=4 => sample::<M, 4>(machine, places, polynomials.by_ref(), &mut ()),
            _ => sample::<M, 8>(machine, places, polynomials.by_ref(), &mut ()),
        }
    }
}

/// Samples the whole matrix beside a hash of 3 k blocks: three blocks of it with up to three samples, k times, and for k = 4
/// the last four samples without it.
#[inline(always)]
pub(super) fn sample_matrix_beside<M: Machine, P: ParameterSet>(
    machine: M,
    places: &Places,
    mut hash: Absorption<'_>,
    matrix: &mut P::Matrix,
) {
    debug_assert_eq!(hash.blocks.len(), SAMPLE_BLOCKS * P::K);
    let mut polynomials = matrix.as_mut().iter_mut().flat_map(AsMut::as_mut);
    let places = &places.0[..P::K * P::K];
    let (with_hash, rest) = places.split_at(places.len().min(BESIDE_HASH * P::K));
    for places in with_hash.chunks(BESIDE_HASH) {
        sample::<M, 4>(machine, places, polynomials.by_ref(), &mut hash);
    }
    if !rest.is_empty() {
        sample::<M, 4>(machine, rest, polynomials, &mut ());
    }
}

/// Samples up to `N` entries of the matrix, counted row by row, with other work in the lanes that they leave.
#[inline(always)]
pub(super) fn sample_entries<M: Machine + Permute<N>, P: ParameterSet, const N: usize>(
    machine: M,
    places: &Places,
    entries: Range<usize>,
    beside: &mut impl Beside,
    matrix: &mut P::Matrix,
) {
    let polynomials = matrix.as_mut().iter_mut().flat_map(AsMut::as_mut).skip(entries.start);
    sample::<M, N>(machine, &places.0[entries], polynomials, beside);
}

/// Makes up to `N` polynomials.
#[inline(always)]
fn sample<'a, M: Machine + Permute<N>, const N: usize>(
    machine: M,
    places: &[[u8; 34]],
    polynomials: impl Iterator<Item = &'a mut Poly>,
    beside: &mut impl Beside,
) {
    let (mut state, used) = (State::<N>::ZERO, places.len());
    for (lane, place) in places.iter().enumerate() {
        state.add(lane, 0, place);
        state.pad(lane, place.len(), SHAKE128_RATE, SHAKE_SUFFIX);
    }
    let mut output = [[0xff; SAMPLE_BYTES]; N];
    let mut all = used + beside.enter(0, &mut state, used);
    for step in 0..SAMPLE_BLOCKS {
        machine.permute_first(&mut state, all);
        beside.leave(step, &state, used);
        if step + 1 < SAMPLE_BLOCKS {
            // Vectors are loaded of what is stored here word by word: the sooner it is stored, the less they wait for it.
            all = used + beside.enter(step + 1, &mut state, used);
        }
        for (lane, output) in output.iter_mut().enumerate().take(used) {
            state.copy_to(lane, 0, &mut output[SHAKE128_RATE * step..][..SHAKE128_RATE]);
        }
    }
    accept_samples(machine, &state, &output[..used], polynomials);
}

/// Makes a polynomial of each output, in the same order as the sponges in `state` that it comes from.
///
/// What decides here is the matrix, which is public; what else lies in the state is not looked at.
#[inline(always)]
fn accept_samples<'a, M: Machine, const N: usize>(
    machine: M,
    state: &State<N>,
    output: &[[u8; SAMPLE_BYTES]],
    polynomials: impl Iterator<Item = &'a mut Poly>,
) {
    // What `accept` wrote is taken after it was called again, for another one.
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

/// Algorithm 7 for a sample that needs more than three blocks: goes on with its sponge after these.
#[cold]
#[inline(never)]
fn sample_long<M: Machine>(
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
