"""What build_ffi*.c is on CPython, for PyPy on cffi alone: owners and lenders of memory, and the operations.

PyPy frees an object when its collector finds it, sooner or later. So the uses of each handle and of memory are counted,
and what is closed is freed or wiped when its last use ends; only what was never closed waits for the collector. No lock
guards the counts, since finalisers run between any two bytecodes: they are lists, whose `append` and `pop` are atomic.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from functools import partial

from qynauth_pqc import _native
from qynauth_pqc._native import ffi, lib

TYPE_CHECKING = False  # as in the other modules
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, Self, TypeVar

    M = TypeVar("M", bound="Memory")

_BYTES = ffi.typeof("uint8_t[]")
_OWNED_BYTES = 16384  # about what a handle or a buffer owns: the collector must know of it
_MOST_SLOTS = sys.maxsize // _OWNED_BYTES
_ONE_BYTE = re.compile("[@=<>!]?[Bbc]")
FEW = 128
"""The items of the first time slice of a batch."""


def _raise_closed(message: str) -> NoReturn:
    from qynauth_pqc.errors import ClosedError  # noqa: PLC0415 - which imports the module that imports this one

    raise ClosedError(message)


class _Uses:
    """The uses of something that is released when it is closed and the last use has ended.

    A use begins before it looks whether the thing is closed, and `close` says so before it looks for uses: of two
    threads at least one sees the other.
    """

    __slots__ = ("_closed", "_release", "_running", "_whole")

    def __init__(self, release: Callable[[], object], whole: _Uses | None = None) -> None:
        self._release, self._whole = release, whole
        self._running: list[None] = []
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it was closed, or what it is a part of."""
        return self._closed or (self._whole is not None and self._whole.closed)

    def begin(self) -> bool:
        """Begin a use, also of what this is a part of; return False if it is closed."""
        if self._whole is not None and not self._whole.begin():
            return False
        self._running.append(None)
        if not self._closed:  # read once: `end` must follow whatever `close` does from here on
            return True
        self.end()
        return False

    def end(self) -> None:
        """End a use that has begun."""
        self._running.pop()
        self._release_if_unused()
        if self._whole is not None:
            self._whole.end()

    def close(self) -> None:
        """Let no further use begin."""
        self._closed = True
        self._release_if_unused()

    def _release_if_unused(self) -> None:
        if self._closed and not self._running:
            self._release()


class Handle:
    """Output slots for handles of one kind, and the handles that C has written there."""

    __slots__ = ("__weakref__", "_kind", "_slots", "_uses", "slot")

    slot: Any

    def __init__(self, kind: str, count: int = 1) -> None:
        """Make empty slots for handles of a kind."""
        if not 1 <= count <= _MOST_SLOTS:
            raise ValueError(f"expected 1 to {_MOST_SLOTS} slots")
        free = getattr(lib, f"pqc_{kind}_free")
        self._kind, self._slots = kind, ffi.new(f"{_TYPES[kind]} *[]", count)
        self.slot = ffi.gc(self._slots, partial(_free_all, free), size=count * _OWNED_BYTES)
        self._uses = _Uses(partial(ffi.release, self.slot))

    def _begin(self) -> Any:
        if not self._uses.begin():
            _raise_closed("the handle is closed")
        return self._slots[0]

    @property
    def pointer(self) -> Any:
        """The first handle, valid until `give_back`; NULL before C has written it."""
        return self._begin()

    def call(self, function: Any, /, *arguments: Any) -> int:
        """Call a function with the first handle, which lives meanwhile."""
        pointer = self._begin()
        try:
            return function(pointer, *arguments)  # type: ignore[no-any-return]
        finally:
            self._uses.end()

    def split(self) -> list[Handle | None]:
        """Return an owner of each handle, and None for each empty slot."""
        owners: list[Handle | None] = []
        for number, pointer in enumerate(self._slots):
            owner = Handle(self._kind) if pointer else None
            if owner is not None:
                self._slots[number], owner._slots[0] = ffi.NULL, pointer
            owners.append(owner)
        return owners


_TYPES = {"private_key": "PqcPrivateKey", "public_key": "PqcPublicKey", "mu_hasher": "PqcMuHasher"}


def _free_all(free: Any, slots: Any) -> None:
    for number, pointer in enumerate(slots):
        slots[number] = ffi.NULL
        free(pointer)


