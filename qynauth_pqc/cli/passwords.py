"""Passwords of encrypted key files: from a file or the terminal, never from an argument, which others can see."""

from __future__ import annotations

import getpass
import os
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from qynauth_pqc.errors import PasswordError
from qynauth_pqc.formats._files import secret_input

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_LONGEST = 1024


@contextmanager
def password_from(path: str) -> Iterator[bytearray]:
    """Lend the first line of a file, in memory that is wiped afterwards."""
    with secret_input(path, _LONGEST) as contents:
        password = contents.split(b"\n", 1)[0]
        try:
            while password.endswith(b"\r"):
                del password[-1]
            if not 0 < len(password) <= _LONGEST:
                raise PasswordError(f"{path}: expected a password of 1 to {_LONGEST} bytes on the first line")
            yield password
        finally:
            password[:] = bytes(len(password))


def typed_password(path: str, *, twice: bool = False) -> bytes:
    """Ask for a password on the terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError as error:
        msg = f"{path}: there is no terminal to ask for the password on: name a file with it by --password-file"
        raise PasswordError(msg) from error
    password = getpass.getpass(f"Password of {path}: ")
    if not password:
        raise PasswordError(f"{path}: no password was given")
    if twice and getpass.getpass("The same again: ") != password:
        raise PasswordError(f"{path}: the passwords are not the same")
    return password.encode("utf-8", "surrogateescape")


def new_password(
    path: str, password_file: str | None, *, encrypt: bool
) -> AbstractContextManager[bytearray | bytes | None]:
    """Lend the password of a new key file, if it is encrypted: from a file, or typed twice."""
    if password_file is not None:
        return password_from(password_file)
    return nullcontext(typed_password(path, twice=True) if encrypt else None)
