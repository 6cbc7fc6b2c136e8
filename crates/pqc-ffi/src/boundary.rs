//! Crossing from C: the panic guard, borrowed inputs and zeroed outputs.
#![allow(
    unsafe_code,
    reason = "raw pointers from C become references here and in inputs.rs, outputs.rs, handle.rs and memory.rs only"
)]

use crate::overlap::{self, Extent, Outputs, Visit};
use crate::status::PqcStatus;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;
use pqc_core::{CallerBytes, clear_registers};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) use crate::overlap::Inputs;

/// Runs the body of an exported function and turns its outcome, a panic included, into a status.
///
/// Unwind safety: bodies hold no state but the caller's outputs, which are written last.
pub(crate) fn guard(body: impl FnOnce() -> Result<(), PqcStatus>) -> PqcStatus {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let outcome = body();
        // Only the bodies of the frees have neither outputs nor handles to borrow.
        panic_if_armed();
        outcome
    }));
    // An operation clears them after it has wiped its stack. Keys and results that are copied before or after it pass through
    // registers too.
    clear_registers();
    match outcome {
        Ok(Ok(())) => PqcStatus::Ok,
        Ok(Err(status)) => status,
        Err(_) => PqcStatus::Panic,
    }
}

/// Borrows the inputs of a call and zeroes its outputs: the first statement of a body, and its only access to either.
///
/// If an output overlaps an input or another output, nothing is written. A wrong output is an error here, and a wrong input
/// where the body uses it.
#[inline(always)]
pub(crate) fn arguments<I: Inputs, O: Outputs>(inputs: I, outputs: O) -> Result<(I::Borrowed, O::Zeroed), PqcStatus> {
    overlap::check(&inputs, &outputs)?;
    let outputs = outputs.zero();
    panic_if_armed();
    Ok((inputs.borrow(), outputs?))
}

/// The body of a function that reports something about the object behind a handle, without counting it.
///
/// # Safety
/// As for `handle` and `slot`.
pub(crate) unsafe fn report<K, T>(
    of: *const K,
    out: *mut T,
    find: impl FnOnce(&K) -> Result<T, PqcStatus>,
) -> PqcStatus {
    // SAFETY: by the caller's promise.
    guard(|| unsafe {
        let (object, out) = arguments(handle(of), slot(out))?;
        out.put(find(object?)?);
        Ok(())
    })
}

/// An input: bytes at a pointer.
pub(crate) struct Input<'a> {
    data: *const u8,
    len: usize,
    lifetime: PhantomData<&'a [u8]>,
}

/// The argument of `len` bytes at `data`.
///
/// # Safety
/// `data` is NULL or readable for `len` bytes during `'a`, and nobody writes to them.
pub(crate) unsafe fn input<'a>(data: *const u8, len: usize) -> Input<'a> {
    Input { data, len, lifetime: PhantomData }
}

impl<'a> Inputs for Input<'a> {
    type Borrowed = Result<&'a [u8], PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.data, self.len))
    }

    fn borrow(self) -> Self::Borrowed {
        // SAFETY: by the promise to `input`.
        unsafe { borrowed_bytes(self.data, self.len) }
    }
}

/// An input that is copied once: bytes at a pointer that decide about a secret.
pub(crate) struct CopiedInput<'a>(Input<'a>);

/// The argument of `len` bytes at `data`, which others may write to during the call.
///
/// # Safety
/// As for [`input`].
pub(crate) unsafe fn copied_input<'a>(data: *const u8, len: usize) -> CopiedInput<'a> {
    // SAFETY: by the caller's promise.
    CopiedInput(unsafe { input(data, len) })
}

impl<'a> Inputs for CopiedInput<'a> {
    type Borrowed = Result<CallerBytes<'a>, PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        self.0.reads(visit)
    }

    fn borrow(self) -> Self::Borrowed {
        // SAFETY: by the promise to `copied_input`.
        unsafe { caller_bytes(self.0.data, self.0.len) }
    }
}

/// The input of `len` bytes at `data`.
///
/// # Safety
/// `data` is NULL or readable for `len` bytes during `'a`, and nobody writes to them.
pub(crate) unsafe fn borrowed_bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8], PqcStatus> {
    // SAFETY: by the caller's promise.
    unsafe { caller_bytes(data, len).map(|bytes| bytes.as_slice()) }
}

