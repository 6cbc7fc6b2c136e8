"""Fetching a JWK Set over HTTP, by http.client alone, which follows no redirect and uses no proxy."""

from __future__ import annotations

import io
import os
import re
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import wait
from contextlib import closing
from functools import partial
from http.client import HTTP_PORT, HTTPS_PORT, HTTPConnection, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from math import inf
from os import PathLike
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qynauth_pqc.auth._sets import FetchedSet
from qynauth_pqc.auth._threads import LOOKUPS
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.errors import expect
from qynauth_pqc.extend import parse_jwk

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias
    from urllib.parse import SplitResult

    from qynauth_pqc.extend import StrPath

    Headers: TypeAlias = Mapping[str, str] | Callable[[], Mapping[str, str]]
    Place: TypeAlias = tuple[str, int]

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


class Deadline:
    """The end of a fetch: of all its requests, and of every wait in them."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left."""
        left = self._end - time.monotonic()
        if left > 0:
            return left
        raise TimeoutError(f"the fetch has taken longer than {self._seconds:g} seconds")


class _Connection(HTTPConnection):
    """A connection with a deadline for the addresses of its host, for TLS, and for the answer."""

    deadline: Deadline
    addresses: Callable[[Place, Deadline], list[Any]]

    def connect(self) -> None:
        addresses = self.addresses((self.host, self.port), self.deadline)
        for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
            try:
                self.sock = socket.socket(family, kind, protocol)
                # an equal share, or one dead address would leave no time for the others
                self.sock.settimeout(self.deadline.left() / (len(addresses) - number + 1))
                self.sock.connect(address)
            except OSError:
                if self.sock is not None:  # else there are no sockets of its family
                    self.sock.close()
                    self.sock = None
                if number == len(addresses):
                    raise
            else:
                break
        self.sock.settimeout(self.deadline.left())

    def getresponse(self) -> HTTPResponse:
        self.response_class = partial(_Answer, deadline=self.deadline)  # type: ignore[assignment] # it makes one
        return super().getresponse()


class _TLSConnection(HTTPSConnection, _Connection):
    """The same with TLS, which the time of the socket bounds."""


