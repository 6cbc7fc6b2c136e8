//! The matrix and the noise on each backend against the standard's algorithms.

use super::*;
use crate::Backend;
use crate::mlkem::oracle;
use crate::mlkem::params::{MlKem512, MlKem768, MlKem1024};
use crate::ntt16::StandardOrder;
use libcrux_sha3::{shake128, shake256};

fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

/// The most bytes that a sample of the tests needs.
type Output = [u8; 1008];

fn check_matrix<M: Machine + StandardOrder, P: ParameterSet>(machine: M, seed: &[u8; 32]) {
    let mut matrix = P::MATRIX;
    sample_matrix::<M, P>(machine, seed, |i, j| [j, i], &mut matrix);
    for (i, row) in (0..).zip(matrix.as_ref()) {
        for (j, polynomial) in (0..).zip(row.as_ref()) {
            let output: Output = shake128(&[&seed[..], &[j, i]].concat());
            let mut polynomial = *polynomial;
            machine.to_standard_order(&mut polynomial);
            assert_eq!(polynomial.0.map(i64::from), oracle::sample_ntt(&output).0);
        }
    }
}

/// Seeds of Wycheproof's keys, and the place in the matrix whose polynomial needs more than 575 bytes, which one in 10^12 does.
const LONG: [([u8; 32], [u8; 2]); 3] = [
    (hex("e20a91ed3d88f2f2b95dd9d09761dd8bfe60308f39dd85873e8f215399ee5fd0"), [0, 0]),
    (hex("ab92a863dcc49f1c3cd7a682b3c88d454c32fbd8b79275edcece3926e088995e"), [2, 2]),
    (hex("9981a34bafb2a8cf4840803356fe0a80bb336a1da0807adc7c0474cac74c00ad"), [3, 2]),
];

const fn hex(digits: &str) -> [u8; 32] {
    let (mut bytes, mut i) = ([0; 32], 0);
    while i < 64 {
        let digit = digits.as_bytes()[i];
        bytes[i / 2] = bytes[i / 2] << 4 | if digit < b'a' { digit - b'0' } else { digit - b'a' + 10 };
        i += 1;
    }
    bytes
}

fn seeds() -> impl Iterator<Item = [u8; 32]> {
    (0..300_u16).map(|number| shake256(&number.to_le_bytes())).chain(LONG.map(|(seed, _)| seed))
}

#[test]
fn test_the_long_samples_need_more_bytes_than_575() {
    for (seed, place) in LONG {
        let output: Output = shake128(&[&seed[..], &place].concat());
        assert!(oracle::sample_ntt(&output).1 > 575);
    }
}

#[test]
fn test_the_matrix_is_what_algorithm_7_gives() {
    for seed in seeds() {
        for backend in backends() {
            dispatch!(backend, m => check_matrix::<_, MlKem512>(m, &seed));
            dispatch!(backend, m => check_matrix::<_, MlKem768>(m, &seed));
            dispatch!(backend, m => check_matrix::<_, MlKem1024>(m, &seed));
        }
    }
}

fn check_noise<M: Machine, P: ParameterSet>(machine: M) {
    let seeds: [[u8; 32]; 8] = std::array::from_fn(|i| shake256(&i.to_le_bytes()));
    let mut each = [Noise::ZERO; 8];
    Noise::fill_each::<M, P>(machine, &seeds, 2 * P::K + 1, &mut each);
    for (seed, each) in seeds.iter().zip(&each) {
        for count in [2 * P::K, 2 * P::K + 1] {
            let mut noise = Noise::ZERO;
            Noise::fill::<M, P>(machine, seed, count, None, &mut noise);
            for nonce in 0..count {
                let expected: [u8; NOISE_BYTES] = shake256(&[&seed[..], &[u8::try_from(nonce).unwrap()]].concat());
                assert_eq!(noise.0[nonce][..64 * P::ETA1], expected[..64 * P::ETA1]);
                assert_eq!(each.0[nonce][..128], expected[..128]);
            }
        }
    }
}

#[test]
fn test_noise_is_that_of_the_pseudorandom_function() {
    for backend in backends() {
        dispatch!(backend, m => check_noise::<_, MlKem512>(m));
        dispatch!(backend, m => check_noise::<_, MlKem768>(m));
        dispatch!(backend, m => check_noise::<_, MlKem1024>(m));
    }
}
