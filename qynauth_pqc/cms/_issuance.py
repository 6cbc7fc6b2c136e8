"""Certificates that trust anchors issued themselves, with keys that the verifier of `cryptography` does not know.

It knows no composites and no SLH-DSA, and verifies neither certificates of such keys nor those that such keys signed.
The rules of RFC 5280, 6.1, for a path of one certificate need neither a search for a path nor constraints of names: an
anchor that has any is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from qynauth_pqc._keys.signature import SignaturePublicKey
from qynauth_pqc.errors import PQCError
from qynauth_pqc.integrations.x509 import OBJECT_IDENTIFIERS, public_key, verify_certificate
from qynauth_pqc.mldsa import MLDSAParameterSet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_KNOWN = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
"""What a critical extension may be: purposes and names are for the caller to check."""


def is_needed(certificate: x509.Certificate) -> bool:
    """Return whether `cryptography` cannot verify a certificate, because of its key or of its signature."""
    for identifier in (certificate.signature_algorithm_oid, certificate.public_key_algorithm_oid):
        parameter_set = OBJECT_IDENTIFIERS.get(identifier.dotted_string)
        if parameter_set is not None and not isinstance(parameter_set, MLDSAParameterSet):
            return True
    return False


def issued_path(
    certificate: x509.Certificate, anchors: Iterable[x509.Certificate], when: datetime
) -> tuple[x509.Certificate, ...]:
    """Return the path from a certificate to the trust anchor that issued it, or that it is.

    Raises:
        ValueError: there is none, for the reason that the message says.
    """
    _check(certificate, when)
    reason = "no trust anchor has the name of its issuer"
    for anchor in anchors:
        if certificate == anchor:
            return (anchor,)
        if anchor.subject != certificate.issuer:
            continue
        try:
            _check_issuer(anchor, when)
            key = public_key(anchor)
            if isinstance(key, SignaturePublicKey):
                verify_certificate(certificate, key)
                return (certificate, anchor)
        except (PQCError, ValueError) as error:
            reason = str(error)
    raise ValueError(reason)


def _check(certificate: x509.Certificate, when: datetime) -> None:
    """Check the dates and the critical extensions of a certificate."""
    if not certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc:
        raise ValueError("certificate is not valid at validation time")
    for each in _extensions(certificate):
        if each.critical and not isinstance(each.value, _KNOWN):
            raise ValueError(f"critical extension {each.oid.dotted_string} is not supported")


def _check_issuer(anchor: x509.Certificate, when: datetime) -> None:
    """Check that a trust anchor may issue certificates of users, of any name."""
    _check(anchor, when)
    found = {type(each.value): each.value for each in _extensions(anchor)}
    constraints, usage = found.get(x509.BasicConstraints), found.get(x509.KeyUsage)
    if constraints is None or not constraints.ca or usage is None or not usage.key_cert_sign:
        raise ValueError("issuer is no authority: basicConstraints and the key usage keyCertSign say which is")
    if x509.NameConstraints in found:
        raise ValueError("issuer has constraints of names, which are not supported")


def _extensions(certificate: x509.Certificate) -> x509.Extensions:
    """Return the extensions of a certificate."""
    try:
        return certificate.extensions
    except x509.DuplicateExtension as error:
        raise ValueError("certificate has an extension twice") from error
