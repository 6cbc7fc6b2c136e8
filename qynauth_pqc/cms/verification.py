"""Verifying SignedData (RFC 5652, 5.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qynauth_pqc.cms import _signer_info as rules
from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms.errors import CMSVerificationError, Rule
from qynauth_pqc.cms.identity import name_text
from qynauth_pqc.cms.trust import trusted
from qynauth_pqc.errors import FormatError, UnsupportedError, expect
from qynauth_pqc.extend import input_memory, is_valid, without_own_frames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import BinaryIO

    from cryptography import x509

    from qynauth_pqc import SignaturePublicKey
    from qynauth_pqc.cms._syntax import OID
    from qynauth_pqc.cms.identity import Purpose, Subject
    from qynauth_pqc.cms.trust import Trust, Trusted
    from qynauth_pqc.extend import BytesLike

__all__ = ["VerifiedMessage", "VerifiedSigner", "verify"]


class VerifiedSigner:
    """A trusted signer with a valid signature.

    Attributes:
        public_key: the key that signed.
        certificate: its certificate; None if the caller trusted the key.
        path: the certificates from this one to a trust anchor; empty if the caller trusted the key or the certificate.
        digest: the name of the digest; None without signed attributes.
        signing_time: the time that the signer claims, or None.
        unsigned_attributes: the types, as object identifiers, of attributes that the signature does not cover, such as
            timestamps and countersignatures. Their values are not read. Anyone can add, change and remove them.
    """

    __slots__ = ("certificate", "digest", "path", "public_key", "signing_time", "unsigned_attributes")

    public_key: SignaturePublicKey
    certificate: x509.Certificate | None
    path: tuple[x509.Certificate, ...]
    digest: str | None
    signing_time: datetime | None
    unsigned_attributes: tuple[str, ...]

    @property
    def subject(self) -> str | None:
        """The subject of the certificate, as `subject=` takes it (RFC 4514), with escapes for unprintable characters.

        None if the caller trusted the key.
        """
        return None if self.certificate is None else name_text(self.certificate.subject)

    @property
    def issuer(self) -> str | None:
        """The issuer of the certificate, in the same form."""
        return None if self.certificate is None else name_text(self.certificate.issuer)

    @property
    def serial_number(self) -> int | None:
        """The serial number of the certificate; None if the caller trusted the key."""
        return None if self.certificate is None else self.certificate.serial_number

    def __repr__(self) -> str:
        """Show the algorithm and the subject of the certificate."""
        who = "" if self.certificate is None else f", {self.subject}"
        return f"<{type(self).__name__}: {self.public_key.parameter_set}{who}>"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class VerifiedMessage:
    """A valid message, and its signers.

    Attributes:
        content: the content; None if it is detached.
        content_type: the object identifier of its type.
        signers: the signers, in the order of the message.
        refused: the errors of other signers, as `verify` raises them, with `any_signer` only.
    """

    content: bytes | None
    content_type: str
    signers: tuple[VerifiedSigner, ...]
    refused: tuple[CMSVerificationError | FormatError, ...]

    def __repr__(self) -> str:
        """Show the signers."""
        return f"<{type(self).__name__}: {', '.join(map(repr, self.signers))}>"


@without_own_frames
def verify(  # noqa: PLR0913 - the conditions on a message
    message: BytesLike,
    content: BytesLike | BinaryIO | None = None,
    *,
    signers: Trust | Sequence[x509.Certificate | SignaturePublicKey],
    content_type: str = syntax.ID_DATA,
    purpose: Purpose | None = None,
    subject: Subject | None = None,
    issuer: str | x509.Name | None = None,
    when: datetime | None = None,
    any_signer: bool = False,
    signed_attributes: bool = True,
) -> VerifiedMessage:
    """Check a message and its signers.

    Args:
        message: SignedData (RFC 5652) in DER, BER or PEM. Certificates and signed attributes must be in DER (5.3).
        content: the content if it is detached, or a binary file that is read to its end in constant memory; None if it
            is in the message.
        signers: the trusted signers: `TrustAnchors`, or one or several certificates and keys of the signers themselves.
            Of such a certificate, only the name and the key count. Certificates in the message are not trusted.
        purpose: what the signers' certificates must be for, required with trust anchors alone: "email"
            (emailProtection), "code" (codeSigning), "document" (documentSigning, RFC 9336), or "any", which examines no
            extended key usage. A certificate without one serves every purpose (RFC 5280, 4.2.1.12), and
            anyExtendedKeyUsage serves "any" alone. Authorities with an extended key usage must serve the purpose too.
        subject: who must have signed, required with trust anchors alone: a whole distinguished name, as text (RFC 4514)
            or a `Name`; or a subject alternative name, "email:", "dns:" or "uri:" and the name; or `ANYONE`.
        issuer: the issuer that the certificate must name, a whole distinguished name; None for any.
        content_type: the type that the content must have, as an object identifier; by default id-data.
        when: the time at which certificates must be valid, with a time zone; None for now.
        any_signer: one valid and trusted signer is enough, as during a migration; otherwise all signers must be.
            Faults of the structure around the signers, and of certificates in it, refuse the message nevertheless.
        signed_attributes: False also accepts signers without them, for content in memory with the type id-data.

    Returns:
        The content and its signers.

    Raises:
        CMSVerificationError: a rule failed, and `rule` is the first one.
        FormatError: the message is not SignedData, has unsupported parts, or has more than 16 signers, 64 certificates,
            64 signed attributes, 64 unsigned attributes or 262,144 bytes of them of a signer, 32 levels of BER or, with
            trust anchors, 256 items in a name, an extended key usage or name constraints of a certificate.
        UnsupportedError: the content is a file, and a signer has no signed attributes; `content_type` is no object
            identifier; there is no such purpose; or the subject or the issuer has another form.
        InvalidLengthError: there are no trusted certificates and keys.
        OSError: the file cannot be read, or is in non-blocking mode and has no bytes yet.
        TypeError: an argument has another type; the time has no time zone; or purpose or subject is missing with trust
            anchors, or is there without.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> from qynauth_pqc.cms import CMSSigner, sign
    >>> private_key = MLDSAPrivateKey.generate("ML-DSA-65")
    >>> verify(sign(b"content", CMSSigner(private_key)), signers=private_key.public_key)
    <VerifiedMessage: <VerifiedSigner: ML-DSA-65>>
    """
    expect(any_signer, bool, "any_signer")
    expect(signed_attributes, bool, "signed_attributes")
    trust, kind = trusted(signers, when, purpose, subject, issuer), syntax.identifier(content_type, "content_type")
    signed = syntax.parse(bytes(input_memory(message, "message")))
    infos = signed.signer_infos.as_list()
    signed_content = _SignedContent(rules.content_of(signed.encapsulated, content, kind), kind, infos)
    trust.take_certificates(signed.certificates)
    valid: list[VerifiedSigner] = []
    refused: list[CMSVerificationError | FormatError] = []
    for number, info in enumerate(infos):
        try:
            valid.append(signed_content.check(info, number, trust, signed_attributes=signed_attributes))
        except (CMSVerificationError, FormatError) as error:
            if not any_signer:
                raise
            refused.append(error)
    if not valid:
        raise refused[0] if refused else CMSVerificationError("message has no signer", Rule.SIGNERS)
    if len(valid) > 1 and len({each.public_key for each in valid}) != len(valid):
        raise CMSVerificationError("two signers have the same key", Rule.SIGNERS)
    return VerifiedMessage(signed.encapsulated.content, content_type, tuple(valid), tuple(refused))


class _SignedContent:
    """The content that the signers of a message signed."""

    __slots__ = ("_content", "_content_type", "_digests")

    def __init__(self, content: BytesLike | BinaryIO, content_type: OID, infos: list[syntax.SignerInfo]) -> None:
        self._content, self._content_type = content, content_type
        self._digests = rules.digests_of(content, {*map(rules.digest_of, infos)})

    def check(self, info: syntax.SignerInfo, number: int, trust: Trusted, *, signed_attributes: bool) -> VerifiedSigner:
        """Return a trusted signer of this content."""
        syntax.check_info(info, number)
        parameter_set = rules.parameter_set_of(info, number)
        candidates = trust.candidates(info.sid, parameter_set, number)
        unsigned = syntax.unsigned_types(info, number)
        if info.signed_attributes is not None:
            signed = rules.check_attributes(info, parameter_set, self._content_type, self._digests, number)
        elif signed_attributes:
            raise CMSVerificationError("there are no signed attributes", Rule.ATTRIBUTES, number)
        else:
            signed = rules.SignedAttributes(self._bare(number))
        if signed.certificate is not None:
            candidates = signed.certificate.among(candidates, parameter_set, number)
        if len(candidates) > 1:  # each key once
            candidates = [*{each.public_key: each for each in reversed(candidates)}.values()]
        for candidate in candidates:
            if is_valid(candidate.public_key, signed.encoded, info.signature):
                found = object.__new__(VerifiedSigner)  # only now: a traceback shows no object without its attributes
                found.public_key, found.certificate, found.path = candidate
                found.digest, found.signing_time = signed.digest_name, signed.signing_time
                found.unsigned_attributes = unsigned
                return found
        raise CMSVerificationError("signature is not valid for a key that is trusted", Rule.SIGNATURE, number)

    def _bare(self, number: int) -> bytes:
        """Return the content as the signed bytes, without signed attributes."""
        if rules.is_file(self._content):
            raise UnsupportedError(f"signer {number} has no signed attributes: pass the content in memory, not a file")
        content = bytes(input_memory(self._content, "content"))
        if reason := rules.refusal_of_bare(content, self._content_type):
            raise CMSVerificationError(f"{reason}, and there are no signed attributes", Rule.ATTRIBUTES, number)
        return content
