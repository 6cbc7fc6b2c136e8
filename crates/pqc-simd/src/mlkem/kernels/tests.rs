//! The kernels on each backend against the standard's algorithms: every input where there are few, else the bounds.

use super::*;
use crate::Backend;
use crate::keccak::oracle::shake128;
use crate::mlkem::oracle;
use crate::ntt16::{Ntt, StandardOrder};

fn wide(polynomial: &Poly) -> [i64; 256] {
    polynomial.0.map(i64::from)
}

fn narrow(numbers: [i64; 256]) -> Poly {
    Poly(numbers.map(|x| i16::try_from(x).unwrap()))
}

/// Polynomials with every number of a range, in both orders, so that each number is in several lanes.
fn every(range: std::ops::Range<i64>) -> impl Iterator<Item = [i64; 256]> {
    let numbers: Vec<i64> = range.collect();
    (0..numbers.len().div_ceil(256)).flat_map(move |chunk| {
        let at = |i: usize| numbers[(256 * chunk + i) % numbers.len()];
        [std::array::from_fn(at), std::array::from_fn(|i| at(255 - i))]
    })
}

fn check_compress<M: Coding, const BITS: usize>(machine: M) {
    let bits = u32::try_from(BITS).unwrap();
    for noise in [-3, 0, 1668] {
        for sums in every(-i64::from(PRODUCT)..i64::from(PRODUCT) + 1) {
            let expected = sums.map(|x| oracle::compress(bits, (x + noise).rem_euclid(oracle::Q)));
            let mut bytes = vec![0; 32 * BITS];
            machine.compress::<BITS>(&narrow(sums), &narrow([noise; 256]), &mut bytes);
            assert_eq!(bytes, oracle::byte_encode(BITS, &expected), "{BITS} bits");
        }
    }
}

fn check_decompress<M: Coding, const BITS: usize>(machine: M) {
    for numbers in every(0..1 << BITS) {
        let (bytes, mut out) = (oracle::byte_encode(BITS, &numbers), Poly::ZERO);
        machine.decompress::<BITS>(&bytes, &mut out);
        assert_eq!(wide(&out), numbers.map(|y| oracle::decompress(u32::try_from(BITS).unwrap(), y)), "{BITS} bits");
    }
}

#[test]
fn test_compression_rounds_every_number_as_the_standard_does() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_compress::<_, 4>(m));
        dispatch!(backend, m => check_compress::<_, 5>(m));
        dispatch!(backend, m => check_compress::<_, 10>(m));
        dispatch!(backend, m => check_compress::<_, 11>(m));
    }
}

#[test]
fn test_decompression_rounds_every_number_as_the_standard_does() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_decompress::<_, 4>(m));
        dispatch!(backend, m => check_decompress::<_, 5>(m));
        dispatch!(backend, m => check_decompress::<_, 10>(m));
        dispatch!(backend, m => check_decompress::<_, 11>(m));
    }
}

#[test]
fn test_messages_are_read_from_every_difference() {
    for backend in Backend::available() {
        for v in [0, 1, 832, 833, 1664, 1665, 2496, 2497, 3328] {
            for w in every(-i64::from(PRODUCT)..i64::from(PRODUCT) + 1) {
                let expected = w.map(|w| oracle::compress(1, (v - w).rem_euclid(oracle::Q)));
                let mut out = [0; 32];
                dispatch!(backend, m => m.message(&narrow([v; 256]), &narrow(w), &mut out));
                assert_eq!(out[..], oracle::byte_encode(1, &expected));
            }
        }
    }
}

#[test]
fn test_messages_are_added_bit_by_bit() {
    let message: [u8; 32] = std::array::from_fn(|i| u8::try_from(i * 37 % 251).unwrap());
    let bits = oracle::byte_decode(1, &message);
    for backend in Backend::available() {
        for noise in -3..=3 {
            let mut polynomial = narrow([noise; 256]);
            dispatch!(backend, m => m.add_message(&message, &mut polynomial));
            assert_eq!(wide(&polynomial), bits.map(|bit| noise + 1665 * bit));
        }
    }
}

/// Every pattern of a coefficient's bits, in every lane.
#[test]
fn test_noise_agrees_with_algorithm_8_for_every_pattern() {
    for backend in Backend::available() {
        for turn in 0..256 {
            for (eta, patterns) in [(2, 16), (3, 64)] {
                let pattern: [i64; 256] =
                    std::array::from_fn(|i| i64::try_from((i * 5 + i / 64 + turn) % patterns).unwrap());
                let (bytes, mut out) = (oracle::byte_encode(2 * eta, &pattern), Poly::ZERO);
                if eta == 2 {
                    dispatch!(backend, m => m.sample_cbd::<4>(&bytes, &mut out));
                } else {
                    dispatch!(backend, m => m.sample_cbd::<6>(&bytes, &mut out));
                }
                assert_eq!(wide(&out), oracle::sample_poly_cbd(eta, &bytes));
            }
        }
    }
}

