"""Files with keys: written whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, suppress
from stat import S_ISREG

from qynauth_pqc._keys.paths import path_error, path_of
from qynauth_pqc.native.inputs import input_memory

TYPE_CHECKING = False  # git starts a program that writes a signature for each commit
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from qynauth_pqc._keys.paths import StrPath
    from qynauth_pqc.native.secret_bytes import SecretBytes

_SECRET, _PUBLIC = 0o600, 0o666
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}  # the errors of link(2) on a file system without links
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP}  # the errors of fsync(2) for a directory on a file system that cannot sync it


class NewFile:
    """A file to be written, with mode 0600 if it is secret, otherwise with the mode of the umask."""

    __slots__ = ("data", "path", "secret")

    def __init__(self, path: StrPath, data: bytes | memoryview | SecretBytes, secret: bool) -> None:  # noqa: FBT001
        self.path, self.data, self.secret = path, data, secret


class _Written:
    """A file that is on the disk under a temporary name in the same directory."""

    __slots__ = ("directory", "path", "scratch", "secret", "target")

    def __init__(self, file: NewFile, scratch: str, target: str, path: str, directory: int | None) -> None:
        self.scratch, self.target, self.path = scratch, target, path
        self.secret, self.directory = file.secret, directory


def write_files(files: Sequence[NewFile], *, overwrite: bool, hint: str = "", directory: int | None = None) -> None:
    """Write all files, or none if one cannot be written.

    Each is written under a temporary name in its directory and renamed when all are on the disk, so that nobody ever
    finds half a file, not even after a crash. Secrets are renamed last: if another file cannot be replaced, the old
    private key is still there, and its public key can be made again.

    Args:
        files: the files, with different paths.
        overwrite: replace files that exist. A link stays, and the file that it points to is replaced.
        hint: how the caller asks to overwrite, for an error.
        directory: the descriptor of the directory of the files, which stays the same even if another takes its name.
            The files belong to its owner, even if root writes them, and a link is replaced.

    Raises:
        FileExistsError: a file exists, perhaps since a moment ago, and `overwrite` is false.
        OSError: a file cannot be written, or the existing file is not a regular file.
    """
    with ExitStack() as undo:
        written = [_write(file, undo, directory, overwrite=overwrite, hint=hint) for file in files]
        for each in sorted(written, key=lambda file: file.secret):
            _publish(each, undo, overwrite=overwrite, hint=hint)
            _remove(each.scratch, directory)  # before the directory is synced, or a crash might leave the file
        if directory is not None:
            _sync(directory, written[0].path)
        else:
            for name in {os.path.dirname(each.target) for each in written}:  # noqa: PTH120 - no need of pathlib
                _open_and_sync(name or ".")
        undo.pop_all()


def write_device(path: str, data: bytes | memoryview, refusal: OSError, *, may_be_file: bool = False) -> None:
    """Write to a device or a pipe, which is opened as it is.

    Its name may lead to a file by now. No file is cut to size or overwritten from its start.

    Args:
        path: the name of the device.
        data: the bytes.
        refusal: the error if the name leads to a file.
        may_be_file: append to a file instead: a stream of this process may be redirected to one.

    Raises:
        OSError: the device cannot be written to, or is a file.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        if S_ISREG(os.fstat(descriptor).st_mode) and not may_be_file:
            raise refusal
        _write_all(descriptor, data)
    except OSError as error:
        raise path_error(error, path) from None
    finally:
        os.close(descriptor)


def _write(file: NewFile, undo: ExitStack, directory: int | None, *, overwrite: bool, hint: str) -> _Written:
    path = path_of(file.path)
    target = os.path.split(path)[1] if directory is not None else _target(path, overwrite=overwrite, hint=hint)
    scratch = os.path.join(os.path.dirname(target), f".qynauth-pqc-{os.urandom(8).hex()}")  # noqa: PTH118, PTH120
    mode = _SECRET if file.secret else _PUBLIC
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, dir_fd=directory)
        undo.callback(_remove, scratch, directory)
        _fill(descriptor, file, directory)
    except (OSError, ValueError) as error:
        raise path_error(error, path) from None
    return _Written(file, scratch, target, path, directory)


def _target(path: str, *, overwrite: bool, hint: str) -> str:
    """Return the path of the file that takes the new contents, unless it cannot or must not be replaced."""
    if not overwrite and os.path.lexists(path):
        raise _exists(path, hint)
    target = os.path.realpath(path) if overwrite else path
    if os.path.islink(target):  # noqa: PTH114 - no need of pathlib
        raise path_error(OSError(errno.ELOOP, os.strerror(errno.ELOOP)), path)
    if os.path.exists(target) and not os.path.isfile(target):  # noqa: PTH110, PTH113 - no need of pathlib
        raise path_error(OSError(errno.EINVAL, "not a regular file; name another file"), path)
    return target


def _fill(descriptor: int, file: NewFile, directory: int | None) -> None:
    """Write a file to the disk, and close it."""
    try:
        status = os.fstat(descriptor)
        if file.secret and status.st_mode & _SECRET != _SECRET:
            os.fchmod(descriptor, _SECRET)  # the umask may keep the owner out
        if directory is not None and (owner := os.fstat(directory)).st_uid != status.st_uid:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        _write_all(descriptor, file.data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes | memoryview | SecretBytes) -> None:
    with memoryview(input_memory(data, "contents")) as rest:
        done = 0
        while done < len(rest):  # `os.write` itself, because a buffered file would keep a copy of a secret
            done += os.write(descriptor, rest[done:])


def _publish(file: _Written, undo: ExitStack, *, overwrite: bool, hint: str) -> None:
    """Give a written file its final name."""
    directory = file.directory
    places: dict[str, Any] = {"src_dir_fd": directory, "dst_dir_fd": directory}
    try:
        if overwrite:
            os.replace(file.scratch, file.target, **places)  # noqa: PTH105 - no need of pathlib
            return
        try:
            os.link(file.scratch, file.target, **places)  # unlike a rename, replaces nothing
            undo.callback(_remove, file.target, directory)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(os.open(file.target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _SECRET, dir_fd=directory))
            undo.callback(_remove, file.target, directory)
            os.replace(file.scratch, file.target, **places)  # noqa: PTH105 - as above
    except FileExistsError:
        raise _exists(file.path, hint) from None
    except OSError as error:
        raise path_error(error, file.path) from None


def _exists(path: str, hint: str) -> Exception:
    return path_error(OSError(errno.EEXIST, f"exists already; {hint} replaces it"), path)


def _remove(name: str, directory: int | None) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def _open_and_sync(directory: str) -> None:
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except PermissionError:
        return  # a directory that may be written but not read, such as a drop box: only the system can sync it
    try:
        _sync(descriptor, directory)
    finally:
        os.close(descriptor)


def _sync(directory: int, path: str) -> None:
    """Sync the names in a directory to the disk; an error names a path."""
    try:
        os.fsync(directory)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise path_error(error, path) from None
