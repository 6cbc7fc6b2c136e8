"""What the types and functions of build_ffi*.c need of Python: CPython's own part of `qynauth_pqc._native`."""

from __future__ import annotations

from qynauth_pqc import _native
from qynauth_pqc._native import ffi, lib

TYPE_CHECKING = False  # as in the other modules
if TYPE_CHECKING:
    from typing import Any

    from qynauth_pqc._native import Handle

_SLICES = ffi.typeof("PqcSlice[]")


def slices_of(items: tuple[Any, ...], /) -> Any:
    """Return where objects of the type bytes lie, as a `PqcSlice[]` to be used as long as the tuple is kept.

    None if an item has another type: only bytes never move, nor change.
    """
    slices = ffi.new(_SLICES, len(items))
    return slices if lib.python_slices_of_bytes(ffi.cast("void *", id(items)), slices, len(items)) else None


def make_rows(rows: list[Any], begin: int, slots: Any, count: int, /) -> None:
    """Put new bytes objects into a list that nobody else has, from `begin` on, and point output slots to them.

    They are uninitialised until C has written into the slots.
    """
    if not lib.python_bytes_for_slots(ffi.cast("void *", id(rows)), begin, slots, count):
        raise MemoryError


def finished(rows: list[Any], /) -> list[Any]:
    """Return rows as bytes when C has filled them: what they are."""
    return rows


def let_go(_handle: Handle | None, /) -> None:
    """Do nothing: a handle is freed with the last reference to it."""


def give_back(_handles: list[Handle | None], /) -> None:
    """Do nothing, as above."""


def install() -> None:
    """Put the types and functions of C, and the functions above, into the module that the package imports."""
    if not lib.python_install(ffi.cast("void *", id(vars(_native)))):
        raise MemoryError
    _native.copy_of = _native.Memory.__bytes__  # what `bytes` does, without its look-ups
    vars(_native).update({each.__name__: each for each in (slices_of, make_rows, finished, let_go, give_back)})
