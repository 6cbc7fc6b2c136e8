"""Used tokens, for services where a token must not be used twice."""

from __future__ import annotations

import heapq
import threading
import time
from typing import TYPE_CHECKING, Protocol

from qynauth_pqc.auth._forks import renew_after_fork
from qynauth_pqc.auth.errors import AuthError
from qynauth_pqc.errors import expect

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ReplayCache", "ReplayStore"]


class ReplayStore(Protocol):
    """A store of accepted tokens. Several processes need a store that they share."""

    def add(self, name: bytes, until: float) -> bool:
        """Remember a token, and return whether it is new. Of several concurrent callers, exactly one must get True.

        Args:
            name: 32 bytes that name the token.
            until: the end of its validity, in seconds since 1970, UTC; it may be forgotten then.

        Raises:
            AuthError: it cannot be remembered. The token is refused.
        """


class ReplayCache:
    """A `ReplayStore` in the memory of a process. May be used from many threads at once.

    >>> cache = ReplayCache(clock=lambda: 0.0)
    >>> cache.add(b"a token", 600.0), cache.add(b"a token", 600.0)
    (True, False)
    """

    def __init__(self, capacity: int = 100_000, *, clock: Callable[[], float] = time.time) -> None:
        """Make a cache.

        Args:
            capacity: the most tokens that are remembered, each in some 200 bytes. If all of them have not expired, no
                further token is accepted.
            clock: the time in seconds since 1970, UTC: the clock of the verifier.
        """
        expect(capacity, int, "capacity")
        self._capacity, self._clock = capacity, clock
        self._names: set[bytes] = set()
        self._ends: list[tuple[float, bytes]] = []
        self.renew()
        renew_after_fork(self)

    def add(self, name: bytes, until: float) -> bool:
        """Remember a token until it has expired, and return whether it is new.

        Raises:
            AuthError: the cache is full.
        """
        expect(name, bytes, "name")
        expect(until, (int, float), "until")
        with self._changing:
            now = self._clock()
            while self._ends and self._ends[0][0] <= now:
                self._names.discard(heapq.heappop(self._ends)[1])
            if name in self._names:
                return False
            if len(self._names) >= self._capacity:
                raise AuthError(f"the cache has {self._capacity} tokens that have not expired, the maximum")
            self._names.add(name)
            heapq.heappush(self._ends, (until, name))
            return True

    def renew(self) -> None:
        """Replace the lock, in a child after a fork."""
        self._changing = threading.Lock()
