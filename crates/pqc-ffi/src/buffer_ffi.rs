//! Buffers that the library allocates and the caller frees.
#![allow(unsafe_code, reason = "the exported functions take raw pointers; boundary.rs turns them into references")]

use crate::boundary::{arguments, check_flags, fits, guard, slot};
use crate::memory::{Buffer, FFIBuffer};
use crate::settings::{PQC_KEY_LOCKED_MEMORY, memory_of};
use crate::status::PqcStatus;

/// Allocates zero bytes for the caller to fill: memory for the secrets of several calls, wiped at once.
///
/// @param flags   0 or PQC_KEY_LOCKED_MEMORY
/// @param len     how many bytes; the buffer of 0 bytes is empty
/// @param buffer  receives the bytes
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_buffer_zeroed(flags: u32, len: usize, buffer: *mut FFIBuffer) -> PqcStatus {
    // SAFETY: the pointer contract.
    guard(|| unsafe {
        let ((), buffer) = arguments((), slot(buffer))?;
        check_flags(flags, PQC_KEY_LOCKED_MEMORY)?;
        if fits(Some(len))? > 0 {
            buffer.put(Buffer::zeroed(memory_of(flags), len)?.into_ffi());
        }
        Ok(())
    })
}

/// Wipes and frees the memory of a buffer, and clears the struct, so that a second call on it is harmless. So is NULL.
///
/// Two copies of one struct must not both be freed.
///
/// # Safety
/// `buffer` is NULL, or points to a struct that is empty or was filled by this library and not changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ffi_buffer_free(buffer: *mut FFIBuffer) {
    // SAFETY: as above; the struct is cleared, so its memory cannot be taken twice.
    guard(|| unsafe {
        if let Some(buffer) = buffer.as_mut() {
            drop(Buffer::from_ffi(buffer));
            *buffer = FFIBuffer::EMPTY;
        }
        Ok(())
    });
}
