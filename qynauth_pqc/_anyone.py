"""The word for any signer."""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False  # importing typing would take a fifth of this package's import time
if TYPE_CHECKING:
    from typing import Final

__all__ = ["ANYONE", "Anyone"]


class Anyone(Enum):
    """The type of `ANYONE`, which has no other value."""

    ANYONE = "anyone"


ANYONE: Final = Anyone.ANYONE
"""Any signer is accepted. Neither None nor a name means the same: the call must say it."""
