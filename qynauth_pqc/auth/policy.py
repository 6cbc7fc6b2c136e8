"""The policy of a migration: which algorithm signs and is accepted for an audience, from when on, and until when."""

from __future__ import annotations

import re
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from qynauth_pqc._keys.paths import path_of
from qynauth_pqc.auth.algorithms import ALGORITHMS, Algorithm, Mode
from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.errors import PQCError, expect
from qynauth_pqc.integrations.jose_composite import check_draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self, TypeVar

    from qynauth_pqc._keys.paths import StrPath

    T = TypeVar("T")

__all__ = ["LONGEST_POLICY", "MigrationPolicy", "PolicyRow"]

LONGEST_POLICY = 65536
"""The longest policy that is read, in bytes."""

_EVER = datetime.min.replace(tzinfo=UTC)
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One row of a policy: an algorithm for the tokens of an issuer for an audience.

    Attributes:
        issuer: the value of iss.
        audience: the value of aud.
        algorithm: the algorithm.
        thumbprints: the only keys of the issuer's set that are accepted, by RFC 7638; empty for any key of the set.
        until: the deadline on the verifier's clock, in UTC: tokens are accepted before it and no longer at it. None for
            no deadline.
        sign_from: from when on the issuer signs with the algorithm, in UTC; None if it never does.
    """

    issuer: str
    audience: str
    algorithm: Algorithm
    thumbprints: frozenset[str] = frozenset()
    until: datetime | None = None
    sign_from: datetime | None = None

    def is_past(self, now: datetime) -> bool:
        """Return whether the deadline has passed."""
        return self.until is not None and self.until <= now

    def may_sign(self, now: datetime) -> bool:
        """Return whether the issuer may sign with this row: its sign_from has passed and its deadline has not."""
        return self.sign_from is not None and self.sign_from <= now and not self.is_past(now)


@dataclass(frozen=True, slots=True)
class MigrationPolicy:
    """A policy, which `load` and `parse` read from TOML and nothing changes.

    Attributes:
        rows: the rows, in the order of the file.
        experimental: the draft of the hybrid algorithms, if one is named.

    >>> policy = MigrationPolicy.parse('''
    ... [[accept]]
    ... issuer = "https://login.example"
    ... audience = "orders"
    ... algorithm = "EdDSA"
    ... sign_from = 2026-01-01T00:00:00Z
    ... until = 2027-06-30T00:00:00Z
    ... ''')
    >>> policy.row("https://login.example", "orders", "EdDSA").until.isoformat()
    '2027-06-30T00:00:00+00:00'
    """

    rows: tuple[PolicyRow, ...]
    experimental: str | None = None
    _by_audience: Mapping[tuple[str, str], tuple[PolicyRow, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse rows that contradict each other.

        Raises:
            PolicyError: there are no rows, or two contradict each other.
        """
        expect(self.rows, tuple, "rows")
        expect(self.experimental, (str, type(None)), "experimental")
        if not self.rows:
            raise PolicyError("policy has no rows: expected at least one [[accept]]")
        found: dict[tuple[str, str], dict[int, PolicyRow]] = {}
        for number, row in enumerate(self.rows, 1):
            expect(row, PolicyRow, f"row {number}")
            if row.algorithm.experimental not in (None, self.experimental):
                needs = f'expected experimental = "{row.algorithm.experimental}" at the top of the policy'
                raise PolicyError(f"row {number}: algorithm: {row.algorithm.name} is experimental: {needs}")
            others = found.setdefault((row.issuer, row.audience), {})
            _check_row(number, row, others)
            others[number] = row
        by_audience = {pair: tuple(rows.values()) for pair, rows in found.items()}
        object.__setattr__(self, "_by_audience", by_audience)

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read a policy from a file of at most 65536 bytes.

        Raises:
            PolicyError: as `parse` does, with the path in front.
            OSError: the file cannot be read.
        """
        with Path(path_of(path)).open("rb") as file:
            text = file.read(LONGEST_POLICY + 1)
        with _at(str(path)):
            return cls.parse(text)

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a policy from TOML.

        Args:
            text: at most 65536 bytes, in UTF-8.

        Raises:
            PolicyError: it is too long or not TOML, has no rows, or lacks a member; a member is unknown or has a wrong
                value; or two rows contradict each other. The message names the row, from 1, and the member.
        """
        expect(text, (str, bytes), "text")
        document = _document(text)
        _check_members(document, ("experimental", "accept"))
        experimental = _member(document, "experimental", _draft, None)
        tables = document.get("accept", [])
        if not isinstance(tables, list):
            raise PolicyError("accept: expected an array of tables, each written as [[accept]]")
        rows = []
        for number, table in enumerate(tables, 1):
            with _at(f"row {number}"):
                rows.append(_row(table))
        return cls(tuple(rows), experimental)

    def row(self, issuer: str, audience: str, algorithm: str) -> PolicyRow | None:
        """Return the row of an issuer, an audience and the name of an algorithm, whatever its deadline, or None."""
        expect(algorithm, str, "algorithm")
        rows = self._rows_for(issuer, audience)
        return next((row for row in rows if row.algorithm.name == algorithm), None)

    def signing(self, issuer: str, audience: str, now: datetime) -> PolicyRow:
        """Return the row that the issuer signs with: the latest by sign_from of those that have begun and not ended.

        Raises:
            PolicyError: there is none.
        """
        row = _signer(self._rows_for(issuer, audience), now)
        if row is None:
            raise PolicyError("no row of the policy has an algorithm that signs for this issuer and audience now")
        return row

    def required(self, issuer: str, audience: str, now: datetime) -> frozenset[str]:
        """Return the hybrid and post-quantum algorithms that the issuer may sign with, so its set must have a key."""
        rows = self._rows_for(issuer, audience)
        return frozenset(
            row.algorithm.name for row in rows if row.algorithm.mode is not Mode.CLASSICAL and row.may_sign(now)
        )

    def _rows_for(self, issuer: str, audience: str) -> tuple[PolicyRow, ...]:
        expect(issuer, str, "issuer")
        expect(audience, str, "audience")
        return self._by_audience.get((issuer, audience), ())

    def sentences(self) -> list[str]:
        """Return the policy in plain English, one sentence for each row."""
        turns = {pair: _turns(rows) for pair, rows in self._by_audience.items()}
        return [_sentence(row, turns[row.issuer, row.audience]) for row in self.rows]

    def warnings(self, now: datetime) -> list[str]:
        """Return what an operator should look at: rows without end or past it, and audiences without a signer.

        Args:
            now: an aware time, against which deadlines are compared.
        """
        by_row = [
            f"row {number}: {text}" for number, row in enumerate(self.rows, 1) for text in _row_warnings(row, now)
        ]
        by_audience = (_audience_warnings(rows, now) for rows in self._by_audience.values())
        return [*by_row, *(text for texts in by_audience for text in texts)]


