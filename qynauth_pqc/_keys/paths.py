"""Paths that a caller passes. An error repeats one only if it is short and printable: it may be a key or a message."""

from __future__ import annotations

import os

from qynauth_pqc.native import Memory

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
