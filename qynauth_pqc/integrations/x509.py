"""Certificates and certificate requests with keys of every family, through `cryptography`.

The formats follow RFC 9881, RFC 9935, RFC 9909, and draft-ietf-lamps-pq-composite-sigs-19 (section 5).

Needs the extra `x509`. `cryptography` reads, writes and builds certificates; this library has the keys, signs and
verifies. The builders know only the algorithms of ML-DSA. For the other families, the ASN.1 of `cryptography` writes
the algorithm and the signature into the certificate of a builder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc._keys.signature import SignaturePublicKey
from qynauth_pqc.errors import InvalidKeyError, InvalidSignatureError, UnsupportedError, expect
from qynauth_pqc.formats import load_public_key
from qynauth_pqc.mldsa import MLDSAParameterSet
from qynauth_pqc.native.inputs import without_own_frames
from qynauth_pqc.signer import public_key_of, sign_checked

with extra("x509"):
    from cryptography import x509
    from cryptography.hazmat import asn1
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from qynauth_pqc._keys.cryptography_keys import class_of

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes,
        CertificatePublicKeyTypes,
    )

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc.formats import AnyPublicKey
    from qynauth_pqc.signer import Signer

    Builder: TypeAlias = "x509.CertificateBuilder | x509.CertificateSigningRequestBuilder"
    Signed: TypeAlias = "x509.Certificate | x509.CertificateSigningRequest"

__all__ = [
    "public_key",
    "sign_certificate",
    "sign_request",
    "signing_key",
    "subject_key",
    "verify_certificate",
    "verify_request",
]

UNREADABLE = (
    *(ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
    UserWarning,  # if warnings are errors
)
"""The errors of `cryptography` for an unreadable certificate, on loading or at the first use of a field."""


# Fields that `cryptography` does not report: of a certificate (RFC 5280, 4.1) and of a request (RFC 2986, 4).


@asn1.sequence
class _AlgorithmIdentifier:
    algorithm: x509.ObjectIdentifier


@asn1.sequence
class _TBSCertificate:
    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    serial_number: int
    signature: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    subject_public_key_info: asn1.TLV
    issuer_unique_id: Annotated[asn1.BitString | None, asn1.Implicit(1)]
    subject_unique_id: Annotated[asn1.BitString | None, asn1.Implicit(2)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Explicit(3)]


@asn1.sequence
class _Certificate:
    signed: _TBSCertificate
    signature_algorithm: asn1.TLV
    signature: asn1.BitString


@asn1.sequence
class _CertificationRequestInfo:
    version: int
    subject: asn1.TLV
    subject_public_key_info: asn1.TLV
    attributes: Annotated[asn1.SetOf[asn1.TLV], asn1.Implicit(0)]


@asn1.sequence
class _CertificationRequest:
    signed: _CertificationRequestInfo
    signature_algorithm: asn1.TLV
    signature: asn1.BitString


def _algorithm_identifier(parameter_set: ParameterSet) -> bytes:
    """Return the identifier of the signatures of a parameter set, which has no parameters."""
    return asn1.encode_der(_AlgorithmIdentifier(algorithm=x509.ObjectIdentifier(parameter_set.oid)))


# A signature has the identifier of its key (RFC 9881, section 2; RFC 9909, section 3; the composites' draft, 6).
OBJECT_IDENTIFIERS: dict[str, ParameterSet] = {each.oid: each for _, each in loadable(SignaturePublicKey)}
_SIGNATURES = {_algorithm_identifier(each): each for each in OBJECT_IDENTIFIERS.values()}


def public_key(signed: Signed) -> AnyPublicKey:
    """Return the public key of a certificate or of a certificate request. No signature is checked.

    Args:
        signed: the certificate or request, as `cryptography` loads it.

    Raises:
        UnsupportedError: it is a key of another algorithm.
        InvalidKeyError: the key is not valid.
        TypeError: the argument is neither a certificate nor a request.
    """
    return load_public_key(asn1.encode_der(_parse(signed).signed.subject_public_key_info))


@without_own_frames
def verify_certificate(certificate: x509.Certificate, issuer: SignaturePublicKey | None = None) -> None:
    """Check only the signature of a certificate. Returns nothing if it is valid.

    The caller checks names, dates, extensions and the chain to a trusted certificate.

    Args:
        certificate: the certificate, as `cryptography` loads it.
        issuer: the public key of its issuer; None for a self-signed certificate.

    Raises:
        InvalidSignatureError: the signature is not valid, or of another parameter set than the key.
        UnsupportedError: the signature or the key is of an algorithm that this library does not verify.
        InvalidKeyError: the key of the certificate is not valid.
        TypeError: an argument has another type.
    """
    if not isinstance(certificate, x509.Certificate):
        raise TypeError(f"expected a certificate, got {type(certificate).__name__}")
    _verify(certificate, certificate.tbs_certificate_bytes, public_key(certificate) if issuer is None else issuer)


def verify_request(request: x509.CertificateSigningRequest) -> None:
    """Check the signature of a certificate request by the key in it. Returns nothing if it is valid.

    Args:
        request: the request, as `cryptography` loads it.

    Raises:
        InvalidSignatureError: the signature is not valid, or of another parameter set than the key.
        UnsupportedError: the signature or the key is of an algorithm that this library does not verify.
        InvalidKeyError: the key is not valid.
        TypeError: the argument is not a request.
    """
    if not isinstance(request, x509.CertificateSigningRequest):
        raise TypeError(f"expected a certificate request, got {type(request).__name__}")
    _verify(request, request.tbs_certrequest_bytes, public_key(request))


@without_own_frames
def subject_key(public_key: PublicKey) -> CertificatePublicKeyTypes:
    """Return a public key for the builders of `cryptography.x509`: `builder.public_key(subject_key(key))`.

    It may be of any family. Only the builders and `SubjectKeyIdentifier.from_public_key` accept it.

    Raises:
        TypeError: it is not a public key of this library.
    """
    expect(public_key, PublicKey, "public_key")
    return _SubjectKey(public_key)  # type: ignore[return-value]


@without_own_frames
def sign_certificate(builder: x509.CertificateBuilder, signer: Signer) -> x509.Certificate:
    """Sign a certificate (RFC 5280) with a key of any family. A signature made elsewhere is verified.

    Args:
        builder: a builder of `cryptography`, with `subject_key` for the subject's key.
        signer: the private key of the issuer, or another signer.

    Returns:
        The certificate, as `cryptography` loads it.

    Raises:
        InvalidSignatureError: the signature does not verify with the signer's public key.
        ClosedError: the private key is closed.
        ValueError: the builder lacks a field that certificates must have.
        TypeError: an argument has another type.
    """
    expect(builder, x509.CertificateBuilder, "builder")
    return x509.load_der_x509_certificate(_sign(builder, signer))


@without_own_frames
def sign_request(builder: x509.CertificateSigningRequestBuilder, signer: Signer) -> x509.CertificateSigningRequest:
    """Sign a certificate request (RFC 2986) with a key of any family. A signature made elsewhere is verified.

    Args:
        builder: a builder of `cryptography`.
        signer: the private key of the subject, or another signer.

    Returns:
        The request, as `cryptography` loads it.

    Raises:
        InvalidSignatureError: the signature does not verify with the signer's public key.
        ClosedError: the private key is closed.
        ValueError: the builder has no subject.
        TypeError: an argument has another type.
    """
    expect(builder, x509.CertificateSigningRequestBuilder, "builder")
    return x509.load_der_x509_csr(_sign(builder, signer))


@without_own_frames
def signing_key(signer: Signer) -> CertificateIssuerPrivateKeyTypes:
    """Return a signer of ML-DSA for all builders of `cryptography.x509`: `builder.sign(signing_key(key), None)`.

    `sign_certificate` and `sign_request` take signers of every family; this is for the other builders, such as for
    lists of revoked certificates. It is usable as long as the signer.

    Raises:
        UnsupportedError: the builders do not know the algorithm.
        TypeError: it is not a signer.
    """
    parameter_set = public_key_of(signer).parameter_set
    if parameter_set not in _SIGNING_KEYS:
        raise UnsupportedError(
            f"builders of cryptography know no {parameter_set}; use sign_certificate or sign_request"
        )
    return _SIGNING_KEYS[parameter_set](signer)  # type: ignore[no-any-return]


def _sign(builder: Builder, signer: Signer) -> bytes:
    """Return the certificate or request of a builder, with the algorithm and the signature of a signer."""
    public_key_of(signer)
    return _encode(_parse(builder.sign(_DraftKey(signer), None)), signer)  # type: ignore[arg-type]


def replace_key_and_sign(certificate: x509.Certificate, subject: PublicKey, signer: Signer) -> x509.Certificate:
    """Return a certificate with another public key and the signature of a signer, otherwise unchanged."""
    parts = _parse(certificate)
    parts.signed.subject_public_key_info = asn1.decode_der(asn1.TLV, subject.to_spki("DER"))
    return x509.load_der_x509_certificate(_encode(parts, signer))


def _encode(parts: _Certificate | _CertificationRequest, signer: Signer) -> bytes:
    identifier = _algorithm_identifier(signer.public_key.parameter_set)
    parts.signature_algorithm = asn1.decode_der(asn1.TLV, identifier)
    if isinstance(parts, _Certificate):
        parts.signed.signature = parts.signature_algorithm
    parts.signature = asn1.BitString(sign_checked(signer, asn1.encode_der(parts.signed)), 0)
    return asn1.encode_der(parts)


def _parse(signed: Signed) -> _Certificate | _CertificationRequest:
    if not isinstance(signed, (x509.Certificate, x509.CertificateSigningRequest)):
        raise TypeError(f"expected a certificate or a certificate request, got {type(signed).__name__}")
    kind: type[Any] = _Certificate if isinstance(signed, x509.Certificate) else _CertificationRequest
    try:
        return asn1.decode_der(kind, signed.public_bytes(Encoding.DER))  # type: ignore[no-any-return]
    except ValueError as error:
        raise InvalidKeyError("not a certificate (RFC 5280) or certificate request (RFC 2986)") from error


def _verify(signed: Signed, message: bytes, key: AnyPublicKey | SignaturePublicKey) -> None:
    if not isinstance(key, SignaturePublicKey):
        msg = f"expected the public key that the issuer signs with, got {type(key).__name__}"
        raise UnsupportedError(msg) if isinstance(key, PublicKey) else TypeError(msg)
    parts = _parse(signed)
    algorithm = asn1.encode_der(parts.signature_algorithm)
    if algorithm not in _SIGNATURES:
        raise UnsupportedError("certificate or request is not signed with an algorithm of this library")
    if isinstance(parts, _Certificate) and asn1.encode_der(parts.signed.signature) != algorithm:
        raise InvalidSignatureError("certificate names two signature algorithms (RFC 5280, section 4.1.1.2)")
    if _SIGNATURES[algorithm] != key.parameter_set:
        msg = f"expected an {_SIGNATURES[algorithm]} key for this signature, got an {key.parameter_set} key"
        raise InvalidSignatureError(msg)
    if parts.signature.padding_bits():
        raise InvalidSignatureError("signature is not a whole number of bytes")
    key.verify(message, parts.signature.as_bytes())


@dataclass(frozen=True, slots=True, repr=False)
class _SubjectKey:
    """A public key of any family for the builders of `cryptography`, which ask only for its encoding."""

    key: PublicKey

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:  # noqa: A002 - the name in cryptography
        if (encoding, format) != (Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
            raise UnsupportedError("key is for the builders of cryptography only")
        return self.key.to_spki("DER")


@dataclass(frozen=True, slots=True, repr=False)
class _SigningKey:
    signer: Signer

    def public_key(self) -> CertificatePublicKeyTypes:
        return subject_key(self.signer.public_key)

    def sign(self, data: bytes) -> bytes:
        return self.signer.sign(data)


class _DraftKey(_SigningKey):
    """A signer of an algorithm that `cryptography` need not know, with which a builder encodes its fields."""

    __slots__ = ()

    def sign(self, _data: bytes) -> bytes:
        return b""


def _registered(each: MLDSAParameterSet) -> Any:
    """Return a subclass of `_SigningKey` that `cryptography` accepts as its abstract class."""
    abstract = class_of(each, "PrivateKey")
    return abstract.register(type(f"_SigningKeyFor{abstract.__name__}", (_SigningKey,), {"__slots__": ()}))


# `cryptography` recognises the algorithm of a key by its abstract class, and takes no key without one.
_SIGNING_KEYS: dict[str, Any] = {each: _registered(each) for each in MLDSAParameterSet}
class_of(MLDSAParameterSet.ML_DSA_44, "PublicKey").register(_SubjectKey)
class_of(MLDSAParameterSet.ML_DSA_44, "PrivateKey").register(_DraftKey)
