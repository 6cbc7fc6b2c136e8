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
from typing import TYPE_CHECKING, NamedTuple, TypedDict
from urllib.parse import urlsplit

from joserfc.errors import JoseError

from qynauth_pqc.auth.algorithms import algorithm_of
from qynauth_pqc.auth.errors import JWKSError
from qynauth_pqc.errors import expect
from qynauth_pqc.formats._jwk import check_purpose
from qynauth_pqc.formats._jwks import LONGEST_SET, MOST_KEYS, read_set
from qynauth_pqc.integrations.jose_composite import check_draft

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any, Self, Unpack
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


class CacheOptions(TypedDict, total=False):
    max_age: float
    cooldown: float
    max_keys: int
    experimental: str | None
    clock: Callable[[], float]


class JWKSCache:
    """The keys of an issuer, fetched when they are needed. May be used from many threads at once.

    A set is used for `max_age` after it was asked for, so a key that the issuer revokes is accepted no longer than
    that. The first use after half of it fetches the set again; if this fails, the set stays until `max_age` is over,
    and from then on every use is an error. While a thread fetches, the others use the set that is there.

    Attributes:
        experimental: the draft of the hybrid keys that are used, or None.

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
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, to use hybrid keys too.
            clock: a time in seconds, which never goes back.

        Raises:
            JWKSError: `max_age` or `cooldown` is out of range.
            UnsupportedError: the draft is unknown.
        """
        if not callable(fetch):
            raise TypeError(f"fetch must be a function, not {type(fetch).__name__}; from_url() takes a URL")
        for name, each in (("max_age", max_age), ("cooldown", cooldown)):
            expect(each, (int, float), name)
        for name, most in (("max_bytes", max_bytes), ("max_keys", max_keys)):
            expect(most, int, name)
        if not (0 < max_age < inf and 0 <= cooldown < inf):
            raise JWKSError(
                f"expected a max_age above 0 and a cooldown from 0 seconds, got {max_age:g} and {cooldown:g}"
            )
        self._fetch, self._clock = fetch, clock
        self._max_age, self._cooldown = max_age, min(cooldown, max_age / 2)
        self._max_bytes, self._max_keys = max_bytes, max_keys
        self.experimental = None if experimental is None else check_draft(experimental)
        self._sets: tuple[_Set, ...] = ()  # the newest first
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
        **options: Unpack[CacheOptions],
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
        expect(timeout, (int, float), "timeout")
        expect(context, (ssl.SSLContext, type(None)), "context")
        parts = _checked(url)
        trusted = context or ssl.create_default_context()
        return cls(lambda: _get(parts, timeout, trusted, max_bytes + 1), max_bytes=max_bytes, **options)

    def key(self, kid: str, required: frozenset[str] = frozenset()) -> PublishedKey | None:
        """Return the key with a name, or None if the set has none. Then it is fetched again, once in a cooldown.

        Args:
            kid: its name.
            required: algorithms that the set must have keys for. One without them is not used, so that nobody gains
                anything by taking the stronger keys out of it; an older one with them is, until its time is over.

        Raises:
            JWKSError: there is no such set that is younger than `max_age`, and none can be fetched.
        """
        expect(kid, str, "kid")
        expect(required, frozenset, "required")
        found = self._usable(required)
        if found is None or found is not self._sets[0] or self._clock() - found.fetched >= self._max_age / 2:
            self._refresh(wait=found is None)
            found = self._usable(required)
        if found is None:
            lacking = ", ".join(sorted(required.difference(*(each.algorithms for each in self._sets[:1]))))
            reason = (
                f"it has no key for {lacking}, which the policy requires" if lacking else "it took too long to fetch"
            )
            reason = self._failure or reason
            raise JWKSError(f"the JWK Set is unusable or older than {self._max_age:g} seconds: {reason}")
        if kid not in found.keys:
            self._refresh(wait=False)
            found = self._usable(required) or found
        return found.keys.get(kid)

    def _usable(self, required: frozenset[str]) -> _Set | None:
        """Return the newest set that is young enough and has keys for these algorithms."""
        return next((each for each in self._young() if required <= each.algorithms), None)

    def _young(self) -> Iterator[_Set]:
        now = self._clock()
        return (each for each in self._sets if now - each.fetched < self._max_age)

    def _refresh(self, *, wait: bool) -> None:
        """Fetch the set, unless it is too early or another thread does."""
        if not self._fetching.acquire(blocking=wait):
            return
        now = self._clock()
        if now - self._attempted < self._cooldown:
            self._fetching.release()
            return
        try:
            keys = self._load(self._fetch())
            sets = [_Set(keys, frozenset(each.algorithm.name for each in keys.values()), now)]
            for old in self._young():  # which stays for those who require an algorithm that the newer ones lack
                if not any(old.algorithms <= each.algorithms for each in sets):
                    sets.append(old)
            self._sets, self._failure = tuple(sets), ""
        except Exception as error:  # noqa: BLE001 - whatever the caller's function raises
            reason = "".join(each if each.isprintable() else "?" for each in str(error)[:_LONGEST_REASON])
            self._failure = f"{type(error).__name__}: {reason}"
        finally:
            self._attempted = self._clock()  # the end, or those who wait would fetch one after the other
            self._fetching.release()

    def _load(self, data: object) -> dict[str, PublishedKey]:
        """Return the usable keys of a set, or refuse it as a whole."""
        expect(data, (Mapping, str, bytes), "what fetch returns")
        if isinstance(data, bytes) and len(data) > self._max_bytes:
            raise JWKSError(f"JWK Set is longer than {self._max_bytes} bytes: got at least {len(data)}")
        jwks = read_set(data, self._max_bytes, self._max_keys)
        return {each.kid: each for jwk in jwks if (each := _published(jwk, self.experimental))}


def _published(jwk: Mapping[str, object], experimental: str | None) -> PublishedKey | None:
    """Return a key, unless nobody could choose or use it: then it is skipped (RFC 7517, section 5)."""
    kid, algorithm = jwk.get("kid"), algorithm_of(jwk)
    if not isinstance(kid, str) or algorithm is None or algorithm.experimental not in (None, experimental):
        return None
    try:
        check_purpose(jwk, "verify")
        key = algorithm.load({name: jwk[name] for name in _MEMBERS if name in jwk})
    except (JoseError, ValueError):  # InvalidKeyError is one
        return None
    return PublishedKey(kid, algorithm, key, key.thumbprint()) if key.key_type == jwk.get("kty") else None


# HTTP, by http.client alone: it follows no redirect, uses no proxy, and asks for no encoding of contents.


def _checked(url: str) -> SplitResult:
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


def _get(url: SplitResult, timeout: float, context: ssl.SSLContext, most: int) -> bytes:
    """Return what is at a URL, and no more than so many bytes of it."""
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
            return answer.read(most)
