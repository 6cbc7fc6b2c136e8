//! No operation leaves anything on the stack; see [`stack`]. One program, since it is linked as a whole for the release
//! profile, and only there: a build with debug assertions uses more stack than it wipes.
#![cfg(all(target_os = "linux", not(debug_assertions)))]
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod mlkem;
mod stack;
mod wiping {
    mod mldsa;
    mod mlkem;
    mod panic;
    mod slhdsa;
}
