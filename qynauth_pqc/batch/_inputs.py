"""Inputs of a batch: lists, arrays of numpy and columns of Arrow, as the C interface takes them.

Each kind of input returns a chunk of itself as a `PqcColumn *`, and changes the same one for the next chunk: between
two chunks the caches are cold, and each object that is not made saves some microseconds. The bytes of the items are
never copied, and the items of an array or a column of Arrow never become Python objects.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qynauth_pqc.batch._columns import Input, Table
from qynauth_pqc.errors import ClosedError, InvalidLengthError
from qynauth_pqc.native import ffi, slices_of
from qynauth_pqc.native.inputs import input_array, input_memory, input_slices, size_of
from qynauth_pqc.native.secret_bytes import SecretBytes

if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc.native.inputs import BytesLike


class _One(Input):
    __slots__ = ("_data",)

    def __init__(self, name: str, data: BytesLike) -> None:
        super().__init__(name, None, "list")
        input_memory(data, name)
        self._data = data

    def chunk(self, _begin: int, _end: int) -> Any:
        # An input other than bytes may be closed or released between two chunks, which is an error then.
        if self._column is not None and type(self._data) is bytes:
            return self._column
        given = input_array(input_memory(self._data, self.name))
        return self._keep(ffi.NULL, given, len(given), 0, given)

    def size_of(self, _index: int) -> int:
        return size_of(self._data)

    def item(self, _index: int) -> object:
        return self._data


class _List(Input):
    """A sequence of bytes-like objects of any types."""

    __slots__ = ("_items",)

    def __init__(self, name: str, items: tuple[BytesLike, ...]) -> None:
        super().__init__(name, len(items), "list")
        self._items = items
        for index, item in enumerate(items):
            self._readable(index, item)

    def chunk(self, begin: int, end: int) -> Any:
        items = [self._readable(index, item) for index, item in enumerate(self._items[begin:end], begin)]
        slices, kept = input_slices(items)
        return self._keep(slices, ffi.NULL, 0, 0, kept)

    def _readable(self, index: int, item: BytesLike) -> Any:
        """Return an item as a buffer; a closed item is refused and left out of the batch."""
        try:
            return input_memory(item, self.name)
        except ClosedError as error:
            self.refused[index] = error
            return b""

    def size_of(self, index: int) -> int:
        return size_of(self._items[index])

    def item(self, index: int) -> object:
        return self._items[index]


class _Bytes(_List):
    """A sequence of objects of the type bytes."""

    __slots__ = ("_slices",)

    def __init__(self, name: str, items: tuple[bytes, ...], slices: Any) -> None:
        Input.__init__(self, name, len(items), "list")  # all of them are readable
        self._items, self._slices = items, slices

    def chunk(self, begin: int, _end: int) -> Any:
        column = self._column or self._keep(ffi.NULL, ffi.NULL, 0, 0, None)
        column.slices = self._slices + begin
        return column


def input_of(name: str, data: Any) -> Input:
    """Return an input as an object of its kind."""
    if isinstance(data, (list, tuple)):
        return _list(name, data)
    if isinstance(data, (bytes, bytearray, SecretBytes)):
        return _One(name, data)
    if hasattr(data, "__arrow_c_array__") or hasattr(data, "__arrow_c_stream__"):
        from qynauth_pqc.batch._arrow_inputs import arrow_input  # an extra

        return arrow_input(name, data)
    try:
        view = memoryview(data)
    except TypeError:
        return _list(name, data)
    except ValueError:
        return _One(name, data)  # refuses a memoryview that was released
    return _array(name, data, view)


def _list(name: str, data: Any) -> Input:
    if isinstance(data, str) or not hasattr(data, "__iter__"):
        raise TypeError(f"{name} must be bytes-like or a sequence of bytes-like objects, not {type(data).__name__}")
    items = tuple(data)
    slices = slices_of(items)
    return _List(name, items) if slices is None else _Bytes(name, items, slices)


def _array(name: str, data: Any, view: memoryview) -> Input:
    # The input keeps the array, not a view of it: see _keys/paths.py.
    if not view.c_contiguous:
        raise TypeError(f"{name} must be contiguous memory")
    shape = view.shape or ()
    if view.ndim == 2 and view.format == "B":  # noqa: PLR2004 - rows of bytes
        return Table(name, "numpy", data, (shape[0], shape[1]))
    if view.ndim == 1 and re.fullmatch(r"\d+[sx]", view.format):
        return Table(name, "numpy", data, (shape[0], view.itemsize))
    if isinstance(data, memoryview):
        return _One(name, data)
    found = f"shape {view.shape} and format {view.format}"
    raise TypeError(f"{name} must be an array of rows of uint8 or of fixed-size bytes, not of {found}")


def common_count(
    counts: dict[str, int | None], unknown: str = "the number of items is unknown; pass one of the inputs as a sequence"
) -> int:
    """Return the number of items of all inputs, by their names, except for inputs that serve all items."""
    known = {name: count for name, count in counts.items() if count is not None}
    if not known:
        raise TypeError(unknown)
    if len(set(known.values())) > 1:
        each = ", ".join(f"{count} ({name})" for name, count in known.items())
        raise InvalidLengthError(f"inputs of a batch have different numbers of items: {each}")
    return next(iter(known.values()))
