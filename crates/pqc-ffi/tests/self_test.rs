//! An engine that returns a wrong known answer is not used.
//!
//! One test, since the outcome of a self test holds for the process.
#![cfg(feature = "inject-panic")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::api::*;
use common::keys::Algorithm;
use pqc_core::{CodePath, break_self_tests};

#[test]
fn an_engine_that_fails_its_self_test_is_refused_from_then_on() -> Result<(), PqcStatus> {
    let is_known = |kem: &Algorithm| kem.generate().is_ok();
    assert!(Algorithm::kems().iter().all(is_known), "what has passed before keeps its outcome");
    break_self_tests(true);
    let failed = Some(PqcStatus::SelfTest);
    for algorithm in Algorithm::signers() {
        let (private, public) = (vec![0; algorithm.private_key], vec![0; algorithm.public_key]);
        for broken in [true, false] {
            break_self_tests(broken);
            assert_eq!(algorithm.generate().err(), failed);
            assert_eq!(algorithm.load_secrets(&[1; 80]).err(), failed);
            assert_eq!(algorithm.load_private_key(&private).err(), failed);
            assert_eq!(algorithm.load_public_key(&public).err(), failed);
        }
        let portable = algorithm.with(PQC_KEY_PORTABLE);
        let other = CodePath::best() != CodePath::Portable;
        assert_eq!(portable.generate().err(), failed.filter(|_| !other), "each code path has its own test");
    }
    assert!(Algorithm::kems().iter().all(is_known), "what has passed before keeps its outcome");
    assert_eq!(ffi_enable_optimizations(PQC_OPTIMIZE_WARM_UP), PqcStatus::SelfTest);
    Ok(())
}
