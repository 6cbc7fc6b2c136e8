"""Paths of certificates with composites and SLH-DSA follow the rules of the verifier of `cryptography`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from certificates import changed
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey, MLKEMPrivateKey, SLHDSAPrivateKey
from qynauth_pqc.integrations.x509 import sign_certificate, subject_key
from qynauth_pqc.integrations.x509_paths import verify_path

NOW = datetime.now(UTC)
HOST = "service.example"


def named(name: str) -> x509.Name:
    """Return a name."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def draft(  # noqa: PLR0913 - what a certificate says
    name: str,
    key: Any,
    issuer: str,
    *,
    ca: bool = False,
    length: int | None = None,
    extensions: tuple[x509.ExtensionType, ...] = (),
    host: str = HOST,
) -> x509.CertificateBuilder:
    """Return an unsigned certificate of the profile that `cryptography` demands."""
    key = subject_key(key) if hasattr(key, "parameter_set") else key
    usage = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), False)
    usage |= dict.fromkeys(("key_agreement", "encipher_only", "decipher_only", "crl_sign"), False)
    builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    of_issuer = x509.AuthorityKeyIdentifier(issuer.encode(), None, None)
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    plain = [of_issuer, x509.SubjectKeyIdentifier(name.encode())]
    plain += [] if ca else [purposes, x509.SubjectAlternativeName([x509.DNSName(host)])]
    usages = x509.KeyUsage(**usage | {"digital_signature": not ca}, key_cert_sign=ca)
    for extension in (x509.BasicConstraints(ca=ca, path_length=length), usages, *extensions):
        builder = builder.add_extension(extension, critical=True)
    for extension in plain:
        builder = builder.add_extension(extension, critical=False)
    return builder


