"""Composite keys and tokens match another reading of draft-ietf-jose-pq-composite-sigs-05."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import composite_draft
import jwt
import jwt.api_jwk
import pytest
from composite_draft import CURVES, ROWS
from composite_tokens import (
    KEY,
    KEYS,
    NAMELESS,
    PAYLOAD,
    PUBLIC,
    decoded,
    draft_sign,
    draft_verify,
    encoded,
    joserfc_sign,
    joserfc_verify,
    pyjwt_sign,
    pyjwt_verify,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from joserfc import jws as joserfc_jws
from joserfc.errors import (
    BadSignatureError,
    JoseError,
    UnsupportedKeyAlgorithmError,
)
from joserfc.jwk import OKPKey

from qynauth_pqc import (
    CompositePrivateKey,
    CompositePublicKey,
    InvalidKeyError,
    MLDSAPrivateKey,
    MLDSAPublicKey,
    PQCError,
    UnsupportedError,
)
from qynauth_pqc.formats import from_jwks, to_jwks
from qynauth_pqc.integrations.jose_composite import ALGORITHMS, DRAFT, from_jwk, to_jwk
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry
from qynauth_pqc.integrations.pyjwt import MLDSAAlgorithm

each_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


@each_algorithm
@pytest.mark.parametrize("verify", [pyjwt_verify, joserfc_verify, draft_verify])
@pytest.mark.parametrize("sign", [pyjwt_sign, joserfc_sign, draft_sign])
def test_token_of_one_side_verifies_on_each(
    name: str, sign: Callable[[CompositePrivateKey, str], str], verify: Callable[[str, CompositePublicKey], bytes]
) -> None:
    """The sides are PyJWT and joserfc with this library, and the draft by `cryptography`."""
    assert verify(sign(KEYS[name], name), KEYS[name].public_key) == PAYLOAD


# JWK

# The thumbprints of section A.1, of an ML-DSA seed of zeros and the number 1, and of the draft's repository (commit
# 2b780bd, examples/jose); their Ed25519 key is zeros too. They cover alg and pub.
PUBLISHED = {
    "ML-DSA-44-ES256": "bJ8aA7ZIsHYNGb4GVaIxupyHLmFNuU1jThxqAXK0Sio",
    "ML-DSA-65-ES256": "RKckYpZD-Fj494Q4vaeNmq6c3mqg_EhLkiUOo5mhNYE",
    "ML-DSA-87-ES384": "yH7Hzh-v4jQOca8n6vLtFOG31o0pT2MDZD5FtvQ7Reg",
    "ML-DSA-65-Ed25519": "87Vn3JTmvTdxvpetv0rA5GwfoLnCkMxBDCJvYgFVuh4",
}


def published(name: str) -> bytes:
    """Return the private key of a thumbprint."""
    secret = {None: bytes(32), "P-256": bytes(31) + b"\1", "P-384": bytes(47) + b"\1"}
    row = ROWS[ALGORITHMS[name].value]
    return composite_draft.private_key(row, bytes(32), secret[row.curve])


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_keys_have_their_thumbprints(name: str) -> None:
    """They have the private members of the draft: a seed, and an ECPrivateKey in DER."""
    private = published(name)
    jwk = to_jwk(CompositePrivateKey.from_private_bytes(private, ALGORITHMS[name]), experimental=DRAFT)
    assert (jwk["kid"], jwk["priv"]) == (PUBLISHED[name], encoded(private))


@each_algorithm
def test_jwk_holds_what_the_draft_says(name: Any) -> None:
    """It has the serialized keys, and the thumbprint over alg, kty and pub; its other forms load to the same key."""
    row = ROWS[ALGORITHMS[name].value]
    private = composite_draft.generate(row)
    public = composite_draft.public_key(row, private)
    required = {"alg": name, "kty": "AKP", "pub": encoded(public)}
    kid = encoded(hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest())
    key = CompositePrivateKey.from_private_bytes(private, row.name)  # type: ignore[arg-type]
    jwk = to_jwk(key, experimental=DRAFT)
    assert jwk == {**required, "priv": encoded(private), "kid": kid}
    assert to_jwk(key.public_key, experimental=DRAFT) == {**required, "kid": kid}
    assert to_jwk(key.public_key, "2026-11", experimental=DRAFT) == {**required, "kid": "2026-11"}
    for form in (jwk, json.dumps(jwk), json.dumps(jwk).encode()):
        loaded = from_jwk(form, experimental=DRAFT)
        assert isinstance(loaded, CompositePrivateKey)
        assert loaded.private_bytes() == private
    assert from_jwk({**required}, experimental=DRAFT, code_path="portable") == key.public_key


P256 = to_jwk(KEYS["ML-DSA-44-ES256"], experimental=DRAFT)
WITH_PUBLIC_KEY = bytes(32) + bytes.fromhex("30770201010420") + bytes(114)


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ({"kty": "OKP"}, UnsupportedError, "must have the key type AKP"),
        ({"alg": "ML-DSA-44"}, UnsupportedError, "unknown algorithm: expected one of ML-DSA-44-ES256"),
        ({"alg": "MLDSA44-ECDSA-P256-SHA256"}, UnsupportedError, "unknown algorithm: expected one of"),
        ({"alg": "ML-DSA-44-Ed25519"}, InvalidKeyError, "got 83"),
        ({"alg": ["ML-DSA-44-ES256"]}, InvalidKeyError, "alg of the JWK is not a string"),
        ({"priv": P256["priv"][:43]}, InvalidKeyError, "expected 83 bytes for MLDSA44-ECDSA-P256-SHA256, got 32"),
        ({"priv": encoded(WITH_PUBLIC_KEY)}, InvalidKeyError, "expected 83 bytes"),
        ({"priv": encoded(published("ML-DSA-44-ES256"))}, InvalidKeyError, "does not match its public key"),
        ({"pub": P256["pub"][:-4]}, InvalidKeyError, "expected 1377 bytes for MLDSA44-ECDSA-P256-SHA256, got 1374"),
        ({"use": "enc"}, InvalidKeyError, "JWK is not for signatures"),
        ({"key_ops": ["verify"]}, InvalidKeyError, "JWK may not sign"),
    ],
)
def test_bad_jwk_is_refused(members: dict[str, Any], error: type[PQCError], message: str) -> None:
    """It is refused like a JWK of ML-DSA, and with a public key in ECPrivateKey (section 4.2 of the draft)."""
    with pytest.raises(error, match=message):
        from_jwk(P256 | members, experimental=DRAFT)


def test_jwk_goes_into_a_set_and_comes_out_as_its_members() -> None:
    """Without the draft it is an unknown algorithm; with a private member it is refused."""
    mldsa = MLDSAPrivateKey.generate("ML-DSA-65").public_key
    jwk = to_jwk(PUBLIC, "composite", experimental=DRAFT)
    loaded = from_jwks(to_jwks([mldsa, jwk]))
    assert loaded == {mldsa.jwk_thumbprint(): mldsa, "composite": jwk}
    assert from_jwk(jwk, experimental=DRAFT) == PUBLIC
    private = to_jwk(KEY, experimental=DRAFT)
    for call in (lambda: to_jwks([private]), lambda: from_jwks({"keys": [private]})):
        with pytest.raises(InvalidKeyError, match="private member priv"):
            call()


# Tokens


@pytest.mark.parametrize("verify", [pyjwt_verify, joserfc_verify])
def test_token_that_was_changed_is_refused(verify: Callable[[str, CompositePublicKey], bytes]) -> None:
    """The payload or a half is changed, the ECDSA half is not DER, or the token is for another key."""
    key = KEYS["ML-DSA-44-ES256"]
    header, payload, text = pyjwt_sign(key, "ML-DSA-44-ES256").split(".")
    signature = decoded(text)
    raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signature[2420:]))
    changed = [bytes([signature[0] ^ 1]) + signature[1:], signature[:-1] + bytes([signature[-1] ^ 1])]
    changed += [signature[:2420], signature[2420:], signature[:2420] + raw, signature + b"\0", b""]
    tokens = [f"{header}.{payload}.{encoded(each)}" for each in changed]
    for token in [*tokens, f"{header}.{payload[:-4]}AAAA.{text}"]:
        with pytest.raises((jwt.InvalidSignatureError, BadSignatureError)):
            verify(token, key.public_key)
    with pytest.raises((jwt.InvalidSignatureError, BadSignatureError)):
        verify(f"{header}.{payload}.{text}", CompositePrivateKey.generate(key.parameter_set).public_key)


@pytest.mark.parametrize("verify", [pyjwt_verify, joserfc_verify])
def test_anyone_can_make_another_token_of_one(verify: Callable[[str, CompositePublicKey], bytes]) -> None:
    """The draft allows it, as docs/jose.md says: with s negated, a token has another text and verifies."""
    signed, _, text = pyjwt_sign(KEYS["ML-DSA-44-ES256"], "ML-DSA-44-ES256").rpartition(".")
    signature = decoded(text)
    r, s = decode_dss_signature(signature[2420:])
    token = f"{signed}.{encoded(signature[:2420] + encode_dss_signature(r, CURVES['P-256'].group_order - s))}"
    assert token != f"{signed}.{text}"
    assert verify(token, KEYS["ML-DSA-44-ES256"].public_key) == PAYLOAD


@pytest.mark.parametrize("verify", [pyjwt_verify, joserfc_verify])
@each_algorithm
def test_token_of_another_algorithm_is_refused(
    name: Any, verify: Callable[[str, CompositePublicKey | MLDSAPublicKey], bytes]
) -> None:
    """It is composite or plain, or its header is false: the key knows its algorithm."""
    plain = MLDSAPrivateKey.generate(name[:9])
    keys: dict[str, Any] = {**KEYS, name[:9]: plain}
    token = pyjwt_sign(KEYS[name], name)
    for other, key in keys.items():
        renamed = f"{encoded(json.dumps({'alg': other}).encode())}.{token.partition('.')[2]}"
        cases = [(token, key.public_key), (pyjwt_sign(key, other), PUBLIC if name == other else KEYS[name].public_key)]
        cases += [(renamed, KEYS[name].public_key), (renamed, key.public_key)]
        for each, verifier in cases if other != name else ():
            with pytest.raises((jwt.InvalidKeyError, jwt.InvalidSignatureError, JoseError)):
                verify(each, verifier)


def test_halves_are_no_token_of_their_algorithms() -> None:
    """The key of a half verifies no token: the halves sign another message than the token."""
    lattice = MLDSAPublicKey.from_public_bytes(PUBLIC.public_bytes()[:1952])
    okp = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": encoded(PUBLIC.public_bytes()[1952:])})
    registry = MLDSARegistry(algorithms=["ML-DSA-65", "Ed25519"])
    for name, half, key in (
        ("ML-DSA-65", slice(3309), AKPKey.import_key(lattice)),
        ("Ed25519", slice(3309, None), okp),
    ):
        signed = f"{encoded(json.dumps({'alg': name}).encode())}.{encoded(PAYLOAD)}"
        token = f"{signed}.{encoded(KEY.sign(signed.encode())[half])}"
        with pytest.raises(BadSignatureError):
            joserfc_jws.deserialize_compact(token, key, registry=registry)


def test_algorithms_of_pyjwt_refuse_keys_of_others() -> None:
    """They refuse every form, for signing and verifying, where PyJWT does not check it."""
    plain = MLDSAPrivateKey.generate("ML-DSA-65")
    composite = MLDSAAlgorithm("ML-DSA-65-Ed25519", experimental=DRAFT)
    for algorithm, key in ((MLDSAAlgorithm("ML-DSA-65"), KEY), (composite, plain), (composite, NAMELESS)):
        message = f"expected an {algorithm.parameter_set} key, got an {key.parameter_set} key"
        for form in (key, key.public_key, bytes(key.to_pkcs8()), key.public_key.to_spki()):
            with pytest.raises(jwt.InvalidKeyError, match=message):
                algorithm.prepare_key(form)
        with pytest.raises(jwt.InvalidKeyError, match=message):
            algorithm.sign(PAYLOAD, key)
        with pytest.raises(jwt.InvalidKeyError, match=message):
            algorithm.verify(PAYLOAD, key, b"")


def test_parameters_of_joserfc_do_not_rename_a_composite() -> None:
    """Otherwise a token of another algorithm would verify with the key."""
    for form in (KEY, PUBLIC, to_jwk(KEY, experimental=DRAFT), PUBLIC.to_spki()):
        for other in ("ML-DSA-65", "ML-DSA-65-ES256"):
            with pytest.raises(UnsupportedKeyAlgorithmError, match="designed for algorithm 'ML-DSA-65-Ed25519'"):
                AKPKey.import_key(form, {"alg": other}, experimental=DRAFT)
