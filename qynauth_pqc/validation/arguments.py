"""The kinds of inputs that functions of the header have: what to pass, and every way to pass something wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from qynauth_pqc._ffi import ffi, lib

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc.validation.material import Material

Refusal = tuple[str, tuple[Any, ...], int]
"""What is wrong in words, the C arguments, and the status that they must give."""

_NULL = (ffi.NULL,)


class Input(Protocol):
    """A parameter that the library reads."""

    def values(self, material: Material) -> tuple[Any, ...]:
        """Return the C arguments of a call that succeeds."""

    def refusals(self, material: Material) -> Iterator[Refusal]:
        """Yield what must be refused."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number: a parameter set, flags or a hash function.

    Attributes:
        good: the number, or None for that of the parameter set.
        bad: numbers that must be refused.
        status: by which status.
    """

    good: int | None
    bad: tuple[int, ...]
    status: int

    def values(self, material: Material) -> tuple[int]:
        """Return the number."""
        return (material.number if self.good is None else self.good,)

    def refusals(self, _material: Material) -> Iterator[Refusal]:
        """Yield the bad numbers."""
        for number in self.bad:
            yield f"the number {number}", (number,), self.status


@dataclass(frozen=True, slots=True)
class Handle:
    """A key.

    Attributes:
        name: which one of the material.
        refused: other keys of the material that the function must refuse, with the status.
    """

    name: str
    refused: tuple[tuple[str, int], ...] = ()

    def values(self, material: Material) -> tuple[Any]:
        """Return the handle."""
        return (material.handles[self.name],)

    def refusals(self, material: Material) -> Iterator[Refusal]:
        """Yield NULL and the other keys."""
        yield f"NULL for the {self.name}", _NULL, lib.PQC_STATUS_NULL_POINTER
        for name, status in self.refused:
            yield name, (material.handles[name],), status


@dataclass(frozen=True, slots=True)
class Bytes:
    """A pointer and a length.

    Attributes:
        name: which bytes of the material.
        shorter: the status that one byte less must give, None if that is no error.
        longer: the status that one byte more must give, None if that is no error.
        refused: other bytes of the material that the function must refuse, with the status.
    """

    name: str
    shorter: int | None = None
    longer: int | None = None
    refused: tuple[tuple[str, int], ...] = ()

    def values(self, material: Material) -> tuple[bytes, int]:
        """Return the bytes and their length."""
        data = material.data[self.name]
        return data, len(data)

    def refusals(self, material: Material) -> Iterator[Refusal]:
        """Yield NULL, the wrong lengths and the other bytes."""
        data = material.data[self.name]
        yield f"NULL for the {self.name}", (ffi.NULL, len(data)), lib.PQC_STATUS_NULL_POINTER
        if self.shorter is not None:
            yield f"a {self.name} that is one byte short", (data[:-1], len(data) - 1), self.shorter
        if self.longer is not None:
            yield f"a {self.name} with one byte too many", (data + b"\0", len(data) + 1), self.longer
        for name, status in self.refused:
            yield name, (material.data[name], len(material.data[name])), status


@dataclass(frozen=True, slots=True)
class NoPassword:
    """The password of a key that is not encrypted.

    Attributes:
        unused: the status that any password must give, None if it is what the key is encrypted with.
    """

    unused: int | None = None

    def values(self, _material: Material) -> tuple[Any, int]:
        """Return what stands for no password."""
        return ffi.NULL, 0

    def refusals(self, _material: Material) -> Iterator[Refusal]:
        """Yield NULL with a length, and a password where there must be none."""
        yield "NULL for a password of one byte", (ffi.NULL, 1), lib.PQC_STATUS_NULL_POINTER
        if self.unused is not None:
            yield "a password", (b"password", 8), self.unused
