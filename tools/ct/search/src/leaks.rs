//! Functions that leak deliberately: a check that does not report them is worthless.

use core::hint::black_box;

/// Calls each function.
pub(crate) fn all() {
    let (first, second) = (black_box([1; 32]), black_box([2; 32]));
    black_box(leaky_select(&first, &second));
    black_box(leaky_sum(&first));
    black_box(leaky_look_up(&first, black_box(&[3; 256])));
    black_box(leaky_division(first[0]));
}

/// Chooses a secret by a branch on the comparison of ciphertexts.
#[inline(never)]
fn leaky_select(first: &[u8; 32], second: &[u8; 32]) -> [u8; 32] {
    if difference(first, second) == 0 { black_box(*first) } else { black_box(*second) }
}

#[inline(never)]
fn difference(first: &[u8; 32], second: &[u8; 32]) -> u8 {
    first.iter().zip(second).fold(0, |difference, (first, second)| difference | (first ^ second))
}

/// A loop of fixed length with a step that depends on the bytes that it reads.
#[inline(never)]
fn leaky_sum(secret: &[u8; 32]) -> u32 {
    let mut sum = 0;
    for byte in secret {
        if byte & 1 == 1 {
            sum = black_box(sum + u32::from(*byte));
        }
    }
    sum
}

/// Sums the table entries that the secret chooses.
#[inline(never)]
fn leaky_look_up(secret: &[u8; 32], table: &[u8; 256]) -> u8 {
    secret.iter().fold(0, |sum, byte| sum ^ table[usize::from(*byte)])
}

/// The time of the division depends on the secret.
#[inline(never)]
fn leaky_division(secret: u8) -> u8 {
    black_box(u64::MAX / (u64::from(secret) | 1)).to_le_bytes()[0]
}
