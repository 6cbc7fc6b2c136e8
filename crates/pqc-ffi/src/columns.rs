//! Inputs and outputs of a batch: columns, of which each item takes one place.
#![allow(unsafe_code, reason = "a column is the caller's memory, read and written by several threads")]

use crate::boundary::borrowed_bytes;
use crate::handle::Shared;
use crate::overlap::{Extent, Inputs, Outputs, Visit};
use crate::status::PqcStatus;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::{ptr, slice};

/// Bytes of the caller: one item of a column.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcSlice {
    /// The bytes; NULL if `len` is 0.
    pub data: *const u8,
    /// How many there are.
    pub len: usize,
}

/// An input of each item of a batch: an array of slices, or items at equal distances, such as the rows of a table.
///
/// All zeros stands for the empty string as the input of every item, for a batch without contexts. An item that is NULL
/// and has a length above 0 is a bad item, PQC_STATUS_NULL_POINTER.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcColumn {
    /// One slice for each item, or NULL: then the other fields tell where the items are.
    pub slices: *const PqcSlice,
    /// The first item.
    pub data: *const u8,
    /// Bytes of each item.
    pub len: usize,
    /// Bytes from where an item begins to where the next one does; 0 if one item serves all.
    pub stride: usize,
}

/// A column that can be read.
pub(crate) struct Column<'a> {
    column: PqcColumn,
    count: usize,
    lifetime: PhantomData<&'a [u8]>,
}

// SAFETY: like `&[&[u8]]`: the caller's memory is read only.
unsafe impl Sync for Column<'_> {}

impl<'a> Column<'a> {
    /// The input of an item.
    pub(crate) fn item(&self, number: usize) -> Result<&'a [u8], PqcStatus> {
        if number >= self.count {
            return Err(PqcStatus::Internal);
        }
        let PqcColumn { slices, data, len, stride } = self.column;
        // SAFETY: the column has this item, and each item is NULL or readable, by the promise to `column`; that the
        // offset fits was checked in `ColumnArgument::new`.
        unsafe {
            if slices.is_null() {
                return borrowed_bytes(data.wrapping_add(number * stride), len);
            }
            let slice = slices.add(number).read();
            borrowed_bytes(slice.data, slice.len)
        }
    }
}

/// The argument that is a column.
pub(crate) struct ColumnArgument<'a> {
    at: *const PqcColumn,
    column: Result<Column<'a>, PqcStatus>,
}

/// The argument that is a column with an input for each of `count` items.
///
/// # Safety
/// `column` is NULL or readable; its slices or its items are NULL or readable during `'a`.
pub(crate) unsafe fn column<'a>(column: *const PqcColumn, count: usize) -> ColumnArgument<'a> {
    // SAFETY: by the caller's promise.
    let checked = unsafe { column.as_ref() }.ok_or(PqcStatus::NullPointer).and_then(|column| checked(*column, count));
    ColumnArgument { at: column, column: checked }
}

/// The column, unless no memory can be one.
fn checked<'a>(column: PqcColumn, count: usize) -> Result<Column<'a>, PqcStatus> {
    let end = if column.slices.is_null() {
        let last = count.saturating_sub(1).checked_mul(column.stride);
        last.and_then(|last| last.checked_add(column.len))
    } else {
        count.checked_mul(size_of::<PqcSlice>())
    };
    fits(end)?;
    if column.slices.is_null() && column.data.is_null() && column.len > 0 && count > 0 {
        return Err(PqcStatus::NullPointer);
    }
    Ok(Column { column, count, lifetime: PhantomData })
}

impl<'a> Inputs for ColumnArgument<'a> {
    type Borrowed = Result<Column<'a>, PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.at, 1))?;
        let Ok(Column { column: PqcColumn { slices, data, len, stride }, count, .. }) = self.column else {
            return Ok(());
        };
        if slices.is_null() {
            return visit(Extent::table(data, len, stride, count));
        }
        visit(Extent::of(slices, count))?;
        (0..count).try_for_each(|number| {
            // SAFETY: the column has this slice, by the promise to `column`.
            let slice = unsafe { slices.add(number).read() };
            visit(Extent::of(slice.data, slice.len))
        })
    }

    fn borrow(self) -> Self::Borrowed {
        self.column
    }
}

