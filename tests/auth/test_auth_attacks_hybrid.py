"""The verifier refuses hybrid signatures with halves that are removed, exchanged, or used for something else."""

from __future__ import annotations

from typing import Any

from auth_fixtures import (
    HYBRID,
    POST_QUANTUM,
    START,
    Verifying,
    claims_at,
    encoded,
    public_jwk,
    refusal,
    signed,
    signing_key,
    verdict,
)
from joserfc.util import urlsafe_b64decode

from qynauth_pqc import CompositePrivateKey, MLDSAPrivateKey
from qynauth_pqc.integrations.jose_composite import DRAFT
from qynauth_pqc.integrations.joserfc import AKPKey

CLASSICAL, STRONG, BOTH = signing_key("EdDSA"), signing_key(POST_QUANTUM), signing_key(HYBRID)
CLAIMS = claims_at(START.timestamp())
MLDSA65 = 3309
"""The length of the first half of a hybrid signature, in bytes."""


def cut(token: str) -> tuple[str, bytes, bytes]:
    """Return the signed part of a hybrid token, and the two halves of its signature."""
    message, _, signature = token.rpartition(".")
    both = urlsafe_b64decode(signature.encode())
    return message, both[:MLDSA65], both[MLDSA65:]


def joined(message: str, *halves: bytes) -> str:
    """Return a token with another signature."""
    return f"{message}.{encoded(b''.join(halves)).decode()}"


def test_half_of_a_signature_is_not_enough() -> None:
    """Either half is tried in its place, in the other's, or with zeros for the other; both together verify."""
    message, first, second = cut(signed(HYBRID, CLAIMS))
    assert verdict(Verifying(), joined(message, first, second)) == "accepted"
    stripped = [
        (first,),
        (second,),
        (second, first),
        (first, bytes(64)),
        (bytes(MLDSA65), second),
        (first, second[:-1]),
    ]
    for halves in (*stripped, (first, second, b"\0"), ()):
        assert refusal(Verifying(), joined(message, *halves)) == "bad_signature"


def test_halves_of_two_messages_or_two_keys_do_not_make_a_signature() -> None:
    """Each half is valid, but for another message or under another key."""
    message, first, second = cut(signed(HYBRID, CLAIMS))
    other = signing_key(HYBRID, 1)
    for token in (
        signed(HYBRID, {**CLAIMS, "sub": "sauron"}),
        signed(HYBRID, CLAIMS, {"kid": BOTH.thumbprint()}, other),
    ):
        _, third, fourth = cut(token)
        for halves in ((first, fourth), (third, second), (third, fourth)):
            assert refusal(Verifying(), joined(message, *halves)) == "bad_signature"


def split_keys() -> tuple[AKPKey, dict[str, Any]]:
    """Return a hybrid key, and a set where the issuer unwisely publishes its halves as separate keys."""
    seed, both = MLDSAPrivateKey.generate(POST_QUANTUM), CompositePrivateKey.generate("MLDSA65-Ed25519-SHA512")  # type: ignore[arg-type]
    public = both.public_key.public_bytes()
    size = len(seed.public_key.public_bytes())
    key = AKPKey.import_key(both, experimental=DRAFT)
    halves = [
        {"kty": "AKP", "alg": POST_QUANTUM, "pub": encoded(public[:size]).decode(), "kid": "first"},
        {"kty": "OKP", "crv": "Ed25519", "x": encoded(public[size:]).decode(), "kid": "second"},
    ]
    return key, {"keys": [public_jwk(key, HYBRID), *halves]}


def test_halves_are_no_signatures_under_keys_of_their_own() -> None:
    """The key of the half is published and allowed, but a hybrid signature signs another text."""
    key, jwks = split_keys()
    for name, kid, half in ((POST_QUANTUM, "first", 0), ("EdDSA", "second", 1)):
        for header in ({"alg": name, "kid": kid}, {"alg": name}, {"kid": kid}, {}):
            message, *halves = cut(signed(HYBRID, CLAIMS, header, key))
            expected = "bad_signature" if len(header) != 1 else "wrong_algorithm"
            assert refusal(Verifying(jwks=jwks), joined(message, halves[half])) == expected


def test_signature_for_another_purpose_is_none_of_a_token() -> None:
    """A login signs with a context, which a JWT never has (RFC 9964)."""
    key = STRONG.private_key
    assert isinstance(key, MLDSAPrivateKey)
    message = signed(POST_QUANTUM, CLAIMS).rpartition(".")[0]
    assert verdict(Verifying(), joined(message, key.sign(message.encode()))) == "accepted"
    assert refusal(Verifying(), joined(message, key.sign(message.encode(), context=b"login"))) == "bad_signature"
    prehashed = key.sign(message.encode(), prehash="SHA-512")
    assert refusal(Verifying(), joined(message, prehashed)) == "bad_signature"
