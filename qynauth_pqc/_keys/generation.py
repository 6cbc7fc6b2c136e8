"""Batches of new key pairs, for `generate_many` of the classes of private keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc._keys.slices import MOST_THREADS, STATUSES, Batch, checked_count, complete, errors_of
from qynauth_pqc.errors import BatchError
from qynauth_pqc.native import ffi, lib, new_private_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from qynauth_pqc._keys.key import Key
    from qynauth_pqc._keys.parameter_sets import ParameterSet

    K = TypeVar("K", bound=Key)


def generate_keys(
    kind: type[K],
    chosen: ParameterSet,
    count: int,
    threads: int | None,
    flags: int,
    progress: Callable[[int], object] | None,
) -> list[K]:
    """Make a number of keys of a class."""
    if progress is None and (made := generate_small(kind, chosen, count, threads, flags)) is not None:
        return made
    return complete(Generation(kind, chosen, count, threads, flags), progress)  # type: ignore[no-any-return]


def generate_small(kind: type[K], chosen: ParameterSet, count: Any, threads: Any, flags: int) -> list[K] | None:
    """Make keys by one call of C; return None, before anything is done, for a large batch or a wrong argument."""
    if type(count) is not int or not 1 <= count <= chosen.first_items:
        return None
    if threads is not None and (type(threads) is not int or not 1 <= threads <= MOST_THREADS):
        return None
    handles, statuses = new_private_key(count), ffi.new(STATUSES, count)
    status = lib.pqc_private_key_generate_batch(chosen.id, flags, count, threads or 0, handles.slot, statuses)
    made: list[Any] = [None if handle is None else kind._own(handle, chosen) for handle in handles.split()]
    if status:
        raise BatchError(made, errors_of((status, list(statuses), ()), lambda _index, _status: ""))
    return made


class Generation(Batch):
    """Key pairs to be made."""

    def __init__(self, kind: type[Key], chosen: ParameterSet, count: int, threads: int | None, flags: int) -> None:
        """Take the arguments of `generate_many`, with the options as flags."""
        super().__init__(checked_count(count), threads, (), chosen.first_items)
        self._class, self._set = kind, chosen
        self._flags = flags
        self._made: list[Any] = []

    def _call(self, begin: int, end: int, statuses: Any) -> int:
        handles, count = new_private_key(end - begin), end - begin
        status: int = lib.pqc_private_key_generate_batch(
            self._set.id, self._flags, count, self.threads, handles.slot, statuses
        )
        own, made = self._class._own, handles.split()
        self._made += [None if handle is None else own(handle, self._set) for handle in made]
        return status

    def _results(self) -> list[Any]:
        return self._made
