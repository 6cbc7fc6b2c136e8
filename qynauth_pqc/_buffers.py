"""Memory at the border: borrowing inputs, and secrets that own their memory.

The only module that calls `ffi.buffer` and `ffi.from_buffer`. What owns memory or a handle of the C interface is of a
type of build_ffi.c, and made before the call that fills it, so that no exception can come between.
"""

from __future__ import annotations

import sys

from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc._native import (
    Lent,
    Memory,
    copy_of,
    finished,
    give_back,
    lend,
    let_go,
    make_rows,
    new_memory,
    readable,
    slices_of,
)
from qynauth_pqc.errors import status_error

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, NoReturn, Self, TypeAlias, TypeVar

    BytesLike: TypeAlias = "bytes | bytearray | memoryview | SecretBytes | Lent"
    M = TypeVar("M", bound=Memory)
    T = TypeVar("T")

# Names of build_ffi.c, or what each Python has for it, that other modules import from here.
__all__ = [
    "Lent",
    "Memory",
    "copy_of",
    "finished",
    "give_back",
    "lend",
    "let_go",
    "make_rows",
    "new_memory",
    "readable",
    "slices_of",
]

# Bound once: every operation passes here, and each look-up in `ffi` or `lib` costs 40 ns.
_BYTES = ffi.typeof("uint8_t[]")
_POINTERS = ffi.typeof("char *[]")
_SLICES = ffi.typeof("PqcSlice[]")
_SLOTS = ffi.typeof("PqcMutSlice[]")
_WORD = "Q" if ffi.sizeof("size_t") == 8 else "I"  # noqa: PLR2004 - array's letters for 64 and 32 bits
_new, _view, _from_buffer = ffi.new, ffi.buffer, ffi.from_buffer


def borrow(data: BytesLike, name: str) -> tuple[Any, int]:
    """Return `data` as what cffi passes as a `const uint8_t *` without a copy, and its size in bytes.

    Callers pass both straight on to C and keep neither: the traceback of an error holds every variable of its frames,
    and a secret that was closed is wiped when nobody borrows it any more.
    """
    if type(data) is bytes:
        return data, len(data)
    lent = _from_buffer(_BYTES, readable(data, name))
    return lent, len(lent)


def without_frames(function: Callable[[], T]) -> T:
    """Call a function whose variables hold a secret: an error comes without its frames, so that none shows them."""
    try:
        return function()
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise error.with_traceback(None)  # noqa: B904 - it is the same error


def lend_all(items: Sequence[bytes | Lent]) -> tuple[Any, Any]:
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


def slots_for(sizes: Iterable[int], count: int) -> Any:
    """Return output slots of these sizes as a `PqcMutSlice[]` that points to no memory yet."""
    from array import array  # noqa: PLC0415 - as above

    slots = _new(_SLOTS, count)
    words = array(_WORD, bytes(ffi.sizeof(slots)))
    words[1::2] = array(_WORD, sizes)
    _view(slots)[:] = words.tobytes()
    return slots


def size_of(data: BytesLike) -> int:
    """Return the size of an input's memory in bytes, whatever length a subclass reports."""
    return len(readable(data, "data"))


def lend_readable(memory: Any) -> Any:
    """Return contiguous memory as a `uint8_t[]` that keeps it alive and open."""
    return ffi.from_buffer("uint8_t[]", memory)


def lend_writable(memory: Any) -> Any:
    """Return writable memory as a `uint8_t[]` that keeps it alive and open."""
    return ffi.from_buffer("uint8_t[]", memory, require_writable=True)


def zeroed(kind: type[M], flags: int, size: int) -> M:
    """Return memory for secrets with so many zeros."""
    memory = new_memory(kind)
    status = lib.ffi_buffer_zeroed(flags, min(size, sys.maxsize), memory._slot)  # more is no number that C has
    if status:
        raise status_error(status)
    return memory


class Closable:
    """Closed at the end of a `with` statement."""

    __slots__ = ()

    def close(self) -> None:
        """Close the object. A second call does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close the object."""
        self.close()


class SecretBytes(Closable, Memory):
    """Secret bytes in memory that is wiped before it is released.

    Made by this package only: what `seed()` and `private_bytes()` of the private keys return. Compares with bytes-like
    objects in constant time, cannot be hashed, copied or pickled, and shows no value in its `repr`.

    It is a read-only buffer: `file.write`, `hashlib`, `hmac.digest`, `base64`, `struct`, sockets and the loaders of
    `cryptography` take it as they take bytes, without a copy. `hmac.new` takes only bytes and bytearray: call
    `hmac.digest(secret, message, "sha256")`. `bytes(secret)` makes a copy that Python never wipes. A type checker for
    Python 3.11, whose types list the classes that are buffers, accepts `secret.view()` instead.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> with MLDSAPrivateKey.generate("ML-DSA-44").seed() as seed:
    ...     seed
    <SecretBytes: 32 bytes>
    """

    __slots__ = ()

    def __new__(cls, *_args: object) -> Self:
        """Refuse: Python code has its secrets in memory that is never wiped."""
        raise TypeError(f"{cls.__name__} has no constructor; the methods of keys return its objects")

    def view(self) -> memoryview:
        """Return a read-only view without a copy.

        The view keeps the memory alive, also after this object is gone. After `close()` it reads zeros.

        Returns:
            A read-only memoryview of `len(self)` bytes.
        """
        return self._view()

    def close(self) -> None:
        """Refuse new uses, and wipe the bytes: now, or when the last call that uses them returns.

        An exported buffer, such as `memoryview(secret)`, counts as a call; a `view()` does not. The memory itself is
        released with the last view. A second call does nothing.
        """
        self._close()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (SecretBytes, bytes, bytearray, memoryview)):
            return NotImplemented
        import hmac  # noqa: PLC0415 - it loads OpenSSL, which would triple the time that importing this package takes

        return hmac.compare_digest(memoryview(self), readable(other, "what a secret is compared with"))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"{len(self)} bytes"
        return f"<{type(self).__name__}: {state}>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled or copied: a copy would never be wiped")


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


def join_secret(*chunks: bytes | memoryview) -> SecretBytes:
    """Return a secret that holds these chunks one after the other."""
    secret = zeroed(SecretBytes, 0, sum(map(size_of, chunks)))
    start = 0
    for chunk in chunks:
        ffi.memmove(secret._slot.data + start, chunk, size_of(chunk))
        start += size_of(chunk)
    return secret
