"""A server of keys between the service and a verifier. Every other response is an error, slow or false."""

from __future__ import annotations

import json
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING

import httpx

from qynauth_pqc.auth.algorithms import ALGORITHMS, Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 0.5
"""How long a verifier waits for the set, in seconds, which the slow answer exceeds."""


def weakened(jwks: bytes) -> bytes:
    """Return a set without its hybrid and post-quantum keys, as an attacker would."""
    classical = [each.name for each in ALGORITHMS.values() if each.mode is Mode.CLASSICAL]
    keys = json.loads(jwks)["keys"]
    return json.dumps({"keys": [key for key in keys if key.get("alg") in (None, *classical)]}).encode()


class _Handler(BaseHTTPRequestHandler):
    """A handler that answers with a fault and with the set in turn, so that two faults never follow each other."""

    server: FaultyKeys

    def do_GET(self) -> None:
        """Send the answer to a client that may have disconnected."""
        with suppress(OSError):
            getattr(self, self.server.turn())()

    def good(self) -> None:
        """Send the set."""
        self._send(self.server.jwks())

    def failing(self) -> None:
        """Send an error."""
        self._send(b"", 500)

    def slow(self) -> None:
        """Send a byte now and then, for longer than a verifier waits."""
        self._send(b"", length=1000)
        while not self.server.ended.wait(TIMEOUT / 5):
            self.wfile.write(b" ")

    def closing(self) -> None:
        """Send a part of the set, and close the connection."""
        self._send(self.server.jwks()[:-100], length=1 << 20)

    def lying(self) -> None:
        """Send the set without the keys that are hard to forge."""
        self._send(weakened(self.server.jwks()))

    def talking(self) -> None:
        """Send the page of a proxy."""
        self._send(b"<!doctype html><title>Please log in</title>")

    def _send(self, body: bytes, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


FAULTS = ("failing", "slow", "lying", "closing", "talking")


class FaultyKeys(ThreadingHTTPServer):
    """The server.

    Attributes:
        served: the number of answers of each kind.
        ended: set when it ends.
    """

    daemon_threads = True

    def __init__(self, url: str) -> None:
        """Stand between verifiers and the set at a URL."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self._url, self._turns = url, count()
        self.served, self.ended = Counter[str](), threading.Event()

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self.server_port}/jwks.json"

    def jwks(self) -> bytes:
        """Return the current set."""
        return httpx.get(self._url, timeout=60).raise_for_status().content

    def turn(self) -> str:
        """Return the kind of the next answer."""
        number = next(self._turns)
        kind = FAULTS[number // 2 % len(FAULTS)] if number % 2 else "good"
        self.served[kind] += 1
        return kind

    def had_all(self) -> bool:
        """Return whether every fault has occurred."""
        return all(self.served[each] for each in FAULTS)


@contextmanager
def faulty_keys(url: str) -> Iterator[FaultyKeys]:
    """Run the server until the end of the block."""
    with FaultyKeys(url) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
