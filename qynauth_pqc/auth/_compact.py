"""The compact form of a JWT (RFC 7515, section 7.1), read once, with bounds on each of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from qynauth_pqc.auth.errors import TokenError, Verdict
from qynauth_pqc.composite import CompositeParameterSet
from qynauth_pqc.extend import decode_json, from_base64url

if TYPE_CHECKING:
    from typing import Any

LONGEST_TOKEN = 16384
"""The longest token that is issued, and that is verified by default, in bytes."""
LONGEST_HEADER = 512
LONGEST_PAYLOAD = 128000
LONGEST_SIGNATURE = -(-max(each.signature_bytes for each in CompositeParameterSet) * 4 // 3)
"""The longest header, claims and signature of a token, in characters of base64url."""


def members(text: bytes) -> dict[str, Any]:
    """Return the members of an object in JSON, or raise a ValueError, also for repeated names and NaN."""
    found = decode_json(text.decode())
    if not isinstance(found, dict):
        raise ValueError  # noqa: TRY004 - json raises it too
    return found


class Compact(NamedTuple):
    """The parts of a token. Nothing in it is verified yet.

    Attributes:
        kid: the name of its key.
        algorithm: the value of alg in its header.
        type: its type in lower case, without "application/", or None.
        message: the signed bytes.
        payload: its claims, in JSON.
        signature: the signature.
    """

    kid: str
    algorithm: str
    type: str | None
    message: bytes
    payload: bytes
    signature: bytes


def read(token: str | bytes, longest: int) -> Compact:
    """Split a token into its parts.

    Args:
        token: the token.
        longest: the longest token that is read, in bytes.

    Raises:
        TokenError: it is not a token in compact form, or it or a part of it is too long.
    """
    if len(token) > longest:
        raise TokenError(f"token is longer than {longest} bytes: got {len(token)}", Verdict.TOO_LARGE)
    try:
        text = token.encode("ascii") if isinstance(token, str) else token
        message, _, last = text.rpartition(b".")
        first, dot, second = message.partition(b".")
        if len(first) > LONGEST_HEADER or len(second) > LONGEST_PAYLOAD or len(last) > LONGEST_SIGNATURE:
            raise TokenError("a part of the token is longer than its limit", Verdict.TOO_LARGE)
        if not dot:
            raise ValueError  # noqa: TRY301 - as the others
        kid, algorithm, kind = _checked(members(from_base64url(first)))
        payload, signature = from_base64url(second), from_base64url(last)
    except (ValueError, RecursionError):
        raise TokenError("expected a JSON Web Token in compact form", Verdict.MALFORMED) from None
    return Compact(kid, algorithm, kind, message, payload, signature)


def _checked(header: dict[str, Any]) -> tuple[str, str, str | None]:
    """Return the kid, the algorithm and the type of a header; nothing else in it has an effect."""
    if "crit" in header:
        raise TokenError("no header parameter may be critical", Verdict.CRITICAL_HEADER)
    kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ")
    if not isinstance(kid, str) or not isinstance(algorithm, str) or not header.get("b64", True):
        raise TokenError("expected a token with a kid and an alg in its header, both text", Verdict.MALFORMED)
    if kind is None and "typ" not in header:
        return kid, algorithm, None
    if not isinstance(kind, str):
        raise TokenError("a header parameter has a wrong value", Verdict.MALFORMED)
    return kid, algorithm, kind.lower().removeprefix("application/")
