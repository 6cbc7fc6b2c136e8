//! Composite signatures made of other halves, and composite keys in their files.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::composite(data));
