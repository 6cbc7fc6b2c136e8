//! The exported functions used wrongly: one argument at a time, and the status that says which.
//!
//! That a call that fails empties its outputs is checked for each of them, in the helpers.
#![allow(unsafe_code, reason = "the interface under test takes raw pointers")]
#![allow(clippy::panic_in_result_fn, reason = "assertions are what tests are for")]

mod common;

use common::call::{Fault, Input, Room};
use common::functions::{FUNCTIONS, Fixture, Function};
use common::mldsa::{DSA_SETS, m_prime};
use common::mlkem::KEM_SETS;
use common::xwing::XWING;
use common::{Handle, is_empty};
use core::ptr;
use pqc_core::{CodePath, Engine};
use pqc_ffi::key_flags::{PQC_KEY_AVX2, PQC_KEY_AVX512, PQC_KEY_LOCKED_MEMORY, PQC_KEY_NEON};
use pqc_ffi::memory::{FFIBuffer, ffi_buffer_free, ffi_buffer_zeroed};
use pqc_ffi::mldsa_ffi::{MLDSA_SIGN_DETERMINISTIC, MlDsaKeyPair, MlDsaPublicKey, mldsa_sign, mldsa_verify};
use pqc_ffi::mldsa_mu::MlDsaMuHasher;
use pqc_ffi::mlkem_ffi::{MlKemKeyPair, MlKemPublicKey, mlkem_keypair_seed_bytes};
use pqc_ffi::monitoring::{PQC_OPTIMIZE_SIMD, ffi_get_optimizations};
use pqc_ffi::status::PqcStatus;
use pqc_ffi::xwing_ffi::{XWING_PUBLICKEYBYTES, XWingKeyPair, XWingPublicKey};

/// Whether this flag alone asks for a code path that the engine of the process does not have here.
fn is_lacking(flag: u32) -> bool {
    let is_simd = ffi_get_optimizations() & PQC_OPTIMIZE_SIMD != 0;
    let engine = if is_simd { Engine::Simd } else { Engine::Libcrux };
    match flag {
        PQC_KEY_NEON => true,
        PQC_KEY_AVX2 => !engine.has(CodePath::Avx2),
        PQC_KEY_AVX512 => !engine.has(CodePath::Avx512),
        _ => false,
    }
}

/// Runs a check for every function with every parameter set.
fn for_all(check: impl Fn(&Function, &Fixture)) -> Result<(), PqcStatus> {
    for fixture in Fixture::all()? {
        FUNCTIONS.iter().for_each(|function| check(function, &fixture));
    }
    Ok(())
}

/// Calls a function with one fault and checks the status.
fn expect(function: &Function, fixture: &Fixture, fault: Fault, status: PqcStatus) {
    assert_eq!(function.call(fixture, fault).reason(), status as i32, "{} {fault:?}", function.0);
}

#[test]
fn every_function_succeeds_without_a_fault() -> Result<(), PqcStatus> {
    for_all(|function, fixture| expect(function, fixture, Fault::None, PqcStatus::Ok))
}

#[test]
fn null_is_refused_for_every_pointer() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let pointers = function.call(fixture, Fault::None).pointers;
        for pointer in 0..pointers {
            expect(function, fixture, Fault::Null(pointer), PqcStatus::NullPointer);
        }
    })
}

#[test]
fn every_wrong_length_is_refused() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let lengths = function.call(fixture, Fault::None).lengths;
        for (position, length) in lengths.into_iter().enumerate() {
            let Some((right, status)) = length else { continue };
            for wrong in (0..=right + Input::SPARE).filter(|wrong| *wrong != right) {
                expect(function, fixture, Fault::Length(position, wrong), status);
            }
        }
    })
}

#[test]
fn lengths_that_no_object_has_are_refused() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        for position in 0..function.call(fixture, Fault::None).inputs {
            for length in [usize::MAX / 2 + 1, usize::MAX - 1, usize::MAX] {
                expect(function, fixture, Fault::Length(position, length), PqcStatus::InputTooLong);
            }
        }
    })
}

