"""What can go wrong with keys and signatures of OpenSSH."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import InvalidSignatureError, PQCError

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
    """The key is one that the caller trusts."""
    CERT_AUTHORITY = "cert-authority"
    """The line of the key is not for an authority: those sign certificates, which are not supported."""
    PRINCIPAL = "principal"
    """The line of the key names the principal."""
    NAMESPACES = "namespaces"
    """The line of the key allows the namespace."""
    VALID_AFTER = "valid-after"
    """The key was valid already."""
    VALID_BEFORE = "valid-before"
    """The key was still valid."""


class SSHError(PQCError):
    """Base class of the errors of this package that others do not have."""


class SSHFormatError(SSHError, ValueError):
    """A key, a signature or a file is not what its format demands.

    Attributes:
        rule: what the format demands.
        position: where the input differs: its byte, from 0, or its line, from 1; see the message.
    """

    def __init__(self, what: str, rule: str, position: int, unit: str = "byte") -> None:
        """Name the input, the rule and the position."""
        super().__init__(f"{what}, {unit} {position}: {rule}")
        self.rule, self.position = rule, position
        self._arguments = what, rule, position, unit

    def __reduce__(self) -> tuple[type[SSHFormatError], tuple[str, str, int, str]]:
        """Pickle the arguments of the constructor."""
        return type(self), self._arguments


class SSHVerificationError(SSHError, InvalidSignatureError):
    """A signature is not accepted.

    Attributes:
        rule: the first rule that failed.
    """

    def __init__(self, rule: Rule, message: str) -> None:
        """Take the rule and what to say about it."""
        super().__init__(message)
        self.rule = rule

    def __reduce__(self) -> tuple[type[SSHVerificationError], tuple[Rule, str]]:
        """Pickle the arguments of the constructor."""
        return type(self), (self.rule, str(self))
