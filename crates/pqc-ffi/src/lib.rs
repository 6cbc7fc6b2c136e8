//! The C interface of qynauth_pqc: ML-KEM (FIPS 203), ML-DSA (FIPS 204), SLH-DSA (FIPS 205), X-Wing and other
//! hybrid KEMs, and composite signatures.
//!
//! This crate is the contract: `include/pqc_ffi.h` is generated from it, and the introduction of the header, in `cbindgen.toml`,
//! states the rules that every function keeps. The rules for the code:
//!
//! - **Names** are `<prefix>_<noun>_<verb>`: `pqc_` for keys and operations of every algorithm, `ffi_` for buffers, metrics and
//!   the process, `mlkem_` and `mldsa_` for the names of the first version.
//! - **Exports** borrow their inputs and zero their outputs by `boundary::arguments`, make one safe call, and hand out the
//!   result, all inside [`boundary::guard`] or [`counting::counted`]: a panic becomes [`status::PqcStatus::Panic`].
//! - **The pointer contract**, which the `SAFETY` comments name: every pointer of an argument is NULL, or valid for its type and
//!   for the length given with it during the call; every handle is NULL, or came from this library and is not freed before the
//!   call returns; a handle that is freed is not used again.
//! - **Memory.** An allocation that fails becomes [`status::PqcStatus::OutOfMemory`], never an abort.
//!
//! The sections of the header follow the order of the modules. `parameter_sets` is generated from the table of pqc-core.
#![deny(clippy::self_named_module_files, reason = "the file of a module with a folder is its mod.rs")]
#![allow(clippy::missing_safety_doc, reason = "the pointer contract above is every exported function's")]

pub mod status;

pub mod parameter_sets;

pub mod algorithm_ffi;
pub mod key_ffi;

pub mod public_key_ffi;

pub mod formats;
pub mod kem_ffi;

pub mod exchange_ffi;

pub mod signature_ffi;

pub mod inputs;
pub mod outputs;

pub mod batch_ffi;
pub mod memory;

pub mod buffer_ffi;
pub mod operation;

pub mod monitoring;
pub mod settings;

pub mod fips_ffi;
pub mod version;

pub mod mlkem_ffi;

pub mod mldsa_ffi;

pub mod known_answer_ffi;

mod batch;
mod boundary;
mod counters;
mod counting;
mod handle;
#[cfg(feature = "inject-panic")]
pub mod inject_panic;
mod overlap;
