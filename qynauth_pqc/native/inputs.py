"""Inputs of calls: bytes, bytearray, memoryview and secrets, as memory that C reads where it is.

The traceback of an error holds every variable of its frames, and a program may print them. A function that gets the
caller's secret, even by mistake, is therefore `without_frames`, or `without_own_frames` if it calls functions of the
caller. An object that holds memory is passed straight to C and kept in no variable, so that no error keeps it.
"""

from __future__ import annotations

import os
from functools import wraps

from qynauth_pqc._native import ffi, lib
from qynauth_pqc.errors import ClosedError

IS_ACCELERATED = hasattr(lib, "python_install") and "QYNAUTH_PQC_BINDING" not in os.environ
binding: Any
if IS_ACCELERATED:
    from qynauth_pqc.native import accelerator

    binding = accelerator
else:
    from qynauth_pqc.native import cffi_binding

    binding = cffi_binding
buffer_of = binding.buffer_of
hold: Callable[[Any], list[Any]] = binding.hold

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Any, ParamSpec, TypeAlias, TypeVar

    from qynauth_pqc.native.cffi_binding import Memory

    BytesLike: TypeAlias = "bytes | bytearray | memoryview | Memory"
    P = ParamSpec("P")
    T = TypeVar("T")
else:
    Memory = binding.Memory

# Bound once: each look-up in `ffi` takes 40 ns.
_BYTES = ffi.typeof("uint8_t[]")
_POINTERS = ffi.typeof("char *[]")
WORD = "Q" if ffi.sizeof("size_t") == 8 else "I"  # noqa: PLR2004 - array's letters for 64 and 32 bits
_new, _from_buffer = ffi.new, ffi.from_buffer


_PACKAGE = __name__.partition(".")[0]


def _is_own(frames: TracebackType, package: str) -> bool:
    """Return whether the outermost frame of a traceback is of this package or of another one that is named."""
    return frames.tb_frame.f_globals.get("__name__", "").partition(".")[0] in {_PACKAGE, package}


def bare(error: BaseException, *, keep_others: bool = False, package: str = _PACKAGE) -> BaseException:
    """Return an error without its frames, and without the frames of the errors in this package behind it.

    Args:
        error: the error to raise.
        keep_others: keep the frames from the first frame of another package on, such as a frame of a caller's signer.
        package: the name of an add-on, whose frames count as frames of this package.
    """
    frames = error.__traceback__ if keep_others else None
    while frames is not None and _is_own(frames, package):
        frames = frames.tb_next
    error.__traceback__ = frames
    for before in (error.__cause__, error.__context__):
        if before is not None and before.__traceback__ is not None and _is_own(before.__traceback__, package):
            bare(before, keep_others=keep_others, package=package)
    return error


