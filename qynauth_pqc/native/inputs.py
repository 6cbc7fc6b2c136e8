"""Inputs of calls: bytes, bytearray, memoryview and secrets, as memory that C reads where it is.

A secret that is given is kept as an `Input`: the traceback of an error holds every variable of its frames, and a
program may print them. What holds memory is passed straight on to C and kept in no variable, so that no error keeps it.
"""

from __future__ import annotations

from qynauth_pqc import native
from qynauth_pqc._native import ffi

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias, TypeVar

    from qynauth_pqc.native.secret_bytes import SecretBytes

    BytesLike: TypeAlias = "bytes | bytearray | memoryview | SecretBytes | Input"
    T = TypeVar("T")

# Bound once: each look-up in `ffi` costs 40 ns.
_BYTES = ffi.typeof("uint8_t[]")
_POINTERS = ffi.typeof("char *[]")
_WORD = "Q" if ffi.sizeof("size_t") == 8 else "I"  # noqa: PLR2004 - array's letters for 64 and 32 bits
_new, _from_buffer = ffi.new, ffi.from_buffer


class Input:
    """What was given for a parameter. Shows nothing of it, so that a traceback with local variables does not either."""

    __slots__ = ("data", "name")

    def __init__(self, data: Any, name: str) -> None:
        """Take what was given, of any type, and the name of the parameter."""
        self.data, self.name = data, name

    def __len__(self) -> int:
        """Return the size of its memory in bytes."""
        is_sized = type(self.data) is bytes or isinstance(self.data, native.Memory)
        return len(self.data) if is_sized else len(_hold(self)[0])


def input_of(data: object, name: str) -> Input:
    """Return what was given for a parameter as an `Input`."""
    return data if isinstance(data, Input) else Input(data, name)


def _refusal(data: object, name: str) -> Exception | None:
    """Return the error for what is no input."""
    if isinstance(data, memoryview):
        try:
            is_input = data.c_contiguous and data.format.lstrip("@=<>!") in {"B", "b", "c"}
        except ValueError:
            from qynauth_pqc.errors import ClosedError  # noqa: PLC0415 - which imports the module that imports this one

            return ClosedError(f"{name} is a memoryview that was released")
        return None if is_input else TypeError(f"{name} must be contiguous memory of single bytes (format B, b or c)")
    if isinstance(data, (bytes, bytearray, native.Memory)):
        return None
    return TypeError(f"{name} must be bytes, bytearray or memoryview, not {type(data).__name__}")


def _checked(given: Input) -> Any:
    """Return an input if it is memory of single bytes."""
    refusal = _refusal(given.data, given.name)
    if refusal is not None:
        raise refusal
    return given.data


def _hold(given: Input) -> list[Any]:
    """Return an input as a `uint8_t[]` that keeps it alive and open, and what to release after that."""
    if isinstance(given.data, native.Memory):
        return native.hold(given.data)
    return [_from_buffer(_BYTES, _checked(given))]


def input_memory(data: object, name: str) -> Any:
    """Return an input as a buffer for Python code."""
    if type(data) is bytes:
        return data
    if isinstance(data, native.Memory):
        return native.buffer_of(data)
    given = input_of(data, name)
    del data
    return native.buffer_of(given.data) if isinstance(given.data, native.Memory) else _checked(given)


def input_pointer(data: BytesLike, name: str) -> tuple[Any, int]:
    """Return an input as what cffi passes as a `const uint8_t *` without a copy, and its size in bytes."""
    if type(data) is bytes:
        return data, len(data)
    held = _hold(input_of(data, name))[0]
    return held, len(held)


class HeldInput:
    """An input that is held in a `with` statement, whose target is where it is and its size in bytes."""

    __slots__ = ("_held",)

    def __init__(self, data: object, name: str) -> None:
        """Take what was given for a parameter, and its name."""
        self._held = _hold(input_of(data, name))

    def __enter__(self) -> tuple[Any, int]:
        """Return where the input is, and its size."""
        return self._held[0], len(self._held[0])

    def __exit__(self, *_exc: object) -> None:
        """Release the input."""
        for each in self._held:
            ffi.release(each)


def input_slices(items: Sequence[Any]) -> tuple[Any, Any]:
    """Return buffers as a `PqcSlice *` without a copy, and what must be kept as long as it is used.

    As `input_pointer`, for a batch: a tenth of a microsecond for each item.
    """
    from array import array  # noqa: PLC0415 - few programs have batches

    held = list(map(_from_buffer, items))
    pointers = _new(_POINTERS, held)
    words = array(_WORD, bytes(len(items) * ffi.sizeof("PqcSlice")))
    words[0::2] = array(_WORD, bytes(ffi.buffer(pointers)))
    words[1::2] = array(_WORD, map(len, held))
    return ffi.cast("PqcSlice *", _from_buffer(words)), (held, words)


def input_array(memory: Any) -> Any:
    """Return a buffer as a `uint8_t[]` that keeps it alive and open."""
    return _from_buffer(_BYTES, memory)


def size_of(data: BytesLike) -> int:
    """Return the size of an input's memory in bytes, whatever length a subclass reports."""
    return len(data) if type(data) is bytes else len(input_of(data, "data"))


def without_frames(function: Callable[[], T]) -> T:
    """Call a function whose variables hold a secret: an error comes without its frames, so that none shows them."""
    try:
        return function()
    except BaseException as error:  # noqa: BLE001 - it is raised again
        raise error.with_traceback(None)  # noqa: B904 - it is the same error
