"""An independent implementation on the other side: OpenSSL, through the `cryptography` package."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Sizes
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

from qynauth_pqc import MLDSAPrivateKey, MLDSAPublicKey, MLKEMPrivateKey, MLKEMPublicKey

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
