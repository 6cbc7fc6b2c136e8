//! SHA-256 and SHA-512 (FIPS 180-4): the compression on several messages at once, and whole functions of one message.

#[cfg(any(all(target_arch = "aarch64", target_endian = "little"), model))]
pub(crate) mod arm;
pub(crate) mod compression;
pub(crate) mod constants;
pub(crate) mod hash;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ni;

pub(crate) use hash::{Sha2, Sha256, Sha512};