#[test]
fn memory_that_is_too_small_is_refused_and_larger_memory_is_not() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let sizes = function.call(fixture, Fault::None).rooms.each_ref().map(|room| room.size);
        for (position, size) in sizes.into_iter().enumerate().filter(|(_, size)| *size > 0) {
            for capacity in (0..size).chain([usize::MAX / 2 + 1, usize::MAX]) {
                expect(function, fixture, Fault::Capacity(position, capacity), PqcStatus::OutputLength);
            }
            for capacity in [size, size + 1, Room::BYTES] {
                expect(function, fixture, Fault::Capacity(position, capacity), PqcStatus::Ok);
            }
        }
    })
}

#[test]
fn every_unknown_flag_is_refused() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let Some(known) = function.call(fixture, Fault::None).known_flags else { return };
        for flag in (0..u32::BITS).map(|bit| 1 << bit) {
            if flag & known == 0 {
                expect(function, fixture, Fault::Flags(flag), PqcStatus::UnknownFlags);
                expect(function, fixture, Fault::Flags(flag | known), PqcStatus::UnknownFlags);
            } else {
                let status = if is_lacking(flag) { PqcStatus::CodePathUnavailable } else { PqcStatus::Ok };
                expect(function, fixture, Fault::Flags(flag), status);
            }
        }
        expect(function, fixture, Fault::Flags(u32::MAX), PqcStatus::UnknownFlags);
    })
}

#[test]
fn unknown_parameter_sets_are_refused() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let Some(right) = function.call(fixture, Fault::None).parameter_set else { return };
        let others = if right == fixture.kem.id { [44, 65, 87] } else { [512, 768, 1024] };
        let others = others.into_iter().chain([0, 1, right - 1, right + 1, right | 1 << 16, right | 1 << 31, u32::MAX]);
        for other in others {
            expect(function, fixture, Fault::ParameterSet(other), PqcStatus::UnknownParameterSet);
        }
    })
}

#[test]
fn unknown_hash_functions_are_refused() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let Some(right) = function.call(fixture, Fault::None).hash else { return };
        for other in (13..=256).chain([0, right | 1 << 8, right | 1 << 16, right | 1 << 31, u32::MAX]) {
            expect(function, fixture, Fault::Hash(other), PqcStatus::UnknownHash);
        }
    })
}

#[test]
fn unknown_operations_are_refused() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let Some(right) = function.call(fixture, Fault::None).operation else { return };
        for other in (12..=256).chain([right | 1 << 8, right | 1 << 16, right | 1 << 31, u32::MAX]) {
            expect(function, fixture, Fault::Operation(other), PqcStatus::UnknownOperation);
        }
    })
}

#[test]
fn inputs_of_another_set_are_refused() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        let shape = function.call(fixture, Fault::None);
        let (Some(right), Some((_, status))) = (shape.parameter_set, shape.lengths[0]) else { return };
        // A seed is one of every set.
        let status = if status == PqcStatus::SeedLength { PqcStatus::Ok } else { status };
        let family = if right == fixture.kem.id { [512, 768, 1024] } else { [44, 65, 87] };
        for other in family.into_iter().filter(|other| *other != right) {
            expect(function, fixture, Fault::ParameterSet(other), status);
        }
    })
}

#[test]
fn contexts_above_255_bytes_are_refused() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.generate()?;
        let key = pair.public_key()?;
        for length in [256, 257, 511, 512, 65_536, 65_537] {
            let context = vec![1; length];
            // Valid if the length were cut to one byte.
            let signature = pair.sign_internal(&m_prime(b"m", &context), &[0; 32])?;
            let refused = Some(PqcStatus::ContextLength);
            assert_eq!(key.verify(b"m", &context, &signature).err(), refused, "{set:?} {length}");
            assert_eq!(pair.sign_derand(b"m", &context, &[0; 32]).err(), refused, "{set:?} {length}");
            for flags in [0, MLDSA_SIGN_DETERMINISTIC] {
                assert_eq!(pair.sign(b"m", &context, flags).err(), refused, "{set:?} {length}");
            }
        }
    }
    Ok(())
}

