//! Whether `t0`, the part of an expanded ML-DSA private key that the hash `tr` does not cover, belongs to the rest.
//!
//! The algorithm libraries derive `t0` from a seed only. So this checks the equation that defines it (FIPS 204, algorithm
//! 6, lines 5 and 6): `A s1 + s2 - t1 2^d - t0 = 0`, transformed by the NTT, which maps zero to zero and nothing else to it.

use crate::{MlDsaParameterSet, engine};

const N: usize = 256;
const Q: u32 = 8_380_417;
/// Bits that `t` has below `t1`.
const D: u32 = 13;
/// A 512th root of unity modulo q.
const ZETA: u32 = 1753;

/// What SHAKE128 gives for an element of A: six blocks, or 336 candidates for 256 coefficients, of which one in a thousand
/// is rejected.
const EXPANDED_BYTES: usize = 6 * 168;

type Polynomial = [u32; N];

/// The powers of zeta in the order in which the NTT takes them (FIPS 204, appendix B).
const ZETAS: Polynomial = {
    let mut zetas = [1; N];
    let mut index = 0;
    while index < N {
        let mut exponent = index.reverse_bits() >> (usize::BITS - 8);
        while exponent > 0 {
            zetas[index] = multiply(zetas[index], ZETA);
            exponent -= 1;
        }
        index += 1;
    }
    zetas
};

// These three never overflow. Checked, each would have a branch on a secret; the divisions by a constant are multiplications.
const fn multiply(a: u32, b: u32) -> u32 {
    #[allow(clippy::cast_possible_truncation, reason = "a remainder modulo q is below 2^23")]
    return ((a as u64).wrapping_mul(b as u64) % Q as u64) as u32;
}

const fn add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b) % Q
}

const fn subtract(a: u32, b: u32) -> u32 {
    a.wrapping_add(Q).wrapping_sub(b) % Q
}

/// NTT (FIPS 204, algorithm 41).
fn ntt(polynomial: &mut Polynomial) {
    let mut zetas = ZETAS.iter().skip(1);
    let mut half = N / 2;
    while half > 0 {
        for block in polynomial.chunks_exact_mut(2 * half) {
            let zeta = *zetas.next().unwrap_or(&0);
            let (low, high) = block.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                let product = multiply(zeta, *high);
                (*low, *high) = (add(*low, product), subtract(*low, product));
            }
        }
        half /= 2;
    }
}

/// The polynomial whose coefficients are packed in `bits` bits each (FIPS 204, algorithm 18).
fn unpack(packed: &[u8], bits: usize) -> Polynomial {
    core::array::from_fn(|index| {
        let (byte, shift) = (index * bits / 8, index * bits % 8);
        let word = packed[byte..].iter().take(4).rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        (word >> shift) & ((1 << bits) - 1)
    })
}

/// The polynomial that is packed as the differences of its coefficients to `most` (FIPS 204, algorithm 19).
fn unpack_signed(packed: &[u8], bits: usize, most: u32) -> Polynomial {
    unpack(packed, bits).map(|packed| subtract(most, packed))
}

/// An element of the matrix A, transformed (FIPS 204, algorithms 14 and 30).
fn element(rho: &[u8; 32], row: u8, column: u8) -> Polynomial {
    let mut seed = [0; 34];
    seed[..32].copy_from_slice(rho);
    seed[32..].copy_from_slice(&[column, row]);
    let bytes: [u8; EXPANDED_BYTES] = engine::shake128(&seed);
    let candidates = bytes.chunks_exact(3).map(|three| u32::from_le_bytes([three[0], three[1], three[2] & 0x7f, 0]));
    let mut polynomial = [0; N];
    polynomial.iter_mut().zip(candidates.filter(|candidate| *candidate < Q)).for_each(|(to, from)| *to = from);
    polynomial
}

/// Checks the equation; both keys have the lengths of the set, and the coefficients of s1 and s2 are within eta.
pub(crate) fn t0_matches(set: MlDsaParameterSet, private_key: &[u8], public_key: &[u8]) -> bool {
    let (rows, columns) = set.dimensions();
    let (eta, eta_bytes) = (u32::from(set.eta()), N * set.eta_bits() / 8);
    let Some((rho, t1)) = public_key.split_first_chunk::<32>() else { return false };
    let (secret_vectors, t0) = private_key[128..].split_at(set.secret_vectors_bytes());
    let (s1, s2) = secret_vectors.split_at(columns * eta_bytes);
    let mut transformed = [[0; N]; 7];
    for (to, packed) in transformed.iter_mut().zip(s1.chunks_exact(eta_bytes)) {
        *to = unpack_signed(packed, set.eta_bits(), eta);
        ntt(to);
    }
    let packed = s2.chunks_exact(eta_bytes).zip(t1.chunks_exact(N * 10 / 8)).zip(t0.chunks_exact(N * 13 / 8));
    let mut rest = 0;
    for (row, ((s2, t1), t0)) in (0..).zip(packed.take(rows)) {
        let (s2, t1) = (unpack_signed(s2, set.eta_bits(), eta), unpack(t1, 10));
        let t0 = unpack_signed(t0, 13, 1 << (D - 1));
        let mut sum: Polynomial = core::array::from_fn(|i| subtract(subtract(s2[i], multiply(t1[i], 1 << D)), t0[i]));
        ntt(&mut sum);
        for (column, s1) in (0..).zip(&transformed[..columns]) {
            let element = element(rho, row, column);
            (0..N).for_each(|i| sum[i] = add(sum[i], multiply(element[i], s1[i])));
        }
        rest |= sum.iter().fold(0, |rest, coefficient| rest | coefficient);
    }
    rest == 0
}
