"""A revoked key is refused in time behind a real shared cache, squid, which keeps the set as long as allowed."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection, create_server
from typing import Any, ClassVar

import pytest
from auth_fixtures import public_jwk, signing_key
from http_site import Site, serving

from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import SHORTEST_USE, JWKSCache

SQUID = shutil.which("squid", path="/usr/sbin:/usr/bin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(SQUID is None, reason="squid is not installed: apt-get install squid")

PATIENCE = 300
"""How long anything may take on a busy machine, in seconds."""
KEYS = [public_jwk(signing_key("EdDSA", number), "EdDSA") for number in range(2)]
FIRST = KEYS[0]["kid"]


class Issuer:
    """A server that publishes a set, which caches may share."""

    jwks: ClassVar[dict[str, Any]] = {}
    max_age: ClassVar[int]
    sent: ClassVar[list[float]] = []

    @staticmethod
    def answer(site: Site) -> None:
        """Answer with the set."""
        body = json.dumps(Issuer.jwks).encode()
        site.send_response(200)  # with the Date, since caches count the age from it
        Issuer.sent.append(time.monotonic())
        for name, value in {
            "Content-Type": "application/jwk-set+json",
            "Cache-Control": f"public, max-age={Issuer.max_age}",
            "Content-Length": str(len(body)),
        }.items():
            site.send_header(name, value)
        site.end_headers()
        site.wfile.write(body)


@contextmanager
def issuer(max_age: int) -> Iterator[int]:
    """Serve a set with both keys, which may be cached for a number of seconds, and return the port."""
    Issuer.jwks, Issuer.max_age, Issuer.sent[:] = {"keys": KEYS}, max_age, []
    with serving(Issuer.answer) as port:
        yield port


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
        limit = time.monotonic() + PATIENCE
        while not is_listening(port):
            assert process.poll() is None, "squid has ended"
            assert time.monotonic() < limit, "squid does not listen"
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def is_listening(port: int) -> bool:
    """Return whether there is a server at a port."""
    with suppress(OSError), create_connection(("127.0.0.1", port)):
        return True
    return False


def answer(port: int) -> tuple[dict[str, Any], int]:
    """Return the set at a port, and how old a cache says that it is."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/jwks.json")
        found = connection.getresponse()
        return json.load(found), int(found.headers.get("Age", -1))


def wait_for_age(port: int, seconds: int) -> None:
    """Wait until the cache has kept the set for some time."""
    limit = time.monotonic() + PATIENCE
    while answer(port)[1] < seconds:
        assert time.monotonic() < limit
        time.sleep(0.1)


@pytest.mark.nightly
def test_revoked_key_is_refused_within_the_bound_behind_a_shared_cache(tmp_path: Path) -> None:
    """The bound is max-age since the issuer sent the set, a second for rounding Age, and the shortest use of a set.

    Without Cache-Control, the verifier would use the set for its own time; without Age, for the time of the cache as
    well.
    """
    kept = 12
    with issuer(kept) as origin, squid(origin, tmp_path) as port:
        wait_for_age(port, kept - 2)
        cache = JWKSCache.from_url(f"http://127.0.0.1:{port}/jwks.json", cooldown=0.0, timeout=PATIENCE)
        assert cache.key(FIRST)
        sent, accepted, Issuer.jwks = Issuer.sent[-1], 0.0, {"keys": KEYS[1:]}
        limit, revoked = time.monotonic() + PATIENCE, False
        while not revoked:
            begin = time.monotonic()
            assert begin < limit, "the key is still accepted"
            with suppress(JWKSError):  # a busy machine may have no set that is fresh enough, and accepts nothing then
                revoked = cache.key(FIRST) is None
                accepted = accepted if revoked else begin
            time.sleep(0.05)
        assert accepted - sent <= kept + 1 + SHORTEST_USE
        assert cache.key(KEYS[1]["kid"])


def test_age_of_a_shared_cache_shortens_the_use_of_a_set(tmp_path: Path) -> None:
    """The age is subtracted, and many tokens cause one fetch."""
    kept = 3600
    with issuer(kept) as origin, squid(origin, tmp_path) as port:
        wait_for_age(port, 1)
        now, fetches, sent = [0.0], [], len(Issuer.sent)
        cache = JWKSCache.from_url(
            f"http://127.0.0.1:{port}/jwks.json", max_age=2.0 * kept, timeout=PATIENCE, clock=lambda: now[0]
        )
        fetch = cache._fetch
        vars(cache)["_fetch"] = lambda: fetches.append(now[0]) or fetch()  # type: ignore[func-returns-value]
        for _ in range(100):
            assert cache.key(FIRST)
        assert (fetches, len(Issuer.sent)) == ([0.0], sent)
        now[0] = kept - 1.0
        with pytest.raises(JWKSError):
            cache._find(FIRST, frozenset(), lambda *, wait: None)  # noqa: ARG005 - nothing is fetched any more
