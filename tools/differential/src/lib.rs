//! Other implementations of ML-KEM and ML-DSA, with which the tests compare the engine, and the benchmarks.
#![allow(missing_docs, clippy::missing_panics_doc, clippy::unwrap_used, clippy::expect_used, reason = "for tests only")]

pub mod mldsa;
pub mod mlkem;

/// The number of cases of each parameter set.
pub fn cases() -> u32 {
    std::env::var("QYNAUTH_PQC_CASES").map_or(2_000, |cases| cases.parse().expect("QYNAUTH_PQC_CASES is a number"))
}
