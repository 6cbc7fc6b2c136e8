//! Every key that ML-DSA reads: private keys, public keys and seeds.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pqc_fuzz::mldsa_import(data));
