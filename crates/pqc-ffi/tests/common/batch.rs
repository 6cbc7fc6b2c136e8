//! The batch functions over columns of slices and tables.

use super::api::*;
use super::keys::Algorithm;
use super::{Handle, Owned, SENTINEL, SENTINEL_BYTE, ffi, sentinel_handle};
use core::cell::Cell;
use core::ptr;

pub(crate) const OK: i32 = PqcStatus::Ok as i32;

/// The contents of a status output before a call.
const SENTINEL_STATUS: i32 = -1;

/// No input for any item.
pub(crate) const NONE: PqcColumn = PqcColumn { slices: ptr::null(), data: ptr::null(), len: 0, stride: 0 };

/// One input for every item.
pub(crate) fn one(bytes: &[u8]) -> PqcColumn {
    PqcColumn { slices: ptr::null(), data: bytes.as_ptr(), len: bytes.len(), stride: 0 }
}

/// Adjacent rows.
pub(crate) fn table(bytes: &[u8], row: usize) -> PqcColumn {
    PqcColumn { slices: ptr::null(), data: bytes.as_ptr(), len: row, stride: row }
}

/// A separate input for each item; `NULL` with a length for `None`.
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

/// Public keys as handles.
pub(crate) fn keys_by_handle(handles: &[*const PqcPublicKey]) -> PqcPublicKeys {
    PqcPublicKeys {
        handles: handles.as_ptr(),
        handle_count: handles.len(),
        encodings: NONE,
        algorithms: ptr::null(),
        algorithm_count: 0,
        flags: 0,
    }
}

/// Public keys as encodings, with the algorithm of all or of each.
pub(crate) fn keys_by_encoding(encodings: PqcColumn, algorithms: &[u32]) -> PqcPublicKeys {
    PqcPublicKeys {
        handles: ptr::null(),
        handle_count: 0,
        encodings,
        algorithms: algorithms.as_ptr(),
        algorithm_count: algorithms.len(),
        flags: 0,
    }
}

/// Output slots of the given sizes that hold sentinels, a byte behind each that stays, and the lengths of the results.
pub(crate) struct Slots {
    memory: Vec<Vec<u8>>,
    slices: Vec<PqcMutSlice>,
    lens: Vec<Cell<usize>>,
}

impl Slots {
    pub(crate) fn new(sizes: impl IntoIterator<Item = usize>) -> Self {
        let mut memory: Vec<_> = sizes.into_iter().map(|size| vec![SENTINEL_BYTE; size + 1]).collect();
        let slices = memory.iter_mut().map(|slot| PqcMutSlice { data: slot.as_mut_ptr(), len: slot.len() - 1 });
        let (slices, lens) = (slices.collect(), memory.iter().map(|_| Cell::new(SENTINEL)).collect());
        Self { memory, slices, lens }
    }

    /// One slot of this size for each of so many items.
    pub(crate) fn of(size: usize, count: usize) -> Self {
        Self::new(core::iter::repeat_n(size, count))
    }

    /// The slots as an argument.
    pub(crate) fn column(&self) -> PqcMutColumn {
        let lens = self.lens.as_ptr().cast_mut().cast();
        PqcMutColumn { slices: self.slices.as_ptr(), data: ptr::null_mut(), len: 0, stride: 0, lens }
    }

    /// All that a slot holds.
    pub(crate) fn slot(&self, number: usize) -> &[u8] {
        let (slot, behind) = self.memory[number].split_at(self.slices[number].len);
        assert_eq!(behind, [SENTINEL_BYTE]);
        slot
    }

    /// The result of an item, behind which its slot holds zeros.
    pub(crate) fn result(&self, number: usize) -> &[u8] {
        let (result, rest) = self.slot(number).split_at(self.lens[number].get());
        assert!(rest.iter().all(|byte| *byte == 0), "slot {number}");
        result
    }

    /// The results of all items.
    pub(crate) fn results(&self) -> Vec<&[u8]> {
        (0..self.slices.len()).map(|number| self.result(number)).collect()
    }

