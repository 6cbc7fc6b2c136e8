//! ML-DSA of the vector engine against libcrux.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::simd_mldsa(data));
