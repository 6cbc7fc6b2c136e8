"""How a JWK Set comes over HTTP: by http.client alone, which follows no redirect, and uses no proxy."""

from __future__ import annotations

import io
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.auth.jwks import FetchedSet
from qynauth_pqc.errors import expect

if TYPE_CHECKING:
    import socket
    import ssl
    from typing import Any
    from urllib.parse import SplitResult

_NOT_KEPT = frozenset(("no-store", "no-cache"))


def checked(url: str) -> SplitResult:
    """Return the parts of a URL of https, or of http at a loopback address."""
    expect(url, str, "url")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        local = parts.scheme == "http" and host is not None and ip_address(host).is_loopback
    except ValueError:
        local, host = False, None
    if not host or "@" in parts.netloc or not (local or parts.scheme == "https"):
        raise JWKSError("expected an https URL of a JWK Set, or an http one at a loopback address such as 127.0.0.1")
    return parts


class _UntilDeadline(io.RawIOBase):
    """What a server sends: the timeout of its socket holds for all of it, not only for each byte."""

    def __init__(self, raw: io.RawIOBase, seconds: float) -> None:
        self._raw, self._deadline = raw, time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._deadline:
            raise TimeoutError("the server has not sent the whole answer")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock.gettimeout() or inf))


def get(url: SplitResult, timeout: float, context: ssl.SSLContext, most: int) -> FetchedSet:
    """Return what is at a URL, and no more than so many bytes of it, with what its headers say of its age."""
    connection = HTTPConnection(url.hostname or "", url.port, timeout=timeout)
    if url.scheme == "https":
        connection = HTTPSConnection(url.hostname or "", url.port, timeout=timeout, context=context)
    connection.response_class = _Answer
    with closing(connection):
        headers = {"Accept": "application/jwk-set+json, application/json", "Cache-Control": "no-cache"}
        connection.request("GET", (url.path or "/") + (f"?{url.query}" if url.query else ""), headers=headers)
        with connection.getresponse() as answer:
            if answer.status != 200:  # noqa: PLR2004 - also a redirect, which could lead anywhere
                raise JWKSError(f"expected status 200 from the server, got {answer.status}")
            kept, age = (",".join(answer.headers.get_all(name, [])) for name in ("Cache-Control", "Age"))
            return FetchedSet(answer.read(most), max_age(kept), _seconds(age, inf) if age else 0.0)


def max_age(cache_control: str) -> float:
    """Return for how long a response may be used since its server sent it, in seconds, infinity if that is unsaid.

    What cannot be read counts as stale, as RFC 9111, section 4.2.1, advises.
    """
    pairs = [each.strip().lower().partition("=") for each in cache_control.split(",")]
    if _NOT_KEPT.intersection(name for name, _, _ in pairs):
        return 0.0
    return min((_seconds(value.strip('"'), 0.0) for name, _, value in pairs if name == "max-age"), default=inf)


def _seconds(text: str, unreadable: float) -> float:
    return float(text) if text.isascii() and text.isdigit() else unreadable
