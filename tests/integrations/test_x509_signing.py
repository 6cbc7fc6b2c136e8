"""Signers of every family make certificates and requests; OpenSSL verifies the ones of ML-DSA and SLH-DSA."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bouncycastle import run_java
from certificates import NAME, changed
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AttributeOID
from elsewhere import Elsewhere
from OpenSSL import crypto

from qynauth_pqc import (
    ClosedError,
    CompositePrivateKey,
    InvalidSignatureError,
    MLDSAPrivateKey,
    MLKEMPrivateKey,
    SignaturePrivateKey,
    SLHDSAPrivateKey,
    UnsupportedError,
    XWingPrivateKey,
)
from qynauth_pqc._keys.key import loadable
from qynauth_pqc.integrations.x509 import (
    public_key,
    sign_certificate,
    sign_request,
    signing_key,
    subject_key,
    verify_certificate,
    verify_request,
)

NOW = datetime.now(UTC)
SETS = [
    pytest.param(kind, name, id=name, marks=[pytest.mark.nightly] if re.fullmatch("SLH-DSA-.*s", name) else [])
    for kind, name in loadable(SignaturePrivateKey)
]
OTHER = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "other")])
CSR = x509.CertificateSigningRequestBuilder().subject_name(NAME)


def draft(key: Any, subject: x509.Name = NAME, issuer: x509.Name = NAME, *, ca: bool = True) -> x509.CertificateBuilder:
    """Return the certificate of a builder for a public key, with extensions of several kinds."""
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(subject_key(key))
    builder = builder.serial_number(1 << 158).not_valid_before(NOW - timedelta(hours=1))
    builder = builder.not_valid_after(NOW + timedelta(days=9000))  # past 2049: GeneralizedTime
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    names = [x509.DNSName("name.example"), x509.DirectoryName(OTHER)]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(subject_key(key)), critical=False)


def openssl_accepts(leaf: x509.Certificate, *chain: x509.Certificate, root: x509.Certificate) -> bool:
    """Return whether OpenSSL finds a valid path."""
    store = crypto.X509Store()
    store.add_cert(crypto.X509.from_cryptography(root))
    leaf_of, *others = map(crypto.X509.from_cryptography, (leaf, *chain))
    try:
        crypto.X509StoreContext(store, leaf_of, others).verify_certificate()
    except crypto.X509StoreContextError:
        return False
    return True


@pytest.mark.parametrize(("kind", "name"), SETS)
def test_certificate_and_request_of_each_set_verify(kind: Any, name: Any) -> None:
    """They verify here, and in OpenSSL, except for composites."""
    key = kind.generate(name)
    made, asked = sign_certificate(draft(key.public_key), key), sign_request(CSR, key)
    verify_certificate(made)
    verify_request(asked)
    assert public_key(made) == public_key(asked) == key.public_key
    assert made.signature_algorithm_oid.dotted_string == asked.signature_algorithm_oid.dotted_string == name.oid
    assert openssl_accepts(made, root=made) is not isinstance(key, CompositePrivateKey)
    stranger = kind.generate(name).public_key
    with pytest.raises(InvalidSignatureError, match="signature is not valid"):
        verify_certificate(made, stranger)
    assert not openssl_accepts(made, root=sign_certificate(draft(stranger), key))


def test_fields_are_those_of_the_builder(dsa: Any) -> None:
    """The signed bytes equal the output of `cryptography`."""
    key = MLDSAPrivateKey.generate(dsa.name)
    theirs, ours = draft(key.public_key).sign(signing_key(key), None), sign_certificate(draft(key.public_key), key)
    assert ours.tbs_certificate_bytes == theirs.tbs_certificate_bytes
    asked = CSR.add_attribute(AttributeOID.CHALLENGE_PASSWORD, b"word").add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    assert sign_request(asked, key).tbs_certrequest_bytes == asked.sign(signing_key(key), None).tbs_certrequest_bytes


def test_openssl_verifies_a_chain_of_several_families() -> None:
    """The root is SLH-DSA, the issuer ML-DSA and the leaf SLH-DSA; a wrong issuer fails."""
    root_key, leaf_key = (SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f") for _ in range(2))
    issuing_key = MLDSAPrivateKey.generate("ML-DSA-65")
    leaf_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "leaf")])
    root = sign_certificate(draft(root_key.public_key), root_key)
    issuing = sign_certificate(draft(issuing_key.public_key, OTHER), root_key)
    leaf = sign_certificate(draft(leaf_key.public_key, leaf_name, OTHER, ca=False), issuing_key)
    assert openssl_accepts(leaf, issuing, root=root)
    forged = sign_certificate(draft(leaf_key.public_key, leaf_name, OTHER, ca=False), leaf_key)
    assert not openssl_accepts(forged, issuing, root=root)
    assert not openssl_accepts(leaf, root=root)


@pytest.mark.nightly
def test_bouncy_castle_verifies_certificates_and_requests(tmp_path: Path) -> None:
    """It verifies composites too, and refuses another signature."""
    jobs = {}
    for kind, name in loadable(SignaturePrivateKey):
        key = kind.generate(name)
        made, asked = sign_certificate(draft(key.public_key), key), sign_request(CSR, key)
        wrong = changed(made, signature=asn1.BitString(key.sign(b"another message"), 0))
        for file, signed, answer in (
            ("good", made, "valid"),
            ("wrong", wrong, "not valid"),
            ("request", asked, "valid"),
        ):
            (tmp_path / f"{name}-{file}").write_bytes(signed.public_bytes(Encoding.DER))
            jobs[f"{'request' if signed is asked else 'certificate'} {name}-{file}"] = answer
    assert run_java(Path(__file__).with_name("BouncyCastleX509.java"), tmp_path, [*jobs]) == jobs


@pytest.mark.parametrize(
    "subject",
    [MLKEMPrivateKey.generate("ML-KEM-512"), XWingPrivateKey.generate(), CompositePrivateKey.generate()],
    ids=lambda each: each.public_key.parameter_set,
)
def test_subject_of_any_family_gets_a_certificate(subject: Any) -> None:
    """`cryptography` may have no class for the key, and the issuer may be of another family."""
    issuer = CompositePrivateKey.generate("MLDSA65-ECDSA-P256-SHA512")
    made = sign_certificate(draft(subject.public_key, OTHER), issuer)
    assert public_key(made) == subject.public_key
    verify_certificate(made, issuer.public_key)


@pytest.mark.parametrize("name", ["ML-DSA-44", "MLDSA44-Ed25519-SHA512", "SLH-DSA-SHAKE-128f"])
def test_key_that_is_elsewhere_signs(name: str) -> None:
    """A signer has an algorithm, a public key and `sign`, and nothing else."""
    signer = Elsewhere(name)
    verify_certificate(sign_certificate(draft(signer.public_key), signer))
    verify_request(sign_request(CSR, signer))


def test_signer_of_mldsa_elsewhere_signs_what_the_builders_do() -> None:
    """It signs a list of revoked certificates, for example."""
    signer = Elsewhere("ML-DSA-44")
    builder = x509.CertificateRevocationListBuilder().issuer_name(NAME).last_update(NOW)
    made = builder.next_update(NOW + timedelta(days=1)).sign(signing_key(signer), None)
    assert made.is_signature_valid(signer.public_key.to_cryptography())  # type: ignore[attr-defined]


def test_signature_of_another_key_is_not_returned() -> None:
    """A signer with another key than its public key is noticed."""
    signer = Elsewhere("MLDSA44-Ed25519-SHA512")
    signer.public_key = CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512").public_key
    for call in (lambda: sign_certificate(draft(signer.public_key), signer), lambda: sign_request(CSR, signer)):
        with pytest.raises(InvalidSignatureError, match="signature is not valid"):
            call()


def test_errors_name_what_is_wrong() -> None:
    """The errors are a missing field, a closed key, another type, and an unknown algorithm."""
    key = CompositePrivateKey.generate()
    with pytest.raises(ValueError, match="must have an issuer name"):
        sign_certificate(x509.CertificateBuilder().subject_name(NAME), key)
    with pytest.raises(TypeError, match="builder must be CertificateBuilder, not CertificateSigningRequestBuilder"):
        sign_certificate(CSR, key)  # type: ignore[arg-type]
    for wrong in (key.public_key, MLKEMPrivateKey.generate("ML-KEM-512"), None):
        with pytest.raises(TypeError, match="signer must be a private key that signs, or another signer, not"):
            sign_request(CSR, wrong)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="use sign_certificate or sign_request"):
        signing_key(key)
    with pytest.raises(UnsupportedError, match="for the builders of cryptography only"):
        subject_key(key.public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key.close()
    with pytest.raises(ClosedError):
        sign_request(CSR, key)


def test_key_for_builders_does_not_show_the_signer() -> None:
    """A signer of a program may have a representation with secrets in it."""

    class Shown(Elsewhere):
        def __repr__(self) -> str:
            return "SENTINEL"

    assert "SENTINEL" not in repr(signing_key(Shown("ML-DSA-44")))
