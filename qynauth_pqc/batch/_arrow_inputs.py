"""Columns of Arrow, checked before an item is read.

Only the buffers of a column say where its items are, and pyarrow does not check the buffers of a stream or of another
library. One wrong offset is an error of the whole column, since no other offset can be trusted then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from qynauth_pqc.batch._columns import Input, Table
from qynauth_pqc.errors import InvalidLengthError
from qynauth_pqc.native import ffi
from qynauth_pqc.native.inputs import input_array

if TYPE_CHECKING:
    from collections.abc import Sequence

_INLINE = 12
"""The number of bytes that a view of binary_view holds inline."""

_is_view = getattr(pa.types, "is_binary_view", lambda _: False)  # pyarrow 15 has none

_VIEW = np.dtype([("size", "i4"), ("prefix", "i4"), ("buffer", "i4"), ("offset", "i4")])


class _Spans(NamedTuple):
    """The positions of items: the offset of each in its memory, its size, and the index of its memory among all."""

    begins: Any
    sizes: Any
    memory: Any
    memories: list[Any]

    def take(self, rows: Any) -> _Spans:
        return _Spans(self.begins[rows], self.sizes[rows], self.memory[rows], self.memories)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """An array of Arrow of at least one item: a column or a chunk of a column."""

    name: str  # the name of the column in an error
    first: int  # the row of the array's first item in the column
    array: Any

    @property
    def data(self) -> Any:
        """The buffer of the items; without one, all of them are empty."""
        data = self.array.buffers()[-1]
        return b"" if data is None else data

    def nulls(self) -> list[int]:
        found = self._null()
        if pa.types.is_dictionary(self.array.type):
            of_values = self._dictionary()._null()
            if of_values.any():
                found = found | of_values[self._indices()]
        return [self.first + row for row in found.nonzero()[0].tolist()]

    def _null(self) -> Any:
        """Return whether each item is null, by the bitmap."""
        bitmap, count = self.array.buffers()[0], len(self.array)
        if bitmap is None:
            return np.zeros(count, bool)
        self._require("bitmap of nulls", bitmap, 1, count)
        bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
        return bits[self.array.offset : self.array.offset + count] == 0

    def spans(self) -> _Spans:
        """Return the positions of the items, after checking that they are inside the buffers."""
        kind = self.array.type
        if pa.types.is_dictionary(kind):
            return self._dictionary().spans().take(self._indices())
        if _is_view(kind):
            return self._views()
        offsets = self.offsets()
        return _Spans(offsets[:-1], np.diff(offsets), np.zeros(len(self.array), np.intp), [self.data])

    def _dictionary(self) -> _Chunk:
        """Return the values of a dictionary; for an empty dictionary, one value for the rows that are null."""
        values = self.array.dictionary
        if not len(values):
            size = values.type.byte_width if pa.types.is_fixed_size_binary(values.type) else 0
            values = pa.array([bytes(size)], values.type)
        return _Chunk(f"{self.name}: the dictionary", 0, values)

    def _indices(self) -> Any:
        """Return the row in the dictionary of each item, 0 for a null item."""
        array, count = self.array, len(self.array)
        kind = np.dtype(array.type.index_type.to_pandas_dtype())
        buffer = array.buffers()[1]
        self._require("indices", b"" if buffer is None else buffer, 8 * kind.itemsize, count)
        indices = np.frombuffer(buffer, kind, count, array.offset * kind.itemsize).astype(np.int64)
        indices[self._null()] = 0
        values = len(self._dictionary().array) if len(array.dictionary) or self._null().all() else 0
        self._check_numbers(indices, values, "value", where=True)
        return indices

    def _views(self) -> _Spans:
        """Return the positions of items of binary_view: short items are in the views, others in a buffer of data."""
        count, (_, buffer, *data) = len(self.array), self.array.buffers()
        self._require("views", b"" if buffer is None else buffer, 8 * _VIEW.itemsize, count)
        views = np.frombuffer(buffer, _VIEW, count, self.array.offset * _VIEW.itemsize).copy()
        views[self._null()] = 0
        sizes, inline = views["size"].astype(np.int64), views["size"] <= _INLINE
        places = (self.array.offset + np.arange(count, dtype=np.int64)) * _VIEW.itemsize + 4
        begins = np.where(inline, places, views["offset"].astype(np.int64))
        memory = np.where(inline, 0, views["buffer"].astype(np.intp) + 1)
        memories = [buffer, *(b"" if each is None else each for each in data)]
        self._check_numbers(views["buffer"], len(data), "buffer", where=~inline)
        self._check(begins, begins + sizes, np.array([len(each) for each in memories], np.int64)[memory])
        return _Spans(begins, sizes, memory, memories)

    def begin(self) -> int:
        """Return the offset of the first item in the data, for items of one size."""
        width: int = self.array.type.byte_width
        self._require("data", self.data, 8 * width, len(self.array))
        return self.array.offset * width  # type: ignore[no-any-return]

    def offsets(self) -> Any:
        """Return the offset in the data of each item, and the end of the last one."""
        kind, count = self.array.type, len(self.array)
        if pa.types.is_fixed_size_binary(kind):
            return self.begin() + np.arange(count + 1, dtype=np.int64) * kind.byte_width
        width = 8 if pa.types.is_large_binary(kind) else 4
        buffer = self.array.buffers()[1]
        self._require("offsets", b"" if buffer is None else buffer, 8 * width, count + 1)
        # A copy is checked and used, since a mapped file may change in the meantime.
        offsets = np.frombuffer(buffer, f"i{width}", count + 1, self.array.offset * width).astype(np.int64)
        self._check(offsets[:-1], offsets[1:], len(self.data))
        return offsets

    def _require(self, what: str, buffer: Any, bits: int, count: int) -> None:
        """Check that a buffer holds a number of values with a number of bits each, from the offset of the array on."""
        begin, size = self.array.offset, len(buffer)
        end = size * 8 // bits if bits else begin + count
        if not 0 <= begin <= end - count:
            missing = min(count, begin + count - end) if begin >= 0 else count
            row = self.first + max(len(self.array) - missing, 0)
            raise InvalidLengthError(f"{self.name}: row {row} is outside the {what}, which has {size} bytes")

    def _check_numbers(self, numbers: Any, count: int, what: str, *, where: Any) -> None:
        wrong = ((numbers < 0) | (numbers >= count)) & where
        if wrong.any():
            row = int(wrong.argmax())
            raise InvalidLengthError(f"{self.name}: row {self.first + row} is in {what} {numbers[row]} of {count}")

    def _check(self, begins: Any, ends: Any, size: Any) -> None:
        wrong = (begins < 0) | (ends < begins) | (ends > size)
        if wrong.any():
            row = int(wrong.argmax())
            size = size if isinstance(size, int) else size[row]
            place = f"from byte {begins[row]} to byte {ends[row]} of {size} bytes of data"
            raise InvalidLengthError(f"{self.name}: row {self.first + row} reaches {place}")


class _Places(Input):
    """Items anywhere in the buffers of their chunks."""

    __slots__ = ("_spans",)

    def __init__(self, name: str, chunks: Sequence[_Chunk], *, one_size: bool) -> None:
        super().__init__(name, sum(len(chunk.array) for chunk in chunks), "arrow", one_size=one_size)
        self._spans = [chunk.spans() for chunk in chunks]

    def chunk(self, begin: int, _end: int) -> Any:
        column = self._column or self._lend_all()
        column.slices = self._kept[0] + begin
        return column

    def _lend_all(self) -> Any:
        words, given, end = np.zeros((self.count or 0, 2), np.uintp), [], 0
        for spans in self._spans:
            lent = [input_array(each) for each in spans.memories]
            addresses = np.array([int(ffi.cast("uintptr_t", each)) for each in lent], np.uintp)
            begin, end = end, end + len(spans.sizes)
            words[begin:end, 0] = addresses[spans.memory] + spans.begins.astype(np.uintp)
            words[begin:end, 1] = spans.sizes
            given += lent
        places = input_array(words)
        return self._keep(ffi.NULL, ffi.NULL, 0, 0, (ffi.cast("PqcSlice *", places), places, given))

    def size_of(self, index: int) -> int:
        for spans in self._spans:
            if index < len(spans.sizes):
                return int(spans.sizes[index])
            index -= len(spans.sizes)
        raise IndexError(index)


def arrow_input(name: str, data: Any) -> Input:
    """Return an array or a chunked array of Arrow as an input."""
    array = _imported(name, data)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    is_fixed = pa.types.is_fixed_size_binary(kind)
    if not (is_fixed or any(check(kind) for check in (pa.types.is_binary, pa.types.is_large_binary, _is_view))):
        raise TypeError(f"{name} must be a column of binary or fixed_size_binary, not of {array.type}")
    arrays = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    chunks, rows = [], 0
    for each in filter(len, arrays):
        chunks.append(_Chunk(name, rows, each))
        rows += len(each)
    found: Input
    if pa.types.is_fixed_size_binary(array.type) and len(chunks) == 1:  # one size, and no offsets
        found = Table(name, "arrow", chunks[0].data, (rows, array.type.byte_width), chunks[0].begin())
    else:
        found = _Places(name, chunks, one_size=is_fixed)
    found.refused = {row: InvalidLengthError(f"{name} is null") for chunk in chunks for row in chunk.nulls()}
    return found


def _imported(name: str, data: Any) -> Any:
    """Return an array or a chunked array of pyarrow with the buffers of another library's array."""
    if isinstance(data, (pa.Array, pa.ChunkedArray)):
        return data
    try:
        array = pa.array(data) if hasattr(data, "__arrow_c_array__") else pa.chunked_array(data)
        array.validate()  # for its length and offset: pyarrow accepts negative numbers
    except pa.ArrowException as error:
        raise TypeError(f"{name} is not an Arrow array but {type(data).__name__}") from error
    return array
