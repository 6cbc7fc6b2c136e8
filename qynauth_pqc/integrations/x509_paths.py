"""Paths of certificates with keys of every family, by the verifier of `cryptography`.

That verifier knows no composites and no SLH-DSA. So it verifies a copy of each certificate that differs only in the key
and the signature. A key of ML-DSA-44, made for this path, replaces each key in the copies, and signs each copy after
this library has verified the signature of the certificate. All other rules are left to `cryptography`.

Needs the extra `x509`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qynauth_pqc._extras import extra
from qynauth_pqc._keys.signature import SignaturePublicKey
from qynauth_pqc.errors import PQCError, expect
from qynauth_pqc.integrations.x509 import (
    OBJECT_IDENTIFIERS,
    public_key,
    replace_key_and_sign,
    verify_certificate,
)
from qynauth_pqc.mldsa import MLDSAParameterSet, MLDSAPrivateKey

with extra("x509"):
    from cryptography import x509
    from cryptography.x509 import verification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from qynauth_pqc.formats import AnyPublicKey

    Certificates: TypeAlias = Sequence[x509.Certificate]

__all__ = ["verify_path"]

_MOST_INTERMEDIATES = 16
"""The most intermediates: each certificate is tried with each other certificate that has the name of its issuer."""


def verify_path(
    certificate: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    builder: verification.PolicyBuilder,
    subject: x509.DNSName | x509.IPAddress | None = None,
) -> list[x509.Certificate]:
    """Verify that a certificate leads to a trust anchor (RFC 5280, 6.1).

    If a certificate of the path has a key or a signature that `cryptography` does not know, all of them must have keys
    of this library: no certificate of the path may have a classical key. Name constraints are compared with alternative
    names only, not with the subject.

    Args:
        certificate: the certificate.
        intermediates: untrusted certificates through which the path may lead, in a list or a tuple.
        anchors: the trust anchors, in a list or a tuple.
        builder: the policy, without a store, such as `PolicyBuilder().time(now)`.
        subject: the name of the server that has the certificate; None for a client's certificate.

    Returns:
        The certificates from this one to a trust anchor, both included.

    Raises:
        VerificationError: (of `cryptography`) there is no such path, or there are more than 16 intermediates.
        ValueError: there are no trust anchors, the builder has a store, or a certificate cannot be read.
        TypeError: an argument has another type.
    """
    expect(builder, verification.PolicyBuilder, "builder")
    expect(intermediates, (list, tuple), "intermediates")
    expect(anchors, (list, tuple), "anchors")
    for each in [certificate, *intermediates, *anchors]:
        expect(each, x509.Certificate, "each certificate")
    return find_path(certificate, intermediates, anchors, builder, subject, lambda: None)


def find_path(
    certificate: x509.Certificate,
    intermediates: Certificates,
    anchors: Certificates,
    builder: verification.PolicyBuilder,
    subject: x509.DNSName | x509.IPAddress | None,
    spend: Callable[[], None],
) -> list[x509.Certificate]:
    """Return the path as `verify_path` does, and call `spend` before each signature that this library verifies."""
    verify = partial(_verify, builder, subject)
    if not _is_unknown(certificate):
        try:
            return verify(certificate, intermediates, anchors)
        except verification.VerificationError:
            if not any(map(_is_unknown, [certificate, *intermediates, *anchors])):
                raise
    return _verify_copies(certificate, intermediates, anchors, verify, spend)


def _is_unknown(certificate: x509.Certificate) -> bool:
    """Return whether `cryptography` does not know the key or the signature, and this library does."""
    identifiers = certificate.signature_algorithm_oid, certificate.public_key_algorithm_oid
    found = [OBJECT_IDENTIFIERS.get(each.dotted_string) for each in identifiers]
    return any(each is not None and not isinstance(each, MLDSAParameterSet) for each in found)


def _verify(
    builder: verification.PolicyBuilder,
    subject: x509.DNSName | x509.IPAddress | None,
    certificate: x509.Certificate,
    intermediates: Certificates,
    anchors: Certificates,
) -> list[x509.Certificate]:
    configured = builder.store(verification.Store([*anchors]))
    if subject is None:
        return configured.build_client_verifier().verify(certificate, [*intermediates]).chain
    return configured.build_server_verifier(subject).verify(certificate, [*intermediates])


def _verify_copies(
    certificate: x509.Certificate,
    intermediates: Certificates,
    anchors: Certificates,
    verify: Callable[[x509.Certificate, Certificates, Certificates], list[x509.Certificate]],
    spend: Callable[[], None],
) -> list[x509.Certificate]:
    if len(intermediates) > _MOST_INTERMEDIATES:
        raise verification.VerificationError(f"more than {_MOST_INTERMEDIATES} intermediates")
    keys = {each: key for each in (certificate, *intermediates, *anchors) if (key := _key_of(each)) is not None}
    stand_ins = {key: MLDSAPrivateKey.generate("ML-DSA-44") for key in set(keys.values())}
    copies = {}
    for each, key in keys.items():
        issuer = key if each in anchors else _issuer_of(each, keys, spend)
        if issuer is not None:
            copies[each] = replace_key_and_sign(each, stand_ins[key].public_key, stand_ins[issuer])
    if certificate not in copies:
        raise verification.VerificationError("no certificate of its issuer verifies the certificate")
    trusted = [copies[each] for each in anchors if each in copies]
    if anchors and not trusted:
        raise verification.VerificationError("no trust anchor has a key of this library")
    chain = verify(copies[certificate], [copies[each] for each in intermediates if each in copies], trusted)
    originals = {copy: each for each, copy in copies.items()}
    return [originals[each] for each in chain]


def _key_of(certificate: x509.Certificate) -> AnyPublicKey | None:
    """Return the key of a certificate, if it is one of this library, and the names can be read."""
    try:
        certificate.subject, certificate.issuer  # noqa: B018 - reading them checks them
        return public_key(certificate)
    except (PQCError, ValueError):
        return None


def _issuer_of(
    certificate: x509.Certificate, keys: Mapping[x509.Certificate, AnyPublicKey], spend: Callable[[], None]
) -> AnyPublicKey | None:
    """Return the key that has signed a certificate, if a certificate of its issuer holds the key."""
    for each, key in keys.items():
        if each.subject == certificate.issuer and isinstance(key, SignaturePublicKey):
            spend()
            try:
                verify_certificate(certificate, key)
            except PQCError:
                continue
            return key
    return None
