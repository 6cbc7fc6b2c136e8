//! Crossing from C: the panic guard, borrowed inputs and emptied outputs.
#![allow(
    unsafe_code,
    reason = "raw pointers from C become references here and in columns.rs, handle.rs and memory.rs only"
)]

use crate::memory::FFIBuffer;
use crate::status::PqcStatus;
use core::ffi::{CStr, c_char};
use core::ptr::{self, NonNull};
use core::slice;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an exported function and turns its outcome, a panic included, into a status.
///
/// Unwind safety: bodies hold no state but the caller's outputs, which are written last.
pub(crate) fn guard(body: impl FnOnce() -> Result<(), PqcStatus>) -> PqcStatus {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let outcome = body();
        // Bodies without an output or a handle to borrow, which are those of the frees.
        panic_if_armed();
        outcome
    }));
    match outcome {
        Ok(Ok(())) => PqcStatus::Ok,
        Ok(Err(status)) => status,
        Err(_) => PqcStatus::Panic,
    }
}

/// The input of `len` bytes at `data`: the one place that decides what NULL means.
///
/// # Safety
/// `data` is NULL or readable for `len` bytes during `'a`.
pub(crate) unsafe fn input<'a>(data: *const u8, len: usize) -> Result<&'a [u8], PqcStatus> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(PqcStatus::NullPointer);
    }
    if isize::try_from(len).is_err() {
        return Err(PqcStatus::InputTooLong);
    }
    // SAFETY: not NULL, readable for `len` bytes by the caller's promise, and `len` fits an isize.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// The object behind a handle.
///
/// # Safety
/// `handle` is NULL or came from this library and is not freed during `'a`.
pub(crate) unsafe fn borrow<'a, T>(handle: *const T) -> Result<&'a T, PqcStatus> {
    panic_if_armed();
    // SAFETY: NULL or valid by the caller's promise.
    unsafe { handle.as_ref() }.ok_or(PqcStatus::NullPointer)
}

/// What an output holds when there is no result.
pub(crate) trait Empty {
    /// That value.
    const EMPTY: Self;
}

impl<T> Empty for *mut T {
    const EMPTY: Self = ptr::null_mut();
}

impl Empty for u32 {
    const EMPTY: Self = 0;
}

impl Empty for u64 {
    const EMPTY: Self = 0;
}

impl Empty for usize {
    const EMPTY: Self = 0;
}

impl Empty for FFIBuffer {
    const EMPTY: Self = Self { data: ptr::null_mut(), len: 0, reserved: 0 };
}

/// A caller's output. Two of them may be the same memory, so there is no reference in it.
pub(crate) struct Output<T>(NonNull<T>);

impl<T> Output<T> {
    /// Hands the result to the caller.
    pub(crate) fn put(self, value: T) {
        // SAFETY: `output` made this from a pointer that is writable for the whole call.
        unsafe { self.0.write(value) }
    }
}

/// Empties an output, before anything else in a body can fail.
///
/// # Safety
/// `slot` is NULL or writable during the call. What it held before is not read.
pub(crate) unsafe fn output<T: Empty>(slot: *mut T) -> Result<Output<T>, PqcStatus> {
    // SAFETY: by the caller's promise.
    let slot = unsafe { emptied(slot) };
    panic_if_armed();
    slot
}

/// Empties two outputs, both of them even if one is NULL.
///
/// # Safety
/// As for [`output`], each.
pub(crate) unsafe fn outputs<A: Empty, B: Empty>(
    first: *mut A,
    second: *mut B,
) -> Result<(Output<A>, Output<B>), PqcStatus> {
    // SAFETY: by the caller's promise.
    let (first, second) = unsafe { (emptied(first), emptied(second)) };
    panic_if_armed();
    Ok((first?, second?))
}

/// Memory of the caller that a result is written into, and where its length goes. It holds zeros until then.
pub(crate) struct Room<'a> {
    bytes: &'a mut [u8],
    len: Output<usize>,
}

impl<'a> Room<'a> {
    /// The memory for a result of `len` bytes, and what says so to the caller once they are written.
    pub(crate) fn take(self, len: usize) -> Result<(&'a mut [u8], impl FnOnce()), PqcStatus> {
        let bytes = self.bytes.get_mut(..len).ok_or(PqcStatus::OutputLength)?;
        Ok((bytes, move || self.len.put(len)))
    }
}

/// Empties memory of the caller, and the length beside it.
///
/// # Safety
/// `data` is NULL, or writable for `capacity` bytes and not otherwise used during `'a`; `len` is NULL or writable during
/// the call, and outside of those bytes.
pub(crate) unsafe fn room<'a>(data: *mut u8, capacity: usize, len: *mut usize) -> Result<Room<'a>, PqcStatus> {
    // SAFETY: by the caller's promise.
    let (len, bytes) = unsafe { (emptied(len), emptied_bytes(data, capacity)) };
    Ok(Room { bytes: bytes?, len: len? })
}

/// Memory of the caller, filled with zeros.
///
/// # Safety
/// `data` is NULL, or writable for `capacity` bytes and not otherwise used during `'a`.
pub(crate) unsafe fn emptied_bytes<'a>(data: *mut u8, capacity: usize) -> Result<&'a mut [u8], PqcStatus> {
    let data = NonNull::new(data).ok_or(PqcStatus::NullPointer)?.as_ptr();
    if isize::try_from(capacity).is_err() {
        return Err(PqcStatus::OutputLength);
    }
    // SAFETY: not NULL, writable for `capacity` bytes and not otherwise used by the caller's promise; initialised here.
    unsafe {
        data.write_bytes(0, capacity);
        Ok(slice::from_raw_parts_mut(data, capacity))
    }
}

/// Empties a struct that may be of another version than ours, and gives it to be filled as far as `size` goes, which is
/// at least as far as `least`, the size of the first version.
///
/// # Safety
/// `slot` is NULL, or writable for `size` bytes during the call.
pub(crate) unsafe fn sized_output<T>(slot: *mut T, size: usize, least: usize) -> Result<NonNull<T>, PqcStatus> {
    let slot = NonNull::new(slot).ok_or(PqcStatus::NullPointer)?;
    // SAFETY: not NULL, and writable for `size` bytes by the caller's promise.
    unsafe { slot.cast::<u8>().write_bytes(0, size) };
    panic_if_armed();
    if size < least { Err(PqcStatus::OutputLength) } else { Ok(slot) }
}

/// # Safety
/// As for [`output`].
unsafe fn emptied<T: Empty>(slot: *mut T) -> Result<Output<T>, PqcStatus> {
    let slot = NonNull::new(slot).ok_or(PqcStatus::NullPointer)?;
    // SAFETY: not NULL, and writable by the caller's promise.
    unsafe { slot.write(T::EMPTY) };
    Ok(Output(slot))
}

/// The fault that tests inject: after the outputs are emptied and before anything is made.
pub(crate) fn panic_if_armed() {
    #[cfg(feature = "inject-panic")]
    crate::inject_panic::panic_if_armed();
}

/// Refuses flags that a function does not know.
pub(crate) fn check_flags(flags: u32, known: u32) -> Result<(), PqcStatus> {
    if flags & !known == 0 { Ok(()) } else { Err(PqcStatus::UnknownFlags) }
}

/// A constant string for C.
pub(crate) fn c_string(text: &'static CStr) -> *const c_char {
    text.as_ptr()
}
