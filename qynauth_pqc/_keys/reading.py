"""Files read within a bound, and secrets wiped from memory after use. Every program imports it."""

from __future__ import annotations

from io import BufferedReader

from qynauth_pqc._keys.paths import open_path
from qynauth_pqc.native.inputs import without_frames

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from qynauth_pqc._keys.paths import StrPath


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
