//! The cases that the inputs of a self test reach, computed from the standards alone, in plain integers.

use super::answers::{CONTEXT, RND, bytes};
use crate::Algorithm;
use sha3::{Digest, Sha3_512};
use shake::digest::{ExtendableOutput, Update, XofReader};
use shake::{Shake128, Shake256};

/// How many blocks of SHAKE128 each entry of the matrix of ML-KEM needs (FIPS 203, algorithm 7), row by row.
pub(super) fn mlkem_blocks(seed: u32, k: usize) -> Vec<usize> {
    let (seed, k): ([u8; 32], _) = (bytes(seed), low_byte(k));
    let rho = &Sha3_512::digest([&seed[..], &[k]].concat())[..32];
    let entries = (0..k).flat_map(|i| (0..k).map(move |j| [j, i]));
    entries.map(|indices| blocks_of(&[rho, &indices].concat())).collect()
}

fn shake128<const LENGTH: usize>(message: &[u8]) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    Shake128::default().chain(message).finalize_xof().read(&mut out);
    out
}

fn shake256<const LENGTH: usize>(message: &[u8]) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    shake256_to(&mut out, message);
    out
}

fn shake256_to(out: &mut [u8], message: &[u8]) {
    Shake256::default().chain(message).finalize_xof().read(out);
}

fn blocks_of(seed: &[u8]) -> usize {
    let stream: [u8; 168 * 6] = shake128(seed);
    let numbers = stream.as_chunks::<3>().0.iter().flat_map(|[a, b, c]| {
        let [a, b, c] = [a, b, c].map(|byte| u16::from(*byte));
        [a | (b & 15) << 8, b >> 4 | c << 4]
    });
    let accepted = numbers.enumerate().filter(|(_, number)| *number < 3329);
    accepted.take(256).last().map_or(0, |(place, _)| place / 112 + 1)
}

const Q: i64 = 8_380_417;

type Poly = [i64; 256];

/// The one reason why an attempt to sign is rejected (FIPS 204, algorithm 7, lines 23 and 28), or both of line 23.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    Response,
    LowBits,
    ResponseAndLowBits,
    Hints,
}

/// A parameter set and a key pair of ML-DSA.
pub(super) struct Mldsa {
    l: usize,
    eta: i64,
    tau: usize,
    gamma1: i64,
    gamma2: i64,
    omega: usize,
    commitment_bytes: usize,
    /// How many blocks of SHAKE256 the polynomials of s1 and s2 need.
    pub(super) small_blocks: Vec<usize>,
    key: Vec<u8>,
    tr: [u8; 64],
    a: Vec<Poly>,
    s1: Vec<Poly>,
    s2: Vec<Poly>,
    t0: Vec<Poly>,
}

impl Mldsa {
    /// The key pair of a seed (FIPS 204, algorithm 6).
    pub(super) fn new(algorithm: Algorithm, seed: u32) -> Self {
        let (k, l, eta, tau, gamma1_bits, gamma2, omega, commitment_bytes) = match algorithm {
            Algorithm::MlDsa44 => (4, 4, 2, 39, 17, (Q - 1) / 88, 80, 32),
            Algorithm::MlDsa65 => (6, 5, 4, 49, 19, (Q - 1) / 32, 55, 48),
            _ => (8, 7, 2, 60, 19, (Q - 1) / 32, 75, 64),
        };
        let seed: [u8; 32] = bytes(seed);
        let hash: [u8; 128] = shake256(&[&seed[..], &[low_byte(k), low_byte(l)]].concat());
        let (rho, rest) = hash.split_at(32);
        let (rho_prime, key) = rest.split_at(64);
        let a = (0..k).flat_map(|r| (0..l).map(move |s| [s, r]));
        let a: Vec<_> = a.map(|indices| uniform(&[rho, &indices.map(low_byte)].concat())).collect();
        let small = (0..l + k).map(|number| small(&[rho_prime, &[low_byte(number), 0]].concat(), eta));
        let (small, small_blocks): (Vec<_>, _) = small.unzip();
        let (s1, s2) = (small[..l].to_vec(), small[l..].to_vec());
        let t = plus(&product(&a, &s1), &s2);
        let high = |t: &Poly| t.map(|t| (t + 4095) >> 13);
        let t0 = t.iter().map(|t| std::array::from_fn(|i| t[i] - (high(t)[i] << 13))).collect();
        let t1 = t.iter().flat_map(|t| packed(&high(t), 10));
        let tr = shake256(&rho.iter().copied().chain(t1).collect::<Vec<_>>());
        let (gamma1, key) = (1 << gamma1_bits, key.to_vec());
        Self { l, eta, tau, gamma1, gamma2, omega, commitment_bytes, small_blocks, key, tr, a, s1, s2, t0 }
    }

