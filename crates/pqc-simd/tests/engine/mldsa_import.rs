//! Refusals of ML-DSA on every backend: damaged private keys, and contexts that are too long.

use crate::mldsa::{imported_key, keygen, sized};
use pqc_simd::mldsa::{InvalidPrivateKey, MlDsa44, MlDsa65, MlDsa87, MuHasher, ParameterSet, public_key_from_private};
use pqc_simd::{Backend, Bytes};

/// Every derived field of a private key is checked, and every generated key passes.
fn check_import<P: ParameterSet>() {
    for backend in Backend::available() {
        for case in 0..20_usize {
            let (private_key, public_key) = keygen::<P>(backend, &[u8::try_from(case).unwrap(); 32]);
            let derive = |private_key: &[u8]| {
                let mut derived = P::PublicKey::ZERO;
                let outcome = public_key_from_private::<P>(backend, sized(private_key), &mut derived);
                let outcome = outcome.map(|()| derived.as_ref().to_vec());
                assert_eq!(imported_key::<P>(backend, private_key).map(|(derived, _)| derived), outcome);
                outcome
            };
            assert_eq!(derive(&private_key), Ok(public_key));
            let secret_bytes = (P::K + P::L) * P::ETA_BYTES;
            // rho, tr, and t0 from its first to its last byte.
            for at in [case, 64 + case, 128 + secret_bytes + case, P::PRIVATE_KEY_BYTES - 1 - case] {
                let mut bad = private_key.clone();
                bad[at] ^= 1 << (case % 8);
                assert_eq!(derive(&bad), Err(InvalidPrivateKey::Mismatch), "byte {at}");
            }
            // The same bit of two bytes of t0: one must not undo the other.
            let mut bad = private_key.clone();
            bad[128 + secret_bytes..][case..case + 2].iter_mut().for_each(|byte| *byte ^= 1 << (case % 8));
            assert_eq!(derive(&bad), Err(InvalidPrivateKey::Mismatch));
            let mut bad = private_key.clone();
            bad[128 + case * 11] = 0xff;
            assert_eq!(derive(&bad), Err(InvalidPrivateKey::Range));
        }
    }
}

#[test]
fn imported_private_keys_are_checked() {
    check_import::<MlDsa44>();
    check_import::<MlDsa65>();
    check_import::<MlDsa87>();
}

#[test]
fn contexts_that_are_too_long_are_refused() {
    for backend in Backend::available() {
        for (length, is_right) in [(0, true), (255, true), (256, false), (511, false)] {
            assert_eq!(MuHasher::new(backend, &[0; 64], &vec![0; length]).is_some(), is_right);
            assert_eq!(MuHasher::new_prehashed(backend, &[0; 64], &vec![0; length]).is_some(), is_right);
        }
    }
}
