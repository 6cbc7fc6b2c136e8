//! Inputs of a batch: columns, with one place for each item, and keys.
#![allow(unsafe_code, reason = "a column is the caller's memory, read by several threads")]

use crate::boundary::{Inputs, caller_bytes, fits};
use crate::key_ffi::PqcPublicKey;
use crate::overlap::{Extent, Visit};
use crate::settings::key_options;
use crate::status::PqcStatus;
use core::marker::PhantomData;
use core::slice;
use pqc_core::{Algorithm, CallerBytes, KeyOptions};

/// Bytes of the caller: one item of a column.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcSlice {
    /// The bytes; NULL if `len` is 0.
    pub data: *const u8,
    /// Their number.
    pub len: usize,
}

/// An input of each item of a batch: an array of slices, or items at equal distances, such as the rows of a table.
///
/// All zeros stands for the empty string as the input of every item, for a batch without contexts. An item that is NULL
/// and has a length above 0 is a bad item, PQC_STATUS_NULL_POINTER.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcColumn {
    /// One slice for each item, or NULL: then the other fields locate the items.
    pub slices: *const PqcSlice,
    /// The first item.
    pub data: *const u8,
    /// Bytes of each item.
    pub len: usize,
    /// Bytes from the start of an item to the start of the next; 0 if one item serves all.
    pub stride: usize,
}

/// The public keys of a batch of KEM or signature items: handles, or encodings that are loaded for one item each.
///
/// Load a key once if it serves many items.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PqcPublicKeys {
    /// The handles, or NULL for encodings, and then their number is 0.
    pub handles: *const *const PqcPublicKey,
    /// Their number: 1, or the number of items.
    pub handle_count: usize,
    /// The encodings, as `pqc_public_key_bytes` returns them.
    pub encodings: PqcColumn,
    /// PQC_ALGORITHM_* of the encodings; NULL with handles.
    pub algorithms: *const u32,
    /// Their number: 1, or the number of items; 0 with handles.
    pub algorithm_count: usize,
    /// 0 or PQC_KEY_*, for the encodings; 0 with handles.
    pub flags: u32,
}

/// The places of the items of a column, of inputs and of outputs alike.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    column: PqcColumn,
    pub(crate) count: usize,
}

impl Places {
    /// The places of `count` items, unless no memory has them.
    pub(crate) fn new(column: PqcColumn, count: usize) -> Result<Self, PqcStatus> {
        let end = if column.slices.is_null() {
            let last = count.saturating_sub(1).checked_mul(column.stride);
            last.and_then(|last| last.checked_add(column.len))
        } else {
            count.checked_mul(size_of::<PqcSlice>())
        };
        fits(end)?;
        Ok(Self { column, count })
    }

    pub(crate) fn are_slices(&self) -> bool {
        !self.column.slices.is_null()
    }

    /// Bytes of each item that is not in such an array.
    pub(crate) fn row_bytes(&self) -> usize {
        self.column.len
    }

    pub(crate) fn array(&self) -> Extent {
        Extent::of(self.column.slices, self.count)
    }

    /// Visits the memory of all items.
    ///
    /// # Safety
    /// The column has `count` items.
    pub(crate) unsafe fn visit(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        let PqcColumn { slices, data, len, stride } = self.column;
        if slices.is_null() {
            return visit(Extent::table(data, len, stride, self.count));
        }
        (0..self.count).try_for_each(|number| {
            // SAFETY: by the caller's promise.
            let slice = unsafe { slices.add(number).read() };
            visit(Extent::of(slice.data, slice.len))
        })
    }

    /// The place of an item.
    ///
    /// # Safety
    /// The column has `count` items, and `number` is below `count`.
    pub(crate) unsafe fn item(&self, number: usize) -> PqcSlice {
        let PqcColumn { slices, data, len, stride } = self.column;
        if slices.is_null() {
            // The offset fits: `new` has computed the last one.
            return PqcSlice { data: data.wrapping_add(number * stride), len };
        }
        // SAFETY: by the caller's promise.
        unsafe { slices.add(number).read() }
    }
}

