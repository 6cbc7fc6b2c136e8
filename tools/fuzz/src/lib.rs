//! What the fuzz targets do with an input, over the same safe wrappers as the tests of pqc-ffi.
//!
//! The wrappers check that a call that fails empties its outputs, and free what a call gives, so that the fuzzer's leak
//! check covers every function that allocates. Whatever reads bytes runs with each engine on every code path of the
//! machine, and they must agree.
#![allow(clippy::panic_in_result_fn, reason = "a failed assertion is what the fuzzer looks for")]

#[path = "../../../crates/pqc-ffi/tests/common/mod.rs"]
mod common;

mod arguments;
mod batch_calls;
mod batch_into_calls;
mod calls;
mod edit;
mod ffi_calls;
mod keys;
mod mldsa;
mod mldsa_calls;
mod mlkem;
mod mlkem_calls;
mod mu_calls;
mod overlap_calls;
mod simd;
mod simd_mldsa;
mod simd_mlkem;
mod xwing;
mod xwing_calls;

pub use calls::calls;
pub use mldsa::{mldsa_import, mldsa_signature};
pub use mlkem::mlkem_import;
pub use simd_mldsa::simd_mldsa;
pub use simd_mlkem::simd_mlkem;
pub use xwing::xwing_import;

use pqc_ffi::status::PqcStatus;

/// The one outcome that `act` has for the flags of each engine with every code path of this machine.
fn on_every_path<T: PartialEq + core::fmt::Debug>(act: impl Fn(u32) -> Result<T, PqcStatus>) -> Result<T, PqcStatus> {
    let mut outcomes = keys::path_flags().into_iter().map(act);
    let first = outcomes.next().unwrap_or(Err(PqcStatus::Internal));
    outcomes.for_each(|other| assert_eq!(other, first, "the engines or code paths disagree"));
    first
}
