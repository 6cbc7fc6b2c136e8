//! Everything that ML-KEM reads: private keys, public keys, seeds and ciphertexts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::mlkem_import(data));
