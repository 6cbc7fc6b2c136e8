"""Fetching a JWK Set over HTTP, by http.client alone, which follows no redirect and uses no proxy."""

from __future__ import annotations

import io
import re
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from math import inf
from os import PathLike
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qynauth_pqc.auth._sets import FetchedSet
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import parse_jwk

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any
    from urllib.parse import SplitResult

    from qynauth_pqc.extend import StrPath

WELL_KNOWN = "/.well-known/openid-configuration"
_LONGEST_CONFIGURATION = 65536
_HEADERS = {"Accept": "application/jwk-set+json, application/json", "Cache-Control": "no-cache"}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
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
    """The bytes that a server sends, with the timeout of its socket for all of them instead of each read."""

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


class Client:
    """A client of the servers of an issuer, with the arguments of `JWKSCache.from_url`."""

    def __init__(
        self,
        timeout: float,
        context: ssl.SSLContext | None,
        headers: Mapping[str, str] | None,
        ca_file: StrPath | None,
        client_certificate: StrPath | tuple[StrPath, StrPath] | None,
    ) -> None:
        expect(timeout, (int, float), "timeout")
        expect(context, (ssl.SSLContext, type(None)), "context")
        expect(headers, (Mapping, type(None)), "headers")
        expect(ca_file, (str, PathLike, type(None)), "ca_file")
        files = client_certificate if isinstance(client_certificate, tuple) else (client_certificate,)
        for each in files:
            expect(each, (str, PathLike, type(None)), "client_certificate")
        if context is not None and (ca_file is not None or client_certificate is not None):
            raise JWKSError("expected a context, or ca_file and client_certificate, and not both")
        self.timeout = timeout
        self.headers = {_name(each): _value(value) for each, value in (headers or {}).items()}
        self.context = context or ssl.create_default_context(cafile=ca_file)
        if client_certificate is not None:
            _show(self.context, *files)

    def get(self, url: SplitResult, most: int, headers: Mapping[str, str]) -> FetchedSet:
        """Return the contents at a URL, up to a number of bytes, with the age that the headers state."""
        connection = HTTPConnection(url.hostname or "", url.port, timeout=self.timeout)
        if url.scheme == "https":
            connection = HTTPSConnection(url.hostname or "", url.port, timeout=self.timeout, context=self.context)
        connection.response_class = _Answer
        with closing(connection):
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("GET", path, headers={**_HEADERS, **headers})
            with connection.getresponse() as answer:
                if answer.status != 200:  # noqa: PLR2004 - also a redirect, which could lead anywhere
                    raise JWKSError(f"expected status 200 from the server, got {answer.status}")
                kept, age = (",".join(answer.headers.get_all(name, [])) for name in ("Cache-Control", "Age"))
                return FetchedSet(answer.read(most), max_age(kept), _seconds(age, inf) if age else 0.0)


def _name(name: object) -> str:
    expect(name, str, "the name of a header")
    if not _TOKEN.fullmatch(str(name)):
        raise JWKSError("expected the name of a header to be a token (RFC 9110, section 5.6.2)")
    return str(name).title()  # each name occurs once, in any letter case


def _value(value: object) -> str:
    expect(value, str, "the value of a header")
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        raise JWKSError("expected the value of a header to be printable ASCII")  # not shown: it may be secret
    return text


def _show(context: ssl.SSLContext, certificate: StrPath, key: StrPath | None = None) -> None:
    # The key is not encrypted. Without this password, OpenSSL would ask for one on the terminal if it were.
    context.load_cert_chain(certificate, key, password="")


def fetched(url: str, client: Client, most: int) -> Callable[[], FetchedSet]:
    """Return a function that fetches the set at a URL and reads at most a number of bytes."""
    place = checked(url)
    return lambda: client.get(place, most, client.headers)


def discovered(issuer: str, client: Client, most: int) -> Callable[[], FetchedSet]:
    """Return a function that fetches the set of an issuer. It reads the configuration each time: the set may move."""
    home = checked(issuer)
    if home.query or home.fragment or "?" in issuer or "#" in issuer:
        raise JWKSError("expected an issuer without a query and a fragment (OpenID Connect Discovery, section 3)")
    place = checked(issuer.removesuffix("/") + WELL_KNOWN)

    def fetch() -> FetchedSet:
        text = client.get(place, _LONGEST_CONFIGURATION + 1, client.headers).data
        members = parse_jwk(text, "configuration of the issuer", _LONGEST_CONFIGURATION)
        if members.get("issuer") != issuer:
            raise JWKSError("the configuration of the issuer names another issuer")
        uri = members.get("jwks_uri")
        if not isinstance(uri, str):
            raise JWKSError("the configuration of the issuer has no jwks_uri")
        keys = checked(uri)
        if (home.scheme, keys.scheme) == ("https", "http"):
            raise JWKSError("the configuration of the issuer has a jwks_uri of http")
        # Headers may hold a secret for the issuer's server only.
        return client.get(keys, most, client.headers if _origin(keys) == _origin(home) else {})

    return fetch


def _origin(url: SplitResult) -> tuple[str, str | None, int]:
    return url.scheme, url.hostname, url.port or {"https": 443, "http": 80}[url.scheme]


def max_age(cache_control: str) -> float:
    """Return how long a response may be used after its server sent it, in seconds; infinity if it does not say.

    An unreadable value counts as stale, as RFC 9111, section 4.2.1, advises.
    """
    pairs = [each.strip().lower().partition("=") for each in cache_control.split(",")]
    if _NOT_KEPT.intersection(name for name, _, _ in pairs):
        return 0.0
    return min((_seconds(value.strip('"'), 0.0) for name, _, value in pairs if name == "max-age"), default=inf)


def _seconds(text: str, unreadable: float) -> float:
    return float(text) if text.isascii() and text.isdigit() else unreadable
