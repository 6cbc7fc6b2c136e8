"""The keys that an issuer has published, as a verifier fetches and keeps them."""

from __future__ import annotations

import io
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from math import inf
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from joserfc.errors import JoseError

from qynauth_pqc.auth.algorithms import algorithm_of
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.errors import expect
from qynauth_pqc.formats._jwk import _check_purpose, parse
from qynauth_pqc.formats._jwks import LONGEST_SET, MOST_KEYS, _check_public
from qynauth_pqc.jose_composite import check_draft

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from typing import Any, Self
    from urllib.parse import SplitResult

    from qynauth_pqc.auth.algorithms import Algorithm, JOSEKey

__all__ = ["JWKSCache", "PublishedKey"]

_MEMBERS = ("kty", "crv", "x", "y", "alg", "pub")
"""What a public key consists of; nothing else in a JWK gets to joserfc."""
_LONGEST_REASON = 200


class PublishedKey(NamedTuple):
    """A public key of an issuer's set.

    Attributes:
        kid: its name in the set.
        algorithm: the one algorithm that it is for.
        key: the key.
        thumbprint: its thumbprint (RFC 7638), which is computed and not taken from the set.
    """

    kid: str
    algorithm: Algorithm
    key: JOSEKey
    thumbprint: str


class _Set(NamedTuple):
    """A set that was fetched, by the clock of the cache."""

    keys: Mapping[str, PublishedKey]
    algorithms: frozenset[str]
    fetched: float


