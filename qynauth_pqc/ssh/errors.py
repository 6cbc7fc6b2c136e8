"""The errors of keys and signatures of OpenSSH."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import VerificationError

__all__ = ["Rule", "SSHVerificationError"]


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


class SSHVerificationError(VerificationError):
    """A signature is not accepted.

    Attributes:
        rule: the first rule that failed.
    """

    rule: Rule
