"""The nonces of ECDSA halves follow RFC 6979, with `rnd` as additional data, zeros if deterministic."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import composite_draft as draft
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils

from qynauth_pqc import CompositePrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Curve:
    """A curve and the hash that signs on it."""

    curve: ec.EllipticCurve
    digest: str

    @property
    def n(self) -> int:
        """The number of points."""
        return self.curve.group_order

    @property
    def size(self) -> int:
        """The size of a number modulo n, in bytes."""
        return self.curve.key_size // 8


HASHES = {"P-256": "sha256", "P-384": "sha384"}
ROWS = [
    pytest.param(name, Curve(draft.CURVES[row.curve], HASHES[row.curve]), id=name)
    for name, row in draft.ROWS.items()
    if row.curve
]


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
def test_deterministic_signature_has_the_nonce_of_the_rfc(name: Any, curve: Curve) -> None:
    """So r and s are as FIPS 186-5, section 6.4.1, computes them."""
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
def test_hedged_signatures_have_nonces_of_their_own(name: Any, curve: Curve) -> None:
    """Two signatures of one message have different nonces."""
    key = CompositePrivateKey.generate(name)
    found = {components(name, key.sign(b"message"))[0] for _ in range(10)}
    assert len(found) == 10
    assert all(0 < r < curve.n for r in found)
