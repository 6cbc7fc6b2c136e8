"""Relying parties that know nothing of this project verify the tokens of the example service."""

from __future__ import annotations

import re
import subprocess

import auth_service
import pytest
from auth_service import MODES, README, SERVICE, Person, Service, kid_of
from npm_packages import install
from pages import ENVIRONMENT

pytestmark = pytest.mark.slow

HERE = SERVICE / "relying_parties"
PUBLISHED = "http://127.0.0.1:8000/jwks.json"
service = auth_service.service


@pytest.fixture(scope="module")
def tokens(service: Service) -> dict[str, list[str]]:
    """Return the tokens of a person for each audience; if there are two, the next key signed the second."""
    person = Person(service, account="relying.person")
    assert person.register()[0] == 200
    rotated = ("orders", "reports")
    tokens = {audience: [person.token(audience)] for audience in MODES}
    for audience in rotated:
        service.replace_key(MODES[audience][0])
        tokens[audience].append(person.token(audience))
        assert len(set(map(kid_of, tokens[audience]))) == 2
    return tokens


def verify(service: Service, program: str, tokens: list[str]) -> list[str]:
    """Run a relying party as the README does, and return the first two words of its line for each token."""
    [line] = re.findall(rf"^echo TOKEN \| ({program} .*)$", README, re.MULTILINE)
    command = line.replace(PUBLISHED, str(service.http.base_url.join("/jwks.json"))).split()
    lines = "".join(f"{token}\n" for token in tokens)
    result = subprocess.run(
        command, cwd=SERVICE, env=ENVIRONMENT, input=lines, stdout=subprocess.PIPE, text=True, check=True
    )
    return [" ".join(line.split()[:2]) for line in result.stdout.splitlines()]


def tampered(token: str) -> str:
    """Return a token with another character in the middle of its signature."""
    at = (token.rindex(".") + len(token)) // 2
    return f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"


@pytest.mark.parametrize(
    ("program", "audience", "forged", "foreign"),
    [
        pytest.param(
            "npm", "orders", "ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "ERR_JOSE_ALG_NOT_ALLOWED", id="jose, ML-DSA-65"
        ),
        pytest.param("python", "reports", "InvalidSignatureError", "PyJWKClientError", id="PyJWT, EdDSA"),
    ],
)
def test_relying_party_accepts_tokens_of_its_algorithm_alone(
    program: str, audience: str, forged: str, foreign: str, tokens: dict[str, list[str]], service: Service
) -> None:
    """It accepts the old and the next key, and ignores published keys that it does not know."""
    if program == "npm":
        install(HERE)
    own = tokens[audience]
    others = [token for other in MODES if other != audience for token in tokens[other]]
    expected = [*["accepted relying.person"] * 2, f"refused {forged}", *[f"refused {foreign}"] * len(others)]
    assert verify(service, program, [*own, tampered(own[1]), *others]) == expected


def test_jose_runs_on_the_node_that_its_packages_name() -> None:
    """It is the first Node with ML-DSA in WebCrypto, not the Node of the machine."""
    install(HERE)
    command = ["npm", "exec", "--prefix", str(HERE), "--", "node", "--version"]
    version = subprocess.run(command, cwd=SERVICE, text=True, stdout=subprocess.PIPE, check=True).stdout
    assert version.startswith("v26.")
