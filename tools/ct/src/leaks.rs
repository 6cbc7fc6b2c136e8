//! Functions that leak deliberately: a check that does not report them is worthless.

use crate::valgrind::mark_secret;
use core::hint::black_box;

/// A secret byte, marked.
fn secret() -> u8 {
    let mut secret = black_box([42]);
    mark_secret(&mut secret);
    secret[0]
}

/// Calls the leaky function with this name.
pub(crate) fn run(name: &str) -> Result<(), String> {
    let leak = match name {
        "branch" => leaky_branch,
        "table" => leaky_table,
        "division" => leaky_division,
        _ => return Err(format!("no leak is called {name}")),
    };
    black_box(leak(secret()));
    Ok(())
}

/// The secret decides which of the two functions is called.
#[inline(never)]
fn leaky_branch(secret: u8) -> u8 {
    if secret & 1 == 0 { black_box(first()) } else { black_box(second()) }
}

#[inline(never)]
fn first() -> u8 {
    black_box(1)
}

#[inline(never)]
fn second() -> u8 {
    black_box(2)
}

/// The secret decides which cache line is read.
#[inline(never)]
fn leaky_table(secret: u8) -> u8 {
    black_box([7; 256])[usize::from(secret)]
}

/// The time of the division depends on the secret. memcheck does not report it; the scan of the machine code does.
#[inline(never)]
fn leaky_division(secret: u8) -> u8 {
    black_box(u64::MAX / (u64::from(secret) | 1)).to_le_bytes()[0]
}
