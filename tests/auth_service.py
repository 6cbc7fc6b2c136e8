"""The example service, started by its script, and people who speak its protocol as the README describes it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from conftest import ROOT
from pages import ENVIRONMENT

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.jose_composite import DRAFT

SERVICE = ROOT / "examples" / "auth_service"
README = (SERVICE / "README.md").read_text(encoding="utf-8")
ORIGIN = "http://127.0.0.1:8000"
WORKERS = 2
NO_REUSE = httpx.Limits(max_keepalive_connections=0)  # so that any worker serves the next request
MAX_AGE = 5.0
MODES = {
    "reports": ("EdDSA", "classical"),
    "orders": ("ML-DSA-65", "post-quantum"),
    "archive": ("ML-DSA-65-Ed25519", "hybrid"),
}
NAMES = (f"person-{number}" for number in count())


def base64url(data: bytes) -> str:
    """Encode bytes without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def kid_of(token: str) -> str:
    """Return the kid of a token."""
    return str(json.loads(base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))["kid"])


@dataclass(frozen=True)
class Service:
    """The running service."""

    http: httpx.Client
    state: Path

    def post(self, path: str, **members: object) -> tuple[int, dict[str, object]]:
        """Send an object, and return the status and the object in the response."""
        answer = self.http.post(path, json=members)
        return answer.status_code, answer.json()

    def database(self) -> sqlite3.Connection:
        """Open its database."""
        return sqlite3.connect(self.state / "accounts.db", timeout=600, isolation_level=None)

    def operate(self, step: str, algorithm: str = "ML-DSA-65", kid: str = "KID") -> None:
        """Run a command of the README on its key ring until it is no longer too early for it."""
        [line] = re.findall(rf"^qynauth-pqc keyring {step} .*?(?=  #|$)", README, re.MULTILINE)
        command = shlex.split(line.replace("ML-DSA-65", algorithm).replace("KID", kid))
        while (run := self._run(command)).returncode:
            assert "try again then" in run.stderr, run.stderr

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.state, env=ENVIRONMENT, text=True, capture_output=True, check=False)


@dataclass
class Person:
    """Somebody with a key, who speaks the protocol of the page as the README describes it."""

    service: Service
    account: str = field(default_factory=lambda: next(NAMES))
    key: MLDSAPrivateKey = field(default_factory=lambda: MLDSAPrivateKey.generate("ML-DSA-65"))

    @property
    def key_id(self) -> str:
        """The SHA-256 of the public key."""
        return base64url(hashlib.sha256(self.key.public_key.public_bytes()).digest())

    def begin(self, purpose: str) -> dict[str, object]:
        """Ask for a nonce, and return it with its expiry."""
        status, answer = self.service.post(f"/api/{purpose}/begin", account=self.account)
        assert (status, answer["origin"]) == (200, ORIGIN)
        return {"nonce": answer["nonce"], "expires": answer["expires"]}

    def sign(self, purpose: str, nonce: dict[str, object], *audience: str, origin: str = ORIGIN) -> str:
        """Sign the transcript."""
        lines = ["qynauth-auth-service-v1", purpose, origin, self.account, self.key_id, *audience, *nonce.values()]
        context = f"qynauth auth_service {purpose} v1".encode()
        return base64url(self.key.sign("\n".join(map(str, lines)).encode(), context=context))

    def register(self, **changed: object) -> tuple[int, dict[str, object]]:
        """Register, with members that differ from the right ones."""
        nonce, public_key = self.begin("register"), base64url(self.key.public_key.public_bytes())
        members = {"account": self.account, "public_key": public_key, **nonce, **changed}
        return self.service.post("/api/register/finish", signature=self.sign("register", nonce), **members)

    def login(self, audience: str = "orders", nonce: dict[str, object] | None = None) -> dict[str, object]:
        """Return all members of the request that ends a login."""
        nonce = nonce or self.begin("login")
        signature = self.sign("login", nonce, audience)
        return {"account": self.account, "key_id": self.key_id, **nonce, "audience": audience, "signature": signature}

    def finish(self, members: dict[str, object]) -> tuple[int, dict[str, object]]:
        """Send the request that ends a login."""
        return self.service.post("/api/login/finish", **members)

    def token(self, audience: str = "orders") -> str:
        """Log in, and return the token."""
        status, answer = self.finish(self.login(audience))
        assert status == 200, answer
        return str(answer["token"])


def policy() -> str:
    """Return a policy of three modes whose deadlines are not near."""
    now, day = datetime.now(UTC), timedelta(days=1)
    row = (
        '[[accept]]\nissuer = "https://login.example"\naudience = "{}"\nalgorithm = "{}"\nsign_from = {}\nuntil = {}\n'
    )
    dates = (now - day).isoformat(), (now + day).isoformat()
    rows = [row.format(audience, algorithm, *dates) for audience, (algorithm, _) in MODES.items()]
    return "\n".join([f'experimental = "{DRAFT}"\n', *rows])


@contextmanager
def running_service(folder: Path) -> Iterator[Service]:
    """Run the service until the end of the block, with a ring whose next keys may be activated soon."""
    state, page = folder / "state", folder / "page"
    state.mkdir(mode=0o700)
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    (folder / "policy.toml").write_text(policy(), encoding="utf-8")
    (state / "ring.password").write_bytes(b"password\n")
    algorithms = [algorithm for algorithm, _ in MODES.values()]
    KeyRing.create(state / "ring", b"password", algorithms, max_age=MAX_AGE, skew=0, experimental=DRAFT).close()
    places = {"STATE": state, "PAGE": page, "POLICY": folder / "policy.toml"}
    environment = ENVIRONMENT | {f"AUTH_SERVICE_{name}": str(path) for name, path in places.items()}
    command = ["sh", str(SERVICE / "run.sh"), "--port", "0", "--timeout-worker-healthcheck", "600"]
    with subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE) as process:
        try:
            url = f"http://127.0.0.1:{port_of(process)}"
            with httpx.Client(base_url=url, headers={"Origin": ORIGIN}, limits=NO_REUSE, timeout=600) as http:
                yield Service(http, state)
        finally:
            process.terminate()


def port_of(process: subprocess.Popen[str]) -> int:
    """Return the port when all workers are ready."""
    assert process.stderr is not None
    port, ready = 0, 0
    for line in process.stderr:
        assert "Traceback" not in line, process.stderr.read(3000)
        port = int(found[1]) if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)) else port
        ready += "Application startup complete" in line
        if ready == WORKERS:
            threading.Thread(target=process.stderr.read).start()  # a full pipe would stop the service
            return port
    pytest.fail("the service did not start")
