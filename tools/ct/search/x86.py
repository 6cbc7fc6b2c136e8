"""The instructions of x86-64, and the inputs of their results."""

from __future__ import annotations

import re

from disassembly import FLAGS, Instruction

_LINE = re.compile(r"^ +([0-9a-f]+):\t(?:(?:bnd|rep|repz|repnz|lock|notrack|cs|data16) )*(\S+) *(.*)$")
_TARGET = re.compile(r"^([0-9a-f]+) <(.*?)(\+0x[0-9a-f]+)?>$")
_STACK = re.compile(r"(\w+) PTR \[(rsp|rbp)([+-]0x[0-9a-f]+)?\]$")
_REGISTER = re.compile(r"\b(?:[er]?(?:ax|bx|cx|dx|si|di|bp|sp)|[abcd][lh]|(?:si|di|bp|sp)l|r(?:8|9|1[0-5])[dwb]?)\b")
_ADDRESS = re.compile(r"\[[^\]]*\]")
_VECTOR = re.compile(r"\b(?:[xyz]mm\d+|k[0-7])\b")

_BYTES = {"BYTE": 1, "WORD": 2, "DWORD": 4, "QWORD": 8, "XMMWORD": 16, "YMMWORD": 32, "ZMMWORD": 64}
_WORD = 4  # a value read in fewer bytes is never a counter that the compiler spilled

# Instructions that write their first operand, whether they read it before, and whether they set the flags.
_MOVES = {"mov", "movabs", "movzx", "movsx", "movsxd", "lea"}
_THREE_OPERANDS = {
    "rorx",
    "shlx",
    "shrx",
    "sarx",
    "andn",
    "bzhi",
    "bextr",
    "blsr",
    "blsi",
    "blsmsk",
    "popcnt",
    "tzcnt",
    "lzcnt",
}
_IN_PLACE = {
    "add",
    "sub",
    "and",
    "or",
    "xor",
    "inc",
    "dec",
    "neg",
    "shl",
    "shr",
    "sar",
    "imul",
    "adc",
    "sbb",
    "rol",
    "ror",
    "btr",
    "bts",
    "btc",
}
_TWO_RESULTS = {"mul", "mulx", "cdq", "cqo", "xchg", "cmpxchg", "xadd"}
_VECTOR_TEST = re.compile(r"^v?(ptest|testp|u?comis)")
_TESTS = {"cmp", "test", "bt"}
_KEEP_FLAGS = _MOVES | {"rorx", "shlx", "shrx", "sarx", "not", "bswap", "push", "pop", "nop", "xchg"}
_CALLER_SAVED = {"rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"}


class X86(Instruction):
    """An instruction of x86-64."""

    options = ("-M", "intel")
    arguments = frozenset(
        {"rdi", "rsi", "rdx", "rcx", "r8", "r9", "rbx", "rbp", "rsp", "r12", "r13", "r14", "r15"},
    )
    endings = frozenset({"jmp", "ret", "ud2", "hlt", "int3"})
    divisions = re.compile(r"^(i?div|v?div[ps][sd])$")

    @classmethod
    def parse(cls, line: str) -> X86 | None:
        """Return the instruction of a line, if there is one."""
        parts = _LINE.match(line)
        if parts is None:
            return None
        address, mnemonic, rest = int(parts[1], 16), parts[2], parts[3].strip()
        target = _TARGET.match(rest)
        if target is None:
            return cls(address, mnemonic, _split(rest))
        return cls(address, mnemonic, [], target=target[2], goes_to=int(target[1], 16))

    @property
    def jumps(self) -> bool:
        """Whether it may go to another place of its function."""
        return self.mnemonic[0] == "j"

    @property
    def calls(self) -> bool:
        """Whether it calls a function."""
        return self.mnemonic == "call"

    @property
    def is_conditional_jump(self) -> bool:
        """Whether it is a jump that may be taken or not, or a jump through a table."""
        return self.jumps and (self.mnemonic != "jmp" or self.condition != FLAGS)

    @property
    def condition(self) -> str:
        """The registers that decide the target of a jump: the flags, or a register."""
        return _name(self.operands[0]) if self.operands and _REGISTER.fullmatch(self.operands[0]) else FLAGS

    @property
    def addresses(self) -> set[str]:
        """The registers that decide where in memory it reads or writes, without the stack pointer."""
        if self.mnemonic in {"lea", "nop"}:
            return set()
        places = [place for operand in self.operands for place in _ADDRESS.findall(operand)]
        named = {register for place in places for register in _REGISTER.findall(place) + _VECTOR.findall(place)}
        return {_name(register) for register in named} - {"rsp"}

    @property
    def is_padding(self) -> bool:
        """Whether it does nothing but fill the space before the next instruction."""
        return self.mnemonic.startswith(("nop", "int3", "xchg", "data16", "cs"))

    def sources(self, wanted: str) -> list[str] | None:
        """The inputs of a register, a stack slot or the flags after the instruction; `None` for data."""
        mnemonic, operands = self.mnemonic, self.operands
        if self.calls:
            return None if wanted in _CALLER_SAVED or wanted == FLAGS else [wanted]
        if not _writes(mnemonic, operands, wanted):
            return [wanted]
        if mnemonic in {"xor", "sub"} and operands[0] == operands[1]:
            return []
        if mnemonic == "lea":
            return [_name(register) for register in _REGISTER.findall(operands[1])]
        if wanted.startswith("stack") and _slot(operands[0]) != wanted:
            return None
        return _effect(mnemonic, operands)


