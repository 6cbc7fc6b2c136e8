//! Vectors: what the algorithms need of them, and the backends that have it.

pub(crate) mod v16;
#[cfg(target_arch = "x86_64")]
mod v16_avx2;
#[cfg(target_arch = "x86_64")]
mod v16_avx512;
mod v16_portable;
pub(crate) mod v32;
#[cfg(target_arch = "x86_64")]
mod v32_avx2;
#[cfg(target_arch = "x86_64")]
mod v32_avx512;
mod v32_portable;
