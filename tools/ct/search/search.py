"""Searches the operations on secrets for jumps and addresses, in machine code that valgrind cannot execute.

Usage: search.py avx512|aarch64 PROGRAM FOLDER

The search begins at the functions of the program and follows the calls, on x86-64 except to functions of other backends
than AVX-512. A call through a table, as of a method of a `dyn` type, may reach each function of a table. A jump is
public if its condition depends only on constants and arguments, as in a loop over a length, and so is an address made
of them. Every other jump or address depends on a value that was loaded, taken from a vector or returned by a call. Its
source function, even if inlined, must be in the list of the folder, jumps.allowed or addresses.allowed, with the number
of its lines that have such jumps or addresses, and the reason. So must each division, in divisions.allowed. After the
comparison of decapsulation there may be no jump at all.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from aarch64 import Aarch64
from disassembly import Function, Instruction, disassemble, pointers
from x86 import X86

_ROOT = re.compile(r"^pqc_search::(mlkem::<|mldsa::<|slhdsa\b)")
_LEAKS = {"leaky_select": "jump", "leaky_sum": "jump", "leaky_look_up": "address", "leaky_division": "division"}
_ENGINE = re.compile(r"\bpqc_simd::")
_LINE = re.compile(r"^.*/(crates/pqc-simd/src/\S+:(?:\d+|\?)).*$")
_ACCESS = re.compile(r"^pqc_simd::(arch::|vec::v\d+::Lanes\d+::(load|store)$)")
_COMPARISON = re.compile(r"::difference(::kernel)?$")
_LEAVES = re.compile(r" as pqc_simd::slhdsa::trees::Leaves<.*>>::leaf$")
_DECAPSULATION = re.compile(r"::decapsulate(_fresh)?_on::")
_ADVICE = """\
if such a jump or address depends on a secret, repair the code: hide masks from the compiler as select.rs does,
use sums of conditions, do not exit early, and read whole tables.
Only if that is public, add or raise the line of its function in the list in tools/ct/search with the reason."""


@dataclass(frozen=True)
class Search:
    """A kind of search, and its column in the list."""

    instruction_set: type[Instruction]
    other_backends: re.Pattern[str]
    column: int


_SEARCHES = {
    # On one lane, SLH-DSA calls the portable kernels of SHA-2.
    "avx512": Search(
        X86, re.compile(r"::backend::(?!Avx512\b|Backend\b|Token\b|Portable as pqc_simd::slhdsa::)[A-Z]\w*"), 0
    ),
    "aarch64": Search(Aarch64, re.compile("(?!)"), 1),
}


@dataclass
class Entry:
    """The number of lines of a function that may have jumps, or addresses, that depend on data."""

    most: int
    pattern: re.Pattern[str]
    found: int = 0


def read_allowed(path: Path, column: int) -> list[Entry]:
    """Read the list: lines of two numbers and a regular expression over names, after comments with the reasons."""
    lines = [line.split(maxsplit=2) for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [Entry(int(line[column]), re.compile(line[2])) for line in lines if line[column] != "0"]


def secret_path(
    program: dict[str, list[Function]], in_tables: set[int], other_backends: re.Pattern[str]
) -> list[Function]:
    """Return the functions that the operations reach, without other backends and the standard library."""

    def searched(names: Iterable[str]) -> list[str]:
        return [name for name in names if _ENGINE.search(name) and not other_backends.search(name)]

    todo = [name for name in program if _ROOT.match(name)]
    todo += searched(name for name in program for function in program[name] if function.address in in_tables)
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += searched({target for function in program.get(name, []) for target in function.called()})
    return [function for name in sorted(seen) if not _ROOT.match(name) for function in program[name]]


def data_jumps(function: Function) -> dict[int, Instruction]:
    """Return the conditional jumps that depend on data, by their place, and the source of the data."""
    return _depending(function, lambda i: {i.condition} if i.is_conditional_jump else set())


def data_addresses(function: Function) -> dict[int, Instruction]:
    """Return the instructions with an address that depends on data, by their place, and the source of the data."""
    return _depending(function, lambda i: i.addresses)


def _depending(function: Function, wanted: Callable[[Instruction], set[str]]) -> dict[int, Instruction]:
    origins = (
        (instruction.address, function.data_source(place, register))
        for place, instruction in enumerate(function.instructions)
        for register in wanted(instruction)
    )
    return {address: origin for address, origin in origins if origin}


def divisions(function: Function) -> dict[int, Instruction]:
    """Return the divisions, by their place."""
    return {instruction.address: instruction for instruction in function.instructions if instruction.divides}


_KINDS = {"jump": data_jumps, "address": data_addresses, "division": divisions}
_LISTS = {"jump": "jumps.allowed", "address": "addresses.allowed", "division": "divisions.allowed"}
_NAMES = {"jump": "data-dependent jump", "address": "data-dependent address", "division": "division"}


def plain(name: str) -> str:
    """Return the name of a function without its generic arguments; of a trait, if there is one."""
    shorter = re.sub(r"(?:::)?<[^<>]*>", lambda match: match[0] if match.start() == 0 else "", name)
    if shorter != name:
        return plain(shorter)
    return re.sub(r"::{closure#\d+}", "", re.sub(r"^<(?:.* as )?([\w:]+)>", r"\1", name))


def sources(
    program: Path, prefix: str, holders: dict[int, str], origins: dict[int, Instruction]
) -> dict[str, dict[str, int]]:
    """Return the innermost functions of the engine behind instructions, with their lines and an address for each.

    An instruction that the compiler assigns to no line of the engine counts for the function that holds it, apart from
    its lines and once with all others that depend on the same data; a load or a store of a vector counts for the
    function that names its place.
    """
    command = [f"{prefix}addr2line", "--exe", str(program), "--addresses", "--inlines", "--functions", "--demangle"]
    places = "\n".join(map(hex, holders))
    lines = subprocess.run(command, check=True, capture_output=True, text=True, input=places).stdout.splitlines()
    found: dict[str, dict[str, int]] = {}
    unknown, address = set(holders), 0
    for name, place in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"0x[0-9a-f]{16}", name):
            address = int(name, 16)
        elif address and _LINE.match(place) and not _ACCESS.match(plain(name)):
            found.setdefault(plain(name), {})[_LINE.sub(r"\1", place)] = address
            unknown.discard(address)
            address = 0
    for address in sorted(unknown):
        name = f"{plain(holders[address])}, no line"
        found.setdefault(name, {})[f"data at {origins[address].address:x}"] = address
    return found


def check_lines(kind: str, program: Path, prefix: str, searched: list[Function], entries: list[Entry]) -> list[str]:
    """Return the problems of jumps, or addresses, that depend on data."""
    errors, origins, holders = [], dict[int, Instruction](), dict[int, str]()
    for function in searched:
        depending = _KINDS[kind](function)
        origins |= depending
        holders |= dict.fromkeys(depending, function.name)
    found = sources(program, prefix, holders, origins)
    for name, lines in sorted(found.items()):
        entry = next((entry for entry in entries if entry.pattern.search(name)), Entry(0, re.compile("")))
        entry.found += len(lines)
        if entry.found > entry.most:
            errors.append(f"{name}: {entry.found} lines with a {_NAMES[kind]}, {entry.most} may:")
            errors += [f"    {line}, at {address:x}, by {origins[address]}" for line, address in sorted(lines.items())]
    return errors + [f"{kind}: nothing needs {e.pattern.pattern}; remove it" for e in entries if not e.found]


def check_select(function: Function) -> list[str]:
    """Return the problems of the choice of implicit rejection, after the comparison of the ciphertexts."""
    code = function.instructions
    compared = [place for place, i in enumerate(code) if i.calls and _COMPARISON.search(i.target)]
    if not compared:
        return [f"{function.name}: the comparison of the ciphertexts was not found; adapt this search to its new name"]
    after = {place for start in compared for place in function.reachable(start)}
    jumps = [code[place] for place in sorted(after) if code[place].is_conditional_jump]
    return [f"{function.name}: a jump follows the comparison, at {jump.address:x}" for jump in jumps]


def check_leaks(program: dict[str, list[Function]]) -> None:
    """Check that the deliberate leaks are found: otherwise the results mean nothing."""
    for name, kind in _LEAKS.items():
        function = next(f for full in program for f in program[full] if full.endswith(f"::leaks::{name}"))
        if not _KINDS[kind](function):
            sys.exit(f"the {kind} of {name} was not found")
    leaky = next(f for full in program for f in program[full] if full.endswith("::leaks::leaky_select"))
    if not check_select(leaky):
        sys.exit("the jump after the comparison of leaky_select was not found")
    print(f"self-check: the leaks of {', '.join(_LEAKS)} are found")


def main() -> int:
    """Print the searched functions, or the problems."""
    title, path = sys.argv[1], Path(sys.argv[2])
    search = _SEARCHES[title]
    entries = {kind: read_allowed(Path(sys.argv[3], name), search.column) for kind, name in _LISTS.items()}
    program: dict[str, list[Function]] = {}
    for function in disassemble(path, search.instruction_set):
        program.setdefault(function.name, []).append(function)
    check_leaks(program)
    searched = secret_path(program, pointers(path, search.instruction_set), search.other_backends)
    decapsulations = [function for function in searched if _DECAPSULATION.search(function.name)]
    prefix = search.instruction_set.prefix
    errors = [e for kind, allowed in entries.items() for e in check_lines(kind, path, prefix, searched, allowed)]
    errors += [error for function in decapsulations for error in check_select(function)]
    if not decapsulations:
        errors.append("no function is called decapsulate_on; adapt this search to its new name")
    if not any(_LEAVES.search(function.name) for function in searched):
        errors.append("Leaves::leaf of SLH-DSA, which is called through a table, was not found; adapt this search")
    if errors:
        sys.exit("\n".join([*errors, _ADVICE]))
    jumps = sum(i.is_conditional_jump for function in searched for i in function.instructions)
    addresses = sum(bool(i.addresses) for function in searched for i in function.instructions)
    lines = {kind: sum(entry.found for entry in allowed) for kind, allowed in entries.items()}
    print(
        f"{title}: {len(searched)} functions with {jumps} conditional jumps and {addresses} addresses in registers; "
        f"those that depend on data are on {lines['jump']} and {lines['address']} allowed lines; "
        f"divisions are on {lines['division']} allowed lines; "
        f"no jump after the comparison in {len(decapsulations)} decapsulations"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
