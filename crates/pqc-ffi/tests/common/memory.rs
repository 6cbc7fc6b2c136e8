//! Memory for all arguments of a call, where an output may overlap another argument.
//!
//! It comes from the system, so that a test of allocations counts the allocations of the library alone.

use super::SENTINEL_BYTE;
use super::bytes::Choices;
use core::alloc::{GlobalAlloc, Layout};
use core::slice;
use std::alloc::System;

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

/// Where arguments are placed.
#[derive(Clone, Copy)]
pub(crate) enum Placing<'a> {
    /// Each in an allocation of its size, so that a sanitizer notices an access beyond it.
    Apart,
    /// In one memory: the second of these arguments overlaps the first, if one of the two is an output.
    Pair(usize, usize, How),
    /// In one memory: inputs in turn, outputs anywhere.
    Anywhere(Choices<'a>),
}

/// The memory of an argument, or memory that an argument points to.
#[derive(Clone, Copy)]
pub(crate) struct Region {
    pub(crate) start: *mut u8,
    pub(crate) len: usize,
    pub(crate) is_output: bool,
}

impl Region {
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the region is initialised, and lives as long as the call.
        unsafe { slice::from_raw_parts(self.start, self.len) }
    }

    fn meets(&self, other: &Self) -> bool {
        let [start, end] = [self.start.addr(), self.start.addr() + self.len];
        start.max(other.start.addr()) < end.min(other.start.addr() + other.len)
    }
}

/// See the module.
pub(crate) struct Memory<'a> {
    placing: Placing<'a>,
    blocks: Vec<(*mut u8, Layout)>,
    pub(crate) regions: Vec<Region>,
    /// The bytes that the one memory must still hold after a call that writes nothing.
    expected: Vec<u8>,
}

impl<'a> Memory<'a> {
    /// More than twice the longest argument.
    const STEP: usize = 16 * 1024;
    const SHARED: usize = 24 * Self::STEP;
    /// Bytes behind an output, which stay as they are.
    const GUARD: usize = 16;
    const MOST_REGIONS: usize = 256;

    pub(crate) fn new(placing: Placing<'a>) -> Self {
        let (blocks, regions) = (Vec::with_capacity(Self::MOST_REGIONS), Vec::with_capacity(Self::MOST_REGIONS));
        let mut memory = Self { placing, blocks, regions, expected: Vec::new() };
        if !memory.is_apart() {
            memory.allocate(Self::SHARED);
            memory.expected = vec![SENTINEL_BYTE; Self::SHARED];
        }
        memory
    }

    fn is_apart(&self) -> bool {
        matches!(self.placing, Placing::Apart)
    }

    fn allocate(&mut self, len: usize) -> *mut u8 {
        let layout = Layout::from_size_align(len.max(1), 16).expect("a small layout");
        // SAFETY: the layout has a size.
        let block = unsafe { System.alloc(layout) };
        // SAFETY: the block has this size.
        unsafe { block.write_bytes(SENTINEL_BYTE, layout.size()) };
        self.blocks.push((block, layout));
        block
    }

    /// Memory for an input of this many bytes, which holds the values.
    pub(crate) fn input<T: Copy>(&mut self, values: &[T], len: usize) -> *mut T {
        let start = self.place(len, align_of::<T>(), false);
        // SAFETY: the region is at least as long as the values, which have no padding.
        unsafe {
            start.cast::<T>().copy_from_nonoverlapping(values.as_ptr(), values.len());
            start.add(size_of_val(values)).write_bytes(0, len - size_of_val(values));
        }
        if !self.is_apart() {
            // SAFETY: the region is in the one block.
            let offset = unsafe { start.offset_from_unsigned(self.blocks[0].0) };
            self.expected[offset..][..len].copy_from_slice(self.regions[self.regions.len() - 1].bytes());
        }
        start.cast()
    }

    /// Memory for an output of this many bytes.
    pub(crate) fn output(&mut self, len: usize, align: usize) -> *mut u8 {
        self.place(len, align, true)
    }

    /// Takes note of an input that is elsewhere.
    pub(crate) fn note<T>(&mut self, input: *const T) {
        self.regions.push(Region { start: input.cast_mut().cast(), len: size_of::<T>(), is_output: false });
    }

    fn place(&mut self, len: usize, align: usize, is_output: bool) -> *mut u8 {
        let number = self.regions.len();
        let aligned = |bytes: usize| bytes - bytes % align;
        let in_turn = self.blocks.first().map(|block| block.0.wrapping_add(number * Self::STEP + Self::STEP / 2));
        let chosen = match &mut self.placing {
            Placing::Apart => Some(self.allocate(len + if is_output { Self::GUARD } else { 0 })),
            Placing::Anywhere(choices) => {
                let (is_chosen, offset) = (choices.byte() < 0x40, choices.short() * 4);
                let start = self.blocks[0].0.wrapping_add(aligned(offset % (Self::SHARED - len)));
                (is_output && is_chosen).then_some(start)
            }
            Placing::Pair(first, second, how) => {
                let first =
                    self.regions.get(*first).filter(|first| number == *second && (is_output || first.is_output));
                first.map(|first| match how {
                    How::SameStart => first.start,
                    How::AtTheEnd => first.start.wrapping_add(aligned(first.len - 1)),
                    How::AtTheStart => first.start.wrapping_sub(aligned(len - 1)),
                })
            }
        };
        let start = chosen.or(in_turn).expect("one block");
        self.regions.push(Region { start, len, is_output });
        start
    }

    /// Whether an output shares a byte with another argument.
    pub(crate) fn has_overlap(&self) -> bool {
        let meet = |(number, region): (usize, &Region)| {
            self.regions[..number].iter().any(|other| (region.is_output || other.is_output) && region.meets(other))
        };
        !self.is_apart() && self.regions.iter().enumerate().any(meet)
    }

    /// Whether nothing was written.
    pub(crate) fn is_unchanged(&self) -> bool {
        // SAFETY: the one block has as many bytes, all initialised.
        let memory = unsafe { slice::from_raw_parts(self.blocks[0].0, self.expected.len()) };
        memory == self.expected
    }

    /// Whether nothing was written behind a separate output.
    pub(crate) fn has_its_guards(&self) -> bool {
        let mut outputs = self.regions.iter().filter(|region| region.is_output && self.is_apart());
        outputs.all(|region| {
            let guard = Region { start: region.start.wrapping_add(region.len), len: Self::GUARD, ..*region };
            guard.bytes() == [SENTINEL_BYTE; Self::GUARD]
        })
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        // SAFETY: allocated in `allocate` with this layout, and no argument is used again.
        self.blocks.drain(..).for_each(|(block, layout)| unsafe { System.dealloc(block, layout) });
    }
}
