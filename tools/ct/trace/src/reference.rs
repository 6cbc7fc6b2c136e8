//! The values of each signing attempt that become public, computed from the text of FIPS 204 without the engine: the number and
//! the reasons of the rejections, and the hints.

use pqc_simd::mldsa::ParameterSet;
use shake::digest::{ExtendableOutput, Update, XofReader};
use shake::{Shake128, Shake256};

const N: usize = 256;
const Q: i64 = 8_380_417;
const D: u32 = 13;

/// A polynomial; coefficients in `0..q` or around 0, as each function says.
pub(crate) type Poly = [i64; N];

/// The end of an attempt: the first polynomial that is out of bounds, in the order of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The low bits of `w - c s2`.
    LowBits(usize),
    /// The response z.
    Response(usize),
    /// `c t0`, or the number of hints.
    Hints,
    /// A signature with these hints.
    Accepted(Vec<Vec<usize>>),
}

/// The secret part of a key, and t0.
#[derive(Clone)]
pub(crate) struct Secret {
    pub(crate) s1: Vec<Poly>,
    pub(crate) s2: Vec<Poly>,
    pub(crate) t0: Vec<Poly>,
}

/// A parameter set with a matrix, transformed.
pub(crate) struct Reference<P> {
    matrix: Vec<Vec<Poly>>,
    rho: [u8; 32],
    set: std::marker::PhantomData<P>,
}

/// An attempt up to the challenge, which depends on K, rnd and mu alone.
pub(crate) struct Attempt {
    y: Vec<Poly>,
    /// w and its low bits.
    w: Vec<Poly>,
    low: Vec<Poly>,
    /// The challenge, transformed.
    c: Poly,
}

impl<P: ParameterSet> Reference<P> {
    /// Algorithm 32.
    pub(crate) fn new(rho: &[u8; 32]) -> Self {
        let entry = |r: usize, s: usize| {
            let bytes = xof::<Shake128, 1680>(&[&rho[..], &[byte(s), byte(r)]].concat());
            let candidates =
                bytes.as_chunks().0.iter().map(|&[a, b, c]| i64::from(u32::from_le_bytes([a, b, c & 0x7f, 0])));
            polynomial(candidates.filter(|candidate| *candidate < Q))
        };
        let matrix = (0..P::K).map(|r| (0..P::L).map(|s| entry(r, s)).collect()).collect();
        Self { matrix, rho: *rho, set: std::marker::PhantomData }
    }

    /// The product of the matrix and a vector.
    fn multiply(&self, vector: &[Poly]) -> Vec<Poly> {
        let vector: Vec<_> = vector.iter().map(|polynomial| ntt(*polynomial)).collect();
        let row = |row: &Vec<Poly>| {
            let products = row.iter().zip(&vector).map(|(a, b)| multiply(a, b));
            inverse_ntt(products.fold([0; N], |sum, product| zip(&sum, &product, |a, b| (a + b) % Q)))
        };
        self.matrix.iter().map(row).collect()
    }

    /// Lines 5 to 10 of algorithm 6: the encoded private key, and its secret part.
    pub(crate) fn private_key(&self, key: &[u8; 32], s1: Vec<Poly>, s2: Vec<Poly>) -> (P::PrivateKey, Secret)
    where
        P::PrivateKey: AsMut<[u8]>,
    {
        let t = self
            .multiply(&s1)
            .iter()
            .zip(&s2)
            .map(|(t, s)| zip(t, s, |a, b| (a + b).rem_euclid(Q)))
            .collect::<Vec<_>>();
        let t0: Vec<_> = t.iter().map(|t| t.map(|r| centred(r, 1 << D))).collect();
        let t1 = t.iter().zip(&t0).map(|(t, t0)| zip(t, t0, |t, t0| (t - t0) >> D));
        let public: Vec<u8> = self.rho.into_iter().chain(t1.flat_map(|t1| pack(&t1, 10))).collect();
        let secret = Secret { s1, s2, t0 };
        (self.encode(key, &xof::<Shake256, 64>(&public), &secret), secret)
    }

