//! The functions of `pqc_ffi.h` that the crate calls. Parameters are references where the header wants a live handle, an
//! empty buffer or one output; a function with only such parameters is safe.

#![allow(missing_docs, reason = "pqc_ffi.h documents them")]

use std::ffi::c_char;
use std::marker::{PhantomData, PhantomPinned};
use std::ptr::NonNull;

pub(crate) const ABI_VERSION: u32 = 2;
pub(crate) const KIND_KEM: u32 = 1;

#[repr(C)]
pub struct FFIBuffer {
    pub(crate) data: *mut u8,
    pub(crate) len: usize,
    pub(crate) reserved: usize,
}

/// A row of the library's table. A size is 0 where the algorithm has none; a signature may be shorter than its size.
#[repr(C)]
pub struct PqcAlgorithmInfo {
    pub algorithm: u32,
    pub kind: u32,
    pub(crate) name: *const c_char,
    pub security_category: u32,
    pub slowest_us: u32,
    pub(crate) oid: *const c_char,
    pub seed_bytes: usize,
    pub private_key_bytes: usize,
    pub public_key_bytes: usize,
    pub ciphertext_bytes: usize,
    pub shared_secret_bytes: usize,
    pub signature_bytes: usize,
    pub signature_varies: u32,
    pub randomness_bytes: usize,
}

// SAFETY: the rows and their names are constants of the library.
unsafe impl Sync for PqcAlgorithmInfo {}

/// The counts of an action with an algorithm. Times are in nanoseconds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FFIOperationMetrics {
    pub action: u32,
    pub algorithm: u32,
    pub calls: u64,
    pub errors: u64,
    pub timed: u64,
    pub total_ns: u64,
    pub min_ns: u64,
    pub max_ns: u64,
    pub p50_ns: u64,
    pub p90_ns: u64,
    pub p99_ns: u64,
    pub p999_ns: u64,
    pub by_status: [u64; 100],
    pub buckets: [u64; 528],
}

/// A snapshot of the metrics.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FFIMetrics {
    pub size: usize,
    pub live_handles: u64,
    pub live_buffers: u64,
    pub bytes_wiped: u64,
    pub calls: u64,
    pub errors: u64,
    pub self_tests: u64,
    pub self_test_ns: u64,
}

pub(crate) type Out<'a, T> = &'a mut Option<NonNull<T>>;

/// The functions that private and public keys both have.
pub trait Opaque: Sized {
    const FROM_BYTES: unsafe extern "C" fn(u32, u32, *const u8, usize, Out<'_, Self>) -> i32;
    const BYTES: extern "C" fn(&Self, &mut FFIBuffer) -> i32;
    const ALGORITHM: extern "C" fn(&Self, &mut u32) -> i32;
    const OPTIONS: extern "C" fn(&Self, &mut u32) -> i32;
    const FREE: unsafe extern "C" fn(*mut Self);
}

/// Declares a type that only the library can look into, and its functions of the trait.
macro_rules! opaque {
    ($name:ident: $from_bytes:ident $bytes:ident $algorithm:ident $options:ident $free:ident) => {
        #[repr(C)]
        pub struct $name {
            data: [u8; 0],
            marker: PhantomData<(*mut u8, PhantomPinned)>,
        }

        unsafe extern "C" {
            fn $from_bytes(algorithm: u32, flags: u32, bytes: *const u8, len: usize, key: Out<'_, $name>) -> i32;
            safe fn $bytes(key: &$name, bytes: &mut FFIBuffer) -> i32;
            safe fn $algorithm(key: &$name, algorithm: &mut u32) -> i32;
            safe fn $options(key: &$name, flags: &mut u32) -> i32;
            fn $free(key: *mut $name);
        }

        impl Opaque for $name {
            const FROM_BYTES: unsafe extern "C" fn(u32, u32, *const u8, usize, Out<'_, Self>) -> i32 = $from_bytes;
            const BYTES: extern "C" fn(&Self, &mut FFIBuffer) -> i32 = $bytes;
            const ALGORITHM: extern "C" fn(&Self, &mut u32) -> i32 = $algorithm;
            const OPTIONS: extern "C" fn(&Self, &mut u32) -> i32 = $options;
            const FREE: unsafe extern "C" fn(*mut Self) = $free;
        }
    };
}

opaque!(PqcPrivateKey: pqc_private_key_from_bytes pqc_private_key_bytes pqc_private_key_algorithm
    pqc_private_key_options pqc_private_key_free);
opaque!(PqcPublicKey: pqc_public_key_from_bytes pqc_public_key_bytes pqc_public_key_algorithm
    pqc_public_key_options pqc_public_key_free);

unsafe extern "C" {
    pub(crate) fn ffi_buffer_free(buffer: *mut FFIBuffer);
    pub(crate) safe fn ffi_status_message(status: i32) -> *const c_char;
    pub(crate) safe fn ffi_abi_version() -> u32;
    pub(crate) fn ffi_metrics_report(out: *mut FFIMetrics, out_size: usize, operations: &mut FFIBuffer) -> i32;
    pub(crate) safe fn pqc_algorithm_info(algorithm: u32) -> Option<&'static PqcAlgorithmInfo>;

    pub(crate) safe fn pqc_private_key_generate(algorithm: u32, flags: u32, key: Out<'_, PqcPrivateKey>) -> i32;
    pub(crate) fn pqc_private_key_from_seed(
        algorithm: u32,
        flags: u32,
        seed: *const u8,
        seed_len: usize,
        key: Out<'_, PqcPrivateKey>,
    ) -> i32;
    pub(crate) safe fn pqc_private_key_seed(key: &PqcPrivateKey, seed: &mut FFIBuffer) -> i32;
    pub(crate) safe fn pqc_private_key_public_key(key: &PqcPrivateKey, public_key: Out<'_, PqcPublicKey>) -> i32;
    pub(crate) safe fn pqc_encapsulate(
        key: &PqcPublicKey,
        ciphertext: &mut FFIBuffer,
        shared_secret: &mut FFIBuffer,
    ) -> i32;
    pub(crate) fn pqc_decapsulate(
        key: &PqcPrivateKey,
        ciphertext: *const u8,
        ciphertext_len: usize,
        shared_secret: &mut FFIBuffer,
    ) -> i32;
    pub(crate) fn pqc_sign(
        key: &PqcPrivateKey,
        message: *const u8,
        message_len: usize,
        context: *const u8,
        context_len: usize,
        flags: u32,
        signature: &mut FFIBuffer,
    ) -> i32;
    pub(crate) fn pqc_verify(
        key: &PqcPublicKey,
        message: *const u8,
        message_len: usize,
        context: *const u8,
        context_len: usize,
        signature: *const u8,
        signature_len: usize,
    ) -> i32;
}