/// The bytes of an input: the one place that decides what NULL means.
///
/// # Safety
/// `data` is NULL or readable for `len` bytes during `'a`.
pub(crate) unsafe fn caller_bytes<'a>(data: *const u8, len: usize) -> Result<CallerBytes<'a>, PqcStatus> {
    if len == 0 {
        return Ok(CallerBytes::default());
    }
    let data = NonNull::new(data.cast_mut()).ok_or(PqcStatus::NullPointer)?;
    if isize::try_from(len).is_err() {
        return Err(PqcStatus::InputTooLong);
    }
    // SAFETY: not NULL, readable for `len` bytes by the caller's promise, and `len` fits an isize.
    Ok(unsafe { CallerBytes::new(data, len) })
}

/// An input: the object behind a handle.
pub(crate) struct Handle<'a, T>(*const T, PhantomData<&'a T>);

/// The argument that is a handle.
///
/// # Safety
/// `handle` is NULL or came from this library and is not freed during `'a`.
pub(crate) unsafe fn handle<'a, T>(handle: *const T) -> Handle<'a, T> {
    Handle(handle, PhantomData)
}

impl<'a, T> Inputs for Handle<'a, T> {
    type Borrowed = Result<&'a T, PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.0, 1))
    }

    fn borrow(self) -> Self::Borrowed {
        // SAFETY: NULL or valid by the promise to `handle`.
        unsafe { self.0.as_ref() }.ok_or(PqcStatus::NullPointer)
    }
}

/// A caller's output of one value, which is all zeros.
pub(crate) struct Output<T>(NonNull<T>);

impl<T> Output<T> {
    /// Hands the result to the caller.
    pub(crate) fn put(self, value: T) {
        // SAFETY: `Slot` made this from a pointer that is writable for the whole call.
        unsafe { self.0.write(value) }
    }
}

/// An output of one value. Its contents before the call are not read.
pub(crate) struct Slot<T>(*mut T);

/// The argument that receives one value.
///
/// # Safety
/// `slot` is NULL or writable during the call, and zero bytes are a T.
pub(crate) unsafe fn slot<T>(slot: *mut T) -> Slot<T> {
    Slot(slot)
}

impl<T> Outputs for Slot<T> {
    type Zeroed = Output<T>;

    fn most(&self) -> usize {
        1
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.0, 1))
    }

    fn zero(self) -> Result<Output<T>, PqcStatus> {
        let slot = NonNull::new(self.0).ok_or(PqcStatus::NullPointer)?;
        // SAFETY: not NULL, and writable by the promise to `slot`.
        unsafe { slot.write_bytes(0, 1) };
        Ok(Output(slot))
    }
}

/// Memory of the caller that receives a result, and where its length goes. It holds zeros at first, and again when it is dropped
/// before the result is complete.
pub(crate) struct CallerMemory<'a> {
    bytes: &'a mut [u8],
    len: Option<Output<usize>>,
}

impl CallerMemory<'_> {
    /// The memory for a result of at most `len` bytes.
    pub(crate) fn take(mut self, len: usize) -> Result<Self, PqcStatus> {
        let bytes = core::mem::take(&mut self.bytes).get_mut(..len).ok_or(PqcStatus::OutputLength)?;
        Ok(Self { bytes, len: self.len.take() })
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.bytes
    }

    /// Leaves the result to the caller, and reports its length.
    pub(crate) fn hand_out(mut self, len: usize) {
        if let Some(out) = self.len.take() {
            out.put(len);
        }
    }
}

impl Drop for CallerMemory<'_> {
    fn drop(&mut self) {
        if self.len.is_some() {
            zeroize::zeroize_bytes(self.bytes);
        }
    }
}

/// An output of bytes in memory of the caller.
pub(crate) struct OutputBuffer<'a> {
    data: *mut u8,
    capacity: usize,
    len: Slot<usize>,
    lifetime: PhantomData<&'a mut [u8]>,
}

/// The argument that receives bytes, and the argument that receives their number.
///
/// # Safety
/// `data` is NULL, or writable for `capacity` bytes and not otherwise used during `'a`; `len` is NULL or writable during
/// the call.
pub(crate) unsafe fn output_buffer<'a>(data: *mut u8, capacity: usize, len: *mut usize) -> OutputBuffer<'a> {
    OutputBuffer { data, capacity, len: Slot(len), lifetime: PhantomData }
}

impl<'a> Outputs for OutputBuffer<'a> {
    type Zeroed = CallerMemory<'a>;

    fn most(&self) -> usize {
        2
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.data, self.capacity))?;
        self.len.writes(visit)
    }

    fn zero(self) -> Result<CallerMemory<'a>, PqcStatus> {
        // SAFETY: by the promise to `output_buffer`; the length is not in these bytes, or `check` had refused.
        let (len, bytes) = (self.len.zero(), unsafe { zeroed_bytes(self.data, self.capacity) });
        Ok(CallerMemory { bytes: bytes?, len: Some(len?) })
    }
}

