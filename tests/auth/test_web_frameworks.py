"""Each service of the section on web frameworks works over HTTP, in its own server and in the server of production."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from auth_fixtures import AUDIENCE, ISSUER, claims_at, policy_text, published, row, signed, signing_key
from fastapi import Depends, FastAPI, WebSocket
from flask import Flask, g
from http_site import Site, serving
from joserfc.util import urlsafe_b64decode
from pages import ENVIRONMENT, commands, section, write_files
from werkzeug.exceptions import HTTPException

from qynauth_pqc.auth import JWKSCache, MigrationPolicy, TokenError, TokenVerifier, fastapi, flask

PAGE = "docs/auth.md"
COMMANDS = commands(section(PAGE, "Web frameworks"))
ISSUE, PUBLISH, *SERVE, WITHOUT, WITH = [command for command, _ in COMMANDS]
DJANGO = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": "."}
SERVERS = {
    **{command[0] + " " + command[1]: [each.replace("8001", "0") for each in command] for command in SERVE},
    "gunicorn flask_app:app": ["gunicorn", "--bind", "127.0.0.1:0", "flask_app:app"],
    "gunicorn Django": ["gunicorn", "--bind", "127.0.0.1:0", "django.core.wsgi:get_wsgi_application()"],
    "uvicorn Django": ["uvicorn", "--port", "0", "--factory", "django.core.asgi:get_asgi_application"],
}
PATIENCE = 300.0
"""How long a server may take to start, and to find the keys, in seconds."""


@dataclass(frozen=True)
class Service:
    """A running service of the page.

    Attributes:
        url: where it is.
        token: one that it accepts.
        is_django: whether Django serves it.
        early: its answer to this token before there were keys.
        output: its output.
    """

    url: str
    token: str
    is_django: bool
    early: httpx.Response
    output: Path

    def get(self, *authorizations: str, path: str = "/orders") -> httpx.Response:
        """Ask for something, with so many headers."""
        return ask(self.url + path, *authorizations)


def ask(url: str, *authorizations: str) -> httpx.Response:
    """Return the answer to a request with so many headers Authorization."""
    return httpx.get(url, headers=[("Authorization", each) for each in authorizations], timeout=PATIENCE)


def keys_of(folder: Path) -> Callable[[Site], None]:
    """Return the answers of the issuer's server of keys, which fails until the folder of the page has the keys."""

    def answer(site: Site) -> None:
        file = folder / "public" / site.path.lstrip("/")
        site.send(*((file.read_bytes(), 200) if file.exists() else (b"", 500)))

    return answer


