//! Overlap: an output of a call may share no byte with an input or with another output.
//!
//! Addresses only. `boundary::arguments` is the one caller, before any output is zeroed.

use crate::status::PqcStatus;
use arrayvec::ArrayVec;

/// The memory of an argument: rows of `len` bytes at equal distances. All but a table with gaps is one row.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    start: usize,
    len: usize,
    stride: usize,
    rows: usize,
}

impl Extent {
    const NOTHING: Self = Self { start: 0, len: 0, stride: 0, rows: 1 };

    /// An array. No memory for NULL and for a size that no object has: neither is read or written.
    #[inline(always)]
    pub(crate) fn of<T>(data: *const T, len: usize) -> Self {
        match len.checked_mul(size_of::<T>()) {
            Some(size) if size > 0 && isize::try_from(size).is_ok() && !data.is_null() => {
                Self { start: data.addr(), len: size, stride: 0, rows: 1 }
            }
            _ => Self::NOTHING,
        }
    }

    /// Rows of `len` bytes, each `stride` bytes from the start of the one before. No memory as above.
    pub(crate) fn table(data: *const u8, len: usize, stride: usize, rows: usize) -> Self {
        let last = rows.checked_sub(1).and_then(|before| before.checked_mul(stride));
        let size = last.and_then(|last| last.checked_add(len)).filter(|size| isize::try_from(*size).is_ok());
        match size {
            Some(size) if !data.is_null() && len > 0 => {
                let whole = Self::of(data, size);
                if stride > len && rows > 1 { Self { len, stride, rows, ..whole } } else { whole }
            }
            _ => Self::NOTHING,
        }
    }

    #[inline(always)]
    fn end(&self) -> usize {
        self.start.saturating_add((self.rows - 1) * self.stride + self.len)
    }

    /// Whether a row has a byte from `start` to `end`, exclusive.
    fn has_row_in(&self, start: usize, end: usize) -> bool {
        if end <= self.start {
            return false;
        }
        let last_before_end = (end - 1 - self.start).checked_div(self.stride).unwrap_or(0).min(self.rows - 1);
        self.start.saturating_add(last_before_end * self.stride + self.len) > start
    }

    /// Whether the two share a byte. The answer for tables of different strides errs on the safe side: they may interleave only
    /// if one lies in a gap of the other.
    #[inline(always)]
    fn meets(&self, other: &Self) -> bool {
        if self.rows == 1 && other.rows == 1 {
            return self.start < other.end() && other.start < self.end();
        }
        self.meets_table(other)
    }

    /// The same if at least one is a table.
    fn meets_table(&self, other: &Self) -> bool {
        if self.stride != other.stride {
            return self.has_row_in(other.start, other.end()) && other.has_row_in(self.start, self.end());
        }
        let (first, second) = if self.start <= other.start { (self, other) } else { (other, self) };
        let (row, offset) = ((second.start - first.start) / first.stride, (second.start - first.start) % first.stride);
        row < first.rows && offset < first.len || row + 1 < first.rows && offset + second.len > first.stride
    }
}

/// The answer of a visitor of extents: go on, or the status that the call returns.
pub(crate) type Visit = Result<(), PqcStatus>;

/// Arguments that a call reads.
pub(crate) trait Inputs {
    /// The arguments for the body of a function. A wrong argument is an error when the body asks for it.
    type Borrowed;

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit;

    fn borrow(self) -> Self::Borrowed;
}

/// Arguments that a call writes to.
pub(crate) trait Outputs {
    /// The outputs, zeroed.
    type Zeroed;

    /// The greatest number of extents that `writes` visits.
    fn most(&self) -> usize;

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit;

    /// Visits the memory that says where the outputs are.
    fn reads(&self, _visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        Ok(())
    }

    /// Zeroes all outputs, even if one is wrong.
    fn zero(self) -> Result<Self::Zeroed, PqcStatus>;
}

impl Inputs for () {
    type Borrowed = ();

    fn reads(&self, _visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        Ok(())
    }

    fn borrow(self) {}
}

impl<I: Inputs, const N: usize> Inputs for [I; N] {
    type Borrowed = [I::Borrowed; N];

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        self.iter().try_for_each(|input| input.reads(visit))
    }

    fn borrow(self) -> Self::Borrowed {
        self.map(I::borrow)
    }
}

impl<A: Inputs, B: Inputs> Inputs for (A, B) {
    type Borrowed = (A::Borrowed, B::Borrowed);

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        self.0.reads(visit)?;
        self.1.reads(visit)
    }

    fn borrow(self) -> Self::Borrowed {
        (self.0.borrow(), self.1.borrow())
    }
}

