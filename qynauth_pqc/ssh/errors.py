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
    USER_PRESENCE = "user-presence"
    """The user of a security key touched it."""
    CERTIFICATE = "certificate"
    """The certificate is for a user, is signed by its authority, and has no unknown critical option."""
    REVOKED = "revoked"
    """The key, its certificate and its authority are not revoked."""
    KEY = "key"
    """The caller trusts the key."""
    CERT_AUTHORITY = "cert-authority"
    """The line of a key is for an authority if the signature has a certificate, and otherwise not."""
    PRINCIPAL = "principal"
    """The line of the key names the principal, and so does the certificate."""
    NAMESPACES = "namespaces"
    """The line of the key allows the namespace."""
    VALID_AFTER = "valid-after"
    """The key and its certificate were valid already."""
    VALID_BEFORE = "valid-before"
    """The key and its certificate were still valid."""


class SSHVerificationError(VerificationError):
    """A signature is not accepted.

    Attributes:
        rule: the first rule that failed.
    """

    rule: Rule
