"""Errors of key rings, policies, sets of published keys, and tokens."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from qynauth_pqc.errors import PQCError

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["AuthError", "JWKSError", "KeyRingError", "PolicyError", "RotationError", "TokenError", "Verdict"]


class AuthError(PQCError):
    """Base class of the errors of `qynauth_pqc.auth`."""


class KeyRingError(AuthError):
    """A directory holds no key ring, or a ring that is damaged, forged, or older than a previous state.

    A wrong password is reported in the same words: without the password, nobody can tell these apart.
    """


class RotationError(AuthError):
    """A key cannot change its state: it is too early, there is no such key, or another key prevents it.

    Attributes:
        earliest: when the same call will succeed, in UTC; None if it is not a question of time.
    """

    def __init__(self, message: str, earliest: datetime | None = None) -> None:
        """Keep the message, and when to try again."""
        super().__init__(message)
        self.earliest = earliest


class PolicyError(AuthError, ValueError):
    """A policy cannot be read, contradicts itself, or names no algorithm that signs for an audience."""


class Verdict(StrEnum):
    """The verdict of a verifier on a token, and the label of its metric."""

    ACCEPTED = "accepted"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    CRITICAL_HEADER = "critical_header"
    UNKNOWN_KEY = "unknown_key"
    REVOKED_KEY = "revoked_key"
    WRONG_ALGORITHM = "wrong_algorithm"
    NOT_ALLOWED = "not_allowed"
    BAD_SIGNATURE = "bad_signature"
    PAST_DEADLINE = "past_deadline"
    WRONG_CLAIMS = "wrong_claims"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    ISSUED_TOO_EARLY = "issued_too_early"
    NOT_BOUND = "not_bound"
    REPLAYED = "replayed"
    KEYS_UNAVAILABLE = "keys_unavailable"
    TOO_MANY_KEYS = "too_many_keys"


class JWKSError(AuthError):
    """A JWK Set could not be fetched, is too large or malformed, or lacks keys that the policy requires.

    Attributes:
        verdict: the verdict on tokens: keys_unavailable, or too_many_keys.
    """

    def __init__(self, message: str, verdict: Verdict = Verdict.KEYS_UNAVAILABLE) -> None:
        """Keep the message and the verdict."""
        super().__init__(message)
        self.verdict = verdict


class TokenError(AuthError):
    """A token is refused.

    Attributes:
        verdict: the reason.
    """

    def __init__(self, message: str, verdict: Verdict) -> None:
        """Keep the message and the reason."""
        super().__init__(message)
        self.verdict = verdict

    def __reduce__(self) -> tuple[type[TokenError], tuple[str, Verdict]]:
        """Pickle the arguments of the constructor."""
        return type(self), (str(self), self.verdict)