    /// Algorithm 24.
    pub(crate) fn encode(&self, key: &[u8; 32], tr: &[u8; 64], secret: &Secret) -> P::PrivateKey {
        let mut bytes = [&self.rho[..], key, tr].concat();
        let eta = i64::from(P::ETA);
        bytes.extend(secret.s1.iter().chain(&secret.s2).flat_map(|s| pack(&s.map(|c| eta - c), P::ETA_BITS)));
        bytes.extend(secret.t0.iter().flat_map(|t0| pack(&t0.map(|c| (1 << (D - 1)) - c), 13)));
        let mut encoded = <P::PrivateKey as pqc_simd::Bytes>::ZERO;
        encoded.as_mut().copy_from_slice(&bytes);
        encoded
    }

    /// Lines 7 and 11 to 16 of algorithm 7 for an attempt.
    pub(crate) fn attempt(&self, key: &[u8; 32], rnd: &[u8; 32], mu: &[u8; 64], number: usize) -> Attempt {
        let rho: [u8; 64] = xof::<Shake256, 64>(&[&key[..], rnd, mu].concat());
        let mask = |r: usize| {
            let counter = number * P::L + r;
            let bytes = xof::<Shake256, 640>(&[&rho[..], &[byte(counter), byte(counter >> 8)]].concat());
            unpack(&bytes, P::Z_BITS).map(|number| i64::from(P::GAMMA1) - number)
        };
        let y: Vec<Poly> = (0..P::L).map(mask).collect();
        let w = self.multiply(&y);
        let parts: Vec<_> = w.iter().map(|w| w.map(decompose::<P>)).collect();
        let high = parts.iter().flat_map(|w| pack(&w.map(|(high, _)| high), P::W1_BITS));
        let commitment: [u8; 64] = xof::<Shake256, 64>(&mu.iter().copied().chain(high).collect::<Vec<_>>());
        // SHAKE256 of fewer bytes is a prefix.
        let c = ntt(in_ball::<P>(&commitment[..P::COMMITMENT_BYTES]));
        Attempt { y, low: parts.iter().map(|w| w.map(|(_, low)| low)).collect(), w, c }
    }
}

impl Attempt {
    /// Whether the attempt is accepted with any s1 and s2, as long as there are not too many hints: the bounds hold with
    /// twice the margin.
    pub(crate) fn is_accepted_with_any_secret<P: ParameterSet>(&self) -> bool {
        let margin = 2 * i64::from(P::BETA);
        within(&self.y, i64::from(P::GAMMA1) - margin) && within(&self.low, i64::from(P::GAMMA2) - margin)
    }

    /// Lines 18 to 28 of algorithm 7.
    pub(crate) fn outcome<P: ParameterSet>(&self, secret: &Secret) -> Outcome {
        let product = |s: &Poly| inverse_ntt(multiply(&self.c, &ntt(*s))).map(|c| centred(c, Q));
        let (gamma1, gamma2, beta) = (i64::from(P::GAMMA1), i64::from(P::GAMMA2), i64::from(P::BETA));
        let r: Vec<_> =
            self.w.iter().zip(&secret.s2).map(|(w, s2)| zip(w, &product(s2), |w, cs| (w - cs).rem_euclid(Q))).collect();
        let low = |r: &Poly| r.map(|r| decompose::<P>(r).1);
        if let Some(row) = r.iter().position(|r| !within(&[low(r)], gamma2 - beta)) {
            return Outcome::LowBits(row);
        }
        let z = self.y.iter().zip(&secret.s1).map(|(y, s1)| zip(y, &product(s1), |y, cs| y + cs));
        if let Some(column) = { z }.position(|z| !within(&[z], gamma1 - beta)) {
            return Outcome::Response(column);
        }
        let change: Vec<_> = secret.t0.iter().map(product).collect();
        let hints = r.iter().zip(&change).map(|(r, change)| {
            let high = |r: i64| decompose::<P>(r.rem_euclid(Q)).0;
            (0..N).filter(|i| high(r[*i]) != high(r[*i] + change[*i])).collect::<Vec<_>>()
        });
        let hints: Vec<_> = hints.collect();
        if within(&change, gamma2) && hints.iter().map(Vec::len).sum::<usize>() <= P::OMEGA {
            Outcome::Accepted(hints)
        } else {
            Outcome::Hints
        }
    }
}

fn xof<H: Default + Update + ExtendableOutput, const LENGTH: usize>(message: &[u8]) -> [u8; LENGTH] {
    let (mut hash, mut output) = (H::default(), [0; LENGTH]);
    hash.update(message);
    hash.finalize_xof().read(&mut output);
    output
}

