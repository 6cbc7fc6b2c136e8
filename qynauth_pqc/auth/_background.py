"""The thread that fetches the sets of a cache before they are needed."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qynauth_pqc.auth.jwks import JWKSCache

_LONGEST_WAIT = 3600.0
_SHORTEST_WAIT = 0.01


def tend(cache: JWKSCache) -> threading.Thread:
    """Start a thread that fetches the set of a cache whenever half of its time is over, for as long as the cache lives.

    The thread does not keep the process from ending.
    """
    ended: SimpleQueue[None] = SimpleQueue()  # unlike an event, it may be used while garbage is collected
    reference = weakref.ref(cache, lambda _: ended.put(None))
    thread = threading.Thread(target=_fetch_each, args=(reference, ended), name="qynauth-pqc-jwks", daemon=True)
    thread.start()
    return thread


def _fetch_each(reference: weakref.ref[JWKSCache], ended: SimpleQueue[None]) -> None:
    while (cache := reference()) is not None:
        wait = cache.fetch_if_due()
        del cache
        with suppress(Empty):
            ended.get(timeout=min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT))
