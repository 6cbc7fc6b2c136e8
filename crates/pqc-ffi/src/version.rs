//! What a caller can ask about the library itself.
#![allow(unsafe_code, reason = "an exported name is an unsafe attribute")]

use crate::boundary::c_string;
use crate::monitoring::default_path;
use core::ffi::{CStr, c_char};
use pqc_core::CodePath;

/// Version of the binary interface that this header describes; compare it with `ffi_abi_version()`.
pub const PQC_ABI_VERSION: u32 = 1;

/// The package's version as a C string, checked for its terminator when the crate is compiled.
const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// Returns the version of the library, such as "0.1.0": a constant string that is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_version() -> *const c_char {
    c_string(VERSION)
}

/// Returns the version of the binary interface. It changes when a program must be rebuilt; a header and a library that
/// disagree (`PQC_ABI_VERSION != ffi_abi_version()`) must not be used together.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_abi_version() -> u32 {
    PQC_ABI_VERSION
}

/// Returns the name of the code path that keys made now will use, "portable" or "avx2": a constant string that is never
/// freed. It is the fastest one that the processor has, unless `ffi_enable_optimizations` chose another.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_code_path() -> *const c_char {
    c_string(match default_path() {
        CodePath::Portable => c"portable",
        CodePath::Avx2 => c"avx2",
    })
}
