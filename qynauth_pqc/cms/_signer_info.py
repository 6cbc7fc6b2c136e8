"""The rules for the content of a message and for one signer (RFC 5652, 5.2 to 5.6 and 11)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc.cms import _syntax as syntax
from qynauth_pqc.cms._algorithms import DIGESTS, ENCODED_DIGESTS, ENCODED_PARAMETER_SETS, PROTECTIONS, strong_digests
from qynauth_pqc.cms._syntax import OID
from qynauth_pqc.cms.errors import CMSVerificationError, Rule
from qynauth_pqc.cms.trust import is_named
from qynauth_pqc.errors import FormatError
from qynauth_pqc.extend import Hasher, input_memory
from qynauth_pqc.prehash import pass_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, BinaryIO, TypeVar

    from cryptography import x509
    from typing_extensions import TypeIs

    from qynauth_pqc.cms._syntax import EncapsulatedContentInfo, SignerInfo
    from qynauth_pqc.cms.trust import Candidate
    from qynauth_pqc.extend import BytesLike, ParameterSet

    T = TypeVar("T")

_UTC_TIME = b"\x17"

_UNNAMED_DIGEST = "SHA-256"
"""The hash of a signing certificate that is left out as the default (RFC 5035, 4)."""

_SIGNING_CERTIFICATE = asn1.encode_der(syntax.SIGNING_CERTIFICATE)
_NAMES = {identifier: name for name, identifier in DIGESTS.items()}


def is_file(content: object) -> TypeIs[BinaryIO]:
    return hasattr(content, "readinto")


def content_of(
    found: EncapsulatedContentInfo, detached: BytesLike | BinaryIO | None, content_type: OID
) -> BytesLike | BinaryIO:
    """Return the content of a message, which has this type, and is either inside or passed."""
    if found.content_type != content_type:
        message = f"content has the type {found.content_type.dotted_string}, not {content_type.dotted_string}"
        raise CMSVerificationError(message, Rule.CONTENT_TYPE)
    content = found.content if detached is None else detached
    if content is None:
        raise CMSVerificationError("content is detached, and was not passed", Rule.CONTENT)
    if found.content is not None and detached is not None:
        raise CMSVerificationError("content was passed, and is in the message too", Rule.CONTENT)
    return content


def digests_of(content: BytesLike | BinaryIO, names: Iterable[str | None]) -> dict[str, bytes]:
    """Return digests of content by the names of the hash functions. A file is read to its end, once."""
    hashers = {name: Hasher(name) for name in names if name is not None}

    def update(data: Any) -> None:
        for each in hashers.values():
            each.update(data)

    if is_file(content):
        pass_file(SimpleNamespace(update=update), content, None)
    else:
        update(input_memory(content, "message"))
    return {name: each.digest() for name, each in hashers.items()}


def refusal_of_bare(content: bytes, content_type: OID) -> str:
    """Return the reason why content must not be signed without signed attributes, or nothing."""
    if content_type != syntax.DATA:
        return f"content has the type {content_type.dotted_string}, not id-data"
    return "content may be taken for signed attributes" if syntax.is_like_attributes(content) else ""


def parameter_set_of(info: SignerInfo, number: int) -> ParameterSet:
    """Return the parameter set of a signature. No algorithm with parameters has one."""
    found = ENCODED_PARAMETER_SETS.get(bytes(info.signature_algorithm.data))
    if found is None:
        raise CMSVerificationError("signature is not of an algorithm of this library", Rule.ALGORITHM, number)
    return found


def digest_of(info: SignerInfo) -> str | None:
    """Return the name of a signer's digest; None without signed attributes, or if this library lacks it."""
    if info.signed_attributes is None:
        return None
    return ENCODED_DIGESTS.get(bytes(info.digest_algorithm.data))


def attributes_of(
    parameter_set: ParameterSet,
    digest_name: str,
    content_type: OID,
    digest: bytes,
    time: asn1.TLV,
    certificate_hash: bytes | None,
) -> asn1.SetOf[asn1.TLV]:
    """Return the signed attributes that signers of this library write."""
    values = {
        syntax.CONTENT_TYPE: syntax.tlv(content_type),
        syntax.SIGNING_TIME: time,
        syntax.MESSAGE_DIGEST: syntax.tlv(digest),
        syntax.ALGORITHM_PROTECTION: PROTECTIONS[parameter_set][digest_name],
    }
    if certificate_hash is not None:
        algorithm = syntax.DigestAlgorithm(algorithm=OID(DIGESTS[digest_name]))
        named = syntax.CertificateID(
            hash_algorithm=None if digest_name == _UNNAMED_DIGEST else algorithm,
            certificate_hash=certificate_hash,
            issuer_serial=None,
        )
        values[syntax.SIGNING_CERTIFICATE] = syntax.tlv(syntax.SigningCertificate(certificates=[named], policies=None))
    return syntax.attributes(values)


