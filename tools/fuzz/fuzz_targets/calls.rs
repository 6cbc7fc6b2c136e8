//! Every exported function, with any of its arguments wrong.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::calls(data));
