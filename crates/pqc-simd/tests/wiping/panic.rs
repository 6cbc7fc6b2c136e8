//! An operation that panics leaves no secret on the stack.
//!
//! No operation of this crate panics, so a function of this test does.

use crate::stack::stack_after;
use pqc_simd::on_wiped_stack;
use std::hint::black_box;
use std::panic::{catch_unwind, resume_unwind};

const SECRET: u8 = 0x5c;
const SECRET_BYTES: usize = 24 << 10;

/// Panics with secrets in its frame, without the panic hook, which would overwrite some of them when it prints.
#[inline(never)]
fn panic_with_secrets() {
    let mut secrets = [SECRET; SECRET_BYTES];
    black_box(&mut secrets);
    resume_unwind(Box::new(()));
}

/// The number of secret bytes that are left after a function has panicked.
fn secrets_after(panicking: fn()) -> usize {
    let stack = stack_after(|| assert!(catch_unwind(panicking).is_err()));
    stack.chunks(8).filter(|word| *word == [SECRET; 8]).count() * 8
}

#[test]
fn test_a_panic_leaves_no_secret_on_the_stack() {
    assert!(secrets_after(panic_with_secrets) > SECRET_BYTES / 2, "unwiped secrets are not found");
    assert_eq!(secrets_after(|| on_wiped_stack::<{ 32 << 10 }, _>(panic_with_secrets)), 0);
}