def hash_of(certificate: x509.Certificate, digest_name: str) -> bytes:
    """Return the hash of a certificate (RFC 5035, 4)."""
    hasher = Hasher(digest_name)
    hasher.update(certificate.public_bytes(Encoding.DER))
    return hasher.digest()


class SigningCertificate(NamedTuple):
    """The certificate that a signer named in the signed attributes (RFC 5035)."""

    digest_name: str | None
    hash: bytes
    issuer_serial: syntax.IssuerSerial | None = None

    def among(self, candidates: list[Candidate], parameter_set: ParameterSet, number: int) -> list[Candidate]:
        """Return the candidates with this certificate, and those without, whose key the caller trusts."""
        strong = strong_digests(parameter_set)
        found = [
            each
            for each in candidates
            if each.certificate is None or (self.digest_name in strong and self._is(each.certificate))
        ]
        if found:
            return found
        message = "the signer named another certificate"
        if self.digest_name not in strong:
            message = f"hash of the signing certificate is unknown, or too weak for {parameter_set}: "
            message += f"expected one of {', '.join(strong)}"
        raise CMSVerificationError(message, Rule.SIGNING_CERTIFICATE, number)

    def _is(self, certificate: x509.Certificate) -> bool:
        if hash_of(certificate, self.digest_name) != self.hash:  # type: ignore[arg-type]  # it is known
            return False
        found = self.issuer_serial
        return found is None or is_named(
            certificate, syntax.IssuerAndSerialNumber(issuer=found.issuer.name, serial_number=found.serial_number)
        )


class SignedAttributes(NamedTuple):
    """The signed bytes, which are the attributes in DER (RFC 5652, 5.4), and what they claim."""

    encoded: bytes
    digest_name: str | None = None
    signing_time: datetime | None = None
    certificate: SigningCertificate | None = None


def check_attributes(
    info: SignerInfo, parameter_set: ParameterSet, content_type: OID, digests: Mapping[str, bytes], number: int
) -> SignedAttributes:
    """Check the signed attributes of a signer.

    Raises:
        FormatError: the attributes do not follow RFC 5652, or one is a second signature.
        CMSVerificationError: they do not match the content and the algorithms.
    """
    name, protections, encoded = digest_of(info), PROTECTIONS[parameter_set], asn1.encode_der(info.signed_attributes)
    if name in protections:
        usual = _usual(content_type, parameter_set, name, _SIGNING_CERTIFICATE in encoded).read(encoded, digests[name])
        if usual is not None:
            return usual
    found = _Attributes(info.signed_attributes, number)  # type: ignore[arg-type]  # they are there
    if found.value(syntax.CONTENT_TYPE, OID) != content_type:
        raise CMSVerificationError("the signed type of the content is missing or differs", Rule.CONTENT_TYPE, number)
    if name is None or name not in protections:
        sets = f"{parameter_set}: expected one of {', '.join(protections)}"
        raise CMSVerificationError(f"digest is unknown, or too weak for {sets}", Rule.DIGEST, number)
    algorithms = found.encoded(syntax.ALGORITHM_PROTECTION)
    if algorithms is not None and asn1.encode_der(algorithms) != asn1.encode_der(protections[name]):
        message = "the signed names of the algorithms differ from those of the signer"
        raise CMSVerificationError(message, Rule.ALGORITHM_PROTECTION, number)
    if found.value(syntax.MESSAGE_DIGEST, bytes) != digests[name]:
        raise CMSVerificationError("the signed digest is missing, or of other content", Rule.MESSAGE_DIGEST, number)
    return SignedAttributes(encoded, name, found.signing_time(), found.signing_certificate())


