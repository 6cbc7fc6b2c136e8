//! K-PKE, FIPS 203 section 5, on keys that are expanded.
#![allow(clippy::cast_possible_truncation, reason = "k and nonces are below 16")]

use super::kernels::{ACCEPTED, Coding, SAMPLE_BYTES, SAMPLE_OUTPUT_BYTES};
use super::params::ParameterSet;
use crate::keccak::{F1600, Permute, Shake128, Shake128Batch, Shake256Batch, State};
use crate::ntt16::{Ntt, Poly};

/// All that the operations need of a backend.
pub(super) trait Machine: F1600 + Ntt + Coding {}

impl<M: F1600 + Ntt + Coding> Machine for M {}

/// The longest output of the pseudorandom function, for η = 3.
const NOISE_BYTES: usize = 192;

/// The most noise polynomials of one operation: y, e1 and e2 of ML-KEM-1024.
pub(super) const MOST_NOISE: usize = 9;

/// What the noise polynomials of one operation are made of: s and e, or y, e1 and e2.
#[derive(Clone, Copy)]
pub(super) struct Noise(pub(super) [[u8; NOISE_BYTES]; MOST_NOISE]);

impl Noise {
    pub(super) const ZERO: Self = Self([[0; NOISE_BYTES]; MOST_NOISE]);

    /// PRF(seed, nonce) for each nonce below `count`, at most `MOST_NOISE`.
    ///
    /// The state of another sponge, if given, is permuted once beside them.
    #[inline(always)]
    pub(super) fn fill<M: Machine, P: ParameterSet>(
        machine: M,
        seed: &[u8; 32],
        count: usize,
        mut other: Option<&mut State<1>>,
        noise: &mut Self,
    ) {
        let mut messages = [[0; 33]; MOST_NOISE];
        for (message, nonce) in messages.iter_mut().zip(0..) {
            message[..32].copy_from_slice(seed);
            message[32] = nonce;
        }
        let (length, first) = (64 * P::ETA1, count.min(8));
        let in_first = if count < 8 { other.take() } else { None };
        if count <= 4 && in_first.is_none() {
            let mut batch = Shake256Batch::<4>::with_first(&messages[..first]);
            batch.squeeze_beside(machine, length, &mut noise.0, in_first);
        } else {
            let mut batch = Shake256Batch::<8>::with_first(&messages[..first]);
            batch.squeeze_beside(machine, length, &mut noise.0, in_first);
        }
        if count > 8 {
            let mut batch = Shake256Batch::<4>::with_first(&messages[8..]);
            batch.squeeze_beside(machine, length, &mut noise.0[8..], other);
        }
    }

