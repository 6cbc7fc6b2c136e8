"""The reference binding, on cffi alone: owners of handles and of memory. cffi_operations.py has the operations.

An owner is a pointer to a struct, made by one of cffi's allocators. The cyclic collector of CPython does not track it,
and it frees its memory when its last reference is dropped: `ffi.gc` would free while `__del__` of another object, or
the rest of a generator, can still use the memory. PyPy frees an object when its collector finds it, sooner or later. So
the calls with each handle are counted, and a closed handle is freed when the last call ends; secrets are wiped when
they are closed, since calls read only copies of them.
"""

from __future__ import annotations

import sys
from functools import partial

from qynauth_pqc._native import ffi, lib
from qynauth_pqc.errors import ClosedError

TYPE_CHECKING = False  # as in the other modules
if TYPE_CHECKING:
    from typing import Any, TypeVar

    M = TypeVar("M", bound="Memory")

if sys.implementation.name == "pypy":
    from __pypy__ import add_memory_pressure as _add_pressure  # type: ignore[import-not-found]
else:

    def _add_pressure(_size: int) -> None:
        """Do nothing: nothing waits for the collector."""


_OWNED_BYTES = 16384  # the approximate memory of a handle or a buffer: the collector of PyPy must know it
_MOST_SLOTS = sys.maxsize // _OWNED_BYTES
_BYTES = ffi.typeof("uint8_t[]")
_EMPTY = ffi.new(_BYTES, 1)
SMALL_BATCH = 128
"""The items of the first time slice of a batch."""


KINDS = {
    "private_key": "PqcPrivateKey",
    "public_key": "PqcPublicKey",
    "mu_hasher": "PqcMuHasher",
    "exchange_key": "PqcExchangeKey",
    "exchange_share": "PqcExchangeShare",
}
_new_handles = {
    kind: ffi.new_allocator(lib.owner_alloc, getattr(lib, f"owner_free_{kind}"), should_clear_after_alloc=False)
    for kind in KINDS
}
_new_buffer = ffi.new_allocator(lib.owner_alloc, lib.owner_free_buffer, should_clear_after_alloc=False)


class Handle:
    """Output slots for handles of one kind, and the handles that C has written there.

    A use begins before it checks whether the handle is closed, and `close_handle` closes before it checks for uses: of
    two threads, at least one sees the other. No lock guards the uses, since finalisers run between any two bytecodes:
    they are a set, since its `add` and `discard` are atomic. A use that has ended, or never begun, may end again.
    """

    __slots__ = ("__weakref__", "_closed", "_kind", "_owner", "_uses")

    def __init__(self, kind: str, count: int = 1) -> None:
        """Make empty slots for handles of a kind."""
        if not 1 <= count <= _MOST_SLOTS:
            raise ValueError(f"expected 1 to {_MOST_SLOTS} slots")
        self._closed, self._kind = False, kind
        self._uses: set[object] = set()
        self._owner = _new_handles[kind]("PqcHandles *", [count, count])
        _add_pressure(count * _OWNED_BYTES)

    @property
    def slot(self) -> Any:
        """The array into which C writes the handles, valid as long as this object."""
        return ffi.cast(f"{KINDS[self._kind]} **", self._owner.handles)

    @property
    def pointer(self) -> Any:
        """The first handle, valid until it is closed and no use is left; NULL before C has written it."""
        if self._closed:  # read once: a use that has begun before keeps the handle
            raise ClosedError(f"{self._kind.replace('_', ' ')} is closed")
        return ffi.cast(f"{KINDS[self._kind]} *", self._owner.handles[0])

    def _begin(self, use: object) -> Any:
        self._uses.add(use)
        return self.pointer

    def _end(self, use: object) -> None:
        self._uses.discard(use)
        self._release_if_unused()

    def _release_if_unused(self) -> None:
        if self._closed and not self._uses:
            ffi.release(self._owner)

    def call(self, function: Any, /, *arguments: Any) -> int:
        """Call a function with the first handle, which is not freed during the call."""
        use = object()
        try:
            try:
                return function(self._begin(use), *arguments)  # type: ignore[no-any-return]
            finally:
                self._end(use)
        finally:  # again, for an exception between the instructions of the first
            self._end(use)

    def split(self) -> list[Handle | None]:
        """Return an owner of each handle, and None for each empty slot."""
        owners: list[Handle | None] = []
        for number in range(self._owner.count):
            owner = Handle(self._kind) if self._owner.handles[number] else None
            if owner is not None:
                lib.owner_move(self._owner, number, owner._owner)
            owners.append(owner)
        return owners


