"""No frame of the library shows a key, a signer or a token in a traceback, for any public function."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from own_frames import variables
from right_arguments import COST, DSA, KEYS, POLICY, TOKENS, VERIFIER
from starlette.exceptions import HTTPException
from starlette.requests import Request
from wrong_arguments import MODULES, Case, cases

from qynauth_pqc import dsse
from qynauth_pqc.auth import JWKSCache, KeyRing, ReplayCache, TokenError, TokenVerifier
from qynauth_pqc.auth.starlette import TokenBearer

SECRET = b"SENTINEL" * 4
VALUES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: SECRET,
    "str": SECRET.decode,
    "list": lambda: [DSA, SECRET],
    "PEM": lambda: b"-----BEGIN OPENSSH PRIVATE KEY-----\n%b\n-----END OPENSSH PRIVATE KEY-----\n" % SECRET,
    "JWK": lambda: {"kty": "AKP", "alg": "ML-DSA-44", "priv": SECRET.decode()},
}
NAMES = {
    *("private_key", "private_keys", "public_key", "public_keys", "key", "keys", "key_obj", "signer", "signers"),
    *("seed", "rnd", "jwk", "jwks", "published", "ring", "blob", "line", "priv_key_uri"),
    *("token", "dpop_key", "headers"),
    *("verify_certificate.issuer", "AllowedSigners.parse.text", "RevokedKeys.parse.text", "load_private_key.data"),
    *("load_public_key.data", "from_private_bytes.data", "from_public_bytes.data", "from_cose_key.data"),
    *("SSHPrivateKey.from_bytes.data",),
}
"""The parameters for keys, signers, texts of keys, and tokens; with the name of the callable where it matters."""


@pytest.fixture(autouse=True)
def _process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder with a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(*COST)
    Path("file").write_bytes(b"message")


def is_secret(case: Case, name: str) -> bool:
    """Return whether a parameter is for a key, a signer or a token."""
    path = f"{case.name}.{name}"
    return any(path.endswith(f".{each}") for each in NAMES)


def caught(case: Case, name: str, value: object) -> Exception | None:
    """Return the error of a call with a value for a parameter."""
    try:
        case.call({name: value})
    except Exception as error:  # noqa: BLE001 - test_wrong_types.py is about its type
        return error
    return None


def every_case() -> Iterator[Case]:
    """Yield the callables of all modules."""
    for module in ["", *MODULES]:
        yield from cases(module)


@pytest.mark.parametrize("value", VALUES)
def test_no_frame_shows_a_key_or_a_token(value: str) -> None:
    """Each of their parameters gets a secret of a wrong type in turn."""
    found, tried = [], set()
    for case in every_case():
        for name in (each.name for each in case.parameters if is_secret(case, each.name)):
            error = caught(case, name, VALUES[value]())
            shown = [] if error is None else variables(error)
            found += [(case.name, name, where) for where, text in shown if "SENTINEL" in text]
            tried.add(f"{case.name}.{name}".removeprefix("qynauth_pqc."))
    assert found == []
    assert {"ssh.sign.private_key", "cms.CMSSigner.key", "dsse.Envelope.sign.signer"} <= tried
    assert {"integrations.pyjwt.MLDSAAlgorithm.sign.key", "auth.TokenVerifier.verify_async.token"} <= tried
    assert len(tried) > 90


def test_every_variable_of_a_frame_can_be_shown() -> None:
    """No object is shown before it has its attributes: Python 3.11 would show nothing of the traceback."""
    for case in every_case():
        if "distributed" in case.name:  # the tests themselves half make its client
            continue
        for each in case.parameters:
            error = caught(case, each.name, object())
            if error is not None:
                variables(error)
    with pytest.raises(TypeError) as refused:
        KeyRing(b"directory", None, None)  # type: ignore[arg-type]
    variables(refused.value)


def down(*_arguments: object) -> NoReturn:
    """Fail, as the network does."""
    raise ConnectionError


def verifiers() -> Iterator[tuple[type[Exception], TokenVerifier]]:
    """Yield verifiers that refuse a valid token, each for another reason, with the error that they raise."""
    issuer, audience = "https://login.example", "orders"
    yield TokenError, TokenVerifier(POLICY, issuer, audience, JWKSCache(down))
    yield TokenError, TokenVerifier(POLICY, issuer, audience, KEYS, clock=lambda: 0.0)
    replay = ReplayCache()
    replay.add = down  # type: ignore[method-assign, assignment]
    yield ConnectionError, TokenVerifier(POLICY, issuer, audience, KEYS, replay=replay)


def test_no_frame_shows_a_refused_token() -> None:
    """It may still be valid: for another audience, or as soon as the keys can be fetched."""
    token = TOKENS.issue("frodo", "orders")
    assert VERIFIER.verify(token).claims["sub"] == "frodo"
    bearer = {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]}
    for kind, verifier in verifiers():
        for call in (
            lambda each=verifier: each.verify(token),
            lambda each=verifier: asyncio.run(each.verify_async(token)),
            lambda each=verifier: asyncio.run(TokenBearer(each)(Request(bearer))),
        ):
            with pytest.raises((kind, HTTPException)) as refused:
                call()
            assert [where for where, text in variables(refused.value) if token[:-20] in text] == []
            assert kind is not ConnectionError or refused.traceback[-1].name == "down"


class Failing:
    """A signer that fails."""

    algorithm = DSA.algorithm
    public_key = DSA.public_key

    def sign(self, message: object) -> bytes:
        """Fail."""
        return down(message)


def test_frames_of_a_signer_stay() -> None:
    """The error of a signer shows its origin, and nothing that was passed with it."""
    with pytest.raises(ConnectionError) as failed:
        dsse.sign(b"payload", "application/json", [Failing(), SECRET])  # type: ignore[list-item]
    assert [each.name for each in failed.traceback[-2:]] == ["sign", "down"]
    assert not any("SENTINEL" in text for _, text in variables(failed.value))
