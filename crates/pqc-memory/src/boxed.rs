//! Boxes with a fallible allocation.

use crate::Error;
use core::alloc::Layout;
use std::alloc::alloc;

/// Moves `value` to the heap, or reports that there is no memory: `Box::new` aborts the process instead, and its fallible form is
/// not stable.
///
/// The result coerces to a box of a trait object. A secret is written through it afterwards; `value` holds none yet.
pub fn try_box<T>(value: T) -> Result<Box<T>, Error> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        // A box of a type without size allocates nothing.
        return Ok(Box::new(value));
    }
    // SAFETY: the size of the layout is not 0.
    let place = unsafe { alloc(layout) }.cast::<T>();
    if place.is_null() {
        return Err(Error::OutOfMemory);
    }
    // SAFETY: the global allocator has allocated `place` with the layout of a T, and nothing else points to it; a box frees it
    // with the same allocator and layout.
    unsafe {
        place.write(value);
        Ok(Box::from_raw(place))
    }
}