/// A length in bytes that an object can have.
pub(crate) fn fits(length: Option<usize>) -> Result<usize, PqcStatus> {
    length.filter(|length| isize::try_from(*length).is_ok()).ok_or(PqcStatus::InputTooLong)
}

/// The keys of a batch: one for all items, or one for each.
pub(crate) struct Keys<'a, T>(&'a [*const T]);

// SAFETY: like `&[&T]`.
unsafe impl<T: Sync> Sync for Keys<'_, T> {}

impl<'a, T> Keys<'a, T> {
    /// The key of an item.
    pub(crate) fn item(&self, number: usize) -> Result<&'a T, PqcStatus> {
        let handle = if let [one] = self.0 { one } else { self.0.get(number).ok_or(PqcStatus::Internal)? };
        // SAFETY: NULL or a handle that is alive, by the promise to `keys`.
        unsafe { handle.as_ref() }.ok_or(PqcStatus::NullPointer)
    }

    /// Every key that there is.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a T> {
        // SAFETY: as above.
        self.0.iter().filter_map(|handle| unsafe { handle.as_ref() })
    }
}

/// The argument that is the keys of a batch.
pub(crate) struct KeysArgument<'a, T>(Result<Keys<'a, T>, PqcStatus>);

/// The argument that is the keys of a batch of `count` items.
///
/// # Safety
/// `handles` is NULL or readable for `key_count` pointers, of which each is NULL or a handle that is not freed during `'a`.
pub(crate) unsafe fn keys<'a, T>(handles: *const *const T, key_count: usize, count: usize) -> KeysArgument<'a, T> {
    KeysArgument(if key_count != 1 && key_count != count {
        Err(PqcStatus::BatchCount)
    } else {
        // SAFETY: by the caller's promise.
        unsafe { array(handles, key_count) }.map(Keys)
    })
}

impl<'a, T> Inputs for KeysArgument<'a, T> {
    type Borrowed = Result<Keys<'a, T>, PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        let Ok(Keys(handles)) = self.0 else { return Ok(()) };
        visit(Extent::of(handles.as_ptr(), handles.len()))?;
        handles.iter().try_for_each(|handle| visit(Extent::of(*handle, 1)))
    }

    fn borrow(self) -> Self::Borrowed {
        self.0
    }
}

/// # Safety
/// `data` is NULL or readable for `len` values during `'a`.
unsafe fn array<'a, T>(data: *const T, len: usize) -> Result<&'a [T], PqcStatus> {
    fits(len.checked_mul(size_of::<T>()))?;
    match len {
        0 => Ok(&[]),
        _ if data.is_null() => Err(PqcStatus::NullPointer),
        // SAFETY: not NULL, readable by the caller's promise, and its size fits an isize.
        _ => Ok(unsafe { slice::from_raw_parts(data, len) }),
    }
}

/// An output of one value for each item.
struct OutputArray<'a, T> {
    data: *mut T,
    len: usize,
    lifetime: PhantomData<&'a mut [T]>,
}

impl<'a, T> OutputArray<'a, T> {
    /// Gives each value the one that stands for no result.
    fn fill(self, empty: impl Fn() -> T) -> Result<&'a mut [T], PqcStatus> {
        fits(self.len.checked_mul(size_of::<T>()))?;
        if self.len == 0 {
            return Ok(&mut []);
        }
        if self.data.is_null() {
            return Err(PqcStatus::NullPointer);
        }
        // SAFETY: not NULL and writable for `len` values by the promise to `statuses` or `new_handles`; they are
        // initialised before there is a reference to them.
        unsafe {
            (0..self.len).for_each(|place| self.data.add(place).write(empty()));
            Ok(slice::from_raw_parts_mut(self.data, self.len))
        }
    }
}

