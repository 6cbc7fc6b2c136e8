"""The instructions of aarch64, and the inputs of their results."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from disassembly import FLAGS, Instruction

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE = re.compile(r"^ +([0-9a-f]+):\t(\S+)\s*(.*?)(?:\s+// .*)?$")
_TARGET = re.compile(r"^(?:([^<]*), )?([0-9a-f]+) <(.*?)(?:\+0x[0-9a-f]+)?>$")
_OPERAND = re.compile(r"[\[{][^\]}]*[\]}](?:\[\d+\])?!?|[^,\s][^,]*")
_REGISTER = re.compile(r"\b(?:[wx]\d+|w?sp)\b")
_VECTOR = re.compile(r"^\{?[vbhsdq]\d")
_PLACE = re.compile(r"^\[(sp|x29)(?:, #(-?\d+))?\]!?$")

_JUMP = re.compile(r"^(b(\..*)?|br|[ct]bn?z)$")
_STORE = re.compile(r"^st(u?r[bh]?|n?p|lu?r[bh]?|[1-4])$")
_LOAD = re.compile(r"^ld(u?r|n?p)$")  # of whole registers
_WIDTHS = {"w": 4, "x": 8, "b": 1, "h": 2, "s": 4, "d": 8, "q": 16}
_LARGEST = 64  # bytes that one instruction stores

# Instructions that set the flags, that read them, and that compute their first operand from the others, or also from
# itself.
_TESTS = {"cmp", "cmn", "tst", "ccmp", "ccmn", "fcmp", "fcmpe", "fccmp", "fccmpe"}
_SET_FLAGS = _TESTS | {"adds", "subs", "ands", "bics", "negs", "adcs", "sbcs", "ngcs"}
_OF_FLAGS = {"adc", "sbc", "ngc", "adcs", "sbcs", "ngcs", "ccmp", "ccmn", "fccmp", "fccmpe"}
_OF_FLAGS |= {"csel", "csinc", "csinv", "csneg", "cset", "csetm", "cinc", "cinv", "cneg"}
_IN_PLACE = {"movk", "bfi", "bfxil", "bfc"}
_COMPUTES = re.compile(
    r"^(mov[nzk]?|mvn|adrp?|(add|sub|and|bic|neg|adc|sbc|ngc)s?|orr|orn|eor|eon|ls[lr]|asr|ror|extr|[su]?bf(x|iz|i|xil|c)"
    r"|[su]xt[bhw]|cl[zs]|rbit|rev(16|32)?|m(ul|neg|add|sub)|[su]m(ull|ulh|addl|subl|negl)|cs(el|inc|inv|neg|etm?)|c(inc|inv|neg))$"
)
_KEPT = frozenset({"sp", *(f"x{number}" for number in range(19, 30))})


class Aarch64(Instruction):
    """An instruction of aarch64."""

    prefix = "aarch64-linux-gnu-"
    arguments = _KEPT | {f"x{number}" for number in (*range(9), 30)}
    endings = frozenset({"b", "br", "ret", "brk", "udf"})
    divisions = re.compile(r"^([usf]div|fsqrt)$")

    @classmethod
    def parse(cls, line: str) -> Aarch64 | None:
        """Return the instruction of a line, if there is one."""
        parts = _LINE.match(line)
        if parts is None:
            return None
        instruction = cls(int(parts[1], 16), parts[2], _split(parts[3]))
        if (instruction.jumps or instruction.calls) and (target := _TARGET.match(parts[3])):
            instruction.operands = _split(target[1] or "")
            instruction.goes_to, instruction.target = int(target[2], 16), target[3]
        return instruction

    @classmethod
    def renamed(cls, instructions: list[Instruction]) -> list[Instruction]:
        """Address relative to `sp` what a function addresses relative to `x29`, unless its prologue aligns `sp`."""
        distances: dict[str, int] = {}
        for instruction in instructions:
            match instruction.mnemonic, instruction.operands:
                case ("mov", ["x29", "sp"]):
                    distances = {"sp": 0}
                case ("add", ["x29", "sp", number]):
                    distances = {"sp": _number(number)}
                case ("add", ["sp", *_]) | ("ret", _) if distances:
                    break
                case ("mov", [result, source]) if source in distances:
                    distances[result] = distances[source]
                case ("sub", [result, source, number, *shift]) if source in distances and number.startswith("#"):
                    distances[result] = distances[source] + (_number(number) << (12 if shift else 0))
                case (mnemonic, [result, *_]) if result in distances and mnemonic not in _TESTS:
                    del distances[result]
        if "sp" in distances:
            for instruction in instructions:
                instruction.operands = [_by_sp(operand, distances["sp"]) for operand in instruction.operands]
        return instructions

    @property
    def jumps(self) -> bool:
        """Whether it may go to another place of its function."""
        return _JUMP.match(self.mnemonic) is not None

    @property
    def calls(self) -> bool:
        """Whether it calls a function."""
        return self.mnemonic in {"bl", "blr"}

    @property
    def is_conditional_jump(self) -> bool:
        """Whether it is a jump that may be taken or not, or a jump through a table."""
        return self.jumps and self.mnemonic != "b"

    @property
    def condition(self) -> str:
        """The registers that decide the target of a jump: the flags, or a register."""
        return _name(self.operands[0]) if self.operands else FLAGS

    @property
    def addresses(self) -> set[str]:
        """The registers that decide where in memory it reads or writes, without the stack pointer."""
        places = [operand for operand in self.operands if operand.startswith("[")]
        return {_name(register) for place in places for register in _REGISTER.findall(place)} - {"sp"}

    @property
    def is_padding(self) -> bool:
        """Whether it does nothing but fill the space before the next instruction."""
        return self.mnemonic == "nop"

    def sources(self, wanted: str) -> list[str] | None:
        """The inputs of a register, a stack slot or the flags after the instruction; `None` for data."""
        if self.calls:
            return [wanted] if wanted in _KEPT or wanted.startswith("stack") else None
        if wanted.startswith("stack"):
            return None if self._writes("sp") else self._stored(wanted)
        if wanted != FLAGS and wanted not in self._named:
            return [wanted]
        if self.mnemonic in _SET_FLAGS if wanted == FLAGS else self._writes(wanted):
            return self._made(wanted)
        return [wanted]

    @cached_property
    def _named(self) -> set[str]:
        """The registers that it names: no others change, but for a call."""
        return {_name(register) for operand in self.operands for register in _REGISTER.findall(operand)}

    @cached_property
    def _memory(self) -> list[str]:
        """The operands from the address on."""
        return next((self.operands[place:] for place, o in enumerate(self.operands) if o.startswith("[")), [])

    @cached_property
    def _registers(self) -> list[str]:
        """The operands before the address."""
        return self.operands[: len(self.operands) - len(self._memory)]

    def _moves_base(self, wanted: str) -> bool:
        """Whether a load or a store adds to the register of its address."""
        memory = self._memory
        moves = len(memory) > 1 or (bool(memory) and memory[0].endswith("!"))
        return moves and wanted == _name(_REGISTER.findall(memory[0])[0])

    def _writes(self, register: str) -> bool:
        """Whether a register may change: an unknown instruction may change each register that it names."""
        if self._moves_base(register):
            return True
        if (
            self.jumps
            or self.mnemonic in _TESTS
            or _STORE.match(self.mnemonic)
            or _VECTOR.match("".join(self.operands))
        ):
            return False
        results = self.operands[:1] if _COMPUTES.match(self.mnemonic) else self._registers
        return register in map(_name, results)

    def _made(self, wanted: str) -> list[str] | None:
        """The inputs of a register that changes, or of the flags."""
        if self._moves_base(wanted):
            return _inputs(self._memory)
        if _LOAD.match(self.mnemonic):
            return self._loaded(wanted)
        if not _COMPUTES.match(self.mnemonic) and self.mnemonic not in _TESTS:
            return None
        inputs = _inputs(self.operands if self.mnemonic in _IN_PLACE | _TESTS else self.operands[1:])
        return inputs if inputs is None or self.mnemonic not in _OF_FLAGS else [*inputs, FLAGS]

    def _places(self) -> Iterable[tuple[str, str, int, int]]:
        """The registers that are loaded or stored, each with the base, the offset and the size of its place."""
        place = _PLACE.match("".join(self._memory[:1]))
        if place is not None:
            for number, register in enumerate(self._registers):
                size = {"b": 1, "h": 2}.get(self.mnemonic[-1]) or _WIDTHS.get(register[0], _LARGEST)
                yield register, place[1], int(place[2] or 0) + number * size, size

    def _loaded(self, wanted: str) -> list[str] | None:
        """The slot that a register is loaded from."""
        slots = (f"stack {base} {at} {size}" for name, base, at, size in self._places() if _name(name) == wanted)
        slot = next(slots, None)
        return None if slot is None else [slot]

    def _stored(self, wanted: str) -> list[str] | None:
        """The inputs of a slot after a store."""
        _, base, offset, size = wanted.split()
        if _STORE.match(self.mnemonic):
            for register, other, at, width in self._places():
                if other == base and at == int(offset) and width == int(size):
                    return _inputs([register])
                if other == base and at < int(offset) + int(size) and int(offset) < at + width:
                    return None
        return [wanted]


def _inputs(operands: list[str]) -> list[str] | None:
    """The registers that operands name; `None` for vectors."""
    if any(_VECTOR.match(operand) for operand in operands):
        return None
    return [_name(register) for operand in operands for register in _REGISTER.findall(operand)]


def _name(register: str) -> str:
    """The 64-bit name of a register."""
    return "sp" if register == "wsp" else register.replace("w", "x")


def _number(operand: str) -> int:
    """An immediate operand."""
    return int(operand.removeprefix("#"), 0)


def _by_sp(operand: str, distance: int) -> str:
    """A place relative to `x29` as one relative to `sp`."""
    place = _PLACE.match(operand)
    return operand if place is None or place[1] == "sp" else f"[sp, #{int(place[2] or 0) + distance}]"


def _split(operands: str) -> list[str]:
    """Split operands at commas."""
    return [operand.strip() for operand in _OPERAND.findall(operands)]
