"""Threads for work that may hang, such as fetching a set or resolving the name of a server."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

from qynauth_pqc.auth._forks import renew_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any, TypeAlias

    Job: TypeAlias = tuple[Hashable, Future[Any], Callable[[], object]]


class Threads:
    """A number of threads at most, and one for each key. They do not keep the process from ending.

    The executor of asyncio is no place for such work: a few servers that hang would stop all its users.
    """

    def __init__(self, most: int) -> None:
        """Start no thread yet."""
        self._most = most
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Forget the threads, which a child does not have."""
        self._changing, self._count = threading.Lock(), 0
        self._futures: dict[Hashable, Future[Any]] = {}
        self._waiting: deque[Job] = deque()

    def start(self, key: Hashable, work: Callable[[], object]) -> Future[Any]:
        """Return the future of some work, which cannot be cancelled, or of the work that is in progress for its key.

        Raises:
            RuntimeError: the system has no thread left.
        """
        with self._changing:
            future = self._futures.get(key)
            if future is None or future.done():
                future = Future()
                future.set_running_or_notify_cancel()
                if self._count < self._most:
                    job = (key, future, work)
                    threading.Thread(target=self._work, args=job, name="qynauth-pqc-jwks", daemon=True).start()
                    self._count += 1
                else:
                    self._waiting.append((key, future, work))
                self._futures[key] = future
            return future

    def is_busy(self, key: Hashable) -> bool:
        """Return whether the work of a key is waiting or in progress in this process."""
        future = self._futures.get(key)
        return future is not None and not future.done()

    def _work(self, key: Hashable, future: Future[Any], work: Callable[[], object]) -> None:
        job: Job | None = (key, future, work)
        while job is not None:
            key, future, work = job
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised where the future is awaited
                future.set_exception(error)
            with self._changing:
                if self._futures.get(key) is future:
                    del self._futures[key]
                job = self._waiting.popleft() if self._waiting else None
                self._count -= job is None


FETCHES = Threads(256)
"""The threads that fetch sets for coroutines and in the background, by the cache."""
LOOKUPS = Threads(256)
"""The threads that resolve the names of servers, which nothing can interrupt, by the name and the port."""
