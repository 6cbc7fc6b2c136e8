//! One call of an exported function in which at most one argument is wrong.
//!
//! A `Call` hands out the arguments, so that it can put the wrong one in, and owns the outputs.

use super::arena::{Arena, How};
use super::metrics::MEMORY;
use super::{Handle, Owned, RUBBISH, is_empty, rubbish_buffer, rubbish_handle};
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr;
use pqc_ffi::columns::{PqcColumn, PqcSlice};
use pqc_ffi::memory::{FFIBuffer, ffi_buffer_free};
use pqc_ffi::monitoring::FFIMetrics;
use pqc_ffi::rooms::{PqcRoom, PqcRooms};
use pqc_ffi::status::PqcStatus;

/// The argument that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The pointer with this number, counted from 0 in the order of the parameters, is NULL.
    Null(usize),
    /// The input with this number has this length.
    Length(usize, usize),
    Flags(u32),
    ParameterSet(u32),
    Hash(u32),
    Operation(u32),
    /// The memory with this number is said to have this size.
    Capacity(usize, usize),
    /// The second of these arguments overlaps the first. Both are counted from 0 with what an argument points to.
    Overlap(usize, usize, How),
    /// The batch has so many items. All that it has for each item is right for one item.
    Count(usize),
    /// The same, and there is no memory for an output of each item.
    CountOfNothing(usize),
}

/// An input that can be read a few bytes beyond its length, so that a length above the right one is an honest one.
pub(crate) struct Input {
    bytes: Vec<u8>,
    length: usize,
}

impl Input {
    pub(crate) const SPARE: usize = 2;

    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { bytes: [bytes, &[0; Self::SPARE]].concat(), length: bytes.len() }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }
}

/// The length that an input must have, and the status that another one gives.
pub(crate) type Length = Option<(usize, PqcStatus)>;

/// An output of the caller.
struct Slot<T> {
    value: T,
    handed_out: bool,
}

impl<T> Slot<T> {
    fn new(value: T) -> Self {
        Self { value, handed_out: false }
    }
}

/// Memory of the caller that a result is written into, and where its length goes.
pub(crate) struct Room {
    /// The size of the result, or 0 if the function has no such output.
    pub(crate) size: usize,
    capacity: usize,
    bytes: Slot<[u8; Self::BYTES]>,
    len: Slot<usize>,
}

impl Room {
    /// More than the longest result.
    pub(crate) const BYTES: usize = 5000;

    fn new() -> Self {
        Self { size: 0, capacity: 0, bytes: Slot::new([0xa5; Self::BYTES]), len: Slot::new(RUBBISH) }
    }

    fn is_emptied(&self) -> bool {
        let bytes = self.bytes.value.get(..self.capacity).unwrap_or_default();
        let no_bytes = !self.bytes.handed_out || bytes.iter().all(|byte| *byte == 0);
        no_bytes && (!self.len.handed_out || self.len.value == 0)
    }

    fn is_filled(&self) -> bool {
        let (result, rest) = self.bytes.value.split_at(self.size);
        let says_so = !self.len.handed_out || self.len.value == self.size;
        self.size == 0
            || says_so && result.iter().any(|byte| *byte != 0) && {
                let (spare, beyond) = rest.split_at(self.capacity - self.size);
                spare.iter().all(|byte| *byte == 0) && beyond.iter().all(|byte| *byte == 0xa5)
            }
    }
}

const EMPTY_ROOMS: (PqcRooms, PqcRoom) = (
    PqcRooms { rooms: ptr::null(), data: ptr::null_mut(), len: 0, stride: 0 },
    PqcRoom { data: ptr::null_mut(), len: 0 },
);

const EMPTY_COLUMN: (PqcColumn, PqcSlice) =
    (PqcColumn { slices: ptr::null(), data: ptr::null(), len: 0, stride: 0 }, PqcSlice { data: ptr::null(), len: 0 });

