"""The table of algorithms, and what the enums of parameter sets share: sizes, and a set by its name or a key's size."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from qynauth_pqc.errors import InvalidKeyError, UnsupportedError
from qynauth_pqc.native import SMALL_BATCH, ffi, lib
from qynauth_pqc.native.inputs import size_of

TYPE_CHECKING = False  # the import of typing would be a fifth of this package's
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Literal, NoReturn, Self, TypeVar

    from qynauth_pqc.native.inputs import BytesLike

    P = TypeVar("P", bound="ParameterSet")
    Kind = Literal["public key", "private key", "seed"]


def _rows() -> Iterator[Any]:
    index = 0
    while row := lib.pqc_algorithm_at(index):
        yield row
        index += 1


ROWS: dict[str, Any] = {ffi.string(row.name).decode("ascii"): row for row in _rows()}
"""The rows of the C interface's table of algorithms, by the names of the standards."""

_SIZES = (
    *("public_key_bytes", "private_key_bytes", "seed_bytes", "ciphertext_bytes", "shared_secret_bytes"),
    *("signature_bytes", "randomness_bytes"),
)


class ParameterSet(StrEnum):
    """Base of the enums of parameter sets: strings that are the names of the standards, with sizes in bytes."""

    id: int
    public_key_bytes: int
    private_key_bytes: int
    seed_bytes: int
    randomness_bytes: int
    security_category: int
    oid: str
    signature_varies: bool
    first_items: int  # of a batch: how many take no more than 0.2 s in all, whatever the processor

    def __new__(cls, name: str) -> Self:
        """Make a member from the standard's name, with the sizes in the table that its kind has."""
        member = str.__new__(cls, name)
        member._value_ = name
        row = ROWS[name]
        member.id = row.algorithm
        member.security_category = row.security_category
        member.oid = ffi.string(row.oid).decode("ascii")
        member.signature_varies = bool(row.signature_varies)
        member.first_items = max(1, min(200_000 // row.slowest_us, SMALL_BATCH))
        for size in _SIZES:
            if value := getattr(row, size):
                setattr(member, size, value)
        return member

    def bytes_of(self, kind: Kind) -> int:
        """Return the size of an encoding that a key is loaded from, in bytes."""
        return getattr(self, f"{kind.replace(' ', '_')}_bytes")  # type: ignore[no-any-return]

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        if isinstance(value, str):
            raise unknown_set(cls)
        raise _not_a_name(cls, type(value))


def unknown_set(parameter_sets: Iterable[str]) -> UnsupportedError:
    """Return the error for a name that no parameter set has, with the names of all of them."""
    return UnsupportedError(f"unknown parameter set: expected one of {', '.join(parameter_sets)}")


def _not_a_name(parameter_sets: type[ParameterSet], kind: type) -> TypeError:
    names = ", ".join(parameter_sets)
    return TypeError(f"parameter set must be one of {names}, not {kind.__name__}")


def wrong_size(expected: int, actual: int, parameter_set: str) -> str:
    """Return the size that a parameter set demands and the actual one, or nothing if they are the same."""
    return "" if expected == actual else f"expected {expected} bytes for {parameter_set}, got {actual}"


def wrong_signature_size(parameter_set: Any, actual: int) -> str:
    """Return the size that a parameter set demands of a signature and the actual one, or nothing if it is possible."""
    expected: int = parameter_set.signature_bytes
    if not parameter_set.signature_varies:
        return wrong_size(expected, actual, parameter_set)
    return "" if actual <= expected else f"expected at most {expected} bytes for {parameter_set}, got {actual}"


def member_of(parameter_sets: type[P], wanted: P | str) -> P:
    """Return a parameter set that the caller passed as a member or by its name.

    Raises:
        UnsupportedError: the wanted set is unknown.
    """
    # Calling an enum costs half a microsecond.
    if type(wanted) is parameter_sets:
        return wanted
    named: P | None = _by_name(parameter_sets).get(wanted) if isinstance(wanted, str) else None
    if named is not None:
        return named
    # Not by calling the enum, whose error shows its argument, and which hashes it: a memoryview may refuse that.
    raise unknown_set(parameter_sets) if isinstance(wanted, str) else _not_a_name(parameter_sets, type(wanted))


@cache
def _by_name(parameter_sets: type[P]) -> dict[str, P]:
    return {str(each): each for each in parameter_sets}


def choose_set(parameter_sets: type[P], wanted: P | str | None, kind: Kind, data: BytesLike) -> P:
    """Return the wanted parameter set or, for None, the one whose keys of this kind are as long as the input.

    Raises:
        InvalidKeyError: no set has keys of this size.
        UnsupportedError: the wanted set is unknown.
        TypeError: several sets have keys of this size, and none is wanted.
    """
    if wanted is not None:
        return member_of(parameter_sets, wanted)
    actual = size_of(data, kind)
    chosen: list[P] = _by_size(parameter_sets, kind).get(actual, [])
    if not chosen and len(parameter_sets) == 1:
        return next(iter(parameter_sets))  # whose size the error of the C interface names
    if not chosen:
        expected = ", ".join(f"{each.bytes_of(kind)} ({each})" for each in parameter_sets)
        raise InvalidKeyError(f"{kind} has the wrong length: expected {expected} bytes, got {actual}")
    if len(chosen) > 1:
        raise TypeError(f"a {kind} of {actual} bytes may be of {' or '.join(chosen)}; pass parameter_set=")
    return chosen[0]


@cache
def _by_size(parameter_sets: type[P], kind: Kind) -> dict[int, list[P]]:
    sizes = {each.bytes_of(kind) for each in parameter_sets}
    return {size: [each for each in parameter_sets if each.bytes_of(kind) == size] for size in sizes}
