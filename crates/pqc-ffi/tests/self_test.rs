//! An engine that gives a wrong known answer is not used.
//!
//! One test, since what came of a self test holds for the process.
#![cfg(feature = "inject-panic")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mldsa::{DSA_SETS, DsaSet};
use common::mlkem::{KEM_SETS, KemSet};
use common::xwing::XWing;
use pqc_core::break_self_tests;
use pqc_ffi::key_flags::{PQC_KEY_LIBCRUX, PQC_KEY_PORTABLE, PQC_KEY_SIMD};
use pqc_ffi::monitoring::{PQC_OPTIMIZE_SIMD, PQC_OPTIMIZE_WARM_UP, ffi_enable_optimizations};
use pqc_ffi::status::PqcStatus;

#[test]
fn an_engine_that_fails_its_self_test_is_refused_from_then_on() -> Result<(), PqcStatus> {
    let simd = |set: KemSet| KemSet { flags: PQC_KEY_SIMD, ..set };
    let known = KEM_SETS.map(|set| simd(set).generate());
    assert!(known.iter().all(Result::is_ok), "what has passed before keeps its outcome");
    break_self_tests(true);
    let failed = Some(PqcStatus::SelfTest);
    for set in DSA_SETS {
        let libcrux = DsaSet { flags: PQC_KEY_LIBCRUX, ..set };
        let (private, public) = (libcrux.generate()?.private_key_bytes()?, libcrux.generate()?.public_key_bytes()?);
        let simd = DsaSet { flags: PQC_KEY_SIMD, ..set };
        for broken in [true, false] {
            break_self_tests(broken);
            assert_eq!(simd.generate().err(), failed);
            assert_eq!(simd.load_seed(&[1; 32]).err(), failed);
            assert_eq!(simd.load_private_key(&private).err(), failed);
            assert_eq!(simd.load_public_key(&public).err(), failed);
            assert_eq!(libcrux.load_private_key(&private).err(), failed, "its public key is derived by that engine");
        }
        let portable = DsaSet { flags: PQC_KEY_SIMD | PQC_KEY_PORTABLE, ..set };
        assert_eq!(portable.generate().err(), None, "each code path has its own test");
    }
    assert_eq!(XWing { flags: PQC_KEY_SIMD }.generate().err(), None);
    assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_SIMD | PQC_OPTIMIZE_WARM_UP), PqcStatus::SelfTest);
    Ok(())
}
