//! Buffers that Rust allocates and the caller owns. All of them are wiped, whether they hold a secret or not.
#![allow(unsafe_code, reason = "the memory of a buffer is handed to C as a pointer and comes back as one")]

use crate::boundary::{Empty, arguments, check_flags, guard, slot};
use crate::columns::fits;
use crate::counters::{add_buffers, add_wiped};
use crate::key_flags::PQC_KEY_LOCKED_MEMORY;
use crate::status::PqcStatus;
use core::ptr::NonNull;
use core::slice;
use pqc_core::Memory;
use pqc_memory::LockedBytes;
use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Bytes that the library allocated for the caller, who owns them and frees them once with `ffi_buffer_free`.
///
/// Read `len` bytes at `data`; change no field. An empty buffer has `data` NULL and `len` 0. Free a buffer before its struct
/// is an output again: a call overwrites the struct, and the bytes it held, perhaps a secret, are never wiped or freed.
#[repr(C)]
pub struct FFIBuffer {
    /// The bytes.
    pub data: *mut u8,
    /// How many bytes there are.
    pub len: usize,
    /// For the library: how it allocated the bytes.
    pub reserved: usize,
}

/// What `reserved` holds for a buffer in locked memory; 0 is the heap.
const LOCKED: usize = 1;

/// The memory of an [`FFIBuffer`] while Rust owns it: wiped and freed when dropped.
pub(crate) enum Buffer {
    Heap(HeapBytes),
    Locked(LockedBytes),
}

impl Buffer {
    /// `len` zero bytes, at least one.
    pub(crate) fn zeroed(memory: Memory, len: usize) -> Result<Self, PqcStatus> {
        match memory {
            Memory::Heap => HeapBytes::zeroed(len).map(Self::Heap),
            Memory::Locked => Ok(Self::Locked(LockedBytes::zeroed(len)?)),
        }
    }

    /// The bytes, to be filled in place.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        match self {
            Self::Heap(bytes) => bytes.as_mut_slice(),
            Self::Locked(bytes) => bytes.as_mut_slice(),
        }
    }

    /// Gives the memory to the caller.
    pub(crate) fn into_ffi(self) -> FFIBuffer {
        let ((data, len), reserved) = match self {
            Self::Heap(bytes) => (bytes.into_raw(), 0),
            Self::Locked(bytes) => (bytes.into_raw(), LOCKED),
        };
        add_buffers(1);
        FFIBuffer { data: data.as_ptr(), len, reserved }
    }

    /// Takes the memory back from the caller; nothing for an empty buffer.
    ///
    /// # Safety
    /// `buffer` is empty, or came from `into_ffi` unchanged and no other copy of it is used again.
    unsafe fn from_ffi(buffer: &FFIBuffer) -> Option<Self> {
        let data = NonNull::new(buffer.data)?;
        add_buffers(-1);
        add_wiped(buffer.len);
        // SAFETY: by the caller's promise, and `reserved` tells which of the two it was.
        Some(unsafe {
            match buffer.reserved {
                LOCKED => Self::Locked(LockedBytes::from_raw(data, buffer.len)),
                _ => Self::Heap(HeapBytes { data, layout: HeapBytes::layout(buffer.len)? }),
            }
        })
    }
}

/// Bytes on the heap whose allocation may fail.
pub(crate) struct HeapBytes {
    data: NonNull<u8>,
    layout: Layout,
}

impl HeapBytes {
    fn zeroed(len: usize) -> Result<Self, PqcStatus> {
        let layout = Self::layout(len).filter(|layout| layout.size() > 0).ok_or(PqcStatus::OutOfMemory)?;
        // SAFETY: the layout is not empty.
        let data = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(PqcStatus::OutOfMemory)?;
        Ok(Self { data, layout })
    }

    /// Aligned for the structs that some buffers hold.
    fn layout(len: usize) -> Option<Layout> {
        Layout::from_size_align(len, align_of::<u64>()).ok()
    }

    fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: allocated with this size, initialised to zeros and owned by `self`.
        unsafe { slice::from_raw_parts_mut(self.data.as_ptr(), self.layout.size()) }
    }

    fn into_raw(self) -> (NonNull<u8>, usize) {
        let parts = (self.data, self.layout.size());
        core::mem::forget(self);
        parts
    }
}

impl Drop for HeapBytes {
    fn drop(&mut self) {
        zeroize::zeroize_bytes(self.as_mut_slice());
        // SAFETY: allocated in `zeroed` with this layout and not used again.
        unsafe { dealloc(self.data.as_ptr(), self.layout) }
    }
}

/// Makes a buffer of `len` bytes that `write` fills in place; wiped at once if that fails.
pub(crate) fn filled<E: Into<PqcStatus>>(
    memory: Memory,
    len: usize,
    write: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Result<Buffer, PqcStatus> {
    let mut buffer = Buffer::zeroed(memory, len)?;
    write(buffer.as_mut_slice()).map_err(Into::into)?;
    Ok(buffer)
}

/// Allocates zero bytes, to be filled by the caller: a place for the secrets of several calls, wiped as one.
///
/// @param flags   0 or PQC_KEY_LOCKED_MEMORY
/// @param len     how many bytes; 0 gives an empty buffer
/// @param buffer  receives them; free them with `ffi_buffer_free`
/// @return PQC_STATUS_OK
/// @return PQC_STATUS_NULL_POINTER       buffer is NULL
/// @return PQC_STATUS_UNKNOWN_FLAGS      flags has another bit
/// @return PQC_STATUS_INPUT_TOO_LONG     len is greater than any object can be
/// @return PQC_STATUS_OUT_OF_MEMORY      no memory
/// @return PQC_STATUS_MEMORY_LOCK_LIMIT  no more memory may be locked
///
/// # Safety
/// `buffer` is NULL or valid for its type during the call.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_buffer_zeroed(flags: u32, len: usize, buffer: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: as this function's own section demands.
    guard(|| unsafe {
        let ((), buffer) = arguments((), slot(buffer))?;
        check_flags(flags, PQC_KEY_LOCKED_MEMORY)?;
        let memory = if flags == 0 { Memory::Heap } else { Memory::Locked };
        if fits(Some(len))? > 0 {
            buffer.put(Buffer::zeroed(memory, len)?.into_ffi());
        }
        Ok(())
    })
}

/// Wipes and frees the memory of a buffer, and empties the struct.
///
/// NULL and an empty buffer are harmless, so a second call on the same struct is too. Two copies of one struct must not
/// both be freed.
///
/// # Safety
/// `buffer` is NULL, or points to a struct that is empty or was filled by this library and not changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_buffer_free(buffer: *mut FFIBuffer) {
    guard(|| {
        // SAFETY: by the caller's promise, above.
        if let Some(buffer) = unsafe { buffer.as_mut() } {
            // SAFETY: by the caller's promise, above; the struct is emptied, so it cannot be taken twice.
            drop(unsafe { Buffer::from_ffi(buffer) });
            *buffer = FFIBuffer::EMPTY;
        }
        Ok(())
    });
}
