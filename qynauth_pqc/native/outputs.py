"""Memory that C writes into, except for secrets."""

from __future__ import annotations

from functools import partial

from qynauth_pqc._native import ffi, lib
from qynauth_pqc.native.inputs import WORD

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_BYTES = ffi.typeof("uint8_t[]")
_SLOTS = ffi.typeof("PqcMutSlice[]")


def slots_for(sizes: Iterable[int], count: int) -> Any:
    """Return output slots of these sizes as a `PqcMutSlice[]` that points to no memory yet."""
    from array import array  # few programs have batches

    slots = ffi.new(_SLOTS, count)
    words = array(WORD, bytes(ffi.sizeof(slots)))
    words[1::2] = array(WORD, sizes)
    ffi.buffer(slots)[:] = words.tobytes()
    return slots


def output_array(memory: Any) -> Any:
    """Return writable memory as a `uint8_t[]` that keeps it alive and open."""
    return ffi.from_buffer(_BYTES, memory, require_writable=True)


_KEPT: list[object] = []
"""Roots for PyPy: its collector follows all references, and finalises nothing at the exit."""


def keep_for_ever(thing: object) -> list[object]:
    """Keep an object until the process ends, even after the interpreter: C continues to write to it.

    If C does not use it after all, pass the result to `let_go`.
    """
    cycle = [thing]  # through an object that the collector of CPython does not track
    cycle.append(ffi.new_allocator(lib.owner_alloc, partial(_free, cycle))("FFIBuffer *"))
    _KEPT.append(cycle)
    return cycle


def let_go(cycle: list[object]) -> None:
    """Keep an object no longer."""
    _KEPT[:] = [each for each in _KEPT if each is not cycle]
    cycle.clear()


def _free(_cycle: list[object], owner: Any) -> None:
    """Free a part of a cycle that was not completed, or was let go."""
    lib.owner_free_buffer(owner)
