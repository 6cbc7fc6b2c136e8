"""The keys of a batch: one for all items, or a key for each."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import Key, loadable
from qynauth_pqc.errors import ClosedError
from qynauth_pqc.native import SMALL_BATCH, begin_uses, end_uses, ffi, lib

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.native import Handle


class Keys:
    """The keys of a batch: one key for all items, or a key for each.

    Attributes:
        name: their name in an error.
        count: the number of keys, one for each item; None if one key serves all.
        refused: the errors of the keys that are closed, by their index.
    """

    __slots__ = ("_array", "_array_type", "_handles", "_keys", "_options", "_use", "count", "name", "refused")

    def __init__(self, kind: type[Key], keys: Key | Iterable[Key], name: str) -> None:
        """Take the handles, so that the keys may be closed during the batch."""
        one = isinstance(keys, kind)
        is_view = isinstance(keys, memoryview)  # a sequence too, but with items that may not be readable
        self._keys: list[Any] = [keys] if isinstance(keys, Key) or is_view else list(keys)
        for other in set(map(type, self._keys)):
            if not issubclass(other, kind):
                names = dict.fromkeys(each.__name__ for each, _ in loadable(kind))
                raise TypeError(f"{name} must be {' or '.join(names)} objects, not {other.__name__}")
        self.name, self.count = name, None if one else len(self._keys)
        self.refused: dict[int, PQCError] = {}
        self._handles = [keys._use()] if one else self._open_handles()  # type: ignore[union-attr]
        self._use = object()
        self._array: Any = None
        self._array_type, self._options = kind._array_type, kind._options_of

    def _open_handles(self) -> list[Handle | None]:
        """Return the handles, with None for a closed key, which is refused."""
        handles = [key._handle for key in self._keys]
        for index in [index for index, handle in enumerate(handles) if handle is None]:
            self.refused[index] = ClosedError(f"{type(self._keys[index]).__name__} is closed")
        return handles

    def chunk(self, begin: int, end: int) -> tuple[Any, int]:
        """Return the keys of the items from `begin` to before `end`, and their number."""
        if self._array is None:
            self._array = ffi.new(self._array_type, begin_uses(self._handles, self._use))  # `release` ends the use
        return (self._array, 1) if self.count is None else (self._array + begin, end - begin)

    def memory_flags(self) -> int:
        """Return PQC_KEY_LOCKED_MEMORY if any key keeps its secrets in locked memory, or else 0."""
        out, flag, options = ffi.new("uint32_t *"), lib.PQC_KEY_LOCKED_MEMORY, self._options
        handles = (handle for handle in self._handles if handle is not None)
        locked = (handle.call(options, out) == lib.PQC_STATUS_OK and out[0] & flag for handle in handles)
        return flag if any(locked) else 0

    def release(self) -> None:
        """Return the handles, so that keys that were closed in the meantime are freed."""
        end_uses(self._handles, self._use)

    def parameter_set(self, index: int) -> Any:
        """Return the parameter set of the key of an item."""
        return self._keys[0 if self.count is None else index]._parameter_set

    def sizes(self, begin: int, end: int, name: str) -> Iterable[int]:
        """Return a size, an attribute of the parameter sets, for the keys of the items from `begin` to before `end`."""
        if self.count is None:
            return repeat(getattr(self._keys[0]._parameter_set, name), end - begin)
        return [getattr(key._parameter_set, name) for key in self._keys[begin:end]]

    def parameter_sets(self) -> set[Any]:
        """Return the parameter sets of all keys."""
        return {key._parameter_set for key in self._keys}

    @property
    def first_items(self) -> int:
        """The number of items in the first time slice."""
        return first_items_of(key._parameter_set for key in self._keys[:SMALL_BATCH])


def first_items_of(parameter_sets: Iterable[Any]) -> int:
    """Return the number of items in the first time slice: enough for several threads, if the operations are short."""
    return min((each.first_items for each in parameter_sets), default=SMALL_BATCH)
