"""The example service, started by its script, and people who use its protocol as the README describes it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx
import psutil
import pytest
from conftest import ROOT
from pages import ENVIRONMENT

from qynauth_pqc import MLDSAPrivateKey
from qynauth_pqc.auth.keyring import KeyRing
from qynauth_pqc.integrations.jose_composite import DRAFT

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
    pid: int

    def post(self, path: str, **members: object) -> tuple[int, dict[str, object]]:
        """Send an object, and return the status and the object in the response."""
        answer = self.http.post(path, json=members)
        return answer.status_code, answer.json()

    def database(self) -> sqlite3.Connection:
        """Open its database."""
        return sqlite3.connect(self.state / "accounts.db", timeout=600, isolation_level=None)

    def connections(self) -> int:
        """Return how many connections to the database its workers have opened."""
        workers = psutil.Process(self.pid).children(recursive=True)
        files = [file.path for worker in workers for file in worker.open_files()]
        return files.count(str(self.state / "accounts.db"))

    def operate(self, step: str, algorithm: str = "ML-DSA-65", kid: str = "KID") -> None:
        """Run a command of the README on its key ring, and again at the time that it names."""
        [line] = re.findall(rf"^qynauth-pqc keyring {step} .*$", README, re.MULTILINE)
        command = shlex.split(line.replace("ML-DSA-65", algorithm).replace("KID", kid))
        while (run := self._run(command)).returncode:
            found = re.search(r"before (\S+Z); try again then", run.stderr)
            assert found, run.stderr
            time.sleep(max(0.0, datetime.fromisoformat(found[1]).timestamp() - time.time()))

    def replace_key(self, algorithm: str = "ML-DSA-65") -> None:
        """Let the next key of an algorithm sign, and publish another, which a later test may activate."""
        self.operate("activate", algorithm)
        self.operate("rotate", algorithm)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        folder = self.state.parent
        return subprocess.run(command, cwd=folder, env=ENVIRONMENT, text=True, capture_output=True, check=False)


@dataclass
class Person:
    """A person with a key, who uses the protocol of the page as the README describes it."""

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
        assert status == 200, answer
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
        """Return all members of the request that finishes a login."""
        nonce = nonce or self.begin("login")
        signature = self.sign("login", nonce, audience)
        return {"account": self.account, "key_id": self.key_id, **nonce, "audience": audience, "signature": signature}

    def finish(self, members: dict[str, object]) -> tuple[int, dict[str, object]]:
        """Send the request that finishes a login."""
        return self.service.post("/api/login/finish", **members)

    def token(self, audience: str = "orders") -> str:
        """Log in, and return the token."""
        status, answer = self.finish(self.login(audience))
        assert status == 200, answer
        return str(answer["token"])


def policy() -> str:
    """Return a policy of three modes with distant deadlines."""
    now, day = datetime.now(UTC), timedelta(days=1)
    row = (
        '[[accept]]\nissuer = "https://login.example"\naudience = "{}"\nalgorithm = "{}"\nsign_from = {}\nuntil = {}\n'
    )
    dates = (now - day).isoformat(), (now + day).isoformat()
    rows = [row.format(audience, algorithm, *dates) for audience, (algorithm, _) in MODES.items()]
    return "\n".join([f'experimental = "{DRAFT}"\n', *rows])


@contextmanager
def running_service(folder: Path) -> Iterator[Service]:
    """Run the service until the end of the block, with a ring that has a next key of each algorithm."""
    state, page = folder / "state", folder / "page"
    state.mkdir(mode=0o700)
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>page</title>", encoding="utf-8")
    (folder / "policy.toml").write_text(policy(), encoding="utf-8")
    (state / "ring.password").write_bytes(b"password\n")
    algorithms = [algorithm for algorithm, _ in MODES.values()]
    with KeyRing.create(state / "ring", b"password", algorithms, max_age=MAX_AGE, skew=0, experimental=DRAFT) as ring:
        for each in algorithms:
            ring.rotate(each)
    places = {"STATE": state, "PAGE": page, "POLICY": folder / "policy.toml"}
    environment = ENVIRONMENT | {f"AUTH_SERVICE_{name}": str(path) for name, path in places.items()}
    environment["AUTH_SERVICE_PUBLISHED"] = "http://127.0.0.1:9/jwks.json"  # where nobody answers
    command = ["sh", str(SERVICE / "run.sh"), "--port", "0"]
    with subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE) as process:
        try:
            url = f"http://127.0.0.1:{port_of(process)}"
            with httpx.Client(base_url=url, headers={"Origin": ORIGIN}, limits=NO_REUSE, timeout=600) as http:
                yield Service(http, state, process.pid)
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


_SHARED = ExitStack()
_RUNNING: list[Service] = []


@pytest.fixture(scope="module")
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Yield the running service, which all modules that import this fixture share. It ends with the last module."""
    if not _RUNNING:
        request.config.add_cleanup(_SHARED.close)  # if the last module does not run
        _RUNNING.append(_SHARED.enter_context(running_service(tmp_path_factory.mktemp("service"))))
    yield _RUNNING[0]
    modules = [item.getparent(pytest.Module) for item in request.session.items]
    if [each for each in modules if each and getattr(each.obj, "service", None) is service][-1] is request.node:
        _SHARED.close()
        _RUNNING.clear()


@pytest.fixture
def person(service: Service) -> Person:
    """Return a registered person."""
    made = Person(service)
    assert made.register() == (200, {"key_id": made.key_id})
    return made
