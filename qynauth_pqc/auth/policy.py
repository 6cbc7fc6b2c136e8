"""The policy of a migration: the algorithms that sign and are accepted for an audience, and their times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc.auth import _policy_words
from qynauth_pqc.auth._policy_rows import PolicyRow
from qynauth_pqc.auth.algorithms import Mode
from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import path_of, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from qynauth_pqc.extend import StrPath

__all__ = ["LONGEST_POLICY", "MigrationPolicy", "PolicyRow"]

LONGEST_POLICY = 1 << 22
"""The longest policy that is read, in bytes: two rows for each of 10,000 tenants, and a few seconds for any text."""

_PARTS = ("rows", "experimental", "not_before", "strict")


class _Pattern(NamedTuple):
    """An audience with a `*`: the text before and after it."""

    issuer: str
    prefix: str
    suffix: str

    def matches(self, issuer: str, audience: str) -> bool:
        rest = audience[len(self.prefix) : len(audience) - len(self.suffix)]
        whole = self.prefix + rest + self.suffix == audience
        return whole and bool(rest) and "/" not in rest and issuer == self.issuer


class MigrationPolicy:
    """An immutable policy, which `load` and `parse` read from TOML.

    Attributes:
        rows: the rows, in the order of the file.
        experimental: the draft of the hybrid algorithms, if one is named.
        not_before: by issuer, the earliest accepted time of issue, in UTC.
        strict: whether an issuer stops if it has never had a key for the row whose turn it is.

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

    # Not a dataclass: that module takes a fifth of the import time of a verifier.

    __slots__ = ("_exact", "_patterns", "experimental", "not_before", "rows", "strict")

    rows: tuple[PolicyRow, ...]
    experimental: str | None
    not_before: Mapping[str, datetime]
    strict: bool
    _exact: Mapping[tuple[str, str], tuple[PolicyRow, ...]]
    _patterns: Mapping[_Pattern, tuple[PolicyRow, ...]]

    @without_own_frames
    def __init__(
        self,
        rows: tuple[PolicyRow, ...],
        experimental: str | None = None,
        not_before: Mapping[str, datetime] = MappingProxyType({}),
        strict: bool = False,  # noqa: FBT001, FBT002 - the last part, as the others
    ) -> None:
        """Take the rows, unless they contradict each other.

        Raises:
            PolicyError: there are no rows, or two contradict each other.
        """
        expect(rows, tuple, "rows")
        expect(experimental, (str, type(None)), "experimental")
        expect(not_before, Mapping, "not_before")
        expect(strict, bool, "strict")
        for name, value in zip(_PARTS, (rows, experimental, dict(not_before), strict), strict=True):
            object.__setattr__(self, name, value)
        if not self.rows:
            raise PolicyError("policy has no rows: expected at least one [[accept]]")
        numbered: dict[tuple[str, str], list[int]] = {}
        for number, row in enumerate(self.rows, 1):
            expect(row, PolicyRow, f"row {number}")
            _check_row(number, row, self.experimental)
            for audience in row.audiences:
                numbered.setdefault((row.issuer, audience), []).append(number)
        numbers = {pair: tuple(each) for pair, each in numbered.items()}
        together = {each: tuple(self.rows[number - 1] for number in each) for each in set(numbers.values())}
        for each in sorted(together):
            _check_together(each, together[each])
        for issuer, moment in self.not_before.items():
            expect(issuer, str, "issuer of not_before")
            expect(moment, datetime, "time of not_before")
        if any(not each.tzinfo for each in self.not_before.values()):
            raise PolicyError("not_before: expected times with an offset from UTC")
        strangers = self.not_before.keys() - {row.issuer for row in self.rows}
        if strangers:
            raise PolicyError(f"not_before: the policy has no row for the issuer {min(strangers)!r}")
        found = {pair: together[each] for pair, each in numbers.items()}
        patterns = {_Pattern(issuer, *text.split("*")): rows for (issuer, text), rows in found.items() if "*" in text}
        ordered = sorted(patterns, key=lambda each: (len(each.prefix + each.suffix), len(each.prefix)), reverse=True)
        object.__setattr__(self, "_exact", found)
        object.__setattr__(self, "_patterns", {each: patterns[each] for each in ordered})

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a policy is immutable."""
        raise AttributeError(f"{type(self).__name__} cannot be changed; make another one")

    def __eq__(self, other: object) -> bool:
        """Return whether another policy has the same rows in the same order."""
        return self._parts == other._parts if isinstance(other, MigrationPolicy) else NotImplemented

    def __hash__(self) -> int:
        """Return the hash of the rows and the draft."""
        return hash((self.rows, self.experimental))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the arguments of the constructor."""
        return type(self), self._parts

    def __repr__(self) -> str:
        """Show the policy."""
        parts = (f"{name}={value!r}" for name, value in zip(_PARTS, self._parts, strict=True))
        return f"{type(self).__name__}({', '.join(parts)})"

    @property
    def _parts(self) -> tuple[tuple[PolicyRow, ...], str | None, Mapping[str, datetime], bool]:
        return self.rows, self.experimental, self.not_before, self.strict

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read a policy from a file of at most 4194304 bytes.

        Raises:
            PolicyError: as `parse` raises it, after the path.
            OSError: the file cannot be read.
        """
        with open(path_of(path), "rb") as file:  # noqa: PTH123 - pathlib takes long to import
            text = file.read(LONGEST_POLICY + 1)
        try:
            return cls.parse(text)
        except PolicyError as error:
            raise PolicyError(f"{path}: {error}") from None

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a policy from TOML.

        Args:
            text: at most 4194304 bytes, in UTF-8.

        Raises:
            PolicyError: it is too long or not TOML, has no rows, or lacks a member; a member is unknown or has a wrong
                value; or two rows contradict each other. The message names the row, from 1, and the member.
        """
        from qynauth_pqc.auth import _policy_toml  # a policy may be made without TOML

        expect(text, (str, bytes), "text")
        return cls(*_policy_toml.read(text, LONGEST_POLICY))

    def current(self) -> MigrationPolicy:
        """Return the policy itself. A `PolicyFile` returns its newest policy."""
        return self

    def rows_for(self, issuer: str, audience: str) -> tuple[PolicyRow, ...]:
        """Return the rows of an issuer and an audience, with any deadlines.

        They are the rows that name the audience. If none does, they are the rows of the pattern with the most
        characters that matches it.
        """
        expect(issuer, str, "issuer")
        expect(audience, str, "audience")
        rows = self._exact.get((issuer, audience))
        if rows is None:
            rows = next((self._patterns[each] for each in self._patterns if each.matches(issuer, audience)), ())
        return rows

    def row(self, issuer: str, audience: str, algorithm: str) -> PolicyRow | None:
        """Return the row of an issuer, an audience and the name of an algorithm, with any deadline, or None."""
        expect(algorithm, str, "algorithm")
        rows = self.rows_for(issuer, audience)
        return next((row for row in rows if row.algorithm.name == algorithm), None)

    def signing(self, issuer: str, audience: str, now: datetime) -> PolicyRow:
        """Return the row with which the issuer signs: the latest by sign_from that has begun and not ended.

        Raises:
            PolicyError: there is none.
        """
        row = _policy_words.latest(self.rows_for(issuer, audience), now)
        if row is None:
            raise PolicyError("no row of the policy has an algorithm that signs for this issuer and audience now")
        return row

    def required(self, issuer: str, audience: str, now: datetime) -> frozenset[str]:
        """Return the hybrid and post-quantum algorithms that may sign: the set of the issuer should have their keys."""
        rows = self.rows_for(issuer, audience)
        return frozenset(
            row.algorithm.name for row in rows if row.algorithm.mode is not Mode.CLASSICAL and row.may_sign(now)
        )

    def sentences(self) -> list[str]:
        """Return the policy in plain English, one sentence for each row and for each issuer's not_before."""
        rows = [_policy_words.sentence(row, self.rows_for(row.issuer, row.audiences[0])) for row in self.rows]
        return [*rows, *(_policy_words.refusal(issuer, moment) for issuer, moment in self.not_before.items())]

    def warnings(self, now: datetime) -> list[str]:
        """Return warnings for the operator: rows without a deadline or past it, and audiences without a signer.

        Args:
            now: an aware time, to compare with deadlines.
        """
        return _policy_words.warnings(self.rows, self.groups(), now)

    def groups(self) -> dict[tuple[PolicyRow, ...], tuple[str, ...]]:
        """Return the audiences with the same rows, by these rows, in the order of the file."""
        found: dict[tuple[PolicyRow, ...], list[str]] = {}
        for (_, audience), rows in self._exact.items():
            found.setdefault(rows, []).append(audience)
        return {rows: tuple(audiences) for rows, audiences in found.items()}