/// A column that can be read.
pub(crate) struct Column<'a>(Places, PhantomData<&'a [u8]>);

// SAFETY: like `&[&[u8]]`: the caller's memory is read only.
unsafe impl Sync for Column<'_> {}

impl<'a> Column<'a> {
    /// An item that nobody writes to.
    pub(crate) fn item(&self, number: usize) -> Result<&'a [u8], PqcStatus> {
        // SAFETY: by the promise to `column`.
        self.copied_item(number).map(|bytes| unsafe { bytes.as_slice() })
    }

    /// An item that decides about a secret.
    pub(crate) fn copied_item(&self, number: usize) -> Result<CallerBytes<'a>, PqcStatus> {
        if number >= self.0.count {
            return Err(PqcStatus::Internal);
        }
        // SAFETY: the column has this item, and each item is NULL or readable, by the promise to `column`.
        unsafe {
            let PqcSlice { data, len } = self.0.item(number);
            caller_bytes(data, len)
        }
    }
}

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
    let known = unsafe { column.as_ref() }.ok_or(PqcStatus::NullPointer);
    let checked = known.and_then(|known| {
        let places = Places::new(*known, count)?;
        if known.slices.is_null() && known.data.is_null() && known.len > 0 && count > 0 {
            return Err(PqcStatus::NullPointer);
        }
        Ok(Column(places, PhantomData))
    });
    ColumnArgument { at: column, column: checked }
}

impl<'a> Inputs for ColumnArgument<'a> {
    type Borrowed = Result<Column<'a>, PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.at, 1))?;
        let Ok(Column(places, _)) = &self.column else { return Ok(()) };
        visit(places.array())?;
        // SAFETY: by the promise to `column`.
        unsafe { places.visit(visit) }
    }

    fn borrow(self) -> Self::Borrowed {
        self.column
    }
}

/// A value for all items of a batch, or a value for each.
#[derive(Clone, Copy)]
struct OneOrEach<'a, V>(&'a [V]);

impl<'a, V: Copy> OneOrEach<'a, V> {
    /// # Safety
    /// `values` is NULL or readable for `len` values during `'a`.
    unsafe fn new(values: *const V, len: usize, count: usize) -> Result<Self, PqcStatus> {
        if len != 1 && len != count {
            return Err(PqcStatus::BatchCount);
        }
        match fits(len.checked_mul(size_of::<V>()))? {
            0 => Ok(Self(&[])),
            _ if values.is_null() => Err(PqcStatus::NullPointer),
            // SAFETY: not NULL, readable by the caller's promise, and its size fits an isize.
            _ => Ok(Self(unsafe { slice::from_raw_parts(values, len) })),
        }
    }

    fn item(self, number: usize) -> Result<V, PqcStatus> {
        if let [one] = self.0 { Ok(*one) } else { self.0.get(number).copied().ok_or(PqcStatus::Internal) }
    }

    fn extent(self) -> Extent {
        Extent::of(self.0.as_ptr(), self.0.len())
    }
}

/// The keys of a batch.
pub(crate) struct Keys<'a, T>(OneOrEach<'a, *const T>);

// SAFETY: like `&[&T]`.
unsafe impl<T: Sync> Sync for Keys<'_, T> {}

impl<'a, T> Keys<'a, T> {
    pub(crate) fn item(&self, number: usize) -> Result<&'a T, PqcStatus> {
        // SAFETY: NULL or a handle that is alive, by the promise to `keys`.
        unsafe { self.0.item(number)?.as_ref() }.ok_or(PqcStatus::NullPointer)
    }

    /// All keys that are not NULL: a key for each item, or one for all items.
    pub(crate) fn each(&self) -> impl Iterator<Item = &'a T> {
        // SAFETY: as in `item`.
        self.0.0.iter().filter_map(|key| unsafe { key.as_ref() })
    }
}

pub(crate) struct KeysArgument<'a, T>(Result<Keys<'a, T>, PqcStatus>);

