"""The base of the integrations with web frameworks: the token of a request, and the answer to a refused request."""

from __future__ import annotations

import logging
from typing import NamedTuple

from qynauth_pqc.auth.errors import TokenError, Verdict
from qynauth_pqc.extend import without_own_frames

__all__ = ["Refusal", "bearer_token", "refusal"]

_LOGGER = logging.getLogger("qynauth_pqc.auth")


class _MissingTokenError(TokenError):
    """A request has no token."""


class Refusal(NamedTuple):
    """The answer to a request with a missing or refused token.

    Attributes:
        status: 401, or 503 if the keys of the issuer are unavailable.
        error: a sentence for the client, which shows nothing of the token.
        headers: with 401, the challenge (RFC 6750, section 3).
    """

    status: int
    error: str
    headers: dict[str, str]


@without_own_frames
def bearer_token(authorization: str | None) -> str:
    """Return the token of a header Authorization (RFC 6750, section 2.1).

    Neither the query nor a form may hold a token: servers log queries, and other sites can send forms.

    Raises:
        TokenError: the header has none.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise _MissingTokenError("expected a bearer token in the header Authorization", Verdict.MALFORMED)
    return token.strip(" ")


def refusal(error: TokenError) -> Refusal:
    """Return the answer to a refused token; log for the operator why the keys are unavailable."""
    if error.verdict in (Verdict.KEYS_UNAVAILABLE, Verdict.TOO_MANY_KEYS):
        _LOGGER.warning("%s: %s", error, error.__cause__)
        return Refusal(503, "the keys of the issuer are unavailable: try again", {})
    challenge, sentence = 'Bearer realm="tokens"', str(error)
    if not isinstance(error, _MissingTokenError):  # its answer names no error (RFC 6750, section 3.1)
        reason = error.verdict.replace("_", " ")  # a fixed text: nothing from outside gets into a header
        challenge += f', error="invalid_token", error_description="{reason}"'
        sentence = f"the token is refused: {reason}"
    return Refusal(401, sentence, {"WWW-Authenticate": challenge})
