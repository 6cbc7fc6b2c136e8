"""The files of a key ring in its directory: reading, writing, locking and deleting them."""

from __future__ import annotations

import errno
import os
import re
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from qynauth_pqc.auth._manifest import THUMBPRINT
from qynauth_pqc.auth.errors import KeyRingError
from qynauth_pqc.extend import NewFile, write_files

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from qynauth_pqc.auth._manifest import RingKey

LOST = "holds private keys without a manifest; restore it or, after a creation that was killed, delete them"
"""The message about private keys without a manifest."""

_LONGEST_FILE = 1 << 22
_PRIVATE = re.compile(rf"({THUMBPRINT})\.[0-9a-f]{{16}}\.pem")
_UNFINISHED = re.compile(r"\.qynauth-pqc-[0-9a-f]{16}")
_COUNTER = re.compile(rb"([0-9]{1,18})\n")


@contextmanager
def locked(directory: Path) -> Iterator[int]:
    """Keep other threads and processes from changing a ring. The system releases the lock when the process ends.

    The directory itself is locked: a lock file could be deleted while it is in use. Its descriptor is lent, so that
    files are written into this directory even if another directory takes its name in the meantime.
    """
    if fcntl is None:
        message = (
            "Python has no fcntl here, and two processes could change the ring at once; change it on Linux or macOS"
        )
        raise KeyRingError(f"{directory}: {message}")
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # or a child that was forked in the meantime would keep it
        os.close(descriptor)


def unchanged(directory: Path) -> AbstractContextManager[object]:
    """Keep others from changing a ring while it is checked; without fcntl, no process can change it."""
    return nullcontext() if fcntl is None else locked(directory)


def write(directory: int, path: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all, and belongs to the owner of its directory, even if root writes it.

    Args:
        directory: the descriptor of the directory.
        path: the file. A link in its place is replaced.
        data: its contents.

    Raises:
        KeyRingError: the directory belongs to another user, and this process cannot give the file to that user.
        OSError: it cannot be written.
    """
    try:
        write_files([NewFile(path, data, secret=True)], overwrite=True, directory=directory)
    except PermissionError as error:
        owner = os.fstat(directory).st_uid
        if owner == os.geteuid():
            raise
        user = f"sudo -u '#{owner}'"
        message = f"belongs to the user with the number {owner}; run the command as this user: {user} ..."
        raise KeyRingError(f"{path.parent}: {message}") from error


def read(path: Path) -> bytes:
    """Return the bytes of a file; raise an error that names a missing file."""
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


def read_counter(directory: Path) -> int:
    """Return the number of the newest manifest that was written, 0 if it is unknown.

    A process writes it after the manifest, so it is read before the manifest: then a manifest with a lower number is an
    old one.
    """
    path = directory / "counter"
    try:
        found = _COUNTER.fullmatch(path.read_bytes()[:64])
    except (FileNotFoundError, NotADirectoryError):
        return 0
    if found is None:
        raise KeyRingError(f"{path}: is damaged; delete it, and run `qynauth-pqc keyring check`")
    return int(found[1])


def write_counter(directory: int, path: Path, number: int) -> None:
    """Write the number of the manifest of a ring, which shows if an older manifest takes its place."""
    write(directory, path / "counter", b"%d\n" % number)


def has_keys(directory: Path) -> bool:
    """Return whether a path is a directory that holds private keys of a ring."""
    return directory.is_dir() and bool(private_files(directory))


def identity(path: Path) -> tuple[int, ...] | None:
    """Return numbers that differ when a file has been replaced, or None without a file."""
    with suppress(FileNotFoundError):
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    return None


def private_files(directory: Path | int) -> dict[str, str]:
    """Return the names of the private key files in a directory, with the thumbprints of their keys."""
    names = os.listdir(directory)  # noqa: PTH208 - it may be a descriptor
    return {name: found[1] for name in names if (found := _PRIVATE.fullmatch(name))}


def outdated(directory: Path | int, keys: Iterable[RingKey]) -> list[str]:
    """Return the names of the private key files that the ring no longer needs.

    These are the files of retiring and revoked keys, and files under an older password if there is a file under the
    newer. The file of an unknown key stays: the manifest may be an old one.
    """
    files, needed = private_files(directory), {each.thumbprint: each.file for each in keys}
    known = {name: needed[thumbprint] for name, thumbprint in files.items() if thumbprint in needed}
    return [name for name, file in known.items() if file is None or (file != name and file in files)]


def strays(directory: Path, keys: Iterable[RingKey]) -> list[str]:
    """Return the names of the private key files that the manifest does not know."""
    known = {each.thumbprint for each in keys}
    return [name for name, thumbprint in private_files(directory).items() if thumbprint not in known]


def is_away(directory: Path, error: Exception) -> bool:
    """Return whether a ring cannot be read because its directory is absent, or its file system has lost it."""
    cause = error.__cause__ if isinstance(error, KeyRingError) else error
    if isinstance(cause, FileNotFoundError):
        return not directory.exists()
    return isinstance(cause, OSError) and cause.errno == errno.ESTALE


def sweep(directory: int, keys: Iterable[RingKey]) -> None:
    """Delete the files that a ring no longer needs, and unfinished files of a killed process."""
    for name in (*outdated(directory, keys), *filter(_UNFINISHED.fullmatch, os.listdir(directory))):
        with suppress(OSError):  # the change is made; the next one tries again to delete
            os.unlink(name, dir_fd=directory)
