"""The nonces of ECDSA halves, derived again by RFC 6979: with `rnd` as additional data, zeros if deterministic."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import composite_draft as draft
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils

from qynauth_pqc import CompositePrivateKey, CompositePublicKey, InvalidKeyError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Curve:
    """A curve over the integers modulo p, y^2 = x^3 - 3x + b, with n points, and the hash that signs on it."""

    curve: ec.EllipticCurve
    digest: str
    size: int
    n: int
    p: int
    b: int


P256 = Curve(
    ec.SECP256R1(),
    "sha256",
    32,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
)
P384 = Curve(
    ec.SECP384R1(),
    "sha384",
    48,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
)
ROWS = [pytest.param(name, P256 if "P256" in name else P384, id=name) for name in draft.ROWS if "ECDSA" in name]


def nonces(curve: Curve, secret: int, digest: bytes, additional: bytes) -> Iterator[int]:
    """Yield the candidates of RFC 6979, section 3.2, with the additional data of section 3.6."""

    def mac(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, curve.digest)

    reduced = int.from_bytes(digest, "big") % curve.n
    seed = secret.to_bytes(curve.size, "big") + reduced.to_bytes(curve.size, "big") + additional
    key, value = bytes(len(digest)), b"\1" * len(digest)
    for separator in (b"\0", b"\1"):
        key = mac(key, value + separator + seed)
        value = mac(key, value)
    while True:
        value = mac(key, value)
        if 0 < int.from_bytes(value, "big") < curve.n:
            yield int.from_bytes(value, "big")
        key = mac(key, value + b"\0")
        value = mac(key, value)


def components(name: str, signature: bytes) -> tuple[int, int]:
    """Return r and s of the ECDSA half."""
    return utils.decode_dss_signature(signature[draft.ROWS[name].signature_size :])


@pytest.mark.parametrize(("name", "curve"), ROWS)
def test_deterministic_signature_has_the_nonce_of_the_rfc(name: str, curve: Curve) -> None:
    """And with it r and s as FIPS 186-5, section 6.4.1, computes them."""
    key = CompositePrivateKey.generate(name)
    with key.private_bytes() as encoded:
        secret = int.from_bytes(bytes(encoded)[39 : 39 + curve.size], "big")
    r, s = components(name, key.sign(b"message", context=b"login", deterministic=True))
    signed = draft.message_representative(draft.ROWS[name], b"message", b"login")
    digest = hashlib.new(curve.digest, signed).digest()
    nonce = next(nonces(curve, secret, digest, bytes(32)))
    assert r == ec.derive_private_key(nonce, curve.curve).public_key().public_numbers().x % curve.n
    assert s == pow(nonce, -1, curve.n) * (int.from_bytes(digest, "big") + r * secret) % curve.n


@pytest.mark.parametrize(("name", "curve"), ROWS)
def test_hedged_signatures_have_nonces_of_their_own(name: str, curve: Curve) -> None:
    """Of one message, too."""
    key = CompositePrivateKey.generate(name)
    found = {components(name, key.sign(b"message"))[0] for _ in range(10)}
    assert len(found) == 10
    assert all(0 < r < curve.n for r in found)


@pytest.mark.parametrize(("name", "curve"), ROWS)
def test_coordinate_that_is_not_reduced_is_refused(name: str, curve: Curve) -> None:
    """Such a point would have a second encoding."""
    prefix = CompositePrivateKey.generate(name).public_key.public_bytes()[: -2 * curve.size]
    squares = ((x, (x**3 - 3 * x + curve.b) % curve.p) for x in range(200))
    points = ((x, pow(square, (curve.p + 1) // 4, curve.p), square) for x, square in squares)
    for x, y, _ in islice((point for point in points if point[1] ** 2 % curve.p == point[2]), 5):
        rest = y.to_bytes(curve.size, "big")
        assert CompositePublicKey.from_public_bytes(prefix + x.to_bytes(curve.size, "big") + rest, name)
        with pytest.raises(InvalidKeyError, match="point"):
            CompositePublicKey.from_public_bytes(prefix + (x + curve.p).to_bytes(curve.size, "big") + rest, name)
