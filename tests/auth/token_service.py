"""A service that issues and verifies tokens, for the tests of their metrics.

Usage: token_service.py FOLDER [ALGORITHM]... It makes a key ring in the folder, with keys of these algorithms or of all
that the policy names, and prints its port, where Prometheus finds the metrics, and the kid of its classical key. For
each date in its input, it sets its clock to the date, issues a token, verifies it and then verifies the first token
that it issued, and prints both verdicts. It ends with its input.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server

from qynauth_pqc.auth.errors import TokenError, Verdict
from qynauth_pqc.auth.jwks import JWKSCache
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.auth.policy import MigrationPolicy
from qynauth_pqc.auth.prometheus import TokenCounter
from qynauth_pqc.auth.tokens import TokenIssuer
from qynauth_pqc.auth.verifier import TokenVerifier
from qynauth_pqc.integrations.jose_composite import DRAFT
from qynauth_pqc.integrations.prometheus import PQCCollector

ISSUER, AUDIENCE = "https://login.example", "orders"
ROWS = [
    ("EdDSA", "sign_from = 2026-01-01T00:00:00Z\nuntil = 2027-01-01T00:00:00Z"),
    ("ML-DSA-65-Ed25519", "sign_from = 2026-07-01T00:00:00Z\nuntil = 2027-07-01T00:00:00Z"),
    ("ML-DSA-65", "sign_from = 2027-01-01T00:00:00Z"),
]


class Clock:
    """A clock that the test sets."""

    now = datetime.fromisoformat("2026-01-01T00:00:00Z")

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        return self.now.timestamp()


def policy() -> MigrationPolicy:
    """Return a policy with a row for each mode."""
    names = f'issuer = "{ISSUER}"\naudience = "{AUDIENCE}"'
    rows = [f'[[accept]]\n{names}\nalgorithm = "{algorithm}"\n{times}\n' for algorithm, times in ROWS]
    return MigrationPolicy.parse(f'experimental = "{DRAFT}"\n{"".join(rows)}')


def verdict(verifier: TokenVerifier, token: str) -> Verdict:
    """Return the verdict of a verifier on a token."""
    try:
        verifier.verify(token)
    except TokenError as error:
        return error.verdict
    return Verdict.ACCEPTED


def say(*words: object) -> None:
    """Print a line."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main(folder: Path, *names: str) -> None:
    """Serve."""
    registry = CollectorRegistry()
    registry.register(PQCCollector())
    clock, count, rules = Clock(), TokenCounter(registry), policy()
    algorithms = names or [algorithm for algorithm, _ in ROWS]
    ring = KeyRing.create(folder / "ring", b"password", algorithms, experimental=DRAFT, clock=clock)
    issuer = TokenIssuer(ring, rules, ISSUER, observe=count)
    keys = JWKSCache(ring.jwks, experimental=DRAFT, clock=clock)
    verifier = TokenVerifier(rules, ISSUER, AUDIENCE, keys, clock=clock, observe=count)
    server, _ = start_http_server(0, addr="127.0.0.1", registry=registry)
    say(server.server_port, ring.signer("EdDSA")[0].thumbprint)
    tokens: list[str] = []
    for line in sys.stdin:
        clock.now = datetime.fromisoformat(line.strip())
        tokens.append(issuer.issue("frodo", AUDIENCE))
        say(verdict(verifier, tokens[-1]), verdict(verifier, tokens[0]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
