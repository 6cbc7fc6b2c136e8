//! The exported functions used wrongly: one argument at a time, and the status that says which.
//!
//! The helpers check that each call that fails zeroes its outputs.
#![allow(unsafe_code, clippy::panic_in_result_fn, reason = "the interface under test takes raw pointers; tests assert")]

mod common;

use common::api::*;
use common::bytes::Choices;
use common::call::{Fault, Mode};
use common::fixture::Fixture;
use common::functions::{Function, declarations, functions_with};
use common::keys::{Algorithm, m_prime};
use common::{Handle, check, ffi, is_empty, sentinel_buffer};
use core::ptr;
use std::collections::BTreeSet;

/// A function, an argument of it and the status that refuses it.
type Triple = (&'static str, String, i32);

/// Calls a function with every wrong value of every argument, checks the status and the outputs, and collects the refusals.
fn refuse_each(function: &Function, fixture: &Fixture, is_in_slices: bool, triples: &mut BTreeSet<Triple>) {
    let mut declarations = declarations().into_iter().filter(|(name, _)| *name == function.name);
    let parameters = declarations.next().map(|(_, parameters)| parameters).unwrap_or_default();
    let right = function.call(fixture, Mode::Right, is_in_slices);
    for (site, argument) in right.sites.iter().enumerate() {
        for value in argument.role.values(argument.right) {
            // `call` checks the status against the role.
            let call = function.call(fixture, Mode::One(Fault { site, value }), is_in_slices);
            if call.status != PqcStatus::Ok {
                let (parameter, field) = (parameters[argument.parameter], argument.field);
                let dot = if field.is_empty() || field.starts_with('[') { "" } else { "." };
                triples.insert((function.name, format!("{parameter}{dot}{field}"), call.reason()));
            }
        }
    }
}

#[test]
fn every_wrong_argument_is_refused_with_its_status() -> Result<(), PqcStatus> {
    let (fixtures, mut triples) = (Fixture::all()?, BTreeSet::new());
    for (function, fixture) in functions_with(&fixtures) {
        for is_in_slices in [false, true] {
            refuse_each(function, fixture, is_in_slices, &mut triples);
        }
    }
    for (function, argument, status) in &triples {
        println!("{function} {argument} {status}");
    }
    println!("{} triples of function, argument and refusal", triples.len());
    assert!(triples.len() > 380, "{} triples", triples.len());
    Ok(())
}

#[test]
fn every_function_succeeds_and_does_so_again_after_a_failure() -> Result<(), PqcStatus> {
    let fixtures = Fixture::all()?;
    for (function, fixture) in functions_with(&fixtures) {
        assert_eq!(function.call(fixture, Mode::Right, false).status, PqcStatus::Ok, "{}", function.name);
        drop(function.call(fixture, Mode::One(Fault { site: 0, value: 0 }), false));
        assert_eq!(function.call(fixture, Mode::Right, true).status, PqcStatus::Ok, "{}", function.name);
    }
    Ok(())
}

/// The calls of the fuzzer, with the same choices in every run. Batches have bad items at any place, which do not
/// affect others.
#[test]
fn arguments_of_any_kind_have_a_status_that_follows_from_them() -> Result<(), PqcStatus> {
    let fixtures = Fixture::all()?;
    let mut state = 1_u64;
    for (function, fixture) in functions_with(&fixtures) {
        let rounds = if function.name.ends_with("_batch") { 40 } else { 20 };
        for round in 0..rounds {
            let choices: Vec<u8> = (0..4000).map(|_| next(&mut state)).collect();
            drop(function.call(fixture, Mode::Any(Choices(&choices)), round % 2 == 0));
        }
    }
    Ok(())
}

/// The next byte of a generator (Knuth's MMIX).
fn next(state: &mut u64) -> u8 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    state.to_be_bytes()[0]
}

#[test]
fn contexts_above_255_bytes_are_refused() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::mldsa() {
        let pair = algorithm.generate()?;
        let key = pair.public_key()?;
        for length in [256, 257, 511, 512, 65_536, 65_537] {
            let context = vec![1; length];
            // Valid if the length were cut to one byte.
            let signature = pair.sign_internal(&m_prime(b"m", &context), &[0; 32])?;
            let refused = Some(PqcStatus::ContextLength);
            assert_eq!(key.verify(b"m", &context, &signature).err(), refused, "{algorithm:?} {length}");
            assert_eq!(pair.sign_derand(b"m", &context, &[0; 32]).err(), refused, "{algorithm:?} {length}");
            for flags in [0, PQC_SIGN_DETERMINISTIC] {
                assert_eq!(pair.sign(b"m", &context, flags).err(), refused, "{algorithm:?} {length}");
            }
            // The same of HashML-DSA with SHA-512.
            let mut prehashed =
                m_prime(&[b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03".as_slice(), &[4; 64]].concat(), &context);
            prehashed[0] = 1;
            let signature = pair.sign_internal(&prehashed, &[0; 32])?;
            let verified = key.verify_prehashed(PQC_HASH_SHA2_512, &[4; 64], &context, &signature);
            assert_eq!(verified.err(), refused, "{algorithm:?} {length}");
        }
    }
    Ok(())
}

#[test]
fn contexts_of_composites_above_255_bytes_are_refused() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::composites() {
        let pair = algorithm.generate()?;
        let (key, signature) = (pair.public_key()?, pair.sign(b"m", b"", 0)?);
        for context in [256, 257, 511, 512, 65_536, 65_537].map(|length| vec![1; length]) {
            let signed = pair.sign(b"m", &context, 0).err();
            let given = pair.sign_derand(b"m", &context, &[0; 32]).err();
            let verified = key.verify(b"m", &context, &signature).err();
            assert_eq!([signed, given, verified], [Some(PqcStatus::ContextLength); 3], "{algorithm:?}");
        }
    }
    Ok(())
}

