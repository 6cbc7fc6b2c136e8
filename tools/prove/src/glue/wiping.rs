//! The stack after an operation.

#[path = "../../../../crates/pqc-simd/tests/stack/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod stack;

use pqc_simd::on_wiped_stack;
use pqc_simd::proofs::{Label, Row, claim};
use stack::stack_after;
use std::hint::black_box;
use std::panic::catch_unwind;

pub(crate) const ROWS: &[Row] = &[Row {
    name: "wiping: nothing of an operation is left on the stack when it returns, and when it panics",
    label: Label::Tested,
    covers: &[
        "registers.rs::clear_registers",
        "wipe.rs::Drop::drop",
        "wipe.rs::in_own_frame",
        "wipe.rs::on_wiped_stack",
    ],
    is_slow: false,
    check: check_stack,
}];

/// What the operation leaves.
const SECRET: u8 = 0x5c;

#[inline(never)]
fn operation() {
    let mut buffer = [SECRET; 4096];
    black_box(&mut buffer);
}

fn check_stack() {
    let left = |operation: &dyn Fn()| stack_after(operation).iter().filter(|byte| **byte == SECRET).count();
    // A panic and the reader have bytes of that value too.
    const OTHER: usize = 256;
    claim(left(&operation) > 4096 - OTHER, || "the operation leaves nothing".to_owned());
    claim(left(&|| on_wiped_stack::<16384, _>(operation)) < OTHER, || "bytes are left".to_owned());
    let panics = || {
        operation();
        panic!("on the wiped stack");
    };
    claim(left(&|| drop(catch_unwind(panics))) > OTHER, || "a panic overwrites the stack".to_owned());
    let caught = || drop(catch_unwind(|| on_wiped_stack::<16384, _>(panics)));
    claim(left(&caught) < OTHER, || "bytes are left after a panic".to_owned());
}
