"""The syntax of SignedData (RFC 5652, 5), declared for the DER decoder of `cryptography`.

That decoder refuses trailing data, lengths that are not minimal, indefinite lengths, unsorted sets, and undeclared
fields. The same package reads certificates here. `_ber` turns a message that it refuses into DER first. A field is left
encoded, as a TLV, until it is needed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from qynauth_pqc.cms._ber import to_der
from qynauth_pqc.errors import FormatError, UnsupportedError, expect
from qynauth_pqc.extend import extra, from_base64

with extra("x509"):
    from cryptography import x509
    from cryptography.hazmat import asn1

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

OID = x509.ObjectIdentifier

ID_DATA = "1.2.840.113549.1.7.1"
DATA = OID(ID_DATA)
SIGNED_DATA = OID("1.2.840.113549.1.7.2")

CONTENT_TYPE = OID("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = OID("1.2.840.113549.1.9.4")
SIGNING_TIME = OID("1.2.840.113549.1.9.5")
COUNTERSIGNATURE = OID("1.2.840.113549.1.9.6")
ALGORITHM_PROTECTION = OID("1.2.840.113549.1.9.52")
SIGNING_CERTIFICATE = OID("1.2.840.113549.1.9.16.2.47")

UTC_YEARS = range(1950, 2050)
"""The years that are written as UTCTime (RFC 5652, 11.3)."""

MOST_SIGNERS, MOST_CERTIFICATES, MOST_ATTRIBUTES = 16, 64, 64
"""The most signers of a message, certificates in it, and signed or unsigned attributes of a signer."""

_LONGEST_UNSIGNED = 1 << 18
"""The most bytes of unsigned attributes of a signer: a timestamp with a path of SLH-DSA certificates has 200,000."""

_SEQUENCE, _SET = b"\x30", b"\x31"
_PEM = re.compile(rb"\s*-----BEGIN CMS-----\r?\n([^-]*)\n-----END CMS-----\s*")


@asn1.sequence
class IssuerAndSerialNumber:
    """The name of a certificate (RFC 5652, 10.2.4)."""

    issuer: asn1.TLV
    serial_number: int


@asn1.sequence
class Attribute:
    """An attribute (RFC 5652, 5.3)."""

    type: OID
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class SignerInfo:
    """A signer (RFC 5652, 5.3)."""

    version: int
    sid: IssuerAndSerialNumber | Annotated[bytes, asn1.Implicit(0)]
    digest_algorithm: asn1.TLV
    signed_attributes: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    signature_algorithm: asn1.TLV
    signature: bytes
    unsigned_attributes: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class EncapsulatedContentInfo:
    """The content and its type (RFC 5652, 5.2)."""

    content_type: OID
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class SignedData:
    """Content and its signers (RFC 5652, 5.1)."""

    version: int
    digest_algorithms: asn1.SetOf[asn1.TLV]
    encapsulated: EncapsulatedContentInfo
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revocation_lists: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signer_infos: asn1.SetOf[SignerInfo]


@asn1.sequence
class ContentInfo:
    """The outermost layer of a message (RFC 5652, 3)."""

    content_type: OID
    content: Annotated[SignedData, asn1.Explicit(0)]


@asn1.sequence
class AlgorithmIdentifier:
    """An algorithm without parameters (RFC 5280, 4.1.1.2)."""

    algorithm: OID


@asn1.sequence
class AlgorithmProtection:
    """The algorithms of a signer, to be signed (RFC 6211, 2)."""

    digest_algorithm: AlgorithmIdentifier
    signature_algorithm: Annotated[AlgorithmIdentifier, asn1.Implicit(1)]


@asn1.sequence
class DigestAlgorithm:
    """The algorithm of a digest; other makers write parameters that are NULL."""

    algorithm: OID
    parameters: asn1.Null | None = None


@asn1.sequence
class DirectoryName:
    """GeneralNames of one distinguished name (RFC 5280, 4.2.1.6)."""

    name: Annotated[asn1.TLV, asn1.Explicit(4)]


@asn1.sequence
class IssuerSerial:
    """The name of a certificate in another form (RFC 5035, 4)."""

    issuer: DirectoryName
    serial_number: int


@asn1.sequence
class CertificateID:
    """ESSCertIDv2 (RFC 5035, 4), in which SHA-256 is left out."""

    hash_algorithm: DigestAlgorithm | None
    certificate_hash: bytes
    issuer_serial: IssuerSerial | None


@asn1.sequence
class SigningCertificate:
    """SigningCertificateV2 (RFC 5035, 3): the certificate of the signer comes first."""

    certificates: list[CertificateID]
    policies: list[asn1.TLV] | None


# The same layers, one at a time, to find the faulty one.


@asn1.sequence
class _AnyContentInfo:
    content_type: OID
    content: Annotated[asn1.TLV, asn1.Explicit(0)]


@asn1.sequence
class _AnySignedData:
    version: int
    digest_algorithms: asn1.SetOf[asn1.TLV]
    encapsulated: EncapsulatedContentInfo
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revocation_lists: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signer_infos: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _Attributes:
    attributes: list[Attribute]


@asn1.sequence
class _AnyAttributes:
    attributes: asn1.TLV


def identifier(text: str, name: str) -> OID:
    """Return the object identifier that a caller passed."""
    expect(text, str, name)
    try:
        return OID(text)
    except ValueError:
        raise UnsupportedError(f"{name} must be an object identifier, as {ID_DATA}") from None


def tlv(value: Any) -> asn1.TLV:
    """Return an already encoded value."""
    return asn1.decode_der(asn1.TLV, asn1.encode_der(value))


def algorithm(identifier: str) -> asn1.TLV:
    """Return an AlgorithmIdentifier without parameters."""
    return tlv(AlgorithmIdentifier(algorithm=OID(identifier)))


def message(infos: Sequence[SignerInfo], encapsulated: EncapsulatedContentInfo, certificates: Iterable[bytes]) -> bytes:
    """Return a message in DER, in which equal certificates become one."""
    encoded = [asn1.decode_der(asn1.TLV, each) for each in dict.fromkeys(certificates)]
    digests = {asn1.encode_der(each.digest_algorithm): each.digest_algorithm for each in infos}
    signed = SignedData(
        version=_version(encapsulated, infos),
        digest_algorithms=asn1.SetOf(list(digests.values())),
        encapsulated=encapsulated,
        certificates=asn1.SetOf(encoded) if encoded else None,
        revocation_lists=None,
        signer_infos=asn1.SetOf(list(infos)),
    )
    return asn1.encode_der(ContentInfo(content_type=SIGNED_DATA, content=signed))


def attributes(values: Mapping[OID, asn1.TLV]) -> asn1.SetOf[asn1.TLV]:
    """Return attributes with a value each."""
    return asn1.SetOf([tlv(Attribute(type=kind, values=asn1.SetOf([value]))) for kind, value in values.items()])


def _version(encapsulated: EncapsulatedContentInfo, infos: Iterable[SignerInfo]) -> int:
    """Return the version of SignedData with these contents (RFC 5652, 5.1)."""
    if encapsulated.content_type != DATA:
        return 3
    return max(map(_version_of, infos), default=1)


def _version_of(info: SignerInfo) -> int:
    """Return the version of a signer with its kind of identifier (RFC 5652, 5.3)."""
    return 3 if isinstance(info.sid, bytes) else 1


def parse(encoded: bytes) -> SignedData:
    """Read a message. `check_info` checks its signers.

    Raises:
        FormatError: it is not SignedData, or has a wrong version, revocation lists, or other certificates than X.509;
            or it has too many signers or certificates.
    """
    outer = _outer(encoded)
    if outer.content_type != SIGNED_DATA:
        raise FormatError.at("", "expected id-signedData", "ContentInfo.contentType")
    signed = outer.content
    if signed.revocation_lists is not None:
        raise FormatError.at("", "revocation lists are not supported", "SignedData.crls")
    if signed.certificates is not None:
        certificates = signed.certificates.as_list()
        _check_count("SignedData.certificates", certificates, MOST_CERTIFICATES)
        _check_sequences("SignedData.certificates", certificates)
    infos = signed.signer_infos.as_list()
    _check_count("SignedData.signerInfos", infos, MOST_SIGNERS)
    _check_sequences("SignedData.digestAlgorithms", signed.digest_algorithms.as_list())
    if signed.version != (version := _version(signed.encapsulated, infos)):
        raise FormatError.at("", f"expected {version}", "SignedData.version")
    return signed


def _outer(encoded: bytes) -> ContentInfo:
    """Read the structure of a message in DER, in BER, or in PEM."""
    try:
        return asn1.decode_der(ContentInfo, encoded)
    except ValueError:
        pass
    if encoded.startswith((b"MIME-Version", b"Content-")):
        raise FormatError.at("", "S/MIME: expected DER, BER or PEM", "ContentInfo")
    if encoded.lstrip()[:5] == b"-----":
        encoded = _from_pem(encoded)
    encoded = to_der(encoded)
    try:
        return asn1.decode_der(ContentInfo, encoded)
    except ValueError:
        raise _error_in(encoded) from None


def _from_pem(text: bytes) -> bytes:
    """Return the bytes in one block of PEM (RFC 7468, 9)."""
    found = _PEM.fullmatch(text)
    if found is None:
        raise FormatError.at(
            "", "expected one block of PEM, from -----BEGIN CMS----- to -----END CMS-----", "ContentInfo"
        )
    try:
        return from_base64(found[1].translate(None, b"\r\n"))
    except ValueError as error:
        raise FormatError.at("", f"PEM: {error}", "ContentInfo") from None


def _check_count(position: str, found: Sequence[object], most: int) -> None:
    """Check that there are no more items than readers take."""
    if len(found) > most:
        raise FormatError.at("", f"expected at most {most}, found {len(found)}", position)


def _check_sequences(position: str, values: Iterable[asn1.TLV]) -> None:
    """Check that encoded fields are a SEQUENCE, as algorithms, names and certificates of X.509 are."""
    for number, each in enumerate(values):
        if each.tag_bytes != _SEQUENCE:
            raise FormatError.at("", "expected a SEQUENCE", f"{position}[{number}]")


def check_info(info: SignerInfo, number: int) -> None:
    """Check the rules on a signer beyond its declaration.

    Raises:
        FormatError: a field has another form or version, or there are too many attributes.
    """
    sid, expected = info.sid, _version_of(info)
    if info.version != expected:
        raise FormatError.at("", f"expected {expected}", f"SignerInfo[{number}].version")
    encoded = [("digestAlgorithm", info.digest_algorithm), ("signatureAlgorithm", info.signature_algorithm)]
    if not isinstance(sid, bytes):
        encoded.append(("sid.issuer", sid.issuer))
    for name, field in encoded:
        if field.tag_bytes != _SEQUENCE:
            raise FormatError.at("", "expected a SEQUENCE", f"SignerInfo[{number}].{name}")
    if info.signed_attributes is not None:
        _check_count(f"SignerInfo[{number}].signedAttrs", info.signed_attributes.as_list(), MOST_ATTRIBUTES)
    if info.unsigned_attributes is not None:
        _check_unsigned(info.unsigned_attributes, f"SignerInfo[{number}].unsignedAttrs")


def _check_unsigned(attributes: asn1.SetOf[asn1.TLV], position: str) -> None:
    """Check the size of attributes that the signature does not cover; their values are not read."""
    found = attributes.as_list()
    _check_count(position, found, MOST_ATTRIBUTES)
    if (length := sum(len(each.data) for each in found)) > _LONGEST_UNSIGNED:
        raise FormatError.at("", f"expected at most {_LONGEST_UNSIGNED} bytes, found {length}", position)
    if not found:
        raise FormatError.at("", "expected at least one attribute", position)


def unsigned_types(info: SignerInfo, number: int) -> tuple[str, ...]:
    """Return the types of the unsigned attributes of a signer."""
    if info.unsigned_attributes is None:
        return ()
    try:
        return tuple(each.parse(Attribute).type.dotted_string for each in info.unsigned_attributes.as_list())
    except ValueError:
        position = f"SignerInfo[{number}].unsignedAttrs"
        raise FormatError.at("", "not this structure in DER (RFC 5652, 5.3)", position) from None


def _error_in(encoded: bytes) -> FormatError:
    """Return the error for a message that was not read, which names the faulty layer."""
    position, clause = "ContentInfo", "3"
    try:
        outer = asn1.decode_der(_AnyContentInfo, encoded)
        if outer.content_type != SIGNED_DATA:
            return FormatError.at("", "expected id-signedData", "ContentInfo.contentType")
        position, clause = "SignedData", "5.1"
        for number, info in enumerate(outer.content.parse(_AnySignedData).signer_infos.as_list()):
            position, clause = f"SignerInfo[{number}]", "5.3"
            info.parse(SignerInfo)
    except ValueError:
        pass
    return FormatError.at("", f"not this structure in DER (RFC 5652, {clause})", position)


def is_like_attributes(content: bytes) -> bool:
    """Return whether content may be taken for signed attributes: a set of them, sorted or not.

    A signature of such content is also a signature of these attributes, and the reverse
    (draft-ietf-lamps-cms-euf-cma-signeddata).
    """
    if content[:1] != _SET:
        return False
    try:
        as_sequence = asn1.decode_der(asn1.TLV, _SEQUENCE + content[1:])
        asn1.decode_der(_Attributes, asn1.encode_der(_AnyAttributes(attributes=as_sequence)))
    except ValueError:
        return False
    return True
