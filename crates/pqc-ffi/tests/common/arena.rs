//! Memory for all arguments of a call, in which two of them may overlap.

use core::ptr;

/// How two arguments overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// They begin at the same byte.
    SameStart,
    /// The second one begins in the last bytes of the first.
    AtTheEnd,
    /// The second one ends in the first bytes of the first.
    AtTheStart,
}

impl How {
    pub(crate) const ALL: [Self; 3] = [Self::SameStart, Self::AtTheEnd, Self::AtTheStart];
}

/// The memory of an argument, or memory that an argument points to.
#[derive(Clone, Copy)]
struct Region {
    start: *mut u8,
    len: usize,
    is_output: bool,
}

/// See the module. Every argument has a block of its own, except the second one of the pair that overlaps.
pub(crate) struct Arena {
    overlap: (usize, usize, How),
    memory: *mut [u64],
    /// What the memory must still hold after the call.
    expected: Vec<u8>,
    regions: Vec<Region>,
}

impl Arena {
    /// More than twice the longest argument.
    const BLOCK: usize = 16 * 1024;
    const BLOCKS: usize = 16;

    pub(crate) fn new(first: usize, second: usize, how: How) -> Self {
        let words = vec![u64::from_ne_bytes([0xa5; 8]); Self::BLOCK * Self::BLOCKS / size_of::<u64>()];
        let memory = Box::into_raw(words.into_boxed_slice());
        let expected = vec![0xa5; Self::BLOCK * Self::BLOCKS];
        Self { overlap: (first, second, how), memory, expected, regions: Vec::new() }
    }

    fn base(&self) -> *mut u8 {
        self.memory.cast()
    }

    /// Memory for an output of a type or of bytes.
    pub(crate) fn output<T>(&mut self, len: usize) -> *mut T {
        self.place::<T>(len, true)
    }

    /// Memory for an input, which holds it.
    pub(crate) fn input<T: Copy>(&mut self, values: &[T]) -> *mut T {
        let place = self.place::<T>(values.len(), false);
        let start = place.cast::<u8>();
        // SAFETY: a block is longer than any argument, and none of these types has padding.
        unsafe {
            place.copy_from_nonoverlapping(values.as_ptr(), values.len());
            let offset = start.offset_from_unsigned(self.base());
            let expected = &mut self.expected[offset..][..size_of_val(values)];
            start.copy_to_nonoverlapping(expected.as_mut_ptr(), expected.len());
        }
        place
    }

    /// Takes note of an input that is elsewhere.
    pub(crate) fn note<T>(&mut self, input: *const T) {
        self.regions.push(Region { start: input.cast_mut().cast(), len: size_of::<T>(), is_output: false });
    }

    fn place<T>(&mut self, len: usize, is_output: bool) -> *mut T {
        let (first, second, how) = self.overlap;
        let (number, len) = (self.regions.len(), len * size_of::<T>());
        let aligned = |bytes: usize| bytes - bytes % align_of::<T>();
        let start = match self.regions.get(first).filter(|first| number == second && (is_output || first.is_output)) {
            None => self.base().wrapping_add(number * Self::BLOCK + Self::BLOCK / 2),
            Some(first) => match how {
                How::SameStart => first.start,
                How::AtTheEnd => first.start.wrapping_add(aligned(first.len - 1)),
                How::AtTheStart => first.start.wrapping_sub(aligned(len - 1)),
            },
        };
        self.regions.push(Region { start, len, is_output });
        start.cast()
    }

    /// Whether there is a second argument of the pair, and one of the two is an output.
    pub(crate) fn has_overlap(&self) -> bool {
        let (first, second, _) = self.overlap;
        self.regions.get(second).is_some_and(|second| second.is_output || self.regions[first].is_output)
    }

    /// How many arguments there are, counted with what they point to.
    pub(crate) fn arguments(&self) -> usize {
        self.regions.len()
    }

    /// Whether nothing was written.
    pub(crate) fn is_unchanged(&self) -> bool {
        // SAFETY: all of the memory is initialised.
        let memory = unsafe { core::slice::from_raw_parts(self.base(), self.expected.len()) };
        memory == self.expected
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: made in `new`, and no argument is used again.
        drop(unsafe { Box::from_raw(ptr::from_mut(&mut *self.memory)) });
    }
}
