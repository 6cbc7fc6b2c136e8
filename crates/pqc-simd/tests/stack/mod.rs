//! The bytes that an operation leaves on the stack, read through `/proc/self/mem`.
//!
//! The stack below is painted; the operation runs there and overwrites its stack with zeros. A byte that is neither
//! paint nor zero was left over, or is deeper than the wiping reaches.
#![cfg(target_os = "linux")]

#[cfg_attr(target_arch = "aarch64", path = "registers_aarch64.rs")]
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) mod registers;

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;

/// The size of the painted stack, and its distance below the reader.
const WATCHED_BYTES: usize = 512 << 10;
const DISTANCE_BYTES: usize = 16 << 10;

pub(crate) const PAINT: u8 = 0xa7;

/// Return addresses, lengths and pointers in the frames above the operation.
pub(crate) const OTHER_BYTES: usize = 400;

/// Runs a function so far below the caller's frame that the caller does not overwrite its stack afterwards.
#[inline(never)]
fn below<R>(function: impl FnOnce() -> R) -> R {
    let mut distance = [0_u8; DISTANCE_BYTES];
    black_box(&mut distance);
    let result = function();
    black_box(&mut distance);
    result
}

#[inline(never)]
fn paint() {
    let mut stack = [PAINT; WATCHED_BYTES];
    black_box(&mut stack);
}

/// The stack that an operation has used, from its deepest byte up.
#[inline(never)]
pub(crate) fn stack_after(operation: impl FnOnce()) -> Vec<u8> {
    let memory = File::open("/proc/self/mem").expect("Linux has it");
    let here = 0_u8;
    let mut stack = vec![0; WATCHED_BYTES - DISTANCE_BYTES];
    below(paint);
    below(operation);
    let low = std::ptr::from_ref(black_box(&here)).addr() - WATCHED_BYTES;
    memory.read_exact_at(&mut stack, low as u64).expect("the stack can be read");
    let unused = stack.iter().take_while(|byte| **byte == PAINT).count();
    assert!(unused > 0, "the operation uses all of the painted stack");
    stack.split_off(unused)
}

/// Prints how much stack an operation used, and checks that it left nothing there, and nothing in the registers.
pub(crate) fn check(name: &str, operation: impl FnOnce()) {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    let mut registers = [registers::Registers::ZERO; 2];
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    let operation = || read_registers(&mut registers, operation);
    let stack = stack_after(operation);
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    check_registers(name, &registers);
    let left = stack.iter().filter(|byte| ![0, PAINT].contains(byte)).count();
    println!("{name}: {} bytes wiped, {left} left", stack.len());
    assert!(left < OTHER_BYTES, "{name} leaves {left} bytes");
    // The deepest bytes are the return address of the wiping function.
    assert!(stack[128..1024].iter().all(|byte| *byte == 0), "{name} uses more stack than it wipes");
}

/// Fills the registers, and reads them before and after an operation, into memory above the watched stack.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) fn read_registers([before, after]: &mut [registers::Registers; 2], operation: impl FnOnce()) {
    let width = registers::Width::of_processor();
    width.fill();
    width.read(before);
    operation();
    width.read(after);
}

/// Not on the watched stack, where allocations leave addresses.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) fn check_registers(name: &str, [before, after]: &[registers::Registers; 2]) {
    let counts = registers::Width::of_processor().counts();
    assert_eq!(before.used().map(|used| used.len()), counts, "the registers were filled");
    assert_eq!(after.used(), [[], []], "{name} leaves these vector and mask registers");
}
