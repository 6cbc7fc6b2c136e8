"""The accepted algorithms of signatures, and their times, for the migration of a repository to new keys."""

from __future__ import annotations

from datetime import datetime

from qynauth_pqc.errors import PQCError, expect
from qynauth_pqc.extend import read_public, without_own_frames
from qynauth_pqc.ssh._algorithms import COMPOSITE_NAMES, SIGNATURES
from qynauth_pqc.ssh._times import shown
from qynauth_pqc.ssh.errors import Rule, SSHVerificationError

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from qynauth_pqc.extend import StrPath

__all__ = ["SSHPolicy", "SSHPolicyError", "SSHPolicyRow"]

_LONGEST = 65536
"""The longest policy that is read, in bytes."""


class SSHPolicyError(PQCError, ValueError):
    """A policy is malformed."""


class SSHPolicyRow:
    """An algorithm that is accepted.

    Attributes:
        algorithm: the name of its signatures, such as `ssh-mldsa44-ed25519`, `ssh-ed25519` or `rsa-sha2-512`.
        since: the first moment at which it is accepted, with a time zone; None for no start.
        until: the first moment at which it is no longer accepted, with a time zone; None for no end.
    """

    __slots__ = ("algorithm", "since", "until")

    @without_own_frames
    def __init__(self, algorithm: str, since: datetime | None = None, until: datetime | None = None) -> None:
        """Take an algorithm and its time.

        Raises:
            SSHPolicyError: the algorithm is unknown, a time has no zone, or `since` is not before `until`.
        """
        expect(algorithm, str, "algorithm")
        if algorithm not in SIGNATURES:
            raise SSHPolicyError(f"unknown algorithm: expected one of {', '.join(SIGNATURES)}")
        for each in (since, until):
            expect(each, (datetime, type(None)), "a time")
            if each is not None and each.tzinfo is None:
                raise SSHPolicyError(f"{algorithm}: expected times with their offset from UTC")
        if since is not None and until is not None and since >= until:
            raise SSHPolicyError(f"{algorithm}: since must be before until")
        self.algorithm, self.since, self.until = algorithm, since, until

    @property
    def is_classical(self) -> bool:
        """Whether a quantum computer could forge such signatures."""
        return self.algorithm not in COMPOSITE_NAMES

    def __repr__(self) -> str:
        """Show the algorithm, and whether it is classical."""
        return f"<{type(self).__name__}: {self.algorithm}{', classical' if self.is_classical else ''}>"


class SSHPolicy:
    """The accepted algorithms; every other one is refused.

    For a signature with a certificate, the policy must accept the algorithm of the authority too.

    The time of a signature is the signer's claim, for a commit the time of the committer. So `until` binds honest
    signers; it does not stop someone who can forge a signature of an old algorithm and choose its time.

    >>> policy = SSHPolicy.parse('''
    ... [[accept]]
    ... algorithm = "ssh-mldsa44-ed25519"
    ... [[accept]]
    ... algorithm = "ssh-ed25519"
    ... until = 2027-06-30T00:00:00Z
    ... ''')
    >>> len(policy.rows)
    2
    """

    __slots__ = ("_by_name", "rows")

    @without_own_frames
    def __init__(self, rows: Sequence[SSHPolicyRow]) -> None:
        """Take the rows.

        Raises:
            SSHPolicyError: there are no rows, or two rows for one algorithm.
        """
        expect(rows, (list, tuple), "rows")
        self.rows = tuple(rows)
        for each in self.rows:
            expect(each, SSHPolicyRow, "a row")
        self._by_name = {each.algorithm: each for each in self.rows}
        if not self.rows:
            raise SSHPolicyError("policy accepts nothing: expected at least one row")
        if len(self._by_name) < len(self.rows):
            raise SSHPolicyError("an algorithm has two rows")

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a policy from TOML: tables `[[accept]]` with `algorithm`, and `since` and `until` if wanted.

        Args:
            text: at most 65536 bytes, in UTF-8.

        Raises:
            SSHPolicyError: it is not such a policy; the message names the place.
        """
        from qynauth_pqc.extend import parse_toml  # programs without a policy do not need it

        expect(text, (str, bytes), "text")
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if len(data) > _LONGEST:
            raise SSHPolicyError(f"policy is longer than {_LONGEST} bytes")
        try:
            document = parse_toml(data.decode())
        except UnicodeError:
            raise SSHPolicyError("policy is not UTF-8") from None
        except ValueError as error:
            raise SSHPolicyError(f"policy is not TOML: {error}") from None
        tables = document.get("accept")
        if set(document) != {"accept"} or not isinstance(tables, list):
            raise SSHPolicyError("policy must have tables [[accept]] and nothing else")
        return cls([_row(number, table) for number, table in enumerate(tables, 1)])

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read a policy from a file, as `parse` does.

        Raises:
            OSError: the file cannot be read.
            SSHPolicyError: see `parse`.
        """
        return cls.parse(read_public(path, _LONGEST, "parse() takes the contents of the file"))

    def __repr__(self) -> str:
        """Show the algorithms."""
        return f"<{type(self).__name__}: {', '.join(self._by_name)}>"

    def _check(self, algorithm: str, seconds: int) -> None:
        """Refuse a signature with an algorithm that is not accepted at a time."""
        row = self._by_name.get(algorithm)
        reason = ""
        if row is None:
            reason = "is not in the policy"
        elif row.since is not None and seconds < row.since.timestamp():
            reason = f"is accepted from {shown(int(row.since.timestamp()))} on"
        elif row.until is not None and seconds >= row.until.timestamp():
            reason = f"is accepted before {shown(int(row.until.timestamp()))} only"
        if reason:
            name = algorithm if algorithm in COMPOSITE_NAMES else f"{algorithm} (classical)"
            raise SSHVerificationError(f"{name} {reason}; the signature is of {shown(seconds)}", Rule.ALGORITHM)


def _row(number: int, table: object) -> SSHPolicyRow:
    if not isinstance(table, dict) or not {"algorithm"} <= set(table) <= set(SSHPolicyRow.__slots__):
        raise SSHPolicyError(f"row {number}: expected algorithm, and since and until if wanted")
    try:
        return SSHPolicyRow(**table)
    except (SSHPolicyError, TypeError) as error:
        raise SSHPolicyError(f"row {number}: {error}") from None