def _check_row(number: int, row: PolicyRow, experimental: str | None) -> None:
    """Refuse a row that contradicts itself."""
    if row.algorithm.experimental not in (None, experimental):
        needs = f'expected experimental = "{row.algorithm.experimental}" at the top of the policy'
        raise PolicyError(f"row {number}: algorithm: {row.algorithm.name} is experimental: {needs}")
    expect(row.thumbprints, frozenset, "thumbprints")
    expect(row.audiences, tuple, "audiences")
    if not row.audiences or len(set(row.audiences)) < len(row.audiences):
        raise PolicyError(f"row {number}: audience: expected one or more, each once")
    if any(each.count("*") > 1 for each in row.audiences):
        raise PolicyError(f"row {number}: audience: expected at most one * in each")
    if any(each and not each.tzinfo for each in (row.sign_from, row.until)):
        raise PolicyError(f"row {number}: expected times with an offset from UTC")
    if row.sign_from and row.until and row.sign_from >= row.until:
        raise PolicyError(f"row {number}: sign_from: expected a time before until")


def _check_together(numbers: Sequence[int], rows: Sequence[PolicyRow]) -> None:
    """Refuse rows of one issuer and audience that contradict each other."""
    for at, (number, row) in enumerate(zip(numbers, rows, strict=True)):
        for other, earlier in zip(numbers[:at], rows[:at], strict=True):
            if earlier.algorithm == row.algorithm:
                raise PolicyError(f"row {number}: algorithm: row {other} has the same issuer, audience and algorithm")
            if row.sign_from and earlier.sign_from == row.sign_from:
                raise PolicyError(f"row {number}: sign_from: row {other} has the same issuer, audience and sign_from")
