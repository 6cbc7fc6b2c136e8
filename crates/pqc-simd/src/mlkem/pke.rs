//! K-PKE, FIPS 203 section 5, on expanded keys.
#![allow(clippy::cast_possible_truncation, reason = "k and nonces are below 16")]

use super::kernels::{Machine, SAMPLE_BLOCKS};
use super::matrix::LaneFiller;
use super::params::ParameterSet;
use crate::bytes::Zero;
use crate::keccak::{SHAKE_SUFFIX, SHAKE256_RATE, Shake256Batch, State};
use crate::ntt16::Poly;

/// The longest output of the pseudorandom function, for η = 3.
const NOISE_BYTES: usize = 192;

/// The maximum number of noise polynomials in an operation: y, e1 and e2 of ML-KEM-1024.
pub(crate) const MAX_NOISE: usize = 9;

/// The bytes from which the noise of one operation is sampled: s and e, or y, e1 and e2.
#[derive(Clone, Copy)]
pub(crate) struct Noise(pub(crate) [[u8; NOISE_BYTES]; MAX_NOISE]);

impl Noise {
    pub(crate) const ZERO: Self = Self([[0; NOISE_BYTES]; MAX_NOISE]);

    /// PRF(seed, nonce) for nonces below `count`; the first k are for η1 and the others for η = 2.
    ///
    /// The state of another sponge, if given, is permuted once in a free lane.
    #[inline(always)]
    pub(crate) fn fill<M: Machine, P: ParameterSet>(
        machine: M,
        seed: &[u8; 32],
        count: usize,
        mut other: Option<&mut State<1>>,
        noise: &mut Self,
    ) {
        let mut messages = [[0; 33]; MAX_NOISE];
        for (nonce, message) in messages.iter_mut().enumerate() {
            message[..32].copy_from_slice(seed);
            message[32] = nonce as u8;
        }
        let (first, rest) = messages[..count].split_at(count.min(8));
        let in_first = if count < 8 { other.take() } else { None };
        let mut batch = Shake256Batch::<8>::with_first(first);
        batch.squeeze_interleaved(machine, 64 * P::ETA1, P::K, &mut noise.0, in_first);
        if !rest.is_empty() {
            let mut batch = Shake256Batch::<4>::with_first(rest);
            batch.squeeze_interleaved(machine, 128, rest.len(), &mut noise.0[8..], other);
        }
    }

    /// The same for eight seeds, with interleaved noise, without another state. The first `wide` nonces are for η1.
    #[inline(always)]
    pub(crate) fn fill_each<M: Machine, P: ParameterSet>(
        machine: M,
        seeds: &[[u8; 32]; 8],
        wide: usize,
        count: usize,
        noise: &mut [Self; 8],
    ) {
        for nonce in 0..count {
            let (mut messages, mut out) = ([[0; 33]; 8], [[0; NOISE_BYTES]; 8]);
            for (message, seed) in messages.iter_mut().zip(seeds) {
                message[..32].copy_from_slice(seed);
                message[32] = nonce as u8;
            }
            let eta = if nonce < wide { P::ETA1 } else { 2 };
            Shake256Batch::<8>::new(&messages).squeeze_interleaved(machine, 64 * eta, 8, &mut out, None);
            for (noise, out) in noise.iter_mut().zip(&out) {
                noise.0[nonce] = *out;
            }
        }
    }

    /// The polynomial of a nonce, with coefficients in -η..=η.
    #[inline(always)]
    fn polynomial<M: Machine>(&self, machine: M, nonce: usize, eta: usize, out: &mut Poly) {
        let bytes = &self.0[nonce][..64 * eta];
        if eta == 2 { machine.sample_cbd::<4>(bytes, out) } else { machine.sample_cbd::<6>(bytes, out) }
    }
}

/// The noise of η1 for nonces below `count`, interleaved with samples: each takes one lane in one step, or in two for η1 = 3.
pub(crate) struct NoiseFiller<'a> {
    /// The state of a sponge that has absorbed the seed and the nonce 0.
    seeded: State<1>,
    /// The next nonce, and the number of nonces in lanes.
    next: usize,
    lanes: usize,
    count: usize,
    /// The bytes of each, and the steps that they take.
    length: usize,
    steps: usize,
    noise: &'a mut Noise,
}

impl<'a> NoiseFiller<'a> {
    #[inline(always)]
    pub(crate) fn new<P: ParameterSet>(seed: &[u8; 32], count: usize, noise: &'a mut Noise) -> Self {
        debug_assert!(count <= MAX_NOISE);
        let (mut seeded, length) = (State::ZERO, 64 * P::ETA1);
        seeded.add(0, 0, seed);
        seeded.pad(0, 33, SHAKE256_RATE, SHAKE_SUFFIX);
        Self { seeded, next: 0, lanes: 0, count, length, steps: length.div_ceil(SHAKE256_RATE), noise }
    }

    /// Whether all noise is complete.
    pub(crate) const fn is_done(&self) -> bool {
        self.next == self.count
    }
}

