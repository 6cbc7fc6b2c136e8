"""Fuzzes the verifier of tokens and the cache of published keys with atheris: python tools/fuzz/verifier.py CORPUS.

The first byte of an input, modulo 4, is the kind of the rest: 0 a token, 1 the header and 2 the claims of a token that
the real key signs, 3 a set of keys. Only errors of the package may be raised, and only claims that the rules allow are
accepted.
"""

# ruff: noqa: S101 - the checks of a fuzz target

from __future__ import annotations

import json
import sys
from contextlib import nullcontext, suppress
from pathlib import Path

try:
    import atheris
except ModuleNotFoundError:  # in the tests, which replay the corpus
    instrumented = nullcontext()
else:
    instrumented = atheris.instrument_imports(include=["qynauth_pqc.auth", "qynauth_pqc.formats"])

TESTS = Path(__file__).parents[2] / "tests"
sys.path += [str(TESTS / "support"), str(TESTS / "auth")]

with instrumented:
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
    from qynauth_pqc.auth.verifier import TokenVerifier
    from qynauth_pqc.integrations.jose_composite import DRAFT

KEY = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))  # the same in each run, like the corpus
JWK = public_jwk(KEY, "EdDSA")
NOW = START.timestamp()
GOOD = claims_at(NOW)
EVENTS: list[object] = []
TOKEN, HEADER, CLAIMS, SET = range(4)
VERIFIER = TokenVerifier(
    MigrationPolicy.parse(policy_text()),
    ISSUER,
    AUDIENCE,
    JWKSCache(lambda: {"keys": [JWK]}, experimental=DRAFT),
    clock=Clock(),
    observe=EVENTS.append,
)


def one_input(data: bytes) -> None:
    """Try an input."""
    kind, rest = sum(data[:1]) % 4, data[1:]
    if kind == SET:
        with suppress(JWKSError):
            found = JWKSCache(lambda: rest).key(JWK["kid"])
            assert found is None or found.kid == JWK["kid"]
        return
    token = {HEADER: lambda: signed("EdDSA", GOOD, rest, KEY), CLAIMS: lambda: signed("EdDSA", rest, None, KEY)}
    EVENTS.clear()
    with suppress(TokenError):
        claims = VERIFIER.verify(token.get(kind, lambda: rest)()).claims
        assert may_be_accepted({**claims}, NOW)
        assert claims == (json.loads(rest) if kind == CLAIMS else GOOD)
    assert len(EVENTS) == 1


def main() -> None:
    """Write the corpus with `--write DIRECTORY`, or fuzz with the arguments of libFuzzer."""
    if sys.argv[1:2] == ["--write"]:
        header = {"alg": "EdDSA", "kid": JWK["kid"], "typ": "JWT"}
        texts = {"header": (HEADER, json.dumps(header)), "claims": (CLAIMS, json.dumps(GOOD))}
        texts |= {"token": (TOKEN, signed("EdDSA", GOOD, None, KEY)), "set": (SET, json.dumps({"keys": [JWK]}))}
        for name, (kind, text) in texts.items():
            (Path(sys.argv[2]) / name).write_text(f"{kind}{text}")
        return
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
