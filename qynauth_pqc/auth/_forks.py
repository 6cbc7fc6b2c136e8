"""Locks and threads after a fork: in the child, locks keep their state, and there are no other threads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from typing import Protocol

    class Renewable(Protocol):
        """An object that is used from many threads."""

        def renew(self) -> None:
            """Replace its locks, and forget its threads."""


_EACH: WeakSet[Renewable] = WeakSet()


def renew_after_fork(renewable: Renewable) -> None:
    """Renew an object in each child that is forked, for as long as the object lives."""
    _EACH.add(renewable)


def _renew() -> None:
    for each in list(_EACH):
        each.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