impl Outputs for () {
    type Zeroed = ();

    fn most(&self) -> usize {
        0
    }

    fn writes(&self, _visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        Ok(())
    }

    fn zero(self) -> Result<(), PqcStatus> {
        Ok(())
    }
}

impl<A: Outputs, B: Outputs> Outputs for (A, B) {
    type Zeroed = (A::Zeroed, B::Zeroed);

    fn most(&self) -> usize {
        self.0.most().saturating_add(self.1.most())
    }

    fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        self.0.writes(visit)?;
        self.1.writes(visit)
    }

    fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
        self.0.reads(visit)?;
        self.1.reads(visit)
    }

    fn zero(self) -> Result<Self::Zeroed, PqcStatus> {
        let (first, second) = (self.0.zero(), self.1.zero());
        Ok((first?, second?))
    }
}

/// Where memory that is one row begins, and where it ends.
type Range = (usize, usize);

/// At most so many outputs are compared pair by pair: the outputs of every call but a batch with an array of slices.
const FEW: usize = 5;

/// Returns [`PqcStatus::Overlap`] if an output overlaps an input or another output.
#[inline(always)]
pub(crate) fn check(inputs: &impl Inputs, outputs: &impl Outputs) -> Visit {
    let most = outputs.most();
    if most > FEW {
        return check_many(most, inputs, outputs);
    }
    let mut written = ArrayVec::<Extent, FEW>::new();
    outputs.writes(&mut |extent| {
        meets_none(&written, &extent)?;
        written.try_push(extent).map_err(|_| PqcStatus::Internal)
    })?;
    let mut look_up = |extent| meets_none(&written, &extent);
    inputs.reads(&mut look_up)?;
    outputs.reads(&mut look_up)
}

/// Refuses an extent that overlaps another.
#[inline(always)]
fn meets_none(others: &[Extent], extent: &Extent) -> Visit {
    if others.iter().any(|other| other.meets(extent)) { Err(PqcStatus::Overlap) } else { Ok(()) }
}

/// [`check`] for more than [`FEW`] outputs.
///
/// The outputs are sorted, and each input is looked up among them: `n` slots and `m` inputs take `(n + m) log n` steps. A
/// table is one step for each output, however many rows it has.
#[cold]
#[inline(never)]
fn check_many(most: usize, inputs: &impl Inputs, outputs: &impl Outputs) -> Visit {
    let mut ranges = Vec::new();
    ranges.try_reserve_exact(most).map_err(|_| PqcStatus::OutOfMemory)?;
    ranges.resize(most, (0, 0));
    let mut written = Written::new(&mut ranges, outputs)?;
    if !written.is_disjoint() {
        return Err(PqcStatus::Overlap);
    }
    let mut look_up = |extent| if written.meets(&extent) { Err(PqcStatus::Overlap) } else { Ok(()) };
    inputs.reads(&mut look_up)?;
    outputs.reads(&mut look_up)
}

/// All that a call writes.
struct Written<'a> {
    ranges: &'a mut [Range],
    /// A batch writes no more than two.
    tables: ArrayVec<Extent, 2>,
}

impl<'a> Written<'a> {
    fn new(ranges: &'a mut [Range], outputs: &impl Outputs) -> Result<Self, PqcStatus> {
        let (mut used, mut tables) = (0, ArrayVec::new());
        outputs.writes(&mut |extent| {
            if extent.rows > 1 {
                return tables.try_push(extent).map_err(|_| PqcStatus::Internal);
            }
            if extent.len > 0 {
                *ranges.get_mut(used).ok_or(PqcStatus::Internal)? = (extent.start, extent.end());
                used += 1;
            }
            Ok(())
        })?;
        let (ranges, _) = ranges.split_at_mut(used);
        Ok(Self { ranges, tables })
    }

    /// Whether no two outputs overlap. Sorts them.
    fn is_disjoint(&mut self) -> bool {
        self.ranges.sort_unstable();
        let neighbours = self.ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        let tables = match self.tables.as_slice() {
            [first, second] => !first.meets(second),
            _ => true,
        };
        neighbours && tables && !self.tables.iter().any(|table| self.has_range_in(table))
    }

    /// Whether a row of the table overlaps an output that is one row.
    fn has_range_in(&self, table: &Extent) -> bool {
        self.ranges.iter().any(|(start, end)| table.has_row_in(*start, *end))
    }

