"""Certificates that the tests make, through the builder of `cryptography`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.x509 import signing_key, subject_key

__all__ = ["NAME", "certificate", "self_signed"]

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "name")])
_NOW = datetime.now(UTC)


def certificate(subject: Any, issuer: Any, algorithm: Any = None) -> x509.Certificate:
    """Return a certificate for a public key, signed with a private one, both as `cryptography` takes them."""
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(subject).serial_number(1)
    builder = builder.not_valid_before(_NOW).not_valid_after(_NOW + timedelta(days=1))
    identifier = x509.SubjectKeyIdentifier.from_public_key(subject)
    return builder.add_extension(identifier, critical=False).sign(issuer, algorithm)


def self_signed(key: MLDSAPrivateKey) -> x509.Certificate:
    """Return a certificate of our making."""
    return certificate(subject_key(key.public_key), signing_key(key))
