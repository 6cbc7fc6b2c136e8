"""How soon a revoked key is refused behind a real shared cache, squid, which keeps the set for as long as it may."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any, ClassVar

import pytest
from auth_fixtures import public_jwk, signing_key

from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import SHORTEST_USE, JWKSCache

SQUID = shutil.which("squid", path="/usr/sbin:/usr/bin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(SQUID is None, reason="squid is not installed: apt-get install squid")

KEPT = 12
"""For how long the issuer lets its set be kept, in seconds."""
KEYS = [public_jwk(signing_key("EdDSA", number), "EdDSA") for number in range(2)]
FIRST = KEYS[0]["kid"]


class Issuer(BaseHTTPRequestHandler):
    """Publishes a set, which may be shared."""

    jwks: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[float]] = []

    def do_GET(self) -> None:
        """Answer with the set."""
        Issuer.asked.append(time.monotonic())
        body = json.dumps(Issuer.jwks).encode()
        self.send_response(200)
        for name, value in {
            "Content-Type": "application/jwk-set+json",
            "Cache-Control": f"public, max-age={KEPT}",
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def issuer() -> Iterator[int]:
    """Serve a set with both keys, and return the port."""
    Issuer.jwks, Issuer.asked[:] = {"keys": KEYS}, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Issuer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def squid(origin: int, folder: Path) -> Iterator[int]:
    """Run squid in front of a server, and return its port. Like many of its kind, it ignores no-cache of a request."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lines = [f"http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1 no-vhost"]
    lines += [f"cache_peer 127.0.0.1 parent {origin} 0 no-query originserver", "http_access allow all"]
    lines += ["refresh_pattern . 0 20% 4320 ignore-reload", "cache_mem 8 MB", "access_log none", "cache_log /dev/null"]
    lines += ["pid_filename none", "netdb_filename none", "shutdown_lifetime 0 seconds", "visible_hostname cache"]
    lines += ["icp_port 0", "pinger_enable off", "logfile_rotate 0", f"coredump_dir {folder}"]
    config = folder / "squid.conf"
    config.write_text("\n".join([*lines, ""]))
    process = subprocess.Popen([str(SQUID), "-N", "-f", str(config)], stdin=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert process.poll() is None, "squid has ended"
            with suppress(OSError):
                answer(port)
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def answer(port: int) -> tuple[dict[str, Any], int]:
    """Return the set at a port, and how old a cache says that it is."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/jwks.json")
        found = connection.getresponse()
        return json.load(found), int(found.headers.get("Age", -1))


def wait_for_age(port: int, seconds: int) -> None:
    """Wait until the cache has kept the set for some time."""
    while answer(port)[1] < seconds:
        time.sleep(0.1)


@pytest.mark.slow
def test_revoked_key_is_refused_within_the_bound_behind_a_shared_cache(tmp_path: Path) -> None:
    """It is max-age since the issuer sent the set, a second for the rounding of Age, and the shortest use of a set.

    Without Cache-Control, the verifier would use the set for its own time; without Age, for that of the cache as well.
    """
    with issuer() as origin, squid(origin, tmp_path) as port:
        wait_for_age(port, KEPT - 2)
        cache = JWKSCache.from_url(f"http://127.0.0.1:{port}/jwks.json", cooldown=0.0)
        assert cache.key(FIRST)
        sent, accepted, Issuer.jwks = Issuer.asked[-1], 0.0, {"keys": KEYS[1:]}
        for _ in range(2000):
            begin = time.monotonic()
            if cache.key(FIRST) is None:
                break
            accepted = begin
            time.sleep(0.05)
        else:
            pytest.fail("the key is still accepted")
        assert accepted - sent <= KEPT + 1 + SHORTEST_USE
        assert cache.key(KEYS[1]["kid"])


def test_age_of_a_shared_cache_shortens_the_use_of_a_set(tmp_path: Path) -> None:
    """By as much; and many tokens cause one fetch."""
    with issuer() as origin, squid(origin, tmp_path) as port:
        wait_for_age(port, 1)
        now, asked = [0.0], len(Issuer.asked)
        cache = JWKSCache.from_url(f"http://127.0.0.1:{port}/jwks.json", clock=lambda: now[0])
        for _ in range(100):
            assert cache.key(FIRST)
        now[0] = KEPT - 1.0
        assert len(Issuer.asked) == asked
        with pytest.raises(JWKSError):
            cache._find(FIRST, frozenset(), lambda *, wait: None)  # noqa: ARG005 - nothing is fetched any more
