"""Memory at the border: borrowing inputs, owning handles and buffers, and wiping secrets.

The only module that calls `ffi.gc`, `ffi.buffer` and `ffi.from_buffer`.
"""

from __future__ import annotations

from functools import partial

from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc.errors import ClosedError

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Any, NoReturn, TypeAlias, TypeVar

    from typing_extensions import Self

    BytesLike: TypeAlias = "bytes | bytearray | memoryview | SecretBytes"
    S = TypeVar("S", bound="SecretBytes")

# Bound once: every operation passes here, and each look-up in `ffi` or `lib` costs 40 ns.
_FFI_BUFFER = ffi.typeof("FFIBuffer *")
_POINTERS = ffi.typeof("char *[]")
_SLICES = ffi.typeof("PqcSlice[]")
_ROOMS = ffi.typeof("PqcRoom[]")
_WORD = "Q" if ffi.sizeof("size_t") == 8 else "I"  # noqa: PLR2004 - array's letters for 64 and 32 bits
_new, _gc, _view, _free = ffi.new, ffi.gc, ffi.buffer, lib.ffi_buffer_free
_make = object.__new__

# Structs that `ffi_buffer_free` has emptied, to be filled again; as many as calls were ever under way at once.
_spare: list[Any] = []


def borrow(data: BytesLike, name: str) -> tuple[Any, int]:
    """Return `data` as what cffi passes as a `const uint8_t *` without a copy, and its size in bytes.

    Callers pass both straight on to C and keep neither: CPython before 3.12 crashes when it collects a cycle with a
    memoryview that is still lent, and the traceback of an error holds every variable of its frames (gh-77894).

    Args:
        data: the input.
        name: what to call it in an error.

    Raises:
        TypeError: `data` is not bytes-like or not contiguous.
        ClosedError: `data` is a secret that was closed.
    """
    if type(data) is bytes:
        return data, len(data)
    memory = readable(data, name)
    return ffi.from_buffer("uint8_t[]", memory), size_of(memory)


def lend_all(items: Sequence[bytes | bytearray | memoryview]) -> tuple[Any, Any]:
    """Return items as a `PqcSlice *` without a copy, and what must be kept as long as it is used.

    As `borrow`, for a batch: a tenth of a microsecond for each item.
    """
    from array import array  # noqa: PLC0415 - few programs have batches

    lent = list(map(ffi.from_buffer, items))
    pointers = _new(_POINTERS, lent)
    words = array(_WORD, bytes(len(items) * ffi.sizeof("PqcSlice")))
    words[0::2] = array(_WORD, bytes(_view(pointers)))
    words[1::2] = array(_WORD, map(len, lent))
    return ffi.cast("PqcSlice *", ffi.from_buffer(words)), (lent, words)


def slices_of(items: tuple[Any, ...]) -> Any:
    """Return where objects of the type bytes lie, as a `PqcSlice[]` to be used as long as the tuple is kept.

    None if one of them is something else: only bytes never move, nor change.
    """
    slices = _new(_SLICES, len(items))
    return slices if lib.python_slices_of_bytes(ffi.cast("void *", id(items)), slices, len(items)) else None


def rooms_for(sizes: Iterable[int], count: int) -> Any:
    """Return as many rooms of these sizes as a `PqcRoom[]` which does not say yet where they are."""
    from array import array  # noqa: PLC0415 - as above

    rooms = _new(_ROOMS, count)
    words = array(_WORD, bytes(ffi.sizeof(rooms)))
    words[1::2] = array(_WORD, sizes)
    _view(rooms)[:] = words.tobytes()
    return rooms


def make_rows(rows: list[Any], begin: int, rooms: Any, count: int) -> None:
    """Put new bytes objects into a list that nobody else has, from `begin` on, and let rooms of their sizes say where.

    They hold rubbish until C has written into the rooms.

    Raises:
        MemoryError: there is no memory for them.
    """
    if not lib.python_rooms_of_bytes(ffi.cast("void *", id(rows)), begin, rooms, count):
        raise MemoryError


def readable(data: BytesLike, name: str) -> bytes | bytearray | memoryview:
    """Return `data` as contiguous memory that Python can read, a secret as a view of it.

    Args:
        data: the input.
        name: what to call it in an error.

    Raises:
        TypeError: `data` is not bytes-like or not contiguous. Its value is not in the message.
        ClosedError: `data` is a secret that was closed or a memoryview that was released.
    """
    if isinstance(data, SecretBytes):
        return data.view()
    if not isinstance(data, (bytes, bytearray, memoryview)):
        msg = f"{name} must be bytes, bytearray or memoryview, not {type(data).__name__}"
        raise TypeError(msg)
    if isinstance(data, memoryview) and not _is_contiguous(data, name):
        msg = f"{name} must be contiguous memory"
        raise TypeError(msg)
    return data


def _is_contiguous(view: memoryview, name: str) -> bool:
    try:
        return view.c_contiguous
    except ValueError:
        msg = f"{name} is a memoryview that was released"
        raise ClosedError(msg) from None


def size_of(data: BytesLike) -> int:
    """Return the size of an input in bytes."""
    return data.nbytes if isinstance(data, memoryview) else len(data)


def lend_readable(memory: Any) -> Any:
    """Return contiguous memory as a `uint8_t[]` that keeps it alive and open."""
    return ffi.from_buffer("uint8_t[]", memory)


