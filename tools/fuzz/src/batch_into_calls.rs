//! Calls of the `*_batch_into` functions, over rooms of any size and where they are.

use crate::arguments::Arguments;
use crate::batch_calls::{check_call, column, count, is, opens, slices, threads, verdict_of};
use crate::calls::Function;
use crate::common::batch::Rooms;
use crate::common::bytes_of;
use crate::keys::{CONTEXT, Keys, MESSAGE};
use core::ptr;
use pqc_ffi::mldsa_batch::*;
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::mlkem_ffi::*;
use pqc_ffi::rooms::{PqcRoom, PqcRooms};
use pqc_ffi::status::PqcStatus;

pub(crate) const FUNCTIONS: &[Function] = &[
    Function("mldsa_sign_batch_into", sign),
    Function("mlkem_encapsulate_batch_into", encapsulate),
    Function("mlkem_encapsulate_encoded_batch_into", encapsulate_encoded),
    Function("mlkem_decapsulate_batch_into", decapsulate),
];

/// Memory for an output of each item, which is to have `needed` bytes.
struct Outputs {
    /// The bytes of each room in an allocation of just its size, or those of the table that has them all.
    memory: Vec<Vec<u8>>,
    /// The rooms, none of them if the table is no memory.
    rooms: Vec<PqcRoom>,
    argument: PqcRooms,
    needed: usize,
}

impl Outputs {
    fn new(arguments: &mut Arguments<'_>, count: usize, needed: usize) -> Self {
        if arguments.number() % 2 == 0 {
            Self::apart(arguments, count, needed)
        } else {
            Self::table(arguments, count, needed)
        }
    }

    /// An array of rooms, of which some are NULL, too small or longer than any object.
    fn apart(arguments: &mut Arguments<'_>, count: usize, needed: usize) -> Self {
        let room = |_| {
            let (len, is_null) = (arguments.capacity(needed), arguments.is_null());
            let is_memory = !is_null && isize::try_from(len).is_ok();
            let mut bytes = vec![Rooms::RUBBISH; if is_memory { len } else { 0 }];
            let data = if is_null { ptr::null_mut() } else { bytes.as_mut_ptr() };
            (bytes, PqcRoom { data, len })
        };
        let (memory, rooms): (_, Vec<_>) = (0..count).map(room).unzip();
        let argument = PqcRooms { rooms: rooms.as_ptr(), data: ptr::null_mut(), len: 0, stride: 0 };
        Self { memory, rooms, argument, needed }
    }

    /// Rows at equal distances, if there is memory for such.
    fn table(arguments: &mut Arguments<'_>, count: usize, needed: usize) -> Self {
        let len = arguments.capacity(needed);
        let (stride, is_null) = (arguments.capacity(len), arguments.is_null());
        let size = count.saturating_sub(1).checked_mul(stride).and_then(|last| last.checked_add(len));
        let size = size.filter(|size| isize::try_from(*size).is_ok() && (stride >= len || count < 2));
        if is_null && count > 0 {
            arguments.demand(PqcStatus::NullPointer);
        }
        if size.is_none() {
            arguments.demand(PqcStatus::OutputLength);
        }
        let mut bytes = vec![Rooms::RUBBISH; size.unwrap_or(0)];
        let data = if is_null { ptr::null_mut() } else { bytes.as_mut_ptr() };
        let rows = if is_null || size.is_none() { 0 } else { count };
        let rooms = (0..rows).map(|number| PqcRoom { data: data.wrapping_add(number * stride), len }).collect();
        let argument = PqcRooms { rooms: ptr::null(), data, len, stride };
        Self { memory: vec![bytes], rooms, argument, needed }
    }

    /// What is in the room of an item, nothing if it is no memory.
    fn room(&self, number: usize) -> &[u8] {
        let PqcRoom { data, len } = self.rooms[number];
        if data.is_null() || isize::try_from(len).is_err() {
            return &[];
        }
        // SAFETY: the memory has so many bytes there.
        unsafe { core::slice::from_raw_parts(data, len) }
    }