ROOT_KEY = SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f")
ISSUING_KEY = CompositePrivateKey.generate("MLDSA65-Ed25519-SHA512")
LEAF_KEY, IMPOSTOR = (CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512") for _ in range(2))
ROOT = sign_certificate(draft("root", ROOT_KEY.public_key, "root", ca=True), ROOT_KEY)
ISSUING = sign_certificate(draft("issuing", ISSUING_KEY.public_key, "root", ca=True, length=0), ROOT_KEY)
LEAF_DRAFT = draft("leaf", LEAF_KEY.public_key, "issuing")
LEAF = sign_certificate(LEAF_DRAFT, ISSUING_KEY)


def verify(
    leaf: Any = LEAF, chain: Any = (ISSUING,), roots: Any = (ROOT,), host: str = HOST, days: float = 0
) -> list[x509.Certificate]:
    """Verify a path for a server."""
    builder = PolicyBuilder().time(NOW + timedelta(days=days))
    return verify_path(leaf, chain, roots, builder, x509.DNSName(host))


def test_path_is_that_of_the_certificates() -> None:
    """It is for a server or a client; other certificates may be there, in any order."""
    assert verify() == [LEAF, ISSUING, ROOT]
    other = sign_certificate(draft("root", IMPOSTOR.public_key, "root", ca=True), IMPOSTOR)
    stranger = sign_certificate(draft("issuing", IMPOSTOR.public_key, "root", ca=True), IMPOSTOR)
    assert verify(chain=[other, stranger, ISSUING, LEAF], roots=[other, ROOT]) == [LEAF, ISSUING, ROOT]
    assert verify_path(LEAF, [ISSUING], [ROOT], PolicyBuilder().time(NOW)) == [LEAF, ISSUING, ROOT]
    assert verify(chain=[], roots=[ISSUING]) == [LEAF, ISSUING]


def test_subject_may_have_a_key_that_does_not_sign() -> None:
    """An issuer cannot have one."""
    key = MLKEMPrivateKey.generate("ML-KEM-512").public_key
    assert len(verify(sign_certificate(draft("leaf", key, "issuing"), ISSUING_KEY))) == 3


REFUSED: dict[str, dict[str, Any]] = {
    "leaf signed by another key": {"leaf": sign_certificate(LEAF_DRAFT, IMPOSTOR)},
    "issuing signed by another key": {
        "chain": [sign_certificate(draft("issuing", ISSUING_KEY.public_key, "root", ca=True), IMPOSTOR)]
    },
    "issuing with another key": {
        "chain": [sign_certificate(draft("issuing", IMPOSTOR.public_key, "root", ca=True), ROOT_KEY)]
    },
    "missing issuing": {"chain": []},
    "root that is not trusted": {
        "chain": [ISSUING, ROOT],
        "roots": [sign_certificate(draft("root", IMPOSTOR.public_key, "root", ca=True), IMPOSTOR)],
    },
    "leaf that issues": {
        "leaf": sign_certificate(draft("victim", IMPOSTOR.public_key, "leaf"), LEAF_KEY),
        "chain": [LEAF, ISSUING],
    },
    "path too long": {
        "leaf": sign_certificate(draft("leaf", LEAF_KEY.public_key, "below"), IMPOSTOR),
        "chain": [sign_certificate(draft("below", IMPOSTOR.public_key, "issuing", ca=True), ISSUING_KEY), ISSUING],
    },
    "other host": {"host": "other.example"},
    "expired": {"days": 2},
    "not valid yet": {"days": -2},
    "unknown critical extension": {
        "leaf": sign_certificate(
            draft(
                "leaf",
                LEAF_KEY.public_key,
                "issuing",
                extensions=(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0"),),
            ),
            ISSUING_KEY,
        )
    },
    "name outside its constraints": {
        "chain": [
            sign_certificate(
                draft(
                    "issuing",
                    ISSUING_KEY.public_key,
                    "root",
                    ca=True,
                    extensions=(x509.NameConstraints([x509.DNSName("elsewhere.example")], None),),
                ),
                ROOT_KEY,
            )
        ]
    },
    "tampered leaf": {"leaf": changed(LEAF, signed=LEAF.tbs_certificate_bytes.replace(b"service.ex", b"SERVICE.ex"))},
    "tampered signature": {"leaf": changed(LEAF, signature=asn1.BitString(bytes(len(LEAF.signature)), 0))},
    "too many intermediates": {"chain": [ISSUING] * 17},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_path_is_refused(changes: dict[str, Any]) -> None:
    """Each rule is broken separately; the other certificates are right."""
    with pytest.raises(VerificationError):
        verify(**changes)


def test_path_with_constraints_of_names_is_found() -> None:
    """This shows that the refusal above is about the name."""
    constraints = x509.NameConstraints([x509.DNSName("example")], None)
    issuing = draft("issuing", ISSUING_KEY.public_key, "root", ca=True, extensions=(constraints,))
    assert len(verify(chain=[sign_certificate(issuing, ROOT_KEY)])) == 3


def test_classical_certificate_is_left_out_of_a_path_with_composites() -> None:
    """It neither issues nor is issued there."""
    classical = ec.generate_private_key(ec.SECP256R1())
    issuing: Any = draft("issuing", classical.public_key(), "root", ca=True)
    leaf = LEAF_DRAFT.sign(classical, SHA256())
    root: Any = draft("root", classical.public_key(), "root", ca=True).sign(classical, SHA256())
    for changes in ({"chain": [sign_certificate(issuing, ROOT_KEY)], "leaf": leaf}, {"leaf": leaf}, {"roots": [root]}):
        with pytest.raises(VerificationError):
            verify(**changes)


@pytest.mark.parametrize("key", [MLDSAPrivateKey.generate("ML-DSA-65")])
def test_known_keys_are_verified_as_they_are(key: Any) -> None:
    """`cryptography` itself verifies them, with its policies of extensions."""
    root = sign_certificate(draft("root", key.public_key, "root", ca=True), key)
    leaf = sign_certificate(draft("leaf", key.public_key, "root", extensions=()), key)
    theirs = PolicyBuilder().time(NOW).store(Store([root])).build_server_verifier(x509.DNSName(HOST)).verify(leaf, [])
    assert verify(leaf, [], [root]) == theirs == [leaf, root]


def test_unknown_certificates_beside_a_path_do_not_matter() -> None:
    """The path of a classical authority has no other family in it."""
    classical = ec.generate_private_key(ec.SECP256R1())
    root: Any = draft("root", classical.public_key(), "root", ca=True).sign(classical, SHA256())
    leaf: Any = draft("leaf", LEAF_KEY.public_key, "root")
    known: Any = draft("leaf", MLDSAPrivateKey.generate("ML-DSA-44").public_key, "root").sign(classical, SHA256())
    assert verify(known, [ISSUING, LEAF], [ROOT, root]) == [known, root]
    with pytest.raises(VerificationError):
        verify(leaf.sign(classical, SHA256()), [], [root])


def test_policies_of_the_builder_hold() -> None:
    """A leaf without the extensions of the web needs another policy."""
    plain = sign_certificate(
        x509.CertificateBuilder()
        .subject_name(named("leaf"))
        .issuer_name(named("issuing"))
        .public_key(subject_key(LEAF_KEY.public_key))
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1)),
        ISSUING_KEY,
    )
    policies = {"ca_policy": ExtensionPolicy.webpki_defaults_ca(), "ee_policy": ExtensionPolicy.permit_all()}
    with pytest.raises(VerificationError):
        verify_path(plain, [ISSUING], [ROOT], PolicyBuilder().time(NOW))
    builder = PolicyBuilder().time(NOW).extension_policies(**policies)
    assert verify_path(plain, [ISSUING], [ROOT], builder) == [plain, ISSUING, ROOT]


def test_wrong_arguments_are_refused() -> None:
    """No trust anchors, a builder with a store, and other types are refused."""
    builder: Any = PolicyBuilder().time(NOW)
    with pytest.raises(ValueError, match="empty"):
        verify_path(LEAF, [ISSUING], [], builder)
    with pytest.raises(ValueError, match="store"):
        verify_path(LEAF, [ISSUING], [ROOT], builder.store(Store([ROOT])))
    key: Any = LEAF_KEY.public_key
    for arguments in ((key, [ISSUING], [ROOT], builder), (LEAF, [key], [ROOT], builder), (LEAF, [], [ROOT], key)):
        with pytest.raises(TypeError, match="must be"):
            verify_path(*arguments)
