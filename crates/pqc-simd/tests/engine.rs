//! The operations of each family on every backend. One program, since each program compiles the engine for all
//! parameter sets.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mldsa;
mod mlkem;
mod vectors;
mod engine {
    mod mldsa_import;
    mod mldsa_known_answers;
    mod mldsa_vectors;
    mod mlkem_batch;
    mod mlkem_known_answers;
    mod mlkem_vectors;
    mod operations;
    mod slhdsa_vectors;
}
