"""Files of the command line: read whole, secrets wiped after use, and never overwritten unless asked to."""

from __future__ import annotations

import errno
import os
import secrets
import shlex
import stat
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qynauth_pqc.errors import InvalidLengthError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qynauth_pqc.errors import PQCError

_CHUNK_BYTES = 1 << 20
_LONGEST_MESSAGE = 1 << 30

STDIO = "-"
"""The path that stands for standard input or output."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written. A secret is readable by its owner only, and a view of memory that is wiped later."""

    what: str
    path: str
    data: bytes | memoryview
    secret: bool = False


def read_input(path: str, longest: int, what: str, error: type[PQCError] = InvalidLengthError) -> bytes:
    """Return the contents of a file or, for "-", of standard input.

    A device or a pipe may have no end, and the memory has one.
    """
    # Not a list of chunks: joining them would need the memory twice.
    contents, left = BytesIO(), longest + 1
    with nullcontext(sys.stdin.buffer) if path == STDIO else Path(path).open("rb", buffering=0) as file:
        while left and (chunk := file.read(min(left, _CHUNK_BYTES))) != b"":
            if chunk is None:  # which is not the end, though it looks like one
                raise BlockingIOError(errno.EAGAIN, "is not in blocking mode, and has no more bytes yet", path)
            left -= contents.write(chunk)
    if not left:
        raise error(f"{path}: longer than {longest} bytes, {what}")
    return contents.getvalue()


def warn_of_readers(path: str) -> None:
    """Say on standard error that others than its owner can read a private key file, if they can."""
    status = Path(path).stat()
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
        name = click.format_filename(path)
        message = f"warning: {name}: mode {mode:04o} lets others read this private key: chmod 600 {shlex.quote(name)}"
        click.echo(" ".join(message.split()), err=True)


def read_message(path: str) -> bytes:
    """Return a message, which must be in memory as a whole where it is not hashed first."""
    return read_input(path, _LONGEST_MESSAGE, "the limit for a message in memory; --prehash has none")


def on_disk(path: str) -> str:
    """Return a path that can be opened, also for "-"."""
    return "/dev/stdin" if path == STDIO else path


@contextmanager
def secret_input(path: str, longest: int) -> Iterator[bytearray]:
    """Lend the contents of a file in memory that is wiped afterwards."""
    memory = bytearray(longest + 1)
    contents = bytearray()
    try:
        size = _read_into(memory, path)
        # Not a view: lent to C, and left in a cycle by an exception, one crashes CPython before 3.12.7 (gh-77894).
        contents = memory[:size]
        yield contents
    finally:
        for each in (memory, contents):
            each[:] = bytes(len(each))


def _read_into(memory: bytearray, path: str) -> int:
    """Fill memory from the start of a file, without a buffer in between, and return how many bytes there were."""
    size = 0
    with memoryview(memory) as view, Path(path).open("rb", buffering=0) as file:
        while size < len(view) and (count := file.readinto(view[size:])):
            size += count
    return size


def write_files(files: Sequence[NewFile], *, force: bool) -> None:
    """Write all files or, if one cannot be made, none."""
    regular = [file for file in files if file.path != STDIO]
    on_stdout = [file.data for file in files if file.path == STDIO]
    if len({Path(file.path).resolve() for file in regular}) < len(regular):
        raise OSError(errno.EINVAL, "two results cannot go into one file", regular[0].path)
    if on_stdout and sys.stdout.isatty():
        raise OSError(errno.EINVAL, "binary data is not written to a terminal", "standard output")
    with ExitStack() as undo:
        written = [_write(file, undo, force=force) for file in regular]
        for scratch, target in written:
            scratch.replace(target)
        undo.pop_all()
    for data in on_stdout:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _write(file: NewFile, undo: ExitStack, *, force: bool) -> tuple[Path, Path]:
    """Write a new file, and return its path and the path that it is to get."""
    target = scratch = Path(file.path)
    if force:
        target = target.resolve()
        if target.exists() and not target.is_file():
            raise OSError(errno.EINVAL, "is not a regular file, so it is not replaced", file.path)
        scratch = target.with_name(f".qynauth-pqc-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if file.secret else 0o666)
    except FileExistsError as error:
        raise FileExistsError(errno.EEXIST, "exists already; --force replaces it", file.path) from error
    except OSError as error:
        raise OSError(error.errno, error.strerror, file.path) from error
    undo.callback(scratch.unlink, missing_ok=True)
    try:
        rest = memoryview(file.data)
        while rest:  # `os.write` itself, because a buffered file would keep a copy of a secret
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return scratch, target