class _Usual:
    """The attributes that signers of this library write, for any digest and time.

    Messages with them need no decoding of each attribute, which would take a third of the time.
    """

    __slots__ = ("_around", "_digest_name", "_end", "_last", "_start")

    def __init__(self, content_type: OID, parameter_set: ParameterSet, digest_name: str, is_certified: bool) -> None:  # noqa: FBT001 - a key of the cache
        self._digest_name = digest_name
        time = asn1.encode_der(asn1.UTCTime(datetime(2000, 1, 1, tzinfo=UTC)))
        digest = Hasher(digest_name).digest()
        named = digest[::-1] if is_certified else None
        encoded = asn1.encode_der(
            attributes_of(parameter_set, digest_name, content_type, digest, asn1.decode_der(asn1.TLV, time), named)
        )
        self._start = encoded.index(time)
        self._end = self._start + len(time)
        self._last = len(encoded) - len(named or b"")  # the hash of the certificate is at the end
        before, between = encoded[: self._start], encoded[self._end : self._last]
        self._around = before, *between.split(digest)

    def read(self, encoded: bytes, digest: bytes) -> SignedAttributes | None:
        """Return what the attributes claim if they are these, with this digest."""
        time, named = encoded[self._start : self._end], encoded[self._last :]
        before, between, after = self._around
        if encoded != before + time + between + digest + after + named:
            return None
        try:
            claimed = asn1.decode_der(asn1.UTCTime, time).as_datetime()
        except ValueError:
            return None
        name = self._digest_name
        return SignedAttributes(encoded, name, claimed, SigningCertificate(name, named) if named else None)


_usual = lru_cache(maxsize=64)(_Usual)


class _Attributes:
    """The signed attributes of a signer by their types."""

    __slots__ = ("_by_type", "_position")

    def __init__(self, attributes: asn1.SetOf[asn1.TLV], number: int) -> None:
        self._position = f"SignerInfo[{number}].signedAttrs"
        try:
            found = [each.parse(syntax.Attribute) for each in attributes.as_list()]
        except ValueError:
            raise FormatError.at("", "not this structure in DER (RFC 5652, 5.3)", self._position) from None
        self._by_type = {each.type: each for each in found}
        if len(self._by_type) != len(found):
            raise FormatError.at("", "two attributes have the same type", self._position)
        if syntax.COUNTERSIGNATURE in self._by_type:
            raise FormatError.at("", "a countersignature is no signed attribute (RFC 5652, 11.4)", self._position)

    def encoded(self, kind: OID) -> asn1.TLV | None:
        """Return the single value of an attribute."""
        attribute = self._by_type.get(kind)
        if attribute is None:
            return None
        values: list[asn1.TLV] = attribute.values.as_list()
        if len(values) != 1:
            rule = f"expected one value of {kind.dotted_string}, found {len(values)}"
            raise FormatError.at("", rule, self._position)
        return values[0]

    def value(self, kind: OID, python_type: type[T]) -> T | None:
        """Return the single value of an attribute, decoded."""
        found = self.encoded(kind)
        if found is None:
            return None
        try:
            decoded: T = found.parse(python_type)
        except ValueError:
            rule = f"{kind.dotted_string} has a value of another type (RFC 5652, 11)"
            raise FormatError.at("", rule, self._position) from None
        return decoded

    def signing_certificate(self) -> SigningCertificate | None:
        """Return the certificate of the signer (RFC 5035, 3)."""
        found = self.value(syntax.SIGNING_CERTIFICATE, syntax.SigningCertificate)
        if found is None:
            return None
        if not found.certificates:
            raise FormatError.at("", "the signing certificate has no identifier (RFC 5035, 3)", self._position)
        first = found.certificates[0]
        oid = DIGESTS[_UNNAMED_DIGEST] if first.hash_algorithm is None else first.hash_algorithm.algorithm.dotted_string
        return SigningCertificate(_NAMES.get(oid), first.certificate_hash, first.issuer_serial)

    def signing_time(self) -> datetime | None:
        """Return the time of signing (RFC 5652, 11.3): UTCTime before 2050, and whole seconds."""
        found = self.encoded(syntax.SIGNING_TIME)
        if found is None:
            return None
        if found.tag_bytes == _UTC_TIME:
            return self.value(syntax.SIGNING_TIME, asn1.UTCTime).as_datetime()  # type: ignore[union-attr]
        time = self.value(syntax.SIGNING_TIME, asn1.GeneralizedTime).as_datetime()  # type: ignore[union-attr]
        if time.year in syntax.UTC_YEARS or time.microsecond:
            raise FormatError.at("", "the time of signing has another form (RFC 5652, 11.3)", self._position)
        return time
