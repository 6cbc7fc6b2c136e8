"""Events of tokens, for observers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

__all__ = ["Observer", "TokenEvent"]


class TokenEvent(NamedTuple):
    """The event of a token that an observer receives.

    Attributes:
        mode: the mode of its algorithm, or "unknown" until its kid names a key of the issuer's set: anyone could invent
            any number of other values.
        algorithm: its algorithm, or "unknown" likewise.
        verdict: "issued", or a `Verdict`.
        kid: its key, or None if it is unknown.
    """

    mode: str
    algorithm: str
    verdict: str
    kid: str | None


Observer: TypeAlias = "Callable[[TokenEvent], None]"
"""A function that is called once for each token that is issued, accepted or refused."""


def check_observer(observe: object) -> None:
    """Refuse an observer that cannot be called."""
    if observe is not None and not callable(observe):
        raise TypeError(f"observe must be a function, not {type(observe).__name__}")