#[test]
fn null_with_length_0_is_the_empty_string() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let pair = set.generate()?;
        let key = pair.public_key()?;
        // SAFETY: the handle is alive, the inputs are empty and the output is writable.
        let signature =
            common::bytes_of(|out| unsafe { mldsa_sign(pair.as_ptr(), ptr::null(), 0, ptr::null(), 0, 0, out) })?;
        key.verify(b"", b"", &signature)?;
        let (data, len) = (signature.as_ptr(), signature.len());
        // SAFETY: the handle is alive, the signature readable and the other inputs are empty.
        common::check(unsafe { mldsa_verify(key.as_ptr(), ptr::null(), 0, ptr::null(), 0, data, len) })?;
        // SAFETY: the handle is alive and the inputs are empty.
        let status = unsafe { mldsa_verify(key.as_ptr(), ptr::null(), 0, ptr::null(), 0, ptr::null(), 0) };
        assert_eq!(status, PqcStatus::InvalidSignature, "{set:?}: an empty signature is a bad one");
    }
    Ok(())
}

#[test]
fn mlkem_bad_keys_are_refused_with_the_reason() -> Result<(), PqcStatus> {
    use PqcStatus::{PrivateKeyHash, PrivateKeyRange, PublicKeyModulus};
    for set in KEM_SETS {
        let pair = set.generate()?;
        let (private, mut public) = (pair.private_key_bytes()?, pair.public_key_bytes()?.to_vec());
        let [ek, hash, z] = set.private_key_offsets();
        let load = |from: usize, to: usize| {
            let mut bad = private.to_vec();
            bad[from..to].iter_mut().for_each(|byte| *byte = !*byte | 0xf0);
            set.load_private_key(&bad).err()
        };
        for (from, to, status) in [
            (0, 3, PrivateKeyRange),
            (ek - 3, ek, PrivateKeyRange),
            (ek, ek + 3, PublicKeyModulus),
            (hash - 35, hash - 32, PublicKeyModulus),
            (hash - 1, hash, PrivateKeyHash),
            (hash, hash + 1, PrivateKeyHash),
            (z - 1, z, PrivateKeyHash),
        ] {
            assert_eq!(load(from, to), Some(status), "{set:?} {from}");
        }
        public[..3].fill(0xff);
        assert_eq!(set.load_public_key(&public).err(), Some(PublicKeyModulus), "{set:?}");
    }
    Ok(())
}

#[test]
fn xwing_bad_ml_kem_parts_are_refused_and_every_x25519_part_loads() -> Result<(), PqcStatus> {
    let public = XWING.generate()?.public_key_bytes()?.to_vec();
    for (position, byte, status) in [
        (0, 0xff, Some(PqcStatus::PublicKeyModulus)),
        (1149, 0xff, Some(PqcStatus::PublicKeyModulus)),
        (1183, !public[1183], None),
        (1184, !public[1184], None),
        (XWING_PUBLICKEYBYTES - 1, 0xff, None),
    ] {
        let mut changed = public.clone();
        changed[position..].iter_mut().take(3).for_each(|place| *place = byte);
        let loaded = XWING.load_public_key(&changed);
        assert_eq!(loaded.as_ref().err(), status.as_ref(), "{position}");
        if let Ok(key) = loaded {
            assert_eq!(*key.bytes()?, changed);
        }
    }
    Ok(())
}

