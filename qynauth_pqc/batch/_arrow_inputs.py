"""Columns of Arrow, checked before an item is read.

Only the buffers of a column say where its items lie, and pyarrow does not check the buffers of a stream or of another
library. One wrong offset is an error of the whole column: then no other one can be trusted either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from qynauth_pqc.batch._inputs import Input, Table
from qynauth_pqc.errors import InvalidLengthError
from qynauth_pqc.native import ffi
from qynauth_pqc.native.inputs import input_array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


@dataclass(frozen=True, slots=True)
class _Chunk:
    """An array of Arrow, of at least one item, which is a column or a part of one.

    Attributes:
        name: what to call the column in an error.
        first: the row of the array's first item in the column.
        array: the array.
    """

    name: str
    first: int
    array: Any

    @property
    def data(self) -> Any:
        """The buffer that the items are in; without one, all of them are empty."""
        data = self.array.buffers()[-1]
        return b"" if data is None else data

    def nulls(self) -> list[int]:
        """Return the rows that are null."""
        bitmap = self.array.buffers()[0]
        if bitmap is None:
            return []
        self._require("bitmap of nulls", bitmap, 1, len(self.array))
        return [self.first + row for row in self.array.is_null().to_numpy(zero_copy_only=False).nonzero()[0].tolist()]

    def begin(self) -> int:
        """Return where in the data the first of items begins that are of one size."""
        width: int = self.array.type.byte_width
        self._require("data", self.data, 8 * width, len(self.array))
        return self.array.offset * width  # type: ignore[no-any-return]

    def offsets(self) -> Any:
        """Return where in the data each item begins and, behind the last one, where that ends."""
        kind, count = self.array.type, len(self.array)
        if pa.types.is_fixed_size_binary(kind):
            return self.begin() + np.arange(count + 1, dtype=np.int64) * kind.byte_width
        width = 8 if pa.types.is_large_binary(kind) else 4
        buffer = self.array.buffers()[1]
        self._require("offsets", b"" if buffer is None else buffer, 8 * width, count + 1)
        # A copy is checked and used, since a mapped file may be changed meanwhile.
        offsets = np.frombuffer(buffer, f"i{width}", count + 1, self.array.offset * width).astype(np.int64)
        self._check(offsets[:-1], offsets[1:], len(self.data))
        return offsets

    def _require(self, what: str, buffer: Any, bits: int, count: int) -> None:
        """Check that a buffer holds so many values, of so many bits each, from the offset of the array on."""
        begin, size = self.array.offset, len(buffer)
        end = size * 8 // bits if bits else begin + count
        if not 0 <= begin <= end - count:
            missing = min(count, begin + count - end) if begin >= 0 else count
            row = self.first + max(len(self.array) - missing, 0)
            raise InvalidLengthError(f"{self.name}: row {row} is outside the {what}, which has {size} bytes")

    def _check(self, begins: Any, ends: Any, size: int) -> None:
        """Check that each item is inside of the data, and does not end before it begins."""
        wrong = (begins < 0) | (ends < begins) | (ends > size)
        if wrong.any():
            row = int(wrong.argmax())
            place = f"from byte {begins[row]} to byte {ends[row]} of {size} bytes of data"
            raise InvalidLengthError(f"{self.name}: row {self.first + row} reaches {place}")


class _Offsets(Input):
    """Items that lie one behind the other in the data of their chunk."""

    __slots__ = ("_begins", "_chunks", "_sizes")

    def __init__(self, name: str, chunks: Sequence[_Chunk], *, one_size: bool) -> None:
        super().__init__(name, sum(len(chunk.array) for chunk in chunks), "arrow", one_size=one_size)
        offsets = [chunk.offsets() for chunk in chunks]
        none = np.zeros(0, np.int64)
        self._begins = np.concatenate([none, *(each[:-1] for each in offsets)])
        self._sizes = np.concatenate([none, *map(np.diff, offsets)])
        self._chunks = [(slice(chunk.first, chunk.first + len(chunk.array)), chunk.data) for chunk in chunks]

    def chunk(self, begin: int, _end: int) -> Any:
        column = self._column or self._lend_all()
        column.slices = self._kept[0] + begin
        return column

    def _lend_all(self) -> Any:
        words, given = np.column_stack([self._begins, self._sizes]).astype(np.uintp), []
        for rows, data in self._chunks:
            memory = input_array(data)
            words[rows, 0] += np.uintp(int(ffi.cast("uintptr_t", memory)))
            given.append(memory)
        places = input_array(words)
        return self._keep(ffi.NULL, ffi.NULL, 0, 0, (ffi.cast("PqcSlice *", places), places, given))

    def size_of(self, index: int) -> int:
        return int(self._sizes[index])


def arrow_input(name: str, data: Any) -> Input:
    """Return an array or a chunked array of Arrow as an input."""
    array = _imported(name, data)
    is_fixed = pa.types.is_fixed_size_binary(array.type)
    if not (is_fixed or pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type)):
        raise TypeError(f"{name} must be a column of binary or fixed_size_binary, not of {array.type}")
    arrays = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    chunks, rows = [], 0
    for each in filter(len, arrays):
        chunks.append(_Chunk(name, rows, each))
        rows += len(each)
    found = _table(chunks[0]) if is_fixed and len(chunks) == 1 else _Offsets(name, chunks, one_size=is_fixed)
    found.refused = {row: InvalidLengthError(f"{name} is null") for chunk in chunks for row in chunk.nulls()}
    return found


def _imported(name: str, data: Any) -> Any:
    """Return an array or a chunked array of pyarrow with the buffers of another library's array."""
    if isinstance(data, (pa.Array, pa.ChunkedArray)):
        return data
    try:
        array = pa.array(data) if hasattr(data, "__arrow_c_array__") else pa.chunked_array(data)
        array.validate()  # of its length and offset: pyarrow takes numbers below zero
    except pa.ArrowException as error:
        raise TypeError(f"{name} is not an Arrow array but {type(data).__name__}") from error
    return array


def _table(chunk: _Chunk) -> Table:
    """Return items of one size, which need no offsets."""
    shape = len(chunk.array), chunk.array.type.byte_width
    return Table(chunk.name, "arrow", chunk.data, shape, chunk.begin())
