//! The batch functions over columns of slices and tables.

use super::{Bytes, Handle, Owned, is_empty, rubbish_buffer};
use core::ptr;
use pqc_ffi::columns::{PqcColumn, PqcSlice};
use pqc_ffi::memory::FFIBuffer;
use pqc_ffi::mldsa_batch::*;
use pqc_ffi::mldsa_ffi::{MlDsaKeyPair, MlDsaPublicKey};
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::mlkem_ffi::{MlKemKeyPair, MlKemPublicKey};
use pqc_ffi::rooms::{PqcRoom, PqcRooms};
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
        PqcStatus::Overlap => assert!(statuses.iter().all(|status| *status == RUBBISH_STATUS), "nothing is written"),
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

/// Rooms of the given sizes with rubbish in them, a byte behind each that is to stay.
pub(crate) struct Rooms {
    memory: Vec<Vec<u8>>,
    rooms: Vec<PqcRoom>,
}

impl Rooms {
    pub(crate) const RUBBISH: u8 = 0xa5;

    pub(crate) fn new(sizes: impl IntoIterator<Item = usize>) -> Self {
        let mut memory: Vec<_> = sizes.into_iter().map(|size| vec![Self::RUBBISH; size + 1]).collect();
        let rooms = memory.iter_mut().map(|room| PqcRoom { data: room.as_mut_ptr(), len: room.len() - 1 }).collect();
        Self { memory, rooms }
    }

    /// The rooms as an argument.
    pub(crate) fn to_fill(&self) -> PqcRooms {
        PqcRooms { rooms: self.rooms.as_ptr(), data: ptr::null_mut(), len: 0, stride: 0 }
    }

    /// Takes the room of an item away.
    pub(crate) fn remove(&mut self, number: usize) {
        self.rooms[number].data = ptr::null_mut();
    }

    /// What is in a room.
    pub(crate) fn room(&self, number: usize) -> &[u8] {
        let (room, behind) = self.memory[number].split_at(self.rooms[number].len);
        assert_eq!(behind, [Self::RUBBISH]);
        room
    }
}

/// Rows of a table with rubbish in them and between them, each `gap` bytes from the end of the one before.
pub(crate) fn table_to_fill(memory: &mut [u8], row: usize, gap: usize) -> PqcRooms {
    PqcRooms { rooms: ptr::null(), data: memory.as_mut_ptr(), len: row, stride: row + gap }
}

/// `mldsa_sign_batch_into` without contexts.
pub(crate) fn sign_into(
    keys: &[*const MlDsaKeyPair],
    messages: PqcColumn,
    count: usize,
    how: (u32, u32),
    rooms: &PqcRooms,
) -> (PqcStatus, Vec<i32>) {
    // SAFETY: the keys are NULL or alive, the column is readable and the outputs are writable.
    let (verdict, statuses, []) = call(count, |[], statuses| unsafe {
        mldsa_sign_batch_into(keys.as_ptr(), keys.len(), &messages, &one(b""), count, how.0, how.1, rooms, statuses)
    });
    (verdict, statuses)
}

/// `mlkem_encapsulate_batch_into`.
pub(crate) fn encapsulate_into(
    keys: &[*const MlKemPublicKey],
    count: usize,
    threads: u32,
    [ciphertexts, secrets]: [&PqcRooms; 2],
) -> (PqcStatus, Vec<i32>) {
    // SAFETY: the keys are NULL or alive, and the outputs writable.
    let (verdict, statuses, []) = call(count, |[], statuses| unsafe {
        mlkem_encapsulate_batch_into(keys.as_ptr(), keys.len(), count, threads, ciphertexts, secrets, statuses)
    });
    (verdict, statuses)
}

/// `mlkem_encapsulate_encoded_batch_into`.
pub(crate) fn encapsulate_encoded_into(
    keys: PqcColumn,
    count: usize,
    [ciphertexts, secrets]: [&PqcRooms; 2],
) -> (PqcStatus, Vec<i32>) {
    // SAFETY: the column is readable, and the outputs writable.
    let (verdict, statuses, []) = call(count, |[], statuses| unsafe {
        mlkem_encapsulate_encoded_batch_into(0, &keys, count, 2, ciphertexts, secrets, statuses)
    });
    (verdict, statuses)
}

/// `mlkem_decapsulate_batch_into`.
pub(crate) fn decapsulate_into(
    keys: &[*const MlKemKeyPair],
    ciphertexts: PqcColumn,
    count: usize,
    threads: u32,
    secrets: &PqcRooms,
) -> (PqcStatus, Vec<i32>) {
    // SAFETY: the keys are NULL or alive, the column is readable and the outputs writable.
    let (verdict, statuses, []) = call(count, |[], statuses| unsafe {
        mlkem_decapsulate_batch_into(keys.as_ptr(), keys.len(), &ciphertexts, count, threads, secrets, statuses)
    });
    (verdict, statuses)
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
