"""Certificates and certificate requests are valid here and for OpenSSL, through `cryptography`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from certificates import NAME, certificate, changed, self_signed
from conftest import Sizes
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, mlkem
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from qynauth_pqc import (
    ClosedError,
    InvalidKeyError,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    PQCError,
    UnsupportedError,
    XWingPrivateKey,
)
from qynauth_pqc.integrations.x509 import (
    _parse,
    public_key,
    signing_key,
    subject_key,
    verify_certificate,
    verify_request,
)

DSA_SETS = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
# RFC 9935 has its certificates signed with the keys of RFC 9881.
ISSUERS = dict(zip(["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"], DSA_SETS, strict=True))


def request(key: Any) -> x509.CertificateSigningRequest:
    """Return a certificate request for a key as `cryptography` takes it."""
    return x509.CertificateSigningRequestBuilder().subject_name(NAME).sign(key, None)


def their_key(name: str) -> Any:
    """Make a key of OpenSSL."""
    return getattr(mldsa, f"{name.replace('-', '')}PrivateKey").generate()


def example(vectors: Path, name: str) -> x509.Certificate:
    """Read a certificate of RFC 9881 or RFC 9935."""
    folder = "rfc9935" if "KEM" in name else "rfc9881"
    return x509.load_pem_x509_certificate((vectors / folder / f"{name}.crt").read_bytes())


@pytest.mark.parametrize("name", [*ISSUERS, *DSA_SETS])
def test_examples_have_the_key_of_their_file_and_a_valid_signature(vectors: Path, name: Any) -> None:
    """A key of ML-KEM-512 works too, which `cryptography` does not know."""
    signed, issuer = example(vectors, name), example(vectors, ISSUERS.get(name, name))
    folder = "rfc9935" if "KEM" in name else "rfc9881"
    assert public_key(signed).to_spki() == (vectors / folder / f"{name}.pub").read_bytes()
    verify_certificate(signed, public_key(issuer))  # type: ignore[arg-type]
    with pytest.raises(InvalidSignatureError):
        verify_certificate(signed, MLDSAPrivateKey.generate(ISSUERS.get(name, name)).public_key)


def test_openssl_verifies_the_certificate_that_we_make(dsa: Sizes) -> None:
    """It reads the same key from it, by its class and by its identifier."""
    key = MLDSAPrivateKey.generate(dsa.name)
    made = self_signed(key)
    made.verify_directly_issued_by(made)
    verify_certificate(made)
    theirs = made.public_key()
    assert theirs.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == key.public_key.to_spki("DER")
    identifier = x509.SubjectKeyIdentifier.from_public_key(theirs)
    assert made.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value == identifier


def test_certificate_that_openssl_makes_verifies(dsa: Sizes) -> None:
    """It verifies with its own key, and with a key of this library for another subject."""
    theirs, ours = their_key(dsa.name), MLDSAPrivateKey.generate(dsa.name)
    made = certificate(theirs.public_key(), theirs)
    verify_certificate(made)
    assert public_key(made).to_spki("DER") == theirs.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    issued = certificate(subject_key(ours.public_key), theirs)
    verify_certificate(issued, public_key(made))  # type: ignore[arg-type]
    issued.verify_directly_issued_by(made)


def test_request_is_valid_on_both_sides(dsa: Sizes) -> None:
    """This library and OpenSSL make requests, and verify both."""
    ours, theirs = MLDSAPrivateKey.generate(dsa.name), their_key(dsa.name)
    made = request(signing_key(ours))
    assert made.is_signature_valid
    assert public_key(made) == ours.public_key
    verify_request(made)
    verify_request(request(theirs))


@pytest.mark.parametrize("name", ["ML-KEM-768", "ML-KEM-1024"])
def test_certificate_for_a_key_of_mlkem_is_issued_by_one_of_mldsa(name: Any) -> None:
    """It cannot sign its own."""
    subject, issuer = MLKEMPrivateKey.generate(name), MLDSAPrivateKey.generate("ML-DSA-65")
    made = certificate(subject_key(subject.public_key), signing_key(issuer))
    assert public_key(made) == subject.public_key
    assert isinstance(made.public_key(), mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey)
    made.verify_directly_issued_by(self_signed(issuer))
    verify_certificate(made, issuer.public_key)
    with pytest.raises(
        UnsupportedError, match="expected the public key that the issuer signs with, got MLKEMPublicKey"
    ):
        verify_certificate(made)


KEY = MLDSAPrivateKey.generate("ML-DSA-44")
SIGNED = [
    pytest.param(self_signed(KEY), verify_certificate, id="certificate"),
    pytest.param(request(signing_key(KEY)), verify_request, id="request"),
]


def to_be_signed(signed: Any) -> bytes:
    """Return the bytes that the signature covers."""
    data: bytes = signed.tbs_certificate_bytes if isinstance(signed, x509.Certificate) else signed.tbs_certrequest_bytes
    return data


def algorithm(last: int, *, null: bool = False) -> bytes:
    """Return the identifier of an algorithm of NIST's arc for signatures, perhaps with parameters."""
    content = bytes.fromhex("06096086480165030403") + bytes([last]) + (b"\x05\x00" if null else b"")
    return bytes([0x30, len(content)]) + content


