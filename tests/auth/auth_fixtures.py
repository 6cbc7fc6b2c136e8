"""Fixtures of `qynauth_pqc.auth`: a clock, a policy, published keys of an issuer, and forged tokens."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from jose_keys import JOSEKey, generate, signature
from joserfc.util import urlsafe_b64encode

from qynauth_pqc.auth.errors import TokenError, Verdict
from qynauth_pqc.auth.events import TokenEvent
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.verifier import TokenVerifier
from qynauth_pqc.integrations.jose_composite import ALGORITHMS as COMPOSITES
from qynauth_pqc.integrations.jose_composite import DRAFT

ISSUER, AUDIENCE = "https://login.example", "orders"
HYBRID, POST_QUANTUM = "ML-DSA-65-Ed25519", "ML-DSA-65"
START = datetime(2027, 1, 1, tzinfo=UTC)
DEADLINE = START + timedelta(days=30)
PHASED_OUT = [f"classical:{name}" for name in ("EdDSA", "Ed25519", "ES256", "ES384", "RS256", "PS256")]
PHASED_OUT += [f"hybrid:{name}" for name in COMPOSITES]
"""Mode and algorithm of the tokens that a migration phases out."""


class Clock:
    """A time in seconds that tests set."""

    def __init__(self, now: datetime = START) -> None:
        """Begin with a moment."""
        self.now = now.timestamp()

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def row(algorithm: str, audience: str | list[str] = AUDIENCE, **members: object) -> str:
    """Return a row of a policy in TOML."""
    lines = {"issuer": ISSUER, "audience": audience, "algorithm": algorithm, **members}
    texts = {name: each.isoformat() if isinstance(each, datetime) else json.dumps(each) for name, each in lines.items()}
    return "\n".join(["[[accept]]", *(f"{name} = {text}" for name, text in texts.items()), ""])


def policy_text(*rows: str) -> str:
    """Return a policy in TOML: these rows, or EdDSA until a deadline, and hybrid and post-quantum rows without one."""
    default = (row("EdDSA", until=DEADLINE), row(HYBRID), row(POST_QUANTUM))
    return "\n".join([f'experimental = "{DRAFT}"', *(rows or default)])


@cache
def signing_key(algorithm: str, number: int = 0) -> JOSEKey:  # noqa: ARG001 - which one
    """Return a private key for an algorithm, the same each time."""
    return generate(algorithm)


def public_jwk(key: JOSEKey, algorithm: str, **members: object) -> dict[str, Any]:
    """Return a public key as an issuer publishes it, with other members if wanted."""
    jwk: dict[str, Any] = {**key.as_dict(private=False)}
    return {**jwk, "kid": key.thumbprint(), "alg": algorithm, "use": "sig", **members}


def published(*algorithms: str) -> dict[str, Any]:
    """Return a set with a key for each algorithm, by default the three of `policy_text()` and ES256."""
    names = algorithms or ("EdDSA", "ES256", HYBRID, POST_QUANTUM)
    return {"keys": [public_jwk(signing_key(name), name) for name in names]}


def claims_at(now: float, **changed: object) -> dict[str, Any]:
    """Return claims that are valid for ten minutes, with some changed, or left out if they are None."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "frodo", "iat": int(now), "exp": int(now) + 600, **changed}
    return {name: value for name, value in claims.items() if value is not None}


def encoded(part: Mapping[str, object] | bytes) -> bytes:
    """Return a part of a token in base64url, from JSON or from bytes."""
    return urlsafe_b64encode(part if isinstance(part, bytes) else json.dumps(part).encode())


def signed(
    algorithm: str,
    payload: Mapping[str, object] | bytes,
    header: Mapping[str, object] | bytes | None = None,
    key: JOSEKey | None = None,
) -> str:
    """Return a token that a real key has signed, with any header and payload, which may be raw bytes."""
    signer = key or signing_key(algorithm)
    default = {"alg": algorithm, "kid": signer.thumbprint(), "typ": "JWT"}
    first = encoded(header if isinstance(header, bytes) else {**default, **(header or {})})
    message = first + b"." + encoded(payload)
    return (message + b"." + urlsafe_b64encode(signature(algorithm, message, signer))).decode()


