//! The FIPS module of AWS-LC behind safe functions: keys, their operations, and hashes.
//!
//! The module has a service indicator: a counter of the thread that each approved service increments. Every function here that has one
//! reads it before and after, and refuses a result that it does not approve with [`Error::NotApproved`]. Loading a key is key entry,
//! which is not a service and has no indicator.
//!
//! The module tests itself when the process loads it, and ends the process if its code was changed.
#![allow(unsafe_code, reason = "the module is C code")]

mod hash;
mod key;
pub mod password;

use aws_lc_fips_sys as sys;
use core::ffi::CStr;
use core::ptr::NonNull;

pub use hash::{Digest, Shake256};
pub use key::{Key, KeyType};

/// Why the module computed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The service indicator does not approve the operation. Its result must not be used.
    NotApproved,
    /// Memory could not be allocated.
    OutOfMemory,
    /// The module refused an input.
    Refused,
}

/// The version of the module, such as "AWS-LC FIPS 4.2.0".
pub fn version() -> &'static CStr {
    // SAFETY: the function returns a constant string.
    unsafe { CStr::from_ptr(sys::awslc_version_string()) }
}

/// Whether the module is in its approved mode.
pub fn is_fips() -> bool {
    // SAFETY: the function has no precondition.
    unsafe { sys::FIPS_mode() == 1 }
}

/// Whether the module finds its code unchanged: the integrity test that it also makes when the process loads it. A failure ends the
/// process.
pub fn integrity_test() -> bool {
    // SAFETY: the function has no precondition.
    unsafe { sys::BORINGSSL_integrity_test() == 1 }
}

/// Whether the module passes its self tests. A failure ends the process.
pub fn self_test() -> bool {
    // SAFETY: the function has no precondition.
    unsafe { sys::BORINGSSL_self_test() == 1 }
}

/// Fills `out` from the module's random number generator, a CTR_DRBG with AES-256 (SP 800-90A), which reseeds itself after a fork.
pub fn random(out: &mut [u8]) -> Result<(), Error> {
    // SAFETY: `out` is writable for its length.
    approved(|| unsafe { sys::RAND_bytes(out.as_mut_ptr(), out.len()) })
}

/// Runs a service, which returns 1 if it succeeded, between two readings of its indicator.
fn approved(service: impl FnOnce() -> i32) -> Result<(), Error> {
    // SAFETY: the functions have no precondition.
    let before = unsafe { sys::FIPS_service_indicator_before_call() };
    done(service())?;
    // SAFETY: as above.
    if unsafe { sys::FIPS_service_indicator_after_call() } == before { Err(Error::NotApproved) } else { Ok(()) }
}

/// The outcome of a function of the module, which returns 1 if it succeeded.
fn done(outcome: i32) -> Result<(), Error> {
    if outcome == 1 { Ok(()) } else { Err(last_error()) }
}

/// An object that a function of the module has allocated.
fn non_null<T>(object: *mut T) -> Result<NonNull<T>, Error> {
    NonNull::new(object).ok_or_else(last_error)
}

/// The reason of the last failure on this thread. The module's queue of errors is empty afterwards.
fn last_error() -> Error {
    // SAFETY: the functions have no precondition.
    let packed = unsafe {
        let packed = sys::ERR_peek_last_error();
        sys::ERR_clear_error();
        packed
    };
    if sys::ERR_GET_REASON(packed) == sys::ERR_R_MALLOC_FAILURE { Error::OutOfMemory } else { Error::Refused }
}
