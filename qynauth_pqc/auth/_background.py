"""The thread that fetches the sets of a cache before they are needed."""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_WAIT = 3600.0
_SHORTEST_WAIT = 0.01


def tend(fetch_if_due: Callable[[], float]) -> threading.Thread:
    """Start a thread that fetches the set of a cache whenever half of its time is over, for as long as the cache lives.

    The thread does not keep the process from ending.
    """
    ended: SimpleQueue[None] = SimpleQueue()  # unlike an event, it may be used while garbage is collected
    reference = weakref.WeakMethod(fetch_if_due, lambda _: ended.put(None))
    thread = threading.Thread(target=_fetch_each, args=(reference, ended), name="qynauth-pqc-jwks", daemon=True)
    thread.start()
    return thread


def _fetch_each(reference: weakref.WeakMethod[Callable[[], float]], ended: SimpleQueue[None]) -> None:
    while (fetch_if_due := reference()) is not None:
        wait = fetch_if_due()
        del fetch_if_due
        with suppress(Empty):
            ended.get(timeout=min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT))
