"""An independent implementation on the other side: OpenSSL, through the `cryptography` package."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Sizes
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

from qynauth_pqc import (
    MLDSAPrivateKey,
    MLDSAPublicKey,
    MLKEMPrivateKey,
    MLKEMPublicKey,
    load_private_key,
    load_public_key,
)

# OpenSSL is reached through these names; the package offers no ML-KEM-512.
KEM_KEYS: dict[str, Any] = {"ML-KEM-768": mlkem.MLKEM768PrivateKey, "ML-KEM-1024": mlkem.MLKEM1024PrivateKey}
DSA_KEYS: dict[str, Any] = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}


@pytest.mark.parametrize("name", KEM_KEYS)
def test_openssl_decapsulates_what_we_encapsulate_and_the_reverse(name: str) -> None:
    """One seed gives both sides the same key; secrets agree in both directions."""
    ours = MLKEMPrivateKey.generate(name)
    theirs = KEM_KEYS[name].from_seed_bytes(bytes(ours.seed()))
    ciphertext, sent = ours.public_key.encapsulate()
    assert sent == theirs.decapsulate(ciphertext)
    their_secret, their_ciphertext = theirs.public_key().encapsulate()
    assert ours.decapsulate(their_ciphertext) == their_secret
    assert MLKEMPublicKey.from_public_bytes(theirs.public_key().public_bytes_raw()) == ours.public_key


def test_openssl_verifies_what_we_sign_and_the_reverse(dsa: Sizes) -> None:
    """One seed gives both sides the same key; signatures with a context verify in both directions."""
    ours = MLDSAPrivateKey.generate(dsa.name)
    theirs = DSA_KEYS[dsa.name].from_seed_bytes(bytes(ours.seed()))
    public_key = MLDSAPublicKey.from_public_bytes(theirs.public_key().public_bytes_raw())
    assert public_key == ours.public_key
    theirs.public_key().verify(ours.sign(b"message", context=b"context"), b"message", b"context")
    public_key.verify(b"message", theirs.sign(b"message", b"context"), context=b"context")
    with pytest.raises(InvalidSignature):
        theirs.public_key().verify(ours.sign(b"message", context=b"context"), b"message")


ENCODINGS = {"PEM": serialization.Encoding.PEM, "DER": serialization.Encoding.DER}


def generate(name: str) -> Any:
    """Make a key of either family."""
    return (MLKEMPrivateKey if name in KEM_KEYS else MLDSAPrivateKey).generate(name)


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
@pytest.mark.parametrize("password", [None, b"password"])
@pytest.mark.parametrize("name", [*KEM_KEYS, *DSA_KEYS])
def test_openssl_reads_the_private_keys_that_we_write_and_the_reverse(
    name: str, password: bytes | None, encoding: str
) -> None:
    """In the form of a seed, the only one that the package offers, encrypted and not; both encode to the same bytes."""
    ours = generate(name)
    read = {"PEM": serialization.load_pem_private_key, "DER": serialization.load_der_private_key}[encoding]
    theirs: Any = read(bytes(ours.to_pkcs8("seed", encoding, password)), password)
    assert theirs.private_bytes_raw() == ours.seed()
    protection: Any = serialization.NoEncryption()
    if password:
        protection = serialization.BestAvailableEncryption(password)
    pkcs8 = serialization.PrivateFormat.PKCS8
    written = theirs.private_bytes(ENCODINGS[encoding], pkcs8, protection)
    assert load_private_key(written, password).seed() == ours.seed()
    assert password or ours.to_pkcs8("seed", encoding) == written


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
@pytest.mark.parametrize("name", [*KEM_KEYS, *DSA_KEYS])
def test_openssl_reads_the_public_keys_that_we_write_and_the_reverse(name: str, encoding: str) -> None:
    """Both encode to the same bytes."""
    ours = generate(name).public_key
    read = {"PEM": serialization.load_pem_public_key, "DER": serialization.load_der_public_key}[encoding]
    theirs: Any = read(ours.to_spki(encoding))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    assert theirs.public_bytes(ENCODINGS[encoding], spki) == ours.to_spki(encoding)
    assert load_public_key(ours.to_spki(encoding)) == ours
