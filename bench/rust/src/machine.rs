//! The rate of the time stamp counter, and the time of a permutation of Keccak.
#![allow(unsafe_code, reason = "reading the time stamp counter")]

use pqc_core::CodePath;
use std::hint::black_box;
use std::time::Instant;

/// The runs of each measurement, of which the fastest counts, and the permutations in each run.
const RUNS: usize = 200;
const PERMUTATIONS: u32 = 1_000;
/// The numbers of states in a call, in the order of printing.
const STATES: [usize; 3] = [1, 4, 8];

/// Prints a name and a number a line: ticks in a nanosecond, where there are any, and nanoseconds of a call.
pub(crate) fn print(path: CodePath) {
    #[cfg(target_arch = "x86_64")]
    println!("tsc_ghz {:.4}", ticks());
    for states in STATES {
        let nanoseconds = fastest(|| black_box(pqc_simd::permutations(path, states, PERMUTATIONS as usize)));
        println!("permutation_{states} {:.2}", nanoseconds / f64::from(PERMUTATIONS));
    }
}

/// The nanoseconds of the fastest run.
fn fastest<T>(mut run: impl FnMut() -> T) -> f64 {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_secs_f64() * 1e9
    });
    times.fold(f64::INFINITY, f64::min)
}

/// The ticks of the time stamp counter in a nanosecond.
#[cfg(target_arch = "x86_64")]
fn ticks() -> f64 {
    // SAFETY: every x86-64 processor has the instruction.
    let counter = || unsafe { core::arch::x86_64::_rdtsc() };
    let (start, first) = (Instant::now(), counter());
    std::thread::sleep(std::time::Duration::from_millis(50));
    #[allow(clippy::cast_precision_loss, reason = "53 bits are enough for a ratio")]
    let passed = (counter() - first) as f64;
    passed / (start.elapsed().as_secs_f64() * 1e9)
}
