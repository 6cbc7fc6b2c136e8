"""Batches: the kinds of inputs and outputs that only they have, and what must hold of items beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qynauth_pqc._buffers import lend_readable
from qynauth_pqc._ffi import ffi, lib
from qynauth_pqc.validation.outputs import contents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qynauth_pqc.validation.arguments import Refusal
    from qynauth_pqc.validation.material import Material
    from qynauth_pqc.validation.outputs import Slot
    from qynauth_pqc.validation.result import Checks


@dataclass(frozen=True, slots=True)
class OneKey:
    """The keys of a batch: one for all items.

    Attributes:
        name: which one of the material.
    """

    name: str

    def values(self, material: Material) -> tuple[Any, int]:
        """Return an array with the key, and its length."""
        return self._array(material, 1), 1

    def refusals(self, material: Material) -> Iterator[Refusal]:
        """Yield NULL, and a number of keys that is neither 1 nor that of the items."""
        yield f"NULL for the array of the {self.name}", (ffi.NULL, 1), lib.PQC_STATUS_NULL_POINTER
        yield f"two of the {self.name}", (self._array(material, 2), 2), lib.PQC_STATUS_BATCH_COUNT
        yield f"none of the {self.name}", (self._array(material, 1), 0), lib.PQC_STATUS_BATCH_COUNT

    def _array(self, material: Material, count: int) -> Any:
        handle = material.handles[self.name]
        return ffi.new(f"{ffi.typeof(handle).item.cname} *[]", [handle] * count)


@dataclass(frozen=True, slots=True)
class Column:
    """The same input for every item of a batch.

    Attributes:
        name: which bytes of the material.
    """

    name: str

    def values(self, material: Material) -> tuple[Any]:
        """Return the column."""
        return (column(material.data[self.name], 0),)

    def refusals(self, material: Material) -> Iterator[Refusal]:
        """Yield NULL for the column and inside of it, and items that no memory holds."""
        data = lend_readable(material.data[self.name])
        nothing = {"data": ffi.NULL, "len": 1}
        too_long = {"data": data, "len": (1 << 8 * ffi.sizeof("size_t")) - 1}
        yield f"NULL for the column of the {self.name}", (ffi.NULL,), lib.PQC_STATUS_NULL_POINTER
        for what, fields, status in (
            ("NULL in", nothing, lib.PQC_STATUS_NULL_POINTER),
            ("a length of", too_long, lib.PQC_STATUS_INPUT_TOO_LONG),
        ):
            yield f"{what} the column of the {self.name}", (ffi.new("PqcColumn *", fields),), status


@dataclass(frozen=True, slots=True)
class RoomOfOne:
    """The room for the output of the one item.

    Attributes:
        name: the bytes of the material that are as long.
        same: whether it must hold those very bytes.
    """

    name: str
    same: bool = False

    def slot(self, material: Material) -> Slot:
        """Return new memory for a call."""
        expected = material.data[self.name]
        memory = ffi.new("char[]", b"\xa5" * len(expected))
        rooms = {"data": ffi.cast("uint8_t *", memory), "len": len(expected), "stride": len(expected)}
        return _RoomOfOneSlot(ffi.new("PqcRooms *", rooms), memory, expected, self.same)


@dataclass(frozen=True, slots=True)
class _RoomOfOneSlot:
    rooms: Any
    memory: Any  # what `rooms` points to, kept alive
    expected: bytes
    same: bool

    def arguments(self) -> tuple[Any]:
        return (self.rooms,)

    def refusals(self) -> Iterator[Refusal]:
        nowhere = {"data": ffi.NULL, "len": len(self.expected)}
        too_long = {"data": self.rooms.data, "len": (1 << 8 * ffi.sizeof("size_t")) - 1}
        yield "NULL for the rooms", (ffi.NULL,), lib.PQC_STATUS_NULL_POINTER
        yield "NULL in the rooms", (ffi.new("PqcRooms *", nowhere),), lib.PQC_STATUS_NULL_POINTER
        yield "a length of the rooms", (ffi.new("PqcRooms *", too_long),), lib.PQC_STATUS_OUTPUT_LENGTH

    def is_empty(self) -> bool:
        return not any(self._written())

    def is_right(self) -> bool:
        written = self._written()
        return written == self.expected if self.same else any(written)

    def _written(self) -> bytes:
        return bytes(ffi.unpack(self.memory, len(self.expected)))

    def free(self, _library: Any) -> None:
        """Nothing is the library's."""


