//! The cost of counting and timing an operation, and the slowdown of concurrent threads.
//!
//! Counting is the difference between a counted call and an uncounted one, which both only refuse NULL. Timing
//! is the difference between one operation with timing on and off; the cheapest is taken, loading an ML-DSA public key.
//! All are measured in turns in one run, and the medians are printed.
#![allow(unsafe_code, reason = "the interface that is timed takes raw pointers")]

use core::hint::black_box;
use core::ptr;
use pqc_ffi::algorithm_ffi::{MLDSA44_PUBLICKEYBYTES, PqcAlgorithm};
use pqc_ffi::key_ffi::pqc_private_key_seed;
use pqc_ffi::public_key_ffi::{pqc_public_key_free, pqc_public_key_from_bytes};
use pqc_ffi::settings::{PQC_OPTIMIZE_TIMING_OFF, PQC_OPTIMIZE_TIMING_ON, ffi_enable_optimizations};
use pqc_ffi::signature_ffi::pqc_sign;
use pqc_ffi::status::PqcStatus;
use std::thread;
use std::time::Instant;

const ROUNDS: usize = 201;
const CALLS: u32 = 2000;

fn counted() {
    // SAFETY: NULL is refused.
    black_box(unsafe { pqc_sign(ptr::null(), ptr::null(), 0, ptr::null(), 0, 0, ptr::null_mut()) });
}

fn uncounted() {
    // SAFETY: NULL is refused.
    black_box(unsafe { pqc_private_key_seed(ptr::null(), ptr::null_mut()) });
}

fn load() {
    static BYTES: [u8; MLDSA44_PUBLICKEYBYTES] = [0; MLDSA44_PUBLICKEYBYTES];
    let mut key = ptr::null_mut();
    // SAFETY: the input is readable and the output writable, and the handle is not used again.
    unsafe {
        let algorithm = PqcAlgorithm::Mldsa44 as u32;
        black_box(pqc_public_key_from_bytes(algorithm, 0, BYTES.as_ptr(), BYTES.len(), &raw mut key));
        pqc_public_key_free(key);
    }
}

fn clock() {
    black_box(Instant::now().elapsed());
}

/// Nanoseconds of a call, over many of them.
fn time(call: fn()) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn with_timing(flag: u32, call: fn()) -> f64 {
    assert_eq!(ffi_enable_optimizations(flag), PqcStatus::Ok);
    time(call)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Medians of measurements that take turns, so that a slowdown of the machine affects all of them.
fn medians<const N: usize>(measure: [&dyn Fn() -> f64; N]) -> [f64; N] {
    let rounds: Vec<_> = (0..ROUNDS).map(|_| measure.map(|measure| measure())).collect();
    core::array::from_fn(|index| median(rounds.iter().map(|round| round[index]).collect()))
}

/// Calls per nanosecond of so many threads together, which all make the same number of calls.
fn rate(threads: u32, call: fn()) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..100 * CALLS).for_each(|_| call()));
        }
    });
    f64::from(threads * 100 * CALLS) / (start.elapsed().as_secs_f64() * 1e9)
}

fn main() {
    let [uncounted_ns, counted_ns, timing_off, timing_on, clock_ns] = medians([
        &|| time(uncounted),
        &|| with_timing(PQC_OPTIMIZE_TIMING_OFF, counted),
        &|| with_timing(PQC_OPTIMIZE_TIMING_OFF, load),
        &|| with_timing(PQC_OPTIMIZE_TIMING_ON, load),
        &|| time(clock),
    ]);
    let (counting, timing) = (counted_ns - uncounted_ns, timing_on - timing_off);
    println!("counting {counting:.1} ns, timing {timing:.1} ns (the clock alone {clock_ns:.1} ns)");
    println!("together {:.1} ns an operation", counting + timing);
    println!("calls of many threads together, against one thread:");
    println!("{:>8}{:>12}{:>12}", "threads", "counted", "uncounted");
    let (one, one_uncounted) = (rate(1, counted), rate(1, uncounted));
    for threads in [1, 2, 4, 16] {
        let (many, many_uncounted) = (rate(threads, counted) / one, rate(threads, uncounted) / one_uncounted);
        println!("{threads:>8}{many:>11.2}x{many_uncounted:>11.2}x");
    }
}
