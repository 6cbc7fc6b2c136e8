"""Results of a batch that hold no secret: a row for each item, as a list, an array of numpy or a column of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc._buffers import lend_writable, make_rows, rooms_for
from qynauth_pqc._ffi import ffi
from qynauth_pqc.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any

    from qynauth_pqc.batch._columns import Kind


class Rows:
    """Rows that C fills in their places, chunk by chunk."""

    __slots__ = ("_rooms",)

    def __init__(self, rooms: tuple[Any, Any, int, int]) -> None:
        """Note where they are, as the fields of a `PqcRooms`."""
        self._rooms = ffi.new("PqcRooms *", rooms)

    def part(self, begin: int, end: int) -> Any:
        """Return where the rows from `begin` to before `end` go, as a `PqcRooms *`, until another part is asked for."""
        raise NotImplementedError

    def result(self, failed: Collection[int]) -> Any:
        """Return all rows."""
        raise NotImplementedError


class _List(Rows):
    """A list of bytes, with None for an item that failed."""

    __slots__ = ("_each", "_known", "_list", "_sizes")

    def __init__(self, count: int, sizes: Callable[[int, int], Iterable[int]], *, known: bool) -> None:
        super().__init__((ffi.NULL, ffi.NULL, 0, 0))
        self._list: list[Any] = [None] * count
        self._sizes, self._known = sizes, known
        self._each = rooms_for((), 0)

    def part(self, begin: int, end: int) -> Any:
        if not self._known or len(self._each) < end - begin:
            self._each = rooms_for(self._sizes(begin, end), end - begin)
            self._rooms.rooms = self._each
        make_rows(self._list, begin, self._each, end - begin)
        return self._rooms

    def result(self, failed: Collection[int]) -> list[bytes | None]:
        for index in failed:
            self._list[index] = None
        return self._list


class _Table(Rows):
    """Rows of one size, side by side in memory."""

    __slots__ = ("_count", "_lent", "_memory", "_size")

    def __init__(self, count: int, size: int, memory: Any) -> None:
        self._count, self._size = count, size
        self._memory, self._lent = memory, lend_writable(memory)
        super().__init__((ffi.NULL, self._lent, size, size))

    def part(self, begin: int, _end: int) -> Any:
        self._rooms.data = self._lent + begin * self._size
        return self._rooms

    def _finish(self, failed: Collection[int]) -> None:
        """Clear the rows of items that failed: C worked on one that was refused, as if it were empty."""
        zeros = bytes(self._size)
        for index in failed:
            ffi.memmove(self._lent + index * self._size, zeros, self._size)
        self._lent = None


class _Numpy(_Table):
    """An array of n x size of uint8, with zeros for an item that failed."""

    __slots__ = ()

    def __init__(self, count: int, size: int) -> None:
        import numpy as np  # noqa: PLC0415 - an extra

        super().__init__(count, size, np.empty((count, size), np.uint8))

    def result(self, failed: Collection[int]) -> Any:
        self._finish(failed)
        return self._memory


class _Arrow(_Table):
    """A column of fixed_size_binary, with null for an item that failed, and zeros under it."""

    __slots__ = ()

    def __init__(self, count: int, size: int) -> None:
        import pyarrow as pa  # noqa: PLC0415 - an extra

        super().__init__(count, size, pa.allocate_buffer(count * size))

    def result(self, failed: Collection[int]) -> Any:
        import pyarrow as pa  # noqa: PLC0415 - an extra

        self._finish(failed)
        validity = pa.py_buffer(_validity(self._count, failed)) if failed else None
        return pa.Array.from_buffers(pa.binary(self._size), self._count, [validity, self._memory])


def rows_for(kind: Kind, count: int, sizes: Callable[[int, int], Iterable[int]], all_sizes: Collection[int]) -> Rows:
    """Make room for the rows of a batch.

    Args:
        kind: what to make of the rows.
        count: how many there will be.
        sizes: gives the sizes of the rows from its first argument to before its second.
        all_sizes: the sizes that occur.

    Raises:
        UnsupportedError: rows of several sizes do not fit into one column.
    """
    if kind == "list":
        return _List(count, sizes, known=len(all_sizes) == 1)
    if len(all_sizes) > 1:
        msg = "keys of several parameter sets give rows of several sizes: pass lists"
        raise UnsupportedError(msg)
    size = max(all_sizes, default=0)
    return _Numpy(count, size) if kind == "numpy" else _Arrow(count, size)


def _validity(count: int, failed: Collection[int]) -> bytearray:
    """Return Arrow's bitmap of the items that are not null."""
    bits = bytearray(b"\xff" * ((count + 7) // 8))
    for index in failed:
        bits[index // 8] &= ~(1 << index % 8)
    return bits
