"""Passwords of encrypted key files: from a file or the terminal, never from an argument, which other users can see."""

from __future__ import annotations

import errno
import getpass
import os
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from qynauth_pqc._keys.paths import SecretInput
from qynauth_pqc.cli.files import printable, warn_of_readers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_LONGEST = 1024


def _refusal(path: str, why: str) -> OSError:
    """Return an error that names the password file, not the file that needs the password."""
    return OSError(errno.EINVAL, why, path)


@contextmanager
def _password_from(path: str) -> Iterator[bytearray]:
    """Lend the first line of a file, in memory that is wiped afterwards."""
    with SecretInput(path, _LONGEST) as contents:
        password = contents.split(b"\n", 1)[0]
        try:
            while password.endswith(b"\r"):
                del password[-1]
            if not 0 < len(password) <= _LONGEST:
                raise _refusal(path, f"the first line must be a password of 1 to {_LONGEST} bytes")
            yield password
            warn_of_readers(path, "password")
        finally:
            password[:] = bytes(len(password))


def _typed_password(path: str, option: str, *, twice: bool = False) -> bytes:
    """Ask for a password on the terminal; without a terminal, name the option that replaces it."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError as error:
        raise _refusal(path, f"no terminal for a password prompt; use {option}") from error
    try:
        password = getpass.getpass(f"Password of {printable(path)}: ")
        if not password:
            raise _refusal(path, "the password must not be empty; try again")
        if twice and getpass.getpass("Confirm password: ") != password:
            raise _refusal(path, "the passwords do not match; try again")
    except EOFError as error:
        raise _refusal(path, "no password was entered; try again") from error
    except UnicodeError as error:  # it would show a byte
        raise _refusal(path, f"the password is not UTF-8; use {option}") from error
    return password.encode("utf-8", "surrogateescape")


def open_password(
    path: str, password_file: str | None, option: str = "--password-file"
) -> AbstractContextManager[bytearray | bytes]:
    """Lend the password of an encrypted file: from a file, which `option` names, or typed."""
    return nullcontext(_typed_password(path, option)) if password_file is None else _password_from(password_file)


def new_password(
    path: str, password_file: str | None, option: str, *, encrypt: bool
) -> AbstractContextManager[bytearray | bytes | None]:
    """Lend the password of a new file, if it is encrypted: from a file, which `option` names, or typed twice."""
    if password_file is not None:
        return _password_from(password_file)
    return nullcontext(_typed_password(path, option, twice=True) if encrypt else None)