def lend(memory: Any) -> Any:
    """Return writable memory as a `uint8_t[]` that keeps it alive and open."""
    return ffi.from_buffer("uint8_t[]", memory, require_writable=True)


def new_buffer() -> Any:
    """Return an empty `FFIBuffer *` for a secret: its memory is wiped and freed with it."""
    return _gc(_new(_FFI_BUFFER), _free)


def zeroed_buffer(flags: int, size: int) -> tuple[Any, int]:
    """Return a buffer for secrets with so many zeros, and the status, which says whether it has them.

    Args:
        flags: 0 or PQC_KEY_LOCKED_MEMORY.
        size: how many bytes.
    """
    buffer = new_buffer()
    status: int = lib.ffi_buffer_zeroed(flags, size, buffer)
    return buffer, status


def spare_buffer() -> Any:
    """Return an empty `FFIBuffer *` for what is taken out of it at once."""
    try:
        return _spare.pop()
    except IndexError:
        return new_buffer()


def take_bytes(buffer: Any) -> bytes:
    """Return the contents of a buffer that holds no secret, free them, and keep the struct for the next call."""
    data: bytes = _view(buffer.data, buffer.len)[:]
    _free(buffer)
    _spare.append(buffer)
    return data


def wipe(buffer: Any) -> None:
    """Overwrite the contents of a buffer."""
    _view(buffer.data, buffer.len)[:] = bytes(buffer.len)


own_handle = ffi.gc
"""Return a handle, the first argument, that the second frees when its last reference goes."""


def _keep_alive(_owner: Any, _pointer: Any) -> None:
    """Do nothing: as a finaliser of a pointer, it keeps the pointer's owner alive until then."""


class SecretBytes:
    """Secret bytes in memory that is wiped before it is released.

    Made by this package only: what `seed()` and `private_bytes()` of the private keys return. Compares with bytes-like
    objects in constant time, cannot be hashed, copied or pickled, and shows no value in its `repr`. `bytes(secret)`
    makes a copy that Python never wipes; `view()` makes none.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> with MLDSAPrivateKey.generate("ML-DSA-44").seed() as seed:
    ...     seed
    <SecretBytes: 32 bytes>
    """

    __slots__ = ("__weakref__", "_buffer")

    _buffer: Any

    def __new__(cls, *_args: object) -> Self:
        """Refuse: Python code has its secrets in memory that is never wiped."""
        msg = f"{cls.__name__} objects are made by qynauth_pqc only"
        raise TypeError(msg)

    def _open(self) -> Any:
        buffer = self._buffer
        if buffer is None:
            msg = f"{type(self).__name__} is closed"
            raise ClosedError(msg)
        return buffer

    def view(self) -> memoryview:
        """Return a read-only view without a copy.

        The view keeps the memory alive, also after this object is gone. After `close()` it reads zeros.

        Returns:
            A read-only memoryview of `len(self)` bytes.

        Raises:
            ClosedError: the secret was closed.
        """
        buffer = self._open()
        pointer = _gc(buffer.data, partial(_keep_alive, buffer))
        return memoryview(_view(pointer, buffer.len)).toreadonly()

    def close(self) -> None:
        """Wipe the bytes now. The memory itself is released with the last view. A second call does nothing."""
        buffer, self._buffer = self._buffer, None
        if buffer is not None:
            wipe(buffer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self._open().len  # type: ignore[no-any-return]

    def __bytes__(self) -> bytes:
        buffer = self._open()
        return _view(buffer.data, buffer.len)[:]  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (SecretBytes, bytes, bytearray, memoryview)):
            return NotImplemented
        import hmac  # noqa: PLC0415 - it loads OpenSSL, which would triple the time that importing this package takes

        return hmac.compare_digest(self.view(), readable(other, "what a secret is compared with"))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self._buffer is None:
            return f"<{type(self).__name__}: closed>"
        return f"<{type(self).__name__}: {len(self)} bytes>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        msg = f"{type(self).__name__} cannot be pickled or copied: a copy would never be wiped"
        raise TypeError(msg)


class SharedSecret(SecretBytes):
    """A 32-byte shared secret of ML-KEM (FIPS 203, table 3), as `encapsulate()` and `decapsulate()` return it.

    Pass it through a key derivation function with a label of your protocol before you use it as a key.

    >>> from qynauth_pqc import MLKEMPrivateKey
    >>> private_key = MLKEMPrivateKey.generate()
    >>> ciphertext, sent = private_key.public_key.encapsulate()
    >>> private_key.decapsulate(ciphertext) == sent
    True
    """

    __slots__ = ()


def secret_of(kind: type[S], buffer: Any) -> S:
    """Return the secret that owns a filled buffer."""
    secret = _make(kind)
    secret._buffer = buffer
    return secret


def join_secret(*parts: bytes | memoryview) -> SecretBytes:
    """Return a secret that holds these parts, one behind the other."""
    memory = _new("uint8_t[]", sum(map(size_of, parts)))
    secret = secret_of(
        SecretBytes, _gc(_new(_FFI_BUFFER, {"data": memory, "len": len(memory)}), partial(_wipe, memory))
    )
    start = 0
    with memoryview(_view(memory)) as target:
        for part in parts:
            target[start : start + size_of(part)] = part
            start += size_of(part)
    return secret


def _wipe(memory: Any, _owner: Any) -> None:
    """Wipe memory of Python: the finaliser of the struct that points to it."""
    _view(memory)[:] = bytes(len(memory))
