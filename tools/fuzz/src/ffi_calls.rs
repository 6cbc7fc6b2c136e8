//! Calls of the `ffi_*` functions.

use crate::arguments::{Arguments, PRIVATE_KEY_REFUSALS};
use crate::calls::Function;
use crate::common::formats::{ENCRYPTED, PASSWORD};
use crate::common::metrics::{entry, histogram, metrics};
use crate::common::mlkem::KemSet;
use crate::common::{Owned, bytes_of, check, number_of, text};
use crate::keys::Keys;
use core::ptr;
use pqc_ffi::formats::*;
use pqc_ffi::key_flags::ffi_key_options;
use pqc_ffi::memory::ffi_buffer_zeroed;
use pqc_ffi::monitoring::*;
use pqc_ffi::status::{PqcStatus, ffi_status_message};
use pqc_ffi::version::{PQC_ABI_VERSION, ffi_abi_version, ffi_code_path, ffi_engine, ffi_version};

pub(crate) const FUNCTIONS: &[Function] = &[
    Function("constants", constants),
    Function("ffi_get_performance_metrics", snapshot),
    Function("ffi_get_latency_histogram", latencies),
    Function("ffi_share_metrics", share),
    Function("ffi_enable_optimizations", settings),
    Function("ffi_key_algorithm", detect_key),
    Function("ffi_key_kdf_cost", key_cost),
    Function("ffi_private_key_from_pkcs8", load_key),
    Function("ffi_key_options", key_options),
    Function("ffi_buffer_zeroed", zeroed),
];

fn constants(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let message = text(ffi_status_message(arguments.number()));
    let operation = text(ffi_operation_name(arguments.number().cast_unsigned()));
    for string in [message, operation, text(ffi_version()), text(ffi_code_path()), text(ffi_engine())] {
        assert!(string.to_str().is_ok_and(|string| !string.is_empty()));
    }
    assert_eq!(ffi_abi_version(), PQC_ABI_VERSION);
    Ok(())
}

fn snapshot(keys: &Keys, _: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let calls = || Ok::<_, PqcStatus>(entry(&*metrics()?, PqcOperation::MlkemDecapsulate, keys.kem.id).calls);
    let before = calls()?;
    keys.kem_pair.decapsulate(&keys.ciphertext)?;
    assert_eq!(calls()?, before + 1);
    Ok(())
}

fn latencies(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (operation, set) = (arguments.operation(), arguments.set(keys.kem.id));
    let buckets = histogram(operation, set)?;
    assert!(buckets.windows(2).all(|pair| pair[0][1] == pair[1][0]));
    Ok(())
}

/// Only memory that is too small: a process shares one memory for good.
fn share(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let mut memory = [0_u128; 32];
    let size = arguments.number().cast_unsigned() as usize % (size_of_val(&memory) + 1);
    assert!(size < ffi_shared_metrics_bytes());
    arguments.demand(PqcStatus::SharedMemory);
    // SAFETY: the memory has that size, and it is too small to be kept.
    check(unsafe { ffi_share_metrics(memory.as_mut_ptr().cast(), size) })
}

fn settings(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let timings = PQC_OPTIMIZE_TIMING_ON | PQC_OPTIMIZE_TIMING_OFF;
    let flags = arguments.path_flags(PQC_OPTIMIZE_WARM_UP | timings);
    if flags & timings == timings {
        arguments.demand(PqcStatus::UnknownFlags);
    }
    let before = ffi_get_optimizations();
    let outcome = check(ffi_enable_optimizations(flags));
    assert!(outcome.is_ok() || ffi_get_optimizations() == before);
    check(ffi_enable_optimizations(PQC_OPTIMIZE_LIBCRUX | PQC_OPTIMIZE_BEST | PQC_OPTIMIZE_TIMING_ON))?;
    outcome
}

fn detect_key(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.encoded(&keys.kem_spki);
    arguments.allow_if_changed(&[PqcStatus::KeyAlgorithm]);
    let (mut kind, mut set) = (0, 0);
    // SAFETY: the input is readable and the outputs are writable.
    check(unsafe { ffi_key_algorithm(key.data, key.len, &raw mut kind, &raw mut set) })?;
    assert!(arguments.is_changed || (kind, set) == (PQC_KEY_KIND_PUBLIC, keys.kem.id));
    Ok(())
}

/// A key that is made with the flags tells the same.
fn key_options(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    // SAFETY: the output is writable.
    let options = number_of(|out| unsafe { ffi_key_options(flags, out) })?;
    let key = KemSet { flags, ..keys.kem }.load_public_key(&keys.kem_public)?;
    assert_eq!(key.options()?, options);
    Ok(())
}

/// What a new buffer holds.
fn zeroed(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.memory_flags();
    let len = 1 + arguments.number().cast_unsigned() as usize % 10_000;
    // SAFETY: the output is writable.
    let bytes = bytes_of(|out| unsafe { ffi_buffer_zeroed(flags, len, out) })?;
    assert!(bytes.len() == len && bytes.iter().all(|byte| *byte == 0));
    Ok(())
}

fn key_cost(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let key = arguments.encoded(&ENCRYPTED);
    arguments.allow_if_changed(&[PqcStatus::KeyEncryption]);
    let mut cost = 0;
    // SAFETY: the input is readable and the output writable.
    check(unsafe { ffi_key_kdf_cost(key.data, key.len, &raw mut cost) })?;
    assert!(arguments.is_changed || cost == 1);
    Ok(())
}

/// The ceiling is low: an edited key could ask for millions of iterations.
fn load_key(_: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let flags = arguments.key_flags();
    let (key, password) = (arguments.encoded(&ENCRYPTED), arguments.any(PASSWORD));
    arguments.allow_if_changed(&PRIVATE_KEY_REFUSALS);
    arguments.allow_if_changed(&[
        PqcStatus::PasswordWrong,
        PqcStatus::PasswordUnused,
        PqcStatus::KeyEncryption,
        PqcStatus::KeyEncryptionCost,
    ]);
    let (mut kem, mut dsa) = (ptr::null_mut(), ptr::null_mut());
    let (data, len, p, p_len) = (key.data, key.len, password.data, password.len);
    // SAFETY: the inputs are readable and the outputs writable.
    let status = unsafe { ffi_private_key_from_pkcs8(flags, data, len, p, p_len, 1 << 12, &raw mut kem, &raw mut dsa) };
    let (kem, dsa) = (Owned::new(kem), Owned::new(dsa));
    check(status)?;
    assert!(arguments.is_changed || kem.as_ptr().is_null() && dsa.parameter_set() == Ok(44));
    Ok(())
}
