#!/usr/bin/env python3
"""The cost of verifying a token: with the migration kit, with joserfc and with PyJWT, each with its default checks.

All are measured in turns in one process, on one core, and the medians go to the terminal. docs/jose.md has a run. The
last figure is the smallest processor time that a service of the kit takes before its first token, of many rounds.
"""
# ruff: noqa: T201 - it prints its results

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OKPKey, RSAKey
from measure import FULL, QUICK, Plan, Timing, interleave, pinned
from page import markdown
from ssh import microseconds, milliseconds

from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenVerifier
from qynauth_pqc.integrations import pyjwt
from qynauth_pqc.integrations.joserfc import AKPKey, MLDSARegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from joserfc.jws import JWSRegistry

ISSUER, AUDIENCE = "https://login.example", "orders"
KEYS: dict[str, Callable[[], OKPKey | ECKey | RSAKey]] = {
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "RS256": lambda: RSAKey.generate_key(3072),
    "ML-DSA-65": lambda: AKPKey.generate_key("ML-DSA-65"),
}
IMPORT = "from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenVerifier"
OURS, JOSERFC, PYJWT = "migration kit", "joserfc", "PyJWT"


def timings(name: str) -> list[Timing]:
    """Return the timings of an algorithm; each accepts the token first."""
    key = KEYS[name]()
    jwk = {**key.as_dict(private=False), "kid": "1", "alg": name}
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "frodo", "iat": now, "exp": now + 86400}
    registry: JWSRegistry = MLDSARegistry(algorithms=[name])
    token = jose.encode({"alg": name, "kid": "1"}, claims, key, registry=registry)
    policy = MigrationPolicy.parse(f'[[accept]]\nissuer = "{ISSUER}"\naudience = "{AUDIENCE}"\nalgorithm = "{name}"\n')
    verifier = TokenVerifier(policy, ISSUER, AUDIENCE, JWKSCache(lambda: {"keys": [jwk]}))
    public: Any = type(key).import_key({each: jwk[each] for each in jwk if each != "kid"})
    rules = jose.JWTClaimsRegistry(iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE})
    theirs = jwt.PyJWK.from_dict(jwk)

    def by_joserfc() -> None:
        rules.validate(jose.decode(token, public, registry=registry).claims)

    def by_pyjwt() -> None:
        jwt.decode(token, theirs, algorithms=[name], audience=AUDIENCE, issuer=ISSUER)

    calls = {OURS: lambda: verifier.verify(token), JOSERFC: by_joserfc, PYJWT: by_pyjwt}
    for call in calls.values():
        call()
    return [Timing(package, call, [()]) for package, call in calls.items()]


def measure(plan: Plan) -> list[list[str]]:
    """Return the medians in microseconds, a row for each algorithm."""
    rows = []
    pyjwt.register()
    with pinned():
        for name in KEYS:
            ready = timings(name)
            interleave(ready, plan)
            rows.append([name, *(f"{each.summary()['median']:.0f}" for each in ready)])
    return rows


def starting(rounds: int) -> None:
    """Print the time that a service takes before its first token."""
    tenants = [f"https://tenant-{each}.example/api" for each in range(10_000)]
    text = f'[[accept]]\nissuer = "{ISSUER}"\naudience = {tenants}\nalgorithm = "ML-DSA-65"\n'
    with pinned(), tempfile.TemporaryDirectory() as folder:
        for what, code in {"start of Python": "", "the same and the import of a verifier": IMPORT}.items():
            print(f"{what:38} {milliseconds(rounds, [sys.executable, '-c', code], Path(folder)):6.1f} ms")
        parsed = microseconds(rounds, 1, lambda: MigrationPolicy.parse(text)) / 1e3
        print(f"{'policy of 10,000 audiences':38} {parsed:6.1f} ms")
        row = '[[accept]]\nissuer = "{0}"\naudience = "{0}/api"\nalgorithm = "{1}"\nuntil = 2030-01-01T00:00:00Z\n'
        rows = "".join(row.format(each, name) for each in tenants for name in ("EdDSA", "ML-DSA-65"))
        parsed = microseconds(min(rounds, 3), 1, lambda: MigrationPolicy.parse(rows)) / 1e3
        print(f"{'policy of two rows for each of 10,000':38} {parsed:6.1f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the verification of tokens.")
    parser.add_argument("--quick", action="store_true", help="measure little, to see that everything works")
    quick = parser.parse_args().quick
    print(markdown(["Microseconds", OURS, JOSERFC, PYJWT], measure(QUICK if quick else FULL)))
    starting(3 if quick else 40)


if __name__ == "__main__":
    main()