/// Memory of the caller, filled with zeros.
///
/// # Safety
/// `data` is NULL, or writable for `capacity` bytes and not otherwise used during `'a`.
pub(crate) unsafe fn zeroed_bytes<'a>(data: *mut u8, capacity: usize) -> Result<&'a mut [u8], PqcStatus> {
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

/// An output of a struct that begins with its size: the caller may know another version of it than we do.
pub(crate) struct SizedSlot<T> {
    start: *mut T,
    size: usize,
    least: usize,
}

/// The argument that receives a struct, and the argument that says how many bytes of it the caller knows: at least `least`, the
/// size of the first version.
///
/// # Safety
/// `start` is NULL, or writable for `size` bytes during the call.
pub(crate) unsafe fn sized_slot<T>(start: *mut T, size: usize, least: usize) -> SizedSlot<T> {
    SizedSlot { start, size, least }
}

impl<T> Outputs for SizedSlot<T> {
    type Zeroed = SizedOutput<T>;

    fn most(&self) -> usize {
        1
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.start.cast::<u8>(), self.size))
    }

    fn zero(self) -> Result<SizedOutput<T>, PqcStatus> {
        let start = NonNull::new(self.start).ok_or(PqcStatus::NullPointer)?;
        if isize::try_from(self.size).is_err() {
            return Err(PqcStatus::OutputLength);
        }
        // SAFETY: not NULL, and writable for `size` bytes, which an object can have, by the promise to `sized_slot`.
        unsafe { start.cast::<u8>().write_bytes(0, self.size) };
        if self.size < self.least { Err(PqcStatus::OutputLength) } else { Ok(SizedOutput { start, size: self.size }) }
    }
}

/// A caller's output of as much of a struct as the caller knows, which is all zeros.
pub(crate) struct SizedOutput<T> {
    start: NonNull<T>,
    size: usize,
}

impl<T> SizedOutput<T> {
    /// The bytes of whole fields that the caller knows of the struct. Fields after the first version have 8 bytes each,
    /// even where the struct is aligned to 4.
    pub(crate) fn size(&self) -> usize {
        let unknown = size_of::<T>().saturating_sub(self.size);
        size_of::<T>() - unknown.next_multiple_of(size_of::<u64>())
    }

    /// Hands the caller that much of the struct.
    pub(crate) fn put(self, value: T) {
        // SAFETY: both have as many bytes; `SizedSlot` made this from a pointer that is writable for the whole call.
        unsafe { (&raw const value).cast::<u8>().copy_to_nonoverlapping(self.start.cast().as_ptr(), self.size()) }
    }
}

/// The fault that tests inject: after the outputs are zeroed and before anything is made.
pub(crate) fn panic_if_armed() {
    #[cfg(feature = "inject-panic")]
    crate::inject_panic::panic_if_armed();
}

pub(crate) fn check_flags(flags: u32, known: u32) -> Result<(), PqcStatus> {
    if flags & !known == 0 { Ok(()) } else { Err(PqcStatus::UnknownFlags) }
}

/// A length in bytes that an object can have.
pub(crate) fn fits(length: Option<usize>) -> Result<usize, PqcStatus> {
    length.filter(|length| isize::try_from(*length).is_ok()).ok_or(PqcStatus::InputTooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The caller's memory after a call that ends so.
    fn left_by(end: impl FnOnce(CallerMemory<'_>) -> Result<(), PqcStatus>) -> (PqcStatus, [u8; 4], usize) {
        let (mut memory, mut len) = ([7; 4], 7);
        let (data, written) = (memory.as_mut_ptr(), &raw mut len);
        let status = guard(|| {
            // SAFETY: the memory and the length are writable.
            let ((), out) = arguments((), unsafe { output_buffer(data, 4, written) })?;
            let mut out = out.take(2)?;
            out.as_mut_slice().fill(9);
            end(out)
        });
        (status, memory, len)
    }

    #[test]
    fn an_incomplete_result_is_wiped_after_an_error_and_after_a_panic() {
        let failed = |_: CallerMemory<'_>| Err(PqcStatus::Randomness);
        assert_eq!(left_by(failed), (PqcStatus::Randomness, [0; 4], 0));
        assert_eq!(left_by(|_| panic!("on purpose")), (PqcStatus::Panic, [0; 4], 0));
        let made = |out: CallerMemory<'_>| {
            out.hand_out(2);
            Ok(())
        };
        assert_eq!(left_by(made), (PqcStatus::Ok, [9, 9, 0, 0], 2));
    }
}
