"""A server of HTTP in a thread of a test, with answers that the test chooses."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar


class Site(BaseHTTPRequestHandler):
    """A request to a server with an answer that a test chooses."""

    answer: ClassVar[Callable[[Site], None]]

    def do_GET(self) -> None:
        """Answer, to a client that may be gone already."""
        try:
            type(self).answer(self)
        except OSError:
            self.close_connection = True

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Send an answer with a status and headers."""
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(answer: Callable[[Site], None], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Lend the port of a server on this machine."""
    handler = type("Handler", (Site,), {"answer": staticmethod(answer)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            vars(server)["handle_error"] = lambda *_args: None  # a client that does not trust it
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
