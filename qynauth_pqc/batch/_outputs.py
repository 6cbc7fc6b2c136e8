"""Results of a batch that hold no secret: a row for each item, as a list, an array of numpy or a column of Arrow."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING

from qynauth_pqc.errors import UnsupportedError
from qynauth_pqc.native import ffi, finished, make_rows
from qynauth_pqc.native.outputs import output_array, slots_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any, NoReturn

    from qynauth_pqc.batch._columns import Kind


class Verdicts(list[bool]):
    """Whether each signature of a batch is valid: a list that refuses to be used as a condition.

    A non-empty list is true, so `if verify_many(...)` would accept every forgery.

    >>> verdicts = Verdicts([True, False])
    >>> verdicts.all_valid
    False
    >>> bool(verdicts)
    Traceback (most recent call last):
    TypeError: the verdicts of a batch are no condition; use all_valid, or look at each
    """

    __slots__ = ()

    @property
    def all_valid(self) -> bool:
        """Whether every signature is valid: False if one is not, if an item failed, or if there were none to check."""
        return len(self) > 0 and all(self)

    def __bool__(self) -> NoReturn:
        """Refuse."""
        raise TypeError("the verdicts of a batch are no condition; use all_valid, or look at each")


class _List:
    """A list of bytes that C fills in place, chunk by chunk, with None for an item that failed."""

    __slots__ = ("_column", "_each", "_known", "_list", "_sizes")

    def __init__(self, count: int, sizes: Callable[[int, int], Iterable[int]], *, known: bool) -> None:
        self._column = ffi.new("PqcMutColumn *")
        self._list: list[Any] = [None] * count
        self._sizes, self._known = sizes, known
        self._each = slots_for((), 0)

    def chunk(self, begin: int, end: int, lens: Any = ffi.NULL) -> Any:
        """Return the output slots of the rows from `begin` to before `end`, until the next chunk."""
        if not self._known or len(self._each) < end - begin:
            self._each = slots_for(self._sizes(begin, end), end - begin)
            self._column.slices = self._each
        self._column.lens = lens
        make_rows(self._list, begin, self._each, end - begin)
        return self._column

    def shorten(self, begin: int, lens: list[int]) -> None:
        """Cut the rows from `begin` on to the lengths of their results, if these vary."""
        end = begin + len(lens)
        self._list[begin:end] = [row[:size] for row, size in zip(self._list[begin:end], lens, strict=True)]

    def result(self, failed: Collection[int]) -> list[bytes | None]:
        for index in failed:
            self._list[index] = None
        return finished(self._list)


class _Table:
    """Rows of one size, one after the other in memory, such as an array of numpy; zeros for an item that failed."""

    __slots__ = ("_array", "_column", "_count", "_memory", "_size")

    def __init__(self, count: int, size: int, memory: Any) -> None:
        self._count, self._size = count, size
        self._memory, self._array = memory, output_array(memory)
        self._column = ffi.new("PqcMutColumn *", (ffi.NULL, self._array, size, size, ffi.NULL))

    def chunk(self, begin: int, _end: int, lens: Any = ffi.NULL) -> Any:
        """Return the output slots of the rows from `begin` on, until the next chunk."""
        self._column.data, self._column.lens = self._array + begin * self._size, lens
        return self._column

    def shorten(self, begin: int, lens: list[int]) -> None:
        """Do nothing: the rows have one size."""

    def result(self, failed: Collection[int]) -> Any:
        """Return all rows. C processed a refused item as if it were empty."""
        zeros = bytes(self._size)
        for index in failed:
            ffi.memmove(self._array + index * self._size, zeros, self._size)
        self._array = None
        return self._memory


class _Arrow(_Table):
    """A column of fixed_size_binary, with null for an item that failed, and zeros under it."""

    __slots__ = ()

    def result(self, failed: Collection[int]) -> Any:
        import pyarrow as pa  # an extra

        buffers = [_validity(self._count, failed), super().result(failed)]
        return pa.Array.from_buffers(pa.binary(self._size), self._count, buffers)


class _VaryingArrow(_Table):
    """A column of large_binary with rows as long as their results, and null for an item that failed."""

    __slots__ = ("_lens",)

    def __init__(self, count: int, size: int) -> None:
        super().__init__(count, size, bytearray(count * size))
        self._lens = [0] * count

    def shorten(self, begin: int, lens: list[int]) -> None:
        self._lens[begin : begin + len(lens)] = lens

    def result(self, failed: Collection[int]) -> Any:
        import pyarrow as pa  # an extra

        for index in failed:
            self._lens[index] = 0
        with memoryview(super().result(failed)) as rows:
            begins = range(0, self._count * self._size, self._size)
            data = b"".join(rows[begin : begin + size] for begin, size in zip(begins, self._lens, strict=True))
        offsets = array("q", accumulate(self._lens, initial=0))
        buffers = [_validity(self._count, failed), pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.large_binary(), self._count, buffers)


def outputs_for(
    kind: Kind,
    count: int,
    sizes: Callable[[int, int], Iterable[int]],
    all_sizes: Collection[int],
    varying: str | None = None,
) -> _List | _Table:
    """Return memory for the rows of a batch, of these sizes or, if `varying` names a set, of at most these sizes."""
    if kind == "list":
        return _List(count, sizes, known=len(all_sizes) == 1)
    if len(all_sizes) > 1:
        raise UnsupportedError("keys of several parameter sets have outputs of several sizes; pass lists")
    size = max(all_sizes, default=0)
    if kind == "numpy":
        if varying:
            raise not_fixed(varying)
        import numpy as np  # an extra

        return _Table(count, size, np.empty((count, size), np.uint8))
    if varying:
        return _VaryingArrow(count, size)
    import pyarrow as pa  # an extra

    return _Arrow(count, size, pa.allocate_buffer(count * size))


def not_fixed(varying: str) -> UnsupportedError:
    """Return the error for rows of one size, which do not show the end of outputs of a set with varying lengths."""
    msg = f"signatures of {varying} vary in length; pass lists or columns of Arrow's binary, not rows of one size"
    return UnsupportedError(msg)


def _validity(count: int, failed: Collection[int]) -> Any:
    """Return Arrow's bitmap of the items that are not null as a buffer, or None if all are."""
    if not failed:
        return None
    import pyarrow as pa  # an extra

    bits = bytearray(b"\xff" * ((count + 7) // 8))
    for index in failed:
        bits[index // 8] &= ~(1 << index % 8)
    return pa.py_buffer(bits)
