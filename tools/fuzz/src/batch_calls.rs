//! Calls of the `*_batch` functions, each item of which must fare as it does in a call of its own.

use crate::arguments::{Arguments, Input};
use crate::calls::Function;
use crate::common::{Handle, Owned, check, rubbish_buffer};
use crate::keys::{CONTEXT, Keys, MESSAGE};
use core::ptr;
use pqc_ffi::columns::{PqcColumn, PqcSlice};
use pqc_ffi::memory::{FFIBuffer, ffi_buffer_free};
use pqc_ffi::mldsa_batch::*;
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::status::PqcStatus;

pub(crate) const FUNCTIONS: &[Function] = &[
    Function("mldsa_keypair_generate_batch", |keys, arguments| {
        generate(mldsa_keypair_generate_batch, keys.dsa.id, arguments)
    }),
    Function("mlkem_keypair_generate_batch", |keys, arguments| {
        generate(mlkem_keypair_generate_batch, keys.kem.id, arguments)
    }),
    Function("mldsa_sign_batch", sign),
    Function("mldsa_verify_batch", verify),
    Function("mldsa_verify_encoded_batch", verify_encoded),
    Function("mlkem_encapsulate_batch", encapsulate),
    Function("mlkem_encapsulate_encoded_batch", encapsulate_encoded),
    Function("mlkem_decapsulate_batch", decapsulate),
];

/// A few items, over the end of a piece now and then.
pub(crate) fn count(arguments: &mut Arguments<'_>) -> usize {
    usize::try_from(arguments.number() % 20).unwrap_or(1)
}

pub(crate) fn threads(arguments: &mut Arguments<'_>) -> u32 {
    u32::try_from(arguments.number() % 4).unwrap_or(1)
}

/// The column of the inputs in this place of each item.
pub(crate) fn slices<const N: usize>(items: &[[Input; N]], place: usize) -> Vec<PqcSlice> {
    items.iter().map(|inputs| PqcSlice { data: inputs[place].data, len: inputs[place].len }).collect()
}

pub(crate) fn column(slices: &[PqcSlice]) -> PqcColumn {
    PqcColumn { slices: slices.as_ptr(), data: ptr::null(), len: 0, stride: 0 }
}

/// Rows that a batch gave, freed at the end.
struct Rows {
    buffer: FFIBuffer,
    count: usize,
}

impl Rows {
    fn new(count: usize) -> Self {
        Self { buffer: rubbish_buffer(), count }
    }

    /// The beginning of a row.
    fn row(&self, number: usize, len: usize) -> &[u8] {
        let row = self.buffer.len / self.count.max(1);
        assert!(len <= row && number < self.count);
        // SAFETY: the library filled the buffer with so many rows.
        unsafe { core::slice::from_raw_parts(self.buffer.data.add(number * row), len) }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // SAFETY: the library filled the buffer or emptied it.
        unsafe { ffi_buffer_free(&raw mut self.buffer) }
    }
}

/// Checks that each item has the status of a call of its own, and the verdict that follows.
fn agree(verdict: PqcStatus, statuses: &[i32], single: impl Fn(usize) -> PqcStatus) {
    for (number, status) in statuses.iter().enumerate() {
        assert_eq!(*status, single(number) as i32, "item {number}");
    }
    assert_eq!(verdict, verdict_of(statuses));
}

/// The verdict that follows from the statuses of the items.
pub(crate) fn verdict_of(statuses: &[i32]) -> PqcStatus {
    if statuses.iter().all(|status| *status == 0) { PqcStatus::Ok } else { PqcStatus::BatchItems }
}

/// Whether an input is just these bytes.
pub(crate) fn is(input: &Input, bytes: &[u8]) -> bool {
    // SAFETY: the input has the length of the bytes, and is readable where it is not NULL.
    input.len == bytes.len()
        && !input.data.is_null()
        && unsafe { core::slice::from_raw_parts(input.data, input.len) } == bytes
}

