//! The C interface of qynauth_pqc: ML-KEM (FIPS 203), ML-DSA (FIPS 204) and X-Wing.
//!
//! This is the contract; `include/pqc_ffi.h` is generated from it, and `docs/api-conventions.md` retells it for C readers.
//!
//! - **Names** are `<family>_<noun>_<verb>` with the families `mlkem_`, `mldsa_`, `xwing_` and `ffi_`. Whatever a
//!   `*_generate` or `*_from_*` function makes, the `*_free` of the same noun ends.
//! - **Status.** Every function that can fail returns a [`status::PqcStatus`]; 0 is success. The compiler
//!   warns where a status is ignored.
//! - **Order of parameters.** Handle, or parameter set and flags of the key to be made; inputs (pointer and length);
//!   flags of the operation; outputs.
//! - **Outputs** may overlap neither an input nor another output: that is [`status::PqcStatus::Overlap`], and nothing is
//!   written. They are then zeroed, and filled only on success. An output that is NULL is an error.
//! - **Inputs** are borrowed for the call only. NULL with length 0 is the empty string; NULL with another length is an
//!   error.
//! - **Buffers.** Whoever receives an [`memory::FFIBuffer`] frees it once with `ffi_buffer_free`, which wipes the memory
//!   before releasing it. Freeing NULL, or the same struct again, does nothing. Freeing two copies of one struct, or a
//!   handle twice, is the caller's error.
//! - **Threads.** A handle is observably immutable: any number of threads may use it at once, and only its `_free` may
//!   not run beside a use.
//! - **Panics** do not cross the boundary: they become [`status::PqcStatus::Panic`].
//! - **Memory.** An allocation that fails becomes [`status::PqcStatus::OutOfMemory`], never an abort.

mod batch;
mod boundary;
pub mod columns;
mod counters;
pub mod formats;
mod handle;
#[cfg(feature = "inject-panic")]
pub mod inject_panic;
pub mod key_flags;
pub mod memory;
pub mod mldsa_batch;
pub mod mldsa_ffi;
pub mod mldsa_formats;
pub mod mldsa_mu;
pub mod mlkem_batch;
pub mod mlkem_ffi;
pub mod mlkem_formats;
pub mod monitoring;
mod overlap;
pub mod rooms;
pub mod status;
pub mod version;
pub mod xwing_ffi;
