//! Functions that leak on purpose: a check that does not report them is worth nothing.

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

/// Which of the two functions is called depends on the secret.
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

/// Which line of the cache is read depends on the secret.
#[inline(never)]
fn leaky_table(secret: u8) -> u8 {
    black_box([7; 256])[usize::from(secret)]
}

/// How long the division takes depends on the secret. memcheck says nothing about it; the scan of the machine code does.
#[inline(never)]
fn leaky_division(secret: u8) -> u8 {
    black_box(u64::MAX / (u64::from(secret) | 1)).to_le_bytes()[0]
}