fn generate<T: Handle>(
    function: unsafe extern "C" fn(u32, u32, usize, u32, *mut *mut T, *mut i32) -> PqcStatus,
    set: u32,
    arguments: &mut Arguments<'_>,
) -> Result<(), PqcStatus> {
    let (set, flags) = (arguments.set(set), arguments.key_flags());
    let (count, threads) = (count(arguments), threads(arguments));
    let (mut made, mut statuses) = (vec![ptr::null_mut(); count], vec![-1; count]);
    // SAFETY: the outputs are writable.
    let verdict = unsafe { function(set, flags, count, threads, made.as_mut_ptr(), statuses.as_mut_ptr()) };
    assert!(made.iter().zip(&statuses).all(|(handle, status)| handle.is_null() == (*status != 0)));
    // SAFETY: NULL is harmless, and the others are new.
    made.into_iter().for_each(|handle| unsafe { T::FREE(handle) });
    match verdict {
        PqcStatus::BatchItems => Err(PqcStatus::MemoryLockLimit),
        verdict => check(verdict),
    }
}

/// What each item is verified with: message, context and signature.
fn to_verify(keys: &Keys, arguments: &mut Arguments<'_>) -> Vec<[Input; 3]> {
    let items = 0..count(arguments);
    items.map(|_| [arguments.any(MESSAGE), arguments.context(CONTEXT), arguments.any(&keys.signature)]).collect()
}

/// `mldsa_verify` of an item.
fn verify_one(key: *const MlDsaPublicKey, item: &[Input; 3]) -> PqcStatus {
    let [m, c, s] = item;
    // SAFETY: the handle is NULL or alive and the inputs are readable.
    unsafe { mldsa_verify(key, m.data, m.len, c.data, c.len, s.data, s.len) }
}

fn verify(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let items = to_verify(keys, arguments);
    let handles: Vec<_> = items.iter().map(|_| arguments.key(&keys.dsa_key)).collect();
    let (threads, mut statuses) = (threads(arguments), vec![-1; items.len()]);
    let slices = [0, 1, 2].map(|place| slices(&items, place));
    let [m, c, s] = slices.each_ref().map(|slices| column(slices));
    let (out, len) = (statuses.as_mut_ptr(), items.len());
    // SAFETY: the handles are NULL or alive, the columns readable and the output writable.
    let verdict = unsafe { mldsa_verify_batch(handles.as_ptr(), len, &m, &c, &s, len, threads, out) };
    agree(verdict, &statuses, |number| verify_one(handles[number], &items[number]));
    arguments.forget();
    Ok(())
}

fn verify_encoded(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let items = to_verify(keys, arguments);
    let encoded: Vec<_> = items.iter().map(|_| [arguments.any(&keys.dsa_public)]).collect();
    arguments.forget();
    let (flags, threads, mut statuses) = (arguments.key_flags(), threads(arguments), vec![-1; items.len()]);
    let slices = [slices(&encoded, 0), slices(&items, 0), slices(&items, 1), slices(&items, 2)];
    let [k, m, c, s] = slices.each_ref().map(|slices| column(slices));
    // SAFETY: the columns are readable and the output writable.
    check_call(unsafe {
        mldsa_verify_encoded_batch(flags, &k, &m, &c, &s, items.len(), threads, statuses.as_mut_ptr())
    })?;
    for ((status, item), [key]) in statuses.iter().zip(&items).zip(&encoded) {
        if is(key, &keys.dsa_public) {
            assert_eq!(*status, verify_one(keys.dsa_key.as_ptr(), item) as i32);
        } else {
            assert_ne!(*status, 0);
        }
    }
    Ok(())
}

/// The verdict of a call whose items are looked at one by one.
pub(crate) fn check_call(verdict: PqcStatus) -> Result<(), PqcStatus> {
    if verdict == PqcStatus::BatchItems { Ok(()) } else { check(verdict) }
}

fn sign(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let items: Vec<_> = (0..count(arguments)).map(|_| [arguments.any(MESSAGE), arguments.context(CONTEXT)]).collect();
    let (pair, threads, mut statuses) = ([keys.dsa_pair.as_ptr()], threads(arguments), vec![-1; items.len()]);
    let slices = [slices(&items, 0), slices(&items, 1)];
    let [m, c] = slices.each_ref().map(|slices| column(slices));
    let (out, flags, mut rows) = (statuses.as_mut_ptr(), MLDSA_SIGN_DETERMINISTIC, Rows::new(items.len()));
    let rows_out = &raw mut rows.buffer;
    // SAFETY: the handle is alive, the columns are readable and the outputs writable.
    let verdict = unsafe { mldsa_sign_batch(pair.as_ptr(), 1, &m, &c, items.len(), flags, threads, rows_out, out) };
    agree(verdict, &statuses, |number| {
        let ([m, c], mut signature) = (items[number], Rows::new(1));
        let out = &raw mut signature.buffer;
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        let status = unsafe { mldsa_sign(pair[0], m.data, m.len, c.data, c.len, flags, out) };
        let expected =
            if status == PqcStatus::Ok { signature.row(0, keys.dsa.signature) } else { &vec![0; keys.dsa.signature] };
        assert!(rows.row(number, keys.dsa.signature) == expected);
        status
    });
    arguments.forget();
    Ok(())
}

