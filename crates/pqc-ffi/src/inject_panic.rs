//! A fault for tests: a panic inside the next call across the boundary, on this thread.

use core::cell::Cell;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
}

/// Makes the next call on this thread panic behind the boundary.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "a C consumer arms the fault too")]
pub extern "C" fn ffi_inject_panic() {
    ARMED.set(true);
}

pub(crate) fn panic_if_armed() {
    assert!(!ARMED.replace(false), "injected panic");
}
