//! Why a call failed.

use std::ffi::CStr;
use std::fmt;

use crate::ffi;

/// Why a call failed: a status of `pqc_ffi.h`. It shows the text of the status, without any byte of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(i32);

/// The result of every call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The errors that a caller may want to distinguish.
#[allow(missing_docs, reason = "pqc_ffi.h documents them, except the first")]
impl Error {
    /// The library has another binary interface than this crate was written for. No status has this number.
    pub const ABI_MISMATCH: Self = Self(-1);
    pub const UNKNOWN_ALGORITHM: Self = Self(2);
    pub const WRONG_ALGORITHM: Self = Self(11);
    pub const PUBLIC_KEY_LENGTH: Self = Self(20);
    pub const PRIVATE_KEY_LENGTH: Self = Self(21);
    pub const SEED_LENGTH: Self = Self(22);
    pub const CIPHERTEXT_LENGTH: Self = Self(23);
    pub const CONTEXT_LENGTH: Self = Self(24);
    pub const PUBLIC_KEY_MODULUS: Self = Self(40);
    pub const INVALID_SIGNATURE: Self = Self(50);
    pub const PUBLIC_KEY_POINT: Self = Self(52);
    pub const CIPHERTEXT_POINT: Self = Self(53);
    pub const SEED_UNAVAILABLE: Self = Self(60);
    pub const MEMORY_LOCK_LIMIT: Self = Self(82);

    /// Returns the number of the status, `PQC_STATUS_*`.
    pub fn status(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ABI_MISMATCH {
            return f.write_str("the library has another ABI version than this program");
        }
        // SAFETY: the text of every number is a constant string.
        let text = unsafe { CStr::from_ptr(ffi::ffi_status_message(self.0)) };
        f.write_str(&text.to_string_lossy())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.0)
    }
}

impl std::error::Error for Error {}

pub(crate) fn check(status: i32) -> Result<()> {
    if status == 0 { Ok(()) } else { Err(Error(status)) }
}

/// The first step of every entry, before it trusts the declarations of [`ffi`].
pub(crate) fn check_abi() -> Result<()> {
    if ffi::ffi_abi_version() == ffi::ABI_VERSION { Ok(()) } else { Err(Error::ABI_MISMATCH) }
}
