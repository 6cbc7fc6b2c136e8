"""Making SignedData (RFC 5652, 5)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms._algorithms import DIGESTS, PROTECTIONS
from qynauth_pqc.cms._signer_info import attributes_of, content_of, digests_of, hash_of, is_file, refusal_of_bare
from qynauth_pqc.cms.trust import certificates_in, signing_public_key
from qynauth_pqc.errors import InvalidKeyError, InvalidLengthError, UnsupportedError, expect
from qynauth_pqc.extend import extra, input_memory, without_own_frames
from qynauth_pqc.integrations.x509 import UNREADABLE
from qynauth_pqc.signer import public_key_of, sign_checked

with extra("x509"):
    from cryptography import x509
    from cryptography.hazmat import asn1
    from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, BinaryIO

    from qynauth_pqc.cms._syntax import OID
    from qynauth_pqc.extend import BytesLike, ParameterSet
    from qynauth_pqc.signer import Signer

__all__ = ["CMSSigner", "add_signer", "sign"]


class CMSSigner:
    """A signer of messages: a private key, and the certificate by which verifiers find it.

    Attributes:
        key: the private key, or any `Signer`.
        certificate: its certificate, for the messages; None for verifiers that know the key.
        digest: the name of the hash function for the content.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> CMSSigner(MLDSAPrivateKey.generate("ML-DSA-87"))
    <CMSSigner: ML-DSA-87, SHA-512>
    """

    __slots__ = ("_parameter_set", "certificate", "digest", "key")

    @without_own_frames
    def __init__(self, key: Signer, certificate: x509.Certificate | None = None, *, digest: str | None = None) -> None:
        """Take the key and its certificate.

        Args:
            key: the private key: ML-DSA, a composite or SLH-DSA; or a `Signer` with such a key.
            certificate: its certificate.
            digest: the name of the hash function, as in `qynauth_pqc.prehash.PREHASHES`, at least as strong as the key
                (RFC 9882, 3.3; RFC 9814, 4). By default SHA-512, or the digest of the composite.

        Raises:
            InvalidKeyError: the certificate is for another key.
            CMSVerificationError: the certificate's key must not sign messages.
            UnsupportedError: the key does not allow the digest.
        """
        public_key = public_key_of(key)
        expect(digest, (str, type(None)), "digest")
        if certificate is not None:
            expect(certificate, x509.Certificate, "certificate")
            if signing_public_key(certificate) != public_key:
                raise InvalidKeyError("certificate is for another key")
        self.key, self.certificate = key, certificate
        self._parameter_set: ParameterSet = public_key.parameter_set
        allowed = PROTECTIONS[self._parameter_set]
        if digest is not None and digest not in allowed:
            raise UnsupportedError(f"expected one of the digests {', '.join(allowed)} for {self._parameter_set}")
        self.digest = digest or next(iter(allowed))

    def __repr__(self) -> str:
        """Show the algorithms."""
        return f"<{type(self).__name__}: {self._parameter_set}, {self.digest}>"

    def _sid(self) -> syntax.IssuerAndSerialNumber | bytes:
        """Return the identifier of the key: its certificate, or the hash of the key (RFC 5280, 4.2.1.2, method 1)."""
        certificate = self.certificate
        if certificate is None:
            return hashlib.sha1(self.key.public_key.public_bytes(), usedforsecurity=False).digest()
        try:
            issuer = asn1.decode_der(asn1.TLV, certificate.issuer.public_bytes())
        except UNREADABLE as error:
            raise InvalidKeyError("certificate has an unreadable issuer") from error
        return syntax.IssuerAndSerialNumber(issuer=issuer, serial_number=certificate.serial_number)

    def _info(self, signed: bytes, attributes: asn1.SetOf[asn1.TLV] | None) -> syntax.SignerInfo:
        sid = self._sid()
        return syntax.SignerInfo(
            version=3 if isinstance(sid, bytes) else 1,
            sid=sid,
            digest_algorithm=syntax.algorithm(DIGESTS[self.digest]),
            signed_attributes=attributes,
            signature_algorithm=syntax.algorithm(self._parameter_set.oid),
            signature=sign_checked(self.key, signed),
            unsigned_attributes=None,
        )


@without_own_frames
def sign(  # noqa: PLR0913 - the parts of a message
    content: BytesLike | BinaryIO,
    signers: CMSSigner | Sequence[CMSSigner],
    *,
    detached: bool = False,
    content_type: str = syntax.ID_DATA,
    certificates: Sequence[x509.Certificate] = (),
    signing_time: datetime | None = None,
    signed_attributes: bool = True,
) -> bytes:
    """Sign content.

    Args:
        content: the content; with `detached`, it may be a binary file that is read to its end in constant memory.
        signers: one signer, or several with different keys.
        detached: leave the content out of the message.
        content_type: the type of the content, as an object identifier; by default id-data.
        certificates: more certificates for the message, such as certificates of authorities.
        signing_time: the time of signing to claim, with a time zone, in whole seconds; None for now.
        signed_attributes: False signs the content itself, which must be in memory, of the type id-data, and not a set
            of attributes. This is for programs that demand it: signed attributes protect more.

    Returns:
        SignedData in DER (RFC 5652). With signed attributes: the type of the content, its digest, the time of signing,
        the names of the algorithms (RFC 6211), and the hash of the signer's certificate (RFC 5035). The context of the
        signatures is empty.

    Raises:
        ClosedError: a key is closed.
        InvalidSignatureError: a signature does not verify with the signer's public key.
        UnsupportedError: the type of the content is no object identifier; or without signed attributes, the content has
            another type than id-data, or is a set of attributes.
        InvalidLengthError: there is no signer, or there are more than 16, or more than 64 certificates.
        InvalidKeyError: two signers have the same key, or a certificate has an unreadable issuer.
        OSError: the file cannot be read, or is in non-blocking mode and has no bytes yet.
        TypeError: an argument has another type, or the time has no time zone.
    """
    several: list[CMSSigner] = list(signers) if isinstance(signers, (list, tuple)) else [signers]  # type: ignore[list-item]
    for each in several:
        expect(each, CMSSigner, "signers")
    if not several:
        raise InvalidLengthError("expected at least one signer")
    if len({each.key.public_key for each in several}) != len(several):
        raise InvalidKeyError("two signers have the same key")
    certified = [each.certificate for each in several if each.certificate is not None]
    inside = [each.public_bytes(Encoding.DER) for each in certified + certificates_in(certificates, "certificates")]
    _check_counts(len(several), inside)
    expect(detached, bool, "detached")
    expect(signed_attributes, bool, "signed_attributes")
    if is_file(content) and not (detached and signed_attributes):
        raise TypeError("content may be a file only if it is detached, and there are signed attributes")
    kept = b"" if is_file(content) else bytes(input_memory(content, "content"))
    kind = syntax.identifier(content_type, "content_type")
    if signed_attributes:
        infos = _with_attributes(content if is_file(content) else kept, several, kind, _time(signing_time))
    else:
        if reason := refusal_of_bare(kept, kind):
            raise UnsupportedError(f"{reason}: signed_attributes must be True")
        infos = [each._info(kept, None) for each in several]
    content_info = syntax.EncapsulatedContentInfo(content_type=kind, content=None if detached else kept)
    return syntax.message(infos, content_info, inside)


@without_own_frames
def add_signer(
    message: BytesLike,
    signer: CMSSigner,
    content: BytesLike | BinaryIO | None = None,
    *,
    signing_time: datetime | None = None,
) -> bytes:
    """Add a signer to a message. Existing signatures are kept without a check.

    Args:
        message: SignedData (RFC 5652) in DER, BER or PEM. Unsigned attributes are kept.
        signer: the signer, with a key that has not signed the message yet.
        content: the content if it is detached, or a binary file that is read to its end in constant memory; None if it
            is in the message.
        signing_time: as in `sign`.

    Returns:
        The message in DER with one more signer, who signs attributes.

    Raises:
        ClosedError: the key is closed.
        InvalidSignatureError: the signature does not verify with the signer's public key.
        InvalidKeyError: the certificate has an unreadable issuer.
        InvalidLengthError: the message has 16 signers already, or would have more than 64 certificates.
        FormatError: the message is not SignedData, or has unsupported parts.
        CMSVerificationError: the content is both inside and passed, or neither.
        OSError, TypeError: as in `sign`.
    """
    expect(signer, CMSSigner, "signer")
    signed = syntax.parse(bytes(input_memory(message, "message")))
    found, infos = signed.encapsulated, signed.signer_infos.as_list()
    for number, info in enumerate(infos):
        syntax.check_info(info, number)
    certificates = [asn1.encode_der(each) for each in (signed.certificates.as_list() if signed.certificates else ())]
    if signer.certificate is not None:
        certificates.append(signer.certificate.public_bytes(Encoding.DER))
    _check_counts(len(infos) + 1, certificates)
    made = _with_attributes(
        content_of(found, content, found.content_type), [signer], found.content_type, _time(signing_time)
    )
    return syntax.message([*infos, *made], found, certificates)


def _check_counts(signers: int, certificates: list[bytes]) -> None:
    """Refuse more signers or certificates than readers take."""
    if signers > syntax.MOST_SIGNERS:
        raise InvalidLengthError(f"expected at most {syntax.MOST_SIGNERS} signers, got {signers}")
    if (count := len({*certificates})) > syntax.MOST_CERTIFICATES:
        raise InvalidLengthError(f"expected at most {syntax.MOST_CERTIFICATES} certificates, got {count}")


def _with_attributes(
    content: BytesLike | BinaryIO, signers: Sequence[CMSSigner], content_type: OID, time: Any
) -> list[syntax.SignerInfo]:
    digests = digests_of(content, {each.digest for each in signers})
    infos = []
    for each in signers:
        named = None if each.certificate is None else hash_of(each.certificate, each.digest)
        made = attributes_of(
            each._parameter_set, each.digest, content_type, digests[each.digest], syntax.tlv(time), named
        )
        infos.append(each._info(asn1.encode_der(made), made))
    return infos


def _time(when: datetime | None) -> asn1.UTCTime | asn1.GeneralizedTime:
    """Return a time in the form of RFC 5652, 11.3."""
    if when is None:
        when = datetime.now(UTC)
    expect(when, datetime, "signing_time")
    if when.tzinfo is None:
        raise TypeError("signing_time must have a time zone")
    when = when.astimezone(UTC).replace(microsecond=0)
    return asn1.UTCTime(when) if when.year in syntax.UTC_YEARS else asn1.GeneralizedTime(when)
