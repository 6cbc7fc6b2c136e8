"""No error of the migration kit shows a token, or contents in the place of a path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from auth_arguments import COST, POLICY
from own_frames import variables
from path_contents import CONTENTS
from starlette.exceptions import HTTPException
from starlette.requests import Request

from qynauth_pqc.auth import (
    JWKSCache,
    KeyRing,
    MigrationPolicy,
    ReplayCache,
    TokenError,
    TokenIssuer,
    TokenVerifier,
)
from qynauth_pqc.auth.starlette import TokenBearer

ISSUER, AUDIENCE = "https://login.example", "orders"


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyRing:
    """Return a ring, with a cheap derivation of its key."""
    monkeypatch.setitem(*COST)
    return KeyRing.create(tmp_path / "ring", b"password", ["EdDSA"], max_age=0, skew=0)


def down(*_arguments: object) -> NoReturn:
    """Fail, as the network does."""
    raise ConnectionError


def verifiers(keys: JWKSCache) -> Iterator[tuple[type[Exception], TokenVerifier]]:
    """Yield verifiers that refuse a valid token, each for another reason, with the error that they raise."""
    yield TokenError, TokenVerifier(POLICY, ISSUER, AUDIENCE, JWKSCache(down))
    yield TokenError, TokenVerifier(POLICY, ISSUER, AUDIENCE, keys, clock=lambda: 0.0)
    replay = ReplayCache()
    replay.add = down  # type: ignore[method-assign, assignment]
    yield ConnectionError, TokenVerifier(POLICY, ISSUER, AUDIENCE, keys, replay=replay)


def test_no_frame_shows_a_refused_token(ring: KeyRing) -> None:
    """It may still be valid: for another audience, or as soon as the keys can be fetched."""
    token, keys = TokenIssuer(ring, POLICY, ISSUER).issue("frodo", AUDIENCE), JWKSCache(ring.jwks)
    assert TokenVerifier(POLICY, ISSUER, AUDIENCE, keys).verify(token).claims["sub"] == "frodo"
    bearer = {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]}
    for kind, verifier in verifiers(keys):
        for call in (
            lambda each=verifier: each.verify(token),
            lambda each=verifier: asyncio.run(each.verify_async(token)),
            lambda each=verifier: asyncio.run(TokenBearer(each)(Request(bearer))),
        ):
            with pytest.raises((kind, HTTPException)) as refused:
                call()
            assert [where for where, text in variables(refused.value) if token[:-20] in text] == []
            assert kind is not ConnectionError or refused.traceback[-1].name == "down"


def test_variables_of_a_ring_that_is_not_made_can_be_shown() -> None:
    """No object is shown before it has its attributes: Python 3.11 would show nothing of the traceback."""
    with pytest.raises(TypeError) as refused:
        KeyRing(b"directory", None, None)  # type: ignore[arg-type]
    variables(refused.value)


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize(
    "call", [lambda path: KeyRing.open(path, b"password"), MigrationPolicy.load], ids=["ring", "policy"]
)
def test_content_in_the_place_of_a_path_of_the_migration_kit_is_refused(
    call: Callable[[object], object], content: tuple[object, str]
) -> None:
    """The migration kit refuses contents in place of a path too."""
    with pytest.raises(TypeError, match=r"^path must ") as caught:
        call(content[0])
    assert content[1] not in str(caught.value)
