//! Buffers that Rust allocates and the caller owns. All of them are wiped, whether they hold a secret or not.
#![allow(unsafe_code, reason = "the memory of a buffer is handed to C as a pointer and comes back as one")]

use crate::counters::{add_buffers, add_wiped};
use crate::status::PqcStatus;
use core::ptr::{self, NonNull};
use pqc_core::Memory;
use pqc_memory::{HeapBytes, LockedBytes};

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

impl FFIBuffer {
    pub(crate) const EMPTY: Self = Self { data: ptr::null_mut(), len: 0, reserved: 0 };
}

/// The value of `reserved` for a buffer in locked memory; 0 is the heap.
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
            Memory::Heap => Ok(Self::Heap(HeapBytes::zeroed(len)?)),
            Memory::Locked => Ok(Self::Locked(LockedBytes::zeroed(len)?)),
        }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        match self {
            Self::Heap(bytes) => bytes.as_mut_slice(),
            Self::Locked(bytes) => bytes.as_mut_slice(),
        }
    }

    /// The first `len` bytes, in memory of that size if there are fewer than before.
    pub(crate) fn cut_to(mut self, len: usize) -> Result<Self, PqcStatus> {
        let bytes = self.as_mut_slice();
        if len == bytes.len() {
            return Ok(self);
        }
        let mut shorter = Self::Heap(HeapBytes::zeroed(len)?);
        shorter.as_mut_slice().copy_from_slice(bytes.get(..len).ok_or(PqcStatus::Internal)?);
        Ok(shorter)
    }

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
    pub(crate) unsafe fn from_ffi(buffer: &FFIBuffer) -> Option<Self> {
        let data = NonNull::new(buffer.data)?;
        add_buffers(-1);
        add_wiped(buffer.len);
        // SAFETY: by the caller's promise; `reserved` says which of the two it was.
        Some(unsafe {
            match buffer.reserved {
                LOCKED => Self::Locked(LockedBytes::from_raw(data, buffer.len)),
                _ => Self::Heap(HeapBytes::from_raw(data, buffer.len)),
            }
        })
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

pub(crate) fn copied(memory: Memory, bytes: &[u8]) -> Result<Buffer, PqcStatus> {
    filled(memory, bytes.len(), |out| {
        out.copy_from_slice(bytes);
        Ok::<_, PqcStatus>(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_is_cut_has_the_first_bytes_in_memory_of_their_own() {
        let mut cut = copied(Memory::Heap, &[1, 2, 3]).and_then(|buffer| buffer.cut_to(2)).expect("memory");
        assert_eq!(cut.as_mut_slice(), [1, 2]);
        assert!(copied(Memory::Heap, &[1, 2, 3]).and_then(|buffer| buffer.cut_to(4)).is_err());
    }
}
