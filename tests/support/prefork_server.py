"""A web server of several processes that does cryptography and counts in one file.

Usage: prefork_server.py fork|spawn WORKERS. It works in the current folder, prints its port and the process numbers of
its workers, kills the worker that a line of its input names, and ends with its input.

GET /work encapsulates, decapsulates and refuses a signature, and names the worker that did so; GET /metrics is for
Prometheus.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from qynauth_pqc import InvalidSignatureError, MLDSAPrivateKey, MLKEMPrivateKey
from qynauth_pqc.integrations.prometheus import PQCCollector
from qynauth_pqc.metrics.shared import share_metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FILE = "metrics"


class QuietHandler(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class chose
        """Do nothing."""


class Application:
    """The answers of a worker."""

    def __init__(self) -> None:
        """Do the work of a worker before it serves: make two keys and sign."""
        self.key = MLKEMPrivateKey.generate("ML-KEM-768")
        self.signer = MLDSAPrivateKey.generate("ML-DSA-44")
        self.signature = self.signer.sign(b"message")
        registry = CollectorRegistry()
        registry.register(PQCCollector())
        self.metrics: WSGIApplication = make_wsgi_app(registry)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if environ["PATH_INFO"] == "/metrics":
            return self.metrics(environ, start_response)
        with suppress(InvalidSignatureError):
            self.signer.public_key.verify(b"another message", self.signature)
        ciphertext, secret = self.key.public_key.encapsulate()
        start_response("200 OK" if self.key.decapsulate(ciphertext) == secret else "500 Wrong secret", [])
        return [str(os.getpid()).encode()]


def serve(listener: socket.socket, ready: Event, *, share: bool) -> None:
    """Run a worker."""
    if share:
        share_metrics(FILE)
    server = WSGIServer(listener.getsockname(), QuietHandler, bind_and_activate=False)
    server.socket = listener
    server.server_name, server.server_port = listener.getsockname()
    server.setup_environ()
    server.set_app(Application())
    ready.set()
    server.serve_forever()


def say(*words: object) -> None:
    """Print a line."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main(method: str, workers: int) -> None:
    """Run the parent of the workers."""
    context = multiprocessing.get_context("fork") if method == "fork" else multiprocessing.get_context("spawn")
    listener = socket.create_server(("127.0.0.1", 0))
    if method == "fork":
        share_metrics(FILE)
    children = {}
    for _ in range(workers):
        ready = context.Event()
        child = context.Process(target=serve, args=(listener, ready), kwargs={"share": method == "spawn"})
        child.start()
        ready.wait()
        children[child.pid] = child
    say(listener.getsockname()[1], *children)
    for line in sys.stdin:
        os.kill(int(line), signal.SIGKILL)
        children[int(line)].join()
        say("killed")
    for child in children.values():
        child.kill()
        child.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
