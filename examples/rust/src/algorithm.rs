//! The algorithms and the options of keys.

use std::ffi::CStr;
use std::ops::BitOr;

use crate::error::check_abi;
use crate::ffi::{self, PqcAlgorithmInfo};
use crate::{Error, Result};

/// An algorithm with its parameter set; its number is the one in `pqc_ffi.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Algorithm {
    MlKem512 = 512,
    MlKem768 = 768,
    MlKem1024 = 1024,
    MlDsa44 = 44,
    MlDsa65 = 65,
    MlDsa87 = 87,
    XWing = 25722,
    MlKem768P256 = 80,
    MlKem1024P384 = 81,
    MlDsa44Ed25519 = 0x60000 + 39,
    MlDsa44EcdsaP256 = 0x60000 + 40,
    MlDsa65EcdsaP256 = 0x60000 + 45,
    MlDsa65EcdsaP384 = 0x60000 + 46,
    MlDsa65Ed25519 = 0x60000 + 48,
    MlDsa87EcdsaP384 = 0x60000 + 49,
    SlhDsaSha2_128s = 205020,
    SlhDsaSha2_128f = 205021,
    SlhDsaSha2_192s = 205022,
    SlhDsaSha2_192f = 205023,
    SlhDsaSha2_256s = 205024,
    SlhDsaSha2_256f = 205025,
    SlhDsaShake128s = 205026,
    SlhDsaShake128f = 205027,
    SlhDsaShake192s = 205028,
    SlhDsaShake192f = 205029,
    SlhDsaShake256s = 205030,
    SlhDsaShake256f = 205031,
}

impl Algorithm {
    /// All algorithms, in the order of the library's table.
    pub const ALL: [Self; 27] = [
        Self::MlKem512,
        Self::MlKem768,
        Self::MlKem1024,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
        Self::XWing,
        Self::MlKem768P256,
        Self::MlKem1024P384,
        Self::MlDsa44Ed25519,
        Self::MlDsa44EcdsaP256,
        Self::MlDsa65EcdsaP256,
        Self::MlDsa65EcdsaP384,
        Self::MlDsa65Ed25519,
        Self::MlDsa87EcdsaP384,
        Self::SlhDsaSha2_128s,
        Self::SlhDsaSha2_128f,
        Self::SlhDsaSha2_192s,
        Self::SlhDsaSha2_192f,
        Self::SlhDsaSha2_256s,
        Self::SlhDsaSha2_256f,
        Self::SlhDsaShake128s,
        Self::SlhDsaShake128f,
        Self::SlhDsaShake192s,
        Self::SlhDsaShake192f,
        Self::SlhDsaShake256s,
        Self::SlhDsaShake256f,
    ];

    /// Returns the row of the library's table, with the sizes.
    ///
    /// # Errors
    /// When the library does not know the algorithm.
    pub fn info(self) -> Result<&'static PqcAlgorithmInfo> {
        check_abi()?;
        ffi::pqc_algorithm_info(self as u32).ok_or(Error::UNKNOWN_ALGORITHM)
    }
}

impl TryFrom<u32> for Algorithm {
    type Error = Error;

    fn try_from(number: u32) -> Result<Self> {
        Self::ALL.into_iter().find(|algorithm| *algorithm as u32 == number).ok_or(Error::UNKNOWN_ALGORITHM)
    }
}

impl PqcAlgorithmInfo {
    /// Returns the name that the algorithm's standard uses.
    pub fn name(&self) -> &'static str {
        // SAFETY: the name in a row of the table is a constant string.
        unsafe { CStr::from_ptr(self.name) }.to_str().unwrap_or_default()
    }

    /// Reports whether keys encapsulate and decapsulate; if not, they sign and verify.
    pub fn is_kem(&self) -> bool {
        self.kind == ffi::KIND_KEM
    }

    /// Reports whether private keys are derived from a seed; private keys of composites are not.
    pub fn has_seed(&self) -> bool {
        self.seed_bytes > 0
    }
}

/// The options of a key that a program makes or loads, combined by `|`. The ones that choose a code path are not among
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOptions(pub(crate) u32);

#[allow(missing_docs, reason = "pqc_ffi.h documents them")]
impl KeyOptions {
    pub const NONE: Self = Self(0);
    /// The key, and the buffers of its secrets, are in locked memory; a program's copies of them are not.
    pub const LOCKED_MEMORY: Self = Self(256);
    pub const PRECOMPUTE: Self = Self(512);
    pub const NO_PRECOMPUTE: Self = Self(1024);

    /// Reports whether all of the other options are among these.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for KeyOptions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