@pytest.mark.parametrize(("signed", "verify"), SIGNED)
def test_signature_of_something_else_is_refused(signed: Any, verify: Callable[[Any], None]) -> None:
    """A name was changed after the signature."""
    tampered = changed(signed, signed=to_be_signed(signed).replace(b"name", b"eman"))
    with pytest.raises(InvalidSignatureError, match="signature is not valid"):
        verify(tampered)


@pytest.mark.parametrize(("signed", "verify"), SIGNED)
@pytest.mark.parametrize("size", [0, 2419, 2421])
def test_signature_of_a_wrong_length_is_refused(signed: Any, verify: Callable[[Any], None], size: int) -> None:
    """The error names both sizes."""
    tampered = changed(signed, signature=asn1.BitString(bytes(size), 0))
    with pytest.raises(InvalidSignatureError, match=f"expected 2420 bytes for ML-DSA-44, got {size}"):
        verify(tampered)


@pytest.mark.parametrize(("signed", "verify"), SIGNED)
def test_signature_in_part_of_a_byte_is_refused(signed: Any, verify: Callable[[Any], None]) -> None:
    """It would be another certificate with the same signature."""
    signature = signed.signature[:-1] + b"\xf0"
    with pytest.raises(InvalidSignatureError, match="signature is not a whole number of bytes"):
        verify(changed(signed, signature=asn1.BitString(signature, 4)))


@pytest.mark.parametrize(("signed", "verify"), SIGNED)
@pytest.mark.parametrize("last", [16, 32, 35])
def test_other_algorithms_and_parameters_are_refused(signed: Any, verify: Callable[[Any], None], last: int) -> None:
    """They are neighbours of ML-DSA; `cryptography` does not load parameters of ML-DSA."""
    with pytest.raises(UnsupportedError, match="not signed with an algorithm of this library"):
        verify(changed(signed, algorithm=algorithm(last)))
    with pytest.raises(ValueError, match="ExtraData"):
        changed(signed, algorithm=algorithm(17, null=True))


def test_certificate_that_names_two_algorithms_is_refused() -> None:
    """The signed one and the one next to the signature must be the same."""
    signed = self_signed(KEY)
    with pytest.raises(InvalidSignatureError, match="names two signature algorithms"):
        verify_certificate(changed(signed, algorithm=algorithm(18)))
    both = to_be_signed(signed).replace(algorithm(17), algorithm(18), 1)
    with pytest.raises(
        InvalidSignatureError, match="expected an ML-DSA-65 key for this signature, got an ML-DSA-44 key"
    ):
        verify_certificate(changed(signed, signed=both, algorithm=algorithm(18)))


