"""Files read within a bound, and secrets wiped from memory after use. Imports little: programs start with it."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from qynauth_pqc._keys.key import StrPath


def wipe(*memory: bytearray) -> None:
    """Overwrite memory with zeros."""
    for each in memory:
        each[:] = bytes(len(each))


class SecretInput:
    """Lends the contents of a file, at most one byte more than `longest`, in memory that is wiped afterwards."""

    __slots__ = ("_contents", "_longest", "_path")

    def __init__(self, path: StrPath, longest: int) -> None:
        """Take the path of a file, and the size in bytes of the longest that the caller reads."""
        self._path, self._longest, self._contents = path, longest, bytearray()

    def __enter__(self) -> bytearray:
        """Read the file."""
        memory = bytearray(self._longest + 1)
        try:
            size = _read_into(memory, self._path)
            # Not a view: held for C, and left in a cycle by an exception, one crashes CPython before 3.12.7 (gh-77894).
            self._contents = memory[:size]
        finally:
            wipe(memory)
        return self._contents

    def __exit__(self, *_exc: object) -> None:
        """Wipe what was read."""
        wipe(self._contents)


def read_public(path: StrPath, longest: int) -> bytes:
    """Return the contents of a file that holds no secret, at most one byte more than `longest`."""
    with open(os.fspath(path), "rb") as file:  # noqa: PTH123 - no need of pathlib
        return file.read(longest + 1)


def _read_into(memory: bytearray, path: StrPath) -> int:
    """Fill memory from the start of a file, without a buffer in between, and return how many bytes there were."""
    name = os.fspath(path)  # a number would be taken for a descriptor, and closed
    size = 0
    with memoryview(memory) as view, open(name, "rb", buffering=0) as file:  # noqa: PTH123 - no need of pathlib
        while size < len(view) and (count := file.readinto(view[size:])):
            size += count
    return size
