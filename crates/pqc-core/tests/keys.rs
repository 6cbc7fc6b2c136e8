//! Keys and operations of every algorithm, by subject. One program, since each takes as long to link as all of these to run.

mod common;
mod keys {
    mod formats;
    mod import;
    mod mldsa_batch;
    mod output_lengths;
    mod roundtrip;
    mod slhdsa;
}
