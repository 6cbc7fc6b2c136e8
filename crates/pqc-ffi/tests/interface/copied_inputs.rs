//! Inputs that decide about a secret are read once: a writer replaces each of them before it is copied and overwrites it after.
//!
//! A function that read an input before its copy would have seen the first value, and a function that read it
//! afterwards the sentinels.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers, and the writer writes to its inputs")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

use crate::common;
use common::api::*;
use common::keys::{Algorithm, load_pkcs8, m_prime};
use common::{Bytes, Owned, SENTINEL_BYTE, ffi};
use core::cell::{Cell, RefCell};
use core::ptr::{self, NonNull};
use core::slice;
use pqc_memory::inject_write::{Moment, set_writer};

thread_local! {
    /// The inputs to be replaced: their memory, and their second value.
    static SECOND: RefCell<Vec<(usize, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
    static COPIES: Cell<usize> = const { Cell::new(0) };
}

/// Replaces an input that is expected before its copy, and overwrites it afterwards.
fn replace(moment: Moment, data: NonNull<u8>, len: usize) {
    SECOND.with_borrow(|expected| {
        let Some((_, second)) = expected.iter().find(|(place, _)| *place == data.addr().get()) else { return };
        // SAFETY: the tests lend memory that they can write, and have no reference to it during the call.
        let input = unsafe { slice::from_raw_parts_mut(data.as_ptr(), len) };
        match moment {
            Moment::BeforeCopy => input.copy_from_slice(second),
            Moment::AfterCopy => {
                input.fill(SENTINEL_BYTE);
                COPIES.set(COPIES.get() + 1);
            }
        }
    });
}

/// Calls a function with inputs that change from the first to the second value when they are copied, and checks that
/// its result matches the second values and that each was copied once.
fn check<const N: usize>(
    what: &str,
    values: [(&[u8], &[u8]); N],
    call: impl Fn([&[u8]; N]) -> Result<Vec<u8>, PqcStatus>,
) {
    let expected = call(values.map(|(_, second)| second));
    assert!(expected.is_ok(), "{what}: {:?}", expected.err());
    let mut memory = values.map(|(first, _)| first.to_vec());
    let pointers = memory.each_mut().map(|bytes| bytes.as_mut_ptr());
    SECOND.set(pointers.iter().zip(values).map(|(place, (_, second))| (place.addr(), second.to_vec())).collect());
    COPIES.set(0);
    set_writer(Some(replace));
    // SAFETY: the memory lives, and the slices are used for their pointers and lengths alone.
    let lent = core::array::from_fn(|input| unsafe { slice::from_raw_parts(pointers[input], values[input].0.len()) });
    let found = call(lent);
    set_writer(None);
    assert_eq!(found, expected, "{what}");
    assert_eq!(COPIES.get(), N, "{what}");
}

/// The encodings of a private key and of its public key.
fn contents(key: &Owned<PqcPrivateKey>) -> Result<Vec<u8>, PqcStatus> {
    Ok([&key.bytes()?[..], &key.public_key()?.bytes()?].concat())
}

fn bytes(made: Result<Bytes, PqcStatus>) -> Result<Vec<u8>, PqcStatus> {
    made.map(|bytes| bytes.to_vec())
}

#[test]
fn private_keys_are_loaded_from_one_copy() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        for flags in [0, PQC_KEY_LOCKED_MEMORY] {
            let algorithm = algorithm.with(flags);
            let (first, second) = (algorithm.generate()?, algorithm.generate()?);
            check(algorithm.name, [(&first.bytes()?, &second.bytes()?)], |[key]| {
                contents(&algorithm.load_private_key(key)?)
            });
            if algorithm.has_seed() {
                check(algorithm.name, [(&first.seed()?, &second.seed()?)], |[seed]| {
                    contents(&algorithm.load_seed(seed)?)
                });
            }
        }
    }
    Ok(())
}