class JWKSCache:
    """The keys of an issuer, fetched when they are needed. May be used from many threads at once.

    A set is used for `max_age` after it was asked for, so a key that the issuer revokes is accepted no longer than
    that. The first use after half of it fetches the set again; if this fails, the set stays until `max_age` is over,
    and from then on every use is an error. While a thread fetches, the others use the set that is there.

    >>> from qynauth_pqc.auth.algorithms import ALGORITHMS
    >>> key = ALGORITHMS["ML-DSA-65"].generate()
    >>> jwk = {**key.as_dict(private=False), "kid": "2026-11"}
    >>> JWKSCache(lambda: {"keys": [jwk]}).key("2026-11").algorithm.name
    'ML-DSA-65'
    """

    def __init__(  # noqa: PLR0913 - each is a limit of its own
        self,
        fetch: Callable[[], Mapping[str, object] | str | bytes],
        *,
        max_age: float = 300.0,
        cooldown: float = 30.0,
        max_bytes: int = LONGEST_SET,
        max_keys: int = MOST_KEYS,
        experimental: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a cache, which fetches nothing yet.

        Args:
            fetch: returns the set: a JSON text, or what it holds. Whatever it raises is a failure to fetch.
            max_age: for how long a set is used, in seconds.
            cooldown: the least time between two fetches, in seconds, whatever tokens come; at most half of `max_age`.
            max_bytes: the longest text of a set, in bytes, or characters if it is a `str`.
            max_keys: the most keys of a set.
            experimental: `qynauth_pqc.jose_composite.DRAFT`, to use hybrid keys, which are skipped otherwise.
            clock: a time in seconds, which never goes back.

        Raises:
            UnsupportedError: the draft is unknown.
        """
        if not callable(fetch):
            raise TypeError(f"fetch must be a function, not {type(fetch).__name__}; from_url() takes a URL")
        self._fetch, self._clock = fetch, clock
        self._max_age, self._cooldown = max_age, min(cooldown, max_age / 2)
        self._max_bytes, self._max_keys = max_bytes, max_keys
        self._experimental = None if experimental is None else check_draft(experimental)
        self._set = _Set({}, frozenset(), -inf)
        self._attempted, self._failure = -inf, ""
        self._fetching = threading.Lock()

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        timeout: float = 5.0,
        context: ssl.SSLContext | None = None,
        max_bytes: int = LONGEST_SET,
        **options: Any,
    ) -> Self:
        """Make a cache of the set at a URL, which no redirect and no proxy replaces by another.

        Args:
            url: one of https, or of http at a loopback address such as 127.0.0.1.
            timeout: in seconds, for connecting, for TLS, for the whole answer, and for each wait for a part of it.
            context: the trusted certificates, by default those of `ssl.create_default_context()`.
            max_bytes: the longest set, in bytes; no more than one byte beyond it is read.
            **options: as for the constructor.

        Raises:
            JWKSError: the URL is another.
        """
        parts = _checked(url)
        trusted = context or ssl.create_default_context()
        return cls(lambda: _get(parts, timeout, trusted, max_bytes + 1), max_bytes=max_bytes, **options)

    def key(self, kid: str, required: frozenset[str] = frozenset()) -> PublishedKey | None:
        """Return the key with a name, or None if a set that was fetched within the cooldown has none.

        Args:
            kid: its name.
            required: algorithms that the set must have keys for. A set without them is refused as a whole, so that
                nobody gains anything by taking the stronger keys out of it.

        Raises:
            JWKSError: there is no such set that is younger than `max_age`, and none can be fetched.
        """
        keys = self._keys(required)
        if kid not in keys and self._refresh(required, wait=False):
            keys = self._keys(required)
        return keys.get(kid)

    def _keys(self, required: frozenset[str]) -> Mapping[str, PublishedKey]:
        """Return the keys of a set that may be used, after a refresh if half of its time is over."""
        if not self._usable(self._set, required, self._max_age / 2):
            self._refresh(required, wait=not self._usable(self._set, required, self._max_age))
        found = self._set
        if not self._usable(found, required, self._max_age):
            reason = self._failure or "the newest has no keys that the policy requires"
            raise JWKSError(f"no JWK Set that may be used is younger than {self._max_age} seconds: {reason}")
        return found.keys

    def _usable(self, found: _Set, required: frozenset[str], longest: float) -> bool:
        return self._clock() - found.fetched < longest and required <= found.algorithms

    def _refresh(self, required: frozenset[str], *, wait: bool) -> bool:
        """Fetch the set, unless it is too early or another thread does; return whether there is a new one."""
        if not self._fetching.acquire(blocking=wait):
            return False
        try:
            now = self._clock()
            if now - self._attempted < self._cooldown:
                return False
            self._attempted = now
            keys = self._load(self._fetch(), required)
            self._set = _Set(keys, frozenset(each.algorithm.name for each in keys.values()), now)
            self._failure = ""
        except Exception as error:  # noqa: BLE001 - whatever the caller's function raises
            self._failure = f"{type(error).__name__}: {str(error)[:_LONGEST_REASON]}"
            return False
        finally:
            self._fetching.release()
        return True

    def _load(self, data: object, required: frozenset[str]) -> dict[str, PublishedKey]:
        """Return the usable keys of a set, or refuse it as a whole."""
        expect(data, (Mapping, str, bytes), "what fetch returns")
        if isinstance(data, (str, bytes)) and len(data) > self._max_bytes:
            raise JWKSError(f"JWK Set is longer than {self._max_bytes} bytes: got at least {len(data)}")
        jwks = parse(data, "JWK Set", self._max_bytes).get("keys")  # type: ignore[arg-type]
        if not isinstance(jwks, (list, tuple)) or not all(isinstance(jwk, Mapping) for jwk in jwks):
            raise JWKSError("JWK Set has no list of JWKs as its member keys")
        if len(jwks) > self._max_keys:
            raise JWKSError(f"JWK Set has more than {self._max_keys} keys: got {len(jwks)}")
        _check_kids(jwks)
        keys = {each.kid: each for jwk in jwks if (each := _published(jwk, self._experimental))}
        missing = required - {each.algorithm.name for each in keys.values()}
        if missing:
            raise JWKSError(f"JWK Set has no key for {', '.join(sorted(missing))}, which the policy requires")
        return keys


def _check_kids(jwks: Sequence[Mapping[str, object]]) -> None:
    """Refuse a set with a private key, or in which a kid names two keys, whether or not they can be used."""
    seen = set()
    for jwk in jwks:
        _check_public(jwk)
        kid = jwk.get("kid")
        if isinstance(kid, str) and kid in seen:
            raise JWKSError("two keys of the JWK Set have the same kid")
        seen.add(kid if isinstance(kid, str) else None)


def _published(jwk: Mapping[str, object], experimental: str | None) -> PublishedKey | None:
    """Return a key, unless nobody could choose or use it: then it is skipped (RFC 7517, section 5)."""
    kid, algorithm = jwk.get("kid"), algorithm_of(jwk)
    if not isinstance(kid, str) or algorithm is None or algorithm.experimental not in (None, experimental):
        return None
    try:
        _check_purpose(jwk, "verify")
        key = algorithm.load({name: jwk[name] for name in _MEMBERS if name in jwk})
    except (JoseError, ValueError):  # InvalidKeyError is one
        return None
    return PublishedKey(kid, algorithm, key, key.thumbprint()) if key.key_type == jwk.get("kty") else None


# HTTP, by http.client alone: it follows no redirect, uses no proxy, and asks for no encoding of contents.


def _checked(url: str) -> SplitResult:
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


def _get(url: SplitResult, timeout: float, context: ssl.SSLContext, most: int) -> bytes:
    """Return what is at a URL, and no more than so many bytes of it."""
    connection = HTTPConnection(url.hostname or "", url.port, timeout=timeout)
    if url.scheme == "https":
        connection = HTTPSConnection(url.hostname or "", url.port, timeout=timeout, context=context)
    connection.response_class = _Answer
    with closing(connection):
        headers = {"Accept": "application/jwk-set+json, application/json", "Cache-Control": "no-cache"}
        connection.request("GET", f"{url.path or '/'}?{url.query}".rstrip("?"), headers=headers)
        with connection.getresponse() as answer:
            if answer.status != 200:  # noqa: PLR2004 - also a redirect, which could lead anywhere
                raise JWKSError(f"expected status 200 from the server, got {answer.status}")
            return answer.read(most)