    /// The output of an item, which only zeros follow.
    fn output(&self, number: usize) -> &[u8] {
        let (output, rest) = self.room(number).split_at(self.needed);
        assert!(rest.iter().all(|byte| *byte == 0), "behind the output in room {number}");
        output
    }

    /// What the room of an item alone leads to.
    fn status(&self, number: usize) -> PqcStatus {
        let PqcRoom { data, len } = self.rooms[number];
        match len {
            _ if data.is_null() => PqcStatus::NullPointer,
            len if len < self.needed || isize::try_from(len).is_err() => PqcStatus::OutputLength,
            _ => PqcStatus::Ok,
        }
    }

    /// Checks that there is nothing but zeros in the rooms of the items that failed.
    fn check_zeros(&self, statuses: &[i32]) {
        for number in (0..self.rooms.len()).filter(|number| statuses[*number] != 0) {
            assert!(self.room(number).iter().all(|byte| *byte == 0), "room {number}");
        }
    }

    /// Checks that nothing was written between the rows of a table.
    fn check_gaps(&self) {
        let PqcRooms { rooms, len, stride, .. } = self.argument;
        if rooms.is_null() {
            for next in 1..self.rooms.len() {
                let gap = &self.memory[0][(next - 1) * stride + len..next * stride];
                assert!(gap.iter().all(|byte| *byte == Rooms::RUBBISH), "behind row {}", next - 1);
            }
        }
    }
}

/// Checks what a batch leaves in the memory of its caller, and the verdict that follows from the statuses.
fn check_batch(verdict: PqcStatus, statuses: &[i32], outputs: &[&Outputs]) -> Result<(), PqcStatus> {
    for outputs in outputs {
        outputs.check_zeros(statuses);
        outputs.check_gaps();
    }
    let outcome = check_call(verdict);
    if outcome.is_ok() {
        assert_eq!(verdict, verdict_of(statuses));
    } else {
        assert!(statuses.iter().all(|status| *status == PqcStatus::Internal as i32));
    }
    outcome
}

/// Checks the status of an item against what each of its arguments alone leads to.
fn check_item(status: i32, alone: &[PqcStatus]) {
    let mut refusals = alone.iter().filter(|status| **status != PqcStatus::Ok).peekable();
    let expected = if refusals.peek().is_none() { status == 0 } else { refusals.any(|other| *other as i32 == status) };
    assert!(expected, "{status} instead of one of {alone:?}");
}

fn sign(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let items: Vec<_> = (0..count(arguments)).map(|_| [arguments.any(MESSAGE), arguments.context(CONTEXT)]).collect();
    arguments.forget();
    let (pair, threads, mut statuses) = ([keys.dsa_pair.as_ptr()], threads(arguments), vec![-1; items.len()]);
    let signatures = Outputs::new(arguments, items.len(), keys.dsa.signature);
    let slices = [slices(&items, 0), slices(&items, 1)];
    let [m, c] = slices.each_ref().map(|slices| column(slices));
    let (rooms, out, flags) = (&signatures.argument, statuses.as_mut_ptr(), MLDSA_SIGN_DETERMINISTIC);
    // SAFETY: the handle is alive, the columns are readable and the outputs writable.
    let verdict = unsafe { mldsa_sign_batch_into(pair.as_ptr(), 1, &m, &c, items.len(), flags, threads, rooms, out) };
    check_batch(verdict, &statuses, &[&signatures])?;
    for (number, ([m, c], status)) in items.iter().zip(statuses).enumerate() {
        // SAFETY: the handle is alive, the inputs are readable and the output is writable.
        let alone = bytes_of(|out| unsafe { mldsa_sign(pair[0], m.data, m.len, c.data, c.len, flags, out) });
        check_output(&signatures, number, status, alone.as_deref());
    }
    Ok(())
}

/// Checks an item against a call of its own.
fn check_output(outputs: &Outputs, number: usize, status: i32, alone: Result<&[u8], &PqcStatus>) {
    check_item(status, &[outputs.status(number), alone.err().copied().unwrap_or(PqcStatus::Ok)]);
    if status == 0 {
        assert_eq!(Ok(outputs.output(number)), alone);
    }
}

