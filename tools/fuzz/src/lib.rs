//! The code of the fuzz targets, on the wrappers and the function table of the tests of pqc-ffi.
//!
//! The wrappers check that a call that fails zeroes its outputs, and free what a call returns, so that the fuzzer's leak
//! check covers every function that allocates. All encodings are read on every code path of the machine,
//! and the outcomes must agree.
#![allow(clippy::panic_in_result_fn, reason = "the fuzzer looks for failed assertions")]

#[path = "../../../crates/pqc-ffi/tests/common/mod.rs"]
mod common;

#[allow(dead_code, reason = "the tests of composites use the rest")]
#[path = "../../../crates/pqc-ffi/tests/composites/der.rs"]
mod der;

mod calls;
mod composite;
mod import;
mod simd;
mod simd_mldsa;
mod simd_mlkem;

pub use calls::calls;
pub use composite::composite;
pub use import::{import, signature};
pub use simd_mldsa::simd_mldsa;
pub use simd_mlkem::simd_mlkem;

use common::bytes::edited;
use common::code_paths;
use common::fixture::Fixture;
use common::keys::Algorithm;
use pqc_ffi::status::PqcStatus;
use std::sync::LazyLock;

/// The flags of every code path of this machine.
fn paths() -> &'static [u32] {
    static PATHS: LazyLock<Vec<u32>> = LazyLock::new(|| code_paths().into_iter().map(|(_, flags)| flags).collect());
    &PATHS
}

/// Fixtures of every algorithm on every code path.
fn fixtures() -> &'static [Fixture] {
    static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
        let all =
            Algorithm::all().into_iter().flat_map(|algorithm| paths().iter().map(move |path| algorithm.with(*path)));
        all.map(Fixture::new).collect::<Result<_, _>>().expect("valid inputs make keys")
    });
    &FIXTURES
}

/// The fixture of an algorithm on the code path that `path` counts.
fn fixture_on(algorithm: u32, path: usize) -> &'static Fixture {
    let mut all = fixtures().iter().filter(|fixture| fixture.algorithm.id == algorithm);
    all.nth(path).expect("a fixture of each algorithm on each path")
}

/// The one outcome of `act` for the flags of every code path of this machine.
fn on_every_path<T: PartialEq + core::fmt::Debug>(act: impl Fn(u32) -> Result<T, PqcStatus>) -> Result<T, PqcStatus> {
    let mut outcomes = paths().iter().map(|flags| act(*flags));
    let first = outcomes.next().unwrap_or(Err(PqcStatus::Internal));
    outcomes.for_each(|other| assert_eq!(other, first, "the code paths disagree"));
    first
}

/// The choices of the first bytes of an input.
struct Choice<'a> {
    algorithm: u32,
    /// Which of the encodings that the target reads.
    kind: usize,
    is_raw: bool,
    rest: &'a [u8],
}

impl<'a> Choice<'a> {
    /// The choice that an input makes among algorithms and kinds.
    fn new(data: &'a [u8], algorithms: &[Algorithm], kinds: usize) -> Option<Self> {
        let (&[algorithm, what], rest) = data.split_first_chunk()?;
        let (algorithm, what) = (algorithms[usize::from(algorithm) % algorithms.len()].id, usize::from(what));
        Some(Self { algorithm, kind: what % kinds, is_raw: what / kinds % 2 == 1, rest })
    }

    /// The encoding to be read: the input, or a valid one that it edits.
    fn encoding(&self, valid: &[u8]) -> Vec<u8> {
        if self.is_raw { self.rest.to_vec() } else { edited(valid, self.rest) }
    }
}
