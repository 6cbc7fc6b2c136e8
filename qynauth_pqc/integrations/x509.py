"""Certificates and certificate requests with keys of every family, through `cryptography`.

The formats are those of RFC 9881, RFC 9935, RFC 9909, and draft-ietf-lamps-pq-composite-sigs-19 (section 5).

Needs the extra `x509`. Certificates are read, written and put together by
`cryptography`; the keys, the signatures and their verification are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.public_key import PublicKey
from qynauth_pqc._keys.signature import SignaturePublicKey
from qynauth_pqc.errors import InvalidKeyError, InvalidSignatureError, UnsupportedError
from qynauth_pqc.formats import load_public_key
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey, MLDSAPublicKey
from qynauth_pqc.mlkem import MLKEMPublicKey

with extra("x509"):
    from cryptography import x509
    from cryptography.hazmat import asn1
    from cryptography.hazmat.primitives.serialization import Encoding

    from qynauth_pqc.formats._cryptography import class_of

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes,
        CertificatePublicKeyTypes,
    )

    from qynauth_pqc._keys.key import AnyPublicKey
    from qynauth_pqc._keys.parameter_sets import ParameterSet

    Signed: TypeAlias = "x509.Certificate | x509.CertificateSigningRequest"

__all__ = ["public_key", "signing_key", "subject_key", "verify_certificate", "verify_request"]


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


# A signature has the identifier of its key (RFC 9881, section 2; RFC 9909, section 3; the composites' draft, 6).
OBJECT_IDENTIFIERS: dict[str, ParameterSet] = {each.oid: each for _, each in loadable(SignaturePublicKey)}
_SIGNATURES = {
    asn1.encode_der(_AlgorithmIdentifier(algorithm=x509.ObjectIdentifier(identifier))): each
    for identifier, each in OBJECT_IDENTIFIERS.items()
}


def public_key(signed: Signed) -> AnyPublicKey:
    """Return the public key of a certificate or of a certificate request. No signature is checked.

    Args:
        signed: the certificate or request, as `cryptography` loads it.

    Raises:
        UnsupportedError: it is a key of another algorithm.
        InvalidKeyError: it is not a valid key.
        TypeError: the argument is neither a certificate nor a request.
    """
    return load_public_key(asn1.encode_der(_parse(signed).signed.subject_public_key_info))


def verify_certificate(certificate: x509.Certificate, issuer: SignaturePublicKey | None = None) -> None:
    """Check the signature of a certificate, and nothing else of it. Returns nothing if it is valid.

    The caller checks names, dates, extensions and the chain to a trusted certificate.

    Args:
        certificate: the certificate, as `cryptography` loads it.
        issuer: the public key of its issuer; None: its own, for a self-signed certificate.

    Raises:
        InvalidSignatureError: the signature is not valid, or of another parameter set than the key.
        UnsupportedError: the signature or the key is of no algorithm that signs here.
        InvalidKeyError: the certificate's own key is not a valid one.
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
        UnsupportedError: the signature or the key is of no algorithm that signs here.
        InvalidKeyError: the key is not a valid one.
        TypeError: the argument is not a request.
    """
    if not isinstance(request, x509.CertificateSigningRequest):
        raise TypeError(f"expected a certificate request, got {type(request).__name__}")
    _verify(request, request.tbs_certrequest_bytes, public_key(request))


def signing_key(private_key: MLDSAPrivateKey) -> CertificateIssuerPrivateKeyTypes:
    """Return a private key as the builders of `cryptography.x509` take it: `builder.sign(signing_key(key), None)`.

    It signs with our library, hedged, and stays usable as long as the key does. It is for the builders only.

    Raises:
        UnsupportedError: `cryptography` has no class for its parameter set.
        TypeError: it is not an ML-DSA private key.
    """
    if not isinstance(private_key, MLDSAPrivateKey):
        raise TypeError(f"expected an MLDSAPrivateKey, got {type(private_key).__name__}")
    if private_key.parameter_set not in _SIGNING_KEYS:
        raise UnsupportedError(f"cryptography has no class for {private_key.parameter_set} keys")
    return _SIGNING_KEYS[private_key.parameter_set](private_key)  # type: ignore[no-any-return]


def subject_key(public_key: MLDSAPublicKey | MLKEMPublicKey) -> CertificatePublicKeyTypes:
    """Return a public key as the builders of `cryptography.x509` take it: `builder.public_key(subject_key(key))`.

    It is what `public_key.to_cryptography()` returns.

    Raises:
        UnsupportedError: it is a key of ML-KEM-512, which `cryptography` has no class for.
        TypeError: it is not a public key of ML-DSA or ML-KEM.
    """
    if not isinstance(public_key, (MLDSAPublicKey, MLKEMPublicKey)):
        raise TypeError(f"expected an MLDSAPublicKey or MLKEMPublicKey, got {type(public_key).__name__}")
    return public_key.to_cryptography()


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


class _SigningKey:
    """A private key that signs what `cryptography` builds."""

    __slots__ = ("_key",)

    def __init__(self, key: MLDSAPrivateKey) -> None:
        self._key = key

    def public_key(self) -> CertificatePublicKeyTypes:
        return self._key.public_key.to_cryptography()

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


def _registered(abstract: Any) -> Any:
    """Return a subclass of `_SigningKey` that `cryptography` accepts as its abstract class."""
    return abstract.register(type(f"_SigningKeyFor{abstract.__name__}", (_SigningKey,), {"__slots__": ()}))


# `cryptography` recognises the algorithm of a key by its abstract class.
_SIGNING_KEYS: dict[str, Any] = {
    each: _registered(theirs) for each in MLDSAParameterSet if (theirs := class_of(each, "PrivateKey")) is not None
}
