//! Wiping what operations leave in memory: their own buffers, and what kernels spilled to the stack below them.

use std::hint::black_box;
use zeroize::optimization_barrier;

/// Overwrites a value that holds secrets with its all-zero form, in vector stores that cannot be optimised away.
#[inline(always)]
pub(crate) fn wipe<T>(value: &mut T, zero: T) {
    *value = zero;
    optimization_barrier(value);
}

/// Runs an operation in a frame of its own, and then overwrites the `BYTES` of stack that it used.
///
/// The frame of the operation and those of the kernels that it called lie where the array of `overwrite` lies afterwards,
/// so this also wipes the registers that the compiler spilled, which no code can name.
#[inline(always)]
pub(crate) fn on_wiped_stack<const BYTES: usize, R>(operation: impl FnOnce() -> R) -> R {
    let result = in_own_frame(operation);
    overwrite::<BYTES>();
    result
}

#[inline(never)]
fn in_own_frame<R>(operation: impl FnOnce() -> R) -> R {
    operation()
}

#[inline(never)]
fn overwrite<const BYTES: usize>() {
    let mut stack = [0_u8; BYTES];
    optimization_barrier(&stack);
    black_box(&mut stack);
}
