"""Files of the command line: read whole, wiped after use if secret, and overwritten only by request."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import BytesIO, FileIO
from math import inf
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qynauth_pqc._keys import writing
from qynauth_pqc._keys.paths import open_path
from qynauth_pqc._program import discard_output
from qynauth_pqc.errors import InvalidLengthError, MessageChangedError
from qynauth_pqc.native import lib, status_error
from qynauth_pqc.prehash import NO_BYTES_YET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from qynauth_pqc.errors import PQCError

_CHUNK_BYTES = 1 << 20
_LONGEST_MESSAGE = 1 << 30

STDIO = "-"
"""The path that stands for standard input or output."""


def keep(path: str, ctx: click.Context) -> None:
    """Let the command refuse to replace a file, or a file in a directory, even with --force."""
    ctx.meta.setdefault(_KEPT, set()).add(os.path.realpath("/dev/stdin" if path == STDIO else path))


_KEPT = f"{__name__}.kept"


class _FileName(click.Path):
    """The name of a file. By mistake, a shell may pass an empty variable or the contents of the file."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or refuse it without repeating it."""
        if not value:
            self.fail("expected the name of a file, got an empty one.", param, ctx)
        if "-----BEGIN " in value:
            self.fail("expected the name of a file, got PEM.", param, ctx)
        return str(value)


class _InputName(_FileName):
    """The name of an input, which the command keeps."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, and keep the file."""
        name = super().convert(value, param, ctx)
        if ctx:
            keep(name, ctx)
        return name


FILE = _FileName(dir_okay=False)
"""The type of the options and arguments that name a file to write."""

INPUT = _InputName(dir_okay=False)
"""The type of the options and arguments that name a file or a directory to read, which --force does not replace."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written. A secret is readable by its owner only, and is a view of memory that is wiped later."""

    what: str
    path: str
    data: bytes | memoryview
    secret: bool = False


def printable(path: str) -> str:
    """Return a path with escapes for unprintable characters: a file's name adds no line to a report."""
    name = click.format_filename(path)
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)


def display_name(path: str) -> str:
    """Return a path as messages show it."""
    return "standard input" if path == STDIO else printable(path)


def read_input(path: str, longest: int, what: str, error: type[PQCError] = InvalidLengthError) -> bytes:
    """Return the contents of a file or, for "-", of standard input.

    A device or a pipe may have no end, but memory is limited.
    """
    with _opened(path) as file:
        return _contents(file, path, longest, what, error)


def _opened(path: str) -> AbstractContextManager[Any]:
    return nullcontext(sys.stdin.buffer) if path == STDIO else open_path(path)


def _contents(file: Any, path: str, longest: int, what: str, error: type[PQCError]) -> bytes:
    # Not a list of chunks: joining them would need the memory twice.
    contents, left = BytesIO(), longest + 1
    while left and (chunk := file.read(min(left, _CHUNK_BYTES))) != b"":
        if chunk is None:  # not the end, though the caller could mistake it for the end
            raise BlockingIOError(errno.EAGAIN, NO_BYTES_YET, display_name(path))
        left -= contents.write(chunk)
    if not left:
        raise error(f"{display_name(path)}: longer than {longest} bytes, {what}")
    return contents.getvalue()


def warn_of_readers(path: str, what: str = "private key") -> None:
    """Warn on standard error if users other than the owner can read a file with a secret."""
    status = Path(path).stat()
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
        name = printable(path)
        message = f"warning: {name}: mode {mode:04o} lets others read this {what}; run: chmod 600 {shlex.quote(name)}"
        complain(" ".join(message.split()))


def complain(message: str) -> None:
    """Print on standard error; if that fails, only the exit code reports the error."""
    try:
        click.echo(message, err=True)
    except OSError:
        discard_output(sys.stderr)


