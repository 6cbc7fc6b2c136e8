//! The matrix, from each sampling function on each backend, against the standard's algorithm.

use super::*;
use crate::Backend;
use crate::bytes::Zero;
use crate::keccak::oracle::{shake128, shake256};
use crate::keccak::{SHAKE_SUFFIX, Shake256};
use crate::mlkem::oracle;
use crate::mlkem::params::{MlKem512, MlKem768, MlKem1024};
use crate::mlkem::pke::{Noise, NoiseFiller};
use crate::ntt16::StandardOrder;

/// The longest output that a sample of the tests needs.
type Output = [u8; 1008];

/// Seeds of Wycheproof's keys, and the entry of the matrix that needs more than 575 bytes, as one in 10^12 does.
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
    for (seed, indices) in LONG {
        let output: Output = shake128(&[&seed[..], &indices].concat());
        assert!(oracle::sample_ntt(&output).1 > 575);
    }
}

fn check<M: Machine + StandardOrder, P: ParameterSet>(machine: M, seed: &[u8; 32], matrix: &P::Matrix) {
    for (i, row) in (0..).zip(matrix.as_ref()) {
        for (j, polynomial) in (0..).zip(row.as_ref()) {
            let output: Output = shake128(&[&seed[..], &[j, i]].concat());
            let mut polynomial = *polynomial;
            machine.to_standard_order(&mut polynomial);
            assert_eq!(polynomial.0.map(i64::from), oracle::sample_ntt(&output).0);
        }
    }
}

fn entry_seeds<P: ParameterSet>(seed: &[u8; 32]) -> EntrySeeds {
    EntrySeeds::new::<P>(seed, |i, j| [j, i])
}

fn check_alone<M: Machine + StandardOrder, P: ParameterSet>(machine: M, seed: &[u8; 32]) {
    let mut matrix = P::Matrix::ZERO;
    sample_matrix::<M, P>(machine, &entry_seeds::<P>(seed), &mut matrix);
    check::<M, P>(machine, seed, &matrix);
}

/// Interleaved with one or two hashes of the longest message; their outputs must be correct too.
fn check_interleaved<M: Machine + StandardOrder, P: ParameterSet, const HASHES: usize>(machine: M, seed: &[u8; 32]) {
    let message = &seed.repeat(51)[..SHAKE256_RATE * (SAMPLE_BLOCKS * P::K) - 1];
    let mut blocks = vec![[0; SHAKE256_RATE]; SAMPLE_BLOCKS * P::K];
    Shake256::<1>::pad(&[&message[..9], &message[9..]], &mut blocks);
    let (mut matrix, mut hash) = (P::Matrix::ZERO, [0; 100]);
    let mut hashes = [(); HASHES].map(|()| Absorption::new(&blocks));
    sample_matrix_interleaved::<M, P, HASHES>(machine, &entry_seeds::<P>(seed), &mut hashes, &mut matrix);
    check::<M, P>(machine, seed, &matrix);
    for Absorption { state, .. } in hashes {
        state.copy_to(0, 0, &mut hash);
        assert_eq!(hash, shake256(message));
    }
}

/// Some entries interleaved with the noise, and the others, three at a time, with two hashes that have fewer blocks than there are
/// steps: one has two, the other three.
fn check_in_chunks<M: Machine + StandardOrder, P: ParameterSet>(machine: M, seed: &[u8; 32]) {
    let (mut matrix, mut noise) = (P::Matrix::ZERO, Noise::ZERO);
    let (seeds, entries) = (entry_seeds::<P>(seed), P::K * P::K);
    let first = entries.min(6);
    let mut filler = NoiseFiller::new::<P>(seed, 2 * P::K.min(3), &mut noise);
    sample_entries::<M, P, 8>(machine, &seeds, 0..first, &mut filler, &mut matrix);
    assert!(filler.is_done());
    let mut blocks = [[0; SHAKE256_RATE]; 5];
    let (short, long) = blocks.split_at_mut(2);
    Shake256::<1>::pad(&[&seed.repeat(6)], short);
    Shake256::<1>::pad(&[&seed.repeat(9)], long);
    let mut hashes = [short, long].map(|blocks| Absorption::new(blocks));
    for first in (first..entries).step_by(3) {
        let entries = first..entries.min(first + 3);
        sample_entries::<M, P, 8>(machine, &seeds, entries, &mut hashes, &mut matrix);
    }
    check::<M, P>(machine, seed, &matrix);
    for (Absorption { state, .. }, repeats) in hashes.iter().zip([6, 9]).filter(|_| entries > first) {
        let mut hash = [0; 32];
        state.copy_to(0, 0, &mut hash);
        assert_eq!(hash, shake256(&seed.repeat(repeats)));
    }
    for nonce in 0..2 * P::K.min(3) {
        let expected: [u8; 192] = shake256(&[&seed[..], &nonce.to_le_bytes()[..1]].concat());
        assert_eq!(noise.0[nonce][..64 * P::ETA1], expected[..64 * P::ETA1]);
    }
}

#[test]
fn test_the_matrix_agrees_with_algorithm_7() {
    for seed in seeds() {
        for backend in Backend::available() {
            dispatch!(backend, m => check_alone::<_, MlKem512>(m, &seed));
            dispatch!(backend, m => check_alone::<_, MlKem768>(m, &seed));
            dispatch!(backend, m => check_alone::<_, MlKem1024>(m, &seed));
        }
    }
}

#[test]
fn test_the_matrix_and_interleaved_work_do_not_mix() {
    for seed in seeds() {
        for backend in Backend::available() {
            dispatch!(backend, m => check_interleaved::<_, MlKem512, 1>(m, &seed));
            dispatch!(backend, m => check_interleaved::<_, MlKem768, 1>(m, &seed));
            dispatch!(backend, m => check_interleaved::<_, MlKem1024, 1>(m, &seed));
            dispatch!(backend, m => check_interleaved::<_, MlKem512, 2>(m, &seed));
            dispatch!(backend, m => check_interleaved::<_, MlKem768, 2>(m, &seed));
            dispatch!(backend, m => check_interleaved::<_, MlKem1024, 2>(m, &seed));
            dispatch!(backend, m => check_in_chunks::<_, MlKem512>(m, &seed));
            dispatch!(backend, m => check_in_chunks::<_, MlKem768>(m, &seed));
            dispatch!(backend, m => check_in_chunks::<_, MlKem1024>(m, &seed));
        }
    }
}

/// The path of a sample that needs more than three blocks, for all coefficients, so that some candidates are q.
#[test]
fn test_long_samples_agree_with_algorithm_7() {
    fn check_long<M: Machine + StandardOrder>(machine: M, seed: &[u8; 32]) {
        let (mut sponge, mut polynomial) = (State::ZERO, Poly::ZERO);
        sponge.add(0, 0, seed);
        sponge.pad(0, seed.len(), SHAKE128_RATE, SHAKE_SUFFIX);
        sample_long(machine, &mut sponge, &[0; ACCEPTED], 0, &mut polynomial);
        machine.to_standard_order(&mut polynomial);
        let output: Output = shake128(seed);
        assert_eq!(polynomial.0.map(i64::from), oracle::sample_ntt(&output).0);
    }
    for seed in seeds() {
        for backend in Backend::available() {
            dispatch!(backend, m => check_long(m, &seed));
        }
    }
}
