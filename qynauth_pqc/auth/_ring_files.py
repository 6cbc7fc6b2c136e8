"""The files of a key ring in its directory: reading, writing and locking them."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from qynauth_pqc.auth._manifest import KID
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.formats._files import NewFile, write_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from qynauth_pqc.auth._manifest import RingKey

LOST = "holds private keys without a manifest; restore it or, after a creation that was killed, delete them"
"""What to say of private keys without a manifest."""

_LONGEST_FILE = 1 << 22
_OURS = re.compile(rf"({KID})\.pem|\.qynauth-pqc-[0-9a-f]{{16}}")  # private keys, and files not yet written


def write(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write a file that appears whole or not at all."""
    write_files([NewFile(path, data, secret=True)], overwrite=overwrite, hint="removing it")


def read(path: Path) -> bytes:
    """Return the bytes of a file; without one, say what is missing."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.name == "manifest":
            what = LOST if has_keys(path.parent) else "holds no key ring; create one, or check the path"
            raise KeyRingError(f"{path.parent}: {what}") from error
        raise KeyRingError(f"{path}: is missing; restore it, or revoke the key") from error
    if len(data) > _LONGEST_FILE:
        raise KeyRingError(f"{path}: expected at most {_LONGEST_FILE} bytes; restore it")
    return data


def has_keys(directory: Path) -> bool:
    """Return whether there are private keys of a ring in a directory, if it is one."""
    return directory.is_dir() and any((ours := _OURS.fullmatch(each.name)) and ours[1] for each in directory.iterdir())


def identity(path: Path) -> tuple[int, ...] | None:
    """Return numbers that differ when a file has been replaced, or None without a file."""
    with suppress(FileNotFoundError):
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return None


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other threads and processes from changing a ring; the system ends it with the process, however it ends.

    The directory itself is locked: a file for the purpose could be deleted while it is in use.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # or a child that was forked meanwhile would keep it
        os.close(descriptor)


def sweep(directory: Path, keys: Iterable[RingKey]) -> None:
    """Delete the private keys that no key in the ring has, and what a process that was killed has left."""
    kept = {each.kid for each in keys if each.sha256 is not None}
    for path in directory.iterdir():
        if (ours := _OURS.fullmatch(path.name)) and ours[1] not in kept:
            with suppress(OSError):  # the change is made, and the next one tries again
                path.unlink()
