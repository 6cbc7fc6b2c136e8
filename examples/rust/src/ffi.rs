//! The part of `pqc_ffi.h` that the wrapper uses, as `bindgen` would write it.

#![allow(missing_docs, reason = "pqc_ffi.h documents them")]

use std::ffi::c_char;
use std::marker::{PhantomData, PhantomPinned};

pub(crate) const OK: i32 = 0;
pub(crate) const INVALID_SIGNATURE: i32 = 50;
pub(crate) const ABI_VERSION: u32 = 1;

/// Declares types that only the library can look into. Any thread may use them at once, by the conventions of the header.
macro_rules! opaque {
    ($($name:ident)*) => { $(
        #[repr(C)]
        pub(crate) struct $name {
            data: [u8; 0],
            marker: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )* };
}

opaque!(MlKemKeyPair MlKemPublicKey MlDsaKeyPair MlDsaPublicKey);

#[repr(C)]
pub(crate) struct FFIBuffer {
    pub(crate) data: *mut u8,
    pub(crate) len: usize,
    pub(crate) reserved: usize,
}

/// What was counted of one operation with one parameter set. Times are in nanoseconds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FFIOperationMetrics {
    pub operation: u32,
    pub parameter_set: u32,
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
}

/// A snapshot of the metrics.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FFIMetrics {
    pub size: usize,
    pub live_handles: u64,
    pub live_buffers: u64,
    pub bytes_wiped: u64,
    pub operations: [FFIOperationMetrics; 36],
}

pub(crate) type FromBytes<T> = unsafe extern "C" fn(u32, u32, *const u8, usize, *mut *mut T) -> i32;
pub(crate) type Export<T> = unsafe extern "C" fn(*const T, *mut FFIBuffer) -> i32;

unsafe extern "C" {
    pub(crate) fn ffi_buffer_free(buffer: *mut FFIBuffer);
    pub(crate) fn ffi_status_message(status: i32) -> *const c_char;
    pub(crate) fn ffi_abi_version() -> u32;
    pub(crate) fn ffi_get_performance_metrics(out: *mut FFIMetrics, out_size: usize) -> i32;

    pub(crate) fn mlkem_keypair_generate(set: u32, flags: u32, pair: *mut *mut MlKemKeyPair) -> i32;
    pub(crate) fn mlkem_keypair_from_seed(
        set: u32,
        flags: u32,
        seed: *const u8,
        len: usize,
        pair: *mut *mut MlKemKeyPair,
    ) -> i32;
    pub(crate) fn mlkem_keypair_from_private_key(
        set: u32,
        flags: u32,
        bytes: *const u8,
        len: usize,
        pair: *mut *mut MlKemKeyPair,
    ) -> i32;
    pub(crate) fn mlkem_keypair_public_key(pair: *const MlKemKeyPair, key: *mut *mut MlKemPublicKey) -> i32;
    pub(crate) fn mlkem_keypair_private_key_bytes(pair: *const MlKemKeyPair, bytes: *mut FFIBuffer) -> i32;
    pub(crate) fn mlkem_keypair_seed_bytes(pair: *const MlKemKeyPair, seed: *mut FFIBuffer) -> i32;
    pub(crate) fn mlkem_keypair_free(pair: *mut MlKemKeyPair);
    pub(crate) fn mlkem_public_key_from_bytes(
        set: u32,
        flags: u32,
        bytes: *const u8,
        len: usize,
        key: *mut *mut MlKemPublicKey,
    ) -> i32;
    pub(crate) fn mlkem_public_key_bytes(key: *const MlKemPublicKey, bytes: *mut FFIBuffer) -> i32;
    pub(crate) fn mlkem_public_key_free(key: *mut MlKemPublicKey);
    pub(crate) fn mlkem_encapsulate(
        key: *const MlKemPublicKey,
        ciphertext: *mut FFIBuffer,
        shared_secret: *mut FFIBuffer,
    ) -> i32;
    pub(crate) fn mlkem_decapsulate(
        pair: *const MlKemKeyPair,
        ciphertext: *const u8,
        len: usize,
        shared_secret: *mut FFIBuffer,
    ) -> i32;

    pub(crate) fn mldsa_keypair_generate(set: u32, flags: u32, pair: *mut *mut MlDsaKeyPair) -> i32;
    pub(crate) fn mldsa_keypair_from_seed(
        set: u32,
        flags: u32,
        seed: *const u8,
        len: usize,
        pair: *mut *mut MlDsaKeyPair,
    ) -> i32;
    pub(crate) fn mldsa_keypair_from_private_key(
        set: u32,
        flags: u32,
        bytes: *const u8,
        len: usize,
        pair: *mut *mut MlDsaKeyPair,
    ) -> i32;
    pub(crate) fn mldsa_keypair_public_key(pair: *const MlDsaKeyPair, key: *mut *mut MlDsaPublicKey) -> i32;
    pub(crate) fn mldsa_keypair_private_key_bytes(pair: *const MlDsaKeyPair, bytes: *mut FFIBuffer) -> i32;
    pub(crate) fn mldsa_keypair_seed_bytes(pair: *const MlDsaKeyPair, seed: *mut FFIBuffer) -> i32;
    pub(crate) fn mldsa_keypair_free(pair: *mut MlDsaKeyPair);
    pub(crate) fn mldsa_public_key_from_bytes(
        set: u32,
        flags: u32,
        bytes: *const u8,
        len: usize,
        key: *mut *mut MlDsaPublicKey,
    ) -> i32;
    pub(crate) fn mldsa_public_key_bytes(key: *const MlDsaPublicKey, bytes: *mut FFIBuffer) -> i32;
    pub(crate) fn mldsa_public_key_free(key: *mut MlDsaPublicKey);
    pub(crate) fn mldsa_sign(
        pair: *const MlDsaKeyPair,
        message: *const u8,
        message_len: usize,
        context: *const u8,
        context_len: usize,
        flags: u32,
        signature: *mut FFIBuffer,
    ) -> i32;
    pub(crate) fn mldsa_verify(
        key: *const MlDsaPublicKey,
        message: *const u8,
        message_len: usize,
        context: *const u8,
        context_len: usize,
        signature: *const u8,
        signature_len: usize,
    ) -> i32;
}
