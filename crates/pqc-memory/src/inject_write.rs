//! For tests: a writer that changes the bytes of a caller around their copy, on this thread.

use core::cell::Cell;
use core::ptr::NonNull;

/// When a writer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has read the bytes yet.
    BeforeCopy,
    /// The copy is complete.
    AfterCopy,
}

/// The function that is called with the bytes of a caller.
pub type Writer = fn(Moment, NonNull<u8>, usize);

thread_local! {
    static WRITER: Cell<Option<Writer>> = const { Cell::new(None) };
}

/// Sets the writer of this thread, or removes it.
pub fn set_writer(writer: Option<Writer>) {
    WRITER.set(writer);
}

pub(crate) fn write(moment: Moment, data: NonNull<u8>, len: usize) {
    if let Some(writer) = WRITER.get() {
        writer(moment, data, len);
    }
}
