"""A policy in plain English: its rows, and warnings for the operator."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from qynauth_pqc.auth.algorithms import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from qynauth_pqc.auth._policy_rows import PolicyRow

_EVER = datetime.min.replace(tzinfo=UTC)
_MOST_NAMED = 3


def refusal(issuer: str, moment: datetime) -> str:
    """Return the sentence for the not_before of an issuer."""
    return f"Tokens of {_quoted(issuer)} that were issued before {_written(moment)} are refused."


def warnings(
    rows: Sequence[PolicyRow], groups: Mapping[tuple[PolicyRow, ...], tuple[str, ...]], now: datetime
) -> list[str]:
    """Return the warnings about rows, and then about the audiences with the same rows."""
    by_row = [f"row {number}: {text}" for number, row in enumerate(rows, 1) for text in _row_warnings(row, now)]
    by_audience = (_audience_warnings(audiences, each, now) for each, audiences in groups.items())
    return [*by_row, *(text for texts in by_audience for text in texts)]


def latest(rows: Sequence[PolicyRow], now: datetime) -> PolicyRow | None:
    """Return the row of an audience that signs: the latest by sign_from that has begun and not ended."""
    return max((row for row in rows if row.may_sign(now)), key=lambda row: row.sign_from or now, default=None)


def stand_in(rows: Sequence[PolicyRow], now: datetime, has_had: Callable[[str], bool]) -> PolicyRow | None:
    """Return the row with which a ring signs that has never had a key of the row whose turn it is, or None.

    It is the latest of the earlier rows that are still accepted, if the ring has had a key of its algorithm. The row
    whose turn it is has no stand-in if the ring has had its key, or if the row pins keys, which then exist somewhere: a
    key that was revoked or lost must not go unnoticed.
    """
    begun = sorted((row for row in rows if row.may_sign(now)), key=lambda row: row.sign_from or now, reverse=True)
    found = next((row for row in begun if row.thumbprints or has_had(row.algorithm.name)), None)
    return None if not begun or found is begun[0] else found


def instead(row: PolicyRow, old: PolicyRow) -> str:
    """Return words for the tokens of a row that are signed with an older one."""
    end = f"until {_written(old.until)}" if old.until else "without a deadline"
    tokens = tokens_of(row.issuer, row.audiences)
    return f"{tokens} are signed with {old.algorithm.name} instead of {row.algorithm.name}, {end}"


def turns(rows: Sequence[PolicyRow]) -> list[tuple[datetime, PolicyRow | None]]:
    """Return the rows that sign for an audience over all time, with their start times."""
    found: list[tuple[datetime, PolicyRow | None]] = [(_EVER, None)]
    for change in sorted({each for row in rows if row.sign_from for each in (row.sign_from, row.until) if each}):
        signer = latest(rows, change)
        if signer is not found[-1][1]:
            found.append((change, signer))
    return found


def _written(moment: datetime) -> str:
    clock = moment.time().isoformat("auto" if moment.second or moment.microsecond else "minutes")
    return f"{moment.day} {moment:%B} {moment.year} {clock} UTC"


def _shown(row: PolicyRow) -> str:
    return f"{row.algorithm.name} ({row.algorithm.mode})"


def _quoted(text: str) -> str:
    return repr(text) if " " in text else text


def tokens_of(issuer: str, audiences: Sequence[str]) -> str:
    """Return words for the tokens of an issuer for its audiences, with the names of the first three."""
    *others, last = [*map(_quoted, audiences[:_MOST_NAMED])]
    if len(audiences) > _MOST_NAMED:
        others, last = [*others, last], f"{len(audiences) - _MOST_NAMED} more"
    named = f"{', '.join(others)} and {last}" if others else last
    return f"tokens of {_quoted(issuer)} for {named}"


def sentence(row: PolicyRow, rows: Sequence[PolicyRow]) -> str:
    """Return the sentence for one of the rows of an audience."""
    accepted = f"until {_written(row.until)}" if row.until else "without a deadline"
    keys = sorted(row.thumbprints)
    pinned = f", only with the key{'s' * (len(keys) > 1)} {' or '.join(keys)}" if keys else ""
    signs = []
    for (begin, signer), (end, following) in pairwise([*turns(rows), (None, None)]):
        if begin and signer is row:
            rest = "on" if end is None else "until that deadline"
            if end and following and end != row.until:
                rest = f"until {following.algorithm.name} takes over on {_written(end)}"
            signs.append(f"from {_written(begin)} {rest}")
    signed = f"signs with it {', and again '.join(signs)}" if signs else "never signs with it"
    typed = f", only with the type{'s' * (len(row.types) > 1)} {' or '.join(row.types)}" if row.types else ""
    tokens = tokens_of(row.issuer, row.audiences)
    return f"For {tokens}, {_shown(row)} is accepted {accepted}{pinned}{typed}; the issuer {signed}."


def _row_warnings(row: PolicyRow, now: datetime) -> Iterator[str]:
    if row.until and row.is_past(now):
        yield f"the deadline of {_shown(row)} passed on {_written(row.until)}: remove the row"
        return
    if row.algorithm.mode is Mode.CLASSICAL and row.until is None:
        yield f"{_shown(row)} never expires: set until"
    if row.algorithm.mode is Mode.HYBRID:
        yield f"{_shown(row)} is experimental: its name and format may change until IANA registers them"


def _audience_warnings(audiences: Sequence[str], rows: Sequence[PolicyRow], now: datetime) -> Iterator[str]:
    tokens = tokens_of(rows[0].issuer, audiences)
    if {row.algorithm.mode for row in rows if not row.is_past(now)} == {Mode.CLASSICAL}:
        yield f"{tokens}: every algorithm is classical; add a hybrid or post-quantum row"
    for (begin, signer), (end, following) in pairwise([*turns(rows), (None, None)]):
        if not begin or (end and end <= now):
            continue
        if signer is None:
            begins = f"from {_written(begin)} on" if begin > now else "now"
            yield f"{tokens}: nobody signs them {begins}{f', until {_written(end)}' if end else ''}"
        elif end and following and _strength(following) < _strength(signer):
            yield f"{tokens}: {_shown(following)} follows the stronger {_shown(signer)} on {_written(end)}"


def _strength(row: PolicyRow) -> int:
    return [*Mode].index(row.algorithm.mode)
