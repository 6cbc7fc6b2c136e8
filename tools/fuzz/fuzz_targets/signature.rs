//! Signatures of any algorithm that differ from a valid one.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::signature(data));
