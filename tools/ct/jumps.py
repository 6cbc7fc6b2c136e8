"""Lists conditional jumps of the AVX-512 kernels that data may decide: `python3 jumps.py PROGRAM ALLOWED`.

valgrind does not know AVX-512, so this looks at the instructions instead. A jump is about data, not about a counter, if
its flags come from a mask or a comparison of vectors, from memory, or from a register that was last filled from a
vector, a mask, memory or a count of bits. A function with such a jump must be in the list ALLOWED: a regular expression
over its name, with its reason in the comment above.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

KERNEL = "pqc_simd::backend::Avx512 as "
VECTOR_TESTS = ("kortest", "ktest", "vptest", "vtestp", "vcomis", "vucomis")
FLAG_SETTERS = ("cmp", "test", "add", "sub", "and", "or", "xor", "inc", "dec", "neg", "sh", "sar", "bt", "popcnt")
DATA_SOURCES = ("kmov", "vmov", "vpextr", "vpmovmsk", "popcnt", "tzcnt", "lzcnt")
REGISTERS = {
    **{f"{size}{name}": name for size in ("r", "e", "") for name in ("ax", "bx", "cx", "dx", "si", "di", "bp")},
    **{f"{name}l": f"{name}x" for name in "abcd"},
    **{f"r{number}{suffix}": f"r{number}" for number in range(8, 16) for suffix in ("", "d", "w", "b")},
}


def kernels(program: str) -> dict[str, list[str]]:
    """Return the instructions of each kernel by its name."""
    command = ["objdump", "--disassemble", "--demangle", "--no-show-raw-insn", program]
    found: dict[str, list[str]] = {}
    name = ""
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        if line.endswith(">:"):
            name = line[line.index("<") + 1 : -2]
            found[name] = []
        elif "\t" in line:
            found[name].append(line.split("\t", 1)[1].split("#")[0].strip())
    return {name: code for name, code in found.items() if KERNEL in name}


def is_jump(instruction: str) -> bool:
    """Tell whether an instruction jumps on a condition."""
    return instruction.startswith("j") and not instruction.startswith("jmp")


def is_about_data(code: list[str], place: int) -> bool:
    """Tell whether data may decide the jump at a place."""
    for earlier in range(place - 1, -1, -1):
        if code[earlier].startswith(VECTOR_TESTS):
            return True
        if code[earlier].startswith(FLAG_SETTERS):
            return compares_data(code, earlier)
    return True


def compares_data(code: list[str], place: int) -> bool:
    """Tell whether an instruction that sets flags looks at memory, or at a register that was filled with data."""
    operands = code[place].partition(" ")[2]
    registers = {REGISTERS[name] for name in re.findall(r"%(\w+)", operands) if name in REGISTERS}
    return "(" in operands or any(holds_data(code[:place], register) for register in registers)


def holds_data(code: list[str], register: str) -> bool:
    """Tell whether the last instruction that wrote a register filled it from a vector, a mask or memory."""
    for instruction in reversed(code):
        operation, _, operands = instruction.partition(" ")
        target = operands.rpartition(",")[2].strip().lstrip("%")
        if REGISTERS.get(target) == register and not operation.startswith(("cmp", "test", "push")):
            return operation.startswith(DATA_SOURCES) or ("(" in operands and not operation.startswith("lea"))
    return False


def main() -> int:
    """Print each kernel with such jumps that the list does not have, and return 1 if there is one or no kernel."""
    program, allowed = sys.argv[1:]
    lines = Path(allowed).read_text(encoding="utf-8").splitlines()
    patterns = [re.compile(line) for line in lines if line and not line.startswith("#")]
    found = kernels(program)
    jumps = {name: [place for place, each in enumerate(code) if is_jump(each)] for name, code in found.items()}
    data = {name: sum(is_about_data(found[name], place) for place in places) for name, places in jumps.items()}
    wrong = {name for name, count in data.items() if count and not any(each.search(name) for each in patterns)}
    for name in sorted(wrong):
        print(f"{data[name]} jumps that data may decide: {name}")
    total, listed = sum(map(len, jumps.values())), sum(data.values())
    print(f"AVX-512: {len(found)} kernels with {total} conditional jumps, of which data may decide {listed}")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