def without_frames(function: Callable[P, T], *, keep_others: bool = False) -> Callable[P, T]:
    """Decorate a function with arguments that may be secret: no frame of an error shows them.

    The frames of its own package count as frames of this one. A function where a tenth of a microsecond matters does
    the same in its body.
    """
    package = function.__module__.partition(".")[0]

    @wraps(function)
    def guarded(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return function(*arguments, **named)
        except BaseException as error:  # noqa: BLE001 - it is raised again
            del arguments, named
            raise bare(error, keep_others=keep_others, package=package)  # noqa: B904 - it is the same error

    return guarded


def without_own_frames(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function as `without_frames` does, but keep the frames of the caller's functions that it calls.

    It also suits a constructor: no frame shows an object before it has its attributes.
    """
    return without_frames(function, keep_others=True)


def _checked(data: Any, name: str) -> Any:
    """Return an input, or the memory that a subclass exports in its place, if it is memory of single bytes."""
    if isinstance(data, (bytes, bytearray)) and type(data) not in {bytes, bytearray}:
        data = memoryview(data)  # once: from Python 3.12 on, a subclass decides which memory that is
    if isinstance(data, memoryview):
        try:
            is_input = data.c_contiguous and data.format.lstrip("@=<>!") in {"B", "b", "c"}
        except ValueError:
            is_input = None
        if is_input is None:  # here, since the first error would be its context otherwise
            raise ClosedError(f"{name} is a memoryview that was released")
        if not is_input:
            raise TypeError(f"{name} must be contiguous memory of single bytes (format B, b or c)")
    elif not isinstance(data, (bytes, bytearray)):
        raise TypeError(f"{name} must be bytes, bytearray or memoryview, not {type(data).__name__}")
    return data


def _hold(data: object, name: str) -> list[Any]:
    """Return an input as a `uint8_t[]` that keeps it alive and open, and the object to release afterwards."""
    if isinstance(data, Memory):
        return hold(data)
    return [_from_buffer(_BYTES, _checked(data, name))]


def _is_fixed(data: object) -> bool:
    return isinstance(data, (bytes, Memory)) or (isinstance(data, memoryview) and isinstance(data.obj, bytes))


def settled(status: int, *inputs: object) -> int:
    """Return the status of a signature: if its inputs cannot change, another digest of the message is a fault."""
    is_fault = status == lib.PQC_STATUS_MESSAGE_CHANGED and all(map(_is_fixed, inputs))
    return lib.PQC_STATUS_FAULT_DETECTED if is_fault else status


def input_memory(data: object, name: str) -> Any:
    """Return an input as a buffer for Python code.

    Args:
        data: bytes, bytearray, memoryview, or a secret of this package.
        name: the name of the parameter, for an error.

    Raises:
        TypeError: it is none of these, or not contiguous memory of single bytes.
        ClosedError: it is a secret that is closed, or a memoryview that was released.
    """
    if type(data) is bytes:
        return data
    return buffer_of(data) if isinstance(data, Memory) else _checked(data, name)


def input_pointer(data: BytesLike, name: str) -> tuple[Any, int]:
    """Return an input in a form that cffi passes as `const uint8_t *` without a copy, and its size in bytes."""
    if type(data) is bytes:
        return data, len(data)
    held = _hold(data, name)[0]
    return held, len(held)


class HeldInput:
    """An input that is held in a `with` statement; the target is its pointer and its size in bytes."""

    __slots__ = ("_held",)

    def __init__(self, data: object, name: str) -> None:
        """Take the argument for a parameter, and the name of the parameter."""
        self._held = _hold(data, name)

    def __enter__(self) -> tuple[Any, int]:
        """Return the pointer to the input, and its size."""
        return self._held[0], len(self._held[0])

    def __exit__(self, *_exc: object) -> None:
        """Release the input."""
        for each in self._held:
            ffi.release(each)


def input_slices(items: Sequence[Any]) -> tuple[Any, Any]:
    """Return buffers as a `PqcSlice *` without a copy, and an object to keep as long as it is used.

    Like `input_pointer`, for a batch: it takes a tenth of a microsecond for each item.
    """
    from array import array  # few programs have batches

    held = list(map(_from_buffer, items))
    pointers = _new(_POINTERS, held)
    words = array(WORD, bytes(len(items) * ffi.sizeof("PqcSlice")))
    words[0::2] = array(WORD, bytes(ffi.buffer(pointers)))
    words[1::2] = array(WORD, map(len, held))
    return ffi.cast("PqcSlice *", _from_buffer(words)), (held, words)


def input_array(memory: Any) -> Any:
    """Return a buffer as a `uint8_t[]` that keeps it alive and open."""
    return _from_buffer(_BYTES, memory)


def size_of(data: BytesLike, name: str = "data") -> int:
    """Return the size of an input's memory in bytes, even if a subclass reports another length.

    Raises:
        TypeError, ClosedError: as in `input_memory`.
    """
    if type(data) is bytes or isinstance(data, Memory):
        return len(data)
    return len(_hold(data, name)[0])