@contextmanager
def whole_message(path: str) -> Iterator[bytes | memoryview]:
    """Lend a message that must be in memory as a whole: a file is mapped, and a pipe is read.

    Raises:
        MessageChangedError: the file changed while it was signed.
        FaultDetectedError: the message had another digest then, but the file has its size and its time of before.
    """
    limit = "the limit for a pipe or a device, unless it is hashed in chunks"
    with _opened(path) as file:
        before = os.fstat(file.fileno()) if path != STDIO else None
        if before is None or not stat.S_ISREG(before.st_mode) or not before.st_size:
            yield _contents(file, path, _LONGEST_MESSAGE, limit, InvalidLengthError)
            return
        try:
            yield memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        except MessageChangedError as error:
            after = os.fstat(file.fileno())
            if (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
                raise status_error(lib.PQC_STATUS_FAULT_DETECTED) from None
            raise MessageChangedError(f"{display_name(path)}: {error}; sign a copy") from None


class _Message(FileIO):
    """A message that is read in chunks, and reports the length of each. A device may have no end."""

    def __init__(self, descriptor: int, progress: Callable[[int], object]) -> None:
        super().__init__(descriptor, closefd=False)
        self._progress = progress
        self._left = _LONGEST_MESSAGE if stat.S_ISCHR(os.fstat(descriptor).st_mode) else inf

    def readinto(self, buffer: Any, /) -> int | None:
        """Read some bytes, up to the limit."""
        size = super().readinto(buffer)
        self._left -= size or 0
        if self._left < 0:
            raise InvalidLengthError(f"longer than {_LONGEST_MESSAGE} bytes, the limit for a device")
        self._progress(size or 0)
        return size


@contextmanager
def message_file(path: str, progress: Callable[[int], object]) -> Iterator[FileIO]:
    """Open a message that is hashed in chunks; the length of each chunk is reported."""
    with FileIO(sys.stdin.fileno(), closefd=False) if path == STDIO else open_path(path) as file:
        try:
            yield _Message(file.fileno(), progress)
        except BlockingIOError as error:
            raise BlockingIOError(error.errno, error.strerror, display_name(path)) from None
        except InvalidLengthError as error:
            raise InvalidLengthError(f"{display_name(path)}: {error}") from error


def check_outputs(paths: Sequence[str]) -> None:
    """Refuse to write two results to one file, or a result to an input."""
    kept = click.get_current_context().meta.get(_KEPT, set())
    real = [Path(os.path.realpath(path)) for path in paths]
    if len({*real}) < len(real):
        raise OSError(errno.EINVAL, "named twice; write each result to its own file", paths[0])
    for path, each in zip(paths, real, strict=True):
        if not kept.isdisjoint(map(str, (each, *each.parents))):
            raise OSError(errno.EINVAL, "also an input of this command; write the result to another file", path)


def write_signatures(files: Sequence[NewFile], *, force: bool) -> None:
    """Write all files or none, as `write_files` does, but write to a device as it is, and through no other link."""
    devices = [file for file in files if file.path != STDIO and _is_device(file.path)]
    for path in (file.path for file in files if file not in devices and os.path.islink(file.path)):  # noqa: PTH114
        raise _link_error(path)
    write_files([file for file in files if file not in devices], force=force)
    for file in devices:
        writing.write_device(file.path, file.data, _link_error(file.path), may_be_file=_is_stream(file.path))


def _link_error(path: str) -> OSError:
    return OSError(errno.ELOOP, "a symbolic link; name the file that it leads to", path)


def _is_stream(path: str) -> bool:
    """Return whether a path is a stream of this process, such as /dev/stdout, which may be a file."""
    return os.path.realpath(os.path.dirname(path)) in ("/dev", f"/proc/{os.getpid()}/fd") and os.path.exists(path)  # noqa: PTH110, PTH120


def _is_device(path: str) -> bool:
    """Return whether a path is a device or a pipe, or a stream of this process."""
    if _is_stream(path):
        return True
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - pathlib repeats a long name
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def write_files(files: Sequence[NewFile], *, force: bool) -> None:
    """Write all files or, if one cannot be written, none."""
    regular = [file for file in files if file.path != STDIO]
    on_stdout = [file.data for file in files if file.path == STDIO]
    check_outputs([file.path for file in regular])
    for path in (file.path for file in regular if not file.secret):
        if os.path.exists(path) and not os.path.exists(os.path.realpath(path)):  # noqa: PTH110 - pathlib repeats a long name
            raise OSError(errno.EINVAL, "a pipe without a name; use - for standard output", path)
    if on_stdout and sys.stdout.isatty():
        raise OSError(errno.EINVAL, "a terminal takes no binary data; name a file or redirect it", "standard output")
    new = [writing.NewFile(each.path, each.data, each.secret) for each in regular]
    writing.write_files(new, overwrite=force, hint="--force")
    for data in on_stdout:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