class _UntilDeadline(io.RawIOBase):
    """The bytes that a server sends before a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock, deadline))


class Client:
    """A client of the servers of an issuer, with the arguments of `JWKSCache.from_url`."""

    def __init__(
        self,
        timeout: float,
        context: ssl.SSLContext | None,
        headers: Headers | None,
        ca_file: StrPath | None,
        client_certificate: StrPath | tuple[StrPath, StrPath] | None,
    ) -> None:
        expect(timeout, (int, float), "timeout")
        expect(context, (ssl.SSLContext, type(None)), "context")
        expect(ca_file, (str, PathLike, type(None)), "ca_file")
        files = client_certificate if isinstance(client_certificate, tuple) else (client_certificate,)
        for each in files:
            expect(each, (str, PathLike, type(None)), "client_certificate")
        if context is not None and (ca_file is not None or client_certificate is not None):
            raise JWKSError("expected a context, or ca_file and client_certificate, and not both")
        self.timeout = timeout
        fixed = None if callable(headers) else _checked_headers({} if headers is None else headers)
        self._make_headers = headers if callable(headers) else lambda: fixed
        self._tls = _Files(ca_file, *files) if context is None else None
        self._context = context
        self._resolved: Place | None = None

    def headers(self) -> Mapping[str, str]:
        """Return the headers of a fetch."""
        return _checked_headers(self._make_headers())

    def context(self) -> ssl.SSLContext:
        """Return the context of TLS, with the newest files."""
        return self._tls.context() if self._tls else self._context  # type: ignore[return-value] # one of them is set

    def get(self, url: SplitResult, most: int, headers: Mapping[str, str], deadline: Deadline) -> FetchedSet:
        """Return the contents at a URL, up to a number of bytes, with the age that the headers state."""
        host, port = url.hostname or "", url.port
        if port is None:  # http.client would take it from the end of an address of IPv6
            port = HTTPS_PORT if url.scheme == "https" else HTTP_PORT
        connection = _Connection(host, port)
        if url.scheme == "https":
            connection = _TLSConnection(host, port, context=self.context())
        connection.deadline, connection.addresses = deadline, self._addresses
        with closing(connection):
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("GET", path, headers={**_HEADERS, **headers})
            with connection.getresponse() as answer:
                if answer.status != 200:  # noqa: PLR2004 - also a redirect, which could lead anywhere
                    raise JWKSError(f"expected status 200 from the server, got {answer.status}")
                kept, age = (",".join(answer.headers.get_all(name, [])) for name in ("Cache-Control", "Age"))
                return FetchedSet(answer.read(most), max_age(kept), _seconds(age, inf) if age else 0.0)

    def _addresses(self, place: Place, deadline: Deadline) -> list[Any]:
        """Return the addresses of a host.

        The resolver cannot be interrupted, so a thread waits for it. An issuer that names another host in each
        configuration has one thread at most.
        """
        if place != self._resolved and LOOKUPS.is_busy(self._resolved):
            raise TimeoutError("the name of another server of the issuer is still being resolved")
        self._resolved = place
        lookup = LOOKUPS.start(place, lambda: socket.getaddrinfo(*place, type=socket.SOCK_STREAM))
        if not wait((lookup,), deadline.left()).done:
            raise TimeoutError("the name of the server has not been resolved in time")
        return lookup.result()  # type: ignore[no-any-return]


class _Files:
    """A context of TLS from the files of its certificates, which is made again after a file has been replaced."""

    def __init__(self, authorities: StrPath | None, certificate: StrPath | None, key: StrPath | None = None) -> None:
        self._authorities, self._certificate, self._key = authorities, certificate, key
        default = ssl.get_default_verify_paths().cafile
        self._watched = [each for each in (authorities or default, certificate, key) if each is not None]
        self._seen = self._identities()
        self._context = self._make()

    def context(self) -> ssl.SSLContext:
        """Return the context with the newest files that can be used."""
        try:
            if (seen := self._identities()) != self._seen:
                self._context = self._make()
                self._seen = seen  # otherwise the next fetch tries again: one file of two may be there
        except OSError as error:
            from logging import getLogger  # only needed for warnings

            getLogger("qynauth_pqc.auth").warning("the certificates before the renewed ones stay in use: %s", error)
        return self._context

    def _identities(self) -> list[tuple[int, ...]]:
        found = [os.stat(each) for each in self._watched]  # noqa: PTH116 - pathlib takes long to import
        return [(each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns) for each in found]

    def _make(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._authorities)
        if self._certificate is not None:
            # The key is not encrypted. Without this password, OpenSSL would ask for one on the terminal if it were.
            context.load_cert_chain(self._certificate, self._key, password="")
        return context


def _checked_headers(headers: object) -> dict[str, str]:
    expect(headers, Mapping, "headers")
    assert isinstance(headers, Mapping)  # noqa: S101 - for the type checker
    return {_name(each): _value(value) for each, value in headers.items()}


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


def fetched(url: str, client: Client, most: int) -> Callable[[], FetchedSet]:
    """Return a function that fetches the set at a URL and reads at most a number of bytes."""
    place = checked(url)
    return lambda: client.get(place, most, client.headers(), Deadline(client.timeout))


def discovered(issuer: str, client: Client, most: int) -> Callable[[], FetchedSet]:
    """Return a function that fetches the set of an issuer. It reads the configuration each time: the set may move."""
    home = checked(issuer)
    if home.query or home.fragment or "?" in issuer or "#" in issuer:
        raise JWKSError("expected an issuer without a query and a fragment (OpenID Connect Discovery, section 3)")
    place = checked(issuer.removesuffix("/") + WELL_KNOWN)

    def fetch() -> FetchedSet:
        headers, deadline = client.headers(), Deadline(client.timeout)
        text = client.get(place, _LONGEST_CONFIGURATION + 1, headers, deadline).data
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
        return client.get(keys, most, headers if _origin(keys) == _origin(home) else {}, deadline)

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