/// Every number of 12 bits, those above q too.
#[test]
fn test_encoding_keeps_every_number() {
    for backend in Backend::available() {
        for numbers in every(0..4096) {
            let mut decoded = Poly::ZERO;
            dispatch!(backend, m => m.decode(&oracle::byte_encode(12, &numbers), &mut decoded));
            dispatch!(backend, m => m.to_standard_order(&mut decoded));
            assert_eq!(wide(&decoded), numbers);
        }
        for numbers in every(-i64::from(REDUCED)..i64::from(REDUCED) + 1) {
            let (mut polynomial, mut bytes) = (narrow(numbers), [0; 384]);
            dispatch!(backend, m => m.reorder(&mut polynomial));
            dispatch!(backend, m => m.encode(&polynomial, &mut bytes));
            assert_eq!(bytes[..], oracle::byte_encode(12, &numbers.map(|x| x.rem_euclid(oracle::Q))));
        }
    }
}

#[test]
fn test_sums_are_encoded_at_every_product_and_bound() {
    let most = i64::from(SUM_OF_PRODUCTS);
    for backend in Backend::available() {
        for (products, other) in every(-most..most + 1).zip([-REDUCED, 0, REDUCED].into_iter().cycle()) {
            let (mut product, mut bytes) = (narrow(products), [0; 384]);
            dispatch!(backend, m => m.reorder(&mut product));
            dispatch!(backend, m => m.encode_sum(&product, &Poly([other; 256]), &mut bytes));
            let expected = products.map(|x| ((x << 16) + i64::from(other)).rem_euclid(oracle::Q));
            assert_eq!(bytes[..], oracle::byte_encode(12, &expected));
        }
    }
}

/// Three blocks of XOF output, padded for the kernel.
fn padded(output: &[u8]) -> [u8; SAMPLE_BYTES] {
    let mut bytes = [0xff; SAMPLE_BYTES];
    bytes[..504].copy_from_slice(&output[..504]);
    bytes
}

fn check_sample(backend: Backend, output: &[u8]) {
    let (expected, used) = oracle::sample_ntt(output);
    let (mut accepted, mut polynomial) = ([0; ACCEPTED], Poly::ZERO);
    let enough = dispatch!(backend, m => m.accept(&padded(output), &mut accepted)) >= 256;
    assert_eq!(enough, used <= 504, "{}", backend.name());
    if enough {
        dispatch!(backend, m => m.take_accepted(&accepted, &mut polynomial));
        dispatch!(backend, m => m.to_standard_order(&mut polynomial));
        assert_eq!(wide(&polynomial), expected, "{}", backend.name());
    }
}

#[test]
fn test_sampling_agrees_with_algorithm_7() {
    for backend in Backend::available() {
        for seed in 0..4_000_u16 {
            check_sample(backend, &shake128::<1344>(&seed.to_le_bytes()));
        }
    }
}

/// Exactly 256 numbers below q in three blocks, one fewer, all, and none, with q and q - 1 among them.
#[test]
fn test_sampling_counts_to_the_last_number() {
    for backend in Backend::available() {
        for kept in [0, 255, 256, 257, 336] {
            for rejected in [3329, 4095] {
                let number = |i: usize| {
                    if i * kept / 336 != (i + 1) * kept / 336 { 3328 - i64::try_from(i).unwrap() } else { rejected }
                };
                let first: [i64; 256] = std::array::from_fn(number);
                let second: [i64; 256] = std::array::from_fn(|i| if i < 80 { number(256 + i) } else { 0 });
                let output = [oracle::byte_encode(12, &first), oracle::byte_encode(12, &second), vec![0; 600]].concat();
                check_sample(backend, &output);
            }
        }
    }
}

#[test]
fn test_strings_differ_if_any_bit_does() {
    let left: [u8; 1568] = std::array::from_fn(|i| u8::try_from(i % 251).unwrap());
    for backend in Backend::available() {
        for length in [1, 31, 768, 1088, 1568] {
            assert_eq!(dispatch!(backend, m => m.difference(&left[..length], &left[..length])), 0);
            for bit in 0..8 * length {
                let mut right = left;
                right[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(dispatch!(backend, m => m.difference(&left[..length], &right[..length])), 0);
                // The same bit of another byte must not undo it.
                right[(bit / 8 + 1) % length] ^= 1 << (bit % 8);
                let differs = dispatch!(backend, m => m.difference(&left[..length], &right[..length])) != 0;
                assert_eq!(differs, length > 1);
            }
        }
    }
}