#[test]
fn pkcs8_is_opened_from_one_copy_with_one_copy_of_the_password() -> Result<(), PqcStatus> {
    // Seeds alone have one length, so that the algorithm changes too.
    let (first, second) = (Algorithm::of(44).generate()?, Algorithm::of(65).generate()?);
    for encoding in [PQC_ENCODING_DER, PQC_ENCODING_PEM] {
        let encoded = |key: &Owned<PqcPrivateKey>| key.to_pkcs8(PQC_PRIVATE_KEY_SEED, encoding, b"");
        check("PKCS#8", [(&encoded(&first)?, &encoded(&second)?)], |[key]| contents(&load_pkcs8(key, b"", 0)?));
    }
    let key = second.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, b"right")?;
    let other = first.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, b"wrong")?;
    check("password", [(&other, &key), (b"wrong", b"right")], |[key, password]| {
        contents(&load_pkcs8(key, password, 0)?)
    });
    // Only opening a key shows the password it was encrypted with.
    check("password to encrypt", [(b"wrong", b"right")], |[password]| {
        let encrypted = first.to_pkcs8(PQC_PRIVATE_KEY_SEED, PQC_ENCODING_DER, password)?;
        contents(&load_pkcs8(&encrypted, b"right", 0)?)
    });
    Ok(())
}

#[test]
fn ciphertexts_are_decapsulated_from_one_copy() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let key = algorithm.generate()?;
        // Each use of the key: its first, which has no expanded form, and those after it.
        for _ in 0..3 {
            let (valid, _) = key.public_key()?.encapsulate()?;
            let mut damaged = valid.to_vec();
            damaged[0] ^= 1;
            // If a ciphertext becomes valid after it was decrypted, the comparison must not accept the later value.
            for (first, second) in [(&damaged[..], &valid[..]), (&valid[..], &damaged[..])] {
                check(algorithm.name, [(first, second)], |[ciphertext]| bytes(key.decapsulate(ciphertext)));
            }
        }
    }
    Ok(())
}

#[test]
fn ciphertexts_of_a_batch_are_decapsulated_from_one_copy_each() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::kems() {
        let (key, mut made) = (algorithm.generate()?, Vec::new());
        for _ in 0..22 {
            made.push(key.public_key()?.encapsulate()?.0);
        }
        let (first, second) = made.split_at(11);
        let pairs: [(&[u8], &[u8]); 11] = core::array::from_fn(|item| (&first[item][..], &second[item][..]));
        check(algorithm.name, pairs, |ciphertexts| decapsulate_all(&key, ciphertexts));
    }
    Ok(())
}

/// The secrets of a batch on this thread, which is the one with the writer.
fn decapsulate_all(key: &Owned<PqcPrivateKey>, ciphertexts: [&[u8]; 11]) -> Result<Vec<u8>, PqcStatus> {
    let slices = ciphertexts.map(|bytes| PqcSlice { data: bytes.as_ptr(), len: bytes.len() });
    let column = PqcColumn { slices: slices.as_ptr(), data: ptr::null(), len: 0, stride: 0 };
    let (mut secrets, mut statuses, handle) = ([[0; 32]; 11], [0; 11], key.as_ptr());
    let slots = secrets.each_mut().map(|secret| PqcMutSlice { data: secret.as_mut_ptr(), len: 32 });
    let slots =
        PqcMutColumn { slices: slots.as_ptr(), data: ptr::null_mut(), len: 0, stride: 0, lens: ptr::null_mut() };
    common::check(ffi!(pqc_decapsulate_batch(
        &raw const handle,
        1,
        &raw const column,
        11,
        1,
        &raw const slots,
        statuses.as_mut_ptr()
    )))?;
    Ok(secrets.concat())
}

#[test]
fn mu_and_randomness_are_used_from_one_copy() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        let (key, name) = (algorithm.generate()?, algorithm.name);
        let [a, b] = [1, 2].map(|byte| vec![byte; algorithm.randomness]);
        if algorithm.is_kem() {
            let public_key = key.public_key()?;
            check(name, [(&a, &b)], |[randomness]| {
                let (ciphertext, secret) = public_key.encapsulate_derand(randomness)?;
                Ok([&ciphertext[..], &secret].concat())
            });
            continue;
        }
        check(name, [(&a, &b)], |[rnd]| bytes(key.sign_derand(b"message", b"", rnd)));
        if algorithm.is_mldsa() {
            check(name, [(&[3; 64], &[4; 64])], |[mu]| bytes(key.sign_mu(mu, PQC_SIGN_DETERMINISTIC)));
            check(name, [(&[3; 64], &[4; 64]), (&a, &b)], |[mu, rnd]| bytes(key.sign_mu_derand(mu, rnd)));
            check(name, [(&a, &b)], |[rnd]| bytes(key.sign_prehashed_derand(1, &[5; 32], b"", rnd)));
            check(name, [(&a, &b)], |[rnd]| bytes(key.sign_internal(&m_prime(b"message", b""), rnd)));
        }
    }
    Ok(())
}
