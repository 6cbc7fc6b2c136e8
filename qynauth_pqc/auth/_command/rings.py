"""The base of the commands of the migration kit: its extra, policy, key ring and published set."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.auth.jwks import fetch
from qynauth_pqc.auth.policy import LONGEST_POLICY, MigrationPolicy
from qynauth_pqc.extend import extra
from qynauth_pqc.extend.command import complain, naming, open_password, password_option, read_input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc.auth.keyring import KeyRing

AUTH_EXTRA = extra("auth", "this command needs {}", "cryptography", "cyclonedx")
"""Reports that the extra `auth` is missing, which only some commands need."""

ring_password_option = password_option(
    "--password-file", "Password of the ring, on the first line of FILE. The default is a prompt on the terminal."
)


def read_policy(path: str) -> MigrationPolicy:
    """Read a policy from a file or, for "-", from standard input."""
    text = read_input(path, LONGEST_POLICY, "the limit for a policy", PolicyError)
    with naming(path):
        return MigrationPolicy.parse(text)


class _Complaints(logging.Handler):
    """Print the warnings of the library on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one."""
        complain(" ".join(f"warning: {record.getMessage()}".split()))


@contextmanager
def _warnings(*, shown: bool) -> Iterator[None]:
    logger, handler = logging.getLogger("qynauth_pqc.auth"), _Complaints() if shown else logging.NullHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def open_ring(
    directory: str, password_file: str | None, url: str | None = None, *, warn: bool = True
) -> Iterator[KeyRing]:
    """Open a ring with a password from a file or the terminal; with a URL, refuse a ring older than the set there."""
    with AUTH_EXTRA:
        from qynauth_pqc.auth.keyring import KeyRing  # an extra that only some commands need
    published = None if url is None else fetch(url)
    with (
        open_password(directory, password_file) as password,
        _warnings(shown=warn),
        KeyRing.open(directory, password, published=published) as ring,
    ):
        yield ring
