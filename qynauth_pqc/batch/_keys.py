"""The keys of a batch: one for all items, or a key for each; loaded, or encoded with parameter sets that are named."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from qynauth_pqc._keys.key import Key, loadable
from qynauth_pqc._keys.parameter_sets import unknown_set, wrong_size
from qynauth_pqc._keys.private_key import PrivateKey
from qynauth_pqc.batch._inputs import common_count, input_of
from qynauth_pqc.errors import ClosedError
from qynauth_pqc.native import SMALL_BATCH, begin_uses, end_uses, ffi, lib

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from qynauth_pqc._keys.signature import SignaturePublicKey
    from qynauth_pqc.batch._columns import Input, Kind
    from qynauth_pqc.errors import PQCError
    from qynauth_pqc.mlkem import KEMPublicKey
    from qynauth_pqc.native import Handle

    PublicKeyClass = type[KEMPublicKey | SignaturePublicKey]


class _Sets:
    """The parameter sets of the keys of a batch."""

    name: str  # the name of the keys in an error
    count: int | None  # the number of keys, one for each item; None if one key serves all
    kind: Kind  # the type of the input
    refused: dict[int, PQCError]  # the errors of the unusable keys, by their index
    sets: list[Any]  # the parameter set of each key, or the one that serves all items
    alike: bool  # whether one serves all

    def set_of(self, index: int) -> Any:
        """Return the parameter set of the key of an item, or of another item if it was refused."""
        return self.sets[0 if self.alike else index]

    def sizes(self, begin: int, end: int, name: str) -> Iterable[int]:
        """Return a size, an attribute of the parameter sets, for the keys of the items from `begin` to before `end`."""
        if self.alike:
            return repeat(getattr(self.sets[0], name), end - begin)
        return [getattr(each, name) for each in self.sets[begin:end]]

    @property
    def first_items(self) -> int:
        """The number of items in the first time slice: enough for several threads, if the operations are short."""
        return min((each.first_items for each in set(self.sets)), default=SMALL_BATCH)

    def memory_flags(self) -> int:
        """Return PQC_KEY_LOCKED_MEMORY if any key keeps its secrets in locked memory, or else 0."""
        return 0

    def detail(self, _index: int, _status: int) -> str:
        return ""


class Keys(_Sets):
    """Loaded keys."""

    kind = "list"

    def __init__(self, kind: type[Key], keys: Key | Iterable[Key], name: str) -> None:
        """Take the handles, so that the keys may be closed during the batch."""
        one = isinstance(keys, kind)
        is_view = isinstance(keys, memoryview)  # a sequence too, but with items that may not be readable
        each_key: list[Any] = [keys] if isinstance(keys, Key) or is_view else list(keys)
        for other in set(map(type, each_key)):
            if not issubclass(other, kind):
                names = dict.fromkeys(each.__name__ for each, _ in loadable(kind))
                raise TypeError(f"{name} must be {' or '.join(names)} objects, not {other.__name__}")
        self.name, self.count, self.alike = name, None if one else len(each_key), one
        self._handles: list[Handle | None] = [keys._use()] if one else [key._handle for key in each_key]  # type: ignore[union-attr]
        self.refused = {
            index: ClosedError(f"{type(each_key[index]).__name__} is closed")
            for index, handle in enumerate(self._handles)
            if handle is None
        }
        self.sets = [key._parameter_set for key in each_key]
        self._use = object()
        self._array: Any = None
        self._array_type, self._options = kind._array_type, kind._options_of

    def chunk(self, begin: int, end: int) -> tuple[Any, int]:
        """Return the keys of the items from `begin` to before `end`, and their number."""
        if self._array is None:
            self._array = ffi.new(self._array_type, begin_uses(self._handles, self._use))  # `release` ends the use
        return (self._array, 1) if self.count is None else (self._array + begin, end - begin)

    def memory_flags(self) -> int:
        out, flag, options = ffi.new("uint32_t *"), lib.PQC_KEY_LOCKED_MEMORY, self._options
        handles = (handle for handle in self._handles if handle is not None)
        locked = (handle.call(options, out) == lib.PQC_STATUS_OK and out[0] & flag for handle in handles)
        return flag if any(locked) else 0

    def release(self) -> None:
        """Return the handles, so that keys that were closed in the meantime are freed."""
        end_uses(self._handles, self._use)


class _LoadedPublicKeys(Keys):
    def __init__(self, kind: PublicKeyClass, keys: Any) -> None:
        super().__init__(kind, keys, "public keys")
        self._struct = ffi.new("PqcPublicKeys *")

    def chunk(self, begin: int, end: int) -> Any:
        """Return the keys of the items from `begin` to before `end` as a `PqcPublicKeys *`, until the next chunk."""
        self._struct.handles, self._struct.handle_count = super().chunk(begin, end)
        return self._struct


class _EncodedPublicKeys(_Sets):
    """Encoded keys. In a list of names of parameter sets, an unknown one fails its own item only."""

    def __init__(self, kind: PublicKeyClass, encoded: Input, parameter_set: str | Sequence[str]) -> None:
        self.name, self.count, self.kind, self.refused = encoded.name, encoded.count, encoded.kind, encoded.refused
        self._encoded, self.release, self._struct = encoded, encoded.release, ffi.new("PqcPublicKeys *")
        self.alike = isinstance(parameter_set, str)
        if isinstance(parameter_set, str):
            self.sets = [named_set(kind, parameter_set)[1]]
        else:
            names, known = _names(parameter_set), {str(each).upper(): each for _, each in loadable(kind)}
            common_count({self.name: self.count, "parameter_set": len(names)})
            self.sets = [known.get(name.upper()) for name in names]
            self.refused |= {
                index: unknown_set(known.values(), names[index]) for index, each in enumerate(self.sets) if each is None
            }
        self._numbers = ffi.new("uint32_t[]", [0 if each is None else each.id for each in self.sets])
        # The output slot of an item without a set is as large as the slots of the other items.
        stand_in = next(filter(None, self.sets), loadable(kind)[0][1])
        self.sets = [each or stand_in for each in self.sets]

    def chunk(self, begin: int, end: int) -> Any:
        """Return the keys of the items from `begin` to before `end` as a `PqcPublicKeys *`, until the next chunk."""
        struct, each = self._struct, (self._numbers + begin, end - begin)
        struct.encodings = self._encoded.chunk(begin, end)[0]
        struct.algorithms, struct.algorithm_count = (self._numbers, 1) if self.alike else each
        return struct

    def detail(self, index: int, status: int) -> str:
        chosen = self.set_of(index)
        is_size = status == lib.PQC_STATUS_PUBLIC_KEY_LENGTH
        return wrong_size(chosen.public_key_bytes, self._encoded.size_of(index), chosen) if is_size else ""


def public_keys_of(
    kind: PublicKeyClass, keys: Any, parameter_set: str | Sequence[str] | None
) -> _LoadedPublicKeys | _EncodedPublicKeys:
    """Return the public keys of a batch: loaded, or encoded as an input; a single encoded key is loaded."""
    if _are_loaded(kind, keys, parameter_set):
        if parameter_set is not None:
            raise TypeError("parameter_set is for encoded public keys, and loaded keys have theirs; omit it")
        return _LoadedPublicKeys(kind, keys)
    if isinstance(keys, PrivateKey):
        raise TypeError(f"public keys must not be private ones: pass the public_key of the {type(keys).__name__}")
    encoded = input_of("public keys", keys)
    if parameter_set is None:
        names = "the name of one for all keys, or a name for each"
        raise TypeError(f"encoded public keys do not show their parameter sets; pass parameter_set=, {names}")
    if encoded.count is None:
        owner, chosen = named_set(kind, parameter_set)
        return _LoadedPublicKeys(kind, owner.from_public_bytes(keys, chosen))
    return _EncodedPublicKeys(kind, encoded, parameter_set)


def _are_loaded(kind: PublicKeyClass, keys: Any, parameter_set: Any) -> bool:
    """Return whether keys are loaded; an empty sequence counts as loaded if no parameter set is named."""
    if isinstance(keys, (list, tuple)):
        return isinstance(keys[0], kind) if keys else parameter_set is None
    return isinstance(keys, kind)


def named_set(kind: PublicKeyClass, name: Any) -> tuple[type[Any], Any]:
    """Return the class of public keys of a kind and the parameter set of a name."""
    if not isinstance(name, str):
        raise TypeError(f"parameter_set of one key must be the name of a parameter set, not {type(name).__name__}")
    known = {str(each).upper(): (owner, each) for owner, each in loadable(kind)}
    if name.upper() not in known:
        raise unknown_set([each for _, each in known.values()], name)
    return known[name.upper()]


def _names(parameter_set: Any) -> tuple[str, ...]:
    if not isinstance(parameter_set, Sequence):
        found = type(parameter_set).__name__
        raise TypeError(f"parameter_set must be the name of a parameter set or a sequence of names, not {found}")
    names = tuple(parameter_set)
    for other in set(map(type, names)):
        if not issubclass(other, str):
            raise TypeError(f"parameter_set must have names of parameter sets, not {other.__name__}")
    return names
