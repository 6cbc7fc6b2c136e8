"""The types and functions of cffi_binding.py in C, for CPython: see the files in C next to this one."""

from __future__ import annotations

from qynauth_pqc._native import ffi, lib

TYPE_CHECKING = False  # as in the other modules
if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc.native.cffi_binding import Handle, Memory

# Values that the C code needs; the call returns the types and functions that it defines.
_made: dict[str, Any] = {"ffi": ffi}
if not lib.python_install(ffi.cast("void *", id(_made))):
    raise MemoryError
globals().update(_made)

_BYTES = ffi.typeof("uint8_t[]")
_SLICES = ffi.typeof("PqcSlice[]")

_fill_slices, _fill_slots = _made["fill_slices"], _made["fill_slots"]
copy_of = bytes
"""Return a copy of memory that holds no secret and is no longer used."""


def buffer_of(memory: Memory, /) -> Memory:
    """Return memory as a buffer: it is one already."""
    len(memory)  # raises if it is closed
    return memory


def hold(memory: Memory, /) -> list[Any]:
    """Return memory as a `uint8_t[]` that keeps it open until it is released."""
    return [ffi.from_buffer(_BYTES, memory)]


def slices_of(items: tuple[Any, ...], /) -> Any:
    """Return a `PqcSlice[]` of the addresses of bytes objects, valid as long as the tuple is kept.

    None if an item has another type: only bytes never move nor change.
    """
    slices = ffi.new(_SLICES, len(items))
    return slices if _fill_slices(items, _address(slices)) else None


def make_rows(rows: list[Any], begin: int, slots: Any, count: int, /) -> None:
    """Put new bytes objects into an unshared list, from `begin` on, and point output slots to them.

    They are uninitialised until C has written into the slots.
    """
    if not _fill_slots(rows, begin, _address(slots), count):
        raise MemoryError


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))


def finished(rows: list[Any], /) -> list[Any]:
    """Return rows as bytes when C has filled them: they are bytes already."""
    return rows


def close_handle(*_arguments: object) -> None:
    """Do nothing: a handle is freed with the last reference to it."""


end_uses = close_handle


def begin_uses(handles: list[Handle | None], _use: object, /) -> list[Any]:
    """Return the pointer of each handle, NULL for None, valid as long as the handle."""
    return [ffi.NULL if handle is None else handle.pointer for handle in handles]