def let_go(handle: Handle | None) -> None:
    """Free a handle when its last use has ended."""
    if handle is not None:
        handle._uses.close()


def give_back(handles: list[Handle | None], /) -> None:
    """End the use that each `pointer` was taken for, and empty the list, which two threads may do at once."""
    with suppress(IndexError):
        while True:
            handle = handles.pop()
            if handle is not None:
                handle._uses.end()


class Memory:
    """An FFIBuffer, or a row of one, that Python reads as a buffer.

    A buffer that is exported is a copy, wiped when the collector finds it: nobody says when such a use ends.
    """

    __slots__ = ("__weakref__", "_begin", "_rows", "_size", "_slot", "_uses", "_whole")

    _slot: Any
    _whole: Memory | None
    _begin: int
    _size: int
    _rows: dict[int, _Uses]
    _uses: _Uses

    @property
    def _closed(self) -> bool:
        return self._uses.closed

    @property
    def _locked(self) -> bool:
        return bool(self._slot.reserved)

    def _data(self) -> Any:
        return self._slot.data + self._begin if self._slot.data else ffi.new(_BYTES, 1)

    def _bytes(self) -> int:
        size: int = self._slot.len if self._whole is None else self._size
        return size

    def _use(self) -> tuple[Any, int]:
        """Begin a use: return where the memory is, valid until the use ends, and its size."""
        if not self._uses.begin():
            self._check_open()
        return self._data(), self._bytes()

    def _check_open(self) -> None:
        if self._closed:
            _raise_closed(f"{type(self).__name__} is closed")

    def __len__(self) -> int:
        """Return the size in bytes."""
        self._check_open()
        return self._bytes()

    def __bytes__(self) -> bytes:
        """Return a copy."""
        data, size = self._use()
        try:
            return bytes(ffi.buffer(data, size))
        finally:
            self._uses.end()

    def _take(self) -> bytes:
        """Return a copy, and free the memory."""
        copy = bytes(self)
        ffi.release(self._slot)
        return copy

    def __buffer__(self, _flags: int, /) -> memoryview:
        """Return a copy, in memory that is wiped."""
        data, size = self._use()
        try:
            copy = new_memory(Memory)
            if lib.ffi_buffer_zeroed(lib.PQC_KEY_LOCKED_MEMORY if self._locked else 0, size, copy._slot):
                raise MemoryError
            ffi.memmove(copy._data(), data, size)
            return copy._view()
        finally:
            self._uses.end()

    def _close(self) -> None:
        self._uses.close()

    def _wipe(self) -> None:
        ffi.memmove(self._data(), bytes(self._bytes()), self._bytes())

    def _view(self) -> memoryview:
        self._check_open()
        memory = ffi.gc(self._data(), self._stay)
        return memoryview(ffi.buffer(memory, self._bytes())).toreadonly()

    def _stay(self, _pointer: Any) -> None:
        """Do nothing: a pointer with this finaliser keeps the memory."""

    def _divide(self, row_bytes: int, /) -> None:
        if row_bytes < 1 or self._size or self._whole is not None:
            raise ValueError("cannot be divided into such rows")
        self._size = row_bytes

    def _row(self, kind: type[M], number: int, /) -> M:
        if not self._size or not 0 <= number < self._slot.len // self._size:
            raise IndexError("there is no such row")
        row = _memory(kind, self._slot, self)
        row._begin, row._size = number * self._size, self._size
        row._uses = self._rows.setdefault(number, _Uses(row._wipe, self._uses))
        return row


copy_of = Memory._take
"""Return a copy of memory that holds no secret and is used no more."""


def _memory(kind: type[M], slot: Any, whole: Memory | None) -> M:
    if not isinstance(kind, type) or not issubclass(kind, Memory):
        raise TypeError("expected a type of Memory")
    memory = object.__new__(kind)
    memory._slot, memory._whole, memory._begin, memory._size, memory._rows = slot, whole, 0, 0, {}
    return memory


def new_memory(kind: type[M], /) -> M:
    """Return an object of a type of Memory that C has not filled."""
    memory = _memory(kind, ffi.gc(ffi.new("FFIBuffer *"), lib.ffi_buffer_free, size=_OWNED_BYTES), None)
    memory._uses = _Uses(memory._wipe)
    return memory