    /// The same without another state for eight seeds, whose noise is made side by side.
    #[inline(always)]
    pub(super) fn fill_each<M: Machine, P: ParameterSet>(
        machine: M,
        seeds: &[[u8; 32]; 8],
        count: usize,
        noise: &mut [Self; 8],
    ) {
        for nonce in 0..count {
            let (mut messages, mut out) = ([[0; 33]; 8], [[0; NOISE_BYTES]; 8]);
            for (message, seed) in messages.iter_mut().zip(seeds) {
                message[..32].copy_from_slice(seed);
                message[32] = nonce as u8;
            }
            let eta = if nonce < P::K { P::ETA1 } else { 2 };
            Shake256Batch::<8>::new(&messages).squeeze_beside(machine, 64 * eta, &mut out, None);
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

/// Fills a matrix with polynomials made of `seed` and, for row i and column j, the bytes that `indices` gives: j and i for the
/// matrix A, i and j for its transpose.
#[inline(always)]
pub(super) fn sample_matrix<M: Machine, P: ParameterSet>(
    machine: M,
    seed: &[u8; 32],
    indices: impl Fn(u8, u8) -> [u8; 2],
    matrix: &mut P::Matrix,
) {
    let mut places = [[0; 34]; 16];
    let k = P::K as u8;
    for (entry, place) in (0..).zip(&mut places[..P::K * P::K]) {
        place[..32].copy_from_slice(seed);
        place[32..].copy_from_slice(&indices(entry / k, entry % k));
    }
    let mut polynomials = matrix.as_mut().iter_mut().flat_map(AsMut::as_mut);
    for places in places[..P::K * P::K].chunks(8) {
        match places.len() {
            1 => sample::<M, 1>(machine, places, polynomials.by_ref()),
            2..=4 => sample::<M, 4>(machine, places, polynomials.by_ref()),
            _ => sample::<M, 8>(machine, places, polynomials.by_ref()),
        }
    }
}

/// Makes up to `N` polynomials.
#[inline(always)]
fn sample<'a, M: Machine + Permute<N>, const N: usize>(
    machine: M,
    places: &[[u8; 34]],
    polynomials: impl Iterator<Item = &'a mut Poly>,
) {
    let mut output = [[0xff; SAMPLE_BYTES]; N];
    Shake128Batch::<N>::with_first(places).squeeze_beside(machine, SAMPLE_OUTPUT_BYTES, &mut output, None);
    let (mut accepted, mut enough) = ([[0; ACCEPTED]; N], [false; N]);
    for ((output, accepted), enough) in output.iter().zip(&mut accepted).zip(&mut enough).take(places.len()) {
        *enough = machine.accept(output, accepted);
    }
    for (((place, accepted), enough), polynomial) in places.iter().zip(&accepted).zip(enough).zip(polynomials) {
        if enough {
            machine.take_accepted(accepted, polynomial);
        } else {
            sample_long(machine, place, polynomial);
        }
    }
}

/// Algorithm 7 for a sample that needs more than three blocks.
#[cold]
#[inline(never)]
fn sample_long<M: Machine>(machine: M, place: &[u8; 34], polynomial: &mut Poly) {
    let mut xof = Shake128::new();
    xof.absorb(machine, place);
    xof.finish();
    let (mut count, mut three) = (0, [0; 3]);
    while count < 256 {
        xof.squeeze(machine, &mut three);
        let [low, middle, high] = three.map(i16::from);
        for number in [low | (middle & 0xf) << 8, middle >> 4 | high << 4] {
            if number < crate::ntt16::Q && count < 256 {
                polynomial.0[count] = number;
                count += 1;
            }
        }
    }
    machine.reorder(polynomial);
}

/// Algorithm 13 after its first lines: from the matrix and the noise, writes dk_PKE and the encoded t.
#[inline(always)]
pub(super) fn keygen<M: Machine, P: ParameterSet>(
    machine: M,
    matrix: &P::Matrix,
    noise: &Noise,
    private_key: &mut [u8],
    public_key: &mut [u8],
) {
    let mut s = P::FACTORS;
    for ((nonce, s), out) in s.as_mut().iter_mut().enumerate().zip(private_key.chunks_exact_mut(384)) {
        let mut polynomial = Poly::ZERO;
        noise.polynomial(machine, nonce, P::ETA1, &mut polynomial);
        machine.ntt(&mut polynomial);
        machine.encode(&polynomial, out);
        machine.factor(&polynomial, s);
    }
    for ((i, row), out) in matrix.as_ref().iter().enumerate().zip(public_key.chunks_exact_mut(384)) {
        let (mut e, mut product) = (Poly::ZERO, Poly::ZERO);
        noise.polynomial(machine, P::K + i, P::ETA1, &mut e);
        machine.ntt(&mut e);
        machine.product(row.as_ref(), s.as_ref(), &mut product);
        machine.encode_sum(&product, &e, out);
    }
}

/// Algorithm 14, with the transpose of the matrix.
#[inline(always)]
pub(super) fn encrypt<M: Machine, P: ParameterSet>(
    machine: M,
    transpose: &P::Matrix,
    t: &P::Vector,
    message: &[u8; 32],
    noise: &Noise,
    ciphertext: &mut [u8],
) {
    let mut y = P::FACTORS;
    for (nonce, y) in y.as_mut().iter_mut().enumerate() {
        let mut polynomial = Poly::ZERO;
        noise.polynomial(machine, nonce, P::ETA1, &mut polynomial);
        machine.ntt(&mut polynomial);
        machine.factor(&polynomial, y);
    }
    let (u, v) = ciphertext.split_at_mut(32 * P::DU * P::K);
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
pub(super) fn decrypt<M: Machine, P: ParameterSet>(machine: M, s: &P::Vector, ciphertext: &[u8]) -> [u8; 32] {
    let (u, v) = ciphertext.split_at(32 * P::DU * P::K);
    let mut factors = P::FACTORS;
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
