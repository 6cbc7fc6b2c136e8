"""Key exchanges in Python: sizes, refusals, and the other side by `cryptography`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    SECP384R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from qynauth_pqc import (
    ClosedError,
    InvalidCiphertextError,
    InvalidKeyError,
    MLKEMPublicKey,
    SecretBytes,
    UnsupportedError,
)
from qynauth_pqc.exchange import EXCHANGES, KeyExchange, answer

if TYPE_CHECKING:
    from qynauth_pqc.exchange import ExchangeName

SIZES = {
    "X25519MLKEM768": (1216, 1120, 64),
    "SecP256r1MLKEM768": (1249, 1153, 64),
    "SecP384r1MLKEM1024": (1665, 1665, 80),
}
CURVES = {"SecP256r1MLKEM768": (SECP256R1(), 65), "SecP384r1MLKEM1024": (SECP384R1(), 97)}
NAMES = pytest.mark.parametrize("name", SIZES)


def answer_elsewhere(name: ExchangeName, share: bytes) -> tuple[bytes, bytes]:
    """Answer a share with the curve of `cryptography` and a key of ML-KEM alone (draft-ietf-tls-ecdhe-mlkem-05)."""
    if name in CURVES:
        curve, size = CURVES[name]
        own = generate_private_key(curve)
        point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        secret = own.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(curve, share[:size]))
        ciphertext, kem_secret = MLKEMPublicKey.from_public_bytes(share[size:]).encapsulate()
        return point + ciphertext, secret + bytes(kem_secret)
    x25519 = X25519PrivateKey.generate()
    ciphertext, kem_secret = MLKEMPublicKey.from_public_bytes(share[:1184]).encapsulate()
    secret = x25519.exchange(X25519PublicKey.from_public_bytes(share[1184:]))
    return ciphertext + x25519.public_key().public_bytes_raw(), bytes(kem_secret) + secret


def test_names_are_those_of_tls() -> None:
    """And there are no others."""
    assert set(EXCHANGES) == set(SIZES)


@NAMES
def test_both_sides_have_the_same_secret(name: ExchangeName) -> None:
    """With the sizes of the draft, and new in each exchange."""
    with KeyExchange.generate(name) as begun, KeyExchange.generate(name) as other:
        assert begun.share == begun.share != other.share
        ciphertext, sent = answer(name, begun.share)
        received = begun.decapsulate(ciphertext)
        assert isinstance(sent, SecretBytes)
        assert (len(begun.share), len(ciphertext), len(sent)) == SIZES[name]
        assert received == sent
        assert other.decapsulate(ciphertext) != sent
        assert answer(name, begun.share)[1] != sent


@NAMES
def test_another_implementation_answers_a_share(name: ExchangeName) -> None:
    """The halves are in the order of the draft."""
    with KeyExchange.generate(name) as begun:
        ciphertext, sent = answer_elsewhere(name, begun.share)
        assert bytes(begun.decapsulate(ciphertext)) == sent


@NAMES
@pytest.mark.parametrize("extra", [-1, 1])
def test_wrong_lengths_are_refused(name: ExchangeName, extra: int) -> None:
    """The message says both lengths."""
    share_bytes, ciphertext_bytes, _ = SIZES[name]
    with KeyExchange.generate(name) as begun:
        with pytest.raises(InvalidKeyError, match=f"expected {share_bytes} bytes, got {share_bytes + extra}"):
            answer(name, (begun.share + b"\0")[: share_bytes + extra])
        with pytest.raises(InvalidCiphertextError, match=f"expected {ciphertext_bytes} bytes, got"):
            begun.decapsulate(bytes(ciphertext_bytes + extra))


def test_points_of_low_order_are_refused() -> None:
    """X25519 of them is zero, which TLS does not allow (RFC 8446, 7.4.2)."""
    with KeyExchange.generate("X25519MLKEM768") as begun:
        ciphertext, _ = answer("X25519MLKEM768", begun.share)
        with pytest.raises(InvalidKeyError, match="low order"):
            answer("X25519MLKEM768", begun.share[:1184] + bytes(32))
        with pytest.raises(InvalidCiphertextError, match="low order"):
            begun.decapsulate(ciphertext[:1088] + bytes(32))


def test_a_closed_exchange_and_an_unknown_one_are_errors() -> None:
    """The errors show none of the arguments."""
    begun = KeyExchange.generate("X25519MLKEM768")
    assert repr(begun) == "<KeyExchange: X25519MLKEM768>"
    begun.close()
    begun.close()
    for use in (lambda: begun.share, lambda: begun.decapsulate(bytes(1120))):
        with pytest.raises(ClosedError):
            use()
    unknown: tuple[Any, ...] = ("ML-KEM-768", b"X25519MLKEM768", None, [])
    for name in unknown:
        with pytest.raises(UnsupportedError, match="is none of"):
            KeyExchange.generate(name)
    with pytest.raises(TypeError, match="generate"):
        KeyExchange()
