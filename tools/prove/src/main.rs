//! Runs the proofs of the engine: see `tools/prove/proofs`.
#![allow(clippy::expect_used, reason = "a failure ends a row")]

#[cfg(not(model))]
mod glue;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(not(model))]
    let rows = glue::ROWS;
    #[cfg(model)]
    let rows = &[];
    pqc_simd::proofs::run(rows, std::env::args().skip(1))
}
