//! Nothing is left on the stack, whatever an operation does; see [`stack`]. One program, since it is linked as a whole for the
//! profile that ships.
#![cfg(target_os = "linux")]
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mlkem;
mod stack;
mod wiping {
    mod mldsa;
    mod mlkem;
    mod panic;
    mod slhdsa;
}
