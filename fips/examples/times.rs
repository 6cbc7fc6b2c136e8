//! The time of each operation by the module's own functions and through the C interface, which take turns: the least of many. A line
//! is a name, both times in microseconds, and their ratio.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "it calls the C interface, and stops at a failure")]

use core::hint::black_box;
use core::ptr::null_mut;
use pqc_ffi::algorithm_ffi::PqcAlgorithm;
use pqc_ffi::kem_ffi::{pqc_decapsulate_into, pqc_encapsulate_into};
use pqc_ffi::key_ffi::{pqc_private_key_free, pqc_private_key_generate, pqc_private_key_public_key};
use pqc_ffi::signature_ffi::{pqc_sign_into, pqc_verify};
use pqc_ffi::status::PqcStatus;
use pqc_module::{Error, Key, KeyType};
use std::time::Instant;

const RUNS: usize = 3000;
const MLKEM: u32 = PqcAlgorithm::Mlkem768 as u32;
const MLDSA: u32 = PqcAlgorithm::Mldsa65 as u32;
const MESSAGE: &[u8] = b"message";

fn time(operation: impl FnOnce() -> bool) -> f64 {
    let start = Instant::now();
    let is_done = operation();
    let us = start.elapsed().as_secs_f64() * 1e6;
    assert!(is_done);
    us
}

fn compare(name: &str, mut module: impl FnMut() -> Result<(), Error>, mut ours: impl FnMut() -> PqcStatus) {
    let mut least = [f64::INFINITY; 2];
    for _ in 0..RUNS {
        least[0] = least[0].min(time(|| module().is_ok()));
        least[1] = least[1].min(time(|| ours() == PqcStatus::Ok));
    }
    let [module, ours] = least;
    println!("{name:22} {module:7.2} us {ours:7.2} us {:5.2}", ours / module);
}

fn generate(algorithm: u32) -> PqcStatus {
    let mut key = null_mut();
    // SAFETY: the output is writable, and the key is freed once.
    unsafe {
        let status = black_box(pqc_private_key_generate)(algorithm, 0, &raw mut key);
        pqc_private_key_free(key);
        status
    }
}

fn main() -> Result<(), Error> {
    let (mut ciphertext, mut secret, mut signature) = ([0; 1088], [0; 32], [0; 3309]);
    let (mut kem, mut kem_public, mut signer, mut verifier) = (null_mut(), null_mut(), null_mut(), null_mut());
    // SAFETY: the outputs are writable; a key that was not made is NULL, which the next function refuses.
    unsafe {
        assert_eq!(pqc_private_key_generate(MLKEM, 0, &raw mut kem), PqcStatus::Ok);
        assert_eq!(pqc_private_key_public_key(kem, &raw mut kem_public), PqcStatus::Ok);
        assert_eq!(pqc_private_key_generate(MLDSA, 0, &raw mut signer), PqcStatus::Ok);
        assert_eq!(pqc_private_key_public_key(signer, &raw mut verifier), PqcStatus::Ok);
    }
    let (kem_key, signing_key) = (Key::generate(KeyType::MlKem768)?, Key::generate(KeyType::MlDsa65)?);
    let (mut own_ciphertext, mut own_secret, mut own_signature) = (ciphertext, secret, signature);
    let mut lens = [0; 2];

    let generated = |kind| move || Key::generate(kind).map(drop);
    compare("ML-KEM-768 generate", generated(KeyType::MlKem768), || generate(MLKEM));
    compare(
        "ML-KEM-768 encapsulate",
        || kem_key.encapsulate(&mut own_ciphertext, &mut own_secret),
        || {
            let [len, secret_len] = lens.each_mut().map(|len| &raw mut *len);
            let (out, shared) = (ciphertext.as_mut_ptr(), secret.as_mut_ptr());
            // SAFETY: the key is valid, and the outputs are writable for their lengths.
            unsafe { black_box(pqc_encapsulate_into)(kem_public, out, 1088, len, shared, 32, secret_len) }
        },
    );
    compare(
        "ML-KEM-768 decapsulate",
        || kem_key.decapsulate(&own_ciphertext, &mut own_secret),
        || {
            let (input, shared) = (ciphertext.as_ptr(), secret.as_mut_ptr());
            // SAFETY: the key is valid, and the ciphertext and the outputs have their lengths.
            unsafe { black_box(pqc_decapsulate_into)(kem, input, 1088, shared, 32, &raw mut lens[0]) }
        },
    );
    compare("ML-DSA-65 generate", generated(KeyType::MlDsa65), || generate(MLDSA));
    compare(
        "ML-DSA-65 sign",
        || signing_key.sign(MESSAGE, &mut own_signature).map(drop),
        || {
            let (message, out, len) = (MESSAGE.as_ptr(), signature.as_mut_ptr(), &raw mut lens[0]);
            // SAFETY: the key is valid, and the message and the outputs have their lengths.
            unsafe { black_box(pqc_sign_into)(signer, message, MESSAGE.len(), null_mut(), 0, 0, out, 3309, len) }
        },
    );
    compare(
        "ML-DSA-65 verify",
        || signing_key.verify(MESSAGE, &own_signature).map(drop),
        || {
            let (message, input) = (MESSAGE.as_ptr(), signature.as_ptr());
            // SAFETY: the key is valid, and the message and the signature have their lengths.
            unsafe { black_box(pqc_verify)(verifier, message, MESSAGE.len(), null_mut(), 0, input, 3309) }
        },
    );
    Ok(())
}
