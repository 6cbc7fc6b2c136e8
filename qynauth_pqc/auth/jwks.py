"""The published keys of an issuer, as a verifier fetches and keeps them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from qynauth_pqc.auth._forks import renew_after_fork
from qynauth_pqc.auth._public_keys import thumbprint, verifier
from qynauth_pqc.auth._revoked import REVOKED, RevokedKeys, alarm, warn
from qynauth_pqc.auth._sets import FetchedSet, PublishedKey
from qynauth_pqc.auth.algorithms import algorithms_of
from qynauth_pqc.auth.errors import JWKSError, Verdict
from qynauth_pqc.auth.events import Alarm, count_alarm
from qynauth_pqc.errors import PQCError, expect
from qynauth_pqc.extend import LONGEST_JWK_SET, MOST_JWKS, check_jwk_purpose, parse_jwk, read_jwk_set, without_frames
from qynauth_pqc.integrations.jose_composite import check_draft

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Iterable
    from typing import Protocol, Self, TypedDict, Unpack

    from qynauth_pqc.auth.algorithms import Algorithm
    from qynauth_pqc.auth.policy import MigrationPolicy, PolicyRow
    from qynauth_pqc.auth.policy_file import PolicyFile
    from qynauth_pqc.extend import StrPath

    class CacheOptions(TypedDict, total=False):
        """The options of `JWKSCache` but `max_bytes`, which `from_url` and `from_issuer` have themselves."""

        max_age: float
        cooldown: float
        max_keys: int
        experimental: str | None
        background: bool
        clock: Callable[[], float]

    class User(Protocol):
        """A `TokenVerifier`."""

        _source: MigrationPolicy | PolicyFile
        _issuer: str

    class Refresh(Protocol):
        """How a set is fetched where a key is looked up."""

        def __call__(self, *, wait: bool) -> None:
            """Fetch the set, unless it is too early or another thread is fetching it; `wait` waits for that thread."""


__all__ = ["REVOKED", "SHORTEST_USE", "FetchedSet", "JWKSCache", "PublishedKey", "fetch"]

SHORTEST_USE = 5.0
"""The shortest use of a set, in seconds, even if its server says less: not every token may cause a fetch."""

_FIRST_WAIT = 1.0
_NAMED = "the JWK Set names %d of its keys as revoked; their tokens are refused now: %s"
_BACK = "the JWK Set has %d of its revoked keys again, which are not used: %s; check the issuer's ring"
_REFUSED = "a JWK Set was refused, and %s: %s"
_GOES_ON = "the one before it is used to the end of its time"
_STOPS = "no other set can be used, so all tokens are refused"
_OTHERS = "the JWK Set has %d keys and none of the set before it, as after an emergency; they are used now: %s"
_LONGEST_REASON = 200


class _Set(NamedTuple):
    """A fetched set: its keys, and its times by the clock of the cache."""

    keys: Mapping[str, PublishedKey]
    algorithms: frozenset[str]
    half: float
    end: float
    pause: float


class JWKSCache:
    """The keys of an issuer, fetched when they are needed. May be used from many threads at once, and after a fork.

    A set is used until `max_age` after its server sent it, or for as long as the server says if that is less, but at
    least for `SHORTEST_USE` after the request. A key that the issuer revokes is accepted no longer than that. The first
    use after half of the time fetches the set again. If the fetch fails, the set stays until its time is over; from
    then on every use is an error. While a thread fetches, the others use the previous set.

    A set that is refused, or has no usable key for any row that a verifier of the cache has for its issuer, is a failed
    fetch and logged as an error. A set without a key of the set in use is also logged as an error, but used.

    Attributes:
        experimental: the draft of the hybrid keys that are used, or None.

    >>> from qynauth_pqc import MLDSAPrivateKey
    >>> jwk = MLDSAPrivateKey.generate("ML-DSA-65").public_key.to_jwk("2026-11")
    >>> JWKSCache(lambda: {"keys": [jwk]}).key("2026-11").algorithms[0].name
    'ML-DSA-65'
    """

    def __init__(  # noqa: PLR0913 - each is a separate limit
        self,
        fetch: Callable[[], FetchedSet | Mapping[str, object] | str | bytes],
        *,
        max_age: float = 300.0,
        cooldown: float = 30.0,
        max_bytes: int = LONGEST_JWK_SET,
        max_keys: int = MOST_JWKS,
        experimental: str | None = None,
        background: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a cache, which fetches nothing yet.

        Args:
            fetch: returns the set: a JSON text, or its members, alone or in a `FetchedSet`. Any exception is a failure
                to fetch.
            max_age: how long a set is used, in seconds.
            cooldown: the least time between two fetches, in seconds, with any tokens; at most half of the time for
                which a set is used. After a failure it is one second, and twice as long after each further failure.
            max_bytes: the longest text of a set, in bytes, or characters if it is a `str`.
            max_keys: the most keys of a set.
            experimental: `qynauth_pqc.integrations.jose_composite.DRAFT`, to use hybrid keys too.
            background: fetch the set again in another thread, so that only the first token, and tokens with an unknown
                kid, wait for it. One thread watches the times of all caches.
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
        expect(background, bool, "background")
        if not (0 < max_age < inf and 0 <= cooldown < inf):
            raise JWKSError(
                f"expected a max_age above 0 and a cooldown from 0 seconds, got {max_age:g} and {cooldown:g}"
            )
        self._fetch, self._clock, self._background = fetch, clock, background
        self._max_age, self._cooldown = max_age, min(cooldown, max_age / 2)
        self._max_bytes, self._max_keys = max_bytes, max_keys
        self.experimental = None if experimental is None else check_draft(experimental)
        self._sets: tuple[_Set, ...] = ()  # the newest first
        self._revoked = RevokedKeys()
        self._earliest, self._failures, self._failure = -inf, 0, ""
        self._verdict = Verdict.KEYS_UNAVAILABLE
        self._users: WeakValueDictionary[int, User] = WeakValueDictionary()
        self.renew()
        renew_after_fork(self)

    @classmethod
    @without_frames
    def from_url(  # noqa: PLR0913 - each is a separate option
        cls,
        url: str,
        *,
        timeout: float = 5.0,
        context: ssl.SSLContext | None = None,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        ca_file: StrPath | None = None,
        client_certificate: StrPath | tuple[StrPath, StrPath] | None = None,
        max_bytes: int = LONGEST_JWK_SET,
        **options: Unpack[CacheOptions],
    ) -> Self:
        """Make a cache of the set at a URL, without redirects and proxies.

        The `Cache-Control` and `Age` of the response shorten the time for which its set is used.

        Args:
            url: an https URL, or an http URL at a loopback address such as 127.0.0.1.
            timeout: of a whole fetch, in seconds: the name of the server, its addresses, which share the time, TLS, and
                the response.
            context: the TLS context, by default `ssl.create_default_context()`.
            headers: of each request, such as an Authorization; printable ASCII, which no message shows. A function
                that returns them is called for each fetch, in its thread; its exception is a failure to fetch.
            ca_file: the certificates to trust instead of the system's, in PEM; not with a context.
            client_certificate: the certificate for servers that ask for one, in PEM: a file with the certificate and
                its unencrypted key, or a file for each; not with a context. This file and `ca_file` are read again
                after they have been replaced; if that fails, the previous certificates stay in use.
            max_bytes: the longest set, in bytes; no more than one byte beyond it is read.
            **options: as for the constructor.

        Raises:
            JWKSError: the URL is no such URL, or a header is malformed.
            OSError: a file cannot be read, or has the wrong contents.
        """
        from qynauth_pqc.auth import _jwks_http  # HTTP and TLS are a third of the imports

        client = _jwks_http.Client(timeout, context, headers, ca_file, client_certificate)
        expect(max_bytes, int, "max_bytes")
        return cls(_jwks_http.fetched(url, client, max_bytes + 1), max_bytes=max_bytes, **options)

    @classmethod
    @without_frames
    def from_issuer(  # noqa: PLR0913
        cls,
        issuer: str,
        *,
        timeout: float = 5.0,
        context: ssl.SSLContext | None = None,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
        ca_file: StrPath | None = None,
        client_certificate: StrPath | tuple[StrPath, StrPath] | None = None,
        max_bytes: int = LONGEST_JWK_SET,
        **options: Unpack[CacheOptions],
    ) -> Self:
        """Make a cache of the set that an issuer names in its configuration (OpenID Connect Discovery 1.0, section 4).

        Each fetch reads the configuration first, at most 65536 characters at `/.well-known/openid-configuration` below
        the issuer. It must name exactly this issuer, and a `jwks_uri` of https, or of http at a loopback address if the
        issuer is one as well. Headers are sent to the scheme, host and port of the issuer only.

        Args:
            issuer: the issuer as in the claim iss: an https URL, or an http URL at a loopback address.
            timeout: as for `from_url`, for both requests together.
            context: as for `from_url`.
            headers: as for `from_url`.
            ca_file: as for `from_url`.
            client_certificate: as for `from_url`.
            max_bytes: the longest set, in bytes.
            **options: as for the constructor.

        Raises:
            JWKSError: the issuer is no such URL, or a header is malformed.
            OSError: a file cannot be read, or has the wrong contents.
        """
        from qynauth_pqc.auth import _jwks_http  # as in `from_url`

        client = _jwks_http.Client(timeout, context, headers, ca_file, client_certificate)
        expect(max_bytes, int, "max_bytes")
        return cls(_jwks_http.discovered(issuer, client, max_bytes + 1), max_bytes=max_bytes, **options)

    def key(self, kid: str, required: frozenset[str] = frozenset()) -> PublishedKey | None:
        """Return the key with a name, or None if the set lacks it. That causes a fetch, at most one per cooldown.

        Args:
            kid: its name.
            required: algorithms that should have keys in the set. A set without them is not used until the time of an
                older set with them is over. Then its keys are used, and a missing kid is an error, since the set may
                have lost that key.

        Raises:
            JWKSError: there is no current set and none can be fetched, or the set lacks both the kid and keys for the
                required algorithms.
        """
        expect(kid, str, "kid")
        expect(required, frozenset, "required")
        return self._find(kid, required, self._refresh)

    def _find(self, kid: str, required: frozenset[str], refresh: Refresh) -> PublishedKey | None:
        """Return a key; `refresh` is called when the set should be fetched, and waits if there is no usable set."""
        if self._background and not self._tended:
            self._tend()
        now = self._clock()
        chosen = self._chosen(required, now)
        newest = chosen is not None and chosen is self._sets[0] and required <= chosen.algorithms
        if not newest or (now >= chosen.half and not self._background):  # type: ignore[union-attr] # it is one
            refresh(wait=chosen is None)
            chosen = self._chosen(required, self._clock())
        if self._revoked.has(kid, now):
            return None
        found = chosen and chosen.keys.get(kid)
        if chosen and not found:
            refresh(wait=False)
            chosen = self._chosen(required, self._clock()) or chosen
            found = chosen.keys.get(kid)
        if found or (chosen and required <= chosen.algorithms):
            return found
        raise JWKSError(self._reason(required), self._verdict)

    def is_revoked(self, kid: str) -> bool:
        """Return whether sets have named a kid as revoked, so that it is refused.

        A kid that one set names is refused for one hour. If later sets name it too, it is refused for one hour plus 100
        hours for each hour between the first and the last of them. At most 4096 kids are remembered, the longest times
        first.
        """
        expect(kid, str, "kid")
        return self._revoked.has(kid, self._clock())

    def renew(self) -> None:
        """Replace the lock, and forget the thread, in a child after a fork."""
        self._fetching = threading.Lock()
        self._tended = False

    def _chosen(self, required: frozenset[str], now: float) -> _Set | None:
        """Return the newest current set with keys for these algorithms, or else the newest without them."""
        other = None
        for each in self._sets:
            if now < each.end:
                if required <= each.algorithms:
                    return each
                other = other or each
        return other

    def _reason(self, required: frozenset[str]) -> str:
        lacking = ", ".join(sorted(required.difference(*(each.algorithms for each in self._sets[:1]))))
        reason = f"it has no key for {lacking}, which the policy requires" if lacking else "it took too long to fetch"
        return f"the JWK Set is unusable or older than {self._max_age:g} seconds: {self._failure or reason}"

    # Fetching.

    def _tend(self) -> None:
        """Have the set fetched in the background, in this process."""
        from qynauth_pqc.auth._background import TENDED  # few programs need the thread

        with suppress(RuntimeError):  # the system has no thread left; the next token tries again
            TENDED.add(self)

    def fetch_if_due(self) -> float:
        """Fetch the set if half of its time is over, and return the seconds until the next time."""
        if self._clock() >= self._due():
            try:
                self._refresh(wait=True)
            except BaseException:  # nobody interrupts the background, so the fetch would raise again at once
                self._earliest = max(self._earliest, self._clock() + _FIRST_WAIT)
                raise
        return self._due() - self._clock()

    def _due(self) -> float:
        return max(self._earliest, *(each.half for each in self._sets[:1]), -inf)

    def _refresh(self, *, wait: bool) -> None:
        """Fetch the set, unless it is too early or another thread is fetching it."""
        fetching = self._fetching  # a child replaces it, even if it is forked before the release
        if fetching.acquire(blocking=wait):
            try:
                if not self._is_early():
                    self._fetch_now()
            finally:
                fetching.release()

    def _fetch_now(self) -> None:
        now = self._clock()
        pause = 0.0  # an interrupted fetch is no failure
        try:
            newest = self._loaded(self._fetch(), now)
            pause, sets = newest.pause, [newest]
            for old in self._sets:  # it stays for verifiers that require an algorithm that the newer sets lack
                if now < old.end and not any(old.algorithms <= each.algorithms for each in sets):
                    sets.append(old)
            self._sets, self._failures, self._failure = tuple(sets), 0, ""
            self._verdict = Verdict.KEYS_UNAVAILABLE
        except Exception as error:  # noqa: BLE001 - the caller's function may raise anything
            self._failure = _shown(error)
            self._verdict = error.verdict if isinstance(error, JWKSError) else Verdict.KEYS_UNAVAILABLE
            pause = min(self._cooldown, self._back_off())
        finally:
            # from the end of the fetch, or waiting threads would fetch one after the other
            self._earliest = self._clock() + pause

    def _is_early(self) -> bool:
        return self._clock() < self._earliest

    def _back_off(self) -> float:
        """Return how long to wait after one more failure: twice as long as before, at a random time."""
        from random import random  # only needed after a failure

        self._failures += 1
        return _FIRST_WAIT * 2.0 ** min(self._failures - 1, 30) * (1 + random() / 2)  # noqa: S311 - no secret

    def _loaded(self, fetched: object, asked: float) -> _Set:
        """Return the usable keys of a set, with an alarm if it is refused or has no key of the set in use."""
        used = self._chosen(frozenset(), asked)
        try:
            found = self._load(fetched, asked)
        except (PQCError, ValueError, TypeError) as error:
            if (reason := _shown(error)) != self._failure:
                alarm(_REFUSED, _GOES_ON if used else _STOPS, reason)
                count_alarm(Alarm.SET_REFUSED)
            raise
        if used and found.keys and used.keys.keys().isdisjoint(found.keys):  # after a pause, a rotation replaces all
            warn(_OTHERS, found.keys.values(), level="ERROR")
            count_alarm(Alarm.SET_REPLACED)
        return found

    def _load(self, fetched: object, asked: float) -> _Set:
        """Return the usable keys of a set, or refuse it as a whole."""
        data, server, age = fetched if isinstance(fetched, FetchedSet) else FetchedSet(fetched)  # type: ignore[arg-type]
        expect(data, (Mapping, str, bytes), "what fetch returns")
        if isinstance(data, bytes) and len(data) > self._max_bytes:
            raise JWKSError(f"JWK Set is longer than {self._max_bytes} bytes: got at least {len(data)}")
        members = parse_jwk(data, "JWK Set", self._max_bytes)
        if isinstance(listed := members.get("keys"), list) and len(listed) > self._max_keys:
            raise JWKSError(f"JWK Set has more than {self._max_keys} keys: got {len(listed)}", Verdict.TOO_MANY_KEYS)
        jwks = read_jwk_set(members, most=self._max_keys, unique=False)
        named = self._revoked.remember(members.get(REVOKED, []), asked)
        warn(_NAMED, (each.keys[kid] for each in self._sets for kid in named if kid in each.keys))
        keys: dict[str, PublishedKey | None] = {}
        for jwk in jwks:
            kid, used = jwk.get("kid"), None
            if isinstance(kid, str):  # a repeated kid names no key, even if only one of the keys is usable
                used = None if kid in keys else _published(kid, jwk, self.experimental)
                keys[kid] = used
        found = {kid: key for kid, key in keys.items() if key}
        revoked = self._revoked
        back = [kid for kid, key in found.items() if revoked.has(kid, asked) or revoked.has(key.thumbprint, asked)]
        warn(_BACK, (found[kid] for kid in back))
        usable = {kid: key for kid, key in found.items() if kid not in back}
        self._check_usable(usable.values())
        algorithms = frozenset(each.name for key in usable.values() for each in key.algorithms)
        use = max(min(self._max_age, server) - max(age, 0), min(self._max_age, SHORTEST_USE))
        return _Set(usable, algorithms, asked + use / 2, asked + use, min(self._cooldown, use / 2))

    def _check_usable(self, keys: Collection[PublishedKey]) -> None:
        """Refuse a set without a key for any row that a verifier has for the issuer, such as the set of another one."""
        users = [user for each in self._users.valuerefs() if (user := each()) is not None]
        policies = {(id(policy := each._source.current()), each._issuer): policy for each in users}
        accepted = any(
            row.issuer == issuer and any(row.algorithm.name in key.verify and _allows(row, key) for key in keys)
            for (_, issuer), policy in policies.items()
            for row in policy.rows
        )
        if policies and not accepted:
            raise JWKSError("JWK Set has no key that any row of the policy allows, by its algorithm and thumbprints")


def _allows(row: PolicyRow, key: PublishedKey) -> bool:
    return not row.thumbprints or key.thumbprint in row.thumbprints


def _shown(error: Exception) -> str:
    reason = "".join(each if each.isprintable() else "?" for each in str(error)[:_LONGEST_REASON])
    return f"{type(error).__name__}: {reason}"


def _published(kid: str, jwk: Mapping[str, object], experimental: str | None) -> PublishedKey | None:
    """Return a key, or None to skip it if nobody could choose or use it (RFC 7517, section 5)."""
    try:
        check_jwk_purpose(jwk, "verify")
        usable: Iterable[Algorithm] = algorithms_of(jwk)
        algorithms = tuple(each for each in usable if each.experimental in (None, experimental))
        if not algorithms:
            return None
        return PublishedKey(kid, algorithms, {each.name: verifier(each, jwk) for each in algorithms}, thumbprint(jwk))
    except (PQCError, ValueError):
        return None


def fetch(url: str, *, timeout: float = 5.0, context: ssl.SSLContext | None = None) -> bytes:
    """Return the set at a URL, as `JWKSCache.from_url` fetches it.

    Args:
        url: an https URL, or an http URL at a loopback address such as 127.0.0.1.
        timeout: as for `JWKSCache.from_url`.
        context: the TLS context, by default `ssl.create_default_context()`.

    Raises:
        JWKSError: the URL is no such URL, or does not return a set of at most 1048576 bytes.
    """
    from http.client import HTTPException  # as in `from_url`

    from qynauth_pqc.auth import _jwks_http

    client = _jwks_http.Client(timeout, context, None, None, None)
    get = _jwks_http.fetched(url, client, LONGEST_JWK_SET + 1)
    try:
        data = get().data
    except (OSError, HTTPException, UnicodeError) as error:  # the last for a host or a path unknown to HTTP
        raise JWKSError(f"the set cannot be fetched: {error}") from error
    if not isinstance(data, bytes) or len(data) > LONGEST_JWK_SET:
        raise JWKSError(f"JWK Set is longer than {LONGEST_JWK_SET} bytes")
    return data
