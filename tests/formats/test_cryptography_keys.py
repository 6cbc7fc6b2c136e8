"""Our keys become keys of `cryptography` and back; its HPKE, signatures, serialisers and verified chains take them."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import Sizes
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, mlkem
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from qynauth_pqc import (
    ClosedError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    SeedUnavailableError,
    UnsupportedError,
    XWingPrivateKey,
    load_private_key,
)
from qynauth_pqc.integrations.x509 import signing_key

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HPKE = {"ML-KEM-768": KEM.MLKEM768, "ML-KEM-1024": KEM.MLKEM1024}


@pytest.mark.parametrize("name", HPKE)
def test_hpke_opens_with_our_key_what_it_sealed_for_our_public_key(name: Any) -> None:
    """A key that was converted there and back opens it too."""
    suite, key = Suite(HPKE[name], KDF.HKDF_SHA256, AEAD.AES_256_GCM), MLKEMPrivateKey.generate(name)
    sealed = suite.encrypt(b"message", key.public_key.to_cryptography(), info=b"info")
    assert suite.decrypt(sealed, key.to_cryptography(), info=b"info") == b"message"
    again = MLKEMPrivateKey.from_cryptography(key.to_cryptography(), code_path="portable")
    assert suite.decrypt(sealed, again.to_cryptography(), info=b"info") == b"message"
    assert again.code_path == "portable"


def test_hpke_opens_with_our_key_of_xwing_what_it_sealed() -> None:
    """HPKE seals for the encoded public key, and for the one that it derives."""
    suite, key = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305), XWingPrivateKey.generate()
    private = key.to_cryptography()
    for public in (key.public_key.to_cryptography(), private.public_key()):
        assert suite.decrypt(suite.encrypt(b"message", public), private) == b"message"


@pytest.mark.parametrize("name", HPKE)
def test_ciphertext_of_either_opens_with_the_other(name: Any) -> None:
    """The shared secrets are the same."""
    key = MLKEMPrivateKey.generate(name)
    secret, ciphertext = key.public_key.to_cryptography().encapsulate()
    assert key.decapsulate(ciphertext) == secret
    ciphertext, ours = key.public_key.encapsulate()
    assert ours == key.to_cryptography().decapsulate(ciphertext)


def test_signature_of_either_verifies_with_the_other(dsa: Sizes) -> None:
    """The signatures have a context."""
    key = MLDSAPrivateKey.generate(dsa.name)
    signature = key.to_cryptography().sign(b"message", b"context")
    key.public_key.verify(b"message", signature, context=b"context")
    key.public_key.to_cryptography().verify(key.sign(b"message", context=b"context"), b"message", b"context")


@pytest.mark.parametrize("name", [*HPKE, "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
def test_key_is_the_same_there_and_back(name: Any) -> None:
    """A private key keeps its seed; this library loads the encodings of `cryptography`."""
    ours, kind, public_kind = (
        (MLKEMPrivateKey.generate(name), MLKEMPrivateKey, MLKEMPublicKey)
        if name in HPKE
        else (MLDSAPrivateKey.generate(name), MLDSAPrivateKey, MLDSAPublicKey)
    )
    private: Any = ours.to_cryptography()
    public: Any = ours.public_key.to_cryptography()
    assert kind.from_cryptography(private).seed() == ours.seed()
    assert public_kind.from_cryptography(public) == public_kind.from_cryptography(private.public_key())
    assert public_kind.from_cryptography(public) == ours.public_key
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert load_private_key(pem).seed() == ours.seed()
    assert public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) == ours.public_key.to_spki()


def test_key_without_a_class_is_refused() -> None:
    """The message names the parameter set."""
    key = MLKEMPrivateKey.generate("ML-KEM-512")
    for each in (key, key.public_key):
        with pytest.raises(UnsupportedError, match="cryptography has no class for ML-KEM-512 keys"):
            each.to_cryptography()


def test_key_without_a_seed_or_closed_is_refused() -> None:
    """`cryptography` makes private keys from seeds only."""
    key = MLDSAPrivateKey.generate()
    expanded = MLDSAPrivateKey.from_private_bytes(key.private_bytes())
    with pytest.raises(SeedUnavailableError):
        expanded.to_cryptography()
    assert MLDSAPublicKey.from_cryptography(expanded.public_key.to_cryptography()) == key.public_key
    key.close()
    with pytest.raises(ClosedError):
        key.to_cryptography()


@pytest.mark.parametrize("kind", [MLKEMPrivateKey, MLKEMPublicKey, MLDSAPrivateKey, MLDSAPublicKey])
def test_another_key_is_refused_by_its_type(kind: Any) -> None:
    """A key of another family, the other half, and a key of this library are refused."""
    own, suffix = kind.__name__[:5], kind.__name__[5:]
    for key in (
        ec.generate_private_key(ec.SECP256R1()),
        mlkem.MLKEM768PrivateKey.generate() if own == "MLDSA" else mldsa.MLDSA44PrivateKey.generate(),
        MLDSAPrivateKey.generate(),
        signing_key(MLDSAPrivateKey.generate()),
        None,
    ):
        with pytest.raises(TypeError, match=rf"^key must be {own}\d+{suffix} or .* of cryptography, not "):
            kind.from_cryptography(key)


def common_name(name: str) -> x509.Name:
    """Return a name of one attribute."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def issue(subject: str, key: Any, issuer: str, signer: Any, *, is_ca: bool) -> x509.Certificate:
    """Return a certificate as PolicyBuilder demands it of the chain of a server."""
    usage = dict.fromkeys(list(inspect.signature(x509.KeyUsage).parameters), False)
    usage |= {"key_cert_sign": is_ca, "digital_signature": not is_ca}
    extensions = [
        x509.BasicConstraints(is_ca, None),
        x509.KeyUsage(**usage),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
        x509.SubjectKeyIdentifier.from_public_key(key),
        *([] if is_ca else [x509.SubjectAlternativeName([x509.DNSName(subject)])]),
    ]
    builder = x509.CertificateBuilder().subject_name(common_name(subject)).issuer_name(common_name(issuer))
    builder = builder.public_key(key).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=30))
    for each in extensions:
        builder = builder.add_extension(each, critical=isinstance(each, x509.BasicConstraints))
    return builder.sign(signer, None)


