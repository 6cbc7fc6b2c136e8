"""Results of a batch that hold no secret: a row for each item, as a list, an array of numpy or a column of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc._buffers import move_into, rows_of
from qynauth_pqc.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Any

    from qynauth_pqc._columns import Kind

__all__ = ["Rows"]


class Rows:
    """Rows that come chunk by chunk."""

    __slots__ = ("_count", "_kind", "_list", "_memory", "_size", "_sizes")

    def __init__(self, kind: Kind, count: int, sizes: Callable[[int, int], Iterable[int]], all_sizes: set[int]) -> None:
        """Make room.

        Args:
            kind: what to make of the rows.
            count: how many there will be.
            sizes: gives the sizes of the rows from one item to before another.
            all_sizes: the sizes that occur.

        Raises:
            UnsupportedError: rows of several sizes do not fit into one column.
        """
        if kind != "list" and len(all_sizes) > 1:
            msg = "keys of several parameter sets give rows of several sizes: pass lists"
            raise UnsupportedError(msg)
        self._kind, self._count, self._sizes, self._size = kind, count, sizes, max(all_sizes, default=0)
        self._list: list[bytes | None] = []
        self._memory = bytearray(0 if kind == "list" else count * self._size)

    def take(self, begin: int, end: int, buffer: Any) -> None:
        """Take the rows of a chunk out of a buffer, and free it."""
        if self._kind == "list":
            self._list += rows_of(buffer, end - begin, self._sizes(begin, end))
        else:
            move_into(self._memory, begin * self._size, buffer)

    def result(self, failed: Collection[int]) -> Any:
        """Return all rows. Of an item that failed, there is None in a list, null in Arrow and zeros in numpy."""
        if self._kind == "list":
            for index in failed:
                self._list[index] = None
            return self._list
        if self._kind == "numpy":
            import numpy as np  # noqa: PLC0415 - an extra

            return np.frombuffer(self._memory, np.uint8).reshape(self._count, self._size)
        import pyarrow as pa  # noqa: PLC0415 - an extra

        buffers = [_validity(self._count, failed) if failed else None, self._memory]
        buffers = [None if each is None else pa.py_buffer(each) for each in buffers]
        return pa.Array.from_buffers(pa.binary(self._size), self._count, buffers)


def _validity(count: int, failed: Collection[int]) -> bytearray:
    """Return Arrow's bitmap of the items that are not null."""
    bits = bytearray(b"\xff" * ((count + 7) // 8))
    for index in failed:
        bits[index // 8] &= ~(1 << index % 8)
    return bits
