"""Relying parties that know nothing of this project verify the tokens of the example service."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from auth_service import MODES, SERVICE, Person, Service, kid_of, running_service
from npm_packages import install
from pages import ENVIRONMENT

HERE = SERVICE / "relying_parties"
Verify: TypeAlias = Callable[..., list[str]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The running service, which all tests share."""
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def person(service: Service) -> Person:
    """Somebody who is registered."""
    made = Person(service)
    assert made.register()[0] == 200
    return made


def verifier(service: Service, audience: str, *command: str | Path) -> Verify:
    """Return what runs a relying party, and returns its line for each token."""

    def verify(*tokens: str) -> list[str]:
        url = str(service.http.base_url.join("/jwks.json"))
        result = subprocess.run(
            [*command, url, "https://login.example", audience],
            cwd=HERE,
            env=ENVIRONMENT,
            input="\n".join(tokens) + "\n",
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return result.stdout.splitlines()

    return verify


@pytest.fixture
def jose(service: Service) -> Verify:
    """The package jose of npm on Node 26, which takes ML-DSA-65 alone, for the audience of orders."""
    install(HERE)
    return verifier(service, "orders", "npm", "start", "--silent", "--")


@pytest.fixture
def pyjwt(service: Service) -> Verify:
    """PyJWT, which takes EdDSA alone, for the audience of reports."""
    return verifier(service, "reports", sys.executable, HERE / "classical.py")


def tampered(token: str) -> str:
    """Return a token with another character in the middle of its signature."""
    at = (token.rindex(".") + len(token)) // 2
    return f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"


def test_jose_accepts_post_quantum_tokens_alone(person: Person, jose: Verify) -> None:
    """By the keys that the service publishes, among which are those of other modes."""
    tokens = {audience: person.token(audience) for audience in MODES}
    assert jose(tokens["orders"], tampered(tokens["orders"]), tokens["reports"], tokens["archive"]) == [
        f"accepted {person.account}",
        "refused ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        "refused ERR_JOSE_ALG_NOT_ALLOWED",
        "refused ERR_JOSE_ALG_NOT_ALLOWED",
    ]


def test_pyjwt_accepts_classical_tokens_alone(person: Person, pyjwt: Verify) -> None:
    """It skips the keys that it does not know, and its own go on working."""
    tokens = {audience: person.token(audience) for audience in MODES}
    assert pyjwt(tokens["reports"], tampered(tokens["reports"]), tokens["orders"], tokens["archive"]) == [
        f"accepted {person.account}",
        "refused InvalidSignatureError",
        "refused PyJWKClientError",
        "refused PyJWKClientError",
    ]


@pytest.mark.parametrize(("party", "audience"), [("jose", "orders"), ("pyjwt", "reports")])
def test_relying_party_accepts_both_keys_of_a_rotation(
    party: str, audience: str, person: Person, request: pytest.FixtureRequest
) -> None:
    """The key that is retiring is published as long as its tokens live."""
    verify: Verify = request.getfixturevalue(party)
    old = person.token(audience)
    for command in ("rotate", "activate"):
        person.service.operate(command, MODES[audience][0])
    new = person.token(audience)
    assert kid_of(old) != kid_of(new)
    assert verify(old, new) == [f"accepted {person.account}"] * 2
