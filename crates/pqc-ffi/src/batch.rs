//! Batches at the border: pieces of one are made of columns, worked through below, and counted item by item.

use crate::boundary::fits;
use crate::calls::{count_items, start_of_times, time_each};
use crate::memory::{Buffer, FFIBuffer};
use crate::slots::NewStatuses;

use crate::operation::Action;
use crate::status::PqcStatus;
use arrayvec::ArrayVec;
use pqc_core::batch::{self, Decapsulation, Encapsulation, Signing, Verification};
use pqc_core::{Algorithm, Error, Memory};

/// An item that is refused before it is worked on: the number of its parameter set, 0 if that is unknown, and why.
pub(crate) struct Refusal(pub(crate) Option<Algorithm>, pub(crate) PqcStatus);

/// An item that can be worked on.
pub(crate) trait Item {
    /// The number of its parameter set.
    fn set(&self) -> Algorithm;
    /// What became of it.
    fn outcome(&self) -> Result<(), Error>;
}

/// Implements [`Item`] by the methods of the same meaning.
macro_rules! implement {
    ($($item:ident),*) => {
        $(impl Item for $item<'_> {
            fn set(&self) -> Algorithm {
                self.algorithm()
            }

            fn outcome(&self) -> Result<(), Error> {
                self.outcome().map(|_| ())
            }
        })*
    };
}

implement!(Verification, Signing, Encapsulation, Decapsulation);

/// Works through the pieces of a batch of `count` items on as many threads as were asked for.
pub(crate) fn run<P>(
    threads: u32,
    count: usize,
    piece: usize,
    pieces: impl Iterator<Item = P> + Send,
    work: impl Fn(P) + Sync,
) -> Result<(), PqcStatus> {
    let threads = batch::threads(usize::try_from(threads).unwrap_or(usize::MAX), count.div_ceil(piece))?;
    batch::run(threads, pieces, work);
    Ok(())
}

/// Works through one piece: writes the status of each item, and counts it.
pub(crate) fn work<I: Item, const PIECE: usize>(
    operation: Action,
    statuses: &mut [i32],
    items: impl Iterator<Item = Result<I, Refusal>>,
    all: impl FnOnce(&mut [I]),
) {
    let (mut ready, mut places) = (ArrayVec::<I, PIECE>::new(), ArrayVec::<&mut i32, PIECE>::new());
    for (place, item) in statuses.iter_mut().zip(items) {
        match item {
            Ok(item) => {
                ready.push(item);
                places.push(place);
            }
            Err(Refusal(set, status)) => {
                *place = status as i32;
                count_items(operation, set, status, 1, None);
            }
        }
    }
    let start = start_of_times();
    all(&mut ready);
    let time = time_each(start, ready.len());
    for (item, place) in ready.iter().zip(places) {
        *place = status_of(item.outcome()) as i32;
    }
    for alike in ready.chunk_by(|one, next| one.set() == next.set() && one.outcome() == next.outcome()) {
        let status = status_of(alike[0].outcome());
        count_items(operation, Some(alike[0].set()), status, alike.len(), time);
    }
}

pub(crate) fn status_of(outcome: Result<(), Error>) -> PqcStatus {
    outcome.map_or_else(PqcStatus::from, |()| PqcStatus::Ok)
}

/// Hands out the statuses, and says what the batch as a whole returns.
pub(crate) fn verdict(statuses: NewStatuses<'_>) -> Result<(), PqcStatus> {
    let are_ok = statuses.iter().all(|status| *status == PqcStatus::Ok as i32);
    statuses.hand_out();
    if are_ok { Ok(()) } else { Err(PqcStatus::BatchItems) }
}

/// Memory with zeros for an output, or why there is none.
pub(crate) type Room<'a> = Result<&'a mut [u8], PqcStatus>;

/// A buffer with a row of so many bytes for each item; none if there would be nothing in it.
pub(crate) struct Rows {
    buffer: Option<Buffer>,
    row: usize,
}

impl Rows {
    /// Rows of zeros.
    pub(crate) fn zeroed(memory: Memory, count: usize, row: usize) -> Result<Self, PqcStatus> {
        let len = fits(count.checked_mul(row))?;
        let buffer = if len == 0 { None } else { Some(Buffer::zeroed(memory, len)?) };
        Ok(Self { buffer, row })
    }

    /// The rows of each piece in turn, as rooms for its outputs.
    pub(crate) fn pieces(&mut self, piece: usize) -> impl Iterator<Item: Iterator<Item = Room<'_>>> + Send {
        let (bytes, row) = (self.buffer.as_mut().map_or_else(Default::default, Buffer::as_mut_slice), self.row);
        bytes.chunks_mut(piece * row).map(move |rows| rows.chunks_mut(row).map(Ok))
    }

    /// Gives the memory to the caller.
    pub(crate) fn into_ffi(self) -> FFIBuffer {
        self.buffer.map_or(FFIBuffer::EMPTY, Buffer::into_ffi)
    }
}