impl LaneFiller for NoiseFiller<'_> {
    #[inline(always)]
    fn fill<const N: usize>(&mut self, step: usize, state: &mut State<N>, lane: usize) -> usize {
        if step.is_multiple_of(self.steps) {
            let is_time_left = step + self.steps <= SAMPLE_BLOCKS;
            self.lanes = if is_time_left { (N - lane).min(self.count - self.next) } else { 0 };
            for i in 0..self.lanes {
                state.set(lane + i, &self.seeded);
                state.add(lane + i, 32, &[(self.next + i) as u8]);
            }
        }
        self.lanes
    }

    #[inline(always)]
    fn collect<const N: usize>(&mut self, step: usize, state: &State<N>, lane: usize) {
        let block = step % self.steps;
        let bytes = SHAKE256_RATE * block..self.length.min(SHAKE256_RATE * (block + 1));
        for i in 0..self.lanes {
            state.copy_to(lane + i, 0, &mut self.noise.0[self.next + i][bytes.clone()]);
        }
        if block + 1 == self.steps {
            self.next += self.lanes;
        }
    }
}

/// Algorithm 13, lines 8 to 11, and 16 and 17 for s: writes dk_PKE, and s as factors.
#[inline(always)]
pub(crate) fn keygen_secret<M: Machine, P: ParameterSet>(
    machine: M,
    noise: &Noise,
    private_key: &mut [u8],
    s: &mut P::Factors,
) {
    for ((nonce, s), out) in s.as_mut().iter_mut().enumerate().zip(private_key.chunks_exact_mut(384)) {
        let mut polynomial = Poly::ZERO;
        noise.polynomial(machine, nonce, P::ETA1, &mut polynomial);
        machine.ntt(&mut polynomial);
        machine.encode(&polynomial, out);
        machine.factor(&polynomial, s);
    }
}

/// The rest of Algorithm 13 for row `i` of the matrix: writes this row of t, encoded.
#[inline(always)]
pub(crate) fn keygen_row<M: Machine, P: ParameterSet>(
    machine: M,
    i: usize,
    row: &P::Vector,
    s: &P::Factors,
    noise: &Noise,
    public_key: &mut [u8],
) {
    let (mut e, mut product) = (Poly::ZERO, Poly::ZERO);
    noise.polynomial(machine, P::K + i, P::ETA1, &mut e);
    machine.ntt(&mut e);
    machine.product(row.as_ref(), s.as_ref(), &mut product);
    machine.encode_sum(&product, &e, &mut public_key[384 * i..][..384]);
}

/// Algorithm 14, with the transpose of the matrix.
#[inline(always)]
pub(crate) fn encrypt<M: Machine, P: ParameterSet>(
    machine: M,
    transpose: &P::Matrix,
    t: &P::Vector,
    message: &[u8; 32],
    noise: &Noise,
    ciphertext: &mut P::Ciphertext,
) {
    let mut y = P::Factors::ZERO;
    for (nonce, y) in y.as_mut().iter_mut().enumerate() {
        let mut polynomial = Poly::ZERO;
        noise.polynomial(machine, nonce, P::ETA1, &mut polynomial);
        machine.ntt(&mut polynomial);
        machine.factor(&polynomial, y);
    }
    let (u, v) = ciphertext.as_mut().split_at_mut(32 * P::DU * P::K);
    let (mut e, mut product) = (Poly::ZERO, Poly::ZERO);
    for ((i, row), out) in transpose.as_ref().iter().enumerate().zip(u.chunks_exact_mut(32 * P::DU)) {
        noise.polynomial(machine, P::K + i, 2, &mut e);
        machine.product(row.as_ref(), y.as_ref(), &mut product);
        machine.inverse(&mut product);
        if P::DU == 10 { machine.compress::<10>(&product, &e, out) } else { machine.compress::<11>(&product, &e, out) }
    }
    noise.polynomial(machine, 2 * P::K, 2, &mut e);
    machine.add_message(message, &mut e);
    machine.product(t.as_ref(), y.as_ref(), &mut product);
    machine.inverse(&mut product);
    if P::DV == 4 { machine.compress::<4>(&product, &e, v) } else { machine.compress::<5>(&product, &e, v) }
}

/// Algorithm 15.
#[inline(always)]
pub(crate) fn decrypt<M: Machine, P: ParameterSet>(machine: M, s: &P::Vector, ciphertext: &P::Ciphertext) -> [u8; 32] {
    let (u, v) = ciphertext.as_ref().split_at(32 * P::DU * P::K);
    let mut factors = P::Factors::ZERO;
    for (factor, bytes) in factors.as_mut().iter_mut().zip(u.chunks_exact(32 * P::DU)) {
        let mut polynomial = Poly::ZERO;
        if P::DU == 10 {
            machine.decompress::<10>(bytes, &mut polynomial);
        } else {
            machine.decompress::<11>(bytes, &mut polynomial);
        }
        machine.ntt(&mut polynomial);
        machine.factor(&polynomial, factor);
    }
    let (mut w, mut product, mut message) = (Poly::ZERO, Poly::ZERO, [0; 32]);
    if P::DV == 4 {
        machine.decompress::<4>(v, &mut w)
    } else {
        machine.decompress::<5>(v, &mut w)
    }
    machine.product(s.as_ref(), factors.as_ref(), &mut product);
    machine.inverse(&mut product);
    machine.message(&w, &product, &mut message);
    message
}

#[cfg(test)]
mod tests;
