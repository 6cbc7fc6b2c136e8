"""A relying party imports only the modules that it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from auth_fixtures import HYBRID, POST_QUANTUM, claims_at, policy_text, published, signed
from auth_fixtures import row as policy_row

import qynauth_pqc.auth
from qynauth_pqc.auth.algorithms import ALGORITHMS
from qynauth_pqc.integrations.jose_composite import DRAFT

VERIFY = """
import sys, json
sys.modules["fcntl"] = None
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused!r}:
            raise AssertionError(name)
sys.meta_path.insert(0, Refusing())
from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenVerifier
policy, jwks, token, draft, now = json.loads(sys.stdin.read())
keys = JWKSCache(lambda: jwks, experimental=draft)
verifier = TokenVerifier(MigrationPolicy.parse(policy), "https://login.example", "orders", keys, clock=lambda: now)
print(verifier.verify(token).algorithm)
print(json.dumps(sorted(sys.modules)))
"""


IMPORT = """
import sys, hashlib  # PyPy's imports base64
before = set(sys.modules)
from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenVerifier
print(*(set(sys.modules) - before))
"""
NEEDLESS = ["asyncio", "base64", "cryptography", "cyclonedx", "dataclasses", "email", "fcntl", "http"]
NEEDLESS += [
    "inspect",
    "joserfc",
    "logging",
    "pathlib",
    "random",
    "secrets",
    "ssl",
    "subprocess",
    "tempfile",
    "tomllib",
]
NEEDLESS += ["urllib", "uuid"]
NEEDLESS += [f"qynauth_pqc.auth.{each}" for each in ("keyring", "replay", "tokens", "_policy_toml", "_jwks_http")]


def verified(algorithm: str, *refused: str) -> list[str]:
    """Return the modules of a process that has verified a token without some packages, and without fcntl."""
    draft = "draft-ietf-jose-pq-composite-sigs-05" if algorithm == HYBRID else None
    token = signed(algorithm, claims_at(1.8e9))
    given = json.dumps([policy_text(policy_row(algorithm)), published(algorithm), token, draft, 1.8e9])
    code = VERIFY.replace("{refused!r}", repr(refused))
    result = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    name, modules = result.stdout.splitlines()
    assert name == algorithm
    return list(json.loads(modules))


def test_names_of_a_verifier_import_no_more_than_it_uses() -> None:
    """They import no modules that take long, or that only issuers, classical keys or sets from a server need.

    `contextlib` is not in the list: `typing` imports it.
    """
    result = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    modules = result.stdout.split()
    assert "qynauth_pqc.auth.verifier" in modules
    assert [each for each in NEEDLESS if each in modules] == []


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256", HYBRID, POST_QUANTUM])
def test_verifier_does_without_what_an_issuer_needs(algorithm: str) -> None:
    """It does not need fcntl, which Windows lacks."""
    modules = verified(algorithm, "joserfc", "cyclonedx")
    for name in ("qynauth_pqc.auth.keyring", "http.client", "ssl", "email", "logging"):
        assert name not in modules


def test_verifier_of_our_algorithms_does_without_cryptography() -> None:
    """Only the classical algorithms need `cryptography`."""
    for algorithm in (HYBRID, POST_QUANTUM):
        verified(algorithm, "joserfc", "cryptography")


ISSUE = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("joserfc", "jwt", "cyclonedx"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refusing())
from qynauth_pqc.auth import ALGORITHMS, JWKSCache, KeyRing, MigrationPolicy, TokenIssuer, TokenVerifier
folder, draft, *rows = sys.argv[1:]
policy = MigrationPolicy.parse("\\n".join((f'experimental = "{draft}"', *rows)))
with KeyRing.create(folder, b"password", ALGORITHMS, experimental=draft) as ring:
    keys = JWKSCache(ring.jwks, experimental=draft)
    for name in ALGORITHMS:
        token = TokenIssuer(ring, policy, "https://login.example").issue("frodo", name)
        print(TokenVerifier(policy, "https://login.example", name, keys).verify(token).algorithm)
"""


def test_issuer_and_verifier_do_without_libraries_of_jws(tmp_path: Path) -> None:
    """The extra `auth` installs none: this package and `cryptography` make, sign and verify with every key."""
    rows = [policy_row(name, name, sign_from=datetime(2020, 1, 1, tzinfo=UTC)) for name in ALGORITHMS]
    command = [sys.executable, "-c", ISSUE, str(tmp_path / "ring"), DRAFT, *rows]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.stdout.split(), result.stderr) == ([*ALGORITHMS], "")


def test_package_imports_what_is_used() -> None:
    """Each of its names can be imported, and is the same as in its module."""
    code = "import sys, qynauth_pqc.auth; print([each for each in sys.modules if each.startswith('qynauth_pqc.auth.')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
    for name in qynauth_pqc.auth.__all__:
        assert getattr(qynauth_pqc.auth, name) is not None
        assert name in dir(qynauth_pqc.auth)
    assert sorted(qynauth_pqc.auth._HOMES) == sorted(qynauth_pqc.auth.__all__)
    with pytest.raises(AttributeError, match=r"module 'qynauth_pqc.auth' has no attribute 'nothing'"):
        _ = qynauth_pqc.auth.nothing