#[test]
fn null_with_length_0_is_the_empty_string() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::signers() {
        let pair = algorithm.generate()?;
        let (key, none) = (pair.public_key()?, ptr::null());
        let signature = common::bytes_of(|out| ffi!(pqc_sign(pair.as_ptr(), none, 0, none, 0, 0, out)))?;
        key.verify(b"", b"", &signature)?;
        let (data, len) = (signature.as_ptr(), signature.len());
        check(ffi!(pqc_verify(key.as_ptr(), none, 0, none, 0, data, len)))?;
        let status = ffi!(pqc_verify(key.as_ptr(), none, 0, none, 0, none, 0));
        assert_eq!(status, PqcStatus::InvalidSignature, "{algorithm:?}: an empty signature is a bad one");
    }
    Ok(())
}

#[test]
fn freeing_null_is_harmless() {
    fn free_null<T: Handle>() {
        ffi!(T::FREE(ptr::null_mut()));
    }
    free_null::<PqcPrivateKey>();
    free_null::<PqcPublicKey>();
    free_null::<PqcMuHasher>();
    free_null::<PqcExchangeKey>();
    free_null::<PqcExchangeShare>();
    ffi!(mlkem_keypair_free(ptr::null_mut()));
    ffi!(mldsa_keypair_free(ptr::null_mut()));
    ffi!(ffi_buffer_free(ptr::null_mut()));
}

#[test]
fn the_names_of_the_first_version_free_the_keys_of_every_algorithm() -> Result<(), PqcStatus> {
    for algorithm in Algorithm::all() {
        for free in [mlkem_keypair_free, mldsa_keypair_free] {
            let mut key = ptr::null_mut();
            check(ffi!(pqc_private_key_generate(algorithm.id, 0, &raw mut key)))?;
            ffi!(free(key));
        }
    }
    Ok(())
}

#[test]
fn freeing_a_buffer_zeroes_it_and_may_be_repeated() -> Result<(), PqcStatus> {
    let pair = Algorithm::all()[0].generate()?;
    let mut buffer = sentinel_buffer();
    check(ffi!(pqc_private_key_seed(pair.as_ptr(), &raw mut buffer)))?;
    assert!(!is_empty(&buffer));
    for _ in 0..3 {
        ffi!(ffi_buffer_free(&raw mut buffer));
        assert!(is_empty(&buffer));
    }
    let mut empty = FFIBuffer { data: ptr::null_mut(), len: 0, reserved: 0 };
    ffi!(ffi_buffer_free(&raw mut empty));
    assert!(is_empty(&empty));
    Ok(())
}

#[test]
fn a_zeroed_buffer_has_the_length_that_was_requested() {
    for flags in [0, PQC_KEY_LOCKED_MEMORY] {
        let max = usize::MAX;
        let huge = [max / 2, max / 2 - 7, max / 2 - 8, max / 4, max >> 4, max >> 16];
        // A process with 32 bits may have that much.
        let huge = huge.map(|len| (len, PqcStatus::OutOfMemory)).into_iter().filter(|_| usize::BITS == 64);
        let others = [(0, PqcStatus::Ok), (100, PqcStatus::Ok), (usize::MAX, PqcStatus::InputTooLong)];
        for (len, expected) in others.into_iter().chain(huge) {
            let mut buffer = sentinel_buffer();
            assert_eq!(ffi!(ffi_buffer_zeroed(flags, len, &raw mut buffer)), expected);
            if len == 100 {
                // SAFETY: the library filled the buffer with so many bytes, which are the caller's.
                let bytes = unsafe { core::slice::from_raw_parts_mut(buffer.data, buffer.len) };
                assert_eq!(bytes, [0; 100]);
                bytes.fill(0xa5);
            } else {
                assert!(is_empty(&buffer));
            }
            ffi!(ffi_buffer_free(&raw mut buffer));
        }
    }
}
