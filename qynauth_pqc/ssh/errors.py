"""The errors of keys and signatures of OpenSSH."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import FormatError, PQCError, VerificationError

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Self

__all__ = ["Rule", "SSHError", "SSHFormatError", "SSHVerificationError"]


class Rule(StrEnum):
    """The rules of verification, in the order in which they are checked."""

    NAMESPACE = "namespace"
    """The signature is of the namespace that the caller expects."""
    ALGORITHM = "algorithm"
    """The policy accepts the algorithm at the time of the signature."""
    SIGNATURE = "signature"
    """The signature is valid for the message and the key inside it."""
    REVOKED = "revoked"
    """The key is not revoked."""
    KEY = "key"
    """The caller trusts the key."""
    CERT_AUTHORITY = "cert-authority"
    """The line of the key is not for an authority: authorities sign certificates, which are not supported."""
    PRINCIPAL = "principal"
    """The line of the key names the principal."""
    NAMESPACES = "namespaces"
    """The line of the key allows the namespace."""
    VALID_AFTER = "valid-after"
    """The key was valid already."""
    VALID_BEFORE = "valid-before"
    """The key was still valid."""


class SSHError(PQCError):
    """Base class of the errors that only `qynauth_pqc.ssh` raises."""


class SSHFormatError(SSHError, FormatError):
    """A key, a signature or a file breaks a rule of its format.

    Attributes:
        rule: the rule of the format.
        position: the place in the input: its byte, from 0, or its line, from 1; see the message.
    """

    position: int

    @classmethod
    def at(cls, what: str, rule: str, position: int, unit: str = "byte") -> Self:
        """Return the error for a rule at a position of the named input."""
        return cls(f"{what}, {unit} {position}: {rule}", rule, position)


class SSHVerificationError(SSHError, VerificationError):
    """A signature is not accepted.

    Attributes:
        rule: the first rule that failed.
    """

    rule: Rule
