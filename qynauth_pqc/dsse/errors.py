"""The errors of envelopes and statements."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import FormatError, PQCError, VerificationError

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Self

__all__ = ["DSSEError", "DSSEFormatError", "DSSEVerificationError", "Rule"]


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


class DSSEError(PQCError):
    """Base class of the errors that only `qynauth_pqc.dsse` raises."""


class DSSEFormatError(DSSEError, FormatError):
    """An envelope or a statement breaks a rule of its format.

    Attributes:
        rule: the rule of the format.
        position: the place in the input: "byte 17", from 0, or a member, such as "signatures[1].sig".
    """

    position: str

    @classmethod
    def at(cls, what: str, rule: str, position: str) -> Self:
        """Return the error for a rule at a position in the named input."""
        return cls(f"{what}, {position}: {rule}", rule, position)


class DSSEVerificationError(DSSEError, VerificationError):
    """An envelope or a statement is not accepted.

    Attributes:
        rule: the first rule that failed.
    """

    rule: Rule
