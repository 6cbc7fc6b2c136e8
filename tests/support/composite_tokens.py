"""Tokens of draft-ietf-jose-pq-composite-sigs-05, by both libraries and by the draft as `composite_draft` reads it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import composite_draft
import jwt
import jwt.api_jwk
from composite_draft import ROWS
from joserfc import jws as joserfc_jws

from qynauth_pqc import (
    CompositePrivateKey,
    CompositePublicKey,
)
from qynauth_pqc.integrations.jose_composite import ALGORITHMS, DRAFT
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry
from qynauth_pqc.integrations.pyjwt import MLDSAAlgorithm

PAYLOAD = b"It is a dangerous business, going out your door."
CLAIMS = {"sub": "frodo"}
NAMELESS = CompositePrivateKey.generate("MLDSA65-ECDSA-P384-SHA512")
KEYS = {name: CompositePrivateKey.generate(parameter_set) for name, parameter_set in ALGORITHMS.items()}
KEY, PUBLIC = KEYS["ML-DSA-65-Ed25519"], KEYS["ML-DSA-65-Ed25519"].public_key
ALL = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87", *ALGORITHMS]


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def pyjwt() -> jwt.PyJWS:
    """Return PyJWT's JWS with all our algorithms, apart from the process."""
    jws = jwt.PyJWS()
    for name in ALL:
        jws.register_algorithm(name, MLDSAAlgorithm(name, experimental=DRAFT))
    return jws


def pyjwt_sign(key: CompositePrivateKey, name: str) -> str:
    """Sign with PyJWT."""
    return pyjwt().encode(PAYLOAD, key, algorithm=name)  # type: ignore[arg-type]


def pyjwt_verify(token: str, key: CompositePublicKey) -> bytes:
    """Verify with PyJWT."""
    payload: bytes = pyjwt().decode(token, key, algorithms=ALL)  # type: ignore[arg-type]
    return payload


def joserfc_sign(key: CompositePrivateKey, name: str) -> str:
    """Sign with joserfc."""
    private_key = AKPKey.import_key(key, experimental=DRAFT)
    registry = MLDSARegistry(experimental=DRAFT)
    return joserfc_jws.serialize_compact({"alg": name}, PAYLOAD, private_key, registry=registry)


def joserfc_verify(token: str, key: CompositePublicKey) -> bytes:
    """Verify with joserfc."""
    public_key, registry = AKPKey.import_key(key, experimental=DRAFT), MLDSARegistry(experimental=DRAFT)
    return joserfc_jws.deserialize_compact(token, public_key, registry=registry).payload


def draft_sign(key: CompositePrivateKey, name: str) -> str:
    """Sign as the draft says, section 4.1: with an empty context."""
    signed = f"{encoded(json.dumps({'alg': name}).encode())}.{encoded(PAYLOAD)}"
    row = ROWS[ALGORITHMS[name].value]
    return f"{signed}.{encoded(composite_draft.sign(row, bytes(key.private_bytes()), signed.encode(), b''))}"


def draft_verify(token: str, key: CompositePublicKey) -> bytes:
    """Verify as the draft says."""
    signed, _, signature = token.rpartition(".")
    assert composite_draft.verify(ROWS[key.parameter_set], key.public_bytes(), signed.encode(), b"", decoded(signature))
    return decoded(signed.partition(".")[2])