@pytest.fixture(scope="module", params=SERVERS)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Yield each service, which started before its issuer had keys."""
    folder = tmp_path_factory.mktemp("service")
    write_files(PAGE, folder)
    subprocess.run(ISSUE, cwd=folder, env=ENVIRONMENT, check=True)
    (folder / "public").rename(folder / "later")
    with serving(keys_of(folder)) as port:
        verifier = (folder / "verifier.py").read_text(encoding="utf-8").replace("8000", str(port))
        verifier = verifier.replace("background", "cooldown=0, background")
        (folder / "verifier.py").write_text(verifier, encoding="utf-8")
        with running(SERVERS[request.param], folder) as url:
            yield ready(url, folder, is_django="jango" in request.param)


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[str]:
    """Run a server in a folder, where it writes to the file `output`, and lend its address."""
    environment = ENVIRONMENT | DJANGO | {"PYTHONUNBUFFERED": "1"}
    with (
        (folder / "output").open("w") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            yield started(process, folder / "output")
        finally:
            process.terminate()


def started(process: subprocess.Popen[bytes], output: Path) -> str:
    """Return the address that a server prints."""
    limit = time.monotonic() + PATIENCE
    while not (found := re.search(r"http://127\.0\.0\.1:\d+", output.read_text())):
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < limit
        time.sleep(0.05)
    return found[0]


def ready(url: str, folder: Path, *, is_django: bool) -> Service:
    """Publish the keys after the first request, and wait until the service has them."""
    token = (folder / "token.txt").read_text(encoding="ascii")
    early = ask(f"{url}/orders", f"Bearer {token}")
    (folder / "later").rename(folder / "public")
    limit = time.monotonic() + PATIENCE
    while ask(f"{url}/orders", f"Bearer {token}").status_code != 200:
        assert time.monotonic() < limit
        time.sleep(0.05)
    return Service(url, token, is_django, early, folder / "output")


def test_accepted_token_reaches_the_view(service: Service) -> None:
    """The view gets claims and mode; the scheme may be in any letter case (RFC 9110, section 11.1)."""
    for scheme in ("Bearer", "bearer"):
        answer = service.get(f"{scheme} {service.token}")
        assert (answer.status_code, answer.json()) == (200, {"subject": "frodo", "mode": "post-quantum"})


@pytest.mark.parametrize("header", [[], ["Basic Zm9vOmJhcg=="]], ids=["none", "Basic"])
def test_request_without_a_token_is_challenged(service: Service, header: list[str]) -> None:
    """The challenge names no error."""
    answer = service.get(*header)
    assert (answer.status_code, answer.headers.get_list("WWW-Authenticate")) == (401, ['Bearer realm="tokens"'])
    assert "expected a bearer token in the header Authorization" in answer.text


def test_refused_token_is_answered_as_rfc_6750_says(service: Service) -> None:
    """The answer has the verdict, and nothing of the token."""
    header, claims, signature = service.token.split(".")
    cases = {
        "bad signature": [f"Bearer {header}.{claims}.{signature[:-8]}AAAAAAAA", f"Bearer {forged(service.token)}"],
        "malformed": ["Bearer", "Bearer é", "Bearer SENTINEL"],
    }
    for verdict, tokens in cases.items():
        for each in tokens:
            answer = ask_raw(service, each)
            challenge = f'Bearer realm="tokens", error="invalid_token", error_description="{verdict}"'
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)
            assert "SENTINEL" not in answer.text


def forged(token: str) -> str:
    """Return the token with another subject, signed by a key of the test under the kid of the issuer's key."""
    header, claims, _ = token.split(".")
    names, found = (json.loads(urlsafe_b64decode(each.encode())) for each in (header, claims))
    return signed(names["alg"], {**found, "sub": "sauron"}, names)


def ask_raw(service: Service, header: str) -> httpx.Response:
    """Send a header that need not be ASCII."""
    return httpx.get(f"{service.url}/orders", headers={b"Authorization": header.encode("latin-1")}, timeout=PATIENCE)


def test_two_tokens_are_none(service: Service) -> None:
    """A proxy might have checked the other one."""
    answer = service.get(f"Bearer {service.token}", f"Bearer {service.token}")
    assert answer.status_code in (400, 401)


def test_keys_that_are_unavailable_are_no_fault_of_the_client(service: Service) -> None:
    """It may try again; the operator reads the cause in the log."""
    assert (service.early.status_code, "WWW-Authenticate" in service.early.headers) == (503, False)
    assert "the keys of the issuer are unavailable: try again" in service.early.text
    assert "expected status 200 from the server, got 500" in service.output.read_text()


def test_no_token_is_in_a_log(service: Service) -> None:
    """Neither an accepted token nor a refused one is logged."""
    refused = f"{service.token[:-8]}AAAAAAAA"
    assert [service.get(f"Bearer {each}").status_code for each in (service.token, refused)] == [200, 401]
    written = service.output.read_text()
    assert "unavailable" in written
    assert not [part for part in service.token.split(".") if part[:40] in written]


def test_commands_of_the_page_do_what_their_comments_say(service: Service) -> None:
    """They run without a token and with one, at the port of this service."""
    for (command, comment), expected in zip(COMMANDS[-2:], ("401", "200"), strict=True):
        assert comment == expected
        shell = " ".join(f'"{each}"' for each in [*command, "--write-out", "%{http_code}"])
        shell = shell.replace("http://127.0.0.1:8001", service.url)
        run = subprocess.run(["sh", "-c", shell], cwd=service.output.parent, text=True, capture_output=True, check=True)
        assert run.stdout.endswith(expected)


def test_view_of_django_may_be_open_to_all(service: Service) -> None:
    """A view must be marked for that; an unknown path is no view."""
    answer = service.get(path="/health")
    assert (answer.status_code, answer.text == "alive") == ((200, True) if service.is_django else (404, False))
    assert service.get(path="/nowhere").status_code == 404


