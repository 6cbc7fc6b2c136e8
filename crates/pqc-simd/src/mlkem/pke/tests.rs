//! The noise on each backend against the standard's function.

use super::*;
use crate::Backend;
use crate::keccak::oracle::shake256;
use crate::mlkem::params::{MlKem512, MlKem768, MlKem1024};

fn check_noise<M: Machine, P: ParameterSet>(machine: M) {
    let seeds: [[u8; 32]; 8] = std::array::from_fn(|i| shake256(&i.to_le_bytes()));
    let mut each = [Noise::ZERO; 8];
    Noise::fill_each::<M, P>(machine, &seeds, P::K, 2 * P::K + 1, &mut each);
    let bytes = |nonce| 64 * if nonce < P::K { P::ETA1 } else { 2 };
    for (seed, each) in seeds.iter().zip(&each) {
        for count in [2 * P::K, 2 * P::K + 1] {
            let (mut noise, mut other, mut alone) = (Noise::ZERO, State::ZERO, State::ZERO);
            other.add(0, 3, seed);
            alone.add(0, 3, seed);
            machine.permute_x1(&mut alone);
            // Eight nonces leave no lane free.
            let lent = (count != 8).then_some(&mut other);
            let has_lane = lent.is_some();
            Noise::fill::<M, P>(machine, seed, count, lent, &mut noise);
            assert_eq!(other.0 == alone.0, has_lane);
            for nonce in 0..count {
                let expected: [u8; NOISE_BYTES] = shake256(&[&seed[..], &[u8::try_from(nonce).unwrap()]].concat());
                assert_eq!(noise.0[nonce][..bytes(nonce)], expected[..bytes(nonce)]);
                assert_eq!(each.0[nonce][..bytes(nonce)], expected[..bytes(nonce)]);
            }
        }
    }
}

#[test]
fn test_noise_agrees_with_the_pseudorandom_function() {
    for backend in Backend::available() {
        dispatch!(backend, m => check_noise::<_, MlKem512>(m));
        dispatch!(backend, m => check_noise::<_, MlKem768>(m));
        dispatch!(backend, m => check_noise::<_, MlKem1024>(m));
    }
}
