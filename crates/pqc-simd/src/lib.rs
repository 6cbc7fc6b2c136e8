//! ML-KEM (FIPS 203), ML-DSA (FIPS 204) and SLH-DSA (FIPS 205) on the vector units of the processor.
//!
//! Each algorithm is written once, over vectors of any width ([`vec`](self)); a [`Backend`] names the processor features that
//! they use, and is chosen at run time. Nothing here allocates, and nothing panics: [`Bytes`] of a wrong length do not compile.
//!
//! | Module | Contents |
//! |---|---|
//! | `bytes` | arrays with a length that a parameter set fixes: encodings, and vectors of polynomials |
//! | `arch` | the instructions of x86-64 and of aarch64, and the loads and stores of vectors |
//! | `backend` | the table of backends, and the operations on vectors of each: all `unsafe` arithmetic |
//! | `keccak` | FIPS 202: Keccak-f\[1600\] on one, four and eight states, and the functions built on it |
//! | `sha2` | FIPS 180-4: SHA-256 and SHA-512, the compression on several messages at once |
//! | `vec` | the operations on vectors of 16, 32 and 64-bit lanes that a backend implements |
//! | [`mlkem`] | FIPS 203 |
//! | [`mldsa`] | FIPS 204 |
//! | [`slhdsa`] | FIPS 205 |
//!
//! `make prove` compiles one more module, `proofs` from tools/prove, with `--cfg prove`.

#![allow(clippy::needless_range_loop, reason = "kernels index arrays of vectors, and take no closures")]

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
#[path = "arch/aarch64.rs"]
mod arch;
#[cfg(all(target_arch = "x86_64", not(model)))]
#[path = "arch/x86_64.rs"]
mod arch;
#[macro_use]
mod backend;
mod bytes;
mod keccak;
pub mod mldsa;
pub mod mlkem;
mod ntt16;
#[cfg(prove)]
#[path = "../../../tools/prove/proofs/mod.rs"]
pub mod proofs;
mod registers;
mod select;
mod sha2;
pub mod slhdsa;
mod vec;
mod wipe;

#[cfg(model)]
use proofs::model as arch;

pub use backend::Backend;
pub use bytes::Bytes;
#[doc(hidden)]
pub use keccak::permutations;
pub use keccak::{sha3_256, shake256};
pub use registers::clear_registers;
pub use wipe::on_wiped_stack;