/// See the module.
pub(crate) struct Call {
    fault: Fault,
    pub(crate) status: PqcStatus,
    pub(crate) pointers: usize,
    pub(crate) inputs: usize,
    /// What is known about the length of each input.
    pub(crate) lengths: [Length; 4],
    last_length: usize,
    /// The flags that the function knows, if it takes any.
    pub(crate) known_flags: Option<u32>,
    /// The parameter set that is right, if the function takes one.
    pub(crate) parameter_set: Option<u32>,
    /// Whether the function takes a number of items.
    pub(crate) is_batch: bool,
    /// The hash function that is right, if the function takes one.
    pub(crate) hash: Option<u32>,
    /// The operation that is right, if the function takes one.
    pub(crate) operation: Option<u32>,
    /// Two where the function makes one of two kinds of key.
    handles: [Slot<*mut c_void>; 2],
    free_handles: [Option<fn(*mut c_void)>; 2],
    cost: Slot<u64>,
    numbers: [Slot<u32>; 2],
    size: Slot<usize>,
    buffers: [Slot<FFIBuffer>; 2],
    pub(crate) rooms: [Room; 2],
    /// The same rooms as those of a batch of one item.
    batch_rooms: [(PqcRooms, PqcRoom); 2],
    /// The columns of a batch of one item, given as a slice or by a distance, whichever comes in turn.
    columns: [(PqcColumn, PqcSlice); 4],
    next_column: usize,
    batch_key: *const c_void,
    /// The status of that item.
    item: Slot<i32>,
    /// NULL if there is no such output. The fixture owns it, being large.
    metrics: *const FFIMetrics,
    /// Where all arguments are if two of them overlap, and the outputs in it that are to be freed.
    pub(crate) arena: Option<Arena>,
    buffers_in_arena: Vec<*mut FFIBuffer>,
    handles_in_arena: [*mut *mut c_void; 2],
}

