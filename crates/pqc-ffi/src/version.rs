//! What a caller can ask about the library itself.
#![allow(unsafe_code, reason = "an exported name is an unsafe attribute")]

use crate::boundary::c_string;
use crate::monitoring::{default_engine, default_path};
use core::ffi::{CStr, c_char};
use pqc_core::{CodePath, Engine};

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

/// Returns the name of the code path that keys made now will use, "portable", "avx2" or "avx512": a constant string that is
/// never freed. It is the fastest one that their engine has on this processor, unless `ffi_enable_optimizations` chose
/// another.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_code_path() -> *const c_char {
    c_string(match default_path(default_engine().unwrap_or_default()) {
        CodePath::Portable => c"portable",
        CodePath::Avx2 => c"avx2",
        CodePath::Avx512 => c"avx512",
    })
}

/// Returns the name of the engine of keys made now that ask for none, "libcrux" or "simd": a constant string that is never
/// freed. It is empty if the environment variable QYNAUTH_PQC_ENGINE has another value, and nothing else was set: such keys
/// are refused.
#[unsafe(no_mangle)]
pub extern "C" fn ffi_engine() -> *const c_char {
    c_string(match default_engine() {
        Ok(Engine::Libcrux) => c"libcrux",
        Ok(Engine::Simd) => c"simd",
        Err(_) => c"",
    })
}
