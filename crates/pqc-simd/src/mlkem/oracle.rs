//! The algorithms of FIPS 203 as in the standard, one coefficient at a time, for the tests.

pub(crate) const Q: i64 = 3329;

fn residue(x: i64) -> i64 {
    x.rem_euclid(Q)
}

fn power(base: i64, exponent: u8) -> i64 {
    (0..exponent).fold(1, |product, _| residue(product * base))
}

fn bit_rev_7(i: u8) -> u8 {
    i.reverse_bits() >> 1
}

/// Algorithm 9.
pub(crate) fn ntt(f: &[i64; 256]) -> [i64; 256] {
    let (mut f, mut i) = (*f, 1);
    for len in [128, 64, 32, 16, 8, 4, 2] {
        for start in (0..256).step_by(2 * len) {
            let zeta = power(17, bit_rev_7(i));
            i += 1;
            for j in start..start + len {
                let t = residue(zeta * f[j + len]);
                (f[j + len], f[j]) = (residue(f[j] - t), residue(f[j] + t));
            }
        }
    }
    f
}

/// Algorithm 10.
pub(crate) fn inverse_ntt(f: &[i64; 256]) -> [i64; 256] {
    let (mut f, mut i) = (*f, 127);
    for len in [2, 4, 8, 16, 32, 64, 128] {
        for start in (0..256).step_by(2 * len) {
            let zeta = power(17, bit_rev_7(i));
            i -= 1;
            for j in start..start + len {
                let t = f[j];
                f[j] = residue(t + f[j + len]);
                f[j + len] = residue(zeta * (f[j + len] - t));
            }
        }
    }
    f.map(|x| residue(x * 3303))
}

/// Algorithms 11 and 12.
pub(crate) fn multiply_ntts(f: &[i64; 256], g: &[i64; 256]) -> [i64; 256] {
    let mut h = [0; 256];
    for i in 0..128 {
        let gamma = power(17, 2 * bit_rev_7(i)) * 17;
        let i = usize::from(i);
        let (a0, a1, b0, b1) = (f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]);
        h[2 * i] = residue(a0 * b0 + residue(a1 * b1) * residue(gamma));
        h[2 * i + 1] = residue(a0 * b1 + a1 * b0);
    }
    h
}

/// Algorithm 5, ByteEncode.
pub(crate) fn byte_encode(d: usize, f: &[i64; 256]) -> Vec<u8> {
    let mut bytes = vec![0; 32 * d];
    for i in 0..256 * d {
        let bit = f[i / d] >> (i % d) & 1;
        bytes[i / 8] |= u8::try_from(bit).unwrap() << (i % 8);
    }
    bytes
}

/// Algorithm 6, ByteDecode, without the reduction for d = 12.
pub(crate) fn byte_decode(d: usize, bytes: &[u8]) -> [i64; 256] {
    let bit = |i: usize| i64::from(bytes[i / 8] >> (i % 8) & 1);
    std::array::from_fn(|i| (0..d).map(|j| bit(i * d + j) << j).sum())
}

/// Compress_d, equation 4.7: rounded to the nearest integer, a half up.
pub(crate) fn compress(d: u32, x: i64) -> i64 {
    ((2 << d) * x + Q) / (2 * Q) % (1 << d)
}

/// Decompress_d, equation 4.8.
pub(crate) fn decompress(d: u32, y: i64) -> i64 {
    (2 * Q * y + (1 << d)) / (2 << d)
}

/// Algorithm 7 on the output of the XOF, and the number of bytes used.
pub(crate) fn sample_ntt(output: &[u8]) -> ([i64; 256], usize) {
    let (mut a, mut j, mut used) = ([0; 256], 0, 0);
    while j < 256 {
        let [c0, c1, c2] = [0, 1, 2].map(|i| i64::from(output[used + i]));
        used += 3;
        for d in [c0 + 256 * (c1 % 16), c1 / 16 + 16 * c2] {
            if d < Q && j < 256 {
                a[j] = d;
                j += 1;
            }
        }
    }
    (a, used)
}

/// Algorithm 8.
pub(crate) fn sample_poly_cbd(eta: usize, bytes: &[u8]) -> [i64; 256] {
    let bit = |i: usize| i64::from(bytes[i / 8] >> (i % 8) & 1);
    std::array::from_fn(|i| {
        let x: i64 = (0..eta).map(|j| bit(2 * i * eta + j)).sum();
        let y: i64 = (0..eta).map(|j| bit(2 * i * eta + eta + j)).sum();
        x - y
    })
}
