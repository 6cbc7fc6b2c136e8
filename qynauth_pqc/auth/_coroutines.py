"""Fetching the keys of an issuer for a coroutine: a thread fetches them, and the event loop continues."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task

    from qynauth_pqc.auth.jwks import JWKSCache, Refresh

_FETCHES: WeakKeyDictionary[JWKSCache, dict[AbstractEventLoop, Task[None]]] = WeakKeyDictionary()
"""The fetches in progress, for each cache and each event loop: all coroutines that need the keys share one thread."""


class FetchNeededError(Exception):
    """A coroutine has to wait for the set. No caller of the package sees this error."""


def asking(cache: JWKSCache) -> Refresh:
    """Return the `Refresh` of a coroutine. It raises FetchNeededError where a thread would fetch or wait.

    During a fetch, coroutines use the previous set, as threads do.
    """

    def ask(*, wait: bool) -> None:
        if not cache._is_early() and (wait or not cache._fetching.locked()):
            raise FetchNeededError

    return ask


async def fetch(cache: JWKSCache) -> None:
    """Fetch the set in a thread, or wait for the thread that fetches for another coroutine.

    A cancelled coroutine leaves the thread to the others: a thread cannot be ended, and others may wait for it.
    """
    fetches, loop = _FETCHES.setdefault(cache, {}), asyncio.get_running_loop()
    if loop not in fetches:
        fetches[loop] = loop.create_task(asyncio.to_thread(cache._refresh, wait=True))
        fetches[loop].add_done_callback(lambda _: fetches.pop(loop))
    await asyncio.shield(fetches[loop])


def go_on(*, wait: bool) -> None:
    """Do nothing: the `Refresh` of a coroutine that has fetched."""