    /// The numbers of the items that have no result.
    pub(crate) fn empty(&self) -> Vec<usize> {
        (0..self.slices.len()).filter(|number| self.result(*number).is_empty()).collect()
    }
}

/// Rows of a table, each so many bytes from the end of the one before.
pub(crate) fn rows(memory: &mut [u8], row: usize, gap: usize) -> PqcMutColumn {
    let (data, lens) = (memory.as_mut_ptr(), ptr::null_mut());
    PqcMutColumn { slices: ptr::null(), data, len: row, stride: row + gap, lens }
}

/// The verdict of a batch, and the status of each item.
pub(crate) type Outcome = (PqcStatus, Vec<i32>);

/// The outcome of a batch that succeeds.
pub(crate) fn all_ok(count: usize) -> Outcome {
    (PqcStatus::Ok, vec![OK; count])
}

/// Calls a batch function, and checks that the statuses of its items match its verdict.
fn call(count: usize, function: impl FnOnce(*mut i32) -> PqcStatus) -> Outcome {
    let mut statuses = vec![SENTINEL_STATUS; count];
    let verdict = function(statuses.as_mut_ptr());
    let is_right = match verdict {
        PqcStatus::Ok => statuses.iter().all(|status| *status == OK),
        PqcStatus::BatchItems => statuses.iter().any(|status| *status != OK),
        PqcStatus::Overlap => statuses.iter().all(|status| *status == SENTINEL_STATUS),
        _ => statuses.iter().all(|status| *status == PqcStatus::Internal as i32),
    };
    assert!(is_right, "{verdict:?}: {statuses:?}");
    (verdict, statuses)
}

/// `pqc_sign_batch` with flags and a number of threads.
pub(crate) fn sign(
    keys: &[*const PqcPrivateKey],
    [messages, contexts]: [PqcColumn; 2],
    count: usize,
    (flags, threads): (u32, u32),
    signatures: &PqcMutColumn,
) -> Outcome {
    let (data, len) = (keys.as_ptr(), keys.len());
    call(count, |out| ffi!(pqc_sign_batch(data, len, &messages, &contexts, count, flags, threads, signatures, out)))
}

/// `pqc_verify_batch` of messages, contexts and signatures.
pub(crate) fn verify(keys: &PqcPublicKeys, columns: [PqcColumn; 3], count: usize, threads: u32) -> Outcome {
    let [m, c, s] = &columns;
    call(count, |out| ffi!(pqc_verify_batch(keys, m, c, s, count, threads, out)))
}

/// `pqc_encapsulate_batch` into ciphertexts and secrets.
pub(crate) fn encapsulate(keys: &PqcPublicKeys, count: usize, threads: u32, slots: [&PqcMutColumn; 2]) -> Outcome {
    let [ciphertexts, secrets] = slots;
    call(count, |out| ffi!(pqc_encapsulate_batch(keys, count, threads, ciphertexts, secrets, out)))
}

/// `pqc_decapsulate_batch`.
pub(crate) fn decapsulate(
    keys: &[*const PqcPrivateKey],
    ciphertexts: PqcColumn,
    count: usize,
    threads: u32,
    secrets: &PqcMutColumn,
) -> Outcome {
    let (data, len) = (keys.as_ptr(), keys.len());
    call(count, |out| ffi!(pqc_decapsulate_batch(data, len, &ciphertexts, count, threads, secrets, out)))
}

/// `pqc_private_key_generate_batch`, and the keys that it makes.
pub(crate) fn generate(
    algorithm: Algorithm,
    count: usize,
    threads: u32,
) -> (Outcome, Vec<Option<Owned<PqcPrivateKey>>>) {
    let mut made = vec![sentinel_handle(); count];
    let (id, flags, keys) = (algorithm.id, algorithm.flags, made.as_mut_ptr());
    let outcome = call(count, |out| ffi!(pqc_private_key_generate_batch(id, flags, count, threads, keys, out)));
    let own = |handle: *mut PqcPrivateKey| if handle.is_null() { None } else { Some(Owned::new(handle)) };
    (outcome, made.into_iter().map(own).collect())
}