/// The argument that receives statuses.
pub(crate) struct Statuses<'a>(OutputArray<'a, i32>);

/// The argument that receives the statuses of `count` items, which are failures until it is known what they are.
///
/// # Safety
/// `statuses` is NULL, or writable for `count` values and not otherwise used during `'a`.
pub(crate) unsafe fn statuses<'a>(statuses: *mut i32, count: usize) -> Statuses<'a> {
    Statuses(OutputArray { data: statuses, len: count, lifetime: PhantomData })
}

impl<'a> Outputs for Statuses<'a> {
    type Zeroed = NewStatuses<'a>;

    fn most(&self) -> usize {
        1
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.0.data, self.0.len))
    }

    fn zero(self) -> Result<NewStatuses<'a>, PqcStatus> {
        Ok(NewStatuses { statuses: self.0.fill(|| NO_STATUS)?, done: false })
    }
}

/// The status of an item of which nothing is known.
const NO_STATUS: i32 = PqcStatus::Internal as i32;

/// The statuses of a batch. They are failures again when they are dropped, unless they are handed out: after a panic, the
/// outputs of the items that succeeded are gone too.
pub(crate) struct NewStatuses<'a> {
    statuses: &'a mut [i32],
    done: bool,
}

impl NewStatuses<'_> {
    /// Leaves the statuses to the caller.
    pub(crate) fn hand_out(mut self) {
        self.done = true;
    }
}

impl Deref for NewStatuses<'_> {
    type Target = [i32];

    fn deref(&self) -> &[i32] {
        self.statuses
    }
}

impl DerefMut for NewStatuses<'_> {
    fn deref_mut(&mut self) -> &mut [i32] {
        self.statuses
    }
}

impl Drop for NewStatuses<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.statuses.fill(NO_STATUS);
        }
    }
}

/// A place for a handle.
#[repr(transparent)]
pub(crate) struct Place<T>(*mut T);

// SAFETY: the place owns the handle that is put into it, which may be given to another thread.
unsafe impl<T: Send> Send for Place<T> {}

impl<T> Place<T> {
    /// Gives the handle to the caller.
    pub(crate) fn put(&mut self, handle: Shared<T>) -> PqcStatus {
        self.0 = handle.into_raw();
        PqcStatus::Ok
    }
}

/// The handles that a batch makes, taken back and freed unless they are handed out.
pub(crate) struct NewHandles<'a, T> {
    places: &'a mut [Place<T>],
    done: bool,
}

impl<T> NewHandles<'_, T> {
    /// Where the handles go.
    pub(crate) fn places(&mut self) -> &mut [Place<T>] {
        self.places
    }

    /// Leaves the handles to the caller.
    pub(crate) fn hand_out(mut self) {
        self.done = true;
    }
}

impl<T> Drop for NewHandles<'_, T> {
    fn drop(&mut self) {
        if !self.done {
            for place in &mut *self.places {
                // SAFETY: NULL or made by this batch, and the caller does not get it.
                drop(unsafe { Shared::from_raw(place.0) });
                *place = Place(ptr::null_mut());
            }
        }
    }
}

/// The argument that receives handles.
pub(crate) struct HandleSlots<'a, T>(OutputArray<'a, Place<T>>);

/// The argument that receives `count` new handles.
///
/// # Safety
/// `handles` is NULL, or writable for `count` values and not otherwise used during `'a`.
pub(crate) unsafe fn new_handles<'a, T>(handles: *mut *mut T, count: usize) -> HandleSlots<'a, T> {
    // A place is what it holds.
    HandleSlots(OutputArray { data: handles.cast(), len: count, lifetime: PhantomData })
}

impl<'a, T> Outputs for HandleSlots<'a, T> {
    type Zeroed = NewHandles<'a, T>;

    fn most(&self) -> usize {
        1
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.0.data, self.0.len))
    }

    fn zero(self) -> Result<NewHandles<'a, T>, PqcStatus> {
        Ok(NewHandles { places: self.0.fill(|| Place(ptr::null_mut()))?, done: false })
    }
}
