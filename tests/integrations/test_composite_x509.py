"""Certificates and requests with composite keys verify: the draft's vectors, and others assembled from parts."""

from __future__ import annotations

from typing import Any

import composite_draft as draft
import pytest
from certificates import NAME, changed, self_signed
from conftest import Sizes
from cryptography import x509
from cryptography.hazmat import asn1

from qynauth_pqc import (
    CompositePrivateKey,
    InvalidKeyError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    UnsupportedError,
)
from qynauth_pqc.integrations.x509 import public_key, sign_request, verify_certificate, verify_request


@pytest.fixture
def certificate(composite_vector: dict[str, bytes]) -> x509.Certificate:
    """Return the self-signed certificate of a vector."""
    return x509.load_der_x509_certificate(composite_vector["x5c"])


def test_certificates_of_the_vectors_verify(composite_vector: dict[str, bytes], certificate: x509.Certificate) -> None:
    """They verify with their own key, and with the same key loaded separately."""
    key: Any = public_key(certificate)
    assert key.public_bytes() == composite_vector["pk"]
    verify_certificate(certificate)
    verify_certificate(certificate, key)


def test_certificate_that_the_key_of_a_vector_signs_verifies(
    composite_vector: dict[str, bytes], composite: Sizes, certificate: x509.Certificate
) -> None:
    """It verifies with the empty context (section 5 of the draft), and with no other."""
    key = CompositePrivateKey.from_private_bytes(composite_vector["sk"], composite.name)
    data = certificate.tbs_certificate_bytes
    again = changed(certificate, signature=asn1.BitString(key.sign(data), 0))
    assert again.signature != certificate.signature
    verify_certificate(again)
    with pytest.raises(InvalidSignatureError):
        verify_certificate(changed(certificate, signature=asn1.BitString(key.sign(data, context=b"x"), 0)))


def test_changed_byte_of_a_certificate_is_refused(composite: Sizes, certificate: x509.Certificate) -> None:
    """The byte is in the signed part, or in either half of the signature."""
    data, signature = certificate.tbs_certificate_bytes, certificate.signature
    first = draft.ROWS[composite.name].signature_size
    for position in (0, first - 1, first + 8, len(signature) - 1):
        other = bytearray(signature)
        other[position] ^= 1
        with pytest.raises(InvalidSignatureError, match="signature is not valid"):
            verify_certificate(changed(certificate, signature=asn1.BitString(bytes(other), 0)))
    [attribute, *_] = certificate.subject
    name = str(attribute.value).encode()
    with pytest.raises(InvalidSignatureError, match="signature is not valid"):
        verify_certificate(changed(certificate, signed=data.replace(name, name[::-1])))


@pytest.mark.parametrize("size", [0, 100, 2420, 5000])
def test_signature_of_a_wrong_length_is_refused(certificate: x509.Certificate, size: int) -> None:
    """It lacks one of its halves, for example, or is longer than the longest."""
    with pytest.raises(InvalidSignatureError, match="signature is not valid"):
        verify_certificate(changed(certificate, signature=asn1.BitString(bytes(size), 0)))


def test_key_of_another_algorithm_is_refused_by_its_name(composite: Sizes, certificate: x509.Certificate) -> None:
    """The other key is a composite of another set, the component of ML-DSA, or the reverse."""
    others = [name for name in draft.ROWS if name != composite.name]
    keys: list[Any] = [CompositePrivateKey.generate(name).public_key for name in others]  # type: ignore[arg-type]
    component = MLDSAPrivateKey.generate(f"ML-DSA-{draft.ROWS[composite.name].parameter_set}")  # type: ignore[arg-type]
    for key in (*keys, component.public_key):
        with pytest.raises(InvalidSignatureError, match=rf"{composite.name} key .*, got an? {key.parameter_set} key"):
            verify_certificate(certificate, key)
    with pytest.raises(InvalidSignatureError, match=rf"{component.parameter_set} key .*, got an? {composite.name} key"):
        verify_certificate(self_signed(component), public_key(certificate))  # type: ignore[arg-type]
    with pytest.raises(InvalidSignatureError, match="signature is not valid"):
        verify_certificate(certificate, CompositePrivateKey.generate(composite.name).public_key)


def test_certificate_that_names_another_algorithm_is_refused(composite: Sizes, certificate: x509.Certificate) -> None:
    """It names it next to the signature, or is a neighbour that the library does not have."""
    other = next(name for name in draft.ROWS if name != composite.name)
    with pytest.raises(InvalidSignatureError, match="names two signature algorithms"):
        verify_certificate(changed(certificate, algorithm=draft.identifier(draft.ROWS[other])))
    rsa = bytes.fromhex("300a06082b06010505070625")
    with pytest.raises(UnsupportedError, match="not signed with"):
        verify_certificate(changed(certificate, algorithm=rsa))


def test_identifier_with_parameters_is_refused(composite: Sizes, certificate: x509.Certificate) -> None:
    """They are absent; NULL is something else."""
    with pytest.raises(UnsupportedError, match="not signed with"):
        verify_certificate(changed(certificate, algorithm=draft.identifier(draft.ROWS[composite.name], b"\5\0")))


def test_request_of_a_composite_key_verifies(composite: Sizes) -> None:
    """It does not verify with another key in it or another subject."""
    key, other = (CompositePrivateKey.generate(composite.name) for _ in range(2))
    made = sign_request(x509.CertificateSigningRequestBuilder().subject_name(NAME), key)
    assert public_key(made) == key.public_key
    verify_request(made)
    data = made.tbs_certrequest_bytes
    for tampered in (
        data.replace(key.public_key.public_bytes(), other.public_key.public_bytes()),
        data.replace(b"name", b"eman"),
    ):
        assert tampered != data
        with pytest.raises(InvalidSignatureError, match="signature is not valid"):
            verify_request(changed(made, signed=tampered))


def test_bad_point_in_a_certificate_is_refused(
    composite_vector: dict[str, bytes], certificate: x509.Certificate
) -> None:
    """The checks of a key apply to a key in a certificate."""
    wrong = composite_vector["pk"][:-32] + (2).to_bytes(32, "little")
    signed = changed(certificate, signed=certificate.tbs_certificate_bytes.replace(composite_vector["pk"], wrong))
    for use in (public_key, verify_certificate):
        with pytest.raises(InvalidKeyError, match="point"):
            use(signed)
