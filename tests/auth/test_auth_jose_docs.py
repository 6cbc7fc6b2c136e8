"""The sizes on the page on tokens are measured, for its six claims."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jwt
import pytest
from joserfc.jwk import ECKey
from pages import TEXTS, section, table

import qynauth_pqc.integrations.pyjwt
from qynauth_pqc import CompositePrivateKey, MLDSAParameterSet, MLDSAPrivateKey
from qynauth_pqc.integrations.jose_composite import ALGORITHMS, DRAFT, to_jwk
from qynauth_pqc.integrations.pyjwt import MLDSAJWK

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.slow

PAGE = "docs/jose.md"


CLAIMS = {
    "iss": "https://issuer.example",
    "sub": "248289761001",
    "aud": "https://api.example",
    "iat": 1800000000,
    "exp": 1800000300,
    "jti": "0198c0de-7d2b-7cc1-a3f0-6f0f1f2a3b4c",
}


def sizes(signer: jwt.PyJWK, public: Mapping[str, object]) -> list[int]:
    """Return the bytes of a token, of its signature and of the key that verifies it."""
    token = jwt.encode(CLAIMS, signer, headers={"kid": "2026-11"})
    return [len(token), len(token.rpartition(".")[2]), len(json.dumps(public, separators=(",", ":")))]


def test_sizes_on_the_page_are_measured() -> None:
    """A token fits where the page says so."""
    key = ECKey.generate_key("P-256", {"kid": "2026-11", "alg": "ES256"})
    measured = {"ES256": sizes(jwt.PyJWK.from_dict({**key.as_dict(private=True)}), key.as_dict(private=False))}
    sets = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
    qynauth_pqc.integrations.pyjwt.register()
    try:
        for name in sets:
            signer = MLDSAPrivateKey.generate(MLDSAParameterSet(name))
            measured[name] = sizes(MLDSAJWK(signer), signer.public_key.to_jwk("2026-11"))
    finally:
        qynauth_pqc.integrations.pyjwt.unregister()
    rows = table(section(PAGE, "Token sizes"))
    assert {row[0]: list(map(int, row[1:])) for row in rows if row[0] in measured} == measured
    limits = [row for row in rows if row[1].isdigit() and row[0] not in measured]
    assert len(limits) == 7
    for row in limits:
        assert [each == "fits" for each in row[3:]] == [measured[name][0] < int(row[1]) for name in sets], row


def test_names_and_sizes_of_composite_algorithms_are_those_on_the_page() -> None:
    """The tokens have the same claims and the longest signature."""
    qynauth_pqc.integrations.pyjwt.register(experimental=DRAFT)
    rows = []
    try:
        for name, parameter_set in ALGORITHMS.items():
            key = CompositePrivateKey.generate(parameter_set)
            token = jwt.encode(CLAIMS, MLDSAJWK(key, experimental=DRAFT), headers={"kid": "2026-11"})
            longest = -(-parameter_set.signature_bytes * 4 // 3)
            jwk = json.dumps(to_jwk(key.public_key, "2026-11", experimental=DRAFT), separators=(",", ":"))
            sizes = [len(token.rpartition(".")[0]) + 1 + longest, longest, len(jwk)]
            rows.append([name, parameter_set.value, *map(str, sizes)])
    finally:
        qynauth_pqc.integrations.pyjwt.unregister()
    assert [row for row in table(TEXTS[PAGE]) if row[0] in ALGORITHMS] == rows
