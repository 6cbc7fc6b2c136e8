"""Events of tokens, for observers."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

__all__ = ["Alarm", "Observer", "TokenEvent"]


class Alarm(StrEnum):
    """What is wrong at an issuer or a verifier although it goes on, and the label of its metric.

    The first three are reported to the observer of the issuer, the others only to each `TokenCounter` of the process.
    """

    OLD_ALGORITHM = "old_algorithm"
    """The ring has never had a key for the algorithm whose turn it is, so an earlier one signs."""
    KEY_MISSING = "key_missing"
    """The turn of an algorithm without an active key comes within 14 days."""
    RING_AWAY = "ring_away"
    """The directory of the ring cannot be reached, and keys in memory sign for a few minutes."""
    OBSERVER_FAILED = "observer_failed"
    """An observer has raised an exception, which does not affect its token."""
    SET_REFUSED = "set_refused"
    """The set of an issuer was refused; the set before it, if there is one, is used to the end of its time."""
    SET_REPLACED = "set_replaced"
    """The set of an issuer has no key of the set in use, and takes its place."""


class TokenEvent(NamedTuple):
    """The event of a token that an observer receives.

    Attributes:
        mode: the mode of its algorithm, or "unknown" until its kid names a key of the issuer's set: anyone could invent
            any number of other values.
        algorithm: its algorithm, or "unknown" likewise.
        verdict: "issued", a `Verdict`, or an `Alarm` about the algorithm, which follows each token that it is about.
        kid: its key, or None if it is unknown.
    """

    mode: str
    algorithm: str
    verdict: str
    kid: str | None


Observer: TypeAlias = "Callable[[TokenEvent], None]"
"""A function that is called once for each token that is issued, accepted or refused, and for each alarm about it.

It cannot decide about a token: an `Exception` that it raises is logged, and counted as `Alarm.OBSERVER_FAILED`.
"""

_COUNTERS: WeakSet[Observer] = WeakSet()
_FAILURES = count(1)


def count_alarms(counter: Observer) -> None:
    """Let a counter count the alarms of this process that have no observer."""
    _COUNTERS.add(counter)


def count_alarm(alarm: Alarm) -> None:
    """Count an alarm that has no observer."""
    with suppress(Exception):  # the failed observer may be such a counter
        for counter in tuple(_COUNTERS):
            counter(TokenEvent("unknown", "unknown", alarm, None))


def report(observe: Observer | None, event: TokenEvent) -> None:
    """Call an observer, which may fail."""
    try:
        if observe is not None:
            observe(event)
    except Exception:
        number = next(_FAILURES)
        if number & (number - 1) == 0:  # the first, the second, the fourth and so on: there may be one for each token
            from logging import getLogger  # only needed for warnings

            getLogger("qynauth_pqc.auth").exception("an observer failed, %d times in this process", number)
        count_alarm(Alarm.OBSERVER_FAILED)


def check_observer(observe: object) -> None:
    """Refuse an observer that cannot be called."""
    if observe is not None and not callable(observe):
        raise TypeError(f"observe must be a function, not {type(observe).__name__}")
