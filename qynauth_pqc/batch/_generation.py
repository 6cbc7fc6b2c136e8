"""Batches of new key pairs, for `generate_many` of the classes of private keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qynauth_pqc.batch import _small_batches
from qynauth_pqc.batch._batch import Batch, complete
from qynauth_pqc.batch._inputs import checked_count
from qynauth_pqc.native import lib, new_private_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc._keys.private_key import PrivateKey

    K = TypeVar("K", bound=PrivateKey)


def generate_keys(
    kind: type[K],
    chosen: ParameterSet,
    count: int,
    threads: int | None,
    flags: int,
    progress: Callable[[int], object] | None,
) -> list[K]:
    """Make a number of keys of a class."""
    if progress is None and (made := _small_batches.generate(kind, chosen, count, threads, flags)) is not None:
        return made
    return complete(Generation(kind, chosen, count, threads, flags), progress)  # type: ignore[no-any-return]


class Generation(Batch):
    """Key pairs to be made."""

    def __init__(
        self, kind: type[PrivateKey], chosen: ParameterSet, count: int, threads: int | None, flags: int
    ) -> None:
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

    def _detail(self, _index: int, _status: int) -> str:
        return ""

    def _results(self) -> list[Any]:
        return self._made
