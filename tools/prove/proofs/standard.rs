//! FIPS 203 and FIPS 204, one number at a time and as the standards write them, for comparison with the kernels.

/// q of ML-KEM (FIPS 203, 2.3) and of ML-DSA (FIPS 204, table 1).
pub(super) const Q_KEM: i64 = 3329;
pub(super) const Q_DSA: i64 = 8_380_417;

/// The greatest integer that is at most a rational number.
const fn floor(numerator: i64, denominator: i64) -> i64 {
    numerator.div_euclid(denominator)
}

/// The integer nearest to a rational number, a half up: `floor(x + 1/2)` (FIPS 203, 2.3).
const fn round(numerator: i64, denominator: i64) -> i64 {
    floor(2 * numerator + denominator, 2 * denominator)
}

/// FIPS 203, equation 4.7: `round(2^d / q x) mod 2^d`, for x in 0..q.
pub(super) fn compress(d: u32, x: i64) -> i64 {
    assert!((0..Q_KEM).contains(&x));
    round(x << d, Q_KEM) % (1 << d)
}

/// FIPS 203, equation 4.8: `round(q / 2^d y)`.
pub(super) fn decompress(d: u32, y: i64) -> i64 {
    assert!((0..1 << d).contains(&y));
    round(Q_KEM * y, 1 << d)
}

/// FIPS 203, algorithm 8, lines 3 to 5, for the 2 eta bits of one coefficient, the first bit the lowest.
pub(super) fn centred_binomial(eta: u32, bits: u64) -> i64 {
    let bit = |i: u32| (bits >> i & 1).cast_signed();
    let (x, y): (i64, i64) = ((0..eta).map(bit).sum(), (eta..2 * eta).map(bit).sum());
    x - y
}

/// FIPS 204, 2.3: the number in `-ceil(a / 2) < m <= floor(a / 2)` that is congruent modulo a.
pub(super) fn modulo_centred(m: i64, a: i64) -> i64 {
    let m = m.rem_euclid(a);
    if m > floor(a, 2) { m - a } else { m }
}

/// FIPS 204, algorithm 35.
pub(super) fn power2round(r: i64) -> (i64, i64) {
    let r = r.rem_euclid(Q_DSA);
    let r0 = modulo_centred(r, 1 << 13);
    (floor(r - r0, 1 << 13), r0)
}

/// FIPS 204, algorithm 36.
pub(super) fn decompose(r: i64, gamma2: i64) -> (i64, i64) {
    let r = r.rem_euclid(Q_DSA);
    let r0 = modulo_centred(r, 2 * gamma2);
    if r - r0 == Q_DSA - 1 { (0, r0 - 1) } else { (floor(r - r0, 2 * gamma2), r0) }
}

/// FIPS 204, algorithm 39.
pub(super) fn make_hint(z: i64, r: i64, gamma2: i64) -> bool {
    decompose(r, gamma2).0 != decompose(r + z, gamma2).0
}

/// FIPS 204, algorithm 40.
pub(super) fn use_hint(hint: bool, r: i64, gamma2: i64) -> i64 {
    let m = floor(Q_DSA - 1, 2 * gamma2);
    match decompose(r, gamma2) {
        (r1, r0) if hint && r0 > 0 => (r1 + 1).rem_euclid(m),
        (r1, _) if hint => (r1 - 1).rem_euclid(m),
        (r1, _) => r1,
    }
}

/// FIPS 203, algorithm 5 and FIPS 204, algorithm 16: numbers of `d` bits one after the other, the lowest bit first.
pub(super) fn encode(d: usize, numbers: &[u64; 256]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 * d);
    let (mut word, mut bits) = (0_u64, 0);
    for number in numbers {
        debug_assert!(d <= 32 && number >> d == 0);
        word |= number << bits;
        bits += d;
        if bits >= 32 {
            bytes.extend_from_slice(&word.to_le_bytes()[..4]);
            word >>= 32;
            bits -= 32;
        }
    }
    bytes
}
