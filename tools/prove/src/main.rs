//! Runs the proofs of the engine: see `crates/pqc-simd/src/proofs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pqc_simd::proofs::run(&[], std::env::args().skip(1))
}
