//! The engine that keys get which ask for none, and what is refused.
//!
//! The environment variable is read once, so each value of it has a process of its own: this test program, run again.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::mldsa::{DSA_SETS, DsaSet};
use common::mlkem::KEM_SETS;
use common::text;
use common::xwing::XWING;
use pqc_ffi::key_flags::{PQC_KEY_LIBCRUX, PQC_KEY_SIMD};
use pqc_ffi::monitoring::{PQC_OPTIMIZE_LIBCRUX, PQC_OPTIMIZE_SIMD, ffi_enable_optimizations, ffi_get_optimizations};
use pqc_ffi::status::PqcStatus;
use pqc_ffi::version::ffi_engine;
use std::env;
use std::process::Command;

const VARIABLE: &str = "QYNAUTH_PQC_ENGINE";

/// Says what engine the test expects, and asks it to run.
const EXPECTED: &str = "EXPECTED_ENGINE";

/// Runs one of the tests below in a process with this value of the variable.
fn run(test: &str, value: Option<&str>, expected: &str) -> bool {
    let program = env::current_exe().unwrap_or_default();
    let mut command = Command::new(program);
    command.args([test, "--exact", "--ignored", "--quiet"]).env_remove(VARIABLE).env(EXPECTED, expected);
    if let Some(value) = value {
        command.env(VARIABLE, value);
    }
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn the_environment_names_the_engine_of_keys_that_ask_for_none() {
    for (value, expected) in [(None, "libcrux"), (Some("libcrux"), "libcrux"), (Some("simd"), "simd")] {
        assert!(run("child_has_an_engine", value, expected), "{value:?}");
    }
}

#[test]
#[ignore = "run by the test above, with a variable set"]
fn child_has_an_engine() -> Result<(), PqcStatus> {
    let (expected, other) = if env::var(EXPECTED).is_ok_and(|name| name == "simd") {
        ([PQC_KEY_SIMD, PQC_OPTIMIZE_SIMD], PQC_OPTIMIZE_LIBCRUX)
    } else {
        ([PQC_KEY_LIBCRUX, PQC_OPTIMIZE_LIBCRUX], PQC_OPTIMIZE_SIMD)
    };
    assert_eq!(text(ffi_engine()).to_str().ok(), env::var(EXPECTED).ok().as_deref());
    assert_ne!(ffi_get_optimizations() & expected[1], 0);
    let engine = || Ok::<_, PqcStatus>([KEM_SETS[0].generate()?.options()?, DSA_SETS[0].generate()?.options()?]);
    assert!(engine()?.iter().all(|flags| flags & expected[0] != 0));
    assert!(XWING.generate()?.options()? & expected[0] != 0);
    // What the process sets goes before the environment.
    common::check(ffi_enable_optimizations(other))?;
    assert!(engine()?.iter().all(|flags| flags & other != 0));
    Ok(())
}

#[test]
fn another_value_is_refused_until_an_engine_is_named() {
    for value in ["", "SIMD", "libcrux ", "fast"] {
        assert!(run("child_has_none", Some(value), ""), "{value:?}");
    }
}

#[test]
#[ignore = "run by the test above, with a variable set"]
fn child_has_none() -> Result<(), PqcStatus> {
    let refused = Some(PqcStatus::EngineSetting);
    assert_eq!(KEM_SETS[0].generate().err(), refused);
    assert_eq!(DSA_SETS[0].generate().err(), refused);
    assert_eq!(XWING.generate().err(), refused);
    assert_eq!(text(ffi_engine()), c"");
    assert_eq!(ffi_get_optimizations() & (PQC_OPTIMIZE_LIBCRUX | PQC_OPTIMIZE_SIMD), 0);
    for flags in [PQC_KEY_LIBCRUX, PQC_KEY_SIMD] {
        assert!(DsaSet { flags, ..DSA_SETS[0] }.generate()?.options()? & flags != 0, "a flag goes before it");
    }
    common::check(ffi_enable_optimizations(PQC_OPTIMIZE_SIMD))?;
    assert!(KEM_SETS[0].generate()?.options()? & PQC_KEY_SIMD != 0);
    Ok(())
}