new_private_key, new_public_key, new_mu_hasher, new_exchange_key, new_exchange_share = (
    partial(Handle, kind) for kind in KINDS
)


def close_handle(handle: Handle | None, /) -> None:
    """Free a handle when its last use has ended."""
    if handle is not None:
        handle._closed = True
        handle._release_if_unused()


def begin_uses(handles: list[Handle | None], use: object, /) -> list[Any]:
    """Return the pointer of each handle, NULL for None, valid until `end_uses`, which a failure needs too."""
    return [ffi.NULL if handle is None else handle._begin(use) for handle in handles]


def end_uses(handles: list[Handle | None], use: object, /) -> None:
    """End a use of all handles, which two threads may do at once."""
    for handle in handles:
        if handle is not None:
            handle._end(use)


def _first(data: Any, _size: int) -> Any:
    return data


def _buffer(data: Any, size: int, owner: Any) -> Any:
    """Return memory as a buffer that keeps its owner.

    It is a struct, as the owner is: the collector tracks an array that keeps another object. The destructor holds the
    owner, and allocates nothing, since its errors cannot be raised.
    """
    allocator = ffi.new_allocator(partial(_first, data or _EMPTY), (owner,).count, should_clear_after_alloc=False)
    return ffi.buffer(allocator("PqcView *"), size)


class Memory:
    """An FFIBuffer. Its readers, and buffers from `__buffer__`, get a copy, which is wiped when it is freed."""

    __slots__ = ("_closed", "_slot")

    _closed: bool
    _slot: Any

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError(f"{type(self).__name__} is closed")

    def _copy(self) -> Any:
        copy = _new_buffer("FFIBuffer *")
        if lib.owner_copy(self._slot, 0, self._slot.len, copy):
            raise MemoryError
        self._check_open()  # only now: a `_close` in the meantime has wiped some of it
        return copy

    def __len__(self) -> int:
        """Return the size in bytes."""
        self._check_open()
        return self._slot.len  # type: ignore[no-any-return]

    def __bytes__(self) -> bytes:
        """Return a copy."""
        copy = bytes(ffi.buffer(self._slot.data or _EMPTY, self._slot.len))
        self._check_open()  # as above
        return copy

    def __buffer__(self, _flags: int, /) -> memoryview:
        """Return a copy."""
        return memoryview(buffer_of(self)).toreadonly()

    def _close(self) -> None:
        self._closed = True
        ffi.memmove(self._slot.data or _EMPTY, bytes(self._slot.len), self._slot.len)

    def _view(self) -> memoryview:
        """Return a memoryview of the memory itself: it reads zeros after the wipe."""
        self._check_open()
        return memoryview(_buffer(self._slot.data, self._slot.len, self._slot)).toreadonly()


def new_memory(kind: type[M], /) -> M:
    """Return an object of a type of Memory that C has not filled."""
    if not isinstance(kind, type) or not issubclass(kind, Memory):
        raise TypeError("expected a type of Memory")
    memory = object.__new__(kind)
    memory._closed, memory._slot = False, _new_buffer("FFIBuffer *")
    _add_pressure(_OWNED_BYTES)
    return memory


def copy_of(memory: Memory, /) -> bytes:
    """Return a copy of memory that holds no secret and is no longer used."""
    copy = bytes(memory)
    memory._closed = True
    ffi.release(memory._slot)
    return copy


def buffer_of(memory: Memory, /) -> Any:
    """Return a copy of memory as a buffer."""
    copy = memory._copy()
    return _buffer(copy.data, copy.len, copy)


def hold(memory: Memory, /) -> list[Any]:
    """Return a copy of memory as a `uint8_t[]`, and the object that wipes the copy when it is released."""
    copy = memory._copy()
    return [ffi.from_buffer(_BYTES, _buffer(copy.data, copy.len, copy)), copy]


def slices_of(_items: tuple[Any, ...], /) -> None:
    """Return None: bytes may move."""


def make_rows(rows: list[Any], begin: int, slots: Any, count: int, /) -> None:
    """Put new memory into a list, from `begin` on, and point output slots to it."""
    for number in range(count):
        memory = ffi.new(_BYTES, slots[number].len)
        slots[number].data, rows[begin + number] = memory, ffi.buffer(memory)


def finished(rows: list[Any], /) -> list[Any]:
    """Return rows as bytes when C has filled them."""
    return [None if row is None else bytes(row) for row in rows]
