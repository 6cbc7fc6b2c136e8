"""Certificates that the tests make, through the builder of `cryptography`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.integrations.x509 import signing_key, subject_key

__all__ = ["NAME", "certificate", "changed", "self_signed", "unsigned"]

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "name")])
_NOW = datetime.now(UTC)


def unsigned(subject: Any) -> x509.CertificateBuilder:
    """Return the certificate of a builder for a public key, as `cryptography` takes it."""
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(subject).serial_number(1)
    builder = builder.not_valid_before(_NOW).not_valid_after(_NOW + timedelta(days=1))
    identifier = x509.SubjectKeyIdentifier.from_public_key(subject)
    return builder.add_extension(identifier, critical=False)


def certificate(subject: Any, issuer: Any, algorithm: Any = None) -> x509.Certificate:
    """Return a certificate for a public key, signed with a private one, both as `cryptography` takes them."""
    return unsigned(subject).sign(issuer, algorithm)


def self_signed(key: MLDSAPrivateKey) -> x509.Certificate:
    """Return a certificate of our making."""
    return certificate(subject_key(key.public_key), signing_key(key))


@asn1.sequence
class _Parts:
    """The fields of a certificate and of a request (RFC 5280, section 4.1; RFC 2986, section 4.2)."""

    signed: asn1.TLV
    algorithm: asn1.TLV
    signature: asn1.BitString


def changed(signed: Any, /, **parts: Any) -> Any:
    """Return a certificate or request with other parts, in DER or as a bit string."""
    found = asn1.decode_der(_Parts, signed.public_bytes(Encoding.DER))
    for name, value in parts.items():
        setattr(found, name, asn1.decode_der(asn1.TLV, value) if isinstance(value, bytes) else value)
    load = x509.load_der_x509_certificate if isinstance(signed, x509.Certificate) else x509.load_der_x509_csr
    return load(asn1.encode_der(found))