fn encapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let count = count(arguments);
    let handles: Vec<_> = (0..count).map(|_| arguments.key(&keys.kem_key)).collect();
    let (threads, mut statuses) = (threads(arguments), vec![-1; count]);
    let (mut rows, mut secrets) = (Rows::new(count), Rows::new(count));
    let (first, second) = (&raw mut rows.buffer, &raw mut secrets.buffer);
    // SAFETY: the handles are NULL or alive, and the outputs writable.
    let verdict = unsafe {
        mlkem_encapsulate_batch(handles.as_ptr(), count, count, threads, first, second, statuses.as_mut_ptr())
    };
    agree(verdict, &statuses, |number| {
        if handles[number].is_null() {
            return PqcStatus::NullPointer;
        }
        opens(&keys.kem_pair, rows.row(number, keys.kem.ciphertext), secrets.row(number, 32));
        PqcStatus::Ok
    });
    arguments.forget();
    Ok(())
}

/// Checks that a ciphertext carries a secret.
pub(crate) fn opens(pair: &Owned<MlKemKeyPair>, ciphertext: &[u8], secret: &[u8]) {
    let opened = pair.decapsulate(ciphertext).expect("a ciphertext of the right length");
    assert_eq!(*opened, *secret);
}

fn encapsulate_encoded(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let encoded: Vec<_> = (0..count(arguments)).map(|_| [arguments.any(&keys.kem_public)]).collect();
    arguments.forget();
    let (flags, threads, mut statuses) = (arguments.key_flags(), threads(arguments), vec![-1; encoded.len()]);
    let slices = slices(&encoded, 0);
    let (mut rows, mut secrets) = (Rows::new(encoded.len()), Rows::new(encoded.len()));
    let (first, second, out) = (&raw mut rows.buffer, &raw mut secrets.buffer, statuses.as_mut_ptr());
    // SAFETY: the column is readable, and the outputs are writable.
    check_call(unsafe {
        mlkem_encapsulate_encoded_batch(flags, &column(&slices), encoded.len(), threads, first, second, out)
    })?;
    for (number, [key]) in encoded.iter().enumerate() {
        if is(key, &keys.kem_public) {
            assert_eq!(statuses[number], 0);
            opens(&keys.kem_pair, rows.row(number, keys.kem.ciphertext), secrets.row(number, 32));
        }
    }
    Ok(())
}

fn decapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let items: Vec<_> = (0..count(arguments)).map(|_| [arguments.any(&keys.ciphertext)]).collect();
    let (pair, threads, mut statuses) = ([keys.kem_pair.as_ptr()], threads(arguments), vec![-1; items.len()]);
    let (slices, mut rows) = (slices(&items, 0), Rows::new(items.len()));
    let (out, rows_out) = (statuses.as_mut_ptr(), &raw mut rows.buffer);
    // SAFETY: the handle is alive, the column readable and the outputs writable.
    let verdict =
        unsafe { mlkem_decapsulate_batch(pair.as_ptr(), 1, &column(&slices), items.len(), threads, rows_out, out) };
    agree(verdict, &statuses, |number| {
        let ([ciphertext], mut secret) = (items[number], Rows::new(1));
        // SAFETY: the handle is alive, the input readable and the output writable.
        let status = unsafe { mlkem_decapsulate(pair[0], ciphertext.data, ciphertext.len, &raw mut secret.buffer) };
        let expected = if status == PqcStatus::Ok { secret.row(0, 32) } else { &[0; 32] };
        assert!(rows.row(number, 32) == expected);
        status
    });
    arguments.forget();
    Ok(())
}
