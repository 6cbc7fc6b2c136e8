"""Right arguments for the public callables of the migration kit, and an object of each class."""

from __future__ import annotations

from datetime import UTC, datetime
from tempfile import mkdtemp

import pytest
from django.core.exceptions import ImproperlyConfigured
from jose_keys import generate
from right_arguments import Arguments
from starlette.requests import Request

from qynauth_pqc import auth
from qynauth_pqc.auth import _manifest

POLICY = auth.MigrationPolicy.parse(
    """[[accept]]
    issuer = "https://login.example"
    audience = "orders"
    algorithm = "EdDSA"
    sign_from = 2026-01-01T00:00:00Z"""
)
COST = (_manifest._COST, "n", 16)  # for a password, which is derived hundreds of times here
with pytest.MonkeyPatch.context() as cheap:
    cheap.setitem(*COST)
    RING = auth.KeyRing.create(mkdtemp(), b"password", ["EdDSA"], max_age=0, skew=0)
KEYS = auth.JWKSCache(RING.jwks)
JWK = generate("EdDSA").as_dict(private=True)
TOKENS = auth.TokenIssuer(RING, POLICY, "https://login.example")
VERIFIER = auth.TokenVerifier(POLICY, "https://login.example", "orders", KEYS)

ARGUMENTS = Arguments(
    good={
        "algorithm": lambda: "EdDSA",
        "algorithms": lambda: ["EdDSA"],
        "audience": lambda: "orders",
        "connection": lambda: Request({"type": "http", "headers": []}),
        "directory": lambda: mkdtemp(dir="."),
        "fetch": lambda: RING.jwks,
        "get_response": lambda: id,
        "issuer": lambda: "https://login.example",
        "kid": lambda: RING.keys[0].kid,
        "now": lambda: datetime.now(UTC),
        "policy": lambda: POLICY,
        "ring": lambda: RING,
        "rows": lambda: POLICY.rows,
        "subject": lambda: "frodo",
        "token": lambda: TOKENS.issue("frodo", "orders"),
        "url": lambda: "https://login.example/jwks.json",
        "verifier": lambda: VERIFIER,
        "view": lambda: lambda: None,
        "KeyRing.open.directory": lambda: RING.directory,
        "TokenVerifier.keys": lambda: KEYS,
        "catch_up.published": RING.jwks,
        "import_key.key": lambda: JWK,
    },
    objects=[POLICY, RING, KEYS, TOKENS, VERIFIER],
    secrets={"dpop_key", "headers", "published", "ring", "signers", "token", "auth.TokenVerifier.verify_async.token"},
    least_secrets=12,
    found={"auth.KeyRing.create", "auth.KeyRing.rotate", "auth.TokenVerifier.verify", "auth.TokenIssuer"},
    left_out={
        *(
            "Alarm",
            "Algorithm",
            "FetchedSet",
            "KeyRing",
            "KeyState",
            "Mode",
            "PolicyRow",
            "PublishedKey",
            "Readiness",
            "ReplayStore",
        ),
        *("RingKey", "TokenEvent", "TokenRequest", "Verdict", "VerifiedToken"),
    },
    numbers={"capacity", "leeway", "max_age", "max_bytes"},
    errors={
        "get_response": (ImproperlyConfigured,),  # there are no settings of Django here
        **dict.fromkeys(("ca_file", "client_certificate", "directory"), (OSError, ValueError)),
    },
    settings=(COST,),
)