fn encapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let handles: Vec<_> = (0..count(arguments)).map(|_| arguments.key(&keys.kem_key)).collect();
    arguments.forget();
    let (threads, count, mut statuses) = (threads(arguments), handles.len(), vec![-1; handles.len()]);
    let ciphertexts = Outputs::new(arguments, count, keys.kem.ciphertext);
    let secrets = Outputs::new(arguments, count, 32);
    let (first, second, out) = (&ciphertexts.argument, &secrets.argument, statuses.as_mut_ptr());
    // SAFETY: the handles are NULL or alive, and the outputs writable.
    let verdict = unsafe { mlkem_encapsulate_batch_into(handles.as_ptr(), count, count, threads, first, second, out) };
    check_batch(verdict, &statuses, &[&ciphertexts, &secrets])?;
    for (number, (handle, status)) in handles.iter().zip(statuses).enumerate() {
        let key = if handle.is_null() { PqcStatus::NullPointer } else { PqcStatus::Ok };
        check_encapsulated(keys, number, status, [&ciphertexts, &secrets], key);
    }
    Ok(())
}

/// Checks an item of which the key alone leads to a status.
fn check_encapsulated(keys: &Keys, number: usize, status: i32, outputs: [&Outputs; 2], key: PqcStatus) {
    let [ciphertexts, secrets] = outputs;
    check_item(status, &[key, ciphertexts.status(number), secrets.status(number)]);
    if status == 0 {
        opens(&keys.kem_pair, ciphertexts.output(number), secrets.output(number));
    }
}

fn encapsulate_encoded(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let encoded: Vec<_> = (0..count(arguments)).map(|_| [arguments.any(&keys.kem_public)]).collect();
    arguments.forget();
    let (flags, threads, mut statuses) = (arguments.key_flags(), threads(arguments), vec![-1; encoded.len()]);
    let ciphertexts = Outputs::new(arguments, encoded.len(), keys.kem.ciphertext);
    let secrets = Outputs::new(arguments, encoded.len(), 32);
    let (slices, first, second) = (slices(&encoded, 0), &ciphertexts.argument, &secrets.argument);
    let (column, out) = (column(&slices), statuses.as_mut_ptr());
    // SAFETY: the column is readable, and the outputs are writable.
    let verdict =
        unsafe { mlkem_encapsulate_encoded_batch_into(flags, &column, encoded.len(), threads, first, second, out) };
    check_batch(verdict, &statuses, &[&ciphertexts, &secrets])?;
    for (number, ([key], status)) in encoded.iter().zip(statuses).enumerate() {
        if is(key, &keys.kem_public) {
            check_encapsulated(keys, number, status, [&ciphertexts, &secrets], PqcStatus::Ok);
        }
    }
    Ok(())
}

fn decapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let items: Vec<_> = (0..count(arguments)).map(|_| [arguments.any(&keys.ciphertext)]).collect();
    arguments.forget();
    let (pair, threads, mut statuses) = ([keys.kem_pair.as_ptr()], threads(arguments), vec![-1; items.len()]);
    let secrets = Outputs::new(arguments, items.len(), 32);
    let slices = slices(&items, 0);
    let (column, rooms, out) = (column(&slices), &secrets.argument, statuses.as_mut_ptr());
    // SAFETY: the handle is alive, the column readable and the outputs writable.
    let verdict = unsafe { mlkem_decapsulate_batch_into(pair.as_ptr(), 1, &column, items.len(), threads, rooms, out) };
    check_batch(verdict, &statuses, &[&secrets])?;
    for (number, ([c], status)) in items.iter().zip(statuses).enumerate() {
        // SAFETY: the handle is alive, the input readable and the output writable.
        let alone = bytes_of(|out| unsafe { mlkem_decapsulate(pair[0], c.data, c.len, out) });
        check_output(&secrets, number, status, alone.as_deref());
    }
    Ok(())
}
