//! An engine that returns a wrong known answer is not used.
//!
//! One test, since what came of a self test holds for the process.
#![cfg(feature = "inject-panic")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::api::*;
use common::keys::Algorithm;
use pqc_core::{CodePath, Engine, break_self_tests};

#[test]
fn an_engine_that_fails_its_self_test_is_refused_from_then_on() -> Result<(), PqcStatus> {
    let is_known = |kem: &Algorithm| kem.with(PQC_KEY_SIMD).generate().is_ok();
    assert!(Algorithm::kems().iter().all(is_known), "what has passed before keeps its outcome");
    break_self_tests(true);
    let failed = Some(PqcStatus::SelfTest);
    for algorithm in Algorithm::signers() {
        let libcrux = algorithm.with(PQC_KEY_LIBCRUX);
        let (private, public) = (libcrux.generate()?.bytes()?, libcrux.generate()?.public_key()?.bytes()?);
        let simd = algorithm.with(PQC_KEY_SIMD);
        for broken in [true, false] {
            break_self_tests(broken);
            assert_eq!(simd.generate().err(), failed);
            assert_eq!(simd.made_of(&[1; 80]).err(), failed);
            assert_eq!(simd.load_private_key(&private).err(), failed);
            assert_eq!(simd.load_public_key(&public).err(), failed);
            // The public key of ML-DSA is derived by that engine; a composite has the seed of its ML-DSA.
            let of_libcrux = libcrux.load_private_key(&private).err();
            assert_eq!(of_libcrux, if algorithm.is_composite() { None } else { failed });
        }
        let portable = algorithm.with(PQC_KEY_SIMD | PQC_KEY_PORTABLE);
        let other = Engine::Simd.best_path() != CodePath::Portable;
        assert_eq!(portable.generate().err(), failed.filter(|_| !other), "each code path has its own test");
    }
    assert!(Algorithm::kems().iter().all(is_known), "what has passed before keeps its outcome");
    assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_SIMD | PQC_OPTIMIZE_WARM_UP), PqcStatus::SelfTest);
    Ok(())
}