impl Call {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            status: PqcStatus::Internal,
            pointers: 0,
            inputs: 0,
            lengths: [None; 4],
            last_length: 0,
            known_flags: None,
            parameter_set: None,
            is_batch: false,
            hash: None,
            operation: None,
            handles: [(); 2].map(|()| Slot::new(rubbish_handle())),
            free_handles: [None; 2],
            cost: Slot::new(u64::MAX),
            numbers: [(); 2].map(|()| Slot::new(u32::MAX)),
            size: Slot::new(RUBBISH),
            buffers: [(); 2].map(|()| Slot::new(rubbish_buffer())),
            rooms: [(); 2].map(|()| Room::new()),
            batch_rooms: [EMPTY_ROOMS; 2],
            columns: [EMPTY_COLUMN; 4],
            next_column: 0,
            batch_key: ptr::null(),
            item: Slot::new(i32::MIN),
            metrics: ptr::null(),
            arena: if let Fault::Overlap(first, second, how) = fault {
                Some(Arena::new(first, second, how))
            } else {
                None
            },
            buffers_in_arena: Vec::new(),
            handles_in_arena: [ptr::null_mut(); 2],
        }
    }

    /// The number of items of a batch.
    pub(crate) fn count(&mut self) -> usize {
        self.is_batch = true;
        if let Fault::Count(count) | Fault::CountOfNothing(count) = self.fault { count } else { 1 }
    }

    /// The number of what the call returned or, if that was about the item of its batch, of the status of the item.
    pub(crate) fn reason(&self) -> i32 {
        if self.status == PqcStatus::BatchItems { self.item.value } else { self.status as i32 }
    }

    /// Whether no output of each item has memory.
    fn has_nothing(&self) -> bool {
        matches!(self.fault, Fault::CountOfNothing(_))
    }

    /// Counts a pointer and tells whether it is to be NULL.
    fn next_is_null(&mut self) -> bool {
        self.pointers += 1;
        self.fault == Fault::Null(self.pointers - 1)
    }

    pub(crate) fn key<T: Handle>(&mut self, key: &Owned<T>) -> *const T {
        if let Some(arena) = &mut self.arena {
            arena.note(key.as_ptr());
        }
        if self.next_is_null() { ptr::null() } else { key.as_ptr() }
    }

    pub(crate) fn set(&mut self, id: u32) -> u32 {
        self.parameter_set = Some(id);
        if let Fault::ParameterSet(wrong) = self.fault { wrong } else { id }
    }

    pub(crate) fn hash(&mut self, id: u32) -> u32 {
        self.hash = Some(id);
        if let Fault::Hash(wrong) = self.fault { wrong } else { id }
    }

    pub(crate) fn operation(&mut self, number: u32) -> u32 {
        self.operation = Some(number);
        if let Fault::Operation(wrong) = self.fault { wrong } else { number }
    }

    pub(crate) fn flags(&mut self, known: u32) -> u32 {
        self.known_flags = Some(known);
        if let Fault::Flags(wrong) = self.fault { wrong } else { 0 }
    }

    /// An input of any length.
    pub(crate) fn any(&mut self, input: &Input) -> *const u8 {
        self.input(input, None)
    }

    /// An input of which another length gives the status `otherwise`.
    pub(crate) fn exact(&mut self, input: &Input, otherwise: PqcStatus) -> *const u8 {
        self.input(input, Some((input.length, otherwise)))
    }

    fn input(&mut self, input: &Input, length: Length) -> *const u8 {
        self.lengths[self.inputs] = length;
        self.last_length = match self.fault {
            Fault::Length(position, wrong) if position == self.inputs => wrong,
            _ => input.length,
        };
        self.inputs += 1;
        if let Some(arena) = &mut self.arena {
            return arena.input(&input.bytes[..input.length]);
        }
        if self.next_is_null() { ptr::null() } else { input.bytes.as_ptr() }
    }

    /// The length of the input that was handed out last.
    pub(crate) fn length(&self) -> usize {
        self.last_length
    }

    pub(crate) fn handle<T: Handle>(&mut self) -> *mut *mut T {
        self.one_of_handles(0)
    }

    /// Where the handle goes if the key is of this kind.
    pub(crate) fn one_of_handles<T: Handle>(&mut self, position: usize) -> *mut *mut T {
        self.free_handles[position] = Some(|handle| {
            // SAFETY: called once, by `drop`, with the handle that the library gave, or NULL.
            unsafe { T::FREE(handle.cast()) }
        });
        let is_null = self.next_is_null() || self.has_nothing();
        if let Some(arena) = &mut self.arena {
            self.handles_in_arena[position] = arena.output(1);
            return self.handles_in_arena[position].cast();
        }
        let slot = &mut self.handles[position];
        slot.handed_out = !is_null;
        if is_null { ptr::null_mut() } else { (&raw mut slot.value).cast() }
    }

    pub(crate) fn cost(&mut self) -> *mut u64 {
        if let Some(arena) = &mut self.arena {
            return arena.output(1);
        }
        self.cost.handed_out = !self.next_is_null();
        if self.cost.handed_out { &raw mut self.cost.value } else { ptr::null_mut() }
    }

    /// The one key of a batch.
    pub(crate) fn keys<T: Handle>(&mut self, key: &Owned<T>) -> *const *const T {
        self.batch_key = key.as_ptr().cast();
        if let Some(arena) = &mut self.arena {
            arena.note(key.as_ptr());
            return arena.input(&[key.as_ptr()]);
        }
        if self.next_is_null() { ptr::null() } else { (&raw const self.batch_key).cast() }
    }

    /// A column with an input of any length.
    pub(crate) fn column(&mut self, input: &Input) -> *const PqcColumn {
        self.column_of(input, None)
    }

    /// A column with an input of which another length gives its item the status `otherwise`.
    pub(crate) fn exact_column(&mut self, input: &Input, otherwise: PqcStatus) -> *const PqcColumn {
        self.column_of(input, Some((input.length, otherwise)))
    }

    fn column_of(&mut self, input: &Input, length: Length) -> *const PqcColumn {
        let is_null = self.next_is_null();
        let slice = PqcSlice { data: self.input(input, length), len: self.last_length };
        let number = self.next_column;
        self.next_column += 1;
        self.columns[number].1 = slice;
        let is_strided = number.is_multiple_of(2) || self.has_nothing();
        let slices = match &mut self.arena {
            Some(arena) if !is_strided => arena.input(&[slice]),
            _ => &raw const self.columns[number].1,
        };
        let in_slices = PqcColumn { slices, data: ptr::null(), len: 0, stride: 0 };
        let stride = if self.has_nothing() { 0 } else { slice.len };
        let strided = PqcColumn { slices: ptr::null(), data: slice.data, len: slice.len, stride };
        self.columns[number].0 = if is_strided { strided } else { in_slices };
        if let Some(arena) = &mut self.arena {
            return arena.input(&[self.columns[number].0]);
        }
        if is_null { ptr::null() } else { &raw const self.columns[number].0 }
    }

    /// Where the status of the item of a batch goes.
    pub(crate) fn statuses(&mut self) -> *mut i32 {
        if let Some(arena) = &mut self.arena {
            return arena.output(1);
        }
        self.item.handed_out = !self.next_is_null() && !self.has_nothing();
        if self.item.handed_out { &raw mut self.item.value } else { ptr::null_mut() }
    }

    pub(crate) fn number(&mut self, position: usize) -> *mut u32 {
        let is_null = self.next_is_null();
        if let Some(arena) = &mut self.arena {
            return arena.output(1);
        }
        let slot = &mut self.numbers[position];
        slot.handed_out = !is_null;
        if is_null { ptr::null_mut() } else { &raw mut slot.value }
    }

    pub(crate) fn size(&mut self) -> *mut usize {
        if let Some(arena) = &mut self.arena {
            return arena.output(1);
        }
        self.size.handed_out = !self.next_is_null();
        if self.size.handed_out { &raw mut self.size.value } else { ptr::null_mut() }
    }

    pub(crate) fn buffer(&mut self, position: usize) -> *mut FFIBuffer {
        let is_null = self.next_is_null();
        if let Some(arena) = &mut self.arena {
            let buffer = arena.output(1);
            self.buffers_in_arena.push(buffer);
            return buffer;
        }
        let slot = &mut self.buffers[position];
        slot.handed_out = !is_null;
        if is_null { ptr::null_mut() } else { &raw mut slot.value }
    }

    /// Memory with room for a result of `size` bytes.
    pub(crate) fn room(&mut self, position: usize, size: usize) -> *mut u8 {
        let is_null = self.next_is_null();
        let room = &mut self.rooms[position];
        if let Some(arena) = &mut self.arena {
            room.capacity = Room::BYTES;
            return arena.output(Room::BYTES);
        }
        room.size = size;
        room.bytes.handed_out = !is_null;
        room.capacity = match self.fault {
            Fault::Capacity(wrong, capacity) if wrong == position => capacity,
            _ => Room::BYTES,
        };
        if is_null { ptr::null_mut() } else { room.bytes.value.as_mut_ptr() }
    }

    /// The size of that memory, or a wrong one.
    pub(crate) fn capacity(&self, position: usize) -> usize {
        self.rooms[position].capacity
    }

    /// That memory as the only room of a batch: the first one by a distance, the second one in an array.
    pub(crate) fn batch_room(&mut self, position: usize, size: usize) -> *const PqcRooms {
        let is_null = self.next_is_null();
        let room = PqcRoom { data: self.room(position, size), len: self.capacity(position) };
        self.rooms[position].bytes.handed_out &= !is_null;
        self.batch_rooms[position].1 = room;
        let rooms = match &mut self.arena {
            Some(arena) if position > 0 => arena.input(&[room]),
            _ => &raw const self.batch_rooms[position].1,
        };
        self.batch_rooms[position].0 = match position {
            _ if self.has_nothing() => PqcRooms { rooms: ptr::null(), data: room.data, len: 0, stride: 0 },
            0 => PqcRooms { rooms: ptr::null(), data: room.data, len: room.len, stride: room.len },
            _ => PqcRooms { rooms, data: ptr::null_mut(), len: 0, stride: 0 },
        };
        if let Some(arena) = &mut self.arena {
            return arena.input(&[self.batch_rooms[position].0]);
        }
        if is_null { ptr::null() } else { &raw const self.batch_rooms[position].0 }
    }

    /// Where the length of what is written goes.
    pub(crate) fn written(&mut self, position: usize) -> *mut usize {
        let is_null = self.next_is_null();
        if let Some(arena) = &mut self.arena {
            return arena.output(1);
        }
        let len = &mut self.rooms[position].len;
        len.handed_out = !is_null;
        if is_null { ptr::null_mut() } else { &raw mut len.value }
    }

    /// The output of a snapshot, holding rubbish.
    pub(crate) fn metrics(&mut self, metrics: &UnsafeCell<FFIMetrics>) -> *mut FFIMetrics {
        if self.next_is_null() {
            return ptr::null_mut();
        }
        // SAFETY: the cell is borrowed, and nothing else points into it now.
        unsafe { (*metrics.get()).size = RUBBISH }
        self.metrics = metrics.get();
        metrics.get()
    }

    /// Memory for shared metrics.
    pub(crate) fn memory(&mut self) -> *mut u8 {
        if self.next_is_null() { ptr::null_mut() } else { MEMORY.0.get().cast() }
    }

    /// The size that a snapshot says, if there is one.
    fn metrics_size(&self) -> Option<usize> {
        // SAFETY: NULL, or the fixture's, which outlives the call.
        unsafe { self.metrics.as_ref() }.map(|metrics| metrics.size)
    }

    /// Whether every output that the function could reach holds nothing.
    pub(crate) fn is_emptied(&self) -> bool {
        let handles = self.handles.iter().all(|slot| !slot.handed_out || slot.value.is_null());
        let cost = !self.cost.handed_out || self.cost.value == 0;
        let numbers = self.numbers.iter().all(|slot| !slot.handed_out || slot.value == 0);
        let metrics = self.metrics_size().is_none_or(|size| size == 0);
        let buffers = self.buffers.iter().all(|slot| !slot.handed_out || is_empty(&slot.value));
        let item = !self.item.handed_out || self.item.value == PqcStatus::Internal as i32;
        let size = !self.size.handed_out || self.size.value == 0;
        // Memory for a number of items that no array has is not touched.
        let has_none = matches!(self.fault, Fault::Count(_) | Fault::CountOfNothing(_));
        let items = has_none || handles && item && self.rooms.iter().all(Room::is_emptied);
        cost && numbers && size && metrics && buffers && items
    }

    /// Whether every output that the function could reach holds a result.
    pub(crate) fn is_filled(&self) -> bool {
        let mut handles = self.handles.iter().filter(|slot| slot.handed_out).peekable();
        let has_none = handles.peek().is_none();
        let mut keys = handles.map(|slot| slot.value).filter(|handle| !handle.is_null());
        let handles = has_none || keys.next().is_some_and(|key| key.addr() != RUBBISH) && keys.next().is_none();
        let cost = !self.cost.handed_out || ![0, u64::MAX].contains(&self.cost.value);
        let is_set = |number: u32| number != u32::MAX && number != 0;
        let numbers = self.numbers.iter().all(|slot| !slot.handed_out || is_set(slot.value));
        let is_filled = |buffer: &FFIBuffer| !buffer.data.is_null() && buffer.len != RUBBISH && buffer.reserved <= 1;
        let metrics = self.metrics_size().is_none_or(|size| size == size_of::<FFIMetrics>());
        let buffers = self.buffers.iter().all(|slot| !slot.handed_out || is_filled(&slot.value));
        let item = !self.item.handed_out || self.item.value == PqcStatus::Ok as i32;
        let size = !self.size.handed_out || ![0, RUBBISH].contains(&self.size.value);
        handles && cost && numbers && size && metrics && buffers && item && self.rooms.iter().all(Room::is_filled)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if ![PqcStatus::Ok, PqcStatus::BatchItems].contains(&self.status) {
            return;
        }
        for slot in self.buffers.iter_mut().filter(|slot| slot.handed_out) {
            // SAFETY: a successful call filled the buffer.
            unsafe { ffi_buffer_free(&raw mut slot.value) }
        }
        for buffer in &self.buffers_in_arena {
            // SAFETY: a successful call filled the buffer, which the arena keeps.
            unsafe { ffi_buffer_free(*buffer) }
        }
        for ((slot, in_arena), free) in self.handles.iter().zip(self.handles_in_arena).zip(self.free_handles) {
            // SAFETY: NULL, or in the arena.
            let handle = unsafe { in_arena.as_ref() }.copied();
            if let Some(free) = free {
                free(handle.unwrap_or(slot.value));
            }
        }
    }
}
