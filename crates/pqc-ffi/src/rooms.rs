//! Outputs of a batch in memory of the caller: a room for each item.
#![allow(unsafe_code, reason = "a room is the caller's memory, written by several threads")]

use crate::boundary::fits;
use crate::boundary::zeroed_bytes;
use crate::overlap::{Extent, Outputs, Visit};
use crate::status::PqcStatus;
use core::iter;
use core::marker::PhantomData;
use core::ops::Range;

/// Memory of the caller for one output.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcRoom {
    /// The memory.
    pub data: *mut u8,
    /// How many bytes there is room for.
    pub len: usize,
}

/// Memory of the caller for an output of each item of a batch: an array of rooms, or rows at equal distances.
///
/// A room that overlaps another one, or an input, is PQC_STATUS_OVERLAP for the whole batch. An item whose room is NULL or too
/// small is a bad item, PQC_STATUS_NULL_POINTER or PQC_STATUS_OUTPUT_LENGTH. The rest of a room, after the output, is zeros.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcRooms {
    /// One room for each item, or NULL: then the other fields tell where they are.
    pub rooms: *const PqcRoom,
    /// The first room.
    pub data: *mut u8,
    /// Bytes of each room.
    pub len: usize,
    /// Bytes from where a room begins to where the next one does, at least `len`.
    pub stride: usize,
}

/// The rooms of a batch. They are emptied when they are dropped, unless their contents are kept.
pub(crate) struct Rooms<'a> {
    rooms: PqcRooms,
    count: usize,
    kept: bool,
    lifetime: PhantomData<&'a mut [u8]>,
}

impl Rooms<'_> {
    /// The rooms of each piece in turn, each of them emptied when its turn comes.
    pub(crate) fn pieces(&mut self, piece: usize) -> impl Iterator<Item = Piece<'_>> + Send {
        let mut rest = Piece { rooms: self.rooms, places: 0..self.count, lifetime: PhantomData };
        iter::from_fn(move || rest.split_off(piece))
    }

    /// Leaves what is in the rooms to the caller.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Rooms<'_> {
    fn drop(&mut self) {
        // Rows without bytes may be of any number: they are not visited.
        let has_bytes = !self.rooms.rooms.is_null() || self.rooms.len > 0;
        if has_bytes && !self.kept {
            self.pieces(usize::MAX).flatten().for_each(drop);
        }
    }
}

/// The rooms of some items, in their order.
pub(crate) struct Piece<'a> {
    rooms: PqcRooms,
    places: Range<usize>,
    lifetime: PhantomData<&'a mut [u8]>,
}

// SAFETY: like `&mut [&mut [u8]]`: no other piece has these rooms.
unsafe impl Send for Piece<'_> {}

impl Piece<'_> {
    /// Takes the first rooms, at most `len` of them.
    fn split_off(&mut self, len: usize) -> Option<Self> {
        let end = self.places.start.saturating_add(len).min(self.places.end);
        let places = self.places.start..end;
        self.places.start = end;
        (!places.is_empty()).then_some(Self { places, ..*self })
    }
}

impl<'a> Iterator for Piece<'a> {
    type Item = Result<&'a mut [u8], PqcStatus>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.places.next()?;
        let PqcRooms { rooms, data, len, stride } = self.rooms;
        // SAFETY: there is this room, it is NULL or writable by the promise to `output_slots`, and overlaps no other, or
        // `overlap::check` had refused; that the offset fits was checked in `checked`, and no other iteration gives it.
        Some(unsafe {
            let room = if rooms.is_null() {
                PqcRoom { data: data.wrapping_add(place * stride), len }
            } else {
                rooms.add(place).read()
            };
            zeroed_bytes(room.data, room.len)
        })
    }
}

/// The argument that says where the outputs of a batch go.
pub(crate) struct OutputSlots<'a> {
    at: *const PqcRooms,
    slots: Result<PqcRooms, PqcStatus>,
    count: usize,
    lifetime: PhantomData<&'a mut [u8]>,
}

/// The argument that says where the outputs of `count` items go.
///
/// # Safety
/// `slots` is NULL or readable; its slots are NULL, or writable and not otherwise used during `'a`.
pub(crate) unsafe fn output_slots<'a>(slots: *const PqcRooms, count: usize) -> OutputSlots<'a> {
    // SAFETY: by the caller's promise.
    let checked = unsafe { slots.as_ref() }.ok_or(PqcStatus::NullPointer).and_then(|slots| checked(*slots, count));
    OutputSlots { at: slots, slots: checked, count, lifetime: PhantomData }
}

/// The output slots, unless no memory can be them.
fn checked(rooms: PqcRooms, count: usize) -> Result<PqcRooms, PqcStatus> {
    let PqcRooms { rooms: each, data, len, stride } = rooms;
    let end = if each.is_null() {
        let last = count.saturating_sub(1).checked_mul(stride);
        last.and_then(|last| last.checked_add(len))
    } else {
        count.checked_mul(size_of::<PqcRoom>())
    };
    // Each item has a status: a count that no array of them has touches no slot.
    fits(count.checked_mul(size_of::<i32>()))?;
    if each.is_null() && data.is_null() && count > 0 {
        return Err(PqcStatus::NullPointer);
    }
    if fits(end).is_err() || each.is_null() && stride < len && count > 1 {
        return Err(PqcStatus::OutputLength);
    }
    Ok(rooms)
}

impl<'a> Outputs for OutputSlots<'a> {
    type Zeroed = Rooms<'a>;

    fn most(&self) -> usize {
        match &self.slots {
            Ok(slots) if !slots.rooms.is_null() => self.count,
            _ => 1,
        }
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        let Ok(PqcRooms { rooms, data, len, stride }) = self.slots else { return Ok(()) };
        if rooms.is_null() {
            return visit(Extent::table(data, len, stride, self.count));
        }
        (0..self.count).try_for_each(|number| {
            // SAFETY: there is this slot, by the promise to `output_slots`.
            let slot = unsafe { rooms.add(number).read() };
            visit(Extent::of(slot.data, slot.len))
        })
    }

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.at, 1))?;
        self.slots.map_or(Ok(()), |slots| visit(Extent::of(slots.rooms, self.count)))
    }

    fn zero(self) -> Result<Rooms<'a>, PqcStatus> {
        Ok(Rooms { rooms: self.slots?, count: self.count, kept: false, lifetime: PhantomData })
    }
}
