"""The public keys of a batch: loaded keys, or encoded keys of parameter sets that the caller names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import loadable
from qynauth_pqc._keys.parameter_sets import unknown_set, wrong_size
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc.batch._inputs import input_of
from qynauth_pqc.batch._keys import Keys, first_items_of
from qynauth_pqc.errors import InvalidLengthError
from qynauth_pqc.native import SMALL_BATCH, ffi, lib

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from qynauth_pqc._keys.parameter_sets import ParameterSet
    from qynauth_pqc._keys.signature import SignaturePublicKey
    from qynauth_pqc.batch._columns import Input
    from qynauth_pqc.mlkem import KEMPublicKey

    PublicKeyClass = type[KEMPublicKey | SignaturePublicKey]


class PublicKeys:
    """The public keys of a batch.

    Attributes:
        keys: the handles, or the encodings.
        alike: whether one parameter set serves all items.
    """

    def __init__(self, kind: PublicKeyClass, keys: Any, parameter_set: str | Sequence[str] | None) -> None:
        """Take loaded keys, or encoded keys as an input; a single encoded key is loaded."""
        self._struct = ffi.new("PqcPublicKeys *")
        self._sets: list[Any] = []
        self.keys: Keys | Input
        if _are_loaded(kind, keys, parameter_set):
            if parameter_set is not None:
                raise TypeError("parameter_set is for encoded public keys, and loaded keys have theirs; omit it")
            self.keys = Keys(kind, keys, "public keys")
            self.alike = self.keys.count is None
            return
        if isinstance(keys, PrivateKey):
            raise TypeError(f"public keys must not be private ones: pass the public_key of the {type(keys).__name__}")
        encoded = input_of("public keys", keys)
        if parameter_set is None:
            names = "the name of one for all keys, or a name for each"
            raise TypeError(f"encoded public keys do not show their parameter sets; pass parameter_set=, {names}")
        self.alike = isinstance(parameter_set, str)
        if encoded.count is None:
            owner, chosen = named_set(kind, parameter_set)
            self.keys = Keys(kind, owner.from_public_bytes(keys, chosen), "public keys")
        else:
            self._name(kind, encoded, parameter_set)
            self.keys = encoded

    def _name(self, kind: PublicKeyClass, encoded: Input, parameter_set: str | Sequence[str]) -> None:
        """Keep the parameter sets of encoded keys; in a list of names, an unknown one fails its own item only."""
        if isinstance(parameter_set, str):
            self._sets = [named_set(kind, parameter_set)[1]]
            self._numbers = ffi.new("uint32_t[]", [self._sets[0].id])
            return
        names, known = _names(parameter_set), {str(each).upper(): each for _, each in loadable(kind)}
        if len(names) != encoded.count:
            numbers = f"{encoded.count} (public keys), {len(names)} (parameter_set)"
            raise InvalidLengthError(f"inputs of a batch have different numbers of items: {numbers}")
        self._sets = [known.get(name.upper()) for name in names]
        self._numbers = ffi.new("uint32_t[]", [0 if each is None else each.id for each in self._sets])
        if None in self._sets:
            # Its output slot is as large as the slots of the other items.
            stand_in = next((each for each in self._sets if each is not None), next(iter(known.values())))
            for index in [index for index, each in enumerate(self._sets) if each is None]:
                encoded.refused[index], self._sets[index] = unknown_set(known.values(), names[index]), stand_in

    def chunk(self, begin: int, end: int) -> Any:
        """Return the keys of the items from `begin` to before `end` as a `PqcPublicKeys *`, until the next chunk."""
        struct = self._struct
        if isinstance(self.keys, Keys):
            struct.handles, struct.handle_count = self.keys.chunk(begin, end)
        else:
            struct.encodings = self.keys.chunk(begin, end)[0]
            each = self._numbers + begin, end - begin
            struct.algorithms, struct.algorithm_count = (self._numbers, 1) if self.alike else each
        return struct

    def set_of(self, index: int) -> ParameterSet:
        """Return the parameter set of the key of an item, or of another item if it was refused."""
        if isinstance(self.keys, Keys):
            return self.keys.parameter_set(index)  # type: ignore[no-any-return]
        return self._sets[0 if self.alike else index]  # type: ignore[no-any-return]

    def sizes(self, begin: int, end: int, name: str) -> Iterable[int]:
        """Return a size, an attribute of the parameter sets, for the keys of the items from `begin` to before `end`."""
        if isinstance(self.keys, Keys):
            return self.keys.sizes(begin, end, name)
        if self.alike:
            return repeat(getattr(self._sets[0], name), end - begin)
        return [getattr(each, name) for each in self._sets[begin:end]]

    def parameter_sets(self) -> set[Any]:
        """Return the parameter sets of all keys."""
        return self.keys.parameter_sets() if isinstance(self.keys, Keys) else set(self._sets)

    @property
    def first_items(self) -> int:
        """The number of items in the first time slice."""
        return self.keys.first_items if isinstance(self.keys, Keys) else first_items_of(self._sets[:SMALL_BATCH])

    def detail(self, index: int, status: int) -> str:
        """Return a text about the wrong length of an encoding."""
        if status != lib.PQC_STATUS_PUBLIC_KEY_LENGTH or isinstance(self.keys, Keys):
            return ""
        chosen = self.set_of(index)
        return wrong_size(chosen.public_key_bytes, self.keys.size_of(index), chosen)


def _are_loaded(kind: PublicKeyClass, keys: Any, parameter_set: Any) -> bool:
    """Return whether keys are loaded; an empty sequence counts as loaded if no parameter set is named."""
    if isinstance(keys, (list, tuple)):
        return isinstance(keys[0], kind) if keys else parameter_set is None
    return isinstance(keys, kind)


def named_set(kind: PublicKeyClass, name: Any) -> tuple[type[Any], Any]:
    """Return the class of public keys and the parameter set of a name.

    Raises:
        TypeError: the argument is no name.
        UnsupportedError: no public keys of the kind have this set.
    """
    if not isinstance(name, str):
        raise TypeError(f"parameter_set of one key must be the name of a parameter set, not {type(name).__name__}")
    known = {str(each).upper(): (owner, each) for owner, each in loadable(kind)}
    if name.upper() not in known:
        raise unknown_set([each for _, each in known.values()], name)
    return known[name.upper()]


def _names(parameter_set: Any) -> tuple[str, ...]:
    """Return the names of a sequence."""
    if not isinstance(parameter_set, Sequence):
        found = type(parameter_set).__name__
        raise TypeError(f"parameter_set must be the name of a parameter set or a sequence of names, not {found}")
    names = tuple(parameter_set)
    for other in set(map(type, names)):
        if not issubclass(other, str):
            raise TypeError(f"parameter_set must have names of parameter sets, not {other.__name__}")
    return names
