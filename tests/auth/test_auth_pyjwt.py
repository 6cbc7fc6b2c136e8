"""A verifier with PyJWT follows the rotation and the revocation of the keys of a ring."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jwt
import pytest
from http_site import Site, serving

from qynauth_pqc.auth import KeyRing, MigrationPolicy, TokenIssuer
from qynauth_pqc.integrations import pyjwt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

ISSUER, AUDIENCE, ALGORITHM = "https://issuer.example", "orders", "ML-DSA-65"
POLICY = MigrationPolicy.parse(f"""
[[accept]]
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
algorithm = "{ALGORITHM}"
sign_from = 2025-01-01T00:00:00Z
""")


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Register ML-DSA with PyJWT for the test."""
    pyjwt.register()
    yield
    pyjwt.unregister()


def subject(token: str, client: jwt.PyJWKClient) -> str:
    """Return the subject of a token that PyJWT accepts."""
    key = client.get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key, [ALGORITHM], {"require": ["iss", "aud", "sub", "exp"]}, issuer=ISSUER, audience=AUDIENCE
    )
    return str(claims["sub"])


def test_pyjwt_follows_the_keys_of_a_ring(tmp_path: Path) -> None:
    """The set has the next key before it signs, and no longer the revoked one, whose tokens are then refused."""
    fetches = []

    def publish(site: Site) -> None:
        fetches.append(site.path)
        jwks = ring.jwks()
        site.send(json.dumps(jwks).encode(), 200, **ring.cache_headers(jwks))

    with (
        KeyRing.create(tmp_path / "ring", b"password", [ALGORITHM], max_age=0, skew=0) as ring,
        serving(publish) as port,
    ):
        issuer = TokenIssuer(ring, POLICY, ISSUER)
        client, fresh = (jwt.PyJWKClient(f"http://127.0.0.1:{port}/jwks.json", lifespan=300) for _ in range(2))
        stolen = ring.rotate(ALGORITHM)
        old = issuer.issue("sam", AUDIENCE)
        assert subject(old, client) == "sam"
        ring.activate(ALGORITHM)
        newest = issuer.issue("pippin", AUDIENCE)
        assert (subject(newest, client), subject(old, client), len(fetches)) == ("pippin", "sam", 1)

        ring.rotate(ALGORITHM)
        ring.revoke(stolen.kid)
        ring.activate(ALGORITHM)
        assert subject(issuer.issue("merry", AUDIENCE), fresh) == "merry"
        with pytest.raises(jwt.PyJWKClientError):
            subject(newest, fresh)
