"""Machine code as objdump prints it, and the inputs of the conditions of jumps and of memory addresses."""

from __future__ import annotations

import re
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = re.compile(r"^[0-9a-f]+ <(.*)>:$")
_POINTER = re.compile(r"_RELATIVE +\*ABS\*\+0x([0-9a-f]+)$", re.MULTILINE)
_PANIC = re.compile(r"^core::\S*(panic|fail)")

FLAGS = "flags"


@dataclass
class Instruction(ABC):
    """One instruction; `target` is the place or the name that a jump or a call goes to."""

    address: int
    mnemonic: str
    operands: list[str]
    target: str = ""
    goes_to: int | None = None
    before: list[int] = field(default_factory=list)

    prefix: ClassVar[str] = ""
    """The prefix of the names of the tools for the instruction set."""
    options: ClassVar[tuple[str, ...]] = ()
    """Options of objdump."""
    arguments: ClassVar[frozenset[str]]
    """The registers that have a value when a function begins: its arguments, and those that it must preserve."""
    endings: ClassVar[frozenset[str]]
    """Instructions after which the next one is not executed."""
    divisions: ClassVar[re.Pattern[str]]
    """Instructions with a time that depends on their operands on many processors."""

    def __str__(self) -> str:
        """Return the instruction as objdump prints it."""
        return f"{self.mnemonic} {','.join(self.operands) or self.target}"

    @classmethod
    @abstractmethod
    def parse(cls, line: str) -> Instruction | None:
        """Return the instruction of a line, if there is one."""

    @classmethod
    def renamed(cls, instructions: list[Instruction]) -> list[Instruction]:
        """The instructions of a function, with one name for each place in its frame."""
        return instructions

    @property
    @abstractmethod
    def jumps(self) -> bool:
        """Whether it may go to another place of its function."""

    @property
    @abstractmethod
    def calls(self) -> bool:
        """Whether it calls a function."""

    @property
    @abstractmethod
    def is_conditional_jump(self) -> bool:
        """Whether it is a jump that may be taken or not, or a jump through a table."""

    @property
    @abstractmethod
    def condition(self) -> str:
        """The registers that decide the target of a jump: the flags, or a register."""

    @property
    @abstractmethod
    def addresses(self) -> set[str]:
        """The registers that decide where in memory it reads or writes, without the stack pointer."""

    @property
    @abstractmethod
    def is_padding(self) -> bool:
        """Whether it does nothing but fill the space before the next instruction."""

    @abstractmethod
    def sources(self, wanted: str) -> list[str] | None:
        """The inputs of a register, a stack slot or the flags after the instruction; `None` for data."""

    @property
    def divides(self) -> bool:
        """Whether it is a division."""
        return self.divisions.match(self.mnemonic) is not None

    @property
    def ends(self) -> bool:
        """Whether the next instruction is reached by other paths only."""
        return self.mnemonic in self.endings or (self.calls and _PANIC.search(self.target) is not None)


class Function:
    """A function of the program, as its instructions and the paths between them."""

    def __init__(self, name: str, instructions: list[Instruction]) -> None:
        """Find the paths between the instructions."""
        self.name = name
        self.instructions = instructions
        self._public: set[tuple[int, str]] = set()
        self._data: dict[tuple[int, str], Instruction] = {}
        self._places = {instruction.address: place for place, instruction in enumerate(instructions)}
        for place in range(len(instructions)):
            for successor in self.after(place):
                instructions[successor].before.append(place)

    @property
    def address(self) -> int:
        """Where it begins."""
        return self.instructions[0].address

    def after(self, place: int) -> list[int]:
        """The places that may come next."""
        instruction = self.instructions[place]
        following = [] if instruction.ends or place + 1 == len(self.instructions) else [place + 1]
        jumped = self._places.get(instruction.goes_to or 0) if instruction.jumps else None
        return following if jumped is None else [*following, jumped]

    def called(self) -> set[str]:
        """The names of the functions that it calls or jumps to."""
        return {i.target for i in self.instructions if i.target and i.goes_to not in self._places}

    def reachable(self, place: int) -> set[int]:
        """The places that may follow this one, at any distance."""
        seen: set[int] = set()
        todo = self.after(place)
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo += self.after(current)
        return seen

    def data_source(self, place: int, wanted: str) -> Instruction | None:
        """The instruction by which a register, or the flags, come to depend on data before this place, if there is one.

        There is none if they come only from constants, arguments and sums of them, as in loops over fixed and given
        lengths. Values loaded from memory, moved out of a vector or returned by a call are data. Values that the
        compiler spilled to the stack are followed to their origin. It is assumed that nothing writes there by another
        pointer, neither this function nor a function that it calls.
        """
        start = (place, wanted)
        came_from: dict[tuple[int, str], tuple[int, str]] = {}
        todo = [((before, wanted), start) for before in self.instructions[place].before]
        while todo:
            current, following = todo.pop()
            instruction = self.instructions[current[0]]
            if current in came_from or current in self._public or (instruction.is_padding and not instruction.before):
                continue
            came_from[current] = following
            if current not in self._data:
                sources = instruction.sources(current[1])
                known = instruction.arguments if current[0] == 0 else frozenset[str]()
                if sources is not None and (instruction.before or known.issuperset(sources)):
                    todo += [((before, source), current) for before in instruction.before for source in sources]
                    continue
            origin = self._data.get(current, instruction)
            while current != start:
                self._data[current] = origin
                current = came_from[current]
            return origin
        self._public |= came_from.keys()
        return None


def disassemble(program: Path, instruction_set: type[Instruction]) -> list[Function]:
    """All functions of a program."""
    options = ["--disassemble", "--demangle", "--no-show-raw-insn", *instruction_set.options]
    command = [f"{instruction_set.prefix}objdump", *options, str(program)]
    return functions(subprocess.run(command, check=True, capture_output=True, text=True).stdout, instruction_set)


def pointers(program: Path, instruction_set: type[Instruction]) -> set[int]:
    """All addresses in the data of a program, those in tables of functions among them."""
    command = [f"{instruction_set.prefix}objdump", "--dynamic-reloc", str(program)]
    relocations = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {int(address, 16) for address in _POINTER.findall(relocations)}


def functions(text: str, instruction_set: type[Instruction]) -> list[Function]:
    """All functions of the output of objdump."""
    found: list[Function] = []
    name, instructions = "", list[Instruction]()
    for line in [*text.splitlines(), "0 <end>:"]:
        if head := _HEAD.match(line):
            if instructions:
                found.append(Function(name, instruction_set.renamed(instructions)))
            name, instructions = head[1], []
        elif instruction := instruction_set.parse(line):
            instructions.append(instruction)
    return found
