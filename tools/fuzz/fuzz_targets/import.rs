//! All inputs of a key of any algorithm: private keys, public keys, seeds and ciphertexts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::import(data));
