"""The errors of envelopes and statements."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import InvalidSignatureError, PQCError

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Self

__all__ = ["DSSEError", "DSSEFormatError", "DSSEVerificationError", "Rule"]


class Rule(StrEnum):
    """The rules of verification, in the order in which they are checked."""

    PAYLOAD_TYPE = "payload-type"
    """The payload is of the type that the caller expects."""
    KEY = "key"
    """A signature is valid for one of the keys that the caller trusts."""
    THRESHOLD = "threshold"
    """As many different keys have signed as the caller demands."""
    PREDICATE_TYPE = "predicate-type"
    """The predicate of the statement is of the type that the caller expects."""
    SUBJECT = "subject"
    """The artifact is a subject of the statement."""


class DSSEError(PQCError):
    """Base class of the errors that only `qynauth_pqc.dsse` raises."""


class DSSEFormatError(DSSEError, ValueError):
    """An envelope or a statement is not what its format demands.

    Attributes:
        rule: what the format demands.
        where: where the input differs: "byte 17", from 0, or a member, such as "signatures[1].sig".
    """

    def __init__(self, message: str, rule: str = "", where: str = "") -> None:
        """Take the message, and what it says about the rule and the place."""
        super().__init__(message)
        self.rule, self.where = rule, where

    @classmethod
    def at(cls, what: str, rule: str, where: str) -> Self:
        """Return the error for a rule at a place in what is named."""
        return cls(f"{what}, {where}: {rule}", rule, where)


class DSSEVerificationError(DSSEError, InvalidSignatureError):
    """An envelope or a statement is not accepted.

    Attributes:
        rule: the first rule that failed.
    """

    def __init__(self, message: str, rule: Rule = Rule.KEY) -> None:
        """Take the message and the rule that it is about."""
        super().__init__(message)
        self.rule = rule
