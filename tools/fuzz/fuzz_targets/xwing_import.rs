//! Everything that X-Wing reads: public keys, seeds and ciphertexts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::xwing_import(data));
