"""The kinds of outputs that functions of the header have, and what must be in them after a call.

An output makes a new slot for each call, which holds rubbish at first, so that it can be told whether the library
emptied it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from qynauth_pqc._ffi import ffi, lib

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc.validation.arguments import Refusal
    from qynauth_pqc.validation.material import Material

_NULL = (ffi.NULL,)
_RUBBISH = 0xA5


class Slot(Protocol):
    """Memory that one call fills."""

    def arguments(self) -> tuple[Any, ...]:
        """Return the C arguments."""

    def refusals(self) -> Iterator[Refusal]:
        """Yield what must be refused instead of this slot."""

    def is_empty(self) -> bool:
        """Tell whether nothing is in it, as after every error."""

    def is_right(self) -> bool:
        """Tell whether it holds what it must after success."""

    def free(self, library: Any) -> None:
        """Give back what the library allocated."""


class Output(Protocol):
    """A parameter that the library writes."""

    def slot(self, material: Material) -> Slot:
        """Return new memory for a call."""


@dataclass(frozen=True, slots=True)
class NewHandle:
    """Where the handle of a new key goes.

    Attributes:
        kind: its C type.
        free: the function that ends it.
        none: whether there is none, since the key is of another type.
    """

    kind: str
    free: str
    none: bool = False

    def slot(self, _material: Material) -> Slot:
        """Return new memory for a call."""
        return _HandleSlot(ffi.new(f"{self.kind} **", ffi.cast(f"{self.kind} *", _RUBBISH)), self.free, self.none)


@dataclass(frozen=True, slots=True)
class _HandleSlot:
    pointer: Any
    free_function: str
    none: bool

    def arguments(self) -> tuple[Any]:
        return (self.pointer,)

    def refusals(self) -> Iterator[Refusal]:
        yield "NULL for the new handle", _NULL, lib.PQC_STATUS_NULL_POINTER

    def is_empty(self) -> bool:
        return bool(self.pointer[0] == ffi.NULL)

    def is_right(self) -> bool:
        return self.is_empty() if self.none else self._is_filled()

    def _is_filled(self) -> bool:
        return int(ffi.cast("uintptr_t", self.pointer[0])) not in {0, _RUBBISH}

    def free(self, library: Any) -> None:
        if self._is_filled():
            getattr(library, self.free_function)(self.pointer[0])


@dataclass(frozen=True, slots=True)
class Buffer:
    """An `FFIBuffer`.

    Attributes:
        name: the bytes of the material that are as long.
        same: whether it must hold those very bytes.
    """

    name: str
    same: bool = False

    def slot(self, material: Material) -> Slot:
        """Return new memory for a call."""
        rubbish = {"data": ffi.cast("uint8_t *", _RUBBISH), "len": _RUBBISH, "reserved": 0}
        return _BufferSlot(ffi.new("FFIBuffer *", rubbish), material.data[self.name], self.same)


@dataclass(frozen=True, slots=True)
class _BufferSlot:
    pointer: Any
    expected: bytes
    same: bool

    def arguments(self) -> tuple[Any]:
        return (self.pointer,)

    def refusals(self) -> Iterator[Refusal]:
        yield "NULL for the buffer", _NULL, lib.PQC_STATUS_NULL_POINTER

    def is_empty(self) -> bool:
        return bool(self.pointer.data == ffi.NULL and self.pointer.len == 0)

    def is_right(self) -> bool:
        if int(ffi.cast("uintptr_t", self.pointer.data)) in {0, _RUBBISH} or self.pointer.len != len(self.expected):
            return False
        return not self.same or contents(self.pointer) == self.expected

    def free(self, library: Any) -> None:
        if int(ffi.cast("uintptr_t", self.pointer.data)) != _RUBBISH:
            library.ffi_buffer_free(self.pointer)


@dataclass(frozen=True, slots=True)
class Room:
    """Memory of the caller: a pointer, a capacity, and where the length goes.

    Attributes:
        name: the bytes of the material that are as long.
        same: whether it must hold those very bytes.
    """

    name: str
    same: bool = False

    def slot(self, material: Material) -> Slot:
        """Return new memory for a call."""
        expected = material.data[self.name]
        memory = ffi.new("char[]", len(expected))
        ffi.memmove(memory, bytes([_RUBBISH]) * len(expected), len(expected))
        return _RoomSlot(ffi.cast("uint8_t *", memory), memory, ffi.new("size_t *", _RUBBISH), expected, self.same)


@dataclass(frozen=True, slots=True)
class _RoomSlot:
    start: Any
    memory: Any  # what `start` points to, kept alive
    length: Any
    expected: bytes
    same: bool

    def arguments(self) -> tuple[Any, ...]:
        return self.start, len(self.expected), self.length

    def refusals(self) -> Iterator[Refusal]:
        size = len(self.expected)
        yield "NULL for the memory", (ffi.NULL, size, self.length), lib.PQC_STATUS_NULL_POINTER
        yield "NULL for the length", (self.start, size, ffi.NULL), lib.PQC_STATUS_NULL_POINTER
        yield "room for one byte less", (self.start, size - 1, self.length), lib.PQC_STATUS_OUTPUT_LENGTH

    def is_empty(self) -> bool:
        return self.length[0] == 0 and not any(self._written())

    def is_right(self) -> bool:
        return self.length[0] == len(self.expected) and (not self.same or self._written() == self.expected)

    def _written(self) -> bytes:
        return bytes(ffi.unpack(self.memory, len(self.expected)))

    def free(self, _library: Any) -> None:
        """Nothing is the library's."""


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """Where a number goes.

    Attributes:
        expected: the number, or None for that of the parameter set.
    """

    expected: int | None = None

    def slot(self, material: Material) -> Slot:
        """Return new memory for a call."""
        expected = material.number if self.expected is None else self.expected
        return _NumberSlot(ffi.new("uint32_t *", _RUBBISH), expected)


@dataclass(frozen=True, slots=True)
class SomeNumber:
    """Where a number goes that is not known here, and not 0.

    Attributes:
        kind: its C type.
    """

    kind: str

    def slot(self, _material: Material) -> Slot:
        """Return new memory for a call."""
        return _NumberSlot(ffi.new(f"{self.kind} *", _RUBBISH), None)


@dataclass(frozen=True, slots=True)
class _NumberSlot:
    pointer: Any
    expected: int | None

    def arguments(self) -> tuple[Any]:
        return (self.pointer,)

    def refusals(self) -> Iterator[Refusal]:
        yield "NULL for the number", _NULL, lib.PQC_STATUS_NULL_POINTER

    def is_empty(self) -> bool:
        return bool(self.pointer[0] == 0)

    def is_right(self) -> bool:
        if self.expected is None:
            return self.pointer[0] not in {0, _RUBBISH}
        return bool(self.pointer[0] == self.expected)

    def free(self, _library: Any) -> None:
        """Nothing is the library's."""


def contents(buffer: Any) -> bytes:
    """Return a copy of what an `FFIBuffer *` holds."""
    return bytes(ffi.unpack(ffi.cast("char *", buffer.data), buffer.len)) if buffer.len else b""
