//! The stack after an operation.

#[path = "../../../../crates/pqc-simd/tests/stack/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod stack;

use pqc_simd::on_wiped_stack;
use pqc_simd::proofs::{Label, Row, checked, claim};
use stack::registers::Registers;
use stack::{check_registers, stack_after};
use std::hint::black_box;
use std::panic::catch_unwind;

pub(crate) const ROWS: &[Row] = &[Row {
    name: "wiping: what an operation wrote to the stack is gone when it returns, and when it panics, and the vector and mask registers \
           are zeros when it returns",
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

/// What the operation leaves, more than a panic overwrites.
const SECRET: u8 = 0x5c;
const BYTES: usize = 12 << 10;

#[inline(never)]
fn operation() {
    let mut buffer = [SECRET; BYTES];
    black_box(&mut buffer);
}

fn check_stack() {
    let left = |operation: &dyn Fn()| stack_after(operation).iter().filter(|byte| **byte == SECRET).count();
    // A panic and the reader have bytes of that value too.
    const OTHER: usize = 256;
    claim(left(&operation) > BYTES - OTHER, || "the operation leaves nothing".to_owned());
    claim(left(&|| on_wiped_stack::<16384, _>(operation)) < OTHER, || "bytes are left".to_owned());
    let panics = || {
        operation();
        panic!("on the wiped stack");
    };
    claim(left(&|| drop(catch_unwind(panics))) > OTHER, || "a panic overwrites the stack".to_owned());
    let caught = || drop(catch_unwind(|| on_wiped_stack::<16384, _>(panics)));
    claim(left(&caught) < OTHER, || "bytes are left after a panic".to_owned());
    check_registers("an operation", &mut [Registers::ZERO; 2], || on_wiped_stack::<16384, _>(operation));
    checked(1);
}