    /// Why the attempts to sign a message of the self test are rejected, before one is not, or `limit` of them.
    pub(super) fn rejections(&self, message: u32, limit: usize) -> Vec<Rejection> {
        let prefix = [0, low_byte(CONTEXT.len())];
        let mu: [u8; 64] = shake256(&[&self.tr[..], &prefix, CONTEXT, &message.to_le_bytes()].concat());
        let rho: [u8; 64] = shake256(&[&self.key[..], &RND, &mu].concat());
        (0..limit).map_while(|attempt| self.rejection(&mu, &rho, attempt)).collect()
    }

    fn rejection(&self, mu: &[u8; 64], rho: &[u8; 64], attempt: usize) -> Option<Rejection> {
        let numbers = attempt * self.l..(attempt + 1) * self.l;
        let y: Vec<_> = numbers
            .map(|number| self.mask(&[&rho[..], &[low_byte(number % 256), low_byte(number / 256)]].concat()))
            .collect();
        let w = product(&self.a, &y);
        let w1 = w
            .iter()
            .flat_map(|w| packed(&w.map(|w| self.decompose(w).0), if self.gamma2 == (Q - 1) / 88 { 6 } else { 4 }));
        let mut commitment = vec![0; self.commitment_bytes];
        shake256_to(&mut commitment, &mu.iter().copied().chain(w1).collect::<Vec<_>>());
        let c = self.ball(&commitment);
        let times_c = |s: &[Poly]| s.iter().map(|s| times(&c, s)).collect::<Vec<_>>();
        let beta = i64::try_from(self.tau).unwrap_or(0) * self.eta;
        let exceeds = |v: &[Poly], bound: i64| v.iter().flatten().any(|c| centred(*c).abs() >= bound);
        let rest = minus(&w, &times_c(&self.s2));
        let low: Vec<_> = rest.iter().map(|w| w.map(|w| self.decompose(w).1)).collect();
        let response = plus(&y, &times_c(&self.s1));
        match (exceeds(&response, self.gamma1 - beta), exceeds(&low, self.gamma2 - beta)) {
            (true, true) => return Some(Rejection::ResponseAndLowBits),
            (true, false) => return Some(Rejection::Response),
            (false, true) => return Some(Rejection::LowBits),
            (false, false) => {}
        }
        let change = times_c(&self.t0);
        assert!(!exceeds(&change, self.gamma2), "this is next to impossible");
        let changed = plus(&rest, &change);
        let pairs = rest.iter().flatten().zip(changed.iter().flatten());
        let hints = pairs.filter(|(before, after)| self.decompose(**before).0 != self.decompose(**after).0).count();
        (hints > self.omega).then_some(Rejection::Hints)
    }

    /// Algorithm 36.
    fn decompose(&self, r: i64) -> (i64, i64) {
        let r = r.rem_euclid(Q);
        let mut low = r % (2 * self.gamma2);
        if low > self.gamma2 {
            low -= 2 * self.gamma2;
        }
        if r - low == Q - 1 { (0, low - 1) } else { ((r - low) / (2 * self.gamma2), low) }
    }

    /// A polynomial of algorithm 34.
    fn mask(&self, seed: &[u8]) -> Poly {
        let bits = if self.gamma1 == 1 << 17 { 18 } else { 20 };
        let mut stream = vec![0; 32 * bits];
        shake256_to(&mut stream, seed);
        std::array::from_fn(|i| {
            let number = (0..bits).fold(0, |number, bit| {
                let place = i * bits + bit;
                number | i64::from(stream[place / 8] >> (place % 8) & 1) << bit
            });
            self.gamma1 - number
        })
    }

    /// Algorithm 29.
    fn ball(&self, commitment: &[u8]) -> Poly {
        let stream: [u8; 1000] = shake256(commitment);
        let (signs, mut rest) = (u64::from_le_bytes(*stream.first_chunk().unwrap_or(&[0; 8])), stream[8..].iter());
        let mut c = [0; 256];
        for i in 256 - self.tau..256 {
            let j = rest.by_ref().map(|byte| usize::from(*byte)).find(|j| *j <= i).unwrap_or(0);
            c[i] = c[j];
            c[j] = 1 - 2 * i64::from(u8::from(signs >> (i + self.tau - 256) & 1 == 1));
        }
        c
    }
}

fn low_byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
}

fn centred(c: i64) -> i64 {
    let c = c.rem_euclid(Q);
    if c > Q / 2 { c - Q } else { c }
}

