"""Weak public keys of tokens are refused, and keys without alg serve the algorithms that the policy names."""

from __future__ import annotations

from typing import Any

import pytest
from auth_fixtures import (
    POST_QUANTUM,
    Verifying,
    encoded,
    policy_text,
    public_jwk,
    refusal,
    row,
    signed,
    signing_key,
    verdict,
)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.util import urlsafe_b64decode

from qynauth_pqc import CompositePrivateKey, CompositePublicKey, InvalidKeyError
from qynauth_pqc.auth._private_keys import load_private
from qynauth_pqc.auth._public_keys import thumbprint, verifier
from qynauth_pqc.auth.algorithms import ALGORITHMS, algorithms_of
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.formats import to_jwks

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
L = 2**252 + 27742317777372353535851937790883648493
CLASSICAL = ("EdDSA", "Ed25519", "ES256", "ES384", "RS256", "PS256")


def add(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """Return the sum of two points of the curve (RFC 8032, section 5.1.4, in affine coordinates)."""
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def times(number: int, one: tuple[int, int]) -> tuple[int, int]:
    """Return a multiple of a point."""
    found = (0, 1)
    for bit in f"{number:b}":
        found = add(found, found)
        found = add(found, one) if bit == "1" else found
    return found


def of_low_order() -> list[tuple[int, int]]:
    """Return the multiples of a point of order 8, which is L times a point of the curve."""
    y, generator = 2, (0, 1)
    while times(4, generator) == (0, 1):
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
        generator = times(L, (x, y)) if x * x % P == square else (0, 1)
        y += 1
    return [times(number, generator) for number in range(8)]


def point(x: int, y: int) -> bytes:
    """Return the encoding of a point."""
    return (y | (x & 1) << 255).to_bytes(32, "little")


LOW = of_low_order()
REFUSED = {
    **{f"order divides 8, {number}": point(*each) for number, each in enumerate(LOW)},
    **{f"y >= p, {y - P}": (y | sign << 255).to_bytes(32, "little") for y in range(P, 2**255) for sign in (0, 1)},
    "x = 0 with a sign": (1 | 1 << 255).to_bytes(32, "little"),
    "x = 0 with a sign, order 2": (P - 1 | 1 << 255).to_bytes(32, "little"),
    "no point": (2).to_bytes(32, "little"),
    "short": point(*LOW[1])[:31],
}


def test_points_of_low_order_are_all_eight() -> None:
    """Independent arithmetic shows that there are eight, and that eight times each is the neutral point."""
    assert len({point(*each) for each in LOW}) == 8
    assert [times(8, each) for each in LOW] == [(0, 1)] * 8


@pytest.mark.parametrize("x", REFUSED.values(), ids=list(REFUSED))
def test_weak_key_of_ed25519_is_refused_wherever_one_is_read(x: bytes) -> None:
    """It is refused in a set, next to a private key for a ring, and where sets are made."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encoded(x).decode(), "kid": "weak"}
    for name in ("EdDSA", "Ed25519"):
        assert JWKSCache(lambda: {"keys": [jwk]}).key("weak") is None
        with pytest.raises(InvalidKeyError):
            load_private(ALGORITHMS[name], {**jwk, "d": encoded(bytes(32)).decode()})
        with pytest.raises(InvalidKeyError):
            verifier(ALGORITHMS[name], jwk)
    with pytest.raises(InvalidKeyError):
        to_jwks([jwk])
    composite = CompositePrivateKey.generate("MLDSA44-Ed25519-SHA512").public_key.public_bytes()
    with pytest.raises(InvalidKeyError):
        CompositePublicKey.from_public_bytes(composite[:-32] + x, "MLDSA44-Ed25519-SHA512")


def test_signature_of_nobody_is_refused() -> None:
    """OpenSSL accepts R = 1 and S = 0 under the neutral point for any message."""
    forged = (1).to_bytes(32, "little") + bytes(32)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encoded(point(0, 1)).decode(), "kid": "weak"}
    Ed25519PublicKey.from_public_bytes(point(0, 1)).verify(forged, b"any message")
    verifying = Verifying(jwks={"keys": [jwk, public_jwk(signing_key("EdDSA"), "EdDSA")]})
    message = signed("EdDSA", verifying.claims(), {"kid": "weak"}).rpartition(".")[0]
    assert refusal(verifying, f"{message}.{encoded(forged).decode()}") == "unknown_key"


def rsa_jwk(n: int, e: int = 65537) -> dict[str, Any]:
    """Return the JWK of a public key."""
    numbers = {"n": n, "e": e}
    found = {name: encoded(each.to_bytes(-(-each.bit_length() // 8), "big")).decode() for name, each in numbers.items()}
    return {"kty": "RSA", **found}


N = signing_key("RS256").public_key.public_numbers().n  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("jwk", "accepted"),
    [
        (rsa_jwk(N), True),
        (rsa_jwk(2**2047 + 1), True),
        (rsa_jwk(2**2047 - 1), False),
        (rsa_jwk(2**8192 - 1), True),
        (rsa_jwk(2**8192 + 1), False),
        (rsa_jwk(N - 1), False),
        (rsa_jwk(N, 3), True),
        (rsa_jwk(N, 1), False),
        (rsa_jwk(N, 65536), False),
        (rsa_jwk(N, 2**32 - 1), True),
        (rsa_jwk(N, 2**32 + 1), False),
        ({**rsa_jwk(N), "e": "AAEAAQ"}, False),
        ({**rsa_jwk(N), "e": ""}, False),
        ({**rsa_jwk(N), "n": 5}, False),
    ],
)
def test_key_of_rsa_is_in_range(jwk: dict[str, Any], accepted: bool) -> None:  # noqa: FBT001 - a case
    """It has 2048 to 8192 bits, an odd exponent from 3 to 2^32 - 1, and no leading zeros."""
    for name in ("RS256", "PS256"):
        assert (JWKSCache(lambda: {"keys": [{**jwk, "kid": "k", "alg": name}]}).key("k") is not None) is accepted  # noqa: B023 - called at once


def test_short_key_of_rsa_is_refused_by_a_ring_too() -> None:
    """It is refused as JWK and in PEM."""
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - which is the point
    pem = short.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for value in (pem, {**rsa_jwk(short.public_key().public_numbers().n), "d": "Aw"}):
        with pytest.raises(InvalidKeyError, match="expected an odd modulus of 2048 to 8192 bits, got 1024 bits"):
            load_private(ALGORITHMS["RS256"], value)


@pytest.mark.parametrize("salt", [0, 31, 33, 222])
def test_salt_of_ps256_has_32_bytes(salt: int) -> None:
    """RFC 7518, section 3.5, demands this; other salts make no valid signatures."""
    key = signing_key("PS256")
    verifying = Verifying(policy_text(row("PS256")), jwks={"keys": [public_jwk(key, "PS256")]})
    token = signed("PS256", verifying.claims())
    assert verdict(verifying, token) == "accepted"
    message = token.rpartition(".")[0]
    private: Any = key.private_key
    method = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    signature = private.sign(message.encode(), method, hashes.SHA256())
    assert refusal(verifying, f"{message}.{encoded(signature).decode()}") == "bad_signature"


@pytest.mark.parametrize(("algorithm", "size"), [("ES256", 32), ("ES384", 48)])
def test_signature_of_ecdsa_has_one_length(algorithm: str, size: int) -> None:
    """RFC 7518, section 3.4, allows no leading zeros of a number and no DER."""
    verifying = Verifying(policy_text(row(algorithm)), jwks={"keys": [public_jwk(signing_key(algorithm), algorithm)]})
    message, _, last = signed(algorithm, verifying.claims()).rpartition(".")
    plain = urlsafe_b64decode(last.encode())
    r, s = plain[:size], plain[size:]
    der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    assert verdict(verifying, f"{message}.{last}") == "accepted"
    for signature in (r + b"\0" + s, b"\0" + r + b"\0" + s, der, r, b"", plain + b"\0"):
        assert refusal(verifying, f"{message}.{encoded(signature).decode()}") == "bad_signature"


@pytest.mark.parametrize("signer", CLASSICAL)
@pytest.mark.parametrize("claimed", CLASSICAL)
@pytest.mark.parametrize("alg", [True, False])
def test_key_without_alg_is_for_what_the_policy_names(signer: str, claimed: str, alg: bool) -> None:  # noqa: FBT001
    """It is for any algorithm of its type and curve. With alg, it is for that one only."""
    key = signing_key(signer)
    jwk = public_jwk(key, signer)
    same = [each.name for each in algorithms_of({name: jwk[name] for name in jwk if name != "alg"})]
    if not alg:
        del jwk["alg"]
    usable = public_jwk(signing_key(claimed), claimed, kid="usable")  # a set without a usable key is refused as a whole
    verifying = Verifying(policy_text(row(claimed)), jwks={"keys": [jwk, usable]})
    token = signed(claimed if claimed in same else signer, verifying.claims(), {"alg": claimed}, key)
    expected = claimed in same and (not alg or claimed == signer)
    assert verdict(verifying, token) == ("accepted" if expected else "wrong_algorithm")


def test_header_does_not_choose_what_the_policy_does_not_allow() -> None:
    """A key without alg that the policy has for PS256 verifies no RS256."""
    key = signing_key("RS256")
    jwk = {name: each for name, each in public_jwk(key, "RS256").items() if name != "alg"}
    verifying = Verifying(policy_text(row("PS256")), jwks={"keys": [jwk]})
    assert refusal(verifying, signed("RS256", verifying.claims(), key=key)) == "not_allowed"
    assert verdict(verifying, signed("PS256", verifying.claims(), key=key)) == "accepted"
    assert verifying.events[-1][:2] == ("classical", "PS256")


@pytest.mark.parametrize("algorithm", [*CLASSICAL, POST_QUANTUM])
def test_thumbprint_is_that_of_joserfc(algorithm: str) -> None:
    """The thumbprints of RFC 7638 are equal for each key type."""
    key = signing_key(algorithm)
    assert thumbprint(key.as_dict(private=False)) == key.thumbprint()