class Lent:
    """An input. Shows nothing of it, so that a traceback with local variables does not either."""

    __slots__ = ("_entered", "_name", "data")

    def __init__(self, data: Any, name: str) -> None:
        """Take an input and its name."""
        self.data, self._name = data, name
        self._entered: list[Callable[[], object]] = []

    def _borrow(self) -> tuple[Any, memoryview]:
        """Return memory of any kind but `Memory` as a `uint8_t[]`, and what else to release."""
        if not isinstance(self.data, (bytes, bytearray, memoryview)):
            found = type(self.data).__name__
            raise TypeError(f"{self._name} must be bytes, bytearray or memoryview, not {found}")
        try:
            view = memoryview(self.data)
        except ValueError:
            _raise_closed(f"{self._name} is a memoryview that was released")
        if not view.c_contiguous or _ONE_BYTE.fullmatch(view.format) is None:
            view.release()
            raise TypeError(f"{self._name} must be contiguous memory of single bytes (format B, b or c)")
        return ffi.from_buffer(_BYTES, view), view

    def _check(self) -> Self:
        if isinstance(self.data, Memory):
            self.data._check_open()
        else:
            _release(*self._borrow())
        return self

    def __enter__(self) -> tuple[Any, int]:
        """Borrow the input: return where it is, valid until `__exit__`, and its size."""
        if isinstance(self.data, Memory):
            lent = self.data._use()
            self._entered.append(self.data._uses.end)
            return lent
        memory, view = self._borrow()
        self._entered.append(partial(_release, memory, view))
        return memory, len(memory)

    def __exit__(self, *_exc: object) -> None:
        """Return the input, and forget it."""
        if self._entered:
            self._entered.pop()()
        if not self._entered:
            self.data = None

    def __len__(self) -> int:
        """Return the size of the input in bytes."""
        if isinstance(self.data, Memory):
            return len(self.data)
        with Lent(self.data, self._name) as (_, size):
            return size

    def __buffer__(self, flags: int, /) -> memoryview:
        """Return the input as read-only memory, of `Memory` as a copy."""
        if isinstance(self.data, Memory):
            return self.data.__buffer__(flags)
        return memoryview(ffi.buffer(self._borrow()[0])).toreadonly()


def _release(memory: Any, view: memoryview) -> None:
    ffi.release(memory)
    view.release()


def _input(data: object, name: str) -> Lent:
    """Return an input for one call; the caller's own `Lent` is not forgotten after it."""
    return Lent(data.data, data._name) if isinstance(data, Lent) else Lent(data, name)


def lend(data: object, name: str, /) -> Lent:
    """Return an input of any type as an object that shows nothing of it."""
    return data if isinstance(data, Lent) else Lent(data, name)


def readable(data: object, name: str, /) -> bytes | Lent:
    """Return an input as contiguous memory: bytes as themselves, else Lent."""
    if type(data) is bytes:
        return data
    lent = lend(data, name)
    del data  # the frames of an error hold no secret
    return lent._check()


def slices_of(_items: tuple[Any, ...], /) -> None:
    """Return None: bytes may move."""


def make_rows(rows: list[Any], begin: int, slots: Any, count: int) -> None:
    """Put new memory into a list, from `begin` on, and point output slots to it."""
    for number in range(count):
        memory = ffi.new(_BYTES, slots[number].len)
        slots[number].data, rows[begin + number] = memory, ffi.buffer(memory)


def finished(rows: list[Any]) -> list[Any]:
    """Return rows as bytes when C has filled them."""
    return [None if row is None else bytes(row) for row in rows]


def share_metrics(memory: Any, /) -> int:
    """Let C count in memory until the process ends, and return the status."""
    lent = ffi.from_buffer(_BYTES, memory, require_writable=True)
    status: int = lib.ffi_share_metrics(lent, len(lent))
    if not status:
        _shared.append(lent)
    return status


_shared: list[Any] = []


def _check_kind(handle: Handle, kind: str) -> Handle:
    if not isinstance(handle, Handle) or handle._kind != kind or not (handle._slots[0] or handle._uses.closed):
        raise TypeError(f"expected a Handle of a {_TYPES[kind]} *")
    return handle


def generate(algorithm: int, flags: int, _keeps_gil: object, /) -> Handle | int:
    """Make a private key, and return its Handle or a status."""
    handle = Handle("private_key")
    return lib.pqc_private_key_generate(algorithm, flags, handle.slot) or handle