def test_signature_of_another_set_than_the_key_is_refused() -> None:
    """The error names the sets before a length is checked; another key of the set is refused too."""
    with pytest.raises(
        InvalidSignatureError, match="expected an ML-DSA-44 key for this signature, got an ML-DSA-65 key"
    ):
        verify_certificate(self_signed(KEY), MLDSAPrivateKey.generate("ML-DSA-65").public_key)
    with pytest.raises(InvalidSignatureError, match="signature is not valid"):
        verify_certificate(self_signed(KEY), MLDSAPrivateKey.generate("ML-DSA-44").public_key)


def test_certificates_of_other_algorithms_are_refused() -> None:
    """The key is on a curve, or a key of this library under a signature by a curve."""
    curve = ec.generate_private_key(ec.SECP256R1())
    for signed in (
        certificate(curve.public_key(), curve, hashes.SHA256()),
        certificate(curve.public_key(), their_key("ML-DSA-44")),
    ):
        with pytest.raises(UnsupportedError, match="algorithm"):
            public_key(signed)
    issued = certificate(subject_key(KEY.public_key), curve, hashes.SHA256())
    assert public_key(issued) == KEY.public_key
    with pytest.raises(UnsupportedError, match="not signed with an algorithm of this library"):
        verify_certificate(issued)


@pytest.mark.parametrize(("signed", "verify"), SIGNED)
def test_key_of_xwing_in_a_certificate_verifies_nothing(signed: Any, verify: Callable[[Any], None]) -> None:
    """The key is read, and as an issuer it is refused by an error of the package, not by a TypeError."""
    key = XWingPrivateKey.generate().public_key
    parts = _parse(signed)
    parts.signed.subject_public_key_info = asn1.decode_der(asn1.TLV, key.to_spki("DER"))
    load = x509.load_der_x509_certificate if isinstance(signed, x509.Certificate) else x509.load_der_x509_csr
    made: Any = load(asn1.encode_der(parts))
    assert public_key(made) == key
    with pytest.raises(
        UnsupportedError, match="expected the public key that the issuer signs with, got XWingPublicKey"
    ):
        verify(made)


def test_unreduced_key_of_mlkem_is_refused() -> None:
    """The checks of a key apply to a key in a certificate."""
    subject = MLKEMPrivateKey.generate("ML-KEM-768").public_key
    signed = certificate(subject_key(subject), signing_key(KEY))
    data = to_be_signed(signed).replace(subject.public_bytes()[:64], b"\xff" * 64)
    with pytest.raises(InvalidKeyError, match="modulus"):
        public_key(changed(signed, signed=data))


def test_other_types_are_refused() -> None:
    """The error of each function names the type that it takes."""
    signed, asked = self_signed(KEY), request(signing_key(KEY))
    stranger: Any = KEY.public_key
    calls: list[Callable[[], object]] = [
        lambda: signing_key(stranger),
        lambda: subject_key(KEY),  # type: ignore[arg-type]
        lambda: public_key(stranger),
        lambda: verify_certificate(asked),  # type: ignore[arg-type]
        lambda: verify_certificate(signed, KEY),  # type: ignore[arg-type]
        lambda: verify_request(signed),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"expected|must"):
            call()


def test_key_for_builders_fails_when_closed() -> None:
    """It holds the key itself."""
    key = MLDSAPrivateKey.generate("ML-DSA-44")
    signer = signing_key(key)
    key.close()
    with pytest.raises(ClosedError):
        request(signer)


WHOLE = self_signed(KEY).public_bytes(Encoding.DER)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # of a serial number of 0
@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(st.integers(0, 1500), st.binary(min_size=1, max_size=4))
def test_no_damage_raises_anything_outside_the_tree(position: int, data: bytes) -> None:
    """`cryptography` may still load the certificate, but it does not verify."""
    damaged = WHOLE[:position] + data + WHOLE[position + len(data) :]
    with suppress(ValueError):
        signed = x509.load_der_x509_certificate(damaged)
        with suppress(PQCError):
            assert isinstance(public_key(signed), MLDSAPublicKey)
        if damaged != WHOLE:
            with pytest.raises(PQCError):
                verify_certificate(signed, KEY.public_key)
