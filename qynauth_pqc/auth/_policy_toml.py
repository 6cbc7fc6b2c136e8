"""Reading a policy from TOML."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qynauth_pqc.auth._policy_rows import PolicyRow
from qynauth_pqc.auth.algorithms import ALGORITHMS, Algorithm
from qynauth_pqc.auth.errors import PolicyError
from qynauth_pqc.errors import PQCError
from qynauth_pqc.extend import parse_toml
from qynauth_pqc.integrations.jose_composite import DRAFT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    T = TypeVar("T")

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}")


def read(text: str | bytes, longest: int) -> tuple[tuple[PolicyRow, ...], str | None, dict[str, datetime], bool]:
    """Return the rows of a policy, its draft, its not_before by issuer, and whether it is strict."""
    document = _document(text, longest)
    _check_members(document, ("experimental", "strict", "not_before", "accept"))
    experimental = _member(document, "experimental", _draft, None)
    strict = _member(document, "strict", _flag, False)  # noqa: FBT003 - the default
    not_before = _member(document, "not_before", _moments, dict[str, datetime]())
    tables = document.get("accept", [])
    if not isinstance(tables, list):
        raise PolicyError("accept: expected an array of tables, each written as [[accept]]")
    rows = []
    for number, table in enumerate(tables, 1):
        with _at(f"row {number}"):
            rows.append(_row(table))
    return tuple(rows), experimental, not_before, strict


@contextmanager
def _at(where: str) -> Iterator[None]:
    """Add the position in the policy to an error."""
    try:
        yield
    except PQCError as error:
        raise PolicyError(f"{where}: {error}") from None


def _document(text: str | bytes, longest: int) -> dict[str, object]:
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(data) > longest:
        raise PolicyError(f"policy is longer than {longest} bytes")
    try:
        decoded = data.decode()
    except UnicodeError:
        raise PolicyError("policy is not UTF-8") from None
    try:
        return parse_toml(decoded)
    except ValueError as error:
        raise PolicyError(f"policy is not TOML: {error}") from None


def _check_members(members: Mapping[str, object], known: Sequence[str]) -> None:
    unknown = [name for name in members if name not in known]
    if unknown:
        raise PolicyError(f"unknown member {unknown[0]!r}: expected {', '.join(known)}")


def _row(table: object) -> PolicyRow:
    if not isinstance(table, dict):
        raise PolicyError("expected a table, written as [[accept]]")
    _check_members(table, ("issuer", "audience", "algorithm", "thumbprints", "until", "sign_from", "types"))
    return PolicyRow(
        issuer=_member(table, "issuer", _text),
        audiences=_member(table, "audience", _texts),
        algorithm=_member(table, "algorithm", _algorithm),
        thumbprints=_member(table, "thumbprints", _thumbprints, frozenset()),
        until=_member(table, "until", _moment, None),
        sign_from=_member(table, "sign_from", _moment, None),
        types=_member(table, "types", _types, ()),
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


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value)) if isinstance(value, list) else (_text(value),)


def _types(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise PolicyError("expected a list of at least one type; without the member, JWT or none is accepted")
    types = tuple(each.lower().removeprefix("application/") for each in value)
    if len(set(types)) < len(types) or not all(_TYPE.fullmatch(each) for each in types):
        raise PolicyError('expected types such as "at+jwt", each once')
    return types


def _moments(value: object) -> dict[str, datetime]:
    if not isinstance(value, dict):
        raise PolicyError("expected a table of issuers and times")
    return {issuer: _member(value, issuer, _moment) for issuer in value}


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise PolicyError("expected true or false")
    return value


def _draft(value: object) -> str:
    draft = _text(value)
    if draft != DRAFT:
        what = f'expected the draft of this version of the package: write experimental = "{DRAFT}"'
        raise PolicyError(f"{what}, and update issuer and services together: hybrid tokens of two drafts may differ")
    return draft


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