@dataclass(frozen=True, slots=True)
class Statuses:
    """Where the status of the one item goes."""

    def slot(self, _material: Material) -> Slot:
        """Return new memory for a call."""
        return _StatusSlot(ffi.new("int32_t[1]", [-1]))


@dataclass(frozen=True, slots=True)
class _StatusSlot:
    memory: Any

    def arguments(self) -> tuple[Any]:
        return (self.memory,)

    def refusals(self) -> Iterator[Refusal]:
        yield "NULL for the statuses", (ffi.NULL,), lib.PQC_STATUS_NULL_POINTER

    def is_empty(self) -> bool:
        return bool(self.memory[0] == lib.PQC_STATUS_INTERNAL)

    def is_right(self) -> bool:
        return bool(self.memory[0] == lib.PQC_STATUS_OK)

    def free(self, _library: Any) -> None:
        """Nothing is the library's."""


def column(data: bytes, stride: int) -> Any:
    """Return items at equal distances as a column, or with a stride of 0 one item. It does not keep `data` alive."""
    return ffi.new("PqcColumn *", {"data": lend_readable(data), "len": stride or len(data), "stride": stride})


def check_batches(made: Material, library: Any, checks: Checks) -> None:
    """Check that a bad item of a batch spoils no other, and that each result is that of a single call.

    Args:
        made: the material of the set.
        library: the functions of the header.
        checks: what counts the checks.
    """
    if made.family == "mldsa":
        _check_signatures(made, library, checks)
    elif made.family == "mlkem":
        _check_secrets(made, library, checks)


def _check_signatures(made: Material, library: Any, checks: Checks) -> None:
    good, size = made.data["signature"], len(made.data["signature"])
    rows = good + made.data["signature with a flipped bit"] + good
    keys, statuses = OneKey("public key").values(made), ffi.new("int32_t[3]")
    signed = column(made.data["message"], 0), column(made.data["context"], 0), column(rows, size)
    encoded = column(made.data["public key"], 0)
    for name, arguments in (("mldsa_verify_batch", keys), ("mldsa_verify_encoded_batch", (0, encoded))):
        status = getattr(library, name)(*arguments, *signed, 3, 2, statuses)
        _check_statuses(f"{made.name}: {name}", status, [*statuses], lib.PQC_STATUS_INVALID_SIGNATURE, checks)


def _check_secrets(made: Material, library: Any, checks: Checks) -> None:
    ciphertext, secret = made.data["ciphertext"], made.data["shared secret"]
    keys, statuses, buffer = OneKey("key pair").values(made), ffi.new("int32_t[3]"), ffi.new("FFIBuffer *")
    kept = [lend_readable(each) for each in (ciphertext, ciphertext[:-1], ciphertext)]
    slices = ffi.new("PqcSlice[]", [(each, len(each)) for each in kept])
    status = library.mlkem_decapsulate_batch(*keys, ffi.new("PqcColumn *", {"slices": slices}), 3, 2, buffer, statuses)
    what, wrong_length = f"{made.name}: mlkem_decapsulate_batch", lib.PQC_STATUS_CIPHERTEXT_LENGTH
    _check_statuses(what, status, [*statuses], wrong_length, checks)
    right = contents(buffer) == secret + bytes(len(secret)) + secret
    checks.that(right, f"{what} gave another result than known")
    library.ffi_buffer_free(buffer)


def _check_statuses(what: str, status: int, statuses: list[int], expected: int, checks: Checks) -> None:
    checks.that(status == lib.PQC_STATUS_BATCH_ITEMS, f"{what} with a bad item answered with {status}")
    wanted = [lib.PQC_STATUS_OK, expected, lib.PQC_STATUS_OK]
    checks.that(statuses == wanted, f"{what} with a bad item gave the statuses {statuses} instead of {wanted}")
