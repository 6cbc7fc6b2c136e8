"""Files of the command line: read whole, secrets wiped after use, and never overwritten unless asked to."""

from __future__ import annotations

import errno
import shlex
import stat
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qynauth_pqc.errors import InvalidLengthError
from qynauth_pqc.formats import _files

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def display_name(path: str) -> str:
    """Return a path as messages show it."""
    return "standard input" if path == STDIO else click.format_filename(path)


def read_input(path: str, longest: int, what: str, error: type[PQCError] = InvalidLengthError) -> bytes:
    """Return the contents of a file or, for "-", of standard input.

    A device or a pipe may have no end, and the memory has one.
    """
    # Not a list of chunks: joining them would need the memory twice.
    contents, left = BytesIO(), longest + 1
    with nullcontext(sys.stdin.buffer) if path == STDIO else Path(path).open("rb", buffering=0) as file:
        while left and (chunk := file.read(min(left, _CHUNK_BYTES))) != b"":
            if chunk is None:  # which is not the end, though it looks like one
                raise BlockingIOError(errno.EAGAIN, "no more bytes yet; set it to blocking mode", display_name(path))
            left -= contents.write(chunk)
    if not left:
        raise error(f"{display_name(path)}: longer than {longest} bytes, {what}")
    return contents.getvalue()


def warn_of_readers(path: str, what: str = "private key") -> None:
    """Warn on standard error if others than its owner can read a file with a secret."""
    status = Path(path).stat()
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
        name = click.format_filename(path)
        message = f"warning: {name}: mode {mode:04o} lets others read this {what}; run: chmod 600 {shlex.quote(name)}"
        click.echo(" ".join(message.split()), err=True)


def read_message(path: str) -> bytes:
    """Return a message, which must be in memory as a whole where it is not hashed first."""
    return read_input(path, _LONGEST_MESSAGE, "the limit for a message in memory; use --prehash")


def on_disk(path: str) -> str:
    """Return a path that can be opened, also for "-"."""
    return "/dev/stdin" if path == STDIO else path


def write_files(files: Sequence[NewFile], *, force: bool) -> None:
    """Write all files or, if one cannot be made, none."""
    regular = [file for file in files if file.path != STDIO]
    on_stdout = [file.data for file in files if file.path == STDIO]
    if len({Path(file.path).resolve() for file in regular}) < len(regular):
        raise OSError(errno.EINVAL, "named twice; write each result to its own file", regular[0].path)
    if on_stdout and sys.stdout.isatty():
        raise OSError(errno.EINVAL, "a terminal takes no binary data; name a file or redirect it", "standard output")
    new = [_files.NewFile(each.path, each.data, each.secret) for each in regular]
    _files.write_files(new, overwrite=force, hint="--force")
    for data in on_stdout:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
