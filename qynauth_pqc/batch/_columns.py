"""The base of the inputs of a batch, and items of one size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.errors import InvalidLengthError
from qynauth_pqc.native import ffi
from qynauth_pqc.native.inputs import input_array

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, TypeAlias

    from qynauth_pqc.errors import PQCError

    Kind: TypeAlias = Literal["list", "numpy", "arrow"]

_new = ffi.new
_COLUMN = ffi.typeof("PqcColumn *")


class Input:
    """One input of all items, such as their messages, with an error at the index of each unusable item.

    Its count is None if a single item serves all.
    """

    __slots__ = ("_column", "_kept", "count", "kind", "name", "one_size", "refused")

    chunk: Callable[[int, int], Any]  # the items from one to before another as a `PqcColumn *`, until the next chunk
    size_of: Callable[[int], int]  # the size of an item in bytes

    def __init__(self, name: str, count: int | None, kind: Kind, *, one_size: bool = False) -> None:
        """Note the fields of every input."""
        self.name, self.count, self.kind, self.one_size = name, count, kind, one_size
        self.refused: dict[int, PQCError] = {}
        self._column: Any = None
        self._kept: Any = None

    def item(self, _index: int) -> object:
        """Return the object of an item; None if it has none."""
        return None

    def release(self) -> None:
        """Release the memory of the chunks, without waiting for the end of the input: see _keys/paths.py."""
        self._column = self._kept = None

    def _keep(self, slices: Any, data: Any, size: int, stride: int, kept: Any) -> Any:
        """Return a new `PqcColumn *`, and keep it with its memory."""
        self._column = _new(_COLUMN, (slices, data, size, stride))
        self._kept = kept
        return self._column


class Table(Input):
    """Items of one size, one after the other in memory."""

    __slots__ = ("_memory", "_offset", "_size")

    def __init__(self, name: str, kind: Kind, memory: Any, shape: tuple[int, int], offset: int = 0) -> None:
        """Take memory with `shape[0]` items of `shape[1]` bytes from `offset` on."""
        super().__init__(name, shape[0], kind, one_size=True)
        self._memory, self._offset, self._size = memory, offset, shape[1]

    def chunk(self, begin: int, end: int) -> Any:
        """Return the items from `begin` to before `end` as a `PqcColumn *`, until the next chunk."""
        column = self._column
        if column is None:
            given = input_array(self._memory)
            column = self._keep(ffi.NULL, given, self._size, self._size, given)
        if len(self._kept) < self._offset + end * self._size:
            msg = f"{self.name}: row {end - 1} is outside the data, which has {len(self._kept)} bytes"
            raise InvalidLengthError(msg)
        column.data = self._kept + (self._offset + begin * self._size)
        return column

    def size_of(self, _index: int) -> int:
        """Return the size of any item in bytes."""
        return self._size
