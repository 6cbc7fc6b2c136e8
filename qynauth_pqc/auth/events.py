"""Events of tokens, for observers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

__all__ = ["Alarm", "Observer", "TokenEvent"]


class Alarm(StrEnum):
    """What is wrong at an issuer although it has issued a token, and the label of its metric."""

    OLD_ALGORITHM = "old_algorithm"
    """The ring has never had a key for the algorithm whose turn it is, so an earlier one signs."""
    KEY_MISSING = "key_missing"
    """The turn of an algorithm without an active key comes within 14 days."""
    RING_AWAY = "ring_away"
    """The directory of the ring cannot be reached, and keys in memory sign for a few minutes."""


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
"""A function that is called once for each token that is issued, accepted or refused, and for each alarm about it."""


def check_observer(observe: object) -> None:
    """Refuse an observer that cannot be called."""
    if observe is not None and not callable(observe):
        raise TypeError(f"observe must be a function, not {type(observe).__name__}")
