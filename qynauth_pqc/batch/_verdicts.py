"""The result of verifying a batch of signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn


class Verdicts(list[bool]):
    """Whether each signature of a batch is valid: a list that refuses to be used as a condition.

    A non-empty list is true, so `if verify_many(...)` would accept every forgery.

    >>> verdicts = Verdicts([True, False])
    >>> verdicts.all_valid
    False
    >>> bool(verdicts)
    Traceback (most recent call last):
    TypeError: the verdicts of a batch are no condition; use all_valid, or look at each
    """

    __slots__ = ()

    @property
    def all_valid(self) -> bool:
        """Whether every signature is valid: False if one is not, if an item failed, or if there were none to check."""
        return len(self) > 0 and all(self)

    def __bool__(self) -> NoReturn:
        """Refuse."""
        raise TypeError("the verdicts of a batch are no condition; use all_valid, or look at each")
