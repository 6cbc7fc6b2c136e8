"""SLH-DSA keys become JWK and COSE_Key, like the example of the draft's editors; Node reads the JWK (tests/interop)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

import cbor2
import pytest

from qynauth_pqc import (
    InvalidKeyError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    SecretBytes,
    SLHDSAPrivateKey,
    SLHDSAPublicKey,
    UnsupportedError,
)
from qynauth_pqc.formats import from_jwks, to_jwks
from qynauth_pqc.integrations.jose_slhdsa import ALGORITHMS, DRAFT, from_cose_key, from_jwk, to_cose_key, to_jwk

# The example in the repository github.com/cose-wg/draft-ietf-cose-sphincs-plus; the draft -06 abridges it.
SECRETS = "4d9884c45556898d0da29c5af418386d9abcdb84426e64ab44e5bcb3126c77de"
PUBLISHED = "f3eb7b23659086bd1d5196f8201898c189ae9fd5567be8941f135e54b261ca9d"
EXAMPLE = {
    1: 7,
    3: -51,
    2: b"slh-dsa-sha2-128s-kid",
    -1: bytes.fromhex(PUBLISHED),
    -2: bytes.fromhex(SECRETS + PUBLISHED),
}
KEY = SLHDSAPrivateKey.generate("SLH-DSA-SHA2-128f")
PRIVATE, PUBLIC = to_jwk(KEY, experimental=DRAFT), to_jwk(KEY.public_key, experimental=DRAFT)
NAMELESS: Final = "SLH-DSA-SHAKE-128f"


def halves(key: SLHDSAPrivateKey | SLHDSAPublicKey) -> tuple[bytes, SLHDSAPublicKey]:
    """Return the bytes of a private key, empty for a public key, and of the public key."""
    return (b"", key) if isinstance(key, SLHDSAPublicKey) else (bytes(key.private_bytes()), key.public_key)


def test_example_of_the_draft_loads_and_encodes_to_the_same_labels() -> None:
    """The member `priv` is the private key of FIPS 205, and its public key is derived."""
    key = from_cose_key(cbor2.dumps(EXAMPLE), experimental=DRAFT)
    assert isinstance(key, SLHDSAPrivateKey)
    assert (key.parameter_set, key.public_key.public_bytes()) == ("SLH-DSA-SHA2-128s", EXAMPLE[-1])
    encoded = to_cose_key(key, b"slh-dsa-sha2-128s-kid", experimental=DRAFT)
    assert isinstance(encoded, SecretBytes)
    assert bytes(encoded) == cbor2.dumps(EXAMPLE, canonical=True)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_keys_survive_both_formats(name: Any) -> None:
    """Private and public keys do, by default with the thumbprint as their name (RFC 7638, RFC 9679)."""
    key = SLHDSAPrivateKey.generate(name)
    for each in (key, key.public_key):
        jwk, cose = to_jwk(each, experimental=DRAFT), to_cose_key(each, experimental=DRAFT)
        for loaded in (
            from_jwk(jwk, experimental=DRAFT),
            from_jwk(json.dumps(jwk), experimental=DRAFT),
            from_cose_key(cose, experimental=DRAFT),
        ):
            assert (type(loaded), halves(loaded)) == (type(each), halves(each))
        labels = cbor2.loads(bytes(cose))
        required = {label: labels[label] for label in (1, 3, -1)}
        assert (labels[3], labels[2]) == (
            ALGORITHMS[name],
            hashlib.sha256(cbor2.dumps(required, canonical=True)).digest(),
        )
    assert {each: PRIVATE[each] for each in ("kid", "kty", "alg", "pub")} == PUBLIC


@pytest.mark.parametrize("call", [to_jwk, to_cose_key])
def test_sets_without_a_name_are_refused(call: Callable[..., object]) -> None:
    """Keys of another class are refused too."""
    with pytest.raises(UnsupportedError, match=f"{DRAFT} has no name for {NAMELESS}"):
        call(SLHDSAPublicKey.from_public_bytes(bytes(32), NAMELESS), experimental=DRAFT)
    with pytest.raises(TypeError, match="key must be"):
        call(MLDSAPrivateKey.generate("ML-DSA-44"), experimental=DRAFT)
    with pytest.raises(UnsupportedError, match="unknown algorithm: expected one of SLH-DSA-SHA2-128s, "):
        from_jwk({**PUBLIC, "alg": NAMELESS}, experimental=DRAFT)
    with pytest.raises(UnsupportedError, match="COSE_Key must have the algorithm SLH-DSA-SHA2-128s, "):
        from_cose_key(cbor2.dumps({**EXAMPLE, 3: -50}), experimental=DRAFT)


@pytest.mark.parametrize("draft", ["draft-ietf-cose-sphincs-plus-05", "", "SLH-DSA"])
def test_every_function_wants_this_draft(draft: str) -> None:
    """The name of the draft has no default; None is refused."""
    calls: list[Callable[[Any], object]] = [
        lambda draft: to_jwk(KEY, experimental=draft),
        lambda draft: from_jwk(PUBLIC, experimental=draft),
        lambda draft: to_cose_key(KEY, experimental=draft),
        lambda draft: from_cose_key(b"", experimental=draft),
    ]
    for call in calls:
        with pytest.raises(UnsupportedError, match=f"unknown draft: expected experimental='{DRAFT}'"):
            call(draft)
        with pytest.raises(TypeError, match="experimental must be"):
            call(None)


def test_halves_that_do_not_belong_together_are_refused() -> None:
    """The pub is another key's, PK.root does not follow from the seeds, or both are changed alike."""
    root = {**EXAMPLE, -2: bytes(EXAMPLE[-2][:-1]) + b"\x9c"}  # type: ignore[index]
    both = {**root, -1: bytes(EXAMPLE[-1][:-1]) + b"\x9c"}  # type: ignore[index]
    for labels in ({**EXAMPLE, -1: bytes(32)}, root, both):
        with pytest.raises(InvalidKeyError, match="private key does not match its public key"):
            from_cose_key(cbor2.dumps(labels), experimental=DRAFT)
    for label, kind in ((-1, "public"), (-2, "private")):
        with pytest.raises(InvalidKeyError, match=f"{kind} key"):
            from_cose_key(cbor2.dumps({**EXAMPLE, label: bytes(33)}), experimental=DRAFT)


def test_other_readers_do_not_take_them() -> None:
    """The readers of ML-DSA refuse them, and a JWK Set holds them as members."""
    for refused in (
        lambda: MLDSAPublicKey.from_jwk(PUBLIC),
        lambda: MLDSAPrivateKey.from_jwk(PRIVATE),
        lambda: MLDSAPrivateKey.from_cose_key(cbor2.dumps(EXAMPLE)),
    ):
        with pytest.raises(UnsupportedError):
            refused()
    assert from_jwks(to_jwks([PUBLIC])) == {PUBLIC["kid"]: PUBLIC}
