//! Outputs of a batch in the caller's memory: an output slot, a status or a handle for each item.
#![allow(unsafe_code, reason = "the outputs of a batch are the caller's memory, written by several threads")]

use crate::boundary::{fits, zeroed_bytes};
use crate::handle::{Shared, from_handle, into_handle};
use crate::inputs::{Places, PqcColumn, PqcSlice};
use crate::overlap::{Extent, Outputs, Visit};
use crate::status::PqcStatus;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut, Range};
use core::{iter, ptr, slice};
use pqc_core::batch::Order;

/// Memory of the caller for one result.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcMutSlice {
    /// The memory.
    pub data: *mut u8,
    /// Its size, at least the length of the result.
    pub len: usize,
}

/// Output slots for a result of each item of a batch: an array of slices, or rows at equal distances.
///
/// An output slot that overlaps another one, or an input, is PQC_STATUS_OVERLAP for the whole batch. An item with a slot that is NULL
/// or too small is a bad item, PQC_STATUS_NULL_POINTER or PQC_STATUS_OUTPUT_LENGTH. A slot is zeros behind the result, and all
/// zeros for an item that failed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcMutColumn {
    /// One slot for each item, or NULL: then the other fields locate the slots.
    pub slices: *const PqcMutSlice,
    /// The first slot.
    pub data: *mut u8,
    /// Bytes of each slot.
    pub len: usize,
    /// Bytes from the start of a slot to the start of the next, at least `len`.
    pub stride: usize,
    /// Receives the length of each result, 0 for an item that failed, and is left as it is where the column is refused; or NULL.
    pub lens: *mut usize,
}

// The places of slots are computed like the places of inputs.
const _: () = {
    assert!(size_of::<PqcMutSlice>() == size_of::<PqcSlice>());
    assert!(align_of::<PqcMutSlice>() == align_of::<PqcSlice>());
};

/// An output slot, zeroed, and where the length of the result goes.
pub(crate) struct Slot<'a> {
    pub(crate) bytes: Result<&'a mut [u8], PqcStatus>,
    pub(crate) len: Option<&'a mut usize>,
}

/// The output slots of a batch. They are zeroed when they are dropped, unless their contents are kept.
pub(crate) struct Slots<'a> {
    all: Chunk<'a>,
    kept: bool,
}

impl Slots<'_> {
    /// The slots of each chunk in turn, in the order of the batch, each slot zeroed when its turn comes.
    pub(crate) fn chunks<'s>(&'s mut self, size: usize, order: &'s Order) -> impl Iterator<Item = Chunk<'s>> + Send {
        let mut rest = Chunk { turns: self.all.turns.clone(), order: Some(order), ..self.all };
        iter::from_fn(move || rest.split_off(size))
    }

    /// Leaves the contents of the slots to the caller.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Slots<'_> {
    fn drop(&mut self) {
        // Rows without bytes may be of any number: they are not visited.
        let has_bytes = self.all.places.are_slices() || self.all.places.row_bytes() > 0 || !self.all.lens.is_null();
        if has_bytes && !self.kept {
            Chunk { turns: self.all.turns.clone(), ..self.all }.for_each(drop);
        }
    }
}

/// The slots of some items, in the order of the batch, or in the caller's.
pub(crate) struct Chunk<'a> {
    places: Places,
    lens: *mut usize,
    order: Option<&'a Order>,
    turns: Range<usize>,
    lifetime: PhantomData<&'a mut [u8]>,
}

// SAFETY: like `&mut [&mut [u8]]`: no other chunk has these slots.
unsafe impl Send for Chunk<'_> {}

impl Chunk<'_> {
    /// Takes the first slots, at most `size`.
    fn split_off(&mut self, size: usize) -> Option<Self> {
        let end = self.turns.start.saturating_add(size).min(self.turns.end);
        let turns = self.turns.start..end;
        self.turns.start = end;
        (!turns.is_empty()).then_some(Self { turns, ..*self })
    }
}

impl<'a> Iterator for Chunk<'a> {
    type Item = Slot<'a>;

    fn next(&mut self) -> Option<Slot<'a>> {
        let turn = self.turns.next()?;
        let number = self.order.map_or(turn, |order| order.item(turn));
        // SAFETY: there is this slot with its length, each NULL or writable by the promise to `output_slots`; they overlap
        // nothing, or `overlap::check` had refused; and no other chunk has them, since an order has each item once.
        unsafe {
            let PqcSlice { data, len } = self.places.item(number);
            let bytes = zeroed_bytes(data.cast_mut(), len);
            let len = (!self.lens.is_null()).then(|| self.lens.add(number));
            let len = len.map(|len| {
                len.write(0);
                &mut *len
            });
            Some(Slot { bytes, len })
        }
    }
}

/// The argument that locates the output slots of a batch.
pub(crate) struct OutputSlots<'a> {
    at: *const PqcMutColumn,
    slots: Result<Chunk<'a>, PqcStatus>,
}

/// The argument that locates the output slots of `count` items.
///
/// # Safety
/// `column` is NULL or readable; its slots and its lengths are NULL, or writable and not otherwise used during `'a`.
pub(crate) unsafe fn output_slots<'a>(column: *const PqcMutColumn, count: usize) -> OutputSlots<'a> {
    // SAFETY: by the caller's promise.
    let known = unsafe { column.as_ref() }.ok_or(PqcStatus::NullPointer);
    OutputSlots { at: column, slots: known.and_then(|column| checked(*column, count)) }
}

