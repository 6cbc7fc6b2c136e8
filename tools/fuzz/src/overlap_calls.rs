//! Calls whose arguments lie anywhere in one memory: they succeed if no output overlaps, and otherwise write nothing.

use crate::arguments::Arguments;
use crate::calls::Function;
use crate::common::RUBBISH;
use crate::common::batch::one;
use crate::keys::Keys;
use core::ops::Range;
use core::ptr;
use pqc_ffi::mldsa_ffi::*;
use pqc_ffi::mlkem_batch::*;
use pqc_ffi::rooms::{PqcRoom, PqcRooms};
use pqc_ffi::status::PqcStatus;

pub(crate) const FUNCTIONS: &[Function] =
    &[Function("mldsa_sign_into", sign), Function("mlkem_decapsulate_batch_into", decapsulate)];

/// A place for so many bytes in a memory.
fn place(arguments: &mut Arguments<'_>, len: usize, memory: &[u8]) -> Range<usize> {
    let start = usize::from(arguments.number().cast_unsigned() as u16) % (memory.len() - len + 1);
    start..start + len
}

/// Whether two of the outputs share a byte, or an input has one of an output. Looks at each pair.
fn overlap(outputs: &[Range<usize>], inputs: &[Range<usize>]) -> bool {
    let meet = |a: &Range<usize>, b: &Range<usize>| a.start.max(b.start) < a.end.min(b.end);
    let others = |number: usize| outputs[number + 1..].iter().chain(inputs);
    outputs.iter().enumerate().any(|(number, output)| others(number).any(|other| meet(output, other)))
}

fn sign(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let (size, mut memory) = (keys.dsa.signature, vec![0x5a; 3 * keys.dsa.signature]);
    let message_len = usize::from(arguments.number().cast_unsigned() as u16) % size;
    let (m, c) = (place(arguments, message_len, &memory), place(arguments, 9, &memory));
    let (out, mut len, before) = (place(arguments, size, &memory), RUBBISH, memory.clone());
    let (start, pair, flags) = (memory.as_mut_ptr(), keys.dsa_pair.as_ptr(), MLDSA_SIGN_DETERMINISTIC);
    let [m_data, c_data, data] = [&m, &c, &out].map(|range| start.wrapping_add(range.start));
    // SAFETY: the handle is alive, and all of the memory is readable and writable.
    let status = unsafe { mldsa_sign_into(pair, m_data, m.len(), c_data, c.len(), flags, data, size, &raw mut len) };
    if overlap(&[out.clone()], &[m.clone(), c.clone()]) {
        assert!(status == PqcStatus::Overlap && memory == before && len == RUBBISH);
        return Ok(());
    }
    assert_eq!((status, len), (PqcStatus::Ok, size));
    assert!(memory[out] == *keys.dsa_pair.sign(&before[m], &before[c], flags)?);
    Ok(())
}

fn decapsulate(keys: &Keys, arguments: &mut Arguments<'_>) -> Result<(), PqcStatus> {
    let mut memory = vec![0x5a; 3 * keys.ciphertext.len()];
    let count = usize::try_from(arguments.number() % 12).unwrap_or(1);
    let outputs: Vec<_> = (0..count).map(|_| place(arguments, 32, &memory)).collect();
    let (c, start) = (place(arguments, keys.ciphertext.len(), &memory), memory.as_mut_ptr());
    let slots: Vec<_> =
        outputs.iter().map(|range| PqcRoom { data: start.wrapping_add(range.start), len: range.len() }).collect();
    memory[c.clone()].copy_from_slice(&keys.ciphertext);
    let (column, before, mut statuses) = (one(&memory[c.clone()]), memory.clone(), vec![-1; count]);
    let slots = PqcRooms { rooms: slots.as_ptr(), data: ptr::null_mut(), len: 0, stride: 0 };
    let (pair, out) = ([keys.kem_pair.as_ptr()], statuses.as_mut_ptr());
    // SAFETY: the handle is alive, and all of the memory is readable and writable.
    let verdict = unsafe { mlkem_decapsulate_batch_into(pair.as_ptr(), 1, &column, count, 1, &slots, out) };
    if overlap(&outputs, &[c]) && count > 0 {
        assert!(verdict == PqcStatus::Overlap && memory == before && statuses.iter().all(|status| *status == -1));
        return Ok(());
    }
    assert_eq!(verdict, PqcStatus::Ok);
    assert!(outputs.into_iter().all(|range| memory[range] == keys.shared_secret));
    Ok(())
}
