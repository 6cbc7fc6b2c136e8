"""How a coroutine gets the keys of an issuer: a thread fetches them, and the event loop goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Lock

    from qynauth_pqc.auth.jwks import JWKSCache, Refresh

    Turns = WeakKeyDictionary[AbstractEventLoop, Lock]

_TURNS: WeakKeyDictionary[JWKSCache, Turns] = WeakKeyDictionary()
"""Who fetches, for each cache and each event loop: of many coroutines that need the keys, one has a thread."""


class FetchNeededError(Exception):
    """A coroutine has to wait for the set. It does not leave the package."""


def asking(cache: JWKSCache) -> Refresh:
    """Return what stands for the fetch where a key is looked up: it raises FetchNeededError, and never waits.

    While a thread fetches, others use the set that is there, as threads do.
    """

    def ask(*, wait: bool) -> None:
        if not cache._is_early() and (wait or not cache._fetching.locked()):
            raise FetchNeededError

    return ask


async def fetch(cache: JWKSCache) -> None:
    """Fetch the set in a thread, unless another coroutine did meanwhile."""
    turns = _TURNS.setdefault(cache, WeakKeyDictionary())
    async with turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        if not cache._is_early():
            await asyncio.to_thread(cache._refresh, wait=True)


def go_on(*, wait: bool) -> None:
    """Stand for the fetch when it is over."""
