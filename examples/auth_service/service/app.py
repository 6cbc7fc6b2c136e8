"""The service over HTTP: `uvicorn service.app:app --workers 2`."""

from __future__ import annotations

import fcntl
import json
import logging
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from qynauth_pqc.auth.errors import TokenError, Verdict
from qynauth_pqc.integrations.prometheus import PQCCollector
from qynauth_pqc.metrics.shared import share_metrics

from .login import Nonce, Proof, Refused, from_base64url, key_id_of
from .settings import Settings
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_BODY = 20480
"""The longest body of a request, in bytes: a token of 16384 and something around it."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The headers of every response that does not set them itself. The page has no inline scripts."""

SETTINGS = Settings.from_environment()
METRICS, TOKENS = CollectorRegistry(), CollectorRegistry()
_LOGGER = logging.getLogger("uvicorn.error")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the resources of the worker, and close them when it ends."""
    with SETTINGS.lock.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # wait until a start has prepared the state, and block others
        share_metrics(SETTINGS.metrics)  # before the first operation
        METRICS.register(PQCCollector())
        for registry in (METRICS, TOKENS):
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # which registers itself
        app.state.worker = worker = await run_in_threadpool(Worker, SETTINGS)
        try:
            yield
        finally:
            worker.close()


# The requests, each in a thread, since they wait for the database or compute.


def begin_registration(worker: Worker, content: Content) -> Response:
    """Return a nonce for an account."""
    account = content.text("account")
    nonce = worker.login.begin("register", account)
    return JSONResponse({"nonce": nonce.value, "expires": nonce.expires})


def finish_registration(worker: Worker, content: Content) -> Response:
    """Add an account for the owner of a key."""
    public_key = content.data("public_key")
    proof = content.proof(key_id_of(public_key))
    worker.login.register(proof, public_key)
    return JSONResponse({"key_id": proof.key_id})


def begin_login(worker: Worker, content: Content) -> Response:
    """Return a nonce and the id of the account's key."""
    account = content.text("account")
    nonce = worker.login.begin("login", account)
    return JSONResponse({"nonce": nonce.value, "expires": nonce.expires, "key_id": worker.login.key_id(account)})


def finish_login(worker: Worker, content: Content) -> Response:
    """Return a token for the owner of an account."""
    proof = content.proof(content.text("key_id"), content.text("audience"))
    worker.check_audience(content.text("audience"))
    worker.login.log_in(proof)
    return JSONResponse(worker.issue(proof.account, content.text("audience")))


def verify(worker: Worker, content: Content) -> Response:
    """Verify a token as its audience does."""
    try:
        found = worker.verify(content.text("token"), content.text("audience"))
    except TokenError as error:
        status = 503 if error.verdict in (Verdict.KEYS_UNAVAILABLE, Verdict.TOO_MANY_KEYS) else 401
        return JSONResponse({"error": str(error), "verdict": error.verdict}, status)
    parts = {"claims": dict(found.claims), "kid": found.kid, "algorithm": found.algorithm, "mode": found.mode}
    return JSONResponse({"accepted": True, **parts})


def state(request: Request) -> Response:
    """Return the progress of the migration."""
    worker: Worker = request.app.state.worker
    return JSONResponse({**worker.state(), "traffic": traffic()})


def traffic() -> list[dict[str, object]]:
    """Return how many tokens of each algorithm all workers have issued since the start, the most first."""
    samples = [each for family in TOKENS.collect() for each in family.samples]
    issued = [each for each in samples if each.name == "qynauth_pqc_tokens_issued_total" and each.value]
    return [{**each.labels, "tokens": int(each.value)} for each in sorted(issued, key=lambda each: -each.value)]


def jwks(request: Request) -> Response:
    """Publish the keys."""
    worker: Worker = request.app.state.worker
    published = worker.ring.jwks()
    headers = worker.ring.cache_headers(published)
    if headers["ETag"] in request.headers.get("if-none-match", ""):  # a list, where each tag may be marked as weak
        return Response(status_code=304, headers=headers)
    return Response(json.dumps(published), headers=headers)


def metrics(_request: Request) -> Response:
    """Answer Prometheus for all workers."""
    return Response(generate_latest(METRICS), media_type=CONTENT_TYPE_LATEST)


# Helpers of all requests.


class Content:
    """The object in the body of a request."""

    def __init__(self, body: bytes, names: tuple[str, ...]) -> None:
        """Parse a body that has to have exactly these members."""
        try:
            self._members = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused("expected a JSON object") from error
        if not isinstance(self._members, dict) or self._members.keys() != set(names):
            raise Refused(f"expected a JSON object with the members {', '.join(names)}")

    def text(self, name: str) -> str:
        """Return a text of one line."""
        value = self._members[name]
        if not isinstance(value, str) or not value.isprintable():
            raise Refused(f"{name}: expected printable text")
        return value

    def data(self, name: str) -> bytes:
        """Return bytes."""
        try:
            return from_base64url(self.text(name))
        except ValueError as error:
            raise Refused(f"{name}: expected base64url without padding") from error

    def proof(self, key_id: str, audience: str | None = None) -> Proof:
        """Return the proof of a registration or a login."""
        expires = self._members["expires"]
        if type(expires) is not int or not 0 <= expires < 1 << 53:
            raise Refused("expires: expected seconds since 1970")
        nonce = Nonce(self.text("nonce"), expires)
        return Proof(self.text("account"), key_id, nonce, self.data("signature"), audience)


def route(path: str, answer: Callable[[Worker, Content], Response], *names: str) -> Route:
    """Return a route for requests with these members."""

    async def endpoint(request: Request) -> Response:
        check_origin(request)
        content = Content(await read(request), names)
        return await run_in_threadpool(answer, request.app.state.worker, content)

    return Route(path, endpoint, methods=["POST"])


def check_origin(request: Request) -> None:
    """Refuse scripts of other pages: browsers name the page. Other programs need not."""
    if request.headers.get("origin", SETTINGS.origin) != SETTINGS.origin:
        raise Refused(f"open the page at {SETTINGS.origin}", 403)


async def read(request: Request) -> bytes:
    """Return the body of a request, and stop to read one that is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Refused(f"expected at most {LONGEST_BODY} bytes", 413)
    return bytes(body)


def fail(_request: Request, error: Exception) -> Response:
    """Answer an error with a sentence."""
    if isinstance(error, Refused):
        return JSONResponse({"error": str(error)}, error.status)
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)
    if isinstance(error, sqlite3.OperationalError):
        _LOGGER.warning("database: %s", error)
        return JSONResponse({"error": "the database is not available: try again"}, 503)
    return JSONResponse({"error": "the service failed"}, 500)  # uvicorn logs it


class SecurityHeaders:
    """A wrapper that adds the headers to every response, even if the application fails."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


application = Starlette(
    routes=[
        route("/api/register/begin", begin_registration, "account"),
        route("/api/register/finish", finish_registration, "account", "public_key", "nonce", "expires", "signature"),
        route("/api/login/begin", begin_login, "account"),
        route("/api/login/finish", finish_login, "account", "key_id", "nonce", "expires", "audience", "signature"),
        route("/api/verify", verify, "token", "audience"),
        Route("/api/state", state),
        Route("/jwks.json", jwks),
        Route("/metrics", metrics),
        Mount("/", StaticFiles(directory=SETTINGS.page, html=True)),
    ],
    exception_handlers={Refused: fail, HTTPException: fail, sqlite3.OperationalError: fail, Exception: fail},
    lifespan=lifespan,
)
app = SecurityHeaders(application)
