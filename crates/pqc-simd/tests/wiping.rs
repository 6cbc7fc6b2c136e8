//! No operation leaves anything on the stack; see [`stack`]. One program, since the release profile links each program
//! as a whole.
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