fn plus(a: &[Poly], b: &[Poly]) -> Vec<Poly> {
    a.iter().zip(b).map(|(a, b)| std::array::from_fn(|i| (a[i] + b[i]).rem_euclid(Q))).collect()
}

fn minus(a: &[Poly], b: &[Poly]) -> Vec<Poly> {
    a.iter().zip(b).map(|(a, b)| std::array::from_fn(|i| (a[i] - b[i]).rem_euclid(Q))).collect()
}

/// The product with a sparse polynomial, modulo X^256 + 1.
fn times(sparse: &Poly, other: &Poly) -> Poly {
    let mut out = [0; 256];
    for (i, c) in sparse.iter().enumerate().filter(|(_, c)| **c != 0) {
        for (j, other) in other.iter().enumerate() {
            let sign = if i + j < 256 { 1 } else { -1 };
            out[(i + j) % 256] += sign * c * other;
        }
    }
    out.map(|c| c.rem_euclid(Q))
}

/// The product of a matrix that is transformed and a vector that is not.
fn product(a: &[Poly], vector: &[Poly]) -> Vec<Poly> {
    let zetas = zetas();
    let vector: Vec<_> = vector.iter().map(|v| ntt(&zetas, v)).collect();
    let rows = a.chunks(vector.len());
    let sum = |row: &[Poly], i: usize| row.iter().zip(&vector).map(|(a, v)| a[i] * v[i] % Q).sum::<i64>() % Q;
    rows.map(|row| inverse(&zetas, &std::array::from_fn(|i| sum(row, i)))).collect()
}

/// `1753^bitrev(i)` (FIPS 204, appendix B).
fn zetas() -> Poly {
    let power = |exponent: u8| (0..exponent).fold(1, |power, _| power * 1753 % Q);
    std::array::from_fn(|i| power(low_byte(i).reverse_bits()))
}

/// Algorithm 41.
fn ntt(zetas: &Poly, w: &Poly) -> Poly {
    let (mut w, mut m) = (*w, 0);
    for half in [128, 64, 32, 16, 8, 4, 2, 1] {
        for start in (0..256).step_by(2 * half) {
            m += 1;
            for j in start..start + half {
                let t = zetas[m] * w[j + half] % Q;
                (w[j], w[j + half]) = ((w[j] + t).rem_euclid(Q), (w[j] - t).rem_euclid(Q));
            }
        }
    }
    w
}

/// Algorithm 42.
fn inverse(zetas: &Poly, w: &Poly) -> Poly {
    let (mut w, mut m) = (*w, 256);
    for half in [1, 2, 4, 8, 16, 32, 64, 128] {
        for start in (0..256).step_by(2 * half) {
            m -= 1;
            for j in start..start + half {
                let t = w[j];
                (w[j], w[j + half]) = ((t + w[j + half]) % Q, (Q - zetas[m]) * (t - w[j + half]).rem_euclid(Q) % Q);
            }
        }
    }
    w.map(|c| c * 8_347_681 % Q)
}

/// Algorithm 30.
fn uniform(seed: &[u8]) -> Poly {
    let stream: [u8; 168 * 6] = shake128(seed);
    let numbers = stream.as_chunks::<3>().0.iter().map(|[a, b, c]| i64::from(u32::from_le_bytes([*a, *b, c & 127, 0])));
    let mut accepted = numbers.filter(|number| *number < Q);
    std::array::from_fn(|_| accepted.next().unwrap_or(0))
}

/// Algorithm 31, and how many blocks it needs.
fn small(seed: &[u8], eta: i64) -> (Poly, usize) {
    let stream: [u8; 136 * 6] = shake256(seed);
    let nibbles = stream.iter().flat_map(|byte| [i64::from(byte & 15), i64::from(byte >> 4)]).enumerate();
    let mut accepted = nibbles.filter(|(_, nibble)| *nibble < if eta == 2 { 15 } else { 9 });
    let mut blocks = 0;
    let poly = std::array::from_fn(|_| {
        let (place, nibble) = accepted.next().unwrap_or((0, 0));
        blocks = place / 272 + 1;
        eta - if eta == 2 { nibble % 5 } else { nibble }
    });
    (poly, blocks)
}

/// Algorithm 16.
fn packed(poly: &Poly, bits: usize) -> Vec<u8> {
    let mut out = vec![0; 32 * bits];
    for (place, byte) in (0..256 * bits).map(|place| (place, place / 8)) {
        out[byte] |= u8::from(poly[place / bits] >> (place % bits) & 1 == 1) << (place % 8);
    }
    out
}