def _writes(mnemonic: str, operands: list[str], wanted: str) -> bool:
    """Whether an instruction changes a register, a slot of the stack or the flags."""
    if wanted == FLAGS:
        keeps = mnemonic in _KEEP_FLAGS or mnemonic.startswith(("j", "set", "cmov", "v", "mov", "p"))
        return not keeps or mnemonic == "popcnt" or _VECTOR_TEST.match(mnemonic) is not None
    if not operands or mnemonic in _TESTS | {"push", "nop"} or mnemonic[0] == "j":
        return False
    if mnemonic == "xchg" and operands[0] == operands[1]:
        return False
    if wanted.startswith("stack"):
        return _overlaps(operands[0], wanted)
    if mnemonic in _TWO_RESULTS:
        return wanted in {"rax", "rdx", *map(_name, operands)}
    return _name(operands[0]) == wanted


def _effect(mnemonic: str, operands: list[str]) -> list[str] | None:
    """The inputs of an instruction that computes."""
    if mnemonic in _MOVES | _THREE_OPERANDS:
        return _inputs(operands[1:])
    if mnemonic in _IN_PLACE | _TESTS | {"not", "bswap"}:
        inputs = _inputs(operands)
        return inputs if inputs is None or mnemonic not in {"adc", "sbb"} else [*inputs, FLAGS]
    if mnemonic.startswith("cmov"):
        inputs = _inputs(operands)
        return None if inputs is None else [*inputs, FLAGS]
    return [FLAGS] if mnemonic.startswith("set") else None


def _inputs(operands: list[str]) -> list[str] | None:
    """The registers and slots of the stack that operands name; `None` for vectors and for any other memory."""
    inputs = []
    for operand in operands:
        if "[" in operand:
            slot = _slot(operand)
            if slot is None:
                return None
            inputs.append(slot)
        elif _VECTOR.search(operand):
            return None
        else:
            inputs += [_name(register) for register in _REGISTER.findall(operand)]
    return inputs


def _slot(operand: str) -> str | None:
    """The slot of the stack that an operand is, if it is one and large enough for a counter."""
    match = _STACK.search(operand)
    if match is None or _BYTES.get(match[1], 0) not in {_WORD, 2 * _WORD}:
        return None
    return f"stack {match[2]} {int(match[3] or '0', 16)}"


def _overlaps(operand: str, slot: str) -> bool:
    """Whether a written operand covers a part of a slot."""
    match = _STACK.search(operand)
    _, base, offset = slot.split()
    if match is None or match[2] != base:
        return False
    start = int(match[3] or "0", 16)
    return start < int(offset) + 2 * _WORD and int(offset) < start + _BYTES.get(match[1], 64)


def _name(register: str) -> str:
    """The 64-bit name of a register."""
    if not _REGISTER.fullmatch(register):
        return register
    if register[:2] in {"r8", "r9"} or re.match(r"r1\d", register):
        return register.rstrip("dwb")
    core = register.lstrip("er") if len(register) > 2 and register[0] in "er" else register  # noqa: PLR2004
    core = core.removesuffix("l") if len(core) == 3 else core  # noqa: PLR2004
    return "r" + (core[0] + "x" if core[1] in "lh" else core)


def _split(operands: str) -> list[str]:
    """Split operands at commas."""
    return [operand.strip() for operand in operands.partition("#")[0].split(",")] if operands else []
