"""The base of the programs `qynauth-pqc` and `qynauth-pqc-git`: standard streams, and errors that show no key."""

from __future__ import annotations

import os
import sys

from qynauth_pqc._extras import install_command
from qynauth_pqc.errors import PQCError

TYPE_CHECKING = False  # git starts a program for each commit
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

_LONGEST_NAME = 255
_EXTRA = {"click", "rich"}
_CHUNK = 16


def open_streams() -> None:
    """Open the standard streams that are closed, so that no file takes their numbers.

    Reading and writing there fails, and is reported, except on standard error.
    """
    for name, mode, flags in (("stdin", "r", os.O_WRONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, flags), mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - it stays


def discard_output(stream: TextIO) -> None:
    """Discard the rest of the output, or Python would try again at exit, complain, and exit with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write_output(data: bytes) -> None:
    """Write to standard output.

    Raises:
        OSError: it cannot be written. The rest of the output is discarded.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        discard_output(sys.stdout)
        raise


def write_error(error: BaseException | str) -> None:
    """Print an error on standard error; if that fails, only the exit code reports it.

    Nothing shows an argument of the process that may be a key. Of an exception that is neither a PQCError nor an
    OSError, only the type and the place are printed.
    """
    message = str(error) if isinstance(error, (str, PQCError, OSError)) else internal_error(error)
    text = without_keys(message, sys.argv)
    try:
        sys.stderr.buffer.write(f"{text}\n".encode("utf-8", "surrogateescape"))
        sys.stderr.buffer.flush()
    except OSError:
        discard_output(sys.stderr)


def internal_error(error: BaseException) -> str:
    """Return an error of the program itself in one line, without its message, which may show an input."""
    from traceback import extract_tb  # only for such an error

    place = extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}, line {place.lineno}"  # noqa: PTH119 - pathlib is not needed
    return f"internal error: {type(error).__name__} in {where}; please report it"


def without_keys(message: str, arguments: Iterable[str]) -> str:
    """Return the message of an error, or another one if it repeats an argument that may be a key.

    A shell may pass the contents of a file by mistake. They are longer than a name, or not printable. A message repeats
    all of an argument, its start or its end, perhaps with escapes or replacements.
    """
    for each in arguments:
        if len(each) <= _LONGEST_NAME and each.isprintable() and "-----BEGIN " not in each:
            continue
        for text in (each, repr(each)[1:-1], os.fsencode(each).decode(errors="replace")):
            if any(text[start : start + _CHUNK] in message for start in range(0, len(text) - _CHUNK + 1, _CHUNK)):
                return "an argument is too long or not printable, perhaps a private key; pass the name of a file"
    return message


def missing_extra(error: ModuleNotFoundError) -> str:
    """Return the message of an import that failed for lack of the extra `cli`; an empty one for other modules."""
    if (error.name or "").partition(".")[0] not in _EXTRA:
        return ""
    return f"the command line needs click and rich: {install_command('cli')}"
