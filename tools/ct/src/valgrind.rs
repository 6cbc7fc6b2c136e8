//! Requests to valgrind about memory: a secret is marked undefined, and memcheck then reports every branch and every
//! address that depends on it.
#![allow(unsafe_code, reason = "the shim takes raw pointers; it reads and writes nothing through them")]

use core::ffi::{c_int, c_uint, c_void};

unsafe extern "C" {
    safe fn ct_running_on_valgrind() -> c_uint;
    fn ct_mark_secret(data: *mut c_void, len: usize);
    fn ct_mark_public(data: *mut c_void, len: usize);
    safe fn ct_mark_randomness(secret: c_int);
}

/// Whether the program runs under valgrind.
pub(crate) fn is_watching() -> bool {
    ct_running_on_valgrind() != 0
}

/// Marks bytes as secret. Every value computed from them is secret too.
pub(crate) fn mark_secret(bytes: &mut [u8]) {
    // SAFETY: the memory is this slice's; a mark changes no byte of it.
    unsafe { ct_mark_secret(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// Declassifies bytes, so that branches and addresses may depend on them.
pub(crate) fn mark_public(bytes: &mut [u8]) {
    // SAFETY: as above.
    unsafe { ct_mark_public(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// Marks the output of the system's random number generator as secret while `act` runs.
pub(crate) fn with_secret_randomness<T>(act: impl FnOnce() -> T) -> T {
    ct_mark_randomness(1);
    let result = act();
    ct_mark_randomness(0);
    result
}
