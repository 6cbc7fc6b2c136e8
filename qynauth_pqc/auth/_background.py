"""The thread that has sets fetched before they are needed: one for all caches of the process."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from qynauth_pqc.auth._forks import renew_after_fork
from qynauth_pqc.auth._threads import FETCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Protocol

    class Cache(Hashable, Protocol):
        """A `JWKSCache`."""

        _tended: bool
        _clock: Callable[[], float]

        def _due(self) -> float: ...
        def fetch_if_due(self) -> float:
            """Fetch the set if it is time, and return the seconds until the next time."""


Reference: TypeAlias = "weakref.ReferenceType[Cache]"

_LONGEST_WAIT = 3600.0
_SHORTEST_WAIT = 0.01


class _Tended:
    """The caches with sets that are fetched whenever half of their time is over, for as long as the caches live."""

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Forget the caches and the thread, in a child after a fork."""
        self._changing = threading.Lock()
        self.thread: threading.Thread | None = None
        self._news: SimpleQueue[Reference] = SimpleQueue()  # unlike an event, it may be used while garbage is collected

    def add(self, cache: Cache) -> None:
        """Add a cache once.

        Raises:
            RuntimeError: the system has no thread left.
        """
        with self._changing:
            if self.thread is None:
                thread = threading.Thread(target=self._tend, name="qynauth-pqc-jwks-times", daemon=True)
                thread.start()
                self.thread = thread
            if not cache._tended:
                cache._tended = True
                self._news.put(weakref.ref(cache, self._news.put))

    def _tend(self) -> None:
        """Have each set fetched at its time, and end after the last cache."""
        times: list[tuple[float, int, Reference]] = []
        alive, numbers = dict[int, Reference](), count()  # by the id: a reference to a dead cache has no hash
        while True:
            try:
                reference = self._news.get(timeout=max(times[0][0] - monotonic(), 0) if times else None)
                is_time = False
            except Empty:
                reference, is_time = heappop(times)[-1], True
            cache = reference()
            if cache is None:
                alive.pop(id(reference), None)
                if not alive and self._is_over():
                    return
            elif not (is_time and _left(cache) <= 0 and self._fetch(cache, reference)):
                alive[id(reference)] = reference
                wait = min(max(_left(cache), _SHORTEST_WAIT), _LONGEST_WAIT)
                heappush(times, (monotonic() + wait, next(numbers), reference))
            del cache

    def _fetch(self, cache: Cache, reference: Reference) -> bool:
        """Have a set fetched, unless the system has no thread left."""
        try:
            FETCHES.start(cache, cache.fetch_if_due).add_done_callback(lambda _: self._news.put(reference))
        except RuntimeError:
            return False
        return True

    def _is_over(self) -> bool:
        with self._changing:
            if self._news.empty():
                self.thread = None
                return True
        return False


def _left(cache: Cache) -> float:
    """Return the seconds until a set is due, or the longest wait if the clock, which is the caller's, fails."""
    with suppress(Exception):
        return cache._due() - cache._clock()
    return _LONGEST_WAIT


TENDED = _Tended()
