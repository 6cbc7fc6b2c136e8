//! The engine of keys whose flags name none, and what is refused.
//!
//! The environment variable is read once, so each value of it has a process of its own: this test program, run again.
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::api::*;
use common::keys::Algorithm;
use common::text;
use std::env;
use std::process::Command;

const VARIABLE: &str = "QYNAUTH_PQC_ENGINE";

/// Holds the engine that the test expects.
const EXPECTED: &str = "EXPECTED_ENGINE";

/// This test program, run again, by the emulator that runs it if a variable names one.
fn again() -> Command {
    let program = env::current_exe().unwrap_or_default();
    let Ok(emulator) = env::var("QYNAUTH_PQC_EMULATOR") else { return Command::new(program) };
    let mut words = emulator.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(program);
    command
}

/// Runs one of the tests below in a process with this value of the variable.
fn run(test: &str, value: Option<&str>, expected: &str) -> bool {
    let mut command = again();
    command.args([test, "--exact", "--ignored", "--quiet"]).env_remove(VARIABLE).env(EXPECTED, expected);
    if let Some(value) = value {
        command.env(VARIABLE, value);
    }
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn the_environment_names_the_engine_of_keys_whose_flags_name_none() {
    for (value, expected) in [(None, "simd"), (Some("libcrux"), "libcrux"), (Some("simd"), "simd")] {
        assert!(run("child_has_an_engine", value, expected), "{value:?}");
    }
}

fn options(algorithm: Algorithm) -> Result<u32, PqcStatus> {
    algorithm.generate()?.options()
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
    let all_have = |flag| Algorithm::all().iter().all(|algorithm| options(*algorithm).is_ok_and(|all| all & flag != 0));
    assert!(all_have(expected[0]));
    // What the process sets has precedence over the environment.
    common::check(ffi_enable_optimizations(other))?;
    assert!(all_have(other));
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
    for algorithm in Algorithm::all() {
        assert_eq!(algorithm.generate().err(), Some(PqcStatus::EngineSetting), "{algorithm:?}");
    }
    assert_eq!(text(ffi_engine()), c"");
    assert_eq!(ffi_get_optimizations() & (PQC_OPTIMIZE_LIBCRUX | PQC_OPTIMIZE_SIMD), 0);
    for flags in [PQC_KEY_LIBCRUX, PQC_KEY_SIMD] {
        assert!(options(Algorithm::of(44).with(flags))? & flags != 0, "a flag has precedence");
    }
    common::check(ffi_enable_optimizations(PQC_OPTIMIZE_SIMD))?;
    assert!(options(Algorithm::of(512))? & PQC_KEY_SIMD != 0);
    Ok(())
}
