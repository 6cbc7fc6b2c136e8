"""The errors of envelopes and statements."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import VerificationError

__all__ = ["DSSEVerificationError", "Rule"]


class Rule(StrEnum):
    """The rules of verification, in the order in which they are checked."""

    PAYLOAD_TYPE = "payload-type"
    """The payload has the type that the caller expects."""
    KEY = "key"
    """A signature is valid for a key that the caller trusts."""
    THRESHOLD = "threshold"
    """As many different keys have signed as the caller demands."""
    PREDICATE_TYPE = "predicate-type"
    """The predicate of the statement is of the type that the caller expects."""
    SUBJECT = "subject"
    """The artifact is a subject of the statement."""


class DSSEVerificationError(VerificationError):
    """An envelope or a statement is not accepted.

    Attributes:
        rule: the first rule that failed.
    """

    rule: Rule
