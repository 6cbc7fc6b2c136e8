"""One set of counts for several processes, such as the workers of a server: a scrape may reach any of them."""

from __future__ import annotations

import fcntl
import mmap
import os
import stat
from typing import TYPE_CHECKING

from qynauth_pqc._keys.paths import path_error, path_of
from qynauth_pqc.errors import SharedMetricsError
from qynauth_pqc.native import lib, status_error
from qynauth_pqc.native.inputs import without_frames
from qynauth_pqc.native.outputs import keep_for_ever, let_go, output_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from qynauth_pqc._keys.paths import StrPath

__all__ = ["is_shared", "share_metrics", "shared_file"]

_BLOCK_BYTES = 512  # the unit of `st_blocks` on any file system

# The path of the file in which this process counts, by the file's device and inode: one at most. Its mapping stays
# until the process ends.
_mapped: dict[tuple[int, int], str] = {}
_begun: set[tuple[int, int]] = set()  # as long as it is not known whether C has the mapping


@without_frames
def share_metrics(path: StrPath, *, create: bool = True) -> None:
    """Count the operations of this process in a file from now on, together with all processes that do the same.

    Call it before the first operation, since earlier calls are not in the shared counts: once in the parent, so that
    its forks share too, or in each worker. Calling it again for the same file does nothing, also in a fork. Counts of
    workers that have ended stay. Live handles, live buffers and wiped bytes remain figures of each process. A process
    that only reads the counts calls it too.

    Counts in the file continue from their last values; to begin at zero, remove the file while no process uses it. Keep
    it where a restart of the machine removes it and where no other user can write, such as a folder in /run. A program
    that shortens the file kills the processes that use it.

    Args:
        path: a file of 3.1 MB; if it is missing or empty, it is made with mode 0600 and its space is reserved.
        create: False to refuse a missing file, for a process that only reads.

    Raises:
        OSError: the file cannot be made or opened, or there is no space for it.
        SharedMetricsError: the file is not such a file, of another version or damaged, and was not changed; or this
            process shares another file already.
    """
    name = path_of(path)
    descriptor = _open(name, create=create)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # keeps out other processes and threads
        _share(descriptor, name)
    except SharedMetricsError as error:
        raise SharedMetricsError(f"{name}: {error}") from error
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # explicit: the mapping keeps a copy of the descriptor
        os.close(descriptor)


def is_shared() -> bool:
    """Return whether this process counts in a file that other processes may use too."""
    return bool(_mapped)


def shared_file() -> str | None:
    """Return the path of the file in which this process counts, as the caller wrote it, or None."""
    return next(iter(_mapped.values()), None)


def _open(name: str, *, create: bool) -> int:
    try:
        return os.open(name, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
    except (OSError, ValueError) as error:
        failed = path_error(error, name)
    raise failed


def _share(descriptor: int, path: str) -> None:
    file = os.fstat(descriptor)
    identity = (file.st_dev, file.st_ino)
    if identity in _mapped:
        return
    _ensure_size(descriptor, file)
    mapping = mmap.mmap(descriptor, lib.ffi_shared_metrics_bytes())
    memory = output_array(mapping)
    kept = keep_for_ever(memory)  # before C has it: an exception of a signal handler may come after any instruction
    was_interrupted = identity in _begun
    _begun.add(identity)
    status = lib.ffi_share_metrics(memory, len(memory))
    if status:
        let_go(kept)
        if not was_interrupted:
            _begun.remove(identity)
        raise status_error(status, _OTHER if _mapped else _INTERRUPTED if was_interrupted else _NOT_ONE)
    _mapped[identity] = path
    mapping.madvise(mmap.MADV_DONTNEED)  # the check read the whole file, which would count as memory of each process


_OTHER = "this process shares its metrics in another file already"
_INTERRUPTED = "an earlier call was interrupted, and this process may count in the file already; start it again"
_NOT_ONE = "the file is of another version or damaged; remove it while no process uses it"


def _ensure_size(descriptor: int, file: os.stat_result) -> None:
    """Extend an empty file to the required length, fill the holes of a file of this length, and refuse any other."""
    expected = lib.ffi_shared_metrics_bytes()
    if not stat.S_ISREG(file.st_mode):
        raise SharedMetricsError("not a regular file, which shared metrics need")
    if file.st_size not in {0, expected}:
        msg = f"not shared metrics of this version; name a new file: expected {expected} bytes, got {file.st_size}"
        raise SharedMetricsError(msg)
    if file.st_blocks * _BLOCK_BYTES < expected:
        _reserve(descriptor, file.st_size, expected)


def _reserve(descriptor: int, now: int, size: int) -> None:
    """Reserve all space of the file: a full disk would kill the process that first writes to a hole."""
    reserve: Callable[[int, int, int], int | None] = os.posix_fallocate
    try:
        if error := reserve(descriptor, 0, size):  # PyPy returns the error number that CPython raises
            raise OSError(error, os.strerror(error))  # noqa: TRY301 - like that call on CPython
    except OSError:
        os.ftruncate(descriptor, now)
        raise
