//! Deliberate bugs, one for each name: a sanitizer that does not report them is not active.

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::thread;

struct Unguarded(UnsafeCell<u64>);

// SAFETY: none; that is the bug.
unsafe impl Sync for Unguarded {}

static SHARED: Unguarded = Unguarded(UnsafeCell::new(0));

fn race() {
    let write = || {
        // SAFETY: none; that is the bug.
        unsafe { *SHARED.0.get() += 1 }
    };
    thread::scope(|scope| {
        scope.spawn(write);
        scope.spawn(write);
    });
}

fn use_after_free() {
    let block = Box::into_raw(black_box(Box::new(7_u64)));
    // SAFETY: the first line is right; the second reads freed memory.
    unsafe {
        drop(Box::from_raw(block));
        black_box(*block);
    }
}

fn leak() {
    std::mem::forget(black_box(Box::new([7_u8; 100])));
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("race") => race(),
        Some("use-after-free") => use_after_free(),
        Some("leak") => leak(),
        _ => std::process::exit(2),
    }
}
