"""Paths that a caller passes, files read within a bound, and secrets wiped from memory after use.

An error repeats a path only if it is short and printable: it may be a key or a message.
"""

from __future__ import annotations

import os
from io import BufferedReader

from qynauth_pqc.native import Memory
from qynauth_pqc.native.inputs import without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from io import FileIO
    from typing import TypeAlias

    StrPath: TypeAlias = "str | os.PathLike[str]"

_LONGEST_SHOWN = 255
_BYTES = (bytes, bytearray, memoryview, Memory)


def path_of(path: StrPath, instead: str = "") -> str:
    """Return a path as text.

    Args:
        path: the argument of the caller.
        instead: the function that takes the contents of the file, for an error.

    Raises:
        TypeError: it is no path, but bytes or PEM, for example.
    """
    hint = f"; {instead}" if instead else ""
    name = None if isinstance(path, _BYTES) else os.fspath(path)  # given a number, `open` would close that descriptor
    if not isinstance(name, str):
        raise TypeError(f"path must be str or os.PathLike of str, not {type(path).__name__}{hint}")
    if "-----BEGIN " in name:
        raise TypeError(f"path must name a file, and is PEM{hint}")
    return name


def path_error(error: Exception, path: str) -> Exception:
    """Return the error of a system call for a path, with no more of the path than may be shown."""
    if not isinstance(error, OSError):
        return ValueError("path is not valid: it holds a null or a surrogate character")
    if len(path) <= _LONGEST_SHOWN and path.isprintable():
        return OSError(error.errno, error.strerror, path)
    why = f"the path of {len(path)} characters is not shown, since it is too long or not printable"
    return OSError(error.errno, f"{error.strerror}; {why}")


def open_path(path: StrPath, instead: str = "") -> FileIO:
    """Open a file to read it without a buffer in between.

    Raises:
        TypeError: see `path_of`.
        OSError: the file cannot be opened.
    """
    name = path_of(path, instead)
    try:
        return open(name, "rb", buffering=0)  # noqa: PTH123 - pathlib is not needed
    except (OSError, ValueError) as error:
        failed = path_error(error, name)
    raise failed  # here, since the first error, which shows the path, would be its context otherwise


def wipe(*memory: bytearray) -> None:
    """Overwrite memory with zeros."""
    for each in memory:
        each[:] = bytes(len(each))


class SecretInput:
    """Lend the contents of a file, at most one byte more than `longest`, in memory that is wiped afterwards.

    The `with` statement raises the errors of `read_public`.
    """

    __slots__ = ("_contents", "_instead", "_longest", "_path")

    def __init__(self, path: StrPath, longest: int, instead: str = "") -> None:
        """Take the path of a file, the longest size that the caller reads, and the function that takes contents."""
        self._path, self._longest, self._contents, self._instead = path, longest, bytearray(), instead

    def __enter__(self) -> bytearray:
        """Read the file."""
        memory = bytearray(self._longest + 1)
        try:
            size = _read_into(memory, self._path, self._instead)
            # Not a view: held for C, and left in a cycle by an exception, one crashes CPython before 3.12.7 (gh-77894).
            self._contents = memory[:size]
        finally:
            wipe(memory)
        return self._contents

    def __exit__(self, *_exc: object) -> None:
        """Wipe the contents."""
        wipe(self._contents)


@without_frames
def read_public(path: StrPath, longest: int, instead: str = "") -> bytes:
    """Return the contents of a file that holds no secret, at most one byte more than `longest`.

    Args:
        path: the file.
        longest: the size of the longest file that the caller reads, in bytes.
        instead: the function that takes the contents, for an error.

    Raises:
        TypeError: see `path_of`.
        OSError: the file cannot be read.
    """
    with BufferedReader(open_path(path, instead)) as file:
        return file.read(longest + 1)


def _read_into(memory: bytearray, path: StrPath, instead: str) -> int:
    """Fill memory from the start of a file, without a buffer in between, and return the number of bytes read."""
    size = 0
    with memoryview(memory) as view, open_path(path, instead) as file:
        while size < len(view) and (count := file.readinto(view[size:])):
            size += count
    return size