    /// Whether an input overlaps an output, after `is_disjoint`.
    fn meets(&self, input: &Extent) -> bool {
        if input.len == 0 {
            return false;
        }
        let in_range = if input.rows > 1 {
            self.has_range_in(input)
        } else {
            // The last output that begins before the input ends: none before it reaches as far.
            let before = self.ranges.partition_point(|(start, _)| *start < input.end());
            self.ranges[..before].last().is_some_and(|(_, end)| *end > input.start)
        };
        in_range || self.tables.iter().any(|table| table.meets(input))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ptr::without_provenance;

    fn table(start: usize, len: usize, stride: usize, rows: usize) -> Extent {
        Extent::table(without_provenance(start), len, stride, rows)
    }

    /// Whether a byte is in both, by looking at each byte.
    fn share_a_byte(one: &Extent, other: &Extent) -> bool {
        let bytes = |extent: &Extent| {
            let Extent { start, len, stride, rows } = *extent;
            (0..rows).flat_map(move |row| (0..len).map(move |byte| start + row * stride + byte)).collect::<Vec<_>>()
        };
        let others = bytes(other);
        bytes(one).iter().any(|byte| others.contains(byte))
    }

    /// Small tables of every shape.
    fn tables() -> Vec<Extent> {
        let shapes = [(1, 1), (3, 3), (1, 2), (2, 5), (3, 5), (4, 5), (1, 9), (3, 1)];
        let starts = (1..20).flat_map(|start| (1..4).map(move |rows| (start, rows)));
        starts.flat_map(|(start, rows)| shapes.map(|(len, stride)| table(start, len, stride, rows))).collect()
    }

    #[test]
    fn a_range_meets_a_table_if_they_share_a_byte() {
        for (table, range) in tables().iter().flat_map(|table| tables().into_iter().map(move |other| (table, other))) {
            if range.rows == 1 {
                assert_eq!(table.has_row_in(range.start, range.end()), share_a_byte(table, &range));
            }
        }
    }

    #[test]
    fn memory_meets_if_it_shares_a_byte_and_tables_of_different_strides_never_seem_apart_if_they_do() {
        for (one, other) in tables().iter().flat_map(|table| tables().into_iter().map(move |other| (table, other))) {
            let (meets, shared) = (one.meets(&other), share_a_byte(one, &other));
            let is_exact = one.rows == 1 || other.rows == 1 || one.stride == other.stride;
            assert!(if is_exact { meets == shared } else { meets || !shared });
        }
    }

    #[test]
    fn what_is_no_memory_overlaps_nothing() {
        let nothing = [(0, 9, 9, 1), (9, 0, 0, usize::MAX), (9, 1, 1, usize::MAX), (9, usize::MAX, 0, 1), (9, 1, 1, 0)];
        for (start, len, stride, rows) in nothing {
            let nothing = table(start, len, stride, rows);
            assert_eq!(nothing.len, 0);
            assert!(!tables().iter().any(|table| table.meets(&nothing) || nothing.meets(table)));
        }
        let garbage = table(usize::MAX - 9, 1, 2, usize::MAX / 4);
        assert!(garbage.has_row_in(usize::MAX - 9, usize::MAX) && !garbage.has_row_in(1, 9));
    }

    /// Arguments that are at these places.
    struct At<'a>(&'a [Extent]);

    impl Inputs for At<'_> {
        type Borrowed = ();

        fn reads(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
            self.0.iter().try_for_each(|extent| visit(*extent))
        }

        fn borrow(self) {}
    }

    impl Outputs for At<'_> {
        type Zeroed = ();

        fn most(&self) -> usize {
            self.0.len()
        }

        fn writes(&self, visit: &mut impl FnMut(Extent) -> Visit) -> Visit {
            self.0.iter().try_for_each(|extent| visit(*extent))
        }

        fn zero(self) -> Result<(), PqcStatus> {
            Ok(())
        }
    }

    #[test]
    fn outputs_that_are_sorted_overlap_if_they_do_pair_by_pair() {
        let places = tables().into_iter().map(|table| Extent { start: 3 * table.start, ..table }).collect::<Vec<_>>();
        let (mut refused, mut state) = (0, 1_u32);
        let mut any = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            places[(state >> 8) as usize % places.len()]
        };
        for _ in 0..40_000 {
            let [first, second, third, fourth, fifth] = [(); 5].map(|()| any());
            let whole = Extent { stride: 0, rows: 1, ..second };
            let (outputs, inputs) = (At(&[first, whole, third]), At(&[fourth, Extent::NOTHING, fifth]));
            let verdict = check(&inputs, &outputs);
            assert_eq!(verdict, check_many(3, &inputs, &outputs));
            refused += usize::from(verdict.is_err());
        }
        assert!((10_000..35_000).contains(&refused), "{refused} were refused");
    }
}
