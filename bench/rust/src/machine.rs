//! The clocks of the processor, and what a permutation of Keccak takes.
#![allow(unsafe_code, reason = "reading the time stamp counter, and a chain of additions that no compiler shortens")]

use pqc_core::CodePath;
use std::hint::black_box;
use std::time::Instant;

/// Runs of each measurement, the fastest of which counts, and what each of them repeats.
const RUNS: usize = 200;
const ADDITIONS: u32 = 100_000;
const PERMUTATIONS: u32 = 1_000;
/// The states of a call, in the order of what is printed.
const STATES: [usize; 3] = [1, 4, 8];

/// Prints a name and a number a line: ticks and cycles in a nanosecond, where they are known, and nanoseconds of a call.
pub(crate) fn print(path: CodePath) {
    #[cfg(target_arch = "x86_64")]
    {
        println!("tsc_ghz {:.4}", ticks());
        println!("core_ghz {:.4}", f64::from(ADDITIONS) / fastest(additions));
    }
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
    fastest(additions);
    #[allow(clippy::cast_precision_loss, reason = "53 bits are enough for a ratio")]
    let passed = (counter() - first) as f64;
    passed / (start.elapsed().as_secs_f64() * 1e9)
}

/// A chain of additions, each of which waits for the one before: a cycle of the core each.
#[cfg(target_arch = "x86_64")]
fn additions() -> u64 {
    const UNROLLED: u32 = 10;
    let mut sum = black_box(1_u64);
    for _ in 0..ADDITIONS / UNROLLED {
        // SAFETY: it changes one register and the flags.
        unsafe {
            core::arch::asm!(
                "add {0}, {0}", "add {0}, {0}", "add {0}, {0}", "add {0}, {0}", "add {0}, {0}",
                "add {0}, {0}", "add {0}, {0}", "add {0}, {0}", "add {0}, {0}", "add {0}, {0}",
                inout(reg) sum, options(nomem, nostack),
            );
        }
    }
    sum
}