# Reading TOML.


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Say in an error where in the policy it is."""
    try:
        yield
    except PQCError as error:
        raise PolicyError(f"{where}: {error}") from None


def _document(text: str | bytes) -> dict[str, object]:
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(data) > LONGEST_POLICY:
        raise PolicyError(f"policy is longer than {LONGEST_POLICY} bytes")
    try:
        return tomllib.loads(data.decode())
    except UnicodeError:
        raise PolicyError("policy is not UTF-8") from None
    except (ValueError, RecursionError) as error:  # the former also for a number with too many digits
        raise PolicyError(f"policy is not TOML: {error}") from None


def _check_members(members: Mapping[str, object], known: Sequence[str]) -> None:
    unknown = [name for name in members if name not in known]
    if unknown:
        raise PolicyError(f"unknown member {unknown[0]!r}: expected {', '.join(known)}")


def _row(table: object) -> PolicyRow:
    if not isinstance(table, dict):
        raise PolicyError("expected a table, written as [[accept]]")
    _check_members(table, PolicyRow.__match_args__)
    return PolicyRow(
        issuer=_member(table, "issuer", _text),
        audience=_member(table, "audience", _text),
        algorithm=_member(table, "algorithm", _algorithm),
        thumbprints=_member(table, "thumbprints", _thumbprints, frozenset()),
        until=_member(table, "until", _moment, None),
        sign_from=_member(table, "sign_from", _moment, None),
    )


def _member(members: Mapping[str, object], name: str, read: Callable[[object], T], *default: T) -> T:
    """Return the value of a member as `read` returns it, or the default if there is no such member."""
    if default and name not in members:
        return default[0]
    with _at(name):
        if name not in members:
            raise PolicyError("missing")
        return read(members[name])


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        raise PolicyError("expected text of printable characters")
    return value


def _draft(value: object) -> str:
    return check_draft(_text(value))


def _algorithm(value: object) -> Algorithm:
    if not isinstance(value, str) or value not in ALGORITHMS:
        raise PolicyError(f"unknown algorithm: expected one of {', '.join(ALGORITHMS)}")
    return ALGORITHMS[value]


def _thumbprints(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise PolicyError("expected a list of at least one thumbprint; without the member, any key is accepted")
    for number, each in enumerate(value, 1):
        if not isinstance(each, str) or not _THUMBPRINT.fullmatch(each):
            raise PolicyError(f"item {number} is no thumbprint: expected the 43 characters of a SHA-256 in base64url")
    if len(set(value)) < len(value):
        raise PolicyError("a thumbprint is there twice")
    return frozenset(value)


def _moment(value: object) -> datetime:
    try:
        if isinstance(value, datetime) and value.tzinfo:
            return value.astimezone(UTC)
    except OverflowError:  # in the first or the last year
        pass
    raise PolicyError("expected a date and time with its offset from UTC, such as 2027-06-30T00:00:00Z")


def _check_row(number: int, row: PolicyRow, others: Mapping[int, PolicyRow]) -> None:
    """Refuse a row that contradicts itself or another row of its issuer and audience."""
    expect(row.thumbprints, frozenset, "thumbprints")
    if any(each and not each.tzinfo for each in (row.sign_from, row.until)):
        raise PolicyError(f"row {number}: expected times with an offset from UTC")
    if row.sign_from and row.until and row.sign_from >= row.until:
        raise PolicyError(f"row {number}: sign_from: expected a time before until")
    for other, earlier in others.items():
        if earlier.algorithm == row.algorithm:
            raise PolicyError(f"row {number}: algorithm: row {other} has the same issuer, audience and algorithm")
        if row.sign_from and earlier.sign_from == row.sign_from:
            raise PolicyError(f"row {number}: sign_from: row {other} has the same issuer, audience and sign_from")


# Explaining it.


def _signer(rows: Sequence[PolicyRow], now: datetime) -> PolicyRow | None:
    return max((row for row in rows if row.may_sign(now)), key=lambda row: row.sign_from or now, default=None)


def _turns(rows: Sequence[PolicyRow]) -> list[tuple[datetime, PolicyRow | None]]:
    """Return who signs for an audience from when on, over all time."""
    turns: list[tuple[datetime, PolicyRow | None]] = [(_EVER, None)]
    for change in sorted({each for row in rows if row.sign_from for each in (row.sign_from, row.until) if each}):
        signer = _signer(rows, change)
        if signer is not turns[-1][1]:
            turns.append((change, signer))
    return turns


def _written(moment: datetime) -> str:
    clock = moment.time().isoformat("auto" if moment.second or moment.microsecond else "minutes")
    return f"{moment.day} {moment:%B} {moment.year} {clock} UTC"


def _shown(row: PolicyRow) -> str:
    return f"{row.algorithm.name} ({row.algorithm.mode})"


def _tokens(row: PolicyRow) -> str:
    issuer, audience = (repr(each) if " " in each else each for each in (row.issuer, row.audience))
    return f"tokens of {issuer} for {audience}"


def _sentence(row: PolicyRow, turns: Sequence[tuple[datetime, PolicyRow | None]]) -> str:
    accepted = f"until {_written(row.until)}" if row.until else "without a deadline"
    keys = sorted(row.thumbprints)
    pinned = f", only with the key{'s' * (len(keys) > 1)} {' or '.join(keys)}" if keys else ""
    signs = []
    for (begin, signer), (end, following) in pairwise([*turns, (None, None)]):
        if begin and signer is row:
            rest = "on" if end is None else "until that deadline"
            if end and following and end != row.until:
                rest = f"until {following.algorithm.name} takes over on {_written(end)}"
            signs.append(f"from {_written(begin)} {rest}")
    signed = f"signs with it {', and again '.join(signs)}" if signs else "never signs with it"
    return f"For {_tokens(row)}, {_shown(row)} is accepted {accepted}{pinned}; the issuer {signed}."


def _row_warnings(row: PolicyRow, now: datetime) -> Iterator[str]:
    if row.until and row.is_past(now):
        yield f"the deadline of {_shown(row)} passed on {_written(row.until)}: remove the row"
        return
    if row.algorithm.mode is Mode.CLASSICAL and row.until is None:
        yield f"{_shown(row)} never expires: set until"
    if row.algorithm.mode is Mode.HYBRID:
        yield f"{_shown(row)} is experimental: its name and format may change until IANA registers them"


def _audience_warnings(rows: Sequence[PolicyRow], now: datetime) -> Iterator[str]:
    tokens = _tokens(rows[0])
    if {row.algorithm.mode for row in rows if not row.is_past(now)} == {Mode.CLASSICAL}:
        yield f"{tokens}: every algorithm is classical; add a hybrid or post-quantum row"
    for (begin, signer), (end, following) in pairwise([*_turns(rows), (None, None)]):
        if not begin or (end and end <= now):
            continue
        if signer is None:
            begins = f"from {_written(begin)} on" if begin > now else "now"
            yield f"{tokens}: nobody signs them {begins}{f', until {_written(end)}' if end else ''}"
        elif end and following and _strength(following) < _strength(signer):
            yield f"{tokens}: {_shown(following)} follows the stronger {_shown(signer)} on {_written(end)}"


def _strength(row: PolicyRow) -> int:
    return [*Mode].index(row.algorithm.mode)