def is_moment(value: object) -> bool:
    """Return whether a value is a NumericDate (RFC 7519, section 2)."""
    return type(value) is int or (type(value) is float and math.isfinite(value))


def may_be_accepted(found: dict[str, Any], now: float) -> bool:
    """Return whether RFC 7519 and the documentation allow claims, with a leeway of 60 seconds."""
    if found.get("iss") != ISSUER or not isinstance(found.get("sub"), str) or not found["sub"]:
        return False
    aud = found.get("aud")
    if aud != AUDIENCE and not (isinstance(aud, list) and AUDIENCE in aud and all(isinstance(a, str) for a in aud)):
        return False
    if not all(is_moment(found.get(name)) for name in ("exp", "iat")):
        return False
    if not is_moment(found.get("nbf", 0)) or not isinstance(found.get("jti", ""), str):
        return False
    return bool(found["exp"] > now - 60 and max(found["iat"], found.get("nbf", 0)) <= now + 60)


def is_plain(value: object) -> bool:
    """Return whether JSON holds a value: `json.dumps` also writes NaN and infinity, which JSON does not have."""
    if isinstance(value, float):
        return math.isfinite(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(map(is_plain, inner))


class Verifying:
    """A verifier with its clocks, the published set of its issuer, and its events."""

    def __init__(self, policy: str = "", audience: str = AUDIENCE, jwks: object = None, **options: Any) -> None:
        """Make one for a policy, by default `policy_text()`, and a set, by default `published()`."""
        self.clock, self.events, self.fetches = Clock(), list[TokenEvent](), 0
        self.jwks: Any = published() if jwks is None else jwks
        cache_options = {
            name: options.pop(name) for name in ("max_age", "cooldown", "max_keys", "background") if name in options
        }
        self.keys = JWKSCache(self._fetch, clock=self.clock, experimental=DRAFT, **cache_options)
        self.verifier = TokenVerifier(
            MigrationPolicy.parse(policy or policy_text()),
            ISSUER,
            audience,
            self.keys,
            clock=self.clock,
            observe=self.events.append,
            **options,
        )
        self.verify: Callable[..., Any] = self.verifier.verify

    def _fetch(self) -> Any:
        self.fetches += 1
        if isinstance(self.jwks, Exception):
            raise self.jwks
        return self.jwks

    def claims(self, **changed: object) -> dict[str, Any]:
        """Return claims that are valid now."""
        return claims_at(self.clock.now, **changed)

    def token(self, algorithm: str = "EdDSA", **changed: object) -> str:
        """Return a valid token, apart from the claims that are changed."""
        return signed(algorithm, self.claims(**changed))


def verdict(verifying: Verifying, token: str | bytes, **proof: Any) -> Verdict:
    """Return the verdict of a verifier on a token; its observer must get the same, once."""
    before = len(verifying.events)
    try:
        verifying.verify(token, **proof)
        found = Verdict.ACCEPTED
    except TokenError as error:
        found = error.verdict
    assert [event.verdict for event in verifying.events[before:]] == [found]
    return found


def refusal(verifying: Verifying, token: str | bytes, **proof: Any) -> Verdict:
    """Return why a token is refused."""
    found = verdict(verifying, token, **proof)
    assert found is not Verdict.ACCEPTED
    return found


__all__ = ["AUDIENCE", "DEADLINE", "HYBRID", "ISSUER", "POST_QUANTUM", "START", "Clock", "Verifying", "claims_at"]
__all__ += ["encoded", "is_plain", "may_be_accepted", "policy_text", "public_jwk", "published", "refusal", "row"]
__all__ += ["signed", "signing_key", "verdict"]