def test_policy_builder_verifies_a_chain_of_our_keys() -> None:
    """The chain is a root, an intermediate and a leaf; a leaf that the intermediate did not sign is refused."""
    root, middle, leaf = (MLDSAPrivateKey.generate(f"ML-DSA-{each}").to_cryptography() for each in (87, 65, 44))  # type: ignore[arg-type]
    roots = issue("root", root.public_key(), "root", root, is_ca=True)
    intermediate = issue("middle", middle.public_key(), "root", root, is_ca=True)
    server = issue("example.com", leaf.public_key(), "middle", middle, is_ca=False)
    policy = PolicyBuilder().store(Store([roots])).time(NOW + timedelta(days=1))
    verifier = policy.build_server_verifier(x509.DNSName("example.com"))
    assert verifier.verify(server, [intermediate]) == [server, intermediate, roots]
    forged = issue("example.com", leaf.public_key(), "middle", leaf, is_ca=False)
    with pytest.raises(VerificationError):
        verifier.verify(forged, [intermediate])


@pytest.mark.parametrize(
    "call",
    [
        "MLKEMPrivateKey.generate().to_cryptography()",
        "MLKEMPrivateKey.generate().public_key.to_cryptography()",
        "MLDSAPrivateKey.from_cryptography(None)",
        "XWingPrivateKey.generate().to_cryptography()",
    ],
)
def test_error_without_the_extra_says_how_to_install_it(call: str) -> None:
    """The process has no `cryptography`."""
    program = f"""
import sys
sys.modules["cryptography"] = None
from qynauth_pqc import *
try:
    {call}
except UnsupportedError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == ("keys of cryptography need cryptography 50 or newer: pip install 'cryptography>=50'\n")
