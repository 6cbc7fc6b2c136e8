//! The version of the library and of its binary interface.
#![allow(unsafe_code, reason = "an exported name is an unsafe attribute")]

use core::ffi::{CStr, c_char};

/// Version of the binary interface that this header describes; compare it with `ffi_abi_version()`.
pub const PQC_ABI_VERSION: u32 = 2;

/// The package's version as a C string, checked for its terminator when the crate is compiled.
const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// Returns the version of the library, such as "0.1.0": a constant string that is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Returns the version of the binary interface. It changes when a program must be rebuilt; a header and a library that
/// disagree (`PQC_ABI_VERSION != ffi_abi_version()`) must not be used together.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_abi_version() -> u32 {
    PQC_ABI_VERSION
}