/// The argument that is the keys of a batch of `count` items.
///
/// # Safety
/// `handles` is NULL or readable for `key_count` pointers, each NULL or a handle that is not freed during `'a`.
pub(crate) unsafe fn keys<'a, T>(handles: *const *const T, key_count: usize, count: usize) -> KeysArgument<'a, T> {
    // SAFETY: by the caller's promise.
    KeysArgument(unsafe { OneOrEach::new(handles, key_count, count) }.map(Keys))
}

impl<'a, T> Inputs for KeysArgument<'a, T> {
    type Borrowed = Result<Keys<'a, T>, PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        let Ok(Keys(handles)) = self.0 else { return Ok(()) };
        visit(handles.extent())?;
        handles.0.iter().try_for_each(|handle| visit(Extent::of(*handle, 1)))
    }

    fn borrow(self) -> Self::Borrowed {
        self.0
    }
}

pub(crate) enum PublicKeys<'a> {
    Handles(Keys<'a, PqcPublicKey>),
    Encodings(Encodings<'a>),
}

/// Encodings, and their algorithms.
pub(crate) struct Encodings<'a> {
    encodings: Column<'a>,
    algorithms: OneOrEach<'a, u32>,
    pub(crate) options: KeyOptions,
}

impl<'a> Encodings<'a> {
    pub(crate) fn item(&self, number: usize) -> Result<&'a [u8], PqcStatus> {
        self.encodings.item(number)
    }

    pub(crate) fn algorithm(&self, number: usize) -> Result<Algorithm, PqcStatus> {
        Algorithm::from_id(self.algorithms.item(number)?).ok_or(PqcStatus::UnknownAlgorithm)
    }
}

pub(crate) struct PublicKeysArgument<'a> {
    at: *const PqcPublicKeys,
    handles: KeysArgument<'a, PqcPublicKey>,
    encodings: Option<EncodingsArgument<'a>>,
}

struct EncodingsArgument<'a> {
    column: ColumnArgument<'a>,
    algorithms: Result<OneOrEach<'a, u32>, PqcStatus>,
    flags: u32,
}

/// The argument that is the public keys of a batch of `count` items.
///
/// # Safety
/// `public_keys` is NULL or readable, and so are its handles or encodings, as `keys` and `column` demand.
pub(crate) unsafe fn public_keys<'a>(public_keys: *const PqcPublicKeys, count: usize) -> PublicKeysArgument<'a> {
    let handles = KeysArgument(Err(PqcStatus::NullPointer));
    let mut argument = PublicKeysArgument { at: public_keys, handles, encodings: None };
    // SAFETY: by the caller's promise.
    unsafe {
        match public_keys.as_ref() {
            None => (),
            Some(given) if given.handles.is_null() && given.handle_count == 0 => {
                argument.encodings = Some(EncodingsArgument {
                    column: column(&raw const given.encodings, count),
                    algorithms: OneOrEach::new(given.algorithms, given.algorithm_count, count),
                    flags: given.flags,
                });
            }
            Some(PqcPublicKeys { flags: 1.., .. }) => argument.handles = KeysArgument(Err(PqcStatus::UnknownFlags)),
            Some(PqcPublicKeys { algorithm_count: 1.., .. }) => {
                argument.handles = KeysArgument(Err(PqcStatus::BatchCount))
            }
            Some(given) => argument.handles = keys(given.handles, given.handle_count, count),
        }
    }
    argument
}

impl<'a> Inputs for PublicKeysArgument<'a> {
    type Borrowed = Result<PublicKeys<'a>, PqcStatus>;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        visit(Extent::of(self.at, 1))?;
        match &self.encodings {
            Some(encodings) => {
                encodings.column.reads(visit)?;
                encodings.algorithms.map_or(Ok(()), |algorithms| visit(algorithms.extent()))
            }
            None => self.handles.reads(visit),
        }
    }

    fn borrow(self) -> Self::Borrowed {
        match self.encodings {
            Some(EncodingsArgument { column, algorithms, flags }) => Ok(PublicKeys::Encodings(Encodings {
                encodings: column.borrow()?,
                algorithms: algorithms?,
                options: key_options(flags)?.checked()?,
            })),
            None => Ok(PublicKeys::Handles(self.handles.borrow()?)),
        }
    }
}
