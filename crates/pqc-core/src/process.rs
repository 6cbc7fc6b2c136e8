//! The number of this process.

/// The number of this process, never 0. WebAssembly has one process, without a number.
pub(crate) fn id() -> u32 {
    if cfg!(target_family = "wasm") { 1 } else { std::process::id() }
}
