"""The errors of signed messages."""

from __future__ import annotations

from enum import StrEnum

from qynauth_pqc.errors import VerificationError

__all__ = ["CMSVerificationError", "Rule"]


class Rule(StrEnum):
    """The rules of verification, in the order in which they are checked."""

    CONTENT_TYPE = "content-type"
    """The content has the type that the caller expects, and each signer signed this type."""
    CONTENT = "content"
    """The content is inside, or the caller has it: not both."""
    ALGORITHM = "algorithm"
    """The signature is of an algorithm of this library."""
    KEY = "key"
    """The caller trusts the key."""
    SUBJECT = "subject"
    """The certificate is of the expected subject and issuer."""
    PURPOSE = "purpose"
    """The certificate serves the purpose."""
    CERTIFICATE = "certificate"
    """The certificate leads to a trust anchor for this purpose, is valid at this time, and may sign messages."""
    ATTRIBUTES = "attributes"
    """There are signed attributes, unless the caller accepts signers without them."""
    DIGEST = "digest"
    """The standard of the algorithm allows the digest."""
    ALGORITHM_PROTECTION = "algorithm-protection"
    """The signer signed the names of these algorithms (RFC 6211)."""
    MESSAGE_DIGEST = "message-digest"
    """The signer signed this content."""
    SIGNING_CERTIFICATE = "signing-certificate"
    """The signer signed the hash of this certificate (RFC 5035), or of none; the hash is no weaker than the key."""
    SIGNATURE = "signature"
    """The signature is valid for the key."""
    SIGNERS = "signers"
    """There is a signer, and each key signs once."""


class CMSVerificationError(VerificationError):
    """A message is not accepted.

    Attributes:
        rule: the first rule that failed.
        signer: the number of the signer in the message, from 0; None if the rule is about the whole message.
    """

    rule: Rule

    def __init__(self, message: str, rule: Rule = Rule.SIGNATURE, signer: int | None = None) -> None:
        """Take the message, the rule and the signer."""
        super().__init__(message if signer is None else f"signer {signer}: {message}", rule)
        self.signer = signer