def public_key_of(private_key: Handle, _keeps_gil: object, /) -> Handle | int:
    """Return the Handle of the public key of a private key, or a status."""
    handle = Handle("public_key")
    return _check_kind(private_key, "private_key").call(lib.pqc_private_key_public_key, handle.slot) or handle


def _load(kind: str, function: Any, algorithm: int, flags: int, data: Lent) -> Handle | int:
    handle = Handle(kind)
    with data as lent:
        return function(algorithm, flags, *lent, handle.slot) or handle


def load_public_key(algorithm: int, flags: int, data: object, _keeps_gil: object, /) -> Handle | int:
    """Load a public key, and return its Handle or a status."""
    return _load("public_key", lib.pqc_public_key_from_bytes, algorithm, flags, _input(data, "public key"))


def load_private_key(algorithm: int, flags: int, data: object, _keeps_gil: object, /) -> Handle | int:
    """Load an expanded private key, and return its Handle or a status."""
    return _load("private_key", lib.pqc_private_key_from_bytes, algorithm, flags, _input(data, "private key"))


def load_seed(algorithm: int, flags: int, seed: object, _keeps_gil: object, /) -> Handle | int:
    """Make the private key of a seed, and return its Handle or a status."""
    return _load("private_key", lib.pqc_private_key_from_seed, algorithm, flags, _input(seed, "seed"))


def public_bytes_of(public_key: Handle, _keeps_gil: object, /) -> bytes | int:
    """Return the encoding of a public key, or a status."""
    made = new_memory(Memory)
    status = _check_kind(public_key, "public_key").call(lib.pqc_public_key_bytes, made._slot)
    return status or made._take()


def private_bytes_of(private_key: Handle, secret: type[M], _keeps_gil: object, /) -> M | int:
    """Return the expanded encoding of a private key, or a status."""
    made = new_memory(secret)
    return _check_kind(private_key, "private_key").call(lib.pqc_private_key_bytes, made._slot) or made


def seed_of(private_key: Handle, secret: type[M], _keeps_gil: object, /) -> M | int:
    """Return the seed of a private key, or a status."""
    made = new_memory(secret)
    return _check_kind(private_key, "private_key").call(lib.pqc_private_key_seed, made._slot) or made


def encapsulate(public_key: Handle, secret: type[M], _keeps_gil: object, /) -> tuple[bytes, M] | int:
    """Encapsulate to a public key, and return the ciphertext and the secret, or a status."""
    made, shared = new_memory(Memory), new_memory(secret)
    status = _check_kind(public_key, "public_key").call(lib.pqc_encapsulate, made._slot, shared._slot)
    return status or (made._take(), shared)


def decapsulate(private_key: Handle, ciphertext: object, secret: type[M], _keeps_gil: object, /) -> M | int:
    """Decapsulate a ciphertext, and return the secret or a status."""
    shared = new_memory(secret)
    with _input(ciphertext, "ciphertext") as lent:
        return _check_kind(private_key, "private_key").call(lib.pqc_decapsulate, *lent, shared._slot) or shared


def sign(private_key: Handle, message: object, context: object, flags: int, /) -> bytes | int:
    """Sign a message, and return the signature or a status."""
    made = new_memory(Memory)
    with _input(message, "message") as lent, _input(context, "context") as other:
        status = _check_kind(private_key, "private_key").call(lib.pqc_sign, *lent, *other, flags, made._slot)
    return status or made._take()


def verify(public_key: Handle, message: object, context: object, signature: object, /) -> int:
    """Verify a signature, and return a status."""
    inputs = _input(message, "message"), _input(context, "context"), _input(signature, "signature")
    with inputs[0] as first, inputs[1] as second, inputs[2] as third:
        return _check_kind(public_key, "public_key").call(lib.pqc_verify, *first, *second, *third)


def _few(*_arguments: object) -> None:
    """Return None: the other path serves batches of few items as well."""


def install() -> None:
    """Put all this into the module where the rest of the package looks for it."""
    makers = {f"new_{kind}": partial(Handle, kind) for kind in _TYPES}
    few = dict.fromkeys(("encapsulate_few", "decapsulate_few", "sign_few", "verify_few"), _few)
    public = {name: thing for name, thing in globals().items() if not name.startswith("_")}
    vars(_native).update(public | makers | few)
