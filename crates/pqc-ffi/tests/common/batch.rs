//! The batch functions over columns of slices and tables.

use super::{Bytes, Handle, Owned, is_empty, rubbish_buffer};
use core::ptr;
use pqc_ffi::columns::{PqcColumn, PqcSlice};
use pqc_ffi::memory::FFIBuffer;
use pqc_ffi::mldsa_batch::*;
use pqc_ffi::mldsa_ffi::{MlDsaKeyPair, MlDsaPublicKey};
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::mlkem_ffi::{MlKemKeyPair, MlKemPublicKey};
use pqc_ffi::status::PqcStatus;

pub(crate) const OK: i32 = PqcStatus::Ok as i32;

/// What a status output holds before a call.
const RUBBISH_STATUS: i32 = -1;

/// One input for every item.
pub(crate) fn one(bytes: &[u8]) -> PqcColumn {
    PqcColumn { slices: ptr::null(), data: bytes.as_ptr(), len: bytes.len(), stride: 0 }
}

/// Rows side by side.
pub(crate) fn table(bytes: &[u8], row: usize) -> PqcColumn {
    PqcColumn { slices: ptr::null(), data: bytes.as_ptr(), len: row, stride: row }
}

/// An input of its own for each item; `NULL` with a length for `None`.
pub(crate) fn slices<B: AsRef<[u8]>>(items: &[Option<B>]) -> Vec<PqcSlice> {
    let slice = |item: &Option<B>| match item.as_ref().map(AsRef::as_ref) {
        Some(bytes) => PqcSlice { data: bytes.as_ptr(), len: bytes.len() },
        None => PqcSlice { data: ptr::null(), len: 1 },
    };
    items.iter().map(slice).collect()
}

/// The column of slices.
pub(crate) fn column(slices: &[PqcSlice]) -> PqcColumn {
    PqcColumn { slices: slices.as_ptr(), data: ptr::null(), len: 0, stride: 0 }
}

/// The handles of keys, NULL for `None`.
pub(crate) fn handles<T: Handle>(keys: &[Option<&Owned<T>>]) -> Vec<*const T> {
    keys.iter().map(|key| key.map_or(ptr::null(), Owned::as_ptr)).collect()
}

/// What a batch gives: its verdict, the status of each item, and its rows.
pub(crate) type Given<const ROWS: usize> = (PqcStatus, Vec<i32>, [Option<Bytes>; ROWS]);

/// Calls a batch function, and checks that its outputs are what its verdict says.
fn call<const ROWS: usize>(
    count: usize,
    function: impl FnOnce([*mut FFIBuffer; ROWS], *mut i32) -> PqcStatus,
) -> Given<ROWS> {
    let (mut statuses, mut rows) = (vec![RUBBISH_STATUS; count], [(); ROWS].map(|()| rubbish_buffer()));
    let verdict = function(rows.each_mut().map(|buffer| &raw mut *buffer), statuses.as_mut_ptr());
    match verdict {
        PqcStatus::Ok => assert!(statuses.iter().all(|status| *status == OK)),
        PqcStatus::BatchItems => assert!(statuses.iter().any(|status| *status != OK)),
        _ => {
            assert!(statuses.iter().all(|status| *status == PqcStatus::Internal as i32));
            assert!(rows.iter().all(is_empty));
        }
    }
    let rows = rows.map(|buffer| if is_empty(&buffer) { None } else { Some(Bytes::new(buffer)) });
    (verdict, statuses, rows)
}

/// `mldsa_sign_batch` with a context for all.
pub(crate) fn sign(
    keys: &[*const MlDsaKeyPair],
    messages: PqcColumn,
    context: &[u8],
    count: usize,
    how: (u32, u32),
) -> Given<1> {
    // SAFETY: the keys are NULL or alive, the columns readable and the outputs writable.
    call(count, |[out], statuses| unsafe {
        mldsa_sign_batch(keys.as_ptr(), keys.len(), &messages, &one(context), count, how.0, how.1, out, statuses)
    })
}

/// `mldsa_verify_batch`.
pub(crate) fn verify(keys: &[*const MlDsaPublicKey], inputs: [PqcColumn; 3], count: usize, threads: u32) -> Given<0> {
    let [messages, contexts, signatures] = &inputs;
    // SAFETY: the keys are NULL or alive, the columns readable and the outputs writable.
    call(count, |[], statuses| unsafe {
        mldsa_verify_batch(keys.as_ptr(), keys.len(), messages, contexts, signatures, count, threads, statuses)
    })
}

/// `mldsa_verify_encoded_batch`.
pub(crate) fn verify_encoded(keys: PqcColumn, inputs: [PqcColumn; 3], count: usize, how: (u32, u32)) -> Given<0> {
    let [messages, contexts, signatures] = &inputs;
    // SAFETY: the columns are readable and the outputs writable.
    call(count, |[], statuses| unsafe {
        mldsa_verify_encoded_batch(how.0, &keys, messages, contexts, signatures, count, how.1, statuses)
    })
}

/// `mlkem_encapsulate_batch`.
pub(crate) fn encapsulate(keys: &[*const MlKemPublicKey], count: usize, threads: u32) -> Given<2> {
    // SAFETY: the keys are NULL or alive, and the outputs writable.
    call(count, |[ciphertexts, secrets], statuses| unsafe {
        mlkem_encapsulate_batch(keys.as_ptr(), keys.len(), count, threads, ciphertexts, secrets, statuses)
    })
}

/// `mlkem_encapsulate_encoded_batch`.
pub(crate) fn encapsulate_encoded(keys: PqcColumn, count: usize, how: (u32, u32)) -> Given<2> {
    // SAFETY: the column is readable, and the outputs writable.
    call(count, |[ciphertexts, secrets], statuses| unsafe {
        mlkem_encapsulate_encoded_batch(how.0, &keys, count, how.1, ciphertexts, secrets, statuses)
    })
}

/// `mlkem_decapsulate_batch`.
pub(crate) fn decapsulate(
    keys: &[*const MlKemKeyPair],
    ciphertexts: PqcColumn,
    count: usize,
    threads: u32,
) -> Given<1> {
    // SAFETY: the keys are NULL or alive, the column is readable and the outputs writable.
    call(count, |[secrets], statuses| unsafe {
        mlkem_decapsulate_batch(keys.as_ptr(), keys.len(), &ciphertexts, count, threads, secrets, statuses)
    })
}

/// What makes key pairs of a family.
pub(crate) type Generate<T> = unsafe extern "C" fn(u32, u32, usize, u32, *mut *mut T, *mut i32) -> PqcStatus;

/// Key pairs of `mldsa_keypair_generate_batch` or of its like.
pub(crate) fn generate<T: Handle>(
    function: Generate<T>,
    set: u32,
    flags: u32,
    count: usize,
    threads: u32,
) -> (PqcStatus, Vec<i32>, Vec<Option<Owned<T>>>) {
    let mut made = vec![super::rubbish_handle(); count];
    // SAFETY: the outputs are writable.
    let (verdict, statuses, []) =
        call(count, |[], statuses| unsafe { function(set, flags, count, threads, made.as_mut_ptr(), statuses) });
    let own = |handle: *mut T| if handle.is_null() { None } else { Some(Owned::new(handle)) };
    (verdict, statuses, made.into_iter().map(own).collect())
}