/// The output slots, unless no memory has them.
fn checked<'a>(column: PqcMutColumn, count: usize) -> Result<Chunk<'a>, PqcStatus> {
    let PqcMutColumn { slices, data, len, stride, lens } = column;
    // Each item has a status: a batch with more statuses than fit in an array has no slots.
    fits(count.checked_mul(size_of::<i32>()))?;
    if slices.is_null() && data.is_null() && count > 0 {
        return Err(PqcStatus::NullPointer);
    }
    let places = Places::new(PqcColumn { slices: slices.cast(), data: data.cast_const(), len, stride }, count);
    let has_lens = lens.is_null() || fits(count.checked_mul(size_of::<usize>())).is_ok();
    match places {
        Ok(places) if has_lens && (!slices.is_null() || stride >= len || count <= 1) => {
            Ok(Chunk { places, lens, order: None, turns: 0..count, lifetime: PhantomData })
        }
        _ => Err(PqcStatus::OutputLength),
    }
}

impl<'a> Outputs for OutputSlots<'a> {
    type Zeroed = Slots<'a>;

    fn most(&self) -> usize {
        match &self.slots {
            Ok(slots) if slots.places.are_slices() => slots.places.count.saturating_add(1),
            _ => 2,
        }
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        let Ok(slots) = &self.slots else { return Ok(()) };
        visit(Extent::of(slots.lens, slots.places.count))?;
        // SAFETY: by the promise to `output_slots`.
        unsafe { slots.places.visit(visit) }
    }

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.at, 1))?;
        self.slots.as_ref().map_or(Ok(()), |slots| visit(slots.places.array()))
    }

    fn zero(self) -> Result<Slots<'a>, PqcStatus> {
        Ok(Slots { all: self.slots?, kept: false })
    }
}

/// A value of an output array.
pub(crate) trait Value {
    /// The value of an item without a result.
    const NONE: Self;

    /// Takes back a result that the caller does not get.
    fn discard(&mut self);
}

/// A status is a failure until its item has an outcome, and again if the batch fails: the outputs are zeroed then.
impl Value for i32 {
    const NONE: Self = PqcStatus::Internal as i32;

    fn discard(&mut self) {
        *self = Self::NONE;
    }
}

/// An output slot for a handle.
#[repr(transparent)]
pub(crate) struct HandleSlot<T>(*mut T);

// SAFETY: the slot owns the handle that is put into it, which may move to another thread.
unsafe impl<T: Send> Send for HandleSlot<T> {}

impl<T> HandleSlot<T> {
    /// Passes the handle to the caller.
    pub(crate) fn put(&mut self, handle: Shared<T>) -> PqcStatus {
        self.0 = into_handle(handle);
        PqcStatus::Ok
    }
}

impl<T> Value for HandleSlot<T> {
    const NONE: Self = Self(ptr::null_mut());

    fn discard(&mut self) {
        // SAFETY: NULL or made by this batch, and the caller does not get it.
        drop(unsafe { from_handle(self.0) });
        *self = Self::NONE;
    }
}

/// The argument that receives one value for each item.
pub(crate) struct OutputArray<'a, T> {
    data: *mut T,
    len: usize,
    lifetime: PhantomData<&'a mut [T]>,
}

/// The argument that receives the statuses of `count` items.
///
/// # Safety
/// `statuses` is NULL, or writable for `count` values and not otherwise used during `'a`.
pub(crate) unsafe fn statuses<'a>(statuses: *mut i32, count: usize) -> OutputArray<'a, i32> {
    OutputArray { data: statuses, len: count, lifetime: PhantomData }
}

/// The argument that receives `count` new handles.
///
/// # Safety
/// `handles` is NULL, or writable for `count` values and not otherwise used during `'a`.
pub(crate) unsafe fn new_handles<'a, T>(handles: *mut *mut T, count: usize) -> OutputArray<'a, HandleSlot<T>> {
    // A slot has the layout of its value.
    OutputArray { data: handles.cast(), len: count, lifetime: PhantomData }
}

impl<'a, T: Value> Outputs for OutputArray<'a, T> {
    type Zeroed = NewValues<'a, T>;

    fn most(&self) -> usize {
        1
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.data, self.len))
    }

    fn zero(self) -> Result<NewValues<'a, T>, PqcStatus> {
        fits(self.len.checked_mul(size_of::<T>()))?;
        if self.data.is_null() && self.len > 0 {
            return Err(PqcStatus::NullPointer);
        }
        let values = if self.len == 0 {
            Default::default()
        } else {
            // SAFETY: not NULL and writable for `len` values by the promise to `statuses` or `new_handles`; they are
            // initialised before there is a reference to them.
            unsafe {
                (0..self.len).for_each(|place| self.data.add(place).write(T::NONE));
                slice::from_raw_parts_mut(self.data, self.len)
            }
        };
        Ok(NewValues { values, done: false })
    }
}

/// The values of an output array. They are discarded when they are dropped, unless they are handed out.
pub(crate) struct NewValues<'a, T: Value> {
    values: &'a mut [T],
    done: bool,
}

impl<T: Value> NewValues<'_, T> {
    /// Leaves the values to the caller.
    pub(crate) fn hand_out(mut self) {
        self.done = true;
    }
}

impl<T: Value> Deref for NewValues<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.values
    }
}

impl<T: Value> DerefMut for NewValues<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.values
    }
}

impl<T: Value> Drop for NewValues<'_, T> {
    fn drop(&mut self) {
        if !self.done {
            self.values.iter_mut().for_each(T::discard);
        }
    }
}