#[test]
fn mldsa_bad_keys_are_refused_with_the_reason() -> Result<(), PqcStatus> {
    for set in DSA_SETS {
        let private = set.generate()?.private_key_bytes()?;
        let load = |change: fn(&mut [u8])| {
            let mut bad = private.to_vec();
            change(&mut bad);
            set.load_private_key(&bad).err()
        };
        assert_eq!(load(|key| key[0] ^= 1), Some(PqcStatus::PrivateKeyHash), "{set:?} rho");
        assert_eq!(load(|key| key[64] ^= 1), Some(PqcStatus::PrivateKeyHash), "{set:?} tr");
        assert_eq!(load(|key| key[127] ^= 1), Some(PqcStatus::PrivateKeyHash), "{set:?} tr");
        assert_eq!(load(|key| key[128..131].fill(0xff)), Some(PqcStatus::PrivateKeyRange), "{set:?} s1");
        assert_eq!(
            load(|key| *key.iter_mut().last().expect("a byte") ^= 1),
            Some(PqcStatus::KeyPairMismatch),
            "{set:?} t0"
        );
    }
    Ok(())
}

#[test]
fn a_failing_call_does_not_spoil_the_handle() -> Result<(), PqcStatus> {
    for_all(|function, fixture| {
        drop(function.call(fixture, Fault::Null(0)));
        drop(function.call(fixture, Fault::Length(0, 0)));
        expect(function, fixture, Fault::None, PqcStatus::Ok);
    })
}

#[test]
fn freeing_null_is_harmless() {
    fn free_null<T: Handle>() {
        // SAFETY: NULL is allowed.
        unsafe { T::FREE(ptr::null_mut()) }
    }
    free_null::<MlKemKeyPair>();
    free_null::<MlKemPublicKey>();
    free_null::<MlDsaKeyPair>();
    free_null::<MlDsaPublicKey>();
    free_null::<MlDsaMuHasher>();
    free_null::<XWingKeyPair>();
    free_null::<XWingPublicKey>();
    // SAFETY: NULL is allowed.
    unsafe { ffi_buffer_free(ptr::null_mut()) }
}

#[test]
fn freeing_a_buffer_empties_it_and_may_be_repeated() -> Result<(), PqcStatus> {
    let pair = KEM_SETS[0].generate()?;
    let mut buffer = common::rubbish_buffer();
    // SAFETY: the handle is alive and the output writable.
    common::check(unsafe { mlkem_keypair_seed_bytes(pair.as_ptr(), &raw mut buffer) })?;
    assert!(!is_empty(&buffer));
    for _ in 0..3 {
        // SAFETY: the buffer was filled by the library, or is empty.
        unsafe { ffi_buffer_free(&raw mut buffer) }
        assert!(is_empty(&buffer));
    }
    let mut empty = FFIBuffer { data: ptr::null_mut(), len: 0, reserved: 0 };
    // SAFETY: the buffer is empty.
    unsafe { ffi_buffer_free(&raw mut empty) }
    assert!(is_empty(&empty));
    Ok(())
}

#[test]
fn a_zeroed_buffer_has_the_length_that_was_asked_for() {
    for flags in [0, PQC_KEY_LOCKED_MEMORY] {
        let huge = [usize::MAX / 2, usize::MAX / 2 - 7, usize::MAX / 2 - 8, usize::MAX / 4, 1 << 60, 1 << 48];
        let huge = huge.map(|len| (len, PqcStatus::OutOfMemory));
        let others = [(0, PqcStatus::Ok), (100, PqcStatus::Ok), (usize::MAX, PqcStatus::InputTooLong)];
        for (len, expected) in others.into_iter().chain(huge) {
            let mut buffer = common::rubbish_buffer();
            // SAFETY: the output is writable.
            assert_eq!(unsafe { ffi_buffer_zeroed(flags, len, &raw mut buffer) }, expected);
            if len == 100 {
                // SAFETY: the library filled the buffer with so many bytes, which are the caller's.
                let bytes = unsafe { core::slice::from_raw_parts_mut(buffer.data, buffer.len) };
                assert_eq!(bytes, [0; 100]);
                bytes.fill(0xa5);
            } else {
                assert!(is_empty(&buffer));
            }
            // SAFETY: the buffer was filled by the library, or is empty.
            unsafe { ffi_buffer_free(&raw mut buffer) }
        }
    }
}
