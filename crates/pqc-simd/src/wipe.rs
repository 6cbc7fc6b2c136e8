//! Wiping the memory that operations used: their own buffers, and the registers that kernels spilled to the stack.

use crate::registers::clear_registers;
use core::ptr;
use zeroize::{optimization_barrier, zeroize_stack};

/// Overwrites a secret value with its all-zero form, in vector stores that cannot be optimised away, and its padding,
/// to which a move of the value may have copied leftovers of the stack.
#[inline(always)]
#[allow(unsafe_code, reason = "no safe operation reaches the padding")]
pub(crate) fn wipe<T>(value: &mut T, zero: T) {
    *value = zero;
    // SAFETY: the value consists of zeros already, and the bytes between its fields may be anything.
    unsafe { ptr::from_mut(value).write_bytes(0, 1) };
    optimization_barrier(value);
}

/// Runs an operation in a separate frame, and then overwrites the `BYTES` of stack that it used, also when it panics.
///
/// The array of [`zeroize_stack`] covers the frames of the operation and of its kernels, so this also wipes the
/// registers that the compiler spilled, which no code can name.
#[inline(always)]
pub fn on_wiped_stack<const BYTES: usize, R>(operation: impl FnOnce() -> R) -> R {
    let _wipe = WipeStack::<BYTES>;
    in_own_frame(operation)
}

/// Keeps the operation's frame below the caller's, where [`zeroize_stack`] reaches it.
#[inline(never)]
fn in_own_frame<R>(operation: impl FnOnce() -> R) -> R {
    operation()
}

/// The fewest bytes to wipe on platforms other than Linux on x86-64, where the operations were measured: on s390x,
/// decapsulation uses up to 38 KiB.
const LEAST_BYTES: usize = 48 << 10;

/// Wipes the stack when the operation returns or panics.
struct WipeStack<const BYTES: usize>;

impl<const BYTES: usize> Drop for WipeStack<BYTES> {
    #[inline(always)]
    fn drop(&mut self) {
        if cfg!(all(target_arch = "x86_64", target_os = "linux")) || BYTES > LEAST_BYTES {
            zeroize_stack::<BYTES>();
        } else {
            zeroize_stack::<LEAST_BYTES>();
        }
        clear_registers();
    }
}