def test_set_of_the_page_is_published_by_its_command(tmp_path: Path) -> None:
    """It uses a free port; `verifier.py` names the port of the page."""
    write_files(PAGE, tmp_path)
    subprocess.run(ISSUE, cwd=tmp_path, env=ENVIRONMENT, check=True)
    with running([each.replace("8000", "0") for each in PUBLISH], tmp_path) as url:
        jwks = httpx.get(f"{url}/jwks.json", timeout=PATIENCE)
    assert [each["alg"] for each in jwks.json()["keys"]] == ["ML-DSA-65"]
    assert "http://127.0.0.1:8000/jwks.json" in (tmp_path / "verifier.py").read_text(encoding="utf-8")


def verifying() -> TokenVerifier:
    """Return a verifier that accepts `signed("EdDSA", claims_at(time.time()))`."""
    keys = JWKSCache(lambda: published("EdDSA"))
    return TokenVerifier(MigrationPolicy.parse(policy_text(row("EdDSA"))), ISSUER, AUDIENCE, keys)


def strange() -> str:
    """Return a token that names the key of `verifying`, signed by another key."""
    kid, stranger = signing_key("EdDSA").thumbprint(), signing_key("EdDSA", 1)
    return signed("EdDSA", claims_at(time.time()), {"kid": kid}, stranger)


def test_interface_of_fastapi_shows_that_a_route_needs_a_token() -> None:
    """The page of the interface has a field for the token."""
    app, bearer = FastAPI(), fastapi.TokenBearer(verifying())
    app.get("/orders", dependencies=[Depends(bearer)])(lambda: None)
    interface = app.openapi()
    assert interface["paths"]["/orders"]["get"]["security"] == [{"TokenBearer": []}]
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert interface["components"]["securitySchemes"] == {"TokenBearer": scheme}


@pytest.mark.parametrize("kind", ["valid", "forged", "none"])
def test_websocket_opens_with_a_valid_token_only(kind: str) -> None:
    """The answer to one without is the answer to any request (ASGI, extension for the denial of a WebSocket)."""
    app, bearer, sent = FastAPI(), fastapi.TokenBearer(verifying()), list[Any]()

    @app.websocket("/orders", dependencies=[Depends(bearer)])
    async def orders(websocket: WebSocket) -> None:
        await websocket.accept()

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    token = (strange() if kind == "forged" else signed("EdDSA", claims_at(time.time()))).encode()
    headers = [] if kind == "none" else [(b"authorization", b"Bearer " + token)]
    scope = {"type": "websocket", "path": "/orders", "headers": headers, "query_string": b""}
    asyncio.run(app({**scope, "extensions": {"websocket.http.response": {}}}, receive, send))
    first = sent[0]
    assert (first["type"], first.get("status")) == (
        ("websocket.accept", None) if kind == "valid" else ("websocket.http.response.start", 401)
    )
    assert any(name == b"www-authenticate" for name, _ in first["headers"]) == (kind != "valid")


def test_verifier_that_is_itself_a_dependency_of_fastapi_is_awaited() -> None:
    """A forged token does not reach the route, in every version of Python."""
    app, verifier = FastAPI(), verifying()
    app.get("/orders", dependencies=[Depends(verifier.verify_async)])(lambda: "reached")

    async def answer(token: str) -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return (await client.request("GET", "/orders", params={"token": token}, content=b"null")).text

    assert asyncio.run(answer(signed("EdDSA", claims_at(time.time())))) == '"reached"'
    with pytest.raises(TokenError, match="the signature is not valid for EdDSA"):
        asyncio.run(answer(strange()))


def test_handlers_and_coroutines_of_flask_work() -> None:
    """An error handler answers a refusal in the words of the application."""
    app = Flask(__name__)

    @app.get("/orders")
    @flask.token_required(verifying())
    async def orders() -> str:
        return str(g.token.claims["sub"])

    @app.errorhandler(401)
    def refused(error: HTTPException) -> tuple[str, int, list[tuple[str, str]]]:
        return f"log in: {error.description}", 401, error.get_headers()

    client, token = app.test_client(), signed("EdDSA", claims_at(time.time()))
    accepted = client.get("/orders", headers={"Authorization": f"Bearer {token}"})
    assert (accepted.status_code, accepted.text) == (200, "frodo")
    assert client.get("/orders", headers={"Authorization": f"Bearer {strange()}"}).status_code == 401
    answer = client.get("/orders")
    assert answer.text == "log in: expected a bearer token in the header Authorization"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tokens"'
    assert orders.__name__ == "orders"