#[allow(clippy::cast_possible_truncation, reason = "the lowest byte is meant")]
const fn byte(number: usize) -> u8 {
    number as u8
}

fn polynomial(coefficients: impl Iterator<Item = i64>) -> Poly {
    let mut polynomial = [0; N];
    polynomial.iter_mut().zip(coefficients).for_each(|(to, coefficient)| *to = coefficient);
    polynomial
}

fn zip(a: &Poly, b: &Poly, function: impl Fn(i64, i64) -> i64) -> Poly {
    std::array::from_fn(|i| function(a[i], b[i]))
}

fn multiply(a: &Poly, b: &Poly) -> Poly {
    zip(a, b, |a, b| a * b % Q)
}

fn within(polynomials: &[Poly], bound: i64) -> bool {
    polynomials.iter().flatten().all(|coefficient| coefficient.abs() < bound)
}

/// `number mod± modulus` (section 2.3).
fn centred(number: i64, modulus: i64) -> i64 {
    let remainder = number.rem_euclid(modulus);
    if remainder > modulus / 2 { remainder - modulus } else { remainder }
}

/// Algorithm 36.
fn decompose<P: ParameterSet>(r: i64) -> (i64, i64) {
    let modulus = 2 * i64::from(P::GAMMA2);
    let low = centred(r, modulus);
    if r - low == Q - 1 { (0, low - 1) } else { ((r - low) / modulus, low) }
}

/// Algorithm 16 for numbers of so many bits.
fn pack(numbers: &Poly, bits: usize) -> Vec<u8> {
    let bit = |at: usize| byte(usize::from(numbers[at / bits] >> (at % bits) & 1 == 1));
    (0..N * bits / 8).map(|at| (0..8).map(|i| bit(8 * at + i) << i).sum()).collect()
}

/// The inverse of [`pack`].
fn unpack(bytes: &[u8], bits: usize) -> Poly {
    let bit = |at: usize| i64::from(bytes[at / 8] >> (at % 8) & 1);
    std::array::from_fn(|i| (0..bits).map(|j| bit(bits * i + j) << j).sum())
}

/// Algorithm 29.
fn in_ball<P: ParameterSet>(commitment: &[u8]) -> Poly {
    let bytes = xof::<Shake256, 1088>(commitment);
    let (signs, mut rest) =
        (u64::from_le_bytes(std::array::from_fn(|i| bytes[i])), bytes[8..].iter().copied().map(usize::from));
    let (mut c, tau) = ([0; N], P::TAU.unsigned_abs() as usize);
    for (number, i) in (N - tau..N).enumerate() {
        let j = rest.find(|j| *j <= i).unwrap_or(i);
        c[i] = c[j];
        c[j] = if signs >> number & 1 == 1 { -1 } else { 1 };
    }
    c
}

/// The powers of zeta in the order of appendix B.
fn zetas() -> &'static Poly {
    static ZETAS: std::sync::LazyLock<Poly> = std::sync::LazyLock::new(|| {
        let power = |exponent: u8| (0..exponent).fold(1, |power, _| power * 1753 % Q);
        std::array::from_fn(|m| power(byte(m).reverse_bits()))
    });
    &ZETAS
}

/// Algorithm 41.
fn ntt(mut w: Poly) -> Poly {
    let (mut m, mut len) = (0, 128);
    while len >= 1 {
        for start in (0..N).step_by(2 * len) {
            m += 1;
            for j in start..start + len {
                let t = zetas()[m] * w[j + len] % Q;
                (w[j], w[j + len]) = ((w[j] + t) % Q, (w[j] - t) % Q);
            }
        }
        len /= 2;
    }
    w
}

/// Algorithm 42.
fn inverse_ntt(mut w: Poly) -> Poly {
    let (mut m, mut len) = (N, 1);
    while len < N {
        for start in (0..N).step_by(2 * len) {
            m -= 1;
            for j in start..start + len {
                let t = w[j];
                (w[j], w[j + len]) = ((t + w[j + len]) % Q, -zetas()[m] * (t - w[j + len]) % Q);
            }
        }
        len *= 2;
    }
    w.map(|w| (w * 8_347_681).rem_euclid(Q))
}
