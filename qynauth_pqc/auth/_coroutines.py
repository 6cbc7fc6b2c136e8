"""Fetching the keys of an issuer for a coroutine: a thread fetches them, and the event loop continues."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from qynauth_pqc.auth._threads import FETCHES

if TYPE_CHECKING:
    from qynauth_pqc.auth.jwks import JWKSCache, Refresh


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
    """Fetch the set in a thread, or wait for the thread that fetches for another coroutine, of any event loop.

    A cancelled coroutine leaves the thread to the others: a thread cannot be ended, and others may wait for it.
    """
    await asyncio.wrap_future(FETCHES.start(cache, partial(cache._refresh, wait=True)))


def go_on(*, wait: bool) -> None:
    """Do nothing: the `Refresh` of a coroutine that has fetched."""
