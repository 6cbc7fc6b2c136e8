"""Fuzzes the verifier of tokens and the cache of published keys with atheris: python tools/fuzz/verifier.py CORPUS.

An input is a letter and what it is for: T a token, H the header and C the claims of a token that the real key signs,
J a set of keys. Nothing but the errors of the package may come out, and no claims that the rules do not allow.
"""

# ruff: noqa: S101 - what a fuzz target checks

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import atheris

sys.path.append(str(Path(__file__).parents[2] / "tests"))

with atheris.instrument_imports(include=["qynauth_pqc.auth", "qynauth_pqc.formats", "joserfc"]):
    from auth_fixtures import (
        AUDIENCE,
        ISSUER,
        START,
        Clock,
        claims_at,
        may_be_accepted,
        policy_text,
        public_jwk,
        signed,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from joserfc.jwk import OKPKey

    from qynauth_pqc.auth.errors import JWKSError, TokenError
    from qynauth_pqc.auth.jwks import JWKSCache
    from qynauth_pqc.auth.policy import MigrationPolicy
    from qynauth_pqc.auth.tokens import TokenVerifier

KEY = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))  # the same in each run, as the corpus
JWK = public_jwk(KEY, "EdDSA")
NOW = START.timestamp()
GOOD = claims_at(NOW)
EVENTS: list[object] = []
VERIFIER = TokenVerifier(
    MigrationPolicy.parse(policy_text()),
    ISSUER,
    AUDIENCE,
    JWKSCache(lambda: {"keys": [JWK]}),
    clock=Clock(),
    observe=EVENTS.append,
)


def one_input(data: bytes) -> None:
    """Try an input."""
    kind, rest = data[:1], data[1:]
    if kind == b"J":
        with suppress(JWKSError):
            found = JWKSCache(lambda: rest).key(JWK["kid"])
            assert found is None or (found.kid == JWK["kid"] and not found.key.is_private)
        return
    token = {b"H": lambda: signed("EdDSA", GOOD, rest, KEY), b"C": lambda: signed("EdDSA", rest, None, KEY)}
    EVENTS.clear()
    with suppress(TokenError):
        claims = VERIFIER.verify(token.get(kind, lambda: rest)()).claims
        assert may_be_accepted({**claims}, NOW)
        assert claims == (json.loads(rest) if kind == b"C" else GOOD)
    assert len(EVENTS) == 1


def main() -> None:
    """Write the corpus with `--write DIRECTORY`, or fuzz with the arguments of libFuzzer."""
    if sys.argv[1:2] == ["--write"]:
        header = {"alg": "EdDSA", "kid": JWK["kid"], "typ": "JWT"}
        texts = {"claims": b"C" + json.dumps(GOOD).encode(), "header": b"H" + json.dumps(header).encode()}
        texts |= {
            "set": b"J" + json.dumps({"keys": [JWK]}).encode(),
            "token": b"T" + signed("EdDSA", GOOD, None, KEY).encode(),
        }
        for name, text in texts.items():
            one_input(text)
            (Path(sys.argv[2]) / name).write_bytes(text)
        return
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
